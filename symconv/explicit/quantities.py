"""A layer of numeric sizes: its operands, and every quantity contracted on first use."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from sympy import Expr, ImmutableDenseNDimArray, Matrix, S

from symconv.errors import OptionError
from symconv.explicit.contraction import Contraction, collector_paused, contract, entries, to_matrix
from symconv.pattern import Incidence, Indices, Pattern, Relation


@dataclass(frozen=True)
class Quantity:
    """Which relation is contracted and which roles are kept, as rows and as columns.

    ``relation`` is "pattern", the layer's own, or one made from it: "biases", "single_filter" or
    "single_place" of :class:`symconv.pattern.Relation`, "dense" or "untied" of the enumerated pattern.
    The roles that are summed over bring their operand along: an output its upstream gradient, a tap
    its weight, an input its value. ``shape`` names the roles of the result where they are not those
    of the rows and columns.
    """

    relation: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    shape: tuple[tuple[str, ...], tuple[str, ...]] | None = None


#: Every explicit quantity is one contraction; only the roles that are kept differ.
QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        "output": Quantity("pattern", ("output",), ()),
        "matrix": Quantity("pattern", ("output",), ("input",)),
        "windows": Quantity("pattern", ("output",), ("tap",)),
        "grad_input": Quantity("pattern", ("input",), ()),
        "grad_kernel": Quantity("pattern", ("tap",), ()),
        "grad_bias": Quantity("biases", ("tap",), ("input",)),
        "upstream_matrix": Quantity("pattern", ("input",), ("tap",)),
        "tying": Quantity("pattern", ("output", "input"), ("tap",)),
        "filter_windows": Quantity("single_filter", ("output",), ("tap",)),
        "filter_matrix": Quantity("single_place", ("input",), ("output",)),
        "dense_gradient": Quantity("dense", ("tap",), (), (("output",), ("input",))),
        "masked_gradient": Quantity("untied", ("tap",), (), (("output",), ("input",))),
    }
)


@dataclass(frozen=True, eq=False)
class Explicit:
    """The index pattern of a layer with an entry for each output, tap and input.

    Attributes
    ----------
    pattern : Pattern
    operands : dict of role to tuple of expressions
        Upstream gradient by output, weight by tap, value by input, each flattened row-major.
    bias : tuple of expressions
        Empty for a layer without bias.
    """

    pattern: Pattern
    operands: Mapping[str, tuple[Expr, ...]]
    bias: tuple[Expr, ...] = ()
    _contractions: dict[str, Contraction] = field(default_factory=dict, repr=False)
    _entries: dict[str, dict[int, Expr]] = field(default_factory=dict, repr=False)

    @cached_property
    def incidence(self) -> Incidence:
        """The triples of the pattern."""
        return self.pattern.incidence()

    @property
    def names(self) -> list[str]:
        """The quantities that this layer has."""
        return [name for name in QUANTITIES if name != "grad_bias" or self.bias]

    def contraction(self, name: str) -> Contraction:
        """The sums that a quantity consists of."""
        if name not in self.names:
            if name == "grad_bias":
                raise OptionError("{given}: this layer has no bias; {with_bias}.", given=name)
            raise OptionError("{given!r} is no explicit quantity: {cure}", given=name, allowed=self.names)
        if name not in self._contractions:
            row = QUANTITIES[name]
            self._contractions[name] = contract(self._relation(row.relation), row.rows, row.columns)
        return self._contractions[name]

    def entries(self, name: str) -> dict[int, Expr]:
        """The entries of a quantity by flat row-major position, without zeros."""
        if name not in self._entries:
            addend = self.biases if name == "output" and self.bias else None
            with collector_paused():
                self._entries[name] = entries(self.contraction(name), self.operands, addend)
        return self._entries[name]

    def some(self, name: str, cells: Collection[int]) -> dict[int, Expr]:
        """The entries of a quantity other than the output at some positions only."""
        if name in self._entries:
            return {cell: self._entries[name][cell] for cell in cells if cell in self._entries[name]}
        return entries(self.contraction(name).only(cells), self.operands)

    def shape(self, name: str) -> tuple[int, int]:
        """(rows, columns) of a quantity; a vector has one column."""
        row = QUANTITIES[name]
        if row.shape is None:
            return self.contraction(name).shape
        first, second = (int(np.prod([self.incidence.size(r) for r in roles])) for roles in row.shape)
        return first, second

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
        shape = self.axes(name)
        return in_shape([found.get(cell, S.Zero) for cell in range(self.shape(name)[0])], shape)

    @cached_property
    def by_filter(self) -> Indices:
        """The flat index of each output as a matrix of a row a place and a column a filter."""
        filters = self.pattern.biases().index["tap"]
        return np.argsort(filters, kind="stable").reshape(len(np.unique(filters)), -1).T

    def feature_maps(self) -> Matrix:
        """``A = X W`` and the bias: the outputs in the order of :attr:`by_filter`."""
        found, order = self.entries("output"), self.by_filter
        return to_matrix(
            order.shape, {at: found[o] for at, o in enumerate(order.ravel().tolist()) if o in found}
        )

    def _relation(self, name: str) -> Incidence:
        if name == "pattern":
            return self.incidence
        source = self.incidence if name in ("dense", "untied") else self.pattern
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
