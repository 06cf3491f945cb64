"""One position of the window, for frames: what lies on the input, the input, and the outputs so far."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TypeAlias

import numpy as np

from symconv.explicit.layout import Subject
from symconv.figures.colours import FAINT
from symconv.figures.drawing import FONT, Box, Disc, Drawing, Label, Mark, Text, extent, moved
from symconv.figures.lettering import plane_name, slice_name
from symconv.figures.window import Padded, windows

#: The size of letters and numbers, and the least width of a cell.
SIZE, CELL = 0.55, 1.0

#: The room between planes, between a kernel and what it lies on, and for a letter above a plane.
_GAP, _BETWEEN, _HEAD = 0.9, 0.45, 0.85

#: Labels of so many ems have room for larger letters, and take so much of it.
_FEW, _ROOM = 2.2, 0.95

_EMPTY = Label("", "")


@dataclass(frozen=True)
class Staged:
    """A drawing whose marks appear one after the other: for each the step from which it is seen."""

    drawing: Drawing
    steps: tuple[int, ...]

    @classmethod
    def of(cls, title: str, marks: Iterable[tuple[Mark, int]], alt: str) -> Staged:
        """A drawing as large as all of its marks."""
        drawn, steps = zip(*marks, strict=True)
        return cls(Drawing.of("scene", title, drawn, alt), tuple(steps))


def enlarged(drawing: Drawing) -> Staged:
    """A figure for a frame: its letters as large as there is room, no names on edges, no head of a legend."""
    kept = [mark for mark in drawing.marks if not (isinstance(mark, Text) and _spare(mark))]
    marks = [large for mark in kept for large in _large(mark)]
    apart = [_apart(mark, marks) for mark in _legend(marks)]
    found = replace(drawing, marks=tuple(marks))
    if apart != marks:
        found = Drawing.of(drawing.name, drawing.title, apart, drawing.alt)
    return Staged(found, (1,) * len(marks))


def _legend(marks: Sequence[Mark]) -> list[Mark]:
    """Marks, the names in a legend of one column as large as other letters: there is room beside them."""
    named = [mark for mark in marks if isinstance(mark, Text) and mark.anchor == "left"]
    if len({name.x for name in named}) != 1:
        return list(marks)
    return [replace(mark, size=SIZE) if mark in named and isinstance(mark, Text) else mark for mark in marks]


def _apart(mark: Mark, marks: Sequence[Mark]) -> Mark:
    """A mark; words that run upwards are moved to the left as far as they would touch larger letters."""
    if not isinstance(mark, Text) or mark.upright:
        return mark
    _, top, right, bottom = extent(mark)
    beside = [extent(m) for m in marks if isinstance(m, Text) and m.upright and m.x > mark.x]
    lefts = [left for left, high, _, low in beside if high < bottom and low > top]
    return moved(mark, min(0.0, min(lefts, default=right) - right), 0)


def bare(drawing: Drawing, *, lettered: bool = False) -> Staged:
    """The cells of a figure alone, which show at any size where weights lie, or also which."""
    cells = [mark for mark in drawing.marks if isinstance(mark, Box)]
    marks = [replace(cell, most=SIZE) if lettered else replace(cell, label=None) for cell in cells]
    found = Drawing.of(drawing.name, drawing.title, marks, drawing.alt)
    return Staged(found, (1,) * len(marks))


def _spare(text: Text) -> bool:
    return text.backed or (text.anchor == "left" and not text.label.latex.count("$"))


def _large(mark: Mark) -> list[Mark]:
    """A mark with larger letters, where they are few; those of a disc take all of its width."""
    if isinstance(mark, Text) and "$" not in mark.label.latex:
        return [replace(mark, size=SIZE)]
    if isinstance(mark, Text) and mark.upright and mark.size >= FONT and mark.label.ems <= _FEW:
        return [replace(mark, size=max(FONT, mark.label.size_within(_ROOM, most=SIZE)))]
    if isinstance(mark, Box):
        return [replace(mark, most=SIZE)]
    if isinstance(mark, Disc) and mark.label:
        size = mark.label.size_within(2.1 * mark.radius, most=SIZE)
        return [replace(mark, label=None), Text(mark.x, mark.y, mark.label, size=size)]
    return [mark]


@dataclass(frozen=True)
class Scene:
    """What is seen at one position.

    Attributes
    ----------
    subject : Subject
    colours : sequence of str
        The colour of each tap.
    at : int
        The output; of a transposed layer the input.
    base : sequence of Label
        What the window lies on: the entries of the input; of a transposed layer the outputs so far.
    around : Label
        What stands in a padding that reads no input.
    lying : mapping of int to Label
        What each tap brings; empty where no weights are seen.
    others : sequence of Label
        The outputs, empty where they are not computed yet; of a transposed layer the inputs.
    steps : mapping of int to int
        From which step a tap has been used.
    last : int
        From which step the result is seen.
    chosen : collection of int
        Entries that stand out in the last step, as those that a maximum selects.
    headed : bool
        Whether the letter of the kernel stands above it, where it lies beside the input.
    """

    subject: Subject
    colours: Sequence[str]
    at: int
    base: Sequence[Label]
    around: Label
    lying: Mapping[int, Label]
    others: Sequence[Label]
    steps: Mapping[int, int]
    last: int
    chosen: Collection[int] = ()
    headed: bool = False

    def drawn(self) -> Staged:
        """The picture."""
        marks = self._strips() if len(self.subject.spec.axes) == 1 else self._grids()
        return Staged.of("The window at one position", marks, "")

    @property
    def _role(self) -> str:
        return self.subject.spec.dependent_role

    def _planes(self) -> list[tuple[tuple[int, ...], list[list[_Place]]]]:
        """The rows and columns that the window lies on, one plane for each set of the outer indices."""
        padded = Padded.of(self.subject, self._role)
        row = windows(self.subject, self._role, padded)[self.at]
        inner = padded.shape[-min(2, len(self.subject.spec.axes)) :]
        outer = padded.shape[: len(padded.shape) - len(inner)]
        size, width = prod(inner), inner[-1]
        planes = []
        for plane in range(prod(outer)):
            places = range(plane * size, (plane + 1) * size)
            if not any(place in row and padded.stands[place] >= 0 for place in places):
                continue
            cells = [
                _Place(int(padded.stands[place]), bool(padded.outside[place]), (row.get(place) or [-1])[0])
                for place in places
            ]
            lines = [cells[at : at + width] for at in range(0, size, width)]
            planes.append((tuple(map(int, np.unravel_index(plane, outer))) if outer else (), lines))
        return planes

    def _seen(self, place: _Place) -> Label:
        return self.base[place.stands] if place.stands >= 0 else self.around

    def _width(self, planes: Sequence[tuple[tuple[int, ...], list[list[_Place]]]]) -> float:
        """Cells are as wide as the widest of their labels needs."""
        labels = [
            *self.lying.values(),
            *(self._seen(p) for _, lines in planes for line in lines for p in line),
        ]
        return max(CELL, *(0.25 + SIZE * one.ems for one in labels))

    def _box(self, place: _Place, x: float, y: float, width: float) -> list[tuple[Mark, int]]:
        """A place of the window or beside it, and what stands there."""
        look = "padding" if place.outside else "entry"
        colour = FAINT if place.outside else "black"
        if place.tap >= 0 and (not self.lying or len(self.subject.spec.axes) > 1):
            look, colour = "padded tap" if place.outside else "tap", self.colours[place.tap]
        return _cell(x, y, width, look, colour, self._seen(place))

    def _strips(self) -> list[tuple[Mark, int]]:
        """Along one axis: the kernel directly above what it lies on, and the results below.

        Of a transposed layer the input stands above its kernel.
        """
        planes = self._planes()
        width, high = self._width(planes), 2.0 if self.lying else 1.0
        marks: list[tuple[Mark, int]] = []
        later: list[tuple[Mark, int]] = []
        top = 0.0 if self._role == "input" else 1.8
        for outer, (line,) in planes:
            below = top + high - 1
            marks.append(
                (Text(-0.25, below + 0.5, plane_name(self.subject, self._role, outer), "right", SIZE), 1)
            )
            for c, place in enumerate(line):
                x = c * width
                marks += self._box(place, x, below, width)
                if place.tap < 0:
                    continue
                if self.lying:
                    marks += _cell(x, top, width, "tap", self.colours[place.tap], self.lying[place.tap])
                if place.tap in self.steps and place.stands >= 0:
                    later.append((Box(x, top, width, high, "block"), self.steps[place.tap]))
                if place.stands in self.chosen:
                    later.append((Box(x, top, width, high, "block"), self.last))
            top += high + 0.5
        below = top + 0.3 if self._role == "input" else 0.0
        return [*marks, *later, *self._results(0.0, below, below=True)]

    def _grids(self) -> list[tuple[Mark, int]]:
        """Over several axes: the kernel beside what it lies on, and the results on the right.

        Of a transposed layer the input stands on the left of its kernel.
        """
        planes = self._planes()
        width = self._width(planes)
        marks: list[tuple[Mark, int]] = []
        later: list[tuple[Mark, int]] = []
        results = [] if self._role == "input" else self._results(0.0, 0.0, below=False)
        left = max((extent(mark)[2] + _GAP for mark, _ in results), default=0.0)
        for outer, lines in planes:
            met = [(r, c, p) for r, line in enumerate(lines) for c, p in enumerate(line) if p.tap >= 0]
            rows, columns = sorted({r for r, _, _ in met}), sorted({c for _, c, _ in met})
            if self.lying:
                for r, c, place in met:
                    x, y = left + columns.index(c) * width, float(rows.index(r))
                    marks += _cell(x, y, width, "tap", self.colours[place.tap], self.lying[place.tap])
                    if place.tap in self.steps and place.stands >= 0:
                        later.append((Box(x, y, width, 1, "block"), self.steps[place.tap]))
                if self.headed:
                    middle = left + len(columns) * width / 2
                    marks.append((Text(middle, -0.45, slice_name(self.subject, met[0][2].tap), size=SIZE), 1))
                left += len(columns) * width + _BETWEEN
            marks.append(
                (
                    Text(
                        left + len(lines[0]) * width / 2,
                        -0.45,
                        plane_name(self.subject, self._role, outer),
                        size=SIZE,
                    ),
                    1,
                )
            )
            for r, line in enumerate(lines):
                for c, place in enumerate(line):
                    x = left + c * width
                    marks += self._box(place, x, r, width)
                    if place.tap in self.steps and place.stands >= 0:
                        later.append((Box(x, r, width, 1, "block"), self.steps[place.tap]))
                    if place.tap >= 0 and place.stands in self.chosen:
                        later.append((Box(x, r, width, 1, "block"), self.last))
            left += len(lines[0]) * width + _GAP
        # Bare places first, then weights, and what stands in them last.
        marks.sort(key=lambda staged: _layer(staged[0]))
        return [*marks, *later, *(results or self._results(left, 0.0, below=False))]

    def _results(self, left: float, top: float, *, below: bool) -> list[tuple[Mark, int]]:
        """The plane of the other role that this position belongs to."""
        role = "output" if self._role == "input" else "input"
        shape = self.subject.shape(role)
        inner = shape[-min(2, len(self.subject.spec.axes)) :]
        size, columns = prod(inner), inner[-1]
        plane, here = divmod(self.at, size)
        outer = shape[: len(shape) - len(inner)]
        name = plane_name(
            self.subject, role, tuple(map(int, np.unravel_index(plane, outer))) if outer else ()
        )
        labels = self.others[plane * size : (plane + 1) * size]
        width = max(CELL, *(0.25 + SIZE * one.ems for one in labels))
        found: list[tuple[Mark, int]] = []
        if below:
            found.append((Text(-0.25, top + 0.5, name, "right", SIZE), 1))
        else:
            found.append((Text(left + columns * width / 2, -0.45, name, size=SIZE), 1))
        early = 1 if role == "input" else self.last
        for at, one in enumerate(labels):
            r, c = divmod(at, columns)
            x, y = left + c * width, top + r
            found.append((Box(x, y, width, 1, "entry", FAINT), 1))
            known = 1 if at != here else early
            if one.latex:
                found.append((Text(x + width / 2, y + 0.5, one, size=SIZE), known))
        r, c = divmod(here, columns)
        return [*found, (Box(left + c * width, top + r, width, 1, "block"), 1)]


@dataclass(frozen=True)
class _Place:
    """What stands at a place, -1 for nothing; whether it is padding; which tap lies on it, -1 for none."""

    stands: int
    outside: bool
    tap: int


def _layer(mark: Mark) -> int:
    """Which marks lie on top of which."""
    return 2 if isinstance(mark, Text) else int(isinstance(mark, Box) and "tap" in mark.look)


def _cell(x: float, y: float, width: float, look: str, colour: str, told: Label) -> list[tuple[Mark, int]]:
    found: list[tuple[Mark, int]] = [(Box(x, y, width, 1, look, colour), 1)]
    return [*found, (Text(x + width / 2, y + 0.5, told, size=SIZE), 1)] if told.latex else found


#: An operand cell by cell: its letter, and lines of labels with their colours.
Lettered: TypeAlias = tuple[Label, Sequence[Sequence[tuple[Label, str]]]]


def operands(rows: Sequence[Lettered], *, beside: bool) -> Staged:
    """Operands cell by cell, each with its letter; an entry has its colour, or none for plain ones."""
    marks: list[tuple[Mark, int]] = []
    left = top = deep = 0.0
    for name, lines in rows:
        width = max(CELL, *(0.25 + SIZE * told.ems for line in lines for told, _ in line))
        wide = len(lines[0]) * width
        if beside and left and left + wide > 26:
            left, top, deep = 0.0, top + deep + _HEAD + 0.3, 0.0
        if beside:
            marks.append((Text(left + wide / 2, top - 0.45, name, size=SIZE), 1))
        else:
            marks.append((Text(-0.25, top + 0.5, name, "right", SIZE), 1))
        for r, line in enumerate(lines):
            for c, (told, colour) in enumerate(line):
                look = "tap" if colour else "entry"
                marks += _cell(left + c * width, top + r, width, look, colour or "black", told)
        deep = max(deep, float(len(lines)))
        if beside:
            left += wide + _GAP
        else:
            top += len(lines) + 0.5
    return Staged.of("The operands", marks, "")
