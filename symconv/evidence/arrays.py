"""Evaluation of index sums in arrays: at random entries modulo a prime, for all places of many cases at once.

Nothing here is shared with the rules: a sum is a loop over its limits in every lane, a bracket leaves out
lanes, a derivative is carried along as the second part of each value. Two polynomials of degree d that differ
have the same value at random entries modulo a prime p with a probability of at most d/p (Schwartz and
Zippel); their coefficients are small numbers, so they differ modulo p too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
from sympy import Add, Eq, Expr, Indexed, KroneckerDelta, Mul, Piecewise, Pow, Sum, Symbol

from symconv.evidence.lanes import (
    LaneNumber,
    Lanes,
    LaneTruth,
    NotInArraysError,
    Ratio,
    ceiled,
    counting,
    floored,
    lane_number,
    lane_truth,
    unravelled,
)
from symconv.evidence.polynomials import MOST_TERMS, place_of
from symconv.index_sums.nodes import Overlap, Partial
from symconv.printing.expressions import Iverson

#: Entries are drawn, and values are taken, modulo this prime; so products of two of them fit into 64 bits.
PRIME = 2**31 - 1

#: No polynomial has a larger degree; with it a step that is wrong passes with a probability below 2/10^9.
MOST_DEGREE = 4

#: Constants that are no larger keep the coefficients of a difference below the prime.
MOST_CONSTANT = 2**15

#: So many lanes are evaluated at once; of more, one part after the other.
MOST_LANES = 2**18

#: Values modulo the prime, and their derivatives by the entry of each lane; None if these are 0.
Value: TypeAlias = tuple[Any, Any]
LaneValue: TypeAlias = Callable[[Lanes], Value]


def in_arrays(expr: Expr, degrees: Mapping[str, int]) -> LaneValue:
    """A function that gives the values of an expression in lanes; an error for what arrays do not evaluate.

    The degree of what each letter stands for must be given.
    """
    if _degree(expr, degrees) > MOST_DEGREE:
        raise NotInArraysError("a degree is too large")
    return _value(expr, "")


def _degree(expr: Any, degrees: Mapping[str, int]) -> int:
    """At most the degree in the entries."""
    if isinstance(expr, Symbol):
        return degrees.get(expr.name, 0)
    if isinstance(expr, Indexed):
        return degrees.get(str(expr.base.label), 0)
    if isinstance(expr, Partial):
        return max(0, _degree(expr.args[0], degrees) - 1)
    if isinstance(expr, Overlap):
        return sum(degrees.get(str(side.args[0].label), 0) for side in expr.args[:2])
    if isinstance(expr, Pow) and expr.exp.is_Integer and expr.exp.is_positive:
        return _degree(expr.base, degrees) * int(expr.exp)
    parts = [_degree(part, degrees) for part in expr.args]
    return sum(parts) if isinstance(expr, Mul) else max(parts, default=0)


def _value(expr: Expr, by: str) -> LaneValue:
    """The same with derivatives by entries of a sequence, unless its letter is empty."""
    if isinstance(expr, Sum):
        return _sum(expr, by)
    if isinstance(expr, Add):
        parts = [_value(part, by) for part in expr.args]
        return lambda at: _added([part(at) for part in parts])
    if isinstance(expr, Mul):
        return _product(expr, by)
    if isinstance(expr, Indexed):
        letter, indices = str(expr.base.label), [lane_number(i) for i in expr.indices]
        return lambda at: at.model.entries(letter, at, _flat(letter, indices, at), by)
    if isinstance(expr, Partial):
        return _partial(expr, by)
    if isinstance(expr, Overlap):
        return _overlap(expr, by)
    if isinstance(expr, Iverson):
        return _truth(lane_truth(expr.args[0]))
    if isinstance(expr, KroneckerDelta):
        return _truth(lane_truth(Eq(*expr.args[:2], evaluate=False)))
    if isinstance(expr, Piecewise):
        return _branches([(_value(value, by), lane_truth(condition)) for value, condition in expr.args])
    if isinstance(expr, Symbol):
        return _named(expr.name, lane_number(expr), by)
    if isinstance(expr, Pow) and expr.exp.is_Integer and expr.exp.is_positive and expr.base.has(Indexed):
        base, count = _value(expr.base, by), int(expr.exp)
        return lambda at: reduce(_times, [base(at)] * count)
    return _constant(lane_number(expr))


def _added(values: Sequence[Value]) -> Value:
    slopes = [slope for _, slope in values if slope is not None]
    return sum(value for value, _ in values) % PRIME, sum(slopes) % PRIME if slopes else None


def _times(first: Value, second: Value) -> Value:
    (a, more), (b, further) = first, second
    slopes = [p * q % PRIME for p, q in ((a, further), (b, more)) if q is not None]
    return a * b % PRIME, sum(slopes) % PRIME if slopes else None


def _truth(holds: LaneTruth) -> LaneValue:
    return lambda at: (at.array(holds(at)).astype(np.int64), None)


def _constant(number: LaneNumber) -> LaneValue:
    def run(at: Lanes) -> Value:
        found = number(at)
        if max(found.most, found.most_divisor) > MOST_CONSTANT:
            raise NotInArraysError("a constant is too large")
        return at.array(modulo_prime(found)), None

    return run


def modulo_prime(number: Ratio) -> Any:
    """Fractions modulo the prime, which none of their denominators is a multiple of."""
    if number.most_divisor == 1:
        return number.number % PRIME
    divisors, which = np.unique(number.divisor, return_inverse=True)
    inverses = np.array([pow(divisor, -1, PRIME) for divisor in divisors.tolist()])
    return number.number % PRIME * inverses[which].reshape(np.shape(number.divisor)) % PRIME


def _named(name: str, number: LaneNumber, by: str) -> LaneValue:
    """A size or an index, or a sequence without an index."""
    constant = _constant(number)

    def run(at: Lanes) -> Value:
        if at.model.is_single(name):
            return at.model.entries(name, at, _flat(name, [], at), by)
        return constant(at)

    return run


def _flat(letter: str, indices: Sequence[LaneNumber], at: Lanes) -> Any:
    """The number of an entry among all of the letter, or -1 where there is none."""
    base, case = at.model.base, at.kept("case")
    extents = at.model.shape(letter)
    if len(extents) != len(indices):
        raise NotInArraysError(f"{letter} has other indices")
    places, fit = [], np.ones(at.count, bool)
    for index in indices:
        found = index(at)
        if found.most_divisor != 1:
            fit &= found.number % found.divisor == 0
        places.append(at.array(floored(found).number - base))
    at.doubt(~fit)
    flat, inside = at.model.flat(letter, case, places)
    if not at.model.extended:
        at.doubt(~inside)
    return np.where(fit & inside, flat, -1)


def _where(at: Lanes, conditions: Sequence[LaneTruth]) -> tuple[Lanes, Any]:
    """The lanes in which all conditions hold, and their positions."""
    inner, positions = at, np.arange(at.count)
    for holds in conditions:
        (kept,) = np.nonzero(inner.array(holds(inner)))
        if len(kept) < inner.count:
            inner, positions = inner.taken(kept), positions[kept]
    return inner, positions


def _gathered(value: Value, positions: Any, count: int) -> Value:
    """Values added up at the positions of the lanes that they belong to; of up to 2^22 each, exactly."""

    def total(numbers: Any) -> Any:
        return np.bincount(positions, numbers, count).astype(np.int64) % PRIME

    return total(value[0]), None if value[1] is None else total(value[1])


def _branches(branches: Sequence[tuple[LaneValue, LaneTruth]]) -> LaneValue:
    """The first whose condition holds."""

    def run(at: Lanes) -> Value:
        open_, found = np.ones(at.count, bool), [(np.zeros(at.count, np.int64), None)]
        for value, holds in branches:
            mine = open_ & at.array(holds(at))
            open_ &= ~mine
            (positions,) = np.nonzero(mine)
            found.append(_gathered(value(at.taken(positions)), positions, at.count))
        return _added(found)

    return run


def _product(expr: Mul, by: str) -> LaneValue:
    """Brackets first: in lanes where one is 0 nothing else is looked at. Constants are one number."""
    brackets = [lane_truth(part.args[0]) for part in expr.args if isinstance(part, Iverson)]
    rest = [part for part in expr.args if not isinstance(part, Iverson)]
    constants = [part for part in rest if part.is_number]
    factors = [_value(part, by) for part in rest if not part.is_number]
    if constants or not factors:
        factors.append(_constant(lane_number(Mul(*constants))))

    def run(at: Lanes) -> Value:
        inner, positions = _where(at, brackets)
        found = reduce(_times, [factor(inner) for factor in factors])
        return found if inner is at else _gathered(found, positions, at.count)

    return run


def _sum(expr: Sum, by: str) -> LaneValue:
    """Loops, the innermost first; a bracket is looked at as soon as its last index has a value."""
    factors = Mul.make_args(expr.function)
    brackets = [f for f in factors if isinstance(f, Iverson)]
    body = _value(Mul(*(f for f in factors if not isinstance(f, Iverson))), by)
    for limits in expr.limits:
        here = [f for f in brackets if f.has(limits[0])]
        brackets = [f for f in brackets if f not in here]
        body = _loop(body, limits, here)
    outside = [lane_truth(f.args[0]) for f in brackets]

    def run(at: Lanes) -> Value:
        inner, positions = _where(at, outside)
        found = body(inner)
        return found if inner is at else _gathered(found, positions, at.count)

    return run


def _loop(body: LaneValue, limits: tuple[Symbol, Expr, Expr], brackets: Sequence[Iverson]) -> LaneValue:
    name, (low, high) = limits[0].name, map(lane_number, limits[1:])
    only = place_of(brackets, limits[0])
    place = None if only is None else lane_number(only)
    conditions = [lane_truth(f.args[0]) for f in brackets]

    def run(at: Lanes) -> Value:
        first, last = at.array(ceiled(low(at)).number), at.array(floored(high(at)).number)
        long = last - first >= MOST_TERMS
        at.doubt(long)
        counts = np.where(long, 0, np.maximum(last - first + 1, 0))
        if place is None:
            return _in_parts(at, counts, each)
        found = place(at)
        number = at.array(found.number // found.divisor)
        fits = (first <= number) & (number <= last) & (number * found.divisor == found.number)
        (positions,) = np.nonzero(fits & ~long)
        return inside(at, positions, number[positions])

    def each(at: Lanes, counts: Any) -> Value:
        positions, number = counting(counts)
        return inside(at, positions, at.array(ceiled(low(at)).number)[positions] + number)

    def inside(at: Lanes, positions: Any, values: Any) -> Value:
        inner, kept = _where(at.taken(positions, **{name: values}), conditions)
        return _gathered(body(inner), positions[kept], at.count)

    return run


def _in_parts(at: Lanes, counts: Any, each: Callable[[Lanes, Any], Value]) -> Value:
    """What needs several lanes for each, for so few at a time that they are not too many together."""
    if at.count <= 1 or counts.sum() <= MOST_LANES:
        return each(at, counts)
    middle = at.count // 2
    halves = (np.arange(middle), np.arange(middle, at.count))
    (a, more), (b, further) = (_in_parts(at.taken(half), counts[half], each) for half in halves)
    slopes = None
    if more is not None or further is not None:
        parts = ((a, more), (b, further))
        slopes = np.concatenate([np.zeros_like(v) if slope is None else slope for v, slope in parts])
    return np.concatenate([a, b]), slopes


def _partial(expr: Partial, by: str) -> LaneValue:
    entry = expr.args[1]
    if by or not isinstance(entry, Symbol | Indexed):
        raise NotInArraysError("a derivative of a derivative")
    letter = str(entry.base.label) if isinstance(entry, Indexed) else entry.name
    indices = [lane_number(i) for i in entry.indices] if isinstance(entry, Indexed) else []
    inner = _value(expr.args[0], letter)

    def run(at: Lanes) -> Value:
        if not at.model.is_drawn(letter):
            raise NotInArraysError(f"{letter} is no operand")
        entries = _flat(letter, indices, at)
        at.doubt(entries < 0)
        _, slope = inner(at.derived(entries))
        return np.zeros(at.count, np.int64) if slope is None else slope, None

    return run


def _overlap(expr: Overlap, by: str) -> LaneValue:
    """The operation by its definition: a loop over the entries of its right sequence."""
    left, right, *at_places = expr.args
    sign, moved = expr.sign, 1 - expr.sign  # how often the base is counted in the place
    (a, wide), (b, narrow) = (
        (str(side.args[0].label), [lane_number(factor) for factor in side.args[1:]]) for side in (left, right)
    )
    places = [lane_number(place) for place in at_places]

    def factors(at: Lanes, numbers: Sequence[LaneNumber]) -> list[Any]:
        """By how much each axis is upsampled; no value where it is by less than 1."""
        found = [number(at) for number in numbers]
        if any(f.most_divisor != 1 for f in found):
            raise NotInArraysError("an upsampling by a fraction")
        for f in found:
            at.doubt(f.number < 1)
        return [np.maximum(at.array(f.number), 1) for f in found]

    def run(at: Lanes) -> Value:
        extents = [extent[at.kept("case")] for extent in at.model.shape(b)]
        if len(extents) != len(places) or len(at.model.shape(a)) != len(places):
            raise NotInArraysError("other indices than the sequences have")
        return _in_parts(at, reduce(np.multiply, extents), each)

    def each(at: Lanes, counts: Any) -> Value:
        extents = [extent[at.kept("case")] for extent in at.model.shape(b)]
        positions, own = unravelled(extents, counting(counts))
        inner = at.taken(positions)
        widths, narrows = factors(inner, wide), factors(inner, narrow)
        index, fit = [], np.ones(inner.count, bool)
        for number, m, width, step in zip(places, own, widths, narrows, strict=True):
            place = number(inner)
            target = floored(place).number - moved * at.model.base + sign * m * step
            fit &= (place.number % place.divisor == 0) & (target % width == 0)
            index.append(target // width)
        case = inner.kept("case")
        flat, inside = at.model.flat(a, case, index)
        met = at.model.entries(a, inner, np.where(fit & inside, flat, -1), by)
        other, _ = at.model.flat(b, case, own)
        return _gathered(_times(met, at.model.entries(b, inner, other, by)), positions, at.count)

    return run
