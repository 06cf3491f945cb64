"""What networks print, as texts by keys: their formulas, derivations, fields and notes; and exercises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import symconv as sc
from tests.golden.texts import Texts, shows, told
from tests.golden.topics import saved

QUANTITIES = ("output", "preactivation", "delta", "grad_input", "grad_kernel", "grad_bias")

#: Chains by name: numbers and letters as sizes, pooling, a shortcut, functions of several kinds.
CHAINS: Mapping[str, Callable[[], Any]] = {
    "example": lambda: sc.Chain(
        sc.Conv1d(6, 3), sc.Activation("relu"), sc.Flatten(), sc.Dense(None, 2), loss="half_squared_error"
    ),
    "open": lambda: sc.Chain(
        sc.Conv1d("N", "K", stride="s", bias=True), sc.Activation("f"), sc.Conv1d(None, "J"), loss="L"
    ),
    "pooled": lambda: sc.Chain(
        sc.Conv2d(4, 2, in_channels=1, out_channels=2, padding=1), sc.Activation("tanh"),
        sc.MaxPool2d(None, 2), sc.Flatten(), sc.Dense(None, 3, bias=True), loss="cross_entropy",
    ),
    "shortcut": lambda: sc.Chain(
        sc.Conv1d(6, 3), sc.Residual(sc.Chain(sc.Conv1d(4, 3, padding="same"), sc.Activation("softplus"))),
        sc.AvgPool1d(None, 2), loss="mean_squared_error",
    ),
}  # fmt: skip


def networks() -> Texts:
    for name, make in CHAINS.items():
        net = make()
        yield f"network/{name}/text", str(net)
        yield f"network/{name}/summary", str(net.summary())
        for layer in range(1, len(net.layers) + 1):
            yield f"network/{name}/{layer}/field", told(partial(net.receptive_field, layer))
            for quantity in QUANTITIES:
                key = f"network/{name}/{layer}/{quantity}"
                yield from shows(
                    f"{key}/formula", lambda net=net, q=quantity, at=layer: net.formula(q, layer=at)
                )
                yield from shows(
                    f"{key}/steps", lambda net=net, q=quantity, at=layer: net.derive(q, layer=at)
                )
        for file in ("n.txt", "n.tex", "n.html"):
            yield f"network/{name}/notes/{file}", told(partial(saved, net, file))


#: Layers with exercises, by name.
ASKED: Mapping[str, Callable[[], Any]] = {
    "opening": lambda: sc.Conv1d(4, 3, padding="full", flip=True),
    "strided": lambda: sc.Conv1d(6, 3, stride=2, padding=1),
    "maximum": lambda: sc.MaxPool1d(6, 2),
    "plane": lambda: sc.Conv2d(3, 2),
}


def exercises() -> Texts:
    """Sheets with their solutions, and as a question bank."""
    for name, make in ASKED.items():
        sheet = make().exercises(seed=7, count=8)
        yield f"exercise/{name}/text", str(sheet.document(solutions=True))
        yield f"exercise/{name}/moodle", sheet.moodle()
