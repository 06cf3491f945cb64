"""How the formula of an output size is written: in letters, in numbers, and with each size in its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from sympy import S, sympify

from symconv.printing.target import MathsTarget

#: The last place of an output in names of sizes, and what is divided by before rounding down.
Template: TypeAlias = tuple[tuple[str, str], ...]

#: The sizes that a formula can do without, and where it can.
USUAL = {"stride": 1, "dilation": 1, "pads": 0, "output_padding": 0}


def window(idle: Collection[str]) -> str:
    """How many places a window spans, in names of sizes; see :meth:`Spatial.size_template`."""
    return "{kernel_size}" if "dilation" in idle else "{spacing}({kernel_size} - 1) + 1"


def covered(idle: Collection[str]) -> str:
    """How many places the kernel covers that every input of a transposed layer places."""
    return f"{{steps}}({{input_size}} - 1) + {window(idle)}"


def written(template: Template, names: Mapping[str, str], form: MathsTarget, *, last: bool = False) -> str:
    """A template with what its names stand for: the output size, or the ``last`` place, one less."""
    (whole, over), *others = template
    less = not (last or over) and whole.endswith(" - 1")  # the 1 that is added is taken off again
    pairs = [(whole.removesuffix(" - 1") if less else whole, over), *others]
    filled = ([part.format_map(names) for part in pair] for pair in pairs)
    places = [form.floor_fraction(whole, over) if over else whole for whole, over in filled]
    found = places[0] if len(places) == 1 else f"{form.minimum}({', '.join(places)})"
    return found if last or less else f"{found} + 1"


def shown(axis: Any, form: MathsTarget) -> dict[str, str]:
    """What notes say of the size of an axis, with each size in its place, so that its padding is seen.

    "size" and "last", one less, are not there where SymPy's own form shows them. "window" is how many places
    a window spans, and "covered" how many the kernels of all inputs of a transposed layer cover.

    >>> from symconv.pattern import Axis, TransposedAxis
    >>> from symconv.printing.targets import target_of
    >>> axes = [made.make(9, 3, stride=2, padding=1) for made in (Axis, TransposedAxis)]
    >>> [shown(axis, target_of("text"))["size"] for axis in axes]
    ['floor((9 + 2 - 3)/2) + 1', '2*(9 - 1) + 3 - 2']
    """
    sizes = {"output_padding": S.Zero} | {name: sympify(value) for name, value in axis.geometry.items()}
    sides = sizes["before"], sizes["after"]
    sizes["pads"] = sum(sides)
    idle = [name for name, usual in USUAL.items() if sizes[name] == usual]
    names = {name: form.expr(size) for name, size in sizes.items()}
    names["kernel_size"] = form.factor(sizes["kernel_size"])
    names["off"] = f"({names['pads']})" if sizes["pads"].is_Add else names["pads"]
    for name, by in (("steps", sizes["stride"]), ("spacing", sizes["dilation"])):
        between = "" if form.stacked and by.is_Integer else form.times
        names[name] = "" if by == 1 else f"{form.factor(by)}{between}"
    found = {"window": window(idle).format_map(names), "covered": covered(idle).format_map(names)}
    if not axis.options.get("ceil_mode") and all(side.is_Integer or side.is_Symbol for side in sides):
        template = axis.size_shown(idle)
        found |= {"size": written(template, names, form), "last": written(template, names, form, last=True)}
    return found
