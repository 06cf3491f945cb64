"""A chain as blocks: a box a layer with what it is, and beside it the shape and the receptive field."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from symconv.figures.drawing import Box, Drawing, Label, Line, Mark, Text
from symconv.network.counts import field_told, kind_told, size_told

#: How many boxes stand below one another; how large they are, and how far apart.
_ROWS, _WIDTH, _HEIGHT, _DOWN, _ACROSS = 8, 4.2, 0.9, 1.4, 7.4

#: The size of the letters beside a box.
_SMALL = 0.36


def blocks(chain: Any) -> Drawing:
    """The input and the layers from top to bottom, in columns of so many."""
    rows = [("input", size_told(chain.stages[0].before), "")]
    for stage in chain.stages:
        field, _ = field_told(chain, stage)
        told = f"{stage.number}: {kind_told(stage)}".replace("_", " ")
        rows.append((told, size_told(stage.shape), f"sees {field}" if field else ""))
    marks: list[Mark] = []
    for at, (name, *beside) in enumerate(rows):
        column, row = divmod(at, _ROWS)
        x, y = _ACROSS * column, _DOWN * row
        marks.append(Box(x, y, _WIDTH, _HEIGHT, "entry", label=Label(name, name)))
        for line, words in enumerate(filter(None, beside)):
            label = Label(words.replace("×", r"$\times$"), words)
            marks.append(Text(x + _WIDTH + 0.2, y + 0.25 + 0.45 * line, label, "left", _SMALL))
        if at:
            marks += _joined(x + _WIDTH / 2, y, first=row == 0)
    said = "; ".join(", ".join(filter(None, row)) for row in rows)
    return Drawing.of("network", "What each layer is, gives and sees", marks, f"Network in blocks: {said}.")


def _joined(x: float, y: float, *, first: bool) -> list[Mark]:
    """The line from the box before: straight down, or to the head of the next column."""
    if not first:
        return [Line(x, y - _DOWN + _HEIGHT, x, y)]
    low, left = _DOWN * (_ROWS - 1) + _HEIGHT, x - _WIDTH / 2 - 0.4
    corners = [(x - _ACROSS, at) for at in (low, low + 0.4)]
    corners += [(left, low + 0.4), (left, -0.4), (x, -0.4), (x, y)]
    return [Line(*start, *end) for start, end in pairwise(corners)]
