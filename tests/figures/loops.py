"""Which tap meets which place, by loops over a padded list, and how the marks of a drawing are read back."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np

import symconv as sc
from symconv.figures import Box, Drawing, Text
from tests.geometry import Geometry

#: NumPy's names of the padding modes.
_NUMPY_MODES = {"circular": "wrap", "reflect": "reflect", "replicate": "edge"}


def met(g: Geometry) -> list[tuple[int, int, int]]:
    """Output, tap and place on the padded input, by sliding the kernel."""
    found = []
    reach = g.dilation * (g.k - 1)
    lefts = range(0, g.before + g.n + g.after - reach, g.stride)
    for row, left in enumerate(lefts):
        for place in range(g.k):
            tap = g.k - 1 - place if g.flip else place
            found.append((row, tap, left + place * g.dilation))
    return found


def cells(drawing: Drawing) -> dict[tuple[str, str], list[str]]:
    """What stands in each cell of a matrix, found by where its row's and its column's names are."""
    rows = {
        mark.y: mark.label.text for mark in drawing.marks if isinstance(mark, Text) and mark.anchor == "right"
    }
    columns = {
        mark.x: mark.label.text
        for mark in drawing.marks
        if isinstance(mark, Text) and mark.anchor == "center" and mark.label.text[0] in "xd"
    }
    found: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for mark in drawing.marks:
        if isinstance(mark, Box) and mark.look in ("tap", "absent"):
            x, middle = mark.x + mark.width / 2, mark.y + mark.height / 2
            (row,) = [name for y, name in rows.items() if abs(y - middle) < 0.5]
            (column,) = [name for at, name in columns.items() if abs(at - x) < 1e-6]
            assert mark.label is not None
            found.setdefault((row, column), []).append((mark.y, mark.label.text))
    return {place: [text for _, text in sorted(parts)] for place, parts in found.items()}


def name(letter: str, *index: int) -> str:
    return letter + "_".join(map(str, index))


def by_torch_layout(g: dict[str, Any]) -> tuple[sc.Conv, dict[tuple[str, str], list[str]]]:
    """A layer of :func:`tests.geometry.layers` and the taps in each cell, by loops in PyTorch's layout."""
    x, w, delta, groups = g["x"], g["w"], g["delta"], g["groups"]
    options = {option: g[option] for option in ("stride", "dilation", "groups", "flip")}
    options["padding"] = tuple(zip(g["before"], g["after"], strict=True))
    options |= {"batch": x[0], "in_channels": x[1], "out_channels": delta[1]}
    if g["transposed"]:
        options["output_padding"] = g["output_padding"]
        layer: sc.Conv = sc.ConvTranspose(x[2:], w[2:], **options)
    else:
        layer = sc.Conv(x[2:], w[2:], padding_mode=g["padding_mode"], **options)
    big, small = (delta, x) if g["transposed"] else (x, delta)
    entry = np.arange(prod(big[2:])).reshape(big[2:])
    widths = list(zip(g["before"], g["after"], strict=True))
    if g["padding_mode"] == "zeros":
        padded = np.pad(entry, widths, constant_values=-1)
    else:
        padded = np.pad(entry, widths, mode=_NUMPY_MODES[g["padding_mode"]])
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    per_group = {"x": x[1] // groups, "y": delta[1] // groups}
    for n, group, a, b in product(*map(range, (x[0], groups, per_group["x"], per_group["y"]))):
        c, o = group * per_group["x"] + a, group * per_group["y"] + b
        head = (c, b) if g["transposed"] else (o, a)
        for place in product(*map(range, small[2:])):
            for k in product(*map(range, w[2:])):
                turned = [s - 1 - t if g["flip"] else t for s, t in zip(w[2:], k, strict=True)]
                at = tuple(p * g["stride"][r] + turned[r] * g["dilation"][r] for r, p in enumerate(place))
                seen = int(padded[at])
                if seen < 0:
                    continue
                far = tuple(map(int, np.unravel_index(seen, big[2:])))
                read, written = (place, far) if g["transposed"] else (far, place)
                tap = (*head, *k)
                cell = name("y", n, o, *written), name("x", n, c, *read)
                found.setdefault(cell, []).append((int(np.ravel_multi_index(tap, w)), name("w", *tap)))
    return layer, {cell: [text for _, text in sorted(taps)] for cell, taps in found.items()}
