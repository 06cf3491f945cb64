"""Jacobians of activations are the derivatives of their values, and softmax's is a second derivative too."""

from __future__ import annotations

import pytest
from sympy import Matrix, S, exp, hessian, log, simplify, symbols

from symconv.errors import OptionError
from symconv.network.activations import Activation, Z

#: What every run tries of this stands in the examples of the page on networks.
pytestmark = pytest.mark.exhaustive


def test_jacobians_of_activations_are_those_of_their_values() -> None:
    z = symbols("z0:3", real=True)
    total = sum(map(exp, z))
    values = [exp(entry) / total for entry in z]
    p = dict(zip(symbols("p0:3"), values, strict=True))
    found = Activation("softmax").jacobian(3).xreplace(p)
    assert (found - Matrix(values).jacobian(z)).applyfunc(simplify).is_zero_matrix
    loss = -sum(t * log(value) for t, value in zip((S(1) / 2, S(1) / 3, S(1) / 6), values, strict=True))
    assert (found - hessian(loss, z)).applyfunc(simplify).is_zero_matrix
    for name in ("sigmoid", "gelu", "tanh"):
        activation = Activation(name)
        outputs = Matrix([activation.expr.xreplace({Z: entry}) for entry in z])
        assert (activation.jacobian(3) - outputs.jacobian(z)).applyfunc(simplify).is_zero_matrix
    with pytest.raises(OptionError, match="size is 0: write how many entries there are, at least 1"):
        Activation("relu").jacobian(0)
