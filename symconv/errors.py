"""Errors as data: what was given, what is wrong with it and what to write instead, said by each door."""

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from string import Formatter
from typing import Any


class Door(Formatter):
    """Fills sentences where layers are asked for: ``written`` writes an option, ``ways`` are templates too.

    >>> door = Door("--{}".format, {"pair": "BEFORE,AFTER"})
    >>> door.format("{padding} is {given!r}: write {pair}.", given="{x}")
    "--padding is '{x}': write BEFORE,AFTER."
    """

    def __init__(self, written: Callable[[str], str], ways: Mapping[str, str]) -> None:
        self.written, self.ways = written, ways

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """What stands at a place: what is given for it, else a way of asking, else an option."""
        if key in kwargs:
            return kwargs[str(key)]
        return self.format(self.ways[str(key)]) if key in self.ways else self.written(str(key))


#: The Python interface, with all ways of asking.
PYTHON = Door(
    str,
    {
        "closed_form": "ask for a closed form with layer.formula(name)",
        "dots": "print layer.equation('matrix'), which shows dots",
        "flatten": "sc.Flatten()",
        "function": "a name such as 'f', or give a function",
        "pair": "(before, after)",
        "rows": "a whole number of at least 3, or None for no limit",
        "values": "give values with .at(x=..., w=...)",
        "with_bias": "build it with bias=True",
    },
)


class SymconvError(Exception):
    """Base of every error that symconv raises on purpose.

    A sentence with data is a template: the wrong ``option`` and what was ``given`` for it, what is
    ``allowed``, and anything else by name. ``{cure}`` is the nearest allowed word, then all of them; a
    name that is not in the data is another option, or a way of asking, in the words of a ``Door``.

    >>> error = OptionError("{option} is {given!r}: {cure}", "mode", "ful", allowed=["full"])
    >>> print(error)
    mode is 'ful': did you mean 'full'? Write 'full'.
    """

    def __init__(self, sentence: str = "", /, *asked: Any, **data: Any) -> None:
        super().__init__(sentence)
        self.data = dict(zip(("option", "given"), asked, strict=False), **data)
        self.option, self.given = self.data.get("option"), self.data.get("given")
        self.allowed = tuple(data.get("allowed", ()))

    def __str__(self) -> str:
        return self.said(PYTHON)

    def said(self, door: Door) -> str:
        """The sentence in the words of a door; what a caller wrote stays as it is.

        >>> OptionError("{option} is missing.", "in_channels").said(Door("--{}".format, {}))
        '--in_channels is missing.'
        """
        if not self.data:
            return super().__str__()
        data = {key: v.said(door) if isinstance(v, SymconvError) else v for key, v in self.data.items()}
        if self.option is not None:
            data["option"] = door.written(self.option)
        if "allowed" in data:
            near = _nearest(str(self.given), self.allowed)
            hint = f"did you mean {near!r}? " if near else ""
            one = "one of " if len(self.allowed) > 1 else ""
            write = f"{'Write' if hint else 'write'} {one}{', '.join(map(repr, self.allowed))}."
            data["cure"] = hint + write
        return door.format(self.args[0], **data)


class GeometryError(SymconvError, ValueError):
    """Sizes, stride, dilation or padding that no layer can have."""


class OptionError(SymconvError, TypeError):
    """An unknown option, or an option with a value of the wrong kind."""


class FigureError(OptionError):
    """The layer is too large to draw."""


class EntriesError(SymconvError, ValueError):
    """Values of the input, kernel, bias or upstream gradient that do not fit the layer."""


class NotationError(SymconvError, ValueError):
    """A letter, colour or style that cannot be printed."""


class SymbolicSizeError(SymconvError, ValueError):
    """An explicit quantity was asked for, but a size of the layer is a symbol."""


class MissingExtraError(SymconvError, ImportError):
    """A library that belongs to an optional extra is not installed."""


def _nearest(given: str, allowed: Sequence[str]) -> str | None:
    """What was meant: the same name in other case, a similar one, or the only one that ends in it.

    >>> _nearest("k", ["K", "N"]), _nearest("size", ["output", "output_size"])
    ('K', 'output_size')
    """
    alike = [name for name in allowed if name.lower() == given.lower()]
    alike += difflib.get_close_matches(given, allowed, n=1)
    longer = [name for name in allowed if name.endswith(f"_{given}")]
    alike += longer if len(longer) == 1 else []
    return alike[0] if alike else None


def reject_unknown(call: str, given: Iterable[str], allowed: Collection[str]) -> None:
    """Raise :class:`OptionError` for the first name in ``given`` that is not allowed, if there is one."""
    for name in given:
        if name not in allowed:
            cure = "{cure}" if allowed else "it takes none."
            raise OptionError(f"{call}: unknown option {{given!r}}: {cure}", given=name, allowed=allowed)
