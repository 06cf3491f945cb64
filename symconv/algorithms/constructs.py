"""What of Python can be typeset: as pseudocode, and as an equation; the rest is refused with a cure."""

import ast
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from symconv.errors import OptionError

#: Where something stands that cannot be typeset, what it is, and what to write instead.
Refusal: TypeAlias = tuple[ast.AST, str, str]


#: Expressions that have a form in mathematics.
EXPRESSIONS = (
    ast.Attribute, ast.BinOp, ast.BoolOp, ast.Call, ast.Compare, ast.Constant, ast.GeneratorExp, ast.IfExp,
    ast.List, ast.ListComp, ast.Name, ast.Set, ast.SetComp, ast.Subscript, ast.Tuple, ast.UnaryOp,
)  # fmt: skip

#: Statements of each style.
STATEMENTS: Mapping[str, tuple[type[ast.stmt], ...]] = {
    "algorithm": (
        ast.Assign, ast.AugAssign, ast.Break, ast.Continue, ast.Expr, ast.For, ast.If, ast.Pass,
        ast.Return, ast.While,
    ),
    "equation": (ast.Assign, ast.If, ast.Return),
}  # fmt: skip

_LOOP = "write sum(... for k in range(K)), since an equation has no loops"
_CHECKED = "leave it out, and check the arguments before the call"

#: What the refused are called, and what to write instead.
_CURES: Mapping[type[ast.AST], tuple[str, str]] = {
    ast.AnnAssign: ("an annotated assignment", "write it without the annotation"),
    ast.Assert: ("an assertion", _CHECKED),
    ast.AugAssign: ("an augmented assignment", "give the new value a new name"),
    **dict.fromkeys((ast.Dict, ast.DictComp), ("a dictionary", "write if, elif and else")),
    ast.Expr: ("a statement without a value", "leave it out"),
    **dict.fromkeys((ast.For, ast.While), ("a loop", _LOOP)),
    ast.FunctionDef: ("a function inside a function", "define it outside, and call it"),
    **dict.fromkeys((ast.Import, ast.ImportFrom), ("an import", "import at the top of the module")),
    ast.JoinedStr: ("a formatted string", "leave it out"),
    ast.Lambda: ("a lambda", "define a function with def, and call it"),
    ast.Match: ("a match statement", "write if, elif and else"),
    ast.NamedExpr: ("an assignment in an expression", "write the assignment on a line of its own"),
    ast.Raise: ("an exception", _CHECKED),
    ast.Slice: ("a slice", "write a loop, or a sum, over the index"),
    ast.Starred: ("a starred expression", "write out the items"),
    ast.Try: ("an exception handler", _CHECKED),
    ast.With: ("a with statement", "leave it out"),
    **dict.fromkeys((ast.Yield, ast.YieldFrom), ("a generator", "return the value")),
}


def check(function: ast.FunctionDef, style: str, source: str) -> None:
    """Raise unless all of a function can be typeset as an "algorithm" or an "equation".

    The OptionError says the line, what stands there and what to write instead.
    """
    for node, what, cure in _refusals(function, style):
        line = getattr(node, "lineno", function.lineno)
        text = source.splitlines()[line - 1].strip()
        sentence = f"{what} cannot be typeset as an {style}; {cure}."
        raise OptionError(f"{function.name}, line {line}, {text!r}: {sentence}")


def _refusals(function: ast.FunctionDef, style: str) -> Iterator[Refusal]:
    yield from _of_signature(function)
    parents = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
    for node in (node for statement in function.body for node in ast.walk(statement)):
        yield from _of_node(node, parents[node], style)
    if not function.body:
        yield function, "a function without statements", "return a value"
    elif style == "equation":
        yield from _of_equation(function)


def _of_signature(function: ast.FunctionDef) -> Iterator[Refusal]:
    given = function.args
    for argument in filter(None, (given.vararg, *given.kwonlyargs, given.kwarg)):
        yield argument, f"the argument {argument.arg}", "write plain arguments, without * before them"
    for node in ast.walk(function):
        name = getattr(node, "id", None) or getattr(node, "arg", None) or getattr(node, "name", None)
        if isinstance(name, str) and not name.isascii():
            yield node, f"the name {name}", "write it in ASCII, as in sigma for the Greek letter"


def _of_node(node: ast.AST, parent: ast.AST, style: str) -> Iterator[Refusal]:
    match node:
        case ast.stmt() | ast.expr() if not isinstance(node, (*EXPRESSIONS, *STATEMENTS[style])):
            kind = type(node)
            yield node, *_CURES.get(kind, (f"the Python construct {kind.__name__}", "write it another way"))
        case ast.Attribute():
            yield (node, f"the attribute {node.attr}", "pass it as an argument, or call a function of it")
        case ast.GeneratorExp() if not is_sum(parent):
            yield node, "a generator", "write it in sum(...) or prod(...)"
        case ast.Call(keywords=[_, *_]):
            yield node, "a keyword argument", "pass it by position"
        case ast.Call(args=[_, _, *_]) if is_sum(node):
            yield node, "a sum with a start value", "add the start value to the sum"
        case ast.Constant(str()) if isinstance(parent, ast.Call) and ast.unparse(parent.func) == "float":
            yield node, "text", "write math.inf for infinity, and math.nan for not a number"
        case ast.Constant(str() | bytes()):
            yield node, "text", "leave it out, or make it a comment"
        case ast.For() | ast.While() if node.orelse:
            yield node, "a loop with else", "write the else block after the loop"
        case ast.Subscript() if _is_negative(node.slice):
            yield node, "an index counted from the end", "count from the start, as in x[N - 1]"


def is_sum(node: ast.AST) -> bool:
    """Whether this is a sum or product of a generator."""
    match node:
        case ast.Call(ast.Name("sum" | "fsum" | "prod"), [ast.GeneratorExp(), *_]):
            return True
    return False


def _is_negative(index: ast.expr) -> bool:
    match index:
        case ast.Tuple(parts):
            return any(map(_is_negative, parts))
        case ast.UnaryOp(ast.USub(), ast.Constant()):
            return True
    return False


def _of_equation(function: ast.FunctionDef) -> Iterator[Refusal]:
    """An equation has definitions, each of a new name, and then one value or cases of values."""
    *definitions, last = function.body
    names = {argument.arg for argument in (*function.args.posonlyargs, *function.args.args)}
    for statement in definitions:
        if not isinstance(statement, ast.Assign):
            yield statement, "a case that does not return", "end each branch with return and a value"
            continue
        for node in (node for target in statement.targets for node in ast.walk(target)):
            if isinstance(node, ast.Subscript):
                yield statement, "an assignment to an entry", "write the entries as a list"
            elif isinstance(node, ast.Name):
                if node.id in names:
                    yield statement, f"a second value of {node.id}", "give each value its own name"
                names.add(node.id)
    yield from _of_value(last)


def _of_value(statement: ast.stmt) -> Iterator[Refusal]:
    if isinstance(statement, ast.If):
        for branch in (statement.body, statement.orelse):
            if len(branch) > 1:
                yield branch[0], "a case with several statements", "return the value in one statement"
            elif branch:
                yield from _of_value(branch[0])
        if not statement.orelse:
            yield statement, "a case without else", "return a value for the other case too"
    elif not isinstance(statement, ast.Return) or statement.value is None:
        yield statement, "a branch that returns no value", "return a value at its end"
