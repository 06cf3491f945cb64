"""Counting from 0 or from 1: the same expression with every index moved by the notation's base."""

from __future__ import annotations

from typing import Any

from sympy import Add, Eq, Expr, Indexed, Max, Min, Sum, Symbol, expand, together

from symconv.derivation.language import Overlap
from symconv.derivation.setting import Setting


def counted(expr: Expr, setting: Setting) -> Expr:
    """An expression whose indices count from 0, rewritten to count from the notation's base."""
    base = setting.notation.base
    if base == 0:
        return expr
    indices = {setting.index(role, mark) for role in ("output", "tap", "input") for mark in ("", "'")}
    return _moved(expr, indices)


def _moved(expr: Any, indices: set[Symbol]) -> Any:
    if isinstance(expr, Symbol):
        return expr - 1 if expr in indices else expr
    if isinstance(expr, Indexed):
        return expr.base[tuple(_place(index, indices) for index in expr.indices)]
    if isinstance(expr, Overlap):
        kind, left, right, at = expr.args
        return Overlap(kind, left, right, _place(at, indices))
    if isinstance(expr, Sum):
        limits = [(k, _up(_moved(low, indices)), _up(_moved(high, indices))) for k, low, high in expr.limits]
        return Sum(_moved(expr.function, indices), *limits)
    if isinstance(expr, Eq):
        left, right = (expand(_moved(side, indices)) for side in expr.args)
        more = -left.as_coeff_Add()[0]
        return Eq(left + more, right + more)
    if not expr.args:
        return expr
    moved = expr.func(*(_moved(part, indices) for part in expr.args))
    return expand(moved, deep=False) if isinstance(moved, Add) else moved


def _place(index: Expr, indices: set[Symbol]) -> Expr:
    """An index of a sequence counts one higher, what it is made of one lower."""
    return together(expand(_moved(index, indices) + 1))


def _up(limit: Expr) -> Expr:
    """One more than a limit, taken into its maximum or minimum."""
    if isinstance(limit, Max | Min):
        return limit.func(*(_up(part) for part in limit.args))
    return expand(limit + 1, deep=False)
