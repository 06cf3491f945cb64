"""Values in lanes: numbers modulo a prime, with their derivatives by the entries of a letter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from symconv.evidence.lanes import LaneNumber, Lanes, LaneTruth, NotInArraysError, Ratio, floored

#: Entries are drawn, and values are taken, modulo this prime; so products of two of them fit into 64 bits.
PRIME = 2**31 - 1

#: Constants that are no larger keep the coefficients of a difference below the prime.
MOST_CONSTANT = 2**15

#: So many lanes are evaluated at once; of more, one part after the other.
MOST_LANES = 2**18


class Slopes(NamedTuple):
    """Derivatives that are not 0: of which lane, by which entry, and terms that they are the sum of."""

    lane: Any
    entry: Any
    number: Any


#: Values modulo the prime, and derivatives by the entries of a letter; None if these are 0.
Value: TypeAlias = tuple[Any, Slopes | None]
LaneValue: TypeAlias = Callable[[Lanes], Value]


def added(values: Sequence[Value]) -> Value:
    return sum(value for value, _ in values) % PRIME, joined([slopes for _, slopes in values])


def times(first: Value, second: Value) -> Value:
    (a, more), (b, further) = first, second
    return a * b % PRIME, joined([_scaled(more, b), _scaled(further, a)])


def _scaled(slopes: Slopes | None, values: Any) -> Slopes | None:
    return slopes and slopes._replace(number=slopes.number * values[slopes.lane] % PRIME)


def joined(parts: Sequence[Slopes | None]) -> Slopes | None:
    found = [slopes for slopes in parts if slopes is not None]
    return Slopes(*map(np.concatenate, zip(*found, strict=True))) if len(found) > 1 else (*found, None)[0]


def constant(number: LaneNumber) -> LaneValue:
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


def entry_numbers(letter: str, indices: Sequence[LaneNumber], at: Lanes) -> Any:
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


def where(at: Lanes, conditions: Sequence[LaneTruth]) -> tuple[Lanes, Any]:
    """The lanes in which all conditions hold, and their positions."""
    inner, positions = at, np.arange(at.count)
    for holds in conditions:
        (kept,) = np.nonzero(inner.array(holds(inner)))
        if len(kept) < inner.count:
            inner, positions = inner.taken(kept), positions[kept]
    return inner, positions


def gathered(value: Value, positions: Any, count: int) -> Value:
    """Values added up at the positions of the lanes that they belong to; of up to 2^22 each, exactly."""

    values, slopes = value
    total = np.bincount(positions, values, count).astype(np.int64) % PRIME
    return total, slopes and slopes._replace(lane=positions[slopes.lane])


def in_parts(at: Lanes, counts: Any, each: Callable[[Lanes, Any], Value]) -> Value:
    """What needs several lanes for each, for so few at a time that they are not too many together."""
    if at.count <= 1 or counts.sum() <= MOST_LANES:
        return each(at, counts)
    middle = at.count // 2
    halves = (np.arange(middle), np.arange(middle, at.count))
    (a, more), (b, further) = (in_parts(at.taken(half), counts[half], each) for half in halves)
    later = further and further._replace(lane=further.lane + middle)
    return np.concatenate([a, b]), joined([more, later])
