"""What was refuted is named after the convention that gives it, as NumPy, SciPy and PyTorch compute it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import strategies as st

import symconv as sc
from tests.tiers import law

X, W = [1, 2, 3, 4], [5, 6, 7]
LAYER = sc.Conv1d(4, 3).at(x=X, w=W)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (np.convolve(X, W), "full convolution (kernel flipped)"),
        (np.correlate(X, W, "full"), "full cross-correlation"),
        (np.convolve(X, W, "valid"), "valid convolution (kernel flipped)"),
        (np.convolve(X, W, "same"), "same convolution (kernel flipped)"),
        (np.convolve(X, W)[::2], "full convolution (kernel flipped), stride 2"),
        ([56, 38], "the right entries in reverse order"),
    ],
)
def test_answers_are_named_after_their_convention(answer: list[int], words: str) -> None:
    claim = LAYER.claim("output", list(map(int, answer)))
    assert not claim
    assert words in claim.diagnosis
    assert claim.diagnosis in str(claim)


def test_the_opening_question_is_answered_in_a_line() -> None:
    assert str(LAYER.claim("output", "5,16,34,52,45,28")) == (
        "output: refuted; these are the entries of full convolution (kernel flipped); "
        "this layer (valid cross-correlation) gives 38, 56"
    )


def test_same_of_an_even_kernel_is_told_apart() -> None:
    layer = sc.Conv1d(5, 2, padding="same").at(x=[3, 1, 4, 1, 5], w=[2, 7])
    theirs = scipy.signal.correlate([3, 1, 4, 1, 5], [2, 7], "same").tolist()
    assert '"same" (as in NumPy and SciPy) cross-correlation' in layer.claim("output", theirs).diagnosis


@law(
    8,
    200,
    x=st.lists(st.integers(-9, 9), min_size=3, max_size=6),
    w=st.lists(st.integers(-9, 9), min_size=2, max_size=3),
)
def test_a_diagnosis_is_true_of_the_numbers(x: list[int], w: list[int]) -> None:
    answer = np.convolve(x, w).tolist()
    claim = sc.Conv1d(len(x), len(w)).at(x=x, w=w).claim("output", answer)
    assert not claim
    named = claim.diagnosis
    assert named
    if named.startswith("these are the entries of full"):
        theirs = np.convolve(x, w) if "flipped" in named.partition(";")[0] else np.correlate(x, w, "full")
        assert theirs.tolist() == answer


def test_a_transposed_layer_is_a_convention_too() -> None:
    layer = sc.Conv1d(4, 3, stride=2).at(x=X, w=W)
    answer = [5, 6, 17, 12, 29, 18, 41, 24, 28]
    assert "entries of transposed cross-correlation, stride 2" in layer.claim("output", answer).diagnosis
    back = sc.ConvTranspose1d(4, 3, stride=2).at(x=X, w=W)
    assert "entries of valid cross-correlation, stride 2" in back.claim("output", [38]).diagnosis
    formula = sc.Conv1d("N", "K", stride="s").claim("output", "sum(j=0..N - 1) w[i - s*j]*x[j]")
    assert "it agrees with transposed cross-correlation, stride s" in formula.diagnosis


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("(N + 2*p - K)/s + 1", "the floor is missing"),
        ("floor((N + 2*p - K)/s)", "there is one window more"),
        ("(N + 2*p - K)/s", "the floor is missing, and it counts the steps"),
    ],
)
def test_slips_in_the_output_size_are_named(written: str, words: str) -> None:
    claim = sc.Conv1d("N", "K", stride="s", padding="p").claim("output_size", written)
    assert not claim
    assert words in claim.diagnosis


def test_answers_of_no_convention_have_no_diagnosis() -> None:
    assert LAYER.claim("output", [38, 57]).diagnosis == ""
    assert LAYER.claim("output[0]", 5).diagnosis == ""
    verdict = LAYER.claim("output", "1,2,3")
    assert str(verdict) == "output: refuted; it has 2 entries, and the answer has 3 entries"


def test_pooling_answers_are_named_too() -> None:
    layer = sc.MaxPool1d(6, 2).at(x=[1, 5, 3, 4, 2, 6])
    assert "maximum pooling, stride 1;" in layer.claim("output", [5, 5, 4, 4, 6]).diagnosis
    layer = sc.AvgPool1d(4, 3, stride=1, padding=1).at(x=[3, 6, 9, 12])
    assert "count_include_pad=False" in layer.claim("output", ["9/2", 6, 9, "21/2"]).diagnosis


#: How a layer without a stride is named beside one that has one.
STEPPED = "it agrees with valid cross-correlation, stride 1"


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("layer", "name", "formula", "words"),
    [
        (sc.Conv1d("N", "K"), "output", "sum(k=0..K-1) w[k] x[i+K-1-k]", "valid convolution"),
        (sc.Conv1d("N", "K", stride="s"), "output", "sum(k=0..K-1) w[k] x[i+s k]", "dilation s"),
        (sc.Conv1d("N", "K", stride="s"), "grad_kernel", "sum(i=0..M-1) delta[i] x[i+k]", STEPPED),
        (sc.Conv1d("N", "K", stride="s"), "output_size", "N-K+1", STEPPED),
        (sc.Conv1d("N", "K"), "output_size", "N+K-1", "full cross-correlation"),
    ],
)  # fmt: skip
def test_refuted_formulas_are_named_after_the_layer_they_hold_for(
    layer: sc.Conv1d, name: str, formula: str, words: str
) -> None:
    claim = layer.claim(name, formula)
    assert not claim
    assert words in claim.diagnosis
    assert layer.claim(name, "7").diagnosis == ""
