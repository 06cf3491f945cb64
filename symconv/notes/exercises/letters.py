"""What the letters in the formula of the output size stand for, and the settings that stay the same."""

from __future__ import annotations

from symconv.notes.exercises.practised import Practised
from symconv.notes.exercises.written import Writes, say
from symconv.notes.model import Prose
from symconv.printing.english import joined
from symconv.printing.letters import on_axis

#: What the letters of the formula of a size stand for.
_SIZES = {
    "convolution": "{N} inputs, a kernel of {K} weights, {pad}, stride {s} and dilation {d}",
    "pooling": "{N} inputs, windows of {K} entries, {pad}, stride {s} and dilation {d}",
    "transposed": "{N} inputs, a kernel of {K} weights, stride {s}, dilation {d}, {pad} and output padding "
    "{a}",
}
_PADS = {
    "convolution": ("{p} padded places on each side", "{p} padded places before and {q} after the input"),
    "transposed": ("{p} places cut off on each side", "{p} places cut off before and {q} after"),
}

#: What a layer that does not speak of a size has for it.
_USUAL = {"d": ("dilation", 1), "a": ("output_padding", 0)}


def others_above(layer: Practised) -> str:
    """The part of a sentence that says which settings are as at the head of the sheet."""
    spec, axes = layer.spec, layer.spec.tied_axes
    here = {
        "kernel size" if spec.kernel.learned else "window size": True,
        "stride": any(axis.geometry["stride"] != 1 for axis in axes),
        "padding": any(axis.geometry[side] != 0 for axis in axes for side in ("before", "after")),
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
    text = f"Put the numbers into the formula of the output size, for {_SIZES[kind].replace('{pad}', pad)}"
    for name, (field, usual) in _USUAL.items():
        if all(axis.geometry.get(field) == usual for axis in spec.tied_axes):
            text = text.replace(f"{{{name}}}", f"{{{name}}} = {usual}")
    text += " along the first axis, and likewise along the others:" if rank > 1 else ":"

    def letter(field: str, prime: str = "") -> Writes:
        return lambda t: f"{t.letter(on_axis(getattr(n, field), 0, rank))}{prime}"

    fields = {"N": "input_size", "K": "kernel_size", "s": "stride", "d": "dilation", "p": "padding"}
    parts = {name: letter(field) for name, field in fields.items()}
    extra = {"q": letter("padding", "'"), "a": letter("output_padding")}
    return say(text, **parts, **{name: part for name, part in extra.items() if f"{{{name}}}" in text})
