"""The size relationships of Dumoulin and Visin's guide, in symbols."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Expr, floor, simplify, symbols

import symconv as sc

i, k, s, d, p, a = symbols("I_0 K_0 S_0 D_0 P_0 A_0", integer=True, positive=True)


def conv(**options: Any) -> Expr:
    return sc.Conv1d(i, k, **options).formula("output_size").rhs


def transposed(**options: Any) -> Expr:
    return sc.ConvTranspose1d(i, k, **options).formula("output_size").rhs


def pooled(kind: type[sc.AvgPool] | type[sc.MaxPool], **options: Any) -> Expr:
    return kind(i, k, **options).formula("output_size").rhs


RELATIONSHIPS = {
    "1, no padding, unit stride": (lambda: conv(), i - k + 1),
    "2, padding, unit stride": (lambda: conv(padding=p), i - k + 2 * p + 1),
    "4, full padding": (lambda: conv(padding="full"), i + k - 1),
    "5, no padding, strides": (lambda: conv(stride=s), floor((i - k) / s) + 1),
    "6, padding, strides": (lambda: conv(padding=p, stride=s), floor((i + 2 * p - k) / s) + 1),
    "7, average pooling": (lambda: pooled(sc.AvgPool, stride=s), floor((i - k) / s) + 1),
    "7, maximum pooling": (lambda: pooled(sc.MaxPool, stride=s), floor((i - k) / s) + 1),
    "8, transposed, no padding, unit stride": (lambda: transposed(), i + k - 1),
    "9, transposed, padding, unit stride": (lambda: transposed(padding=p), i + k - 1 - 2 * p),
    "11, transposed, full padding": (lambda: transposed(padding=(k - 1, k - 1)), i - k + 1),
    "12, transposed, strides": (lambda: transposed(stride=s), s * (i - 1) + k),
    "13, transposed, padding, strides": (lambda: transposed(stride=s, padding=p), s * (i - 1) + k - 2 * p),
    "14, transposed, output padding": (
        lambda: transposed(stride=s, padding=p, output_padding=a),
        s * (i - 1) + a + k - 2 * p,
    ),
    "15, dilation": (
        lambda: conv(padding=p, stride=s, dilation=d),
        floor((i + 2 * p - k - (k - 1) * (d - 1)) / s) + 1,
    ),
}


@pytest.mark.parametrize("name", RELATIONSHIPS)
def test_sizes_are_those_of_the_guide(name: str) -> None:
    found, wanted = RELATIONSHIPS[name]
    assert simplify(found() - wanted) == 0, (found(), wanted)


def test_half_padding_keeps_the_size_of_an_odd_kernel() -> None:
    n = symbols("n", integer=True, nonnegative=True)
    made = sc.Conv1d(i, 2 * n + 1, padding="same")
    assert simplify(made.formula("output_size").rhs - i) == 0
    assert simplify(sc.ConvTranspose1d(i, 2 * n + 1, padding=n).formula("output_size").rhs - i) == 0


def test_the_transpose_restores_the_size_up_to_the_stride() -> None:
    for size in range(1, 12):
        for kernel in range(1, min(size, 4) + 1):
            for stride in range(1, 4):
                there = sc.Conv1d(size, kernel, stride=stride)
                left = (size - kernel) % stride
                back = sc.ConvTranspose1d(there.output_size, kernel, stride=stride, output_padding=left)
                assert back.output_size == size
                assert back.matrix == there.matrix.T


@pytest.mark.parametrize("axis", [0, 1])
def test_each_axis_has_its_own_size(axis: int) -> None:
    made = sc.Conv2d(("H", "W"), ("F", "G"), stride=("s", "t"))
    found = made.formula("output_size", axis=axis)
    assert str(found) == ["M_1 = floor((H - F)/s) + 1", "M_2 = floor((W - G)/t) + 1"][axis]
