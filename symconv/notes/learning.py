"""How a layer learns: what arrives from above, both gradients, and an entry of each in numbers."""

from __future__ import annotations

from collections import Counter

from sympy import Expr, S

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet
from symconv.notes.figured import picture
from symconv.notes.formulas import formulas
from symconv.notes.model import Block, Maths, Prose, Words
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.notes.worked import Worked
from symconv.printing.display import Grid, Row
from symconv.printing.english import counted

#: A dense gradient of more rows or columns is not written out.
MOST_ROWS, MOST_COLUMNS = 9, 12


def learning(sources: Sources) -> list[Block]:
    """The section."""
    pen = Pen(Worked(sources.example))
    spec = pen.worked.spec
    names = [name for name in ("grad_kernel", "grad_input") if name in sources.opened.formula_names]
    return [
        Prose(_arriving(sources, pen)),
        *([Prose(_constraints(pen), detail=True)] if spec.kernel.learned else []),
        formulas([sources.opened.formula(name) for name in names], "gradients"),
        *_numbers(sources, pen),
        *_dense(pen),
        *([Prose(found, detail=True)] if (found := reached(pen)) else []),
        *picture(sources, "input_gradient", _caption(pen), spare=3),
    ]


def _arriving(sources: Sources, pen: Pen) -> Words:
    """What the upstream gradient is, and what a function that follows does to it."""
    spec, n = pen.worked.spec, pen.worked.spec.written

    def arrives(s: Sheet) -> str:
        by = s.loss_by(_entry(pen, s, n.output))
        return by if n.upstream_style == "partial" else f"{_entry(pen, s, n.upstream)} = {by}"

    text = "Let {delta} be what arrives from above"
    if not spec.kernel.learned:
        text += ", the derivative of the loss with respect to each output."
        return pen.say(text, delta=pen(arrives))
    name = sources.activation.name

    text += ", the derivative of the loss with respect to an output before the function {f}. The derivative "
    text += "of {f} is in it already: {through}."
    return pen.say(
        text, delta=pen(arrives), f=pen(lambda s: s.form.function(name)), through=through(sources, pen)
    )


def _entry(pen: Pen, s: Sheet, letter: str) -> str:
    """An entry with the letters of the indices of the output."""
    form, indices = s.form, pen.worked.source.closed.symbols.indices("output")
    return form.entry(form.letter(letter), form.places.join(form.letter(index.name) for index in indices))


def through(sources: Sources, pen: Pen) -> Maths:
    """The upstream gradient behind the function that follows."""
    n, name = pen.worked.spec.written, sources.activation.name

    def write(s: Sheet) -> str:
        form, y = s.form, _entry(pen, s, n.output)
        f = form.function(name)
        delta = s.loss_by(y) if n.upstream_style == "partial" else _entry(pen, s, n.upstream)
        return f"{delta} = {f}'({y}){form.dot}{s.loss_by(f'{f}({y})')}"

    return pen(write)


def _constraints(pen: Pen) -> Words:
    """Why the gradient of a weight is a sum, and that of a zero none."""
    text = (
        "The gradient of a dense layer's matrix is the outer product {outer}, one number per entry. Here a "
    )
    text += (
        "weight stands in several entries of {matrix}, so it receives the sum of theirs. Entries that are "
    )
    text += "fixed at zero are no parameters and receive nothing."
    return pen.say(text, outer=pen(_outer))


def _outer(s: Sheet) -> str:
    return f"{s.upstream_letter()} {s.form.transposed(s.whole_letter('input'))}"


def _numbers(sources: Sources, pen: Pen) -> list[Block]:
    """The upstream gradient in figures, one entry of each gradient worked, and all of them."""
    worked, spec = pen.worked, pen.worked.spec
    one = len(worked.shape("output")) == 1
    given = pen.say("{upstream} = {values}", values=pen.values(worked.upstream, 8))
    learned = spec.kernel.learned
    entries = [worked.kernel_entry(worked.main_tap)] if learned else []
    entries.append(worked.input_entry(worked.main_place))
    rows = [pen.entry_row(entry) for entry in entries]
    flat = "" if one else ", row by row,"
    what = "one entry of each" if learned else "one entry"
    blocks: list[Block] = [
        Prose((*pen.say("With "), *given, f"{flat} {what} in figures:")),
        pen.shown(lambda s: [row(s) for row in rows], "entries"),
    ]
    shown: list[Words] = []
    for role, quantity in (("tap", "kernel"), ("input", "input"))[not learned :]:
        found = worked.gradient(role)
        if len(found) <= 18:
            shown.append(
                pen.say(
                    "{letter} = {values}", letter=_derivative(pen, quantity), values=pen.values(found, 18)
                )
            )
    joined = [piece for at, part in enumerate(shown) for piece in ((" and ", *part) if at else part)]
    if spec.bias:
        total = worked.source.entries.values.matrix("grad_bias")
        joined += [
            ", and " if joined else "",
            *pen.say(
                "{letter} = {values}, the sum of {upstream}",
                letter=_derivative(pen, "bias"),
                values=pen.values(list(total)) if len(total) > 1 else pen.number(total[0]),
            ),
        ]
    if joined:
        blocks.append(Prose((f"All together{'' if one else ', row by row,'} ", *joined, "."), detail=True))
    return blocks


def _derivative(pen: Pen, quantity: str) -> Maths:
    """The derivative of the loss with respect to a whole operand."""
    letter = getattr(pen.worked.spec.written, quantity)
    return pen(lambda s: s.loss_by(s.form.letter(letter)))


def _dense(pen: Pen) -> list[Block]:
    """The outer product in figures, the places of one weight in its colour, those of zeros pale."""
    worked, spec = pen.worked, pen.worked.spec
    rows, columns = worked.explicit.shape("matrix")
    if not spec.kernel.learned or rows > MOST_ROWS or columns > MOST_COLUMNS:
        return []
    tap = worked.main_tap
    entry = worked.kernel_entry(tap)
    cells = {(share.output, share.other) for share in entry.shares}
    held = {(o, j) for o, _, j, _ in worked.triples}
    text = f"In the outer product, {{w}} stands in {counted(len(cells), 'entry', 'entries')}: "
    text += "these are coloured and add up to {total}."
    if len(held) < rows * columns:
        text += " The gray ones belong to zeros of {matrix} and are dropped."
    return [
        Prose(pen.say(text, w=pen.tap(tap), total=pen.number(entry.result)), spare=1),
        pen.shown(lambda s: [outer_product(pen, s)], "outer-product", spare=1),
    ]


def outer_product(pen: Pen, s: Sheet) -> Row:
    """The outer product in figures, the places of the main weight in its colour, those of zeros gray."""
    worked, form = pen.worked, s.form
    rows, columns = worked.explicit.shape("matrix")
    tap = worked.main_tap
    colour = s.colours()[tap]
    cells = {(o, j) for o, k, j, _ in worked.triples if k == tap}
    held = {(o, j) for o, _, j, _ in worked.triples}

    def cell(r: int, c: int) -> str:
        text = form.expr(worked.upstream[r] * worked.inputs[c])
        if (r, c) in cells:
            return form.coloured(text, colour)
        return text if (r, c) in held else form.coloured(text, "gray")

    return Row(_outer(s), (Grid(tuple(tuple(cell(r, c) for c in range(columns)) for r in range(rows))),))


def reached(pen: Pen) -> Words:
    """How the gradient reaches the inputs of this kind."""
    worked, spec = pen.worked, pen.worked.spec
    stride = int(spec.tied_axes[-1].geometry["stride"])
    kind = kinds.kind(spec)
    if kind == "maximum":
        return _winners(pen)
    if kind == "average":
        weights = {p.weight for position in worked.positions for p in position.products}
        text = "Each input of a window receives the same share of its gradient"
        return pen.say(f"{text}, {{w}}.", w=pen.number(weights.pop())) if len(weights) == 1 else (f"{text}.",)
    if kind == "transposed":
        text = "The gradient with respect to {input} is an ordinary convolution of {upstream}: transposing "
        return pen.say(f"{text}twice leads back.")
    if spec.reads_input and spec.padding_mode != "circular":
        return _folded(pen)
    if stride > 1 and len(worked.shape("input")) == 1:
        return _upsampled(pen, stride)
    if stride > 1:
        zeros = counted(stride - 1, "zero")
        text = (
            f"The stride leaves holes: along each axis {{upstream}} acts on {{input}} as if it had {zeros} "
        )
        return pen.say(f"{text}between neighbours (upsampling by {stride}).")
    return ()


def _winners(pen: Pen) -> Words:
    """Which inputs the gradient of a maximum goes to."""
    found = [p.place for position in pen.worked.positions for p in position.products if p.weight == 1]
    names = [pen.input(at) for at in dict.fromkeys(found)]
    verbs = ("is the winner", "receives") if len(names) == 1 else ("are the winners", "receive")
    text = f" {verbs[0]} and {verbs[1]} the whole gradient of their windows; the other inputs receive none."
    return (*pen.listed(names), text)


def _upsampled(pen: Pen, stride: int) -> Words:
    """The upstream gradient with zeros between, and how many products reach each input."""
    worked = pen.worked
    spread: list[Expr] = []
    for at, entry in enumerate(worked.upstream):
        spread += [S.Zero] * (stride - 1) * bool(at) + [entry]
    met = [len(worked.input_entry(at).shares) for at in range(len(worked.inputs))]

    def up(s: Sheet) -> str:
        return s.form.upsampled(s.upstream_letter(), str(stride))

    apart, zeros = counted(stride, "place"), counted(stride - 1, "zero")
    text = (
        f"The stride leaves holes: neighbouring windows lie {apart} apart, so {{upstream}} acts on {{input}} "
    )
    text += (
        f"as if it had {zeros} between neighbours, {{up}} = {{spread}} (upsampling by {stride}). The inputs, "
    )
    text += f"in their order, are reached by {', '.join(map(str, met))} products."
    return pen.say(text, up=pen(up), spread=pen.values(spread, 16))


def _folded(pen: Pen) -> Words:
    """That inputs which the padding reads again receive every one of their gradients."""
    cells = Counter((o, j) for o, _, j, _ in pen.worked.triples)
    several = [cell for cell, count in cells.items() if count > 1]
    if not several:
        return ()
    o, j = several[0]
    text = (
        f"The padding reads inputs again: {{y}} meets {{x}} {counted(cells[o, j], 'time')}, and each meeting "
    )
    return pen.say(f"{text}adds to the gradient of {{x}}.", y=pen.output(o), x=pen.input(j))


def _caption(pen: Pen) -> Words:
    if not pen.worked.spec.kernel.shared:
        return ("Which upstream gradient reaches which input: only from windows that it lies in.",)
    return pen.say(
        "The transposed matrix carries {upstream} back: each row gathers one entry of the gradient."
    )
