"""What is told of each kind of layer otherwise than of others: opening, instruction, captions, remarks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import prod
from types import MappingProxyType

from sympy import Indexed, Sum

from symconv.explicit.layout import Sheet
from symconv.index_sums.printers import of_formulas
from symconv.notes.model import Maths, Words
from symconv.notes.pieces import MOST_LISTED, Pen, generic
from symconv.notes.source import Sources
from symconv.notes.worked import Worked
from symconv.pattern import Specification
from symconv.printing.english import counted, per_axis
from symconv.printing.letters import on_axis
from symconv.printing.target import MathsTarget
from symconv.printing.targets import target_of


def kind(spec: Specification) -> str:
    """ "convolution", "transposed", "average" or "maximum"."""
    if spec.transposed:
        return "transposed"
    if spec.kernel.learned:
        return "convolution"
    return "maximum" if spec.kernel.depends_on_input else "average"


def matching(spec: Specification) -> str:
    """What the matrix of a transposed layer is the transpose of, by its name in mathematics."""
    return "convolution" if spec.flip else "cross-correlation"


def channelled(spec: Specification) -> bool:
    """Whether filters add up several input channels, or there are several filters."""
    return any("in_channels" in relation.geometry for relation in spec.tied.relations)


_OPENINGS: Mapping[str, str] = MappingProxyType(
    {
        "convolution": "A dense layer computes {dense} and then {then}. A convolutional layer slides "
        "{what} over "
        "its input. This is the same operation with a special {W}. These notes show which {W}{named}.",
        "transposed": "A {matching} is multiplication by a matrix, and every matrix has a transpose. "
        "Libraries call the layer that multiplies by the transpose a transposed convolution. It "
        "returns to the size of the {matching}'s input, but not to its values. These notes show what it "
        "computes instead.",
        "average": "A dense layer computes {dense}. Average pooling replaces each window of its input by the "
        "mean. This is the same operation with a special {W}, which has no parameters. These notes show "
        "which {W}{named}.",
        "maximum": "A dense layer computes {dense} with the same {W} for every input. Maximum "
        "pooling keeps the "
        "largest entry of each window. This too is multiplication by a matrix, but the matrix depends on the "
        "input. These notes show how.",
    }
)

#: How the letters of a dense layer are written from there on, where they are others.
_NAMED = "; in them {x}, {T} and {y} play the parts of {a}, {W} and {z}"


def dense_letters(pen: Pen) -> dict[str, str]:
    """The letters of a dense layer: the reader's own where the notation leaves them free."""
    n = pen.worked.spec.written
    own = {"z": "output", "W": "matrix", "a": "input"}
    used = ["input", "kernel", "output", "matrix", "input_size", "kernel_size", "stride", "padding"]
    if {getattr(n, name) for name in used} & set(own):
        return {letter: str(getattr(n, field)) for letter, field in own.items()}
    return {letter: letter for letter in own}


def dense(pen: Pen) -> Maths:
    """What a dense layer computes."""
    letters = dense_letters(pen)

    def write(s: Sheet) -> str:
        z, W, a = (s.form.letter(letters[name]) for name in "zWa")
        return f"{z} = {W} {a}"

    return pen(write)


def opening(pen: Pen) -> Words:
    """The question that notes answer, in the reader's letters where the notation leaves them free."""
    letters = dense_letters(pen)
    n = pen.worked.spec.written
    f = n.activation

    text = _OPENINGS[kind(pen.worked.spec)].replace("{named}", _NAMED if letters["W"] != n.matrix else "")
    text = text.replace("{matching}", matching(pen.worked.spec))
    return pen.say(
        text.replace("{what}", "small filters" if channelled(pen.worked.spec) else "one small kernel"),
        dense=dense(pen),
        then=pen(lambda s: f"{s.form.function(f)}({s.form.letter(letters['z'])})"),
        **{letter: pen(partial(_named, letters[letter])) for letter in letters},
        x=pen.letter("input"),
        T=pen.letter("matrix"),
        y=pen.letter("output"),
    )


def _named(letter: str, s: Sheet) -> str:
    return s.form.letter(letter)


def instruction(pen: Pen) -> str:
    """What to do with the numbers."""
    spec = pen.worked.spec
    axes = spec.tied_axes
    along = "along" if len(axes) == 1 else "over"
    strides = per_axis([str(axis.geometry["stride"]) for axis in axes])
    steps = f" in steps of {strides}" if strides != "1" else ""
    wide = any(int(axis.geometry["kernel_size"]) > 1 for axis in axes)
    apart = _apart(spec, "dilation")
    spread = f", with its taps {apart}" if apart != "1 place apart" and wide else ""
    if kind(spec) == "transposed":
        text = f"Each input scales a copy of the kernel{spread.replace('with its', 'its')}. Neighbouring "
        text += f"copies begin {_apart(spec, 'stride')}, and where they overlap they are added. "
        first = f" of output channel {spec.notation.base}" if channelled(spec) else ""
        return f"{text}Here are the products that each output{first} collects:"
    if kind(spec) == "average":
        return f"Slide a window {along} the input{steps}, and at each position take the mean of its entries:"
    if kind(spec) == "maximum":
        spread = spread.replace("its taps", "its entries")
        return (
            f"Slide a window {along} the input{steps}{spread}, and at each position keep the largest entry:"
        )
    multiply = "multiply the numbers that line up and add the products"
    if channelled(spec):
        turned = "Reverse the filters, slide each" if spec.flip else "Slide each filter"
        text = f"{turned} {along} its input channels{steps}{spread}, and at each position {multiply}. "
        return f"{text}For output channel {spec.notation.base}:"
    turned = "Reverse the kernel, slide it" if spec.flip else "Slide the kernel"
    return f"{turned} {along} the input{steps}{spread}, and at each position {multiply}:"


def _apart(spec: Specification, name: str) -> str:
    """How many places a stride or a dilation is, along each axis."""
    return per_axis([f"{counted(axis.geometry[name], 'place')} apart" for axis in spec.tied_axes])


def orientation(sources: Sources, pen: Pen) -> Words:
    """Whether the kernel is reversed, and what that is called; nothing where it does not matter."""
    spec = pen.worked.spec
    taps = prod(int(axis.geometry["kernel_size"]) for axis in spec.tied_axes)
    if kind(spec) != "convolution" or taps == 1:
        return ()

    text = _FLIPPED if spec.flip else _NOT_FLIPPED
    return pen.say(
        text.replace("{here}", "{here}{values}{for}{places}"),
        conv=definition(pen, flip=True),
        corr=definition(pen, flip=False),
        **_otherwise(sources, pen),
    )


_FLIPPED = (
    "The minus sign before {tap_index} reverses the kernel, which makes this a convolution, {conv}. "
    "With a plus sign it "
    "is a cross-correlation, {corr}, which deep-learning libraries call convolution{here}. For given weights "
    "the two differ. For learned weights the choice does not matter: the network would simply learn them "
    "in reverse order."
)
_NOT_FLIPPED = (
    "The kernel is not reversed, so this is a cross-correlation, {corr}, which deep-learning libraries call "
    "convolution. A convolution proper reverses the kernel, {conv}{here}. For given weights the two differ. "
    "For learned weights the choice does not matter: the network would simply learn them in reverse order."
)


def _otherwise(sources: Sources, pen: Pen) -> dict[str, Maths | str]:
    """The outputs with the kernel the other way round, where they are a short list of other numbers."""
    worked = pen.worked
    nothing: dict[str, Maths | str] = {"here": "", "values": "", "for": "", "places": ""}
    if len(worked.shape("output")) > 1 or len(worked.outputs) > MOST_LISTED:
        return nothing
    other = Worked(sources.remake("example", {}, flip=not worked.spec.flip)).outputs
    if other == worked.outputs:
        return nothing
    own = "here" if sources.own else "in the example"
    around = _around(worked.spec)
    where = f"; {own}{f', with {around},' if around else ''} it gives "
    places = _places(worked.spec, len(other), flip=not worked.spec.flip)
    return {"here": where, "values": pen.values(other), "for": " for ", "places": places}


def _around(spec: Specification) -> str:
    """What stands around the input, where a window reads the same of it in either direction."""
    (axis,) = spec.tied_axes
    before, after = int(axis.geometry["before"]), int(axis.geometry["after"])
    if not before + after:
        return ""
    if spec.padding_mode != "zeros":
        return f"the input {'continued' if spec.padding_mode == 'circular' else 'extended'} in the same way"
    if before != after:
        return f"the same {counted(before + after, 'zero').removeprefix('1 ')} around the input"
    return f"the same {counted(before, 'zero').removeprefix('1 ')} on each side"


def _places(spec: Specification, count: int, *, flip: bool) -> Maths:
    """The indices of the entries of a convolution, or a cross-correlation, that windows stand for."""
    (axis,) = spec.tied_axes
    size = {name: int(value) for name, value in axis.geometry.items()}
    # Indices of taps and inputs count from the base: i -+ d k is that of an input, k that of a tap.
    first, base = -size["before"], spec.notation.base
    first += size["dilation"] * (size["kernel_size"] - 1) * flip
    first += base * (1 + size["dilation"] * (1 if flip else -1))
    found = [first + size["stride"] * at for at in range(count)]
    index = spec.written.output_index

    def write(form: MathsTarget) -> str:
        told = list(map(str, found)) if count <= 3 else [*map(str, found[:2]), form.ellipsis, str(found[-1])]
        return f"{form.letter(index)} = {', '.join(told)}"

    return Maths(write(target_of("latex")), write(target_of("text")))


def largest(sources: Sources, pen: Pen) -> Words:
    """The sum that selects the maximum of a window, as a maximum."""
    symbols = sources.opened.closed.symbols
    if kind(sources.layer.spec) != "maximum":
        return ()
    right, label = sources.opened.formula("output").rhs, symbols.sequence("input").label
    (entry,) = (e for e in right.atoms(Indexed) if e.base.label == label)
    taps = sorted({limits[0] for total in right.atoms(Sum) for limits in total.limits}, key=str)

    def write(s: Sheet) -> str:
        form = of_formulas(s.form, symbols)
        over = ", ".join(map(form.expr, taps))
        if form.stacked:
            return f"{form.maximum}_{{{over}}} {form.expr(entry)}"
        return f"{form.maximum} over {over} of {form.expr(entry)}"

    text = "Since {kernel} selects the largest entry of the window, {y} = {largest}. Of equal entries it "
    row = " in row order" if len(sources.layer.spec.axes) > 1 else ""
    text += f"selects the first{row}, which is a convention."
    return pen.say(text, y=generic(pen, "output"), largest=pen(write))


def convention(sources: Sources, pen: Pen) -> list[Words]:
    """For which reading of the operation the outputs are right, where they are those of the layer itself."""
    spec = pen.worked.spec
    if kind(spec) != "convolution" or len(spec.tied.relations) > 1 or not sources.own:
        return []
    (axis,) = spec.tied_axes
    size = {name: int(value) for name, value in axis.geometry.items()}
    before, after, mode = size["before"], size["after"], spec.padding_mode
    padding = "this padding" if before != after else f"padding {before}" if before else "no padding"
    if mode != "zeros" and before == after > 0:
        padding = f"{mode} padding {before}"
    elif before == after == size["kernel_size"] - 1 > 0:
        padding = "full padding"
    turned = "a reversed kernel" if spec.flip else "a kernel that is not reversed"
    text = f"These sums are right for {turned}, {padding}, stride {size['stride']} and dilation "
    text += f"{size['dilation']}"
    if "activation" in sources.layer.equation_names:
        return [pen.say(f"{text}, before {{f}} is applied.", f=pen.letter("activation"))]
    return [(f"{text}.",)]


def definition(pen: Pen, *, flip: bool) -> Maths:
    """The convolution of two sequences, or their cross-correlation."""
    n, axes = pen.worked.spec.written, pen.worked.spec.tied_axes

    def write(s: Sheet) -> str:
        form = s.form
        x, w = form.letter(n.input), form.letter(n.kernel)
        i, k = (
            [form.letter(on_axis(letter, at, len(axes))) for at in range(len(axes))]
            for letter in (n.output_index, n.tap_index)
        )
        named = form.convolution if flip else form.correlation
        apart = {int(axis.geometry["dilation"]) for axis in axes}
        d = f"{max(apart)}{'' if form.stacked else '*'}" if apart != {1} and len(apart) == 1 else ""
        places = [f"{a} {'-' if flip else '+'} {d}{b}" for a, b in zip(i, k, strict=True)]
        at, tap, place = map(form.places.join, (i, k, places))
        product = f"{form.entry(w, tap)}{form.times}{form.entry(x, place)}"
        return f"{named(x, w, at)} = {_over(form, tap)} {product}"

    return pen(write)


def _over(form: MathsTarget, index: str) -> str:
    """The head of a sum over all values of an index."""
    return rf"\sum_{{{index}}}" if form.stacked else f"sum({index})"


def remark(pen: Pen) -> list[Words]:
    """What the notes of this kind must make clear of the forward pass."""
    worked, spec = pen.worked, pen.worked.spec
    found: list[Words] = []
    axis = spec.tied_axes[-1]
    taps, dilation = int(axis.geometry["kernel_size"]), int(axis.geometry["dilation"])
    if (
        dilation > 1
        and taps > 1
        and len({(a.geometry["dilation"], a.geometry["kernel_size"]) for a in spec.axes}) == 1
    ):
        span = dilation * (taps - 1) + 1
        formula = pen(lambda s: _span(s, taps, dilation, span))
        each = " along each axis" if len(spec.axes) > 1 else ""
        what = "outputs" if spec.transposed else "inputs"
        noun = "entries" if kind(spec) == "maximum" else "taps"
        found.append(
            pen.say(
                f"With dilation {dilation}, the same {taps} {noun} span {{formula}} {what}{each}.",
                formula=formula,
            )
        )
    if worked.skipped and not spec.transposed:
        names = [pen.input(at) for at in worked.skipped]
        verb = "lies" if len(names) == 1 else "lie"
        found.append((*pen.listed(names), f" {verb} in no window."))
    return found


def _span(s: Sheet, taps: int, dilation: int, span: int) -> str:
    form, n = s.form, s.notation
    letters = f"{form.letter(n.dilation)}{form.times}({form.letter(n.kernel_size)} - 1) + 1"
    return f"{letters} = {dilation}{form.dot}{taps - 1} + 1 = {span}"
