"""Operands: the entries of an input, kernel, bias or upstream gradient, as symbols or as values."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import product
from math import prod
from operator import getitem
from typing import Any

import numpy as np
from sympy import Expr, MatrixBase, NDimArray, Symbol, SympifyError, nan, oo, sympify, zoo
from sympy.tensor.array.arrayop import Flatten

from symconv.errors import EntriesError
from symconv.printing.english import counted
from symconv.printing.letters import entry_names
from symconv.printing.notation import Notation


class Operands(Mapping[str, tuple[Expr, ...]]):
    """The entries of each role, made when they are first asked for: a contraction needs two of three.

    >>> made = Operands({"input": lambda: (Symbol("x0"),), "tap": lambda: (Symbol("w0"),)})
    >>> list(made), made["tap"]
    (['input', 'tap'], (w0,))
    """

    def __init__(self, makers: Mapping[str, Callable[[], tuple[Expr, ...]]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, tuple[Expr, ...]] = {}

    def __getitem__(self, role: str) -> tuple[Expr, ...]:
        if role not in self._made:
            self._made[role] = self._makers[role]()
        return self._made[role]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def symbols_for(notation: Notation, quantity: str, *shape: int) -> tuple[Symbol, ...]:
    """The symbols of a quantity, named and counted as the notation says, flattened row-major.

    >>> symbols_for(Notation(base=1), "input", 3), symbols_for(Notation(), "input", 2, 2)
    ((x1, x2, x3), (x0_0, x0_1, x1_0, x1_1))
    """
    names = entry_names(getattr(notation, quantity), shape, notation.base)
    return tuple(map(Symbol, names))


def read_entries(
    name: str, given: Any, shape: Sequence[int] | None = None, whose: str = "layer"
) -> tuple[Expr, ...]:
    """Numbers, fractions or SymPy expressions, exact where they are exact, flattened row-major.

    They are nested sequences, a NumPy array, or a SymPy matrix or array, of the shape given, or else any
    vector, which may also be a matrix of one row or column. The name is that of the operand, for the
    EntriesError that text raises, ragged sequences, another shape, or entries that do not commute.

    >>> from fractions import Fraction
    >>> read_entries("x", [1, Fraction(1, 3)]), read_entries("x", [[1, 2], [3, 4]], (2, 2))
    ((1, 1/3), (1, 2, 3, 4))
    """
    rank = 1 if shape is None else len(shape)
    if rank == 0:
        given = [given] if not isinstance(given, list | tuple | np.ndarray | MatrixBase) else given
        return read_entries(name, given, (1,), whose)
    if isinstance(given, MatrixBase | NDimArray | np.ndarray):
        given = _unpacked(name, given, rank)
    found = _shape_of(name, given, rank)
    if shape is not None and found != tuple(shape):
        has, takes = (
            (counted(found[0], "entry", "entries"), shape[0])
            if rank == 1
            else (f"the shape {found}", tuple(shape))
        )
        raise EntriesError(f"{{option}} has {has}, but the {whose} takes {takes}.", name, given)
    if not prod(found):
        raise EntriesError(f"{name} is empty: give at least one entry.")
    return tuple(
        read_entry(f"{name}[{', '.join(map(str, index))}]", reduce(getitem, index, given))
        for index in product(*map(range, found))
    )


def _unpacked(name: str, given: Any, rank: int) -> Any:
    """An array as nested lists; a matrix of one row or column as a vector where one is wanted."""
    shape = tuple(int(n) for n in given.shape)
    if rank == 1 and len(shape) != 1:
        if len([n for n in shape if n != 1]) > 1:
            raise EntriesError(f"{name} has shape {shape}: give a vector.")
        return list(np.ravel(given) if isinstance(given, np.ndarray) else Flatten(given))
    return given.tolist()


def _shape_of(name: str, given: Any, rank: int) -> tuple[int, ...]:
    """The shape of nested sequences of a depth."""
    if not rank:
        return ()
    if isinstance(given, str | bytes | dict | set | frozenset) or not isinstance(given, Iterable):
        nested = "[1, 2, 3]" if rank == 1 else f"{'[' * rank}1, 2], …{']' * (rank - 1)}"
        sentence = "write a sequence of numbers or SymPy expressions, as in"
        raise EntriesError(f"{name} is {given!r}: {sentence} {nested}.")
    if not isinstance(given, Sequence):
        raise EntriesError(f"{name} is {given!r}: write a list.")
    shapes = {_shape_of(f"{name}[{at}]", part, rank - 1) for at, part in enumerate(given)}
    if len(shapes) > 1:
        raise EntriesError(
            f"{name} is ragged: its parts have the shapes {sorted(shapes)}; give all the same shape."
        )
    return (len(given), *(shapes.pop() if shapes else (0,) * (rank - 1)))


def read_entry(name: str, given: Any) -> Expr:
    """One number, fraction or commuting SymPy expression."""
    try:
        entry = sympify(given, strict=True)
    except SympifyError:
        entry = None
    if not isinstance(entry, Expr):
        raise EntriesError(f"{name} is {given!r}: write a number, a fraction or a SymPy expression.")
    if not entry.is_commutative:
        raise EntriesError(f"{name} is {given}, which does not commute: use commuting entries.")
    if entry.is_finite is False or entry.has(nan, oo, -oo, zoo):
        raise EntriesError(f"{name} is {given}: use finite entries.")
    return entry
