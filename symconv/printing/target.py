"""What a maths target says: how letters, operations and index sums are written, and displays laid out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeAlias

from sympy import Add, Expr, Symbol

from symconv.printing.display import Beside, Display, Grid, Part, Row

#: Behind something in brackets: if a space follows, a line may break there. No reader sees it.
MAY_BREAK = "\u200b"


#: Writes rendered pieces as one.
Write: TypeAlias = Callable[..., str]


class MathsTarget(ABC):
    """A target, together with the names that some symbols have.

    Attributes
    ----------
    printer : type
        SymPy's printer of the target, made from names of symbols.
    line : int
        How many visible characters fit on a line.
    times, dot, places : str
        Between the factors of a product of symbols, and of values; between indices.
    across, down, diagonal : str
        Dots that stand for left-out columns, rows, and both.
    comma, ellipsis : str
        Between items of a list in a line of their own; dots for its left-out entries.
    ones, maximum, minimum : str
        A vector of ones; the names of the extremes.
    at_most, either : str
        The sign between bounds; the word between conditions.
    opened, closed : str
        Brackets around matrices.
    stacked : bool
        Whether fractions have their denominator below; else it follows a slash, and sums have brackets.
    above : str
        What parts a display from the sentence above it in a document.
    prose, sentence : (text)
        Words within a formula, and outside of one.
    function : (name)
        The name of a function, upright where it is a word.
    transposed, vec, kron : (matrix), (matrix), (*factors)
        A matrix transposed, its row-major flattening, and the Kronecker product.
    coloured : (rendered, colour)
        A piece in a colour, where the target has colours.
    masked : (matrix, kernel, rendered)
        A matrix with zeros put where another matrix holds no entry of the kernel.
    entry : (letter, index)
        An entry of a sequence; several indices are joined by ``places``.
    padded : (letter, name)
        The input with its padding: the letter of the input, or the name that formulas read back have.
    derivative, derivative_of_sum : (of, by)
        The partial derivative of a quantity, and of something long.
    sum : (index, first, last)
        The head of a sum.
    bracket, divides : (condition), (divisor, number)
        An Iverson bracket; the condition that one number divides another.
    fraction, floor, ceiling : (numerator, denominator), (number), (number)
    upsampled : (letter, factors)
        A sequence with zeros between neighbours.
    convolution, correlation : (left, right, index)
        An entry of the convolution or the correlation of two sequences.
    """

    printer: ClassVar[type[Any]]
    line: ClassVar[int]
    times: ClassVar[str]
    dot: ClassVar[str]
    places: ClassVar[str]
    across: ClassVar[str]
    down: ClassVar[str]
    diagonal: ClassVar[str]
    comma: ClassVar[str]
    ellipsis: ClassVar[str]
    ones: ClassVar[str]
    maximum: ClassVar[str]
    minimum: ClassVar[str]
    at_most: ClassVar[str]
    either: ClassVar[str]
    opened: ClassVar[str] = "("
    closed: ClassVar[str] = ")"
    stacked: ClassVar[bool] = True
    above: ClassVar[str] = "\n\n"

    prose: Write
    sentence: Write = "{}".format
    function: Write
    transposed: Write
    vec: Write
    kron: Write
    coloured: Write
    masked: Write
    entry: Write
    padded: Write
    derivative: Write
    derivative_of_sum: Write
    sum: Write
    bracket: Write
    divides: Write
    fraction: Write
    floor: Write
    ceiling: Write
    upsampled: Write
    convolution: Write
    correlation: Write

    def __init__(self, names: Mapping[Symbol, str] = MappingProxyType({}), *, printer: Any = None) -> None:
        self._names = names
        self._printer = printer or self.printer(names)
        self._letters: dict[str, str] = {}

    def named(self, names: Mapping[Symbol, str]) -> Self:
        """The same target with names for some symbols."""
        return type(self)(names)

    def printed_by(self, printer: Any) -> Self:
        """The same target with another printer of expressions."""
        return type(self)(printer=printer)

    def _print(self, expr: Expr) -> str:
        return self._names.get(expr) or str(self._printer.doprint(expr))

    def expr(self, expr: Expr) -> str:
        """One expression."""
        return self._print(expr).replace(MAY_BREAK, "")

    def letter(self, name: str) -> str:
        """A letter of a notation."""
        if name not in self._letters:
            self._letters[name] = self.expr(Symbol(name))
        return self._letters[name]

    def indexed(self, letter: str, *index: int) -> str:
        """An entry: a letter of a notation with its indices as they print; none for all there is."""
        rendered = self.letter(letter)
        return self.entry(rendered, self.places.join(map(str, index))) if index else rendered

    @abstractmethod
    def width(self, rendered: str) -> int:
        """About how many characters a reader sees."""

    @abstractmethod
    def lay_out(self, display: Display) -> str:
        """Equations one below the other."""

    def across_pages(self, display: Display) -> str:
        """A display on lines of its own in a document, where it may break over pages."""
        return self.lay_out(display)

    @abstractmethod
    def table(self, rows: Sequence[Sequence[str]], sides: str) -> str:
        """Words under a head, which is the first row; ``sides`` has an "l" or "r" for each column."""

    def factor(self, expr: Expr) -> str:
        """An operand as it stands in a product of values: in brackets if it is a sum or negative."""
        rendered = self.expr(expr)
        return f"({rendered})" if expr.is_Add or rendered.startswith("-") else rendered

    def floor_fraction(self, numerator: str, denominator: str) -> str:
        """The floor of a fraction whose numerator is a sum."""
        return self.floor(self.fraction(numerator if self.stacked else f"({numerator})", denominator))

    def sum_of(self, expr: Expr) -> str:
        """An expression, with a newline between terms wherever the line is full."""
        rendered = self.expr(expr)
        if not expr.is_Add or self.width(rendered) <= self.line:
            return rendered
        terms = [self.expr(term) for term in Add.make_args(expr)]
        signed = [t if t.startswith("-") else f"+ {t}" for t in terms]
        return self._filled(signed).removeprefix("+ ")

    def listed(self, items: Sequence[str]) -> str:
        """A list in square brackets, with a newline between entries wherever the line is full."""
        return "[" + self._filled([*(f"{item}," for item in items[:-1]), *items[-1:]]) + "]"

    def _filled(self, pieces: Sequence[str]) -> str:
        text, used = "", 0
        for piece in pieces:
            width = self.width(piece) + 1
            gap = "" if not text else "\n" if used + width > self.line else " "
            used = width if gap == "\n" else used + width
            text += gap + piece
        return text

    def folded(self, expr: Expr) -> str:
        """An index sum, with a newline behind a bracket wherever the line is full."""
        first, *others = (piece.replace(MAY_BREAK, "") for piece in self._print(expr).split(f"{MAY_BREAK} "))
        lines = [first]
        for piece in others:
            if self.width(lines[-1]) + self.width(piece) > self.line:
                lines.append(piece)
            else:
                lines[-1] += f" {piece}"
        return "\n".join(lines)

    def span(self, part: Part) -> int:
        """The width of a part on one line; more than a line when it is already broken."""
        if isinstance(part, Beside):
            return sum(self.span(piece) for piece in part.pieces)
        if isinstance(part, Grid):
            return sum(max(map(self.width, column)) + 2 for column in zip(*part.rows, strict=True))
        return self.line + 1 if "\n" in part else self.width(part)

    def groups(self, row: Row) -> Sequence[tuple[Part, ...]]:
        """The parts of an equation by lines: all on one if they fit, else each on its own."""
        spans = [self.span(part) + 3 for part in row.parts]
        fits = len(spans) == 1 or self.span(row.left) + sum(spans) <= self.line + 6
        return [row.parts] if fits else [(part,) for part in row.parts]
