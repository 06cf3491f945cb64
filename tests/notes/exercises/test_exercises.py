"""Right answers are right by plain loops, wrong ones are refuted, and nothing is ambiguous."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import numpy as np
import pytest
from sympy import Integer, Matrix, Symbol, flatten, sympify

import symconv as sc
from symconv.errors import EntriesError, OptionError
from symconv.notes.exercises import KINDS
from symconv.notes.model import plain
from tests.notes.exercises import loops
from tests.notes.exercises.drawn import sheet, told
from tests.seeds import printed_under_several_seeds
from tests.tiers import exhaustive

FEW, MANY = 4, 130


def independent(layer: Any, name: str) -> Any:
    """The answer to a claim, by plain loops."""
    spec = layer.spec
    met = loops.triples(layer)
    if name == "output_size":
        sizes = [loops.outputs_along(axis, spec.transposed) for axis in spec.tied_axes]
        return sizes[0] if len(set(sizes)) == 1 else sizes
    shapes = {role: layer.entries.shape(role) for role in ("input", "tap", "output")}
    if name == "left_over":
        (axis,) = spec.tied_axes
        sizes = axis.geometry
        reached = max(
            o * sizes["stride"] + sizes["dilation"] * (sizes["kernel_size"] - 1)
            for o in range(loops.outputs_along(axis, False))
        )
        return sizes["input_size"] + sizes["before"] + sizes["after"] - 1 - reached
    counts = {
        "zeros": lambda: prod(shapes["output"]) * prod(shapes["input"]) - len({(o, j) for o, _, j in met}),
        "weights": lambda: len({k for _, k, _ in met}),
        "multiplications": lambda: len(met),
        "parameters": lambda: prod(shapes["tap"]) + (spec.bias and len(flatten([layer.b]))),
    }
    if name in counts:
        return counts[name]()
    matched = re.fullmatch(r"(\w+)(?:\[(.*)\])?", name)
    assert matched is not None
    whole, index = matched.groups()
    found = loops.quantity(layer, whole)
    if index is not None:
        return found.get(tuple(int(i) - spec.notation.base for i in index.split(",")), Integer(0))
    shape = shapes["output" if whole == "output" else "input"]
    return np.reshape([found.get(i, Integer(0)) for i in product(*map(range, shape))], shape).tolist()


def is_right(exercise: Any) -> None:
    """The answer is what the loops give."""
    judge, value = exercise._judge, exercise.answer.value
    if exercise.kind == "convention":
        gives = {name: independent(layer, "output") for name, layer in judge.layers.items()}
        assert [name for name in gives if gives[name] == judge.shown] == [value]
        assert value in map(str, exercise.options)
        return
    if not judge.layer.spec.numeric:
        axis, names = judge.layer.spec.tied_axes[0], {"N": 9, "K": 3, "s": 2, "p": 1}
        for change in ({}, {"N": 10}, {"s": 3}, {"K": 2}, {"p": 0}, {"N": 14, "s": 1}):
            numbers = {**names, **change}
            letters = {s: numbers[s.name] for s in sympify(value).free_symbols}
            sizes = {name: _number(size, numbers) for name, size in axis.geometry.items()}
            made = type("Axis", (), {"geometry": sizes, "options": {**axis.options, "ceil_mode": False}})
            assert sympify(value).subs(letters) == loops.outputs_along(made, judge.layer.spec.transposed)
        return
    assert independent(judge.layer, judge.name) == value, (exercise, judge.layer)


def _number(size: Any, numbers: dict[str, int]) -> int:
    return int(sympify(size).subs({s: numbers[s.name] for s in sympify(size).free_symbols}))


def is_fair(exercise: Any) -> None:
    """The right answer is accepted; each wrong one is refuted, with its mistake; no two are the same."""
    assert exercise.judge(exercise.answer)
    assert exercise.judge(exercise.answer.value)
    for wrong in exercise.distractors:
        assert not exercise.judge(wrong)
        assert not exercise.judge(wrong.value)
        assert wrong.mistake
        assert plain(wrong.reason).endswith(".")
    texts = [str(exercise.answer), *map(str, exercise.distractors)]
    assert len(set(texts)) == len(texts)
    values = [str(one.value) for one in (exercise.answer, *exercise.distractors)]
    assert len(set(values)) == len(values)
    if exercise.form == "choice":
        assert len(exercise.options) >= 3
        assert sum(bool(exercise.judge(option)) for option in exercise.options) == 1
        assert sorted(map(str, exercise.options)) == sorted(texts)


@pytest.mark.parametrize("seed", [pytest.param(n, marks=() if n < FEW else exhaustive) for n in range(MANY)])
def test_answers_are_right_and_distractors_wrong(seed: int) -> None:
    for exercise in sheet(seed):
        is_right(exercise)
        is_fair(exercise)


@exhaustive
def test_there_are_a_thousand_exercises_of_all_kinds() -> None:
    kinds = [exercise.kind for seed in range(MANY) for exercise in sheet(seed)]
    assert len(kinds) >= 1000
    assert set(kinds) == set(KINDS)


def test_an_output_is_what_numpy_computes() -> None:
    for flip, numpy in ((True, np.convolve), (False, lambda x, w, mode: np.correlate(x, w, mode))):
        for mode in ("full", "valid"):
            layer = sc.Conv1d(6, 3, padding=mode, flip=flip)
            for exercise in layer.exercises(seed=4, count=6, kinds=["output_all"]):
                judged = exercise._judge.layer
                x, w = (np.array(list(map(int, values))) for values in (judged.x, judged.w))
                assert exercise.judge(numpy(x, w, mode))
                assert exercise.answer.value == numpy(x, w, mode).tolist()


def test_named_mistakes_give_their_numbers() -> None:
    opening = sc.Conv1d(4, 3, padding="full", flip=True)
    (size,) = opening.exercises(seed=0, count=1, kinds=["output_size"])
    n = size.answer.value - 2
    assert {one.mistake: one.value for one in size.distractors}["padding"] == n - 2
    found: dict[str, Any] = {}
    for exercise in sc.Conv1d(8, 4, stride=3).exercises(seed=1, count=8, kinds=["left_over"]):
        found |= {one.mistake: (exercise, one.value) for one in exercise.distractors}
    exercise, value = found["wrong crop"]
    inputs = exercise._judge.layer.spec.axes[0].geometry["input_size"]
    assert value == (inputs + 4) % 3
    assert exercise.answer.value == (inputs - 4) % 3 != value
    for exercise in opening.exercises(seed=2, count=5, kinds=["grad_kernel_entry"]):
        judged = exercise._judge.layer
        flipped = judged.in_symbols()
        assert flipped.spec.flip
        for wrong in exercise.distractors:
            if wrong.mistake == "ties":
                k = int(exercise._judge.name[-2])
                assert wrong.value == judged.delta[k] * judged.x[0]


def test_common_mistakes_all_occur() -> None:
    layers = [
        sc.Conv1d(5, 3, flip=True), sc.Conv1d(8, 4, stride=3, padding=1), sc.Conv1d(4, 3, padding="full"),
        sc.MaxPool1d(6, 2),
    ]  # fmt: skip
    found = {d.mistake for layer in layers for e in layer.exercises(count=12) for d in e.distractors}
    wanted = {"flip", "off by one", "padding", "full for valid", "rounding", "ties", "index base"}
    assert wanted | {"wrong crop"} <= found


def test_answers_may_be_written_in_several_ways() -> None:
    (one,) = sc.Conv1d(4, 3, padding="full", flip=True).exercises(seed=5, count=1, kinds=["output_all"])
    value = one.answer.value
    text = ", ".join(map(str, value))
    for written in (value, tuple(value), Matrix(value), text, f"[{text}]", str(one.answer), one.answer):
        assert one.judge(written)
    assert "output_size is 6, not 2" in str(one.judge([1, 2]))
    assert "output_size is 6, not 2" in str(one.judge("1, 2"))
    assert not one.judge([value[0] + 1, *value[1:]])
    with pytest.raises(EntriesError, match="the answer has the shape"):
        one.judge([value])
    (choice,) = sc.Conv1d(4, 3).exercises(seed=5, count=1, kinds=["convention"])
    with pytest.raises(OptionError, match="there is no option 'flipped'"):
        choice.judge("flipped")


@pytest.mark.exhaustive
def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "import hashlib, symconv as sc\n"
        "for layer in (sc.Conv1d(5, 3, stride=2, padding=1, bias=True), sc.Conv1d('N', 'K', stride='s'),\n"
        "              sc.MaxPool1d(6, 2), sc.Conv2d(3, 2, in_channels=2, out_channels=1)):\n"
        "    sheet = layer.exercises(seed=7, count=5)\n"
        "    for name in ('s.tex', 's.md', 's.html', 's.rst', 's.txt', 's.xml', 's.ipynb'):\n"
        "        kept = {} if name == 's.xml' else {'solutions': True}\n"
        "        print(name, hashlib.sha256(repr(sheet.files(name, **kept)).encode()).hexdigest())\n"
    )
    (printed,) = printed_under_several_seeds(code)
    assert len(set(printed.splitlines())) == 28


@pytest.mark.parametrize(
    "options", [{"stride": 2}, {"stride": 3, "padding": 1}, {"stride": 2, "dilation": 2}]
)
def test_something_is_left_over(options: dict[str, Any]) -> None:
    made = sc.Conv1d(9, 3, **options).exercises(seed=2, count=6, kinds=["left_over"])
    assert all(exercise.answer.value > 0 for exercise in made)
    for exercise in made:
        value = exercise.answer.value
        where = "this position." if value == 1 else "these positions."
        inputs, outputs = layer_sizes(exercise)
        window = options.get("dilation", 1) * 2 + 1
        pattern = r"After the first window (\d+) - (\d+) = (\d+) positions? remains?(.*)\. No"
        ((padded, spanned, left, rest),) = re.findall(pattern, told(exercise.solution))
        assert (int(padded), int(spanned)) == (inputs + 2 * options.get("padding", 0), window)
        assert int(left) == int(padded) - window
        used = options["stride"] * (outputs - 1)
        if used:
            assert rest == f"; steps of {options['stride']} use {used} of them and leave {value}"
            assert int(left) - used == value
        else:
            assert rest == f", fewer than a step of {options['stride']}"
            assert int(left) == value < options["stride"]
        assert told(exercise.solution).endswith(f"No output depends on {where}")


def layer_sizes(exercise: Any) -> tuple[int, int]:
    """The numbers of inputs and outputs of the layer that an exercise is about."""
    (axis,) = exercise._judge.layer.spec.tied_axes
    return axis.geometry["input_size"], loops.outputs_along(axis, False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"count": 0}, "count is 0: write a whole number of at least 1"),
        ({"count": True}, "count is True"),
        ({"seed": 1.5}, "seed is 1.5: write a whole number"),
        ({"kinds": "output_size"}, "kinds is 'output_size': write a list of names"),
        ({"kinds": ["output_sizes"]}, "did you mean 'output_size'"),
        (
            {"kinds": ["pooling_gradient"]},
            "no exercises of the kind 'pooling_gradient' for this layer: they need a pooling layer.",
        ),
        ({"kinds": ["left_over"]}, "they need one axis and a stride above 1."),
        ({"kinds": ["parameters"], "count": 2}, "count is 2, but only 1 different exercise"),
    ],
)
def test_a_wrong_call_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=re.escape(said)):
        sc.Conv1d(4, 3).exercises(**options)


def test_a_large_layer_is_asked_about_in_small() -> None:
    layer = sc.Conv2d(64, 5, in_channels=16, out_channels=32, padding=2, notation="pytorch")
    sheet = layer.exercises(count=8)
    assert "take a smaller layer of the same kind" in str(sheet)
    assert all(exercise.judge(exercise.answer) for exercise in sheet)
    assert len(str(sheet)) < 8000


def test_fractions_and_floats_are_answers_as_they_are_written() -> None:
    layer = sc.AvgPool1d(4, 2).at(x=[1, 2, 3, 4])
    assert layer.claim("output", [Fraction(3, 2), 3.5])
    assert layer.claim("output", "3/2, 3.5")
    third = sc.AvgPool1d(3, 3).at(x=[1, 0, 0])
    assert third.claim("output", ["1/3"])
    assert not third.claim("output", [1 / 3])
    assert str(third.claim("output", [0.25])) == "output: refuted; output[0] is 1/3, not 1/4"
    symbolic = sc.Conv1d(3, 2)
    assert symbolic.claim("matrix", [["w0", "w1", 0], [0, "w0", Symbol("w1")]])
