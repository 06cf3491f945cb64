"""The pieces of an equation: sums in tap order, rows of entries, matrices with dots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, pairwise

import numpy as np
from sympy import Expr, S, Symbol

from symconv.contract import Contraction
from symconv.explicit import Explicit
from symconv.notation import Notation
from symconv.pattern import Axis
from symconv.printing import Format, Grid, Row, shown


@dataclass(frozen=True, eq=False)
class Subject:
    """What equations are written about: a geometry, its symbols, the values put for them, a notation."""

    axis: Axis
    symbols: Explicit
    values: Explicit
    notation: Notation

    @property
    def valued(self) -> bool:
        """Whether something stands in the place of a symbol."""
        return self.values is not self.symbols

    def names(self, form: Format) -> dict[Symbol, str]:
        """How the operands' symbols print: upstream gradients as derivatives, taps in colour."""
        notation = self.notation
        letters = {"input": notation.input, "tap": notation.kernel, "output": notation.upstream}
        if notation.upstream_style == "partial":
            letters["output"] = notation.output
        names: dict[Symbol, str] = {}
        for role, symbols in self.symbols.operands.items():
            rendered = [form.indexed(letters[role], i + notation.base) for i in range(len(symbols))]
            if role == "output" and notation.upstream_style == "partial":
                rendered = [form.derivative(form.letter(notation.loss), y) for y in rendered]
            if role == "tap" and notation.tap_colours:
                colours = cycle(notation.tap_colours)
                rendered = [
                    form.coloured(tap, colour) for tap, colour in zip(rendered, colours, strict=False)
                ]
            names.update(zip(symbols, rendered, strict=True))
        return names


def sums(
    contraction: Contraction, factors: Mapping[str, Sequence[str]], form: Format, times: str, suffix: str = ""
) -> dict[int, str]:
    """Each cell's sum of products in tap order, joined from rendered factors.

    A newline stands before a plus wherever the line is full. Cells without a term are left out.
    """
    used = [(factors[role], index) for role, index in contraction.factors.items()]
    columns = [np.array(strings, dtype=object)[index].tolist() for strings, index in used]
    width = sum(np.array([form.width(s) for s in strings])[index] for strings, index in used)
    starts = contraction.starts
    ends = np.cumsum(width + len(times) + 3)
    before = np.repeat(np.append(0, ends)[starts[:-1]], np.diff(starts))
    line = (ends - before) // form.line
    signs = np.full(starts[-1], " + ", dtype=object)
    signs[1:][np.diff(line) > 0] = "\n+ "
    signs[starts[:-1]] = ""
    rows = zip(signs.tolist(), *columns, strict=True)
    if len(columns) == 1:
        terms = [f"{sign}{only}" for sign, only in rows]
    else:
        terms = [f"{sign}{left}{times}{right}" for sign, left, right in rows]
    cuts = starts.tolist()
    joined = ("".join(terms[a:b]) + suffix for a, b in pairwise(cuts))
    return dict(zip(contraction.cells.tolist(), joined, strict=True))


def listed(subject: Subject, form: Format, entries: Sequence[Expr]) -> str:
    keep = shown(len(entries), subject.notation.max_rows)
    return form.listed([form.ellipsis if i is None else form.expr(entries[i]) for i in keep])


def entry_rows(subject: Subject, form: Format, name: str, left: Callable[[int], str]) -> list[Row | None]:
    """One row an entry of a vector: as symbols, as values once every operand has some, as the result."""
    whole = subject.symbols.contraction(name)
    keep = shown(whole.shape[0], subject.notation.max_rows)
    part = whole.only([cell for cell in keep if cell is not None])
    written = []
    for explicit, render, times in written_as(subject, form):
        given = [explicit.operands[r] is not subject.symbols.operands[r] for r in part.factors]
        if explicit is subject.values and subject.valued and not all(given):
            continue
        factors = {role: [render(e) for e in explicit.operands[role]] for role in part.factors}
        bias = render(explicit.bias[0]) if name == "output" and explicit.bias else ""
        written.append((sums(part, factors, form, times, f" + {bias}" if bias else ""), bias or "0"))
    rows: list[Row | None] = []
    results = list(subject.values.matrix(name)) if subject.valued else []
    for cell in keep:
        if cell is None:
            rows.append(None)
            continue
        parts = [found.get(cell, empty) for found, empty in written]
        if subject.valued:
            parts.append(form.sum_of(results[cell]))
        rows.append(Row(left(cell), tuple(dict.fromkeys(parts))))
    return rows


def written_as(subject: Subject, form: Format) -> list[tuple[Explicit, Callable[[Expr], str], str]]:
    """Whose operands are written, how an operand prints, and the sign between two of them."""
    symbols = (subject.symbols, form.expr, form.times)
    return [symbols, (subject.values, form.factor, form.dot)] if subject.valued else [symbols]


def result_row(subject: Subject, form: Format, name: str, letter: str) -> list[Row | None]:
    """All entries of a vector in one list, once they are numbers."""
    results = list(subject.values.matrix(name))
    if not subject.valued or not all(entry.is_number for entry in results):
        return []
    return [Row(letter, (listed(subject, form, results),))]


def dotted(subject: Subject, form: Format, entry: Callable[[int, int], str], shape: tuple[int, int]) -> Grid:
    """The shown part of a matrix, with dots for the rest."""
    limit = subject.notation.max_rows
    rows = []
    for r in shown(shape[0], limit):
        cells = []
        for c in shown(shape[1], limit):
            if r is not None and c is not None:
                cells.append(entry(r, c))
            else:
                cells.append(form.across if r is not None else form.down if c is not None else form.diagonal)
        rows.append(tuple(cells))
    return Grid(tuple(rows))


def matrix_grid(subject: Subject, form: Format, explicit: Explicit, name: str) -> Grid:
    found, shape = explicit.entries(name), explicit.shape(name)
    return dotted(subject, form, lambda r, c: form.expr(found.get(r * shape[1] + c, S.Zero)), shape)


def vector_grid(subject: Subject, form: Format, entries: Sequence[str]) -> Grid:
    return dotted(subject, form, lambda r, _: entries[r], (len(entries), 1))


def loss_by(subject: Subject, form: Format, letter: str) -> str:
    """The derivative of the loss by a quantity, given by its rendered letter."""
    return form.derivative(form.letter(subject.notation.loss), letter)


def entry_letter(subject: Subject, form: Format, quantity: str, index: int) -> str:
    notation = subject.notation
    return form.indexed(getattr(notation, quantity), index + notation.base)


def upstream_letter(subject: Subject, form: Format) -> str:
    """The upstream gradient as a whole."""
    notation = subject.notation
    if notation.upstream_style == "partial":
        return loss_by(subject, form, form.letter(notation.output))
    return form.letter(notation.upstream)
