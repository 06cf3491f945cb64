"""How a layer learns: what arrives from above, both gradients, and an entry of each in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet
from symconv.notes.backward import as_operation, operations, reached
from symconv.notes.figured import picture
from symconv.notes.formulas import formulas
from symconv.notes.limits import empty_sums
from symconv.notes.model import Block, Maths, Prose, Words
from symconv.notes.phrases import enumerated
from symconv.notes.pieces import Pen, abreast, channel_letters
from symconv.notes.reflected import Reflection
from symconv.notes.source import Sources
from symconv.notes.worked import Worked
from symconv.printing.display import Grid, Row
from symconv.printing.english import counted

#: A dense gradient of more rows or columns is not written out.
MOST_ROWS, MOST_COLUMNS = 9, 12

#: A gradient of several indices is written out up to so many entries.
MOST_ENTRIES = 36


def learning(sources: Sources) -> list[Block]:
    """The section."""
    pen = Pen(Worked(sources.example))
    spec = pen.worked.spec
    names = [name for name in ("grad_kernel", "grad_input") if name in sources.opened.formula_names]
    bias = [sources.opened.formula("grad_bias")] if spec.bias else []
    return [
        Prose(_arriving(sources, pen)),
        *([Prose(_constraints(pen, empty_sums(sources)), detail=True)] if spec.kernel.learned else []),
        formulas(
            [sources.opened.formula(name) for name in names],
            "gradients",
            told_before=True,
            reflection=Reflection(sources.opened.closed.symbols),
            alike=channel_letters(sources.opened.spec),
        ),
        *([replace(formulas(bias, "grad-bias", alone=True), detail=True)] if bias else []),
        *_chosen(pen),
        *_dense(pen),
        *_numbers(sources, pen),
        *([Prose(found, detail=True)] if (found := _carried_back(sources, pen)) else []),
        *picture(sources, "input_gradient", _caption(pen), spare=3),
    ]


def _carried_back(sources: Sources, pen: Pen) -> Words:
    """How the gradient reaches the inputs, or which operations the gradients are."""
    steps = kinds.general(sources, "stride") or (None,)
    strided = not pen.worked.spec.transposed and pen.worked.spec.kernel.learned
    found = reached(pen, step=steps[0], named=as_operation(sources, pen) if strided else ())
    return found or operations(pen, explained=not sources.layer.spec.numeric)


def _arriving(sources: Sources, pen: Pen) -> Words:
    """What the upstream gradient is, and what a function that follows does to it."""
    spec, n = pen.worked.spec, pen.worked.spec.written

    passed = f" The gradient passed to the previous layer is {{passed}}{empty_sums(sources)}:"
    if not spec.kernel.learned:
        text = "The next layer sends back {delta}, the upstream gradient: the derivative of the loss {loss} "
        text += f"with respect to each output.{_CONSTANT if spec.kernel.depends_on_input else ''}"
        return pen.say(f"{text}{passed}", delta=pen(partial(_upstream, pen)), passed=pen(_passed))
    f = sources.activation.name
    text = "The next layer sends back {sent}, the derivative of the loss {loss} with respect to the output "
    text += "of {f}. By the chain rule, the derivative with respect to {y}, before {f} is applied, is "
    text += "{chained}. The formulas below start from {delta}, the upstream gradient."

    def delta(s: Sheet) -> str:
        return _by(pen, s) if n.upstream_style == "partial" else _entry(pen, s, n.upstream)

    return pen.say(
        text,
        f=pen(lambda s: s.form.function(f)),
        y=pen(lambda s: _entry(pen, s, n.output)),
        **by_parts(sources, pen) | {"delta": pen(delta)},
    )


#: Why the matrix of a maximum is not differentiated, though it depends on the input.
_CONSTANT = (
    " {matrix} depends on {input}, but a small change of {input} does not move the largest entry of a "
    "window, unless two entries tie for the largest. So {matrix} is constant near {input} and is not "
    "differentiated."
)


def _entry(pen: Pen, s: Sheet, letter: str) -> str:
    """An entry with the letters of the indices of the output."""
    form, indices = s.form, pen.worked.source.closed.symbols.indices("output")
    return form.entry(form.letter(letter), form.places.join(form.letter(index.name) for index in indices))


def _by(pen: Pen, s: Sheet) -> str:
    """The derivative of the loss with respect to an output."""
    return s.loss_by(_entry(pen, s, pen.worked.spec.written.output))


def _upstream(pen: Pen, s: Sheet) -> str:
    """The same with the letter of the upstream gradient before it, where it has one."""
    n = pen.worked.spec.written
    return _by(pen, s) if n.upstream_style == "partial" else f"{_entry(pen, s, n.upstream)} = {_by(pen, s)}"


def by_parts(sources: Sources, pen: Pen) -> dict[str, Maths]:
    """What the next layer sends back, the slope of the function, and their product, alone and written out."""
    name = sources.activation.name

    def at_output(s: Sheet, prime: str = "") -> str:
        return f"{s.form.function(name)}{prime}({_entry(pen, s, pen.worked.spec.written.output)})"

    def sent(s: Sheet) -> str:
        return s.loss_by(at_output(s))

    def slope(s: Sheet) -> str:
        return at_output(s, "'")

    return {
        "sent": pen(sent),
        "slope": pen(slope),
        "delta": pen(partial(_upstream, pen)),
        "chained": pen(lambda s: f"{_upstream(pen, s)} = {slope(s)}{s.form.dot}{sent(s)}"),
    }


def _passed(s: Sheet) -> str:
    """The gradient of the input as a product with the transposed matrix."""
    form = s.form
    transposed = form.transposed(form.letter(s.notation.matrix))
    vector = s.upstream_letter()
    return f"{s.loss_by(s.whole_letter('input'))} = {transposed} {vector}"


def _constraints(pen: Pen, empty: str) -> Words:
    """Why the gradient of a weight is a sum, and that of a zero none; ``empty`` is on sums without terms."""
    worked = pen.worked
    text = "For a dense layer, the gradient with respect to the matrix is the outer product {outer}. "
    used = Counter(tap for _, tap, _, _ in worked.triples)
    held = {(o, j) for o, _, j, _ in worked.triples}
    rows, columns = worked.explicit.shape("matrix")
    if not held:
        text += "Here no entry of {matrix} holds a weight, so the gradient of every weight is 0. "
        text += f"The gradient passed to the previous layer is {{passed}}. Written out{empty}:"
        return pen.say(text, outer=pen(outer), passed=pen(_passed))
    output, _, place, _ = next(t for t in worked.triples if t[1] == worked.main_tap)
    if max(used.values(), default=0) > 1:
        text += "Here a shared weight occupies several entries of {matrix}, so by the chain rule its "
        text += "gradient is the sum of the gradients at those entries: {w}, for example, stands in the row "
        text += "of {y} and the column of {x}, where {outer} has the entry {product}, and so on. "
    else:
        text += "Here each weight occupies one entry of {matrix}, and its gradient is the entry there: {w} "
        text += "stands in the row of {y} and the column of {x}, where {outer} has the entry {product}. "
    if len(held) < rows * columns:
        text += (
            "The zeros of {matrix} are constants, not parameters: the entries of {outer} at their places are "
        )
        text += "not used. "
    text += f"The gradient passed to the previous layer is {{passed}}. Written out{empty}:"
    return pen.say(
        text,
        outer=pen(outer),
        w=pen.tap(worked.main_tap),
        y=pen.output(output),
        x=pen.input(place),
        product=pen(lambda s: f"{pen.upstream(s, output)}{s.form.times}{s.entry_letter('input', place)}"),
        passed=pen(_passed),
    )


def outer(s: Sheet) -> str:
    return f"{s.upstream_letter()} {s.form.transposed(s.whole_letter('input'))}"


def _chosen(pen: Pen) -> list[Block]:
    """The upstream gradient in figures."""
    worked, text = pen.worked, "Any values will do for an example; take"
    if len(worked.shape("output")) > 1:
        shown = pen.shown(lambda s: abreast(s.form, _array(pen, s, "output")), "upstream", brief=3)
        return [Prose((f"{text}:",), brief=3), shown]
    one = len(worked.upstream) == 1
    values = pen.number(worked.upstream[0]) if one else pen.values(worked.upstream, 16)
    return [Prose(pen.say(f"{text} {{upstream}} = {{values}}.", values=values), brief=3)]


def _array(pen: Pen, s: Sheet, role: str) -> list[Row]:
    """The derivative of the loss with respect to an operand, written out as the operand is."""
    worked, form = pen.worked, s.form
    entries = worked.upstream if role == "output" else worked.gradient(role)
    quantity = {"tap": "kernel"}.get(role, role)
    named = role == "output" and s.notation.upstream_style != "partial"
    rows = pen.operand(s, "upstream" if named else quantity, [*map(form.expr, entries)], worked.shape(role))
    return rows if named else [row._replace(left=s.loss_by(str(row.left))) for row in rows]


def _numbers(sources: Sources, pen: Pen) -> list[Block]:
    """One entry of each gradient worked, and all of them."""
    worked, spec = pen.worked, pen.worked.spec
    learned = spec.kernel.learned
    entries = [worked.kernel_entry(worked.main_tap)] if learned else []
    entries.append(worked.input_entry(worked.main_place))
    rows = [pen.entry_row(entry) for entry in entries]
    what = "One entry of each gradient" if learned else "One entry of the gradient"
    blocks: list[Block] = [
        Prose((f"{what}, worked out:",), brief=3),
        pen.shown(lambda s: [row(s) for row in rows], "entries", brief=3),
    ]
    shown: list[Words] = []
    arrays: list[str] = []
    for role, quantity in (("tap", "kernel"), ("input", "input"))[not learned :]:
        found = worked.gradient(role)
        if len(worked.shape(role)) > 1 and len(found) <= MOST_ENTRIES:
            arrays.append(role)
        elif len(worked.shape(role)) < 2 and len(found) <= 18:
            values = pen.values(found, 18)
            shown.append(pen.say("{letter} = {values}", letter=_derivative(pen, quantity), values=values))
    if spec.bias:
        total = worked.source.entries.values.matrix("grad_bias")
        values = pen.values(list(total)) if len(total) > 1 else pen.number(total[0])
        sums = "the sums of {whole} over each channel"
        sums = sums if kinds.channelled(spec) else "the sum of all entries of {whole}"
        letter, text = _derivative(pen, "bias"), f"{{letter}} = {{values}}, {sums}"
        shown.append(pen.say(text, letter=letter, values=values, whole=pen.arriving))
    if shown:
        blocks.append(Prose(("Altogether, ", *enumerated(shown), ", and:" if arrays else "."), detail=True))
    elif arrays:
        blocks.append(Prose(("Altogether:",), detail=True))
    if arrays:

        def build(s: Sheet) -> list[Row | None]:
            return abreast(s.form, [row for role in arrays for row in _array(pen, s, role)])

        blocks.append(pen.shown(build, "all-gradients", detail=True))
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
    cells = [(o, j) for o, k, j, _ in worked.triples if k == tap]
    if not cells or len(set(cells)) < len(cells):
        return []  # one entry would count twice, or none at all
    entry = worked.kernel_entry(tap)
    weights = _places(pen)
    text = "Each entry of {outer} has the colour of the weight that {matrix} holds there"
    others = ["grey where {matrix} is zero"] if len(weights) < rows * columns else []
    meet = any(len(here) > 1 for here in weights.values())
    others += ["black where several weights meet"] if meet else []
    text += f"; it is {' and '.join(others)}" if others else ""
    text += ". A black entry counts once for each weight that meets there" * meet
    several = counted(len(cells), "entry", "entries")
    if len(cells) > 1:
        text += f". The {several} where {{matrix}} holds {{w}} add up to {{total}}:"
    else:
        text += ". The one where {matrix} holds {w} is {total}:"
    return [
        Prose(pen.say(text, outer=pen(outer), w=pen.tap(tap), total=pen.number(entry.result)), spare=1),
        pen.shown(lambda s: [outer_product(pen, s)], "outer-product", spare=1),
    ]


def _places(pen: Pen) -> dict[tuple[int, int], set[int]]:
    """The weights that meet in each entry of the matrix."""
    weights: dict[tuple[int, int], set[int]] = {}
    for o, k, j, _ in pen.worked.triples:
        weights.setdefault((o, j), set()).add(k)
    return weights


def outer_product(pen: Pen, s: Sheet) -> Row:
    """The outer product in figures, each entry in the look of the weight of its place, zeros gray."""
    worked, form = pen.worked, s.form
    rows, columns = worked.explicit.shape("matrix")
    weights = _places(pen)

    def cell(r: int, c: int) -> str:
        value = worked.upstream[r] * worked.inputs[c]
        text = form.expr(value)
        here = weights.get((r, c), set())
        if len(here) > 1:
            return text
        return s.marked(value, text, min(here)) if here else form.coloured(text, "gray")

    return Row(outer(s), (Grid(tuple(tuple(cell(r, c) for c in range(columns)) for r in range(rows))),))


def _caption(pen: Pen) -> Words:
    transposed = pen(lambda s: s.form.transposed(s.form.letter(s.notation.matrix)))
    if not pen.worked.spec.kernel.shared:
        text = "The transposed matrix {transposed}: each row gives one entry of the gradient with respect to "
        text += "{input}. "
        if kinds.kind(pen.worked.spec) == "maximum":
            text += "A window (grey) passes its gradient only to the entry that it kept (1)."
        return pen.say(text.rstrip(), transposed=transposed)
    text = "The transposed matrix {transposed}"
    text += ", with the numbers of {kernel}" if pen.worked.spec.kernel.learned else ""
    text += ": each row gives one entry of the gradient with respect to {input}."
    return pen.say(text, transposed=transposed)
