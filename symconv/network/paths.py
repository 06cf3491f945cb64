"""The gradients of one neuron and of one weight, worked out on numbers: the sections of notes on them."""

from __future__ import annotations

from functools import partial

from symconv.network.pen import MOST_PRODUCTS, Pen
from symconv.network.stages import Stage
from symconv.network.story import delta_written
from symconv.network.writing import listed, say, short, shown
from symconv.notes.model import Block, Prose, Words
from symconv.printing.display import Row
from symconv.printing.english import spelt
from symconv.printing.target import MathsTarget

#: How the gradient comes back through pooling: through a mean, and through a maximum.
_POOLED = {
    False: "{unit} takes part in {units}. Through a mean the gradient comes back divided by the number of "
    "entries in the window:",
    True: "{unit} lies in the window of {units}. A maximum sends its {delta} back to the largest entry of "
    "its window only, with weight 1:",
}


def neuron(pen: Pen) -> list[Block]:
    """The section: the gradient of one hidden neuron, or of one input where there is a single layer."""
    worked = pen.worked
    layer, at = place(pen)
    terms, fed = worked.back(layer, at), worked.fed(layer, at)
    unit = pen.expr(worked.symbols("output", layer)[at])
    units = [pen.expr(worked.symbols("preactivation", number)[o]) for number, o in fed]
    if not terms:
        return []
    text = "{unit} feeds {units}, so the loss depends on {unit} through {them}. Each of them sends back its "
    text += "{delta}, multiplied by the weight of the connection, and the products are added up:"
    if len(units) == 1:
        text = "{unit} feeds only {units}, which sends back its {delta} times the weight between them:"
    if not all(reader.learned for reader in worked.readers(layer)):
        text = _POOLED[any(s.layer.spec.kernel.depends_on_input for s in worked.readers(layer))]
    if any(layer in reader.added for reader in worked.readers(layer)):
        text = text.replace("the products are added up:", "the products are added up; past the layers of a "
                            "residual chain the weight is 1:")  # fmt: skip
    them = "both" if len(units) == 2 else f"all {spelt(len(units))}"
    return [
        Prose(say(text, unit=unit, units=listed(units), them=them, delta=pen.letter(pen.of("delta")))),
        pen.lines(partial(way_back, pen, layer, at), "neuron"),
        *_slope_told(pen, layer, at),
    ]


def heading(pen: Pen) -> str:
    """What the section is called."""
    return "The gradient of one neuron" if pen.worked.hidden else "The gradient of one input"


def weight_heading(pen: Pen) -> str:
    """What the section on a weight is called."""
    return "One weight, used in several places" if pen.worked.shared else "One weight"


def place(pen: Pen) -> tuple[int, int]:
    """The layer and the place of the neuron that is shown: an input where there is no hidden one."""
    worked = pen.worked
    if worked.hidden:
        return worked.hidden
    counts = [len(worked.back(0, at)) for at in range(len(worked.symbols("output", 0)))]
    return 0, counts.index(max(counts))


def way_back(pen: Pen, layer: int, at: int, form: MathsTarget) -> list[Row]:
    """What arrives at a neuron as a sum, and its product with the derivative of the activation."""
    worked = pen.worked
    letter = worked.symbols("output", layer)[at]
    terms = worked.back(layer, at)
    result = worked.arriving(layer, at)
    rows = [pen.entry(form, pen.loss_by(form, form.expr(letter)), terms, result)]
    if layer:
        rows.append(delta_entry(pen, layer, at, form))
    return rows


def delta_entry(pen: Pen, layer: int, at: int, form: MathsTarget) -> Row:
    """The gradient with respect to the preactivation of a neuron, from that with respect to its output."""
    worked, stage = pen.worked, pen.worked.stages[layer - 1]
    arrives = worked.arriving(layer, at)
    z = worked.symbols("preactivation", layer)[at]
    left = form.expr(worked.symbols("delta", layer)[at])
    by_output = pen.loss_by(form, form.expr(worked.symbols("output", layer)[at]))
    if stage.activation.is_identity:
        return Row(left, tuple(dict.fromkeys([by_output, shown(form, arrives)])))
    primed = form.function(stage.activation.letter) + "'"
    here = shown(form, worked.named("preactivation", layer)[at])
    slope, result = worked.slope(stage, at), worked.shown("delta", layer)[at]
    parts = [f"{primed}({form.expr(z)}){form.times}{by_output}"]
    if arrives.is_number:
        parts.append(f"{primed}({here}){form.dot}{form.factor(short(arrives))}")
        if slope.is_number:
            parts.append(f"{form.factor(short(slope))}{form.dot}{form.factor(short(arrives))}")
    elif slope.is_number:
        parts.append(f"{form.factor(short(slope))}{form.dot}({shown(form, arrives)})")
    if result.is_number:
        parts.append(shown(form, result))
    elif not slope.is_number:
        parts.append(delta_written(pen, stage, at, form))
    return Row(left, tuple(dict.fromkeys(parts)))


def _slope_told(pen: Pen, layer: int, at: int) -> list[Block]:
    """What the derivative of ReLU means for the neuron."""
    if not layer or pen.worked.stages[layer - 1].activation.name != "relu":
        return []
    zeros = [o for o, z in enumerate(pen.worked.named("preactivation", layer)) if z.is_number and z <= 0]
    lead = "ReLU passes the gradient on unchanged where the preactivation is positive."
    if not zeros:
        return [Prose((lead,), detail=True)]
    names = [pen.expr(pen.worked.symbols("delta", layer)[o]) for o in zeros]
    z, value = pen.worked.symbols("preactivation", layer), pen.worked.named("preactivation", layer)
    why: Words = ("the preactivations are",)
    if len(zeros) == 1:
        why = (pen(lambda form: f"{shown(form, z[zeros[0]])} = {shown(form, value[zeros[0]])}"), " is")
    verb = "is" if len(names) == 1 else "are"
    text = (f" {verb} 0 because ", *why, " not positive: the gradient stops there.")
    return [Prose((f"{lead} ", *listed(names), *text), detail=True)]


# One weight.


def weights(pen: Pen) -> list[Block]:
    """The section: one shared weight's gradient as the sum of its uses, and a dense weight's beside it."""
    worked, stage = pen.worked, pen.worked.shared
    dense = next((s for s in worked.stages if s.matrix_is_kernel and s.learned), None)
    found: list[Block] = []
    if stage is not None:
        tap = worked.main_tap(stage)
        found += [Prose(shared_told(pen, stage, tap)), pen.lines(partial(tied, pen, stage, tap), "weight")]
    if dense is not None:
        tap = dense_tap(pen, dense)
        text = "A weight of a dense layer is used once, so its gradient is a single product:"
        found.append(Prose((text,), detail=True))
        found.append(pen.lines(partial(tied, pen, dense, tap), "dense-weight", detail=True))
    return found


def shared_told(pen: Pen, stage: Stage, tap: int) -> Words:
    """Where a weight is used, and why its gradient is a sum."""
    worked = pen.worked
    text = "{w} is used {uses}, in {units}. Each use contributes the entry of {delta} of the output that it "
    text += "feeds, times the input that it multiplies. Since all uses share one weight, its gradient is the "
    text += "sum:"
    outputs = [o for o, k, _ in worked.triples(stage) if k == tap]
    units = [pen.expr(worked.symbols("preactivation", stage.number)[o]) for o in outputs]
    uses = f"{spelt(len(units))} times" if len(units) > 2 else "twice"
    w = pen.expr(stage.layer.entries.symbols.operands["tap"][tap])
    delta = pen.letter(pen.letters(stage)["delta"])
    return say(text, w=w, uses=uses, units=listed(units), delta=delta)


def dense_tap(pen: Pen, stage: Stage) -> int:
    """The weight of a dense layer that leads from the neuron which is shown, if there is one."""
    layer, at = place(pen)
    met = pen.worked.triples(stage)
    here = [tap for o, tap, j in met if stage.source == layer and j == at]
    good = [tap for tap in here if pen.worked.shown("grad_kernel", stage.number)[tap] != 0]
    return [*good, *here, met[0][1]][0]


def tied(pen: Pen, stage: Stage, tap: int, form: MathsTarget) -> list[Row]:
    """The gradient with respect to a weight as the sum of its uses."""
    letter = form.expr(stage.layer.entries.symbols.operands["tap"][tap])
    terms, result = pen.worked.kernel(stage, tap), pen.worked.shown("grad_kernel", stage.number)[tap]
    row = pen.entry(form, pen.loss_by(form, letter), terms, result)
    if result.is_number or stage.number < len(pen.worked) or len(terms) > MOST_PRODUCTS:
        return [row]
    outputs = [o for o, k, _ in pen.worked.triples(stage) if k == tap]
    pairs = zip(outputs, terms, strict=True)
    put_in = (f"{delta_written(pen, stage, o, form)}{form.dot}{form.factor(t.values[1])}" for o, t in pairs)
    return [row._replace(parts=(*row.parts, " + ".join(put_in)))]
