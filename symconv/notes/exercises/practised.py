"""A layer as exercises see it: itself, with other options, on drawn values, and its entries by index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import lcm, prod
from random import Random
from typing import Any, Protocol

import numpy as np
from sympy import Add, Expr, Integer, Mul, S, sympify

from symconv.derivation import Claim
from symconv.errors import SymconvError
from symconv.explicit.entries import Explicit
from symconv.explicit.registry import QUANTITIES
from symconv.explicit.structure import Structure
from symconv.index_sums.symbols import LayerSymbols
from symconv.pattern import Specification
from symconv.printing.targets import Displayed

#: The letters that values are given by, with the role of each.
GIVEN = {"x": "input", "w": "tap", "delta": "output"}

#: A layer is small enough to calculate with where its roles have no more indices than these.
SMALL = {"input": 25, "tap": 16, "output": 36}

#: What stands for open sizes in a small layer, with the sizes of an axis that may be open.
_OPEN = {
    "stride": (("stride",), 2),
    "dilation": (("dilation",), 1),
    "padding": (("before", "after"), 1),
    "output_padding": (("output_padding",), 0),
}


class Held(Protocol):
    """The entries of a layer."""

    @property
    def values(self) -> Explicit: ...

    def shape(self, role: str) -> tuple[int, ...]: ...


class Closed(Protocol):
    """The symbols of a layer's formulas."""

    @property
    def symbols(self) -> LayerSymbols: ...


class Practised(Protocol):
    """A layer, seen from below."""

    spec: Specification

    @property
    def entries(self) -> Any: ...

    @property
    def closed(self) -> Any: ...

    @property
    def structure(self) -> Structure: ...

    @property
    def title(self) -> str: ...

    @property
    def output_size(self) -> Any: ...

    def equation(self, name: str) -> Displayed: ...

    def formula(self, name: str) -> Any: ...

    def derive(self, name: str) -> Any: ...

    def claim(self, name: str, candidate: Any, /) -> Claim: ...

    def at(self, **values: Any) -> Any: ...


@dataclass(frozen=True)
class Subject:
    """What exercises are about.

    Attributes
    ----------
    layer : Practised
        The layer in symbols.
    remade : function of a layer and options
        The same layer with other options.
    code : str
        The Python that makes the layer.
    """

    layer: Practised
    remade: Callable[..., Practised]
    code: str

    @property
    def spec(self) -> Specification:
        return self.layer.spec

    @cached_property
    def small(self) -> Practised | None:
        """The layer itself where it is small enough to calculate with, else one of the same kind that is."""
        if _small(self.spec):
            return self.layer
        rank = len(self.spec.axes)
        kernels = [_number(axis.geometry["kernel_size"], 3) for axis in self.spec.axes]
        several = (kernels, [min(k, 3) for k in kernels], [2] * rank)
        for channels, taps, count in product((2, 1), several, (5, 4, 6, 7, 3, 8, 2, 9)):
            made = self._shrunk(count, taps, channels)
            if made is not None:
                return made
        return None

    def _shrunk(self, count: int, taps: Sequence[int], channels: int) -> Practised | None:
        """The layer with smaller sizes, or None where that is none, or still too large."""
        axes = self.spec.axes
        one = len(axes) == 1
        inputs = [min(count, _number(axis.geometry["input_size"], count)) for axis in axes]
        changes: dict[str, Any] = {
            "input_size": inputs[0] if one else tuple(inputs),
            "kernel_size": taps[0] if one else tuple(taps),
        }
        for name, (keys, value) in _OPEN.items():
            sizes = [axis.geometry.get(key, 0) for axis in axes for key in keys]
            named = any(axis.options.get(name) in ("valid", "same", "full") for axis in axes)
            if not named and any(sympify(size).free_symbols for size in sizes):
                changes[name] = value
        for relation in self.spec.tied.relations:
            if relation.spatial:
                continue
            for name, size in relation.geometry.items():
                most = 1 if name == "batch" else channels
                if name != "groups":
                    changes[name] = min(_number(size, most), most)
            if "groups" in relation.geometry:
                changes["groups"] = min(_number(relation.geometry["groups"], 1), channels)
        try:
            made = self.remade(self.layer, **changes)
        except SymconvError:
            return None
        return made if _small(made.spec) and prod(map(int, made.spec.output_sizes)) > 1 else None


def _number(size: Any, otherwise: int) -> int:
    return size if isinstance(size, int) else otherwise


def _small(spec: Specification) -> bool:
    return spec.numeric and all(spec.tied.count(role) <= most for role, most in SMALL.items())


def shares(spec: Specification) -> int:
    """A number by which all divisors of an average divide."""
    if spec.kernel.learned or spec.kernel.depends_on_input:
        return 1
    taps = spec.kernel.taps(spec.tied, {}) or ()
    found = lcm(*(int(sympify(tap).q) for tap in taps))
    return found if found <= 12 else 1


def drawn(layer: Practised, rng: Random, *letters: str) -> Any:
    """The layer on small random whole numbers for the operands of these letters."""
    values: dict[str, Any] = {}
    for letter in letters:
        if letter == "b":
            if layer.spec.bias:
                shape = layer.entries.shape("bias")
                values["b"] = shaped([rng.choice((-2, -1, 1, 2, 3)) for _ in range(prod(shape))], shape)
            continue
        shape = layer.entries.shape(GIVEN[letter])
        count = prod(shape)
        if letter == "x":
            whole = range(-3, 10) if count <= 9 else range(-3, 4 + count)
            entries = rng.sample(whole, count) if not layer.spec.kernel.learned else _some(rng, -2, 6, count)
        else:
            entries = _some(rng, -3, 5, count) if letter == "w" else _some(rng, -2, 4, count)
        factor = shares(layer.spec)
        values[letter] = shaped([factor * entry for entry in entries], shape)
    return layer.at(**values)


def _some(rng: Random, least: int, largest: int, count: int) -> list[int]:
    """Whole numbers, none of them 0, not all the same where there are several."""
    whole = [n for n in range(least, largest + 1) if n]
    while True:
        found = [rng.choice(whole) for _ in range(count)]
        if count < 2 or len(set(found)) > 1:
            return found


def shaped(flat: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """A row-major list as nested lists of a shape."""
    return np.reshape(np.array(flat, dtype=object), shape).tolist()


def values_of(layer: Practised, letter: str) -> list[Expr]:
    """The entries of an operand, flattened row-major."""
    values = layer.entries.values
    return list(values.bias if letter == "b" else values.operands[GIVEN[letter]])


def shape_of_quantity(layer: Practised, name: str) -> tuple[int, ...]:
    """The shape of a quantity, an extent an index."""
    values = layer.entries.values
    shape: tuple[int, ...] = values.shape(name) if QUANTITIES[name].is_matrix else values.axes(name)
    return shape


def all_entries(layer: Practised, name: str) -> list[Expr]:
    """The entries of a quantity, flattened row-major."""
    held = layer.entries.values.entries(name)
    return [held.get(cell, S.Zero) for cell in range(prod(shape_of_quantity(layer, name)))]


def nested_entries(layer: Practised, name: str) -> Any:
    """The entries of a quantity as nested lists."""
    return shaped(all_entries(layer, name), shape_of_quantity(layer, name))


def entry(layer: Practised, name: str, index: Sequence[int]) -> Expr:
    """One entry of a quantity, by its indices from 0.

    Raises
    ------
    IndexError
        When there is none.
    """
    shape = shape_of_quantity(layer, name)
    if len(index) != len(shape) or not all(0 <= at < n for at, n in zip(index, shape, strict=True)):
        raise IndexError(index)
    found: Expr = layer.entries.values.entries(name).get(int(np.ravel_multi_index(index, shape)), S.Zero)
    return found


def terms(layer: Practised, kept: str, index: Sequence[int]) -> list[dict[str, tuple[int, ...]]]:
    """What meets an index of a role: the indices of each product, in the order of the window."""
    incidence = layer.spec.tied.incidence()
    shape = incidence.shape[kept]
    cell = int(np.ravel_multi_index(tuple(index), shape)) if shape else 0
    met = np.flatnonzero(incidence.index[kept] == cell)
    found = []
    for at in met.tolist():
        found.append(
            {
                role: tuple(map(int, np.unravel_index(int(flat[at]), incidence.shape[role])))
                if incidence.shape[role]
                else ()
                for role, flat in incidence.index.items()
            }
        )
    window = kept == "output" and not layer.spec.transposed
    turned = -1 if window and layer.spec.flip else 1
    by = "tap" if window else "input" if kept == "output" else "output"
    rank = len(layer.spec.axes)

    def order(one: dict[str, tuple[int, ...]]) -> tuple[Any, ...]:
        outer, places = one[by][: len(one[by]) - rank], one[by][len(one[by]) - rank :]
        return (outer, tuple(turned * place for place in places))

    return sorted(found, key=order)


def whole(value: Any) -> Expr:
    """A number as an exact expression."""
    return Integer(value) if isinstance(value, int) else sympify(value)


def value_of(layer: Practised, role: str, index: tuple[int, ...]) -> Expr:
    """The value of an operand at an index."""
    shape = layer.spec.tied.incidence().shape[role]
    operands = layer.entries.values.operands
    found: Expr = operands[role][int(np.ravel_multi_index(index, shape)) if index else 0]
    return found


def products(layer: Practised, met: Iterable[dict[str, Any]], roles: tuple[str, str]) -> Expr:
    """The sum of the products of two operands over what meets."""
    return Add(*(Mul(*(value_of(layer, role, one[role]) for role in roles)) for one in met))
