"""Calls with exact options: a misspelt one is refused, and the answer names the nearest that there is."""

from collections.abc import Callable
from functools import wraps
from inspect import CO_VARKEYWORDS, unwrap
from typing import Any, TypeVar, cast

from symconv.errors import reject_unknown

_Call = TypeVar("_Call", bound=Callable[..., Any])


def options_checked(call: _Call) -> _Call:
    """The same function, whose answer to an option that it does not have names the nearest one that it has.

    Its signature is exact, so type checkers mark such an option too. A function that takes any option stays.

    >>> @options_checked
    ... def save(path, *, slides=False): ...
    >>> save("a.tex", slide=True)
    Traceback (most recent call last):
        ...
    symconv.errors.OptionError: save: unknown option 'slide': did you mean 'slides'? Write one of 'path',
    'slides'.
    """
    code = unwrap(call).__code__
    names = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
    named = [name for name in names if name != "self"]

    @wraps(call)
    def checked(*given: Any, **options: Any) -> Any:
        if not options.keys() <= {*named}:
            own = type(given[0]).__name__ if call.__name__ == "__init__" else call.__name__
            reject_unknown(own, options, named)
        return call(*given, **options)

    return call if code.co_flags & CO_VARKEYWORDS else cast(_Call, checked)
