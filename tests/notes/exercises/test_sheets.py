"""Sheets of exercises: their heads, tables of wrong answers, matrices, and pages of solutions."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest

import symconv as sc
from symconv.notes.model import Display, Prose, Table, plain
from tests.notes.exercises.drawn import sheet, told
from tests.tiers import tiers


@pytest.mark.parametrize("seed", tiers(range(40), range(4)))
def test_wrong_answers_stand_in_a_table_below_the_right_one(seed: int) -> None:
    made = sheet(seed)
    blocks = made.document(solutions=True).blocks
    tables = [b for b in blocks if isinstance(b, Table) and plain(b.head[0]) == "Wrong answer"]
    assert len(tables) == sum(bool(exercise.distractors) for exercise in made)
    for table in tables:
        assert table.close
        assert plain(blocks[blocks.index(table) - 1].words).startswith("Answer: ")


def test_a_matrix_follows_the_sentence_on_it_and_no_other_equation() -> None:
    kinds = ["matrix_zeros", "matrix_weights", "matrix_entry"]
    shown = 0
    for exercise in sc.Conv1d(6, 3, stride=2, padding=1).exercises(seed=1, count=6, kinds=kinds):
        for before, block in pairwise(exercise.solution):
            if isinstance(block, Display) and "][x0]" in str(block.item):
                assert isinstance(before, Prose)
                assert "y = T x" not in str(block.item)
                shown += 1
    assert shown >= 4


def test_outputs_at_which_a_weight_meets_padding_are_named() -> None:
    layer = sc.Conv1d(6, 3, stride=2, padding=1)
    found = {
        plain(exercise.asked): told(exercise.solution)
        for exercise in layer.exercises(seed=1, count=12, kinds=["grad_kernel_entry"])
    }
    absent = "; delta0 is absent, because w0 meets padding at y0:"
    assert {letter: absent in text for letter, text in found.items()} == {
        letter: letter == "dL/dw0" for letter in found
    }
    assert len(found) == 3


def test_a_matrix_is_asked_for_and_written_out_once_on_a_sheet() -> None:
    made = sc.Conv1d(6, 3, stride=2, padding=1).exercises(seed=5, count=8)
    assert [one.kind for one in made[4:6]] == ["matrix_zeros", "matrix_weights"]
    text = str(made.document(solutions=True))
    assert "Write the layer as y = T x with a 4 x 8 matrix T. How many entries of T are zero" in text
    assert "\nHow many different weights does the matrix T of Exercise 5 hold?\n" in text
    assert "only 3 different weights occur. The whole matrix stands in Solution 5.\n\nAnswer: 3." in text
    assert text.count("x7]") == 1
    # Each exercise by itself still says which matrix it means.
    assert "with a 4 x 8 matrix T. How many different weights does T hold?" in str(made[5])
    apart = sc.Conv1d(4, 3).exercises(seed=2, count=8, kinds=["matrix_zeros", "matrix_weights"])
    for text in (str(made.document()), str(apart.document())):
        questions = re.findall(r"Write the layer as y = T x with a (.*) matrix", text)
        assert len(questions) == len(set(questions)) > 0


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (
            sc.Conv1d(6, 3, stride=2, padding=1),
            "a cross-correlation with a kernel w of 3 weights (taps), stride 2 and padding 1. Unless an "
            "exercise says otherwise, the input x has 6 entries and the output y has 3. The layer computes",
        ),
        (
            sc.Conv2d(5, 3, in_channels=2, out_channels=4, bias=True),
            "a cross-correlation with kernels w of 3×3 weights and a bias b for each output channel, 2 input "
            "and 4 output channels. Unless an exercise says otherwise, the input x has 2 x 5 x 5 entries and "
            "the output y has 4 x 3 x 3.",
        ),
        (
            sc.MaxPool1d(7, 2, ceil_mode=True, notation="goodfellow"),
            "maximum pooling in windows of 2 entries with stride 2 and the number of outputs rounded up. "
            "Unless an exercise says otherwise, the input I has 7 entries and the output S has 4.",
        ),
        (
            sc.Conv1d("N", 3, stride="s", padding=("p", "q")),
            "a cross-correlation of N inputs with a kernel w of 3 weights (taps), stride s, and padding p "
            "before and q after. The layer computes",
        ),
    ],
)
def test_the_head_gives_every_setting_and_letter(layer: Any, said: str) -> None:
    assert f"All exercises use {said}" in str(layer.exercises(count=1).document())


def test_another_seed_gives_another_sheet() -> None:
    layer = sc.Conv1d(5, 3)
    assert str(layer.exercises(seed=1)) != str(layer.exercises(seed=2))


@pytest.mark.parametrize("options", [{"stride": 2}, {"padding": 1}])
@pytest.mark.parametrize("size", ["N", 9])
def test_a_sheet_always_asks_for_the_output_size(size: Any, options: dict[str, Any]) -> None:
    layer = sc.Conv1d(size, 3, **options)
    assert all("output_size" in [one.kind for one in layer.exercises(seed=s, count=2)] for s in range(4))


def test_solutions_begin_on_a_page_of_their_own() -> None:
    sheet = sc.Conv1d(4, 3).exercises(count=2)
    tex = sheet.files("sheet.tex", solutions=True)["sheet.tex"].decode()
    assert (
        tex.index("{Exercise 2}")
        < tex.index("\\clearpage\n\\section*{Solutions}")
        < tex.index("{Solution 1}")
    )
    assert "Solutions" not in sheet.files("sheet.tex")["sheet.tex"].decode()


def test_an_article_is_no_size() -> None:
    layer = sc.ConvTranspose1d("N", "K", stride=2, output_padding="a")
    head = layer.exercises(seed=1, count=2).document().blocks[0]
    assert isinstance(head, Prose)
    assert "All exercises use a " in "".join(part for part in head.words if isinstance(part, str))
