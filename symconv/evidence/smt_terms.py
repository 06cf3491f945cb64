"""Sizes, indices and conditions as SMT-LIB terms without quantifiers, divisions and remainders.

A value is a fraction with a positive divisor. For integers ``n`` and ``d > 0`` there is exactly one pair of
``q`` and ``r`` with ``n = d q + r`` and ``0 <= r < d``; so ``floor(n/d)`` is a new variable ``q`` with these
two conditions, and they exclude no layer.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sympy
from sympy import Expr, Symbol

from symconv.errors import SymconvError
from symconv.printing.expressions import Iverson


class UndecidedError(SymconvError):
    """An expression that is no integer term, or a question that the solver leaves open."""


class Fraction(NamedTuple):
    """A numerator and a positive denominator, as terms."""

    number: str
    divisor: str = "1"


class Division(NamedTuple):
    """A number, its divisor, and variables for the quotient and the remainder."""

    number: str
    divisor: str
    quotient: str
    remainder: str


@dataclass
class Terms:
    """The terms of one question, and what has been introduced for them.

    Attributes
    ----------
    meanings : mapping of Symbol to str
        What the symbols of the layer are, in words.
    names : dict of Symbol to str
        The term that stands for each symbol: a variable, or what the symbol is known to equal.
    variables : dict of str to str
        What each variable is, in words, in the order in which they came up.
    divisions : list of Division
    """

    meanings: Mapping[Symbol, str] = field(default_factory=dict)
    names: dict[Symbol, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    divisions: list[Division] = field(default_factory=list)

    def variable(self, name: str, meaning: str) -> str:
        """A new variable of this name, with primes where the name is taken."""
        name = re.sub(r"[^A-Za-z0-9_']", "_", name).strip("_") or "n"
        while quoted(name) in self.variables or name in _RESERVED:
            name += "'"
        self.variables[quoted(name)] = meaning
        return quoted(name)

    def symbol(self, symbol: Symbol) -> str:
        """The term of a symbol."""
        if symbol not in self.names:
            meaning = self.meanings.get(symbol, "a summation index")
            self.names[symbol] = self.variable(symbol.name, meaning)
        return self.names[symbol]

    def value(self, expr: Expr) -> Fraction:
        """An expression of sizes and indices."""
        if expr.is_Rational:
            return Fraction(numeral(int(expr.p)), numeral(int(expr.q)))
        if isinstance(expr, Symbol):
            return Fraction(self.symbol(expr))
        if isinstance(expr, Iverson):
            return Fraction(f"(ite {self.condition(expr.args[0])} 1 0)")
        if isinstance(expr, sympy.Pow):
            return self._power(*expr.args)
        if isinstance(expr, sympy.Mod):
            return self._remainder(*expr.args)
        if isinstance(expr, sympy.floor):
            return Fraction(self._over(self.value(expr.args[0])).quotient)
        if isinstance(expr, sympy.ceiling):
            return Fraction(negated(self._over(self.value(sympy.expand(-expr.args[0]))).quotient))
        combine = next((combine for kind, combine in _COMBINE.items() if isinstance(expr, kind)), None)
        if combine is None:
            raise UndecidedError(f"{expr} is no expression of sizes and indices")
        return combine([self.value(part) for part in expr.args])

    def _power(self, base: Expr, exponent: Expr) -> Fraction:
        if not exponent.is_Integer or abs(int(exponent)) > 8:
            raise UndecidedError(f"the exponent {exponent} is not decided")
        value = self.value(base)
        number, divisor = (times(*[part] * abs(int(exponent))) for part in value)
        if exponent.is_positive:
            return Fraction(number, divisor)
        if not base.is_positive:
            raise UndecidedError(f"{base} may be 0 or negative, and is divided by")
        return Fraction(divisor, number)

    def _remainder(self, number: Expr, divisor: Expr) -> Fraction:
        """The remainder of an integer by a positive one."""
        (a, b), (c, d) = self.value(number), self.value(divisor)
        if not divisor.is_positive or (b, d) != ("1", "1"):
            raise UndecidedError(f"a remainder of {number} by {divisor} is not decided")
        return Fraction(self._over(Fraction(a, c)).remainder)

    def _over(self, value: Fraction) -> Division:
        """The number of a fraction divided by its divisor."""
        if value.divisor == "1":
            return Division(value.number, "1", value.number, "0")
        known = next((known for known in self.divisions if known[:2] == value), None)
        if known is None:
            number = len(self.divisions) + 1
            quotient = self.variable(
                f"q{number}", f"the quotient of {value.number} by {value.divisor}, rounded down"
            )
            known = Division(*value, quotient, self.variable(f"r{number}", "the remainder of that division"))
            self.divisions.append(known)
        return known

    def whole(self, expr: Expr) -> str:
        """That a value is an integer."""
        return equal(self._over(self.value(expr)).remainder, "0")

    def solved(self, number: Fraction, divisor: Fraction) -> tuple[str, str]:
        """The integer ``n`` with ``divisor n = number``, and the condition that there is one."""
        found = self._over(
            Fraction(times(number.number, divisor.divisor), times(number.divisor, divisor.number))
        )
        return found.quotient, equal(found.remainder, "0")

    def condition(self, condition: Any) -> str:
        """A condition on sizes and indices."""
        if condition in (True, False):
            return str(bool(condition)).lower()
        if isinstance(condition, sympy.And | sympy.Or | sympy.Not):
            return f"({type(condition).__name__.lower()} {' '.join(map(self.condition, condition.args))})"
        relation = _RELATIONS.get(type(condition))
        if relation is None:
            raise UndecidedError(f"{condition} is no condition on sizes and indices")
        if isinstance(condition, sympy.Ne):
            return negation(self.condition(~condition))
        (a, b), (c, d) = map(self.value, condition.args)
        return f"({relation} {a} {c})" if b == d else f"({relation} {times(a, d)} {times(c, b)})"

    def facts(self) -> list[str]:
        """What the quotients and remainders are."""
        return [
            every(f"(= {number} (+ {times(divisor, q)} {r}))", f"(<= 0 {r})", f"(< {r} {divisor})")
            for number, divisor, q, r in self.divisions
        ]


def quoted(name: str) -> str:
    """A name as a symbol of SMT-LIB, between bars where it is more than letters, digits and underscores.

    >>> quoted("N"), quoted("j'")
    ('N', "|j'|")
    """
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) else f"|{name}|"


def numeral(number: int) -> str:
    """An integer.

    >>> numeral(-2)
    '(- 2)'
    """
    return str(number) if number >= 0 else f"(- {-number})"


def negated(term: str) -> str:
    """Minus a term."""
    return "0" if term == "0" else f"(- {term})"


def negation(condition: str) -> str:
    """That a condition does not hold.

    >>> negation("(< n 0)"), negation("true"), negation("(not (= n 0))")
    ('(not (< n 0))', 'false', '(= n 0)')
    """
    if condition in ("true", "false"):
        return "false" if condition == "true" else "true"
    return condition[5:-1] if condition.startswith("(not ") else f"(not {condition})"


def times(*factors: str) -> str:
    """A product.

    >>> times("s", "1", "i"), times("s", "0"), times()
    ('(* s i)', '0', '1')
    """
    kept = [factor for factor in factors if factor != "1"]
    if "0" in kept:
        return "0"
    return f"(* {' '.join(kept)})" if len(kept) > 1 else kept[0] if kept else "1"


def plus(*parts: str) -> str:
    """A sum."""
    kept = [part for part in parts if part != "0"]
    return f"(+ {' '.join(kept)})" if len(kept) > 1 else kept[0] if kept else "0"


def equal(left: str, right: str) -> str:
    """An equation, decided at once for the same text and for two different numerals.

    >>> equal("q", "q"), equal("1", "0"), equal("q", "0")
    ('true', 'false', '(= q 0)')
    """
    if left == right:
        return "true"
    return "false" if left.isdigit() and right.isdigit() else f"(= {left} {right})"


def every(*conditions: str) -> str:
    """That all of some conditions hold."""
    if "false" in conditions:
        return "false"
    kept = list(dict.fromkeys(c for c in conditions if c != "true"))
    return f"(and {' '.join(kept)})" if len(kept) > 1 else kept[0] if kept else "true"


def added(values: Sequence[Fraction]) -> Fraction:
    """The sum of fractions."""
    number, divisor = "0", "1"
    for a, b in values:
        if b == divisor:
            number = plus(number, a)
        else:
            number, divisor = plus(times(number, b), times(a, divisor)), times(divisor, b)
    return Fraction(number, divisor)


def _product(values: Sequence[Fraction]) -> Fraction:
    return Fraction(*(times(*parts) for parts in zip(*values, strict=True)))


def _extreme(relation: str) -> Callable[[Sequence[Fraction]], Fraction]:
    """The largest of some values for ``>=``, the smallest for ``<=``."""

    def found(values: Sequence[Fraction]) -> Fraction:
        best = values[0]
        for a, b in values[1:]:
            first = f"({relation} {times(best.number, b)} {times(a, best.divisor)})"
            divisor = b if b == best.divisor else f"(ite {first} {best.divisor} {b})"
            best = Fraction(f"(ite {first} {best.number} {a})", divisor)
        return best

    return found


def _absolute(values: Sequence[Fraction]) -> Fraction:
    ((number, divisor),) = values
    return Fraction(f"(ite (>= {number} 0) {number} (- {number}))", divisor)


_COMBINE: Mapping[type, Callable[[Sequence[Fraction]], Fraction]] = {
    sympy.Add: added,
    sympy.Mul: _product,
    sympy.Max: _extreme(">="),
    sympy.Min: _extreme("<="),
    sympy.Abs: _absolute,
}

_RELATIONS: Mapping[type, str] = {
    sympy.Eq: "=", sympy.Ne: "=", sympy.Le: "<=", sympy.Lt: "<", sympy.Ge: ">=", sympy.Gt: ">",
}  # fmt: skip

#: Words that mean something in SMT-LIB already.
_RESERVED = frozenset((
    "Bool", "Int", "Real", "String", "abs", "and", "as", "assert", "const", "distinct", "div", "exists",
    "exit", "false", "forall", "iff", "implies", "ite", "let", "match", "mod", "not", "or", "par", "pop",
    "push", "reset", "rem", "select", "store", "true", "xor",
))  # fmt: skip
