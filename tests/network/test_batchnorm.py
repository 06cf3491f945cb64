"""Batch normalisation: its steps hold, a fault is located, and its numbers are those of PyTorch."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from sympy import IndexedBase, Integer, Matrix, Mul, Rational, expand, sqrt

import symconv as sc
from symconv.errors import EntriesError, GeometryError, NotationError, OptionError, SymbolicSizeError
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
    unknown: Any = "train"
    with pytest.raises(OptionError, match="did you mean 'training'"):
        norm.formula("output", mode=unknown)
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
