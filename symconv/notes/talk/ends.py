"""The first frame, with the question, and the last, with what was checked."""

from __future__ import annotations

from collections.abc import Sequence

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet
from symconv.notes.matrix_pairs import partner_letter
from symconv.notes.model import Block, Frame, Points, Prose, Table, Words
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.notes.talk.matrix import addend


def opening(sources: Sources, pen: Pen, title: str) -> Frame:
    """The question that the slides answer."""
    told = _of_slides(kinds.opening(pen))
    return Frame(title, ((Prose(told),), (_compared(sources, pen),)), opening=True)


def _of_slides(told: Words) -> Words:
    """The same question, answered by slides."""
    return tuple(w.replace("These notes", "These slides") if isinstance(w, str) else w for w in told)


def _compared(sources: Sources, pen: Pen) -> Table:
    """A dense layer and this one, side by side."""
    n = pen.worked.spec.written
    f = n.activation
    if "activation" not in sources.layer.equation_names:
        what = {"average": "the mean of each window", "maximum": "the largest entry of each window"}
        pooled: tuple[Words, ...] = (("this layer",), (what[kinds.kind(pen.worked.spec)],))
        return Table((("",), ("computes",)), ((("a dense layer",), (kinds.dense(pen),)), pooled))

    def after(s: Sheet, letter: str) -> str:
        return f"{s.form.function(f)}({s.form.letter(letter)})"

    z = kinds.dense_letters(pen)["z"]
    rows: list[tuple[Words, ...]] = [
        (("a dense layer",), (kinds.dense(pen),), (pen(lambda s: after(s, z)),)),
        (("this layer",), _operation(pen), (pen(lambda s: after(s, n.output)),)),
    ]
    return Table((("",), ("computes",), ("and then",)), tuple(rows))


def _operation(pen: Pen) -> Words:
    """The operation of this layer in the letters of its operands, and as a product with its matrix."""
    spec, n = pen.worked.spec, pen.worked.spec.written

    def write(s: Sheet) -> str:
        x, w, y, T = (s.form.letter(letter) for letter in (n.input, n.kernel, n.output, n.matrix))
        if spec.transposed:
            done = f"{s.form.transposed(s.form.letter(partner_letter(pen)))} {x}"
            return f"{y} = {done}{addend(s)} = {T} {x}{addend(s)}"
        sign = (r"\ast" if spec.flip else r"\star") if s.form.stacked else ("conv" if spec.flip else "corr")
        return f"{y} = {x} {sign} {w}{addend(s)} = {T} {x}{addend(s)}"

    return pen.say("{done}, where {matrix} is its matrix", done=pen(write))


def checks(told: Sequence[Block]) -> list[Frame]:
    """What was computed again, what is proved, and where the derivation is."""
    numbers, proofs = (block.words for block in told if isinstance(block, Prose))
    points: list[tuple[Words, Words]] = [
        (("The numbers",), numbers),
        (("The formulas",), proofs),
        (("The derivations",), ("The notes at depth full have every step with the rule that it uses.",)),
    ]
    return [Frame("How we know", ((Points(tuple(points)),),))]
