"""Algorithms in other notations: the same loops in other letters, which run and give the same."""

from __future__ import annotations

import inspect
import random
import re
from typing import Any

import pytest
from hypothesis import assume, given

import symconv as sc
from symconv.algorithms import introduced
from symconv.algorithms.letters import FIELDS, Names
from symconv.errors import NotationError
from symconv.printing.notation import Notation
from tests.printing.test_own_letters import LAYERS, MARKED, OPENING, own

KINDS = [kind for kind in LAYERS if kind != "open"]

#: What the arguments of these layers are, by their meaning.
SHAPES = {
    "correlation": {"x": 4, "w": 3}, "transposed": {"x": 3, "w": 2, "delta": 6}, "maximum": {"x": 4},
}  # fmt: skip


def called(layer: Any, name: str) -> Any:
    """What an algorithm gives for arguments that are drawn alike for every notation."""
    listing, spec = layer.algorithm(name), layer.spec
    own_name = {hers: letter for letter, hers in listing.names.names.items()}
    draw, axis = random.Random(name), spec.tied_axes[0].geometry
    shapes = {"x": "input", "w": "tap", "delta": "output"}
    sizes = {
        "N": axis["input_size"], "K": axis["kernel_size"], "M": spec.output_sizes[0], "G": 1,
        "s": axis["stride"], "d": axis.get("dilation", 1), "p": axis["before"], "q": axis["after"],
        "a": axis.get("output_padding", 0),
    }  # fmt: skip
    given = []
    for argument in inspect.signature(listing.function).parameters:
        letter = own_name.get(argument, argument)
        if letter in shapes:
            count = spec.tied.count(shapes[letter])
            given.append([draw.randint(-9, 9) for _ in range(count)])
        else:
            given.append(sizes.get(letter, 7))
    return listing.function(*given)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["correlation", "transposed", "maximum"])
@given(own)
def test_an_algorithm_gives_the_same_in_every_notation(kind: str, chosen: dict[str, str]) -> None:
    try:
        layer = LAYERS[kind](Notation(**chosen))
    except NotationError:
        assume(False)
    plain = LAYERS[kind](Notation())
    for name in plain.algorithm_names:
        assert called(layer, name) == called(plain, name)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", KINDS)
@given(own)
def test_no_two_letters_of_a_notation_become_one_name(kind: str, chosen: dict[str, str]) -> None:
    try:
        layer = LAYERS[kind](Notation(**chosen))
    except NotationError:
        assume(False)
    plain = LAYERS[kind](Notation())
    for name in plain.algorithm_names:
        here, there = layer.algorithm(name), plain.algorithm(name)
        # Renaming is one to one, so both have the same bytecode.
        assert here.function.__code__.co_code == there.function.__code__.co_code
        assert len(here.function.__code__.co_varnames) == len(set(here.function.__code__.co_varnames))
        assert [said for _, said in introduced([here])] == [said for _, said in introduced([there])]


def test_letters_of_a_notation_are_names_in_python(typeset) -> None:
    listing = sc.Conv1d(4, 3, notation=Notation(**MARKED)).algorithm("grad_input")
    head = "def correlation_grad_input(delta_l: Vector, wbf: Vector, n_in: int, s: int, d: int, p: int)"
    assert listing.source.startswith(head)
    assert "for tau in range(kappa):" in listing.source
    latex = typeset(listing.math())
    assert "\\delta^{(l)}, \\mathbf{w}, n_{\\mathrm{in}}, s, d, p" in latex
    assert "\\mathbf{w}_{\\tau} \\delta^{(l)}_{i}" in latex
    assert introduced([listing])[0] == ("wbf", "the kernel")
    opening = sc.Conv1d(4, 3, notation=Notation(**OPENING)).algorithm()
    assert "z[i] += w[k] * a[j]" in opening.source


@pytest.mark.parametrize("base", [0, 1])
def test_the_base_of_the_loops_is_said_where_formulas_count_from_one(base: int) -> None:
    source = sc.Conv1d(4, 3, notation=Notation(base=base)).algorithm().source
    assert ("# Indices start at 0 here, and at 1 in formulas." in source) == bool(base)


def test_python_keeps_its_own_words() -> None:
    names = Names.of(Notation(input="lambda", output="len", kernel="zeros", bias="range")).names
    assert names == {"x": "lambda_", "y": "len_", "w": "zeros_", "b": "range_"}
    source = sc.Conv1d(4, 3, notation=Notation(input="lambda", kernel="len")).algorithm().source
    assert re.search(r"N = len\(lambda_\)", source)
    assert set(FIELDS) >= set(names)
