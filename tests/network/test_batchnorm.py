"""Batch normalisation: its steps hold, its numbers are PyTorch's, and in a chain it is an affine map."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from sympy import IndexedBase, Integer, Matrix, Mul, Rational, expand, sqrt

import symconv as sc
from symconv.errors import EntriesError, GeometryError, NotationError, OptionError, SymbolicSizeError
from symconv.network.batchnorm_inference import Fold
from symconv.network.batchnorm_steps import NAMES, Steps
from tests.optional import required
from tests.tiers import exhaustive, tiers

PAIRS = [(name, mode) for mode, names in NAMES.items() for name in names]

NORMS = {
    "vectors": lambda: sc.BatchNorm("C", batch="B"),
    "given": lambda: sc.BatchNorm(2, batch=3, eps=1e-5),
    "sequences": lambda: sc.BatchNorm("C", "S", momentum=0.1),
    "maps": lambda: sc.BatchNorm(2, ("H", "W"), notation=sc.Notation(base=1, upstream_style="partial")),
}


@pytest.mark.parametrize(("name", "mode"), PAIRS)
@pytest.mark.parametrize("norm", tiers([*NORMS], ("vectors",)))
def test_every_step_holds(norm: str, name: str, mode: Any) -> None:
    derivation = NORMS[norm]().derive(name, mode=mode)
    verified = derivation.verify()
    assert verified, f"{derivation}\n{verified}"
    assert verified.cases >= 3
    assert all(step.rule and step.reason.endswith(".") for step in derivation.steps)


@pytest.mark.parametrize(
    ("name", "mode", "said"),
    [
        ("mean", "training", "mu[c] = sum(n=0..m - 1) sum(i=0..S - 1) x[n, c, i]/(S*m)"),
        ("variance", "training", "sum(n=0..m - 1) sum(i=0..S - 1) (x[n, c, i] - mu[c])**2/(S*m)"),
        ("normalised", "training", "xhat[n, c, i] = (x[n, c, i] - mu[c])*r[c]"),
        ("normalised", "training", "with r[c] = 1/sqrt(epsilon + sigma[c]**2)"),
        ("output", "training", "y[n, c, i] = gamma[c]*xhat[n, c, i] + beta[c]"),
        ("running_variance", "training", "S*alpha*m*sigma[c]**2/(S*m - 1)"),
        ("grad_scale", "training", "sum(n=0..m - 1) sum(i=0..S - 1) xhat[n, c, i]*delta[n, c, i]"),
        ("grad_shift", "inference", "dL/dbeta[c] = sum(n=0..m - 1) sum(i=0..S - 1) delta[n, c, i]"),
        ("grad_input", "inference", "dL/dx[n, c, i] = gamma[c]*rbar[c]*delta[n, c, i]"),
        (
            "grad_input", "training",
            "(delta[n, c, i] - (xhat[n, c, i]*dL/dgamma[c] + dL/dbeta[c])/(S*m))*gamma[c]*r[c]",
        ),
    ],
)  # fmt: skip
def test_closed_forms_are_those_of_ioffe_and_szegedy(name: str, mode: Any, said: str) -> None:
    assert said in " ".join(str(sc.BatchNorm("C", "S").formula(name, mode=mode)).split())


@pytest.mark.parametrize("rule", ["linearity", "channel", "mean", "deviations", "normalised", "shared sums"])
def test_a_fault_in_any_step_is_found_and_located(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    right = Steps.made

    def wrong(self: Steps, name: str) -> Any:
        lines = right(self, name)
        return [replace(line, expr=line.expr * Integer(2)) if line.rule == rule else line for line in lines]

    monkeypatch.setattr(Steps, "made", wrong)
    verified = sc.BatchNorm(1, batch=3).derive("grad_input").verify()
    assert not verified
    assert [step.rule for step in verified.steps if not step] == [rule]


def test_a_gradient_without_the_way_through_the_variance_is_found() -> None:
    """The classical mistake: the statistics are taken for constants."""
    norm = sc.BatchNorm(2, batch=3)
    derivation = norm.derive("grad_input")
    last = derivation._lines[-1]
    c = norm.indices[1]
    constant = Mul(*(IndexedBase(letter)[c] for letter in ("gamma", "r")), IndexedBase("delta")[norm.indices])
    derivation._lines[-1] = replace(last, expr=constant)
    verified = derivation.verify()
    assert [step.rule for step in verified.steps if not step] == ["shared sums"]


def test_entries_on_values_are_exact() -> None:
    norm = sc.BatchNorm(1, batch=3, eps=2).at(
        x=[[0], [0], [3]], scale=[4], shift=[1], delta=[[1], [0], [0]], running_mean=[1],
        running_variance=[Fraction(1, 4)],
    )  # fmt: skip
    half, third = Rational(1, 2), Rational(1, 3)
    assert norm.quantity("mean") == Matrix([1])
    assert norm.quantity("variance") == Matrix([2])
    assert norm.quantity("normalised").tolist() == [[-half], [-half], [1]]
    assert norm.quantity("output").tolist() == [[-1], [-1], [5]]
    assert norm.quantity("grad_scale") == Matrix([-half])
    assert norm.quantity("grad_shift") == Matrix([1])
    # 4/2 (delta - (1 - xhat/2)/3)
    assert norm.quantity("grad_input").tolist() == [[Rational(7, 6)], [Rational(-5, 6)], [Rational(-1, 3)]]
    alpha = norm.momentum
    unbiased = norm.quantity("running_variance")[0]
    assert expand(unbiased - ((1 - alpha) / 4 + 3 * alpha)) == 0
    # 1/sqrt(1/4 + 2) is 2/3
    assert norm.quantity("normalised", mode="inference").tolist() == [[-2 * third], [-2 * third], [4 * third]]
    assert norm.quantity("grad_input", mode="inference").tolist() == [[8 * third], [0], [0]]


def test_entries_without_values_are_in_the_letters_before_them() -> None:
    norm = sc.BatchNorm(1, batch=2, notation=sc.Notation(base=1))
    (first,), (second,) = norm.quantity("normalised").tolist()
    mu, sigma, x, eps = (next(s for s in first.free_symbols if s.name == n) for n in
                         ("mu1", "sigma1", "x1_1", "epsilon"))  # fmt: skip
    assert first == (x - mu) / sqrt(sigma**2 + eps)
    assert str(second).count("x2_1") == 1
    assert str(norm.quantity("output")[0, 0]) == "beta1 + gamma1*xhat1_1"
    assert str(norm.quantity("grad_shift")) == "Matrix([[delta1_1 + delta2_1]])"


def test_the_check_compares_with_loops_and_with_pytorch() -> None:
    required("torch")
    report = sc.BatchNorm(2, batch=3).check(draws=1)
    assert report, str(report)
    assert {finding.reference for finding in report.findings} == {"loops with dual numbers", "PyTorch"}
    assert len(report.findings) == len(PAIRS) + len(PAIRS) - 2, "PyTorch gives no mean and no variance"


def test_the_check_finds_a_biased_running_variance(monkeypatch: pytest.MonkeyPatch) -> None:
    required("torch")
    right = Steps.made

    def wrong(self: Steps, name: str) -> Any:
        lines = right(self, name)
        if name != "running_variance":
            return lines
        new, old = (IndexedBase(letter)[self.c] ** 2 for letter in ("sigma", "sigmabar"))
        biased = (1 - self.momentum) * old + self.momentum * new
        return [*lines[:-1], replace(lines[-1], expr=biased)]

    monkeypatch.setattr(Steps, "made", wrong)
    report = sc.BatchNorm("C").check(draws=1)
    failed = [(finding.quantity, finding.reference) for finding in report.findings if not finding]
    assert failed == [
        ("running_variance, training", "loops with dual numbers"), ("running_variance, training", "PyTorch"),
    ]  # fmt: skip


@exhaustive
@pytest.mark.parametrize("seed", range(20))
def test_random_normalisations_are_those_of_pytorch(seed: int) -> None:
    required("torch")
    rng = np.random.default_rng(seed)
    rank = int(rng.integers(0, 3))
    sizes = tuple(int(n) for n in rng.integers(1, 4, rank))
    norm = sc.BatchNorm(
        int(rng.integers(1, 4)), sizes, batch=int(rng.integers(2, 5)),
        eps=float(rng.choice([1e-5, 0.1, 1])), momentum=float(rng.choice([0.1, 0.5, 1])),
    )  # fmt: skip
    report = norm.check(draws=1, seed=seed)
    assert report, str(report)


def test_what_cannot_be_is_refused() -> None:
    norm = sc.BatchNorm("C", "S")
    with pytest.raises(OptionError, match="in inference the statistics are given"):
        norm.derive("mean", mode="inference")
    with pytest.raises(OptionError, match="did you mean 'grad_scale'"):
        norm.formula("grad_scal")
    with pytest.raises(OptionError, match="did you mean 'training'"):
        norm.formula("output", mode="train")  # type: ignore[arg-type]
    with pytest.raises(SymbolicSizeError, match="is the symbol"):
        norm.quantity("output")
    with pytest.raises(EntriesError, match="scale"):
        sc.BatchNorm(2).at(scale=[1])
    with pytest.raises(OptionError, match="eps is -1"):
        sc.BatchNorm(2, eps=-1)
    with pytest.raises(OptionError, match="by itself it needs features"):
        sc.BatchNorm().formula("output")
    with pytest.raises(OptionError, match="give features too"):
        sc.BatchNorm(batch=3)
    with pytest.raises(GeometryError, match="no unbiased variance"):
        sc.BatchNorm(2, batch=1).quantity("running_variance")
    with pytest.raises(NotationError, match="'r' names a size"):
        sc.BatchNorm("r")


def test_the_letter_of_the_batch_gives_way_to_a_size() -> None:
    assert "sum(n=0..B - 1) sum(i=0..m - 1)" in str(sc.BatchNorm("C", "m").formula("mean"))


# In a chain.


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
