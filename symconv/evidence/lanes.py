"""Sizes, indices and conditions at many places at once: expressions compiled to functions of arrays.

A lane is one place at which an expression is evaluated: a case, with values of the indices that are open
there. Numbers are fractions of whole numbers in arrays, and exact: whatever could become too large for 64
bits, or is no arithmetic of fractions, is refused, and the exact evaluation takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import reduce
from operator import eq, ge, gt, le, lt, ne
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import sympy
from sympy import Add, And, Eq, Expr, Ge, Gt, Le, Lt, Max, Min, Mod, Mul, Ne, Or, Pow, Symbol

from symconv.printing.expressions import Iverson

#: Whole numbers in an array, or one for all lanes.
Whole: TypeAlias = Any

#: Numbers of a larger size are refused: products of two of them, and sums of a few, fit into 64 bits.
LARGEST = 2**30


class NotInArraysError(Exception):
    """An expression that arrays do not evaluate; it is left to the exact evaluation."""


class Ratio(NamedTuple):
    """Fractions, each in its lane; their denominators are positive. No number in them is larger than said."""

    number: Whole
    divisor: Whole = 1
    most: int = 1
    most_divisor: int = 1


def ratio(number: Whole, divisor: Whole = 1, most: int = 1, most_divisor: int = 1) -> Ratio:
    """Fractions, if they are small enough."""
    if max(most, most_divisor) > LARGEST:
        raise NotInArraysError("a number is too large")
    return Ratio(number, divisor, most, most_divisor)


def whole(numbers: np.ndarray[Any, Any]) -> Ratio:
    """Whole numbers in an array, with what they are at the most."""
    return ratio(numbers, 1, int(np.abs(numbers).max(initial=0)))


class Lanes:
    """Places at which an expression is evaluated, with the numbers of their sizes and indices by name.

    Lanes are taken from others, of which they are some, or several of each. What is named in the others is
    looked up when it is asked for.
    """

    def __init__(
        self,
        model: Any,
        count: int,
        values: Mapping[str, Ratio],
        kept: Mapping[str, Any],
        above: tuple[Lanes, Any] | None = None,
    ) -> None:
        self.model, self.count, self._values, self._kept = model, count, dict(values), dict(kept)
        self._above = above
        self.doubted: Any = np.zeros(count, bool) if above is None or "lane" in kept else above[0].doubted

    def named(self, name: str) -> Ratio:
        """The numbers of a size or an index."""
        if name not in self._values:
            if self._above is None:
                found = self.model.size(name)
                self._values[name] = found._replace(number=found.number[self.kept("case")])
            else:
                lanes, positions = self._above
                found = lanes.named(name)
                self._values[name] = found._replace(number=found.number[positions])
        return self._values[name]

    def kept(self, what: str) -> Any:
        """The number of each lane's case, or of the lane that is in doubt where this is."""
        if what not in self._kept:
            assert self._above is not None
            lanes, positions = self._above
            self._kept[what] = lanes.kept(what)[positions]
        return self._kept[what]

    def taken(self, positions: Any, **indices: Any) -> Lanes:
        """Those at some positions, with further indices."""
        named = {name: whole(numbers) for name, numbers in indices.items()}
        return Lanes(self.model, len(positions), named, {}, (self, positions))

    def alike(self, names: Collection[str]) -> tuple[Lanes, Any]:
        """Lanes that differ in their case or in indices of some names, and which of them each is like."""
        key, most = self.kept("case"), len(self.model.cases)
        for index in (self.named(name) for name in sorted(names) if self._is_index(name)):
            most *= 2 * index.most + 1
            if most > LARGEST**2:
                raise NotInArraysError("there are too many indices")
            key = key * (2 * index.most + 1) + index.number + index.most
        _, first, which = np.unique(key, return_index=True, return_inverse=True)
        count = len(first)
        return Lanes(self.model, count, {}, {"lane": np.arange(count)}, (self, first)), which

    def _is_index(self, name: str) -> bool:
        return name in self._values or (self._above is not None and self._above[0]._is_index(name))

    def array(self, numbers: Any) -> Any:
        """What may be one number for all, as an array."""
        return numbers if np.shape(numbers) else np.broadcast_to(numbers, (self.count,))

    def doubt(self, where: Any) -> None:
        """Mark lanes that the exact evaluation must decide: they read outside a sequence, or divide by 0."""
        if np.any(where):
            self.doubted[self.kept("lane")[self.array(where)]] = True


#: An expression of sizes and indices as a function of lanes, and a condition.
LaneNumber: TypeAlias = Callable[[Lanes], Ratio]
LaneTruth: TypeAlias = Callable[[Lanes], Any]


def plus(a: Ratio, b: Ratio) -> Ratio:
    """The sum of fractions."""
    if a.divisor is b.divisor or (a.most_divisor == b.most_divisor == 1):
        return ratio(a.number + b.number, a.divisor, a.most + b.most, a.most_divisor)
    most = a.most * b.most_divisor + b.most * a.most_divisor
    top = a.number * b.divisor + b.number * a.divisor
    return ratio(top, a.divisor * b.divisor, most, a.most_divisor * b.most_divisor)


def times(a: Ratio, b: Ratio) -> Ratio:
    """The product of fractions."""
    most = a.most * b.most
    return ratio(a.number * b.number, a.divisor * b.divisor, most, a.most_divisor * b.most_divisor)


def floored(a: Ratio) -> Ratio:
    """The largest whole numbers that are not larger."""
    return a if a.most_divisor == 1 else ratio(a.number // a.divisor, 1, a.most + 1)


def ceiled(a: Ratio) -> Ratio:
    """The smallest whole numbers that are not smaller."""
    return a if a.most_divisor == 1 else ratio(-(-a.number // a.divisor), 1, a.most + 1)


def compared(compare: Callable[[Any, Any], Any], a: Ratio, b: Ratio) -> Any:
    """How fractions compare."""
    return compare(a.number * b.divisor, b.number * a.divisor)


def _chosen(compare: Callable[[Any, Any], Any]) -> Callable[[Ratio, Ratio], Ratio]:
    """The larger or the smaller of two."""

    def choose(a: Ratio, b: Ratio) -> Ratio:
        first = compared(compare, a, b)
        divisor = 1 if a.most_divisor == b.most_divisor == 1 else np.where(first, a.divisor, b.divisor)
        number = np.where(first, a.number, b.number)
        return Ratio(number, divisor, max(a.most, b.most), max(a.most_divisor, b.most_divisor))

    return choose


def _inverse(a: Ratio, at: Lanes) -> Ratio:
    """1 over fractions; a lane that divides by 0 is in doubt."""
    zero = a.number == 0
    at.doubt(zero)
    sign = np.where(a.number < 0, -1, 1)
    return ratio(sign * a.divisor, np.where(zero, 1, np.abs(a.number)), a.most_divisor, max(a.most, 1))


def lane_number(expr: Expr) -> LaneNumber:
    """A function that gives the numbers that an expression of sizes and indices is."""
    if isinstance(expr, Symbol):
        name = expr.name
        return lambda at: at.named(name)
    if expr.is_Rational:
        number = ratio(int(expr.p), int(expr.q), abs(int(expr.p)), int(expr.q))
        return lambda at: number
    if isinstance(expr, Iverson):
        holds = lane_truth(expr.args[0])
        return lambda at: Ratio(at.array(holds(at)).astype(np.int64))
    if isinstance(expr, Pow):
        return _power(expr)
    if isinstance(expr, Mod):
        return _remainder(*map(lane_number, expr.args))
    folded = next((fold for kind, fold in _FOLDS.items() if isinstance(expr, kind)), None)
    if folded is not None:
        parts = [lane_number(part) for part in expr.args]
        return lambda at: reduce(folded, [part(at) for part in parts])
    applied = next((apply for kind, apply in _APPLIED.items() if isinstance(expr, kind)), None)
    if applied is None:
        raise NotInArraysError(f"{type(expr).__name__} is not evaluated in arrays")
    inner = lane_number(expr.args[0])
    return lambda at: applied(inner(at))


def _power(expr: Pow) -> LaneNumber:
    if not expr.exp.is_Integer or abs(int(expr.exp)) > 64:
        raise NotInArraysError("an exponent is open, or large")
    base, count = lane_number(expr.base), abs(int(expr.exp))
    inverse = int(expr.exp) < 0

    def run(at: Lanes) -> Ratio:
        power = reduce(times, [base(at)] * count, Ratio(1))
        return _inverse(power, at) if inverse else power

    return run


def _remainder(number: LaneNumber, divisor: LaneNumber) -> LaneNumber:
    def run(at: Lanes) -> Ratio:
        a, b = number(at), divisor(at)
        if a.most_divisor == b.most_divisor == 1:
            zero = b.number == 0
            at.doubt(zero)
            return Ratio(a.number % np.where(zero, 1, b.number), 1, b.most)
        count = floored(times(a, _inverse(b, at)))
        return plus(a, times(Ratio(-1), times(count, b)))

    return run


_FOLDS: Mapping[type, Callable[[Ratio, Ratio], Ratio]] = {
    Add: plus,
    Mul: times,
    Max: _chosen(ge),
    Min: _chosen(le),
}
_APPLIED: Mapping[type, Callable[[Ratio], Ratio]] = {
    sympy.floor: floored,
    sympy.ceiling: ceiled,
    sympy.Abs: lambda a: a._replace(number=np.abs(a.number)),
}
_COMPARE: Mapping[type, Callable[[Any, Any], Any]] = {Eq: eq, Ne: ne, Le: le, Lt: lt, Ge: ge, Gt: gt}


def lane_truth(condition: Any) -> LaneTruth:
    """A function that tells in which lanes a condition holds."""
    if isinstance(condition, And | Or):
        parts = [lane_truth(part) for part in condition.args]
        combine = np.logical_and if isinstance(condition, And) else np.logical_or
        return lambda at: reduce(combine, [part(at) for part in parts])
    if condition in (True, False):
        decided = bool(condition)
        return lambda at: decided
    compare = _COMPARE.get(type(condition))
    if compare is None:
        raise NotInArraysError(f"{type(condition).__name__} is not evaluated in arrays")
    left, right = (lane_number(side) for side in condition.args)
    return lambda at: compared(compare, left(at), right(at))


def unravelled(counts: Sequence[Any], chosen: tuple[Any, Any] | None = None) -> tuple[Any, list[Any]]:
    """Every combination of indices that count to some numbers, case after case, row-major.

    It gives the case of each, and its indices. Without ``chosen``, the cases and the numbers of the
    combinations in each that are wanted, it gives all.
    """
    case, number = chosen or counting(reduce(np.multiply, counts))
    found = []
    for count in reversed(counts):
        number, index = np.divmod(number, count[case])
        found.append(index)
    return case, found[::-1]


def counting(counts: Any) -> tuple[Any, Any]:
    """So many numbers from 0 on for each place: the place of each, and the number."""
    place = np.repeat(np.arange(len(counts)), counts)
    return place, np.arange(len(place)) - (np.cumsum(counts) - counts)[place]
