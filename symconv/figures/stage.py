"""The stage of an animation: a window that slides, a sum that grows and entries that appear, as marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from symconv.figures.drawing import FONT, MARGIN, Box, Label, Mark, Text

#: The size of a weight in the corner of a cell; the room between what stands side by side or below.
_SMALL, _BETWEEN, _HEAD, _LINE = 0.3, 1.2, 0.9, 0.75

#: The least width of the lines of a sum, and how much of what a label may take its letters do take.
_WIDTH, _TIGHT = 9.0, 0.9


@dataclass(frozen=True)
class Timed:
    """A label in a cell, from the end of one move to the end of another; ``None`` for always."""

    cell: int
    label: Label
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Cells:
    """A grid of cells with its name.

    Attributes
    ----------
    name : Label
    shape : (int, int)
    outside : sequence of bool
        Which cells are padding; empty for none.
    labels : sequence of Timed
    """

    name: Label
    shape: tuple[int, int]
    outside: Sequence[bool]
    labels: Sequence[Timed]

    @property
    def width(self) -> float:
        """How wide a cell is."""
        return max(1.0, round(max((0.25 + FONT * one.label.ems for one in self.labels), default=1.0), 2))


@dataclass(frozen=True)
class Move:
    """One position of the window.

    Attributes
    ----------
    corner : (int, int)
        The row and column where its first row and column lie.
    other : int
        The cell of the other grid that it belongs to.
    pieces : sequence of Label
        What is written below, piece by piece; the last one when the entry appears.
    """

    corner: tuple[int, int]
    other: int
    pieces: Sequence[Label]


@dataclass(frozen=True)
class Weight:
    """A cell of the window: its row and column, its colour, and what it holds, if it has weights."""

    row: int
    column: int
    colour: str
    label: Label | None


@dataclass(frozen=True)
class Stage:
    """What moves over what.

    Attributes
    ----------
    title, alt : str
        Words, as those of a drawing.
    base, other : Cells
        What the window slides over, and the entries that its positions stand for.
    window : sequence of Weight
    moves : sequence of Move
    """

    title: str
    alt: str
    base: Cells
    other: Cells
    window: Sequence[Weight]
    moves: Sequence[Move]

    @property
    def _flat(self) -> bool:
        """Whether all stands in rows, with names on the left."""
        return self.base.shape[0] == self.other.shape[0] == 1

    @cached_property
    def _places(self) -> tuple[tuple[float, float], tuple[float, float], float]:
        """The corners of both grids, and where the first line of the sum stands."""
        if self._flat:
            left = MARGIN + 0.3 + FONT * max(grid.name.ems for grid in (self.base, self.other))
            return (left, MARGIN), (left, MARGIN + 1.4), MARGIN + 3.1
        across = MARGIN + self.base.shape[1] * self.base.width + _BETWEEN
        deep = MARGIN + _HEAD + max(self.base.shape[0], self.other.shape[0])
        return (MARGIN, MARGIN + _HEAD), (across, MARGIN + _HEAD), deep + 0.7

    @cached_property
    def lines(self) -> list[list[list[int]]]:
        """For each move the pieces of each line of its sum."""
        room = max(self._across, _WIDTH) - 2 * MARGIN
        found = []
        for move in self.moves:
            lines: list[list[int]] = [[]]
            width = 0.0
            for at, piece in enumerate(move.pieces):
                here = _TIGHT * FONT * piece.ems
                if lines[-1] and width + here > room:
                    lines.append([])
                    width = 0.0
                lines[-1].append(at)
                width += here
            found.append(lines)
        return found

    @property
    def _across(self) -> float:
        (left, _), (start, _), _ = self._places
        ends = left + self.base.shape[1] * self.base.width, start + self.other.shape[1] * self.other.width
        return max(ends) + MARGIN

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in user units."""
        rows = max(map(len, self.lines))
        return max(self._across, _WIDTH), round(self._places[2] + _LINE * (rows - 1) + 0.5, 3)

    def grounds(self) -> list[Mark]:
        """What never moves: names, cells, and labels that are always there."""
        marks: list[Mark] = []
        for grid, (left, top) in zip((self.base, self.other), self._places[:2], strict=True):
            rows, columns = grid.shape
            if self._flat:
                marks.append(Text(left - 0.2, top + 0.5, grid.name, "right"))
            else:
                marks.append(Text(left + columns * grid.width / 2, top - 0.4, grid.name))
            for at in range(rows * columns):
                x, y = round(left + at % columns * grid.width, 3), round(top + at // columns, 3)
                look = "padding" if grid.outside and grid.outside[at] else "entry"
                marks.append(Box(x, y, grid.width, 1, look))
            marks += [self.text(grid, one) for one in grid.labels if one.start is None and one.end is None]
        marks.sort(key=lambda mark: isinstance(mark, Text))
        return marks

    def text(self, grid: Cells, one: Timed) -> Text:
        """A label in its cell, a little above where a weight stands."""
        base, other, _ = self._places
        left, top = base if grid is self.base else other
        row, column = divmod(one.cell, grid.shape[1])
        size = one.label.size_within(grid.width)
        return Text(left + (column + 0.5) * grid.width, top + row + 0.47, one.label, size=size)

    def timed(self) -> list[tuple[Text, Timed]]:
        """What appears or goes."""
        return [
            (self.text(grid, one), one)
            for grid in (self.base, self.other)
            for one in grid.labels
            if one.start is not None or one.end is not None
        ]

    def weights(self) -> list[Mark]:
        """The window at the first row and column."""
        left, top = self._places[0]
        wide = self.base.width
        marks: list[Mark] = [
            Box(left + one.column * wide, top + one.row, wide, 1, "tap", one.colour) for one in self.window
        ]
        marks.sort(key=lambda mark: "" if isinstance(mark, Text) else mark.colour)
        for one in self.window:
            if one.label:
                x, y = left + (one.column + 1) * wide - 0.09, top + one.row + 0.8
                size = min(_SMALL, one.label.size_within(0.6 * wide))
                marks.append(Text(x, y, one.label, "right", size=size))
        return marks

    def frame(self) -> list[Mark]:
        """The frame around the entry that a position stands for, at the first one."""
        left, top = self._places[1]
        return [Box(left, top, self.other.width, 1, "block")]

    def shift(self, move: Move) -> tuple[float, float]:
        """How far the window of a move is from the first row and column."""
        return move.corner[1] * self.base.width, float(move.corner[0])

    def framed(self, move: Move) -> tuple[float, float]:
        """How far the frame of a move is from the first cell."""
        row, column = divmod(move.other, self.other.shape[1])
        return column * self.other.width, float(row)

    def places(self, at: int) -> list[tuple[float, float]]:
        """Where the lines of a sum begin."""
        return [(MARGIN, self._places[2] + _LINE * row) for row in range(len(self.lines[at]))]

    def at(self, move: int, pieces: int) -> list[Mark]:
        """Everything that is seen when so many pieces of a move are written."""
        here = self.moves[move]
        grounds = self.grounds()
        marks: list[Mark] = [mark for mark in grounds if not isinstance(mark, Text)]
        marks += _moved(self.weights(), *self.shift(here)) + _moved(self.frame(), *self.framed(here))
        marks += [mark for mark in grounds if isinstance(mark, Text)]
        done = move + int(pieces == len(here.pieces))
        for text, one in self.timed():
            if (one.start is None or one.start < done) and (one.end is None or done <= one.end):
                marks.append(text)
        for (x, y), line in zip(self.places(move), self.lines[move], strict=True):
            seen = [here.pieces[piece] for piece in line if piece < pieces]
            if seen:
                whole = Label("".join(one.latex for one in seen), "".join(one.text for one in seen))
                marks.append(Text(x, y, whole, "left"))
        return marks


def _moved(marks: Sequence[Mark], x: float, y: float) -> list[Mark]:
    return [replace(mark, x=mark.x + x, y=mark.y + y) for mark in marks if isinstance(mark, Box | Text)]
