"""Relations as loops: the indices, sizes and equations of a layer in letters, and loops over them."""

from collections.abc import Mapping, Sequence
from typing import Any

from symconv.algorithms.letters import INDICES, SIZES, WITHIN
from symconv.algorithms.written import Written
from symconv.pattern import ROLES, Kernel, Relation
from symconv.printing.letters import on_axis

#: Indices, each with the number of its values, the outermost first.
Pairs = list[tuple[str, str]]


class Loops:
    """A product of relations in letters: what their formulas give when they are evaluated on letters.

    The relations are channels and axes, whose outputs all share the taps; without a dilation it is 1.
    The indices of outputs that have a bias of their own are the role "bias". The places of the dependent role
    are computed from those of the other one and of the taps.
    """

    def __init__(self, relations: Sequence[Relation], kernel: Kernel, *, dilated: bool) -> None:
        self.pairs: dict[str, Pairs] = {role: [] for role in (*ROLES, "bias")}
        self.sizes = {"C": "C_in // G", "F": "C_out // G"}  # those that are computed from others
        self.dependent_role = relations[-1].dependent_role
        self.other_role = "input" if self.dependent_role == "output" else "output"
        self.rank = sum(relation.spatial for relation in relations)
        options = {name: option for relation in relations for name, option in relation.options.items()}
        self.flip, self.padding_mode = options["flip"], options.get("padding_mode", "zeros")
        self.kernel = kernel
        self.window_sizes: list[Any] = []  # how many places of a window count along each axis
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
        letters = {**INDICES, "tap_channel_index": WITHIN[self.dependent_role]}
        for role, names in relation.letters.items():
            for name, extent in zip(names, relation.extents[role], strict=True):
                index, size = (self.letter(letter, at) for letter in letters[name])
                self.pairs[role].append((index, size))
                if str(extent) != size:
                    self.sizes[size] = str(extent)
        if relation.own_bias:
            self.pairs["bias"].append(self.pairs["output"][-1])
        roles = self.other_role, "tap", self.dependent_role
        (index, _), (tap, _), (met, size) = (self.pairs[role][-1] for role in roles)
        if relation.spatial:
            place = relation.place(Written(index), Written(tap))
            self.window_sizes.append(self.kernel.window_size(relation, Written(index)))
            filled = relation.fill.place(Written(met), Written(size))
            self._steps += [f"{met} = {line}" for line in (place, filled) if str(line) != met]
            self._conditions += [] if relation.fill.reads_input else [f"0 <= {met} < {size}"]
        else:
            self._offsets[index] = [f"h = {relation.place(Written(index), 0)}"]
            self._met[met] = f"h + {tap}"

    def shape(self, role: str) -> list[str]:
        """The sizes of an operand."""
        return [size for _, size in self.pairs[role]]

    def each(self, letter: str, role: str) -> str:
        """An entry of an operand, by its own indices."""
        return entry(letter, [index for index, _ in self.pairs[role]])

    def met(self, letter: str, role: str) -> str:
        """An entry of an operand, where output, tap and input meet."""
        met = self._met if role == self.dependent_role else {}
        return entry(letter, [met.get(index, index) for index, _ in self.pairs[role]])

    def visited(
        self, update: list[str], before: Sequence[str] = (), after: Sequence[str] = (), when: str = ""
    ) -> list[str]:
        """Lines for each output, tap and input that meet, with lines before and after the taps."""
        conditions = " and ".join([*self._conditions, *([when] if when else [])])
        update = [f"if {conditions}:", *indented(update)] if conditions else update
        outer = self.pairs[self.other_role]
        taps = [pair for pair in self.pairs["tap"] if pair not in outer]
        return nested(outer, [*before, *nested(taps, [*self._steps, *update]), *after], self._offsets)


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
