"""The source of a Python function, and its syntax tree without what only Python needs."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from tokenize import TokenError
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from symconv.errors import OptionError


def source_of(function: Callable[..., Any]) -> str:
    """The source of a function, dedented.

    Raises
    ------
    OptionError
        When it is no plain Python function, or its source is not to be had.
    """
    return textwrap.dedent(_raw_source(function))


def tree_of(function: Callable[..., Any]) -> ast.FunctionDef:
    """The function definition, without docstring and without the modules before names.

    Lines are counted from that of the ``def`` or its first decorator.

    Raises
    ------
    OptionError
        As :func:`source_of`, and when the source is not that of the function.

    >>> import math
    >>> def f(x):
    ...     return math.exp(-x)
    >>> ast.unparse(tree_of(f).body[0])
    'return exp(-x)'
    """
    source = _raw_source(function)
    # An indented function is read inside a block: a comment or a string at the margin defeats dedenting.
    nested = source[0].isspace()
    try:
        (found,) = ast.parse(f"if True:\n{source}" if nested else source).body
    except (SyntaxError, ValueError):
        raise _unread(function, "cannot be read by itself") from None
    if isinstance(found, ast.If):
        (found,) = found.body
        ast.increment_lineno(found, -1)
    if isinstance(found, ast.AsyncFunctionDef):
        raise OptionError(f"{found.name} is asynchronous: write it with def alone.")
    if not isinstance(found, ast.FunctionDef) or not _same(found, function.__code__):
        raise _unread(function, "is another function's, as when the file was changed since it was imported")
    if ast.get_docstring(found, clean=False) is not None:
        found.body = found.body[1:]
    return _Unqualified(function).visit_FunctionDef(found)


def _raw_source(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", None) or repr(function)
    if isinstance(function, MethodType) or _is_method(function):
        raise OptionError(f"{name} is a method: give a function of its own, without self.")
    if not isinstance(function, FunctionType):
        what = "a class" if isinstance(function, type) else f"of type {type(function).__name__}"
        raise OptionError(f"{name} is {what}, which has no Python source: give a function written with def.")
    if name == "<lambda>":
        raise OptionError("a lambda has no name to typeset: give it one, with def.")
    if hasattr(function, "__wrapped__"):
        raise OptionError(f"{name} is wrapped by a decorator: give the function without it.")
    try:
        return "".join(inspect.getsourcelines(function.__code__)[0])
    except (SyntaxError, TokenError):
        raise _unread(function, "cannot be read by itself") from None
    except (OSError, TypeError):
        raise OptionError(
            f"the source of {name} is not to be had, as with exec and python -c: define it in a file, a "
            "notebook or an interactive session that keeps its lines."
        ) from None


def _is_method(function: object) -> bool:
    """Whether a function was written in the body of a class."""
    scope = getattr(function, "__qualname__", "").split(".")[:-1]
    return isinstance(function, FunctionType) and bool(scope) and scope[-1] != "<locals>"


def _same(found: ast.FunctionDef, code: CodeType) -> bool:
    """Whether a definition bears the name and the arguments that were compiled."""
    arguments = [argument.arg for argument in (*found.args.posonlyargs, *found.args.args)]
    return found.name == code.co_name and arguments == [*code.co_varnames[: code.co_argcount]]


def _unread(function: Callable[..., Any], why: str) -> OptionError:
    name = getattr(function, "__name__", repr(function))
    return OptionError(f"the source found for {name} {why}: define it again, with def on a line of its own.")


class _Unqualified(ast.NodeTransformer):
    """``math.exp`` as ``exp``: a name in a module without the module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        assert isinstance(function, FunctionType)
        own = {*function.__code__.co_varnames}
        seen = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
        self._modules = {
            name: value for name, value in seen.items() if isinstance(value, ModuleType) and name not in own
        }

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if self._module(node.value) is None:
            return node
        return ast.copy_location(ast.Name(node.attr, ast.Load()), node)

    def _module(self, node: ast.expr) -> ModuleType | None:
        if isinstance(node, ast.Name):
            return self._modules.get(node.id)
        if isinstance(node, ast.Attribute):
            found = getattr(self._module(node.value), node.attr, None)
            return found if isinstance(found, ModuleType) else None
        return None
