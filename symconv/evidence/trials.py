"""Two sides of an equation tried on cases: in arrays, and exactly wherever these see a difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, reduce
from itertools import pairwise, tee
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from sympy import Expr, Symbol

from symconv.evidence.array_models import ArrayModel, degrees
from symconv.evidence.arrays import in_arrays
from symconv.evidence.cases import Cases, NumericModel
from symconv.evidence.lane_values import LaneValue
from symconv.evidence.lanes import Lanes, NotInArraysError, counting, floored, lane_number, unravelled, whole
from symconv.evidence.polynomials import Evaluator, Poly, Sequences, compiled, value_or_reason
from symconv.index_sums.symbols import LayerSymbols

#: Values of the kept indices that are tried in a case: all, in any grid that ends.
MOST_PLACES = 10**6

#: Cases with so many products of outputs and taps are evaluated at once, fewer of them at first.
MOST_PRODUCTS_AT_ONCE, FEWEST_PRODUCTS_AT_ONCE = 2**16, 2**10


#: At how many places of a case something is tried, which its work decides.
Most: TypeAlias = Callable[[NumericModel], int]


class Difference(NamedTuple):
    """Numbers at which two sides differ, and their values there, or why there is none."""

    case: NumericModel
    at: dict[str, int]
    left: Poly | str
    right: Poly | str


class Side:
    """One side of an equation, as both evaluations need it."""

    def __init__(self, setting: LayerSymbols, expr: Expr) -> None:
        self._setting, self._expr, self._refused = setting, expr, False

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy in another process is compiled anew."""
        return Side, (self._setting, self._expr)

    @cached_property
    def exact(self) -> Evaluator:
        """Its polynomial at one place."""
        return compiled(self._expr)

    def require_formula(self) -> None:
        """Raise for what is no index sum, before it is tried anywhere.

        Raises
        ------
        EvaluationError
        """
        compiled(self._expr)

    @cached_property
    def _lanes(self) -> LaneValue | None:
        try:
            return in_arrays(self._expr, degrees(self._setting))
        except NotInArraysError:
            return None

    def at(self, places: Places) -> tuple[Any, Any] | None:
        """Its values in lanes, and the lanes that the exact evaluation must decide; None if that is all."""
        if self._lanes is None:
            return None
        try:
            return places.values(self._lanes)
        except NotInArraysError:
            self._refused = True
            return None

    @property
    def in_arrays(self) -> bool:
        """Whether arrays have evaluated it wherever they were asked."""
        return self._lanes is not None and not self._refused


class Places:
    """Lanes for all values of some kept indices in every case, or for some, evenly from the whole range."""

    def __init__(
        self, model: ArrayModel, kept: Sequence[Symbol], most: Callable[[NumericModel], int]
    ) -> None:
        self.model, self.kept = model, kept
        base, cases = model.base, len(model.cases)
        first = Lanes(model, cases, {}, {"case": np.arange(cases), "lane": np.arange(cases)})
        lasts = [lane_number(model.setting.last(index))(first) for index in kept]
        counts = [first.array(floored(last).number) + 1 for last in lasts]
        total = reduce(np.multiply, counts, np.ones(cases, np.int64))
        _, first_of, which = np.unique(model.cases.work, return_index=True, return_inverse=True)
        most_of = np.array([most(model.cases[at]) for at in first_of.tolist()])
        wanted = np.minimum(total, most_of[which.ravel()])
        case, number = counting(wanted)
        spread = number * (total - 1)[case] // np.maximum(wanted - 1, 1)[case]
        _, indices = unravelled(counts, (case, spread)) if kept else (case, [])
        named = {index.name: whole(i + base) for index, i in zip(kept, indices, strict=True)}
        self.lanes = Lanes(model, len(case), named, {"case": case, "lane": np.arange(len(case))})

    def values(self, evaluate: LaneValue) -> tuple[Any, Any]:
        """The values of an expression in these lanes, and the lanes that the exact evaluation must decide."""
        self.lanes.doubted[:] = False
        values, _ = evaluate(self.lanes)
        return values, self.lanes.doubted.copy()

    def numbers(self, lane: int) -> tuple[NumericModel, dict[str, int]]:
        """The case of a lane, and its indices."""
        case = self.model.cases[self.lanes.kept("case")[lane]]
        return case, {i.name: int(self.lanes.named(i.name).number[lane]) for i in self.kept}


class Trial:
    """Some cases, at whose numbers sides are compared; ``most`` says at how many places of a case."""

    def __init__(
        self, setting: LayerSymbols, cases: Sequence[NumericModel], most: Most, *, extended: bool = False
    ) -> None:
        self._model, self._most = ArrayModel(setting, cases, extended=extended), most
        self._places: dict[tuple[Symbol, ...], Places] = {}
        self._values: dict[tuple[Side, tuple[Symbol, ...]], tuple[Any, Any] | None] = {}
        self._sequences: dict[int, Sequences] = {}

    def differences(self, kept: Sequence[Symbol], left: Side, right: Side) -> Iterator[Difference]:
        """Where two sides differ, by the exact evaluation, at all values of the indices that are open."""
        key = tuple(kept)
        if key not in self._places:
            self._places[key] = Places(self._model, kept, self._most)
        places = self._places[key]
        both = [self._in_lanes(side, key, places) for side in (left, right)]
        lanes = np.arange(places.lanes.count)
        if both[0] is not None and both[1] is not None:
            (a, open_a), (b, open_b) = both[0], both[1]
            (lanes,) = np.nonzero((a != b) | open_a | open_b)
        for lane in lanes.tolist():
            case, index = places.numbers(lane)
            sequences = self._of(case)
            old, new = (
                value_or_reason(side.exact, sequences, {**case.numbers, **index}) for side in (left, right)
            )
            if old != new:
                yield Difference(case, index, old, new)

    def _in_lanes(self, side: Side, key: tuple[Symbol, ...], places: Places) -> tuple[Any, Any] | None:
        """The values of a side, which is often asked for twice, as one of two steps."""
        if (side, key) not in self._values:
            self._values[side, key] = side.at(places)
        return self._values[side, key]

    def _of(self, case: NumericModel) -> Sequences:
        if id(case) not in self._sequences:
            found = case.sequences()
            self._sequences[id(case)] = found.extended() if self._model.extended else found
        return self._sequences[id(case)]


def portions(
    cases: Iterable[NumericModel], products: int = FEWEST_PRODUCTS_AT_ONCE
) -> Iterator[Sequence[NumericModel]]:
    """Cases that are evaluated at once, at first with so many products: few find most faults."""
    if isinstance(cases, Cases):
        ends = (at for at, full in enumerate(_full(cases.work.tolist(), products), 1) if full)
        yield from (cases[first:last] for first, last in pairwise([0, *ends, len(cases)]) if first < last)
        return
    (kept, looked_at), portion = tee(cases), []
    for case, full in zip(kept, _full((case.geometry.work for case in looked_at), products), strict=True):
        portion.append(case)
        if full:
            yield portion
            portion = []
    if portion:
        yield portion


def _full(works: Iterable[int], products: int) -> Iterator[bool]:
    """Whether a portion is full, after each of its cases."""
    work, most = 0, products
    for more in works:
        work += more
        yield work >= most
        if work >= most:
            work, most = 0, min(8 * most, MOST_PRODUCTS_AT_ONCE)
