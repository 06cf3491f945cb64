"""Expressions that write themselves: a formula of a relation, evaluated on letters, gives its Python."""

from __future__ import annotations

import ast
from typing import Any


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

    def __add__(self, other: Any) -> Written:
        return _joined(self, ast.Add(), other)

    def __radd__(self, other: Any) -> Written:
        return _joined(other, ast.Add(), self)

    def __sub__(self, other: Any) -> Written:
        return _joined(self, ast.Sub(), other)

    def __rsub__(self, other: Any) -> Written:
        return _joined(other, ast.Sub(), self)

    def __mul__(self, other: Any) -> Written:
        return _joined(self, ast.Mult(), other)

    def __rmul__(self, other: Any) -> Written:
        return _joined(other, ast.Mult(), self)

    def __truediv__(self, other: Any) -> Written:
        return _joined(self, ast.Div(), other)

    def __floordiv__(self, other: Any) -> Written:
        return _joined(self, ast.FloorDiv(), other)

    def __mod__(self, other: Any) -> Written:
        return _joined(self, ast.Mod(), other)

    def __abs__(self) -> Written:
        return called("abs", self)


def called(name: str, *arguments: Any) -> Written:
    """A call of a function."""
    return Written(ast.Call(ast.Name(name), [_node(argument) for argument in arguments], []))


def _joined(left: Any, sign: ast.operator, right: Any) -> Written:
    """Two operands and the sign between them, with neutral numbers and what cancels left out."""
    one, other = _node(left), _node(right)
    match one, sign, other:
        case ast.Constant(1), ast.Mult(), rest:
            return Written(rest)
        case rest, ast.Add(), ast.Constant(0):
            return Written(rest)
        case ast.BinOp(rest, ast.Mult(), factor), ast.Div(), by if ast.unparse(factor) == ast.unparse(by):
            return Written(rest)
        case _, ast.Sub(), ast.BinOp(first, ast.Sub(), second):
            return Written(one) - Written(first) + Written(second)
        case ast.BinOp(rest, ast.Add(), ast.Constant(more)), ast.Sub(), ast.Constant(less) if more == less:
            return Written(rest)
    return Written(ast.BinOp(one, sign, other))


def _node(operand: Any) -> ast.expr:
    return operand.node if isinstance(operand, Written) else ast.Constant(operand)
