"""Frames of the matrix: its rows one by one, its zeros and ties, what it shows of a kind of layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet, shown
from symconv.notes.figured import HALF_FRAME, framed
from symconv.notes.matrices import blocks, counts, listing, product
from symconv.notes.matrix_pairs import other_input, partner
from symconv.notes.model import Block, Display, Frame, Heading, Maths, Piece, Prose, Stacked, Table, Words
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.notes.talk.positions import bias_letter
from symconv.notes.talk.short import Short
from symconv.notes.worked import Costs
from symconv.printing.display import Grid, Row
from symconv.printing.latex import Latex
from symconv.printing.targets import target_of

#: A matrix on a frame has so many rows, and so many characters across.
ROWS, ROOM = 9, 60

#: What it acts on stands beside it while it is no taller than this.
TALL = 8


def matrix(sources: Sources, pen: Pen) -> list[Frame]:
    """The rows of the matrix one by one, its constraints, and what it shows of this kind."""
    frames = [Frame("The rows, stacked", ((Prose(_rows_told(pen)),), (_stacked(pen),)))]
    frames.append(Frame("Zeros and shared weights", _constraints(sources, pen)))
    return [*frames, *_of_kind(sources, pen)]


def _of_kind(sources: Sources, pen: Pen) -> list[Frame]:
    """What the matrix shows of this kind: its partner, another input's, or its blocks."""
    spec, kind = pen.worked.spec, kinds.kind(pen.worked.spec)
    if kind == "transposed" and (found := partner(sources, pen)):
        return [_of_blocks("A convolution, transposed", found)]
    if kind == "maximum" and (found := other_input(sources, pen)):
        return [_of_blocks("The matrix depends on the input", found)]
    several = any(relation.count("output") > 1 for relation in spec.tied.relations[:-1])
    if not several or not spec.kernel.shared or not (found := blocks(sources, pen)):
        return []
    if any(isinstance(block, Display) for block in found):
        return [_of_blocks("Blocks", found)]
    seen = _channels(sources, pen) or framed(sources, "blocks", lettered=False)
    return [Frame("Blocks", tuple((piece,) for piece in [*found, *seen]))] if seen else []


def _of_blocks(title: str, found: Sequence[Block]) -> Frame:
    """A frame of what the notes tell, long equations cut short."""
    pieces = [block for block in found if not isinstance(block, Heading)]
    short = [replace(p, item=Short(p.item)) if isinstance(p, Display) else p for p in pieces]
    return Frame(title, tuple((piece,) for piece in short))


def _rows_told(pen: Pen) -> Words:
    vec = f" {told}." if (told := listing(pen)) else ""
    if kinds.kind(pen.worked.spec) == "maximum":
        text = "{product}: each row of the matrix {matrix} has a single 1, at the winner of one window."
        return pen.say(f"{text}{vec}", product=pen(equated))
    bias = ", plus the bias" if pen.worked.spec.bias else ""
    text = "Every output is a weighted sum of the inputs, so it is a row of a matrix {matrix} times {x}"
    text += f"{bias}: {{product}}.{vec}"
    return pen.say(text, x=pen(_inputs), product=pen(equated))


def _inputs(s: Sheet) -> str:
    return s.whole_letter("input")


def equated(s: Sheet) -> str:
    """The outputs as the matrix times the inputs, and the bias."""
    return f"{s.whole_letter('output')} = {product(s)}"


def _stacked(pen: Pen) -> Stacked:
    """The matrix of the example: in letters where they are narrow."""
    worked = pen.worked
    rows, columns = worked.explicit.shape("matrix")
    letters = worked.spec.kernel.learned and len(worked.shape("tap")) == 1 and columns <= 10
    kept, sheets = shown(rows, ROWS), (pen.sheet(Latex()).named(), pen.sheet(target_of("text")).named())
    cells = [r * columns + c for r in kept if r is not None for c in range(columns)]
    latex, text = ((s, s.written_entries("matrix", cells, not letters)) for s in sheets)
    across = _columns(*latex, kept, columns)

    def cell(r: int | None, c: int | None) -> Maths:
        return Maths(_entry(*latex, columns, r, c), _entry(*text, columns, r, c))

    down = Maths(Latex.down, "...")
    left = tuple(down if at is None else pen.output(at) for at in kept)
    right = tuple(pen.input(j) for j in range(columns)) if columns <= TALL else (pen(_inputs),)
    shown_rows = tuple(tuple(cell(r, c) for c in across) for r in kept)
    if not worked.spec.bias:
        return Stacked(left, shown_rows, right)
    added = tuple(down if at is None else pen(partial(bias_letter, pen, at)) for at in kept)
    return Stacked(left, shown_rows, right, added)


def _columns(
    s: Sheet, found: Mapping[int, str], kept: Sequence[int | None], columns: int
) -> Sequence[int | None]:
    """The columns that a frame has room for."""
    for most in range(columns, 3, -1):
        keep = shown(columns, most)
        widths = (max(s.form.width(_entry(s, found, columns, r, c)) for r in kept) for c in keep)
        if sum(width + 2 for width in widths) <= ROOM:
            return keep
    return shown(columns, 3)


def _entry(s: Sheet, found: Mapping[int, str], columns: int, r: int | None, c: int | None) -> str:
    if r is None or c is None:
        return s.form.down if c is not None else s.form.across if r is not None else s.form.diagonal
    return found.get(r * columns + c, "0")


def _constraints(sources: Sources, pen: Pen) -> tuple[tuple[Piece, ...], ...]:
    """The counts, and the matrix and the network side by side where they can be read."""
    pictures = [found for name in ("band", "network") for found in framed(sources, name, HALF_FRAME)]
    pictures = pictures or framed(sources, "band") or framed(sources, "band", lettered=False)
    told: tuple[Piece, ...] = (Prose(counts(sources, pen, brief=True)),)
    return (told, tuple(pictures)) if pictures else (told, (_numbers_of(sources),))


def _channels(sources: Sources, pen: Pen) -> list[Piece]:
    """The matrix of several channels, a block for each pair of them."""
    relations = [r for r in sources.example.spec.tied.relations if "in_channels" in r.geometry]
    if not relations:
        return []
    (relation,) = relations
    rows, columns = relation.count("output"), relation.count("input")
    index = relation.incidence().index
    held = set(zip(index["output"].tolist(), index["input"].tolist(), strict=True))
    base = pen.worked.spec.notation.base

    def build(s: Sheet) -> list[Row | None]:
        form, letter = s.form, s.notation.matrix

        def block(r: int, c: int) -> str:
            return form.indexed(letter, r + base, c + base) if (r, c) in held else "0"

        grid = Grid(tuple(tuple(block(r, c) for c in range(columns)) for r in range(rows)))
        return [Row(form.letter(letter), (grid,))]

    return [pen.shown(build, "channels")]


def _numbers_of(sources: Sources) -> Table:
    """How many entries the matrix of the example has, and of which kinds."""
    costs = Costs.of(sources.example.spec)
    head: tuple[Words, ...] = (("outputs",), ("inputs",), ("entries",), ("zeros",), ("different weights",))
    row = (costs.outputs, costs.inputs, costs.dense, costs.dense - costs.nonzeros, costs.weights)
    return Table(head, (tuple((f"{count:,}",) for count in row),))
