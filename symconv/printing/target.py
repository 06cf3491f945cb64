"""What a maths target says: how letters, operations and index sums are written, and displays laid out."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeAlias

from sympy import Add, Expr, Symbol

from symconv.printing.display import Beside, Display, Grid, Row, Side

#: Behind something in brackets: if a space follows, a line may break there. No reader sees it.
MAY_BREAK = "\u200b"


#: Writes rendered pieces as one.
Write: TypeAlias = Callable[..., str]


class MathsTarget(ABC):
    """A target, together with the names that some symbols have.

    What it writes with pieces is a template or a method; their arguments stand beside each.
    """

    printer: ClassVar[type[Any]]  # SymPy's printer of the target, made from names of symbols
    line: ClassVar[int]  # so many visible characters fit on a line
    times: ClassVar[str]  # between the factors of a product of symbols
    dot: ClassVar[str]  # and of values
    places: ClassVar[str]  # between indices
    across: ClassVar[str]  # dots for left-out columns
    down: ClassVar[str]  # for left-out rows
    diagonal: ClassVar[str]  # and for both
    comma: ClassVar[str]  # between items of a list in a line of their own
    ellipsis: ClassVar[str]  # for left-out entries of a list
    ones: ClassVar[str]  # a vector of ones
    maximum: ClassVar[str]
    minimum: ClassVar[str]
    at_most: ClassVar[str]  # between bounds
    either: ClassVar[str]  # between conditions
    opened: ClassVar[str] = "("  # brackets around matrices
    closed: ClassVar[str] = ")"
    stacked: ClassVar[bool] = True  # a fraction has its denominator below; else behind a slash
    above: ClassVar[str] = "\n\n"  # parts a display from the sentence above it in a document

    prose: Write  # (text) within a formula
    sentence: Write = "{}".format  # (text) outside of one
    function: Write  # (name), upright where it is a word
    transposed: Write  # (matrix)
    vec: Write  # (matrix), flattened row by row
    kron: Write  # (*factors)
    coloured: Write  # (piece, colour), where the target has colours
    bold: Write  # (number)
    underlined: Write  # (number)
    masked: Write  # (entry, piece): zeros where an entry of the matrix holds no entry of the kernel
    entry: Write  # (letter, index) of a sequence
    padded: Write  # (letter of the input, name that is read back) with its padding
    derivative: Write  # (of, by)
    derivative_of_sum: Write  # (of, by), of something long
    sum: Write  # (index, first, last): its head
    bracket: Write  # (condition), Iverson's
    divides: Write  # (divisor, number)
    fraction: Write  # (numerator, denominator)
    floor: Write  # (number)
    ceiling: Write  # (number)
    upsampled: Write  # (letter, factors) with zeros between neighbours
    convolution: Write  # (left, right, index): an entry of it
    correlation: Write  # (left, right, index)

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

    def whole(self, item: Any) -> str:
        """What has a display, on lines of its own in a document."""
        return self.across_pages(item.display(self))

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

    def span(self, part: Side) -> int:
        """The width of a part on one line; more than a line when it is already broken."""
        if isinstance(part, Beside):
            return sum(self.span(piece) for piece in part.pieces)
        if isinstance(part, Grid):
            return sum(max(map(self.width, column)) + 2 for column in zip(*part.rows, strict=True))
        return self.line + 1 if "\n" in part else self.width(part)

    def groups(self, row: Row) -> Sequence[tuple[Side, ...]]:
        """The parts of an equation by lines: all on one if they fit, else each on its own."""
        spans = [self.span(part) + 3 for part in row.parts]
        fits = len(spans) == 1 or self.span(row.left) + sum(spans) <= self.line + 6
        return [row.parts] if fits else [(part,) for part in row.parts]
