"""One axis: its sizes, its paddings, its errors, and its enumerated relation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Symbol, floor, symbols

from symconv.errors import GeometryError, OptionError
from symconv.pattern import Axis


@given(
    n=st.integers(1, 30), k=st.integers(1, 8), s=st.integers(1, 6), d=st.integers(1, 5),
    p=st.integers(0, 9), q=st.integers(0, 9), flip=st.booleans(),
)  # fmt: skip
def test_the_relation_is_enumerated_once_and_whole(n, k, s, d, p, q, flip) -> None:
    if n + p + q < d * (k - 1) + 1:
        with pytest.raises(GeometryError, match="spans"):
            Axis.make(n, k, stride=s, dilation=d, padding=(p, q), flip=flip)
        return
    axis = Axis.make(n, k, stride=s, dilation=d, padding=(p, q), flip=flip)
    places = [o for o in range(n + p + q) if s * o + d * (k - 1) < n + p + q]
    assert axis.output_size == len(places)
    expected = [
        (o, t, j)
        for o in places
        for t in range(k)
        for j in range(n)
        if j == s * o + d * (k - 1 - t if flip else t) - p
    ]
    index = axis.incidence().index
    assert list(zip(*(index[role].tolist() for role in ("output", "tap", "input")), strict=True)) == expected


def test_symbolic_sizes_give_the_size_formula() -> None:
    n, k, s, d, p = symbols("N K s d p", integer=True, positive=True)
    axis = Axis.make(n, k, stride=s, dilation=d, padding=p)
    assert axis.output_size == floor((n + 2 * p - d * (k - 1) - 1) / s) + 1
    assert Axis.make("N", 3).output_size == Symbol("N", integer=True, positive=True, nonnegative=True) - 2


@pytest.mark.parametrize(
    ("padding", "k", "d", "expected"),
    [
        ("valid", 3, 1, (0, 0)),
        ("full", 3, 2, (4, 4)),
        ("same", 4, 1, (1, 2)),
        ("same", 3, 2, (2, 2)),
        (2, 3, 1, (2, 2)),
        ((1, 4), 3, 1, (1, 4)),
    ],
)
def test_padding_in_all_its_forms(padding, k, d, expected) -> None:
    axis = Axis.make(9, k, dilation=d, padding=padding)
    assert (axis.before, axis.after) == expected


@pytest.mark.parametrize(
    ("error", "words", "arguments", "options"),
    [
        (GeometryError, "stride is 0: it must be at least 1", (4, 3), {"stride": 0}),
        (GeometryError, "dilation is -1: it must be at least 1", (4, 3), {"dilation": -1}),
        (GeometryError, "input_size is -4", (-4, 3), {}),
        (GeometryError, "input_size is 0", (0, 1), {}),
        (GeometryError, "kernel_size is 0", (4, 0), {}),
        (GeometryError, "padding is -1: it must be at least 0", (4, 3), {"padding": -1}),
        (GeometryError, "a total padding of at least 3", (4, 3), {"dilation": 3}),
        (GeometryError, "keeps the size, which is impossible", (4, 3), {"padding": "same", "stride": 2}),
        (OptionError, "padding is 'ful': did you mean 'full'", (4, 3), {"padding": "ful"}),
        (OptionError, "has 3 entries: write \\(before, after\\)", (4, 3), {"padding": (1, 2, 3)}),
        (OptionError, "stride is 1.5: write a whole number", (4, 3), {"stride": 1.5}),
        (OptionError, "stride is True", (4, 3), {"stride": True}),
        (OptionError, "input_size is 'N\\+1': write a whole number or a name", ("N+1", 3), {}),
        (OptionError, "padding is None", (4, 3), {"padding": None}),
        (GeometryError, "must be a whole number of at least 1", (Symbol("N", negative=True), 3), {}),
    ],
)  # fmt: skip
def test_impossible_geometry_is_refused_with_the_cure(error, words, arguments, options) -> None:
    with pytest.raises(error, match=words):
        Axis.make(*arguments, **options)
