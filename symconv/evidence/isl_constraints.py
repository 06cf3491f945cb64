"""Conditions and affine expressions in the syntax of integer sets, and what is taken for granted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sympy import (
    Abs,
    Add,
    And,
    Eq,
    Expr,
    Ge,
    Gt,
    Integer,
    Le,
    Lt,
    Max,
    Min,
    Mod,
    Ne,
    Or,
    Rational,
    Symbol,
    ceiling,
    expand,
    floor,
    ilcm,
)  # fmt: skip

from symconv.errors import SymconvError
from symconv.index_sums.nodes import within
from symconv.index_sums.symbols import LayerSymbols, least


class NotAffineError(SymconvError):
    """An expression that integer sets cannot hold, such as a product of two symbols."""


def constraints(condition: Any) -> Iterator[str]:
    """A condition in the syntax of integer sets, its denominators cleared."""
    if condition in (True, False):
        yield "0 = 0" if condition else "0 = 1"
    elif isinstance(condition, And):
        for part in condition.args:
            yield from constraints(part)
    elif isinstance(condition, Or):
        either = (" and ".join(constraints(part)) for part in condition.args)
        yield f"({' or '.join(f'({part})' for part in either)})"
    elif isinstance(condition, Eq | Ne) and isinstance(condition.lhs, Mod):
        number, divisor = condition.lhs.args
        sign = "=" if isinstance(condition, Eq) else "!="
        yield f"({affine(number)}) mod {affine(divisor)} {sign} {affine(condition.rhs)}"
    elif type(condition) in _SIGNS:
        gap = expand(condition.lhs - condition.rhs)
        yield f"{affine(_denominator(gap) * gap)} {_SIGNS[type(condition)]} 0"
    else:
        raise NotAffineError(f"{condition} is no condition on integers")


_SIGNS: Mapping[type, str] = {Eq: "=", Ne: "!=", Le: "<=", Lt: "<", Ge: ">=", Gt: ">"}


def affine(expr: Expr) -> str:
    """An affine expression with floors, ceilings, maxima and minima, in the syntax of integer sets."""
    expr = expand(expr)
    if _denominator(expr) > 1:
        raise NotAffineError(f"{expr} may be a fraction")
    return " + ".join(_term(*term.as_coeff_Mul()) for term in Add.make_args(expr))


def floored(expr: Expr) -> str:
    """An index that is known to be whole, where it may be written as a fraction."""
    common = _denominator(expand(expr))
    return affine(expr) if common == 1 else f"floor(({affine(common * expr)})/{common})"


def _term(number: Expr, rest: Expr) -> str:
    if rest == 1:
        return str(int(number))
    return _atom(rest) if number == 1 else f"{int(number)}*{_atom(rest)}"


def _atom(expr: Expr) -> str:
    if isinstance(expr, Symbol):
        return str(expr.name)
    if isinstance(expr, floor | ceiling):
        inner, sign = (expr.args[0], "") if isinstance(expr, floor) else (-expr.args[0], "-1*")
        common = _denominator(expand(inner))
        return f"{sign}floor(({affine(common * inner)})/{common})"
    if isinstance(expr, Abs):
        return f"max({affine(expr.args[0])}, {affine(-expr.args[0])})"
    if isinstance(expr, Max | Min):
        name = "max" if isinstance(expr, Max) else "min"
        first, *rest = (affine(part) for part in expr.args)
        for part in rest:
            first = f"{name}({first}, {part})"
        return first
    raise NotAffineError(f"{expr} is not affine")


def between(indices: Sequence[Expr]) -> Iterator[str]:
    """For each index that is a fraction, the condition that it is not whole."""
    for index in indices:
        common = _denominator(expand(index))
        if common > 1:
            yield f"({affine(common * index)}) mod {common} >= 1"


def _denominator(expr: Expr) -> int:
    numbers = (term.as_coeff_Mul()[0] for term in Add.make_args(expr))
    return int(ilcm(1, *(number.q for number in numbers if isinstance(number, Rational))))


def given(setting: LayerSymbols, kept: Sequence[Symbol]) -> list[Any]:
    """What is taken for granted: what the symbols are, sizes that a layer can have, kept indices in range."""
    facts: list[Any] = []
    for symbol in setting.symbols:
        known = symbol.assumptions0
        facts += [fact(symbol) for name, fact in _KNOWN.items() if known.get(name)]
    for name, size in setting.sizes.items():
        facts.append(Ge(size, least(name), evaluate=False))
    for axis in setting.exact_axes:
        place = Symbol("place")
        for last, value in axis.size_counts(place):
            facts.append(Ge(expand(last - value.xreplace({place: Integer(0)})), 0, evaluate=False))
        facts += axis.limits
    facts += setting.spec.conditions
    facts += [Eq(letter, size, evaluate=False) for letter, size in setting.definitions.items()]
    for index in kept:
        span = setting.range(index)
        facts.append(within(span.first, index, span.last))
    return facts


#: What an assumption about a symbol says in the language of integer sets.
_KNOWN: Mapping[str, Callable[[Symbol], Any]] = {
    "positive": lambda s: Ge(s, 1, evaluate=False),
    "nonnegative": lambda s: Ge(s, 0, evaluate=False),
    "negative": lambda s: Le(s, -1, evaluate=False),
    "nonpositive": lambda s: Le(s, 0, evaluate=False),
    "even": lambda s: Eq(Mod(s, 2, evaluate=False), 0, evaluate=False),
    "odd": lambda s: Eq(Mod(s, 2, evaluate=False), 1, evaluate=False),
}
