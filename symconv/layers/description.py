"""A layer in words: the options that make it, and its geometry in one sentence."""

import inspect
import re
from collections.abc import Sequence
from typing import Any

from symconv.pattern import Size, Spatial, Specification
from symconv.printing.english import joined
from symconv.printing.letters import on_axis
from symconv.printing.notation import PRESETS


def call(made: type, spec: Specification) -> str:
    """The call that makes a layer without its values."""
    written, usual = {**options(spec), **spec.kernel.usual(spec.tied_axes)}, defaults(made)
    sizes = [repr(written.pop(name)) for name in ("input_size", "kernel_size")]
    named = [f"{name}={value!r}" for name, value in written.items() if value != usual.get(name, value)]
    return f"{made.__name__}({', '.join([*sizes, *named])})"


def defaults(made: type) -> dict[str, Any]:
    """The options that make a layer of a class, each with its value where none is given."""
    parameters = inspect.signature(made).parameters.values()
    return {**{p.name: p.default for p in parameters}, "notation": "symconv"}


def opened(made: type, spec: Specification) -> dict[str, Any]:
    """The options of the same layer with letters for its sizes."""
    found, rank = options(spec), len(spec.axes)
    for name in ("input_size", "kernel_size"):
        letters = tuple(on_axis(getattr(spec.notation, name), axis, rank) for axis in range(rank))
        found[name] = letters[0] if rank == 1 else letters
    if found.get("groups") == 1 and "in_channels" in found:
        found |= {"in_channels": "C_in", "out_channels": "C_out"}
    return {name: found[name] for name in defaults(made) if name in found}


def options(spec: Specification) -> dict[str, Any]:
    """The options that make a layer, as they print; one value where all axes share it."""
    found: dict[str, Any] = {}
    for name in spec.axes[0].options:
        values = tuple(_plain(axis.options[name]) for axis in spec.axes)
        whole = name in ("input_size", "kernel_size")
        shared = not whole and len(set(values)) == 1 and not isinstance(values[0], tuple)
        found[name] = values[0] if len(values) == 1 or shared else values
    for relation in spec.pattern.relations:
        if not relation.spatial:
            found |= {name: _plain(size) for name, size in relation.options.items()}
    presets, given = {made: name for name, made in PRESETS.items()}, spec.notation.replace()
    return {**found, **spec.kernel.options, "bias": spec.bias, "notation": presets.get(given, given)}


def _plain(value: Any) -> Any:
    """Numbers and modes as they are, symbols by their names; pairs likewise."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return value if isinstance(value, int | str) else str(value)


def sentence(spec: Specification) -> str:
    """The geometry in one sentence."""
    steps = _steps(spec)
    if spec.numeric:
        steps["outputs"] = _extent(spec.output_sizes, "output")
    return f"{_what(spec)}: {', '.join(steps.values())}."


def title(spec: Specification) -> str:
    """The same in a few words: only what is not usual."""
    usual, steps = {"stride 1", "dilation 1", "padding 0 before and 0 after"}, _steps(spec)
    usual |= {steps[name] for name in spec.kernel.usual(spec.tied_axes)}
    steps["padding"] = _padding(spec) or steps["padding"]
    return ", ".join([_what(spec), *(step for step in steps.values() if step not in usual)])


def _what(spec: Specification) -> str:
    sizes = _sizes(spec.axes)
    window = _extent(sizes["kernel_size"], "tap").split()[0]
    kernel, inputs = (_sized(sizes[f"{what}_size"], what) for what in ("kernel", "input"))
    named = {"taps": kernel, "window": window, "inputs": inputs}
    parts = [spec.kernel.opening.format(kind=spec.axes[0].kind, **named)]
    return ", ".join(parts + [r.phrase(r.options) for r in reversed(spec.pattern.relations) if not r.spatial])


def _sizes(axes: Sequence[Spatial]) -> dict[str, list[Size]]:
    return {name: [axis.geometry[name] for axis in axes] for name in axes[0].geometry}


def _steps(spec: Specification) -> dict[str, str]:
    """Stride, dilation and paddings, each in words."""
    sizes, filled = _sizes(spec.axes), spec.padding_mode
    steps = {name: _step(name, sizes[name]) for name in ("stride", "dilation")}
    cut = " (cropped)" if spec.transposed and any(sizes["before"] + sizes["after"]) else ""
    mode = cut if filled == "zeros" else f" ({filled})"
    named = [axis.options["padding"] for axis in spec.axes]
    if all(padding == "same" for padding in named) and not all(isinstance(b, int) for b in sizes["before"]):
        steps["padding"] = f"padding same{mode}"
    else:
        steps["padding"] = f"padding {_by(sizes['before'])} before and {_by(sizes['after'])} after{mode}"
    if any(size != 0 for size in sizes.get("output_padding", [0])):
        steps["output_padding"] = f"output padding {_by(sizes['output_padding'])}"
    return steps


def _padding(spec: Specification) -> str:
    """A padding that is the same everywhere and is not nothing, in short."""
    named, sizes = {axis.options["padding"] for axis in spec.axes}, _sizes(spec.axes)
    around = {*sizes["before"], *sizes["after"]}
    kind = "" if spec.padding_mode == "zeros" else f"{spec.padding_mode} "
    if named <= {"full", "same"} and len(named) == 1:
        return f"{min(named)} {kind}padding"
    return f"{kind}padding {around.pop()}" if len(around) == 1 and around != {0} else ""


def _step(name: str, values: Sequence[Size]) -> str:
    """A stride or dilation that all axes share, else one an axis."""
    return f"{name} {values[0]}" if len(set(values)) == 1 else f"{name}s {joined(list(map(str, values)))}"


def _by(values: Sequence[Size]) -> str:
    """One value where all axes share it, else one an axis in parentheses."""
    return str(values[0]) if len(set(values)) == 1 else f"({', '.join(map(str, values))})"


def _sized(values: Sequence[Size], noun: str) -> str:
    """One operand by its size, with its article.

    >>> _sized([3], "kernel"), _sized([8, 5], "kernel"), _sized(["N", "N"], "input")
    ('a 3-tap kernel', 'an 8×5 kernel', 'an N×N input')
    """
    if len(values) == 1 and noun == "input":
        return _extent(values, noun)
    size = "×".join(map(str, values)) + ("-tap" if len(values) == 1 else "")
    vowel = re.match(r"8|11(?!\d)|18(?!\d)|[AEFHILMNORSXaefhilmnorsx](?![a-z]{2})", size)
    return f"{'an' if vowel else 'a'} {size} {noun}"


def _extent(values: Sequence[Size], word: str) -> str:
    return f"{'×'.join(map(str, values))} {word}{'' if all(v == 1 for v in values) else 's'}"
