"""Exact evaluation of index sums at numbers: to polynomials in the entries, by plain loops.

Nothing here is shared with the rules: a sum is a loop over its limits, a bracket is a test, a
derivative is taken on the polynomial. SymPy's own ``doit`` is not used, which is wrong on strided sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any, TypeAlias

import sympy
from sympy import (
    Add,
    And,
    Eq,
    Expr,
    Ge,
    Gt,
    Indexed,
    Integer,
    KroneckerDelta,
    Le,
    Lt,
    Max,
    Min,
    Mod,
    Mul,
    Ne,
    Or,
    Piecewise,
    Pow,
    Sum,
    Symbol,
)

from symconv.derivation.language import Iverson, Overlap, Partial
from symconv.errors import SymconvError

#: An entry of a sequence: its letter and its indices, counted from 0.
Atom: TypeAlias = tuple[str, tuple[int, ...]]
#: A polynomial: monomials as sorted tuples of atoms, each with its coefficient; no zeros.
Poly: TypeAlias = dict[tuple[Atom, ...], Any]
#: Numbers for sizes and indices, by name.
Numbers: TypeAlias = dict[str, int]


class EvaluationError(SymconvError):
    """An expression has no value at some numbers: it reads outside a sequence, or divides by zero."""


class Sequences:
    """What the letters of an expression stand for at given sizes.

    Parameters
    ----------
    read : dict of letter to function of indices
        Gives the polynomial of an entry; indices count from 0.
    lengths : dict of letter to int
        How many entries the one-dimensional sequences have.
    base : int
        The first index in the expressions.
    """

    def __init__(
        self, read: Mapping[str, Callable[..., Poly]], lengths: Mapping[str, int], base: int = 0
    ) -> None:
        self.read = read
        self.lengths = lengths
        self.base = base

    def entry(self, letter: str, indices: tuple[Any, ...]) -> Poly:
        """One entry, with its indices as the expression has them."""
        if letter not in self.read:
            raise EvaluationError(f"{letter} is no sequence of this layer")
        whole = []
        for index in indices:
            if index != int(index):
                raise EvaluationError(f"reads {letter}[{index}], which is between two entries")
            whole.append(int(index) - self.base)
        if len(whole) == 1 and letter in self.lengths and not 0 <= whole[0] < self.lengths[letter]:
            raise EvaluationError(f"reads {letter}[{indices[0]}], which is outside the sequence")
        return self.read[letter](*whole)


Evaluator: TypeAlias = Callable[[Sequences, Numbers], Poly]
Number: TypeAlias = Callable[[Numbers], Any]


def atom(letter: str, *indices: int) -> Poly:
    """The polynomial that is one entry."""
    return {((letter, indices),): 1}


def added(polys: list[Poly]) -> Poly:
    """The sum of polynomials."""
    if len(polys) == 1:
        return polys[0]
    total: Poly = {}
    for poly in polys:
        for monomial, coefficient in poly.items():
            total[monomial] = total.get(monomial, 0) + coefficient
    return {monomial: c for monomial, c in total.items() if c}


def multiplied(polys: list[Poly]) -> Poly:
    """The product of polynomials."""
    product: Poly = {(): 1}
    for poly in polys:
        found: Poly = {}
        for m, c in product.items():
            for n, e in poly.items():
                key = tuple(sorted(m + n))
                found[key] = found.get(key, 0) + c * e
        product = found
    return {monomial: c for monomial, c in product.items() if c}


def derivative(poly: Poly, by: Atom) -> Poly:
    """The partial derivative by an entry."""
    found: Poly = {}
    for monomial, coefficient in poly.items():
        power = monomial.count(by)
        if power:
            rest = list(monomial)
            rest.remove(by)
            found[tuple(rest)] = found.get(tuple(rest), 0) + coefficient * power
    return found


def compiled(expr: Expr) -> Evaluator:
    """A function that gives the polynomial of an expression at numbers.

    Raises
    ------
    EvaluationError
        When the expression holds something that index sums do not.
    """
    if isinstance(expr, Sum):
        return _sum(expr)
    if isinstance(expr, Add):
        parts = [compiled(part) for part in expr.args]
        return lambda s, n: added([part(s, n) for part in parts])
    if isinstance(expr, Mul):
        return _product(expr)
    if isinstance(expr, Indexed):
        letter, indices = str(expr.base.label), [compiled_number(i) for i in expr.indices]
        return lambda s, n: s.entry(letter, tuple(index(n) for index in indices))
    if isinstance(expr, Partial):
        return _partial(expr)
    if isinstance(expr, Overlap):
        return _overlap(expr)
    if isinstance(expr, Iverson):
        holds = compiled_condition(expr.args[0])
        return lambda s, n: {(): 1} if holds(n) else {}
    if isinstance(expr, KroneckerDelta):
        same = compiled_condition(Eq(*expr.args[:2], evaluate=False))
        return lambda s, n: {(): 1} if same(n) else {}
    if isinstance(expr, Piecewise):
        branches = [(compiled(value), compiled_condition(condition)) for value, condition in expr.args]
        return lambda s, n: next((value(s, n) for value, holds in branches if holds(n)), {})
    if isinstance(expr, Symbol):
        name = expr.name
        return lambda s, n: s.read[name]() if name in s.read else _constant(_named(n, name))
    if isinstance(expr, Pow) and expr.exp.is_Integer and expr.exp.is_positive and expr.base.has(Indexed):
        base, times = compiled(expr.base), int(expr.exp)
        return lambda s, n: multiplied([base(s, n)] * times)
    number = compiled_number(expr)
    return lambda s, n: _constant(number(n))


def _constant(value: Any) -> Poly:
    return {(): value} if value else {}


def _named(numbers: Numbers, name: str) -> int:
    if name not in numbers:
        raise EvaluationError(f"{name} has no value")
    return numbers[name]


def _sum(expr: Sum) -> Evaluator:
    body = compiled(expr.function)
    for index, low, high in expr.limits:  # the innermost first
        body = _loop(body, index.name, compiled_number(low), compiled_number(high))
    return body


def _loop(body: Evaluator, name: str, low: Number, high: Number) -> Evaluator:
    def run(s: Sequences, n: Numbers) -> Poly:
        terms = []
        inner = dict(n)
        first, last = low(n), high(n)
        for value in range(ceil(first), floor(last) + 1):
            inner[name] = value
            terms.append(body(s, inner))
        return added(terms)

    return run


def _product(expr: Mul) -> Evaluator:
    """Brackets first: where one is 0 nothing else is looked at."""
    brackets = [compiled_condition(f.args[0]) for f in expr.args if isinstance(f, Iverson)]
    factors = [compiled(f) for f in expr.args if not isinstance(f, Iverson)]

    def run(s: Sequences, n: Numbers) -> Poly:
        if not all(bracket(n) for bracket in brackets):
            return {}
        return multiplied([factor(s, n) for factor in factors])

    return run


def _partial(expr: Partial) -> Evaluator:
    inner, by = compiled(expr.args[0]), compiled(expr.args[1])

    def run(s: Sequences, n: Numbers) -> Poly:
        ((entry,),) = by(s, n)
        return derivative(inner(s, n), entry)

    return run


def _overlap(expr: Overlap) -> Evaluator:
    """The operation by its definition: a loop over the entries of its right sequence."""
    kind, left, right, at = expr.args
    sign = 1 if str(kind) == "star" else -1
    (a, wide), (b, narrow) = (
        (str(side.args[0].label), compiled_number(side.args[1])) for side in (left, right)
    )
    place = compiled_number(at)

    def run(s: Sequences, n: Numbers) -> Poly:
        terms = []
        for m in range(s.lengths[b]):
            target = place(n) - s.base + sign * m * narrow(n)
            index, remainder = divmod(target, wide(n))
            if remainder == 0 and 0 <= index < s.lengths[a]:
                terms.append(multiplied([s.read[a](index), s.read[b](m)]))
        return added(terms)

    return run


def compiled_number(expr: Expr) -> Number:
    """A function that gives the number that an expression of sizes and indices is."""
    if isinstance(expr, Integer):
        value = int(expr)
        return lambda n: value
    if isinstance(expr, Symbol):
        name = expr.name
        return lambda n: _named(n, name)
    if expr.is_Rational:
        fraction = Fraction(int(expr.p), int(expr.q))
        return lambda n: fraction
    if isinstance(expr, Iverson):
        holds = compiled_condition(expr.args[0])
        return lambda n: int(holds(n))
    combine = next((f for kind, f in _COMBINE.items() if isinstance(expr, kind)), None)
    if combine is None:
        raise EvaluationError(f"{expr} is not an expression of sizes and indices")
    parts = [compiled_number(part) for part in expr.args]
    return lambda n: combine([part(n) for part in parts])


def _multiplied(values: list[Any]) -> Any:
    product: Any = 1
    for value in values:
        product *= value
    return product


def _power(values: list[Any]) -> Any:
    base, exponent = values
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
    Mul: _multiplied,
    Pow: _power,
    Max: max,
    Min: min,
    Mod: _modulo,
    sympy.floor: lambda values: floor(values[0]),
    sympy.ceiling: lambda values: ceil(values[0]),
    sympy.Abs: lambda values: abs(values[0]),
}

_COMPARE: Mapping[type, Callable[[Any, Any], bool]] = {
    Eq: lambda a, b: bool(a == b),
    Ne: lambda a, b: bool(a != b),
    Le: lambda a, b: bool(a <= b),
    Lt: lambda a, b: bool(a < b),
    Ge: lambda a, b: bool(a >= b),
    Gt: lambda a, b: bool(a > b),
}


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
