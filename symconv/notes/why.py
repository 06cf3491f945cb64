"""Why a convolution: sparse interactions, parameter sharing, equivariance, each in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from sympy import Expr, Mul, sympify

import symconv.notes.kinds as kinds
from symconv.errors import SymconvError
from symconv.index_sums.printers import of_formulas
from symconv.notes.model import Block, Maths, Points, Prose, Words
from symconv.notes.pieces import Pen
from symconv.notes.shifts import again, changed, widened
from symconv.notes.source import Source, Sources
from symconv.notes.worked import Costs, Shift, Worked, rotated, shifted
from symconv.pattern import Specification
from symconv.printing.english import counted, joined

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
    return [
        *([] if judged is sources.example or sources.own else [_of_title(judged, here)]),
        Points(tuple(points)),
    ]


def _of_title(judged: Source, here: Costs) -> Prose:
    """What is judged, where the example before it was a smaller layer."""
    spec = judged.spec
    found = [f"{_product(here)}{_many(here.inputs, 'input')}"]
    if spec.kernel.learned:
        shape = [int(n) for n in spec.tied.extents["tap"]]
        split = 0 if not kinds.channelled(spec) else len(shape) - len(spec.axes) if spec.transposed else 1
        noun = "kernel" if spec.transposed else "filter"
        many, weights = prod(shape[:split]), "·".join(map(_number, shape[split:]))
        counts = _many(many, noun) if split else "a kernel"
        found.append(f"{counts} of {weights} weight{'s' * (prod(shape[split:]) > 1)}")
    sizes = [int(size) for size in spec.output_sizes]
    sizes = [here.outputs // prod(sizes)] * (here.outputs > prod(sizes)) + sizes
    product = f"{'·'.join(map(_number, sizes))} = " if len(sizes) > 1 else ""
    found.append(f"{product}{_many(here.outputs, 'output')}")
    return Prose((f"Now the layer of the title: {joined(found)}{_each_sample(spec)}.",))


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


def _many(count: int, noun: str, plural: str = "") -> str:
    return counted(count, noun, plural).replace(str(count), _number(count))


def _product(costs: Costs) -> str:
    """The shape of an input before the number of its entries."""
    return f"{'·'.join(map(str, costs.shape))} = " if len(costs.shape) > 1 else ""


def _sparse(sources: Sources, here: Costs, large: Costs | None) -> Words:
    spec = sources.layer.spec
    same = large is not None and large.window == here.window
    text = f"Each output depends on {_depends(here, not same)}{', however large the input is' * same}"
    if not spec.numeric:
        text = f"In the example, each output depends on {_depends(here, not same)}"
        text += ", and a larger input does not change this" * same
    if large and not same:
        text += f", and with {_number(large.inputs)} inputs on {_depends(large, False).split(' input')[0]}"
    found: Words = (text,)
    if same and not spec.numeric and (letters := _window(sources, here)):
        found = ("Each output depends on at most ", *letters, ", however large the input is")
    if kinds.kind(spec) == "maximum":
        return (*found, ".")
    text = f". With {_product(here)}{_many(here.inputs, 'input')}{_each_sample(spec)} the layer takes "
    text += _multiplied(here, spec)
    if large:
        text += f"; with {_product(large)}{_number(large.inputs)} inputs and "
        text += f"{_many(large.outputs, 'output')}, {_number(large.multiplications)} instead of "
        text += _number(large.dense)
    return (*found, f"{text}.")


def _window(sources: Sources, here: Costs) -> Words:
    """The inputs in a window, in the letters of a layer, where it has one channel."""
    symbols, pen = sources.opened.closed.symbols, Pen(Worked(sources.example))
    spec, own = symbols.exact_spec, pen.worked.spec
    many = Mul(*(sympify(axis.geometry["kernel_size"]) for axis in spec.tied_axes))
    taps = prod(int(axis.geometry["kernel_size"]) for axis in own.tied_axes)
    if many.is_Integer or spec.transposed or kinds.channelled(own) or here.window != taps:
        return ()
    letters = pen(lambda s: of_formulas(s.form, symbols).expr(many))
    return (letters, f" inputs ({_number(taps)} in the example)")


def _depends(costs: Costs, of_all: bool) -> str:
    most = "at most " if costs.nonzeros < costs.window * costs.outputs else ""
    if of_all and costs.window < costs.inputs:
        return f"{most}{_number(costs.window)} of the {_number(costs.inputs)} inputs"
    if of_all and costs.inputs > 1:
        return f"{'up to ' if most else ''}all {_number(costs.inputs)} inputs"
    return f"{most}{_many(costs.window, 'input')}"


def _each_sample(spec: Specification) -> str:
    return " in each sample" if kinds.batched(spec) else ""


def _multiplied(costs: Costs, spec: Specification) -> str:
    """The multiplications of a layer beside those of a dense one."""
    text = _many(costs.multiplications, "multiplication")
    zeros = spec.kernel.learned and spec.padding_mode == "zeros" and not spec.transposed
    if zeros and costs.nonzeros < costs.window * costs.outputs:
        text += " (products with padding not counted)"
    dense = f"{_number(costs.inputs)}·{_number(costs.outputs)} = {_number(costs.dense)}"
    if min(costs.inputs, costs.outputs) == 1:
        dense = _number(costs.dense)
    return f"{text}, a dense layer {dense}"


def _shared(sources: Sources, judged: Source, here: Costs, large: Costs | None) -> Words:
    dense = _many(here.dense, "weight")
    if judged.spec.bias:
        dense += f" and {_many(here.outputs, 'bias', 'biases')}"
    if kinds.kind(judged.spec) == "average":
        return (f"There is nothing to learn or store; a dense layer would have {dense}.",)
    shape = [int(n) for n in judged.spec.tied.extents["tap"]]
    product = f"{'·'.join(map(_number, shape))} = " if len(shape) > 1 else ""
    biases = f" and {counted(len(_biases(judged)), 'bias', 'biases')}" if judged.spec.bias else ""
    weights = _many(here.weights, "weight")
    there = "is" if here.weights == 1 else "are"
    counts = f"{product}{weights}{biases}"
    text = f"There {there} {counts} to learn and store"
    head: Words = ()
    if judged is not sources.layer and kinds.general(sources, "kernel_size"):
        if letters := _window(sources, here):
            head = ("There are ", letters[0], f" weights{biases} to learn and store, in the example ")
            text = counts if judged.spec.bias else _number(here.weights)
        else:
            text = f"In the example there {there} {counts} to learn and store"
    fewer = here.weights < here.dense
    less = dense if judged.spec.bias else _number(here.dense)
    text += f" instead of the {less} of a dense layer" if fewer else f"; a dense layer has {dense}"
    if large:
        still, instead = _number(large.weights), _number(large.dense)
        if judged.spec.bias:
            still = f"{_many(large.weights, 'weight')}{biases}"
            instead += f" weights and {_number(large.outputs)} biases"
        text += f"; with {_number(large.inputs)} inputs still {still} instead of {instead}"
    if kinds.channelled(judged.spec) and here.weights == here.inputs:
        text += f". That there are also {_many(here.inputs, 'input')} is a coincidence"
    return (*head, f"{text}.")


def _biases(judged: Source) -> range:
    return range(prod(int(n) for n in judged.spec.filters))


def equivariance(sources: Sources, pen: Pen, *, brief: bool = False) -> Words:
    """What moves when the input moves by one stride, as computed, and unless brief by less than that."""
    worked, spec = pen.worked, pen.worked.spec
    stride = int(spec.tied_axes[-1].geometry["stride"])
    if spec.padding_mode == "circular":
        turned = rotated(sources, stride)
        if turned is not None:
            return _moved(
                pen,
                turned,
                f"Rotating the input rotates the output. When the entries of {{input}} move around by "
                f"{counted(stride, 'place')}, those of {{output}} move around by 1 place:",
            )
    by, moved = (1, stride) if spec.transposed else (stride, 1)
    shift = shifted(sources, by, moved)
    whole = len(shift.same) == len(worked.outputs)
    ends = "a zero put" if by == 1 else f"{by} zeros put"
    where = "" if len(worked.shape("input")) == 1 else " of each row"
    front = f"{ends} in front of {{input}}" if not where else f"{ends} in front of each row of {{input}}"
    letters = kinds.general(sources, "stride")
    stated = f"{{stride}} places ({stride} in the example)" if letters else counted(stride, "place")
    steps = ("1 place", stated) if spec.transposed else (stated, "1 place")
    text = f"Shifting the input by {steps[0]} shifts the output by {steps[1]}"
    here = "With" if sources.own else "In the example, with"
    text += f"{_new_entries(sources)}{'' if whole else ', except near the padding'}. {here} {front},"
    symbols = sources.opened.closed.symbols
    size = pen(lambda s: of_formulas(s.form, symbols).expr(letters[-1])) if letters else ""
    found = [*_moved(pen, shift, text, stride=size)]
    found += widened(pen, shift) if whole else [*again(pen, shift), *changed(pen, shift), "."]
    if stride > 1 and not spec.transposed and not brief:
        found += _between(sources, pen, stride)
    return tuple(found)


def _new_entries(sources: Sources) -> str:
    """That outputs which come in at the front need not be 0, where a layer has letters and that may be."""
    spec = sources.layer.spec
    if spec.numeric:
        return ""
    size = {name: sympify(value) for name, value in spec.tied_axes[-1].geometry.items()}
    reach = size["before"] - 1
    if not spec.transposed:
        reach = size["dilation"] * (size["kernel_size"] - 1) - size["before"] - size["stride"]
    first = "new first entries" if spec.transposed else "new first entry"
    return "" if reach.is_negative else f" (the {first} need not be 0)"


def _moved(pen: Pen, shift: Shift, text: str, **pieces: Maths | str) -> Words:
    """A statement about a shift with its numbers: all of them on one axis, else one row."""
    worked = pen.worked
    if len(worked.shape("input")) == 1:
        said = pen.say(
            f"{text} the input {{x}} gives {{y}}.",
            x=pen.values(shift.inputs, MOST),
            y=pen.values(shift.outputs, MOST),
            **pieces,
        )
        return said
    width, before = shift.output_shape[-1], worked.shape("output")[-1]
    whose = "{plane}" if kinds.channelled(worked.spec) else "the output"
    outer = (worked.spec.notation.base,) * (len(worked.shape("output")) - 2)
    pieces["plane"] = pen(lambda s: s.form.indexed(s.notation.output, *outer))
    said = pen.say(
        f"{text} the first row of {whose}, {{old}}, becomes {{new}}.",
        old=pen.values(worked.outputs[:before], MOST),
        new=pen.values(shift.outputs[:width], MOST),
        **pieces,
    )
    return said


def _between(sources: Sources, pen: Pen, stride: int) -> Words:
    """That a shift by less than a stride gives other numbers, where it does."""
    other = shifted(sources, 1, 0)
    if len(other.same) == len(pen.worked.outputs):
        return ()
    text = " One place is not a multiple of the stride: with a single zero in front of"
    if len(pen.worked.shape("input")) > 1:
        if rows := _unlike(pen.worked, other):
            which, before, after = rows
            text += f" each row, the {which} row of the output is {{new}}, which is not a shifted copy of "
            text += "{old}."
            return pen.say(text, old=pen.values(before, MOST), new=pen.values(after, MOST))
        places = range(len(pen.worked.outputs))
        there = {at: other.there(at, pen.worked.shape("output")) for at in places if at not in other.same}
        at, to = next((at, to) for at, to in there.items() if to is not None)
        old, new = pen.number(pen.worked.outputs[at]), pen.number(other.outputs[to])
        text += " each row of {input}, {y} is {new}, not {old}."
        return pen.say(text, y=pen.output(at), old=old, new=new)
    if _copied(pen.worked.outputs, other.outputs):
        return ()
    text += " {input} the output is {new}, which is not a shifted copy of {old}."
    return pen.say(text, old=pen.values(pen.worked.outputs, MOST), new=pen.values(other.outputs, MOST))


def _unlike(worked: Worked, other: Shift) -> tuple[str, tuple[Expr, ...], tuple[Expr, ...]] | None:
    """The first row, of the first few, of which the new one is no copy wherever it is moved."""
    (*_, count, width), wider = worked.shape("output"), other.output_shape[-1]
    for at, name in zip(range(count), ("first", "second", "third", "fourth"), strict=False):
        old = tuple(worked.outputs[at * width : (at + 1) * width])
        new = tuple(other.outputs[at * wider : (at + 1) * wider])
        moves = range(1 - len(new), len(old))
        pairs = ([(old[k], new[k - by]) for k in range(len(old)) if 0 <= k - by < len(new)] for by in moves)
        if len(old) > 1 and not any(all(one == two for one, two in found) for found in pairs):
            return name, old, new
    return None


def _copied(old: Sequence[Expr], new: Sequence[Expr]) -> bool:
    """Whether one list is the other, moved by some places, as far as they lie upon each other.

    >>> _copied((8, 20, 32), (0, 8, 20)), _copied((8, 20, 32), (3, 14, 26))
    (True, False)
    """
    moves = range(1 - len(new), len(old) - 1) if len(old) > 1 else range(1)
    lists = ([(old[at], new[at - by]) for at in range(len(old)) if 0 <= at - by < len(new)] for by in moves)
    return any(all(one == two for one, two in pairs) for pairs in lists if len(pairs) > 1 or len(old) == 1)
