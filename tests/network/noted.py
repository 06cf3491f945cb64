"""Chains that notes and slides are tried on: the opening question's, and one for each kind of layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import symconv as sc


def opening() -> sc.Chain:
    """The opening question's layer, and a dense layer after it."""
    net = sc.Chain(
        sc.Conv1d(4, 3, padding="full", flip=True), sc.Activation("relu"), sc.Dense(None, 2, bias=True),
        loss="half_squared_error",
    )  # fmt: skip
    dense = [[1, 0, 0, 0, 0, 0], [0, 0, 1, -1, 0, 0]]
    return net.at(x=[1, 2, 3, 4], w=[[5, 6, 7], dense], b=[[0, 1]], target=[1, 0])


def one_filter() -> sc.Chain:
    """The opening question's network: one filter, and an unknown function."""
    net = sc.Chain(sc.Conv1d(4, 3, padding="full", flip=True), sc.Activation("f"))
    return net.at(x=[1, 2, 3, 4], w=[[5, 6, 7]])


def two_filters() -> sc.Chain:
    """The same with two filters."""
    layer = sc.Conv1d(4, 3, padding="full", flip=True, in_channels=1, out_channels=2)
    return sc.Chain(layer, sc.Activation("f")).at(x=[[1, 2, 3, 4]], w=[[[[5, 6, 7]], [[1, 0, -1]]]])


def pooled() -> sc.Chain:
    first = sc.Conv1d(6, 3, padding=1, bias=True)
    parts = first, sc.Activation("relu"), sc.MaxPool1d(None, 2), sc.Dense(None, 2)
    return sc.Chain(*parts, loss="mean_squared_error")


def plane() -> sc.Chain:
    first = sc.Conv2d(4, 3, in_channels=1, out_channels=2, bias=True)
    return sc.Chain(
        first, sc.Activation("tanh"), sc.Flatten(), sc.Dense(None, 2), loss="cross_entropy"
    )  # fmt: skip


def residual() -> sc.Chain:
    block = sc.Residual([sc.Conv1d(None, 3, padding=1)])
    return sc.Chain(sc.Conv1d(5, 3, padding=1), sc.Activation("relu"), block, sc.Dense(None, 1))


def strided() -> sc.Chain:
    return sc.Chain(sc.Conv1d(7, 3, stride=2, padding=1), sc.Activation("g"), sc.Conv1d(None, 2, dilation=2))


def softmax() -> sc.Chain:
    parts = sc.Dense(3, 3), sc.Activation("softmax"), sc.AvgPool1d(None, 2), sc.Dense(None, 2)
    return sc.Chain(*parts, loss="half_squared_error")


def transposed() -> sc.Chain:
    return sc.Chain(sc.ConvTranspose1d(3, 2, stride=2), sc.Activation("sigmoid"), sc.Dense(None, 1))


def circular() -> sc.Chain:
    return sc.Chain(sc.Conv1d(4, 3, padding=1, padding_mode="circular"), sc.Activation("f"))


#: Each by its name.
NETS: Mapping[str, Callable[[], sc.Chain]] = {
    make.__name__: make
    for make in (
        opening, one_filter, two_filters, pooled, plane, residual, strided, softmax, transposed, circular
    )
}  # fmt: skip


@cache
def notes_of(make: Callable[[], sc.Chain], depth: Any = "standard") -> Any:
    """The notes on one of them."""
    return make().notes(depth=depth)
