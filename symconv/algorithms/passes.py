"""Changes to a syntax tree before it is typeset, into constructs that latexify writes well."""

import ast
import copy
import re

from latexify import analyzers


class Bracketed(ast.expr):
    """An expression that stands in brackets."""

    _fields = ("value",)

    def __init__(self, value: ast.expr) -> None:
        super().__init__()
        self.value = value


class Several(ast.Tuple):
    """Names that are given a value each, side by side without brackets."""


class Plain(ast.NodeTransformer):
    """Entries with several indices one by one, powers of ten as such, and what is true or not in brackets."""

    def visit_Assign(self, node: ast.Assign | ast.Return) -> ast.Assign | ast.Return:
        """So that the sign of equality in ``y = (a == b)`` is not taken for a second one of its kind."""
        self.generic_visit(node)
        if isinstance(node.value, ast.Compare | ast.BoolOp):
            node.value = Bracketed(node.value)
        return node

    visit_Return = visit_Assign

    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        """``w[u, v]`` as ``w[u][v]``, which latexify writes without brackets."""
        self.generic_visit(node)
        if not isinstance(node.slice, ast.Tuple) or not node.slice.elts:
            return node
        *first, last = node.slice.elts
        value = node.value
        for index in first:
            value = ast.Subscript(value, index, ast.Load())
        return ast.Subscript(value, last, node.ctx)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """``1e-05`` as ``10**-5``, and an infinite number as such."""
        written = str(node.value)
        if not isinstance(node.value, float) or not re.search("e|inf", written):
            return node
        if written == "inf":
            return ast.Name("inf", ast.Load())
        mantissa, exponent = written.split("e")
        power = ast.BinOp(ast.Constant(10), ast.Pow(), ast.Constant(int(exponent)))
        if mantissa == "1":
            return power
        value = float(mantissa) if "." in mantissa else int(mantissa)
        return ast.BinOp(ast.Constant(value), ast.Mult(), power)


class Steps(ast.NodeTransformer):
    """A loop over ``range(M)`` as one over 0, ..., M - 1, and names that are assigned to without brackets."""

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        node.targets = [Several(t.elts, t.ctx) if isinstance(t, ast.Tuple) else t for t in node.targets]
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        self.generic_visit(node)
        match node.iter:
            case ast.Call(ast.Name("range")) as call:
                found = analyzers.analyze_range(call)
                if found.step_int == 1 and found.stop_int is None:
                    last = analyzers.reduce_stop_parameter(found.stop)
                    node.iter = ast.Set([found.start, ast.Name("...", ast.Load()), last])
        return node


def cases(body: list[ast.stmt]) -> list[ast.stmt]:
    """What follows an ``if`` is the end of each of its branches that goes on."""
    for at, statement in enumerate(body):
        if isinstance(statement, ast.If):
            rest = body[at + 1 :]
            for branch in (statement.body, statement.orelse):
                if rest and (not branch or isinstance(branch[-1], ast.If)) and not _returns(branch):
                    branch.extend(copy.deepcopy(rest))
            statement.body, statement.orelse = cases(statement.body), cases(statement.orelse)
            if _returns([statement]):
                return body[: at + 1]
    return body


def _returns(body: list[ast.stmt]) -> bool:
    """Whether each way through a body ends in a return."""
    last = body[-1] if body else None
    if isinstance(last, ast.If):
        return _returns(last.body) and _returns(last.orelse)
    return isinstance(last, ast.Return)
