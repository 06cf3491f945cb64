"""The numbers of a chain as its notes tell them: what is given, the pass forwards, the loss, the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sympy import Add, Expr, S

from symconv.index_sums.printers import of_formulas
from symconv.layers.conv import Conv
from symconv.network.dense import Dense
from symconv.network.described import called, convention_told, layers_told
from symconv.network.loss_told import arriving, in_letters, loss_shown, of_layer, of_loss
from symconv.network.pen import MOST_PRODUCTS, Pen, spatial
from symconv.network.stages import Stage
from symconv.network.writing import MOST_LISTED, and_so_on, grid, listed, packed, say, short, shown
from symconv.network.written import functions
from symconv.notes.model import Block, Display, Maths, Prose, Words
from symconv.printing.display import Row
from symconv.printing.english import joined, spelt
from symconv.printing.target import MathsTarget

#: Gradients of more entries are not written out.
MOST_ENTRIES = 24

#: Of entries that are alike so many are shown.
MOST_ALIKE = 4

_CALLED = "Deep-learning libraries call a cross-correlation a convolution."

#: Notes of one page show so many of them, and no gradients with many entries.
BRIEF = 2

#: In chains of so many layers there are several such lists.
LONG = 3


def numbers(pen: Pen, *, formulas: bool = False) -> list[Block]:
    """The section: what is given, the pass forwards, the loss, and the pass backwards.

    ``formulas`` says whether the formulas of the pass backwards follow in a section of their own.
    """
    stages = pen.worked.stages
    inexact = any(short(e) != e for s in stages for e in pen.worked.shown("output", s.number))
    rounded = " Numbers are rounded to four digits." if inexact else ""
    channels = [Prose(words, detail=True) for words in filters(pen)]
    return [
        *([Prose((*sizes(pen), *layers_told(stages)))] if len(stages) > 1 else []),
        *([Prose((_CALLED,), detail=True, spare=1)] if any("cross" in called(s) for s in stages) else []),
        Prose((*(sizes(pen) if len(stages) == 1 else ()), *given_told(pen))),
        pen.lines(pen.operands, "operands"),
        Prose((*forwards_told(pen), f"{rounded} {written_out(pen)}")),
        *_by_layer(pen, forwards, "forwards", stages),
        *channels[:1],
        *loss_shown(pen),
        Prose((*arriving(pen), *rule(pen, formulas=formulas))),
        *_by_layer(pen, backwards, "backwards", stages[::-1]),
        *channels[1:],
    ]


def _by_layer(pen: Pen, make: Callable[..., list[Row]], label: str, stages: Sequence[Stage]) -> list[Display]:
    """The equations of a pass: of many layers in a display each, so that pages can break between them."""
    groups = [stages] if len(stages) < 3 else [[stage] for stage in stages]
    labels = [label] if len(groups) == 1 else [f"{label}-{stage.number}" for stage in stages]
    return [
        pen.lines(partial(make, pen, group), name, short=partial(make, pen, group, most=BRIEF))
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


def given_told(pen: Pen) -> Words:
    """Before all that is given."""
    target = "" if pen.worked.loss_function.unknown else "{t} is the target, what the output should be"
    if len(pen.worked) == 1:
        return say(f"Take these numbers{'; ' * bool(target)}{target}:", t=pen.letter("t"))
    number = "superscript in brackets is the number of the layer. Take these numbers:"
    return say(f"{target}{', and a' if target else 'A'} {number}", t=pen.letter("t"))


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
        text += ", its output" if len(stages) > 1 else ""
        if any(stage.activation.is_identity for stage in stages):
            text += " (without an activation, {a} is {z})"
    elif len(stages) > 1:
        text += "; no layer has an activation, so its output {a} is {z}"
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
    many = spelt(count)
    first = f"Each of the {many} filters of layer {stage.number} gives a channel, which is the "
    first += "first index of {z} and {a}; each channel is computed as with one filter."
    second = "The gradient with respect to a filter needs only the {delta} of its own channel. The one with "
    second += "respect to the input of the layer is summed over the filters, since each of them reads it."
    if len(stages) == 1:
        first = first.replace(f" of layer {stage.number}", "")
    z, a, delta = (pen.letter(pen.of(letter)) for letter in ("z", "a", "delta"))
    return [say(first, z=z, a=a), say(second, delta=delta)]


def forwards(pen: Pen, stages: Sequence[Stage], form: MathsTarget, *, most: int = MOST_LISTED) -> list[Row]:
    """An entry of the preactivation of each layer as a sum, all its entries, and those of its output."""
    rows: list[Row] = []
    tight = most == BRIEF and len(pen.worked) >= LONG
    for stage in stages:
        entries, at = pen.worked.shown("preactivation", stage.number), pen.worked.main_output(stage)
        rows.append(summed(pen, stage, at, form))
        known = all(entry.is_number for entry in entries)
        if len(entries) > 1 and known and not (tight and len(stage.shape) > 1):
            rows += pen.quantity(form, "preactivation", stage, most)
        elif len(entries) > 1 and not (known or tight):
            few = len(entries) < 5 and len(pen.worked) < LONG
            others = [o for o in range(len(entries)) if o != at][: 3 if few else 1]
            rows += [summed(pen, stage, o, form) for o in others]
        if not stage.activation.is_identity:
            rows += _applied(pen, stage, form, most) if known or not tight else []
            rows = _explained(pen, rows, stage, form, primed=False)
        elif len(pen.worked) > 1:
            rows = _passed_on(pen, stage, rows, form)
    return rows


def _applied(pen: Pen, stage: Stage, form: MathsTarget, most: int) -> list[Row]:
    """The output of a layer: where all of it is one list, first as the activation of the preactivation."""
    rows, letters = pen.quantity(form, "output", stage, most), pen.letters(stage)
    if len(rows) > 1 or rows[0].left != form.letter(letters["output"]):
        return rows
    applied = f"{form.function(stage.activation.letter)}({form.letter(letters['preactivation'])})"
    return [rows[0]._replace(parts=(applied, *rows[0].parts))]


def _passed_on(pen: Pen, stage: Stage, rows: list[Row], form: MathsTarget) -> list[Row]:
    """Rows that say too that the output of a layer without an activation is its preactivation."""
    z, a = (form.letter(pen.letters(stage)[name]) for name in ("preactivation", "output"))
    if rows[-1].left == z:
        return [*rows[:-1], rows[-1]._replace(left=a, parts=(z, *rows[-1].parts))]
    return [*rows, Row(a, (z,))]


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


def matrices(pen: Pen) -> list[Block]:
    """The matrix of the first layer whose weights are shared; of a single layer, beside a dense one's."""
    shown = [s for s in pen.worked.stages if s.learned and not s.matrix_is_kernel][:1]
    alone = [Prose(_counted(pen, stage), detail=True) for stage in shown if len(pen.worked) == 1]
    return [*alone, *(pen.lines(partial(_matrix, pen, s), f"matrix-{s.number}", detail=True) for s in shown)]


def _counted(pen: Pen, stage: Stage) -> Words:
    """What is special about the matrix of a layer: its zeros, and how few its weights are."""
    entries = stage.layer.matrix
    zeros, cells = sum(entry == 0 for entry in entries), entries.rows * entries.cols
    text = "Here {T} is the matrix below. It takes the place of the {W} of a dense layer, with "
    text += f"{zeros} of its {cells} entries fixed at zero and " if zeros else ""
    text += f"only {stage.layer.pattern.count('tap')} different weights in the "
    text += f"{'other ' if zeros else ''}{cells - zeros}:"
    return say(text, T=pen.letter(stage.matrix_letter), W=pen.letter("W"))


def _matrix(pen: Pen, stage: Stage, form: MathsTarget) -> list[Row]:
    entries = stage.layer.matrix
    cells = [form.expr(entry) for entry in entries]
    return [Row(form.letter(stage.matrix_letter), (grid(form, cells, entries.cols),))]


def rule(pen: Pen, *, formulas: bool = False) -> Words:
    """What delta is, and how it goes from layer to layer; and whether formulas come later."""
    stages, letter = pen.worked.stages, pen.of("delta")
    delta = pen(lambda form: f"{form.letter(letter)} = {pen.loss_by(form, form.letter(pen.of('z')))}")
    text = "Let {delta}. "
    if len(stages) > 1:
        text = "Let {delta} for each layer. That of the last layer is found first. For an earlier layer, "
        text += "the {letter} of the next layer is multiplied by the transpose of the next layer's matrix "
        text += "and then, entry by entry ({times}), by the derivative of the earlier layer's own "
        text += "activation. "
        if any(stage.added for stage in stages):
            text += "Where an output is used twice, what both uses send back is added up. "
    text += convention_told(pen.worked)
    of = ["weights"] * any(s.learned for s in stages) + ["biases"] * any(s.layer.bias for s in stages)
    text += f"The gradient{'s' * bool(of)} with respect to the {joined([*of, 'input'])} "
    text += f"follow{'s' * (not of)} from {{letter}}{', by the formulas further below' * formulas}:"
    return say(text, delta=delta, letter=pen.letter(letter), times=Maths(r"\odot", ".*"))


def backwards(pen: Pen, stages: Sequence[Stage], form: MathsTarget, *, most: int = MOST_LISTED) -> list[Row]:
    """The gradients of each layer, the last first, and that of the input; at most so many long entries."""
    rows: list[Row] = []
    few = MOST_LISTED // 2 if len(pen.worked) >= LONG else MOST_LISTED
    longest = few if most == BRIEF else MOST_ENTRIES
    for stage in stages:
        rows += delta(pen, stage, form, most)
        rows = _explained(pen, rows, stage, form, primed=True)
        rows += gradients(pen, stage, form, most, longest)
    return [*rows, *(input_gradient(pen, form, most, longest) if stages[-1].number == 1 else [])]


def delta(pen: Pen, stage: Stage, form: MathsTarget, most: int = MOST_LISTED) -> list[Row]:
    """The gradient with respect to a preactivation: of the last layer with what it is."""
    worked, number, letter = pen.worked, stage.number, pen.letters(stage)["delta"]
    entries = worked.shown("delta", number)
    if not all(entry.is_number for entry in entries):
        symbols = worked.symbols("delta", number)
        pairs = [(form.expr(s), delta_written(pen, stage, at, form)) for at, s in enumerate(symbols)]
        most = alike(pen, stage, most) if len(worked) >= LONG else most
        rows = packed(form, pairs[:most])
        return and_so_on(form, rows) if len(pairs) > most and len(worked) >= LONG else rows
    rows = pen.quantity(form, "delta", stage)
    product = of_layer(pen, stage, form) if most > BRIEF else ""
    letters = in_letters(pen, stage, form) if product else of_loss(pen, stage, form)
    if rows[0].left == form.letter(letter):
        rows[0] = rows[0]._replace(parts=(*filter(None, (letters, product)), *rows[0].parts))
    return rows


def delta_written(pen: Pen, stage: Stage, at: int, form: MathsTarget) -> str:
    """An entry of delta that depends on letters: the derivative of the activation times what arrives."""
    worked = pen.worked
    if stage.activation.is_softmax or (slope := worked.slope(stage, at)) in (0, 1):
        return shown(form, worked.shown("delta", stage.number)[at])
    return f"{form.factor(slope)}{form.times}{form.factor(worked.arriving(stage.number, at))}"


def alike(pen: Pen, stage: Stage, most: int) -> int:
    """How many entries are shown of those that are like each other; fewer where they have several indices."""
    if len(pen.worked) < LONG:
        return min(most, MOST_ALIKE)
    short = len(stage.shape) == 1 == len(stage.inside)
    return 1 if most == BRIEF else min(most, MOST_ALIKE if short else MOST_ALIKE // 2)


def gradients(
    pen: Pen, stage: Stage, form: MathsTarget, most: int = MOST_LISTED, longest: int = MOST_ENTRIES
) -> list[Row]:
    """The gradients with respect to the weights, unless there are too many, and the bias of a layer."""
    rows: list[Row] = []
    many = stage.number > 1 or len(pen.worked) >= LONG
    found = pen.worked.shown("grad_kernel", stage.number) if stage.learned else ()
    if many and not all(entry.is_number for entry in found):
        most = alike(pen, stage, most)  # each entry is like the others, in letters
    fits = most > 1 or len(Add.make_args(found[0] if found else S.Zero)) <= MOST_PRODUCTS
    if 0 < len(found) <= longest and fits:
        if in_full(pen, found, most):
            letter = pen.loss_by(form, form.expr(stage.layer.entries.symbols.operands["tap"][0]))
            rows.append(pen.entry(form, letter, pen.worked.kernel(stage, 0), found[0]))
        rows += pen.quantity(form, "grad_kernel", stage, most)
    if stage.layer.bias and most > 1:
        rows += pen.quantity(form, "grad_bias", stage, most)
    return rows


def input_gradient(
    pen: Pen, form: MathsTarget, most: int = MOST_LISTED, longest: int = MOST_ENTRIES
) -> list[Row]:
    """The gradient with respect to the input."""
    first = pen.worked.stages[0]
    entries, shape = pen.worked.shown("grad_input", first.number), pen.shape("output", 0)
    if len(entries) > longest:
        return []
    letter, axes = pen.worked.notation.input, spatial(first)
    if len(pen.worked) >= LONG and not all(entry.is_number for entry in entries):
        most = alike(pen, first, most)
    rows: list[Row] = []
    if in_full(pen, entries, most):
        terms = [pen.worked.back(0, at) for at in range(len(entries))]
        at = max(range(len(entries)), key=lambda j: (len(terms[j]) <= MOST_PRODUCTS, len(terms[j])))
        left = pen.loss_by(form, form.expr(pen.worked.symbols("output", 0)[at]))
        rows.append(pen.entry(form, left, terms[at], entries[at]))
    return [*rows, *pen.whole(form, letter, entries, shape, axes, by_loss=True, most=most)]


def in_full(pen: Pen, entries: Sequence[Expr], most: int) -> bool:
    """Whether one of several entries of a gradient is written out: of numbers, in notes that have room."""
    room = most == MOST_LISTED and 1 < len(pen.worked) < LONG
    return room and len(entries) > 1 and all(entry.is_number for entry in entries)
