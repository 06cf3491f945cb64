"""A layer of numeric sizes: its operands, and every quantity contracted on first use."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from sympy import Expr, ImmutableDenseNDimArray, S

from symconv.explicit.contraction import Contraction, collector_paused, contract, entries, to_matrix
from symconv.explicit.registry import QUANTITIES, required
from symconv.pattern import Incidence, Indices, Pattern, Relation, Specification
from symconv.pattern.given import Matrix


@dataclass(frozen=True, eq=False)
class Explicit:
    """The index pattern of a layer with an entry for each output, tap and input."""

    spec: Specification
    operands: Mapping[str, tuple[Expr, ...]]  # upstream gradient by output, weight by tap, value by input
    bias: tuple[Expr, ...] = ()  # none for a layer without bias
    _contractions: dict[str, Contraction] = field(default_factory=dict, repr=False)
    _entries: dict[str, dict[int, Expr]] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy in another process contracts anew, which takes less time than to send what was found."""
        return Explicit, (self.spec, self.operands, self.bias)

    @property
    def pattern(self) -> Pattern:
        """The relation that is contracted."""
        return self.spec.pattern

    @property
    def incidence(self) -> Incidence:
        """The triples of the pattern."""
        return self.spec.incidence

    def contraction(self, name: str) -> Contraction:
        """The sums that a quantity consists of."""
        row = required(name, self.spec, explicit=True)
        if name not in self._contractions:
            self._contractions[name] = contract(self._relation(row.relation), row.rows, row.columns)
        return self._contractions[name]

    def entries(self, name: str) -> dict[int, Expr]:
        """The entries of a quantity by flat row-major position, without zeros."""
        own = self.spec.kernel.own
        if name not in self._entries and name in own:
            found = own[name](self.spec.tied, self.operands)
            self._entries[name] = {cell: entry for cell, entry in found.items() if entry is not S.Zero}
        elif name not in self._entries:
            addend = self.biases if name == "output" and self.bias else None
            with collector_paused():
                self._entries[name] = entries(self.contraction(name), self.operands, addend)
        return self._entries[name]

    def some(self, name: str, cells: Collection[int]) -> dict[int, Expr]:
        """The entries of a quantity other than the output at some positions only."""
        if (found := self._entries.get(name)) is not None:
            return {cell: found[cell] for cell in cells if cell in found}
        return entries(self.contraction(name).only(cells), self.operands)

    def shape(self, name: str) -> tuple[int, int]:
        """(rows, columns) of a quantity; a vector has one column."""
        row = QUANTITIES[name]
        own = name in self.spec.kernel.own
        if row.shape is None and not own:
            return self.contraction(name).shape
        roles = row.shape or (row.rows, row.columns)
        relation = self.spec.tied if own else self.pattern
        rows, columns = (prod(relation.count(role) for role in kept) for kept in roles)
        return rows, columns

    def axes(self, name: str) -> tuple[int, ...]:
        """The shape of a quantity that is not a matrix, an extent an index."""
        row = QUANTITIES[name]
        return self._relation(row.relation).shape[row.rows[0]]

    def matrix(self, name: str) -> Matrix:
        """A quantity as a SymPy matrix, a fresh one at each call; what is no matrix is a column."""
        with collector_paused():
            return to_matrix(self.shape(name), self.entries(name))

    def array(self, name: str) -> Any:
        """A quantity with one role kept, in that role's shape: an entry, a column or an array."""
        found = self.entries(name)
        return in_shape([found.get(at, S.Zero) for at in range(self.shape(name)[0])], self.axes(name))

    @cached_property
    def by_filter(self) -> Indices:
        """The flat index of each output as a matrix of a row a place and a column a filter."""
        filters = self.pattern.biases().index["tap"]
        return np.argsort(filters, kind="stable").reshape(len(np.unique(filters)), -1).T

    def feature_maps(self) -> Matrix:
        """``A = X W`` and the bias: the outputs in the order of :attr:`by_filter`."""
        found, order = self.entries("output"), self.by_filter
        maps = {at: found[o] for at, o in enumerate(order.ravel().tolist()) if o in found}
        return to_matrix(order.shape, maps)

    def _relation(self, name: str) -> Incidence:
        if name in ("pattern", "tied"):
            return self.incidence if name == "pattern" else self.spec.tied.incidence()
        source = self.incidence if name in ("dense", "unshared") else self.pattern
        made: Incidence | Relation = getattr(source, name)()
        return made.incidence() if isinstance(made, Relation) else made

    @cached_property
    def biases(self) -> Sequence[Expr]:
        """The bias that each output receives."""
        return [self.bias[tap] for tap in self.pattern.biases().index["tap"].tolist()]


def in_shape(entries: Sequence[Expr], shape: tuple[int, ...]) -> Any:
    """Entries as SymPy holds them: one by itself, a column for one axis, an array for more.

    >>> in_shape([S.One, S.Zero], (2,)), in_shape([S.One, S.Zero], (1, 2))
    (Matrix([
    [1],
    [0]]), [[1, 0]])
    """
    if not shape:
        return entries[0]
    if len(shape) == 1:
        return to_matrix((len(entries), 1), {at: e for at, e in enumerate(entries) if e is not S.Zero})
    return ImmutableDenseNDimArray(entries, shape)
