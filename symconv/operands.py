"""Operands: the entries of an input, kernel, bias or upstream gradient, as symbols or as values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sympy import Expr, MatrixBase, NDimArray, Symbol, SympifyError, nan, oo, sympify, zoo

from symconv.errors import EntriesError
from symconv.notation import Notation


def symbols_for(notation: Notation, quantity: str, count: int) -> tuple[Symbol, ...]:
    """The symbols of a quantity, named and counted as the notation says.

    >>> symbols_for(Notation(base=1), "input", 3)
    (x1, x2, x3)
    """
    return tuple(Symbol(notation.name(quantity, i)) for i in range(count))


def read_entries(name: str, given: Any, count: int | None = None) -> tuple[Expr, ...]:
    """A sequence of numbers, fractions or SymPy expressions, exact where they are exact.

    Parameters
    ----------
    name : str
        What the entries are for, for the error.
    given : sequence, NumPy array of rank 1, or SymPy vector
    count : int, optional
        How many entries there must be.

    Raises
    ------
    EntriesError
        For text, nested sequences, another count than ``count``, or entries that do not commute.

    >>> from fractions import Fraction
    >>> read_entries("x", [1, Fraction(1, 3)])
    (1, 1/3)
    """
    if isinstance(given, MatrixBase | NDimArray | np.ndarray):
        lengths = [n for n in given.shape if n != 1]
        if len(lengths) > 1:
            raise EntriesError(f"{name} has shape {tuple(given.shape)}: give a vector.")
        given = list(np.ravel(given)) if isinstance(given, np.ndarray) else list(given)
    if isinstance(given, str | bytes | dict | set | frozenset) or not isinstance(given, Iterable):
        raise EntriesError(
            f"{name} is {given!r}: write a sequence of numbers or SymPy expressions, as in [1, 2, 3]."
        )
    read = tuple(read_entry(f"{name}[{i}]", entry) for i, entry in enumerate(given))
    if count is not None and len(read) != count:
        raise EntriesError(f"{name} has {len(read)} entries, but the layer takes {count}.")
    if not read:
        raise EntriesError(f"{name} is empty: give at least one entry.")
    return read


def read_entry(name: str, given: Any) -> Expr:
    """One number, fraction or commuting SymPy expression."""
    try:
        entry = sympify(given, strict=True)
    except SympifyError:
        entry = None
    if not isinstance(entry, Expr):
        raise EntriesError(f"{name} is {given!r}: write a number, a fraction or a SymPy expression.")
    if not entry.is_commutative:
        raise EntriesError(f"{name} is {given}, which does not commute: entries must.")
    if entry.is_finite is False or entry.has(nan, oo, -oo, zoo):
        raise EntriesError(f"{name} is {given}: entries must be finite.")
    return entry
