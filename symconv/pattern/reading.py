"""Reading sizes and paddings: numbers, symbols or names, one for all axes or one an axis."""

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from sympy import Expr, Max, Min, Symbol

from symconv.errors import GeometryError, OptionError
from symconv.printing.english import counted

#: A size is a Python integer, or a SymPy expression when it is left open.
Size: TypeAlias = int | Expr

MODES = ("valid", "same", "full")


def read_size(name: str, given: Any, *, least: int) -> Size:
    """An integer of at least ``least``, a SymPy expression, or a name that becomes a symbol.

    >>> read_size("stride", 2, least=1), read_size("input_size", "N", least=1)
    (2, N)
    """
    if isinstance(given, str):
        if not given.isidentifier() or not given.isascii():
            sentence = "{option} is {given!r}: write a whole number or a name such as 'N'."
            raise OptionError(sentence, name, given)
        return Symbol(given, integer=True, **{"positive" if least else "nonnegative": True})
    if isinstance(given, Expr) and not given.is_number:
        if given.is_integer is False or (given - least).is_negative:
            sentence = f"{{option}} is {{given}}: it must be a whole number of at least {least}."
            raise GeometryError(sentence, name, given)
        return given
    try:
        if isinstance(given, bool):
            raise TypeError
        value = operator.index(given)
    except TypeError:
        raise OptionError("{option} is {given!r}: write a whole number or a symbol.", name, given) from None
    if value < least:
        raise GeometryError(f"{{option}} is {{given}}: it must be at least {least}.", name, value)
    return value


def least(one: Any, other: Any) -> Any:
    """The smaller of two sizes, or of arrays; letters of a program know how it is written."""
    if isinstance(one, int) and isinstance(other, int):
        return min(one, other)
    if isinstance(one, np.ndarray):
        return np.minimum(one, other)
    return one.least(other) if hasattr(one, "least") else Min(one, other)


def largest(one: Any, other: Any) -> Any:
    """The larger of two."""
    if isinstance(one, int) and isinstance(other, int):
        return max(one, other)
    if isinstance(one, np.ndarray):
        return np.maximum(one, other)
    return one.largest(other) if hasattr(one, "largest") else Max(one, other)


def per_axis(name: str, given: Any, rank: int) -> list[Any]:
    """One value an axis: a sequence has one for each, anything else holds for all.

    >>> per_axis("stride", 2, 3), per_axis("stride", (1, 2), 2)
    ([2, 2, 2], [1, 2])
    """
    if isinstance(given, str | Expr) or not isinstance(given, Iterable):
        return [given] * rank
    values = list(given)
    if len(values) != rank:
        found, axes = counted(len(values), "entry", "entries"), counted(rank, "axis", "axes")
        cure = "write one value for all axes, or one per axis."
        raise OptionError(f"{{option}} {{given!r}} has {found} for {axes}: {cure}", name, given)
    return values


def padding_per_axis(given: Any, rank: int) -> list[Any]:
    """One padding an axis; on one axis two numbers are the pair (before, after).

    >>> padding_per_axis((1, 2), 1), padding_per_axis((1, 2), 2)
    ([(1, 2)], [1, 2])
    """
    if rank == 1 and not isinstance(given, str | Expr) and isinstance(given, Iterable):
        values = list(given)
        return values if len(values) == 1 else [tuple(values)]
    return per_axis("padding", given, rank)


#: An array of NumPy 1 has at most 32 axes, and one of windows has two for each axis of the layer.
MOST_AXES = 12


def rank_of(fixed: int | None, *sizes: Any) -> int:
    """How many axes there are: those of the class, or as many as the longest size has."""
    if fixed is not None:
        return fixed
    several = [s for s in sizes if isinstance(s, Sequence) and not isinstance(s, str)]
    rank = max((len(s) for s in several), default=1) or 1
    if rank > MOST_AXES:
        raise GeometryError(f"there are sizes for {rank} axes: give at most {MOST_AXES}, one per axis.")
    return rank


def each_axis(
    rank: int, n: Any, k: Any, columns: Mapping[str, Any], padding: Any
) -> list[tuple[Any, Any, dict[str, Any]]]:
    """Input size, kernel size and further options of each axis."""
    sizes = per_axis("input_size", n, rank), per_axis("kernel_size", k, rank)
    named = {name: per_axis(name, given, rank) for name, given in columns.items()}
    named["padding"] = padding_per_axis(padding, rank)
    options = (dict(zip(named, values, strict=True)) for values in zip(*named.values(), strict=True))
    return list(zip(*sizes, options, strict=True))


def read_padding(given: Any, reach: Size, stride: Size) -> tuple[Size, Size]:
    """``(before, after)`` for a number, a symbol, a pair or a mode; ``reach`` is ``d (K - 1)``."""
    if isinstance(given, str) and given in MODES:
        if given == "valid":
            return 0, 0
        if given == "full":
            return reach, reach
        if stride != 1:
            sentence = "{option} {given!r} keeps the size, which is impossible for stride {step}: "
            cure = "give the padding as a number or as a pair {pair}."
            raise GeometryError(sentence + cure, "padding", given, step=stride)
        return reach // 2, reach - reach // 2
    pair = [given, given]
    if not isinstance(given, str | Expr) and isinstance(given, Iterable):
        pair = list(given)
        if len(pair) != 2:
            sentence = f"{{option}} {{given!r}} has {counted(len(pair), 'entry', 'entries')}: write {{pair}}."
            raise OptionError(sentence, "padding", given)
    for part in pair:
        if isinstance(part, str) and len(part.strip()) > 2 and part.strip().isalpha():
            near, sentence = part.strip().lower(), "{option} is {part!r}: {cure}"
            raise OptionError(sentence, "padding", near, part=part, allowed=MODES)
    try:
        before, after = (read_size("padding", part, least=0) for part in pair)
    except OptionError as error:
        sentence = "{error} Or write a pair {pair}, 'valid', 'same' or 'full'."
        raise OptionError(sentence, "padding", given, error=error) from None
    return before, after
