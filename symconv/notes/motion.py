"""An example in motion: what the window meets at each position, and how each entry is added up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from math import prod

from sympy import Expr, S

import symconv.notes.kinds as kinds
from symconv.errors import FigureError
from symconv.explicit.layout import Sheet
from symconv.figures import Animation, Label
from symconv.figures.cast import Cells, Filter, Move, Timed, Weight
from symconv.figures.lettering import Lettering, slice_name
from symconv.figures.stage import Stage
from symconv.figures.window import Padded, windows
from symconv.notes.model import Maths
from symconv.notes.motion_words import in_words, name_of, rows_and_columns
from symconv.notes.pieces import Pen
from symconv.notes.source import Source
from symconv.notes.watched import Watched, require_watchable
from symconv.notes.worked import Position, Product, Worked

#: What lies on a plane: rows, columns and taps.
Lying = dict[int, list[tuple[int, int, int]]]


def animation(source: Source) -> Animation:
    """The animation of a layer whose operands all have values.

    Raises
    ------
    SymconvError
        As :func:`require_watchable` does.
    """
    worked = Worked(source)
    require_watchable(worked.spec)
    pen, watched = Pen(worked), Watched.of(worked.spec)
    role = worked.spec.dependent_role
    padded = Padded.of(source.written.subject, role)
    met = windows(source.written.subject, role, padded)
    flat = [plane * watched.each + at for plane in watched.seeing for at in range(watched.each)]
    lying = [_lying(met[at], padded.plane(len(worked.spec.axes))) for at in flat]
    corners = [_corner(place for row in one.values() for place in row) for one in lying]
    make = _laid if worked.spec.transposed else _summed
    bases, others, pieces = make(pen, padded, watched, flat)
    return Animation(
        Stage(
            "A window in motion",
            " ".join([in_words(pen, watched), *watched.remarks]),
            bases,
            others,
            _filters(pen, watched, lying, corners),
            [
                Move(corner, divmod(at, watched.each), at // watched.each, *pieces[at])
                for at, corner in enumerate(corners)
            ],
            [_words(remark) for remark in watched.remarks],
        )
    )


def in_motion(source: Source) -> Animation | None:
    """The animation of a layer, if there can be one."""
    try:
        return animation(source)
    except FigureError:
        return None


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


def _lying(row: dict[int, list[int]], shape: tuple[int, int]) -> Lying:
    """What lies on each plane of some rows and columns at one position."""
    found: Lying = {}
    for place in sorted(row):
        plane, at = divmod(place, shape[0] * shape[1])
        found.setdefault(plane, []).append((*divmod(at, shape[1]), row[place][0]))
    return found


def _corner(places: Iterable[tuple[int, int, int]]) -> tuple[int, int]:
    """The first row and the first column."""
    rows, columns, _ = zip(*places, strict=True)
    return min(rows), min(columns)


def _filters(
    pen: Pen, watched: Watched, lying: Sequence[Lying], corners: Sequence[tuple[int, int]]
) -> list[Filter]:
    """The weights at the position of each plane that meets most."""
    plain = _plain(pen, lying)
    found = []
    for turn, plane in enumerate(watched.seeing):
        positions = range(turn * watched.each, (turn + 1) * watched.each)
        full = max(positions, key=lambda at: sum(map(len, lying[at].values())))
        here = {seen: row for seen, row in lying[full].items() if seen in watched.seen}
        learned = watched.channelled and here
        subject = pen.worked.source.written.subject
        names = {seen: slice_name(subject, row[0][2]) for seen, row in here.items()} if learned else {}
        biased = learned and not pen.worked.spec.transposed and pen.worked.explicit.bias
        windows = {seen: _weights(pen, row, corners[full], plain) for seen, row in here.items()}
        found.append(Filter(windows, names, _bias(pen, plane) if biased else None))
    return found


def _bias(pen: Pen, channel: int) -> Label:
    """The bias of a channel, by its letter and its value."""
    spec = pen.worked.spec
    value = pen.worked.explicit.biases[channel * prod(map(int, spec.output_sizes))]
    letter = _label(pen(lambda s: s.form.indexed(spec.written.bias, channel + spec.notation.base)))
    given = _beside(" = ", _number(pen, value))
    return Label(f"{letter.latex}{given.latex}", f"{letter.text}{given.text}")


def _plain(pen: Pen, lying: Sequence[Lying]) -> bool:
    """Whether no plane of a position has equal numbers in shades of one colour.

    Shades, which take many bytes, are there only where its weights hold equal numbers.
    """
    taps = Lettering.of(pen.worked.source.written.subject).taps
    rows = [
        [(taps[tap].colour.partition("!")[0], pen.worked.weights[tap]) for _, _, tap in row]
        for planes in lying
        for row in planes.values()
    ]
    return all(len(set(row)) == len(row) for row in rows)


def _weights(
    pen: Pen, lying: Sequence[tuple[int, int, int]], corner: tuple[int, int], plain: bool
) -> list[Weight]:
    """The cells of the window on a plane, which show what they hold where that is learned."""
    worked = pen.worked
    taps = Lettering.of(worked.source.written.subject).taps
    learned = worked.spec.kernel.learned
    return [
        Weight(
            row - corner[0],
            column - corner[1],
            taps[tap].colour.partition("!")[0] if plain else taps[tap].colour,
            _number(pen, worked.weights[tap]) if learned else None,
        )
        for row, column, tap in lying
    ]


def _planes(
    pen: Pen, role: str, channels: range, labels: Sequence[Sequence[Timed]], padded: Padded | None = None
) -> list[Cells]:
    """The planes of the input or the output, with the padding around them if the window slides over them."""
    shape, found = padded.plane(len(pen.worked.spec.axes)) if padded else rows_and_columns(pen, role), []
    for channel, here in zip(channels, labels, strict=True):
        places = slice(channel * prod(shape), (channel + 1) * prod(shape))
        outside = padded.outside.tolist()[places] if padded else ()
        found.append(Cells(name_of(pen, role, channel), shape, outside, here))
    return found


def _summed(
    pen: Pen, padded: Padded, watched: Watched, flat: Sequence[int]
) -> tuple[list[Cells], list[Cells], list[tuple[list[Label], list[int]]]]:
    """Inputs below the window, outputs that appear, and the sum, mean or maximum of each."""
    worked = pen.worked
    around = worked.spec.kernel.shared
    size = prod(padded.plane(len(worked.spec.axes)))
    labels = [
        [
            Timed(cell, _number(pen, worked.inputs[at]) if at >= 0 else Label("$0$", "0"))
            for cell, at in enumerate(padded.stands.tolist()[channel * size : (channel + 1) * size])
            if at >= 0 or around
        ]
        for channel in watched.seen
    ]
    results: list[list[Timed]] = [[] for _ in watched.seeing]
    for move, at in enumerate(flat):
        turn, cell = divmod(move, watched.each)
        results[turn].append(Timed(cell, _number(pen, worked.outputs[at]), start=move))
    bases = _planes(pen, "input", watched.seen, labels, padded)
    pieces = [_pieces(pen, worked.positions[at]) for at in flat]
    return bases, _planes(pen, "output", watched.seeing, results), pieces


def _pieces(pen: Pen, position: Position) -> tuple[list[Label], list[int]]:
    """An output, the terms that it consists of, and its value; and which terms begin another channel."""
    kind = kinds.kind(pen.worked.spec)
    left = _beside("", _label(pen.output(position.output)), " = ")
    size = prod(rows_and_columns(pen, "input"))
    products = sorted(position.products, key=lambda p: p.place // size)
    if pen.worked.spec.kernel.learned:
        terms = [_label(pen(partial(_product, p))) for p in products]
    else:
        terms = [_number(pen, p.value) for p in products]
    breaks = _breaks([p.place // size for p in products])
    if position.bias is not None:
        bias = _number(pen, position.bias)
        terms.append(_beside("(", bias, ")") if terms and position.bias.is_negative else bias)
    result = _beside(" = ", _number(pen, position.result))
    if not terms:
        return [left, _number(pen, position.result)], []
    if kind == "maximum":
        return [left, *_listed("max(", ", ", ")", terms), result], breaks
    weight = position.products[0].weight if kind == "average" else S.One
    if weight != 1:
        divisor = _number(pen, 1 / weight)
        return [left, *_listed("(", " + ", f") / {divisor.text}", terms), result], breaks
    # A sum of one term that is what it gives needs no second sign of equality.
    same = len(terms) == 1 and terms[0].text == result.text.removeprefix(" = ")
    return [left, *_listed("", " + ", "", terms), *([] if same else [result])], breaks


def _breaks(channels: Sequence[int]) -> list[int]:
    """Which of the pieces behind the first belong to another channel than those before."""
    return [at + 1 for at in range(1, len(channels)) if channels[at] != channels[at - 1]]


def _listed(before: str, between: str, after: str, terms: Sequence[Label]) -> list[Label]:
    """Terms with what stands before, between and behind them, each as a piece."""
    found = [_beside(before if at == 0 else between, term) for at, term in enumerate(terms)]
    found[-1] = _beside("", found[-1], after)
    return found


def _product(used: Product, s: Sheet) -> str:
    return f"{s.form.factor(used.weight)}{s.form.dot}{s.form.factor(used.value)}"


def _laid(
    pen: Pen, padded: Padded, watched: Watched, flat: Sequence[int]
) -> tuple[list[Cells], list[Cells], list[tuple[list[Label], list[int]]]]:
    """Outputs below the window, each the sum of what was added so far, and the inputs beside them."""
    worked = pen.worked
    size = prod(padded.plane(len(worked.spec.axes)))
    cells = {at: divmod(cell, size) for cell, at in enumerate(padded.stands.tolist()) if at >= 0}
    shown = {at: (channel, cell) for at, (channel, cell) in cells.items() if channel in watched.seen}
    biases = worked.explicit.biases if worked.explicit.bias else [S.Zero] * len(worked.outputs)
    sums: dict[int, Expr] = {}
    since: dict[int, int] = {}
    labels: list[list[Timed]] = [[] for _ in watched.seen]
    pieces: list[tuple[list[Label], list[int]]] = []
    used: dict[int, list[tuple[int, Product]]] = {}
    for position in worked.positions:
        for p in position.products if position.output in shown else ():
            used.setdefault(p.place, []).append((position.output, p))
    for move, at in enumerate(flat):
        products = used.get(at, [])
        for output, p in products:
            channel, cell = shown[output]
            if output in sums:
                labels[channel].append(Timed(cell, _number(pen, sums[output]), since[output], move))
            sums[output], since[output] = sums.get(output, biases[output]) + p.weight * p.value, move
        left = _beside("", _label(pen.input(at)), " adds ")
        terms = [_label(pen(partial(_product, p))) for _, p in products]
        breaks = _breaks([shown[output][0] for output, _ in products])
        added = [left, *(_listed("", ", ", "", terms) if terms else [_words("nothing")])]
        for begin in breaks:  # a line ends, and none begins, with a comma
            added[begin - 1], added[begin] = (
                _beside("", added[begin - 1], ","),
                _beside(" ", terms[begin - 1]),
            )
        pieces.append((added, breaks))
    for output in dict.fromkeys([*sums, *shown]):
        channel, cell = shown[output]
        total = _number(pen, sums.get(output, biases[output]))
        labels[channel].append(Timed(cell, total, since.get(output)))
    inputs = [
        [
            Timed(cell, _number(pen, worked.inputs[channel * watched.each + cell]))
            for cell in range(watched.each)
        ]
        for channel in watched.seeing
    ]
    bases = _planes(pen, "output", watched.seen, labels, padded)
    return bases, _planes(pen, "input", watched.seeing, inputs), pieces
