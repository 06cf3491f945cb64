"""The pieces of a worked example in words and formulas: letters, entries, products, vectors, tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, TypeAlias

from sympy import Expr, Symbol

from symconv.explicit.layout import Sheet
from symconv.notes.model import Display, Maths, Words
from symconv.notes.phrases import enumerated
from symconv.notes.worked import MOST_SHARES, Entry, Position, Product, Worked
from symconv.pattern import Specification
from symconv.printing import display as data
from symconv.printing.display import Beside, Element, Grid, Row
from symconv.printing.latex import Latex
from symconv.printing.target import MAY_BREAK, MathsTarget
from symconv.printing.targets import as_latex, as_text, target_of

#: Writes something with the letters of a layer and a target.
Writing: TypeAlias = Callable[[Sheet], str]

#: So many positions of a window, or entries of a list, are shown at the most.
MOST_LINES, MOST_LISTED = 9, 12


class Inline(Latex):
    """LaTeX for a line of text, where a fraction is too high."""

    derivative = r"\partial {}/\partial {}".format

    def expr(self, expr: Expr) -> str:
        """One expression, a fraction of numbers with a slash."""
        return str(expr) if expr.is_Rational else super().expr(expr)

    def factor(self, expr: Expr) -> str:
        """An operand of a product, a fraction in brackets."""
        rendered = super().factor(expr)
        return (
            f"({rendered})" if expr.is_Rational and rendered[0] != "(" and not expr.is_Integer else rendered
        )


def lines_shown(count: int, most: int = MOST_LINES) -> list[int | None]:
    """The first rows, one inner row, the last, and dots, where there are too many.

    >>> lines_shown(4), lines_shown(20)
    ([0, 1, 2, 3], [0, 1, 2, None, 10, None, 19])
    """
    return list(range(count)) if count <= most else [0, 1, 2, None, count // 2, None, count - 1]


@dataclass(frozen=True)
class Shown:
    """A display that is put together from the letters and values of a layer."""

    sheet: Callable[[MathsTarget], Sheet]
    build: Callable[[Sheet], list[Row | None]]

    def display(self, target: MathsTarget) -> data.Display:
        """The rows, for a target to lay out."""
        return data.Display(tuple(self.build(self.sheet(target).named())))

    latex, text = as_latex, as_text


@dataclass(frozen=True)
class Pen:
    """Writes about a worked example."""

    worked: Worked

    def sheet(self, target: MathsTarget) -> Sheet:
        """The letters and values of the example in a target."""
        return Sheet.of(self.worked.source.written.subject, target)

    @cached_property
    def _sheets(self) -> tuple[Sheet, ...]:
        return tuple(self.sheet(target).named() for target in (Inline(), target_of("text")))

    def __call__(self, write: Writing) -> Maths:
        """A piece of a sentence."""
        return Maths(*(write(sheet).replace(MAY_BREAK, "") for sheet in self._sheets))

    def shown(self, build: Callable[[Sheet], list[Row | None]], label: str, **placed: Any) -> Display:
        """A display."""
        return Display(Shown(self.sheet, build), "", label, **placed)

    def say(self, text: str, **pieces: Maths | str) -> Words:
        """A sentence with letters of the notation put in for names of its fields in braces, or pieces.

        Fields of a notation stand for their letters; other names must be given.
        """
        found: list[str | Maths] = []
        for at, part in enumerate(text.replace("}", "{").split("{")):
            if at % 2 == 0:
                found += [part] if part else []
            elif part in pieces:
                found.append(pieces[part])
            else:
                found.append(self.letter(part))
        return tuple(found)

    def letter(self, field: str) -> Maths:
        """The letter of a field of the notation; "upstream" as its style has it, "activation" upright."""
        if field == "upstream":
            return self(Sheet.upstream_letter)
        letter = str(getattr(self.worked.spec.written, field))
        return self(lambda s: s.form.function(letter) if field == "activation" else s.form.letter(letter))

    @property
    def arriving(self) -> Maths:
        """The upstream gradient as an array."""
        n = self.worked.spec.written
        if n.upstream_style == "partial":
            return self(lambda s: s.loss_by(s.form.letter(n.output)))
        return self(lambda s: s.form.letter(n.upstream))

    @cached_property
    def positions_shown(self) -> list[int | None]:
        """The outputs of the first filter and sample whose positions a table shows; dots for others."""
        axes = len(self.worked.spec.axes)
        count = prod(self.worked.shape("output")[-axes:])
        return lines_shown(count, MOST_LINES if axes == 1 else MOST_LINES - 1)

    def output(self, at: int) -> Maths:
        """An output."""
        return self(lambda s: s.entry_letter("output", at))

    def input(self, at: int) -> Maths:
        """An input."""
        return self(lambda s: s.entry_letter("input", at))

    def tap(self, at: int) -> Maths:
        """A weight."""
        return self(lambda s: s.entry_letter("kernel", at))

    def number(self, value: Expr) -> Maths:
        """A value."""
        return self(lambda s: s.form.expr(value))

    def values(self, entries: Sequence[Expr], most: int = MOST_LISTED) -> Maths:
        """Values in round brackets."""
        keep = lines_shown(len(entries), most)

        def write(s: Sheet) -> str:
            return ", ".join(s.form.ellipsis if at is None else s.form.expr(entries[at]) for at in keep)

        return self(lambda s: f"({write(s)})")

    def listed(self, pieces: Sequence[Maths], most: int = 6) -> Words:
        """Pieces with commas between them, and an "and" before the last.

        Where there are too many the middle is left out.
        """
        if len(pieces) <= most:
            return enumerated([(piece,) for piece in pieces])
        first, second, third, *_, last = pieces
        return (first, ", ", second, ", ", third, ", …, ", last)

    def products(self, position: Position, only: Callable[[int], bool] = lambda place: True) -> Writing:
        """The products of a position as they are added up, of some inputs only."""

        def write(s: Sheet) -> str:
            terms = [
                f"{self.weight(s, p)}{s.form.dot}{s.form.factor(p.value)}"
                for p in position.products
                if only(p.place)
            ]
            return " + ".join(terms) or "0"

        return write

    def weight(self, s: Sheet, used: Product) -> str:
        """The value of a weight as a factor, in its look."""
        rendered = s.form.factor(used.weight)
        painted = s.notation.tap_colours and s.spec.kernel.shared
        return s.marked(used.weight, rendered, used.tap) if painted else rendered

    def gradient_letter(self, role: str, at: int) -> Writing:
        """The derivative of the loss with respect to an entry of the "tap" or the "input"."""
        quantity = {"tap": "kernel", "input": "input"}[role]
        return lambda s: s.loss_by(s.entry_letter(quantity, at))

    def upstream(self, s: Sheet, at: int) -> str:
        """The upstream gradient of an output."""
        if s.notation.upstream_style == "partial":
            return s.loss_by(s.entry_letter("output", at))
        return s.form.indexed(s.notation.upstream, *self.worked.index("output", at))

    def entry_row(self, entry: Entry) -> Callable[[Sheet], Row]:
        """An entry of a gradient: in letters, in numbers, and its result."""
        other, most = {"tap": ("input", 6), "input": ("kernel", MOST_SHARES)}[entry.role]

        def write(s: Sheet) -> Row:
            form, shares = s.form, entry.shares
            keep = shares if len(shares) <= most else (*shares[:3], None, shares[-1])
            letters, numbers = [], []
            for share in keep:
                if share is None:
                    letters.append(form.across)
                    numbers.append(form.across)
                    continue
                factor = s.entry_letter(other, share.own if other == "kernel" else share.other)
                times = form.times
                if not (s.spec.kernel.learned or s.spec.kernel.depends_on_input):
                    factor, times = form.factor(share.factor), form.dot
                letters.append(f"{self.upstream(s, share.output)}{times}{factor}")
                numbers.append(f"{form.factor(share.upstream)}{form.dot}{form.factor(share.factor)}")
            parts = [" + ".join(letters), " + ".join(numbers)] if shares else []
            return Row(
                self.gradient_letter(entry.role, entry.at)(s),
                tuple(dict.fromkeys([*parts, form.expr(entry.result)])),
            )

        return write

    def operand(self, s: Sheet, quantity: str, entries: Sequence[str], shape: Sequence[int]) -> list[Row]:
        """An operand written out: a list for one index, a matrix for the last two, one for each of others."""
        letter = getattr(s.notation, quantity)
        if len(shape) < 2:
            return [Row(s.form.letter(letter), (f"({', '.join(entries)})",))]
        size = prod(shape[-2:])
        outer = list(product(*(range(s.notation.base, s.notation.base + n) for n in shape[:-2])))
        rows = []
        for at, index in enumerate(outer):
            here = entries[at * size : (at + 1) * size]
            width = shape[-1]
            lines = [here[r * width : (r + 1) * width] for r in range(shape[-2])]
            rows.append(Row(s.form.indexed(letter, *index), (_dotted(s, lines),)))
        return rows


def abreast(form: MathsTarget, rows: Sequence[Row | None]) -> list[Row | None]:
    """Equations beside each other, as many as fit on a line."""
    found: list[Row | None] = []
    room = 0
    for row in rows:
        last = found[-1] if found else None
        if row is None:
            found.append(row)
            continue
        span = form.span(row.left) + sum(form.span(part) + 3 for part in row.parts) + 4
        if last is not None and span <= room:
            (first,) = last.parts
            pieces: tuple[Element, ...] = first.pieces if isinstance(first, Beside) else (first,)
            here = [part for part in row.parts if not isinstance(part, Beside)]
            found[-1] = last._replace(parts=(Beside((*pieces, f"{form.comma}{row.left} = ", *here)),))
            room -= span
        else:
            found.append(row)
            room = form.line + 20 - span
    return found


def generic(pen: Pen, role: str) -> Maths:
    """An entry with the letters of its indices."""
    return pen(_entry(pen, role))


def derivative(pen: Pen, role: str) -> Maths:
    """The derivative of the loss with respect to such an entry."""
    write = _entry(pen, role)
    return pen(lambda s: s.loss_by(write(s)))


def channel_letters(spec: Specification) -> tuple[Symbol, Symbol] | None:
    """The letter of input channels, and that of a filter's, which says the same where there are no groups."""
    groups = [r.geometry["groups"] for r in spec.tied.relations if "in_channels" in r.geometry]
    n = spec.notation
    named = (Symbol(letter, integer=True) for letter in (n.input_channel_index, n.tap_channel_index))
    return tuple(named) if groups == [1] and not spec.transposed else None


def _entry(pen: Pen, role: str) -> Writing:
    indices = pen.worked.source.closed.symbols.indices(role)
    alike = channel_letters(pen.worked.spec)
    indices = tuple(alike[1] if alike and index == alike[0] else index for index in indices)
    quantity = {"tap": "kernel"}.get(role, role)
    letter = str(getattr(pen.worked.spec.written, quantity))

    def write(s: Sheet) -> str:
        if not indices:
            return s.form.letter(letter)
        return s.form.entry(s.form.letter(letter), s.form.places.join(s.form.letter(i.name) for i in indices))

    return write


def _dotted(s: Sheet, lines: Sequence[Sequence[str]]) -> Grid:
    return s.dotted(lambda r, c: lines[r][c], (len(lines), len(lines[0])))
