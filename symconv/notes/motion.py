"""An example in motion: what the window meets at each position, and how each entry is added up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from sympy import Expr, S

import symconv.notes.kinds as kinds
from symconv.errors import FigureError
from symconv.explicit.layout import Sheet
from symconv.figures import Animation, Label
from symconv.figures.lettering import Lettering
from symconv.figures.stage import Cells, Move, Stage, Timed, Weight
from symconv.figures.window import Padded, windows
from symconv.notes.model import Maths
from symconv.notes.pieces import Pen
from symconv.notes.source import Source
from symconv.notes.worked import Position, Product, Worked
from symconv.pattern import Specification
from symconv.printing.english import counted

#: So many positions can be watched, and so many weights and cells be seen.
MOST_MOVES, MOST_TAPS, MOST_CELLS = 36, 25, 100


def animation(source: Source) -> Animation:
    """The animation of a layer whose operands all have values.

    Raises
    ------
    SymconvError
        As :func:`require_watchable` does.
    """
    worked = Worked(source)
    require_watchable(worked.spec)
    pen = Pen(worked)
    role = worked.spec.dependent_role
    subject = source.written.subject
    padded = Padded.of(subject, role)
    met = windows(subject, role, padded)
    columns = _plane(padded.shape)[1]
    lying = [sorted((*divmod(place, columns), taps[0]) for place, taps in row.items()) for row in met]
    corners = [(min(r for r, _, _ in row), min(c for _, c, _ in row)) if row else (0, 0) for row in lying]
    full = max(range(len(lying)), key=lambda at: len(lying[at]))
    make = _laid if worked.spec.transposed else _summed
    base, other, pieces = make(pen, padded)
    return Animation(
        Stage(
            "A window in motion",
            _in_words(pen),
            base,
            other,
            _weights(pen, lying[full], corners[full]),
            [Move(corner, at, pieces[at]) for at, corner in enumerate(corners)],
        )
    )


def in_motion(source: Source) -> Animation | None:
    """The animation of a layer, if there can be one."""
    try:
        return animation(source)
    except FigureError:
        return None


def require_watchable(spec: Specification) -> None:
    """Raise unless a layer can be animated.

    Raises
    ------
    SymbolicSizeError
        When a size is a symbol.
    FigureError
        When there are more than two axes, channels or a batch, or too much to be watched.
    """
    spec.tied.require_numbers()
    shapes = (spec.tied.extents[role][: -len(spec.axes)] for role in ("input", "output"))
    if len(spec.axes) > 2:
        raise FigureError("an animation shows one or two axes, and this layer has more.")
    if any(int(size) > 1 for shape in shapes for size in shape):
        raise FigureError("an animation shows one channel of one sample, and this layer has several.")
    outputs, taps, inputs = (spec.tied.count(role) for role in ("output", "tap", "input"))
    moves, places = (inputs, outputs) if spec.transposed else (outputs, inputs)
    for count, most, what, smaller in (
        (moves, MOST_MOVES, "position", "{input_size}"),
        (taps, MOST_TAPS, "weight", "{kernel_size}"),
        (places, MOST_CELLS, "cell", "{input_size}"),
    ):
        if count > most:
            sentence = f"this layer has {{found}}, but an animation shows at most {most}: "
            raise FigureError(f"{sentence}choose a smaller {smaller}.", found=counted(count, what))


def _plane(shape: Sequence[int]) -> tuple[int, int]:
    """Rows and columns."""
    return (int(np.prod(shape[:-1])), shape[-1]) if shape else (1, 1)


def _label(maths: Maths) -> Label:
    return Label(f"${maths.latex}$", maths.text)


def _number(pen: Pen, value: Expr) -> Label:
    """A value; a fraction of numbers in a line, as it stands in the other figures."""
    return Label(f"${value}$", str(value)) if value.is_Rational else _label(pen.number(value))


def _words(text: str) -> Label:
    return Label(text, text)


def _beside(before: str, label: Label, after: str = "") -> Label:
    """A label between words."""
    return Label(f"{before}{label.latex}{after}", f"{before}{label.text}{after}")


def _weights(pen: Pen, lying: Sequence[tuple[int, int, int]], corner: tuple[int, int]) -> list[Weight]:
    """The cells of the window, which show what they hold where that is learned.

    Shades of a colour, which take many bytes, are there only where its weights hold equal numbers.
    """
    worked = pen.worked
    taps = Lettering.of(worked.source.written.subject).taps
    learned = worked.spec.kernel.learned
    plain = {tap: taps[tap].colour.partition("!")[0] for _, _, tap in lying}
    shaded = len({(colour, worked.weights[tap]) for tap, colour in plain.items()}) < len(plain)
    return [
        Weight(
            row - corner[0],
            column - corner[1],
            taps[tap].colour if shaded else plain[tap],
            _number(pen, worked.weights[tap]) if learned else None,
        )
        for row, column, tap in lying
    ]


def _grid(pen: Pen, role: str, padded: Padded | None, labels: Sequence[Timed]) -> Cells:
    """The cells of the input or the output, with the padding around them if the window slides over them."""
    name = _label(pen.letter(role))
    if padded is None:
        return Cells(name, _plane(pen.worked.shape(role)), (), labels)
    return Cells(name, _plane(padded.shape), padded.outside.tolist(), labels)


def _summed(pen: Pen, padded: Padded) -> tuple[Cells, Cells, list[list[Label]]]:
    """Inputs below the window, outputs that appear, and the sum, mean or maximum of each."""
    worked = pen.worked
    around = worked.spec.kernel.shared
    labels = [
        Timed(cell, _number(pen, worked.inputs[at]) if at >= 0 else Label("$0$", "0"))
        for cell, at in enumerate(padded.stands.tolist())
        if at >= 0 or around
    ]
    results = [Timed(at, _number(pen, y), start=at) for at, y in enumerate(worked.outputs)]
    pieces = [_pieces(pen, position) for position in worked.positions]
    return _grid(pen, "input", padded, labels), _grid(pen, "output", None, results), pieces


def _pieces(pen: Pen, position: Position) -> list[Label]:
    """An output, the terms that it consists of, and its value."""
    kind = kinds.kind(pen.worked.spec)
    left = _beside("", _label(pen.output(position.output)), " = ")
    if pen.worked.spec.kernel.learned:
        terms = [_label(pen(partial(_product, p))) for p in position.products]
    else:
        terms = [_number(pen, p.value) for p in position.products]
    if position.bias is not None:
        terms.append(_number(pen, position.bias))
    result = _beside(" = ", _number(pen, position.result))
    if not terms:
        return [left, _number(pen, position.result)]
    if kind == "maximum":
        return [left, *_listed("max(", ", ", ")", terms), result]
    weight = position.products[0].weight if kind == "average" else S.One
    if weight != 1:
        divisor = _number(pen, 1 / weight)
        return [left, *_listed("(", " + ", f") / {divisor.text}", terms), result]
    # A sum of one term that is what it gives needs no second sign of equality.
    same = len(terms) == 1 and terms[0].text == result.text.removeprefix(" = ")
    return [left, *_listed("", " + ", "", terms), *([] if same else [result])]


def _listed(before: str, between: str, after: str, terms: Sequence[Label]) -> list[Label]:
    """Terms with what stands before, between and behind them, each as a piece."""
    found = [_beside(before if at == 0 else between, term) for at, term in enumerate(terms)]
    found[-1] = _beside("", found[-1], after)
    return found


def _product(used: Product, s: Sheet) -> str:
    return f"{s.form.factor(used.weight)}{s.form.dot}{s.form.factor(used.value)}"


def _laid(pen: Pen, padded: Padded) -> tuple[Cells, Cells, list[list[Label]]]:
    """Outputs below the window, each the sum of what was added so far, and the inputs beside them."""
    worked = pen.worked
    bias = worked.explicit.biases[0] if worked.explicit.bias else S.Zero
    sums: dict[int, Expr] = {}
    since: dict[int, int | None] = {}
    cells = {at: cell for cell, at in enumerate(padded.stands.tolist()) if at >= 0}
    labels: list[Timed] = []
    pieces: list[list[Label]] = []
    used: dict[int, list[tuple[int, Product]]] = {}
    for position in worked.positions:
        for p in position.products:
            used.setdefault(p.place, []).append((position.output, p))
    for move in range(len(worked.inputs)):
        products = used.get(move, [])
        for output, p in products:
            if output in sums:
                labels.append(Timed(cells[output], _number(pen, sums[output]), since[output], move))
            sums[output], since[output] = sums.get(output, bias) + p.weight * p.value, move
        left = _beside("", _label(pen.input(move)), " adds ")
        terms = [_label(pen(partial(_product, p))) for _, p in products]
        pieces.append([left, *_listed("", ", ", "", terms)] if terms else [left, _words("nothing")])
    labels += [Timed(cells[output], _number(pen, total), since[output]) for output, total in sums.items()]
    inputs = [Timed(at, _number(pen, x)) for at, x in enumerate(worked.inputs)]
    return _grid(pen, "output", padded, labels), _grid(pen, "input", None, inputs), pieces


def _in_words(pen: Pen) -> str:
    worked, spec = pen.worked, pen.worked.spec
    x, y = (f"{pen.letter(role).text} = {_listing(pen, role)}" for role in ("input", "output"))
    size = " by ".join(str(axis.geometry["kernel_size"]) for axis in spec.tied_axes)
    kind = kinds.kind(spec)
    window = f"A window of {counted(len(worked.weights), 'weight')}"
    if not spec.kernel.learned:
        window = f"A window of {size} {'entry' if size == '1' else 'entries'}"
    told = {
        "convolution": "At each position the products are added up and give an output",
        "average": "The mean of each window is an output",
        "maximum": "The largest entry of each window is an output",
    }
    if kind == "transposed":
        return f"{window} slides over the output. Each input of {x} adds its multiples of the weights: {y}."
    return f"{window} slides over {x}. {told[kind]}: {y}."


def _listing(pen: Pen, role: str) -> str:
    """The entries, those of each row in brackets."""
    entries = {"input": pen.worked.inputs, "output": pen.worked.outputs}[role]
    rows, columns = _plane(pen.worked.shape(role))
    texts = [pen.number(entry).text for entry in entries]
    lines = [", ".join(texts[row * columns : (row + 1) * columns]) for row in range(rows)]
    return f"({lines[0]})" if rows == 1 else ", ".join(f"({line})" for line in lines)
