"""Explicit contractions of the index pattern, built in SymPy's canonical order."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from sympy import EXRAW, Add, Expr, Integer, Mul, S, Symbol
from sympy.polys.matrices import DomainMatrix

from symconv.pattern import ROLES, Incidence, Indices
from symconv.pattern.given import Matrix


@dataclass(frozen=True, eq=False)
class Contraction:
    """The sums that remain of the index pattern when some roles are kept.

    The factors are the indices of each term's operands by their roles, in tap order within a cell, and in the
    order of the trilinear form: upstream gradient, kernel, input.
    """

    shape: tuple[int, int]  # rows and columns of the result, flattened row-major; a vector has one column
    cells: Indices  # the flat positions in it that have a term, ascending
    starts: Indices  # where the terms of each cell begin, and one last entry: the number of terms
    factors: dict[str, Indices]

    def only(self, wanted: Collection[int]) -> Contraction:
        """The same contraction with only the cells in ``wanted``."""
        kept = np.isin(self.cells, list(wanted))
        counts = np.diff(self.starts)
        terms = np.repeat(kept, counts)
        factors = {role: index[terms] for role, index in self.factors.items()}
        return Contraction(self.shape, self.cells[kept], np.append(0, np.cumsum(counts[kept])), factors)


def contract(incidence: Incidence, rows: Sequence[str], columns: Sequence[str]) -> Contraction:
    """Keep the roles in ``rows`` and ``columns``; the others are summed over with their operands.

    >>> from symconv.pattern import Axis
    >>> c = contract(Axis.make(3, 2).incidence(), ["output"], [])
    >>> c.cells.tolist(), c.starts.tolist(), c.factors["input"].tolist()
    ([0, 1], [0, 2, 4], [0, 1, 1, 2])
    """
    cell: Indices = np.zeros(len(incidence), dtype=np.int64)
    extents = []
    for roles in (rows, columns):
        extents.append(int(np.prod([incidence.size(role) for role in roles], dtype=np.int64)))
        for role in roles:
            cell = cell * incidence.size(role) + incidence.index[role]
    index = incidence.index
    further = np.diff(cell)
    if np.any(further < 0) or np.any((further == 0) & (np.diff(index["tap"]) <= 0)):
        order = np.lexsort((index["output"], index["tap"], cell))
        index, cell = {role: numbers[order] for role, numbers in index.items()}, cell[order]
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    summed = [role for role in ROLES if role not in rows and role not in columns]
    factors = {role: index[role] for role in summed}
    return Contraction((extents[0], extents[1]), cell[first], np.append(first, len(cell)), factors)


def entries(
    contraction: Contraction, operands: Mapping[str, Sequence[Expr]], addend: Sequence[Expr] | None = None
) -> dict[int, Expr]:
    """The entry of each cell that is not zero: the sum over its terms of the product of their operands.

    There is an operand for each role that the contraction sums over. An addend has an entry for each cell of
    the result, which is added to the sum, as a bias is.
    """
    lists = [(operands[role], index) for role, index in contraction.factors.items()]
    symbols = [*chain(*(operand for operand, _ in lists)), *dict.fromkeys(addend or ())]
    # Products and sums of distinct symbols need no simplification, so that order is all there is.
    plain = all(type(s) is Symbol for s in symbols) and len(set(symbols)) == len(symbols)
    sums = _build_fast(contraction, lists) if plain else _build_ordinary(contraction, lists)
    if addend is not None:
        add = _prepend if plain else Add
        sums = {cell: add(constant, sums.get(cell, S.Zero)) for cell, constant in enumerate(addend)}
    return sums if plain else {cell: entry for cell, entry in sums.items() if entry is not S.Zero}


def to_matrix(shape: tuple[int, int], filled: Mapping[int, Expr]) -> Matrix:
    """A SymPy matrix of ``shape`` with ``filled`` at its flat positions and zeros elsewhere.

    >>> to_matrix((2, 2), {1: Integer(5)})
    Matrix([
    [0, 5],
    [0, 0]])
    """
    rows: dict[int, dict[int, Expr]] = {}
    for cell, entry in filled.items():
        row, column = divmod(cell, shape[1])
        rows.setdefault(row, {})[column] = entry
    found: Matrix = DomainMatrix(rows, shape, EXRAW).to_Matrix()
    return found


@contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage collection inside: a bulk build makes objects, not garbage.

    Freezing and unfreezing then files what was built among the old objects, without looking at each. Objects
    that somebody else has frozen are left so.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()


_Factors = list[tuple[Sequence[Expr], Indices]]


def _build_fast(contraction: Contraction, lists: _Factors) -> dict[int, Expr]:
    """Sums of distinct products of distinct symbols, each put together already in canonical order.

    ``Mul`` and ``Add`` order their arguments by ``Basic.compare``: for two symbols the length of
    the hashable content, then the content; for two products of two symbols the first factor, then
    the second. With all symbols ranked once, integers decide the same order.
    """
    if not lists:
        counts = map(Integer, np.diff(contraction.starts).tolist())
        return dict(zip(contraction.cells.tolist(), counts, strict=True))
    ranked, ranks = _rank([operand for operand, _ in lists])
    chosen = [rank[index] for rank, (_, index) in zip(ranks, lists, strict=True)]
    row = np.repeat(np.arange(len(contraction.cells)), np.diff(contraction.starts))
    if len(chosen) == 1:
        terms = ranked[chosen[0][np.lexsort((chosen[0], row))]].tolist()
    else:
        low, high = np.minimum(*chosen), np.maximum(*chosen)
        # By row, then by the first factor, then by the second.
        count, fits = len(ranked), not len(row) or (int(row[-1]) + 1) * len(ranked) ** 2 < 2**63
        both = low * count + high
        order = np.argsort(row * count**2 + both) if fits else np.lexsort((both, row))
        terms = _products(ranked[low[order]], ranked[high[order]])
    cuts, make = contraction.starts.tolist(), Add._from_args
    sums = (terms[a] if b - a == 1 else make(tuple(terms[a:b]), True) for a, b in pairwise(cuts))
    return dict(zip(contraction.cells.tolist(), sums, strict=True))


def _products(left: np.ndarray, right: np.ndarray) -> list[Expr]:
    """``Mul._from_args((a, b), True)`` for each pair, written out: a call for each would take twice as long.

    The slots are those that ``Basic.__new__`` and ``Mul._from_args`` fill in SymPy 1.14.
    """
    new, assumptions = object.__new__, Mul.default_assumptions
    products = []
    for pair in zip(left.tolist(), right.tolist(), strict=True):
        made = new(Mul)
        made._assumptions, made._mhash, made._args, made.is_commutative = assumptions, None, pair, True
        products.append(made)
    return products


def _rank(operands: Sequence[Sequence[Expr]]) -> tuple[np.ndarray, list[Indices]]:
    """All symbols in the order of ``Basic.compare``, and the place of each operand's symbols in it."""
    symbols = list(chain(*operands))
    contents = [symbol._hashable_content() for symbol in symbols]
    order = sorted(range(len(symbols)), key=lambda i: (len(contents[i]), contents[i]))
    ranked = np.empty(len(symbols), dtype=object)
    ranked[:] = [symbols[i] for i in order]
    rank = np.empty(len(symbols), dtype=np.int64)
    rank[order] = np.arange(len(symbols))
    bounds = np.cumsum([len(operand) for operand in operands])[:-1]
    return ranked, np.split(rank, bounds)


def _build_ordinary(contraction: Contraction, lists: _Factors) -> dict[int, Expr]:
    """Numbers, repeated symbols and compound entries: SymPy's own products and sums."""
    columns = [[operand[i] for i in index.tolist()] for operand, index in lists]
    terms = [Mul(*factors) for factors in zip(*columns, strict=True)]
    sums = (Add(*terms[a:b]) for a, b in pairwise(contraction.starts.tolist()))
    return dict(zip(contraction.cells.tolist(), sums, strict=True))


def _prepend(symbol: Symbol, built: Expr) -> Expr:
    """``symbol + built`` for a sum of products: by class, a symbol comes before any product."""
    if built is S.Zero:
        return symbol
    return Add._from_args((symbol, *Add.make_args(built)), True)
