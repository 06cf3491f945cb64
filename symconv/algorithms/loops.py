"""Relations as loops: the indices, sizes and equations of a layer in letters, and loops over them."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

from symconv.algorithms.letters import INDICES, SIZES, WITHIN
from symconv.algorithms.written import Written, called
from symconv.pattern import ROLES, Relation, Spatial
from symconv.pattern.kernel import WEIGHTS, Kernel
from symconv.printing.letters import on_axis

#: Indices, each with the number of its values, the outermost first.
Pairs = list[tuple[str, str]]


class Loops:
    """A product of relations in letters: what their formulas give when they are evaluated on letters.

    Parameters
    ----------
    relations : sequence of Relation
        Channels and axes; all outputs share the taps.
    kernel : Kernel
        What stands in the place of the taps.
    dilated : bool
        Whether the axes have a dilation; else it is 1.

    Attributes
    ----------
    pairs : dict of role to list of (index, size)
        The indices of each role; those of outputs that have a bias of their own are the role "bias".
    sizes : dict of str to str
        What sizes are when they are computed from others.
    rank : int
        The number of axes.
    """

    def __init__(
        self, relations: Sequence[Relation], kernel: Kernel = WEIGHTS, *, dilated: bool = True
    ) -> None:
        self.pairs: dict[str, Pairs] = {role: [] for role in (*ROLES, "bias")}
        self.sizes = {"C": "C_in // G", "F": "C_out // G"}
        self.far = relations[-1].dependent_role
        self.near = "input" if self.far == "output" else "output"
        self.rank = sum(relation.spatial for relation in relations)
        options = {name: option for relation in relations for name, option in relation.options.items()}
        self.flip, self.padding_mode = options["flip"], options.get("padding_mode", "zeros")
        self._kernel, self._counted = kernel, [Written("1")]
        self._offsets: dict[str, list[str]] = {}
        self._met: dict[str, str] = {}
        self._steps: list[str] = []
        self._conditions: list[str] = []
        for at, relation in enumerate(relations, start=self.rank - len(relations)):
            sizes: dict[str, Any] = {name: Written(self.letter(size, at)) for name, size in SIZES.items()}
            self._add(relation.resized(sizes if dilated else {**sizes, "dilation": 1}), at)

    def letter(self, letter: str, at: int) -> str:
        """A letter, that of an axis with its number if there are several; channels come before axes."""
        return letter if at < 0 else on_axis(letter, at, self.rank)

    def _add(self, relation: Relation, at: int) -> None:
        """Put a relation in letters inside those before."""
        letters = {**INDICES, "tap_channel_index": WITHIN[self.far]}
        for role, names in relation.letters.items():
            for name, extent in zip(names, relation.extents[role], strict=True):
                index, size = (self.letter(letter, at) for letter in letters[name])
                self.pairs[role].append((index, size))
                if str(extent) != size:
                    self.sizes[size] = str(extent)
        if relation.own_bias:
            self.pairs["bias"].append(self.pairs["output"][-1])
        (near, _), (tap, _), (far, size) = (self.pairs[role][-1] for role in (self.near, "tap", self.far))
        if isinstance(relation, Spatial):
            least, largest = partial(called, "min"), partial(called, "max")
            place = relation.place(Written(near), Written(tap))
            if not (self._kernel.learned or self._kernel.whole):
                self._counted.append(self._kernel.counted(relation, Written(near)))
            filled = relation.fill.index(Written(far), Written(size), least, largest)
            self._steps += [f"{far} = {line}" for line in (place, filled) if str(line) != far]
            self._conditions += [] if relation.fill.reads_input else [f"0 <= {far} < {size}"]
        else:
            self._offsets[near] = [f"h = {relation.place(Written(near), 0)}"]
            self._met[far] = f"h + {tap}"

    def shape(self, role: str) -> list[str]:
        """The sizes of an operand."""
        return [size for _, size in self.pairs[role]]

    def each(self, letter: str, role: str) -> str:
        """An entry of an operand, by its own indices."""
        return entry(letter, [index for index, _ in self.pairs[role]])

    def met(self, letter: str, role: str) -> str:
        """An entry of an operand, where output, tap and input meet."""
        met = self._met if role == self.far else {}
        return entry(letter, [met.get(index, index) for index, _ in self.pairs[role]])

    @property
    def taps(self) -> Pairs:
        """The loops over the taps that an entry of the outer loops meets."""
        return [pair for pair in self.pairs["tap"] if pair not in self.pairs[self.near]]

    @property
    def divisor(self) -> Written:
        """By what the sum over a window is divided for its mean: how many places count."""
        divisor = self._told.get("divisor_override")
        return Written(str(divisor)) if divisor else prod(self._counted[1:], start=self._counted[0])

    @property
    def divided(self) -> bool:
        """Whether the sums over all windows are divided by the same number."""
        return self._kernel.uniform or "divisor_override" in self._told

    @property
    def mean(self) -> str:
        """What an average is, in words."""
        if "divisor_override" in self._told:
            return f"the sum of its window, divided by {self._told['divisor_override']}"
        if self.divided:
            return "the mean of its window, padding included"
        where = "padded input" if self._told["count_include_pad"] else "input"
        return f"the mean of the places of its window that lie within the {where}"

    @property
    def _told(self) -> dict[str, Any]:
        return {name: option for name, option in self._kernel.options.items() if option is not None}

    def visited(
        self, update: list[str], before: Sequence[str] = (), after: Sequence[str] = (), when: str = ""
    ) -> list[str]:
        """Lines for each output, tap and input that meet, with lines before and after the taps."""
        conditions = " and ".join([*self._conditions, *([when] if when else [])])
        update = [f"if {conditions}:", *indented(update)] if conditions else update
        inner = nested(self.taps, [*self._steps, *update])
        return nested(self.pairs[self.near], [*before, *inner, *after], self._offsets)


def entry(letter: str, index: Sequence[str]) -> str:
    """An entry of nested lists."""
    return letter + "".join(f"[{place}]" for place in index)


def nested(pairs: Pairs, lines: list[str], offsets: Mapping[str, list[str]] = {}) -> list[str]:
    """Loops around lines, with lines that stand first in the loop over an index."""
    for index, size in reversed(pairs):
        lines = [f"for {index} in range({size}):", *indented([*offsets.get(index, []), *lines])]
    return lines


def indented(lines: list[str]) -> list[str]:
    """Lines one level deeper."""
    return [f"    {line}" for line in lines]
