"""What notes introduce before they use it, and what they say of biases, maxima, checks and conditions."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import assume
from hypothesis import strategies as st

import symconv as sc
from symconv.errors import GeometryError
from symconv.notes.model import Picture, plain
from tests.notes.layers import LARGE, SPREAD, document
from tests.tiers import exhaustive, law, tiers


def text_of(layer: Any, *sections: str) -> str:
    return re.sub(r"\s+", " ", str(layer.notes(sections=sections) if sections else layer.notes()))


def numbers(array: Any) -> list[int]:
    return [int(entry) for entry in sympy.flatten(array.tolist())]


@pytest.mark.parametrize("name", tiers(["transposed", "deconvolved"], ("transposed",)))
def test_notes_of_a_transposed_layer_introduce_a_dense_layer_and_its_function(name: str) -> None:
    (lead, *_) = (plain(block.words) for block in document(name).blocks if getattr(block, "lead", False))
    computed = "input a and weight matrix W computes z = W a (the bias is left out) and then f(z)"
    assert lead.startswith(f"A dense layer with {computed}, where f is the activation function.")
    assert "in them x, T and y play the parts of a, W and z" in lead


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (
            LARGE["image"]("symconv"),
            "A filter has one kernel for each input channel, and gives one output channel.",
        ),
        pytest.param(
            SPREAD["grouped"]("symconv"),
            "A filter has one kernel for each input channel of its group, and",
            marks=exhaustive,
        ),
        pytest.param(
            LARGE["deconvolved"]("symconv"),
            "a kernel for each pair of an input channel and an output channel.",
            marks=exhaustive,
        ),
        (sc.AvgPool1d(4, 2, channels=2), "Each of them is pooled by itself."),
    ],
)
def test_channels_and_filters_are_explained_where_they_are_first_named(layer: Any, told: str) -> None:
    text = text_of(layer)
    body = text.partition("channels ===")[2].lstrip("= ") or text
    assert body.count("The input consists of channels, such as the colours of an image.") == 1
    assert told in body
    assert (
        0
        <= body.index("consists of channels")
        < body.index("channel 0" if "channel 0" in body else "numbers")
    )


@law(
    6,
    30,
    rank=st.integers(1, 2),
    channels=st.sampled_from([None, (2, 2), (1, 2)]),
    bias=st.integers(-3, 3),
    flip=st.booleans(),
)
def test_a_caption_adds_the_bias_to_the_products(
    rank: int, channels: tuple[int, int] | None, bias: int, flip: bool
) -> None:
    several = {"in_channels": channels[0], "out_channels": channels[1]} if channels else {}
    inside, outside = ([channels[at]] if channels else [] for at in (0, 1))
    x = np.arange(1, 1 + 3**rank * (channels or [1])[0]).reshape(*inside, *[3] * rank)
    w = np.arange(2, 2 + 2**rank * int(np.prod(channels or 1))).reshape(*outside, *inside, *[2] * rank)
    layer = sc.Conv((3,) * rank, 2, bias=True, flip=flip, **several)
    given = {"x": x.tolist(), "w": w.tolist(), "b": [bias] * (channels or (1, 1))[1]}
    made = layer.at(**given).notes(sections=["numbers"])
    said = " ".join([plain(b.caption) for b in made.blocks if isinstance(b, Picture)])
    found = re.search(
        r"add up to (\S+); with the bias added, the framed output is y([\d_]*) = (\S+) \+ (\S+) = (\S+)\.",
        said,
    )
    if found is None:
        assert "add up to the framed output" not in said
        return
    first = w[0] if channels else w
    turned = np.flip(first, tuple(range(-rank, 0))) if flip else first
    at = [int(index) for index in found[2].split("_")][-rank:]
    total = int((turned * x[(..., *[slice(i, i + 2) for i in at])]).sum())
    assert int(found[1]) == int(found[3]) == total
    assert int(found[4].strip("()")) == bias
    assert int(found[5]) == total + bias


def test_the_bias_is_in_the_instruction_where_there_is_one() -> None:
    for layer, told in (
        (sc.Conv1d(5, 2, bias=True), "add the products and add the bias:"),
        (LARGE["image"]("symconv"), "add the products and add the bias of the filter."),
        (sc.ConvTranspose1d(3, 2, bias=True), "collects, to which the bias is added:"),
    ):
        assert told in text_of(layer, "numbers")
    assert "bias" not in text_of(sc.Conv1d(5, 2), "numbers")


@law(
    1,
    15,
    size=st.tuples(st.integers(3, 4), st.integers(3, 4)),
    window=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    x=st.permutations(range(-8, 8)),
    padding=st.integers(0, 1),
)
def test_the_matrix_of_a_maximum_stays_while_no_window_has_another_largest_entry(
    size: tuple[int, int], window: tuple[int, int], x: list[int], padding: int
) -> None:
    assume(padding <= min(window) // 2)
    plane = 10 * np.array(x[: size[0] * size[1]]).reshape(size)
    layer = sc.MaxPool2d(size, window, padding=padding)
    text = text_of(layer.at(x=plane.tolist()), "numbers", "size", "learning")
    assert "So T is constant near x and is not differentiated." in text
    assert f"Slide a window of {window[0]}×{window[1]} entries over the input" in text
    assert "With p places of -∞ added on each side" in text
    here = layer.at(x=plane.tolist())
    gradient = numbers(
        layer.at(x=plane.tolist(), delta=np.ones(here.output.shape, dtype=int).tolist()).grad_input
    )
    for at in np.ndindex(*size):
        moved = plane.copy()
        moved[at] += 1
        assert layer.at(x=moved.tolist()).matrix == here.matrix
        change = sum(numbers(layer.at(x=moved.tolist()).output)) - sum(numbers(here.output))
        assert change == gradient[int(np.ravel_multi_index(at, size))]


@pytest.mark.parametrize(
    ("layer", "each"),
    [
        (sc.Conv1d(4, 3, padding=1), "input and weight"),
        (sc.Conv1d(4, 2, in_channels=2, out_channels=2, bias=True), "input, weight and bias"),
        (sc.AvgPool1d(4, 2), "input"),
    ],
)
def test_gradients_are_checked_by_changing_each_number_of_a_sum(layer: Any, each: str) -> None:
    text = text_of(layer, "checks")
    found = re.search(
        r"by changing each (.+?) in turn and measuring the change of sum\((.+?)\) (.+?), whose", text
    )
    assert found is not None
    assert found[1] == each
    assert found[3] == f"delta[{found[2]}]*y[{found[2]}]"
    assert re.search(r"Each step was proved for all .*N >= 1", text)


@pytest.mark.parametrize("depth", tiers(["standard", "full"], ("standard",)))
def test_a_longer_version_is_named_where_this_one_has_no_derivations(depth: str) -> None:
    longer = "A longer version of these notes derives each step."
    assert (longer in str(sc.Conv1d(4, 3).notes(depth=depth))) == (depth != "full")
    assert longer not in str(sc.Conv1d(4, 3).notes(sections=["derivations", "checks"]))
    assert longer in str(sc.Conv1d(4, 3).notes(sections=["checks"]))


@law(
    1,
    14,
    padding=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    mode=st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
)
def test_a_proof_is_said_to_hold_where_the_padding_is_possible(padding: tuple[int, int], mode: str) -> None:
    text = text_of(sc.Conv1d("N", "K", padding=padding, padding_mode=mode), "checks")
    found = re.search(
        r"was proved for all N >= (\d+)( \(as (\w+) padding requires\))? and 1 <= K <= N(?: \+ (\d+))?, ",
        text,
    )
    assert found is not None
    assert (found[2] is None) == (found[1] == "1")
    assert found[2] is None or found[3] == mode
    assert int(found[4] or 0) == sum(padding)
    least = int(found[1])
    for size in range(1, 6):
        # Mirrored without its edge, an input of N entries goes on for N - 1 places; turned around, for N.
        longest = {"reflect": size - 1, "circular": size}.get(mode, max(padding))
        assert (size >= least) == (max(padding) <= longest)
        options: dict[str, Any] = {"padding": padding, "padding_mode": mode}
        if size >= least:
            assert sc.Conv1d(size, 1, **options).output_size == size + sum(padding)
        else:
            with pytest.raises(GeometryError):
                sc.Conv1d(size, 1, **options)


def test_letters_of_the_padding_are_in_the_condition() -> None:
    text = text_of(sc.Conv1d("N", "K", padding="p", padding_mode="reflect"), "checks")
    needed = "N >= 1, 1 <= K <= N + 2*p and 0 <= p <= N - 1 (as reflect padding requires)"
    assert f"proved for all {needed}, with stride 1 and reflect padding." in text


@pytest.mark.parametrize(
    "layer",
    [sc.Conv1d(1, 2, dilation=2, padding=1, bias=True), sc.ConvTranspose1d(1, 2, dilation=3, padding=1)],
)
def test_a_layer_all_of_whose_products_fall_on_the_padding_has_notes(layer: Any) -> None:
    assert not any(numbers(layer.matrix))
    text = text_of(layer, "matrix", "learning")
    assert "every entry of T is zero." in text
    assert "so the gradient of every weight is 0." in text
    assert "dL/dw = (0, 0)" in text
