"""The picture of a network: a node an input and an output, an edge wherever a weight joins them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symconv.figures.drawing import FONT, Disc, Drawing, Label, Line, Mark, Text
from symconv.figures.lettering import Lettering, Tap
from symconv.figures.matrices import cells_of
from symconv.figures.words import counted, rows_in_words, ties_in_words
from symconv.pieces import Subject

_RADIUS, _PITCH = 0.42, 1.15

#: Where along an edge, from input to output, its name may stand; the first is best.
_STOPS = (0.7, 0.3, 0.8, 0.2, 0.6, 0.4, 0.75, 0.25, 0.5)

#: The size of the names on edges, and how far they stay from one another and from other edges: across in
#: parts of a name's width, down in user units.
_NAME, _FROM_NAMES, _FROM_EDGES = 0.36, (1.1, 0.42), (0.6, 0.22)

#: Several weights between the same two nodes lie so far apart.
_PARALLEL = 0.24


def network(subject: Subject) -> Drawing:
    """Inputs on the left, outputs on the right; edges of one weight share a colour and a line style.

    A name stands on each edge where there is room; the legend on the right has them all.
    """
    letters, cells = Lettering.of(subject), cells_of(subject.symbols.incidence)
    sides = letters.inputs, letters.outputs
    tall = max(map(len, sides))
    left, top = 1.1, 1.0
    right = round(left + max(3.5, 0.5 * tall), 3)
    inputs, outputs = (
        [(x, round(top + (at + (tall - len(side)) / 2 + 0.5) * _PITCH, 3)) for at in range(len(side))]
        for x, side in zip((left, right), sides, strict=True)
    )
    edges: list[tuple[Line, Label]] = []
    for (o, j), taps in sorted(cells.items()):
        for at, tap in enumerate(taps):
            shift = (at - (len(taps) - 1) / 2) * _PARALLEL
            line = _joined(inputs[j], outputs[o], shift, letters.taps[tap])
            edges.append((line, letters.taps[tap].label))
    marks: list[Mark] = [line for line, _ in edges]
    marks += _names(edges)
    for side, places in zip(sides, (inputs, outputs), strict=True):
        marks += [
            Disc(x, y, _RADIUS, "entry", "black", name) for name, (x, y) in zip(side, places, strict=True)
        ]
    marks += [Text(x, 0.4, Label(words, words)) for x, words in ((left, "inputs"), (right, "outputs"))]
    bottom = top + tall * _PITCH
    width = right + 1.1
    if letters.tied:
        legend, width, low = _legend(letters.taps, right + 1.3, top, bottom)
        marks += legend
        bottom = max(bottom, low)
    seen = [
        [(letters.inputs[j].text, cells[o, j]) for j in range(len(inputs)) if (o, j) in cells]
        for o in range(len(outputs))
    ]
    alt = (
        f"Network of {counted(len(inputs), 'input')} and {counted(len(outputs), 'output')} joined by "
        f"{counted(len(edges), 'edge')}.{ties_in_words(letters)} "
        f"{rows_in_words(letters, letters.outputs, seen)}"
    )
    return Drawing(
        "network",
        "Which weight meets which input",
        tuple(marks),
        round(width, 3),
        round(bottom + 0.15, 3),
        alt,
    )


def _joined(start: tuple[float, float], end: tuple[float, float], shift: float, tap: Tap) -> Line:
    """An edge between the rims of two nodes."""
    (x1, y1), (x2, y2) = start, end
    across, down = x2 - x1, y2 - y1
    share = _RADIUS / float(np.hypot(across, down))
    start = round(x1 + share * across, 3), round(y1 + share * down + shift, 3)
    end = round(x2 - share * across, 3), round(y2 - share * down + shift, 3)
    return Line(*start, *end, tap.colour, tap.dash)


def _names(edges: Sequence[tuple[Line, Label]]) -> list[Text]:
    """The names of the edges, each at the stop that is farthest from other names and edges.

    An edge without a free stop has no name: its colour and line style are in the legend.
    """
    if not edges:
        return []
    ends = np.array([(line.x1, line.y1, line.x2, line.y2) for line, _ in edges])
    placed: list[Text] = []
    for at, (line, name) in enumerate(edges):
        others = np.delete(ends, at, axis=0)
        taken = np.array([(text.x, text.y, text.x, text.y) for text in placed]).reshape(-1, 4)
        best, room = None, 1.0
        for stop in _STOPS:
            x, y = line.x1 + stop * (line.x2 - line.x1), line.y1 + stop * (line.y2 - line.y1)
            width = _NAME * name.ems
            free = min(
                _to_segments((x, y), taken, (_FROM_NAMES[0] * width, _FROM_NAMES[1])),
                _to_segments((x, y), others, (_FROM_EDGES[0] * width, _FROM_EDGES[1])),
            )
            if free >= room:
                best, room = (x, y), min(free, 2.0) + 1e-9
        if best:
            placed.append(Text(round(best[0], 3), round(best[1], 3), name, size=_NAME, backed=True))
    return placed


def _to_segments(point: tuple[float, float], ends: np.ndarray, unit: tuple[float, float]) -> float:
    """The distance to the nearest segment, to its foot point kept within its ends, across and down in units.

    A segment may be a point; without segments the distance is infinite.
    """
    scaled = ends / np.array([*unit, *unit])
    start, along = scaled[:, :2], scaled[:, 2:] - scaled[:, :2]
    away = np.array(point) / np.array(unit) - start
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip((away * along).sum(axis=1) / length, 0, 1)
    return float(np.hypot(*(away - share[:, None] * along).T).min(initial=np.inf))


def _legend(taps: Sequence[Tap], left: float, top: float, bottom: float) -> tuple[list[Mark], float, float]:
    """A sample of each weight's line with its name, in as many columns as the height asks for."""
    entries = list(dict.fromkeys(taps))
    lines = max(6, int((bottom - top) / 0.75))
    width = 1.5 + FONT * max(tap.label.ems for tap in entries)
    head = Label("shared weights", "shared weights")
    marks: list[Mark] = [Text(left, 0.4, head, "left")]
    for at, tap in enumerate(entries):
        column, line = divmod(at, lines)
        x, y = round(left + column * width, 3), round(top + 0.4 + 0.75 * line, 3)
        marks.append(Line(x, y, x + 0.9, y, tap.colour, tap.dash))
        marks.append(Text(x + 1.05, y, tap.label, "left"))
    columns = (len(entries) - 1) // lines + 1
    right = left + max(columns * width, FONT * head.ems)
    return marks, right, top + 0.4 + 0.75 * min(lines, len(entries))
