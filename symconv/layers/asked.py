"""Methods of a layer that one of its parts answers."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


def asked(
    part: str, method: Callable[Concatenate[Any, _Given], _Answer]
) -> Callable[Concatenate[Any, _Given], _Answer]:
    """A method of a layer that one of its parts answers."""

    def ask(layer: Any, /, *given: _Given.args, **named: _Given.kwargs) -> _Answer:
        return method(getattr(layer, part), *given, **named)

    update_wrapper(ask, method)
    return ask
