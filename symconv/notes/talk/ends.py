"""The first frame, with the question, and the last, with what was checked."""

from __future__ import annotations

from collections.abc import Sequence

import symconv.notes.kinds as kinds
import symconv.notes.phrases as phrases
from symconv.explicit.layout import Sheet
from symconv.notes.matrices import product, repeated
from symconv.notes.matrix_pairs import partner_letter
from symconv.notes.model import Block, Frame, Points, Prose, Table, Words
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.notes.talk.matrix import equated, listed


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
    several, partner = listed(pen), partner_letter(pen)

    def operation(s: Sheet) -> str:
        x, w, y, b = (s.form.letter(letter) for letter in (n.input, n.kernel, n.output, n.bias))
        sign = (r"\ast" if spec.flip else r"\star") if s.form.stacked else ("conv" if spec.flip else "corr")
        added = f" + {b if several else repeated(s)}" if spec.bias else ""
        return f"{y} = {x} {sign} {w}{added}" if several else f"{y} = {x} {sign} {w}{added} = {product(s)}"

    pieces = {
        "done": pen(equated if spec.transposed else operation),
        "T": pen(lambda s: f"{s.form.letter(n.matrix)} = {s.form.transposed(s.form.letter(partner))}"),
        "B": phrases.letter(partner),
    }
    text = _SEVERAL if several else _ONE
    told = text[spec.transposed].replace("{bias}", ", plus the bias" if spec.bias else "")
    return pen.say(told.replace("{operation}", spec.operation), **pieces)


#: With one index, and with several: of a convolution, and of a transposed one.
_ONE = ("{done}, where {matrix} is its matrix", "{done}, where {T} and {B} is the matrix of a {operation}")
_SEVERAL = (
    "{done}, which is a matrix {matrix} times the entries of {input}{bias}",
    "a matrix {T} times the entries of {input}{bias}, where {B} is the matrix of a {operation}",
)


_LONGER = "A longer version of these slides (depth full) shows every step with the rule that it uses."


def checks(told: Sequence[Block], *, derived: bool) -> list[Frame]:
    """What was computed again, what is proved, and where the derivations are, unless they follow."""
    numbers, proofs = (block.words for block in told if isinstance(block, Prose))
    points: list[tuple[Words, Words]] = [(("The numbers",), numbers), (("The formulas",), proofs)]
    points += [] if derived else [(("The derivations",), (_LONGER,))]
    return [Frame("How we know", ((Points(tuple(points)),),))]
