"""Counting from 0 or from 1: the same expression with every index moved by the notation's base."""

from dataclasses import dataclass
from typing import Any

from sympy import Add, Eq, Expr, Indexed, Max, Min, Sum, Symbol, expand, together

from symconv.index_sums.nodes import Overlap
from symconv.index_sums.symbols import LayerSymbols


def shift_index_base(expr: Expr, setting: LayerSymbols, *, by: int | None = None) -> Expr:
    """An expression whose indices count from 0, rewritten to count from the notation's base.

    A kernel whose taps are all the same is written out. ``by`` moves every index by another number and does
    nothing else: minus the base leads back.
    """
    if by is None:
        expr = setting.written_out(expr)
    step = setting.notation.base if by is None else by
    if step == 0:
        return expr
    indices = {symbol for symbol in expr.atoms(Symbol) if setting.is_index(symbol)}
    bound = {index for part in expr.atoms(Sum) for index in part.variables}
    return _Move(step, frozenset(indices | bound)).expr(expr)


@dataclass(frozen=True)
class _Move:
    """Indices moved by a step, and what is made of them moved back."""

    step: int
    indices: frozenset[Symbol]

    def expr(self, expr: Any) -> Any:
        if isinstance(expr, Symbol):
            return expr - self.step if expr in self.indices else expr
        if isinstance(expr, Indexed):
            return expr.base[tuple(self._place(index) for index in expr.indices)]
        if isinstance(expr, Overlap):
            # (a * b)_n = sum a_m b_{n-m} has two indices on its left, a correlation one on each side.
            left, right, *at = expr.args
            more = self.step - expr.sign * self.step
            return expr.func(left, right, *(together(expand(self.expr(place) + more)) for place in at))
        if isinstance(expr, Sum):
            limits = ((k, *(self._up(self.expr(end)) for end in ends)) for k, *ends in expr.limits)
            return Sum(self.expr(expr.function), *limits)
        if isinstance(expr, Eq):
            left, right = (expand(self.expr(side)) for side in expr.args)
            more = -left.as_coeff_Add()[0]
            return Eq(left + more, right + more)
        if not expr.args:
            return expr
        moved = expr.func(*(self.expr(part) for part in expr.args))
        return expand(moved, deep=False) if isinstance(moved, Add) else moved

    def _place(self, index: Expr) -> Expr:
        """An index of a sequence."""
        return together(expand(self.expr(index) + self.step))

    def _up(self, limit: Expr) -> Expr:
        """A limit moved, the step taken into its maximum or minimum."""
        if isinstance(limit, Max | Min):
            return limit.func(*(self._up(part) for part in limit.args))
        return expand(limit + self.step, deep=False)
