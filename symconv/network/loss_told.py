"""What the loss of a worked chain is: in words, as a sum, in numbers, and what is sent back to each layer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sympy import Expr, IndexedBase, Rational, S, Sum, exp
from sympy import log as ln

from symconv.index_sums.printers import of_formulas
from symconv.network.losses import KNOWN
from symconv.network.pen import Pen
from symconv.network.stages import Stage
from symconv.network.worked import DIGITS, Arriving
from symconv.network.writing import say, short, shown
from symconv.network.written import transposed
from symconv.notes.model import Block, Prose, Words
from symconv.printing.display import Row
from symconv.printing.target import MathsTarget

#: The loss of more outputs is not written out in numbers, nor what arrives at more of a layer.
MOST_OUTPUTS = 4


def loss_told(pen: Pen) -> Words:
    """What the loss is, with its value; nothing of an unknown one."""
    if pen.worked.loss_function.unknown:
        return ()
    value = pen(lambda form: f"{form.letter(pen.worked.notation.loss)} = {shown(form, pen.worked.loss)}")
    return say(f"The loss is {_loss_in_words(pen)}: {{value}}.", value=value)


def _loss_in_words(pen: Pen) -> str:
    loss = pen.worked.loss_function
    words = KNOWN[loss.name]
    return words.replace("of the softmax of the output", "of the output") if loss.of_probabilities else words


def loss_shown(pen: Pen) -> list[Block]:
    """What the loss is, and as a sum, in letters and in numbers."""
    if pen.worked.loss_function.unknown:
        return []
    text = f"The loss {{L}} is {_loss_in_words(pen)}:"
    return [Prose(say(text, L=pen.letter(pen.worked.notation.loss))), pen.lines(partial(_loss, pen), "loss")]


def _loss(pen: Pen, form: MathsTarget) -> list[Row]:
    worked, stage = pen.worked, pen.worked.stages[-1]
    symbols, entropy = stage.layer.closed.symbols, worked.loss_function.name == "cross_entropy"
    index, base = symbols.indices("output"), int(worked.notation.base)
    limits = [(i, base, n - 1 + base) for i, n in zip(index, pen.shape("output", len(worked)), strict=True)]
    count = len(worked.target) if worked.loss_function.name == "mean_squared_error" else 2
    letter = worked.letter(len(worked)) if not entropy or worked.loss_function.of_probabilities else "p"
    rows = probabilities(pen, stage, form)
    a, t = (IndexedBase(name)[index] for name in (letter, "t"))
    squared = "{}^{{2}}" if form.stacked else "{}**2"
    log, summed = form.function("log"), Sum(t * ln(a) if entropy else (a - t) ** 2, *limits[::-1])
    parts = [of_formulas(form, symbols).expr(-summed if entropy else summed / count)]
    outputs = worked.named("output", len(worked))
    if len(outputs) <= MOST_OUTPUTS and worked.loss.is_number:
        if entropy:
            values = _softmax(outputs) if letter == "p" else outputs
            pairs = zip(worked.target, values, strict=True)
            added = (f"{form.factor(short(t))}{form.dot}{log}({shown(form, p)})" for t, p in pairs)
            parts.append(f"-({' + '.join(added)})")
        else:
            gaps = (short(a - t) for a, t in zip(outputs, worked.target, strict=True))
            added = (squared.format(_base(form, gap)) for gap in gaps)
            scale = form.expr(Rational(1, count))
            parts.append(f"{scale}{form.times}({' + '.join(added)})" if count > 1 else " + ".join(added))
    if worked.loss.is_number:
        parts.append(shown(form, worked.loss))
    return [*rows, Row(form.letter(worked.notation.loss), tuple(parts))]


def _base(form: MathsTarget, number: Expr) -> str:
    """A number that a power is taken of: what is no plain row of digits stands in brackets."""
    plain = number.is_nonnegative and (number.is_Integer or number.is_Float)
    left, right = (r"\left(", r"\right)") if form.stacked else ("(", ")")
    return form.expr(number) if plain else f"{left}{form.expr(number)}{right}"


def arriving(pen: Pen) -> Words:
    """The head of the pass backwards, with what an unknown loss sends back."""
    return ("Backwards. ", *((*sent_back(pen), " ") if pen.worked.loss_function.unknown else ()))


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


def _softmax(outputs: Sequence[Expr]) -> list[Expr]:
    powers = [exp(a) for a in outputs]
    return [(power / sum(powers)).evalf(DIGITS) for power in powers]


def probabilities(pen: Pen, stage: Stage, form: MathsTarget) -> list[Row]:
    """The softmax of the output, where the loss takes it."""
    loss = pen.worked.loss_function
    last = stage.number == len(pen.worked)
    if not last or loss.name != "cross_entropy" or loss.of_probabilities:
        return []
    values = ", ".join(shown(form, p) for p in _softmax(pen.worked.named("output", stage.number)))
    taken = f"{form.function('softmax')}({form.letter(pen.worked.letter(stage.number))})"
    return [Row(form.letter("p"), (taken, f"({values})"))]


def of_loss(pen: Pen, stage: Stage, form: MathsTarget) -> str:
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


def of_layer(pen: Pen, stage: Stage, form: MathsTarget) -> str:
    """What arrives at a hidden layer times the derivatives of its activation, where both are short lists."""
    worked, f = pen.worked, stage.activation
    count = len(worked.shown("delta", stage.number))
    if stage.number == len(worked) or f.is_softmax or f.is_identity or not 1 < count <= MOST_OUTPUTS:
        return ""
    factors = partial(worked.arriving, stage.number), partial(worked.slope, stage)
    written = (f"({', '.join(shown(form, of(at)) for at in range(count))})" for of in factors)
    return (r" \odot " if form.stacked else " .* ").join(written)


def in_letters(pen: Pen, stage: Stage, form: MathsTarget) -> str:
    """The same in letters, where one layer reads the output: ``((T^(l+1))^T delta^(l+1)) .* f'(z^(l))``."""
    readers = pen.worked.readers(stage.number)
    if len(readers) != 1 or readers[0].added:
        return ""
    arrives = f"{transposed(form, readers[0].matrix_letter)} {form.letter(pen.letters(readers[0])['delta'])}"
    slope = f"{form.function(stage.activation.letter)}'({form.letter(pen.letters(stage)['preactivation'])})"
    left, times, right = (r"\left(", r" \odot ", r"\right)") if form.stacked else ("(", " .* ", ")")
    return f"{left}{arrives}{right}{times}{slope}"
