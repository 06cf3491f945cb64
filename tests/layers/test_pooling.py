"""Pooling: an average is a constant kernel, a maximum an indicator; both equal PyTorch's."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st
from sympy import I, Integer, Matrix, Max, Rational, S, Symbol, latex, oo

import symconv as sc
from symconv.errors import EntriesError, GeometryError, OptionError
from symconv.layers.description import options as described
from tests.optional import required
from tests.tiers import law, tiers

torch = required("torch")

KINDS = {"average": sc.AvgPool, "max": sc.MaxPool}


@st.composite
def pools(draw: st.DrawFn) -> dict[str, Any]:
    """A possible pooling layer of either kind, as PyTorch takes it."""
    kind, rank = draw(st.sampled_from(sorted(KINDS))), draw(st.integers(1, 3))
    axes = []
    for _ in range(rank):
        k, s = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        d = draw(st.integers(1, 2)) if kind == "max" else 1
        p = draw(st.integers(0, k // 2))
        n = draw(st.integers(1, 4))
        assume(n + 2 * p > d * (k - 1) and (n >= d or p == 0))
        assume(n >= k or kind == "max" or rank < 3)  # PyTorch's AvgPool3d compares before it pads
        axes.append((n, k, s, d, p))
    n, k, s, d, p = (tuple(part) for part in zip(*axes, strict=True))
    options = {
        "stride": s,
        "padding": p,
        "channels": draw(st.integers(1, 2)),
        "batch": draw(st.integers(1, 2)),
    }
    if kind == "max":
        options["dilation"] = d
    return {"kind": kind, "sizes": (n, k), "options": options}


def theirs(case: dict[str, Any], x: np.ndarray, delta: Any) -> tuple[np.ndarray, np.ndarray]:
    rank, options = len(case["sizes"][0]), dict(case["options"])
    del options["channels"], options["batch"]
    name = f"{'Max' if case['kind'] == 'max' else 'Avg'}Pool{rank}d"
    module = getattr(torch.nn, name)(case["sizes"][1], **options)
    given_ = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = module(given_)
    y.backward(torch.tensor(delta(tuple(y.shape)), dtype=torch.float64))
    return y.detach().numpy(), given_.grad.numpy()


@law(50, 400, case=pools(), seed=st.integers(0, 999), most=st.sampled_from([2, 100]))
def test_every_pooling_layer_equals_pytorch(case: dict[str, Any], seed: int, most: int) -> None:
    """Numbers are few in half of the cases, so that the largest is often there twice."""
    rng = np.random.default_rng(seed)
    n, k = case["sizes"]
    count = int(np.prod(k)) if case["kind"] == "average" else 1  # whole numbers stay whole
    options = case["options"]
    x = count * rng.integers(-most, most + 1, (options["batch"], options["channels"], *n))
    drawn: list[np.ndarray] = []

    def delta(shape: tuple[int, ...]) -> np.ndarray:
        drawn.append(count * rng.integers(-9, 10, shape))
        return drawn[-1]

    y, grad = theirs(case, x, delta)
    layer = KINDS[case["kind"]](n, k, **options).at(x=x.tolist(), delta=drawn[0].tolist())
    for found, wanted in ((layer.output, y), (layer.grad_input, grad)):
        assert found.shape == wanted.shape
        assert [int(e) for e in np.ravel(np.array(found.tolist(), dtype=object))] == np.rint(
            wanted
        ).ravel().tolist()
        assert np.allclose(np.rint(wanted), wanted, atol=1e-9)


LAYERS: dict[str, Any] = {
    "average": lambda: sc.AvgPool(5, 2),
    "average, padded, overlapping": lambda: sc.AvgPool(5, 3, stride=2, padding=1),
    "average of planes": lambda: sc.AvgPool2d((4, 3), 2, channels=2, batch=2, stride=(1, 2)),
    "maximum": lambda: sc.MaxPool(5, 2),
    "maximum, padded, overlapping": lambda: sc.MaxPool(5, 3, stride=2, padding=(1, 0)),
    "maximum, dilated": lambda: sc.MaxPool(6, 2, stride=1, padding=1, dilation=2),
    "maximum of planes": lambda: sc.MaxPool2d((4, 3), 2, channels=2, batch=2, stride=1),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_pooling_layer_agrees_with_its_references(name: str) -> None:
    report = LAYERS[name]().check()
    assert report, str(report)
    assert {"loops over windows", "sliding windows", "PyTorch"} <= {f.reference for f in report.findings}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("quantity", ["output", "grad_input", "matrix"])
def test_a_wrong_entry_is_found(kind: str, quantity: str) -> None:
    layer = KINDS[kind](4, 2)
    entries = layer.entries.values.entries(quantity)
    entries[1] = entries.get(1, S.Zero) + 1
    report = layer.check()
    assert not report
    assert {f.quantity for f in report.findings if not f} == {quantity}


@pytest.mark.parametrize("name", LAYERS)
def test_the_matrix_acts_as_the_layer_does(name: str) -> None:
    rng, layer = np.random.default_rng(3), LAYERS[name]()
    shape = layer.x.shape if len(layer.x.shape) > 2 else (layer.x.shape[0],)
    layer = layer.at(x=rng.integers(-2, 3, shape).tolist())

    def column(array: Any) -> Matrix:
        return Matrix(np.ravel(np.array(array.tolist(), dtype=object)).tolist())

    assert layer.matrix * column(layer.x) == column(layer.output)
    assert layer.matrix.T * column(layer.delta) == column(layer.grad_input)


def test_the_selection_is_the_first_of_the_largest() -> None:
    assert sc.MaxPool(4, 4).at(x=[1, 7, 7, 2]).selection == Matrix([[0, 1, 0, 0]])
    half = Rational(1, 2)
    assert sc.MaxPool(3, 3).at(x=[Fraction(1, 3), half, 0.25]).output == Matrix([half])
    padded = sc.MaxPool(2, 3, stride=1, padding=1).at(x=[-5, -7])
    assert padded.output == Matrix([-5, -5])
    assert padded.windows == Matrix([[-oo, -5, -7], [-5, -7, -oo]])


def test_symbols_are_selected_by_conditions_on_them() -> None:
    layer = sc.MaxPool(2, 2)
    a, b = layer.x
    assert layer.output == Matrix([Max(a, b)])
    for x in ([3, 1], [1, 3], [2, 2]):
        valued = layer.grad_input.xreplace(dict(zip(layer.x, map(S, x), strict=True)))
        assert valued == layer.at(x=x).grad_input
    assert layer.selection.subs({a: 5, b: 5}) == Matrix([[1, 0]])
    assert latex(layer.selection[0]) == "\\left[x_{0} \\geq x_{1}\\right]"


#: Layers of open sizes, and numbers for them.
OPEN: dict[str, tuple[Any, dict[str, int]]] = {
    "plain": (lambda k: k("N", "K"), {"N": 5, "K": 2}),
    "strided and padded": (lambda k: k("N", "K", stride="s", padding="p"), {"N": 5, "K": 3, "s": 2, "p": 1}),
    "planes": (
        lambda k: k(("H", "R"), "K", channels="C", batch="B", stride=1),
        {"H": 3, "R": 2, "K": 2, "C": 2, "B": 2},
    ),
}


@pytest.mark.parametrize(("kind", "opened"), tiers(product(KINDS, OPEN), [("max", "plain")], several=True))
def test_formulas_give_the_explicit_entries_and_are_proved(kind: str, opened: str) -> None:
    made, sizes = OPEN[opened]
    layer = made(KINDS[kind])
    shape = [sizes[str(axis.geometry["input_size"])] for axis in layer.axes]
    told = described(layer.spec)
    options = {n: sizes[v] for n, v in told.items() if isinstance(v, str) and v in sizes and n not in
               ("input_size", "kernel_size")}  # fmt: skip
    if told["stride"] == 1:
        options["stride"] = 1
    explicit = KINDS[kind](tuple(shape), sizes["K"], **options)
    values = explicit.entries.values
    for name in ("output", "matrix", "grad_input"):
        derivation = layer.derive(name)
        assert derivation.verify()
        proof = derivation.prove(strides=[1, 2])
        assert proof, str(proof)
        found = derivation.result.at(**sizes)
        if kind == "max":
            swap = dict(zip(explicit.entries.symbols.operands["tap"], values.operands["tap"], strict=True))
            x = dict(zip(values.operands["input"], map(S, range(len(values.operands["input"]))), strict=True))
            assert found.subs(swap).subs(x) == getattr(explicit, name).subs(x), name
        else:
            assert found == getattr(explicit, name), name


#: What a feature adds to the options of a pooling layer; names stand for symbols of ``SIZES``.
FEATURES: dict[str, dict[str, Any]] = {
    "rank 2": {"rank": 2}, "stride": {"stride": "s"}, "padding": {"padding": "p"},
    "dilation": {"dilation": "d"}, "channels": {"channels": "C"}, "batch": {"batch": "B"},
}  # fmt: skip
SIZES = {"N": 5, "K": 2, "s": 1, "p": 1, "d": 2, "C": 2, "B": 2}


ALONE = list(combinations(FEATURES, 1))
PAIRS = list(combinations(FEATURES, 2))
#: What every run tries: each feature with a kind in turn, and what an average refuses.
FEW = [
    *zip([*KINDS] * len(ALONE), ALONE, strict=False),
    ("average", ("dilation",)),
    ("max", ("padding", "channels")),
]


@pytest.mark.parametrize(("kind", "pair"), tiers(product(KINDS, [*ALONE, *PAIRS]), FEW, several=True))
def test_every_pair_of_features_gives_the_explicit_entries(kind: str, pair: tuple[str, ...]) -> None:
    options = {key: value for name in pair for key, value in FEATURES[name].items()}
    rank = options.pop("rank", 1)
    if kind == "average" and "dilation" in options:
        with pytest.raises(OptionError, match="unknown option 'dilation'"):
            KINDS[kind](5, 2, **options)
        return
    opened = KINDS[kind](("N",) * rank, ("K",) * rank, **options)
    numbers = {key: SIZES[value] for key, value in options.items()}
    explicit = KINDS[kind]((SIZES["N"],) * rank, (SIZES["K"],) * rank, **numbers)
    sizes = {name: SIZES[name] for name in ("N", "K", *options.values())}
    symbols = explicit.entries.symbols.operands
    rng = np.random.default_rng(rank)
    x = [Integer(int(n)) for n in rng.integers(-3, 4, len(symbols["input"]))]
    put = dict(zip(symbols["input"], x, strict=True))
    taps = [S(tap).xreplace(put) for tap in explicit.entries.values.operands["tap"]]
    put |= dict(zip(symbols["tap"], taps, strict=True))
    for name in ("output", "matrix", "grad_input"):
        found = opened.formula(name).at(**sizes)
        assert found.subs(put) == getattr(explicit, name).subs(put), name


PRESETS = sc.Notation.preset_names()
FEW_PRESETS = [("average", "cs231n")]


@pytest.mark.exhaustive
@pytest.mark.parametrize(("kind", "notation"), tiers(product(KINDS, PRESETS), FEW_PRESETS, several=True))
def test_pooling_prints_in_every_notation(kind: str, notation: str, typeset: Any) -> None:
    for layer in (
        KINDS[kind]("H1", "H2", notation=notation),
        KINDS[kind](("H1", "H2"), 2, notation=notation),
    ):
        for name in layer.formula_names:
            typeset(layer.formula(name).latex())
            typeset(layer.derive(name).latex())
    for layer in (
        KINDS[kind](4, 2, notation=notation),
        KINDS[kind](4, 2, notation=notation).at(x=[1, 3, 2, 2]),
    ):
        for name in layer.equation_names:
            typeset(layer.equation(name).latex())


def test_values_that_a_sum_does_not_hold_change_nothing() -> None:
    layer = sc.MaxPool1d(2, 2)
    assert str(layer.at(x=[Symbol("a"), 1]).equation("grad_input")) == str(layer.equation("grad_input"))
    assert layer.output[0] == Max(*layer.x)
    assert str(sc.MaxPool1d(2, 1).equation("selection")) == "S0_0 = 1\nS1_0 = 1"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: sc.AvgPool(5, 2, padding=2), GeometryError, "more than half of a window"),
        (lambda: sc.MaxPool(5, 3, padding="full"), GeometryError, "more than half of a window"),
        (lambda: sc.MaxPool(2, 2, stride=1, padding=1, dilation=3), GeometryError, "would hold only padding"),
        (lambda: sc.MaxPool(2, 3), GeometryError, "kernel of 3 taps"),
        (lambda: sc.AvgPool(5, 2, dilation=2), OptionError, "unknown option 'dilation'"),
        (lambda: sc.MaxPool(5, 2, bias=True), OptionError, "unknown option 'bias'"),
        (lambda: sc.MaxPool(4, 2).at(w=[1, 2]), OptionError, "unknown option 'w'"),
        (lambda: sc.MaxPool(2, 2).at(x=[I, 1]), EntriesError, "real"),
        (lambda: sc.MaxPool(2, 2).structure, OptionError, "depends on the input"),
        (lambda: sc.MaxPool(2, 2).formula("grad_kernel"), OptionError, "no derivation for this layer"),
        (
            lambda: sc.AvgPool(2, 2).equation("grad_bias"),
            OptionError,
            "needs a bias, and this layer has none",
        ),
        (lambda: sc.AvgPool(2, 2).equation("tying"), OptionError, "no quantity"),
    ],
)
def test_what_cannot_be_pooled_is_said(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("name", LAYERS)
def test_a_pooling_layer_prints_as_it_is_written(name: str) -> None:
    layer = LAYERS[name]()
    names = {**vars(sc), **{n: getattr(sc, n) for n in sc.__all__}}
    assert eval(repr(layer), names).output == layer.output


def test_an_average_is_a_convolution_with_a_constant_kernel() -> None:
    pool = sc.AvgPool(7, 3, stride=2, padding=1)
    conv = sc.Conv1d(7, 3, stride=2, padding=1).at(w=[Rational(1, 3)] * 3)
    assert (pool.output, pool.matrix, pool.grad_input) == (conv.output, conv.matrix, conv.grad_input)
    assert pool.structure.parameters == 1
    assert Symbol("x0") in pool.output.free_symbols


def test_only_a_maximum_depends_on_its_input() -> None:
    clipped = sc.AvgPool1d(5, 3, stride=2, padding=1, count_include_pad=False)
    for layer, why in (
        (clipped, "divide by different numbers"),
        (sc.MaxPool1d(5, 3), "depends on the input"),
    ):
        with pytest.raises(OptionError, match=why):
            str(layer.structure)
    assert clipped.at(x=[I, 2, 3, 4, 5]).output[0] == I / 2 + 1
