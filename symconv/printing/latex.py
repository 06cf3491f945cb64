"""LaTeX that pdflatex, KaTeX and MathJax all take, and how wide it prints: when a line is full."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from sympy import Expr, Symbol
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter

from symconv.printing.display import Beside, Display, Grid, Row, Side
from symconv.printing.letters import NAME, WORDY, Letter
from symconv.printing.target import MAY_BREAK, MathsTarget

#: Between lines, between those that have scripts above and below, and those that have fractions or steps.
BREAK, HIGH_BREAK, WIDE_BREAK = " \\\\\n", " \\\\[0.5ex]\n", " \\\\[1ex]\n"


#: What a rendered letter begins with: its head and the marks on it.
_HEAD = re.compile(r"^(?:\\[A-Za-z]+(?:\{(?:[^{}]|\{[^{}]*\})*\})?|[A-Za-z]+)")


class ExpressionPrinter(LatexPrinter):
    """SymPy's LaTeX, with unknown functions as ``f(5)`` and names of our own for some symbols."""

    def __init__(self, names: Mapping[Symbol, str]) -> None:
        super().__init__({"symbol_names": dict(names), "full_prec": False})

    def _print_Symbol(self, expr: Symbol, style: str = "plain") -> str:
        """SymPy's letters, and those that it does not know: upright words or bold, braces, primes."""
        wordy = WORDY.fullmatch(expr.name.partition("^")[0].partition("_")[2])
        own = (wordy or any(sign in expr.name for sign in ("bf", "{", "'"))) and NAME.fullmatch(expr.name)
        if own and expr not in self._settings["symbol_names"]:
            return Letter.of(expr.name).latex
        return str(super()._print_Symbol(expr, style))

    def _print_Function(self, expr: Expr, exp: str | None = None) -> str:
        if not isinstance(expr, AppliedUndef):
            return str(super()._print_Function(expr, exp))
        name = _upright(self._print(Symbol(expr.func.__name__)))
        arguments = ", ".join(self._print(argument) for argument in expr.args)
        opened, closed = ("\\left(", "\\right)") if "\\frac" in arguments else ("(", ")")
        return f"{name}{f'^{{{exp}}}' if exp else ''}{opened}{arguments}{closed}"


class AlignedLine(NamedTuple):
    """A line of a display: what stands before and behind the place at which lines are aligned.

    ``height`` is that of so many lines of text; ``tight`` lines follow closely the one above.
    """

    left: str
    right: str
    height: int
    tight: bool = False

    def __str__(self) -> str:
        return f"{self.left}&{self.right}"


def _unbroken(end: str) -> str:
    """The end of a line at which no page ends."""
    return end.replace("\\\\", "\\\\*", 1)


class Latex(MathsTarget):
    """LaTeX.

    >>> from sympy.abc import x
    >>> Latex().lay_out(Display((Row("y", (Latex().expr(x**2),)),)))
    '\\\\begin{aligned}\\ny &= x^{2}\\n\\\\end{aligned}'
    """

    printer = ExpressionPrinter
    line = 52
    times, dot, places, comma = " ", r" \cdot ", ",", r",\quad "
    across, down, diagonal, ellipsis = r"\cdots", r"\vdots", r"\ddots", r"\ldots"
    ones, maximum, minimum, at_most, either = r"\mathbf{1}", r"\max", r"\min", r" \le ", r" \text{ or } "
    opened, closed, above = r"\left(", r"\right)", "\n"

    vec = r"\operatorname{{vec}}({})".format
    # A group around the switch: MathJax 2 and pandoc do not know the command of text.
    coloured = r"{{\color{{{1}}}{{{0}}}}}".format
    bold = r"\mathbf{{{}}}".format
    underlined = r"\underline{{{}}}".format
    masked = r"[{} \text{{ holds a weight}}] \odot {}".format
    derivative = r"\frac{{\partial {}}}{{\partial {}}}".format
    derivative_of_sum = r"\frac{{\partial}}{{\partial {1}}} \Bigl({0}\Bigr)".format
    sum = r"\sum_{{{}={}}}^{{{}}}".format
    bracket = rf"\left[{{}}\right]{MAY_BREAK}".format
    divides = r"{} \mid {}".format
    fraction = r"\frac{{{}}}{{{}}}".format
    floor = r"\left\lfloor {} \right\rfloor".format
    ceiling = r"\left\lceil {} \right\rceil".format
    convolution = r"({} \ast {})_{{{}}}".format
    correlation = r"({} \star {})_{{{}}}".format

    def prose(self, text: str) -> str:
        """Words as text; names with an underscore as code, since MathJax 2 shows its escape in text."""
        parts = [part for part in re.split(r"(\w*_\w*)", text) if part] or [""]
        return "".join(f"\\{'mathtt' if '_' in part else 'text'}{{{self.sentence(part)}}}" for part in parts)

    def sentence(self, text: str) -> str:
        return escaped(text)

    def function(self, name: str) -> str:
        return _upright(self.letter(name))

    def padded(self, letter: str, name: str) -> str:
        return _HEAD.sub(r"\\tilde{\g<0>}", letter)

    def transposed(self, letter: str) -> str:
        return f"{letter}^{{\\top}}" if "^" not in letter else f"{{{letter}}}^{{\\top}}"

    def kron(self, *factors: str) -> str:
        return " \\otimes ".join(factors)

    def entry(self, letter: str, index: str) -> str:
        return f"{letter[:-1]},{index}}}" if "_{" in letter else f"{letter}_{{{index}}}"

    def upsampled(self, letter: str, factors: str) -> str:
        whole = f"\\bigl({letter}\\bigr)" if letter.startswith("\\frac") else f"{{{letter}}}"
        return f"{whole}^{{\\uparrow {factors}}}"

    def width(self, rendered: str) -> int:
        return latex_width(rendered)

    def lay_out(self, display: Display) -> str:
        return self.aligned(display)

    def aligned(self, display: Display) -> str:
        """The equations of a display, aligned at their signs."""
        return self._environment("aligned", display) if display.rows else display.whole

    def across_pages(self, display: Display) -> str:
        return f"{{\\allowdisplaybreaks\n{self._environment('align*', display)}\n}}"

    def _environment(self, name: str, display: Display) -> str:
        lines = [line for row in display.rows for line in self.lines(row)]
        steps = any(row and row.rule for row in display.rows)
        apart = WIDE_BREAK if steps or any("\\frac" in str(line) for line in lines) else BREAK
        kept = name == "align*" and not steps  # pages are broken between equations, not within one
        ends = ((BREAK if line.tight else apart, kept and not line.left, line) for line in lines)
        body = "".join(f"{_unbroken(end) if stays else end}{line}" for end, stays, line in ends)
        body = body.removeprefix(apart)
        return environment(name, body or display.whole)

    def lines(self, row: Row | None) -> list[AlignedLine]:
        """The lines that a row takes: its parts, what goes on in another line, and what stands below."""
        if row is None:
            return [AlignedLine("", "\\mathrel{\\vdots}", 1)]
        lines: list[AlignedLine] = []
        left, step, right = [row.left], bool(row.rule), [""]
        part = partial(self._part, apart=HIGH_BREAK if any(map(_is_high, (row.left, *row.parts))) else BREAK)
        indent, under = ("\\qquad ", "\\quad ") if step else ("\\quad {}", "")
        for parts in self.groups(row):
            first, *more = parts[0].split("\n") if isinstance(parts[0], str) else parts[:1]
            here = [first, *parts[1:]]
            right = [" = ".join(map(part, here)), *map(part, more)]
            above = "".join(f"{part(piece)} " for piece in left)
            lines.append(AlignedLine(above, f"= {right[0]}", _height(*left, *here), bool(lines)))
            lines += [AlignedLine("", indent + text, _height(text), not step) for text in right[1:]]
            left = []
        if step:
            rule = f"\\quad {self.prose(f'({row.rule})')}"
            if self.width(right[-1]) + len(row.rule) > self.line:
                lines.append(AlignedLine("", f"\\qquad{rule}", 1))
            else:
                lines[-1] = lines[-1]._replace(right=lines[-1].right + rule)
        return [*lines, *(AlignedLine("", under + text, _height(text)) for text in row.below)]

    def _part(self, part: Side, apart: str) -> str:
        if isinstance(part, Beside):
            return " ".join(self._part(piece, apart) for piece in part.pieces)
        if isinstance(part, Grid):
            body = apart.join(" & ".join(row) for row in part.rows)
            return f"\\left[\\begin{{array}}{{{'c' * len(part.rows[0])}}}\n{body}\n\\end{{array}}\\right]"
        return part

    def table(self, rows: Sequence[Sequence[str]], sides: str) -> str:
        head, *body = (" & ".join(map(self.prose, row)) for row in rows)
        return f"\\begin{{array}}{{{sides}}}\n{head} \\\\\n\\hline\n{BREAK.join(body)}\n\\end{{array}}"


def escaped(text: str) -> str:
    """Words without what LaTeX would take for commands, its signs behind a backslash."""
    return re.sub(r"([#$%&_{}])", r"\\\1", re.sub(r"[\\~^]", "", text))


def environment(name: str, body: str) -> str:
    """Aligned lines; a bracket at the head would be taken for the optional argument of the environment."""
    return f"\\begin{{{name}}}\n{'{}' if body.startswith('[') else ''}{body}\n\\end{{{name}}}"


def _upright(letter: str) -> str:
    """A rendered letter, upright if it is a word."""
    return f"\\operatorname{{{letter}}}" if re.fullmatch("[A-Za-z]{2,}", letter) else letter


def _is_high(part: Side) -> bool:
    """Whether a matrix has numbers that are fractions, or letters with two scripts, which need more room."""
    if isinstance(part, Beside):
        return any(map(_is_high, part.pieces))
    cells = [cell for row in part.rows for cell in row] if isinstance(part, Grid) else []
    return any(("^{" in cell and "_{" in cell) or "\\frac{1}{" in cell for cell in cells)


def _height(*parts: Side) -> int:
    """About how many lines of text parts on one line are as high as; a fraction or a sum is two."""
    rows, atoms = 1, []
    for part in parts:
        for piece in part.pieces if isinstance(part, Beside) else [part]:
            if isinstance(piece, Grid):
                rows = max(rows, len(piece.rows))
                atoms += [entry for row in piece.rows for entry in row]
            else:
                rows = max(rows, 1 + piece.count("\\\\"))
                atoms.append(piece)
    return rows + any("\\frac" in atom or "\\sum" in atom for atom in atoms)


_BRACED = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
_FRACTION = re.compile(rf"\\frac{_BRACED}{_BRACED}")
_INVISIBLE = re.compile(
    r"\\color\{[a-z]+\}|\\(left|right|quad|underline|mathrm)(?![A-Za-z])|\\mathbf(?=\{[-(]?\d)"
)
_COMMAND = re.compile(r"\\[A-Za-z]+ ?")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[_^{}]|\s+|.", re.DOTALL)

_NO_WIDTH = {"\\left", "\\right", "\\Bigl", "\\Bigr", "\\;", "\\mathrm"}
_SPACED = {"=", "+", "-", "\\le", "\\mid", "\\star", "\\ast", "\\cdot"}


def latex_width(tex: str) -> int:
    """About how many characters of a line LaTeX takes.

    >>> latex_width("w_{0} x_{10}"), latex_width("\\\\sum_{k=0}^{N} w_{k}")
    (5, 5)
    """
    if "\\sum" in tex:
        tokens = [token for token in _TOKEN.findall(tex) if token.strip()]
        return round(_run(tokens[::-1]))
    tex = _FRACTION.sub(lambda found: max(found.groups(), key=len), tex)
    plain = _COMMAND.sub("c", _INVISIBLE.sub("", tex))
    operators = sum(plain.count(f" {sign} ") for sign in "+-=")
    return len(re.sub(r"[{}_^& ]", "", plain)) + round(1.5 * operators)


def _run(tokens: list[str]) -> float:
    """The width up to the end of a group, whose closing brace goes too; tokens are used from the list's end.

    Scripts are small; those of a sum stand above and below it, so the widest of the three counts.
    """
    total, stacked = 0.0, 0.0
    while tokens and (token := tokens.pop()) != "}":
        if token in "_^":
            script = 0.7 * _argument(tokens)
            total += max(0.0, script - stacked) if stacked else script
            stacked = max(stacked, script) if stacked else 0.0
            continue
        stacked = 2.5 if token == "\\sum" else 0.0
        if token == "\\frac":
            total += max(_argument(tokens), _argument(tokens))
        elif token == "{":
            total += _run(tokens)
        elif token == "\\sum" or token in _SPACED:
            total += 2.5
        elif token not in _NO_WIDTH:
            total += 1.0
    return total


def _argument(tokens: list[str]) -> float:
    """The width of the next group or single token."""
    if not tokens:
        return 0.0
    return _run(tokens) if tokens.pop() == "{" else 1.0
