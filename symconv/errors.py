"""Errors: each says what was given, what is wrong with it and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable


class SymconvError(Exception):
    """Base of every error that symconv raises on purpose."""


class GeometryError(SymconvError, ValueError):
    """Sizes, stride, dilation or padding that no convolution can have."""


class OptionError(SymconvError, TypeError):
    """An option that does not exist, or a value of a kind that it does not take."""


class FigureError(OptionError):
    """A figure of a layer that is too large to draw."""


class EntriesError(SymconvError, ValueError):
    """Entries for an input, kernel, bias or upstream gradient that do not fit the layer."""


class NotationError(SymconvError, ValueError):
    """A letter, colour or style that the printers cannot use."""


class SymbolicSizeError(SymconvError, ValueError):
    """An explicit quantity was asked of a layer whose sizes are symbols."""


class MissingExtraError(SymconvError, ImportError):
    """A library that belongs to an optional extra is not installed."""


def did_you_mean(given: str, allowed: Iterable[str]) -> str:
    """The cure for a misspelt word: the nearest allowed one, then all of them.

    >>> did_you_mean("strid", ["stride", "padding"])
    "did you mean 'stride'? Allowed: 'stride', 'padding'."
    """
    names = list(allowed)
    near = difflib.get_close_matches(given, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}Allowed: {', '.join(map(repr, names))}."


def reject_unknown(call: str, given: Iterable[str], allowed: Collection[str]) -> None:
    """Raise :class:`OptionError` for the first name in ``given`` that is not allowed, if there is one."""
    for name in given:
        if name in allowed:
            continue
        raise OptionError(f"{call} has no option {name!r}: {did_you_mean(name, allowed)}")
