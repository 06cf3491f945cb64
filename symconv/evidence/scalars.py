"""Sizes, indices and conditions as numbers: expressions compiled to functions, nothing simplified."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor, prod
from operator import eq, ge, gt, le, lt, ne
from typing import Any, TypeAlias

import sympy
from sympy import Add, And, Eq, Expr, Ge, Gt, Le, Lt, Max, Min, Mod, Mul, Ne, Or, Pow, Symbol

from symconv.errors import SymconvError
from symconv.printing.expressions import Iverson

#: Numbers for sizes and indices, by name.
Numbers: TypeAlias = dict[str, int]
#: An expression as a function of those.
Number: TypeAlias = Callable[[Numbers], Any]


class EvaluationError(SymconvError):
    """An expression has no value at some numbers: it reads outside a sequence, or divides by zero."""


class OutOfReachError(EvaluationError):
    """An expression has a value that is not found: it takes too long, or is irrational."""


def named_number(numbers: Numbers, name: str) -> int:
    if name not in numbers:
        raise EvaluationError(f"{name} has no value")
    return numbers[name]


def compiled_number(expr: Expr) -> Number:
    """A function that gives the number that an expression of sizes and indices is."""
    if isinstance(expr, Symbol):
        name = expr.name
        return lambda n: named_number(n, name)
    if expr.is_Rational:
        number = int(expr) if expr.is_Integer else Fraction(int(expr.p), int(expr.q))
        return lambda n: number
    if isinstance(expr, Iverson):
        holds = compiled_condition(expr.args[0])
        return lambda n: int(holds(n))
    combine = next((f for kind, f in _COMBINE.items() if isinstance(expr, kind)), None)
    if combine is None:
        raise EvaluationError(f"{expr} is not an expression of sizes and indices")
    parts = [compiled_number(part) for part in expr.args]
    return lambda n: combine([part(n) for part in parts])


def _power(values: list[Any]) -> Any:
    base, exponent = values
    if exponent != int(exponent):
        raise OutOfReachError(f"the exponent {exponent} is not a whole number")
    if abs(exponent) > 64:
        raise OutOfReachError(f"the exponent {exponent} is larger than 64")
    if exponent < 0 and base == 0:
        raise EvaluationError("divides by zero")
    return Fraction(base) ** exponent if exponent < 0 else base**exponent


def _modulo(values: list[Any]) -> Any:
    number, divisor = values
    if divisor == 0:
        raise EvaluationError("divides by zero")
    return number % divisor


_COMBINE: Mapping[type, Callable[[list[Any]], Any]] = {
    Add: sum,
    Mul: prod,
    Pow: _power,
    Max: max,
    Min: min,
    Mod: _modulo,
    sympy.floor: lambda values: floor(*values),
    sympy.ceiling: lambda values: ceil(*values),
    sympy.Abs: lambda values: abs(*values),
}

_COMPARE: Mapping[type, Callable[[Any, Any], bool]] = {Eq: eq, Ne: ne, Le: le, Lt: lt, Ge: ge, Gt: gt}


def compiled_condition(condition: Any) -> Callable[[Numbers], bool]:
    """A function that tells whether a condition holds."""
    if isinstance(condition, And | Or):
        parts = [compiled_condition(part) for part in condition.args]
        every = all if isinstance(condition, And) else any
        return lambda n: every(part(n) for part in parts)
    if condition in (True, False):
        decided = bool(condition)
        return lambda n: decided
    compare = _COMPARE.get(type(condition))
    if compare is None:
        raise EvaluationError(f"{condition} is not a condition on sizes and indices")
    left, right = (compiled_number(side) for side in condition.args)
    return lambda n: compare(left(n), right(n))
