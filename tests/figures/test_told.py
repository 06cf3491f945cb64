"""What legends, names and alt texts tell of a layer, read back, against loops that share no code."""

from __future__ import annotations

import re
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import assume, given, settings

import symconv as sc
from symconv.errors import FigureError
from symconv.figures import FIGURES, Line, Text
from symconv.figures.captions import caption
from symconv.figures.colours import FAINT
from symconv.figures.drawing import Disc, extent
from symconv.printing.colours import COLOURS
from tests.figures.loops import by_torch_layout, name, network, told_diagonals, told_rows
from tests.geometry import layers


def rows_of(letter: str, shape: tuple[int, ...]) -> list[str]:
    return [name(letter, *place) for place in product(*map(range, shape))]


@pytest.mark.exhaustive
@given(layers(most_rank=2))
@settings(max_examples=80)
def test_every_edge_of_a_network_can_be_told_by_its_name_its_look_or_the_legend(g: dict[str, Any]) -> None:
    looped = by_torch_layout(g)
    try:
        figure = looped.layer.figure("network")
    except FigureError:
        assume(False)
    found = network(figure.drawing)
    assert {between: sorted(taps) for between, taps in found.weights.items()} == {
        between: sorted(taps) for between, taps in looped.cells.items()
    }
    assert sorted(found.legend) == sorted({tap for taps in looped.cells.values() for tap in taps})
    for lines in found.lines.values():
        middles = sorted((line.y1 + line.y2) / 2 for line in lines)
        assert all(above + 0.05 < below for above, below in pairwise(middles))


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (sc.Conv1d(4, 3, padding="full", flip=True), 0),
        (sc.Conv1d(5, 3, padding=1, padding_mode="reflect"), 0),
        (sc.Conv1d(3, 2, in_channels=2, out_channels=2), 0),
        (sc.AvgPool1d(6, 2), 0),
        (sc.MaxPool1d(4, 2), 4),
        (sc.Conv1d(6, 6, notation=sc.Notation(tap_colours=())), 0),
    ],
)
def test_names_stand_on_edges_that_the_legend_does_not_tell_apart_and_touch_nothing(
    layer: sc.layers.Layer, named: int
) -> None:
    marks = layer.figure("network").drawing.marks
    names = [mark for mark in marks if isinstance(mark, Text) and mark.backed]
    assert len(names) == named
    boxes = [inked(mark) for mark in marks if isinstance(mark, Text | Disc)]
    for here in map(inked, names):
        left, top, right, bottom = here
        over = [box for box in boxes if box[0] < right and box[2] > left and box[1] < bottom and box[3] > top]
        assert over == [here]


def inked(mark: Text | Disc) -> tuple[float, float, float, float]:
    """What a disc covers, and of a text without the room above and below its letters."""
    left, top, right, bottom = extent(mark)
    spare = 0.15 * mark.size + 1e-6 if isinstance(mark, Text) else 0
    return left, top + spare, right, bottom - spare


@pytest.mark.exhaustive
@given(layers(most_rank=2))
@settings(max_examples=80)
def test_words_tell_of_any_layer_what_the_loops_find(g: dict[str, Any]) -> None:
    looped = by_torch_layout(g)
    reads: dict[str, set[str]] = {row: set() for row in rows_of("y", g["delta"])}
    for (y, x), taps in looped.cells.items():
        reads[y] |= {f"{tap} at {x}" for tap in taps}
    gets: dict[str, set[str]] = {row: set() for row in rows_of("x", g["x"])}
    for (y, x), taps in looped.cells.items():
        gets[x] |= {f"{tap} at {y.replace('y', 'delta')}" for tap in taps}
    for figure, expected in (("band", reads), ("network", reads), ("input_gradient", gets)):
        try:
            alt = looped.layer.figure(figure).alt
        except FigureError:
            continue
        columns = rows_of("x", g["x"]) if expected is reads else rows_of("delta", g["delta"])
        if "diagonal" in alt:
            assert told_diagonals(alt, list(expected), columns) == expected
        else:
            told = {
                row.removeprefix("dL/d"): parts for row, parts in told_rows(alt.replace("dL/d", "")).items()
            }
            assert told == dict(list(expected.items())[:12])


@pytest.mark.exhaustive
@given(layers(most_rank=2))
@settings(max_examples=80)
def test_words_tell_of_a_window_all_its_places_and_what_lies_around(g: dict[str, Any]) -> None:
    looped = by_torch_layout(g)
    try:
        alt = looped.layer.figure("window").alt
    except FigureError:
        assume(False)
    assert told_rows(alt) == dict(list(looped.windows.items())[:12])
    role, shape = ("output", g["delta"]) if g["transposed"] else ("input", g["x"])
    nouns = [
        f"{size} {noun}{'' if size == 1 else 's'}"
        for size, noun in ((shape[0], "sample"), (shape[1], "channel"))
    ]
    places = " by ".join(map(str, shape[2:])) + f" entr{'y' if shape[-1] == 1 else 'ies'}"
    assert alt.startswith(f"The {role} of {nouns[0]} of {nouns[1]} of {places}")
    behind = g["after"]
    if g["transposed"]:  # what lies between the last output and the end of the last kernel that is laid
        laid = [
            s * (n - 1) + d * (k - 1) + 1
            for s, n, d, k in zip(g["stride"], g["x"][2:], g["dilation"], g["w"][2:], strict=True)
        ]
        shown = zip(laid, g["before"], g["delta"][2:], strict=True)
        behind = tuple(max(0, whole - before - size) for whole, before, size in shown)
    assert ("cropped" in alt or " padded position" in alt) == any((*g["before"], *behind))
    if len(shape) == 3 and g["before"] != behind:
        assert re.search(rf" {g['before'][0]} \D*before and {behind[0]} after;", alt)


def test_what_lies_around_is_told_side_by_side() -> None:
    for padding, told in (
        (0, "4 entries;"),
        (2, "4 entries with 2 padded positions on each side;"),
        (1, "4 entries with 1 padded position on each side;"),
        ((2, 1), "4 entries with 2 padded positions before and 1 after;"),
    ):
        figure = sc.Conv1d(4, 3, padding=padding).figure("window")
        assert figure.alt.startswith(f"The input of {told} below it, the positions that each output reads. ")
    cropped = sc.ConvTranspose1d(3, 3, stride=2, padding=(2, 0)).figure("window")
    assert cropped.alt == (
        "The output of 5 entries with 2 cropped positions before and 0 after; below it, the positions that "
        "each input writes to. x0: w0 at cropping, w1 at cropping, w2 at y0. x1: w0 at y0, w1 at y1, "
        "w2 at y2. x2: w0 at y2, w1 at y3, w2 at y4."
    )
    sides = sc.Conv2d(2, 2, padding=((1, 0), (2, 2))).figure("window").alt
    assert "with padded positions before and after, 1 and 0 along axis 1, 2 and 2 along axis 2;" in sides


@pytest.mark.parametrize("count", range(1, len(COLOURS) + 1))
def test_no_look_comes_again_before_each_colour_has_had_each_shade_and_line_style(count: int) -> None:
    notation, most = sc.Notation(tap_colours=COLOURS[:count]), 12 * count
    for taps in (min(most, 40), min(most + 1, 40)):
        figure = sc.Conv1d(taps, taps, notation=notation).figure("network")
        looks = {(line.colour, line.dash) for line in figure.drawing.marks if isinstance(line, Line)}
        assert len(looks) == min(taps, most)
        again = f"{taps} weights share {most} colours and line styles; their labels tell them apart."
        assert (again if taps > most else "One colour and line style per weight.") in figure.alt
        assert network(figure.drawing).weights == {("y0", f"x{at}"): [f"w{at}"] for at in range(taps)}


def test_the_legend_has_the_weights_that_meet_an_input() -> None:
    figure = sc.Conv1d(1, 399, padding=199).figure("network")
    assert network(figure.drawing).legend == ["w199"]
    assert figure.drawing.width < 10
    nothing = sc.Conv1d(1, 1, stride=3, padding=(1, 0)).figure("network")
    assert nothing.alt == "Network of 1 input and 1 output joined by 0 edges. y0: nothing."
    assert not [mark for mark in nothing.drawing.marks if isinstance(mark, Line)]


def test_maximum_pooling_selects_and_shares_nothing_and_all_its_edges_are_named() -> None:
    figure = sc.MaxPool2d(3, 2, stride=1).figure("network")
    assert "Edges show selections, not shared weights: " in figure.alt
    found = network(figure.drawing)
    assert found.legend == []
    assert {line.colour for lines in found.lines.values() for line in lines} == {FAINT}
    expected = {
        (f"y{a}_{b}", f"x{a + u}_{b + v}"): [f"S{a}_{u}_{b}_{v}"]
        for a, b, u, v in product(range(2), repeat=4)
    }
    assert found.weights == expected
    pool = sc.MaxPool1d(3, 3, padding=1)
    for figure in ("band", "blocks", "input_gradient", "window"):
        assert "Cells show selections, not shared weights: " in pool.figure(figure).alt
        assert "onvolution" not in pool.figure(figure).drawing.title
    assert pool.figure("window").alt.endswith(" y0: S0_0 at padding, S0_1 at x0, S0_2 at x1.")


def test_one_constant_is_told_as_such() -> None:
    figure = sc.AvgPool1d(6, 2).figure("network")
    assert "joined by 6 edges. Every edge has the same weight, 1/2. y0: 1/2 at x0" in figure.alt
    heads = [mark.label.text for mark in figure.drawing.marks if isinstance(mark, Text) and mark.y < 0.5]
    assert heads == ["inputs", "outputs", "every edge"]


def test_words_say_the_diagonals_of_this_layer() -> None:
    assert sc.Conv1d(4, 3, padding="full", flip=True).figure().alt == (
        "Matrix of 6 rows (outputs) and 4 columns (inputs). w0 on the main diagonal, w1 on the diagonal "
        "1 below the main one, w2 on the diagonal 2 below the main one; zero elsewhere."
    )
    assert "This description leaves out 8 more rows." in sc.Conv1d(40, 2, stride=2).figure().alt


@given(layers(most_rank=2))
@settings(max_examples=60)
def test_a_caption_says_only_what_the_layer_has(g: dict[str, Any]) -> None:
    looped = by_torch_layout(g)
    spec = looped.layer.spec
    held = [tap for taps in looped.cells.values() for tap in taps]
    rows, columns = looped.layer.matrix.shape
    for figure in FIGURES:
        told = caption(figure, spec)
        assert told.endswith(".")
        if "same weight" in told or "one weight" in told:
            assert len(set(held)) < len(held)
        if "zero" in told:
            assert len(looped.cells) < rows * columns
