"""Plain text for a terminal or a REPL; index sums as :func:`symconv.parse` reads them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Symbol
from sympy.printing.str import StrPrinter

from symconv.printing.display import Beside, Display, Grid, Part
from symconv.printing.notation import entry_name
from symconv.printing.target import MAY_BREAK, MathsTarget


class ExpressionPrinter(StrPrinter):
    """SymPy's str, with names of our own for some symbols."""

    def __init__(self, names: Mapping[Symbol, str]) -> None:
        super().__init__({"full_prec": False})
        self._names = names

    def _print_Symbol(self, expr: Symbol) -> str:
        return self._names.get(expr, expr.name)


class Text(MathsTarget):
    """Plain text.

    >>> grid = Grid((("1", "0"), ("0", "1")))
    >>> print(Text().lay_out(Display((Row("y", (Beside((grid, " x")),)),))))
    y = [1  0] x
        [0  1]
    """

    printer = ExpressionPrinter
    line = 76
    times, dot = "*", "*"
    across, down, diagonal, ellipsis = "...", ":", "...", "..."
    comma, ones, maximum, minimum = ", ", "ones", "max", "min"
    at_most, either, opened, closed = " <= ", " or ", "(", ")"
    stacked = False

    def indexed(self, letter: str, *index: int) -> str:
        return entry_name(letter, *index)

    def function(self, name: str) -> str:
        return name

    def width(self, rendered: str) -> int:
        return len(rendered)

    def prose(self, text: str) -> str:
        return text

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

    def entry(self, letter: str, index: Sequence[str]) -> str:
        return f"{letter}[{', '.join(index)}]{MAY_BREAK}"

    def padded(self, letter: str, name: str) -> str:
        return name

    def derivative(self, of: str, by: str) -> str:
        return f"d{of}/d{by}"

    def derivative_of_sum(self, of: str, by: str) -> str:
        return f"d/d{by} ({of})"

    def sum(self, index: str, first: str, last: str) -> str:
        return f"sum({index}={first}..{last})"

    def bracket(self, condition: str) -> str:
        return f"[{condition}]{MAY_BREAK}"

    def divides(self, divisor: str, number: str) -> str:
        return f"{divisor} divides {number}"

    def fraction(self, numerator: str, denominator: str) -> str:
        return f"{numerator}/{denominator}"

    def floor(self, rendered: str) -> str:
        return f"floor({rendered})"

    def ceiling(self, rendered: str) -> str:
        return f"ceil({rendered})"

    def upsampled(self, letter: str, factors: Sequence[str]) -> str:
        return f"spread({letter}, {','.join(factors)})"

    def convolution(self, left: str, right: str, index: Sequence[str]) -> str:
        return self.entry(f"conv({left}, {right})", index)

    def correlation(self, left: str, right: str, index: Sequence[str]) -> str:
        return self.entry(f"corr({left}, {right})", index)

    def lay_out(self, display: Display) -> str:
        lefts = [_side_by_side(self._blocks(row.left)) if row else "" for row in display.rows]
        pad = max((len(line) for left in lefts for line in left.split("\n")), default=0)
        lines = []
        for left, row in zip(lefts, display.rows, strict=True):
            if row is None:
                lines.append(f"{' ' * pad} :")
                continue
            # A step stays on one line, which its rule ends.
            goes_on, end = (" ", [f"   ({row.rule})"]) if row.rule else ("\n  ", [])
            for parts in self.groups(row):
                pieces = ["\n".join(line.rjust(pad) for line in left.split("\n"))]
                for part in parts:
                    pieces += [" = ", *self._blocks(part, goes_on)]
                lines.append(_side_by_side(pieces + end))
                left = ""
            lines += [f"{' ' * pad}   {line}" for line in row.below]
        return "\n".join(lines) or display.whole

    def _blocks(self, part: Part, goes_on: str = "\n  ") -> list[str]:
        if isinstance(part, Beside):
            return [block for piece in part.pieces for block in self._blocks(piece)]
        if isinstance(part, Grid):
            widths = [max(map(len, column)) for column in zip(*part.rows, strict=True)]
            rows = ("  ".join(e.rjust(w) for e, w in zip(row, widths, strict=True)) for row in part.rows)
            return ["\n".join(f"[{row}]" for row in rows)]
        return [part.replace("\n", goes_on)]

    def table(self, rows: Sequence[Sequence[str]], sides: str) -> str:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)
        return "\n".join(lines)


def _side_by_side(blocks: Sequence[str]) -> str:
    """Blocks of text next to each other, their first lines level."""
    split = [block.split("\n") for block in blocks]
    height = max(map(len, split))
    columns = []
    for lines in split:
        width = max(map(len, lines))
        columns.append([line.ljust(width) for line in lines + [""] * (height - len(lines))])
    return "\n".join("".join(line).rstrip() for line in zip(*columns, strict=True))
