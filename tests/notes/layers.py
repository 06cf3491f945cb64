"""Layers that notes are tried on: one of each kind, on values, in symbols, open in their sizes, and large."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import symconv as sc
from symconv.errors import OptionError
from symconv.notes import SECTIONS
from symconv.notes.model import Block, Display, Picture

#: The example of the opening question.
OPENING: dict[str, Any] = {"padding": "full", "flip": True}

SPREAD: Mapping[str, Callable[[str], Any]] = {
    "full": lambda n: sc.Conv1d(4, 3, **OPENING, notation=n).at(x=[1, 2, 3, 4], w=[5, 6, 7]),
    "strided": lambda n: sc.Conv1d(9, 3, stride=2, padding=1, notation=n),
    "dilated": lambda n: sc.Conv1d(7, 3, dilation=2, bias=True, notation=n),
    "plane": lambda n: sc.Conv2d(3, 2, notation=n).at(x=[[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
    "grouped": lambda n: sc.Conv1d(4, 2, in_channels=4, out_channels=4, groups=2, notation=n),
    "transposed": lambda n: sc.ConvTranspose1d(3, 3, stride=2, padding=1, output_padding=1, notation=n),
    "circular": lambda n: sc.Conv1d(4, 3, padding=1, padding_mode="circular", notation=n),
    "average": lambda n: sc.AvgPool1d(4, 2, notation=n),
    "maximum": lambda n: sc.MaxPool1d(4, 2, notation=n).at(x=[3, 1, 2, 2], delta=[5, 7]),
    "open": lambda n: sc.Conv1d("H1", "H2", stride="r", padding="q", notation=n),
}

_OTHERS = [name for name in sc.Notation.preset_names() if name != "symconv"]

#: The opening example in every other notation, and each other layer in one.
IN_NOTATIONS = [
    (name, notation)
    for at, name in enumerate(SPREAD)
    for notation in (_OTHERS if name == "full" else _OTHERS[at % len(_OTHERS) :][:1])
]

#: Larger layers, whose notes begin with a smaller one.
LARGE: Mapping[str, Callable[[str], Any]] = {
    "long": lambda n: sc.Conv1d(1000, 5, padding=2, notation=n),
    "image": lambda n: sc.Conv2d(6, 3, in_channels=3, out_channels=4, bias=True, notation=n),
    "photograph": lambda n: sc.Conv2d(
        224, 11, stride=4, padding=2, in_channels=3, out_channels=64, notation=n
    ),
    "solid": lambda n: sc.Conv3d(8, 3, notation=n),
    "depthwise": lambda n: sc.Conv2d(
        32, 3, in_channels=16, out_channels=16, groups=16, padding=1, notation=n
    ),
    "deconvolved": lambda n: sc.ConvTranspose2d(
        16, 4, stride=2, padding=1, in_channels=8, out_channels=4, notation=n
    ),
    "pooled": lambda n: sc.MaxPool2d("H", 2, notation=n),
    "reflected": lambda n: sc.Conv1d(6, 3, padding=2, padding_mode="reflect", notation=n),
    "batch": lambda n: sc.Conv1d(5, 2, batch=2, notation=n),
    "plain": lambda n: sc.Conv1d("H1", "H2", notation=n),
}

#: Layers of the spread, and large ones.
EVERY: Mapping[str, Callable[[str], Any]] = {**SPREAD, **LARGE}


@cache
def document(name: str, notation: str = "symconv", depth: str = "standard") -> sc.Document:
    """The notes of a layer of the spread, or of a large one."""
    return EVERY[name](notation).notes(depth=depth)


def together(names: Iterable[str]) -> sc.Document:
    """The notes of layers of the spread, one behind the other in one document."""
    found = (b for name in names for b in _apart(name, document(name).blocks))
    return sc.Document("All layers", tuple(found))


def _apart(name: str, blocks: Iterable[Block]) -> Iterator[Block]:
    """A layer's blocks, with labels and names of pictures that no other layer has."""
    for block in blocks:
        if isinstance(block, Display):
            yield replace(block, label=f"{name}-{block.label}")
        else:
            yield replace(block, name=f"{name}-{block.name}") if isinstance(block, Picture) else block


@cache
def everything(notation: str) -> sc.Document:
    """What the notes of all layers of the spread show in a notation, each section by itself; no checks."""
    wanted = [name for name in SECTIONS if name not in ("checks", "proofs")]
    blocks: list[Block] = []
    for name, make in SPREAD.items():
        layer = make(notation)
        for section in wanted:
            try:
                found = layer.notes(sections=[section]).blocks
            except OptionError:  # the section has nothing to say of this layer
                continue
            blocks += _apart(name, found)
    return sc.Document("All layers", tuple(blocks))
