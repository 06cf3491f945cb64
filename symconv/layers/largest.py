"""The largest entry of each window: explicit entries, the indicator that selects them, their equations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

import numpy as np
from sympy import And, Expr, Ge, Gt, Matrix, Max, S, Symbol, oo

from symconv.derivation import Iverson
from symconv.errors import EntriesError
from symconv.explicit.contraction import to_matrix
from symconv.explicit.layout import Subject, dotted, entry_letter, result_row, shown
from symconv.explicit.quantities import Explicit
from symconv.explicit.rows import Builder
from symconv.pattern import Pattern
from symconv.printing.display import Row
from symconv.printing.target import MathsTarget


@dataclass(frozen=True, eq=False)
class Largest(Explicit):
    """An untied pattern whose taps are indicators, so that contractions select; the output is a maximum."""

    @classmethod
    def of(cls, tied: Pattern, symbols: Explicit, given: Mapping[str, tuple[Expr, ...]]) -> Self:
        """The layer ``symbols`` on values, with the indicators that they make.

        ``tied`` relates the same outputs and inputs through the taps of a window.
        """
        operands = {**symbols.operands, **given}
        taps: list[Expr] = [S.Zero] * len(symbols.operands["tap"])
        for meetings in _meetings(tied, symbols):
            entries = [operands["input"][j] for _, _, j in meetings]
            for (_, own, _), indicator in zip(meetings, _selected(entries), strict=True):
                taps[own] = indicator
        return cls(symbols.pattern, {**operands, "tap": tuple(taps)})

    @property
    def names(self) -> list[str]:
        return ["output", "matrix", "grad_input"]

    def entries(self, name: str) -> dict[int, Expr]:
        if name == "output" and name not in self._entries:
            x, index = self.operands["input"], self.incidence.index
            windows: dict[int, list[Expr]] = {}
            for o, j in zip(index["output"].tolist(), index["input"].tolist(), strict=True):
                windows.setdefault(o, []).append(x[j])
            largest = {o: _maximum(window) for o, window in windows.items()}
            self._entries[name] = {o: entry for o, entry in largest.items() if entry is not S.Zero}
        return super().entries(name)


def _maximum(entries: Sequence[Expr]) -> Expr:
    """Their maximum; plain symbols, which nothing is known of, need not be compared with each other."""
    plain = all(type(entry) is Symbol and not entry.assumptions0.get("real") for entry in entries)
    return Max(*entries, evaluate=not plain or len(set(entries)) == 1)


def _meetings(tied: Pattern, untied: Explicit) -> list[list[tuple[int, int, int]]]:
    """For each output the taps that meet an input, in order: of the window, of the output, and the input.

    Both patterns list the same triples in the same order: taps apart they are one relation.
    """
    window, own = tied.incidence(), untied.incidence
    order = np.lexsort((window.index["tap"], window.index["output"]))
    rows: list[list[tuple[int, int, int]]] = [[] for _ in range(window.size("output"))]
    columns = (window.index["tap"][order], own.index["tap"][order], window.index["input"][order])
    for o, *triple in zip(
        window.index["output"][order].tolist(), *(c.tolist() for c in columns), strict=True
    ):
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
                    f"whether {entry} is more than {entries[best]} cannot be told: give numbers that compare."
                ) from None
        return [S.One if at == best else S.Zero for at in range(len(entries))]
    return [Iverson(And(*_conditions(entries, at))) for at in range(len(entries))]


def _conditions(entries: Sequence[Expr], at: int) -> list[Expr]:
    """Larger than all before it, at least as large as all behind it."""
    return [
        (Gt if other < at else Ge)(entries[at], entry) for other, entry in enumerate(entries) if other != at
    ]


def selection_of(tied: Pattern, explicit: Explicit) -> Matrix:
    """The taps of an untied layer as a matrix, a row an output, a column a tap of the window."""
    window, taps = tied.incidence(), explicit.operands["tap"]
    rows, columns = window.size("output"), window.size("tap")
    cells = (window.index["output"] * columns + window.index["tap"]).tolist()
    own = explicit.incidence.index["tap"].tolist()
    filled = {cell: taps[at] for cell, at in zip(cells, own, strict=True)}
    return to_matrix((rows, columns), {cell: entry for cell, entry in filled.items() if entry is not S.Zero})


def windows_of(tied: Pattern, explicit: Explicit) -> Matrix:
    """What each output sees, a row an output, a column a tap; minus infinity where it sees padding."""
    window, x = tied.incidence(), explicit.operands["input"]
    shape = window.size("output"), window.size("tap")
    cells = (window.index["output"] * shape[1] + window.index["tap"]).tolist()
    seen = {cell: x[j] for cell, j in zip(cells, window.index["input"].tolist(), strict=True)}
    return Matrix(*shape, [seen.get(cell, -oo) for cell in range(shape[0] * shape[1])])


def _output(tied: Pattern) -> Builder:
    """Each output as the maximum of its window, in symbols and in values."""

    def build(subject: Subject, form: MathsTarget) -> list[Row | None]:
        meetings = _meetings(tied, subject.symbols)
        results = list(subject.values.matrix("output"))
        numbers = all(entry.is_number for entry in results)
        rows: list[Row | None] = []
        for o in shown(len(meetings), subject.notation.max_rows):
            if o is None:
                rows.append(None)
                continue
            parts = []
            for explicit in (subject.symbols, subject.values):
                entries = [form.expr(explicit.operands["input"][j]) for _, _, j in meetings[o]]
                parts.append(f"{form.maximum}({', '.join(entries)})")
            parts += [form.expr(results[o])] if numbers else []
            rows.append(Row(entry_letter(subject, form, "output", o), tuple(dict.fromkeys(parts))))
        return rows + result_row(subject, form, "output", form.letter(subject.notation.output))

    return build


def _selection(tied: Pattern) -> Builder:
    """Each indicator with its condition, and with its number where there is one."""

    def build(subject: Subject, form: MathsTarget) -> list[Row | None]:
        symbols, values = subject.symbols.operands, subject.values.operands
        conditions: list[tuple[int, str]] = []
        for meetings in _meetings(tied, subject.symbols):
            entries = [symbols["input"][j] for _, _, j in meetings]
            for at, (_, own, _) in enumerate(meetings):
                conditions.append((own, ", ".join(map(form.expr, _conditions(entries, at)))))
        rows: list[Row | None] = []
        for row in shown(len(conditions), subject.notation.max_rows):
            if row is None:
                rows.append(None)
                continue
            own, condition = conditions[row]
            tap, value = symbols["tap"][own], values["tap"][own]
            parts = ([f"[{condition}]"] if condition else []) + (
                [form.expr(value)] if value.is_number else []
            )
            rows.append(Row(form.expr(tap), tuple(parts or ["1"])))
        return rows

    return build


def _windows(tied: Pattern) -> Builder:
    """The matrix of windows, a row an output, or a column where the notation has them so."""

    def build(subject: Subject, form: MathsTarget) -> list[Row | None]:
        found = windows_of(tied, subject.values)
        found = found.T if subject.notation.window_columns else found
        grid = dotted(subject, form, lambda r, c: form.expr(found[r, c]), found.shape, form.line)
        return [Row(form.letter(subject.notation.windows), (grid,))]

    return build


#: The equations that say something else of a maximum than of a convolution.
BUILDERS_OF_MAXIMUM: Mapping[str, Callable[[Pattern], Builder]] = MappingProxyType(
    {"output": _output, "selection": _selection, "windows": _windows}
)
