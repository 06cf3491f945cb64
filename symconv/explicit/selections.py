"""The rows of the equations that say something else of a maximum than of a convolution."""

from __future__ import annotations

from symconv.explicit.layout import Subject, dotted, entry_letter, result_row, shown
from symconv.pattern.selection import comparisons, meetings
from symconv.printing.maths import Format, Row


def maxima(subject: Subject, form: Format) -> list[Row | None]:
    """Each output as the maximum of its window, in symbols and in values."""
    windows = meetings(subject.spec.tied)
    results = list(subject.values.matrix("output"))
    numbers = all(entry.is_number for entry in results)
    rows: list[Row | None] = []
    for o in shown(len(windows), subject.notation.max_rows):
        if o is None:
            rows.append(None)
            continue
        parts = []
        for explicit in (subject.symbols, subject.values):
            entries = [form.expr(explicit.operands["input"][j]) for _, _, j in windows[o]]
            parts.append(f"{form.maximum}({', '.join(entries)})")
        parts += [form.expr(results[o])] if numbers else []
        rows.append(Row(entry_letter(subject, form, "output", o), tuple(dict.fromkeys(parts))))
    return rows + result_row(subject, form, "output", form.letter(subject.notation.output))


def selections(subject: Subject, form: Format) -> list[Row | None]:
    """Each indicator with its condition, and with its number where there is one."""
    symbols, values = subject.symbols.operands, subject.values.operands
    conditions: list[tuple[int, str]] = []
    for met in meetings(subject.spec.tied):
        entries = [symbols["input"][j] for _, _, j in met]
        for at, (_, own, _) in enumerate(met):
            conditions.append((own, ", ".join(map(form.expr, comparisons(entries, at)))))
    rows: list[Row | None] = []
    for row in shown(len(conditions), subject.notation.max_rows):
        if row is None:
            rows.append(None)
            continue
        own, condition = conditions[row]
        tap, value = symbols["tap"][own], values["tap"][own]
        parts = ([f"[{condition}]"] if condition else []) + ([form.expr(value)] if value.is_number else [])
        rows.append(Row(form.expr(tap), tuple(parts or ["1"])))
    return rows


def seen(subject: Subject, form: Format) -> list[Row | None]:
    """The matrix of windows, a row an output, or a column where the notation has them so."""
    found = subject.values.matrix("windows")
    found = found.T if subject.notation.window_columns else found
    grid = dotted(subject, form, lambda r, c: form.expr(found[r, c]), found.shape, form.line)
    return [Row(form.letter(subject.notation.windows), (grid,))]
