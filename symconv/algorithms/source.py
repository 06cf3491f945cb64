"""The source of a Python function, and its syntax tree without what only Python needs."""

import ast
import builtins
import inspect
import textwrap
import warnings
from collections.abc import Callable, Iterator
from tokenize import TokenError
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from symconv.errors import OptionError


def source_of(function: Callable[..., Any]) -> str:
    r"""The source of a function, dedented; an OptionError if it is none written with def, or has no source.

    >>> def f(x):
    ...     return x + 1
    >>> source_of(f)
    'def f(x):\n    return x + 1\n'
    """
    return textwrap.dedent(_raw_source(function))


def tree_of(function: Callable[..., Any]) -> ast.FunctionDef:
    """The function definition, without docstring and without the modules before names.

    Lines are counted from that of the ``def`` or its first decorator. An OptionError is raised as by
    :func:`source_of`, and when the source is not that of the function.

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
        raise _unread(function, "is not a complete statement") from None
    if isinstance(found, ast.If):
        (found,) = found.body
        ast.increment_lineno(found, -1)
    if isinstance(found, ast.AsyncFunctionDef):
        raise OptionError(f"{found.name} is asynchronous: write def in place of async def.")
    if not isinstance(found, ast.FunctionDef) or not _runs(function.__code__):
        raise _unread(function, "is not what runs; perhaps its file has changed since it was imported")
    if ast.get_docstring(found, clean=False) is not None:
        found.body = found.body[1:]
    return _Unqualified(function, found).visit_FunctionDef(found)


def _raw_source(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", None) or repr(function)
    scope = getattr(function, "__qualname__", "").split(".")[-2:-1]
    in_class = isinstance(function, FunctionType) and scope not in ([], ["<locals>"])
    if isinstance(function, MethodType) or in_class:
        raise OptionError(f"{name} is a method: give a function defined outside the class, without self.")
    if not isinstance(function, FunctionType):
        what = "a class" if isinstance(function, type) else f"of type {type(function).__name__}"
        raise OptionError(f"{name} is {what}, which has no Python source: give a function written with def.")
    if name == "<lambda>":
        raise OptionError("a lambda has no name to typeset: define the function with def.")
    if hasattr(function, "__wrapped__"):
        raise OptionError(f"{name} is wrapped by a decorator: give the function without the decorator.")
    try:
        return "".join(inspect.getsourcelines(function.__code__)[0])
    except (SyntaxError, TokenError):
        raise _unread(function, "is not a complete statement") from None
    except (OSError, TypeError):
        raise OptionError(
            f"the source of {name} is not available, as for code run by exec or python -c: define it in a "
            "file, a notebook or an interactive session that keeps its lines."
        ) from None


def _runs(code: CodeType) -> bool:
    """Whether what stands in the file where a function was defined still compiles to its code.

    The statement that it is in is compiled with all the file and, as notebooks do, by itself: that a name
    is imported beside it changes the code of calls.
    """
    lines, above = inspect.findsource(code)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python has given those of the file already.
        try:
            file = ast.parse("".join(lines))
        except (SyntaxError, ValueError):
            return False
        its = [p for p in file.body if any(getattr(n, "lineno", 0) == above + 1 for n in ast.walk(p))]
        made = [compile(tree, "<found>", "exec", dont_inherit=True) for tree in (file, ast.Module(its, []))]
    found = (one for whole in made for one in _codes(whole) if one.co_firstlineno == above + 1)
    return _content(code) in map(_content, found)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Compiled code and all that is defined in it."""
    yield code
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _codes(part)


def _content(constant: object) -> object:
    """What a constant of compiled code says: without its place in a file, and equal numbers told by type."""
    if isinstance(constant, CodeType):
        names = constant.co_names, constant.co_varnames, constant.co_freevars, constant.co_cellvars
        inner = tuple(map(_content, constant.co_consts))
        counts = constant.co_argcount, constant.co_posonlyargcount, constant.co_kwonlyargcount
        return constant.co_name, counts, names, constant.co_code, inner
    if isinstance(constant, tuple | frozenset):
        return type(constant)(map(_content, constant))
    return type(constant), repr(constant)


def _unread(function: Callable[..., Any], why: str) -> OptionError:
    name = getattr(function, "__name__", repr(function))
    cure = "import it again, or define it again with def on a line of its own."
    return OptionError(f"the source found for {name} {why}: {cure}")


class _Unqualified(ast.NodeTransformer):
    """``math.exp`` as ``exp``: a name in a module without the module."""

    def __init__(self, function: Callable[..., Any], tree: ast.FunctionDef) -> None:
        assert isinstance(function, FunctionType)
        self._function = function.__name__
        self._own = {*function.__code__.co_varnames, *function.__code__.co_cellvars}
        seen = {**vars(builtins), **function.__globals__, **inspect.getclosurevars(function).nonlocals}
        named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        self._values = {name: seen.get(name) for name in named | self._own}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        module = self._module(node.value)
        if module is None:
            return node
        if node.attr in self._values and not self._same(node.attr, getattr(module, node.attr, None)):
            raise OptionError(
                f"{self._function}: {node.attr} and {ast.unparse(node)} would both be written {node.attr}; "
                f"rename {node.attr}."
            )
        return ast.copy_location(ast.Name(node.attr, ast.Load()), node)

    def _same(self, name: str, value: object) -> bool:
        """Whether a name is what a module means by it: the same value, or as with exp another function."""
        mine = self._values[name]
        return name not in self._own and (mine == value or (callable(mine) and callable(value)))

    def _module(self, node: ast.expr) -> ModuleType | None:
        if isinstance(node, ast.Name):
            found = None if node.id in self._own else self._values.get(node.id)
        elif isinstance(node, ast.Attribute):
            found = getattr(self._module(node.value), node.attr, None)
        else:
            return None
        return found if isinstance(found, ModuleType) else None
