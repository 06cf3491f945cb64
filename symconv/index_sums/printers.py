"""How index sums print: what SymPy's printers do not know, in the words of any maths target."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sympy import Add, And, Eq, Expr, Indexed, Integer, Le, Max, Mod, Mul, Or, Sum, Symbol, fraction, ilcm
from sympy.printing.printer import Printer

from symconv.index_sums.nodes import Correlation, Overlap, Partial, Upsampled
from symconv.index_sums.order import Reading
from symconv.index_sums.symbols import LayerSymbols
from symconv.printing.expressions import Iverson
from symconv.printing.target import MathsTarget
from symconv.printing.targets import target_of


class _IndexSums(Printer):
    """Over the SymPy printer of a target; ``printmethod`` says that no node prints itself."""

    printmethod = None

    def __init__(self, setting: LayerSymbols, target: MathsTarget) -> None:
        super().__init__({})
        self._reading, self._target = Reading(setting), target

    def _print_Symbol(self, expr: Symbol) -> str:
        """Primes stand behind the subscript of an index, not in it."""
        plain = expr.name.rstrip("'")
        if "_" not in plain or plain == expr.name or not self._reading.setting.is_index(expr):
            plain = expr.name
        printed = super()._print_Symbol(Symbol(plain))
        return f"{printed}{expr.name.removeprefix(plain)}"

    def _print_Add(self, expr: Add, order: Any = None) -> str:
        numbers = (term.as_coeff_Mul()[0] for term in expr.args)
        common = ilcm(1, *(number.q for number in numbers if number.is_Rational))
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
        return self._target.times.join(self._factor(f) for f in self._reading.factors(expr))

    def _factor(self, factor: Expr) -> str:
        text = str(self._print(factor))
        return f"({text})" if isinstance(factor, Add) else text

    def _fraction(self, numerator: Expr, denominator: Expr) -> str:
        """Sums and entries stand behind a fraction of numbers, where it has its denominator below."""
        target, over = self._target, self._print(denominator)
        if not target.stacked:
            return target.fraction(self._factor(numerator), over if denominator.is_Atom else f"({over})")
        if numerator.has(Indexed, Iverson) and not isinstance(numerator, Add):
            return f"{target.fraction('1', over)}{target.times}{self._print(numerator)}"
        return target.fraction(self._print(numerator), over)

    def _print_Indexed(self, expr: Indexed) -> str:
        return self._sequence(expr.base.label, self._places(expr.indices))

    def _sequence(self, label: Symbol, index: str = "") -> str:
        """A sequence or an entry of it; the upstream gradient as the derivative of the loss by an output."""
        setting, target = self._reading.setting, self._target
        n = setting.notation
        partial = str(label) == n.upstream and n.upstream_style == "partial"
        letter = self._print(Symbol(n.output) if partial else label)
        if label == setting.padded.label:
            letter = target.padded(self._print(Symbol(n.input)), letter)
        found = target.entry(letter, index) if index else letter
        return target.derivative(self._print(setting.loss), found) if partial else found

    def _places(self, index: Sequence[Expr]) -> str:
        return self._target.places.join(map(self._print, index))

    def _print_Pow(self, expr: Expr, **how: Any) -> str:
        """The square of an entry whose letter has a superscript already, which TeX takes once."""
        base, power = expr.args
        raised = isinstance(base, Indexed) and not {"^", "'"}.isdisjoint(str(base.base))
        twice = self._target.stacked and raised and power == 2
        return rf"\left({self._print(base)}\right)^{{2}}" if twice else str(super()._print_Pow(expr, **how))

    def _print_Sum(self, expr: Sum) -> str:
        heads = [self._target.sum(*map(self._print, limits)) for limits in reversed(expr.limits)]
        apart = r" \; " if self._target.stacked else " "  # limits of one sum stay clear of the next one's
        return f"{apart.join(heads)} {self._factor(expr.function)}"

    def _print_Max(self, expr: Expr, exp: Any = None) -> str:
        name = self._target.maximum if isinstance(expr, Max) else self._target.minimum
        parts = sorted(expr.args, key=lambda part: (not part.is_number, len(str(part)), str(part)))
        return f"{name}({', '.join(self._print(part) for part in parts)})"

    _print_Min = _print_Max

    def _print_floor(self, expr: Expr, exp: Any = None) -> str:
        return self._target.floor(self._print(expr.args[0]))

    def _print_ceiling(self, expr: Expr, exp: Any = None) -> str:
        return self._target.ceiling(self._print(expr.args[0]))

    def _print_Iverson(self, expr: Iverson) -> str:
        return self._target.bracket(self._print(expr.args[0]))

    def _print_Equality(self, expr: Eq) -> str:
        left, right = expr.args
        if isinstance(right, Symbol) and not isinstance(left, Symbol):
            left, right = right, left
        if isinstance(left, Mod) and right == 0:
            number, divisor = left.args
            return self._target.divides(self._print(divisor), self._print(number))
        return f"{self._print(left)} = {self._print(right)}"

    def _print_And(self, expr: And) -> str:
        """``first <= value <= last`` as a chain."""
        if len(expr.args) == 2 and all(isinstance(part, Le) for part in expr.args):
            for one, other in (expr.args, reversed(expr.args)):
                if one.rhs == other.lhs:
                    return self._target.at_most.join(map(self._print, (one.lhs, one.rhs, other.rhs)))
        return ", ".join(map(self._print, expr.args))

    def _print_Or(self, expr: Or) -> str:
        parts = sorted(expr.args, key=lambda part: (not isinstance(part, Eq), str(part)))
        return self._target.either.join(map(self._print, parts))

    def _print_Partial(self, expr: Partial) -> str:
        of, by = expr.args
        short = isinstance(of, Indexed | Symbol)
        derivative = self._target.derivative if short else self._target.derivative_of_sum
        return derivative(self._print(of), self._print(by))

    def _print_Upsampled(self, expr: Upsampled) -> str:
        base, *factors = expr.args
        letter = self._sequence(base.label)
        if all(factor == 1 for factor in factors):
            return letter
        alike = factors[:1] if len(set(factors)) == 1 else factors
        return self._target.upsampled(letter, ",".join(map(self._print, alike)))

    def _print_Overlap(self, expr: Overlap) -> str:
        left, right, *at = expr.args
        entry = self._target.correlation if isinstance(expr, Correlation) else self._target.convolution
        return entry(self._print(left), self._print(right), self._places(at))


@cache
def _printer(target: type[MathsTarget]) -> Any:
    """Index sums over the SymPy printer that a target brings."""
    return type("IndexSumPrinter", (_IndexSums, target.printer), {})


def of_formulas(target: MathsTarget, setting: LayerSymbols) -> MathsTarget:
    """A target as formulas of a setting print in it."""
    return target.printed_by(_printer(type(target))(setting, target))


def latex_for(setting: LayerSymbols) -> MathsTarget:
    """The LaTeX that formulas of a setting print in."""
    return of_formulas(target_of("latex"), setting)


def text_for(setting: LayerSymbols) -> MathsTarget:
    """The text that formulas of a setting print in."""
    return of_formulas(target_of("text"), setting)
