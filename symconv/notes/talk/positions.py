"""Frames on which the window slides: three positions, each product appearing as it is added."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod

from sympy import Expr, S

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet
from symconv.figures.drawing import Label
from symconv.figures.lettering import Lettering, label
from symconv.figures.scene import Lettered, Scene, Staged, operands
from symconv.notes.figured import clear, value
from symconv.notes.model import Built, Frame, Maths, Prose, Words
from symconv.notes.pieces import Pen, Writing
from symconv.notes.worked import Product
from symconv.printing.english import counted
from symconv.printing.latex import Latex
from symconv.printing.target import MathsTarget

#: So many products appear one by one; more of them appear by rows of the window.
ONE_BY_ONE = 4

#: A line of a sum has so many characters.
LINE = 56

_EMPTY = Label("", "")


def setting(pen: Pen) -> Staged:
    """The input and the kernel, and the kernel reversed where that is how it is laid on the input."""
    worked, spec = pen.worked, pen.worked.spec
    flat = len(spec.axes) == 1 and not kinds.channelled(spec)
    rows = _lines(pen, "input", worked.inputs, worked.shape("input"), None)
    if spec.kernel.learned:
        colours = _colours(pen)
        rows += _lines(pen, "kernel", worked.weights, worked.shape("tap"), colours)
        if spec.flip and flat:
            turned = list(zip(reversed(worked.weights), reversed(colours), strict=True))
            rows.append((Label("reversed", "reversed"), [[(value(w), colour) for w, colour in turned]]))
    return operands(rows, beside=not flat)


def _colours(pen: Pen) -> list[str]:
    """The colour of each weight in figures."""
    return [tap.colour for tap in Lettering.of(pen.worked.source.written.subject).taps]


def _lines(
    pen: Pen, quantity: str, entries: Sequence[Expr], shape: Sequence[int], colours: Sequence[str] | None
) -> list[Lettered]:
    """An operand cell by cell: a row for one index, a plane for the last two, one for each of the others."""
    notation = pen.worked.spec.written
    letter = getattr(notation, quantity)
    if not shape:
        shape = (1,)
    inner = shape[-2:]
    width, size = inner[-1], prod(inner)
    outer = shape[:-2]
    found: list[Lettered] = []
    for at in range(prod(outer)):
        index: list[int] = []
        rest = at
        for n in reversed(outer):
            rest, here = divmod(rest, n)
            index.insert(0, here + notation.base)
        name = label(partial(_indexed, letter, tuple(index)))
        cells = [
            (value(entries[k]), colours[k] if colours else "") for k in range(at * size, (at + 1) * size)
        ]
        found.append((name, [cells[r : r + width] for r in range(0, size, width)]))
    return found


def _indexed(letter: str, index: tuple[int, ...], form: MathsTarget) -> str:
    return form.indexed(letter, *index)


def trio(pen: Pen) -> list[int]:
    """Three positions to look at: the first ones along the last axis, and with several axes one below."""
    worked, spec = pen.worked, pen.worked.spec
    shape = worked.shape(_moving(pen))[-min(2, len(spec.axes)) :]
    count, width = prod(shape), shape[-1] if shape else 1
    wanted = [0, 1, 2] if len(shape) == 1 else [0, 1, width]
    return sorted({at for at in wanted if at < count})


def _moving(pen: Pen) -> str:
    """The role whose entries are the positions: each input of a transposed layer lays the kernel down."""
    return "input" if pen.worked.spec.transposed else "output"


def positions(pen: Pen) -> list[Frame]:
    """The frames."""
    make = _laid if pen.worked.spec.transposed else _summed
    return [make(pen, at, turn) for turn, at in enumerate(trio(pen))]


def _chunks(pen: Pen, products: Sequence[Product]) -> list[list[Product]]:
    """Products that appear together: each by itself, or those of a row of the window."""
    if len(products) <= ONE_BY_ONE + 2 * (len(pen.worked.spec.axes) == 1):
        return [[p] for p in products]
    width = pen.worked.shape("input")[-1]
    rows: dict[int, list[Product]] = {}
    for p in products:
        rows.setdefault(p.place // width, []).append(p)
    return list(rows.values()) if len(rows) > 1 else [list(products)]


def _summed(pen: Pen, at: int, turn: int) -> Frame:
    """An output as the sum of its products, as a mean or as a maximum."""
    worked, spec = pen.worked, pen.worked.spec
    position, kind = worked.positions[at], kinds.kind(spec)
    chunks = _chunks(pen, position.products) if kind == "convolution" else [list(position.products)]
    last = len(chunks) + 2
    scene = Scene(
        worked.source.written.subject,
        _colours(pen),
        at,
        [value(entry) for entry in worked.inputs],
        Label("$0$", "0") if spec.kernel.shared else _EMPTY,
        dict(enumerate(map(value, worked.weights))) if kind == "convolution" else {},
        [value(y) if o <= at else _EMPTY for o, y in enumerate(worked.outputs)],
        {p.tap: step for step, chunk in enumerate(chunks, 2) for p in chunk} if kind == "convolution" else {},
        last,
        {p.place for p in position.products if p.weight == 1} if kind == "maximum" else (),
    )
    built = _products(pen, at, chunks, last) if kind == "convolution" else _selected(pen, at, kind)
    return _framed(_TITLES[kind][turn], _moved(pen, at, turn), scene.drawn(), built)


def _framed(title: str, told: Prose, drawn: Staged, built: Built) -> Frame:
    """A frame of a position; a picture that cannot be read is left out."""
    return Frame(title, ((told,), *(((drawn,),) if clear(drawn) else ()), (built,)), still=True)


_TITLES = {
    "convolution": ("The first position", "The next position", "One more position"),
    "average": ("The first window", "The next window", "One more window"),
    "maximum": ("The first window", "The next window", "One more window"),
    "transposed": ("The first input", "The next input", "One more input"),
}


def _products(pen: Pen, at: int, chunks: Sequence[Sequence[Product]], last: int) -> Built:
    """Products in letters where they are few, and in numbers, and their sum."""
    position = pen.worked.positions[at]
    letters: list[tuple[int, Maths]] = []
    numbers: list[tuple[int, Maths]] = []

    def added(step: int, letter: Writing, number: Writing) -> None:
        for line, write in ((letters, letter), (numbers, number)):
            line.append((step, _signed(pen, " + " if line else " = ", write)))

    for step, chunk in enumerate(chunks, 2):
        for p in chunk:
            added(step, partial(_letters, p), partial(_numbers, pen, p))
    if position.bias is not None:
        added(last - 1, partial(bias_letter, pen, at), partial(_value, position.bias))
    if letters:
        numbers.append((last, _signed(pen, " = ", partial(_value, position.result))))
    else:
        numbers.append((2, _signed(pen, " = ", partial(_value, S.Zero))))
    wide = sum(Latex().width(piece.latex) + 2 for _, piece in letters)
    lines = [numbers] if wide > LINE or not letters else [letters, numbers]
    return Built(pen.output(at), tuple(tuple(broken) for line in lines for broken in _broken(line)))


def _signed(pen: Pen, sign: str, write: Writing) -> Maths:
    return pen(lambda s: f"{sign}{write(s)}")


def _value(number: Expr, s: Sheet) -> str:
    return s.form.expr(number)


def _letters(p: Product, s: Sheet) -> str:
    return f"{s.entry_letter('kernel', p.tap)}{s.form.times}{s.entry_letter('input', p.place)}"


def _numbers(pen: Pen, p: Product, s: Sheet) -> str:
    return f"{pen.weight(s, p)}{s.form.dot}{s.form.factor(p.value)}"


def bias_letter(pen: Pen, at: int, s: Sheet) -> str:
    """The letter of the bias of an output."""
    biases = list(pen.worked.explicit.bias)
    index = biases.index(pen.worked.explicit.biases[at])
    return s.form.indexed(s.notation.bias, *([index + s.notation.base] if len(biases) > 1 else []))


def _broken(line: Sequence[tuple[int, Maths]]) -> list[list[tuple[int, Maths]]]:
    """A line in lines that fit; of more than three the inner ones are left out."""
    found: list[list[tuple[int, Maths]]] = [[]]
    used = 0
    for step, piece in line:
        width = Latex().width(piece.latex) + 2
        if used + width > LINE and found[-1]:
            found.append([])
            used = 0
        found[-1].append((step, piece))
        used += width
    return found if len(found) <= 3 else [found[0], [(line[-1][0], Maths(" + \\cdots", " + ..."))], found[-1]]


def _selected(pen: Pen, at: int, kind: str) -> Built:
    """The mean of a window, or its largest entry."""
    position = pen.worked.positions[at]
    values = [p.value for p in position.products]

    def window(s: Sheet) -> str:
        if kind == "maximum":
            return f" = {s.form.maximum}({', '.join(map(s.form.expr, values))})"
        total = " + ".join(map(s.form.factor, values))
        return f" = ({total}) / {s.form.expr(1 / position.products[0].weight)}" if values else " = 0"

    result = (3, pen(lambda s: f" = {s.form.expr(position.result)}"))
    return Built(pen.output(at), (((2, pen(window)), result),))


def _moved(pen: Pen, at: int, turn: int) -> Prose:
    """How the window came here, and how much of it lies on the input."""
    worked, spec = pen.worked, pen.worked.spec
    stride = [int(axis.geometry["stride"]) for axis in spec.tied_axes]
    down = len(spec.axes) > 1 and turn == 2
    places = counted(stride[-2 if down else -1], "place")
    came = f"The window moves by {places}{' down' if down else ''}. " if turn else ""
    whole = prod(int(axis.geometry["kernel_size"]) for axis in spec.tied_axes)
    whole *= worked.shape("tap")[1] if spec.kernel.learned and kinds.channelled(spec) else 1
    here = len(worked.positions[at].products)
    if not spec.reads_input and here < whole:
        what = "window's {} places"
        if spec.kernel.learned:
            what = "filter's {} weights" if kinds.channelled(spec) else "kernel's {} weights"
        rest = "padding" if spec.kernel.learned else "padding, which does not count"
        verb = "meets" if here < 2 else "meet"
        others = {0: "all of them meet", 1: "the other meets"}.get(here and whole - here, "the others meet")
        many = {0: "None", 1: "One", 2: "Two", 3: "Three", 4: "Four"}.get(here, str(here))
        return Prose((f"{came}{many} of the {what.format(whole)} {verb} the input; {others} {rest}.",))
    if kinds.kind(spec) == "maximum":
        return Prose((f"{came}The {_of_all('largest', here)} is kept.",))
    if kinds.kind(spec) == "average":
        return Prose((f"{came}The {_of_all('mean', here)} is taken.",))
    again = " Dashed entries are read again." if spec.reads_input and not turn else ""
    each = f"Each of the {here} weights" if here > 1 else "The weight"
    return Prose((f"{came}{each} meets an input.{again}",))


def _of_all(what: str, count: int) -> str:
    """What is taken of the entries of a window."""
    return f"{what} of the {count} entries" if count > 1 else "only entry"


def _laid(pen: Pen, at: int, turn: int) -> Frame:
    """An input of a transposed layer: its products with the kernel, laid on the output."""
    worked = pen.worked
    x = worked.inputs[at]
    sums: dict[int, Expr] = {}
    for o, _, j, own in worked.triples:
        if j <= at:
            sums[o] = sums.get(o, S.Zero) + worked.weights[own] * worked.inputs[j]
    scene = Scene(
        worked.source.written.subject,
        _colours(pen),
        at,
        [value(sums[o]) if o in sums else _EMPTY for o in range(len(worked.outputs))],
        _EMPTY,
        {tap: value(weight * x) for tap, weight in enumerate(worked.weights)},
        list(map(value, worked.inputs)),
        {},
        1,
    )
    met = sorted((tap, o) for o, tap, j, _ in worked.triples if j == at)
    pieces: list[tuple[int, Maths]] = []
    for step, (tap, o) in enumerate(met[:ONE_BY_ONE], 2):
        goes_on = step - 1 < len(met)
        pieces.append((step, pen(partial(_added, pen, at, tap, sums[o], o, goes_on))))
    if len(met) > ONE_BY_ONE:
        pieces.append((len(pieces) + 2, Maths(Latex.ellipsis, "...")))
    built = Built(Maths("", ""), tuple(tuple(line) for line in _broken(pieces)))
    return _framed(_TITLES["transposed"][turn], Prose(_told(pen, at, turn)), scene.drawn(), built)


def _added(pen: Pen, at: int, tap: int, total: Expr, o: int, goes_on: bool, s: Sheet) -> str:
    """What an output is once an input was added to it."""
    worked, form = pen.worked, s.form
    x, weight = worked.inputs[at], worked.weights[tap]
    before = total - weight * x
    rendered = form.factor(weight)
    rendered = s.marked(weight, rendered, tap) if s.notation.tap_colours else rendered
    arrow = r" \leftarrow " if form.stacked else " <- "
    tail = form.comma if goes_on else ""
    first = f"{form.expr(before)} + " if before != 0 else ""
    return f"{s.entry_letter('output', o)}{arrow}{first}{rendered}{form.dot}{form.factor(x)}{tail}"


def _told(pen: Pen, at: int, turn: int) -> Words:
    """What an input does."""
    axes = pen.worked.spec.tied_axes
    one = len(axes) == 1
    further = counted(int(axes[-1].geometry["stride"]), "place")
    starts = f" starts {further} further: it" if turn and one else ""
    text = f"{{x}}{starts} multiplies every weight, and the products are added to the outputs "
    text += "below them." if one else "at their places."
    cropped = not turn and any(int(axis.geometry["before"]) for axis in axes)
    return pen.say(text + (" Dashed places are cut off." if cropped else ""), x=pen.input(at))


def instruction(pen: Pen) -> Words:
    """What is done with the numbers, without what follows it in the notes."""
    text = kinds.instruction(pen).rstrip(":")
    if pen.worked.spec.transposed or kinds.channelled(pen.worked.spec):
        text = text.rpartition(". ")[0]
    return (f"{text}.",)
