"""The numbers of a layer: its operands, each window beside its sum, and the formula behind them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import prod
from typing import TypeAlias

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet
from symconv.notes.captions import at_position, caption
from symconv.notes.conventions import convention, orientation
from symconv.notes.figured import picture, positioned_picture
from symconv.notes.formulas import formulas
from symconv.notes.letters import letters_of, operands
from symconv.notes.limits import LED_BACK, fewest, limited, limits_told
from symconv.notes.model import Block, Display, Maths, Picture, Prose, Table, Words, plain
from symconv.notes.motion import in_motion
from symconv.notes.padding import modes, padded
from symconv.notes.phrases import enumerated
from symconv.notes.pieces import Pen, Writing, abreast, lines_shown
from symconv.notes.reflected import Reflection
from symconv.notes.settings import as_here, fits, kernel_indices, printed
from symconv.notes.sizes import lettered
from symconv.notes.source import Sources
from symconv.notes.ties import styled
from symconv.notes.worked import Position, Worked
from symconv.printing.display import Row
from symconv.printing.english import counted, joined

#: What stands in the middle columns of the row of a position.
Cells: TypeAlias = Callable[[Position], list[Words]]

#: Input channels get columns of their own while there are at most so many.
MOST_COLUMNS = 3

#: The whole output is written out up to so many entries, and a list of them up to so many.
MOST_WHOLE, MOST_LISTED = 36, 16


def numbers(sources: Sources) -> list[Block]:
    """The section."""
    worked = Worked(sources.example)
    pen = Pen(worked)
    table = positions(pen)
    window = picture(sources, "window", caption(pen), beside=_breadth(table))
    motion = in_motion(sources.example)
    window = window or positioned_picture(sources, at_position(pen))
    window = [replace(block, brief=2, motion=motion) for block in window if isinstance(block, Picture)]
    operands = _operands(sources, pen, bool(window))
    said = [*kinds.remark(pen), *convention(sources, pen), *applied(sources, pen)]
    return [
        *operands,
        table,
        *([] if any(isinstance(block, Display) for block in operands) else styled(pen)),
        *_all_channels(pen),
        *window,
        *([Prose(_joined(said), detail=len(said) > 1, brief=1)] if said else []),
        *defined(sources),
        *modes(sources, pen, "numbers"),
        *_general(sources, pen),
    ]


def _joined(sentences: list[Words]) -> Words:
    """Sentences one after the other, as a paragraph."""
    return tuple(piece for at, words in enumerate(sentences) for piece in ((" ", *words) if at else words))


def _breadth(table: Table) -> float:
    """About how many centimetres a table takes across."""
    rows = [[len(plain(cell)) for cell in row] for row in (table.head, *table.rows)]
    return float(sum(0.16 * max(column) + 0.5 for column in zip(*rows, strict=True)))


def _operands(sources: Sources, pen: Pen, pictured: bool) -> list[Block]:
    """Which numbers are taken, in a sentence where they are lists, and what is done with them."""
    worked, spec = pen.worked, pen.worked.spec
    wanted = ["input", *(["kernel"] if spec.kernel.learned else []), *(["bias"] if spec.bias else [])]
    shapes = {"input": worked.shape("input"), "kernel": worked.shape("tap")}
    entries = {"input": worked.inputs, "kernel": worked.weights, "bias": worked.explicit.bias}
    opening = small(sources, pen)
    told = _joined([*padded(pen, pictured), (kinds.instruction(pen),)])
    if all(len(shapes.get(name, ())) < 2 for name in wanted):
        parts: list[Words] = []
        for name in wanted:
            values = pen.values(entries[name]) if len(entries[name]) > 1 else pen.number(entries[name][0])
            many = f" of {counted(len(entries[name]), 'weight')} (tap{'s' * (len(entries[name]) > 1)})"
            text = f"{_CALLED[name]}{{letter}} = {{values}}{many if name == 'kernel' else ''}"
            parts.append(pen.say(text, letter=pen.letter(name), values=values))
        return [Prose((*opening, "Take ", *enumerated(parts), ". ", *told))]

    given = "Take these numbers:"
    if spec.kernel.learned:
        each = "has one bias per output channel" if kinds.channelled(spec) else "is the bias"
        biases = f", and {{bias}} {each}" if spec.bias else ""
        given = f"Take these numbers; the entries of {{kernel}} are called weights or taps{biases}:"

    def build(s: Sheet) -> list[Row | None]:
        rows: list[Row] = []
        for name in wanted:
            rendered = [s.form.expr(entry) for entry in entries[name]]
            if name == "kernel":
                rendered = s.rendered("tap", values=True)
            rows += pen.operand(s, name, rendered, shapes.get(name, (len(rendered),)))
        return abreast(s.form, rows)

    return [
        Prose((*opening, *pen.say(given))),
        pen.shown(build, "operands"),
        *([Prose(indices, detail=True)] if (indices := kernel_indices(pen)) else []),
        *styled(pen),
        Prose(told),
    ]


_CALLED = {"input": "", "kernel": "the kernel ", "bias": "the bias "}


def small(sources: Sources, pen: Pen) -> Words:
    """For which sizes the example stands, where they are not those of the layer."""
    if sources.own:
        return ()
    spec, told = sources.layer.spec, sources.example.spec
    letters: dict[str, int] = {}
    for own, example in zip(spec.tied.relations, told.tied.relations, strict=True):
        for name, size in own.geometry.items():
            if not isinstance(size, int) and size.is_Symbol:
                letters.setdefault(str(size), int(example.geometry[name]))
    if spec.numeric or not letters:
        text = sources.example.title
        return (f"First, a smaller layer of the same kind: {text[0].lower()}{text[1:]}. ",)
    pieces = [pen(partial(_equal, name, number)) for name, number in letters.items()]
    return ("First, an example with ", *pen.listed(pieces, 9), ". ")


def _equal(letter: str, number: int, s: Sheet) -> str:
    return f"{s.form.letter(letter)} = {number}"


def positions(pen: Pen) -> Table:
    """A row a position of the window; of several filters and samples those of the first."""
    worked, spec = pen.worked, pen.worked.spec
    keep = pen.positions_shown
    positions = worked.positions[: prod(worked.shape("output")[-len(spec.axes) :])]
    dots: Words = (pen(lambda s: s.form.down),)
    heads, cells = _columns(pen, positions)
    rows = [
        (dots,) * len(heads)
        if at is None
        else ((pen.output(positions[at].output),), *cells(positions[at]), (pen.number(positions[at].result),))
        for at in keep
    ]
    return Table((("output",), *heads[1:-1], heads[-1]), tuple(rows))


def _columns(pen: Pen, positions: tuple[Position, ...]) -> tuple[list[Words], Cells]:
    """The heads of the table and what stands between the first and the last cell of a row."""
    worked, spec = pen.worked, pen.worked.spec
    kind = kinds.kind(spec)
    if kind == "maximum":
        return [(), ("window",), ("maximum",)], lambda p: [(pen(_window(p)),)]
    if kind == "average":
        return [(), ("mean of the window",), ("value",)], lambda p: [(pen(_mean(p)),)]
    area = prod(worked.shape("input")[-len(spec.axes) :])
    read = sorted({p.place // area for position in positions for p in position.products})
    bias = [("bias",)] if spec.bias else []

    def last(p: Position) -> list[Words]:
        return [(pen.number(p.bias),)] if p.bias is not None else []

    if kinds.channelled(spec) and 1 < len(read) <= MOST_COLUMNS:
        heads = [(f"from input channel {_channel(worked, at * area)}",) for at in read]

        def cells(p: Position) -> list[Words]:
            found = []
            for channel in read:
                here = [q.result for q in p.products if q.place // area == channel]
                written = pen(pen.products(p, partial(_within, area, channel)))
                total = pen.number(sum(here))
                found.append((written, " = ", total) if len(here) > 1 else (written,))
            return [*found, *last(p)]

        return [(), *heads, *bias, ("sum",)], cells
    return [(), ("products",), *bias, ("sum",)], lambda p: [(pen(pen.products(p)),), *last(p)]


def _all_channels(pen: Pen) -> list[Block]:
    """The whole output, where the table has one channel or some entries of it only."""
    worked, shape = pen.worked, pen.worked.shape("output")
    many = prod(shape[: -len(worked.spec.axes)])
    several = many > 1 and kinds.channelled(worked.spec)
    most = MOST_WHOLE if len(shape) > 1 else MOST_LISTED
    if not (several or None in pen.positions_shown) or len(worked.outputs) > most:
        return []

    def build(s: Sheet) -> list[Row | None]:
        return abreast(s.form, pen.operand(s, "output", [*map(s.form.expr, worked.outputs)], shape))

    told = f"{'Both' if many == 2 else f'All {many}'} output channels:" if several else "All outputs:"
    return [Prose((told,), detail=True), pen.shown(build, "whole-output", detail=True)]


def _within(area: int, channel: int, place: int) -> bool:
    return place // area == channel


def _channel(worked: Worked, place: int) -> int:
    """The index of the channel that an input belongs to."""
    return worked.index("input", place)[-len(worked.spec.axes) - 1]


def _window(position: Position) -> Writing:
    return lambda s: f"{s.form.maximum}({', '.join(s.form.expr(p.value) for p in position.products)})"


def _mean(position: Position) -> Writing:
    """The sum of a window over what it is divided by."""

    def write(s: Sheet) -> str:
        weights = {p.weight for p in position.products}
        total = " + ".join(s.form.factor(p.value) for p in position.products)
        (weight,) = weights or {None}
        return f"({total}) / {s.form.expr(1 / weight)}" if weight else "0"

    return write


def applied(sources: Sources, pen: Pen) -> list[Words]:
    """That a function follows, and of what."""
    activation, worked = sources.activation, pen.worked
    if "activation" not in sources.layer.equation_names:
        return []
    name = activation.name
    if not isinstance(activation.on_values, str):
        return [pen.say("The layer then applies {f} to each sum.", f=pen(lambda s: s.form.function(name)))]
    count = prod(worked.shape("output")[-len(worked.spec.axes) :])  # those of the first filter
    keep = [at for at in lines_shown(count) if at is not None]
    whole = len(keep) == len(worked.outputs)

    def of_one(at: int, s: Sheet) -> str:
        return f"{s.form.function(name)}({s.form.expr(worked.outputs[at])})"

    pieces = [pen(partial(of_one, at)) for at in (keep if whole else keep[:2])]
    tail: Words = pen.listed(pieces, 8) if whole else (pieces[0], ", ", pieces[1], " and so on")
    return [
        (*pen.say("The layer then applies {f} to each: ", f=pen(lambda s: s.form.function(name))), *tail, ".")
    ]


def defined(sources: Sources) -> list[Block]:
    """The definition of a function of the reader's own, and its values."""
    activation = sources.activation
    if "activation" not in sources.layer.equation_names or isinstance(activation.on_values, str):
        return []
    blocks: list[Block] = []
    if activation.definition is not None:
        code = f"from IPython.display import Math\n\nMath(sc.function_latex({activation.code}))"
        blocks.append(Display(activation.definition, code, "function"))
    made = sources.example.equation("activation", function=activation.on_values)
    code = f"example.equation('activation', function={activation.code})"
    return [*blocks, Display(made, code, "activation")]


def _general(sources: Sources, pen: Pen) -> list[Block]:
    """The formula for all sizes, what its limits do, and what the operation is called."""
    made, reflection = sources.opened.formula("output"), Reflection(sources.opened.closed.symbols)
    text = str(made)
    shown = formulas([made], "output", reflection=reflection)
    blocks: list[Block] = [*([Prose(sizes(sources))] if isinstance(shown, Display) else []), shown]
    said: list[Words] = []
    if limited(made):
        said.append((*limits_told(pen), *fewest(pen, own=sources.own)))
    elif sources.layer.spec.reads_input:
        told = LED_BACK.get(sources.layer.spec.padding_mode)
        said.append(pen.say(told) if told else reflection.told(pen))
    elif not sources.layer.spec.transposed and len(sources.layer.spec.axes) == 1 and "xpad" not in text:
        said.append(pen.say("Every window lies within the input, so none is cut short."))
    said += [words for words in (orientation(sources, pen), kinds.largest(sources, pen)) if words]
    return [*blocks, *([Prose(_joined(said), detail=True)] if said else [])]


def sizes(sources: Sources) -> Words:
    """What the letters of the sizes in the general formula count, and their numbers here."""
    worked = Worked(sources.example)
    input_, *_, output, _ = operands(sources.opened.closed.symbols)
    taps = tuple(axis.geometry["kernel_size"] for axis in sources.opened.spec.tied_axes)
    sizes = letters_of(sources.opened.closed.symbols, taps)
    learned = sources.layer.spec.kernel.learned
    kernel = tuple(int(axis.geometry["kernel_size"]) for axis in worked.spec.tied_axes)
    found = [
        (input_.shape, worked.shape("input"), "", " inputs"),
        (sizes, kernel, "" if learned else "windows of ", " weights" if learned else " inputs"),
        (output.shape, worked.shape("output"), "", " outputs"),
    ]
    if kinds.channelled(sources.layer.spec):
        found[1] = (sizes, kernel, "kernels of ", " weights")
    numbers: dict[str, Maths] = {}
    for letters, values, _, _ in found:
        for part, value in zip(letters, values, strict=True):
            if not re.fullmatch(r"\d+", part.text):
                numbers.setdefault(part.text, Maths(f"{part.latex} = {value}", f"{part.text} = {value}"))
    told: list[Words] = [(before, _product(letters), after) for letters, _, before, after in found]
    limits = [Pen(worked)(partial(printed, sources.opened.closed.symbols, one)) for one in fits(sources)]
    if len(limits) == 1 and limits[0].text.startswith(f"{sizes[0].text} <= "):
        told[1] = (found[1][2], limits.pop(), found[1][3])
    elif limits:
        told[1] = (*told[1], " (", *enumerated([(one,) for one in limits]), ")")
    fewer = _fewer_channels(sources)
    there = "" if sources.own else "in the example "
    listed = Pen(worked).listed(list(numbers.values()), 9)
    instance: Words = (f" ({there}", *listed, fewer, ")") if numbers else ()
    given = enumerated([*told[:2], *lettered(sources)])
    settings = as_here(sources)
    settings = f", {settings}" * bool(settings)
    words: Words = ("For ", *given, settings, *instance, ", the ", *told[2], " are:")
    return (*kinds.selection(sources), *words)


def _fewer_channels(sources: Sources) -> str:
    """The channels of an example that has others than the layer."""
    told = []
    for own, small in zip(
        sources.opened.spec.tied.relations, sources.example.spec.tied.relations, strict=True
    ):
        for name, what in (("in_channels", "input "), ("out_channels", "output "), ("channels", "")):
            given, here = own.geometry.get(name), small.geometry.get(name)
            if isinstance(given, int) and isinstance(here, int) and given != here:
                told.append(counted(here, f"{what}channel"))
    return f", with {joined(told)}" if told else ""


def _product(shape: tuple[Maths, ...]) -> Maths:
    return Maths(r" \times ".join(s.latex for s in shape), "×".join(s.text for s in shape))
