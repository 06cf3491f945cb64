"""The pieces of an equation: letters, sums in tap order, rows of entries, matrices with dots."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice, pairwise, product, repeat
from math import prod
from typing import Self, TypeAlias

import numpy as np
from sympy import Expr, Symbol

from symconv.explicit.contraction import Contraction
from symconv.explicit.entries import Explicit
from symconv.pattern import Specification
from symconv.printing.display import Grid, Row
from symconv.printing.notation import Notation
from symconv.printing.target import MathsTarget

#: Equations one below the other; ``None`` is a line of dots.
Rows: TypeAlias = list[Row | None]

#: The faces in which numbers of one colour are told apart, by what a target does to them.
FACES: tuple[tuple[str, ...], ...] = ((), ("bold",), ("underlined",), ("bold", "underlined"))

#: The role whose indices the entries of a quantity have.
_ROLE = {"output": "output", "upstream": "output", "kernel": "tap", "input": "input"}


@dataclass(frozen=True, eq=False)
class Subject:
    """What equations are written about: a layer, its symbols, and the values put for them."""

    spec: Specification
    symbols: Explicit
    values: Explicit

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

    def colours(self) -> list[str]:
        """The colour of each tap, in figures and in formulas that have colours."""
        named = self.notation.coloured().tap_colours
        every = cycle(named[:1] if self.spec.kernel.uniform else named)
        return list(islice(every, prod(self.shape("tap"))))

    def shape(self, role: str) -> tuple[int, ...]:
        """The shape of an operand."""
        return tuple(map(int, self.symbols.pattern.extents[role]))

    def places(self, shape: Sequence[int]) -> list[tuple[int, ...]]:
        """All indices of a shape, row-major, counted as the notation counts."""
        base = self.notation.base
        return list(product(*(range(base, base + n) for n in shape)))

    def shown(self, count: int) -> list[int | None]:
        """Which of so many rows the notation shows; ``None`` for dots."""
        return shown(count, self.notation.max_rows)

    def kept(self, count: int) -> list[int]:
        """The same without the dots."""
        return [at for at in self.shown(count) if at is not None]


@dataclass(frozen=True, eq=False)
class Sheet(Subject):
    """A subject with the target that it is written for."""

    form: MathsTarget

    @classmethod
    def of(cls, subject: Subject, target: MathsTarget) -> Self:
        return cls(subject.spec, subject.symbols, subject.values, target)

    def named(self) -> Self:
        """The sheet with the symbols of the operands bearing their names."""
        return replace(self, form=self.form.named(self.names()))

    def names(self) -> dict[Symbol, str]:
        """How the operands' symbols print: upstream gradients as derivatives, taps in colour."""
        n, symbols = self.notation, self.symbols
        partial = n.upstream_style == "partial"
        letters = {"input": n.input, "tap": n.kernel, "output": n.output if partial else n.upstream}

        def entries(letter: str, shape: Sequence[int]) -> list[str]:
            return [self.form.indexed(letter, *index) for index in self.places(shape)]

        rendered = {role: entries(letters[role], self.shape(role)) for role in symbols.operands}
        rendered["tap"] = self._painted(rendered["tap"])
        if partial:
            rendered["output"] = list(map(self.loss_by, rendered["output"]))
        names: dict[Symbol, str] = {}
        for role, operand in symbols.operands.items():
            names.update(zip(operand, rendered[role], strict=True))
        if symbols.bias:
            biases = entries(n.bias, symbols.pattern.biases().shape["tap"])
            names.update(zip(symbols.bias, biases, strict=True))
        return names

    def _painted(self, rendered: list[str]) -> list[str]:
        """Taps in their colours, if the formulas of this notation have some."""
        if not self.notation.tap_colours:
            return rendered
        return list(map(self.form.coloured, rendered, self.colours()))

    def marked(self, value: Expr, rendered: str, tap: int) -> str:
        """A value in the look of a tap: in its colour, a number in the next face each time it comes again."""
        colours = self.notation.coloured().tap_colours
        colours = colours[:1] if self.spec.kernel.uniform else colours
        rounds, at = divmod(tap, len(colours))
        turn = rounds * colours.count(colours[at]) + colours[:at].count(colours[at])
        told_apart = value.is_number and not self.spec.kernel.uniform
        for face in FACES[turn % len(FACES)] if told_apart else ():
            rendered = getattr(self.form, face)(rendered)
        return self.form.coloured(rendered, colours[at])

    def rendered(self, role: str, *, values: bool, factor: bool = False) -> list[str]:
        """The entries of an operand as they print, as symbols or as values; taps in their colours."""
        render = self.form.factor if factor else self.form.expr
        if not values or not self.given(role):
            return [render(entry) for entry in self.symbols.operands[role]]
        entries = self.values.operands[role]
        found = list(map(render, entries))
        if role != "tap" or not self.notation.tap_colours:
            return found
        return [self.marked(entries[at], text, at) for at, text in enumerate(found)]

    def loss_by(self, letter: str) -> str:
        """The derivative of the loss by a quantity, given by its rendered letter."""
        return self.form.derivative(self.form.letter(self.notation.loss), letter)

    def entry_letter(self, quantity: str, index: int, letter: str | None = None) -> str:
        """An entry of the input, kernel or output, by its flat index; or of what is made of it."""
        notation, shape = self.notation, self.shape(_ROLE[quantity])
        at = (int(i) + notation.base for i in (np.unravel_index(index, shape) if shape else ()))
        rendered = self.form.indexed(letter or getattr(notation, quantity), *at)
        coloured = quantity == "kernel" and notation.tap_colours
        return self.form.coloured(rendered, self.colours()[index]) if coloured else rendered

    def function_letter(self, function: Callable[[Expr], Expr]) -> str:
        """The name of a function of expressions; that of the notation for one without a name."""
        own = str(getattr(function, "__name__", ""))
        return self.form.function(own if own.isidentifier() and own.isascii() else self.notation.activation)

    def whole_letter(self, quantity: str, letter: str | None = None) -> str:
        """An operand as a whole where a matrix acts on it: its flattening, if it has several indices."""
        rendered = self.form.letter(letter or getattr(self.notation, quantity))
        return self.form.vec(rendered) if len(self.shape(_ROLE[quantity])) > 1 else rendered

    def upstream_letter(self) -> str:
        """The upstream gradient as a whole."""
        if self.notation.upstream_style == "partial":
            return self.loss_by(self.whole_letter("output"))
        return self.whole_letter("upstream")

    def listed(self, entries: Sequence[Expr]) -> str:
        """Entries in a list."""
        form, keep = self.form, self.shown(len(entries))
        return form.listed([form.ellipsis if at is None else form.expr(entries[at]) for at in keep])

    def rows(self, count: int, row: Callable[[int], Row]) -> Rows:
        """A row each, with dots for those that are not shown."""
        return [None if at is None else row(at) for at in self.shown(count)]

    def sums(self, part: Contraction, factors: Mapping[str, Sequence[str]], times: str) -> dict[int, str]:
        """Each cell's sum of products in tap order, joined from rendered factors.

        A newline stands before a plus wherever the line is full. Cells without a term are left out.
        """
        form, starts = self.form, part.starts
        used = [(factors[role], index) for role, index in part.factors.items()]
        columns = [np.array(strings, dtype=object)[index].tolist() for strings, index in used]
        width = sum(np.array([form.width(s) for s in strings])[index] for strings, index in used)
        ends = np.cumsum(width + form.width(times) + 3)
        before = np.repeat(np.append(0, ends)[starts[:-1]], np.diff(starts))
        line = (ends - before) // form.line
        signs = np.full(starts[-1], " + ", dtype=object)
        signs[1:][np.diff(line) > 0] = "\n+ "
        signs[starts[:-1]] = ""
        first, *more = columns
        behind = (piece for column in more for piece in (repeat(times), column))
        terms = list(
            map("".join, zip(signs.tolist(), first, *behind, strict=False))
        )  # times goes on for ever
        joined = ("".join(terms[a:b]) for a, b in pairwise(starts.tolist()))
        return dict(zip(part.cells.tolist(), joined, strict=True))

    def entry_rows(self, name: str, left: Callable[[int], str]) -> Rows:
        """One row an entry of a vector: as symbols, as values once all operands have some, as the result."""
        contraction = self.symbols.contraction(name)
        count, given = contraction.shape[0], list(map(self.given, contraction.factors))
        written = [self.entry_sums(name, values=False)]
        biased = name == "output" and self.values.bias != self.symbols.bias
        if biased or any(given):
            if all(given):
                written.append(self.entry_sums(name, values=True))
            results = list(self.values.matrix(name))
            written.append({cell: self.form.sum_of(results[cell]) for cell in self.kept(count)})
        return self.rows(count, lambda at: Row(left(at), tuple(dict.fromkeys(sums[at] for sums in written))))

    def entry_sums(self, name: str, *, values: bool) -> dict[int, str]:
        """The sums that the entries that show are, of symbols or of values, in tap order."""
        form, explicit = self.form, self.values if values else self.symbols
        cells = self.kept(explicit.contraction(name).shape[0])
        part = explicit.contraction(name).only(cells)
        render, times = (form.factor, form.dot) if values else (form.expr, form.times)
        factors = {role: self.rendered(role, values=values, factor=values) for role in part.factors}
        found = self.sums(part, factors, times)
        if name == "output" and explicit.bias:
            for cell in cells:
                bias = render(explicit.biases[cell])
                found[cell] = f"{found[cell]} + {bias}" if cell in found else bias
        return dict.fromkeys(cells, "0") | found

    def result_row(self, name: str, letter: str) -> Rows:
        """All entries of a vector in one list, once they are numbers."""
        results = list(self.values.matrix(name))
        if not self.valued or not all(entry.is_number for entry in results):
            return []
        whole = self.form.vec(letter) if len(self.symbols.axes(name)) > 1 else letter
        return [Row(whole, (self.listed(results),))]

    def dotted(
        self, entry: Callable[[int, int], str], shape: tuple[int, int], room: int | None = None
    ) -> Grid:
        """The shown part of a matrix, with dots for the rest; ``room`` is the width that it may take."""
        form, limit = self.form, self.notation.max_rows

        def cell(r: int | None, c: int | None) -> str:
            if r is not None and c is not None:
                return entry(r, c)
            return form.across if r is not None else form.down if c is not None else form.diagonal

        for most in range(max(min(shape[1], limit or shape[1]), 3), 2, -1):
            columns = shown(shape[1], most)
            found = Grid(tuple(tuple(cell(r, c) for c in columns) for r in self.shown(shape[0])))
            if limit is None or room is None or form.span(found) <= room:
                break
        return found

    def matrix_grid(self, name: str, room: int, *, values: bool = True, transposed: bool = False) -> Grid:
        """A matrix quantity, or its transpose, within a width; only the entries that show are made."""
        shape = (self.values if values else self.symbols).shape(name)
        rows, columns = map(self.kept, shape)
        found = self.written_entries(name, [r * shape[1] + c for r in rows for c in columns], values)
        if transposed:
            return self.dotted(lambda r, c: found.get(c * shape[1] + r, "0"), shape[::-1], room)
        return self.dotted(lambda r, c: found.get(r * shape[1] + c, "0"), shape, room)

    def written_entries(self, name: str, cells: Sequence[int], values: bool) -> dict[int, str]:
        """Entries as they print: sums of symbols in tap order, or values; one that is a tap in its colour."""
        explicit = self.values if values else self.symbols
        part = explicit.contraction(name).only(cells)
        if part.factors and explicit is self.symbols:
            factors = {role: self.rendered(role, values=False) for role in part.factors}
            written = self.sums(part, factors, self.form.times)
            return {cell: text.replace("\n", " ") for cell, text in written.items()}
        found = {cell: self.form.expr(entry) for cell, entry in explicit.some(name, cells).items()}
        if list(part.factors) == ["tap"]:
            taps = self.rendered("tap", values=True)
            alone = np.diff(part.starts) == 1
            places = part.factors["tap"][part.starts[:-1][alone]].tolist()
            found |= {cell: taps[at] for cell, at in zip(part.cells[alone].tolist(), places, strict=True)}
        return found

    def vector_grid(self, entries: Sequence[str], *, row: bool = False) -> Grid:
        """A column of rendered entries, or a row of them."""
        if row:
            return self.dotted(lambda _, c: entries[c], (1, len(entries)), self.form.line // 3)
        return self.dotted(lambda r, _: entries[r], (len(entries), 1))


def shown(count: int, limit: int | None) -> list[int | None]:
    """Which of ``count`` rows to show within ``limit``: the first ones, ``None`` for dots, the last.

    >>> shown(4, 10), shown(9, 5)
    ([0, 1, 2, 3], [0, 1, 2, None, 8])
    """
    if limit is None or count <= limit:
        return list(range(count))
    return [*range(limit - 2), None, count - 1]
