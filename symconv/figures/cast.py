"""What stands on the stage of an animation: grids of cells, filters that lie on them, and moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from symconv.figures.drawing import Box, Label, Text


@dataclass(frozen=True)
class Timed:
    """A label in a cell, from the end of one move to the end of another; ``None`` for always."""

    cell: int
    label: Label
    start: int | None = None
    end: int | None = None

    def seen(self, done: int) -> bool:
        """Whether it is there after so many moves."""
        return (self.start is None or self.start < done) and (self.end is None or done <= self.end)


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


@dataclass(frozen=True)
class Move:
    """One position of the window.

    Attributes
    ----------
    corner : (int, int)
        The row and column where its first row and column lie, on every plane.
    other : (int, int)
        The plane of the others, and the cell of it, that it belongs to.
    filter : int
        Which of the filters lies there.
    pieces : sequence of Label
        What is written below, piece by piece; the last one when the entry appears.
    breaks : sequence of int
        The pieces that begin what belongs to another plane.
    """

    corner: tuple[int, int]
    other: tuple[int, int]
    filter: int
    pieces: Sequence[Label]
    breaks: Sequence[int] = ()


@dataclass(frozen=True)
class Weight:
    """A cell of the window: its row and column, its colour, and what it holds, if it has weights."""

    row: int
    column: int
    colour: str
    label: Label | None


@dataclass(frozen=True)
class Filter:
    """The weights that lie on all planes at the same time.

    Attributes
    ----------
    windows : mapping of int to sequence of Weight
        What lies on each plane; planes that are left out are dim meanwhile.
    names : mapping of int to Label
        What is written above the slice beside each plane; empty where there are no slices.
    bias : Label, optional
        What is written below the slices.
    """

    windows: Mapping[int, Sequence[Weight]]
    names: Mapping[int, Label] = field(default_factory=dict)
    bias: Label | None = None

    @property
    def said(self) -> list[Label]:
        """What is written beside the cells of the slices."""
        return [*self.names.values(), *([self.bias] if self.bias else [])]

    def slice(self, plane: int) -> list[Weight]:
        """The weights that lie on a plane without the gaps that a dilation leaves."""
        here = self.windows[plane]
        rows, columns = (sorted({getattr(one, side) for one in here}) for side in ("row", "column"))
        return [replace(one, row=rows.index(one.row), column=columns.index(one.column)) for one in here]


@dataclass(frozen=True)
class Grid:
    """Cells, where their first one lies, and how wide each is."""

    cells: Cells
    left: float
    top: float
    width: float

    @property
    def right(self) -> float:
        return self.left + self.cells.shape[1] * self.width

    def text(self, one: Timed) -> Text:
        """A label in its cell, a little above where a weight stands."""
        row, column = divmod(one.cell, self.cells.shape[1])
        size = one.label.size_within(self.width)
        return Text(self.left + (column + 0.5) * self.width, self.top + row + 0.47, one.label, size=size)

    def boxes(self) -> list[Box]:
        """The cells."""
        rows, columns = self.cells.shape
        found = []
        for at in range(rows * columns):
            x, y = round(self.left + at % columns * self.width, 3), round(self.top + at // columns, 3)
            look = "padding" if self.cells.outside and self.cells.outside[at] else "entry"
            found.append(Box(x, y, self.width, 1, look))
        return found
