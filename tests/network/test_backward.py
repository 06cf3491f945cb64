"""The backward convolution and its padding at any stride; shared weights sum a dense layer's gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from sympy import Integer, Mod

import symconv as sc
from symconv.errors import OptionError
from symconv.network import backward
from symconv.network.backward import BackwardConvolution
from tests.optional import required
from tests.tiers import tiers

CONVOLUTIONS: dict[str, Callable[[], Any]] = {
    "padded": lambda: sc.Conv1d("N", "K", stride=2, padding="p"),
    "open": lambda: sc.Conv1d("N", "K", stride="s", dilation="d", padding=("p", "q"), flip=True),
    "channels": lambda: sc.Conv1d("N", 3, in_channels=2, out_channels="C", dilation=2),
    "plane": lambda: sc.Conv2d(("N", 5), (2, 3), stride=(3, 1), in_channels=2, out_channels=3, padding=1),
}


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("name", tiers(CONVOLUTIONS, ("padded", "open")))
def test_every_step_holds_and_the_padding_is_proved(name: str, base: Any) -> None:
    required("islpy")
    net = sc.Chain(CONVOLUTIONS[name](), sc.Activation("f"), notation=sc.Notation(base=base))
    back = net.backward_convolution()
    verified = back.verify()
    assert verified, f"{back}\n{verified}"
    proofs = back.prove()
    assert len(proofs) == len(net[1].axes)
    assert all(proofs)
    assert "proved for all N, K, p, p'" in str(proofs[0])


@pytest.mark.parametrize(
    ("n", "k", "s", "d", "p", "q"),
    [row for row in product((5, 6, 8), (1, 3), (1, 2, 3), (1, 2), (0, 2), (0, 1))
     if row[0] + row[4] + row[5] > row[3] * (row[1] - 1)],
)  # fmt: skip
def test_the_padding_is_that_of_the_transposed_matrix(n: int, k: int, s: int, d: int, p: int, q: int) -> None:
    """Entry by entry, also where the padding is negative and leaves entries out."""
    layer = sc.Conv1d(n, k, stride=s, dilation=d, padding=(p, q))
    before, after = map(int, sc.Chain(layer).backward_convolution().padding)
    w, m = np.arange(1, k + 1), int(layer.output_size)
    matrix = np.array(layer.at(w=w.tolist()).matrix.tolist(), dtype=int)
    wide = np.zeros((m, s * (m - 1) + 1), dtype=int)
    wide[:, ::s] = np.eye(m, dtype=int)
    whole = np.pad(wide, ((0, 0), (max(before, 0), max(after, 0))))
    whole = whole[:, max(-before, 0) : whole.shape[1] - max(-after, 0)]
    outputs = whole.shape[1] - d * (k - 1)
    assert outputs == n
    found = np.stack([(whole[:, j : j + d * (k - 1) + 1 : d] * w[::-1]).sum(axis=1) for j in range(n)])
    assert (found == matrix.T).all()


def test_a_fault_in_a_step_is_located_and_a_wrong_padding_is_not_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    required("islpy")
    right = BackwardConvolution._script

    def wrong(self: BackwardConvolution, script: Any) -> Any:
        for line in right(self, script):
            yield replace(line, expr=line.expr * Integer(2)) if line.rule == "zeros between" else line

    monkeypatch.setattr(BackwardConvolution, "_script", wrong)
    padding = backward._padding
    monkeypatch.setattr(
        backward,
        "_padding",
        lambda axis: tuple(part.replace(Mod, lambda *_: Integer(0)) for part in padding(axis)),
    )
    strided = sc.Chain(sc.Conv1d("N", "K", stride=2)).backward_convolution()
    assert [step.rule for step in strided.verify().steps if not step] == ["zeros between"]
    assert not any(strided.prove()), "without the remainder, the last inputs get no gradient"
    assert all(sc.Chain(sc.Conv1d("N", "K")).backward_convolution().prove()), "for stride 1 there is none"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([sc.Dense(4, 2)], "is no convolution"),
        ([sc.Conv1d(4, 3, padding=1, padding_mode="circular")], "whose padding is made of zeros"),
        ([sc.Conv1d(4, 3, in_channels=2, out_channels=2, groups=2)], "has groups"),
        ([sc.Conv1d(4, 1), sc.Residual([sc.Conv1d(None, 3, padding=1)])], "is read elsewhere too"),
    ],
)
def test_what_has_no_backward_convolution_is_refused(parts: list[Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        sc.Chain(*parts).backward_convolution()


@pytest.mark.parametrize("layer", [1, 2])
def test_the_gradient_of_a_kernel_sums_that_of_the_dense_twin_over_ties(layer: int) -> None:
    """Dense layers with the weights T(w) give the same, and their gradients add up where w is shared."""
    required("islpy")
    net = sc.Chain(
        sc.Conv1d(6, 2, stride=2, padding=1), sc.Activation("relu"), sc.Conv1d(None, 2),
        loss="half_squared_error",
    )  # fmt: skip
    numbers: dict[str, Any] = {"x": [1, -2, 3, 0, 2, 5], "target": [1, 0, 2]}
    w = [[2, -1], [1, 3]]
    valued = net.at(w=w, **numbers)
    sizes = [stage.layer.matrix.shape for stage in net.stages]
    dense = [part for m, n in sizes for part in (sc.Dense(n, m), sc.Activation("relu"))][:-1]
    twin = sc.Chain(*dense, loss="half_squared_error")
    matrices = [stage.layer.at(w=one).matrix.tolist() for stage, one in zip(net.stages, w, strict=True)]
    twin_valued = twin.at(w=matrices, **numbers)
    assert valued.loss == twin_valued.loss
    gradient = twin_valued.quantity("grad_kernel", layer=layer)
    rows, columns = sizes[layer - 1]
    assert gradient.shape == (rows, columns)
    summed = net[layer].tying.T * gradient.reshape(rows * columns, 1).tomatrix()
    assert summed == valued.quantity("grad_kernel", layer=layer)
    assert net[layer].derive("tying").verify()
    assert net[layer].derive("tying").prove()
