"""Claims: right ones are proved or verified, published errors are refuted with small numbers."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import IndexedBase, KroneckerDelta, Piecewise, Sum, floor, symbols

import symconv as sc
from symconv.errors import GeometryError, OptionError
from symconv.index_sums.equation import parse
from symconv.index_sums.printers import text_for
from symconv.index_sums.tokens import FormulaSyntaxError
from tests.derivation.families import FAMILIES, FEW, QUANTITIES, layer
from tests.seeds import printed_under_several_seeds
from tests.tiers import tiers

i, j, k, K, M, N, s, p = symbols("i j k K M N s p", integer=True)
x, w, delta = IndexedBase("x"), IndexedBase("w"), IndexedBase("delta")


@pytest.mark.exhaustive
def test_a_right_formula_is_proved_whatever_its_form() -> None:
    made = sc.Conv1d("N", "K", stride="s", padding="p")
    right = [
        ("output", Sum(w[k] * x[s * i + k - p], (k, 0, K - 1))),
        ("grad_input", Sum(delta[i] * w[j + p - s * i], (i, 0, M - 1))),
        (
            "grad_input",
            Sum(Sum(KroneckerDelta(j, s * i + k - p) * delta[i] * w[k], (k, 0, K - 1)), (i, 0, M - 1)),
        ),
        ("output_size", floor((N + 2 * p - K) / s) + 1),
    ]
    for name, candidate in right:
        claim = made.claim(name, candidate)
        assert claim, str(claim)
        assert claim.verdict in ("proved", "verified")
    assert made.claim(*right[0]).verdict == "proved"
    assert "proved for all K, N, p, s, and" in str(made.claim(*right[1]))


def test_a_wrong_formula_is_refuted_by_the_smallest_sizes() -> None:
    claim = sc.Conv1d("N", "K", stride="s").claim("output", Sum(w[k] * x[i + s * k], (k, 0, K - 1)))
    assert not claim
    assert claim.verdict == "refuted"
    assert claim.refutation is not None
    assert dict(claim.refutation.sizes) == {"K": 1, "N": 3, "s": 2}
    assert dict(claim.refutation.index) == {"i": 1}
    assert (claim.refutation.claimed, claim.refutation.right) == ("w[0]*x[1]", "w[0]*x[2]")


def test_reading_between_two_entries_refutes() -> None:
    claim = sc.Conv1d("N", "K", stride=2).claim("grad_input", Sum(delta[(j - k) / 2] * w[k], (k, 0, K - 1)))
    assert not claim
    assert "between two entries" in str(claim)


def test_piecewise_formulas_are_read() -> None:
    made = sc.Conv1d("N", 2)
    first = Piecewise((delta[0] * w[0], j < 1), (delta[j] * w[0] + delta[j - 1] * w[1], True))
    assert made.claim("grad_input", first)
    assert not made.claim(
        "grad_input", Piecewise((delta[0] * w[1], j < 1), (delta[j] * w[0] + delta[j - 1] * w[1], True))
    )


# Published errors: a table of strided gradients that crops by (N + K) mod s, where the inputs that no
# window reaches are (N - K) mod s, and one that pads a dilated gradient by K - p - 1.


def strided_input_gradient(cropped: int):
    def gradient(w, delta, stride, input_size, kernel_size):
        spread = np.zeros(stride * (len(delta) - 1) + 1, dtype=int)
        spread[::stride] = delta
        rest = (input_size + cropped * kernel_size) % stride
        return np.concatenate([np.convolve(spread, w), np.zeros(rest, dtype=int)])

    return gradient


def test_the_crop_of_a_strided_gradient() -> None:
    made = sc.Conv1d("N", "K", stride="s")
    right = made.claim("grad_input", strided_input_gradient(-1))
    assert right
    assert right.verdict == "verified"
    wrong = made.claim("grad_input", strided_input_gradient(+1))
    assert not wrong
    assert wrong.refutation is not None
    assert wrong.refutation.sizes["s"] >= 3, "N + K and N - K agree modulo 2"


def dilated_input_gradient(pad):
    def gradient(w, delta, dilation, kernel_size, padding, input_size):
        spread = np.zeros(dilation * (kernel_size - 1) + 1, dtype=int)
        spread[::dilation] = w
        around = pad(dilation, kernel_size, padding)
        padded = np.pad(delta, max(around, 0))[
            max(-around, 0) : len(delta) + 2 * max(around, 0) - max(-around, 0)
        ]
        return np.correlate(padded, spread[::-1], "valid") if len(padded) >= len(spread) else np.zeros(0)

    return gradient


def test_the_padding_of_a_dilated_gradient() -> None:
    made = sc.Conv1d("N", "K", dilation="d", padding="p")
    grid = {"N": range(4, 8), "K": range(2, 4), "d": range(1, 4), "p": range(2)}
    assert made.claim("grad_input", dilated_input_gradient(lambda d, k, p: d * (k - 1) - p), **grid)
    wrong = made.claim("grad_input", dilated_input_gradient(lambda d, k, p: k - p - 1), **grid)
    assert not wrong
    assert wrong.refutation is not None
    assert wrong.refutation.sizes["d"] == 2


def test_functions_are_judged_by_value_shape_and_what_they_raise() -> None:
    made = sc.Conv1d("N", "K", padding="full", flip=True)
    assert made.claim("output", lambda x, w: np.convolve(x, w))
    assert made.claim("output", lambda x, w: np.convolve(x.astype(float), w))
    assert made.claim(
        "matrix",
        lambda w, input_size, kernel_size: np.array(
            [
                [w[r - c] if 0 <= r - c < kernel_size else 0 for c in range(input_size)]
                for r in range(input_size + kernel_size - 1)
            ]
        ),
    )
    assert "entries instead of" in str(made.claim("output", lambda x, w: np.append(np.convolve(x, w), 0)))
    assert "ZeroDivisionError" in str(made.claim("output", lambda x: 1 / 0))
    biased = sc.Conv1d("N", 1, bias=True)
    assert biased.claim("output", lambda x, w, b: x * w[0] + b)
    assert biased.claim("grad_bias", lambda delta: delta.sum())


def padded_maximum(fill):
    def maximum(x, kernel_size, stride, before, after):
        padded = np.pad(x.astype(float), (before, after), constant_values=fill)
        return np.lib.stride_tricks.sliding_window_view(padded, kernel_size)[::stride].max(axis=1)

    return maximum


def gradient_of_a_maximum(which):
    def gradient(x, delta, kernel_size, stride):
        found = np.zeros(len(x), dtype=int)
        for i, upstream in enumerate(delta):
            window = x[i * stride : i * stride + kernel_size]
            found[i * stride + np.flatnonzero(window == window.max())[which]] += upstream
        return found

    return gradient


@pytest.mark.parametrize("size", ["N", 4])
def test_a_maximum_is_judged_where_all_entries_are_negative(size) -> None:
    made = sc.MaxPool1d(size, 3, padding=1)
    assert made.claim("output", padded_maximum(-np.inf))
    assert "instead of -" in str(made.claim("output", padded_maximum(0)))


def test_a_gradient_of_a_maximum_is_judged_where_several_entries_are_the_largest() -> None:
    made = sc.MaxPool1d("N", 3, stride=2)
    assert made.claim("grad_input", gradient_of_a_maximum(0))
    assert not made.claim("grad_input", gradient_of_a_maximum(-1))


@pytest.mark.parametrize("wrong", [np.abs, lambda x: np.maximum(x, 0)], ids=["absolute", "rectified"])
def test_a_function_is_judged_on_entries_of_both_signs(wrong) -> None:
    made = sc.Conv1d("N", "K")
    claim = made.claim("output", lambda x, w: np.correlate(wrong(x), w, "valid"))
    assert claim.refutation is not None
    assert " for x = [" in claim.refutation.claimed
    assert "delta" not in claim.refutation.claimed


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("unknown q: write one of", lambda made: made.claim("output", symbols("q") * x[i])),
        ("y is not a sequence of the layer", lambda made: made.claim("output", IndexedBase("y")[i])),
        (
            "the function has an unknown argument 'kernel': did you mean 'kernel_size'",
            lambda made: made.claim("output", lambda kernel: 0),
        ),
        ("is not a formula", lambda made: made.claim("output", None)),
        (
            "no layer has sizes in these",
            lambda made: made.claim("output", x[i], N=range(1, 2), K=range(3, 4)),
        ),
        (
            "not an expression of sizes",
            lambda made: made.claim("output", symbols("N") ** symbols("K") * x[i] / (1 + x[i])),
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(words, call) -> None:
    with pytest.raises(OptionError, match=words):
        call(sc.Conv1d("N", "K"))


@pytest.mark.parametrize("options", tiers([*FAMILIES[::4], FEW[1]], FEW[1:]), ids=str)
def test_printed_formulas_are_read_back(options) -> None:
    made = layer(options)
    for name in QUANTITIES:
        if name == "grad_bias":
            continue
        formula = made.formula(name)
        text = text_for(formula._setting).expr(formula.zero_based)
        claim = made.claim(name, parse(text), N=range(1, 6), K=range(1, 4))
        assert claim, f"{text}: {claim}"


def test_what_hangs_or_breaks_elsewhere_is_an_error_here() -> None:
    made = sc.Conv1d("N", "K")
    for text in (
        "mod(i, 0)",
        "[0 divides i]",
        "[0/0 < 1]",
        "max(1/0, i)",
        "sum(k=0..1)" * 900 + "1",
        "9^99*x[i]",
    ):
        with pytest.raises(FormulaSyntaxError):
            parse(text)
    with pytest.raises(OptionError, match="has 2 indices, but x takes 1 index"):
        made.claim("output", parse("x[i, i]"))
    with pytest.raises(OptionError, match="w is a sequence: write an entry of it, such as w\\[i\\]"):
        made.claim("output", parse("w*x[i]"))
    with pytest.raises(OptionError, match="claim: unknown size 'Q'"):
        made.claim("output", x[i], Q=range(3))
    with pytest.raises(OptionError, match="give several numbers"):
        made.claim("output", x[i], N=5)
    with pytest.raises(OptionError, match="at least one whole number"):
        made.claim("output", x[i], N=range(0))
    with pytest.raises(OptionError, match="a sum of more than 1,000,000 terms"):
        made.claim("output", parse("sum(k=0..10^9) w[0]*x[i]"))
    with pytest.raises(OptionError, match="this layer has values"):
        sc.Conv1d(3, 2).at(w=[1, 2]).claim("output", x[i])


def test_sizes_that_are_too_large_to_try_are_said() -> None:
    for large in (sc.Conv1d(10**9, 2), sc.Conv1d("N", 10**7)):
        with pytest.raises(GeometryError, match="write a name such as 'N' for a size"):
            large.formula("output")


def test_a_padding_made_of_the_dilation_is_no_obstacle_to_a_proof() -> None:
    layer = sc.Conv1d("N", "K", dilation="d", padding="full")
    claim = layer.claim("output_size", sc.parse("N + d*(K - 1)"))
    assert claim.verdict == "proved"
    assert "only" not in str(layer.derive("output_size").prove())


@pytest.mark.exhaustive
def test_of_several_wrong_entries_the_same_is_named_whatever_the_hash_seed() -> None:
    code = """
import symconv as sc
try:
    sc.Conv2d("N", "K").claim("output", "w[0] x[i] delta[j]")
except sc.SymconvError as error:
    print(error)
"""
    assert printed_under_several_seeds(code) == {"claim: delta[j] has 1 index, but delta takes 2 indices.\n"}
