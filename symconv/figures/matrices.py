"""Matrices cell by cell: the band, its blocks, and the transpose that carries gradients back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from symconv.explicit.layout import Subject
from symconv.figures.colours import FAINT
from symconv.figures.drawing import FONT, Box, Drawing, Label, Mark, Text, joined
from symconv.figures.lettering import Lettering, Tap, label
from symconv.figures.words import blocks_in_words, matrix_in_words
from symconv.pattern import Incidence

_ZERO = Label("$0$", "0")

#: The widest name that still goes into a column when it is made smaller.
_WIDEST = 1.4

#: The room between blocks: across for a line, down for the names of the blocks as well.
_GAP = (0.35, 0.85)


def band(subject: Subject) -> Drawing:
    """The convolution matrix, a row an output and a column an input."""
    return _matrix(subject, "band")


def input_gradient(subject: Subject) -> Drawing:
    """The transposed matrix: which upstream gradient reaches which input, through which tap."""
    return _matrix(subject, "input_gradient", backward=True)


def blocks(subject: Subject) -> Drawing:
    """The convolution matrix with a frame around each block, named by the taps of the outer relations."""
    *outer, inner = (relation.incidence() for relation in subject.symbols.pattern.relations)
    head, letter = Incidence.product(outer), subject.notation.matrix

    def named_by(place: tuple[int, ...]) -> Label:
        return label(lambda form: form.indexed(letter, *place))

    names = list(map(named_by, subject.places(head.shape["tap"])))
    # Several taps of the outer relations may reach one block, which is then their sum.
    sums = {place: joined(" + ", [names[tap] for tap in taps]) for place, taps in cells_of(head).items()}
    named = {place: Label(f"${sum.latex.replace('$', '')}$", sum.text) for place, sum in sums.items()}
    sizes = [(made.size("output"), made.size("input")) for made in (head, inner)]
    return _matrix(subject, "blocks", frames=_Frames(named, *sizes))


@dataclass(frozen=True)
class _Frames:
    """Where the rows and columns of blocks lie, and the frames around the blocks."""

    named: Mapping[tuple[int, int], Label]
    shape: tuple[int, int]
    size: tuple[int, int]

    def offsets(self, axis: int) -> list[float]:
        """The distance of each row (0) or column (1) from the edge of the matrix."""
        gap = _GAP[1 - axis]
        before = gap if axis == 0 else 0.0
        places = product(range(self.shape[axis]), range(self.size[axis]))
        return [before + block * (self.size[axis] + gap) + cell for block, cell in places]

    def marks(self, left: float, top: float) -> list[Mark]:
        rows, columns = self.offsets(0), self.offsets(1)
        height, width = self.size
        found: list[Mark] = []
        for r, c in product(*map(range, self.shape)):
            x, y = left + columns[c * width], top + rows[r * height]
            name = self.named.get((r, c), _ZERO)
            colour = "black" if (r, c) in self.named else FAINT
            found.append(Box(x, y, width, height, "block", colour))
            found.append(Text(x + width / 2, y - 0.3, name, size=name.size_within(max(width, 1))))
        return found


def cells_of(incidence: Incidence) -> dict[tuple[int, int], list[int]]:
    """The taps that meet in each pair of an output and an input, ascending."""
    found: dict[tuple[int, int], list[int]] = {}
    columns = (incidence.index[role].tolist() for role in ("output", "input", "tap"))
    for o, j, tap in sorted(zip(*columns, strict=True)):
        found.setdefault((o, j), []).append(tap)
    return found


def stacked(x: float, y: float, look: str, taps: Sequence[Tap]) -> list[Box]:
    """The taps of a cell, one below the other, as reflected padding has them."""
    share = 1 / max(len(taps), 1)
    return [Box(x, y + at * share, 1, share, look, tap.colour, tap.label) for at, tap in enumerate(taps)]


def _matrix(subject: Subject, name: str, *, backward: bool = False, frames: _Frames | None = None) -> Drawing:
    """Cells with their taps, between the labels of the rows on the left and of the columns above."""
    letters, incidence = Lettering.of(subject), subject.symbols.incidence
    title = "Convolution matrix" if letters.tied else "Selection matrix"
    rows, columns, heads = letters.outputs, letters.inputs, ("outputs", "inputs")
    if backward:
        title, incidence = "Gradient with respect to the input", incidence.exchanged()
        rows, columns, heads = letters.gradients, letters.upstream, ("input gradient", "upstream gradient")
    cells = cells_of(incidence)
    alt = matrix_in_words(letters, rows, columns, heads, cells)
    ys, xs = [float(r) for r in range(len(rows))], [float(c) for c in range(len(columns))]
    if frames:
        title, alt = f"{title} in blocks", alt + blocks_in_words(frames.named, frames.shape, frames.size)
        ys, xs = frames.offsets(0), frames.offsets(1)
    left = 1.1 + FONT * max(row.ems for row in rows)
    # Names that are much wider than a column stand upright above it.
    room = FONT * max(column.ems for column in columns)
    upright = room <= _WIDEST
    top = 1.5 if upright else 1.0 + room
    down, across = (Label(words, words) for words in heads)
    marks: list[Mark] = [
        Text(0.35, top + (ys[0] + ys[-1] + 1) / 2, down, upright=False),
        Text(left + (xs[-1] + 1) / 2, 0.35, across),
    ]
    marks += [Text(left - 0.2, top + y + 0.5, row, "right") for y, row in zip(ys, rows, strict=True)]
    marks += [
        Text(left + x + 0.5, 1.1, column, size=column.size_within(1.0))
        if upright
        else Text(left + x + 0.5, 0.75 + room / 2, column, upright=False)
        for x, column in zip(xs, columns, strict=True)
    ]
    # Zeros first, so that no pale outline covers that of a weight.
    marks += [
        Box(left + x, top + y, 1, 1, "absent", FAINT, _ZERO)
        for (r, y), (c, x) in product(enumerate(ys), enumerate(xs))
        if (r, c) not in cells
    ]
    for (r, c), here in cells.items():
        marks += stacked(left + xs[c], top + ys[r], "tap", [letters.taps[tap] for tap in here])
    marks += frames.marks(left, top) if frames else []
    return Drawing.of(name, title, marks, alt)
