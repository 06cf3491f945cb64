"""The matrix of a layer: written out, as a network, and its two constraints counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sympy import Indexed, Mul

import symconv.notes.kinds as kinds
from symconv.explicit.layout import FACES, Sheet
from symconv.explicit.structure import Structure
from symconv.figures.captions import seen
from symconv.index_sums.printers import of_formulas
from symconv.notes.figured import picture
from symconv.notes.matrix_pairs import grid_of, other_input, partner
from symconv.notes.model import Block, Maths, Prose, Words
from symconv.notes.pieces import Pen, abreast, generic
from symconv.notes.source import Sources
from symconv.notes.ties import MEETING, NOT_TOEPLITZ, in_blocks, lettered, not_toeplitz, reason
from symconv.notes.worked import Worked
from symconv.pattern import Relation, Specification
from symconv.printing.display import Row
from symconv.printing.english import counted
from symconv.printing.expressions import Iverson

#: A matrix of more rows or columns than this is shown by its picture only, or with dots.
MOST = 20

_LINEAR = "{before}{output} is linear in {input}, so it is a matrix times {input}. "

_INTRODUCED = {
    "convolution": f"{_LINEAR}Row {{output_index}} of the matrix holds the weights of {{y}}, each in "
    "the column of "
    "the input that it multiplies:",
    "average": "The mean is linear in {input}, so the layer is a matrix times {input}. Row {output_index} of "
    "the matrix holds the weights of {y}:",
    "transposed": f"{_LINEAR}Column {{input_index}} of the matrix holds the kernel at the outputs that {{x}} "
    "adds to:",
    "maximum": "Once it is known which entry of each window is the largest, the output is a matrix times "
    "{input}. Row {output_index} has a single 1, in the column of the largest entry. "
    "{vec}For the {input} above:",
}


def matrix(sources: Sources) -> list[Block]:
    """The section."""
    worked = Worked(sources.example)
    pen, kind = Pen(worked), kinds.kind(worked.spec)
    text = _INTRODUCED[kind]
    if worked.spec.bias:
        text = text.replace("{before}{output}", "Apart from the bias, {output}")
        text = text.replace("a matrix times {input}. ", "a matrix times {input} plus {repeated}. ")
        told = "the bias, which is added to each output"
        if kinds.channelled(worked.spec):
            each = "each " * kinds.batched(worked.spec)
            told = (
                "the vector {biases}, which holds {entry} at every output of channel {output_channel_index} "
            )
            told += f"({each}{{ones}} is a vector of ones)"
        text = text.replace("{repeated}", told)
    before = "Before {activation} is applied, " if "activation" in sources.layer.equation_names else ""
    text = text.replace("{before}", before)
    if not before and kind in ("convolution", "transposed"):
        text = text[0].upper() + text[1:]
    if len(worked.shape("output")) > 1:
        text = text.replace("Row {output_index} of the matrix", "The row of {y}").replace(
            "weights of {y}", "weights"
        )
        text = text.replace("Column {input_index} of the matrix", "The column of {x}")
        text = text.replace("outputs that {x} adds to", "outputs that this input adds to")
        text = text.replace("Row {output_index} has", "The row of {y} has")
    if vec := listing(pen):
        shown = "" if sources.own else ". For the example"
        text = text.replace("{vec}", f"{vec}. ") if "{vec}" in text else f"{text[:-1]}. {vec}{shown}:"
    elif not sources.own and text.endswith("multiplies:"):
        text = f"{text[:-1]}; for the example:"
    text = text.replace("{vec}", "")
    activation = pen(lambda s: s.form.function(sources.activation.name))
    y, x = generic(pen, "output"), generic(pen, "input")
    n = pen.worked.spec.written
    ones = pen(lambda s: s.form.ones)
    entry = pen(lambda s: s.form.entry(s.form.letter(n.bias), s.form.letter(n.output_channel_index)))
    introduced = Prose(
        pen.say(text, y=y, x=x, activation=activation, entry=entry, ones=ones, biases=pen(repeated))
    )
    columns = worked.explicit.shape("matrix")[1]
    written = pen.shown(lambda s: _written(pen, s), "matrix")
    dotted = pen.shown(lambda s: _written(pen, s, dotted=True), "matrix")
    caption = pen.say(seen("network", worked.spec))
    network = picture(sources, "network", caption, beside=0.75 * columns + 1.5, spare=1, else_spare=2)
    return [
        introduced,
        replace(written, short=dotted.item),
        Prose(counts(sources, pen), close=True),
        *_recurring(pen),
        *network,
        *(replace(b, detail=True) for b in remarks(sources, pen)),
    ]


def listing(pen: Pen) -> str:
    """What vec does, where a matrix acts on the entries of arrays of several indices."""
    several = any(len(pen.worked.shape(role)) > 1 for role in ("input", "output"))
    return f"Here vec lists the entries of an array {_order(pen.worked.spec)}" if several else ""


def _order(spec: Specification) -> str:
    """In which order the entries of an array are listed.

    >>> import symconv as sc
    >>> _order(sc.Conv2d(4, 3, in_channels=3, out_channels=2).spec), _order(sc.Conv1d(4, 3, batch=2).spec)
    ('channel by channel, each channel row by row', 'sample by sample')
    """
    given = {name for relation in spec.tied.relations for name in relation.geometry}
    here = {
        "sample": kinds.batched(spec),
        "channel": bool(given & {"channels", "in_channels"}),
        "row": len(spec.axes) > 1,
    }
    levels = [level for level, there in here.items() if there]
    inner = [f", each {outer} {level} by {level}" for outer, level in pairwise(levels)]
    return f"{levels[0]} by {levels[0]}{''.join(inner)}"


def _written(pen: Pen, s: Sheet, *, dotted: bool = False) -> list[Row | None]:
    """``y = T x``, and the matrix in letters, or in numbers where letters are too wide."""
    grid = grid_of(s, not lettered(pen.worked), dotted=dotted)
    return [Row(s.whole_letter("output"), (product(s),)), Row(s.form.letter(s.notation.matrix), (grid,))]


def product(s: Sheet) -> str:
    """The matrix times the input, and the bias if there is one: all outputs in one vector."""
    whole = f"{s.form.letter(s.notation.matrix)} {s.whole_letter('input')}"
    return f"{whole} + {repeated(s)}" if s.spec.bias else whole


def repeated(s: Sheet) -> str:
    """The bias as a vector with an entry for each output."""
    form, letter = s.form, s.form.letter(s.notation.bias)
    if not kinds.channelled(s.spec):
        return f"{letter}{form.times}{form.ones}"
    return form.kron(*[form.ones] * kinds.batched(s.spec), letter, form.ones)


def counts(sources: Sources, pen: Pen, *, brief: bool = False) -> Words:
    """The zeros and ties of the example; ``brief`` without a formula of its entries, nor reasons."""
    worked, spec = pen.worked, pen.worked.spec
    rows, columns = worked.explicit.shape("matrix")
    if kinds.kind(spec) == "maximum":
        entries = counted(rows * columns, "entry", "entries")
        ones = sum(1 for p in worked.positions if p.products)
        text = f"Of the {entries} of {{matrix}}, {ones} {'is' if ones == 1 else 'are'} 1"
        text += (
            f"{', one in each row,' if ones > 1 else ''} and the others are 0. The layer has no parameters."
        )
        return pen.say(text)
    s = _structure(sources)
    if s is None:
        return (
            "In each row, every weight is 1 over the divisor of the window. The layer has no parameters.",
        )
    head = "So {matrix} takes the place of a dense layer's matrix"
    if not s.nonzeros:
        return pen.say("Every product falls on the padding, so every entry of {matrix} is zero.")
    zeros, of, different = s.entries - s.nonzeros, s.entries, counted(s.parameters, "different weight")
    plural = s.nonzeros > 1
    others = f"the other {s.nonzeros if plural else 'one'}"
    told = f"{zeros} of its {of} entries {'is' if zeros == 1 else 'are'} fixed at zero, and {others}"
    if not zeros:
        told = f"none of its {of} entries is zero, and they" if of > 1 else "its only entry is not zero and"
    if kinds.kind(spec) == "average":
        same = pen.number(worked.weights[0])
        verb = "are all the same number," if plural else "is"
        return pen.say(f"{head}: {told} {verb} {{w}}. The layer has no parameters.", w=same)
    if s.parameters == s.nonzeros == s.edges:
        verb = f"are {different}, so none is shared" if plural else "is the only weight"
        return pen.say(f"{head}, but {'its only entry' if of == 1 else told} {verb}.")
    constraint = "two constraints" if zeros else "one constraint"
    hold = "hold" if plural or (not zeros and of > 1) else "holds"
    if s.edges > s.nonzeros:
        hold = hold if s.parameters > 1 else "are sums of"
        different += " and sums of these" if s.parameters > 1 else ""
    text = f"{head}, with {constraint}: {told} {hold} only {different}{_ties(sources, s, brief)}."
    if s.edges > s.nonzeros and not text.endswith(f"{MEETING}."):
        text += " Where the padding repeats an input, several weights meet in one entry and add up."
    return pen.say(text) if brief else (*pen.say(text), *_entry(sources, pen))


def _recurring(pen: Pen) -> list[Block]:
    """That numbers recur in the example, or looks of numbers, without being one weight."""
    spec, weights = pen.worked.spec, pen.worked.weights
    colours = len(set(spec.notation.coloured().tap_colours))
    if not spec.kernel.shared or spec.kernel.uniform:
        return []
    told = []
    if len(pen.worked.shape("tap")) > 1 and len(set(weights)) < len(weights):
        told.append(
            "in this example some weights happen to have the same value, but they are separate parameters"
        )
    if len(weights) > colours * len(FACES):
        told.append(f"with {len(weights)} weights, numbers of one look may be different weights")
    text = ", and ".join(told)
    return [Prose((f"{text[0].upper()}{text[1:]}.",), detail=True, spare=1)] if told else []


def _entry(sources: Sources, pen: Pen) -> Words:
    """The entry of the matrix along one axis as a formula: one weight, where there is one."""
    if len(sources.opened.spec.tied.relations) > 1:
        return ()
    formula = sources.opened.formula("matrix")
    factors = Mul.make_args(formula.rhs)
    conditions = [factor.args[0] for factor in factors if isinstance(factor, Iverson)]
    weights = [factor for factor in factors if isinstance(factor, Indexed)]
    if len(conditions) != 1 or len(weights) != 1 or len(factors) != 2:
        return ()

    def printed(expr: Any) -> Maths:
        return pen(lambda s: of_formulas(s.form, sources.opened.closed.symbols).expr(expr))

    text = " Its entries are {T} = {w} where {within}, and 0 elsewhere."
    return pen.say(text, T=printed(formula.lhs), w=printed(weights[0]), within=printed(conditions[0]))


def _structure(sources: Sources) -> Structure | None:
    spec = sources.example.spec
    return sources.example.structure if spec.kernel.shared else None


def _ties(sources: Sources, s: Structure, brief: bool) -> str:
    """How equal weights lie in the matrix."""
    spec = sources.example.spec
    if s.circulant:
        moved = (
            "Each row is the one above moved by one place, and what leaves at one end returns at the other"
        )
        return f". {moved} (a circulant matrix)"
    if s.toeplitz:
        counts = Counter(tap for _, tap, _, _ in Worked(sources.example).triples)
        repeated = "repeated " if min(counts.values()) > 1 else ""
        along = (
            f", each {repeated}along one diagonal" if s.parameters > 1 else f", {repeated}along one diagonal"
        )
        return f"{along}. {{matrix}} is {_article(s.kind)}{s.kind} matrix: {_meaning(s.kind)}"
    if len(spec.tied.relations) == 1 and not spec.reads_input:
        stride = int(spec.tied_axes[0].geometry["stride"])
        line, step = (
            ("column", counted(stride, "row")) if spec.transposed else ("row", counted(stride, "column"))
        )
        where = f"{step} {'down' if spec.transposed else 'to the right'}"
        counts = Counter(t[2 if spec.transposed else 0] for t in Worked(sources.example).triples)
        if min(counts.values()) < s.parameters or len(counts) < s.shape[spec.transposed]:
            moved = f"From each {line} to the next the weights move {where}; weights that would fall outside "
            return f". {moved}the matrix are cut off"
        return f". Each {line} is the one {'before' if spec.transposed else 'above'}, moved {where}"
    if "not" in s.kind:
        return not_toeplitz(spec, s, brief)
    if kinds.channelled(spec):
        return ""  # told of its blocks
    called, with_, blocks = s.kind.partition(" with ")
    what = ": constant along its diagonals, block by block and within each block" * called.endswith(_DOUBLY)
    return f". {{matrix}} is {_article(called)}{called} matrix{with_}{blocks}{what}"


_DOUBLY = "doubly block Toeplitz"


def _article(noun: str) -> str:
    return "an " if noun[0] in "aeiou" else "a "


def _meaning(kind: str) -> str:
    """What a kind of matrix is."""
    if "banded" not in kind:
        return "constant along each diagonal"
    return "constant along each diagonal (Toeplitz) and nonzero only on a few neighbouring diagonals (banded)"


def remarks(sources: Sources, pen: Pen) -> list[Block]:
    """What the matrix shows of this kind."""
    spec, kind = pen.worked.spec, kinds.kind(pen.worked.spec)
    found: list[Block] = []
    if len(spec.tied.relations) > 1 and spec.kernel.shared:
        found += blocks(sources, pen)
    if kind == "transposed":
        found += partner(sources, pen)
    if kind == "maximum":
        found += other_input(sources, pen)
    return found


def blocks(sources: Sources, pen: Pen) -> list[Block]:
    """The levels of the matrix from outside in; with two axes its blocks written out."""
    s, spec = sources.example.structure, pen.worked.spec
    channels = [r for r in spec.tied.relations if "in_channels" in r.geometry]
    found: list[Block] = [_channels(pen, s, channels[0])] if channels else []
    if len(spec.axes) < 2 or len(s.levels) < 2:
        return found
    outer, inner, small = s.levels[-2], s.levels[-1], "small " * bool(channels)
    what = "The block of each pair of channels in turn" if channels else "{matrix}"
    text = f"{what} consists of {_by(outer.shape)} {small}blocks of size {_by(outer.block)}"
    if outer.banded:
        text += f". The nonzero {small}blocks lie in a band"
        text += ", and so do the nonzero entries of each" * inner.banded
    elif inner.banded:
        text += ". The nonzero entries of each lie in a band"
    named = bool(channels) and s.kind.endswith(_DOUBLY)
    if named:
        text += ". Along each diagonal of blocks the same small block is repeated, and each small block is "
        text += f"constant along its own diagonals; such a matrix is called {_DOUBLY}"
    if channels or len(spec.axes) != 2 or not spec.kernel.learned:
        # Behind the sentence on channels this may be left out, unless it names the kind of matrix.
        return [*found, Prose(pen.say(f"{text}."), spare=int(bool(channels) and not named))]
    if in_blocks(spec, s):
        text += f". {{matrix}} is {NOT_TOEPLITZ}{reason(spec, s)}. Written out"
    item = sources.example.equation("blocks")
    shown = pen.shown(lambda s: abreast(s.form, item.display(s.form).rows), "blocks")
    return [*found, Prose(pen.say(f"{text}:")), replace(shown, code="example.equation('blocks')")]


def _by(shape: tuple[int, int]) -> str:
    return f"{shape[0]}×{shape[1]}"


def _channels(pen: Pen, s: Structure, relation: Relation) -> Prose:
    """One block for each pair of channels, and which are zero."""
    outside, inside = (relation.count(role) for role in ("output", "input"))
    groups, of = int(relation.geometry["groups"]), outside * inside
    one = pen.worked.spec.operation
    one = f"transposed {one}" if pen.worked.spec.transposed else one
    size = (s.shape[0] // (outside * s.samples), s.shape[1] // (inside * s.samples))
    text = f"{{matrix}} consists of {_by((outside, inside))} blocks of size {_by(size)}, one for each pair "
    text += "of an output channel and an input channel"
    if groups > 1:
        text += f". With {groups} groups, {of - of // groups} of the {of} blocks are zero: those whose "
        text += f"channels lie in different groups. Each of the others is the matrix of one {one}"
    else:
        text += f". Each of them is the matrix of one {one}"
    each = inside // groups
    if each > 1:
        text += f", and each row of blocks adds up one {one} per input channel"
        text += " of its group" if groups > 1 else ""
    return Prose(pen.say(f"{text}."))
