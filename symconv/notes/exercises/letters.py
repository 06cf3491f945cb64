"""What the letters in the formula of the output size stand for, and the settings that stay the same."""

from __future__ import annotations

from collections.abc import Iterator

from symconv.explicit.rows import axis_size
from symconv.notes.exercises.practised import Practised
from symconv.notes.exercises.written import Writes, say
from symconv.notes.model import Prose
from symconv.pattern.output_size import USUAL
from symconv.printing.display import Row
from symconv.printing.english import joined
from symconv.printing.letters import on_axis
from symconv.printing.target import MathsTarget

#: What the letters of the formula of a size stand for.
_SIZES = {
    "convolution": "{N} inputs, a kernel of {K} weights",
    "pooling": "{N} inputs, windows of {K} entries",
    "transposed": "{N} inputs, a kernel of {K} weights",
}
_PADS = {
    "convolution": ("{p} padded places on each side", "{p} padded places before and {q} after the input"),
    "transposed": ("{p} places cut off on each side", "{p} places cut off before and {q} after"),
}


def _unusual(layer: Practised, field: str) -> bool:
    """Whether a size is another than that which the formula can do without, on any axis."""
    return any(axis.geometry.get(field, USUAL[field]) != USUAL[field] for axis in layer.spec.tied_axes)


def others_above(layer: Practised) -> str:
    """The part of a sentence that says which settings are as at the head of the sheet."""
    spec, axes = layer.spec, layer.spec.tied_axes
    here = {
        "kernel size" if spec.kernel.learned else "window size": True,
        "stride": any(axis.geometry["stride"] != 1 for axis in axes),
        "padding": spec.padded,
        "dilation": any(axis.geometry["dilation"] != 1 for axis in axes),
        "output padding": any(axis.options.get("output_padding", 0) != 0 for axis in axes),
        "rounding": any(axis.options.get("ceil_mode", False) for axis in axes),
    }
    names = [name for name, has in here.items() if has]
    return f"{joined(names)} are those above" if len(names) > 1 else f"the {names[0]} is the one above"


def put_in(layer: Practised) -> Prose:
    """What is put into the formula of the output size."""
    spec, n = layer.spec, layer.spec.notation
    rank = len(spec.axes)
    first = spec.tied_axes[0].geometry
    uneven = first["before"] != first["after"]
    kind = "transposed" if spec.transposed else "convolution" if spec.kernel.learned else "pooling"
    pad = _PADS["transposed" if spec.transposed else "convolution"][uneven]
    parts = [_SIZES[kind], pad, "stride {s}"]
    parts += ["dilation {d}"] * _unusual(layer, "dilation")
    parts += ["output padding {a}"] * _unusual(layer, "output_padding")
    text = f"Put the numbers into the formula for the output size, for {joined(parts)}"
    text += " along the first axis, and likewise along the others:" if rank > 1 else ":"

    def letter(field: str, prime: str = "") -> Writes:
        return lambda t: f"{t.letter(on_axis(getattr(n, field), 0, rank))}{prime}"

    fields = {"N": "input_size", "K": "kernel_size", "s": "stride", "d": "dilation", "p": "padding",
              "a": "output_padding"}  # fmt: skip
    letters = {name: letter(field) for name, field in fields.items()} | {"q": letter("padding", "'")}
    return say(text, **{name: part for name, part in letters.items() if f"{{{name}}}" in text})


def sized(t: MathsTarget, layer: Practised) -> Iterator[Row]:
    """The output size along each axis: in letters, in numbers, and the result."""
    idle = [name for name in ("dilation", "output_padding") if not _unusual(layer, name)]
    for at in range(len(layer.spec.axes)):
        yield axis_size(layer.spec, at, t, idle)
