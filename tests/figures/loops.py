"""Which tap meets which place, by loops over a padded list, and how the marks of a drawing are read back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from math import hypot, prod
from typing import Any

import numpy as np

import symconv as sc
from symconv.figures import Box, Disc, Drawing, Line, Text
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


@dataclass(frozen=True)
class Looped:
    """A layer of :func:`tests.geometry.layers` by loops in PyTorch's layout.

    Attributes
    ----------
    cells : dict
        The taps that meet in each pair of an output and an input.
    windows : dict
        What each output reads, or each input of a transposed layer writes to: taps and places in words.
    """

    layer: sc.Conv
    cells: dict[tuple[str, str], list[str]]
    windows: dict[str, set[str]]


def by_torch_layout(g: dict[str, Any]) -> Looped:
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
    real = np.pad(np.ones(big[2:], dtype=bool), widths)
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    windows: dict[str, set[str]] = {}
    per_group = {"x": x[1] // groups, "y": delta[1] // groups}
    for n, group, a, b in product(*map(range, (x[0], groups, per_group["x"], per_group["y"]))):
        c, o = group * per_group["x"] + a, group * per_group["y"] + b
        head = (c, b) if g["transposed"] else (o, a)
        for place in product(*map(range, small[2:])):
            for k in product(*map(range, w[2:])):
                turned = [s - 1 - t if g["flip"] else t for s, t in zip(w[2:], k, strict=True)]
                at = tuple(p * g["stride"][r] + turned[r] * g["dilation"][r] for r, p in enumerate(place))
                seen = int(padded[at])
                far = tuple(map(int, np.unravel_index(max(seen, 0), big[2:])))
                read, written = (place, far) if g["transposed"] else (far, place)
                tap = (*head, *k)
                cell = name("y", n, o, *written), name("x", n, c, *read)
                near, there = cell[::-1] if g["transposed"] else cell
                if not real[at]:
                    there = "cropping" if g["transposed"] else f"padding {'0' if seen < 0 else there}"
                windows.setdefault(near, set()).add(f"{name('w', *tap)} at {there}")
                if seen >= 0:
                    found.setdefault(cell, []).append((int(np.ravel_multi_index(tap, w)), name("w", *tap)))
    cells = {cell: [text for _, text in sorted(taps)] for cell, taps in found.items()}
    return Looped(layer, cells, windows)


@dataclass(frozen=True)
class Network:
    """A network read back: the weight of each edge by its name, its look, or as the legend lists it.

    Attributes
    ----------
    weights : dict
        The names on the edges between an output and an input.
    lines : dict
        The lines themselves.
    legend : list of str
        The weights that the legend has a sample of.
    """

    weights: dict[tuple[str, str], list[str]]
    lines: dict[tuple[str, str], list[Line]]
    legend: list[str]


def network(drawing: Drawing) -> Network:
    """Read a network; fails where an edge could be that of two weights, or of none."""
    discs = [mark for mark in drawing.marks if isinstance(mark, Disc) and mark.label]
    texts = [mark for mark in drawing.marks if isinstance(mark, Text)]
    beyond = max(disc.x + disc.radius for disc in discs)
    samples: dict[tuple[str, str], list[str]] = {}
    edges = []
    for line in (mark for mark in drawing.marks if isinstance(mark, Line)):
        if line.x1 > beyond:
            (told,) = [t for t in texts if t.y == line.y1 and 0 < t.x - line.x2 < 0.3]
            assert (line.colour, line.dash) not in samples
            samples[line.colour, line.dash] = told.label.text.split(", ")
        else:
            edges.append(line)
    listed: dict[tuple[str, str], list[str]] = {}
    for text in (text.label.text for text in texts if " to " in text.label.text):
        weight, start, end = re.split(": | to ", text)
        listed.setdefault((end, start), []).append(weight)
    weights: dict[tuple[str, str], list[str]] = {}
    lines: dict[tuple[str, str], list[Line]] = {}
    for line in edges:
        start, end = (
            min(discs, key=lambda disc: hypot(disc.x - x, disc.y - y))
            for x, y in ((line.x1, line.y1), (line.x2, line.y2))
        )
        assert start.label is not None
        assert end.label is not None
        between = end.label.text, start.label.text
        look = samples.get((line.colour, line.dash), [])
        names = [text.label.text for text in texts if text.backed and _lies_on(line, text)]
        if names:
            (weight,) = names
            assert weight in look or not samples
        elif len(look) == 1:
            (weight,) = look
        else:
            (weight,) = [told for told in listed[between] if told in look or not samples]
        weights.setdefault(between, []).append(weight)
        lines.setdefault(between, []).append(line)
    return Network(weights, lines, [name for names in samples.values() for name in names])


def _lies_on(line: Line, text: Text) -> bool:
    """Whether a text is in the middle of a line."""
    across, down = line.x2 - line.x1, line.y2 - line.y1
    away = abs(across * (text.y - line.y1) - down * (text.x - line.x1)) / hypot(across, down)
    return away < 0.002 and line.x1 < text.x < line.x2


def told_rows(alt: str) -> dict[str, set[str]]:
    """What an alt text tells row by row: each tap with its place; the first rows, where there are many."""
    rows = re.findall(r"(?<=[.] )(\w+): ([^.:]*)[.]", alt)
    return {
        row: {
            f"{tap} at {place}"
            for taps, place in (part.split(" at ") for part in told.split(", ") if part != "nothing")
            for tap in taps.split(" + ")
        }
        for row, told in rows
    }


def told_diagonals(alt: str, rows: list[str], columns: list[str]) -> dict[str, set[str]]:
    """The same from the diagonals of a matrix."""
    found: dict[str, set[str]] = {row: set() for row in rows}
    for tap, far, side in re.findall(
        r"(\w+) on the (?:main diagonal|diagonal (\d+) (above|below) the main one)", alt
    ):
        offset = int(far or 0) * (-1 if side == "below" else 1)
        for r, row in enumerate(rows):
            if 0 <= r + offset < len(columns):
                found[row].add(f"{tap} at {columns[r + offset]}")
    return found
