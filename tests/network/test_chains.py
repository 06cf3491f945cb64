"""Chains carry shapes, numbers and letters from layer to layer."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy
from sympy import Lambda, Matrix, Rational, Symbol, exp

import symconv as sc
from symconv.network.activations import KNOWN, Z


def lenet() -> sc.Chain:
    return sc.Chain(
        sc.Conv2d((12, 12), 5, in_channels=1, out_channels=2, bias=True), sc.Activation("tanh"),
        sc.AvgPool2d(None, 2), sc.Conv2d(None, 3, in_channels=2, out_channels=3), sc.Activation("relu"),
        sc.MaxPool2d(None, 2), sc.Flatten(), sc.Dense(None, 4, bias=True), loss="cross_entropy",
    )  # fmt: skip


def test_sizes_and_channels_come_from_the_layer_before() -> None:
    net = lenet()
    assert [stage.shape for stage in net.stages] == [(2, 8, 8), (2, 4, 4), (3, 2, 2), (3, 1, 1), (4,)]
    assert net.shape == (4,)
    assert len(net) == 5
    assert net[5].matrix.shape == (4, 3)
    assert [stage.flattened for stage in net.stages] == [False, False, False, False, True]
    assert list(net.w) == [1, 3, 5]
    assert list(net.b) == [1, 5]
    assert net.activations[3].name == "relu"


def test_open_sizes_are_letters_of_the_layer_before() -> None:
    net = sc.Chain(
        sc.Conv1d("N", "K"), sc.Activation("f"), sc.MaxPool1d(None, 2), sc.Conv1d(None, "K", padding="same")
    )
    assert [str(stage.shape[0]) for stage in net.stages] == ["-K + N + 1", "floor(M_1/2)", "M_2"]
    assert {str(letter): str(size) for letter, size in net.stages[2].sizes.items()} == {
        "M_1": "-K + N + 1", "M_2": "floor(M_1/2)",
    }  # fmt: skip


def test_an_input_size_may_be_said_again() -> None:
    net = sc.Chain(sc.Conv1d("N", 3), sc.Conv1d(Symbol("N") - 2, 2), sc.MaxPool1d(None, 2))
    assert len(net) == 3


def test_an_unknown_loss_has_its_own_letter() -> None:
    net = sc.Chain(sc.Conv1d(3, 2), sc.Activation("f"), loss="E")
    assert str(net.quantity("delta").T) == "Matrix([[dE0*f'(z^(1)_0), dE1*f'(z^(1)_1)]])"
    assert "f'(z^(1)[i])*dE/da^(1)[i]" in str(net.formula("delta"))
    assert "dE/dw^(1)[k]" in str(net.formula("grad_kernel"))


def test_values_stay_exact() -> None:
    net = sc.Chain(
        sc.Conv1d(4, 2, bias=True), sc.Activation("leaky_relu"), sc.Dense(None, 2), loss="mean_squared_error"
    )
    valued = net.at(
        x=[1, Fraction(-1, 2), 2, 0], w=[[1, 2], [[1, 0, 1], [0, 1, 0]]], b=[Rational(1, 3)], target=[1, 2]
    )
    z = [Rational(1, 3), Rational(23, 6), Rational(7, 3)]
    assert list(valued.quantity("preactivation", layer=1)) == z
    assert valued.output == Matrix([z[0] + z[2], z[1]])
    assert valued.loss == ((z[0] + z[2] - 1) ** 2 + (z[1] - 2) ** 2) / 2
    assert valued.quantity("delta", layer=2) == Matrix([z[0] + z[2] - 1, z[1] - 2])
    assert valued.quantity("grad_bias", layer=1) == sum(valued.quantity("delta", layer=1))
    assert valued.w[1] == Matrix([1, 2])
    assert valued.x == Matrix([1, Rational(-1, 2), 2, 0])


def test_values_may_be_given_by_layer_and_one_after_the_other() -> None:
    net = sc.Chain(sc.Conv1d(3, 2), sc.Dense(None, 1), loss="half_squared_error")
    whole = net.at(x=[1, 2, 3], w=[[1, 1], [[2, 3]]], target=[1])
    parts = net.at(x=[1, 2, 3]).at(w={2: [[2, 3]]}).at(w={1: [1, 1]}, target=[1])
    assert whole.loss == parts.loss == Rational(20**2, 2)


def test_expressions_name_what_they_share() -> None:
    net = sc.Chain(
        sc.Conv1d(3, 2), sc.Activation("f"), sc.Dense(None, 2, bias=True), sc.Activation("sigmoid")
    )
    assert str(net.quantity("preactivation", layer=2)[0]) == "W^(2)_0_0*a^(1)_0 + W^(2)_0_1*a^(1)_1 + b^(2)_0"
    assert str(net.quantity("output", layer=1)[1]) == "f(z^(1)_1)"
    assert str(net.quantity("grad_kernel", layer=1)[0]) == "delta^(1)_0*x0 + delta^(1)_1*x1"
    assert str(net.quantity("grad_input", layer=2)[0]) == "W^(2)_0_0*delta^(2)_0 + W^(2)_1_0*delta^(2)_1"


def test_expressions_are_linear_in_the_depth() -> None:
    def operations(depth: int) -> int:
        layers = [sc.Conv1d(None, 3, padding=1), sc.Activation("tanh")] * (depth - 1)
        net = sc.Chain(sc.Conv1d(6, 3, padding=1), sc.Activation("tanh"), *layers)
        names = ("preactivation", "output", "delta", "grad_input", "grad_kernel")
        return sum(
            sum(entry.count_ops() for entry in net.quantity(name, layer=layer))
            for layer in range(2, depth) for name in names
        )  # fmt: skip

    two, ten = operations(4), operations(12)
    assert ten == 5 * two


@pytest.mark.parametrize("name", [*KNOWN])
def test_the_derivative_of_each_activation_is_that_of_its_function(name: str) -> None:
    activation = sc.Activation(name)
    for at in (Rational(-3, 2), Rational(-1, 7), Rational(2, 5), 3):
        wanted = sympy.diff(activation.expr, Z).subs(Z, at)
        assert abs((activation.slope.subs(Z, at) - wanted).evalf(30)) < 1e-25


def test_activations_are_0_at_0_where_pytorch_has_it() -> None:
    assert sc.Activation("relu").slope.subs(Z, 0) == 0
    assert sc.Activation("leaky_relu").slope.subs(Z, 0) == Rational(1, 100)


def test_activations_of_ones_own() -> None:
    def swish(z: Any) -> Any:
        return z / (1 + exp(-z))

    u = Symbol("u")
    for function in (swish, Lambda(u, u / (1 + exp(-u)))):
        activation = sc.Activation(function)
        assert sympy.simplify(activation.slope - sympy.diff(swish(Z), Z)) == 0
    assert bool(sc.Chain(sc.Conv1d(3, 2), sc.Activation(swish), loss="half_squared_error").check(draws=1))


def test_softmax_and_cross_entropy_leave_p_minus_t() -> None:
    net = sc.Chain(sc.Dense(2, 3), sc.Activation("softmax"), loss="cross_entropy")
    assert str(net.quantity("delta").T) == "Matrix([[a^(1)_0 - t0, a^(1)_1 - t1, a^(1)_2 - t2]])"
    # The same loss, where the softmax is its own part: one network, one gradient.
    w, x, t = [[[1, 0], [2, 1], [0, -1]]], [1, 2], [Rational(1, 2), Rational(1, 2), 0]
    inside = sc.Chain(sc.Dense(2, 3), loss="cross_entropy").at(x=x, w=w, target=t)
    outside = net.at(x=x, w=w, target=t)
    assert sympy.simplify(inside.loss - outside.loss).evalf(20) == pytest.approx(0, abs=1e-15)
    gradients = inside.quantity("grad_kernel") - outside.quantity("grad_kernel")
    assert all(abs(entry.evalf(20)) < 1e-15 for entry in sympy.flatten(gradients.tolist()))


def test_a_residual_adds_its_input() -> None:
    net = sc.Chain(sc.Conv1d(3, 1), sc.Residual([sc.Conv1d(None, 3, padding=1)]), sc.Activation("relu"))
    valued = net.at(x=[1, -2, 3], w=[[1], [1, 1, 1]])
    assert list(valued.quantity("preactivation", layer=2)) == [-1 + 1, 2 - 2, 1 + 3]
    assert list(valued.output) == [0, 0, 4]


def test_a_residual_may_have_a_shortcut_and_end_in_an_activation() -> None:
    inner = [sc.Conv1d(None, 2, stride=2), sc.Activation("relu")]
    net = sc.Chain(
        sc.Conv1d(4, 1), sc.Residual(inner, shortcut=[sc.Conv1d(None, 1, stride=2)]), sc.Activation("tanh")
    )
    assert len(net) == 4, (
        "the shortcut, the layer, and one that changes nothing for what is added after the ReLU"
    )
    assert bool(net.check())


def test_a_fault_in_a_backward_rule_is_found_and_located(monkeypatch: pytest.MonkeyPatch) -> None:
    from symconv.network.named import Named

    right = Named._grad_kernel

    def wrong(self: Named, stage: Any) -> Any:
        entries = right(self, stage)
        return [entries[-1], *entries[1:-1], entries[0]] if stage.number == 2 else entries

    monkeypatch.setattr(Named, "_grad_kernel", wrong)
    net = sc.Chain(
        sc.Conv1d(6, 3), sc.Activation("f"), sc.Conv1d(None, 3), sc.Activation("f"), sc.Dense(None, 2)
    )
    report = net.check(draws=1)
    assert not report
    assert [finding.quantity for finding in report.findings if not finding] == ["grad_kernel, layer 2"]


def test_the_slope_of_leaky_relu_is_written_case_by_case() -> None:
    net = sc.Chain(sc.Conv1d(4, 2), sc.Activation("leaky_relu"), sc.Dense(None, 2))
    formula = net.formula("delta", layer=1)
    assert str(formula).endswith("with lrelu'(z) = 1 if z > 0, else 1/100")
    assert r"= 1\text{ if }z > 0\text{, else }\frac{1}{100}" in formula.latex()
