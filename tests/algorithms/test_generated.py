"""The loops written from the relations are the ones that were written by hand."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence

import pytest

from symconv.algorithms import ALGORITHMS
from symconv.algorithms.generated import algorithms_for
from symconv.pattern import Axis, Channels, Relation, TransposedAxis, UntiedAxis


def relations_of(kinds: Sequence[tuple[type[Relation], bool]]) -> list[Relation]:
    """Some relations of the kinds, whose taps all outputs share."""
    made: list[Relation] = []
    for kind, flip in kinds:
        if kind is Channels:
            made.append(Channels.make(4, 6, 2))
        elif kind is TransposedAxis:
            made.append(TransposedAxis.make(5 + len(made), 3, stride=2, padding=1))
        else:
            assert kind in (Axis, UntiedAxis)
            made.append(Axis.make(5 + len(made), 3, stride=2, padding=1, flip=flip))
    return made


class Renamed(ast.NodeTransformer):
    """Each name is replaced by a number, in the order in which names are first met."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}

    def number(self, name: str) -> str:
        return self.numbers.setdefault(name, f"v{len(self.numbers)}")

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.number(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self.number(node.arg), None)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.name, node.returns = "f", None
        self.generic_visit(node)
        return node


def tree(source: str) -> str:
    return ast.dump(Renamed().visit(ast.parse(source)))


ROWS = [(row, kinds) for row in ALGORITHMS.values() for kinds in row.layers]


@pytest.mark.parametrize(("row", "kinds"), ROWS, ids=lambda given: getattr(given, "name", ""))
def test_a_written_algorithm_is_that_of_the_hand(row, kinds) -> None:
    selects = any(kind is UntiedAxis for kind, _ in kinds)
    found = algorithms_for(relations_of(kinds), average=row.average, selects=selects)
    own = [r.quantity for r in ALGORITHMS.values() if kinds in r.layers and r.average == row.average]
    assert sorted(own) == sorted(found)
    by_hand = inspect.getsource(row.function)
    assert tree(found[row.quantity].source) == tree(by_hand)
    assert found[row.quantity].source == by_hand  # and names, annotations and lines too
