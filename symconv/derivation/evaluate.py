"""Exact evaluation of index sums at numbers: to polynomials in the entries, by plain loops.

Nothing here is shared with the rules: a sum is a loop over its limits, a bracket is a test, a
derivative is taken on the polynomial. SymPy's own ``doit`` is not used, which is wrong on strided sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import ceil, floor
from typing import Any, TypeAlias

from sympy import Add, Eq, Expr, Indexed, KroneckerDelta, Mul, Piecewise, Pow, Sum, Symbol

from symconv.derivation.language import Iverson, Overlap, Partial
from symconv.derivation.numbers import (
    EvaluationError,
    Number,
    Numbers,
    compiled_condition,
    compiled_number,
    named_number,
)

#: An entry of a sequence: its letter and its indices, counted from 0.
Atom: TypeAlias = tuple[str, tuple[int, ...]]
#: A polynomial: monomials as sorted tuples of atoms, each with its coefficient; no zeros.
Poly: TypeAlias = dict[tuple[Atom, ...], Any]


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
        return lambda s, n: s.read[name]() if name in s.read else _constant(named_number(n, name))
    if isinstance(expr, Pow) and expr.exp.is_Integer and expr.exp.is_positive and expr.base.has(Indexed):
        base, times = compiled(expr.base), int(expr.exp)
        if times > 64:
            raise EvaluationError(f"the exponent {times} is too large")
        return lambda s, n: multiplied([base(s, n)] * times)
    number = compiled_number(expr)
    return lambda s, n: _constant(number(n))


def _constant(value: Any) -> Poly:
    return {(): value} if value else {}


def _sum(expr: Sum) -> Evaluator:
    body, inner = compiled(expr.function), expr.function
    for index, low, high in expr.limits:  # the innermost first
        body = _loop(body, index.name, compiled_number(low), compiled_number(high), _places(inner, index))
    return body


def _places(body: Expr, index: Symbol) -> list[Number]:
    """Where brackets such as ``[j = 2 i + k]`` leave the only terms of a sum over ``j`` that are not 0."""
    found = []
    for factor in Mul.make_args(body):
        if isinstance(factor, Iverson) and isinstance(factor.args[0], Eq):
            for one, other in (factor.args[0].args, factor.args[0].args[::-1]):
                if one == index and not other.has(index):
                    found.append(compiled_number(other))
    return found


#: A sum with more terms than this is not evaluated.
MOST_TERMS = 10**6


def _loop(body: Evaluator, name: str, low: Number, high: Number, places: list[Number]) -> Evaluator:
    def run(s: Sequences, n: Numbers) -> Poly:
        first, last = ceil(low(n)), floor(high(n))
        if last - first >= MOST_TERMS:
            raise EvaluationError(f"a sum of more than {MOST_TERMS:,} terms")
        values: Iterable[Any] = range(first, last + 1)
        for place in places:
            try:
                at = place(n)
            except EvaluationError:  # it depends on an index further in
                continue
            values = [at] if first <= at <= last and at == int(at) else []
            break
        terms, inner = [], dict(n)
        for value in values:
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
    correlation = str(kind) == "star"
    sign, moved = (1, 0) if correlation else (-1, 2)  # how often the base is counted in the place
    (a, wide), (b, narrow) = (
        (str(side.args[0].label), compiled_number(side.args[1])) for side in (left, right)
    )
    place = compiled_number(at)

    def run(s: Sequences, n: Numbers) -> Poly:
        terms = []
        for m in range(s.lengths[b]):
            target = place(n) - moved * s.base + sign * m * narrow(n)
            index, remainder = divmod(target, wide(n))
            if remainder == 0 and 0 <= index < s.lengths[a]:
                terms.append(multiplied([s.read[a](index), s.read[b](m)]))
        return added(terms)

    return run
