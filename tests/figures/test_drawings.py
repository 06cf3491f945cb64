"""What stands where in each figure, against loops that share no code with it."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import symconv as sc
from symconv.errors import FigureError, OptionError, SymbolicSizeError
from symconv.figures import FIGURES, Box, Drawing, Text
from symconv.printing.colours import PALETTE
from tests.figures.loops import by_torch_layout, cells, met
from tests.geometry import Geometry, layers


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    """A layer on one axis that is small enough for every figure."""
    sizes = {name: draw(st.integers(1, 4)) for name in ("k", "stride", "dilation")}
    around = {name: draw(st.integers(0, 4)) for name in ("before", "after")}
    g = Geometry(n=draw(st.integers(1, 8)), **sizes, **around, flip=draw(st.booleans()))
    assume(g.possible)
    return g


def layer_of(g: Geometry, **more: Any) -> sc.Conv1d:
    padding = (g.before, g.after)
    steps = {"stride": g.stride, "dilation": g.dilation}
    return sc.Conv1d(g.n, g.k, padding=padding, flip=g.flip, **steps, **more)


def inside(g: Geometry) -> dict[tuple[str, str], list[str]]:
    """The tap of each output and input."""
    found = {}
    for row, tap, place in met(g):
        if 0 <= place - g.before < g.n:
            found[f"y{row}", f"x{place - g.before}"] = [f"w{tap}"]
    return found


def labelled(drawing: Drawing) -> list[Box]:
    return [mark for mark in drawing.marks if isinstance(mark, Box) and mark.label]


def without_zeros(drawing: Drawing) -> dict[tuple[str, str], list[str]]:
    return {place: parts for place, parts in cells(drawing).items() if parts != ["0"]}


@given(geometries())
def test_a_band_has_each_tap_where_the_kernel_slides_over_an_input(g: Geometry) -> None:
    layer = layer_of(g)
    drawing = layer.figure("band").drawing
    assert without_zeros(drawing) == inside(g)
    assert len(cells(drawing)) == int(layer.output_size) * g.n


@pytest.mark.exhaustive
@given(layers(most_rank=2))
@settings(max_examples=60)
def test_matrices_of_any_layer_hold_the_taps_of_loops_in_the_layout_of_pytorch(g: dict[str, Any]) -> None:
    looped = by_torch_layout(g)
    try:
        band, blocks, back = (looped.layer.figure(name) for name in ("band", "blocks", "input_gradient"))
    except FigureError:
        assume(False)
    assert without_zeros(band.drawing) == without_zeros(blocks.drawing) == looped.cells
    turned = {(f"dL/d{x}", y.replace("y", "delta")): taps for (y, x), taps in looped.cells.items()}
    assert without_zeros(back.drawing) == turned


@given(geometries())
def test_the_gradient_of_the_inputs_is_the_band_transposed(g: Geometry) -> None:
    expected = {(f"dL/d{x}", y.replace("y", "delta")): taps for (y, x), taps in inside(g).items()}
    assert without_zeros(layer_of(g).figure("input_gradient").drawing) == expected


@pytest.mark.exhaustive
@given(geometries())
def test_a_tap_has_one_colour_wherever_it_stands_and_the_palette_is_taken_in_turn(g: Geometry) -> None:
    for name in FIGURES:
        for mark in layer_of(g).figure(name).drawing.marks:
            if isinstance(mark, Box) and "tap" in mark.look:
                assert mark.label is not None
                assert mark.colour == PALETTE[int(mark.label.text[1:]) % len(PALETTE)]


@given(geometries())
def test_each_row_of_windows_has_its_taps_in_the_order_in_which_they_meet(g: Geometry) -> None:
    drawing = layer_of(g).figure("window").drawing
    rows = {
        mark.label.text: mark.y
        for mark in drawing.marks
        if isinstance(mark, Text) and mark.label.text.startswith("y")
    }
    boxes = [mark for mark in drawing.marks if isinstance(mark, Box)]
    left = min(box.x for box in boxes)
    found = {
        (row, round(box.x - left)): (box.label.text, box.look)
        for row, y in rows.items()
        for box in boxes
        if abs(box.y + 0.5 - y) < 1e-6 and box.label
    }
    expected = {}
    for row, tap, place in met(g):
        look = "tap" if g.before <= place < g.before + g.n else "padded tap"
        expected[f"y{row}", place] = (f"w{tap}", look)
    assert found == expected
    padded = [box for box in boxes if box.look in ("padding", "padded tap")]
    assert len(padded) == (len(rows) + 1) * (g.before + g.after)


def test_padding_that_repeats_the_input_is_named_by_what_stands_there() -> None:
    drawing = sc.Conv1d(4, 3, padding=2, padding_mode="reflect").figure("window").drawing
    top = min(mark.y for mark in drawing.marks if isinstance(mark, Box))
    strip = sorted((box.x, box.label.text) for box in labelled(drawing) if box.y == top and box.label)
    assert [text for _, text in strip] == ["x2", "x1", "x0", "x1", "x2", "x3", "x2", "x1"]


@given(st.tuples(geometries(), geometries()))
@settings(max_examples=40)
def test_panels_of_an_image_show_each_window_at_its_place(both: tuple[Geometry, Geometry]) -> None:
    up, across = both
    assume(up.n + up.before + up.after > 1)
    options: dict[str, Any] = {name: tuple(getattr(g, name) for g in both) for name in ("stride", "dilation")}
    options["padding"] = tuple((g.before, g.after) for g in both)
    across = Geometry(**{**vars(across), "flip": up.flip})
    try:
        layer = sc.Conv2d((up.n, across.n), (up.k, across.k), flip=up.flip, **options)
        drawing = layer.figure("window").drawing
    except FigureError:
        assume(False)
    width = across.n + across.before + across.after
    expected: dict[str, dict[tuple[int, int], str]] = {}
    for (a, k, r), (b, m, c) in product(met(up), met(across)):
        expected.setdefault(f"y{a}_{b}", {})[r, c] = f"w{k}_{m}"
    found = {}
    for name in (mark for mark in drawing.marks if isinstance(mark, Text) and mark.label.text in expected):
        left = name.x - width / 2
        panel = [box for box in labelled(drawing) if "tap" in box.look and left - 0.1 < box.x < left + width]
        top = min(m.y for m in drawing.marks if isinstance(m, Box) and m.y > name.y)
        rows = range(up.n + up.before + up.after)
        found[name.label.text] = {
            (round(box.y - top), round(box.x - left)): box.label.text
            for box in panel
            if box.label and round(box.y - top) in rows
        }
    assert found == expected


def test_a_frame_with_its_name_above_it_holds_the_taps_of_its_block() -> None:
    drawing = sc.Conv2d(3, 2).figure("blocks").drawing
    frames = [mark for mark in drawing.marks if isinstance(mark, Box) and mark.look == "block"]
    found = []
    for frame in frames:
        (name,) = [
            mark.label.text
            for mark in drawing.marks
            if isinstance(mark, Text)
            and abs(mark.x - frame.x - frame.width / 2) < 1e-6
            and 0 < frame.y - mark.y < 0.5
        ]
        held = {
            box.label.text[1]
            for box in labelled(drawing)
            if box.look == "tap"
            and box.label
            and frame.x <= box.x + 0.5 <= frame.x + frame.width
            and frame.y <= box.y + 0.5 <= frame.y + frame.height
        }
        found.append((name, held))
    zero: set[str] = set()
    assert found == [("T0", {"0"}), ("T1", {"1"}), ("0", zero), ("0", zero), ("T0", {"0"}), ("T1", {"1"})]


def test_blocks_are_named_as_in_the_equation_and_of_one_axis_there_is_one() -> None:
    alt = sc.Conv2d(3, 2).figure("blocks").alt
    assert "Each framed block has 2 rows and 3 columns" in alt
    assert alt.endswith("Row by row, the blocks are T0, T1, 0; 0, T0, T1.")
    one = sc.Conv1d(4, 3).figure("blocks").drawing
    assert len([m for m in one.marks if isinstance(m, Box) and m.look == "block"]) == 1
    assert cells(one) == cells(sc.Conv1d(4, 3).figure("band").drawing)


def test_average_pooling_is_drawn_with_one_number_in_one_colour() -> None:
    average = sc.AvgPool1d(6, 2).figure("band").drawing
    taps = {(box.label.text, box.colour) for box in labelled(average) if box.look == "tap" and box.label}
    assert taps == {("1/2", PALETTE[0])}


def test_notation_gives_letters_base_and_colours() -> None:
    notation = sc.Notation(kernel="h", base=1, tap_colours=("red", "teal"), upstream_style="partial")
    figure = sc.Conv1d(3, 2, notation=notation).figure("input_gradient")
    boxes = [box for box in labelled(figure.drawing) if box.look == "tap"]
    looks = {box.label.text: box.colour for box in boxes if box.label}
    assert looks == {"h1": "red", "h2": "teal"}
    assert "$\\partial L/\\partial y_{1}$" in figure.tikz()
    assert "\\color" not in figure.tikz()


def test_values_of_the_kernel_stand_in_the_cells() -> None:
    layer = sc.Conv1d(3, 2)
    assert "5 on the main diagonal, -1/2 on" in layer.at(w=[5, sc.parse("-1/2")]).figure().alt
    assert "w0 on the main diagonal" in layer.at(w=[5, sc.parse("a")]).figure().alt


@pytest.mark.parametrize("name", FIGURES)
def test_no_name_stands_on_a_cell_that_is_not_its_own(name: str) -> None:
    for layer in (
        sc.Conv2d(3, 2),
        sc.Conv2d(3, 2, padding=1),
        sc.Conv1d(4, 2, in_channels=2, out_channels=2),
    ):
        marks = layer.figure(name).drawing.marks
        boxes = [mark for mark in marks if isinstance(mark, Box) and mark.look != "block"]
        for text in (mark for mark in marks if isinstance(mark, Text)):
            half = text.size / 2
            assert not any(
                box.x < text.x < box.x + box.width and box.y - half < text.y < box.y + box.height + half
                for box in boxes
            ), text


def test_what_cannot_be_drawn_says_what_to_do() -> None:
    with pytest.raises(OptionError, match="there is no figure 'bands': did you mean 'band'"):
        sc.Conv1d(4, 3).figure("bands")
    with pytest.raises(SymbolicSizeError, match="input_size is the symbol N"):
        sc.Conv1d("N", 3).figure()
    with pytest.raises(FigureError, match=r"99 outputs and 100 inputs.*40 of each.*input_size"):
        sc.Conv1d(100, 2).figure("network")
    with pytest.raises(FigureError, match=r"\d+ connections between inputs and outputs.*400"):
        sc.Conv1d(40, 20, padding=9).figure("band")
    with pytest.raises(
        FigureError,
        match="144 connections between inputs and outputs, but a readable figure holds at most 100",
    ):
        sc.Conv2d(6, 3).figure("network")
    with pytest.raises(FigureError, match="2001 weights"):
        sc.Conv1d(1, 2001, padding=1000).figure("window")
    with pytest.raises(FigureError, match=r"cells in its windows.*padding"):
        sc.Conv1d(40, 2, padding=100, stride=8).figure("window")
    assert sc.Conv1d(4, 3).figure_names == [
        "band",
        "window",
        "position",
        "network",
        "blocks",
        "input_gradient",
    ]


@given(geometries())
def test_formulas_have_the_colours_of_the_figure(g: Geometry) -> None:
    layer = layer_of(g, notation=sc.Notation(max_rows=None))
    latex = layer.coloured().latex("matrix")
    told = set(re.findall(r"\{\\color\{(\w+)\}\{w_\{([\d,]+)\}\}\}", latex))
    boxes = labelled(layer.figure("band").drawing)
    seen = {(box.colour.split("!")[0], box.label.latex) for box in boxes if box.look == "tap" and box.label}
    assert {(colour, f"$w_{{{index}}}$") for colour, index in told} == seen
