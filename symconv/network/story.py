"""The numbers of a chain as its notes tell them: what is given, the pass forwards, the loss, the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sympy import Rational, S, exp

from symconv.index_sums.printers import of_formulas
from symconv.layers.conv import Conv, ConvTranspose
from symconv.layers.pooling import AvgPool, MaxPool
from symconv.network.dense import Dense
from symconv.network.losses import KNOWN
from symconv.network.pen import Pen, spatial
from symconv.network.stages import Stage
from symconv.network.worked import DIGITS, Arriving
from symconv.network.writing import MOST_LISTED, NUMBERS, grid, listed, packed, say, short, shown
from symconv.network.written import functions
from symconv.notes.model import Block, Display, Prose, Words
from symconv.printing.display import Row
from symconv.printing.english import joined
from symconv.printing.target import MathsTarget

#: Gradients of more entries are not written out.
MOST_ENTRIES = 24

#: Of entries that are alike so many are shown.
MOST_ALIKE = 4

_CALLED = {
    Conv: "a convolution", ConvTranspose: "a transposed convolution", MaxPool: "maximum pooling",
    AvgPool: "average pooling", Dense: "a dense layer",
}  # fmt: skip


_PARTS = {"BatchNorm": "batch normalisation"}


def called(stage: Stage) -> str:
    """What a layer is, in words."""
    if stage.part is not None:
        return _PARTS.get(stage.kind, f"a {stage.kind}")
    for kind, words in _CALLED.items():
        if isinstance(stage.layer, kind):
            return words
    return f"a {type(stage.layer).__name__}"


def numbers(pen: Pen) -> list[Block]:
    """The section: what is given, the pass forwards, the loss, and the pass backwards."""
    stages = pen.worked.stages
    inexact = any(short(e) != e for s in stages for e in pen.worked.shown("output", s.number))
    rounded = " Numbers are rounded to four digits." if inexact else ""
    channels = [Prose(words, detail=True) for words in filters(pen)]
    return [
        Prose((*sizes(pen), "Take these numbers:")),
        pen.lines(pen.operands, "operands"),
        Prose((*forwards_told(pen), f"{rounded} {written_out(pen)}")),
        *_by_layer(pen, forwards, "forwards", stages),
        *channels[:1],
        *([] if pen.worked.loss_function.unknown else [Prose(loss_told(pen))]),
        Prose((*arriving(pen), *rule(pen))),
        *_by_layer(pen, backwards, "backwards", stages[::-1]),
        *channels[1:],
    ]


def _by_layer(
    pen: Pen, build: Callable[..., list[Row]], label: str, stages: Sequence[Stage]
) -> list[Display]:
    """The equations of a pass: of many layers in a display each, so that pages can break between them."""
    groups = [stages] if len(stages) < 3 else [[stage] for stage in stages]
    labels = [label] if len(groups) == 1 else [f"{label}-{stage.number}" for stage in stages]
    return [
        pen.lines(partial(build, pen, group), name, short=partial(build, pen, group, most=2))
        for group, name in zip(groups, labels, strict=True)
    ]


def sizes(pen: Pen) -> Words:
    """For which sizes the example stands."""
    letters = pen.worked.letters
    if not letters:
        return ()
    pieces = [pen(partial(_equal, name, number)) for name, number in letters.items()]
    return ("First, an example with ", *listed(pieces), ". ")


def _equal(letter: str, number: int, form: MathsTarget) -> str:
    return f"{form.letter(letter)} = {number}"


def forwards_told(pen: Pen) -> Words:
    """What the pass forwards computes."""
    stages = pen.worked.stages
    text = "Forwards. The layer computes {z} from its input"
    if len(stages) > 1:
        text = "Forwards. Each layer computes its preactivation {z} from its input"
    if any(not stage.activation.is_identity for stage in stages):
        whole = any(stage.activation.is_softmax for stage in stages)
        text += ", and its activation turns "
        text += "that into {a}" if whole else "each entry of {z} into one of {a}"
    if any(s.learned and not isinstance(s.layer, Dense) and s.layer.spec.flip for s in stages):
        text += ". The kernel is reversed" if len(stages) == 1 else ". Kernels are reversed"
    return say(f"{text}.", z=pen.letter(pen.of("z")), a=pen.letter(pen.of("a")))


def written_out(pen: Pen) -> str:
    """Before a display of the pass forwards."""
    one = "One entry" if len(pen.worked) == 1 else "One entry of each layer"
    return f"{one} in full, and then all of them:"


def filters(pen: Pen) -> list[Words]:
    """What several filters give, forwards and backwards."""
    stages = pen.worked.stages
    stage = next((s for s in stages if isinstance(s.layer, Conv) and len(s.shape) > spatial(s)), None)
    if stage is None or int(stage.shape[0]) < 2:
        return []
    count = int(stage.shape[0])
    many = NUMBERS.get(count, count)
    first = f"Each of the {many} filters of layer {stage.number} gives a channel, which is the "
    first += "first index of {z} and {a}; each channel is computed as with one filter."
    second = (
        "The gradient with respect to a filter needs only the {delta} of its own channel. The gradient with "
    )
    second += "respect to the input of the layer is summed over the filters, since each of them reads it."
    if len(stages) == 1:
        first = first.replace(f" of layer {stage.number}", "")
    z, a, delta = (pen.letter(pen.of(letter)) for letter in ("z", "a", "delta"))
    return [say(first, z=z, a=a), say(second, delta=delta)]


def forwards(pen: Pen, stages: Sequence[Stage], form: MathsTarget, *, most: int = MOST_LISTED) -> list[Row]:
    """An entry of the preactivation of each layer as a sum, all its entries, and those of its output."""
    rows: list[Row] = []
    for stage in stages:
        entries, at = pen.worked.shown("preactivation", stage.number), pen.worked.main_output(stage)
        rows.append(summed(pen, stage, at, form))
        if len(entries) > 1 and all(entry.is_number for entry in entries):
            rows += pen.quantity(form, "preactivation", stage, most)
        elif len(entries) > 1:
            others = [o for o in range(len(entries)) if o != at][: 3 if len(entries) < 5 else 1]
            rows += [summed(pen, stage, o, form) for o in others]
        if not stage.activation.is_identity:
            rows += pen.quantity(form, "output", stage, most)
            rows = _explained(pen, rows, stage, form, primed=False)
    return rows


def _explained(pen: Pen, rows: list[Row], stage: Stage, form: MathsTarget, *, primed: bool) -> list[Row]:
    """Rows with what the letter of a function stands for below the last, where it comes first."""
    f, form = stage.activation, of_formulas(form, stage.layer.closed.symbols)
    alike = [s.number for s in pen.worked.stages if s.activation.letter == f.letter]
    if stage.number != (alike[-1] if primed else alike[0]):
        return rows
    lines = functions(form, f, {f.letter + "'" * primed})
    if primed:  # the function itself is told in the pass forwards
        lines = [line for line in lines if line not in functions(form, f, {f.letter})]
    return [*rows[:-1], rows[-1]._replace(below=(*rows[-1].below, *lines))]


def summed(pen: Pen, stage: Stage, at: int, form: MathsTarget) -> Row:
    """An entry of a preactivation as what it is the sum of, or the maximum."""
    worked = pen.worked
    left = form.expr(worked.symbols("preactivation", stage.number)[at])
    result = worked.shown("preactivation", stage.number)[at]
    if not stage.learned and stage.layer.spec.kernel.depends_on_input:
        window = sorted({j for o, _, j in worked.triples(stage) if o == at})
        values = ", ".join(shown(form, worked.named("output", stage.source)[j]) for j in window)
        return Row(left, (f"{form.maximum}({values})", shown(form, result)))
    return pen.entry(form, left, worked.preactivation(stage, at), result)


def matrix(pen: Pen) -> list[Block]:
    """The matrix of a single layer beside that of a dense one, its zeros and its weights counted."""
    stage = pen.worked.stages[0]
    if len(pen.worked) > 1 or not stage.learned or stage.matrix_is_kernel:
        return []
    entries = stage.layer.matrix
    zeros, cells = sum(entry == 0 for entry in entries), entries.rows * entries.cols
    text = "Here {T} is the matrix below. It takes the place of the {W} of a dense layer, with "
    text += f"{zeros} of its {cells} entries fixed at zero and " if zeros else ""
    text += f"only {stage.layer.pattern.count('tap')} different weights in the "
    text += f"{'other ' if zeros else ''}{cells - zeros}:"
    letters = {"T": pen.letter(stage.matrix_letter), "W": pen.letter("W")}
    return [
        Prose(say(text, **letters), detail=True),
        pen.lines(partial(_matrix, pen, stage), "matrix", detail=True),
    ]


def _matrix(pen: Pen, stage: Stage, form: MathsTarget) -> list[Row]:
    entries = stage.layer.matrix
    cells = [form.expr(entry) for entry in entries]
    return [Row(form.letter(stage.matrix_letter), (grid(form, cells, entries.cols),))]


def loss_told(pen: Pen) -> Words:
    """What the loss is, with its value; nothing of an unknown one."""
    worked, loss = pen.worked, pen.worked.loss_function
    if loss.unknown:
        return ()
    words = KNOWN[loss.name]
    words = words.replace("of the softmax of the output", "of the output") if loss.of_probabilities else words
    value = pen(lambda form: f"{form.letter(worked.notation.loss)} = {shown(form, worked.loss)}")
    return say(f"The loss is {words}: {{value}}.", value=value)


def arriving(pen: Pen) -> Words:
    """The head of the pass backwards, with what an unknown loss sends back."""
    if not pen.worked.loss_function.unknown:
        return ("Backwards. ",)
    return ("Backwards. ", *sent_back(pen), " ")


def sent_back(pen: Pen) -> Words:
    """What the loss is; of an unknown one, what it sends back."""
    worked, loss = pen.worked, pen.worked.loss_function
    if not loss.unknown:
        return loss_told(pen)
    letter = worked.letter(len(worked))

    def sent(form: MathsTarget) -> str:
        by = pen.loss_by(form, form.letter(letter))
        values = ", ".join(map(form.expr, loss.numbers)) if isinstance(loss, Arriving) else ""
        return f"{by} = ({values})" if values else by

    text = "Nothing is assumed of the loss {L}; it sends back {sent}, one number for each output."
    if isinstance(loss, Arriving):
        text = "Nothing is assumed of the loss {L}; for an example, let it send back {sent}."
    return say(text, L=pen.letter(worked.notation.loss), sent=pen(sent))


def rule(pen: Pen) -> Words:
    """What delta is, and how it goes from layer to layer."""
    stages, letter = pen.worked.stages, pen.of("delta")
    delta = pen(lambda form: f"{form.letter(letter)} = {pen.loss_by(form, form.letter(pen.of('z')))}")
    text = "Let {delta}. "
    if len(stages) > 1:
        text = (
            "Let {delta} for each layer. That of the last layer is found first, and that of any other layer "
        )
        text += "follows from the one above. "
    of = ["weights"] * any(s.learned for s in stages) + ["biases"] * any(s.layer.bias for s in stages)
    text += f"The gradient{'s' * bool(of)} with respect to the {joined([*of, 'input'])} "
    return say(f"{text}follow{'s' * (not of)} from it:", delta=delta)


def backwards(pen: Pen, stages: Sequence[Stage], form: MathsTarget, *, most: int = MOST_LISTED) -> list[Row]:
    """The gradients of each layer, the last first, and that of the input; at most so many long entries."""
    rows: list[Row] = []
    for stage in stages:
        rows += delta(pen, stage, form, most)
        rows = _explained(pen, rows, stage, form, primed=True)
        rows += gradients(pen, stage, form, most)
    return [*rows, *(input_gradient(pen, form, most) if stages[-1].number == 1 else [])]


def delta(pen: Pen, stage: Stage, form: MathsTarget, most: int = MOST_LISTED) -> list[Row]:
    """The gradient with respect to a preactivation: of the last layer with what it is."""
    worked, number, letter = pen.worked, stage.number, pen.letters(stage)["delta"]
    entries = worked.shown("delta", number)
    if not all(entry.is_number for entry in entries):
        symbols = worked.symbols("delta", number)
        pairs = [(form.expr(s), delta_written(pen, stage, at, form)) for at, s in enumerate(symbols)]
        return packed(form, pairs[:most])
    rows = pen.quantity(form, "delta", stage)
    told = _of_loss(pen, stage, form)
    if told and rows[0].left == form.letter(letter) and isinstance(rows[0].parts[0], str):
        values, *others = str(rows[0].parts[0]).split(form.comma)
        rows[0] = rows[0]._replace(parts=(told, form.comma.join([values, *others])))
    return [*_probabilities(pen, stage, form), *rows]


def _of_loss(pen: Pen, stage: Stage, form: MathsTarget) -> str:
    """What the gradient of the last layer is, where that is short."""
    loss, output = pen.worked.loss_function, form.letter(pen.worked.letter(stage.number))
    if stage.number != len(pen.worked):
        return ""
    if loss.name == "cross_entropy" and (stage.activation.is_softmax or stage.activation.is_identity):
        return f"{output if stage.activation.is_softmax else form.letter('p')} - {form.letter('t')}"
    if not stage.activation.is_identity:
        return ""
    if loss.name in ("half_squared_error", "mean_squared_error"):
        count = len(pen.worked.shown("output", stage.number))
        scale = Rational(2, count) if loss.name == "mean_squared_error" else S.One
        error = f"{output} - {form.letter('t')}"
        return error if scale == 1 else f"{form.expr(scale)}{form.times}({error})"
    return pen.loss_by(form, output) if loss.unknown else ""


def _probabilities(pen: Pen, stage: Stage, form: MathsTarget) -> list[Row]:
    """The softmax of the output, where the loss takes it."""
    loss = pen.worked.loss_function
    last = stage.number == len(pen.worked) and stage.activation.is_identity
    if not last or loss.name != "cross_entropy" or loss.of_probabilities:
        return []
    powers = [exp(a) for a in pen.worked.named("output", stage.number)]
    whole = sum(powers)
    values = ", ".join(shown(form, (power / whole).evalf(DIGITS)) for power in powers)
    taken = f"{form.function('softmax')}({form.letter(pen.worked.letter(stage.number))})"
    return [Row(form.letter("p"), (taken, f"({values})"))]


def delta_written(pen: Pen, stage: Stage, at: int, form: MathsTarget) -> str:
    """An entry of delta that depends on letters: the derivative of the activation times what arrives."""
    worked = pen.worked
    if stage.activation.is_softmax or (slope := worked.slope(stage, at)) in (0, 1):
        return shown(form, worked.shown("delta", stage.number)[at])
    return f"{form.factor(slope)}{form.times}{form.factor(worked.arriving(stage.number, at))}"


def gradients(pen: Pen, stage: Stage, form: MathsTarget, most: int = MOST_LISTED) -> list[Row]:
    """The gradients with respect to the weights and the bias of a layer."""
    rows: list[Row] = []
    if stage.number > 1 and not all(e.is_number for e in pen.worked.named("output", stage.source)):
        most = min(most, MOST_ALIKE)  # each entry is like the others, in letters
    if stage.learned and len(pen.worked.shown("grad_kernel", stage.number)) <= MOST_ENTRIES:
        rows += pen.quantity(form, "grad_kernel", stage, most)
    if stage.layer.bias:
        rows += pen.quantity(form, "grad_bias", stage, most)
    return rows


def input_gradient(pen: Pen, form: MathsTarget, most: int = MOST_LISTED) -> list[Row]:
    """The gradient with respect to the input."""
    first = pen.worked.stages[0]
    entries, shape = pen.worked.shown("grad_input", first.number), pen.shape("output", 0)
    if len(entries) > MOST_ENTRIES:
        return []
    letter, axes = pen.worked.notation.input, spatial(first)
    return pen.whole(form, letter, entries, shape, axes, by_loss=True, most=most)
