"""Trials: somebody else's function on arrays of random integers, against the layer's own relation."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from sympy import sympify

from symconv.derivation.formula import Formula
from symconv.errors import OptionError
from symconv.evidence.cases import NumericModel
from symconv.evidence.polynomials import Poly, compiled
from symconv.evidence.report import Refutation
from symconv.evidence.scalars import compiled_number
from symconv.index_sums.symbols import LayerSymbols

#: From where to where entries are drawn.
_SPAN = (-999, 999)

#: From where to where inputs are drawn besides, where a maximum is judged: so few numbers that several are
#: the largest, and numbers below 0, whose maximum is less than a padding with zeros.
_SPANS_OF_MAXIMA = ((-1, 0), (-999, -1))


def function_failures(
    setting: LayerSymbols, formula: Formula, function: Callable[..., Any], case: NumericModel
) -> Iterator[Refutation]:
    """Where a function is wrong in a case; the entries that are drawn are the same in each run."""
    rng = np.random.default_rng([*str(case.sizes).encode()])
    spans = (_SPAN, *(_SPANS_OF_MAXIMA if setting.spec.kernel.depends_on_input else ()))
    n, right = setting.notation, compiled(formula.lhs)
    outputs = setting.indices("output")
    biased = [outputs.index(o) for o in setting.bias_indices(outputs)]
    wants = _parameters(function, {symbol.name for symbol in setting.symbols})
    roles = (("x", n.input, "input"), ("w", n.kernel, "tap"), ("delta", n.upstream, "output"))
    for span in spans:
        sizes, counts, numbers = case.sizes, case.geometry.counts, case.numbers
        arrays = {
            name: (letter, _drawn(rng, span if name == "x" else _SPAN, counts[role]))
            for name, letter, role in roles
        }
        drawn = setting.kernel.drawn(case.geometry.met, arrays["x"][1])
        for tap, number in (drawn or {}).items():
            arrays["w"][1][tap] = number
        bias = _drawn(rng, _SPAN, [counts["output"][at] for at in biased]) * setting.bias
        values: dict[Any, int] = {
            (letter, index): int(value)
            for letter, array in (*arrays.values(), (n.bias, bias))
            for index, value in np.ndenumerate(array)
        }
        named = {
            **{name: array for name, (_, array) in arrays.items()},
            **_geometry(setting, numbers),
            **sizes,
            "b": bias if biased else int(bias),
        }
        places, sequences = list(case.places(formula.kept)), case.sequences()
        wanted = [_at(right(sequences, {**numbers, **index}), values) for index in places]
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
                read = [name for name in arrays if name in wants]
                operands = ", ".join(f"{name} = {arrays[name][1].tolist()}" for name in read)
                yield Refutation(sizes, index, f"{is_} for {operands}" if read else str(is_), str(should))


def _drawn(rng: np.random.Generator, span: tuple[int, int], shape: Sequence[int]) -> Any:
    """Random integers from the first number to the last."""
    return rng.integers(span[0], span[1] + 1, shape)


def _equal(found: Any, wanted: Any) -> bool:
    """Exactly for whole numbers, to rounding for floating-point ones."""
    if isinstance(found, float):
        return bool(abs(found - wanted) <= 1e-9 * max(1, abs(wanted)))
    return bool(found == wanted)


def _at(poly: Poly, values: Mapping[Any, int]) -> Any:
    terms = (prod((values[atom] for atom in monomial), start=number) for monomial, number in poly.items())
    return sum(terms)


def _geometry(setting: LayerSymbols, numbers: Mapping[str, int]) -> dict[str, Any]:
    """The sizes that a function may ask for: a number on one axis, else a tuple of one an axis."""
    spec, found = setting.exact_spec, {}
    sizes = {name: setting.of_axes(name) for name in _GEOMETRY if name in spec.axes[0].geometry}
    sizes |= {"padding": sizes["before"], "output_size": setting.m}
    for name, values in sizes.items():
        whole = tuple(int(compiled_number(value)(dict(numbers))) for value in values)
        found[name] = whole[0] if len(whole) == 1 else whole
    for relation, names in zip(spec.pattern.relations, spec.pattern.names, strict=True):
        if not relation.spatial:
            options = relation.options
            found |= {name: int(compiled_number(sympify(options[name]))(dict(numbers))) for name in names}
    return {**found, "flip": setting.spec.flip}


_GEOMETRY = ("input_size", "kernel_size", "stride", "dilation", "before", "after", "output_padding")
_MORE = ("padding", "output_size", "flip", "batch", "channels", "in_channels", "out_channels", "groups")


def _parameters(function: Callable[..., Any], symbols: set[str]) -> list[str]:
    """The names that a function asks for."""
    known = {"x", "w", "delta", "b", *_MORE, *_GEOMETRY, *symbols}
    wants = []
    for parameter in inspect.signature(function).parameters.values():
        name, kind = parameter.name, parameter.kind
        if name in known:
            wants.append(name)
            if kind is parameter.POSITIONAL_ONLY:
                raise OptionError(
                    f"claim: the argument {name!r} of the function must not be positional-only."
                )
        elif parameter.default is parameter.empty and not kind.description.startswith("variadic"):
            sentence = "claim: the function has an unknown argument {given!r}: {cure}"
            raise OptionError(sentence, given=name, allowed=sorted(known))
    return wants
