"""A kernel that selects: taps of its own for each output, 1 at the first of the largest entries it sees."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from sympy import Add, And, Eq, Expr, Ge, Gt, Max, Or, S, Symbol, oo, sympify
from sympy.logic.boolalg import Boolean

from symconv.errors import EntriesError
from symconv.pattern.kernel import Operands, Own, Pooled
from symconv.pattern.pattern import Pattern
from symconv.pattern.relation import Spatial
from symconv.printing.expressions import Iverson
from symconv.printing.notation import Notation

#: For each output the taps that meet an input, in order: of the window, of the output, and the input.
Meetings = list[list[tuple[int, int, int]]]

_MEANING = "1 at the first maximum of each window and 0 elsewhere"


def meetings(tied: Pattern) -> Meetings:
    """What each output sees. The pattern with taps of its own lists the same triples in the same order."""
    window, own = tied.incidence(), tied.with_own_taps().incidence()
    index = window.index
    order = np.lexsort((index["tap"], index["output"]))
    columns = (index["output"], index["tap"], own.index["tap"], index["input"])
    rows: Meetings = [[] for _ in range(window.size("output"))]
    for o, *triple in zip(*(column[order].tolist() for column in columns), strict=True):
        rows[o].append(tuple(triple))
    return rows


def _selected(entries: Sequence[Expr]) -> list[Expr]:
    """1 for the first of the largest entries and 0 for the others, as far as that is known."""
    if all(entry.is_number for entry in entries):
        best = 0
        for at, entry in enumerate(entries):
            try:
                best = at if entry > entries[best] else best
            except TypeError:
                raise EntriesError(
                    f"{entry} and {entries[best]} cannot be compared: give numbers that have an order."
                ) from None
        return [S.One if at == best else S.Zero for at in range(len(entries))]
    return [Iverson(And(*comparisons(entries, at))) for at in range(len(entries))]


def comparisons(entries: Sequence[Expr], at: int) -> list[Expr]:
    """That an entry is larger than all before it, and at least as large as all behind it."""
    mine, before, behind = entries[at], entries[:at], entries[at + 1 :]
    return [*(Gt(mine, entry) for entry in before), *(Ge(mine, entry) for entry in behind)]


def _largest(tied: Pattern, operands: Operands) -> dict[int, Expr]:
    """The maximum of each window."""
    x = operands["input"]
    return {o: _maximum([x[j] for *_, j in met]) for o, met in enumerate(meetings(tied)) if met}


def _maximum(entries: Sequence[Expr]) -> Expr:
    """Their maximum; plain symbols, which nothing is known of, need not be compared with each other."""
    plain = all(type(entry) is Symbol and not entry.assumptions0.get("real") for entry in entries)
    return Max(*entries, evaluate=not plain or len(set(entries)) == 1)


def _selections(tied: Pattern, operands: Operands) -> dict[int, Expr]:
    """The taps, a row an output, a column a tap of the window."""
    taps, columns = operands["tap"], tied.count("tap")
    return {o * columns + k: taps[own] for o, met in enumerate(meetings(tied)) for k, own, _ in met}


def _windows(tied: Pattern, operands: Operands) -> dict[int, Expr]:
    """What each output sees, a row an output, a column a tap; minus infinity where it sees padding."""
    x, columns = operands["input"], tied.count("tap")
    cells: dict[int, Expr] = dict.fromkeys(range(tied.count("output") * columns), -oo)
    return cells | {o * columns + k: x[j] for o, met in enumerate(meetings(tied)) for k, _, j in met}


def _windows_meet(axis: Spatial) -> Boolean:
    """The condition that every window holds an entry: without padding, or no wider apart than the input."""
    n, dilation, *sides = (axis.geometry[name] for name in ("input_size", "dilation", "before", "after"))
    unpadded = Eq(Add(*map(sympify, dict.fromkeys(sides))), 0)
    return S.true if dilation == 1 else Or(unpadded, Ge(n, dilation))


class Selection(Pooled):
    """Maximum pooling: indicators, so that contractions select; the output is a maximum."""

    summed = "the sum over its window of each entry times 1 if it is selected and else 0"
    meaning = f"equal to {_MEANING}"
    linear_in = "for a fixed selection"
    beside = "passed by"
    depends_on_input = True
    opening = "Maximum pooling of {inputs} in windows of {window}"
    own: ClassVar[Mapping[str, Own]] = {"output": _largest, "selection": _selections, "windows": _windows}

    @property
    def name(self) -> str:
        return "selection"

    @property
    def stands_for(self) -> str:
        return f"the selection: {_MEANING}"

    def taps(self, tied: Pattern, operands: Operands) -> tuple[Expr, ...]:
        taps: list[Expr] = [S.Zero] * self.relation(tied).count("tap")
        for met in meetings(tied):
            entries = [operands["input"][j] for _, _, j in met]
            for (_, own, _), indicator in zip(met, _selected(entries), strict=True):
                taps[own] = indicator
        return tuple(taps)

    def known(self, inputs: Sequence[Expr]) -> bool:
        return all(entry.is_number for entry in inputs)

    def drawn(self, met: Mapping[Any, Sequence[tuple[Any, Any]]], inputs: Any) -> dict[Any, int]:
        found = {tap: 0 for pairs in met.values() for tap, _ in pairs}
        for pairs in filter(None, met.values()):
            tap, _ = max(pairs, key=lambda pair: inputs[pair[1]])
            found[tap] = 1
        return found

    def written(self, notation: Notation) -> Notation:
        own = {"kernel": notation.selection, "kernel_matrix": None, "filter_matrix": notation.selection}
        return notation.rewritten(**own, selection=notation.kernel, tap_colours=())

    def conditions(self, axes: Sequence[Spatial]) -> tuple[Boolean, ...]:
        return (*super().conditions(axes), *map(_windows_meet, axes))
