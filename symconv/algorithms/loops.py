"""Relations as loops: the indices, sizes and equations of a layer in letters, and its passes as lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

from symconv.algorithms.letters import INDICES, SIZES, WITHIN
from symconv.algorithms.written import Written, called
from symconv.notation import on_axis
from symconv.pattern import ROLES, Relation, Spatial

#: Loops from the outermost to the innermost: an index and how many values it has.
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
    index, shape : dict of role to list of str
        The indices of the entries that meet, and the sizes that they stay below; "bias" is a role too.
    outputs : list of (index, size)
        The loops over all outputs.
    sizes : dict of str to str
        What sizes are when they are computed from others.
    flip : bool
        Whether the kernel is flipped.
    padding_mode : str
        How the padding is filled.
    """

    def __init__(self, relations: Sequence[Relation], *, dilated: bool = True) -> None:
        self.index: dict[str, list[str]] = {role: [] for role in (*ROLES, "bias")}
        self.shape: dict[str, list[str]] = {role: [] for role in (*ROLES, "bias")}
        self.outputs: Pairs = []
        self.sizes = {size: f"{whole} // G" for size, whole in (("C", "C_in"), ("F", "C_out"))}
        self._near: Pairs = []
        self._taps: Pairs = []
        self._offsets: dict[str, list[str]] = {}
        self._steps: list[str] = []
        self._conditions: list[str] = []
        self.rank = sum(isinstance(relation, Spatial) for relation in relations)
        options = {name: option for relation in relations for name, option in relation.options.items()}
        self.flip = bool(options.get("flip"))
        self.padding_mode = str(options.get("padding_mode", "zeros"))
        for at, relation in enumerate(relations, start=self.rank - len(relations)):
            sizes: dict[str, Any] = {name: Written(self.letter(size, at)) for name, size in SIZES.items()}
            self._add(relation.resized(sizes if dilated else {**sizes, "dilation": 1}), at)

    def letter(self, letter: str, at: int) -> str:
        """A letter, that of an axis with its number if there are several; channels come before axes."""
        return letter if at < 0 else on_axis(letter, at, self.rank)

    def _add(self, relation: Relation, at: int) -> None:
        """Put a relation in letters inside those before."""
        letters = {**INDICES, "tap_channel_index": WITHIN[relation.far]}
        pairs: dict[str, Pairs] = {}
        for role, names in relation.letters.items():
            named = [letters[name] for name in names]
            pairs[role] = [(self.letter(index, at), self.letter(size, at)) for index, size in named]
            for (_, size), extent in zip(pairs[role], relation.extents[role], strict=True):
                if str(extent) != size:
                    self.sizes[size] = str(extent)
        pairs["bias"] = pairs["output"] if relation.own_bias else []
        for role, found in pairs.items():
            self.index[role] += [index for index, _ in found]
            self.shape[role] += [size for _, size in found]
        near = pairs["input" if relation.far == "output" else "output"]
        taps = [pair for pair in pairs["tap"] if pair not in near]
        self._near += near
        self._taps += taps
        self.outputs += pairs["output"]
        ((met, _),), ((tap, _),), ((far, size),) = near, taps, pairs[relation.far]
        if isinstance(relation, Spatial):
            place = relation.place(Written(met), Written(tap))
            least, largest = partial(called, "min"), partial(called, "max")
            filled = relation.fill.index(Written(far), Written(size), least, largest)
            self._steps += [f"{far} = {line}" for line in (place, filled) if str(line) != far]
            self._conditions += [] if relation.fill.folds else [f"0 <= {far} < {size}"]
        else:
            self._offsets[met] = [f"h = {relation.place(Written(met), 0)}"]
            self.index[relation.far][-1] = f"h + {tap}"

    def entry(self, letter: str, role: str) -> str:
        """An entry of an operand of a role, where output, tap and input meet."""
        return entry(letter, self.index[role])

    @property
    def apart(self) -> bool:
        """Whether outputs are what the relation gives, so that their loops are not the outer ones."""
        return self._near != self.outputs

    @property
    def divisor(self) -> Written:
        """By what the sum over a window is divided for its mean: how many taps count."""
        return prod((Written(size) for _, size in self._taps), start=Written("1"))

    def visited(
        self,
        update: list[str],
        *,
        before: Sequence[str] = (),
        after: Sequence[str] = (),
        when: Sequence[str] = (),
    ) -> list[str]:
        """Lines for each output, tap and input that meet, with lines before and after the taps."""
        conditions = " and ".join([*self._conditions, *when])
        met = [f"if {conditions}:", *indented(update)] if conditions else update
        inner = nested(self._taps, [*self._steps, *met])
        return nested(self._near, [*before, *inner, *after], self._offsets)


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
