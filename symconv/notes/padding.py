"""Padding: what stands beyond the ends of the input, and what windows read there in each padding mode."""

from __future__ import annotations

import symconv.notes.kinds as kinds
from symconv.notes.model import Block, Maths, Prose, Table, Words
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.pattern import PADDING_MODES
from symconv.printing.english import counted, per_axis

_TOLD = {
    "zeros": "zeros",
    "circular": "the input again, from the other end",
    "reflect": "the input, mirrored at its edge without repeating the edge entry",
    "replicate": "the edge entry, repeated",
}

#: What is done with the input, by padding mode; and what comes of it in the table.
_DONE = {
    "zeros": "Pad {input} with {zeros}{pictured}.",
    "circular": "Continue {input} periodically by {places}{pictured}.",
    "reflect": "Extend {input} by {places}, mirroring it at its ends{pictured}.",
    "replicate": "Extend {input} by {places}, repeating the edge entry{pictured}.",
}
_IGNORED = "Windows may reach over the edge of {input} by {places}{pictured}; these positions are ignored."

#: What stands around the input of a maximum.
LEAST = Maths(r"-\infty", "-∞")
_NEVER_KEPT = "Pad {input} by {places} with {least}{pictured}, which is never kept."


def padded(pen: Pen, pictured: bool, *, left_out: bool = True) -> list[Words]:
    """How far the input is padded, with what, and which of it the table leaves out."""
    spec = pen.worked.spec
    sides = [(int(a.geometry.get("before", 0)), int(a.geometry.get("after", 0))) for a in spec.tied_axes]
    if spec.transposed or not any(map(any, sides)):
        return []
    dashed = " (dashed in the picture)" if pictured else ""
    if not spec.kernel.learned:
        counts = kinds.kind(spec) == "average" and not _left_out(pen)
        largest = kinds.kind(spec) == "maximum"
        text = _DONE["zeros"] if counts else _NEVER_KEPT if largest else _IGNORED
        text += " These zeros count in the mean." if counts else ""
    else:
        text = _DONE[spec.padding_mode]
        if spec.padding_mode == "zeros" and left_out:
            pale = ", pale in the picture," if pictured else ""
            text += f" Products with these zeros{pale} are left out of the table."
    each = "each channel of {input}" if kinds.channelled(spec) else "{input}"
    text = text.replace("{input}", each).replace("{zeros}", _around(sides, "zero"))
    text = text.replace("{places}", _around(sides, "place")).replace("{pictured}", dashed)
    return [pen.say(text, least=LEAST)]


def _left_out(pen: Pen) -> bool:
    """Whether a mean leaves out what lies in the padding: then its divisor changes from window to window."""
    return len({p.weight for position in pen.worked.positions for p in position.products}) > 1


def _around(sides: list[tuple[int, int]], noun: str) -> str:
    """How much stands before and after, along each axis."""
    return per_axis([beside(*pair, noun) for pair in sides], " along each axis")


def beside(before: int, after: int, noun: str) -> str:
    """How much stands before and after, along one axis.

    >>> beside(2, 2, "zero"), beside(2, 1, "zero")
    ('2 zeros on each side', '2 zeros at the beginning and 1 zero at the end')
    """
    if not before + after:
        return ""
    if before == after:
        return f"{counted(before, noun)} on each side"
    told = [
        f"{counted(n, noun)} {side}" for n, side in ((before, "at the beginning"), (after, "at the end")) if n
    ]
    return " and ".join(told)


def modes(sources: Sources, pen: Pen, section: str = "") -> list[Block]:
    """The table, for a convolution with padding: of zeros where sizes are told, and only if there is room."""
    worked, spec = pen.worked, pen.worked.spec
    if section and section != ("size" if spec.padding_mode == "zeros" else "numbers"):
        return []
    axis = spec.tied_axes[-1]
    before, after = (int(axis.geometry.get(side, 0)) for side in ("before", "after"))
    if spec.transposed or not spec.kernel.learned or not before + after:
        return []
    size = int(axis.geometry["input_size"])
    row = worked.inputs[:size]
    rows: list[tuple[Words, ...]] = []
    for name, mode in PADDING_MODES.items():
        if mode.slack is not None and max(before, after) > size - mode.slack:
            continue
        found = [int(mode.place(at, size)) for at in range(-before, size + after)]
        values = [pen.number(row[at]) if 0 <= at < size else pen(lambda s: "0") for at in found]
        sides = (values[:before], values[before : before + size], values[before + size :])
        cells: list[Words] = []
        for side in sides:
            cell: list[str | Maths] = []
            for at, value in enumerate(side):
                cell += [", ", value] if at else [value]
            cells.append(tuple(cell))
        chosen = " (this layer)" if name == spec.padding_mode else ""
        rows.append(((f"{name}{chosen}",), *cells, (_TOLD[name],)))
    spare = 2 if spec.padding_mode == "zeros" else 0
    what = "the input" if len(worked.shape("input")) == 1 else "the first row of the input"
    intro = Prose(
        (f"What a window reads beyond the ends of {what}, in each padding mode:",), spare=spare, detail=True
    )
    head: tuple[Words, ...] = (("mode",), ("before",), ("input",), ("after",), ("what it reads there",))
    return [intro, Table(head, tuple(rows), spare=spare, detail=True, close=True)]
