"""Formulas are read as they print, in text and LaTeX, and as people write them."""

from __future__ import annotations

import re
from typing import Any

import pytest

import symconv as sc
from symconv.derivation.claims import agrees
from symconv.derivation.readings import in_own_letters
from symconv.errors import OptionError
from symconv.index_sums.printers import text_for
from symconv.index_sums.tokens import FormulaSyntaxError
from tests.tiers import tiers

#: Letters that no preset has for another thing.
SIZES = {"stride": "s9", "padding": "p9"}
LAYERS: dict[str, Any] = {
    "plain": lambda n: sc.Conv1d("A", "B", notation=n),
    "dilated": lambda n: sc.Conv1d("A", "B", **SIZES, dilation="d9", bias=True, flip=True, notation=n),
    "transposed": lambda n: sc.ConvTranspose1d("A", "B", **SIZES, notation=n),
    "clipped": lambda n: sc.AvgPool1d("A", "B", padding="p9", count_include_pad=False, notation=n),
    "average": lambda n: sc.AvgPool1d("A", "B", notation=n),
    "maximum": lambda n: sc.MaxPool1d("A", "B", stride=2, notation=n),
    "reflect": lambda n: sc.Conv1d("A", "B", padding="p9", padding_mode="reflect", notation=n),
    "circular": lambda n: sc.Conv1d("A", "B", padding="p9", padding_mode="circular", notation=n),
    "replicate": lambda n: sc.Conv1d("A", "B", padding="p9", padding_mode="replicate", notation=n),
    "grouped": lambda n: sc.Conv2d(
        ("A1", "A2"), ("B1", "B2"), in_channels="CC", out_channels="DD", groups="GG", batch="E1",
        stride=("s1", "s2"), padding="p9", bias=True, notation=n),
}  # fmt: skip
FEW = [("plain", "symconv"), ("reflect", "pytorch"), ("maximum", "goodfellow")]
EVERY = [
    (name, preset)
    for at, name in enumerate(LAYERS)
    for which, preset in enumerate(sc.Notation.preset_names())
    if (name, preset) in FEW or (at + which) % 2
]


@pytest.mark.parametrize(("name", "preset"), tiers(EVERY, FEW, several=True))
def test_what_prints_is_read_back_in_text_and_latex(name: str, preset: str) -> None:
    layer = LAYERS[name](sc.Notation.preset(preset))
    for quantity in layer.formula_names:
        formula = layer.formula(quantity)
        setting = formula._setting
        form = text_for(setting)
        for text in (str(formula), formula.latex()):
            read = in_own_letters(setting, formula, sc.parse(text))
            same = form.expr(read) == form.expr(formula._shown)  # else it is written in another order
            assert same or agrees(setting, formula, text), text


@pytest.mark.parametrize(
    "text",
    [
        "sum(k=0..K-1) w[k] x[s i + k - p]",
        "sum(w[k]*x[s*i+k-p], k=0..K-1)",
        "Sum(w[k]*x[s*i + k - p], (k, 0, K - 1))",
        "sum(w[k]*x[s*i + k - p] for k in range(K))",
        "y[i] = sum(k=0..K-1) w[k] x[s i + k - p]",
        "y[m] = sum(i=0..K-1) w[i] x[s m + i - p]",
        "z[n] = sum(k=0..K-1) w_k x[s n + k - p]",
        r"y_i = \sum_{k=0}^{K-1} w_k x_{s i + k - p}",
        r"z_n = \sum_{k=0}^{K-1} w_{k}\, x_{s n + k - p}, \quad".removesuffix(r", \quad"),
        r"\sum_{k=0}^{K-1} w_k \cdot x_{s \cdot i + k - p}",
        "Σ_{k=0}^{K−1} w_k · x[s·i + k − p]",
        "y[i] = sum(k=0..K-1) w[k] x[s i + k - p] for i = 0, ..., floor((N + 2p - K)/s)",
        r"$$y_i = \sum_{k=0}^{K-1} w_k x_{si+k-p}, \quad 0 \le i \le M - 1$$",
        "y[i] = sum(k=0..q) w[k] x[s i + k - p]\nq = K - 1",
    ],
)
def test_formulas_are_read_as_people_write_them(text: str) -> None:
    layer = sc.Conv1d("N", "K", stride="s", padding="p")
    assert layer.claim("output", text, N=range(1, 5), K=range(1, 4), s=range(1, 3), p=range(2)), text


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        ("output_size", "(N + 2p - K)//s + 1"),
        ("output_size", r"M = \left\lfloor \frac{N + 2p - K}{s} \right\rfloor + 1"),
        ("output_size", "⌊(N + 2p − K)/s⌋ + 1"),
        ("grad_kernel", r"\frac{\partial E}{\partial w_m} = \sum_{i=0}^{M-1} \delta_i x_{s i + m - p}"),
        ("grad_kernel", "∂L/∂w_k = sum(i=0..M-1) δ_i x[s*i + k - p]"),
        ("grad_kernel", "g[k] = sum(i=0..M-1) dL/dy[i] x[s*i + k - p]"),
        ("grad_kernel", "dL/dw[k] = sum(i=0..M-1) delta[i] x[s*i + k - p]"),
        ("matrix", "T_{ij} = [0 <= j + p - s i <= K - 1] w[j + p - s i]"),
        ("grad_input", "sum(i=0..M-1) sum(k=0..K-1) [j = s i + k - p] w_k δ_i"),
        ("grad_input", "sum(k=0..K-1) [(j + p - k) % s = 0] w[k] delta[(j + p - k)//s]"),
    ],
)
def test_other_quantities_too(quantity: str, text: str) -> None:
    layer = sc.Conv1d("N", "K", stride="s", padding="p")
    assert layer.claim(quantity, text, N=range(1, 5), K=range(1, 4), s=range(1, 3), p=range(2)), text


def test_entries_with_numbers_below_are_read() -> None:
    layer = sc.Conv1d("N", 2)
    for text in ("w0 x[i] + w1 x[i+1]", "w_0 x_i + w_1 x_{i+1}", r"w_{0} x_{i} + w_{1} x_{i+1}"):
        assert layer.claim("output", text).verdict == "proved", text
    assert layer.claim("output", "w0 x[i] + w0 x[i+1]").verdict == "refuted"


@pytest.mark.parametrize(
    ("quantity", "text", "words"),
    [
        ("output", "x[i] = w[0] x[i]", "the left side is x[i], but that of output is y[i]"),
        ("output", "dL/dw[k] = w[k]", "the left side is"),
        ("output", "y = w[0] x[i]", "has 0 indices"),
        ("output", "y[N] = w[0] x[N]", "N is no index"),
        ("output", "y[2i] = w[0] x[i]", "is no index"),
        ("output", "y[m] = sum(k=0..K-1) w[k] x[i+k]", "i stands on the right side"),
        ("output", "y[i] = w[0] x[i] for 0 <= i <= N", "the range of i is 0 <= i <= M - 1, not 0 <= i <= N"),
        ("output", "y[i] = w[0] x[i] for 0 <= j <= N", "j has a range, but is no index of output"),
        ("grad_kernel", "dL/dx[k] = x[k]", "that of grad_kernel is dL/dw[k]"),
    ],
)
def test_a_left_side_of_another_thing_is_refused(quantity: str, text: str, words: str) -> None:
    with pytest.raises(OptionError, match=re.escape(words)):
        sc.Conv1d("N", "K").claim(quantity, text)


def test_an_index_of_the_left_side_is_not_caught_by_a_sum() -> None:
    layer = sc.Conv1d("N", "K")
    assert layer.claim("output", "y[k] = sum(i=0..K-1) w[i] x[k+i]").verdict == "proved"
    assert layer.claim("output", "y[k] = sum(k=0..K-1) w[k] x[k+k]").verdict == "refuted"


def test_a_definition_counts_where_it_is_another() -> None:
    layer = sc.Conv1d("N", "K")
    right = "dL/dw[k] = sum(i=0..M - 1) delta[i]*x[i + k]"
    assert layer.claim("grad_kernel", f"{right}\nM = N - K + 1").verdict == "proved"
    assert layer.claim("grad_kernel", f"{right}\nM = N - K").verdict == "refuted"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sum(k=0..K - 1 w[k]", "  sum(k=0..K - 1 w[k]\n                     ^"),
        (r"\sum_{k=0} w_k", "a sum needs both limits"),
        (r"\foo{x}", r"\foo is not part of index notation"),
        (r"\frac{1}{", "the brace is never closed"),
        ("x_i^{a+b}", "an exponent is a whole number"),
        ("sqrt(2)", "sqrt is no function of index notation"),
        ("sum_k w_k x_k", "a sum needs its limits"),
        ("M = N\nN + 1 = 2", "a definition has one letter"),
        ("x[i]\nM = N", "only an equation has definitions"),
    ],
)
def test_errors_show_the_place(text: str, shown: str) -> None:
    with pytest.raises(FormulaSyntaxError, match=re.escape(shown)):
        sc.parse(text)


def test_letters_with_marks_are_read() -> None:
    made = sc.Conv1d("N", "taps", notation="ufldl", flip=True, padding="full")
    right = sc.parse("sum(k=0..taps-1) delta^(l)[j+k]*W[k]")
    assert made.claim("grad_input", right).verdict == "proved"
    assert str(made.formula("grad_input")).startswith("dJ/da[j] = sum(k=0..taps - 1) delta^(l)[j + k]*W[k]")


@pytest.mark.parametrize("name", ["t0", "s0", "p0", "i0", "mod", "floor", "and", "exists", "min"])
def test_no_name_of_a_size_confuses_a_proof(name: str) -> None:
    made = sc.Conv1d(name, "K")
    assert made.derive("output").prove()
    assert not made.claim("output", sc.parse("sum(k=0..K-1) w[k]*x[i+k] + [K >= 9]*w[0]*x[i]"))
