"""The rows of the equations that say something else of a maximum than of a convolution."""

from symconv.explicit.layout import Rows, Sheet
from symconv.pattern.selection import comparisons, meetings
from symconv.printing.display import Row


def maxima(sheet: Sheet) -> Rows:
    """Each output as the maximum of its window, in symbols and in values."""
    form, windows = sheet.form, meetings(sheet.spec.tied)
    results = list(sheet.values.matrix("output"))
    numbers = all(entry.is_number for entry in results)

    def row(o: int) -> Row:
        parts = []
        for explicit in (sheet.symbols, sheet.values):
            entries = [form.expr(explicit.operands["input"][j]) for _, _, j in windows[o]]
            parts.append(f"{form.maximum}({', '.join(entries)})")
        parts += [form.expr(results[o])] if numbers else []
        return Row(sheet.entry_letter("output", o), tuple(dict.fromkeys(parts)))

    return sheet.rows(len(windows), row) + sheet.result_row("output", form.letter(sheet.notation.output))


def selections(sheet: Sheet) -> Rows:
    """Each indicator with its condition, and with its number where there is one."""
    form, symbols, values = sheet.form, sheet.symbols.operands, sheet.values.operands
    conditions: list[tuple[int, str]] = []
    for met in meetings(sheet.spec.tied):
        entries = [symbols["input"][j] for _, _, j in met]
        for at, (_, own, _) in enumerate(met):
            conditions.append((own, ", ".join(map(form.expr, comparisons(entries, at)))))

    def row(at: int) -> Row:
        own, condition = conditions[at]
        tap, value = symbols["tap"][own], values["tap"][own]
        parts = ([f"[{condition}]"] if condition else []) + ([form.expr(value)] if value.is_number else [])
        return Row(form.expr(tap), tuple(parts or ["1"]))

    return sheet.rows(len(conditions), row)


def seen(sheet: Sheet) -> Rows:
    """The matrix of windows, a row an output, or a column where the notation has them so."""
    form, found = sheet.form, sheet.values.matrix("windows")
    found = found.T if sheet.notation.window_columns else found
    grid = sheet.dotted(lambda r, c: form.expr(found[r, c]), found.shape, form.line)
    return [Row(form.letter(sheet.notation.windows), (grid,))]
