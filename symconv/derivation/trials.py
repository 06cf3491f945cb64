"""Trials: somebody else's function on arrays of random integers, against the layer's own relation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from symconv.derivation.evaluate import Poly, compiled
from symconv.derivation.formula import LAYOUT, Formula
from symconv.derivation.report import Refutation
from symconv.derivation.setting import Setting
from symconv.derivation.world import Geometry, World, index_values
from symconv.errors import OptionError, did_you_mean


def function_failures(
    setting: Setting,
    formula: Formula,
    function: Callable[..., Any],
    cases: Sequence[tuple[dict[str, int], Geometry]],
) -> Iterator[Refutation]:
    rng = np.random.default_rng(0)
    n, right = setting.notation, compiled(formula.lhs)
    roles = LAYOUT[formula.name]
    wants = _parameters(function, {s.name for size in setting.sizes.values() for s in size.free_symbols})
    for sizes, geometry in cases:
        arrays = {
            "x": (n.input, rng.integers(1, 1000, geometry.input_size)),
            "w": (n.kernel, rng.integers(1, 1000, geometry.kernel_size)),
            "delta": (n.upstream, rng.integers(1, 1000, len(geometry.met))),
        }
        bias = int(rng.integers(1, 1000)) if setting.bias else 0
        values: dict[Any, int] = {
            (letter, (i,)): int(v) for letter, array in arrays.values() for i, v in enumerate(array)
        }
        values[(n.bias, ())] = bias
        named = {
            **{name: array for name, (_, array) in arrays.items()},
            **{name: getattr(geometry, name) for name in _GEOMETRY},
            **sizes,
            "b": bias,
            "padding": geometry.before,
            "output_size": len(geometry.met),
        }
        places = list(index_values(setting, geometry, sum(roles, ())))
        numbers = {**sizes, n.output_size: len(geometry.met)}
        world = World(setting, geometry).sequences
        wanted = [_at(right(world, {**numbers, **index}), values) for index in places]
        try:
            found = np.ravel(np.asarray(function(**{name: named[name] for name in wants}))).tolist()
        except Exception as error:  # the candidate is somebody else's code: whatever it raises refutes it
            yield Refutation(sizes, {}, f"{type(error).__name__}: {error}", str(wanted))
            continue
        if len(found) != len(wanted):
            yield Refutation(sizes, {}, f"{len(found)} entries", f"{len(wanted)}")
            continue
        for index, is_, should in zip(places, found, wanted, strict=True):
            if not _equal(is_, should):
                operands = ", ".join(f"{name} = {array.tolist()}" for name, (_, array) in arrays.items())
                yield Refutation(sizes, index, f"{is_} for {operands}", str(should))


def _equal(found: Any, wanted: int) -> bool:
    """Exactly for whole numbers, to rounding for floating-point ones."""
    if isinstance(found, float):
        return abs(found - wanted) <= 1e-9 * max(1, abs(wanted))
    return bool(found == wanted)


def _at(poly: Poly, values: Mapping[Any, int]) -> int:
    total = 0
    for monomial, coefficient in poly.items():
        for atom in monomial:
            coefficient *= values[atom]
        total += coefficient
    return int(total)


_GEOMETRY = ("input_size", "kernel_size", "stride", "dilation", "before", "after", "flip")


def _parameters(function: Callable[..., Any], symbols: set[str]) -> list[str]:
    """The names that a function asks for."""
    known = {"x", "w", "delta", "b", "padding", "output_size", *_GEOMETRY, *symbols}
    wants = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in known:
            wants.append(parameter.name)
            if parameter.kind is parameter.POSITIONAL_ONLY:
                raise OptionError(f"claim: {parameter.name!r} must be an argument that can be given by name.")
        elif parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        ):
            raise OptionError(
                f"claim: the function asks for {parameter.name!r}: "
                f"{did_you_mean(parameter.name, sorted(known))}"
            )
    return wants
