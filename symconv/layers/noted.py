"""A layer as notes show it: with letters for its sizes, in symbols, and on values."""

from collections.abc import Callable
from typing import Any

from sympy import Expr, srepr

from symconv.errors import OptionError
from symconv.explicit.equation import read_function
from symconv.layers.description import call, opened
from symconv.layers.entries import LETTERS
from symconv.notes import Sources, read_activation


def sources(layer: Any, activation: str | Callable[[Expr], Expr] | None) -> Sources:
    """The layer in the ways that notes show it, with the function that follows."""
    spec, given = layer.spec, layer.entries.given
    if activation is not None and "activation" not in layer.equation_names:
        raise OptionError("no activation follows a pooling layer: leave out {option}.", "activation")
    read_function(activation, spec.notation)
    plain = not spec.numeric or bool(spec.notation.tap_colours)
    shown = layer if plain else layer.coloured()
    symbols = shown.in_symbols() if given else shown
    kind = type(layer)
    other = kind(**opened(kind, spec)) if spec.numeric else symbols
    code = {"layer": f"sc.{call(kind, spec)}{'' if plain else '.coloured()'}"}
    code["opened"] = "layer" if other is symbols else f"sc.{call(kind, other.spec)}"
    if given:
        values = {LETTERS[role]: layer.entries.nested(role, entries) for role, entries in given.items()}
        listed = (f"{letter}={in_code(entries)}" for letter, entries in values.items())
        code["valued"] = f"layer.at({', '.join(listed)})"
    function = read_activation(activation, spec.notation.activation)
    return Sources(symbols, other, shown if given else None, function, code)


def in_code(entries: Any) -> str:
    """Entries as Python writes them: whole numbers plain, everything else in SymPy's own words."""
    if isinstance(entries, list):
        return f"[{', '.join(map(in_code, entries))}]"
    return str(entries) if entries.is_Integer else str(srepr(entries))
