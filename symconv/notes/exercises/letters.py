"""What the letters in the formula of the output size stand for, and the settings that stay the same."""

from __future__ import annotations

from collections.abc import Iterator

from symconv.notes.exercises.practised import Practised
from symconv.notes.exercises.written import Writes, say
from symconv.notes.model import Prose
from symconv.pattern import Spatial
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


def _unusual(layer: Practised, field: str, usual: int) -> bool:
    """Whether a size is another than that which the formula can do without, on any axis."""
    return any(axis.geometry.get(field, usual) != usual for axis in layer.spec.tied_axes)


def _template(layer: Practised, axis: Spatial) -> tuple[tuple[str, str], ...]:
    """The formula of a size as in :attr:`Spatial.size_template`, without what makes no difference to it."""
    found = []
    for top, below in axis.size_template:
        if not _unusual(layer, "dilation", 1):
            top = top.replace("{dilation}{t}({kernel_size} - 1) - 1", "{kernel_size}").replace(
                "{dilation}{t}", ""
            )
        if not _unusual(layer, "output_padding", 0):
            top = top.replace(" + {output_padding}", "")
        found.append((top, below))
    return tuple(found)


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
    parts = [_SIZES[kind], pad, "stride {s}"]
    parts += ["dilation {d}"] * _unusual(layer, "dilation", 1)
    parts += ["output padding {a}"] * _unusual(layer, "output_padding", 0)
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
    n, axes = layer.spec.notation, layer.spec.tied_axes
    named = ("input_size", "kernel_size", "output_size", "stride", "dilation", "padding", "output_padding")
    for at, axis in enumerate(axes):
        letters = {name: t.letter(on_axis(getattr(n, name), at, len(axes))) for name in named}
        values = {name: str(size) for name, size in axis.geometry.items()}
        before, after = letters["padding"], f"{letters['padding']}'"
        chain = []
        for names, times, sides in (
            (letters, t.times, (before, after)),
            (values, t.dot, (values["before"], values["after"])),
        ):
            even = axis.geometry["before"] == axis.geometry["after"]
            pads = f"2{times}{sides[0]}" if even else " + ".join(sides)
            known = {
                **names,
                "t": times,
                "before": sides[0],
                "pads": pads,
                "off": pads if even else f"({pads})",
            }
            parts = [(top.format(**known), below.format(**known)) for top, below in _template(layer, axis)]
            bounds = [t.floor_fraction(top, below) if below else top for top, below in parts]
            least = bounds[0] if len(bounds) == 1 else f"{t.minimum}({t.comma.join(bounds)})"
            chain.append(f"{least} + 1" if parts[0][1] else least)
        (size,) = axis.extents["output"]
        yield Row(letters["output_size"], (*chain, str(size)))
