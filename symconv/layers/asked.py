"""Methods and properties of a layer that one of its parts answers."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

from symconv.explicit.entries import Explicit
from symconv.explicit.registry import QUANTITIES
from symconv.layers.entries import OPERANDS
from symconv.printing.options import options_checked

_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


def asked(
    part: str, method: Callable[Concatenate[Any, _Given], _Answer]
) -> Callable[Concatenate[Any, _Given], _Answer]:
    """A method of a layer that one of its parts answers."""

    answered = options_checked(method)

    def ask(layer: Any, /, *given: _Given.args, **named: _Given.kwargs) -> _Answer:
        return answered(getattr(layer, part), *given, **named)

    update_wrapper(ask, method)
    return ask


def quantity(name: str) -> Any:
    """The property of a layer that is a quantity of the registry, in its shape."""
    row, shaped = QUANTITIES[name], Explicit.matrix if QUANTITIES[name].is_matrix else Explicit.array
    return property(lambda layer: shaped(layer.entries.values, name), doc=row.meaning)


def operand(role: str) -> Any:
    """The property of a layer that is an operand, in its shape."""
    return property(lambda layer: layer.entries.operand(role), doc=OPERANDS[role])
