"""The slides of a chain: its story in at most fifteen frames, one thought each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sympy import Expr

from symconv.network import loss_told, paths, story
from symconv.network.described import called
from symconv.network.pen import MOST_PRODUCTS, Build, Pen
from symconv.network.stages import Stage
from symconv.network.worked import Product
from symconv.network.writing import in_letters, in_numbers, listed, say, shown
from symconv.network.written import matrix_form
from symconv.notes.frames import plainly
from symconv.notes.model import Block, Built, Frame, Maths, Picture, Piece, Prose, Table, Words
from symconv.printing.display import Row
from symconv.printing.target import MathsTarget

#: A chain of more layers is told by the first two and the last two.
MOST_LAYERS = 4

#: A line of a frame has room for about so many characters.
WIDE = 60


_GIVEN = "We take these numbers and follow them forwards to the loss and back to the input:"


def numbered(count: int) -> list[int]:
    """The layers that slides tell of.

    >>> numbered(3), numbered(9)
    ([1, 2, 3], [1, 2, 8, 9])
    """
    return list(range(1, count + 1)) if count <= MOST_LAYERS else [1, 2, count - 1, count]


def frames(
    pen: Pen, chain: Any, title: str, question: Words, picture: Sequence[Block], known: str
) -> tuple[Frame, ...]:
    """The frames on a worked chain: question, numbers, forwards, the loss, backwards, one weight, answer."""
    stages = [pen.worked.stages[number - 1] for number in numbered(len(pen.worked))]
    told = _of_slides(question)
    found = [
        Frame(title, ((Prose(told),), (_chain(pen, stages),)), opening=True),
        Frame("The numbers", ((Prose((*story.sizes(pen), _GIVEN)),), (pen.lines(pen.operands, "given"),))),
        *(_forwards(pen, stage) for stage in stages),
        _rule(pen, chain, stages),
    ]
    drawn = [block for block in picture if isinstance(block, Picture)]
    found += [Frame("The path of the gradient", ((Prose(_way(pen)),), (block,))) for block in drawn]
    found += [_last(pen, stages[-1]), *(_backwards(pen, stage) for stage in stages[-2::-1]), *_input(pen)]
    found += _weight(pen)
    found.append(_answer(pen))
    found.append(Frame("How we know", ((Prose((known,)),),)))
    return tuple(found)


def plain_frames(title: str, question: Words, blocks: Sequence[Block]) -> tuple[Frame, ...]:
    """The frames on a chain that is too large for numbers: a frame for each thing to look at."""
    return (Frame(title, ((Prose(_of_slides(question)),),), opening=True), *plainly(blocks))


def _of_slides(question: Words) -> Words:
    """The same question, answered by slides."""
    said = (w.replace("These notes", "These slides") if isinstance(w, str) else w for w in question)
    return tuple(w.replace(", and then in formulas", "") if isinstance(w, str) else w for w in said)


def _chain(pen: Pen, stages: Sequence[Stage]) -> Table:
    """Each layer and what it computes."""
    rows: list[tuple[Words, ...]] = []
    for stage in stages:
        one = called(stage)
        rows.append(((str(stage.number),), (one.removeprefix("a "),), (pen(partial(_computes, pen, stage)),)))
    return Table((("layer",), ("what it is",), ("what it computes",)), tuple(rows))


def _computes(pen: Pen, stage: Stage, form: MathsTarget) -> str:
    """What a layer computes, with its matrix where it has weights."""
    letters = pen.letters(stage)
    z, a = form.letter(letters["preactivation"]), form.letter(letters["output"])
    before = form.letter(pen.worked.letter(stage.source))
    done = f"{z} = {form.letter(stage.matrix_letter)} {before}"
    done += f" + {form.letter(letters['bias'])}" if stage.layer.bias else ""
    done += "".join(f" + {form.letter(pen.worked.letter(other))}" for other in stage.added)
    if stage.activation.is_identity:
        return done
    return f"{done}{form.comma}{a} = {form.function(stage.activation.letter)}({z})"


def _forwards(pen: Pen, stage: Stage) -> Frame:
    """An entry of a layer built up, and then all of them."""
    worked, at = pen.worked, pen.worked.main_output(stage)
    rows: list[tuple[Piece, ...]] = [(Prose(_forwards_told(pen, stage)),)]
    whole, label = partial(_whole, pen, stage), f"whole-{stage.number}"
    if stage.learned:
        left = pen.expr(worked.symbols("preactivation", stage.number)[at])
        result = worked.shown("preactivation", stage.number)[at]
        rows += _followed(pen, built(pen, left, worked.preactivation(stage, at), result), whole, label)
    else:
        rows.append((pen.lines(whole, label),))
    return Frame(f"Forwards: layer {stage.number}", tuple(rows))


def _rule(pen: Pen, chain: Any, stages: Sequence[Stage]) -> Frame:
    """What the loss sends back, and how it goes from layer to layer."""
    letter = pen.of("delta")
    delta = pen(lambda form: f"{form.letter(letter)} = {pen.loss_by(form, form.letter(pen.of('z')))}")
    text = "On the way back we compute {delta} for each layer, the last one first"
    hidden = [stage for stage in stages[::-1] if stage.number < len(pen.worked)]
    made = [stage for stage in hidden if matrix_form(chain, "delta", stage.number, pen.latex)]
    rows: list[tuple[Piece, ...]] = [(Prose(loss_told.sent_back(pen)),)]
    if not hidden:
        text = "On the way back we compute {delta}, and from it the gradients"
    rows.append((Prose(say(f"{text}{':' if made else '.'}", delta=delta)),))
    if made:
        rows.append((pen.lines(partial(_rules, chain, made), "rules"),))
    return Frame("From the output to the loss, and back", tuple(rows))


def _rules(chain: Any, stages: Sequence[Stage], form: MathsTarget) -> list[Row]:
    found = (matrix_form(chain, "delta", stage.number, form) for stage in stages)
    return [row for row in found if row]


def _forwards_told(pen: Pen, stage: Stage) -> Words:
    z, a = (pen.letter(pen.letters(stage)[name]) for name in ("preactivation", "output"))
    text = f"Layer {stage.number} is {called(stage)}"
    if stage.activation.is_identity:
        return say(f"{text} without an activation, so {{a}} is {{z}}:", a=a, z=z)
    follows = pen(lambda form: form.function(stage.activation.letter))
    return say(f"{text}, followed by {{f}}, which gives {{a}} from {{z}}:", f=follows, a=a, z=z)


def _whole(pen: Pen, stage: Stage, form: MathsTarget) -> list[Row]:
    entries = pen.worked.shown("preactivation", stage.number)
    first = not stage.learned or (len(entries) > 1 and all(entry.is_number for entry in entries))
    rows = pen.quantity(form, "preactivation", stage, 6) if first else []
    if not stage.activation.is_identity or not rows:
        rows += pen.quantity(form, "output", stage, 6)
    return rows


def built(pen: Pen, left: Maths, terms: Sequence[Product], result: Expr) -> Built:
    """A sum whose products appear one after the other, in letters and in numbers, and then its result."""
    keep = list(terms) if len(terms) <= MOST_PRODUCTS - 1 else [*terms[:3], None, terms[-1]]
    lines = [_line(pen, keep, write) for write in (in_letters, in_numbers)]
    lines = [line for line in lines if line] or [[(1, Maths(" = 0", " = 0"))]]
    if len(lines) > 1 and [part for _, part in lines[0]] == [part for _, part in lines[1]]:
        lines = lines[:1]
    if terms and result.is_number:
        lines[-1] = [*lines[-1], (len(keep) + 1, pen(lambda form: f" = {shown(form, result)}"))]
    return Built(left, tuple(tuple(part) for line in lines for part in _broken(line)))


def _followed(pen: Pen, first: Built, rows: Build, label: str) -> list[tuple[Piece, ...]]:
    """A sum that is built up, and equations that appear after it; matrices stand below from the start."""
    shown_later = rows(pen.latex)
    if not all(isinstance(part, str) for row in shown_later for part in row.parts):
        return [(first,), (pen.lines(rows, label),)]
    step = _last_step(first) + 1
    then: Built | None = None
    for at in range(len(shown_later) - 1, -1, -1):
        left = pen(partial(_side, rows, at, None))
        parts = [pen(partial(_side, rows, at, part)) for part in range(len(shown_later[at].parts))]
        line = tuple((step + at, Maths(f" = {part.latex}", f" = {part.text}")) for part in parts)
        then = Built(left, (line,), then)
    return [(_joined(first, then),)]


def _joined(first: Built, then: Built | None) -> Built:
    """Equations below one another."""
    return replace(first, then=_joined(first.then, then) if first.then else then)


def _last_step(first: Built) -> int:
    """The step with which an equation, and those below it, are complete."""
    here = max((step for line in first.lines for step, _ in line), default=1)
    return max(here, _last_step(first.then)) if first.then else here


def _side(rows: Build, at: int, part: int | None, form: MathsTarget) -> str:
    """A side of an equation; a target with fewer rows has the last."""
    made = rows(form)
    row = made[min(at, len(made) - 1)]
    return str(row.left if part is None else row.parts[min(part, len(row.parts) - 1)])


def _line(
    pen: Pen, terms: Sequence[Product | None], write: Callable[[MathsTarget, Product], str]
) -> list[tuple[int, Maths]]:
    found = []
    for step, term in enumerate(terms, 1):
        sign = " = " if step == 1 else " + "
        found.append((step, pen(partial(_signed, sign, term, write))))
    return found


def _signed(
    sign: str, term: Product | None, write: Callable[[MathsTarget, Product], str], form: MathsTarget
) -> str:
    return f"{sign}{form.across if term is None else write(form, term)}"


def _broken(line: Sequence[tuple[int, Maths]]) -> list[list[tuple[int, Maths]]]:
    """A line in lines that fit on a frame."""
    found: list[list[tuple[int, Maths]]] = [[]]
    used = 0
    for step, piece in line:
        width = len(piece.text)
        if used + width > 1.6 * WIDE and found[-1]:
            found.append([])
            used = 0
        found[-1].append((step, piece))
        used += width
    return found


def _way(pen: Pen) -> Words:
    layer, at = paths.place(pen)
    unit = pen.expr(pen.worked.symbols("output", layer)[at])
    fed = [pen.expr(pen.worked.symbols("preactivation", n)[o]) for n, o in pen.worked.fed(layer, at)]
    return say("The gradient reaches {unit} through all that it feeds: {fed}.", unit=unit, fed=listed(fed))


def _last(pen: Pen, stage: Stage) -> Frame:
    """The gradient of the last layer, from the loss."""
    text = "{delta} of the last layer is the gradient that the loss sends back"
    text += ":" if stage.activation.is_identity else ", times the derivative of the activation:"
    if stage.activation.is_softmax:
        text = "For {delta} of the last layer the gradient goes back through the loss and the softmax:"
    told = say(text, delta=pen.letter(pen.of("delta")))
    return Frame(
        f"Backwards: layer {stage.number}",
        ((Prose(told),), (pen.lines(partial(_last_rows, pen, stage), f"delta-{stage.number}"),)),
    )


def _last_rows(pen: Pen, stage: Stage, form: MathsTarget) -> list[Row]:
    rows = [*loss_told.probabilities(pen, stage, form), *story.delta(pen, stage, form, 4)]
    return [*rows, *story.gradients(pen, stage, form, 2)]


def _backwards(pen: Pen, stage: Stage) -> Frame:
    """One entry of a hidden layer's gradient built up, and then all of them."""
    worked, number = pen.worked, stage.number
    layer, at = paths.place(pen)
    if number != layer:
        counts = [len(worked.back(number, j)) for j in range(len(worked.symbols("delta", number)))]
        at = counts.index(max(counts))
    left = pen(lambda form: pen.loss_by(form, form.expr(worked.symbols("output", number)[at])))
    first = built(pen, left, worked.back(number, at), worked.arriving(number, at))
    steps = _last_step(first)
    row = partial(paths.delta_entry, pen, number, at)
    then = _later(pen, row, steps + 1)
    text = "What the next layer sends back is added up; then it is multiplied by the derivative of the "
    text += "activation:" if not stage.activation.is_identity else ""
    if stage.activation.is_identity:
        text = "What the next layer sends back is added up:"
    whole = partial(_deltas, pen, stage)
    rows = _followed(pen, _joined(first, then), whole, f"delta-{number}")
    return Frame(f"Backwards: layer {number}", ((Prose((text,)),), *rows))


def _deltas(pen: Pen, stage: Stage, form: MathsTarget) -> list[Row]:
    return story.delta(pen, stage, form, 4)


def _later(pen: Pen, row: Callable[[MathsTarget], Row], step: int) -> Built:
    """An equation whose parts appear one after the other."""
    count = len(row(pen.latex).parts)
    parts = [pen(partial(_part, row, at)) for at in range(count)]
    pieces = [(step + at, Maths(f" = {part.latex}", f" = {part.text}")) for at, part in enumerate(parts)]
    return Built(pen(lambda form: str(row(form).left)), tuple(tuple(line) for line in _broken(pieces)))


def _part(row: Callable[[MathsTarget], Row], at: int, form: MathsTarget) -> str:
    return str(row(form).parts[at])


def _input(pen: Pen) -> list[Frame]:
    """The gradient of the input of a single layer, an entry of it built up."""
    if len(pen.worked) > 1:
        return []
    worked, (layer, at) = pen.worked, paths.place(pen)
    left = pen(lambda form: pen.loss_by(form, form.expr(worked.symbols("output", layer)[at])))
    first = built(pen, left, worked.back(layer, at), worked.arriving(layer, at))
    text = "Each input sums the {delta} of the outputs that it feeds, times the weights:"
    rows: list[tuple[Piece, ...]] = [(Prose(say(text, delta=pen.letter(pen.of("delta")))),), (first,)]
    rows.append((pen.lines(lambda form: story.input_gradient(pen, form, 2), "input-gradient"),))
    return [Frame("Backwards: the input", tuple(rows))]


def _weight(pen: Pen) -> list[Frame]:
    """One shared weight's gradient, built up."""
    worked, stage = pen.worked, pen.worked.shared
    if stage is None:
        return []
    tap = worked.main_tap(stage)
    letter = stage.layer.entries.symbols.operands["tap"][tap]
    left = pen(lambda form: pen.loss_by(form, form.expr(letter)))
    terms, result = worked.kernel(stage, tap), worked.shown("grad_kernel", stage.number)[tap]
    rows: list[tuple[Piece, ...]] = [(Prose(paths.shared_told(pen, stage, tap)),)]
    rows.append((built(pen, left, terms, result),))
    return [Frame("One weight, used in several places", tuple(rows))]


def _answer(pen: Pen) -> Frame:
    """All gradients with respect to weights, and the rule behind them."""
    rows: list[tuple[Piece, ...]] = [(Prose(("All gradients together:",)),)]
    rows.append((pen.lines(partial(_all, pen), "all-gradients"),))
    return Frame("The answer", tuple(rows))


def _all(pen: Pen, form: MathsTarget) -> list[Row]:
    rows: list[Row] = []
    for stage in pen.worked.stages:
        rows += story.gradients(pen, stage, form, 3)
    return [*rows, *story.input_gradient(pen, form, 3)]
