"""Padding modes side by side: what each reads on the row of the example."""

from __future__ import annotations

from symconv.notes.model import Block, Maths, Prose, Table, Words
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.pattern import PADDING_MODES

_TOLD = {
    "zeros": "zeros",
    "circular": "the input again, from its other end",
    "reflect": "the input mirrored at its edge, the edge itself not repeated",
    "replicate": "the edge again",
}


def modes(sources: Sources, pen: Pen) -> list[Block]:
    """The table, for a convolution with padding; where it has zeros, only if there is room."""
    worked, spec = pen.worked, pen.worked.spec
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
        (f"What a window reads beyond the ends of {what}, by padding mode:",), spare=spare, detail=True
    )
    head: tuple[Words, ...] = (("mode",), ("before",), ("input",), ("after",), ("reads",))
    return [intro, Table(head, tuple(rows), spare=spare, detail=True)]
