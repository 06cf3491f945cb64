"""Batch normalisation in inference: a layer of a chain, folded into a convolution, and read from PyTorch."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from sympy import Integer, expand

import symconv as sc
from symconv.errors import GeometryError, OptionError
from symconv.network.batchnorm_inference import Fold
from tests.optional import required
from tests.tiers import tiers

#: What every run tries of this stands in the examples of the page on networks.
pytestmark = pytest.mark.exhaustive


def network() -> Any:
    """A chain with normalisations of maps and of vectors."""
    return sc.Chain(
        sc.Conv2d(4, 2, in_channels=1, out_channels=2), sc.BatchNorm(), sc.Activation("relu"), sc.Flatten(),
        sc.Dense(None, 3), sc.BatchNorm(3, eps=0), sc.Activation("tanh"), sc.Dense(None, 1),
        loss="half_squared_error",
    )  # fmt: skip


def test_in_a_chain_it_is_an_affine_map_of_each_channel() -> None:
    net = network()
    assert [stage.kind for stage in net.stages] == ["Conv2d", "BatchNorm", "Dense", "BatchNorm", "Dense"]
    assert [stage.shape for stage in net.stages] == [(2, 3, 3), (2, 3, 3), (3,), (3,), (1,)]
    assert net.parameters == 8 + 4 + 54 + 6 + 3, "a scale and a shift for each channel, as in PyTorch"
    assert net.check(draws=1)
    for layer in range(1, 6):
        assert net.derive("delta", layer=layer).verify()
    assert net.receptive_field(4).inputs(0) == ((0, 1, 2, 3), (0, 1, 2, 3))
    said = str(net.formula("preactivation", layer=4))
    assert "z^(4)[i] = w^(4)[i]*a^(3)[i] + b^(4)[i]" in said
    assert "with w^(4)[i] = gamma^(4)[i]/sqrt(sigmabar^(4)[i]**2)" in said.replace("(sqrt(", "sqrt(").replace(
        "2))", "2)"
    )


def test_a_square_keeps_away_from_the_number_of_the_layer() -> None:
    """TeX takes one superscript."""
    net = sc.Chain(sc.Dense("N", "M"), sc.BatchNorm())
    assert r"\left(\bar{\sigma}^{(2)}_{i}\right)^{2}" in net.formula("preactivation", layer=2).latex()


def test_a_chain_without_channels_has_one_scale_and_one_shift() -> None:
    net = sc.Chain(sc.Conv1d("N", "K"), sc.BatchNorm(), sc.Activation("f"))
    assert "z^(2)[i] = b^(2) + w^(2)[0]*a^(1)[i]" in str(net.formula("preactivation", layer=2))
    assert net.derive("delta", layer=1).verify()


def test_the_gradients_of_scale_and_shift_follow_from_those_of_a_chain() -> None:
    """With w = gamma r and b = beta - mubar gamma r, dL/dgamma is r (dL/dw - mubar dL/db)."""
    norm = sc.BatchNorm(2, 2, batch=1, eps=0)
    numbers = {"running_mean": [1, -2], "running_variance": [4, 9]}
    x = [[1, 2], [3, 5]]
    delta = [[2, 1], [1, 3]]
    direct = norm.at(x=[x], delta=[delta], scale=[6, 6], shift=[0, 1], **numbers)
    w, b = sc.BatchNorm(2, 2, eps=0).at(scale=[6, 6], shift=[0, 1], **numbers).affine()
    identity = sc.Conv1d(2, 1, in_channels=2, out_channels=2)
    net = sc.Chain(identity, sc.BatchNorm()).at(x=x, w=[[[[1], [0]], [[0], [1]]], w], b=[b])
    assert net.output.tolist() == direct.quantity("output", mode="inference").tolist()[0]
    found = net.vjp(delta)
    for c, (mean, root) in enumerate(zip((1, -2), (2, 3), strict=True)):
        slope = (found["w"][2][c, 0, 0] - mean * found["b"][2][c]) / root
        assert slope == direct.quantity("grad_scale", mode="inference")[c]
        assert found["b"][2][c] == direct.quantity("grad_shift", mode="inference")[c]
    assert found["x"].tolist() == direct.quantity("grad_input", mode="inference").tolist()[0]


def test_training_in_a_chain_is_refused_with_what_to_write() -> None:
    conv = sc.Conv1d(4, 3, in_channels=1, out_channels=2)
    with pytest.raises(
        OptionError, match=r"takes one sample.*in inference.*derive training by sc\.BatchNorm"
    ):
        sc.Chain(conv, sc.BatchNorm(2, batch=8))
    with pytest.raises(OptionError, match="affine"):
        sc.Chain(conv, sc.BatchNorm(2).at(scale=[1, 2]))
    with pytest.raises(GeometryError, match=r"\(3,\), but what comes before it has \(2, 2\)"):
        sc.Chain(conv, sc.BatchNorm(3))
    with pytest.raises(OptionError, match="a chain begins with a layer"):
        sc.Chain(sc.BatchNorm(3))


# Folding.

CONVOLUTIONS = {
    "strided": lambda: sc.Conv1d("N", "K", in_channels=2, out_channels="C", stride=2, padding=1, bias=True),
    "plane": lambda: sc.Conv2d(4, 2, in_channels=2, out_channels="C", dilation=2),
    "groups": lambda: sc.Conv1d("N", 3, in_channels=4, out_channels=2, groups=2, padding_mode="circular",
                                padding=1),
}  # fmt: skip


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_every_step_of_folding_holds(name: str) -> None:
    conv = CONVOLUTIONS[name]()
    folded = sc.BatchNorm(conv.pattern.extents["output"][0]).fold(conv)
    assert folded.verify()
    assert folded.layer.bias


def test_a_fault_in_folding_is_located(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Fold._script

    def wrong(self: Fold) -> Any:
        lines = right(self)
        return [*lines[:-1], replace(lines[-1], expr=lines[-1].expr * Integer(2))]

    monkeypatch.setattr(Fold, "_script", wrong)
    verified = sc.BatchNorm("C").fold(CONVOLUTIONS["strided"]()).verify()
    assert [step.rule for step in verified.steps if not step] == ["folding"]


def test_the_folded_convolution_gives_what_both_give() -> None:
    conv = sc.Conv1d(4, 2, in_channels=1, out_channels=2, bias=True)
    norm = sc.BatchNorm(2, 3, batch=1, eps=0).at(running_variance=[4, 9])
    folded = norm.fold(conv)
    one = folded.layer.at(w=folded.w.tolist(), b=list(folded.b)).output
    both = norm.at(x=[conv.output.tolist()]).quantity("output", mode="inference")[0]
    assert one.shape == both.shape == (2, 3)
    assert all(expand(one[at] - both[at]) == 0 for at in product(range(2), range(3)))


def test_only_a_convolution_with_channels_is_folded() -> None:
    with pytest.raises(OptionError, match="is no convolution"):
        sc.BatchNorm(2).fold(sc.Dense(2, 2))
    with pytest.raises(OptionError, match="needs channels"):
        sc.BatchNorm(1).fold(sc.Conv1d(4, 2))
    with pytest.raises(OptionError, match=r"\.fold\(convolution\)"):
        sc.Chain(sc.Conv1d(4, 2, in_channels=1, out_channels=2), sc.BatchNorm()).composition()
    with pytest.raises(GeometryError, match="has 3 channels"):
        sc.BatchNorm(3).fold(sc.Conv1d(4, 2, in_channels=1, out_channels=2))


# From PyTorch.


def trained(torch: Any, seed: int) -> Any:
    """A Sequential after some batches in training, in inference."""
    torch.manual_seed(seed)
    nn = torch.nn
    modules = nn.Sequential(
        nn.Conv2d(1, 2, 2), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(18, 3),
        nn.BatchNorm1d(3, affine=seed % 2 == 0), nn.Tanh(), nn.Linear(3, 2),
    ).double()  # fmt: skip
    for _ in range(3):
        modules(3 + 2 * torch.randn(8, 1, 4, 4, dtype=torch.float64))
    return modules.eval()


@pytest.mark.parametrize("seed", tiers(range(10), (0,)))
def test_a_sequential_in_inference_has_the_gradients_of_pytorch(seed: int) -> None:
    torch = required("torch")
    modules = trained(torch, seed)
    net = sc.from_torch(modules, 4, values=True, loss="half_squared_error")
    w = [np.array(net.w[n].tolist(), dtype=float).reshape(net[n].entries.shape("tap")) for n in net.w]
    b = [np.array(net.b[n].tolist(), dtype=float).ravel() for n in net.b]
    x = torch.randn(1, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    loss = 0.5 * ((modules(x) - torch.tensor([1.0, -1.0])) ** 2).sum()
    loss.backward()
    found, gradients = net.in_symbols().numpy()(x=x.detach().numpy()[0], w=w, b=b, target=[1, -1])
    assert found == pytest.approx(float(loss.detach()), rel=1e-10)
    assert np.abs(gradients["x"] - x.grad.numpy()[0]).max() <= 1e-10 * np.abs(gradients["x"]).max()
    norm = modules[1]
    roots = (norm.running_var + norm.eps).sqrt().numpy()
    slopes = (gradients["w"][1].ravel() - norm.running_mean.numpy() * gradients["b"][1]) / roots
    assert np.abs(slopes - norm.weight.grad.numpy()).max() <= 1e-10 * np.abs(slopes).max()


def test_a_module_in_training_is_refused() -> None:
    nn = required("torch").nn
    modules = nn.Sequential(nn.Conv1d(1, 2, 2), nn.BatchNorm1d(2))
    with pytest.raises(OptionError, match=r"call \.eval\(\)"):
        sc.from_torch(modules, 4)
