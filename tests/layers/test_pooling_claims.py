"""Claims about pooling layers: averages by their formulas, maxima by their selection."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import symconv as sc
from symconv.errors import GeometryError


def test_claims_about_pooling_are_judged() -> None:
    average = sc.AvgPool("N", "K", stride="s")
    assert average.claim("output", sc.parse("sum(k=0..K - 1) x[s*i + k]/K")).verdict == "proved"
    assert average.claim("output", sc.parse("sum(k=0..K - 1) x[s*i + k]")).verdict == "refuted"
    assert average.claim("output", lambda x, kernel_size, stride, output_size: [
        Fraction(int(sum(x[i * stride : i * stride + kernel_size])), kernel_size) for i in range(output_size)
    ])  # fmt: skip
    largest = sc.MaxPool("N", "K", stride="s")
    assert largest.claim("output", sc.parse("sum(k=0..K - 1) S[i, k]*x[s*i + k]")).verdict == "proved"
    assert largest.claim("output", sc.parse("sum(k=0..K - 1) S[i, k]*x[i + s*k]")).verdict == "refuted"


def test_a_function_that_takes_maxima_is_judged_on_its_input() -> None:
    def largest(x: Any, kernel_size: int, output_size: int) -> list[int]:
        return [max(x[kernel_size * i : kernel_size * (i + 1)]) for i in range(output_size)]

    def last(x: Any, kernel_size: int, output_size: int) -> list[int]:
        return [x[kernel_size * (i + 1) - 1] for i in range(output_size)]

    def routed(x: Any, delta: Any, kernel_size: int, output_size: int) -> list[int]:
        found = [0] * len(x)
        for i in range(output_size):
            window = list(x[kernel_size * i : kernel_size * (i + 1)])
            found[kernel_size * i + window.index(max(window))] += delta[i]
        return found

    layer = sc.MaxPool1d("N", "K")
    assert layer.claim("output", largest).verdict == "verified"
    assert layer.claim("output", last).verdict == "refuted"
    assert layer.claim("grad_input", routed).verdict == "verified"


def test_a_stride_that_is_the_size_of_the_window_is_no_hindrance() -> None:
    """The stride of a pooling layer is its kernel size, which the solver takes as it is."""
    layer = sc.AvgPool("N", "K")
    assert layer.claim("output", sc.parse("sum(k=0..K - 1) x[K*i + k]/K")).verdict == "proved"
    assert layer.claim("output", sc.parse("sum(k=0..min(K - 1, 5)) x[K*i + k]/K")).verdict == "refuted"
    derivation = layer.derive("output")
    assert str(derivation.prove()).endswith("proved for all K, N, by z3")
    assert str(derivation.prove(strides=[5])).endswith(
        "with stride 5, dilation 1, so only for K = 5, by islpy"
    )
    assert sc.AvgPool1d("N", "K", padding=1).derive("output").prove()


def test_claims_are_tried_on_layers_that_can_be() -> None:
    layer = sc.AvgPool1d("N", 1, stride=1, padding="p")
    assert layer.claim("output_size", sc.parse("N")).verdict == "proved"
    largest = sc.MaxPool1d("N", "K", padding="p", stride=1).formula("output")
    with pytest.raises(GeometryError, match=r"2\*p <= K"):
        largest.at(N=4, K=2, p=2)


def test_a_constant_kernel_is_named_in_factors_only() -> None:
    assert sc.AvgPool1d("N", 2).claim("output_size", sc.parse("floor(N/2)")).verdict == "proved"
    assert sc.AvgPool1d("N", 2).claim("grad_input", sc.parse("delta[floor(j/2)]/2")).verdict == "proved"
    assert sc.AvgPool1d("N", 1).claim("output", sc.parse("x[i]")).verdict == "proved"
