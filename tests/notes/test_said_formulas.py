"""What notes say of indices and operations, against loops and NumPy: where a convention's numbers stand."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import symconv as sc
from tests.tiers import law

NUMBERS = re.compile(r"gives \(([-0-9, ]+)\) for i = ([-0-9, .]+)\.")


@law(
    8,
    60,
    size=st.integers(3, 6),
    taps=st.integers(2, 3),
    stride=st.integers(1, 2),
    dilation=st.integers(1, 2),
    padding=st.integers(0, 2),
    flip=st.booleans(),
    base=st.sampled_from([0, 1]),
)
def test_the_other_convention_has_its_numbers_where_its_definition_has_them(
    size: int, taps: int, stride: int, dilation: int, padding: int, flip: bool, base: int
) -> None:
    assume(size + 2 * padding > dilation * (taps - 1))
    x, w = [*range(1, size + 1)], [2, 7, 1][:taps]
    layer = sc.Conv1d(
        size,
        taps,
        stride=stride,
        dilation=dilation,
        padding=padding,
        flip=flip,
        notation=sc.Notation(base=base),
    ).at(x=x, w=w)
    text = re.sub(r"\s+", " ", str(layer.notes(sections=["numbers"])))
    found = NUMBERS.search(text.replace(". For", ".For"))
    if found is None:
        return  # the same numbers either way, or one output too many for a list
    numbers, places = ([part.strip() for part in group.split(",")] for group in found.groups())
    indices = [int(place) for place in places if place != "..."]
    if "..." in places:
        step = indices[1] - indices[0]
        indices = [*range(indices[0], indices[-1] + step, step)]
    sign = 1 if flip else -1  # notes of a flipped layer tell of the cross-correlation
    entries = dict(enumerate(x, base))
    right = [
        sum(weight * entries.get(i + sign * dilation * k, 0) for k, weight in enumerate(w, base))
        for i in indices
    ]
    assert [int(number) for number in numbers] == right


@law(
    8,
    60,
    x=st.lists(st.integers(-9, 9), min_size=3, max_size=6),
    w=st.lists(st.integers(-9, 9), min_size=2, max_size=3),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    flip=st.booleans(),
)
def test_both_gradients_are_the_operations_that_notes_name(
    x: list[int], w: list[int], stride: int, padding: int, flip: bool
) -> None:
    assume(len(x) + 2 * padding >= len(w))
    made = sc.Conv1d(len(x), len(w), stride=stride, padding=padding, flip=flip)
    count = int(made.output_size)
    delta = [3, -1, 2, 5, -4, 1, 7, 2, -3, 4][:count]
    layer = made.at(x=x, w=w, delta=delta)
    text = re.sub(r"\s+", " ", str(layer.notes(sections=["learning"])))
    back = "cross-correlation" if flip else "convolution"
    spread = np.zeros(stride * (count - 1) + 1, dtype=int)
    spread[::stride] = delta
    whole = np.convolve(spread, w[::-1] if flip else w)
    whole = np.pad(whole, (0, len(x) + 2 * padding - len(whole)))
    assert whole[padding : padding + len(x)].tolist() == entries(layer.grad_input)
    if stride == 1:
        named = "valid" if padding == len(w) - 1 else "full"
        assert f"with respect to x is the {named} {back} of delta with w" in text
        if named == "valid":
            shown = np.convolve(delta, w[::-1] if flip else w, mode="valid")
            assert shown.tolist() == entries(layer.grad_input)
        pair = "delta with x" if flip else "x with delta"
        assert f"with respect to w is a cross-correlation of {pair}" in text
        padded = np.pad(x, padding)
        kernel = np.correlate(padded, delta)
        assert kernel[:: -1 if flip else 1].tolist() == entries(layer.grad_kernel)
    elif count > 1:
        assert f"it is the full {back} of this sequence with w" in text
    assert ("without the entries that fall on the padding" in text) == (
        padding > 0 and (padding != len(w) - 1 if stride == 1 else count > 1)
    )


def test_no_operation_is_named_where_the_padding_wraps_around() -> None:
    for steps in ({"stride": 2}, {"stride": 1}, {"stride": 2, "dilation": 2}):
        layer = sc.Conv1d(6, 3, padding=2, padding_mode="circular", **steps)
        text = str(layer.notes(sections=["learning"]))
        assert "fall on the padding" not in text
        assert "full convolution" not in text


def entries(column: Any) -> list[int]:
    return [int(entry) for entry in column]
