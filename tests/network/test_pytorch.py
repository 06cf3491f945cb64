"""Random chains have the loss and the gradients of PyTorch's autograd, exactly in rational numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.network.random_chains import by_pytorch, chain_of, drawn, numbers_of
from tests.optional import required
from tests.tiers import tiers

torch = required("torch")

#: Random chains by their seeds: of all activations in floating point, and of rational ones exactly.
MANY, FEW = range(500), range(15)


def relative_error(found: Any, wanted: Any) -> float:
    found, wanted = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).max() / max(1e-300, np.abs(wanted).max())) if wanted.any() else 0.0


@pytest.mark.parametrize("seed", tiers(MANY, FEW))
def test_a_random_chain_has_the_gradients_of_pytorch(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = drawn(rng)
    net = chain_of(one)
    numbers = numbers_of(rng, net)
    loss, gradients = net.numpy()(**numbers)
    wanted, by_autograd = by_pytorch(torch, one, numbers)
    assert abs(loss - wanted) <= 1e-10 * abs(wanted)
    for name, entries in gradients.items():
        pairs = zip(entries, by_autograd[name], strict=True) if name != "x" else [(entries, by_autograd["x"])]
        for found, right in pairs:
            assert relative_error(found, right) <= 1e-10 or np.abs(found - right).max() <= 1e-13, (name, one)


@pytest.mark.parametrize("seed", tiers(MANY, FEW))
def test_a_rational_chain_equals_pytorch_exactly(seed: int) -> None:
    """Small whole numbers keep every operation of PyTorch exact but divisions by what is no power of two."""
    rng = np.random.default_rng(seed)
    one = drawn(rng, rational=True)
    net = chain_of(one)
    numbers = numbers_of(rng, net, rational=True)
    valued = net.at(**numbers)
    wanted, by_autograd = by_pytorch(torch, one, numbers)
    assert valued.loss.is_Rational
    assert abs(float(valued.loss) - wanted) <= 1e-12 * max(1, abs(wanted))
    for name, kept in (("grad_kernel", net.w), ("grad_bias", net.b)):
        for at, layer in enumerate(kept):
            found = np.array(valued.quantity(name, layer=layer).tolist(), dtype=object)
            right = by_autograd["w" if name == "grad_kernel" else "b"][at]
            assert all(entry.is_Rational for entry in found.flat)
            assert np.abs(found.astype(float).reshape(right.shape) - right).max() <= 1e-12 * (
                1 + np.abs(right).max()
            )
    assert bool(net.check(draws=1, most=300))
