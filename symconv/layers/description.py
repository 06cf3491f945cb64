"""The options that make a layer, and the call that does."""

import inspect
from typing import Any

from symconv.pattern import Specification
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
