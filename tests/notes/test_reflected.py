"""Formulas of reflect padding: the function that reads the input backwards at its edges."""

from __future__ import annotations

import re

import pytest
from sympy import Function, Indexed, Integer

import symconv as sc
from symconv.notes import rendered
from symconv.notes.reflected import Reflection
from symconv.printing.targets import target_of


def reflected(layer: sc.layers.Layer) -> Reflection:
    return Reflection(layer.closed.symbols)


def bounced(place: int, size: int) -> int:
    """Where a walk stands that turns around at both ends."""
    walk = [*range(size), *range(size - 2, 0, -1)]
    return walk[place % len(walk)]


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2)])
def test_the_function_stands_for_what_the_formula_had(base: int, stride: int, dilation: int) -> None:
    notation = sc.Notation(base=base)
    layer = sc.Conv1d(
        "N", 3, stride=stride, dilation=dilation, padding=2, padding_mode="reflect", notation=notation
    )
    plain = layer.formula("output").safe
    named = reflected(layer)(plain)
    (entry,) = (e for e in plain.atoms(Indexed) if str(e.base) == "x")
    (read,) = (e for e in named.atoms(Indexed) if str(e.base) == "x")
    (place,) = read.indices[0].args
    assert read.indices[0].func == Function("r")
    assert not read.has(*entry.indices[0].atoms(Function) - named.atoms(Function))
    letters = sorted(entry.indices[0].free_symbols, key=str)
    size = next(letter for letter in letters if str(letter) == "N")
    i, k = (next(letter for letter in letters if str(letter) == name) for name in "ik")
    for n in (5, 6):
        for at in range(3):
            for tap in range(3):
                numbers = {size: Integer(n), i: Integer(at + base), k: Integer(tap + base)}
                here = int(place.subs(numbers)) - base
                assert entry.indices[0].subs(numbers) == bounced(here, n) + base


def test_its_definition_is_that_of_a_walk_that_turns_at_both_ends() -> None:
    for base in (0, 1):
        layer = sc.Conv1d("N", 3, padding=1, padding_mode="reflect", notation=sc.Notation(base=base))
        (row,) = reflected(layer).defined(target_of("text"))
        assert row.left == "r(m)"
        for size in (4, 7):
            for place in range(1 - size, 2 * size - 1):
                value = _chosen(str(row.parts[0]), size, place + base)
                assert value == bounced(place, size) + base


def _chosen(text: str, size: int, place: int) -> int:
    """The value of the case that holds: of ``a for c``, which stand one behind the other."""
    low, inside, high = (case.split(" for ") for case in text.split(", "))
    names = {"N": size, "m": place}
    first, last = (_number(side, names) for side in inside[1].split(" <= m <= "))
    if place < _number(low[1].removeprefix("m < "), names):
        return _number(low[0], names)
    if place > _number(high[1].removeprefix("m > "), names):
        return _number(high[0], names)
    assert first <= place <= last
    return _number(inside[0], names)


def _number(text: str, names: dict[str, int]) -> int:
    found = sc.parse(text)
    return int(found.subs({letter: names[str(letter)] for letter in found.free_symbols}))


def test_axes_of_other_sizes_have_functions_of_their_own() -> None:
    layer = sc.Conv2d(("N", "H"), 3, padding=1, padding_mode="reflect")
    assert [row.left for row in reflected(layer).defined(target_of("text"))] == ["r_1(m)", "r_2(m)"]
    same = sc.Conv2d(("N", "N"), 3, padding=1, padding_mode="reflect")
    assert [row.left for row in reflected(same).defined(target_of("text"))] == ["r(m)"]


def test_letters_that_are_taken_are_left_alone() -> None:
    layer = sc.Conv1d("N", 3, stride="r", padding=1, padding_mode="reflect")
    (row,) = reflected(layer).defined(target_of("text"))
    assert row.left == "q(m)"


def test_notes_define_it_and_other_paddings_have_none() -> None:
    def told(mode: str) -> str:
        layer = sc.Conv1d(5, 3, padding=1, padding_mode=mode)
        return rendered(layer.notes(sections=["numbers", "learning"]), "n.txt")["n.txt"].decode()

    text = told("reflect")
    assert "y[i] = sum(k=0..K - 1) w[k]*x[r(i + k - 1)]" in text
    assert "[j = r(i + k - 1)]" in text
    assert "r(m) = -m for m < 0, m for 0 <= m <= N - 1, 2*N - 2 - m for m > N - 1" in text
    for mode in ("zeros", "circular", "replicate"):
        assert not re.search(r"\br\(", told(mode))
