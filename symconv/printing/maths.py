"""One LaTeX and one text printer on SymPy's: expressions, matrices, aligned equations."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from sympy import Add, Expr, Symbol
from sympy.printing.printer import Printer

from symconv.printing.expressions import ExprLatexPrinter, ExprTextPrinter
from symconv.printing.notation import entry_name
from symconv.printing.width import latex_width


class Grid(NamedTuple):
    """A matrix of rendered entries."""

    rows: tuple[tuple[str, ...], ...]


#: What stands beside other things.
Piece: TypeAlias = str | Grid


class Beside(NamedTuple):
    """Rendered pieces next to each other, as a matrix and the vector that it acts on."""

    pieces: tuple[Piece, ...]


#: A side of an equation. A newline in a string is a place where a long sum goes on in a new line.
Part: TypeAlias = str | Grid | Beside


class Row(NamedTuple):
    """One equation: a left side, and what it equals, one part after another."""

    left: Part
    parts: tuple[Part, ...]


class Format(ABC):
    """What the composition of equations must know about its target.

    Attributes
    ----------
    times, dot : str
        Between the factors of a product of symbols, and of values.
    across, down, diagonal : str
        Dots that stand for left-out columns, rows, and both.
    comma, ellipsis : str
        Between items of a list in a line of their own; dots for its left-out entries.
    ones, maximum, at_most, opened, closed : str
        A vector of ones; the name of the maximum; the sign between bounds; brackets around matrices.
    line : int
        How many visible characters fit on a line.
    """

    times: str
    dot: str
    across: str
    down: str
    diagonal: str
    ellipsis: str
    maximum: str
    minimum: str
    at_most: str
    comma: str
    opened: str
    closed: str
    ones: str
    line: int

    def __init__(self, names: Mapping[Symbol, str], printer: Printer) -> None:
        self._names = names
        self._printer = printer
        self._letters: dict[str, str] = {}

    def expr(self, expr: Expr) -> str:
        """One expression."""
        return self._names.get(expr) or str(self._printer.doprint(expr))

    def letter(self, name: str) -> str:
        """A letter of a notation."""
        if name not in self._letters:
            self._letters[name] = self.expr(Symbol(name))
        return self._letters[name]

    @abstractmethod
    def indexed(self, letter: str, *index: int) -> str:
        """An entry: a letter of a notation with its indices as they print; none for all there is."""

    @abstractmethod
    def width(self, rendered: str) -> int:
        """About how many characters a reader sees."""

    @abstractmethod
    def prose(self, text: str) -> str:
        """Words within a formula."""

    @abstractmethod
    def derivative(self, loss: str, by: str) -> str:
        """The derivative of the loss by a rendered quantity."""

    @abstractmethod
    def floor_fraction(self, numerator: str, denominator: str) -> str:
        """The floor of a fraction."""

    @abstractmethod
    def transposed(self, letter: str) -> str:
        """A rendered matrix letter, transposed."""

    @abstractmethod
    def kron(self, *factors: str) -> str:
        """The Kronecker product."""

    @abstractmethod
    def vec(self, rendered: str) -> str:
        """The row-major flattening of a matrix."""

    @abstractmethod
    def coloured(self, rendered: str, colour: str) -> str:
        """A piece in a colour, where the target has colours."""

    @abstractmethod
    def masked(self, matrix: str, kernel: str, rendered: str) -> str:
        """A matrix with zeros put where another matrix holds no entry of the kernel."""

    @abstractmethod
    def aligned(self, rows: Sequence[Row | None], after: Sequence[str] = ()) -> str:
        """Equations one below the other; ``None`` is a line of dots; ``after`` stand below the last one."""

    def factor(self, expr: Expr) -> str:
        """An operand as it stands in a product of values: in brackets if it is a sum or negative."""
        rendered = self.expr(expr)
        return f"({rendered})" if expr.is_Add or rendered.startswith("-") else rendered

    def sum_of(self, expr: Expr) -> str:
        """An expression, with a newline between terms wherever the line is full."""
        rendered = self.expr(expr)
        if not expr.is_Add or self.width(rendered) <= self.line:
            return rendered
        terms = [self.expr(term) for term in Add.make_args(expr)]
        signed = [t if t.startswith("-") else f"+ {t}" for t in terms]
        return self._filled(signed, " ").removeprefix("+ ")

    def listed(self, items: Sequence[str]) -> str:
        """A list in square brackets, with a newline between entries wherever the line is full."""
        return "[" + self._filled([*(f"{item}," for item in items[:-1]), *items[-1:]], " ") + "]"

    def _filled(self, pieces: Sequence[str], space: str) -> str:
        text, used = "", 0
        for piece in pieces:
            width = self.width(piece) + 1
            gap = "" if not text else "\n" if used + width > self.line else space
            used = width if gap == "\n" else used + width
            text += gap + piece
        return text

    def span(self, part: Part) -> int:
        """The width of a part on one line; more than a line when it is already broken."""
        if isinstance(part, Beside):
            return sum(self.span(piece) for piece in part.pieces)
        if isinstance(part, Grid):
            return sum(max(map(self.width, column)) + 2 for column in zip(*part.rows, strict=True))
        return self.line + 1 if "\n" in part else self.width(part)

    def _fits(self, row: Row) -> bool:
        """Whether an equation with all its parts goes on one line."""
        spans = [self.span(part) + 3 for part in row.parts]
        return len(spans) == 1 or self.span(row.left) + sum(spans) <= self.line + 6


class Latex(Format):
    """LaTeX that pdflatex, KaTeX and MathJax all take.

    >>> from sympy.abc import x
    >>> Latex().aligned([Row("y", (Latex().expr(x**2),))])
    '\\\\begin{aligned}\\ny &= x^{2}\\n\\\\end{aligned}'
    """

    times, dot = " ", " \\cdot "
    across, down, diagonal, ellipsis = "\\cdots", "\\vdots", "\\ddots", "\\ldots"
    comma, ones, maximum, at_most = ",\\quad ", "\\mathbf{1}", "\\max", " \\le "
    minimum = "\\min"
    opened, closed = "\\left(", "\\right)"
    line = 52

    def __init__(
        self, names: Mapping[Symbol, str] = MappingProxyType({}), *, printer: Printer | None = None
    ) -> None:
        made = printer or ExprLatexPrinter({"symbol_names": dict(names), "full_prec": False})
        super().__init__(names, made)

    def indexed(self, letter: str, *index: int) -> str:
        rendered, places = self.letter(letter), ",".join(map(str, index))
        if not index:
            return rendered
        return f"{rendered[:-1]},{places}}}" if "_" in letter else f"{rendered}_{{{places}}}"

    def width(self, rendered: str) -> int:
        return latex_width(rendered)

    def derivative(self, loss: str, by: str) -> str:
        return f"\\frac{{\\partial {loss}}}{{\\partial {by}}}"

    def prose(self, text: str) -> str:
        return f"\\text{{{latex_prose(text)}}}"

    def floor_fraction(self, numerator: str, denominator: str) -> str:
        return f"\\left\\lfloor \\frac{{{numerator}}}{{{denominator}}} \\right\\rfloor"

    def transposed(self, letter: str) -> str:
        return f"{letter}^{{\\top}}" if "^" not in letter else f"{{{letter}}}^{{\\top}}"

    def kron(self, *factors: str) -> str:
        return " \\otimes ".join(factors)

    def vec(self, rendered: str) -> str:
        return f"\\operatorname{{vec}}({rendered})"

    def coloured(self, rendered: str, colour: str) -> str:
        return f"\\textcolor{{{colour}}}{{{rendered}}}"

    def masked(self, matrix: str, kernel: str, rendered: str) -> str:
        return f"[{matrix} \\text{{ holds }} {kernel}] \\odot {rendered}"

    def aligned(self, rows: Sequence[Row | None], after: Sequence[str] = ()) -> str:
        lines = []
        for row in rows:
            if row is None:
                lines.append("&\\mathrel{\\vdots}")
                continue
            equals = " = " if self._fits(row) else " \\\\\n&= "
            lines.append(f"{self._part(row.left)} &= " + equals.join(map(self._part, row.parts)))
        lines += [f"&{line}" for line in after]
        apart = " \\\\[1ex]\n" if any("\\frac" in line for line in lines) else " \\\\\n"
        # A bracket at the head would be taken for the optional argument of the environment.
        head = "{}" if lines[0].startswith("[") else ""
        return f"\\begin{{aligned}}\n{head}{apart.join(lines)}\n\\end{{aligned}}"

    def _part(self, part: Part) -> str:
        if isinstance(part, Beside):
            return " ".join(map(self._part, part.pieces))
        if isinstance(part, Grid):
            body = " \\\\\n".join(" & ".join(row) for row in part.rows)
            return f"\\left[\\begin{{array}}{{{'c' * len(part.rows[0])}}}\n{body}\n\\end{{array}}\\right]"
        return part.replace("\n", " \\\\\n&\\quad {}")


class Text(Format):
    """Plain text for a terminal or a REPL.

    >>> print(Text().aligned([Row("y", (Beside((Grid((("1", "0"), ("0", "1"))), " x")),))]))
    y = [1  0] x
        [0  1]
    """

    times, dot = "*", "*"
    across, down, diagonal, ellipsis = "...", ":", "...", "..."
    comma, ones, maximum, at_most, opened, closed = ", ", "ones", "max", " <= ", "(", ")"
    minimum = "min"
    line = 76

    def __init__(
        self, names: Mapping[Symbol, str] = MappingProxyType({}), *, printer: Printer | None = None
    ) -> None:
        super().__init__(names, printer or ExprTextPrinter(names))

    def indexed(self, letter: str, *index: int) -> str:
        return entry_name(letter, *index)

    def width(self, rendered: str) -> int:
        return len(rendered)

    def prose(self, text: str) -> str:
        return text

    def derivative(self, loss: str, by: str) -> str:
        return f"d{loss}/d{by}"

    def floor_fraction(self, numerator: str, denominator: str) -> str:
        return f"floor(({numerator})/{denominator})"

    def transposed(self, letter: str) -> str:
        return f"{letter}^T"

    def kron(self, *factors: str) -> str:
        return f"kron({', '.join(factors)})"

    def vec(self, rendered: str) -> str:
        return f"vec({rendered})"

    def coloured(self, rendered: str, colour: str) -> str:
        return rendered

    def masked(self, matrix: str, kernel: str, rendered: str) -> str:
        return f"[{matrix} holds {kernel}] .* {rendered}"

    def aligned(self, rows: Sequence[Row | None], after: Sequence[str] = ()) -> str:
        lefts = [_side_by_side(self._blocks(row.left)) if row else "" for row in rows]
        pad = max(len(line) for left in lefts for line in left.split("\n"))
        lines = []
        for left, row in zip(lefts, rows, strict=True):
            if row is None:
                lines.append(f"{' ' * pad} :")
                continue
            for parts in [row.parts] if self._fits(row) else [(part,) for part in row.parts]:
                pieces = ["\n".join(line.rjust(pad) for line in left.split("\n"))]
                for part in parts:
                    pieces += [" = ", *self._blocks(part)]
                lines.append(_side_by_side(pieces))
                left = ""
        return "\n".join([*lines, *(f"{' ' * pad}   {line}" for line in after)])

    def _blocks(self, part: Part) -> list[str]:
        if isinstance(part, Beside):
            return [block for piece in part.pieces for block in self._blocks(piece)]
        if isinstance(part, Grid):
            widths = [max(map(len, column)) for column in zip(*part.rows, strict=True)]
            rows = ("  ".join(e.rjust(w) for e, w in zip(row, widths, strict=True)) for row in part.rows)
            return ["\n".join(f"[{row}]" for row in rows)]
        return [part.replace("\n", "\n  ")]


def latex_prose(text: str) -> str:
    """Words for LaTeX, their special characters escaped."""
    return re.sub(r"([#$%&_{}])", r"\\\1", re.sub(r"[\\~^]", "", text))


def _side_by_side(blocks: Sequence[str]) -> str:
    """Blocks of text next to each other, their first lines level."""
    split = [block.split("\n") for block in blocks]
    height = max(map(len, split))
    columns = []
    for lines in split:
        width = max(map(len, lines))
        columns.append([line.ljust(width) for line in lines + [""] * (height - len(lines))])
    return "\n".join("".join(line).rstrip() for line in zip(*columns, strict=True))
