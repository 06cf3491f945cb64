"""Second derivatives equal PyTorch's; Jacobian products are adjoint; XᵀX is Toeplitz where it is proved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Matrix, Rational, eye, flatten, simplify, symbols

import symconv as sc
from symconv.errors import EntriesError, OptionError
from tests.network.random_chains import LOSSES, chain_of, drawn, numbers_of
from tests.optional import required
from tests.tiers import tiers

#: What every run tries of this stands in the examples of the page on networks.
pytestmark = pytest.mark.exhaustive

torch = required("torch")


def floats(entries: Any) -> np.ndarray:
    return np.array(
        [float(entry) for entry in flatten(entries.tolist() if hasattr(entries, "tolist") else [entries])]
    )


def valued(seed: int) -> tuple[Any, sc.Chain, dict[str, Any]]:
    """A random chain with few weights, on random numbers."""
    rng = np.random.default_rng(seed)
    while True:
        one = drawn(rng)
        net = chain_of(one)
        if sum(net[n].pattern.count("tap") for n in net.w) <= 40:
            numbers = numbers_of(rng, net)
            return one, net, numbers


@pytest.mark.parametrize("seed", tiers(range(60), range(4)))
def test_the_hessian_is_that_of_pytorch(seed: int) -> None:
    from tests.network.random_chains import _through

    one, net, numbers = valued(seed)
    layer = next(iter(net.w))
    w, b = ([torch.tensor(np.asarray(v, dtype=float)) for v in numbers[k]] for k in "wb")
    target = torch.tensor(np.asarray(numbers["target"], dtype=float))

    def loss(kernel: Any) -> Any:
        out = _through(torch, one.rows, torch.tensor(numbers["x"]), iter([kernel, *w[1:]]), iter(b))
        if one.loss == "cross_entropy":
            softmax = one.rows[-1].options.get("function") == "softmax"
            return -(target * (out.log() if softmax else torch.log_softmax(out, 0))).sum()
        squares = ((out - target) ** 2).sum()
        return squares / 2 if one.loss[0] == "h" else squares / out.numel()

    wanted = torch.autograd.functional.hessian(loss, w[0]).numpy().reshape(w[0].numel(), -1)
    found = floats(net.at(**numbers).hessian(layer=layer)).reshape(wanted.shape)
    assert np.abs(found - wanted).max() <= 1e-8 * max(1, np.abs(wanted).max())


@pytest.mark.parametrize("seed", tiers(range(60), range(4)))
def test_products_with_the_jacobian_from_both_sides_are_adjoint(seed: int) -> None:
    _, net, numbers = valued(seed)
    rng, net = np.random.default_rng(seed), net.at(**numbers)
    w = {n: rng.normal(size=net[n].entries.shape("tap")) for n in net.w}
    b = {n: rng.normal(size=net[n].entries.shape("bias")) for n in net.b}
    x, v = rng.normal(size=net[1].entries.shape("input")), rng.normal(size=net.shape)
    ahead, back = net.jvp(x=x, w=w, b=b), net.vjp(v)
    left = float(floats(ahead) @ v.ravel())
    right = float(floats(back["x"]) @ x.ravel())
    right += sum(float(floats(back["w"][n]) @ w[n].ravel()) for n in w)
    right += sum(float(floats(back["b"][n]) @ np.ravel(b[n])) for n in b)
    assert left == pytest.approx(right, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "layer", [sc.Conv1d(4, 3, padding="full"), sc.Conv1d(5, 2, stride=2), sc.Conv2d(3, 2)]
)
def test_the_hessian_of_one_layer_is_windows_times_windows(layer: Any) -> None:
    net = sc.Chain(layer, loss="half_squared_error")
    x = net[1].windows
    assert net.hessian() == (x.T * x).applyfunc(simplify) or (net.hessian() - x.T * x).expand().is_zero_matrix
    assert net.hessian(gauss_newton=True) == net.hessian()


def test_that_of_a_dense_layer_repeats_the_outer_product_of_its_input() -> None:
    x0, x1 = symbols("x0 x1")
    outer = Matrix([[x0**2, x0 * x1], [x0 * x1, x1**2]])
    found = sc.Chain(sc.Dense(2, 2), loss="half_squared_error").hessian()
    assert found == Matrix(
        [[outer[i % 2, j % 2] if i // 2 == j // 2 else 0 for j in range(4)] for i in range(4)]
    )


def test_full_padding_gives_the_autocorrelation_and_nothing_else_does() -> None:
    required("islpy")
    assert sc.Chain(sc.Conv1d("N", "K", padding="full")).hessian_is_toeplitz()
    assert sc.Chain(sc.Conv1d("N", "K", padding="full", dilation=2)).hessian_is_toeplitz()
    for options in ({}, {"padding": "full", "stride": 2}, {"padding": 1}):
        proof = sc.Chain(sc.Conv1d("N", "K", **options)).hessian_is_toeplitz()
        assert not proof
        size, taps = proof.counterexample["N"], proof.counterexample["K"]
        hessian = sc.Chain(sc.Conv1d(size, taps, **options), loss="half_squared_error").hessian()
        k, m = proof.counterexample["k"], proof.counterexample["k'"]
        assert hessian[k, m].expand() != hessian[k + 1, m + 1].expand()
    full = sc.Chain(sc.Conv1d(4, 3, padding="full"), loss="half_squared_error").hessian()
    x = symbols("x0:4")
    correlation = [sum(x[i] * x[i + lag] for i in range(4 - lag)) for lag in range(3)]
    assert full == Matrix(3, 3, lambda i, j: correlation[abs(i - j)])


def test_the_jacobian_of_softmax_is_diag_p_minus_p_p() -> None:
    net = sc.Chain(sc.Dense(3, 3), sc.Activation("softmax")).at(x=[1, 2, 3], w=[eye(3).tolist()])
    p = net.output
    found = Matrix.hstack(*(net.jvp(x=list(eye(3).row(i))) for i in range(3)))
    assert (found - (sum_diag(p) - p * p.T)).applyfunc(simplify).is_zero_matrix


def sum_diag(p: Matrix) -> Matrix:
    return Matrix(3, 3, lambda i, j: p[i] if i == j else 0)


@pytest.mark.parametrize("loss", LOSSES)
def test_gauss_newton_leaves_out_the_curvature_of_the_layers(loss: str) -> None:
    parts = sc.Dense(2, 2), sc.Activation(lambda z: z**2), sc.Dense(None, 2)
    net = sc.Chain(*parts, loss=loss).at(
        x=[1, 2], w=[[[1, 0], [1, 1]], [[1, 2], [0, 1]]], target=[Rational(1, 2), Rational(1, 2)]
    )
    whole, part = net.hessian(layer=1), net.hessian(layer=1, gauss_newton=True)
    assert whole != part
    assert whole.is_symmetric(simplify=True)
    assert net.hessian(layer=2) == net.hessian(layer=2, gauss_newton=True)
    numeric = np.array(part.evalf(30).tolist(), dtype=float)
    assert np.linalg.eigvalsh(numeric).min() >= -1e-9 * np.abs(numeric).max()


def test_what_has_no_second_derivative_is_refused() -> None:
    with pytest.raises(OptionError, match="nothing is known"):
        sc.Chain(sc.Conv1d(3, 2)).hessian()
    with pytest.raises(EntriesError, match="depends on numbers"):
        sc.Chain(sc.Conv1d(4, 2), sc.MaxPool1d(None, 2), loss="half_squared_error").hessian(layer=1)
    with pytest.raises(OptionError, match="has no kernel"):
        sc.Chain(sc.Conv1d(4, 2), sc.AvgPool1d(None, 2), loss="half_squared_error").hessian()
    with pytest.raises(OptionError, match="no convolution along one axis"):
        sc.Chain(sc.Conv2d("N", "K")).hessian_is_toeplitz()
    with pytest.raises(OptionError, match="needs a number for the stride"):
        sc.Chain(sc.Conv1d("N", "K", stride="s")).hessian_is_toeplitz()
