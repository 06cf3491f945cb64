"""Layers: every quantity against plain loops, identities between quantities, values, errors."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from sympy import Function, Integer, Matrix, Rational, Symbol, expand, sqrt, srepr, symbols, zeros

import symconv as sc
from symconv.errors import EntriesError, GeometryError, NotationError, OptionError, SymbolicSizeError
from tests.geometry import looped, sweep
from tests.geometry import symbols as indexed
from tests.tiers import tiers

SIZES = [(n, k) for n in range(1, 8) for k in range(1, 6)]


@pytest.mark.parametrize(("n", "k"), tiers(SIZES, [(1, 1), (2, 5), (4, 3), (7, 2)], several=True))
def test_every_quantity_equals_plain_loops(n: int, k: int) -> None:
    seen = 0
    for options, geometry in sweep(n, k):
        if not geometry.possible:
            with pytest.raises(GeometryError):
                sc.Conv1d(n, k, **options)
            continue
        layer = sc.Conv1d(n, k, **options)
        expected = looped(geometry, indexed("x", n), indexed("w", k), indexed("delta", layer.output_size))
        for name, rows in expected.items():
            assert getattr(layer, name).tolist() == rows, (name, layer)
        assert layer.output_size == len(expected["output"])
        seen += 1
    assert seen > 40


PRODUCTS = [(1, 1), (3, 2), (4, 3), (5, 4), (6, 2), (3, 5)]


@pytest.mark.parametrize(("n", "k"), tiers(PRODUCTS, [(4, 3)], several=True))
def test_matrix_windows_and_gradients_are_one_product(n: int, k: int) -> None:
    for options, geometry in sweep(n, k):
        if not geometry.possible:
            continue
        layer = sc.Conv1d(n, k, **options)
        zero = zeros(layer.output_size, 1)
        assert (layer.output - layer.matrix * layer.x).applyfunc(expand) == zero
        assert (layer.output - layer.windows * layer.w).applyfunc(expand) == zero
        assert (layer.grad_input - layer.matrix.T * layer.delta).applyfunc(expand) == zeros(n, 1)
        assert (layer.grad_input - layer.upstream_matrix * layer.w).applyfunc(expand) == zeros(n, 1)
        assert (layer.grad_kernel - layer.windows.T * layer.delta).applyfunc(expand) == zeros(k, 1)
        assert (layer.grad_kernel - layer.upstream_matrix.T * layer.x).applyfunc(expand) == zeros(k, 1)


def vec(matrix: Matrix) -> Matrix:
    return matrix.reshape(matrix.rows * matrix.cols, 1)


@pytest.mark.parametrize(
    "options", [{}, {"padding": "full", "flip": True}, {"stride": 2, "padding": 1, "dilation": 2}]
)
def test_tied_weights_sum_their_gradients_and_zeros_stay_zero(options: dict) -> None:
    layer = sc.Conv1d(6, 3, **options)
    assert layer.tying * layer.w == vec(layer.matrix)
    assert layer.dense_gradient == layer.delta * layer.x.T
    assert (layer.tying.T * vec(layer.dense_gradient) - layer.grad_kernel).applyfunc(expand) == zeros(3, 1)
    assert (layer.tying.T * vec(layer.masked_gradient) - layer.grad_kernel).applyfunc(expand) == zeros(3, 1)
    for held, weight in zip(layer.masked_gradient, layer.matrix, strict=True):
        assert (held == 0) == (weight == 0)


def test_gradients_are_the_derivatives_of_the_loss() -> None:
    layer = sc.Conv1d(6, 3, stride=2, padding=(2, 1), dilation=2, bias=True, flip=True)
    loss = (layer.delta.T * layer.output)[0]
    assert layer.grad_input == Matrix([loss.diff(x) for x in layer.x])
    assert layer.grad_kernel == Matrix([loss.diff(w) for w in layer.w])
    assert layer.grad_bias == loss.diff(layer.b) == sum(layer.delta)


def test_the_opening_question() -> None:
    full = sc.Conv1d(4, 3, padding="full", flip=True).at(x=[1, 2, 3, 4], w=[5, 6, 7])
    assert list(full.output) == [5, 16, 34, 52, 45, 28]
    f = Function("f")
    assert list(full.activation("f")) == [f(5), f(16), f(34), f(52), f(45), f(28)]
    assert list(full.output.applyfunc(f)) == list(full.activation(f))
    assert list(sc.Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[5, 6, 7]).output) == [38, 56]
    assert full.matrix.tolist() == [
        [5, 0, 0, 0],
        [6, 5, 0, 0],
        [7, 6, 5, 0],
        [0, 7, 6, 5],
        [0, 0, 7, 6],
        [0, 0, 0, 7],
    ]


def test_same_is_pytorchs_for_an_even_kernel() -> None:
    assert list(sc.Conv1d(4, 2, padding="same").at(x=[1, 2, 3, 4], w=[5, 6]).output) == [17, 28, 39, 20]


def test_a_bias_is_added_to_every_output_even_where_no_tap_meets() -> None:
    layer = sc.Conv1d(2, 1, padding=3, bias=True)
    b, w, x = Symbol("b"), Symbol("w0"), symbols("x0 x1")
    assert list(layer.output) == [b, b, b, b + w * x[0], b + w * x[1], b, b, b]
    assert [srepr(e) for e in layer.output] == [
        srepr(e) for e in [b, b, b, b + w * x[0], b + w * x[1], b, b, b]
    ]
    assert list(layer.at(x=[1, 2], w=[3], b=4).output) == [4, 4, 4, 7, 10, 4, 4, 4]
    assert sc.Conv1d(2, 1).b is None


def test_exact_values_stay_exact_and_the_rest_stays_symbolic() -> None:
    a, w0, w1 = symbols("a w0 w1")
    layer = sc.Conv1d(3, 2).at(x=[Fraction(1, 3), a + 1, sqrt(2)])
    assert list(layer.output) == [w0 / 3 + w1 * (a + 1), w0 * (a + 1) + w1 * sqrt(2)]
    again = layer.at(w=[Rational(1, 2), -1])
    assert list(again.output) == [Rational(1, 6) - (a + 1), (a + 1) / 2 - sqrt(2)]
    assert list(layer.w) == [w0, w1], "the first layer is not changed"


def test_results_are_copies_that_may_be_changed() -> None:
    layer = sc.Conv1d(4, 3)
    layer.output[0] = 0
    layer.matrix[0, 0] = 0
    assert layer.output[0] != 0
    assert layer.matrix[0, 0] == Symbol("w0")


def test_notation_changes_no_result() -> None:
    for name in sc.Notation.preset_names():
        layer = sc.Conv1d(5, 3, stride=2, padding=1, notation=name)
        assert list(layer.at(x=[1, 2, 3, 4, 5], w=[6, 7, 8]).output) == [23, 65, 59]


def test_a_layer_writes_itself_as_its_call() -> None:
    layer = sc.Conv1d(4, 3, padding="full", flip=True)
    assert repr(layer) == "Conv1d(4, 3, padding='full', flip=True)"
    assert repr(eval(repr(layer), {"Conv1d": sc.Conv1d})) == repr(layer)
    assert repr(sc.Conv1d(4, 3, padding=(1, 2))) == "Conv1d(4, 3, padding=(1, 2))"
    assert "True convolution (kernel flipped) of 4 inputs with a 3-tap kernel" in str(layer)


def test_structure_counts_band_zeros_and_ties() -> None:
    full = sc.Conv1d(4, 3, padding="full", flip=True).structure
    assert (full.shape, full.toeplitz, full.circulant) == ((6, 4), True, False)
    assert (full.lower_bandwidth, full.upper_bandwidth, full.nonzeros) == (2, 0, 12)
    assert (full.parameters, full.dense_parameters, full.kind) == (3, 24, "banded Toeplitz")
    for options, geometry in sweep(6, 3):
        if not geometry.possible:
            continue
        layer = sc.Conv1d(6, 3, **options)
        found, matrix = layer.structure, layer.matrix
        filled = [(i, j) for i in range(matrix.rows) for j in range(6) if matrix[i, j] != 0]
        assert found.nonzeros == len(filled)
        assert found.lower_bandwidth == max((i - j for i, j in filled), default=0)
        assert found.upper_bandwidth == max((j - i for i, j in filled), default=0)
        constant = all(matrix[i, j] == matrix[i + 1, j + 1] for i in range(matrix.rows - 1) for j in range(5))
        assert found.toeplitz == constant, layer


@pytest.mark.parametrize(
    ("error", "words", "make"),
    [
        (OptionError, "unknown option 'strid': did you mean 'stride'", lambda: sc.Conv1d(4, 3, strid=2)),
        (OptionError, "bias is 1", lambda: sc.Conv1d(4, 3, bias=1)),
        (OptionError, "flip is 'yes'", lambda: sc.Conv1d(4, 3, flip="yes")),
        (NotationError, "notation is 3", lambda: sc.Conv1d(4, 3, notation=3)),
        (NotationError, "did you mean 'pytorch'", lambda: sc.Conv1d(4, 3, notation="pytorh")),
        (EntriesError, "x has 3 entries, but the layer takes 4", lambda: sc.Conv1d(4, 3).at(x=[1, 2, 3])),
        (EntriesError, "x\\[1\\] is '2'", lambda: sc.Conv1d(2, 1).at(x=[1, "2"])),
        (EntriesError, "x is '12'", lambda: sc.Conv1d(2, 1).at(x="12")),
        (EntriesError, "does not commute", lambda: sc.Conv1d(1, 1).at(x=[Symbol("A", commutative=False)])),
        (EntriesError, "use finite entries", lambda: sc.Conv1d(1, 1).at(x=[float("nan")])),
        (EntriesError, "use finite entries", lambda: sc.Conv1d(1, 1).at(x=[float("inf")])),
        (EntriesError, "but this layer has no bias", lambda: sc.Conv1d(4, 3).at(b=1)),
        (OptionError, "needs a bias, and this layer has none", lambda: sc.Conv1d(4, 3).grad_bias),
        (OptionError, "needs a bias, and this layer has none", lambda: sc.Conv1d(4, 3).equation("grad_bias")),
        (OptionError, "did you mean 'matrix'", lambda: sc.Conv1d(4, 3).equation("matrx")),
        (OptionError, "the activation is 'f\\(x'", lambda: sc.Conv1d(4, 3).activation("f(x")),
        (SymbolicSizeError, "input_size is the symbol N", lambda: sc.Conv1d("N", 3).output),
        (SymbolicSizeError, "padding is the symbol p", lambda: sc.Conv1d(4, 3, padding="p").matrix),
    ],
)
def test_errors_say_what_was_given_and_what_to_write(error: type[Exception], words: str, make) -> None:
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize(
    ("error", "words", "make"),
    [
        (OptionError, "padding is 'Same': did you mean 'same'", lambda: sc.Conv1d(4, 3, padding="Same")),
        (OptionError, "padding is 'same'", lambda: sc.Conv1d(4, 3, padding=("same", "same"))),
        (OptionError, "Or write a pair \\(before, after\\), 'valid'", lambda: sc.Conv1d(4, 3, padding=None)),
        (GeometryError, "at most 100000000 products", lambda: sc.Conv1d(10**30, 3).output),
        (GeometryError, "at most 100000000 products", lambda: sc.Conv1d(10**12, 3).output),
        (GeometryError, "at most", lambda: sc.Conv1d(3, 1, stride=2**61, padding=(0, 2**65)).output),
        (OptionError, "at: unknown option 'y'", lambda: sc.Conv1d(4, 3).at(y=[1])),
        (EntriesError, "w is {1, 2, 3}", lambda: sc.Conv1d(4, 3).at(w={1, 2, 3})),
        (OptionError, "there is no quantity", lambda: sc.Conv1d(4, 3).equation(["output"])),
        (OptionError, "the activation is 3", lambda: sc.Conv1d(4, 3).activation(3)),
        (OptionError, "does not take SymPy expressions", lambda: sc.Conv1d(4, 3).activation(np.tanh)),
        (OptionError, "seed is -1", lambda: sc.Conv1d(4, 3).check(seed=-1)),
    ],
)
def test_odd_input_is_refused_too(error: type[Exception], words: str, make) -> None:
    with pytest.raises(error, match=words):
        make()


def test_pairs_and_sizes_of_other_libraries_are_taken() -> None:
    assert sc.Conv1d(np.int64(4), Integer(3), padding=np.array([1, 2])).output_size == 5
    assert sc.convolve(np.int64(3), Integer(2)) == sc.convolve(3, 2)
    assert sc.Conv1d(2, 1, bias=True).at(b=Matrix([3])).b == 3


def test_values_print_in_the_repr_and_as_brackets_beside_a_vector_of_ones() -> None:
    layer = sc.Conv1d(3, 2, bias=True, notation="ufldl").at(w=[1, -2], b=-3)
    assert repr(layer) == "Conv1d(3, 2, bias=True, notation='ufldl').at(w=[1, -2], b=-3)"
    assert "+ (-3)*ones" in str(layer.equation("matrix"))
    assert "+ (-3) \\cdot \\mathbf{1}" in layer.equation("matrix").latex()
    assert "1 input with a 1-tap kernel:" in str(sc.Conv1d(1, 1))


def test_values_that_a_matrix_does_not_hold_leave_it_alone() -> None:
    layer = sc.Conv1d(4, 3).at(delta=[1, 2])
    assert str(layer.equation("matrix")) == str(sc.Conv1d(4, 3).equation("matrix"))


def test_windows_may_be_columns_with_the_kernel_as_a_row() -> None:
    lines = str(sc.Conv1d(4, 3, notation="cs231n").equation("windows")).splitlines()
    assert lines[0].strip() == "y^T = W_row X_col"
    assert lines[1:] == [
        "[y0  y1] = [w0  w1  w2][x0  x1]",
        "                       [x1  x2]",
        "                       [x2  x3]",
    ]
    assert "X_col dL/dy" in str(sc.Conv1d(4, 3, notation="cs231n").equation("grad_kernel"))


@pytest.mark.parametrize(
    ("error", "words", "make"),
    [
        (OptionError, "\\(1, 2, 3\\) has 3 entries for 2 axes", lambda: sc.Conv2d(4, 2, stride=(1, 2, 3))),
        (OptionError, "out_channels is missing", lambda: sc.Conv1d(4, 2, in_channels=2)),
        (OptionError, "groups is 2, but the layer has no channels", lambda: sc.Conv1d(4, 2, groups=2)),
        (
            GeometryError,
            "2 groups do not divide in_channels = 3",
            lambda: sc.Conv1d(4, 2, in_channels=3, out_channels=4, groups=2),
        ),
        (
            GeometryError,
            "2 groups do not divide out_channels = 3",
            lambda: sc.ConvTranspose1d(4, 2, in_channels=4, out_channels=3, groups=2),
        ),
        (OptionError, "did you mean 'reflect'", lambda: sc.Conv1d(4, 2, padding_mode="reflekt")),
        (GeometryError, "use at most 3", lambda: sc.Conv1d(4, 2, padding=4, padding_mode="reflect")),
        (GeometryError, "so at most 1", lambda: sc.ConvTranspose1d(4, 2, stride=2, output_padding=2)),
        (GeometryError, "would have 0 outputs", lambda: sc.ConvTranspose1d(1, 2, padding=1)),
        (
            GeometryError,
            "a total padding of at most 2, not 4",
            lambda: sc.ConvTranspose1d(1, 3, padding=(0, 4)),
        ),
        (OptionError, "has 1 entry: write", lambda: sc.Conv2d(3, 2, padding=((1, 1), (1,)))),
        (OptionError, "not defined for a transposed", lambda: sc.ConvTranspose1d(4, 2, padding="same")),
        (OptionError, "unknown option 'padding_", lambda: sc.ConvTranspose1d(4, 2, padding_mode="zeros")),
        (EntriesError, "x has the shape \\(2, 2\\), but", lambda: sc.Conv2d(3, 2).at(x=[[1, 2], [3, 4]])),
        (EntriesError, "x is ragged", lambda: sc.Conv2d(2, 1).at(x=[[1, 2], [3]])),
        (OptionError, "axis is 2: write a whole number", lambda: sc.Conv2d("N", 2).formula("output", axis=2)),
        (NotationError, "'C' names a size",
         lambda: sc.Conv1d(4, 2, in_channels="C", out_channels=2,
                           notation=sc.Notation(input_channel_index="C")).formula("output")),
        (SymbolicSizeError, "in_channels is the symbol C_in",
         lambda: sc.Conv1d(4, 2, in_channels="C_in", out_channels=2).output),
    ],
)  # fmt: skip
def test_layers_of_several_indices_refuse_what_cannot_be(error: type[Exception], words: str, make) -> None:
    with pytest.raises(error, match=words):
        make()


def test_layouts_and_calls_are_pytorchs() -> None:
    layer = sc.Conv2d((3, 4), 2, in_channels=4, out_channels=6, groups=2, batch=2, bias=True, padding=(1, 0))
    assert (layer.x.shape, layer.w.shape, layer.output.shape) == ((2, 4, 3, 4), (6, 2, 2, 2), (2, 6, 4, 3))
    assert layer.output_size == (4, 3)
    assert repr(layer) == (
        "Conv2d((3, 4), (2, 2), padding=(1, 0), batch=2, in_channels=4, out_channels=6, groups=2, bias=True)"
    )
    assert repr(eval(repr(layer), {"Conv2d": sc.Conv2d})) == repr(layer)
    up = sc.ConvTranspose1d(3, 2, in_channels=4, out_channels=6, groups=2)
    assert (up.x.shape, up.w.shape, up.output.shape) == ((4, 3), (4, 3, 2), (6, 4))
    assert "4 input and 6 output channels in 2 groups" in up.description


def test_pairs_of_padding_on_two_axes_are_written_out() -> None:
    layer = sc.Conv2d(5, 3, padding=((1, 2), (1, 2)))
    assert repr(layer) == "Conv2d((5, 5), (3, 3), padding=((1, 2), (1, 2)))"
    assert eval(repr(layer), vars(sc) | {"Conv2d": sc.Conv2d}).output_size == layer.output_size


def test_values_are_written_in_their_shape() -> None:
    layer = sc.Conv2d(2, 1).at(x=[[1, 2], [3, 4]])
    assert repr(layer) == "Conv2d((2, 2), (1, 1)).at(x=[[1, 2], [3, 4]])"
