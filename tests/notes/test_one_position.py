"""The picture of one position, where that of every position is too large; and what examples are."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import numpy as np
import pdfplumber
import pytest

import symconv as sc
from symconv.figures.drawing import Box, Text
from symconv.layers.example import example
from symconv.notes import rendered
from symconv.notes.figured import legible
from symconv.notes.model import Picture, plain
from tests.notes.layers import LARGE

#: Layers whose windows at every position take more than a page.
WITHOUT_ROOM = ["image", "photograph", "depthwise", "deconvolved"]


def pictured(layer: sc.layers.Layer) -> Picture:
    (found,) = (
        block
        for block in layer.notes(sections=["numbers"]).blocks
        if isinstance(block, Picture) and block.name == "position"
    )
    return found


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["image", "deconvolved"])
def test_the_frame_is_painted_after_all_other_cells(name: str, tmp_path: Path) -> None:
    figure = pictured(LARGE[name]("symconv")).figure
    boxes = [mark for mark in figure.drawing.marks if isinstance(mark, Box)]
    assert [box.look for box in boxes].index("block") == len(boxes) - 1
    drawn = [line for line in figure.tikz().splitlines() if line.strip().startswith("\\draw")]
    assert ["[block=" in line for line in drawn] == [box.look == "block" for box in boxes]
    *others, last = re.findall(r'<path[^>]* stroke-width="([\d.]+)', figure.svg())
    assert float(last) > max(map(float, others))
    figure.save(tmp_path / "f.pdf")
    with pdfplumber.open(tmp_path / "f.pdf") as found:
        widths = [rect["linewidth"] for rect in found.pages[0].rects if rect["stroke"]]
    assert len(widths) == len(boxes)
    assert widths.index(max(widths)) == len(boxes) - 1


@pytest.mark.parametrize("name", WITHOUT_ROOM)
def test_layers_of_two_axes_and_channels_have_a_picture_that_can_be_read(name: str) -> None:
    found = pictured(LARGE[name]("symconv"))
    assert legible(found.figure.drawing)
    assert "<svg" in found.figure.svg()
    assert "tikzpicture" in found.figure.tikz()
    assert "framed" in plain(found.caption)


def test_the_products_that_are_seen_add_up_to_the_framed_output() -> None:
    layer = LARGE["image"]("symconv")
    found, small = pictured(layer), example(layer)
    drawing = found.figure.drawing
    coloured = [mark for mark in drawing.marks if isinstance(mark, Box) and mark.look == "tap"]
    values = [int(mark.label.text) for mark in coloured if mark.label]
    # The slices of the kernel stand before the entries of the input, plane by plane.
    lefts = sorted({round(mark.x, 3) for mark in coloured})
    columns = {
        left: [v for m, v in zip(coloured, values, strict=True) if round(m.x, 3) == left] for left in lefts
    }
    width = len(small.w[0][0][0])
    weights = [columns[left] for at, left in enumerate(lefts) if at // width % 2 == 0]
    inputs = [columns[left] for at, left in enumerate(lefts) if at // width % 2 == 1]
    bias = small.b[0] if hasattr(small, "b") and small.spec.bias else 0
    total = int(np.sum(np.array(weights) * np.array(inputs)) + int(bias))
    assert plain(found.caption).endswith(f"framed output is y0_0_0 = {total - int(bias)} + {bias} = {total}.")


def test_the_framed_cell_is_the_output_of_the_window() -> None:
    for layer in (sc.Conv2d(4, 2, in_channels=2, out_channels=3), sc.Conv1d(5, 3, padding=1)):
        drawing = layer.figure("position").drawing
        (frame,) = (mark for mark in drawing.marks if isinstance(mark, Box) and mark.look == "block")
        (label,) = (
            mark.label
            for mark in drawing.marks
            if isinstance(mark, Box) and mark.look == "entry" and (mark.x, mark.y) == (frame.x, frame.y)
        )
        assert label is not None
        assert f". {label.text}: " in layer.figure("position").alt


def test_the_letter_of_a_slice_stands_above_it() -> None:
    drawing = sc.Conv2d(3, 2, in_channels=2, out_channels=2).figure("position").drawing
    names = [mark.label.text for mark in drawing.marks if isinstance(mark, Text)]
    assert names == ["w0_0", "x0", "w0_1", "x1", "y0"]


def test_a_padding_that_is_read_has_its_entries_and_one_of_zeros_zeros() -> None:
    def padding(mode: str) -> set[str]:
        layer = sc.Conv2d(3, 2, padding=1, padding_mode=mode)
        marks = layer.figure("position").drawing.marks
        return {m.label.text for m in marks if isinstance(m, Box) and "padd" in m.look and m.label}

    assert padding("zeros") == {"0"}
    assert padding("circular") == {f"x{i}_{j}" for i, j in product(range(3), repeat=2)} - {"x1_1"}


@pytest.mark.parametrize(
    "layer",
    [
        sc.Conv1d(5, 3, in_channels=4, out_channels=4, groups=2),
        sc.Conv2d((2, 40), (1, 3)),
        sc.Conv1d(2, 3, padding=2, in_channels=9, out_channels=9),
        sc.Conv3d(8, 3),
    ],
    ids=["groups", "flat", "short", "solid"],
)
def test_an_example_is_no_longer_than_the_layer_and_its_planes_differ(layer: sc.layers.Layer) -> None:
    small = example(layer)
    for own, there in zip(small.spec.tied_axes, layer.spec.tied_axes, strict=True):
        assert own.geometry["input_size"] <= there.geometry["input_size"]
    planes = np.array(small.x.tolist(), dtype=object)
    rows = planes.reshape(planes.shape[0], -1).tolist() if planes.ndim > 1 else []
    assert len({tuple(row) for row in rows}) >= min(len(rows), 3)


def test_a_matrix_in_numbers_has_the_colours_of_its_weights_also_where_it_is_whole() -> None:
    made = rendered(sc.Conv2d(4, 2).notes(sections=["matrix"]), "n.tex")["n.tex"].decode()
    matrix = re.search(r"T &= \\left\[\\begin\{array\}.*?\\end\{array\}", made, re.DOTALL)
    assert matrix is not None
    assert matrix[0].count("{\\color{teal}{1}}") == 9
