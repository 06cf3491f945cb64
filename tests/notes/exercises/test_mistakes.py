"""All mistakes that give a wrong answer are named with it, and exercises say which settings they keep."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import Any

import pytest

import symconv as sc
from symconv.errors import SymconvError
from symconv.notes.exercises.exercise import REMARKS, Draft
from symconv.notes.model import Words, plain
from tests.notes.exercises import loops
from tests.notes.exercises.drawn import layer, sheet
from tests.tiers import tiers


def told(reason: str | Words) -> str:
    """A reason as it stands within a sentence or at its beginning."""
    return (reason if isinstance(reason, str) else plain(reason)).removesuffix(".").lower()


def given(draft: Draft) -> dict[str, list[tuple[str, str]]]:
    """The mistakes and their sentences, by the answer that they give."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, reason, make in draft.wrong:
        try:
            made = make()
        except (SymconvError, IndexError):
            continue
        if made is not None:
            found.setdefault(plain(draft.written(made)), []).append((name, told(reason)))
    return found


def drafts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Draft, Any]]:
    """A list that grows by each draft and the exercise made of it."""
    kept: list[tuple[Draft, Any]] = []
    make = Draft.made

    def made(self: Draft, rng: Random) -> Any:
        draft = replace(self, wrong=list(self.wrong))
        exercise = make(draft, rng)
        kept.append((draft, exercise))
        return exercise

    monkeypatch.setattr(Draft, "made", made)
    return kept


@pytest.mark.parametrize("seed", tiers(range(130), range(4)))
def test_all_mistakes_that_give_a_wrong_answer_are_named(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = drafts(monkeypatch)
    sheet(seed)
    assert kept
    for draft, exercise in kept:
        known = given(draft)
        for wrong in exercise.distractors if exercise is not None else ():
            causes = known[str(wrong)]
            real = [(name, said) for name, said in causes if name not in REMARKS] or causes[:1]
            assert wrong.mistakes == tuple(dict.fromkeys(name for name, _ in real))
            for name in wrong.mistakes:
                assert next(said for other, said in real if other == name) in told(wrong.reason)


def test_mistakes_that_give_the_same_answer_are_told_in_one_sentence() -> None:
    layer = sc.Conv1d(6, 3, stride=2, padding=1)
    (size,) = layer.exercises(seed=5, count=1, kinds=["output_size"])
    found = {one.value: (one.mistakes, plain(one.reason)) for one in size.distractors}
    assert found[size.answer.value - 1] == (
        ("off by one", "padding"),
        "The + 1 was forgotten: the first window counts too; or the padding was forgotten.",
    )


def test_padding_is_forgotten_in_gradients_with_every_gradient_that_is_given() -> None:
    layer, met = sc.Conv1d(6, 3, stride=2, padding=1), 0
    for exercise in layer.exercises(seed=5, count=12, kinds=["grad_input_entry"]):
        judged = exercise._judge.layer
        (j,) = map(int, re.findall(r"\[(\d+)\]", exercise._judge.name))
        without = sum(judged.delta[i] * judged.w[j - 2 * i] for i in range(3) if 0 <= j - 2 * i < 3)
        named = {one.value for one in exercise.distractors if "padding" in one.mistakes}
        assert named == {without} & {one.value for one in exercise.distractors}
        met += bool(named)
    assert met >= 3


def test_no_wrong_answer_takes_values_that_are_not_given() -> None:
    for exercise in sc.AvgPool1d(6, 3, stride=1).exercises(count=8, kinds=["pooling_gradient"]):
        assert "x" not in re.findall(r"Let (\w+) =", str(exercise))
        assert "maximum for average" not in [name for one in exercise.distractors for name in one.mistakes]


def test_indices_are_counted_from_the_wrong_number_on_every_axis() -> None:
    layer, met = sc.Conv2d(4, 2), 0
    for exercise in layer.exercises(seed=3, count=8, kinds=["output_entry"]):
        judged = exercise._judge.layer
        row, column = map(int, re.findall(r"\d+", exercise._judge.name))
        for wrong in exercise.distractors:
            if "index base" in wrong.mistakes:
                window = [(i, j) for i in range(2) for j in range(2)]
                beside = sum(judged.w[i, j] * judged.x[row - 1 + i, column - 1 + j] for i, j in window)
                assert wrong.value == beside
                met += 1
    assert met >= 2


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (sc.Conv1d(9, 3), "the kernel size is the one above."),
        (sc.Conv1d(9, 3, padding=1), "kernel size and padding are those above."),
        (
            sc.Conv1d(9, 3, stride=2, padding=1, dilation=2),
            "kernel size, stride, padding and dilation are those above.",
        ),
        (sc.MaxPool1d(9, 3, stride=2), "window size and stride are those above."),
        (
            sc.ConvTranspose1d(9, 3, stride=2, output_padding=1),
            "kernel size, stride and output padding are those above.",
        ),
    ],
)
def test_a_question_on_other_inputs_names_the_settings_that_stay(layer: Any, said: str) -> None:
    (size,) = layer.exercises(seed=1, count=1, kinds=["output_size"])
    assert f"entries; {said} How many outputs are there?" in str(size)


def test_the_head_says_for_how_many_inputs_its_outputs_are() -> None:
    assert "for 0 <= i <= 2 (with 6 inputs)\n" in str(sc.Conv1d(6, 3, stride=2, padding=1).exercises(count=2))
    assert "(with" not in str(sc.Conv1d("N", 3).exercises(count=1))


#: Mistakes whose number plain loops find again.
FORGOTTEN = ("flip", "padding", "stride", "dilation", "padding mode")


@pytest.mark.exhaustive
@pytest.mark.parametrize("first", tiers(range(0, 400, 20), range(0, 20, 20)))
def test_a_mistake_in_a_gradient_uses_every_gradient_that_is_given(first: int) -> None:
    met: list[str] = []
    for exercise in (one for seed in range(first, first + 20) for one in gradients(seed)):
        made = exercise._judge.layer
        kept, _, index = exercise._judge.name.rstrip("]").partition("[")
        place = tuple(int(i) - made.spec.notation.base for i in index.split(","))
        delta, other = loops.operand(made, "delta"), loops.operand(made, "xw"[kept == "grad_input"])
        for wrong in exercise.distractors:
            for mistake in set(FORGOTTEN) & set(wrong.mistakes):
                used = [(o, k, j) if kept == "grad_input" else (o, j, k)
                        for o, k, j in loops.triples(made, mistake)]  # fmt: skip
                used = [one for one in used if one[2] == place]
                assert mistake != "padding" or all(o in delta for o, _, _ in used)
                found = sum(delta[o] * other[factor] for o, factor, _ in used if o in delta)
                assert found == wrong.value, (exercise, mistake, made)
                met.append(mistake)
    assert {"flip", "padding", "stride"} <= set(met)
    assert len(met) > 40


def gradients(seed: int) -> list[Any]:
    """Exercises on both gradients of a random layer with learned weights."""
    rng, kinds = Random(seed), ["grad_input_entry", "grad_kernel_entry"]
    while True:
        try:
            return list(layer(rng).exercises(seed=seed, count=4, kinds=kinds))
        except SymconvError:
            continue
