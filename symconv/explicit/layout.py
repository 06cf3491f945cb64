"""The pieces of an equation: sums in tap order, rows of entries, matrices with dots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice, pairwise, product
from math import prod

import numpy as np
from sympy import Expr, Function, Symbol

from symconv.explicit.contraction import Contraction
from symconv.explicit.entries import Explicit
from symconv.pattern import Spatial, Specification
from symconv.printing.maths import Format, Grid, Row
from symconv.printing.notation import Notation


@dataclass(frozen=True, eq=False)
class Subject:
    """What equations are written about: a layer, its symbols, and the values put for them."""

    spec: Specification
    symbols: Explicit
    values: Explicit

    @property
    def axes(self) -> tuple[Spatial, ...]:
        """The spatial axes."""
        return self.spec.axes

    @property
    def notation(self) -> Notation:
        """The letters of the layer."""
        return self.spec.written

    @property
    def valued(self) -> bool:
        """Whether something stands in the place of a symbol."""
        return self.values is not self.symbols

    def given(self, role: str) -> bool:
        """Whether an operand has values."""
        return self.values.operands[role] is not self.symbols.operands[role]

    def names(self, form: Format) -> dict[Symbol, str]:
        """How the operands' symbols print: upstream gradients as derivatives, taps in colour."""
        notation = self.notation
        letters = {"input": notation.input, "tap": notation.kernel, "output": notation.upstream}
        if notation.upstream_style == "partial":
            letters["output"] = notation.output
        names: dict[Symbol, str] = {}
        for role, symbols in self.symbols.operands.items():
            rendered = [form.indexed(letters[role], *index) for index in self.indices(role)]
            if role == "output" and notation.upstream_style == "partial":
                rendered = [form.derivative(form.letter(notation.loss), y) for y in rendered]
            if role == "tap":
                rendered = self._painted(form, rendered)
            names.update(zip(symbols, rendered, strict=True))
        shape = self.symbols.pattern.biases().shape["tap"] if self.symbols.bias else ()
        places = product(*(range(notation.base, notation.base + n) for n in shape))
        biases = [form.indexed(notation.bias, *index) for index in places]
        names.update(zip(self.symbols.bias, biases, strict=False))
        return names

    def colours(self) -> list[str]:
        """The colour of each tap, in figures and in formulas that have colours."""
        named = self.notation.coloured().tap_colours
        every = cycle(named[:1] if self.spec.kernel.uniform else named)
        return list(islice(every, prod(self.shape("tap"))))

    def _painted(self, form: Format, rendered: list[str]) -> list[str]:
        """Taps in their colours, if the formulas of this notation have some."""
        if not self.notation.tap_colours:
            return rendered
        return [form.coloured(tap, colour) for tap, colour in zip(rendered, self.colours(), strict=True)]

    def rendered(self, form: Format, role: str, *, values: bool, factor: bool = False) -> list[str]:
        """The entries of an operand as they print, as symbols or as values; taps in their colours."""
        render = form.factor if factor else form.expr
        if not values or not self.given(role):
            return [render(entry) for entry in self.symbols.operands[role]]
        found = [render(entry) for entry in self.values.operands[role]]
        return self._painted(form, found) if role == "tap" else found

    def shape(self, role: str) -> tuple[int, ...]:
        """The shape of an operand."""
        return tuple(map(int, self.symbols.pattern.extents[role]))

    def indices(self, role: str) -> list[tuple[int, ...]]:
        """All indices of an operand, row-major, counted as the notation counts."""
        base = self.notation.base
        return list(product(*(range(base, base + n) for n in self.shape(role))))


def sums(
    contraction: Contraction, factors: Mapping[str, Sequence[str]], form: Format, times: str
) -> dict[int, str]:
    """Each cell's sum of products in tap order, joined from rendered factors.

    A newline stands before a plus wherever the line is full. Cells without a term are left out.
    """
    used = [(factors[role], index) for role, index in contraction.factors.items()]
    columns = [np.array(strings, dtype=object)[index].tolist() for strings, index in used]
    width = sum(np.array([form.width(s) for s in strings])[index] for strings, index in used)
    starts = contraction.starts
    ends = np.cumsum(width + form.width(times) + 3)
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
    joined = ("".join(terms[a:b]) for a, b in pairwise(cuts))
    return dict(zip(contraction.cells.tolist(), joined, strict=True))


def listed(subject: Subject, form: Format, entries: Sequence[Expr]) -> str:
    keep = shown(len(entries), subject.notation.max_rows)
    return form.listed([form.ellipsis if i is None else form.expr(entries[i]) for i in keep])


def entry_rows(subject: Subject, form: Format, name: str, left: Callable[[int], str]) -> list[Row | None]:
    """One row an entry of a vector: as symbols, as values once every operand has some, as the result."""
    keep = shown(subject.symbols.contraction(name).shape[0], subject.notation.max_rows)
    written = [entry_sums(subject, form, name, keep, values=False)]
    roles = subject.symbols.contraction(name).factors
    biased = name == "output" and subject.values.bias != subject.symbols.bias
    if biased or any(subject.given(role) for role in roles):
        if all(subject.given(role) for role in roles):
            written.append(entry_sums(subject, form, name, keep, values=True))
        results = list(subject.values.matrix(name))
        written.append([form.sum_of(results[cell]) if cell is not None else "" for cell in keep])
    return [
        None if cell is None else Row(left(cell), tuple(dict.fromkeys(parts)))
        for cell, *parts in zip(keep, *written, strict=True)
    ]


def entry_sums(
    subject: Subject, form: Format, name: str, keep: Sequence[int | None], *, values: bool
) -> list[str]:
    """The sums that the kept entries are, of symbols or of values, in tap order."""
    explicit = subject.values if values else subject.symbols
    part = explicit.contraction(name).only([cell for cell in keep if cell is not None])
    render, times = (form.factor, form.dot) if values else (form.expr, form.times)
    factors = {role: subject.rendered(form, role, values=values, factor=values) for role in part.factors}
    found = sums(part, factors, form, times)
    if name == "output" and explicit.bias:
        for cell in keep:
            if cell is not None:
                bias = render(explicit.biases[cell])
                found[cell] = f"{found[cell]} + {bias}" if cell in found else bias
    return [found.get(cell, "0") if cell is not None else "" for cell in keep]


def result_row(subject: Subject, form: Format, name: str, letter: str) -> list[Row | None]:
    """All entries of a vector in one list, once they are numbers."""
    results = list(subject.values.matrix(name))
    if not subject.valued or not all(entry.is_number for entry in results):
        return []
    whole = form.vec(letter) if len(subject.symbols.axes(name)) > 1 else letter
    return [Row(whole, (listed(subject, form, results),))]


def dotted(
    subject: Subject,
    form: Format,
    entry: Callable[[int, int], str],
    shape: tuple[int, int],
    room: int | None = None,
) -> Grid:
    """The shown part of a matrix, with dots for the rest; ``room`` is the width that it may take."""
    limit = subject.notation.max_rows
    rows = shown(shape[0], limit)
    for most in range(min(shape[1], limit or shape[1]), 2, -1):
        found = _grid(form, entry, rows, shown(shape[1], most))
        if limit is None or room is None or form.span(found) <= room:
            return found
    return _grid(form, entry, rows, shown(shape[1], 3))


def _grid(
    form: Format, entry: Callable[[int, int], str], rows: Sequence[int | None], columns: Sequence[int | None]
) -> Grid:
    def cell(r: int | None, c: int | None) -> str:
        if r is not None and c is not None:
            return entry(r, c)
        return form.across if r is not None else form.down if c is not None else form.diagonal

    return Grid(tuple(tuple(cell(r, c) for c in columns) for r in rows))


def matrix_grid(
    subject: Subject,
    form: Format,
    name: str,
    room: int,
    *,
    values: bool = True,
    transposed: bool = False,
) -> Grid:
    """A matrix quantity, or its transpose, within a width; only the entries that show are made."""
    explicit = subject.values if values else subject.symbols
    shape, limit = explicit.shape(name), subject.notation.max_rows
    rows, columns = ([i for i in shown(count, limit) if i is not None] for count in shape)
    cells = [r * shape[1] + c for r in rows for c in columns]
    found = _matrix_entries(subject, form, explicit, name, cells)
    if transposed:
        return dotted(
            subject, form, lambda r, c: found.get(c * shape[1] + r, "0"), (shape[1], shape[0]), room
        )
    return dotted(subject, form, lambda r, c: found.get(r * shape[1] + c, "0"), shape, room)


def _matrix_entries(
    subject: Subject, form: Format, explicit: Explicit, name: str, cells: Sequence[int]
) -> dict[int, str]:
    """Entries as they print: sums of symbols in tap order, or values; one that is a tap in its colour."""
    part, values = explicit.contraction(name).only(cells), explicit is not subject.symbols
    if part.factors and not values:
        factors = {role: subject.rendered(form, role, values=False) for role in part.factors}
        written = sums(part, factors, form, form.times)
        return {cell: text.replace("\n", " ") for cell, text in written.items()}
    found = {cell: form.expr(entry) for cell, entry in explicit.some(name, cells).items()}
    if list(part.factors) == ["tap"]:
        taps = subject.rendered(form, "tap", values=True)
        alone = np.diff(part.starts) == 1
        places = part.factors["tap"][part.starts[:-1][alone]].tolist()
        found |= {cell: taps[at] for cell, at in zip(part.cells[alone].tolist(), places, strict=True)}
    return found


def vector_grid(subject: Subject, form: Format, entries: Sequence[str], *, row: bool = False) -> Grid:
    """A column of rendered entries, or a row of them."""
    if row:
        return dotted(subject, form, lambda _, c: entries[c], (1, len(entries)), form.line // 3)
    return dotted(subject, form, lambda r, _: entries[r], (len(entries), 1))


def loss_by(subject: Subject, form: Format, letter: str) -> str:
    """The derivative of the loss by a quantity, given by its rendered letter."""
    return form.derivative(form.letter(subject.notation.loss), letter)


#: The role whose indices the entries of a quantity have.
_ROLE = {"output": "output", "upstream": "output", "kernel": "tap", "input": "input"}


def entry_letter(subject: Subject, form: Format, quantity: str, index: int) -> str:
    """An entry of the input, kernel or output, by its flat index."""
    notation = subject.notation
    at = np.unravel_index(index, subject.shape(_ROLE[quantity])) if subject.shape(_ROLE[quantity]) else ()
    rendered = form.indexed(getattr(notation, quantity), *(int(i) + notation.base for i in at))
    coloured = quantity == "kernel" and notation.tap_colours
    return form.coloured(rendered, subject.colours()[index]) if coloured else rendered


def function_letter(subject: Subject, form: Format, function: Callable[[Expr], Expr]) -> str:
    """The name of a function of expressions; that of the notation for one without a name."""
    own = str(getattr(function, "__name__", ""))
    name = own if own.isidentifier() and own.isascii() else subject.notation.activation
    return form.expr(Function(name)(Symbol("x"))).removesuffix("(x)")


def whole_letter(subject: Subject, form: Format, quantity: str, letter: str | None = None) -> str:
    """An operand as a whole where a matrix acts on it: its flattening, if it has several indices."""
    rendered = form.letter(letter or getattr(subject.notation, quantity))
    return form.vec(rendered) if len(subject.shape(_ROLE[quantity])) > 1 else rendered


def upstream_letter(subject: Subject, form: Format) -> str:
    """The upstream gradient as a whole."""
    notation = subject.notation
    if notation.upstream_style == "partial":
        return loss_by(subject, form, whole_letter(subject, form, "output"))
    return whole_letter(subject, form, "upstream")


def shown(count: int, limit: int | None) -> list[int | None]:
    """Which of ``count`` rows to show within ``limit``: the first ones, ``None`` for dots, the last.

    >>> shown(4, 10), shown(9, 5)
    ([0, 1, 2, 3], [0, 1, 2, None, 8])
    """
    if limit is None or count <= limit:
        return list(range(count))
    return [*range(limit - 2), None, count - 1]
