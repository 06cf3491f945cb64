"""Evaluation in arrays: the values of the exact polynomials, wherever these exist, and a doubt elsewhere."""

from __future__ import annotations

import sys
from fractions import Fraction
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, reject
from hypothesis import strategies as st
from sympy import (
    Abs,
    Add,
    And,
    Eq,
    Expr,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Le,
    Max,
    Min,
    Mod,
    Mul,
    Or,
    Piecewise,
    Pow,
    Rational,
    S,
    Sum,
    Symbol,
    ceiling,
    floor,
)

import symconv as sc
from symconv.evidence.array_models import ArrayModel
from symconv.evidence.cases import NumericModel, geometries
from symconv.evidence.lane_values import PRIME
from symconv.evidence.polynomials import Poly, value_or_reason
from symconv.evidence.scalars import OutOfReachError
from symconv.evidence.trials import MOST_PLACES, Places, Side, Trial, portions
from symconv.index_sums.nodes import Convolution, Correlation, Iverson, Partial, Upsampled
from symconv.index_sums.symbols import LayerSymbols, kept_indices
from tests.tiers import law, tiers

# SymPy takes random sums apart by recursion, the deeper the less of them it has seen before.
sys.setrecursionlimit(max(4000, sys.getrecursionlimit()))

LAYERS = {
    "plain": lambda: sc.Conv1d("N", "K", stride="s", dilation="d", padding="p", bias=True),
    "counts from 1": lambda: sc.Conv1d("N", "K", stride="s", padding="p", notation=sc.Notation(base=1)),
    "transposed": lambda: sc.ConvTranspose1d("N", "K", stride="s", padding="p", output_padding="q"),
    "circular": lambda: sc.Conv1d("N", "K", padding="p", padding_mode="circular", flip=True),
    "average": lambda: sc.AvgPool1d("N", "K", stride="s", padding="p", count_include_pad=False),
    "average by windows": lambda: sc.AvgPool1d("N", 3, stride=2, ceil_mode=True),
    "maximum": lambda: sc.MaxPool1d("N", "K", stride="s", channels="C"),
    "plane": lambda: sc.Conv2d(("H", "W"), 2, in_channels="C", out_channels="D", padding=1, bias=True),
    "groups": lambda: sc.Conv1d("N", 2, in_channels=4, out_channels=2, groups=2, batch="B", stride=2),
    "open groups": lambda: sc.Conv1d("N", "K", in_channels="C", out_channels="D", groups="G"),
}
QUANTITIES = ("output_size", "output", "matrix", "windows", "grad_input", "grad_kernel", "grad_bias")


@cache
def setting(name: str) -> LayerSymbols:
    return LAYERS[name]().closed.symbols


@cache
def some_cases(name: str) -> list[NumericModel]:
    every = [case for case in geometries(setting(name)) if case.geometry.work <= 60]
    return every[:: max(1, len(every) // (6 if setting(name).several else 20))]


def at_entries(poly: Poly, model: ArrayModel, case: int) -> int:
    """An exact polynomial at the entries of a model."""
    total = 0
    for monomial, coefficient in poly.items():
        value = Fraction(coefficient)
        term = value.numerator * pow(value.denominator, -1, PRIME)
        for letter, index in monomial:
            number, _ = model.flat(letter, np.array([case]), [np.array([i]) for i in index])
            term = term * int(model.drawn(letter)[number[0]]) % PRIME
        total += term
    return total % PRIME


def compare(name: str, expr: Expr, kept: list[Symbol], *, extended: bool = False) -> tuple[int, int]:
    """How many values in lanes are those of the polynomials, and how many there are not; both are checked."""
    cases = some_cases(name)
    model = ArrayModel(setting(name), cases, extended=extended)
    places = Places(model, kept, lambda _: 12)
    side = Side(setting(name), expr)
    found = side.at(places)
    if found is None:
        return 0, 0
    values, doubted = found
    letters = [case.sequences().extended() if extended else case.sequences() for case in cases]
    equal = undefined = 0
    for lane in range(places.lanes.count):
        case, index = places.numbers(lane)
        sequences = letters[cases.index(case)]
        exact = value_or_reason(side.exact, sequences, {**case.numbers, **index})
        if isinstance(exact, str):
            assert doubted[lane], f"{exact}: {expr} at {case.sizes}, {index}"
        if doubted[lane]:
            undefined += 1
            continue
        equal += 1
        wanted = at_entries(exact, model, cases.index(case))
        assert values[lane] == wanted, f"{expr} at {case.sizes}, {index}"
    return equal, undefined


# What random expressions are made of: sizes, the kept index i, the indices of sums, and fractions.

N, K, s, d, p, M, i = (Symbol(name, integer=True) for name in ("N", "K", "s", "d", "p", "M", "i"))
x, w, delta, y, padded = map(IndexedBase, ("x", "w", "delta", "y", "xpad"))
BOUND = [Symbol(name, integer=True) for name in ("a", "c", "e")]


@st.composite
def scalars(draw: Any, names: list[Symbol], depth: int = 2) -> Expr:
    """Expressions of sizes and indices, some of them fractions, some undefined at some numbers."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([*names, Integer(draw(st.integers(-3, 4)))]))
    a, b = draw(scalars(names, depth - 1)), draw(scalars(names, depth - 1))
    numbers = st.integers(2, 3)
    return draw(
        st.sampled_from(
            [
                lambda: a + b,
                lambda: a - b,
                lambda: a * b,
                lambda: a / draw(numbers),
                lambda: a / b if b.free_symbols else a,
                lambda: floor(a / draw(numbers)),
                lambda: ceiling(a / (s + draw(numbers) - 2)),
                lambda: Max(a, b),
                lambda: Min(a, b),
                lambda: Mod(a, draw(numbers)),
                lambda: Mod(a, b) if b.free_symbols else a,
                lambda: Abs(a),
                lambda: Pow(a, 2),
                lambda: Iverson(Le(a, b, evaluate=False)),
            ]
        )
    )()


@st.composite
def conditions(draw: Any, names: list[Symbol]) -> Any:
    a, b, c = (draw(scalars(names, 1)) for _ in range(3))
    return draw(
        st.sampled_from(
            [
                Eq(a, b, evaluate=False),
                And(Le(0, a, evaluate=False), Le(a, b, evaluate=False), evaluate=False),
                Or(Eq(a, c, evaluate=False), Le(b, c, evaluate=False), evaluate=False),
                Eq(Mod(a, 2, evaluate=False), 0, evaluate=False),
                Eq(draw(st.sampled_from(names)), b, evaluate=False),
            ]
        )
    )


@st.composite
def sums(draw: Any, names: list[Symbol], left: list[Symbol], degree: int = 2) -> Expr:
    """Expressions in entries: sums with brackets, products, derivatives, branches and operations."""
    kind = draw(st.integers(0, 9))
    index = draw(scalars(names, 1))
    if kind <= 2 and left:
        bound, rest = left[0], left[1:]
        inside = [*names, bound]
        factors = [Iverson(draw(conditions(inside))) for _ in range(draw(st.integers(0, 2)))]
        body = Mul(*factors, draw(sums(inside, rest, degree)))
        low, high = draw(scalars(names, 1)), draw(st.sampled_from([K - 1, N - 1, M - 1, index]))
        try:
            return Sum(body, (bound, low, high))
        except TypeError:  # SymPy divides by 0 when it folds the branches of such a body
            reject()
    if kind == 3 and degree > 1:
        return draw(sums(names, left, 1)) * draw(sums(names, left, 1))
    if kind == 4:
        return Add(draw(sums(names, left, degree)), draw(scalars(names, 2)))
    if kind == 5 and left:
        inner = draw(sums([*names], left[1:], degree))
        by = draw(st.sampled_from([x[index], w[index], delta[index]]))
        return Partial(inner, by)
    if kind == 6:
        first = draw(sums(names, left, 1)), draw(conditions(names))
        return Piecewise(first, (index, True), evaluate=False)
    if kind == 7:
        operation = draw(st.sampled_from([Convolution, Correlation]))
        return operation(Upsampled(x, draw(scalars([s, d], 0))), Upsampled(w, s), index)
    if kind == 8:
        return draw(scalars(names, 1)) * KroneckerDelta(index, draw(st.sampled_from(names))) * x[index]
    return draw(st.sampled_from([x, w, delta, y, padded]))[index] * draw(scalars(names, 1))


@law(30, 750, expr=sums([N, K, s, d, p, M, i], BOUND), extended=st.booleans())
def test_arrays_give_the_values_of_exact_polynomials(expr: Expr, extended: bool) -> None:
    assume(not expr.has(S.NaN, S.ComplexInfinity))
    compare("plain", expr, [i], extended=extended and not expr.has(Partial))


@pytest.mark.parametrize(
    ("expr", "defined", "undefined"),
    [
        (Sum(w[BOUND[0]] * x[i + BOUND[0]], (BOUND[0], 0, K - 1)), True, True),
        (Sum(w[BOUND[0]] * padded[s * i + d * BOUND[0]], (BOUND[0], 0, K - 1)), True, False),
        (Iverson(Le(i, N - 1)) * x[Min(i, N - 1)] / K, True, False),
        (x[i / 2], True, True),
        (x[0] / (i - 1), True, True),
        (Iverson(Eq(i, -1, evaluate=False)) * x[N], True, False),
        (Sum(x[N], (BOUND[0], 0, -1)), True, False),
        (Partial(Symbol("L"), x[0]), True, False),
        (Partial(Sum(delta[BOUND[0]] * y[BOUND[0]], (BOUND[0], 0, M - 1)), w[0]), True, False),
        (Convolution(Upsampled(delta, s), Upsampled(w, d), i + p), True, False),
        (Correlation(Upsampled(x, i), Upsampled(w, 1), i), True, True),
        (w[0] ** 2 * x[0], True, False),
        (Rational(1, 3) * x[0] + Symbol("b"), True, False),
    ],
    ids=str,
)
def test_arrays_see_what_is_defined(expr: Expr, defined: bool, undefined: bool) -> None:
    equal, not_there = compare("plain", expr, [i])
    assert (equal > 0, not_there > 0) == (defined, undefined)


@pytest.mark.parametrize("name", tiers(LAYERS, {"plain", "groups"}))
def test_every_step_has_the_values_of_its_polynomials(name: str) -> None:
    layer = LAYERS[name]()
    compared = 0
    for quantity in QUANTITIES:
        try:
            derivation = layer.derive(quantity)
        except sc.SymconvError:
            continue
        for line, sides in zip(derivation._lines, derivation._trials.sides, strict=True):
            for side in sides:
                equal, undefined = compare(name, side._expr, kept_indices(setting(name), line.left))
                assert equal > 0, f"{quantity}: {side._expr} is left to the exact evaluation"
                assert undefined == 0
                compared += equal
    assert compared > 100


def test_what_arrays_cannot_do_is_left_to_the_exact_evaluation() -> None:
    """An exponent that is open, a number that is too large, a degree above the bound that reports state."""
    model = ArrayModel(setting("plain"), some_cases("plain"))
    places = Places(model, [i], lambda _: 3)
    for expr in (2**K * x[0], x[0] ** 5, Integer(2) ** 40 * x[0], N**64 * x[0], Symbol("g") * x[0]):
        side = Side(setting("plain"), expr)
        assert side.at(places) is None
        assert not side.in_arrays
    large, small = (Side(setting("plain"), factor * x[0]) for factor in (PRIME + 1, 1))
    trial = Trial(setting("plain"), some_cases("plain"), lambda _: MOST_PLACES)
    assert next(trial.differences([i], large, small)).left == {(("x", (0,)),): PRIME + 1}
    long = Side(setting("plain"), Sum(x[0], (BOUND[0], 1, 10**7)))
    with pytest.raises(OutOfReachError):
        next(trial.differences([i], long, small))


@law(25, 400, factor=st.sampled_from(["", "2*", "[i > 0]*", "(1 + [N = 2])*"]), data=st.data())
def test_wrong_formulas_are_found(factor: str, data: Any) -> None:
    """Of a sum whose limits, index or coefficient are moved, unless that changes nothing anywhere."""
    low, high, shift = (data.draw(st.integers(-1, 1)) for _ in range(3))
    written = f"{factor}sum(k={low}..K - 1 + ({high})) w[k] x[s i + k + ({shift})]"
    right = factor == "" and low <= 0 <= high and shift == 0  # entries outside of w are 0
    found = sc.Conv1d("N", "K", stride="s").claim("output", written)
    assert bool(found) == right


def test_differences_are_those_of_the_exact_evaluation() -> None:
    """In the same order: the first is what a report shows."""
    name, layer = "plain", LAYERS["plain"]()
    derivation = layer.derive("grad_input")
    kept = kept_indices(setting(name), derivation._lines[0].left)
    ((left, _), *_) = derivation._trials.sides
    wrong = Side(setting(name), left._expr + Iverson(Eq(Mod(kept[0], 3), 2)) * delta[0])
    found = []
    for portion in portions(some_cases(name)):
        trial = Trial(setting(name), portion, lambda _: MOST_PLACES)
        found += [(one.case.sizes, one.at) for one in trial.differences(kept, left, wrong)]
    wanted = []
    for case in some_cases(name):
        sequences = case.sequences()
        for index in case.places(kept):
            numbers = {**case.numbers, **index}
            if left.exact(sequences, numbers) != wrong.exact(sequences, numbers):
                wanted.append((case.sizes, index))
    assert found == wanted != []


def test_entries_are_drawn_alike_in_every_run() -> None:
    models = [ArrayModel(setting("plain"), some_cases("plain")) for _ in range(2)]
    first, second = (model.drawn("x") for model in models)
    assert (first == second).all()
    assert not (models[0].drawn("x")[:9] == models[0].drawn("delta")[:9]).any()
    assert 0.4 < np.mean(first[:-1]) / PRIME < 0.6


def test_a_wide_grid_has_ten_times_as_many_cases() -> None:
    for name in ("plain", "plane", "counts from 1"):
        narrow, wide = (sum(1 for _ in geometries(setting(name), wide=w)) for w in (False, True))
        assert wide > 9 * narrow


def test_portions_leave_no_case_out() -> None:
    cases = list(islice(geometries(setting("plain")), 300))
    assert [case for portion in portions(cases) for case in portion] == cases
    assert len(next(portions(cases))) < len(cases)
