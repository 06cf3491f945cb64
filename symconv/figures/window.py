"""The window sliding over the padded input: a strip or a panel an output, its cells named by the taps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from symconv.explicit.layout import Subject
from symconv.figures.colours import FAINT
from symconv.figures.drawing import FONT, Box, Drawing, Label, Mark, Text, cell_width
from symconv.figures.lettering import Lettering, Tap, label
from symconv.figures.matrices import cells_of, stacked
from symconv.figures.words import Rows, places_in_words, rows_in_words, selections_in_words, sides_in_words
from symconv.pattern import Indices

_ZERO, _EMPTY = Label("$0$", "0"), Label("", "")

#: Panels side by side, in user units at the most.
_LINE = 28.0

#: What a window slides over, and what it belongs to: a transposed layer writes where others read.
_OTHER = {"input": "output", "output": "input"}


@dataclass(frozen=True)
class Padded:
    """The places that a window slides over, flat and row-major."""

    shape: tuple[int, ...]
    stands: Indices  # the entry that stands at each place; -1 for none
    outside: Any  # which places are padding
    around: tuple[tuple[int, int], ...]  # how many lie before and after the entries of each axis

    @classmethod
    def of(cls, subject: Subject, role: str) -> Padded:
        """The places of a role, those in the padding filled as the padding mode says."""
        shape: list[int] = []
        around: list[tuple[int, int]] = []
        stands: Indices = np.zeros(1, dtype=np.int64)
        outside = np.zeros(1, dtype=bool)
        for relation in subject.symbols.pattern.relations:
            for extent in map(int, relation.extents[role]):
                places = here = np.arange(extent)
                if relation.spatial:
                    # Output padding restores some of what is cut off at the end.
                    restored = relation.geometry.get("output_padding", 0)
                    before, after = (int(relation.geometry[side]) for side in ("before", "after"))
                    around.append((before, max(0, after - int(restored))))
                    places = np.arange(-before, extent + around[-1][1])
                    here = relation.fill.place(places, extent)
                empty = (stands[:, None] < 0) | (here < 0) | (here >= extent)
                stands = np.where(empty, -1, stands[:, None] * extent + here).ravel()
                outside = (outside[:, None] | (places < 0) | (places >= extent)).ravel()
                shape.append(len(places))
        return cls(tuple(shape), stands, outside, tuple(around))

    def plane(self, axes: int) -> tuple[int, int]:
        """The rows and columns of a plane along the last of so many axes."""
        return (self.shape[-2] if axes > 1 else 1), self.shape[-1]


def window(subject: Subject) -> Drawing:
    """What each output reads of the padded input; of a transposed layer, what each input writes to."""
    letters, role = Lettering.of(subject), subject.spec.dependent_role
    padded = Padded.of(subject, role)
    sides = letters.inputs, letters.outputs
    seen, seeing = sides if role == "input" else sides[::-1]
    # A maximum passes by its padding, in which then no zeros stand.
    around = _ZERO if role == "input" and letters.tied else _EMPTY
    named = [seen[at] if at >= 0 else around for at in padded.stands.tolist()]
    rows = windows(subject, role, padded)
    whole = label(lambda form: form.letter(getattr(subject.notation, role)))
    looks = (("entry", "black"), ("padding", FAINT))
    entries = zip(named, padded.outside.tolist(), strict=True)
    panels = [(whole, [[Box(0, 0, 1, 1, *looks[outside], name)] for name, outside in entries])]
    panels += [(name, _window(padded, row, letters.taps)) for name, row in zip(seeing, rows, strict=True)]
    side_by_side = subject.symbols.pattern.extents[_OTHER[role]]
    return Drawing.of(
        "window",
        "Sliding window" if role == "input" else "Window that each input writes to",
        _arranged(padded.shape, panels, int(side_by_side[-1]) if side_by_side else 1, role),
        _in_words(subject, letters, padded, named, seeing, rows),
    )


def windows(subject: Subject, role: str, padded: Padded) -> list[dict[int, list[int]]]:
    """The taps of each window by the places at which they lie, padding too."""
    incidence = subject.symbols.pattern.padded().incidence()
    cells = cells_of(incidence if role == "input" else incidence.exchanged())
    rows: list[dict[int, list[int]]] = [{} for _ in range(incidence.size(_OTHER[role]))]
    for (row, place), taps in cells.items():
        # The last places of an axis, which no window sees, are not drawn.
        at = np.unravel_index(place, incidence.shape[role])
        rows[row][int(np.ravel_multi_index(at, padded.shape)) if padded.shape else place] = taps
    return rows


def _window(padded: Padded, row: dict[int, list[int]], taps: Sequence[Tap]) -> list[list[Box]]:
    """The taps of one window at their places, and the bare places around them."""
    boxes: list[list[Box]] = []
    for place, outside in enumerate(padded.outside.tolist()):
        look, bare = ("padded tap", "padding") if outside else ("tap", "absent")
        met = stacked(0, 0, 1, look, [taps[tap] for tap in row.get(place, [])])
        boxes.append(met or [Box(0, 0, 1, 1, bare, FAINT)])
    return boxes


def _arranged(
    shape: tuple[int, ...], panels: Sequence[tuple[Label, list[list[Box]]]], abreast: int, role: str
) -> list[Mark]:
    """Strips one below the other; panels of several rows side by side, as the outputs are.

    The first is of what is seen: it stands above the others, or an input on their left where there is room.
    """
    columns = shape[-1] if shape else 1
    wide = cell_width(b.label for _, places in panels for boxes in places for b in boxes if b.label)
    lines = prod(shape[:-1])
    margin = 0.5 + FONT * max(name.ems for name, _ in panels)
    strips = lines == 1
    # A little room parts the planes of an input that has more than rows and columns.
    plane = shape[-2] if len(shape) > 2 else lines
    deep = lines + 0.3 * (lines // plane - 1)
    step_x, step_y = wide * columns + 0.6, deep + (0.25 if strips else 1.15)
    abreast = 1 if strips else max(1, min(abreast, int(_LINE // step_x)))
    aside = role == "input" and not strips and len(panels) > abreast + 1 and (abreast + 1) * step_x <= _LINE
    marks: list[Mark] = []
    cells: list[Box] = []
    for at, (name, places) in enumerate(panels):
        line, column = divmod(at - 1, abreast) if at else (0, -1) if aside else (-1, 0)
        left = (column + aside) * step_x + (margin if strips else 0.15)
        top = (line + 1 - aside) * step_y + (0.15 if strips else 0.95) + (0.35 if at and strips else 0)
        beside, above = (margin - 0.2, top + 0.5), (left + wide * columns / 2, top - 0.4)
        marks.append(Text(*beside, name, "right") if strips else Text(*above, name))
        for place, boxes in enumerate(places):
            r, c = divmod(place, columns)
            y = top + r + 0.3 * (r // plane)
            cells += [replace(box, x=left + wide * c, y=y + box.y, width=wide) for box in boxes]
    # Bare places first, so that no pale outline covers that of a weight.
    cells.sort(key=lambda box: "tap" in box.look)
    return [*marks, *cells]


def _in_words(
    subject: Subject, letters: Lettering, padded: Padded, named: Sequence[Label], seeing: Sequence[Label],
    rows: Sequence[dict[int, list[int]]],
) -> str:  # fmt: skip
    role = subject.spec.dependent_role
    what, noun, verb = _PADDING if role == "input" else _CROPPING
    places = [
        f"{what} {name.text}".strip() if outside else name.text
        for name, outside in zip(named, padded.outside.tolist(), strict=True)
    ]
    seen: Rows = [[(places[at], row[at]) for at in sorted(row)] for row in rows]
    pattern = subject.symbols.pattern
    nouns = [_NOUNS.get(letter, "place") for letter in pattern.letters[role]]
    whole = places_in_words(list(zip(nouns, map(int, pattern.extents[role]), strict=True)))
    around = sides_in_words(padded.around, noun)
    shown = f"The {role} of {whole}{around}; below it, the positions that each {_OTHER[role]} {verb}."
    sentences = [shown, selections_in_words(letters, "Cells"), rows_in_words(letters, seeing, seen)]
    return " ".join(filter(None, sentences))


#: What lies around the entries, what one of them is called, and what a window does.
_PADDING = ("padding", "padded position", "reads")
_CROPPING = ("cropping", "cropped position", "writes to")

#: What is counted by an index, other than places.
_NOUNS = {"batch_index": "sample", "input_channel_index": "channel", "output_channel_index": "channel"}
