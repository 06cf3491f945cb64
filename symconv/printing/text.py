"""Plain text for a terminal or a REPL; index sums as :func:`symconv.parse` reads them back."""

from collections.abc import Mapping, Sequence

from sympy import Symbol
from sympy.printing.str import StrPrinter

from symconv.printing.display import Beside, Display, Grid, Side
from symconv.printing.letters import entry_name
from symconv.printing.target import MAY_BREAK, MathsTarget


class ExpressionPrinter(StrPrinter):
    """SymPy's str, with names of our own for some symbols."""

    def __init__(self, names: Mapping[Symbol, str]) -> None:
        super().__init__({"full_prec": False})
        self._names = names

    def _print_Symbol(self, expr: Symbol) -> str:
        return self._names.get(expr, expr.name)


class PlainText(MathsTarget):
    """Plain text.

    >>> from symconv.printing.display import Row
    >>> grid = Grid((("1", "0"), ("0", "1")))
    >>> print(PlainText().lay_out(Display((Row("y", (Beside((grid, " x")),)),))))
    y = [1  0] x
        [0  1]
    """

    printer = ExpressionPrinter
    line = 76
    times, dot, places, comma, at_most, either = "*", "*", ", ", ", ", " <= ", " or "
    across, down, diagonal, ellipsis = "...", ":", "...", "..."
    ones, maximum, minimum, stacked = "ones", "max", "min", False

    prose = function = coloured = bold = underlined = "{0}".format
    transposed = "{}^T".format
    vec = "vec({})".format
    masked = "[{} holds a weight] .* {}".format
    entry = f"{{}}[{{}}]{MAY_BREAK}".format
    padded = "{1}".format
    derivative = "d{}/d{}".format
    derivative_of_sum = "d/d{1} ({0})".format
    sum = "sum({}={}..{})".format
    bracket = f"[{{}}]{MAY_BREAK}".format
    divides = "{} divides {}".format
    fraction = "{}/{}".format
    floor = "floor({})".format
    ceiling = "ceil({})".format
    upsampled = "spread({}, {})".format
    convolution = f"conv({{}}, {{}})[{{}}]{MAY_BREAK}".format
    correlation = f"corr({{}}, {{}})[{{}}]{MAY_BREAK}".format

    def indexed(self, letter: str, *index: int) -> str:
        return entry_name(letter, *index)

    def kron(self, *factors: str) -> str:
        return f"kron({', '.join(factors)})"

    def width(self, rendered: str) -> int:
        return len(rendered)

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

    def _blocks(self, part: Side, goes_on: str = "\n  ") -> list[str]:
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
