"""How index sums print: sums, brackets, divisibility, named operations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from sympy import (
    Add,
    And,
    Eq,
    Expr,
    Indexed,
    Integer,
    Mod,
    Mul,
    Or,
    Sum,
    Symbol,
    fraction,
)

from symconv.index_sums.nodes import Iverson, Overlap, Partial, Upsampled
from symconv.index_sums.order import Reading
from symconv.index_sums.symbols import LayerSymbols
from symconv.printing.expressions import ExprLatexPrinter, ExprTextPrinter
from symconv.printing.maths import Format, Latex, Text


class _Formulas(ABC):
    """What both printers have in common; each says how its target writes the pieces."""

    times: str
    at_most: str
    either: str
    minimum: str
    maximum: str
    _reading: Reading
    _print: Callable[[Any], str]

    @abstractmethod
    def _fraction(self, numerator: Expr, denominator: Expr) -> str: ...

    @abstractmethod
    def _entry(self, label: Symbol, indices: list[str]) -> str: ...

    @abstractmethod
    def _head(self, index: str, low: str, high: str) -> str: ...

    @abstractmethod
    def _divides(self, divisor: str, number: str) -> str: ...

    @abstractmethod
    def _derivative(self, of: str, by: str) -> str: ...

    @abstractmethod
    def _derivative_of_sum(self, of: str, by: str) -> str: ...

    @abstractmethod
    def _spread(self, letter: str, factor: str) -> str: ...

    @abstractmethod
    def _overlap(self, kind: str, left: str, right: str, at: str) -> str: ...

    def _print_Add(self, expr: Add, order: Any = None) -> str:
        common = self._reading.denominator(expr)
        if common > 1:
            return self._fraction((common * expr).expand(), Integer(common))
        text = ""
        for negative, term in self._reading.terms(expr):
            sign = " - " if negative else " + "
            text += (sign if text else "-" if negative else "") + self._print(term)
        return text

    def _print_Mul(self, expr: Mul) -> str:
        numerator, denominator = fraction(expr)
        if denominator != 1:
            return self._fraction(numerator, denominator)
        if expr.could_extract_minus_sign() and not isinstance(-expr, Add):
            return f"-{self._print(-expr)}"
        return self.times.join(self._factor(f) for f in self._reading.factors(expr))

    def _factor(self, factor: Expr) -> str:
        text = str(self._print(factor))
        return f"({text})" if isinstance(factor, Add) else text

    def _print_Indexed(self, expr: Indexed) -> str:
        notation, label = self._reading.setting.notation, expr.base.label
        indices = [self._print(index) for index in expr.indices]
        if self._reading.upstream_is_partial(label):
            return self._upstream(self._entry(Symbol(notation.output), indices))
        return self._entry(label, indices)

    def _whole(self, label: Symbol) -> str:
        """A sequence as a whole."""
        if self._reading.upstream_is_partial(label):
            return self._upstream(self._print(Symbol(self._reading.setting.notation.output)))
        return self._print(label)

    def _upstream(self, output: str) -> str:
        """The upstream gradient as the derivative of the loss by an output."""
        return self._derivative(self._print(self._reading.setting.loss), output)

    def _print_Sum(self, expr: Sum) -> str:
        heads = [self._head(*map(self._print, limits)) for limits in reversed(expr.limits)]
        return f"{' '.join(heads)} {self._factor(expr.function)}"

    def _print_Max(self, expr: Expr, exp: Any = None) -> str:
        return self._extreme(self.maximum, expr)

    def _print_Min(self, expr: Expr, exp: Any = None) -> str:
        return self._extreme(self.minimum, expr)

    def _extreme(self, name: str, expr: Expr) -> str:
        parts = sorted(expr.args, key=lambda part: (not part.is_number, len(str(part)), str(part)))
        return f"{name}({', '.join(self._print(part) for part in parts)})"

    def _print_Iverson(self, expr: Iverson) -> str:
        return f"[{self._print(expr.args[0])}]"

    def _print_Equality(self, expr: Eq) -> str:
        left, right = self._reading.sides(expr)
        if isinstance(left, Mod) and right == 0:
            number, divisor = left.args
            return self._divides(self._print(divisor), self._print(number))
        return f"{self._print(left)} = {self._print(right)}"

    def _print_And(self, expr: And) -> str:
        chain = self._reading.chain(expr)
        if chain is None:
            return ", ".join(self._print(part) for part in expr.args)
        return self.at_most.join(self._print(part) for part in chain)

    def _print_Or(self, expr: Or) -> str:
        parts = sorted(expr.args, key=lambda part: (not isinstance(part, Eq), str(part)))
        return self.either.join(self._print(part) for part in parts)

    def _print_Partial(self, expr: Partial) -> str:
        of, by = expr.args
        if isinstance(of, Indexed | Symbol):
            return self._derivative(self._print(of), self._print(by))
        return self._derivative_of_sum(self._print(of), self._print(by))

    def _print_Upsampled(self, expr: Upsampled) -> str:
        base, *factors = expr.args
        letter = self._whole(base.label)
        if all(factor == 1 for factor in factors):
            return letter
        alike = factors[:1] if len(set(factors)) == 1 else factors
        return self._spread(letter, ",".join(map(self._print, alike)))

    def _print_Overlap(self, expr: Overlap) -> str:
        kind, left, right, *at = expr.args
        places = ("," if self.times == " " else ", ").join(map(self._print, at))
        return self._overlap(str(kind), self._print(left), self._print(right), places)


class FormulaLatexPrinter(_Formulas, ExprLatexPrinter):
    """LaTeX of index sums."""

    times, at_most, either = " ", " \\le ", " \\text{ or } "
    minimum, maximum = "\\min", "\\max"

    def __init__(self, setting: LayerSymbols) -> None:
        super().__init__({"full_prec": False})
        self._reading = Reading(setting)

    def _print_Symbol(self, expr: Symbol) -> str:
        """Primes stand behind the subscript of an index, not in it."""
        plain = expr.name.rstrip("'")
        if "_" in plain and plain != expr.name and self._reading.setting.is_index(expr):
            return f"{super()._print_Symbol(Symbol(plain))}{expr.name.removeprefix(plain)}"
        return str(super()._print_Symbol(expr))

    def _fraction(self, numerator: Expr, denominator: Expr) -> str:
        if numerator.has(Indexed, Iverson) and not isinstance(numerator, Add):
            return f"\\frac{{1}}{{{self._print(denominator)}}} {self._print(numerator)}"
        return f"\\frac{{{self._print(numerator)}}}{{{self._print(denominator)}}}"

    def _entry(self, label: Symbol, indices: list[str]) -> str:
        letter, index = self._print(label), ",".join(indices)
        if label == self._reading.setting.padded.label:
            letter = f"\\tilde{{{self._print(Symbol(self._reading.setting.notation.input))}}}"
        return f"{letter[:-1]},{index}}}" if "_{" in letter else f"{letter}_{{{index}}}"

    def _head(self, index: str, low: str, high: str) -> str:
        return f"\\sum_{{{index}={low}}}^{{{high}}}"

    def _print_floor(self, expr: Expr, exp: Any = None) -> str:
        return f"\\left\\lfloor {self._print(expr.args[0])} \\right\\rfloor"

    def _print_ceiling(self, expr: Expr, exp: Any = None) -> str:
        return f"\\left\\lceil {self._print(expr.args[0])} \\right\\rceil"

    def _divides(self, divisor: str, number: str) -> str:
        return f"{divisor} \\mid {number}"

    def _derivative(self, of: str, by: str) -> str:
        return f"\\frac{{\\partial {of}}}{{\\partial {by}}}"

    def _derivative_of_sum(self, of: str, by: str) -> str:
        return f"\\frac{{\\partial}}{{\\partial {by}}} \\Bigl({of}\\Bigr)"

    def _spread(self, letter: str, factor: str) -> str:
        whole = f"\\bigl({letter}\\bigr)" if letter.startswith("\\frac") else f"{{{letter}}}"
        return f"{whole}^{{\\uparrow {factor}}}"

    def _overlap(self, kind: str, left: str, right: str, at: str) -> str:
        sign = "\\star" if kind == "star" else "\\ast"
        return f"({left} {sign} {right})_{{{at}}}"


class FormulaTextPrinter(_Formulas, ExprTextPrinter):
    """Text of index sums, which :func:`symconv.parse` reads back."""

    printmethod = "_formula_text"  # SymPy's own way with Indexed is not asked
    times, at_most, either, minimum, maximum = "*", " <= ", " or ", "min", "max"

    def __init__(self, setting: LayerSymbols) -> None:
        super().__init__({})
        self._reading = Reading(setting)

    def _fraction(self, numerator: Expr, denominator: Expr) -> str:
        over = self._print(denominator)
        return f"{self._factor(numerator)}/{over if denominator.is_Atom else f'({over})'}"

    def _entry(self, label: Symbol, indices: list[str]) -> str:
        return f"{label}[{', '.join(indices)}]"

    def _head(self, index: str, low: str, high: str) -> str:
        return f"sum({index}={low}..{high})"

    def _print_floor(self, expr: Expr) -> str:
        return f"floor({self._print(expr.args[0])})"

    def _print_ceiling(self, expr: Expr) -> str:
        return f"ceil({self._print(expr.args[0])})"

    def _divides(self, divisor: str, number: str) -> str:
        return f"{divisor} divides {number}"

    def _derivative(self, of: str, by: str) -> str:
        return f"d{of}/d{by}"

    def _derivative_of_sum(self, of: str, by: str) -> str:
        return f"d/d{by} ({of})"

    def _spread(self, letter: str, factor: str) -> str:
        return f"spread({letter}, {factor})"

    def _overlap(self, kind: str, left: str, right: str, at: str) -> str:
        return f"{'corr' if kind == 'star' else 'conv'}({left}, {right})[{at}]"


def folded(form: Format, rendered: str) -> list[str]:
    """A product of brackets and entries in lines that are not too wide, broken after brackets."""
    lines, pieces = [""], [piece for piece in rendered.replace("] ", "]\n").split("\n") if piece]
    for piece in pieces:
        if lines[-1] and form.width(lines[-1]) + form.width(piece) > form.line:
            lines.append(piece)
        else:
            lines[-1] = f"{lines[-1]} {piece}".strip()
    return lines


def latex_for(setting: LayerSymbols) -> Format:
    """The LaTeX format that formulas of a setting print in."""
    return Latex(printer=FormulaLatexPrinter(setting))


def text_for(setting: LayerSymbols) -> Format:
    """The text format that formulas of a setting print in."""
    return Text(printer=FormulaTextPrinter(setting))
