"""The pictures in notes on a chain: its neurons on the example's numbers, and its layers as blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from symconv.errors import FigureError
from symconv.figures import Figure
from symconv.figures.scene import enlarged
from symconv.network import paths
from symconv.network.blocks import blocks
from symconv.network.figure import figure
from symconv.network.writing import say
from symconv.notes.figured import clear, legible, unit
from symconv.notes.model import Block, Display, Picture, Words
from symconv.printing.pages import PAGE

#: A page is so many centimetres wide, and a character of an equation about so many.
PAGE_WIDTH, CHARACTER = 15.0, 0.19

_BLOCKS = (
    "The network. Beside each layer stand the shape of its output, and how many inputs along each axis one "
    "output sees."
)

_SIZED: Words = (
    "The same network for all sizes. Below each layer stand the shape of its output, and how many inputs one "
    "output sees.",
)


def in_letters(told: Any) -> list[Block]:
    """The network in blocks with letters for its sizes."""
    made = Figure(blocks(told.chain))
    if not legible(made.drawing):
        return []
    return [Picture(_SIZED, made, "net.figure()" if told.code else "", "network-sizes", spare=1, detail=True)]


def placed(numbers: list[Block], network: list[Block]) -> tuple[list[Block], list[Block]]:
    """Both sections, the picture beside the last equations of the first where there is room."""
    shown = [block for block in network if isinstance(block, Picture)][:1]
    equations = [(n, block) for n, block in enumerate(numbers) if isinstance(block, Display)]
    if not shown or not equations:
        return numbers, network
    (at, last), drawing = equations[-1], shown[0].figure.drawing
    rows = [row for row in last.item.display(PAGE).rows if row is not None]
    across = max(PAGE.span(row.left) + sum(PAGE.span(part) + 3 for part in row.parts) for row in rows)
    if unit(drawing) * drawing.width + CHARACTER * across > PAGE_WIDTH:
        return numbers, network
    beside = [*numbers[: at + 1], replace(shown[0], beside=1.1), *numbers[at + 1 :]]
    return beside, [block for block in network if block is not shown[0]]


def picture(told: Any, make: Callable[..., Any] = figure) -> list[Block]:
    """The network with the path of one neuron's gradient, or in blocks, if it can be drawn."""
    if told.example is None:
        made = Figure(blocks(told.chain))
        caption = _BLOCKS if told.chain.values.numeric else _BLOCKS.replace("Beside", "Below")
        return [Picture((caption,), made, "", "network")] if legible(made.drawing) else []
    layer, at = paths.place(told.pen)
    unit = (layer, *told.pen.index(told.pen.shape("output", layer), at))
    try:
        drawn = make(told.sized, neuron=unit)
    except FigureError:
        return []
    if not (legible(drawn.drawing) if make is figure else clear(enlarged(drawn.drawing))):
        return []
    name = told.pen.expr(told.example.symbols("output", layer)[at])
    words = say("The network. Filled nodes: the path of the gradient back to {unit}.", unit=name)
    call = f"net.figure(neuron={unit})" if told.code and not told.example.letters else ""
    return [Picture(words, drawn, call, "network", brief=2)]
