"""The picture of a chain: a column of nodes a layer, and what one output sees of the input, marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import hypot, prod
from typing import Any, TypeAlias

from symconv.errors import FigureError, OptionError
from symconv.figures import Figure
from symconv.figures.colours import FAINT
from symconv.figures.drawing import Disc, Drawing, Label, Line, Mark, Text
from symconv.figures.lettering import Lettering, Tap, weights_by_look
from symconv.layers.unsized import shape_text
from symconv.network.blocks import blocks
from symconv.network.counts import field_told, size_told
from symconv.network.fields import read_index
from symconv.network.values import letter_of
from symconv.printing.english import counted, joined
from symconv.printing.latex import Latex
from symconv.printing.letters import Letter, entry_name

#: So many edges can still be told apart.
MOST_EDGES = 150

#: Shared weights, of which a layer has so many at the most, are told by colours and line styles; so many of
#: these are explained in a row.
MOST_STYLES, _ABREAST = 8, 4

#: The colour of a path is that of no weight.
_RADIUS, _APART, _COLOUR = 0.42, 3.2, "olive"

#: How far apart nodes stand, on a page and on a frame of slides.
_PITCH, _CLOSE = 1.15, 0.9

#: The size of the letters below the head of a column.
_SMALL = 0.36

Edges: TypeAlias = dict[int, list[tuple[int, int]]]
Places: TypeAlias = dict[tuple[int, int], tuple[float, float]]
Styles: TypeAlias = dict[tuple[int, int], Tap]


def figure(
    chain: Any, *, output: int | Sequence[int] | None = None, neuron: Sequence[int] | None = None
) -> Figure:
    """The chain as a network of nodes: its input, and the outputs of each layer.

    An edge joins an input and an output of a layer that meet; edges of one colour and style share a weight.
    What is added past the layers of a residual chain is not drawn. Above each layer stand its shape and how
    many inputs, along each axis, one of its entries sees. A chain of more than 150 nodes or edges, or with
    letters for sizes, is drawn as blocks: a box for each layer, with the same beside or below it.

    Parameters
    ----------
    output : int, or sequence with one index per axis, optional
        An output of the last layer, its indices counted as the notation counts; all that reaches it is
        marked, which is also the path of its gradient back to the input.
    neuron : sequence, optional
        The number of a layer, 0 for the input, and then the indices of an output of it: all that it reaches
        is marked, which is the path of the gradient back to it.

    Raises
    ------
    SymbolicSizeError
        If a size is a letter, and something is marked.
    FigureError
        If something is marked in a chain of more than 150 nodes or edges.
    OptionError
        If there is no such output, or both are given.

    Examples
    --------
    >>> import symconv as sc
    >>> print(sc.Chain(sc.Conv1d(5, 2), sc.MaxPool1d(None, 2)).figure(output=0))
    Network of 5 inputs, then layers of 4 and 2 outputs.
    Filled nodes: what reaches a^(2)_0: a^(1)_0, a^(1)_1, x0, x1, x2.
    >>> print(sc.Chain(sc.Conv1d(5, 2), sc.MaxPool1d(None, 2)).figure(neuron=(0, 1)))
    Network of 5 inputs, then layers of 4 and 2 outputs.
    Filled nodes: the path of the gradient back to x1: a^(2)_0, a^(1)_0, a^(1)_1.
    >>> print(sc.Chain(sc.Conv1d("N", "K"), sc.MaxPool1d(None, 2)).figure())
    Network in blocks: input, N; 1: Conv1d, N - K + 1, sees K; 2: MaxPool1d, floor((N - K + 1)/2), sees K + 1.
    """
    if output is not None and neuron is not None:
        raise OptionError("{option} and neuron exclude each other: write one of them.", "output")
    return Figure(_drawn(chain, output, neuron, _PITCH))


def compact(chain: Any, neuron: Sequence[int]) -> Figure:
    """The path back to a neuron for a frame of slides: nodes are closer, and their letters have no number."""
    return Figure(_drawn(chain, None, neuron, _CLOSE))


def _drawn(
    chain: Any, output: int | Sequence[int] | None, neuron: Sequence[int] | None, pitch: float
) -> Drawing:
    """The drawing, with what reaches an output or what a neuron reaches marked."""
    if not chain.values.numeric and output is None and neuron is None:
        return blocks(chain)
    chain.values.require_numbers()
    sizes = {0: chain.stages[0].layer.pattern.count("input")}
    sizes |= {s.number: s.layer.pattern.count("output") for s in chain.stages}
    edges = {} if sum(sizes.values()) > MOST_EDGES else {s.number: _edges(s) for s in chain.stages}
    if not edges or sum(map(len, edges.values())) > MOST_EDGES:
        if output is None and neuron is None:
            return blocks(chain)
        wrong = f"the network has more than {MOST_EDGES} nodes or edges, too many to be told apart. Leave "
        wrong += "{option} out, and it is drawn with a box for each layer."
        raise FigureError(wrong, "output" if neuron is None else "neuron")
    styles = {s.number: _styles(s) if pitch == _PITCH else {} for s in chain.stages}
    places = _places(sizes, pitch)
    end = _neuron(chain, neuron) if neuron is not None else None
    end = _node(chain, len(chain), output) if output is not None else end
    find = _reaching if neuron is None else _reached
    marked = find(chain, edges, end) if end else set()
    marks: list[Mark] = []
    for strong in (False, True):
        for stage in chain.stages:
            before, here = ({at for n, at in marked if n == m} for m in (stage.source, stage.number))
            on_path = {(j, o) for j, o in edges[stage.number] if j in before and o in here}
            for pair in edges[stage.number]:
                if (pair in on_path) is strong:
                    ends = places[stage.source, pair[0]], places[stage.number, pair[1]]
                    marks.append(_line(*ends, _COLOUR if strong else FAINT if marked else "black"))
                    if (tap := styles[stage.number].get(pair)) and (strong or not on_path):
                        marks[-1] = replace(_line(*ends, tap.colour), dash=tap.dash)
    for node, (x, y) in places.items():
        look, colour = ("tap", _COLOUR) if node in marked else ("entry", "black")
        marks.append(Disc(x, y, _RADIUS, look, colour, _label(chain, *node, short=pitch == _CLOSE)))
    marks += [*_heads(chain, places, details=pitch == _PITCH), *_legend(chain, styles, places)]
    title = "Which outputs of each layer meet which inputs"
    way = "what reaches" if neuron is None else "the path of the gradient back to"
    return Drawing.of("network", title, marks, _alt(chain, sizes, marked, end, way))


def _edges(stage: Any) -> list[tuple[int, int]]:
    """The pairs of an input and an output of a layer that meet."""
    index = stage.layer.spec.incidence.index
    return sorted({*zip(index["input"].tolist(), index["output"].tolist(), strict=True)})


def _styles(stage: Any) -> Styles:
    """The weight of each edge, if weights are shared, and few enough to be told by their looks."""
    index = stage.layer.spec.incidence.index
    count = stage.layer.pattern.count("tap")
    if not stage.learned or count > MOST_STYLES or len(index["tap"]) == count:
        return {}
    taps = Lettering.of(stage.layer.written.subject).taps
    columns = (index[role].tolist() for role in ("tap", "input", "output"))
    found = {(j, o): taps[k] for k, j, o in sorted(zip(*columns, strict=True))}
    return found if len(found) == len(index["tap"]) else {}  # otherwise a pair meets through several weights


def _legend(chain: Any, styles: dict[int, Styles], places: Places) -> Iterator[Mark]:
    """The looks of shared weights, in a row below the nodes for each layer that has them."""
    y = max(y for _, y in places.values()) + 1.2
    for stage in chain.stages:
        for at, tap in enumerate(weights_by_look(styles[stage.number].values()).values()):
            x = round(places[stage.source, 0][0] + 2.3 * (at % _ABREAST), 3)
            if at % _ABREAST == 0 < at:
                y += 0.75
            yield Line(x, y, x + 0.9, y, tap[0].colour, tap[0].dash)
            yield Text(x + 1.0, y, tap[0].label, "left")
        y += 0.9 * bool(styles[stage.number])


def _places(sizes: dict[int, int], pitch: float) -> Places:
    """Where each node stands: a column a layer, each in the middle of the height."""
    tall = max(sizes.values())
    return {
        (number, at): (
            round(number * _APART, 3),
            round((2.3 if pitch == _PITCH else 1.25) + (at + (tall - size) / 2) * pitch, 3),
        )
        for number, size in sizes.items()
        for at in range(size)
    }


def _neuron(chain: Any, neuron: Sequence[int]) -> tuple[int, int]:
    """A node by the number of its layer and its indices."""
    number, *index = neuron if isinstance(neuron, Sequence) and not isinstance(neuron, str) else (None,)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= len(chain):
        cure = f"write a layer from 0 to {len(chain)} and the indices of an output, such as (1, 2)"
        raise OptionError(f"{{option}} is {{given!r}}: {cure}.", "neuron", neuron)
    return _node(chain, number, index, "neuron")


def _node(chain: Any, number: int, output: Any, name: str = "output") -> tuple[int, int]:
    """An output of a layer by its indices, or an error that has the shape."""
    stage, base = chain.stages[max(number, 1) - 1], int(chain.notation.base)
    shape = [int(size) for size in (stage.shape if number else stage.before)]
    index = read_index(name, output)
    inside = len(index) == len(shape) and all(0 <= i - base < n for i, n in zip(index, shape, strict=True))
    if not inside:
        what = "the last layer" if number == len(chain) else f"layer {number}" if number else "the input"
        given = output if not isinstance(output, list) else tuple(output)
        raise OptionError(f"there is no output {given!r}: {what} has the shape {shape_text(tuple(shape))}.")
    flat = 0
    for i, size in zip(index, shape, strict=True):
        flat = flat * size + i - base
    return number, flat


def _reaching(chain: Any, edges: Edges, end: tuple[int, int]) -> set[tuple[int, int]]:
    """The nodes that reach a node, itself included."""
    found = {end}
    for stage in reversed(chain.stages):
        reached = {o for number, o in found if number == stage.number}
        found |= {(stage.source, j) for j, o in edges[stage.number] if o in reached}
        found |= {(other, o) for other in stage.added for o in reached}
    return found


def _reached(chain: Any, edges: Edges, start: tuple[int, int]) -> set[tuple[int, int]]:
    """The nodes that a node reaches, itself included."""
    found = {start}
    for stage in chain.stages:
        found |= {(stage.number, o) for j, o in edges[stage.number] if (stage.source, j) in found}
        found |= {(stage.number, o) for other in stage.added for number, o in found if number == other}
    return found


def _line(start: tuple[float, float], end: tuple[float, float], colour: str) -> Line:
    """An edge between the rims of two nodes."""
    (x1, y1), (x2, y2) = start, end
    share = _RADIUS / hypot(x2 - x1, y2 - y1)
    across, down = share * (x2 - x1), share * (y2 - y1)
    x1, y1, x2, y2 = (round(end, 3) for end in (x1 + across, y1 + down, x2 - across, y2 - down))
    return Line(x1, y1, x2, y2, colour)


def _name(chain: Any, number: int, at: int) -> str:
    """The name of a node."""
    return str(chain.in_symbols().values.named("output", number)[at])


def _label(chain: Any, number: int, at: int, *, short: bool) -> Label:
    stage = chain.stages[max(number, 1) - 1]
    shape = [int(size) for size in (stage.shape if number else stage.before)]
    index: list[int] = []
    for extent in range(len(shape)):
        index.append(at // prod(shape[extent + 1 :]) % shape[extent] + int(chain.notation.base))
    letter = letter_of(chain.notation, number)
    if short:
        letter = replace(Letter.of(letter), sup="").name
    return Label(f"${Latex().indexed(letter, *index)}$", entry_name(letter, *index))


def _heads(chain: Any, places: Places, *, details: bool) -> Iterator[Text]:
    """What each column is, above it, and in detail the shape of it and how many inputs an entry sees."""
    for number in range(len(chain) + 1):
        words, stage = f"layer {number}" if number else "input", chain.stages[max(number, 1) - 1]
        x, (field, _) = places[number, 0][0], field_told(chain, stage)
        yield Text(x, 0.4, Label(words, words))
        told = [f"shape {size_told(stage.shape if number else stage.before)}"]
        told += [f"sees {field} input{'s' * (field != '1')}"] if number and field else []
        for line, words in enumerate(told if details else []):
            yield Text(x, 0.95 + 0.4 * line, Label(words.replace("×", r"$\times$"), words), size=_SMALL)


def _alt(
    chain: Any, sizes: dict[int, int], marked: set[tuple[int, int]], end: tuple[int, int] | None, way: str
) -> str:
    layers = joined([str(sizes[n]) for n in range(1, len(sizes))])
    several = "layers" if len(sizes) > 2 else "a layer"
    outputs = "output" if len(sizes) == 2 and sizes[1] == 1 else "outputs"
    said = f"Network of {counted(sizes[0], 'input')}, then {several} of {layers} {outputs}."
    if end is None:
        return said
    others = sorted(marked - {end}, key=lambda node: (-node[0], node[1]))
    seen = ", ".join(_name(chain, *node) for node in others)
    return f"{said} Filled nodes: {way} {_name(chain, *end)}{f': {seen}' if seen else ''}."
