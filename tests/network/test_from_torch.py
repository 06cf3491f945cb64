"""A Sequential of PyTorch is a chain, with its weights where they are asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symconv as sc
from symconv.errors import GeometryError, OptionError
from tests.optional import required

#: What every run tries of this stands in the examples of the page on networks.
pytestmark = pytest.mark.exhaustive

torch = required("torch")
nn = torch.nn


def network() -> Any:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.GELU(), nn.Sequential(nn.MaxPool2d(2), nn.Identity()),
        nn.Conv2d(2, 3, 2, bias=False), nn.LeakyReLU(), nn.AvgPool2d(1), nn.Flatten(0),
        nn.Linear(3, 4), nn.Softplus(), nn.Linear(4, 2),
    ).double()  # fmt: skip


def test_a_sequential_is_a_chain_with_its_weights() -> None:
    modules = network()
    net = sc.from_torch(modules, 4, values=True, loss="cross_entropy")
    assert [stage.shape for stage in net.stages] == [(2, 4, 4), (2, 2, 2), (3, 1, 1), (3, 1, 1), (4,), (2,)]
    x = torch.randn(1, 4, 4, dtype=torch.float64, requires_grad=True)
    target = torch.tensor([0.25, 0.75], dtype=torch.float64)
    loss = nn.functional.cross_entropy(modules(x), target)
    loss.backward()
    w = [np.array(net.w[n].tolist(), dtype=float).reshape(net[n].entries.shape("tap")) for n in net.w]
    b = [np.array(net.b[n].tolist(), dtype=float).ravel() for n in net.b]
    found, gradients = net.in_symbols().numpy()(x=x.detach().numpy(), w=w, b=b, target=target.numpy())
    assert found == pytest.approx(float(loss.detach()), rel=1e-12)
    parameters = list(modules.parameters())
    kernels = [p.grad.numpy() for p in parameters if p.dim() > 1]
    biases = [p.grad.numpy() for p in parameters if p.dim() == 1]
    made, wanted = [*gradients["w"], *gradients["b"], gradients["x"]], [*kernels, *biases, x.grad.numpy()]
    for one, other in zip(made, wanted, strict=True):
        assert np.abs(one - other).max() <= 1e-10 * max(1e-3, np.abs(other).max())


def test_training_goes_step_by_step_as_in_pytorch() -> None:
    modules = network()
    net = sc.from_torch(modules, 4, values=True, loss="cross_entropy")
    w = [np.array(net.w[n].tolist(), dtype=float).reshape(net[n].entries.shape("tap")) for n in net.w]
    b = [np.array(net.b[n].tolist(), dtype=float).ravel() for n in net.b]
    optimiser = torch.optim.SGD(modules.parameters(), lr=0.1)
    f, rng = net.in_symbols().numpy(), np.random.default_rng(0)
    for _ in range(15):
        x, target = rng.normal(size=(1, 4, 4)), np.eye(2)[int(rng.integers(2))]
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(modules(torch.tensor(x)), torch.tensor(target))
        loss.backward()
        optimiser.step()
        found, gradients = f(x=x, w=w, b=b, target=target)
        assert found == pytest.approx(float(loss.detach()), rel=1e-10)
        w = [one - 0.1 * gradient for one, gradient in zip(w, gradients["w"], strict=True)]
        b = [one - 0.1 * gradient for one, gradient in zip(b, gradients["b"], strict=True)]


def test_without_values_it_is_symbolic_and_sizes_may_be_letters() -> None:
    net = sc.from_torch(nn.Sequential(nn.Conv1d(1, 2, 3), nn.ReLU(), nn.MaxPool1d(2)), "N")
    assert [str(stage.shape[1]) for stage in net.stages] == ["N - 2", "floor(M_1/2)"]


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ([nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2)], "takes the statistics of its batch"),
        ([nn.Conv1d(1, 2, 3), nn.LeakyReLU(0.2)], "another slope than 0.01"),
        ([nn.Conv1d(1, 2, 3), nn.GELU(approximate="tanh")], "is an approximation"),
        ([nn.Conv1d(1, 2, 3), nn.Softplus(beta=2)], "a beta other than 1"),
        ([nn.Conv1d(1, 2, 3), nn.Flatten(2), nn.Linear(8, 2)], "does not flatten all axes of each sample"),
        ([nn.Conv1d(1, 2, 3), nn.Flatten(0, 0), nn.Linear(8, 2)], "does not flatten all axes"),
        ([nn.Conv1d(1, 2, 3), nn.Flatten(), nn.Softmax(dim=0)], "over another axis than that of the"),
        ([nn.Linear(4, 2)], "Linear takes 4 inputs, but the input has the shape (6,): give input_size=4."),
        ([nn.Conv1d(1, 2, 3), nn.ELU()], "ELU has no part in a chain: the modules that can be"),
        ([nn.Conv1d(1, 2, 3), nn.Dropout()], "GELU, Identity, LeakyReLU, Linear, MaxPool1d"),
        ([nn.Conv1d(1, 2, 3), nn.Flatten(), nn.Linear(9, 2)], "Dense(9, 2, bias=True) takes an input"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused(modules: list[Any], said: str) -> None:
    with pytest.raises((OptionError, GeometryError)) as raised:
        sc.from_torch(nn.Sequential(*modules), 6)
    assert said in str(raised.value)


def test_a_sequential_with_a_forward_of_its_own_is_refused() -> None:
    def forward(self: Any, x: Any) -> Any:
        return nn.Sequential.forward(self, nn.Sequential.forward(self, x))

    twice = type("Twice", (nn.Sequential,), {"forward": forward})
    with pytest.raises(OptionError, match="has its own forward"):
        sc.from_torch(twice(nn.Conv1d(1, 1, 1)), 6)


def test_options_of_the_other_kind_are_refused() -> None:
    with pytest.raises(OptionError, match="no loss"):
        sc.from_torch(nn.Conv1d(1, 2, 3), 6, loss="L")
    with pytest.raises(OptionError, match="one sample"):
        sc.from_torch(nn.Sequential(nn.Conv1d(1, 2, 3)), 6, batch=2)


def test_a_linear_module_is_a_dense_layer() -> None:
    module = nn.Linear(3, 2).double()
    layer = sc.from_torch(module, 3, values=True, notation="ufldl")
    assert repr(layer.in_symbols()) == "Dense(3, 2, bias=True)"
    found = np.array(layer.at(x=[1, -2, 3]).output.tolist(), dtype=float).ravel()
    wanted = module(torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)).detach().numpy()
    assert found == pytest.approx(wanted, rel=1e-12)
    assert repr(sc.from_torch(nn.Linear(4, 2, bias=False), (4,))) == "Dense(4, 2)"
    assert repr(sc.from_torch(nn.Sequential(nn.Linear(4, 2)), 4)[1]) == "Dense(4, 2, bias=True)"
    with pytest.raises(GeometryError, match="takes 4 inputs"):
        sc.from_torch(nn.Linear(4, 2), 5)
    with pytest.raises(OptionError, match="LazyLinear has no weights yet"):
        sc.from_torch(nn.LazyLinear(2), 5)
    with pytest.raises(OptionError, match="batch is 2, but a Linear module takes one vector"):
        sc.from_torch(nn.Linear(4, 2), 4, batch=2)
