"""The first frame, with the question, and the last, with what was checked."""

from __future__ import annotations

from collections.abc import Sequence

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet
from symconv.notes.matrices import listing
from symconv.notes.model import Block, Frame, Points, Prose, Table, Words
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.notes.talk.matrix import equated
from symconv.pattern import Specification


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
    """The layer as a product with its matrix, and what that is built from."""
    spec = pen.worked.spec
    text = _SEVERAL.replace("{bias}", ", plus the bias" if spec.bias else "") if listing(pen) else "{done}"
    built = _BUILT[spec.transposed].replace("{kernel}", _kernel(spec))
    return pen.say(f"{text}, where {{matrix}} is {built}", done=pen(equated))


def _kernel(spec: Specification) -> str:
    """What holds the weights."""
    return ("kernels" if spec.transposed else "filters") if kinds.channelled(spec) else "kernel"


#: The product with several indices.
_SEVERAL = "a matrix {matrix} times the entries of {input}{bias}"

#: What the matrix is, of a convolution and of a transposed one.
_BUILT = ("built from the {kernel}", "the transpose of a matrix built from the {kernel}")


_LONGER = "A longer version shows every step with the rule that it uses."


def checks(told: Sequence[Block], *, derived: bool) -> list[Frame]:
    """What was computed again, what is proved, and where the derivations are, unless they follow."""
    numbers, proofs = (block.words for block in told if isinstance(block, Prose))
    points: list[tuple[Words, Words]] = [(("The numbers",), numbers), (("The formulas",), proofs)]
    points += [] if derived else [(("The derivations",), (_LONGER,))]
    return [Frame("How we know", ((Points(tuple(points)),),))]
