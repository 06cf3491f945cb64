"""A layer of numeric sizes: its operands, and every quantity contracted on first use."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from sympy import Expr, Matrix

from symconv.contract import Contraction, collector_paused, contract, entries, to_matrix
from symconv.errors import OptionError, did_you_mean
from symconv.pattern import Incidence


@dataclass(frozen=True)
class Quantity:
    """Which relation is contracted and which roles are kept, as rows and as columns.

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
        "grad_bias": Quantity("bias", ("tap",), ("input",)),
        "upstream_matrix": Quantity("pattern", ("input",), ("tap",)),
        "tying": Quantity("pattern", ("output", "input"), ("tap",)),
        "dense_gradient": Quantity("dense", ("tap",), (), (("output",), ("input",))),
        "masked_gradient": Quantity("untied", ("tap",), (), (("output",), ("input",))),
    }
)


@dataclass(frozen=True, eq=False)
class Explicit:
    """The index pattern of a layer with an entry for each output, tap and input.

    Attributes
    ----------
    incidence : Incidence
    operands : dict of role to tuple of expressions
        Upstream gradient by output, weight by tap, value by input.
    bias : tuple of expressions
        Empty for a layer without bias.
    """

    incidence: Incidence
    operands: Mapping[str, tuple[Expr, ...]]
    bias: tuple[Expr, ...] = ()
    _contractions: dict[str, Contraction] = field(default_factory=dict, repr=False)
    _entries: dict[str, dict[int, Expr]] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> list[str]:
        """The quantities that this layer has."""
        return [name for name in QUANTITIES if name != "grad_bias" or self.bias]

    def contraction(self, name: str) -> Contraction:
        """The sums that a quantity consists of."""
        if name not in self.names:
            if name == "grad_bias":
                raise OptionError("grad_bias: this layer has no bias; build it with bias=True.")
            raise OptionError(f"{name!r} is no explicit quantity: {did_you_mean(name, self.names)}")
        if name not in self._contractions:
            row = QUANTITIES[name]
            self._contractions[name] = contract(self._relation(row.relation), row.rows, row.columns)
        return self._contractions[name]

    def entries(self, name: str) -> dict[int, Expr]:
        """The entries of a quantity by flat row-major position, without zeros."""
        if name not in self._entries:
            addend = self._biases() if name == "output" and self.bias else None
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

    def matrix(self, name: str) -> Matrix:
        """A quantity as a SymPy matrix, a fresh one at each call."""
        with collector_paused():
            return to_matrix(self.shape(name), self.entries(name))

    def _relation(self, name: str) -> Incidence:
        return self.incidence if name == "pattern" else getattr(self.incidence, name)()

    def _biases(self) -> Sequence[Expr]:
        """The bias that each output receives."""
        return [self.bias[tap] for tap in self.incidence.bias().index["tap"].tolist()]
