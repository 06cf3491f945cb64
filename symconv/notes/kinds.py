"""What is told of each kind of layer otherwise than of others: opening, instruction, captions, remarks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from symconv.explicit.layout import Sheet
from symconv.notes.model import Maths, Words
from symconv.notes.pieces import Pen
from symconv.pattern import Specification
from symconv.printing.english import counted
from symconv.printing.target import MathsTarget


def kind(spec: Specification) -> str:
    """ "convolution", "transposed", "average" or "maximum"."""
    if spec.transposed:
        return "transposed"
    if spec.kernel.learned:
        return "convolution"
    return "maximum" if spec.kernel.depends_on_input else "average"


def channelled(spec: Specification) -> bool:
    """Whether filters add up several input channels, or there are several filters."""
    return any("in_channels" in relation.geometry for relation in spec.tied.relations)


_OPENINGS: Mapping[str, str] = MappingProxyType(
    {
        "convolution": "A dense layer computes {dense} and then {then}. A convolutional layer slides one "
        "small kernel over its input. This is the same operation with a special {W}. Here is which one.",
        "transposed": "A convolution is a matrix, so it has a transpose. The layer that multiplies by that "
        "transpose is the transposed convolution: it leads back to the size of the convolution's input, but "
        "not to its values. Here is what it computes instead.",
        "average": "A dense layer computes {dense}. Average pooling replaces each window of its input by the "
        "mean. This is the same operation with a special {W}, in which nothing is learned: here it is.",
        "maximum": "A dense layer computes {dense} with a fixed {W}. Maximum pooling keeps the largest entry "
        "of each window. This is a matrix too, but one that depends on the input. Here is which one.",
    }
)


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
    f = pen.worked.spec.written.activation

    return pen.say(
        _OPENINGS[kind(pen.worked.spec)],
        dense=dense(pen),
        then=pen(lambda s: f"{s.form.function(f)}({s.form.letter(letters['z'])})"),
        W=pen(lambda s: s.form.letter(letters["W"])),
    )


def instruction(pen: Pen) -> str:
    """What to do with the numbers."""
    spec = pen.worked.spec
    axes = spec.tied_axes
    along = "along" if len(axes) == 1 else "over"
    strides = sorted({int(axis.geometry["stride"]) for axis in axes})
    steps = f" in steps of {strides[0]}" if strides != [1] and len(strides) == 1 else ""
    apart = sorted({int(axis.geometry["dilation"]) for axis in axes})
    spread = f", its taps {apart[-1]} places apart," if apart[-1] > 1 else ""
    if kind(spec) == "transposed":
        further = "one place" if strides == [1] else f"{strides[-1]} places"
        text = "Each input multiplies the whole kernel and lays the products on the output, "
        text += f"{further} further than the input before it; where they overlap they add up. "
        return f"{text}Collected by output:"
    if kind(spec) == "average":
        return (
            f"Slide a window {along} the input{steps}, and at each position take the mean of what it shows:"
        )
    if kind(spec) == "maximum":
        return f"Slide a window {along} the input{steps}, and at each position keep the largest entry:"
    turned = "Reverse the kernel, slide it" if spec.flip else "Slide the kernel"
    if channelled(spec):
        turned = "Reverse the filters, slide each" if spec.flip else "Slide each filter"
        text = f"{turned} {along} its input channels{steps}{spread} and at each position add the products. "
        return f"{text.replace('  ', ' ')}For output channel {spec.notation.base}:"
    return (
        f"{turned} {along} the input{steps}{spread}{'' if spread else ','} and at each position add the "
        "products of what lies on top of each other:"
    )


CAPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "convolution": "The window at each position. One colour is one weight: it comes again in every row.",
        "transposed": "Where each input lays the kernel. One colour is one weight; columns add up.",
        "average": "The window at each position. All weights are the same number.",
        "maximum": "The window at each position, with a 1 at the entry that is kept.",
    }
)


def orientation(pen: Pen) -> Words:
    """Whether the kernel is reversed, and what that is called; nothing where it does not matter."""
    spec = pen.worked.spec
    if kind(spec) != "convolution":
        return ()

    convolution, correlation = definition(pen, flip=True), definition(pen, flip=False)
    if spec.flip:
        text = "With its kernel reversed this is a convolution, {conv}. Without the reversal it would be a "
        text += "cross-correlation, {corr}, which deep-learning libraries compute under the name of "
        text += "convolution. Since the weights are learned, the network does not care."
    else:
        text = "The kernel is not reversed, so this is a cross-correlation, {corr}; deep-learning libraries "
        text += (
            "compute it under the name of convolution. Convolution proper is {conv}. Since the weights are "
        )
        text += "learned, the network does not care."
    return pen.say(text, conv=convolution, corr=correlation)


def definition(pen: Pen, *, flip: bool) -> Maths:
    """The convolution of two sequences, or their cross-correlation."""
    n = pen.worked.spec.written

    def write(s: Sheet) -> str:
        form = s.form
        i, k, x, w = (
            form.letter(getattr(n, name)) for name in ("output_index", "tap_index", "input", "kernel")
        )
        named = form.convolution if flip else form.correlation
        place = f"{i} {'-' if flip else '+'} {k}"
        product = f"{form.entry(w, k)}{form.times}{form.entry(x, place)}"
        return f"{named(x, w, i)} = {_over(form, k)} {product}"

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
    if dilation > 1:
        span = dilation * (taps - 1) + 1
        text = f"Dilation {dilation} keeps {counted(taps, 'tap')} but widens what they see: the window spans "
        formula = pen(lambda s: _span(s, taps, dilation, span))
        each = " along each axis" if len(spec.axes) > 1 else ""
        found.append(pen.say(f"{text}{{formula}} inputs{each}.", formula=formula))
    if worked.skipped and not spec.transposed:
        names = [pen.input(at) for at in worked.skipped]
        verb = "is" if len(names) == 1 else "are"
        found.append((*pen.listed(names), f" {verb} read by no window."))
    return found


def _span(s: Sheet, taps: int, dilation: int, span: int) -> str:
    form, n = s.form, s.notation
    letters = f"{form.letter(n.dilation)}{form.times}({form.letter(n.kernel_size)} - 1) + 1"
    return f"{letters} = {dilation}{form.dot}{taps - 1} + 1 = {span}"
