"""How the formula of an output size is written: in letters, in numbers, and with each size in its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeAlias

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


class Sized(Protocol):
    """A spatial relation, seen from below."""

    @property
    def geometry(self) -> Mapping[str, Any]: ...

    @property
    def options(self) -> Mapping[str, Any]: ...

    def size_shown(self, idle: Collection[str]) -> Template: ...


@dataclass(frozen=True)
class ShownSize:
    """The output size of an axis with each size in its place, so that stride and padding can be seen.

    Its sizes are integers and integer symbols; what makes no difference is left out.

    >>> from symconv.pattern import Axis, TransposedAxis
    >>> from symconv.printing.targets import target_of
    >>> axes = [made.make(9, 3, stride=2, padding=1) for made in (Axis, TransposedAxis)]
    >>> [ShownSize(axis, target_of("text")).size for axis in axes]
    ['floor((9 + 2 - 3)/2) + 1', '2*(9 - 1) + 3 - 2']
    """

    axis: Sized
    form: MathsTarget

    @property
    def size(self) -> str | None:
        """The size; None where SymPy's own form shows it."""
        return self._shown(last=False)

    @property
    def last(self) -> str | None:
        """One less: how many steps lead from the first output to the last."""
        return self._shown(last=True)

    @property
    def window(self) -> str:
        """How many places a window spans."""
        return window(self._idle).format_map(self._names)

    @property
    def covered(self) -> str:
        """How many places the copies of the kernel of a transposed layer cover together."""
        return covered(self._idle).format_map(self._names)

    def _shown(self, *, last: bool) -> str | None:
        sides = (sympify(self.axis.geometry[side]) for side in ("before", "after"))
        plain = all(side.is_Integer or side.is_Symbol for side in sides)
        if self.axis.options.get("ceil_mode") or not plain:
            return None
        return written(self.axis.size_shown(self._idle), self._names, self.form, last=last)

    @cached_property
    def _sizes(self) -> dict[str, Any]:
        sizes = {name: sympify(value) for name, value in self.axis.geometry.items()}
        return {"output_padding": S.Zero, **sizes, "pads": sizes["before"] + sizes["after"]}

    @property
    def _idle(self) -> list[str]:
        return [name for name, usual in USUAL.items() if self._sizes[name] == usual]

    @cached_property
    def _names(self) -> dict[str, str]:
        form, sizes = self.form, self._sizes
        names = {name: form.expr(size) for name, size in sizes.items()}
        names["kernel_size"] = form.factor(sizes["kernel_size"])
        names["off"] = f"({names['pads']})" if sizes["pads"].is_Add else names["pads"]
        for name, by in (("steps", sizes["stride"]), ("spacing", sizes["dilation"])):
            between = "" if form.stacked and by.is_Integer else form.times
            names[name] = "" if by == 1 else f"{form.factor(by)}{between}"
        return names
