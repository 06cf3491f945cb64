"""Operands of a layer, as symbols or values, and its explicit quantities, contracted on first use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
from sympy import Expr, Matrix, MatrixBase, Symbol

from symconv.errors import EntriesError, reject_unknown
from symconv.explicit import Explicit
from symconv.notation import Notation
from symconv.operands import read_entries, symbols_for
from symconv.pattern import Axis

#: The operand of each role: its letter in the interface and its quantity in a notation.
_OPERANDS = {"input": ("x", "input"), "tap": ("w", "kernel"), "output": ("delta", "upstream")}


class Quantities:
    """What a layer with numeric sizes answers with; M outputs, K taps, N inputs.

    Vectors are columns, matrices act on row-major flattenings, and each access gives a fresh copy.
    The relation is ``j = s i + d k - p``, with ``K - 1 - k`` for ``k`` where the kernel is flipped. With
    symbolic sizes every one of them raises :class:`symconv.errors.SymbolicSizeError`.
    """

    def __init__(
        self,
        axis: Axis,
        notation: Notation = Notation(),
        bias: bool = False,
        given: Mapping[str, tuple[Expr, ...]] | None = None,
    ) -> None:
        self.axis = axis
        self.notation = notation
        self.bias = bias
        self._given = dict(given or {})

    def at(self, *, x: Any = None, w: Any = None, delta: Any = None, b: Any = None, **unknown: Any) -> Self:
        """The same layer on values: numbers, fractions, or SymPy expressions; exact ones stay exact.

        Parameters
        ----------
        x, w, delta : sequence, optional
            N inputs, K taps, M entries of the upstream gradient. What is not given stays symbolic.
        b : number or expression, optional
            The bias, for a layer that has one.

        Raises
        ------
        EntriesError
            When the number of entries does not fit, or an entry is no commuting expression.

        >>> Quantities(Axis.make(3, 2)).at(x=[1, 2, 3]).output.T
        Matrix([[w0 + 2*w1, 2*w0 + 3*w1]])
        """
        reject_unknown("at", unknown, ["x", "w", "delta", "b"])
        layer = object.__new__(type(self))
        Quantities.__init__(layer, self.axis, self.notation, self.bias, self._given)
        given = {"x": x, "w": w, "delta": delta}
        for role, (letter, _) in _OPERANDS.items():
            if given[letter] is not None:
                layer._given[role] = read_entries(letter, given[letter], self._count(role))
        if b is not None:
            if not self.bias:
                raise EntriesError("b is given, but this layer has no bias: build it with bias=True.")
            several = isinstance(b, list | tuple | np.ndarray | MatrixBase)
            layer._given["bias"] = read_entries("b", b if several else [b], 1)
        return layer

    def _count(self, role: str) -> int:
        self.axis.require_numbers()
        return int(self.axis.sizes[role])

    @cached_property
    def _symbols(self) -> Explicit:
        incidence = self.axis.incidence()
        operands: dict[str, tuple[Expr, ...]] = {
            role: symbols_for(self.notation, quantity, incidence.size(role))
            for role, (_, quantity) in _OPERANDS.items()
        }
        return Explicit(incidence, operands, (Symbol(self.notation.bias),) if self.bias else ())

    @cached_property
    def _values(self) -> Explicit:
        symbols = self._symbols
        if not self._given:
            return symbols
        operands = {role: self._given.get(role, entries) for role, entries in symbols.operands.items()}
        return Explicit(symbols.incidence, operands, self._given.get("bias", symbols.bias))

    @property
    def x(self) -> Matrix:
        """The input, N entries."""
        return Matrix(self._values.operands["input"])

    @property
    def w(self) -> Matrix:
        """The kernel, K taps."""
        return Matrix(self._values.operands["tap"])

    @property
    def delta(self) -> Matrix:
        """The upstream gradient, the derivative of the loss by each of the M outputs."""
        return Matrix(self._values.operands["output"])

    @property
    def b(self) -> Expr | None:
        """The bias, or None for a layer without."""
        return self._values.bias[0] if self.bias else None

    @property
    def entry_names(self) -> set[str]:
        """The names of the layer's own symbols."""
        symbols = self._symbols
        return {s.name for entries in (*symbols.operands.values(), symbols.bias) for s in entries}

    @property
    def output(self) -> Matrix:
        """``y``, M entries: ``y[i] = b + sum_k w[k] x[j]`` with ``j`` from the relation."""
        return self._values.matrix("output")

    @property
    def matrix(self) -> Matrix:
        """``T``, M by N, with ``y = T x``: ``T[i, j] = w[k]`` where the relation holds."""
        return self._values.matrix("matrix")

    @property
    def windows(self) -> Matrix:
        """``X``, M by K, with ``y = X w`` (im2col): ``X[i, k] = x[j]``, 0 in the padding."""
        return self._values.matrix("windows")

    @property
    def grad_input(self) -> Matrix:
        """The derivative of the loss by ``x``, N entries: ``T^T delta``."""
        return self._values.matrix("grad_input")

    @property
    def grad_kernel(self) -> Matrix:
        """The derivative of the loss by ``w``, K entries: ``X^T delta``."""
        return self._values.matrix("grad_kernel")

    @property
    def grad_bias(self) -> Expr:
        """The derivative of the loss by ``b``: the sum of the upstream gradient."""
        return self._values.matrix("grad_bias")[0]

    @property
    def upstream_matrix(self) -> Matrix:
        """``Delta``, N by K, with ``grad_input = Delta w``: ``Delta[j, k] = delta[i]`` where they meet."""
        return self._values.matrix("upstream_matrix")

    @property
    def tying(self) -> Matrix:
        """``E``, M N by K, with ``vec T = E w`` row by row, so ``grad_kernel = E^T vec(delta x^T)``."""
        return self._values.matrix("tying")

    @property
    def dense_gradient(self) -> Matrix:
        """``delta x^T``, M by N: the gradient that a dense matrix in the place of ``T`` would have."""
        return self._values.matrix("dense_gradient")

    @property
    def masked_gradient(self) -> Matrix:
        """``delta x^T`` with the zeros of ``T`` held at zero: a dense layer with zeros but no ties."""
        return self._values.matrix("masked_gradient")
