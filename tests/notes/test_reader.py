"""What a lecturer missed in notes before she handed them out stands there."""

from __future__ import annotations

from typing import Any

import pytest

import symconv as sc
from tests.notes.layers import LARGE, SPREAD
from tests.notes.test_prose import said

OPEN = sc.Conv1d("N", "K", stride="s", padding="p")
IMAGE = LARGE["image"]("symconv")
REFLECTED = sc.Conv1d(5, 3, padding=1, padding_mode="reflect")


@pytest.mark.parametrize(
    ("layer", "section", "wanted"),
    [
        (OPEN, "matrix", "From each row to the next the weights move 2 columns"),
        (sc.Conv1d(5, 2, bias=True), "matrix", "times x plus the bias, which is added to each output."),
        (IMAGE, "matrix", "the vector kron(b, ones), which holds b[o] at every output of channel o (ones"),
        (IMAGE, "matrix", "some weights happen to have the same value, but they are separate parameters."),
        (
            IMAGE,
            "numbers",
            "As a number, each weight has its own colour and style (plain, bold, underlined, or bold",
        ),
        (sc.Conv1d(9, 5), "numbers", "own colour and style (plain or bold), so that"),
        (IMAGE, "numbers", "Both output channels:"),
        (
            IMAGE,
            "matrix",
            "Along each diagonal of blocks the same small block is repeated, and each small block is",
        ),
        (
            sc.ConvTranspose2d(3, 3, stride=2),
            "matrix",
            "because from one column of blocks to the next and from one column to the next within a block",
        ),
        (
            REFLECTED,
            "matrix",
            "T is banded: its nonzero entries lie on a few neighbouring diagonals. It is not Toeplitz,",
        ),
        (
            REFLECTED,
            "matrix",
            "because the rows at the ends hold sums of weights: where the padding repeats an input, several",
        ),
        (REFLECTED, "numbers", "recur in every row (pale: the weight meets a mirrored entry)."),
        (IMAGE, "learning", "delta0 = [1 -2], delta1 = [ 2 1]"),
        (IMAGE, "learning", "dL/dx[c, j_1, j_2] = sum(o=0..C_out - 1)"),
        (IMAGE, "numbers", "y0 = [201 237], y1 = [154 190]"),
        (REFLECTED, "learning", "where [P] is 1 if P holds and 0 otherwise"),
        (REFLECTED, "learning", "A black entry counts once for each weight"),
        (sc.MaxPool1d(6, 2, padding=1), "numbers", "with -∞ (dashed in the picture), which is never kept."),
        (
            sc.MaxPool2d(4, 2),
            "numbers",
            "is the one kept, the largest (of equal ones the first in row order, by convention), and 0",
        ),
        (
            sc.ConvTranspose2d(2, 2, stride=2),
            "matrix",
            "T consists of 4×2 blocks of size 4×2. The nonzero blocks lie in a band, and so do the nonzero",
        ),
        (
            sc.MaxPool2d(4, 2),
            "why",
            "each row, the second row of the output is (8, 6), which is not a shifted copy of (8, 9).",
        ),
        (OPEN, "why", "shifts the output by 1 place (the new first entry need not be 0)."),
        (
            OPEN,
            "why",
            "There are K weights to learn and store, in the example 3 instead of the 28 of a dense layer;",
        ),
        (OPEN, "learning", "Neighbouring windows lie s places apart"),
        (
            OPEN,
            "size",
            "With stride 2 these rows need not be parts of one another: the padding decides where the first",
        ),
        (
            sc.ConvTranspose1d("N", "K", stride="s", padding="p"),
            "numbers",
            "In the example an output collects at most",
        ),
        (
            sc.MaxPool2d(4, 2),
            "numbers",
            "be 1 where the entry in row k_1 and column k_2 of the window of y[i_1, i_2] is the one kept",
        ),
        (
            sc.MaxPool1d(4, 2),
            "numbers",
            "Let S[i, k] be 1 where entry k of the window of y[i] is the one kept",
        ),
        (
            OPEN,
            "numbers",
            "For N inputs, K <= N + 2*p weights, stride s (the step length) and p zeros on each side (in",
        ),
        (
            sc.ConvTranspose1d("N", "K", stride="s", padding="p"),
            "numbers",
            "K weights, stride s (the step length) and p places cut off on each side (in",
        ),
        (
            OPEN,
            "why",
            "Each output depends on at most K inputs (3 in the example), however large the input is. With",
        ),
        (OPEN, "why", "x the output is (3, 14, 26, 38), which is not a shifted copy of (8, 20, 32, 20)."),
        (
            IMAGE,
            "why",
            "Now the layer of the title: 3·6·6 = 108 inputs, 4 filters of 3·3·3 weights and 4·4·4 = 64",
        ),
        (IMAGE, "size", "on the padded input; for the layer of the title (p = 0, s = 1 and d = 1):"),
        (IMAGE, "size", "of the taps) along each axis (index 1 for rows, 2 for columns), there is one"),
        (
            SPREAD["full"]("symconv"),
            "numbers",
            "with full padding (2 zeros on each side), stride 1 (the window moves one place at a time) and",
        ),
        (
            SPREAD["full"]("symconv"),
            "learning",
            "w, and the gradient with respect to w is the valid cross-correlation of delta with x.",
        ),
        (
            sc.ConvTranspose2d(3, 3, stride=2),
            "learning",
            "x is the cross-correlation of delta with w, with the same stride and no padding.",
        ),
    ],
)
def test_a_reader_finds_what_a_sentence_needs(layer: Any, section: str, wanted: str) -> None:
    assert wanted in " ".join(said(layer, section).split())


@pytest.mark.exhaustive
def test_definitions_stand_once_in_a_document() -> None:
    text = str(OPEN.notes())
    assert text.count("M = floor((N + 2*p - K)/s) + 1") == 1
    assert "that makes M outputs; in the example floor((7 + 2 - 3)/2) + 1 = 4." in text
    pooled = str(sc.MaxPool1d(4, 2).notes())
    assert (pooled.count("Let S[i, k] be 1 where"), pooled.count("with S equal to 1")) == (1, 0)
    assert "with S equal to 1" in said(sc.MaxPool1d(4, 2), "learning")
