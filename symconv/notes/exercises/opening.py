"""What a sheet of exercises opens with: the layer, what it computes, and how it is counted."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Indexed, Sum, expand, sympify

from symconv.derivation.scripts import written
from symconv.index_sums.index_base import shift_index_base
from symconv.index_sums.printers import of_formulas
from symconv.index_sums.symbols import LayerSymbols
from symconv.notes.exercises.practised import Practised, Subject
from symconv.notes.exercises.written import Letters, paragraphs, say, titled, worked
from symconv.notes.model import Block, Maths
from symconv.printing.display import Row
from symconv.printing.target import MathsTarget


def opening(subject: Subject) -> list[Block]:
    """The layer in a sentence, its outputs as a sum, the first index, and a smaller layer for numbers."""
    spec = subject.spec
    what = spec.kernel.name
    blocks: list[Block] = [say(f"All exercises use one kind of layer: {titled(subject.layer)}.")]
    if what in _POOLED:
        blocks.append(say(_POOLED[what]))
    else:
        blocks += _formula(subject.layer)
    last = f"Indices start at {spec.notation.base}."
    if spec.numeric:
        last += " Where an exercise changes the number of inputs, it says so."
    small = subject.small
    if small is not None and small is not subject.layer:
        last += (
            " Exercises with numbers for the entries, and those on the matrix, take a smaller layer of "
            f"the same kind: {titled(small)}."
        )
    return paragraphs([*blocks, say(last)])


#: What pooling does that no kernel does.
_POOLED = {
    "selection": "Each output is the largest entry of its window; the padding is never chosen.",
    "clipped": "Each output is the average of its window over the entries that count.",
}


def _formula(layer: Practised) -> list[Block]:
    """The definition of the output, in the input where zeros surround it, else in the padded input."""
    symbols, spec, letters = layer.closed.symbols, layer.spec, Letters(layer.spec)
    line = written(symbols, "output", 0)[0]
    zeros = not spec.transposed and not spec.reads_input
    shown = _unpadded(symbols, line.terms.shown) if zeros else line.terms.shown

    def held(t: MathsTarget) -> str:
        if not spec.numeric or len(spec.axes) > 1:
            return ""
        inputs = spec.axes[0].geometry["input_size"]
        return t.prose(f" (with {inputs} input{'s' * (inputs != 1)})")

    def rows(t: MathsTarget) -> Iterator[Row]:
        form = of_formulas(t, symbols)
        left, right = (shift_index_base(side, symbols) for side in (line.left, shown))
        yield Row(
            form.expr(left), (form.folded(right),), below=(f"{t.prose('for ')}{_ranges(t, layer)}{held(t)}",)
        )

    blocks: list[Block] = [say("It computes"), worked(rows)]
    if not spec.numeric:
        each = " along each axis" if len(spec.axes) > 1 else ""
        counts = _counts(layer)
        blocks.append(
            say(
                f"where {{counts}} {'are the numbers' if each else 'is the number'} of outputs{each}.",
                counts=lambda t: ", ".join(map(of_formulas(t, symbols).expr, counts)),
            )
        )
    if spec.transposed:
        return blocks
    if zeros:
        outside = any(axis.geometry[side] != 0 for axis in spec.tied_axes for side in ("before", "after"))
        told = f"{'where' if spec.numeric else 'Here'} {{x}} is 0 outside its range."
        return [*blocks, say(told, x=lambda t: letters.input(t))] if outside else blocks
    name = symbols.padded.label.name
    told = f"{'where' if spec.numeric else 'Here'} {{xpad}} is {{x}} {spec.axes[0].fill.words}."
    return [*blocks, say(told, xpad=Maths(letters.padded(name), name), x=lambda t: letters.input(t))]


def _ranges(t: MathsTarget, layer: Practised) -> str:
    """The first and the last value of each index of the output."""
    symbols, base = layer.closed.symbols, layer.spec.notation.base
    form, sizes = of_formulas(t, symbols), list(map(sympify, symbols.exact_spec.tied.extents["output"]))
    if not layer.spec.numeric:  # a question asks how many there are
        sizes[-len(layer.spec.axes) :] = _counts(layer)
    return t.comma.join(
        t.at_most.join((str(base), form.expr(index), form.expr(size - 1 + base)))
        for index, size in zip(symbols.indices("output"), sizes, strict=True)
    )


def _counts(layer: Practised) -> list[Expr]:
    """The letters of the number of outputs along each axis."""
    return [layer.closed.symbols.m_letter(axis) for axis in range(len(layer.spec.axes))]


def _unpadded(symbols: LayerSymbols, expr: Expr) -> Expr:
    """A sum over the padded input in the input itself, the taps of a flipped kernel counted from its end."""
    axes, x = symbols.exact_spec.axes, symbols.sequence("input")
    taps = symbols.indices("tap")[-len(axes) :]
    swap = {k: axis.geometry["kernel_size"] - 1 - k for k, axis in zip(taps, axes, strict=True)}

    def read(entry: Expr) -> Expr:
        outer, places = entry.indices[: -len(axes)], entry.indices[-len(axes) :]
        moved = (place - axis.geometry["before"] for place, axis in zip(places, axes, strict=True))
        return x[(*outer, *moved)]

    def turned(part: Expr) -> Expr:
        inside = part.function.xreplace(swap) if symbols.spec.flip else part.function
        return Sum(expand(inside) if inside.is_Add else inside, *part.limits)

    found = expr.replace(lambda e: isinstance(e, Sum) and not e.function.has(Sum), turned)
    found = found.replace(lambda e: isinstance(e, Indexed) and e.base == symbols.padded, read)
    return found.replace(lambda e: isinstance(e, Indexed), lambda e: e.base[tuple(map(expand, e.indices))])
