"""Matrices cell by cell: the band, its blocks, and the transpose that carries gradients back."""

from collections.abc import Mapping, Sequence
from itertools import product

from symconv.explicit.layout import Subject
from symconv.figures.colours import FAINT
from symconv.figures.drawing import FONT, Box, Drawing, Label, Mark, Text
from symconv.figures.lettering import Lettering, Tap, label
from symconv.figures.words import blocks_in_words, matrix_in_words
from symconv.pattern import Incidence

#: The taps in each cell, by row and column.
Cells = Mapping[tuple[int, int], list[int]]

_ZERO = Label("$0$", "0")

#: The widest name that still goes into a column when it is made smaller.
_WIDEST = 1.4

#: The room between blocks: across for a line, down for the names of the blocks as well.
_GAP = (0.35, 0.85)


def band(subject: Subject) -> Drawing:
    """The convolution matrix, a row an output and a column an input."""
    letters, cells = Lettering.of(subject), cells_of(subject.symbols.incidence)
    alt = matrix_in_words(letters, letters.outputs, letters.inputs, ("outputs", "inputs"), cells)
    return _matrix(
        "band", _title(letters), letters.taps, (letters.outputs, letters.inputs), _HEADS, cells, alt
    )


def _title(letters: Lettering) -> str:
    return "Convolution matrix" if letters.tied else "Matrix of selections"


def input_gradient(subject: Subject) -> Drawing:
    """The transposed matrix: which upstream gradient reaches which input, through which tap."""
    letters, cells = Lettering.of(subject), cells_of(subject.symbols.incidence.exchanged())
    heads = ("input gradient", "upstream gradient")
    alt = matrix_in_words(letters, letters.gradients, letters.upstream, heads, cells)
    sides = (letters.gradients, letters.upstream)
    return _matrix("input_gradient", "Gradient of the inputs", letters.taps, sides, heads, cells, alt)


def blocks(subject: Subject) -> Drawing:
    """The convolution matrix with a frame around each block, named by the taps of the outer relations."""
    letters, cells = Lettering.of(subject), cells_of(subject.symbols.incidence)
    *outer, inner = (relation.incidence() for relation in subject.symbols.pattern.relations)
    head, notation = Incidence.product(outer), subject.notation
    places = list(product(*(range(notation.base, notation.base + n) for n in head.shape["tap"])))
    names = [_indexed(notation.matrix, at) for at in places]
    size = inner.size("output"), inner.size("input")
    named = {place: _sum(names, taps) for place, taps in cells_of(head).items()}
    shape = head.size("output"), head.size("input")
    alt = matrix_in_words(letters, letters.outputs, letters.inputs, _HEADS, cells)
    alt += blocks_in_words(named, shape, size)
    framed = _Frames(named, shape, size)
    title = f"{_title(letters)} in blocks"
    sides = (letters.outputs, letters.inputs)
    return _matrix("blocks", title, letters.taps, sides, _HEADS, cells, alt, framed)


_HEADS = ("outputs", "inputs")


class _Frames:
    """Where the rows and columns of blocks lie, and the frames around the blocks."""

    def __init__(
        self, named: Mapping[tuple[int, int], Label], shape: tuple[int, int], size: tuple[int, int]
    ) -> None:
        self._named, self._shape, self._size = named, shape, size

    def offsets(self, axis: int) -> list[float]:
        """The distance of each row (0) or column (1) from the edge of the matrix."""
        gap = _GAP[1 - axis]
        before = gap if axis == 0 else 0.0
        return [
            before + block * (self._size[axis] + gap) + cell
            for block in range(self._shape[axis])
            for cell in range(self._size[axis])
        ]

    def marks(self, left: float, top: float) -> list[Mark]:
        rows, columns = self.offsets(0), self.offsets(1)
        height, width = self._size
        found: list[Mark] = []
        for r, c in product(*map(range, self._shape)):
            x, y = left + columns[c * width], top + rows[r * height]
            name = self._named.get((r, c))
            found.append(Box(x, y, width, height, "block", "black" if name else FAINT))
            found.append(
                Text(x + width / 2, y - 0.3, name or _ZERO, size=(name or _ZERO).size_within(max(width, 1)))
            )
        return found


def _indexed(letter: str, places: tuple[int, ...]) -> Label:
    return label(lambda form: form.indexed(letter, *places))


def _sum(names: Sequence[Label], which: Sequence[int]) -> Label:
    """Several taps of the outer relations may reach one block, which is then their sum."""
    latex = " + ".join(names[at].latex.strip("$") for at in which)
    return Label(f"${latex}$", " + ".join(names[at].text for at in which))


def cells_of(incidence: Incidence) -> dict[tuple[int, int], list[int]]:
    """The taps that meet in each pair of an output and an input, ascending."""
    found: dict[tuple[int, int], list[int]] = {}
    columns = (incidence.index[role].tolist() for role in ("output", "input", "tap"))
    for o, j, tap in sorted(zip(*columns, strict=True)):
        found.setdefault((o, j), []).append(tap)
    return found


def _matrix(
    name: str,
    title: str,
    taps: Sequence[Tap],
    sides: tuple[Sequence[Label], Sequence[Label]],
    heads: tuple[str, str],
    cells: Cells,
    alt: str,
    frames: _Frames | None = None,
) -> Drawing:
    """Cells with their taps, between the labels of the rows on the left and of the columns above.

    Several taps in a cell, as reflected padding makes them, lie one below the other in it.
    """
    rows, columns = sides
    ys = frames.offsets(0) if frames else [float(r) for r in range(len(rows))]
    xs = frames.offsets(1) if frames else [float(c) for c in range(len(columns))]
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
        share = 1 / len(here)
        marks += [
            Box(left + xs[c], top + ys[r] + at * share, 1, share, "tap", taps[tap].colour, taps[tap].label)
            for at, tap in enumerate(here)
        ]
    marks += frames.marks(left, top) if frames else []
    return Drawing.of(name, title, marks, alt)
