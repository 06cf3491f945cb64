"""The stage of an animation: a window that slides, a sum that grows and entries that appear, as marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from symconv.figures.cast import Cells, Filter, Grid, Move, Timed, Weight
from symconv.figures.colours import FAINT
from symconv.figures.drawing import FONT, MARGIN, Box, Label, Mark, Text

#: The size of a weight in the corner of a cell; the room between what stands side by side or below, between
#: a plane and the weights that lie on it, and from one strip to the next.
_SMALL, _BETWEEN, _HEAD, _LINE, _NEAR, _STRIP = 0.3, 1.2, 0.9, 0.75, 0.6, 1.2

#: The least width of the lines of a sum, and the most for those of a plane; how much of what a label may take
#: its letters do take.
_WIDTH, _WIDEST, _TIGHT = 9.0, 18.0, 0.9

#: Planes stand below each other up to so high, or so many, and others beside them.
_TALL, _BELOW = 16.0, 3


@dataclass(frozen=True)
class Stage:
    """What moves over what.

    Attributes
    ----------
    title, alt : str
        Words, as those of a drawing.
    bases, others : sequence of Cells
        The planes that the window slides over, and those of the entries that its positions stand for.
    filters : sequence of Filter
    moves : sequence of Move
    remarks : sequence of Label
        Sentences below.
    """

    title: str
    alt: str
    bases: Sequence[Cells]
    others: Sequence[Cells]
    filters: Sequence[Filter]
    moves: Sequence[Move]
    remarks: Sequence[Label] = ()

    @property
    def _flat(self) -> bool:
        """Whether all stands in rows, with names on the left."""
        return self.bases[0].shape[0] == self.others[0].shape[0] == 1

    @cached_property
    def _slice(self) -> tuple[int, int, float, float]:
        """Rows, columns and the width of a cell of a slice, and how wide it is with what is written there."""
        slices = [one for filter in self.filters for plane in filter.names for one in filter.slice(plane)]
        if not slices:
            return 0, 0, 0.0, 0.0
        rows, columns = (1 + max(getattr(one, side) for one in slices) for side in ("row", "column"))
        width = _cell_width([one.label for one in slices if one.label])
        said = FONT * max(one.ems for filter in self.filters for one in filter.said)
        return rows, columns, width, max(columns * width, said)

    @cached_property
    def _spots(self) -> tuple[list[Grid], list[tuple[float, float]], float]:
        """The grids, where the slices stand, and where the first line of the sum does."""
        wide, narrow = (_width(grids) for grids in (self.bases, self.others))
        (rows, columns), (other_rows, other_columns) = self.bases[0].shape, self.others[0].shape
        slice_rows, _, _, slice_width = self._slice
        count, other_count = len(self.bases), len(self.others)
        if self._flat:
            left = MARGIN + 0.3 + FONT * max(grid.name.ems for grid in (*self.bases, *self.others))
            below = MARGIN + _STRIP * (count - 1) + 1.4
            spots = [(left, MARGIN + _STRIP * at) for at in range(count)]
            others = [(left, below + _STRIP * at) for at in range(other_count)]
            named = FONT * max(
                (one.ems for filter in self.filters for one in filter.names.values()), default=0
            )
            ends = max(left + columns * wide, left + other_columns * narrow)
            slices = [(ends + _BETWEEN + named, top) for _, top in spots]
            below += _STRIP * (other_count - 1) + 1.7
        else:
            beside = columns * wide + (_NEAR + slice_width if slice_width else 0)
            spots, high = _stacked(MARGIN, beside, rows, count, max(_TALL, _BELOW * (rows + _HEAD)))
            across = max(left for left, _ in spots) + beside + _BETWEEN
            others, other_high = _stacked(across, other_columns * narrow, other_rows, other_count, high)
            slices = [(left + columns * wide + _NEAR, top) for left, top in spots]
            below = MARGIN + max(high, other_high)
            if any(filter.bias for filter in self.filters):
                below = max(below, max(top for _, top in slices) + slice_rows + 0.8)
            below += 0.7
        grids = [Grid(cells, *spot, wide) for cells, spot in zip(self.bases, spots, strict=True)]
        grids += [Grid(cells, *spot, narrow) for cells, spot in zip(self.others, others, strict=True)]
        return grids, slices, below

    @property
    def grids(self) -> list[Grid]:
        """Those that the window slides over, and then the others."""
        return self._spots[0]

    @cached_property
    def lit(self) -> dict[tuple[bool, ...], list[int]]:
        """Which grids are dim at the same time: for each filter whether they are not, and their numbers."""
        always = (True,) * len(self.filters)
        found: dict[tuple[bool, ...], list[int]] = {}
        for at in range(len(self.grids)):
            seen = tuple(at in filter.windows for filter in self.filters)
            found.setdefault(seen if at < len(self.bases) else always, []).append(at)
        return found

    @cached_property
    def lines(self) -> list[list[list[int]]]:
        """For each move the pieces of each line of its sum; planes begin lines unless one line is enough."""
        room = self._across - 2 * MARGIN
        parted = any(_long(move.pieces) > room for move in self.moves)
        found = []
        for move in self.moves:
            lines: list[list[int]] = [[]]
            width = 0.0
            for at, piece in enumerate(move.pieces):
                here = _long([piece])
                if lines[-1] and (width + here > room or (parted and at in move.breaks)):
                    lines.append([])
                    width = 0.0
                lines[-1].append(at)
                width += here
            found.append(lines)
        return found

    @cached_property
    def _across(self) -> float:
        """The width of the picture."""
        _, columns, width, said = self._slice
        ends = [grid.right for grid in self.grids]
        ends += [left + max(columns * width, said) for left, _ in self._spots[1] if said]
        told = [_long([remark]) for remark in self.remarks]
        for move in self.moves:
            sides = [0, *move.breaks, len(move.pieces)] if move.breaks else []
            told += [min(_WIDEST, _long(move.pieces[at:end])) for at, end in pairwise(sides)]
        return max(round(max(ends) + MARGIN, 3), _WIDTH, *(round(2 * MARGIN + long, 3) for long in told))

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in user units."""
        return self._across, round(self._bottom + _LINE * len(self.remarks) + 0.5, 3)

    @property
    def _bottom(self) -> float:
        """Where the last line of the longest sum stands."""
        return self._spots[2] + _LINE * (max(map(len, self.lines)) - 1)

    def ground(self, at: int) -> list[Mark]:
        """What never moves of a grid: its name, cells, and labels that are always there."""
        grid = self.grids[at]
        left, top = grid.left, grid.top
        name = Text((left + grid.right) / 2, top - 0.4, grid.cells.name)
        marks: list[Mark] = [replace(name, x=left - 0.2, y=top + 0.5, anchor="right") if self._flat else name]
        always = [one for one in grid.cells.labels if one.start is None and one.end is None]
        return [*marks, *grid.boxes(), *map(grid.text, always)]

    def told(self) -> list[Text]:
        """The sentences below."""
        return [
            Text(MARGIN, self._bottom + _LINE * (at + 1), remark, "left")
            for at, remark in enumerate(self.remarks)
        ]

    def timed(self, at: int) -> list[tuple[Text, Timed]]:
        """What appears in a grid or goes."""
        grid = self.grids[at]
        changing = [one for one in grid.cells.labels if one.start is not None or one.end is not None]
        return [(grid.text(one), one) for one in changing]

    def weights(self, filter: Filter) -> list[Mark]:
        """The windows of a filter at the first row and column."""
        boxes: list[Box] = []
        texts: list[Text] = []
        for plane, window in filter.windows.items():
            grid = self.grids[plane]
            boxes += _boxes(window, grid.left, grid.top, grid.width)
            for one in window:
                if one.label:
                    x, y = grid.left + (one.column + 1) * grid.width - 0.09, grid.top + one.row + 0.8
                    size = min(_SMALL, one.label.size_within(0.6 * grid.width))
                    texts.append(Text(x, y, one.label, "right", size=size))
        return [*sorted(boxes, key=lambda box: box.colour), *texts]

    def slices(self, filter: Filter) -> list[Mark]:
        """The weights of a filter beside the planes that they lie on."""
        rows, columns, width, said = self._slice
        boxes: list[Box] = []
        texts: list[Text] = []
        for plane, name in filter.names.items():
            left, top = self._spots[1][plane]
            middle = left + said / 2
            left = left if self._flat else middle - columns * width / 2
            weights = filter.slice(plane)
            boxes += _boxes(weights, left, top, width)
            texts.append(
                Text(left - 0.2, top + 0.5, name, "right") if self._flat else Text(middle, top - 0.4, name)
            )
            for one in weights:
                if one.label:
                    x, y, size = (
                        left + (one.column + 0.5) * width,
                        top + one.row + 0.5,
                        one.label.size_within(width),
                    )
                    texts.append(Text(x, y, one.label, size=size))
        if filter.bias:
            left, top = self._spots[1][max(filter.names)]
            low = top + rows + 0.45
            texts.append(
                Text(left, low + 0.1, filter.bias, "left")
                if self._flat
                else Text(left + said / 2, low, filter.bias)
            )
        return [*sorted(boxes, key=lambda box: box.colour), *texts]

    def frame(self) -> list[Mark]:
        """The frame around the entry that a position stands for, at the first one."""
        first = self.grids[len(self.bases)]
        return [Box(first.left, first.top, first.width, 1, "block")]

    def shift(self, move: Move) -> tuple[float, float]:
        """How far the window of a move is from the first row and column."""
        return move.corner[1] * self.grids[0].width, float(move.corner[0])

    def framed(self, move: Move) -> tuple[float, float]:
        """How far the frame of a move is from the first cell."""
        first, grid = self.grids[len(self.bases)], self.grids[len(self.bases) + move.other[0]]
        row, column = divmod(move.other[1], grid.cells.shape[1])
        return grid.left - first.left + column * grid.width, grid.top - first.top + row

    def places(self, at: int) -> list[tuple[float, float]]:
        """Where the lines of a sum begin."""
        return [(MARGIN, self._spots[2] + _LINE * row) for row in range(len(self.lines[at]))]

    def at(self, move: int, pieces: int) -> list[Mark]:
        """Everything that is seen when so many pieces of a move are written."""
        here = self.moves[move]
        filter, done = self.filters[here.filter], move + int(pieces == len(here.pieces))
        marks: list[Mark] = []
        texts: list[Mark] = []
        for seen, grids in self.lit.items():
            for at in grids:
                grounds = self.ground(at)
                if seen[here.filter]:
                    marks += [mark for mark in grounds if isinstance(mark, Box)]
                    texts += [mark for mark in grounds if isinstance(mark, Text)]
                else:
                    marks += self._dim(at, done)
                    texts.append(grounds[0])
        for at in (at for seen, grids in self.lit.items() for at in grids if seen[here.filter]):
            texts += [text for text, one in self.timed(at) if one.seen(done)]
        marks += self.slices(filter)
        marks += _moved(self.weights(filter), *self.shift(here)) + _moved(self.frame(), *self.framed(here))
        marks += texts
        for (x, y), line in zip(self.places(move), self.lines[move], strict=True):
            written = [here.pieces[piece] for piece in line if piece < pieces]
            if written:
                whole = Label("".join(one.latex for one in written), "".join(one.text for one in written))
                marks.append(Text(x, y, whole, "left"))
        return [*marks, *self.told()]

    def _dim(self, at: int, done: int) -> list[Box]:
        """The cells of a grid in faint ink, after so many moves."""
        grid = self.grids[at]
        labels = {one.cell: one.label for one in grid.cells.labels if one.seen(done)}
        looks = {"entry": "absent", "padding": "padding"}
        return [
            replace(box, look=looks[box.look], colour=FAINT, label=labels.get(cell))
            for cell, box in enumerate(grid.boxes())
        ]


def _cell_width(labels: Sequence[Label]) -> float:
    """How wide a cell is that holds each label."""
    return max(1.0, round(max((0.25 + FONT * one.ems for one in labels), default=1.0), 2))


def _width(grids: Sequence[Cells]) -> float:
    """How wide the cells of grids are that stand for channels of one operand."""
    return _cell_width([one.label for grid in grids for one in grid.labels])


def _stacked(
    left: float, wide: float, rows: int, count: int, tall: float
) -> tuple[list[tuple[float, float]], float]:
    """Where planes begin that stand one below the other, in as many columns as they need, and how high."""
    each = max(1, int(tall / (rows + _HEAD) + 1e-9))
    each = -(-count // -(-count // each))
    spots = []
    for at in range(count):
        column, row = divmod(at, each)
        spots.append((left + column * (wide + _BETWEEN), MARGIN + _HEAD + row * (rows + _HEAD)))
    return spots, each * (rows + _HEAD)


def _long(pieces: Sequence[Label]) -> float:
    """How wide pieces are one after the other."""
    return sum(_TIGHT * FONT * piece.ems for piece in pieces)


def _boxes(weights: Sequence[Weight], left: float, top: float, width: float) -> list[Box]:
    return [Box(left + one.column * width, top + one.row, width, 1, "tap", one.colour) for one in weights]


def _moved(marks: Sequence[Mark], x: float, y: float) -> list[Mark]:
    return [replace(mark, x=mark.x + x, y=mark.y + y) for mark in marks if isinstance(mark, Box | Text)]
