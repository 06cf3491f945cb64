"""Relations as loops: the indices, sizes and equations of a layer in letters, and loops over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

from symconv.algorithms.letters import INDICES, SIZES, WITHIN
from symconv.algorithms.written import Written, called
from symconv.notation import on_axis
from symconv.pattern import ROLES, Relation, Spatial

#: Indices, each with the number of its values, the outermost first.
Pairs = list[tuple[str, str]]


class Loops:
    """A product of relations in letters: what their formulas give when they are evaluated on letters.

    Parameters
    ----------
    relations : sequence of Relation
        Channels and axes; all outputs share the taps.
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

    def __init__(self, relations: Sequence[Relation], *, dilated: bool = True) -> None:
        self.pairs: dict[str, Pairs] = {role: [] for role in (*ROLES, "bias")}
        self.sizes = {"C": "C_in // G", "F": "C_out // G"}
        self.far = relations[-1].far
        self.near = "input" if self.far == "output" else "output"
        self.rank = sum(isinstance(relation, Spatial) for relation in relations)
        options = {name: option for relation in relations for name, option in relation.options.items()}
        self.flip, self.padding_mode = options["flip"], options.get("padding_mode", "zeros")
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
            filled = relation.fill.index(Written(far), Written(size), least, largest)
            self._steps += [f"{far} = {line}" for line in (place, filled) if str(line) != far]
            self._conditions += [] if relation.fill.folds else [f"0 <= {far} < {size}"]
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
        """By what the sum over a window is divided for its mean: how many taps count."""
        return prod((Written(size) for _, size in self.taps), start=Written("1"))

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
