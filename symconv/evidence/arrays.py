"""Evaluation of index sums in arrays: at random entries modulo a prime, for all places of many cases at once.

Nothing here is shared with the rules: a sum is a loop over its limits in every lane, a bracket leaves out
lanes, a derivative is carried along as the second part of each value. Two polynomials of degree d that differ
have the same value at random entries modulo a prime p with a probability of at most d/p (Schwartz and
Zippel); their coefficients are small numbers, so they differ modulo p too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
from sympy import Add, Eq, Expr, Indexed, KroneckerDelta, Mod, Mul, Piecewise, Pow, Sum, Symbol

from symconv.evidence.lane_values import (
    LaneValue,
    Value,
    added,
    constant,
    entry_numbers,
    gathered,
    in_parts,
    times,
    where,
)
from symconv.evidence.lanes import (
    LaneNumber,
    Lanes,
    LaneTruth,
    NotInArraysError,
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

#: No polynomial has a larger degree; with it a step that is wrong passes with a probability below 2/10^9.
MOST_DEGREE = 4


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
        return lambda at: added([part(at) for part in parts])
    if isinstance(expr, Mul):
        return _product(expr, by)
    if isinstance(expr, Indexed):
        letter, indices = _entry(expr)
        return lambda at: at.model.entries(letter, entry_numbers(letter, indices, at), by)
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
        return lambda at: reduce(times, [base(at)] * count)
    return constant(lane_number(expr))


def _truth(holds: LaneTruth) -> LaneValue:
    return lambda at: (at.array(holds(at)).astype(np.int64), None)


def _named(name: str, number: LaneNumber, by: str) -> LaneValue:
    """A size or an index, or a sequence without an index."""
    size = constant(number)

    def run(at: Lanes) -> Value:
        single = at.model.is_single(name)
        found: Value = at.model.entries(name, entry_numbers(name, [], at), by) if single else size(at)
        return found

    return run


def _branches(branches: Sequence[tuple[LaneValue, LaneTruth]]) -> LaneValue:
    """The first whose condition holds."""

    def run(at: Lanes) -> Value:
        open_ = np.ones(at.count, bool)
        found: list[Value] = [(np.zeros(at.count, np.int64), None)]
        for value, holds in branches:
            mine = open_ & at.array(holds(at))
            open_ &= ~mine
            (positions,) = np.nonzero(mine)
            found.append(gathered(value(at.taken(positions)), positions, at.count))
        return added(found)

    return run


def _product(expr: Mul, by: str) -> LaneValue:
    """Brackets first: in lanes where one is 0 nothing else is looked at. Constants are one number."""
    brackets = [lane_truth(part.args[0]) for part in expr.args if isinstance(part, Iverson)]
    rest = [part for part in expr.args if not isinstance(part, Iverson)]
    constants = [part for part in rest if part.is_number]
    factors = [_value(part, by) for part in rest if not part.is_number]
    if constants or not factors:
        factors.append(constant(lane_number(Mul(*constants))))

    def run(at: Lanes) -> Value:
        inner, positions = where(at, brackets)
        found = reduce(times, [factor(inner) for factor in factors])
        return found if inner is at else gathered(found, positions, at.count)

    return run


def _sum(expr: Sum, by: str) -> LaneValue:
    """Loops, and a bracket is looked at as soon as its last index has a value.

    A derivative by an entry that does not depend on the loops is taken of the whole sum, by all entries.
    """
    factors = Mul.make_args(expr.function)
    brackets = [f for f in factors if isinstance(f, Iverson)]
    last = [f for f in factors if isinstance(f, Partial) and not by and not f.args[1].has(*expr.variables)][
        :1
    ]
    body = _value(Mul(*(f for f in factors if f not in brackets and f not in last)), by)
    if last:
        of, entry = last[0].args
        body = _multiplied(body, _value(of, _entry(entry)[0]))
    for limits in _ordered(expr.limits, brackets):
        here = [f for f in brackets if f.has(limits[0])]
        brackets = [f for f in brackets if f not in here]
        body = _loop(body, limits, here)
    outside = [lane_truth(f.args[0]) for f in brackets]

    def run(at: Lanes) -> Value:
        inner, positions = where(at, outside)
        found = body(inner)
        return found if inner is at else gathered(found, positions, at.count)

    if not last:
        return run
    parts = [part for f in factors for part in ([of] if f in last else [f])]
    return _by_all_entries(run, entry, _names(*parts, *(end for limits in expr.limits for end in limits)))


def _multiplied(first: LaneValue, second: LaneValue) -> LaneValue:
    return lambda at: times(first(at), second(at))


def _ordered(limits: Sequence[Any], brackets: Sequence[Iverson]) -> list[Any]:
    """Loops, the innermost first; where a bracket leaves one term, they are as far outside as they can be.

    They stay as they are where something may divide by 0: a loop without terms must not hide that.
    """
    if any(_may_divide_by_zero(part) for part in (*brackets, *(end for _, *both in limits for end in both))):
        return [*limits]
    open_, found = [*reversed(limits)], []
    while open_:
        names = {index for index, *_ in open_}
        known = [bracket for bracket in brackets if len(bracket.free_symbols & names) == 1]
        single = (
            one
            for one in open_
            if not one[1].has(*names) and not one[2].has(*names) and place_of(known, one[0])
        )
        found.append(next(single, open_[0]))
        open_.remove(found[-1])
    return found[::-1]


def _may_divide_by_zero(expr: Expr) -> bool:
    divisors = [remainder.args[1] for remainder in expr.atoms(Mod)]
    divisors += [power.base for power in expr.atoms(Pow) if not power.exp.is_nonnegative]
    return not all(divisor.is_nonzero for divisor in divisors)


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
            return in_parts(at, counts, each)
        found = place(at)
        number = at.array(found.number // found.divisor)
        fits = (first <= number) & (number <= last) & (number * found.divisor == found.number)
        (positions,) = np.nonzero(fits & ~long)
        return inside(at, positions, number[positions])

    def each(at: Lanes, counts: Any) -> Value:
        positions, number = counting(counts)
        return inside(at, positions, at.array(ceiled(low(at)).number)[positions] + number)

    def inside(at: Lanes, positions: Any, values: Any) -> Value:
        inner, kept = where(at.taken(positions, **{name: values}), conditions)
        return gathered(body(inner), positions[kept], at.count)

    return run


def _partial(expr: Partial, by: str) -> LaneValue:
    """The derivative of an entry is looked up; that of a sum is found by all entries at once."""
    of, entry = expr.args
    if by or not isinstance(entry, Symbol | Indexed):
        raise NotInArraysError("a derivative of a derivative")
    letter, indices = _entry(entry)
    if not isinstance(of, Symbol | Indexed):
        return _by_all_entries(_value(of, letter), entry, _names(of))
    inner_letter, inner_indices = _entry(of)

    def run(at: Lanes) -> Value:
        entries = _operand(letter, indices, at)
        numbers = entry_numbers(inner_letter, inner_indices, at)
        return at.model.slope(inner_letter, numbers, letter, entries), None

    return run


def _by_all_entries(inner: LaneValue, entry: Expr, names: Collection[str]) -> LaneValue:
    """The derivative by an entry, of what depends on indices of some names: found once, by all entries."""
    letter, indices = _entry(entry)

    def run(at: Lanes) -> Value:
        entries = _operand(letter, indices, at)
        one, which = at.alike(names)
        _, slopes = inner(one)
        at.doubt(one.doubted[which])
        return at.model.looked_up(slopes, which, letter, entries), None

    return run


def _operand(letter: str, indices: Sequence[LaneNumber], at: Lanes) -> Any:
    """The numbers of the entries of an operand, by which derivatives are taken."""
    if not at.model.is_drawn(letter):
        raise NotInArraysError(f"{letter} is no operand")
    entries = entry_numbers(letter, indices, at)
    at.doubt(entries < 0)
    return entries


def _names(*parts: Expr) -> set[str]:
    return {symbol.name for part in parts for symbol in part.atoms(Symbol)}


def _entry(expr: Symbol | Indexed) -> tuple[str, list[LaneNumber]]:
    """The letter and the indices of an entry."""
    if isinstance(expr, Symbol):
        return expr.name, []
    return str(expr.base.label), [lane_number(i) for i in expr.indices]


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
        return in_parts(at, reduce(np.multiply, extents), each)

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
        met = at.model.entries(a, np.where(fit & inside, flat, -1), by)
        other, _ = at.model.flat(b, case, own)
        return gathered(times(met, at.model.entries(b, other, by)), positions, at.count)

    return run
