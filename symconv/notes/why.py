"""Why a convolution: sparse interactions, parameter sharing, equivariance, each in numbers; and its size."""

from __future__ import annotations

from math import prod

import symconv.notes.kinds as kinds
from symconv.errors import GeometryError, SymconvError
from symconv.notes.formulas import formulas
from symconv.notes.model import Block, Display, Points, Prose, Table, Words
from symconv.notes.pieces import Pen
from symconv.notes.source import Source, Sources
from symconv.notes.worked import Costs, Shift, Worked, rotated, shifted
from symconv.printing.english import counted

#: The side of an input that is told beside the example: a thousand entries or so, by the number of axes.
LARGE = {1: 1000, 2: 32, 3: 10}

#: So many entries of a shifted example are listed.
MOST = 14


def why(sources: Sources) -> list[Block]:
    """The section."""
    pen, kind = Pen(Worked(sources.example)), kinds.kind(sources.example.spec)
    judged = sources.layer if sources.layer.spec.numeric else sources.example
    here, large = Costs.of(judged.spec), large_costs(sources, judged)
    points: list[tuple[Words, Words]] = [(("Sparse interactions",), _sparse(sources, here, large))]
    if kind != "maximum":
        points.append((("Parameter sharing",), _shared(sources, judged, here, large)))
    points.append((("Equivariance to shift",), equivariance(sources, pen)))
    return [Points(tuple(points))]


def large_costs(sources: Sources, judged: Source) -> Costs | None:
    """What the same layer costs on a large input, where that is larger than its own."""
    rank = len(judged.spec.axes)
    side = LARGE.get(rank)
    if side is None or any(int(a.geometry["input_size"]) >= side for a in judged.spec.tied_axes):
        return None
    which = "layer" if judged is sources.layer else "example"
    size = side if rank == 1 else (side,) * rank
    try:
        return Costs.of(sources.remake(which, {}, input_size=size).spec)
    except SymconvError:
        return None


def _number(count: int) -> str:
    return f"{count:,}"


def _sparse(sources: Sources, here: Costs, large: Costs | None) -> Words:
    spec = sources.layer.spec
    reads, at = ("is reached by", "by") if spec.transposed else ("looks at", "at")
    most = "no more than " if here.multiplications < here.window * here.outputs else ""
    text = f"An output {reads} {most}{_number(here.window)} of the {_number(here.inputs)} inputs"
    if here.window == here.inputs:
        text = f"In so small a layer an output {reads} {'up to ' if most else ''}all {here.inputs} inputs"
    if large:
        still = "still " if large.window == here.window else ""
        text += f"; in one of {_number(large.inputs)} inputs {still}{at} {_number(large.window)}"
    if kinds.kind(spec) == "maximum":
        return (f"{text}.",)
    text += f". That is {counted(_number(here.multiplications), 'multiplication')} instead of the "
    text += f"{_number(here.dense)} of a dense layer"
    if large:
        text += f", and {_number(large.multiplications)} instead of {_number(large.dense)}"
    return (f"{text}.",)


def _shared(sources: Sources, judged: Source, here: Costs, large: Costs | None) -> Words:
    dense = _number(here.dense)
    if kinds.kind(judged.spec) == "average":
        return (f"Nothing is learned or stored, instead of the {dense} weights of a dense layer.",)
    shape = [int(n) for n in judged.spec.tied.extents["tap"]]
    product = f"{'·'.join(map(str, shape))} = " if len(shape) > 1 else ""
    biases = f" and {counted(len(_biases(judged)), 'bias', 'biases')}" if judged.spec.bias else ""
    weights = counted(_number(here.weights), "weight")
    text = f"There are {product}{weights}{biases} to learn and store instead of {dense}"
    if large:
        text += f"; for {_number(large.inputs)} inputs still {_number(large.weights)}, instead of "
        text += _number(large.dense)
    return (f"{text}.",)


def _biases(judged: Source) -> range:
    return range(prod(int(n) for n in judged.spec.filters))


def equivariance(sources: Sources, pen: Pen) -> Words:
    """What moves when the input moves by one stride, as computed."""
    worked, spec = pen.worked, pen.worked.spec
    stride = int(spec.tied_axes[-1].geometry["stride"])
    if spec.padding_mode == "circular":
        turned = rotated(sources, stride)
        if turned is not None:
            return _moved(
                pen,
                turned,
                f"Move {{input}} around by {counted(stride, 'place')} and {{output}} moves around by one",
            )
    by, moved = (1, stride) if spec.transposed else (stride, 1)
    shift = shifted(sources, by, moved)
    whole = len(shift.same) == len(worked.outputs)
    ends = "a zero" if by == 1 else f"{by} zeros"
    where = "" if len(worked.shape("input")) == 1 else " of each row"
    head = f"Shift {{input}} by {counted(by, 'place')} ({ends} in front{where}), and "
    who = "{output} moves" if whole else f"{len(shift.same)} of the {len(worked.outputs)} outputs move"
    text = f"{head}{who} by {counted(moved, 'place')}"
    found = [*_moved(pen, shift, text)]
    if not whole:
        found.append(" The others see the padding, which does not move along.")
    if stride > 1 and not spec.transposed:
        found += _between(sources, pen, stride)
    return tuple(found)


def _moved(pen: Pen, shift: Shift, text: str) -> Words:
    """A statement about a shift with its numbers: all of them on one axis, else one row."""
    worked = pen.worked
    if len(worked.shape("input")) == 1:
        said = pen.say(
            f"{text}: {{x}} gives {{y}}.", x=pen.values(shift.inputs, MOST), y=pen.values(shift.outputs, MOST)
        )
        return said
    width, before = shift.output_shape[-1], worked.shape("output")[-1]
    said = pen.say(
        f"{text}: the first row of the output, {{old}}, becomes {{new}}.",
        old=pen.values(worked.outputs[:before], MOST),
        new=pen.values(shift.outputs[:width], MOST),
    )
    return said


def _between(sources: Sources, pen: Pen, stride: int) -> Words:
    """That a shift by less than a stride gives other numbers, where it does."""
    other = shifted(sources, 1, 0)
    if len(other.same) == len(pen.worked.outputs):
        return ()
    if len(pen.worked.shape("input")) > 1:
        return (f" A shift by one place, which is no multiple of the stride {stride}, gives other numbers.",)
    return pen.say(
        f" A shift by one place is no multiple of the stride {stride}, and gives other numbers: {{y}}.",
        y=pen.values(other.outputs, MOST),
    )


_SIZES = {
    "convolution": "One output per position of the kernel on the padded input, in steps of {stride}:",
    "average": "One output per position of the window on the padded input, in steps of {stride}:",
    "maximum": "One output per position of the window on the padded input, in steps of {stride}:",
    "transposed": "Each input lays the kernel {stride} places further than the one before; the last one ends "
    "the output, and the padding is cut off:",
}


def size(sources: Sources) -> list[Block]:
    """The output size: for all sizes, with these numbers, and by kinds of padding."""
    layer, pen = sources.layer, Pen(Worked(sources.example))
    blocks: list[Block] = [Prose(pen.say(_SIZES[kinds.kind(layer.spec)]))]
    try:
        item = layer.equation("output_size") if layer.spec.numeric else None
    except GeometryError:
        item = None  # too large for entries, though not for its sizes
    if item is not None:
        return [*blocks, Display(item, "layer.equation('output_size')", "size"), *_paddings(sources, pen)]
    opened = sources.opened
    axes = range(1 if opened.spec.alike else len(opened.spec.axes))
    blocks.append(formulas([opened.formula("output_size", axis=at) for at in axes], "size"))
    if layer.spec.numeric:
        found = "×".join(map(str, layer.spec.output_sizes))
        blocks.append(Prose((f"This layer has {found} outputs{_each(layer)}.",)))
    small = "×".join(map(str, sources.example.spec.output_sizes))
    blocks.append(Prose((f"The example has {small} outputs{_each(layer)}.",)))
    return [*blocks, *_paddings(sources, pen)]


def _each(layer: Source) -> str:
    return " in each output channel" if kinds.channelled(layer.spec) else ""


def _paddings(sources: Sources, pen: Pen) -> list[Block]:
    """The outputs of the example under "valid", "same" and "full"."""
    spec = pen.worked.spec
    one = len(spec.tied.relations) == 1 and kinds.kind(spec) == "convolution"
    if not one or spec.padding_mode != "zeros":
        return []
    (axis,) = spec.tied_axes
    rows: list[tuple[Words, ...]] = []
    for name, told in _PADDINGS.items():
        try:
            made = Worked(sources.remake("example", {}, padding=name))
        except SymconvError:
            continue
        (found,) = made.spec.tied_axes
        sides = found.geometry["before"], found.geometry["after"]
        here = sides == (axis.geometry["before"], axis.geometry["after"])
        rows.append(
            (
                (f"{name}{' (this layer)' if here and sources.own else ''}",),
                (f"{sides[0]} and {sides[1]}",),
                (str(len(made.outputs)),),
                (Pen(made).values(made.outputs),),
                (told,),
            )
        )
    heads: tuple[Words, ...] = (
        ("padding",),
        ("before, after",),
        ("outputs",),
        (pen.letter("output"),),
        ("positions that count",),
    )
    return [Table(heads, tuple(rows), spare=1)]


_PADDINGS = {
    "valid": "the kernel lies within the input",
    "same": "as many as there are inputs, for stride 1",
    "full": "the kernel overlaps the input at all",
}
