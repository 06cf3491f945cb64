"""What is told of each kind of layer otherwise than of others: opening, instruction, captions, remarks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Expr, Indexed, Sum, Symbol, sympify

import symconv.notes.phrases as phrases
from symconv.explicit.layout import Sheet
from symconv.index_sums.printers import of_formulas
from symconv.index_sums.symbols import LayerSymbols
from symconv.notes.model import Maths, Words
from symconv.notes.pieces import Pen, generic
from symconv.notes.source import Sources
from symconv.notes.worked import Worked
from symconv.pattern import Specification
from symconv.printing.english import counted, joined, per_axis
from symconv.printing.letters import on_axis
from symconv.printing.target import MathsTarget


def kind(spec: Specification) -> str:
    """ "convolution", "transposed", "average" or "maximum"."""
    if spec.transposed:
        return "transposed"
    if spec.kernel.learned:
        return "convolution"
    return "maximum" if spec.kernel.depends_on_input else "average"


def same_settings(spec: Specification, *also: str) -> str:
    """What the matrix of a transposed layer and its transpose have in common.

    >>> import symconv as sc
    >>> same_settings(sc.ConvTranspose1d(3, 3, dilation=2, padding=1).spec)
    'stride, dilation and padding'
    >>> same_settings(sc.ConvTranspose1d(3, 3).spec, "kernel")
    'kernel and stride, and no padding'
    """
    spread = any(axis.geometry["dilation"] != 1 for axis in spec.tied_axes)
    padded = spec.padded
    told = joined([*also, "stride", *["dilation"] * spread, *["padding"] * padded])
    without = f"{',' * (' and ' in told)} and no padding"
    return told if padded else f"{told}{without}"


def channelled(spec: Specification) -> bool:
    """Whether filters add up several input channels, or there are several filters."""
    return any("in_channels" in relation.geometry for relation in spec.tied.relations)


def batched(spec: Specification) -> bool:
    """Whether the input has several samples."""
    return any("batch" in relation.geometry for relation in spec.tied.relations)


_OPENINGS: Mapping[str, str] = MappingProxyType(
    {
        "convolution": "A dense layer with input {a} and weight matrix {W} computes {dense}{unbiased} and "
        "then {then}, where {f} is the activation function. A convolutional layer slides {what} over its "
        "input.{channels} {This} is the same operation with a special {W}{biased}. These notes show which "
        "{W}{named}.",
        "transposed": "A dense layer with input {a} and weight matrix {W} computes {dense}{unbiased} and "
        "then {then}, where {f} is the activation function. A {operation}, in which each output is the sum "
        "of the products of the {kernel} with one window of the input, is the same operation with a "
        "special matrix for {W}; a transposed {operation}{called} takes the transpose of such a "
        "matrix{biased}.{channels} Its output has the size of an input of the {operation}, but not the "
        "values of that input. These notes show what it computes{named}.",
        "average": "A dense layer with input {a} and weight matrix {W} computes {dense}. Average pooling "
        "replaces each window of its input by the mean.{channels} {This} is the same operation with a "
        "special {W}, which has no parameters. These notes show which {W}{named}.",
        "maximum": "A dense layer with input {a} computes {dense}, with the same matrix {W} for every "
        "input. Maximum pooling keeps the largest entry of each window.{channels} For a given input this, "
        "too, is multiplication by a matrix, but the matrix depends on the input. These notes show how.",
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
    """What a dense layer computes, with a bias where the layer has one."""
    letters, spec = dense_letters(pen), pen.worked.spec

    def write(s: Sheet) -> str:
        z, W, a = (s.form.letter(letters[name]) for name in "zWa")
        return f"{z} = {W} {a}{f' + {s.form.letter(spec.written.bias)}' if spec.bias else ''}"

    return pen(write)


def opening(pen: Pen) -> Words:
    """The question that notes answer, in the reader's letters where the notation leaves them free."""
    letters = dense_letters(pen)
    n = pen.worked.spec.written
    f = n.activation

    text = _OPENINGS[kind(pen.worked.spec)].replace("{named}", _NAMED if letters["W"] != n.matrix else "")
    spec = pen.worked.spec
    channels, turned = _channels(spec), "reversed " * spec.flip
    text = text.replace("{kernel}", f"{turned}kernel{'s of a filter' * channelled(spec)}")
    text = text.replace("{called}", "" if spec.flip else ", which libraries call transposed convolution,")
    text = text.replace("{operation}", spec.operation).replace("{channels}", channels)
    text = text.replace("{This}", "The layer" if channels else "This")
    text = text.replace("{unbiased}", "" if spec.bias else " (the bias is left out)")
    biases = "one bias per output channel" if channelled(spec) else "a single bias"
    text = text.replace("{biased}", f", with {biases}" if spec.bias else "")
    return pen.say(
        text.replace("{what}", "small filters" if channelled(pen.worked.spec) else "one small kernel"),
        dense=dense(pen),
        f=pen(lambda s: s.form.function(f)),
        then=pen(lambda s: f"{s.form.function(f)}({s.form.letter(letters['z'])})"),
        **{letter: phrases.letter(letters[letter]) for letter in letters},
        x=pen.letter("input"),
        T=pen.letter("matrix"),
        y=pen.letter("output"),
    )


#: What channels are, at their first use; and filters.
_CHANNELS = " The input consists of channels, such as the colours of an image. "
_FILTERS = "A filter has one kernel for each input channel{own}, and gives one output channel."
_PAIRS = "There is a kernel for each pair of an input channel and an output channel{own}."


def _channels(spec: Specification) -> str:
    """What channels and filters are, where a layer has them."""
    if any("channels" in relation.geometry for relation in spec.tied.relations):
        return f"{_CHANNELS}Each of them is pooled by itself."
    groups = [int(r.geometry["groups"]) for r in spec.tied.relations if "groups" in r.geometry]
    if not groups:
        return ""
    told, own = (_PAIRS, " of one group") if spec.transposed else (_FILTERS, " of its group")
    return f"{_CHANNELS}{told.replace('{own}', own if groups != [1] else '')}"


def instruction(pen: Pen) -> str:
    """What to do with the numbers."""
    spec = pen.worked.spec
    axes = spec.tied_axes
    along = "along" if len(axes) == 1 else "over"
    strides = per_axis([str(axis.geometry["stride"]) for axis in axes])
    steps = f" in steps of {strides}" if strides != "1" else ""
    wide = any(int(axis.geometry["kernel_size"]) > 1 for axis in axes)
    places = apart(spec, "dilation")
    spread = f", with its taps {places}" if places != "1 place apart" and wide else ""
    if kind(spec) == "transposed":
        text = f"Each input scales a copy of the kernel{spread.replace('with its', 'its')}. Neighbouring "
        text += f"copies begin {apart(spec, 'stride')}, and where they overlap they are added. "
        first = f" of output channel {spec.notation.base}" if channelled(spec) else ""
        bias = ", to which the bias is added" if spec.bias else ""
        some = None in pen.positions_shown
        collect = f"some of the outputs{first} collect" if some else f"each output{first} collects"
        return f"{text}Here are the products that {collect}{bias}:"
    window = "×".join(str(axis.geometry["kernel_size"]) for axis in axes)
    window = f"a window of {window} {'entry' if window == '1' else 'entries'}"
    if kind(spec) == "average":
        return f"Slide {window} {along} the input{steps}, and at each position take the mean of its entries:"
    if kind(spec) == "maximum":
        spread = spread.replace("its taps", "its entries")
        return (
            f"Slide {window} {along} the input{steps}{spread}, and at each position keep the largest entry:"
        )
    multiply = "multiply the numbers that line up and add the products"
    if spec.bias:
        own = " of the filter" if channelled(spec) else ""
        multiply = f"multiply the numbers that line up, add the products and add the bias{own}"
    if channelled(spec):
        turned = "Reverse the filters, slide each" if spec.flip else "Slide each filter"
        text = f"{turned} {along} its input channels{steps}{spread}, and at each position {multiply}. "
        return f"{text}For output channel {spec.notation.base}:"
    turned = "Reverse the kernel, slide it" if spec.flip else "Slide the kernel"
    return f"{turned} {along} the input{steps}{spread}, and at each position {multiply}:"


def general(sources: Sources, name: str) -> tuple[Expr, ...] | None:
    """A size of each axis in the letters of a layer, where it has letters for them; else nothing."""
    axes = sources.layer.spec.tied_axes
    if not any(sympify(axis.geometry[name]).free_symbols for axis in axes):
        return None
    opened = sources.opened.closed.symbols.exact_spec.tied_axes
    return tuple(sympify(axis.geometry[name]) for axis in opened)


def apart(spec: Specification, name: str) -> str:
    """How many places a stride or a dilation is, along each axis."""
    return per_axis([f"{counted(axis.geometry[name], 'place')} apart" for axis in spec.tied_axes])


def largest(sources: Sources, pen: Pen) -> Words:
    """The sum that selects the maximum of a window, as a maximum."""
    if kind(sources.layer.spec) != "maximum":
        return ()
    entry, _, taps = _selected(sources)

    def write(s: Sheet) -> str:
        form = of_formulas(s.form, sources.opened.closed.symbols)
        over = ", ".join(map(form.expr, taps))
        if form.stacked:
            return f"{form.maximum}_{{{over}}} {form.expr(entry)}"
        return f"{form.maximum} over {over} of {form.expr(entry)}"

    text = "Since {kernel} selects the largest entry of the window, {y} = {largest}."
    return pen.say(text, y=generic(pen, "output"), largest=pen(write))


def selection(sources: Sources) -> Words:
    """What the entries of the selection are, before the formula that has them; nothing for other layers."""
    if kind(sources.layer.spec) != "maximum":
        return ()
    _, entry, taps = _selected(sources)
    pen, symbols = Pen(Worked(sources.example)), sources.opened.closed.symbols

    def printed(expr: Expr) -> Maths:
        return pen(lambda s: of_formulas(s.form, symbols).expr(expr))

    first = "the first in row order" if len(taps) > 1 else "the first"
    text = "Let {S} be 1 where {entry} of the window of {y} is the one kept, the largest (of equal ones "
    text += f"{first}, by convention), and 0 elsewhere. "
    places = [printed(tap) for tap in taps]
    at = {1: "entry {k}", 2: "the entry in row {k} and column {l}"}.get(len(taps), "the entry at {all}")
    whole = pen(lambda s: f"({', '.join(of_formulas(s.form, symbols).expr(tap) for tap in taps)})")
    pieces = dict(zip("kl", places, strict=False)) | {"all": whole}
    return pen.say(text.replace("{entry}", at), S=printed(entry), y=generic(pen, "output"), **pieces)


def _selected(sources: Sources) -> tuple[Indexed, Indexed, list[Symbol]]:
    """The input and the selection in the sum of a maximum, and the indices that it runs over."""
    right = sources.opened.formula("output").rhs
    label = sources.opened.closed.symbols.sequence("input").label
    (entry,) = (e for e in right.atoms(Indexed) if e.base.label == label)
    (selection,) = (e for e in right.atoms(Indexed) if e.base.label != label)
    taps = sorted({limits[0] for total in right.atoms(Sum) for limits in total.limits}, key=str)
    return entry, selection, taps


def definition(
    pen: Pen, *, flip: bool, symbols: LayerSymbols | None = None, index: str | None = None
) -> Maths:
    """The convolution of two sequences, or their cross-correlation, each axis with its dilation.

    The dilations are those of the example, or of the ``symbols`` of a layer that may have letters for them.
    An entry has the ``index``, that of outputs unless another is given.
    """
    n = pen.worked.spec.written
    setting = symbols or pen.worked.source.closed.symbols
    apart = [sympify(axis.geometry["dilation"]) for axis in setting.exact_spec.tied_axes]

    def write(s: Sheet) -> str:
        form = s.form
        x, w = form.letter(n.input), form.letter(n.kernel)
        i, k = (
            [form.letter(on_axis(letter, at, len(apart))) for at in range(len(apart))]
            for letter in (index or n.output_index, n.tap_index)
        )
        named = form.convolution if flip else form.correlation
        steps = [_times(of_formulas(form, setting), d, tap) for d, tap in zip(apart, k, strict=True)]
        places = [f"{a} {'-' if flip else '+'} {step}" for a, step in zip(i, steps, strict=True)]
        at, tap, place = map(form.places.join, (i, k, places))
        product = f"{form.entry(w, tap)}{form.times}{form.entry(x, place)}"
        return f"{named(x, w, at)} = {over(form, tap)} {product}"

    return pen(write)


def _times(form: MathsTarget, dilation: Expr, tap: str) -> str:
    """A dilation times the index of a tap."""
    if dilation == 1:
        return tap
    return f"{form.factor(dilation)}{'' if form.stacked and dilation.is_Integer else form.times}{tap}"


def over(form: MathsTarget, index: str) -> str:
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
