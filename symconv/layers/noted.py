"""A layer as notes show it: with letters for its sizes, in symbols, on values, and as a small example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from sympy import Expr, srepr

from symconv.errors import OptionError
from symconv.explicit.equation import read_function
from symconv.layers.description import call, defaults, opened, options
from symconv.layers.entries import LETTERS
from symconv.layers.example import example
from symconv.notes import Sources, read_activation
from symconv.pattern import Specification


def sources(layer: Any, activation: str | Callable[[Expr], Expr] | None) -> Sources:
    """The layer in the ways that notes show it, with the function that follows."""
    spec, given = layer.spec, layer.entries.given
    if activation is not None and "activation" not in layer.equation_names:
        raise OptionError("no activation follows a pooling layer: leave out {option}.", "activation")
    read_function(activation, spec)
    plain = not spec.numeric or bool(spec.notation.tap_colours)
    shown = layer if plain else layer.coloured()
    symbols = shown.in_symbols() if given else shown
    kind = type(layer)
    other = kind(**opened(kind, spec)) if spec.numeric else symbols
    code = {"layer": f"{_called(kind, spec)}{'' if plain else '.coloured()'}"}
    code["opened"] = "layer" if other is symbols else _called(kind, other.spec)
    worked = example(layer)
    same = worked.spec == spec
    code["example"] = "layer" if same else _called(type(worked), worked.spec)
    if not spec.notation.tap_colours:
        worked = worked.coloured()
        code["example"] += "" if same and not plain else ".coloured()"
    operands = (
        f"{LETTERS[role]}={in_code(worked.entries.nested(role, e))}"
        for role, e in worked.entries.given.items()
    )
    code["example"] += f".at({', '.join(operands)})"
    function = read_activation(activation, spec.notation.activation)
    remake = _Remake({"layer": symbols, "example": worked})
    return Sources(symbols, other, worked, _partner(worked), remake, function, code)


def _partner(worked: Any) -> Any:
    """The convolution that a transposed layer is the transpose of, acting on the outputs of the example."""
    matching = getattr(worked, "matching", None)
    return matching().at(x=worked.output, w=worked.w) if matching else None


@dataclass(frozen=True)
class _Remake:
    """Makes a layer anew: see :class:`symconv.notes.Sources`."""

    layers: Mapping[str, Any]

    def __call__(self, which: str, values: Mapping[str, Any], /, **changes: Any) -> Any:
        layer = self.layers[which]
        told = {**options(layer.spec), **changes, "notation": layer.spec.notation}
        kind = type(layer)
        made = kind(**{name: told[name] for name in defaults(kind) if name in told})
        given = {}
        for role, entries in layer.entries.given.items():
            letter, shape = LETTERS[role], made.entries.shape(role)
            entries = tuple(values.get(letter, entries))
            if len(entries) == prod(shape):
                given[letter] = made.entries.nested(role, entries)
        return made.at(**given)


def _called(kind: type, spec: Specification) -> str:
    """The call that makes a layer, where symconv is imported as sc."""
    return f"sc.{call(kind, spec)}".replace("notation=Notation(", "notation=sc.Notation(")


def in_code(entries: Any) -> str:
    """Entries as Python writes them: whole numbers plain, everything else in SymPy's own words."""
    if isinstance(entries, list):
        return f"[{', '.join(map(in_code, entries))}]"
    return str(entries) if entries.is_Integer else str(srepr(entries))
