"""Layers of a chain in words, and the conventions that its gradients rest on."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

import symconv as sc
from symconv.network.described import layers_told
from symconv.notes.model import plain


def hinge(z: Any) -> Any:
    return sympy.Max(0, 1 - z)


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (sc.Conv1d(12, 8), "a cross-correlation of 12 inputs with a kernel of 8 weights, without bias"),
        (sc.Conv1d(5, 1, stride=2, bias=True),
         "a cross-correlation of 5 inputs with a kernel of 1 weight, stride 2, with bias"),
        (sc.Conv2d(5, 3), "a cross-correlation of a 5×5 input with a 3×3 kernel, without bias"),
        (sc.AvgPool1d(5, 2), "average pooling of 5 inputs in windows of 2"),
        (sc.Dense(3, 2), "a dense layer with 3 inputs and 2 outputs, without bias"),
    ],
)  # fmt: skip
def test_a_layer_is_told_by_its_kernel_its_unusual_settings_and_its_bias(layer: Any, told: str) -> None:
    assert plain(layers_told(sc.Chain(layer).stages)) == f"Layer 1 is {told}."


@pytest.mark.parametrize(
    ("function", "place", "told", "slope"),
    [
        ("relu", 0, "At 0, where ReLU has no derivative, its derivative is taken to be 0.", 0),
        ("leaky_relu", 0, "At 0, where leaky ReLU has no derivative, its derivative is taken to be 1/100.",
         sympy.Rational(1, 100)),
        (sympy.Abs, 0, "At 0, where Abs has no derivative, its derivative is taken to be 0.", 0),
        (hinge, 1, "At 1, where hinge has no derivative, its derivative is taken to be -1/2.",
         -sympy.Rational(1, 2)),
    ],
)  # fmt: skip
def test_what_is_taken_for_a_derivative_where_there_is_none_is_told_once(
    function: Any, place: int, told: str, slope: Any
) -> None:
    net = sc.Chain(sc.Dense(1, 1), sc.Activation(function), loss="half_squared_error")
    net = net.at(x=[place], w=[[[1]]], target=[-1])
    assert str(net.notes()).count(told) == 1
    assert net.quantity("delta", layer=1)[0] == slope


def test_which_of_equal_maxima_receives_the_gradient_is_told_once() -> None:
    net = sc.Chain(
        sc.MaxPool1d(4, 2), sc.Activation("leaky_relu"), sc.MaxPool1d(None, 2), sc.Activation("relu")
    )
    text = str(net.notes())
    assert text.count("If several entries of a window are the largest, the first of them receives") == 1
    told = (
        "At 0, where leaky ReLU and ReLU have no derivative, their derivatives are taken to be 1/100 and 0, "
    )
    assert text.count(f"{told}respectively.") == 1
    alone = sc.Chain(sc.MaxPool1d(2, 2), loss="half_squared_error").at(x=[3, 3], target=[2])
    assert list(alone.quantity("grad_input", layer=1)) == [1, 0]
