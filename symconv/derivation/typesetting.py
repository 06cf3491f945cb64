"""How index sums print: terms in a reader's order, brackets, divisibility, named operations."""

from __future__ import annotations

from typing import Any

from sympy import (
    Add,
    And,
    Eq,
    Expr,
    Indexed,
    Le,
    Mod,
    Mul,
    Pow,
    Rational,
    Sum,
    Symbol,
    expand,
    fraction,
    ilcm,
)

from symconv.derivation.language import Iverson, Overlap, Partial, Spread
from symconv.derivation.setting import Setting
from symconv.printing import ExprLatexPrinter, ExprTextPrinter, Format, Latex, Text


class _Reading:
    """The order in which a reader expects things; both printers ask here."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        roles = ("output", "tap", "input")
        self.indices = [setting.index(role, mark) for role in roles for mark in ("", "'")]
        padded = str(setting.padded.label)
        self.first = [*self.indices, setting.sizes["input_size"]]
        letters = (setting.notation.upstream, setting.notation.kernel, setting.notation.input, padded)
        self.letters = {letter: rank for rank, letter in enumerate(letters)}
        self.steps = [s for s in (setting.sizes["dilation"], setting.sizes["stride"]) if s.is_Symbol]

    def terms(self, expr: Add) -> list[tuple[bool, Expr]]:
        """``(negative, term)``: indices first, then sizes, negatives behind them, the number last.

        Terms that share the stride or the dilation stand together: ``d (K - 1)``, ``s (i - 1)``.
        """
        plain, grouped = list(expr.args), []
        for factor in self.steps:
            shared = [term for term in plain if term.has(factor) and (term / factor).is_polynomial(factor)]
            if len(shared) < 2:
                continue
            plain = [term for term in plain if term not in shared]
            inner = expand(Add(*shared) / factor)
            grouped.append(self._signed(Mul(factor, inner, evaluate=False), inner))
        found = [self._signed(term, term) for term in plain]
        return sorted([*found, *grouped], key=self._term_key)

    def _signed(self, term: Expr, telling: Expr) -> tuple[bool, Expr]:
        """Whether a term is written with a minus, and the term without it."""
        if isinstance(telling, Add):
            first = self.terms(telling)
            negative = all(minus for minus, part in first if not part.is_number)
            if not negative:
                return False, term
            return True, Mul(term.args[0], expand(-telling), evaluate=False)
        negative = bool(telling.could_extract_minus_sign())
        return negative, -term if negative else term

    def _term_key(self, item: tuple[bool, Expr]) -> tuple[Any, ...]:
        negative, term = item
        rank = min((i for i, letter in enumerate(self.first) if term.has(letter)), default=99)
        return (bool(term.is_number), negative, term.has(Sum, Indexed), rank, len(term.args), str(term))

    def factors(self, expr: Mul) -> list[Expr]:
        """Numbers, brackets, sizes, indices, entries in the order upstream, kernel, input, then sums."""
        return sorted(expr.args, key=self._factor_key)

    def _factor_key(self, factor: Expr) -> tuple[Any, ...]:
        if factor.is_number:
            kind = 0
        elif isinstance(factor, Iverson):
            kind = 2 if factor.has(Mod) else 3 if factor.has(Le) else 1
        elif isinstance(factor, Symbol):
            kind = 5 if factor in self.indices else 4
        elif isinstance(factor, Indexed):
            return (7, self.letters.get(str(factor.base.label), -1), str(factor))
        else:
            kind = 8 if isinstance(factor, Partial) else 9 if isinstance(factor, Sum) else 6
        return (kind, 0, str(factor))

    @staticmethod
    def denominator(expr: Add) -> int:
        """The common denominator of a sum's coefficients."""
        return int(
            ilcm(1, *(t.as_coeff_Mul()[0].q for t in expr.args if isinstance(t.as_coeff_Mul()[0], Rational)))
        )

    @staticmethod
    def chain(condition: And) -> tuple[Expr, Expr, Expr] | None:
        """``(first, value, last)`` of a condition ``first <= value <= last``."""
        if len(condition.args) == 2 and all(isinstance(part, Le) for part in condition.args):
            for one, other in (condition.args, reversed(condition.args)):
                if one.rhs == other.lhs:
                    return one.lhs, one.rhs, other.rhs
        return None

    @staticmethod
    def sides(equation: Eq) -> tuple[Expr, Expr]:
        """An equation with a lone symbol on the left."""
        left, right = equation.args
        return (right, left) if isinstance(right, Symbol) and not isinstance(left, Symbol) else (left, right)


class FormulaLatexPrinter(ExprLatexPrinter):
    """LaTeX of index sums."""

    def __init__(self, setting: Setting) -> None:
        super().__init__({"full_prec": False})
        self._reading = _Reading(setting)

    def _print_Add(self, expr: Add, order: Any = None) -> str:
        common = self._reading.denominator(expr)
        if common > 1:
            return f"\\frac{{{self._print((common * expr).expand())}}}{{{common}}}"
        text = ""
        for negative, term in self._reading.terms(expr):
            sign = " - " if negative else " + "
            text += (sign if text else "-" if negative else "") + self._print(term)
        return text

    def _print_Mul(self, expr: Mul) -> str:
        numerator, denominator = fraction(expr)
        if denominator != 1:
            return f"\\frac{{{self._print(numerator)}}}{{{self._print(denominator)}}}"
        if expr.could_extract_minus_sign() and not isinstance(-expr, Add):
            return f"-{self._print(-expr)}"
        if not isinstance(expr, Mul):
            return str(self._print(expr))
        return " ".join(self._factor(f) for f in self._reading.factors(expr))

    def _factor(self, factor: Expr) -> str:
        text = str(self._print(factor))
        return f"({text})" if isinstance(factor, Add) else text

    def _print_Indexed(self, expr: Indexed) -> str:
        setting, label = self._reading.setting, str(expr.base.label)
        indices = ",".join(self._print(index) for index in expr.indices)
        if label == setting.notation.upstream and setting.notation.upstream_style == "partial":
            y = self._with_index(self._print(Symbol(setting.notation.output)), indices)
            return f"\\frac{{\\partial {self._print(setting.loss)}}}{{\\partial {y}}}"
        return self._with_index(self._letter(expr.base.label), indices)

    def _letter(self, label: Symbol) -> str:
        if label == self._reading.setting.padded.label:
            return f"\\tilde{{{self._print(Symbol(self._reading.setting.notation.input))}}}"
        return str(self._print(label))

    @staticmethod
    def _with_index(letter: str, indices: str) -> str:
        return f"{letter[:-1]},{indices}}}" if "_{" in letter else f"{letter}_{{{indices}}}"

    def _print_Sum(self, expr: Sum) -> str:
        heads = [
            f"\\sum_{{{self._print(k)}={self._print(low)}}}^{{{self._print(high)}}}"
            for k, low, high in reversed(expr.limits)
        ]
        return f"{' '.join(heads)} {self._factor(expr.function)}"

    def _print_Max(self, expr: Expr, exp: Any = None) -> str:
        return self._listing("\\max", expr)

    def _print_Min(self, expr: Expr, exp: Any = None) -> str:
        return self._listing("\\min", expr)

    def _listing(self, name: str, expr: Expr) -> str:
        parts = sorted(expr.args, key=lambda part: (not part.is_number, len(str(part)), str(part)))
        return f"{name}({', '.join(self._print(part) for part in parts)})"

    def _print_floor(self, expr: Expr, exp: Any = None) -> str:
        return f"\\left\\lfloor {self._print(expr.args[0])} \\right\\rfloor"

    def _print_ceiling(self, expr: Expr, exp: Any = None) -> str:
        return f"\\left\\lceil {self._print(expr.args[0])} \\right\\rceil"

    def _print_Iverson(self, expr: Iverson) -> str:
        return f"[{self._print(expr.args[0])}]"

    def _print_Equality(self, expr: Eq) -> str:
        left, right = self._reading.sides(expr)
        if isinstance(left, Mod) and right == 0:
            number, divisor = left.args
            return f"{self._print(divisor)} \\mid {self._print(number)}"
        return f"{self._print(left)} = {self._print(right)}"

    def _print_And(self, expr: And) -> str:
        chain = self._reading.chain(expr)
        if chain is None:
            return ",\\ ".join(self._print(part) for part in expr.args)
        return " \\le ".join(self._print(part) for part in chain)

    def _print_Partial(self, expr: Partial) -> str:
        of, by = expr.args
        if isinstance(of, Indexed | Symbol):
            return f"\\frac{{\\partial {self._print(of)}}}{{\\partial {self._print(by)}}}"
        return f"\\frac{{\\partial}}{{\\partial {self._print(by)}}} \\Bigl({self._print(of)}\\Bigr)"

    def _print_Spread(self, expr: Spread) -> str:
        base, factor = expr.args
        letter = self._letter(base.label)
        if factor == 1:
            return letter
        return f"{{{letter}}}^{{\\uparrow {self._print(factor)}}}"

    def _print_Overlap(self, expr: Overlap) -> str:
        kind, left, right, at = expr.args
        sign = "\\star" if str(kind) == "star" else "\\ast"
        return f"({self._print(left)} {sign} {self._print(right)})_{{{self._print(at)}}}"


class FormulaTextPrinter(ExprTextPrinter):
    """Text of index sums."""

    def __init__(self, setting: Setting) -> None:
        super().__init__({})
        self._reading = _Reading(setting)

    def _print_Add(self, expr: Add, order: Any = None) -> str:
        common = self._reading.denominator(expr)
        if common > 1:
            return f"({self._print((common * expr).expand())})/{common}"
        text = ""
        for negative, term in self._reading.terms(expr):
            sign = " - " if negative else " + "
            text += (sign if text else "-" if negative else "") + self._print(term)
        return text

    def _print_Mul(self, expr: Mul) -> str:
        numerator, denominator = fraction(expr)
        if denominator != 1:
            over = self._print(denominator)
            return f"{self._factor(numerator)}/{over if denominator.is_Atom else f'({over})'}"
        if expr.could_extract_minus_sign() and not isinstance(-expr, Add):
            return f"-{self._print(-expr)}"
        if not isinstance(expr, Mul):
            return str(self._print(expr))
        return "*".join(self._factor(f) for f in self._reading.factors(expr))

    def _factor(self, factor: Expr) -> str:
        text = str(self._print(factor))
        return f"({text})" if isinstance(factor, Add) else text

    def _print_Pow(self, expr: Pow, rational: bool = False) -> str:
        return str(super()._print_Pow(expr, rational))

    def _print_Indexed(self, expr: Indexed) -> str:
        setting, label = self._reading.setting, str(expr.base.label)
        indices = ", ".join(self._print(index) for index in expr.indices)
        if label == setting.notation.upstream and setting.notation.upstream_style == "partial":
            return f"d{setting.notation.loss}/d{setting.notation.output}[{indices}]"
        return f"{label}[{indices}]"

    def _print_Sum(self, expr: Sum) -> str:
        heads = [
            f"sum({self._print(k)}={self._print(low)}..{self._print(high)})"
            for k, low, high in reversed(expr.limits)
        ]
        return f"{' '.join(heads)} {self._factor(expr.function)}"

    def _print_Max(self, expr: Expr) -> str:
        return self._listing("max", expr)

    def _print_Min(self, expr: Expr) -> str:
        return self._listing("min", expr)

    def _listing(self, name: str, expr: Expr) -> str:
        parts = sorted(expr.args, key=lambda part: (not part.is_number, len(str(part)), str(part)))
        return f"{name}({', '.join(self._print(part) for part in parts)})"

    def _print_floor(self, expr: Expr) -> str:
        return f"floor({self._print(expr.args[0])})"

    def _print_ceiling(self, expr: Expr) -> str:
        return f"ceil({self._print(expr.args[0])})"

    def _print_Iverson(self, expr: Iverson) -> str:
        return f"[{self._print(expr.args[0])}]"

    def _print_Equality(self, expr: Eq) -> str:
        left, right = self._reading.sides(expr)
        if isinstance(left, Mod) and right == 0:
            number, divisor = left.args
            return f"{self._print(divisor)} divides {self._print(number)}"
        return f"{self._print(left)} = {self._print(right)}"

    def _print_And(self, expr: And) -> str:
        chain = self._reading.chain(expr)
        if chain is None:
            return ", ".join(self._print(part) for part in expr.args)
        return " <= ".join(self._print(part) for part in chain)

    def _print_Partial(self, expr: Partial) -> str:
        of, by = expr.args
        inner = self._print(of)
        return (
            f"d{inner}/d{self._print(by)}"
            if isinstance(of, Indexed | Symbol)
            else f"d/d{self._print(by)} ({inner})"
        )

    def _print_Spread(self, expr: Spread) -> str:
        base, factor = expr.args
        return str(base.label) if factor == 1 else f"spread({base.label}, {self._print(factor)})"

    def _print_Overlap(self, expr: Overlap) -> str:
        kind, left, right, at = expr.args
        sign = "corr" if str(kind) == "star" else "conv"
        return f"{sign}({self._print(left)}, {self._print(right)})[{self._print(at)}]"


def folded(form: Format, rendered: str) -> list[str]:
    """A product of brackets and entries in lines that are not too wide, broken after brackets."""
    lines, pieces = [""], [piece for piece in rendered.replace("] ", "]\n").split("\n") if piece]
    for piece in pieces:
        if lines[-1] and form.width(lines[-1]) + form.width(piece) > form.line:
            lines.append(piece)
        else:
            lines[-1] = f"{lines[-1]} {piece}".strip()
    return lines


def latex_for(setting: Setting) -> Format:
    """The LaTeX format that formulas of a setting print in."""
    return Latex(printer=FormulaLatexPrinter(setting))


def text_for(setting: Setting) -> Format:
    """The text format that formulas of a setting print in."""
    return Text(printer=FormulaTextPrinter(setting))
