"""Exact evaluation of index sums at numbers: to polynomials in the entries, by plain loops.

Nothing here is shared with the rules: a sum is a loop over its limits, a bracket is a test, a
derivative is taken on the polynomial. SymPy's own ``doit`` is not used, which is wrong on strided sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from math import ceil, floor
from typing import Any, TypeAlias

from sympy import Add, Eq, Expr, Indexed, KroneckerDelta, Mul, Piecewise, Pow, Sum, Symbol, expand

from symconv.evidence.scalars import (
    EvaluationError,
    Numbers,
    OutOfReachError,
    compiled_condition,
    compiled_number,
)
from symconv.index_sums.nodes import Overlap, Partial
from symconv.printing.expressions import Iverson

#: An entry of a sequence: its letter and its indices, counted from 0.
Atom: TypeAlias = tuple[str, tuple[int, ...]]
#: A polynomial: monomials as sorted tuples of atoms, each with its coefficient; no zeros.
Poly: TypeAlias = dict[tuple[Atom, ...], Any]


class Sequences:
    """What the letters of an expression stand for at given sizes.

    ``read`` gives the polynomial of an entry, whose indices count from 0; in expressions they count from
    ``base``. ``shapes`` says how many entries a sequence has along each of its axes.
    """

    def __init__(
        self, read: Mapping[str, Callable[..., Poly]], shapes: Mapping[str, tuple[int, ...]], base: int = 0
    ) -> None:
        self.read, self.shapes, self.base = read, shapes, base
        self._gradients: dict[int, tuple[Poly, dict[Atom, Poly]]] = {}
        self._zero_outside = False

    def extended(self) -> Sequences:
        """The same with zeros outside of each sequence, as texts take them."""
        found = Sequences(self.read, self.shapes, self.base)
        found._zero_outside = True
        return found

    def entry(self, letter: str, indices: tuple[Any, ...]) -> Poly:
        """One entry, with its indices as the expression has them."""
        if letter not in self.read:
            raise EvaluationError(f"{letter} is not a sequence of this layer")
        whole = []
        for index in indices:
            if index != int(index):
                raise EvaluationError(f"reads {letter}[{index}], which is between two entries")
            whole.append(int(index) - self.base)
        if letter in self.shapes and not self.inside(letter, whole):
            if self._zero_outside:
                return {}
            raise EvaluationError(f"reads {letter}[{', '.join(map(str, indices))}], outside the sequence")
        return self.read[letter](*whole)

    def inside(self, letter: str, indices: Sequence[int]) -> bool:
        """Whether indices from 0 are those of an entry."""
        shape = self.shapes[letter]
        if len(shape) != len(indices):
            raise EvaluationError(f"reads {letter} with {len(indices)} indices, but it has {len(shape)}")
        return all(0 <= index < extent for index, extent in zip(indices, shape, strict=True))

    def gradient(self, poly: Poly, by: Atom) -> Poly:
        """The partial derivative by an entry; those by all entries are found at once and kept."""
        if id(poly) not in self._gradients:
            self._gradients[id(poly)] = poly, gradients(poly)
        return self._gradients[id(poly)][1].get(by, {})


Evaluator: TypeAlias = Callable[[Sequences, Numbers], Poly]


def value_or_reason(evaluate: Evaluator, sequences: Sequences, numbers: Numbers) -> Poly | str:
    """A polynomial, or why there is none; an error where there is one that is out of reach."""
    try:
        return evaluate(sequences, numbers)
    except OutOfReachError:
        raise
    except EvaluationError as error:
        return str(error)


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


def gradients(poly: Poly) -> dict[Atom, Poly]:
    """The partial derivative by each entry of a polynomial."""
    found: dict[Atom, Poly] = {}
    for monomial, coefficient in poly.items():
        for entry in dict.fromkeys(monomial):
            rest = list(monomial)
            rest.remove(entry)
            one, key = found.setdefault(entry, {}), tuple(rest)
            one[key] = one.get(key, 0) + coefficient * monomial.count(entry)
    return found


def compiled(expr: Expr) -> Evaluator:
    """A function that gives the polynomial of an expression at numbers; an error for what is no index sum."""
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
        number = compiled_number(expr)
        return lambda s, n: s.read[name]() if name in s.read and name not in n else _constant(number(n))
    if isinstance(expr, Pow) and expr.exp.is_Integer and expr.exp.is_positive and expr.base.has(Indexed):
        base, times = compiled(expr.base), int(expr.exp)
        if times > 64:
            raise OutOfReachError(f"the exponent {times} is larger than 64")
        return lambda s, n: multiplied([base(s, n)] * times)
    value = compiled_number(expr)
    return lambda s, n: _constant(value(n))


def _constant(value: Any) -> Poly:
    return {(): value} if value else {}


def _sum(expr: Sum) -> Evaluator:
    """Loops, the innermost first; a bracket is looked at as soon as its last index has a value."""
    factors = Mul.make_args(expr.function)
    brackets = [f for f in factors if isinstance(f, Iverson)]
    body = compiled(Mul(*(f for f in factors if not isinstance(f, Iverson))))
    for limits in expr.limits:
        here = [f for f in brackets if f.has(limits[0])]
        brackets = [f for f in brackets if f not in here]
        body = _loop(body, limits, here)
    outside = [compiled_condition(f.args[0]) for f in brackets]
    return body if not outside else lambda s, n: body(s, n) if all(holds(n) for holds in outside) else {}


def place_of(brackets: Sequence[Iverson], index: Symbol) -> Expr | None:
    """Where a bracket such as ``[j = 2 i + k]`` leaves the only term of a sum over an index that is not 0."""
    return next(
        (place for place in (_solved(bracket, index) for bracket in brackets) if place is not None), None
    )


@lru_cache(maxsize=1024)
def _solved(bracket: Iverson, index: Symbol) -> Expr | None:
    """The only value of an index for which a bracket can be 1, where it is an equation with a solution."""
    condition = bracket.args[0]
    if not isinstance(condition, Eq) or not condition.has(index):
        return None
    for side, other in (condition.args, condition.args[::-1]):
        if side == index and not other.has(index):
            return other
    gap = expand(condition.lhs - condition.rhs)
    slope = gap.coeff(index, 1)
    rest = expand(gap - slope * index)
    return -rest / slope if slope != 0 and not rest.has(index) else None


#: A sum with more terms than this is not evaluated.
MOST_TERMS = 10**6


def _loop(body: Evaluator, limits: tuple[Symbol, Expr, Expr], brackets: Sequence[Iverson]) -> Evaluator:
    name, (low, high) = limits[0].name, map(compiled_number, limits[1:])
    only, conditions = place_of(brackets, limits[0]), [compiled_condition(f.args[0]) for f in brackets]
    place = None if only is None else compiled_number(only)

    def run(s: Sequences, n: Numbers) -> Poly:
        first, last = ceil(low(n)), floor(high(n))
        if last - first >= MOST_TERMS:
            raise OutOfReachError(f"a sum of more than {MOST_TERMS:,} terms")
        values: Iterable[Any] = range(first, last + 1)
        if place is not None:
            at = place(n)
            values = [int(at)] if first <= at <= last and at == int(at) else []
        terms, inner = [], dict(n)
        for value in values:
            inner[name] = value
            if all(holds(inner) for holds in conditions):
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
    kept = isinstance(expr.args[0], Symbol | Indexed)  # the same polynomial each time it is read

    def run(s: Sequences, n: Numbers) -> Poly:
        ((entry,),) = by(s, n)
        poly = inner(s, n)
        return s.gradient(poly, entry) if kept else gradients(poly).get(entry, {})

    return run


def _overlap(expr: Overlap) -> Evaluator:
    """The operation by its definition: a loop over the entries of its right sequence."""
    left, right, *at = expr.args
    sign, moved = expr.sign, 1 - expr.sign  # how often the base is counted in the place
    (a, wide), (b, narrow) = (
        (str(side.args[0].label), [compiled_number(factor) for factor in side.args[1:]])
        for side in (left, right)
    )
    places = [compiled_number(place) for place in at]

    def run(s: Sequences, n: Numbers) -> Poly:
        terms = []
        starts = [place(n) - moved * s.base for place in places]
        widths, narrows = [f(n) for f in wide], [f(n) for f in narrow]
        for factor in (*widths, *narrows):
            if factor < 1 or factor != int(factor):
                raise EvaluationError(f"upsamples a sequence by {factor}")
        for m in product(*map(range, s.shapes[b])):
            targets = [p + sign * i * q for p, i, q in zip(starts, m, narrows, strict=True)]
            index = [t // w for t, w in zip(targets, widths, strict=True)]
            whole = all(t % w == 0 for t, w in zip(targets, widths, strict=True))
            if whole and s.inside(a, index):
                terms.append(multiplied([s.read[a](*index), s.read[b](*m)]))
        return added(terms)

    return run
