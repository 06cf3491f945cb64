"""Chains carry shapes, numbers and letters from layer to layer, and errors name both layers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import sympy
from sympy import Lambda, Matrix, Rational, Symbol, exp

import symconv as sc
from symconv.errors import EntriesError, GeometryError, OptionError, SymbolicSizeError, SymconvError
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


@pytest.mark.parametrize(
    ("parts", "error", "said"),
    [
        (lambda: (sc.Conv1d(5, 3), sc.Dense(4, 2)), GeometryError, ["Conv1d(5, 3)", "(3,)", "Dense(4, 2)"]),
        (
            lambda: (sc.Conv2d((4, 4), 3), sc.Dense(4, 2)), GeometryError,
            ["(2, 2)", "Dense(4, 2)", "(4,)", "Put sc.Flatten() between them."],
        ),
        (lambda: (sc.Conv1d(5, 3), sc.Conv1d(None, 4)), GeometryError, ["Conv1d(5, 3)", "Conv1d(None, 4)"]),
        (lambda: (sc.Conv1d(5, 3), sc.Conv2d(None, 2)), GeometryError, ["Conv2d(None, 2)", "(3,)"]),
        (lambda: (sc.Conv1d("N", 3), sc.Conv1d("N", 3)), GeometryError, ["(M_1,)", "(N,)"]),
        (lambda: (sc.Conv1d(None, 3),), GeometryError, ["Conv1d(None, 3)", "first"]),
        (lambda: (sc.Activation("f"), sc.Conv1d(5, 3)), OptionError, ["begins with a layer"]),
        (lambda: (sc.Flatten(),), OptionError, ["begins with a layer"]),
        (lambda: (sc.Conv1d(5, 3, batch=2),), OptionError, ["batch"]),
        (lambda: (sc.Conv1d(5, 3).at(w=[1, 2, 3]),), OptionError, ["has values"]),
        (lambda: (sc.Conv1d(5, 3), "relu"), OptionError, ["'relu'", "sc.Activation('relu')"]),
        (lambda: (sc.Conv2d((4, 4), 3), sc.Activation("softmax")), GeometryError, ["softmax", "(2, 2)"]),
        (lambda: (sc.Conv1d(5, 3), sc.Residual([sc.Conv1d(None, 3)])), GeometryError, ["(1,)", "(3,)"]),
        (lambda: (), OptionError, ["at least one layer"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(
    parts: Callable[[], Any], error: type[SymconvError], said: list[str]
) -> None:
    with pytest.raises(error) as raised:
        sc.Chain(*parts())
    for words in said:
        assert words in str(raised.value)


def test_an_unknown_loss_has_its_own_letter() -> None:
    net = sc.Chain(sc.Conv1d(3, 2), sc.Activation("f"), loss="E")
    assert str(net.quantity("delta").T) == "Matrix([[dE0*f'(z^(1)_0), dE1*f'(z^(1)_1)]])"
    assert "f'(z^(1)[i])*dE/da^(1)[i]" in str(net.formula("delta"))
    assert "dE/dw^(1)[k]" in str(net.formula("grad_kernel"))


def test_calls_without_a_size_are_checked_at_once() -> None:
    with pytest.raises(OptionError, match="Conv1d: unknown option 'strid': did you mean 'stride'"):
        sc.Conv1d(None, 3, strid=2)
    with pytest.raises(TypeError, match="kernel_size"):
        sc.Conv1d(None)
    with pytest.raises(OptionError, match="Dense: unknown option 'bais': did you mean 'bias'"):
        sc.Dense(None, 3, bais=True)


def test_a_layer_without_a_size_says_so() -> None:
    part = sc.Conv2d(None, 3, in_channels=1, out_channels=2)
    assert repr(part) == "Conv2d(None, 3, in_channels=1, out_channels=2)"
    with pytest.raises(SymbolicSizeError, match=r"no output, because its input_size is None: give the size"):
        _ = part.output
    with pytest.raises(OptionError, match="write a whole number or a name"):
        sc.Conv1d("5", 3)


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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"w": [[1, 1]]}, "w has 1 entry, but the chain has 2 kernels: give one for each of the layers"),
        ({"w": [[1, 1], [[1, 1]], [1]]}, "w has 3 entries, but the chain has 2 kernels"),
        ({"w": {3: [1]}}, "w is given for layer 3"),
        ({"b": [1]}, "the chain has no bias"),
        ({"w": [[1, 1, 1], [[1, 1]]]}, "w[1] has 3 entries"),
        ({"target": [1, 2]}, "target has 2 entries"),
        ({"x": [1]}, "x has 1 entry, but the chain takes 3"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit_are_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(EntriesError) as raised:
        sc.Chain(sc.Conv1d(3, 2), sc.Dense(None, 1)).at(**given)
    assert said in str(raised.value)


def test_targets_of_the_cross_entropy_are_probabilities() -> None:
    net = sc.Chain(sc.Dense(2, 2), loss="cross_entropy")
    with pytest.raises(EntriesError, match="add up to 1"):
        net.at(target=[1, 1])


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


@pytest.mark.parametrize(
    "function",
    [lambda z: z if z > 0 else 0, lambda z: Symbol("u") * z, 5, "not a name", "sum", lambda z: "z"],
)
def test_what_is_no_activation_is_refused(function: Any) -> None:
    with pytest.raises(OptionError, match="activation"):
        sc.Activation(function)


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


@pytest.mark.parametrize("ask", ["output", "delta", "grad_kernel", "grad_bias", "nothing"])
def test_what_a_layer_does_not_have_is_refused(ask: str) -> None:
    net = sc.Chain(sc.Conv1d(4, 2), sc.MaxPool1d(None, 2))
    if ask in ("output", "delta"):
        assert net.quantity(ask).shape == (1, 1)
        return
    with pytest.raises(OptionError, match=ask):
        net.quantity(ask, layer=2)
    with pytest.raises(OptionError, match="write a number from 1 to 2"):
        net.quantity("output", layer=3)


def test_numbers_need_a_known_loss_and_known_activations() -> None:
    with pytest.raises(OptionError, match="nothing is known"):
        sc.Chain(sc.Conv1d(3, 2)).numpy()


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (
            [sc.Conv2d(4, 3, in_channels=1, out_channels=2), sc.Dense(None, 10)],
            "Conv2d((4, 4), (3, 3), in_channels=1, out_channels=2) gives an output of the shape (2, 2, 2), "
            "and then comes Dense(None, 10), which takes a vector. Put sc.Flatten() between them.",
        ),
        ([sc.Conv1d(4, 1, in_channels=1, out_channels=2), sc.Dense(None, 3)], "Put sc.Flatten() between"),
        ([sc.Conv1d(4, 2), "relu"], "'relu' is no part of a chain: write sc.Activation('relu')."),
        ([sc.Conv1d(4, 2), 3], "3 is no part of a chain: write a layer, sc.Dense"),
    ],
)
def test_what_does_not_follow_is_refused_with_the_cure(parts: list[Any], said: str) -> None:
    with pytest.raises((GeometryError, OptionError)) as raised:
        sc.Chain(*parts)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("ReLU", "relu"), ("Relu", "relu"), ("rleu", "relu"), ("reluu", "relu"), ("tan", "tanh"),
        ("Softmax", "softmax"), ("leakyrelu", "leaky_relu"), ("sigmod", "sigmoid"),
    ],
)  # fmt: skip
def test_a_misspelt_activation_is_refused(given: str, meant: str) -> None:
    with pytest.raises(OptionError) as raised:
        sc.Activation(given)
    said = f"the activation is '{given}': did you mean '{meant}'? An unknown function has another name"
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize("given", ["mse", "MSE", "cross_entropie", "crossentropy", "squared_error"])
def test_a_misspelt_loss_is_refused(given: str) -> None:
    with pytest.raises(OptionError, match=f"loss is '{given}': did you mean '[a-z_]+'\\? Another name"):
        sc.Chain(sc.Conv1d(3, 2), loss=given)


@pytest.mark.parametrize("name", ["f", "g", "h", "phi", "psi", "sigma", "swish", "Re", "act"])
def test_other_names_are_unknown_functions_and_losses(name: str) -> None:
    assert sc.Activation(name).unknown
    assert sc.Chain(sc.Conv1d(3, 2), loss=name).loss_function.unknown


SMALL = sc.Chain(
    sc.Conv1d(4, 2, bias=True), sc.Activation("relu"), sc.Dense(None, 2), loss="half_squared_error"
)
_RIGHT = {"x": [1, 2, 3, 4], "w": [[1, 1], [[1, 1, 1], [1, 1, 1]]], "b": [[1]], "target": [1, 1]}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: SMALL.at(w=5), "w is 5: write a list with the kernel of each layer that has one"),
        (lambda: SMALL.at(b="1"), "b is '1': write a list with the bias of each layer that has one"),
        (lambda: SMALL.at(x=[1, 2]), "x has 2 entries, but the chain takes 4."),
        (lambda: SMALL.at(b={1: []}), "b[1] has 0 entries, but the layer takes 1."),
        (lambda: SMALL.vjp([1]), "gradient has 1 entry, but the chain takes 2."),
        (lambda: sc.Residual(5), "chain of a residual chain is 5: write a chain, or a list of its parts."),
        (lambda: sc.Residual([], shortcut="f"), "shortcut of a residual chain is 'f': write a chain"),
        (lambda: SMALL.receptive_field(1).inputs("a"), "output is 'a': write an index, or one for each"),
        (lambda: SMALL.receptive_field(1).inputs(None), "output is None: write an index, or one for each"),
        (lambda: SMALL.receptive_field().inputs([True]), "output is [True]: write an index, or one for"),
        (lambda: SMALL.figure(output="z"), "output is 'z': write an index, or one for each axis."),
        (lambda: SMALL.figure(output=2.0), "output is 2.0: write an index, or one for each axis."),
        (lambda: SMALL.figure(neuron=(1, "a")), "neuron is ['a']: write an index, or one for each axis."),
        (lambda: SMALL.numpy()(**_RIGHT | {"x": ["a", 2, 3, 4]}), "x is ['a', 2, 3, 4]: write numbers in"),
        (lambda: SMALL.numpy()(**_RIGHT | {"w": 5}), "w is 5: write a list with one array for each layer."),
        (lambda: SMALL.numpy()(**_RIGHT | {"b": []}), "b has 0 entries, but the chain takes 1."),
        (lambda: sc.Chain(sc.Conv1d(3, 2)).b[1], "layer 1 of 1 has no bias; no layer has one."),
        (lambda: sc.Chain(sc.Conv1d(3, 2)).numpy(), "nothing is known of the loss 'L', so there are no"),
        (
            lambda: sc.Chain(sc.Dense(3, 2), sc.Activation("f"), loss="half_squared_error").hessian(),
            "nothing is known of the activation 'f' of layer 1, so there is no second derivative: write",
        ),
        (
            lambda: sc.Dense(2, 2).check(),
            "a dense layer has no check() of its own: use sc.Chain(layer).check().",
        ),
        (lambda: sc.Dense(2, 2).einsum(), "a dense layer has no einsum(): it is for layers with windows."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(SymconvError) as raised:
        call()
    assert said in str(raised.value)


def test_the_slope_of_leaky_relu_is_written_case_by_case() -> None:
    net = sc.Chain(sc.Conv1d(4, 2), sc.Activation("leaky_relu"), sc.Dense(None, 2))
    formula = net.formula("delta", layer=1)
    assert str(formula).endswith("with lrelu'(z) = [z > 0] + [z <= 0]/100")
    assert r"\left[z > 0\right] + \frac{1}{100} \left[z \leq 0\right]" in formula.latex()
