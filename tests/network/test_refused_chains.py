"""What is wrong with a chain, its values or a question about it is said, with layers and cures by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sympy import Symbol

import symconv as sc
from symconv.errors import EntriesError, GeometryError, OptionError, SymbolicSizeError, SymconvError


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


@pytest.mark.parametrize(
    "function",
    [lambda z: z if z > 0 else 0, lambda z: Symbol("u") * z, 5, "not a name", "sum", lambda z: "z"],
)
def test_what_is_no_activation_is_refused(function: Any) -> None:
    with pytest.raises(OptionError, match="activation"):
        sc.Activation(function)


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
            "a dense layer by itself has no check(): write sc.Chain(sc.Dense(2, 2)).check().",
        ),
        (
            lambda: sc.Dense(3, 2, bias=True).notes(),
            "a dense layer by itself has no notes(): write sc.Chain(sc.Dense(3, 2, bias=True)).notes().",
        ),
        (
            lambda: sc.Dense(3, 2, bias=True).einsum(),
            "a dense layer by itself has no einsum(): write numpy.einsum('ij,j->i', w, x) + b.",
        ),
        (
            lambda: sc.Dense(3, 2).to_torch(),
            "a dense layer by itself has no to_torch(): write torch.nn.Linear(3, 2, bias=False).",
        ),
        (
            lambda: sc.Dense(2, 2).animation(),
            "a dense layer has no animation(): it is for layers with windows.",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(SymconvError) as raised:
        call()
    assert said in str(raised.value)
