"""A layer in words: the options that make it, and its geometry in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symconv.pattern import Pattern, Size, Spatial
from symconv.printing.notation import PRESETS, Notation


def described(pattern: Pattern, axes: Sequence[Spatial], notation: Notation, bias: bool) -> dict[str, Any]:
    """The options that make a layer, as they print; one value where all axes share it."""
    options: dict[str, Any] = {}
    for name in axes[0].options:
        values = tuple(_plain(axis.options[name]) for axis in axes)
        whole = name in ("input_size", "kernel_size")
        shared = not whole and len(set(values)) == 1 and not isinstance(values[0], tuple)
        options[name] = values[0] if len(values) == 1 or shared else values
    for relation in pattern.relations:
        if relation not in axes:
            options |= {name: _plain(size) for name, size in relation.options.items()}
    presets = {made: name for name, made in PRESETS.items()}
    return {**options, "bias": bias, "notation": presets.get(notation, notation)}


def _plain(value: Any) -> Any:
    """Numbers and modes as they are, symbols by their names; pairs likewise."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return value if isinstance(value, int | str) else str(value)


def sentence(pattern: Pattern, axes: Sequence[Spatial], opening: str) -> str:
    """The geometry in one sentence; the opening names kind, inputs, taps and their numbers as window."""
    steps = _steps(axes)
    if pattern.numeric:
        steps["outputs"] = _counted([axis.extents["output"][0] for axis in axes], "output")
    return f"{_what(pattern, axes, opening)}: {', '.join(steps.values())}."


def title(pattern: Pattern, axes: Sequence[Spatial], opening: str) -> str:
    """The same in a few words: only what is not usual."""
    usual = {"stride 1", "dilation 1", "padding 0 before and 0 after"}
    if "window" in opening and all(a.geometry["stride"] == a.geometry["kernel_size"] for a in axes):
        usual.add(_steps(axes)["stride"])
    told = _steps(axes)
    told["padding"] = _padding(axes) or told["padding"]
    steps = [step for step in told.values() if step not in usual]
    return ", ".join([_what(pattern, axes, opening), *steps])


def _what(pattern: Pattern, axes: Sequence[Spatial], opening: str) -> str:
    sizes = _sizes(axes)
    taps = _counted(sizes["kernel_size"], "tap")
    named = {"taps": taps, "window": taps.split()[0], "inputs": _counted(sizes["input_size"], "input")}
    parts = [opening.format(kind=axes[0].kind, **named)]
    return ", ".join(parts + [r.phrase(r.options) for r in reversed(pattern.relations) if r not in axes])


def _sizes(axes: Sequence[Spatial]) -> dict[str, list[Size]]:
    return {name: [axis.geometry[name] for axis in axes] for name in axes[0].geometry}


def _steps(axes: Sequence[Spatial]) -> dict[str, str]:
    """Stride, dilation and paddings, each in words."""
    sizes = _sizes(axes)
    steps = {name: f"{name} {_by(sizes[name])}" for name in ("stride", "dilation")}
    filled = axes[0].options.get("padding_mode", "zeros")
    cut = " (cut off)" if axes[0].far == "output" and any(sizes["before"] + sizes["after"]) else ""
    mode = cut if filled == "zeros" else f" ({filled})"
    named = [axis.options["padding"] for axis in axes]
    if all(padding == "same" for padding in named) and not all(isinstance(b, int) for b in sizes["before"]):
        steps["padding"] = f"padding same{mode}"
    else:
        steps["padding"] = f"padding {_by(sizes['before'])} before and {_by(sizes['after'])} after{mode}"
    if any(size != 0 for size in sizes.get("output_padding", [0])):
        steps["output_padding"] = f"output padding {_by(sizes['output_padding'])}"
    return steps


def _padding(axes: Sequence[Spatial]) -> str:
    """A padding that is the same everywhere and is not nothing, in short."""
    named, sizes = {axis.options["padding"] for axis in axes}, _sizes(axes)
    around = {*sizes["before"], *sizes["after"]}
    mode = axes[0].options.get("padding_mode", "zeros")
    kind = "" if mode == "zeros" else f"{mode} "
    if named <= {"full", "same"} and len(named) == 1:
        return f"{min(named)} {kind}padding"
    return f"{kind}padding {around.pop()}" if len(around) == 1 and around != {0} else ""


def _by(values: Sequence[Size]) -> str:
    """One value where all axes share it, else one an axis."""
    return str(values[0]) if len(set(values)) == 1 else " and ".join(map(str, values))


def _counted(values: Sequence[Size], word: str) -> str:
    return f"{'×'.join(map(str, values))} {word}{'' if all(v == 1 for v in values) else 's'}"
