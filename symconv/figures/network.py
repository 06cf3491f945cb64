"""The picture of a network: a node an input and an output, an edge wherever a weight joins them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from symconv.explicit.layout import Subject
from symconv.figures.drawing import FONT, Disc, Drawing, Label, Line, Mark, Text, joined
from symconv.figures.lettering import Lettering, Tap, weights_by_look
from symconv.figures.matrices import cells_of
from symconv.figures.words import rows_in_words, seen_by_row, ties_in_words
from symconv.printing.english import counted

_RADIUS, _PITCH = 0.42, 1.15

#: Where along an edge, from input to output, its name may stand; the first is best.
_STOPS = (0.7, 0.3, 0.8, 0.2, 0.6, 0.4, 0.75, 0.25, 0.5)

#: The size of the names on edges, and how far they stay from one another and from other edges: across in
#: parts of a name's width, down in user units.
_NAME, _FROM_NAMES, _FROM_EDGES = FONT, (1.1, 1.2 * FONT), (0.6, 0.22)

#: Several weights between the same two nodes lie so far apart, and all of them within so much of a node.
_PARALLEL, _WITHIN = 0.24, 0.6

#: The lines of the legend, and what its edges are told with: a weight, where it comes from, where it goes.
_LINE, _FROM, _TO = 0.75, Label(": ", ": "), Label(" to ", " to ")


@dataclass(frozen=True)
class _Edge:
    """A weight on its way from an input to an output."""

    line: Line
    weight: int
    tap: Tap
    ends: tuple[Label, Label]


def network(subject: Subject) -> Drawing:
    """Inputs on the left, outputs on the right; edges of one weight share a colour and a line style.

    The legend on the right has the weights by their looks. Where one look is that of several weights, a name
    stands on each of their edges that has room for it; the others are listed in the legend.
    """
    letters, cells = Lettering.of(subject), cells_of(subject.symbols.incidence)
    sides = letters.inputs, letters.outputs
    tall = max(map(len, sides))
    top, right = 1.0, max(3.5, 0.5 * tall)
    inputs, outputs = (
        [(x, round(top + (at + (tall - len(side)) / 2 + 0.5) * _PITCH, 3)) for at in range(len(side))]
        for x, side in zip((0.0, right), sides, strict=True)
    )
    edges: list[_Edge] = []
    for (o, j), taps in sorted(cells.items()):
        step = min(_PARALLEL, _WITHIN / len(taps))
        for at, tap in enumerate(taps):
            shift = (at - (len(taps) - 1) / 2) * step
            line = _joined(inputs[j], outputs[o], shift, letters.taps[tap])
            edges.append(_Edge(line, tap, letters.taps[tap], (letters.inputs[j], letters.outputs[o])))
    marks: list[Mark] = [edge.line for edge in edges]
    looks = _looks(edges)
    names = _names(edges, {look for look, taps in looks.items() if letters.tied and len(taps) == 1})
    marks += filter(None, names)
    nodes = zip((*letters.inputs, *letters.outputs), inputs + outputs, strict=True)
    marks += [Disc(*place, _RADIUS, "entry", "black", name) for name, place in nodes]
    marks += [Text(x, 0.4, Label(words, words)) for x, words in ((0.0, "inputs"), (right, "outputs"))]
    marks += _legend(letters, edges, names, right + 1.3, top, tall * _PITCH)
    alt = (
        f"Network of {counted(len(inputs), 'input')} and {counted(len(outputs), 'output')} joined by "
        f"{counted(len(edges), 'edge')}.{ties_in_words(letters, [edge.tap for edge in edges])} "
        f"{rows_in_words(letters, letters.outputs, seen_by_row(letters.outputs, letters.inputs, cells))}"
    )
    title = "Which weight connects which input to which output"
    title = title if letters.tied else "Which inputs each output selects from"
    return Drawing.of("network", title, marks, alt)


def _joined(start: tuple[float, float], end: tuple[float, float], shift: float, tap: Tap) -> Line:
    """An edge between the rims of two nodes."""
    (x1, y1), (x2, y2) = start, end
    across, down = x2 - x1, y2 - y1
    share = _RADIUS / float(np.hypot(across, down))
    start = round(x1 + share * across, 3), round(y1 + share * down + shift, 3)
    end = round(x2 - share * across, 3), round(y2 - share * down + shift, 3)
    return Line(*start, *end, tap.colour, tap.dash)


def _looks(edges: Sequence[_Edge]) -> dict[tuple[str, str], list[Tap]]:
    """The weights of each colour and line style."""
    taps = {edge.weight: edge.tap for edge in edges}
    return weights_by_look([taps[at] for at in sorted(taps)])


def _names(edges: Sequence[_Edge], told: Collection[tuple[str, str]]) -> list[Text | None]:
    """The name of each edge, at the stop that is farthest from other names and edges, if one is free.

    Edges with a look that is ``told`` need none.
    """
    ends = np.array([(e.line.x1, e.line.y1, e.line.x2, e.line.y2) for e in edges])
    placed: list[Text | None] = []
    for at, edge in enumerate(edges):
        line, name = edge.line, edge.tap.label
        if (line.colour, line.dash) in told:
            placed.append(None)
            continue
        others = np.delete(ends, at, axis=0)
        taken = np.array([(text.x, text.y) for text in placed if text]).reshape(-1, 2)
        best, room = None, 1.0
        for stop in _STOPS:
            x, y = line.x1 + stop * (line.x2 - line.x1), line.y1 + stop * (line.y2 - line.y1)
            width = _NAME * name.ems
            free = min(
                _to_names((x, y), taken, (_FROM_NAMES[0] * width, _FROM_NAMES[1])),
                _to_segments((x, y), others, (_FROM_EDGES[0] * width, _FROM_EDGES[1])),
            )
            if free >= room:
                best = Text(round(x, 3), round(y, 3), name, size=_NAME, backed=True)
                room = min(free, 2.0) + 1e-9
        placed.append(best)
    return placed


def _to_names(point: tuple[float, float], places: np.ndarray, unit: tuple[float, float]) -> float:
    """How many units the nearest name is away, across or down, whichever is more; infinite without names."""
    return float((np.abs(places - np.array(point)) / np.array(unit)).max(axis=1).min(initial=np.inf))


def _to_segments(point: tuple[float, float], ends: np.ndarray, unit: tuple[float, float]) -> float:
    """The distance to the nearest segment, to its foot point kept within its ends, across and down in units.

    Without segments the distance is infinite.
    """
    scaled = ends / np.array([*unit, *unit])
    start, along = scaled[:, :2], scaled[:, 2:] - scaled[:, :2]
    away = np.array(point) / np.array(unit) - start
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip((away * along).sum(axis=1) / length, 0, 1)
    return float(np.hypot(*(away - share[:, None] * along).T).min(initial=np.inf))


def _legend(
    letters: Lettering, edges: Sequence[_Edge], names: Sequence[Text | None], left: float, top: float,
    height: float,
) -> list[Mark]:  # fmt: skip
    """Samples of the looks with their weights, and the edges that would stay unknown, in columns."""
    looks = _looks(edges)
    entries: list[tuple[Tap | None, Label]] = []
    if letters.tied:
        entries += [(taps[0], joined(", ", [tap.label for tap in taps])) for taps in looks.values()]
    for edge, named in zip(edges, names, strict=True):
        if named is None and len(looks[edge.tap.colour, edge.tap.dash]) > 1:
            entries.append((None, joined("", [edge.tap.label, _FROM, edge.ends[0], _TO, edge.ends[1]])))
    if not entries:
        return []
    words = "every edge" if letters.constant else "weights" if letters.tied else "further edges"
    marks: list[Mark] = [Text(left, 0.4, Label(words, words), "left")]
    lines = max(6, int(height / _LINE))
    for start in range(0, len(entries), lines):
        column = entries[start : start + lines]
        for line, (sample, name) in enumerate(column):
            y = round(top + 0.4 + _LINE * line, 3)
            marks.append(Text(left + (1.05 if sample else 0), y, name, "left"))
            if sample:
                marks.append(Line(left, y, left + 0.9, y, sample.colour, sample.dash))
        left = round(left + 1.5 + FONT * max(name.ems for _, name in column), 3)
    return marks
