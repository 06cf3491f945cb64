"""The numbers of layers with channels and groups in motion, frame by frame, against loops."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product
from math import prod
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import symconv as sc
from symconv.errors import FigureError
from symconv.figures import Animation
from symconv.figures.cast import Cells
from tests.geometry import layers
from tests.tiers import law

_MODES = {"circular": "wrap", "reflect": "reflect", "replicate": "edge"}


@dataclass(frozen=True)
class Looped:
    """The first sample by loops: for each output, or each input of a transposed layer, what is multiplied.

    Attributes
    ----------
    layer : layer
    x, y : array
        Channels first.
    bias : array
        Of each output channel.
    terms : dict
        By channel and place, the pairs of a weight and an input, by the channel at the other side.
    """

    layer: Any
    x: Any
    y: Any
    bias: Any
    terms: dict[tuple[int, ...], dict[int, list[tuple[int, int, tuple[int, ...]]]]]


def looped(g: dict[str, Any], seed: int, biased: bool) -> Looped:
    random = np.random.default_rng(seed)
    x, w = (random.integers(-3, 4, g[name]) for name in "xw")
    bias = random.integers(-3, 4, g["delta"][1]) * biased
    rank, groups = len(g["x"]) - 2, g["groups"]
    options = {option: g[option] for option in ("stride", "dilation", "groups", "flip")}
    options["padding"] = tuple(zip(g["before"], g["after"], strict=True))
    options |= {"batch": g["x"][0], "in_channels": g["x"][1], "out_channels": g["delta"][1], "bias": biased}
    if g["transposed"]:
        layer: Any = sc.ConvTranspose(g["x"][2:], g["w"][2:], output_padding=g["output_padding"], **options)
    else:
        layer = sc.Conv(g["x"][2:], g["w"][2:], padding_mode=g["padding_mode"], **options)
    given = {"x": x.tolist(), "w": w.tolist()} | ({"b": bias.tolist()} if biased else {})
    big, small = (g["delta"], g["x"]) if g["transposed"] else (g["x"], g["delta"])
    widths = list(zip(g["before"], g["after"], strict=True))
    numbered = np.arange(prod(big[2:])).reshape(big[2:])
    mode = g["padding_mode"]
    fill: dict[str, Any] = {"constant_values": -1} if mode == "zeros" else {"mode": _MODES[mode]}
    padded = np.pad(numbered, widths, **fill)
    y = np.zeros(g["delta"][1:], dtype=int) + bias.reshape(-1, *[1] * rank)
    terms: dict[Any, Any] = {}
    ins, outs = g["x"][1] // groups, g["delta"][1] // groups
    for group, a, b in product(range(groups), range(ins), range(outs)):
        c, o = group * ins + a, group * outs + b
        for place in product(*map(range, small[2:])):
            near, far = (c, o) if g["transposed"] else (o, c)
            met = terms.setdefault((near, *place), {}).setdefault(far, [])
            for k in product(*map(range, g["w"][2:])):
                turned = [s - 1 - t if g["flip"] else t for s, t in zip(g["w"][2:], k, strict=True)]
                at = tuple(p * g["stride"][r] + turned[r] * g["dilation"][r] for r, p in enumerate(place))
                if padded[at] < 0 or (g["transposed"] and not real(at, widths, big[2:])):
                    continue
                there = tuple(map(int, np.unravel_index(padded[at], big[2:])))
                read, written = (place, there) if g["transposed"] else (there, place)
                weight = w[(c, b, *k) if g["transposed"] else (o, a, *k)]
                y[(o, *written)] += weight * x[(0, c, *read)]
                met.append((int(weight), int(x[(0, c, *read)]), there))
    return Looped(layer.at(**given), x[0], y, bias, terms)


def real(at: tuple[int, ...], widths: list[tuple[int, int]], shape: tuple[int, ...]) -> bool:
    return all(before <= i < before + n for i, (before, _), n in zip(at, widths, shape, strict=True))


def number(text: str) -> int:
    return int(text.strip().removeprefix("(").removesuffix(")"))


def factors(term: str) -> tuple[int, int]:
    weight, value = term.split("*")
    return number(weight), number(value)


def watchable(layer: Any) -> Animation:
    try:
        return layer.animation()
    except FigureError:
        assume(False)
        raise


def labels(cells: Cells, done: int) -> dict[int, int]:
    """What stands in each cell after so many moves."""
    found = {}
    for one in cells.labels:
        if one.seen(done):
            assert one.cell not in found
            found[one.cell] = number(one.label.text)
    return found


GIVEN = {"g": layers(most_rank=2), "seed": st.integers(0, 10**6), "biased": st.booleans()}


@law(15, 150, **GIVEN)
def test_the_terms_of_each_frame_give_the_entry_that_appears(
    g: dict[str, Any], seed: int, biased: bool
) -> None:
    assume(not g["transposed"])
    loops = looped(g, seed, biased)
    stage = watchable(loops.layer).stage
    channels, sizes = loops.y.shape[0], loops.y.shape[1:]
    shown = 1 if "output channel" in "".join(one.text for one in stage.remarks) else channels
    entries = [(o, *place) for o in range(shown) for place in product(*map(range, sizes))]
    assert [
        (move.other[0], *map(int, np.unravel_index(move.other[1], sizes))) for move in stage.moves
    ] == entries
    for at, (move, entry) in enumerate(zip(stage.moves, entries, strict=True)):
        result = int(loops.y[entry])
        wanted = [(c, sorted(t[:2] for t in met)) for c, met in loops.terms[entry].items() if met]
        texts = [piece.text.removeprefix(" + ") for piece in move.pieces[1:]]
        if len(texts) > 1:
            assert number(texts.pop().removeprefix(" = ")) == result
        if biased and any(met for _, met in wanted):
            assert number(texts.pop()) == loops.bias[entry[0]]
        sums = [sum(one * other for one, other in map(factors, texts))] if wanted else [number(texts.pop())]
        assert sum(sums) + (int(loops.bias[entry[0]]) if wanted else 0) == result
        starts = [0, *(begin - 1 for begin in move.breaks), len(texts)]
        parts = [sorted(map(factors, texts[a:b])) for a, b in pairwise(starts)]
        assert [part for part in parts if part] == [met for _, met in wanted]
        (one,) = [one for one in stage.others[move.other[0]].labels if one.cell == move.other[1]]
        assert (number(one.label.text), one.start, one.end) == (result, at, None)


@law(15, 150, **GIVEN)
def test_what_lies_under_the_windows_gives_the_entry_too(g: dict[str, Any], seed: int, biased: bool) -> None:
    assume(not g["transposed"])
    loops = looped(g, seed, biased)
    stage = watchable(loops.layer).stage
    inside = loops.x.shape[0] // g["groups"]
    for move in stage.moves:
        filter = stage.filters[move.filter]
        group = move.other[0] // (loops.y.shape[0] // g["groups"])
        assert list(filter.windows) == list(range(group * inside, (group + 1) * inside))
        total = int(loops.bias[move.other[0]])
        for plane, window in filter.windows.items():
            cells = labels(stage.bases[plane], 0)
            columns = stage.bases[plane].shape[1]
            for one in window:
                assert one.label is not None
                at = (move.corner[0] + one.row) * columns + move.corner[1] + one.column
                total += number(one.label.text) * cells[at]
        assert total == loops.y.reshape(loops.y.shape[0], -1)[move.other]
        if biased and filter.names:
            assert filter.bias is not None
            assert number(filter.bias.text.split("=")[1]) == loops.bias[move.other[0]]


@law(15, 150, **GIVEN)
def test_sums_of_a_transposed_layer_grow_by_what_each_input_adds(
    g: dict[str, Any], seed: int, biased: bool
) -> None:
    assume(g["transposed"])
    loops = looped(g, seed, biased)
    stage = watchable(loops.layer).stage
    sizes = loops.x.shape[1:]
    planes = range(len(stage.bases))
    sums = np.zeros_like(loops.y) + loops.bias.reshape(-1, *[1] * len(sizes))
    for at, move in enumerate(stage.moves):
        place = (move.other[0], *map(int, np.unravel_index(move.other[1], sizes)))
        texts = [piece.text.strip(", ") for piece in move.pieces[1:]]
        met = {o: terms for o, terms in loops.terms[place].items() if o in planes and terms}
        starts = [0, *(begin - 1 for begin in move.breaks), len(texts)]
        parts = [sorted(map(factors, texts[a:b])) for a, b in pairwise(starts)] if met else []
        assert parts == [sorted(term[:2] for term in terms) for terms in met.values()]
        for o, terms in met.items():
            for weight, value, there in terms:
                sums[(o, *there)] += weight * value
        for o in planes:
            seen = labels(stage.bases[o], at + 1)
            before = labels(stage.bases[o], at)
            outside = stage.bases[o].outside
            inner = [cell for cell in range(len(outside)) if not outside[cell]]
            for cell, total in zip(inner, sums[o].ravel().tolist(), strict=False):
                assert seen.get(cell, total) == total
            if o not in met:
                assert before == seen
    done = [labels(cells, len(stage.moves)) for cells in stage.bases]
    assert [[cells[at] for at in sorted(cells)] for cells in done] == [
        loops.y[o].ravel().tolist() for o in planes
    ]
