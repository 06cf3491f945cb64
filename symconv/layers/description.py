"""A layer in words: the options that make it, and its geometry in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symconv.notation import PRESETS, Notation
from symconv.pattern import Pattern, Size, Spatial


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
    told = [axis.options for axis in axes]
    sizes = {name: [axis.geometry[name] for axis in axes] for name in axes[0].geometry}
    outputs = [axis.extents["output"][0] for axis in axes]
    taps = _counted(sizes["kernel_size"], "tap")
    named = {"taps": taps, "window": taps.split()[0], "inputs": _counted(sizes["input_size"], "input")}
    parts = [opening.format(kind=axes[0].kind, **named)]
    parts += [r.phrase(r.options) for r in reversed(pattern.relations) if r not in axes]
    steps = [f"{name} {_by(sizes[name])}" for name in ("stride", "dilation")]
    filled = told[0].get("padding_mode", "zeros")
    mode = "" if filled == "zeros" else f" ({filled})"
    steps.append(f"padding {_by(sizes['before'])} before and {_by(sizes['after'])} after{mode}")
    if any(size != 0 for size in sizes.get("output_padding", [0])):
        steps.append(f"output padding {_by(sizes['output_padding'])}")
    if pattern.numeric:
        steps.append(_counted(outputs, "output"))
    return f"{', '.join(parts)}: {', '.join(steps)}."


def _by(values: Sequence[Size]) -> str:
    """One value where all axes share it, else all with a cross between."""
    return str(values[0]) if len(set(values)) == 1 else "×".join(map(str, values))


def _counted(values: Sequence[Size], word: str) -> str:
    return f"{'×'.join(map(str, values))} {word}{'' if all(v == 1 for v in values) else 's'}"
