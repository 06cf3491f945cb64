"""What a sheet of exercises opens with: the layer, what it computes, and how it is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from typing import Any

from sympy import Expr, Indexed, Sum, expand, sympify

from symconv.derivation.scripts import written
from symconv.index_sums.index_base import shift_index_base
from symconv.index_sums.printers import of_formulas
from symconv.index_sums.symbols import LayerSymbols
from symconv.notes.exercises.practised import Practised, Subject
from symconv.notes.exercises.written import Letters, by, maths, paragraphs, say, words, worked
from symconv.notes.model import Block, Maths, Prose, Words
from symconv.pattern import Specification
from symconv.pattern.wording import step, title
from symconv.printing.display import Row
from symconv.printing.target import MathsTarget

#: Kernels without a formula that a student could use.
_POOLED = ("selection", "clipped")


def opening(subject: Subject) -> list[Block]:
    """The layer in a sentence, its outputs as a sum, the first index, and a smaller layer for numbers."""
    spec, letters = subject.spec, Letters(subject.spec)
    blocks: list[Block] = [say("All exercises use {layer}.", layer=_described(subject.layer, letters))]
    if spec.numeric:
        blocks.append(_sized(subject.layer, letters))
    blocks += _pooled(spec) if spec.kernel.name in _POOLED else _formula(subject.layer)
    last: Words = (f"Indices start at {spec.notation.base}.",)
    small = subject.small
    if small is not None and small is not subject.layer:
        text = f"{last[0]} Exercises with numbers for the entries, and those on the matrix, take a smaller "
        last = words(f"{text}layer of the same kind: {{small}}.", small=_described(small))
    return paragraphs([*blocks, Prose(last)])


def _sized(layer: Practised, letters: Letters) -> Prose:
    """How many entries go in and come out."""
    inputs, outputs = (layer.entries.shape(role) for role in ("input", "output"))
    return say(
        "Unless an exercise says otherwise, the input {x} has {n} "
        f"entr{'y' if prod(inputs) == 1 else 'ies'} and the output {{y}} has {{m}}.",
        x=lambda t: letters.input(t), y=lambda t: letters.output(t),
        n=lambda t: by(t, *inputs), m=lambda t: by(t, *outputs),
    )  # fmt: skip


def _described(layer: Practised, letters: Letters | None = None) -> Words:
    """A layer with all its settings, named by letters where these are given; else with its inputs."""
    spec = layer.spec
    told = title(spec).settings
    settings = [f"{'a ' * (name == 'batch')}{one}" for name, one in told.items()]
    if not spec.kernel.learned and "stride" not in told:
        settings.append(step("stride", [axis.geometry["stride"] for axis in spec.tied_axes]))
    if any(axis.options.get("ceil_mode", False) for axis in spec.tied_axes):
        settings.append("the number of outputs rounded up")
    taps, inputs = ("×".join(str(axis.geometry[f"{what}_size"]) for axis in spec.axes)
                    for what in ("kernel", "input"))  # fmt: skip
    one, several = len(spec.axes) == 1, "s" * (taps != "1")
    of = f" of {inputs} input{'s' * (inputs != '1')}" if one else f" of an input of {inputs} entries"
    of = "" if spec.numeric and letters else of
    what, channels = spec.axes[0].kind, len(spec.tied.extents["tap"]) > len(spec.axes)
    if spec.kernel.learned:
        text = (
            f"a {what[0].lower()}{what[1:]}{of} with {'kernels' if channels else 'a kernel'}{{w}} of {taps}"
        )
        text += f" weight{several}" + f" (tap{several})" * bool(one and letters)
        if spec.bias and letters:
            text += " and a bias {b}" + " for each output channel" * channels
    else:
        text = f"{'maximum' if spec.kernel.depends_on_input else 'average'} pooling{of} in windows of {taps}"
        text += " entry" if taps == "1" else " entries"
    if settings:
        before = " with " if not spec.kernel.learned else ", " if settings[1:] or "{b}" in text else " and "
        comma = "," * any(" and " in one for one in settings)
        last = f"{comma} and {settings[-1]}" if settings[1:] else settings[-1]
        text += f"{before}{', '.join(settings[:-1])}{last}"
    return _lettered(text, spec, letters)


def _lettered(text: str, spec: Specification, letters: Letters | None) -> Words:
    """A sentence with the open sizes in it as mathematics, and the letters of kernel and bias.

    An "a" is the article.
    """
    parts: dict[str, Any] = {"w": ""}
    if letters is not None:
        parts["w"] = (" ", maths(lambda t: letters.tap(t)))
        parts["b"] = lambda t: t.letter(letters.notation.bias)
    known = {s for axis in spec.axes for size in axis.geometry.values() for s in sympify(size).free_symbols}
    for at, symbol in enumerate(sorted((one for one in known if str(one) != "a"), key=str)):
        text = re.sub(rf"(?<![\w{{']){re.escape(str(symbol))}(?![\w}}'])", f"{{size{at}}}", text)
        parts[f"size{at}"] = lambda t, symbol=symbol: t.expr(symbol)
    return words(text, **parts)


def _pooled(spec: Specification) -> list[Block]:
    """What pooling does that no kernel does."""
    text = f"Each output is {spec.kernel.mean}."
    if spec.kernel.depends_on_input:
        padded = spec.padded
        text = f"Each output is the largest entry of its window{'; the padding is never chosen' * padded}."
    if any(axis.options.get("ceil_mode", False) for axis in spec.tied_axes):
        text += " Rounding up admits a last window that is only partly inside, as long as its first place is "
        text += "not behind the input."
    return [Prose((text,))]


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

    blocks: list[Block] = [Prose(("The layer computes",)), worked(rows)]
    if not spec.numeric:
        each = " along each axis" if len(spec.axes) > 1 else ""
        counts = list(dict.fromkeys(_counts(layer)))
        verb = "are the numbers" if len(counts) > 1 else "is the number"
        blocks.append(
            say(
                f"where {{counts}} {verb} of outputs{each}.",
                counts=lambda t: ", ".join(map(of_formulas(t, symbols).expr, counts)),
            )
        )
    if spec.transposed:
        return blocks
    if zeros:
        outside = spec.padded
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
