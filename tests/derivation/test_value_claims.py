"""Claims about entries are true exactly when all entries are equal."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from sympy import Matrix, Rational

import symconv as sc
from symconv.cli.commands import run
from symconv.errors import EntriesError, OptionError, SymbolicSizeError

OPENING = sc.Conv1d(4, 3, padding="full", flip=True).at(x=[1, 2, 3, 4], w=[5, 6, 7])
RIGHT = [5, 16, 34, 52, 45, 28]


@pytest.mark.parametrize(
    "given",
    [RIGHT, tuple(RIGHT), Matrix(RIGHT), Matrix([RIGHT]), np.array(RIGHT), np.array(RIGHT, float),
     "5,16,34,52,45,28", "[5, 16, 34; 52, 45, 28]", ["5", "16", Fraction(34), Rational(52), 45.0, "56/2"]],
)  # fmt: skip
def test_entries_are_right_however_they_are_given(given: Any) -> None:
    answer = OPENING.claim("output", given)
    assert answer
    assert (answer.verdict, answer.cases) == ("equal", 6)
    assert str(answer) == "output: correct, 6 entries compared"


@pytest.mark.parametrize("at", range(6))
def test_the_first_entry_that_differs_is_named_with_both_values(at: int) -> None:
    wrong = [value + (place >= at) for place, value in enumerate(RIGHT)]
    answer = OPENING.claim("output", wrong)
    assert not answer
    assert str(answer) == f"output: refuted; output[{at}] is {RIGHT[at]}, not {RIGHT[at] + 1}"


def test_single_entries_and_counts_have_claims_in_the_index_base_of_the_layer() -> None:
    assert OPENING.claim("output[2]", 34)
    book = sc.Conv1d(4, 3, padding="full", flip=True, notation="goodfellow").at(x=[1, 2, 3, 4], w=[5, 6, 7])
    assert str(book.claim("output[2]", 34)) == "output[2]: refuted; output[2] is 16, not 34"
    assert OPENING.claim("matrix[2, 1]", 6)
    assert sc.Conv1d(4, 3).claim("matrix[1, 2]", "w1")
    counts = {"zeros": 12, "weights": 3, "parameters": 3, "multiplications": 12, "left_over": 0}
    for name, count in counts.items():
        assert OPENING.claim(name, count)
        assert not OPENING.claim(name, count + 1)
    assert sc.Conv1d(8, 3, stride=2).claim("left_over", 1)
    assert sc.Conv1d(4, 3, in_channels=2, out_channels=4, groups=2, bias=True).claim("parameters", 16)


def test_output_sizes_are_claimed_together_or_as_one() -> None:
    assert OPENING.claim("output_size", 6)
    assert str(OPENING.claim("output_size", 5)) == "output_size: refuted; output_size is 6, not 5"
    plane = sc.Conv2d((4, 3), 2)
    assert plane.claim("output_size", (3, 2))
    assert not plane.claim("output_size", (3, 3))
    square = sc.Conv2d(3, 2).at(w=[[1, 1], [1, 1]])
    assert square.claim("output_size", 2)
    assert square.claim("output_size", [2, 2])


def test_gradients_and_symbols_are_compared_exactly() -> None:
    layer = OPENING.at(delta=[1, -1, 2, 0, 1, 0])
    assert layer.claim("grad_kernel", [5, 7, 5])
    assert layer.claim("grad_input", [13, 7, 17, 6])
    half = sc.Conv1d(3, 2).at(x=[1, 2, 3])
    assert half.claim("output", ["w0 + 2*w1", "2*w0 + 3*w1"])
    assert not half.claim("output", ["w0 + 2*w1", "3*w0 + 2*w1"])
    third = sc.AvgPool1d(3, 3).at(x=[1, 0, 0])
    assert third.claim("output", [Rational(1, 3)])
    assert not third.claim("output", [1 / 3]), "a float is the decimal number that it prints as"
    assert sc.AvgPool1d(2, 2).at(x=[0.1, 0.3]).claim("output", [0.2])


@pytest.mark.parametrize("given", [[1, 2], "1, 2", [1] * 7])
def test_an_answer_of_another_length_is_refuted(given: Any) -> None:
    verdict = OPENING.claim("output", given)
    assert not verdict
    assert str(verdict).startswith("output: refuted; it has 6 entries, and the answer has ")


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("output", [RIGHT], r"output has the shape \(6,\), and the answer has the shape \(1, 6\)"),
        ("output", [[1], [2, 3]], "the answer"),
        ("matrix", [1, 2], r"matrix has the shape \(6, 4\)"),
        ("output[1]", [1], r"output\[1\] is one number"),
        ("output", [True] * 6, r"the answer\[0\] is True: write a number"),
        ("output", [float("nan")] * 6, "use finite entries"),
    ],
)
def test_a_wrong_shape_or_entry_is_refused(name: str, given: Any, said: str) -> None:
    with pytest.raises(EntriesError, match=said):
        OPENING.claim(name, given)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("output[6]", 1, r"there is no output\[6\]: the index runs from 0 to 5"),
        ("matrix[1]", 1, "its 2 indices run from 0 to 5 and 0 to 3"),
        ("output[i]", 1, "write whole numbers as indices"),
        ("outputs", [1], "did you mean 'output'"),
        ("output", "q,1,1,1,1,1", "unknown q: "),
        ("output", sc.parse("x[i]"), "this layer has values"),
    ],
)
def test_a_claim_on_nothing_is_refused(name: str, given: Any, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        OPENING.claim(name, given)


def test_open_sizes_have_no_entries() -> None:
    with pytest.raises(SymbolicSizeError):
        sc.Conv1d("N", 3).claim("output", [1, 2])


def test_the_command_line_judges_entries(capsys: pytest.CaptureFixture[str]) -> None:
    layer = ["-x", "1,2,3,4", "-w", "5,6,7", "--padding", "full", "--flip"]
    assert run(["claim", *layer, "output", "5,16,34,52,45,28"]) == 0
    assert capsys.readouterr().out == "output: correct, 6 entries compared\n"
    assert run(["claim", *layer, "output", "5,16,34,52,45,29"]) == 1
    assert "output[5] is 28, not 29" in capsys.readouterr().out
    assert run(["claim", *layer, "output[2]", "34"]) == 0
    assert run(["claim", *layer, "output", "5,16"]) == 1
    assert "output: refuted; it has 6 entries, and the answer has 2 entries" in capsys.readouterr().out
    assert run(["claim", *layer, "output", "sum(k=0..2) w[k]*x[i - k]"]) == 2
    assert "-x gives values, but steps and claims are symbolic" in capsys.readouterr().err
    assert run(["claim", "--input-size", "4", "--kernel-size", "3", "zeros", "2"]) == 0
