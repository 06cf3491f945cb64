"""Expressions that write themselves: a formula of a relation, evaluated on letters, gives its Python."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any


def _joining(sign: ast.operator, *, swapped: bool = False) -> Callable[[Any, Any], Written]:
    """The method of an operator, or the one that is asked where the operand on the left knows no letters."""
    return lambda self, other: _joined(other, sign, self) if swapped else _joined(self, sign, other)


def _call(name: str) -> Callable[..., Written]:
    """The method that is a call of a function."""
    return lambda *arguments: Written(ast.Call(ast.Name(name), list(map(_node, arguments)), []))


class Written:
    """A Python expression that remembers the arithmetic done with it.

    >>> N, K = Written("N"), Written("K")
    >>> str((N - 1 * (K - 1) - 1) // Written("s") + 1), str(abs(N - K) % 2)
    ('(N - K) // s + 1', 'abs(N - K) % 2')
    """

    def __init__(self, node: ast.expr | str) -> None:
        self.node = ast.parse(node, mode="eval").body if isinstance(node, str) else node

    def __str__(self) -> str:
        return ast.unparse(self.node)

    __add__, __radd__ = _joining(ast.Add()), _joining(ast.Add(), swapped=True)
    __sub__, __rsub__ = _joining(ast.Sub()), _joining(ast.Sub(), swapped=True)
    __mul__, __rmul__ = _joining(ast.Mult()), _joining(ast.Mult(), swapped=True)
    __truediv__, __floordiv__, __mod__ = map(_joining, (ast.Div(), ast.FloorDiv(), ast.Mod()))

    least, largest, __abs__ = map(_call, ("min", "max", "abs"))


def _joined(left: Any, sign: ast.operator, right: Any) -> Written:
    """Two operands and the sign between them, with neutral numbers and what cancels left out."""
    one, other = _node(left), _node(right)
    match one, sign, other:
        case (ast.Constant(1), ast.Mult(), rest) | (rest, ast.Add(), ast.Constant(0)):
            return Written(rest)
        case ast.BinOp(rest, ast.Mult(), by), ast.Div(), _ if ast.unparse(by) == ast.unparse(other):
            return Written(rest)
        case _, ast.Sub(), ast.BinOp(first, ast.Sub(), second):
            return Written(one) - Written(first) + Written(second)
        case ast.BinOp(rest, ast.Add(), ast.Constant(more)), ast.Sub(), ast.Constant(less) if more == less:
            return Written(rest)
    return Written(ast.BinOp(one, sign, other))


def _node(operand: Any) -> ast.expr:
    return operand.node if isinstance(operand, Written) else ast.Constant(operand)
