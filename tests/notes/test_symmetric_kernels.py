"""What notes say of a symmetric kernel: the two operations give the same numbers, at shifted indices."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

import symconv as sc

SHIFT = re.compile(
    r"the two differ in general\. If the kernel is symmetric about its centre, both give the same numbers, "
    r"only at indices shifted by (.+?)( along each axis)?\. For learned"
)

#: The definitions that notes display, read as the terms of a sum.
TERMS = re.compile(r"(conv|corr)\(x, w\)\[([^]]+)\] = sum\((.+?)\) w\[(.+?)\]\*x\[(.+?)\]")

LAYERS = [
    (sc.Conv1d(4, 3, padding="full", flip=True), ((3,), (1,), 0)),
    (sc.Conv1d(9, 4), ((4,), (1,), 0)),
    (sc.Conv1d(9, 3, dilation=2), ((3,), (2,), 0)),
    (sc.Conv1d("N", "K", stride="s", dilation="d"), ((3,), (2,), 0)),
    (sc.Conv1d(5, 3, notation=sc.Notation(base=1)), ((3,), (1,), 1)),
    (sc.Conv2d(5, 3), ((3, 3), (1, 1), 0)),
    (sc.Conv2d(9, (3, 2), dilation=(2, 1)), ((3, 2), (2, 1), 0)),
]


def calculated(text: str, letters: dict[str, int]) -> int:
    """The value of a sum, difference or product of letters and numbers, with brackets."""
    inner = re.search(r"\(([^()]+)\)", text)
    if inner:
        found = calculated(inner[1], letters)
        return calculated(f"{text[: inner.start()]}{found}{text[inner.end() :]}", letters)
    total = 0
    for sign, term in re.findall(r"([+-]?) ?([\w*]+)", text):
        value = 1
        for factor in term.split("*"):
            value *= int(factor) if factor.isdigit() else letters[factor]
        total += -value if sign == "-" else value
    return total


@pytest.mark.parametrize(("layer", "numbers"), LAYERS)
def test_a_symmetric_kernel_gives_both_the_same_numbers_at_the_shift_that_is_told(
    layer: Any, numbers: tuple[tuple[int, ...], tuple[int, ...], int]
) -> None:
    taps, dilation, base = numbers
    text = re.sub(r"\s+", " ", str(layer.notes(sections=["numbers"])))
    rank = len(taps)
    named = {f"K_{a + 1}" if rank > 1 else "K": n for a, n in enumerate(taps)} | {"d": dilation[0]}
    told = SHIFT.search(text)
    assert told is not None
    each = told[1][1:-1].split(", ") if ", " in told[1] else [told[1]] * rank
    assert (told[2] is not None) == (rank > 1 and ", " not in told[1])
    shift = [calculated(part, named) for part in each]
    kernel = {
        at: 1
        + sum(
            min(k - base, n - 1 - (k - base)) * (2 + a) for a, (k, n) in enumerate(zip(at, taps, strict=True))
        )
        for at in product(*(range(base, base + n) for n in taps))
    }
    sizes = [7 + axis for axis in range(rank)]
    entries = {
        at: 1 + sum((3 + a) * n * n for a, n in enumerate(at)) % 23 for at in product(*map(range, sizes))
    }
    definitions = {name: rest for name, *rest in TERMS.findall(text)}

    def value(name: str, at: tuple[int, ...]) -> int:
        outputs, over, weights, places = definitions[name]
        assert over == weights
        total = 0
        for tap, weight in kernel.items():
            letters = named | dict(zip(outputs.split(", "), at, strict=True))
            letters |= dict(zip(weights.split(", "), tap, strict=True))
            total += weight * entries.get(tuple(calculated(p, letters) for p in places.split(", ")), 0)
        return total

    everywhere = list(product(*(range(-12, size + 12) for size in sizes)))[:: 1 if rank == 1 else 7]
    for at in everywhere:
        moved = tuple(i - t for i, t in zip(at, shift, strict=True))
        assert value("conv", at) == value("corr", moved)
    assert any(value("conv", at) != value("corr", at) for at in everywhere)
