"""Frames of the numbers: the operands, the positions, all sums, the formula, the output size."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet
from symconv.notes.figured import clear
from symconv.notes.formulas import formulas
from symconv.notes.model import Display, Frame, Heading, Piece, Points, Prose, Table, Words, plain
from symconv.notes.numbers import applied, defined, sizes, small
from symconv.notes.numbers import positions as table
from symconv.notes.padding import modes, padded
from symconv.notes.pieces import Pen, channel_letters
from symconv.notes.reflected import Reflection
from symconv.notes.sizes import size
from symconv.notes.source import Sources
from symconv.notes.talk.positions import instruction, positions, setting
from symconv.notes.talk.short import OnLine, Short, height
from symconv.printing.letters import on_axis

#: A table of more characters goes without its last column.
WIDEST = 92

#: Below a formula of more lines only the definitions have room.
HIGHEST = 4


def numbers(sources: Sources, pen: Pen) -> list[Frame]:
    """The operands, three positions, all sums, and the formula for all sizes."""
    spec = pen.worked.spec
    first = small(sources, pen)
    shown = setting(pen)
    around = [piece for words in padded(pen, pictured=False, left_out=False) for piece in (*words, " ")]
    drawn = clear(shown)
    bare = pen.say(" The picture shows {input} without the padding.") if around and drawn else ()
    taps = pen.say("The entries of {kernel} are called weights or taps. ") if spec.kernel.learned else ()
    told: list[tuple[Piece, ...]] = [(Prose((*first, *taps, *around, *instruction(pen), *bare)),)]
    told += [(shown,)] if drawn else []
    told += [(Prose(remark),) for remark in kinds.remark(pen)]
    title = "The input and the kernel" if spec.kernel.learned else "The input"
    every: list[tuple[Piece, ...]] = [(table(pen),)]
    every += [(Prose(words),) for words in applied(sources, pen)] or [(Prose(_summary(pen)),)]
    every += [(replace(b, item=Short(b.item)),) for b in defined(sources) if isinstance(b, Display)][:1]
    return [
        Frame(title, tuple(told)),
        *positions(pen),
        Frame("All outputs", tuple(every)),
        _general(sources, pen),
    ]


def _summary(pen: Pen) -> Words:
    """What all outputs are, where no function follows."""
    worked = pen.worked
    what = {"maximum": "largest entries", "average": "means"}[kinds.kind(worked.spec)]
    return pen.say(f"The {what} together: {{output}} = {{values}}.", values=pen.values(worked.outputs))


def _general(sources: Sources, pen: Pen) -> Frame:
    """The closed form, and what the operation is called."""
    made, reflection = [sources.opened.formula("output")], Reflection(sources.opened.closed.symbols)
    rows: list[tuple[Piece, ...]] = [(Prose(sizes(sources)),)]
    alike = channel_letters(sources.opened.spec)
    rows += [(formulas(made, "output", reflection=reflection, alike=alike),)]
    named = _named(pen)
    rows += [(piece,) for piece in (named[:1] if height(rows[-1][0]) > HIGHEST else named)]
    return Frame("The formula", tuple(rows))


def _named(pen: Pen) -> list[Piece]:
    """Convolution and cross-correlation, and which of them this is."""
    spec = pen.worked.spec
    kind = kinds.kind(spec)
    if kind != "convolution":
        return [Prose((_FORMULA[kind],))]
    points = []
    for flip, name in ((True, "Convolution"), (False, "Cross-correlation")):
        here = " (this layer)" if spec.flip == flip else ""
        points.append(((name,), (kinds.definition(pen, flip=flip), here)))
    told = "Deep-learning libraries compute the cross-correlation and call it convolution. When the "
    told += "kernel is learned, the choice does not matter: the network would simply learn the weights in "
    told += "reverse order."
    return [Points(tuple(points)), Prose((told,))]


_FORMULA = {
    "transposed": "Every output is a weighted sum of the inputs whose copies of the kernel reach it.",
    "average": "Every output is the mean of its window.",
    "maximum": "Every output is the largest entry of its window; of equal ones the first counts.",
}


def sized(sources: Sources, pen: Pen) -> list[Frame]:
    """The output size, and the kinds of padding or what each of them reads."""
    told = size(sources)
    found: list[Piece] = [_shortened(block) for block in told if not isinstance(block, Table | Heading)]
    tables = [block for block in told if isinstance(block, Table)]
    if tables and len(found) > 2:
        del found[-1]  # which rows of the matrix each padding keeps
    if sources.layer.spec.numeric and len(sources.layer.spec.axes) > 1:
        found = [replace(b, item=Short(b.item, 1)) if isinstance(b, Display) else b for b in found]
        # Where the sizes of all axes are told in words, nothing is left to say.
        found += [Prose(_others(sources, pen))] if len(found) == 2 else []
    if not tables and pen.worked.spec.padding_mode != "zeros":
        tables = [block for block in modes(sources, pen) if isinstance(block, Table)]
    narrowed = list(map(_narrowed, tables))
    meant = _meant(tables[0]) if narrowed != tables else []
    return [Frame("The output size", tuple((block,) for block in [*found, *narrowed, *meant]))]


def _meant(table: Table) -> list[Piece]:
    """What the kinds of padding in a table mean."""
    names = [plain(name).split()[0] for name, *_ in table.rows]
    told = "; ".join(_MEANT[name] for name in names if name in _MEANT)
    return [Prose((f"{told[0].upper()}{told[1:]}.",))] if told else []


_MEANT = {
    "valid": "valid padding keeps the kernel inside the input",
    "same": "same padding gives as many outputs as there are inputs",
    "full": "full padding lets the kernel overlap the input in as little as one place",
}


def _shortened(block: Piece) -> Piece:
    """An equation on one line."""
    return replace(block, item=OnLine(block.item)) if isinstance(block, Display) else block


def _others(sources: Sources, pen: Pen) -> Words:
    """The sizes along the other axes."""
    spec = sources.layer.spec
    sizes = [int(size) for size in spec.output_sizes]

    def equal(axis: int, s: Sheet) -> str:
        letter = on_axis(s.notation.output_size, axis, len(sizes))
        return f"{s.form.letter(letter)} = {sizes[axis]}"

    pieces = [pen(partial(equal, axis)) for axis in range(1, len(sizes))]
    return (f"Along the other {'axis' if len(pieces) == 1 else 'axes'} likewise ", *pen.listed(pieces), ".")


def _narrowed(made: Table) -> Table:
    """A table without its last column, where that leaves the others no room."""
    columns = zip(made.head, *made.rows, strict=True)
    if sum(max(len(plain(cell)) for cell in column) + 2 for column in columns) <= WIDEST:
        return made
    return replace(made, head=made.head[:-1], rows=tuple(row[:-1] for row in made.rows))
