"""The adapter to latexify: Python functions as pseudocode and as equations, its known faults mended.

latexify is a straight line of passes over a syntax tree. Here come first the source and a check that all
of it can be typeset, then changes to the tree, then latexify's own code generators, with names and
brackets of our own where it would write something else than the code says.
"""

import ast
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from latexify import codegen, transformers
from latexify.codegen.expression_codegen import ExpressionCodegen
from latexify.codegen.expression_rules import MATH_SYMBOLS, get_precedence
from latexify.codegen.identifier_converter import IdentifierConverter
from latexify.exceptions import LatexifyError

from symconv.algorithms.constructs import check, is_sum
from symconv.algorithms.passes import Bracketed, Plain, Several, Steps, cases
from symconv.algorithms.source import source_of, tree_of
from symconv.errors import OptionError

#: Where KaTeX and MathJax readers, and diffs, want a new line.
_LINE_BREAK = " \\\\\n"


def algorithm_latex(
    function: Callable[..., Any], target: str = "latex", letters: Mapping[str, str] = MappingProxyType({})
) -> str:
    r"""A Python function as pseudocode.

    Parameters
    ----------
    function : function
        A function written with def, made of assignments, loops, conditions and calls.
    target : "latex" or "math"
        An ``algorithmic`` environment of the package algpseudocode, or one ``array`` for KaTeX and MathJax,
        without math delimiters.
    letters : mapping of str to str, optional
        The LaTeX of names that are not typeset as they are spelt.

    Raises
    ------
    OptionError
        If the source is not available, or something in it cannot be typeset.

    Examples
    --------
    >>> def halved(n):
    ...     while n > 1:
    ...         n = n / 2
    ...     return n
    >>> print(algorithm_latex(halved))
    \begin{algorithmic}
        \Function{halved}{$n$}
            \While{$n > 1$}
                \State $n \gets \frac{n}{2}$
            \EndWhile
            \State \Return $n$
        \EndFunction
    \end{algorithmic}
    """
    generators = {"latex": codegen.AlgorithmicCodegen, "math": codegen.IPythonAlgorithmicCodegen}
    if target not in generators:
        raise OptionError("there is no target {given!r}: {cure}", given=target, allowed=generators)
    tree = _checked(function, "algorithm", letters)
    generator = generators[target](use_math_symbols=True)
    if target == "latex":
        generator._identifier_converter = _Header(tree.name, letters)
    else:
        generator._identifier_converter = _Letters(letters)
        generator._LINE_BREAK = _LINE_BREAK
    return _generated(generator, tree.name, tree, Steps(), letters)


def function_latex(function: Callable[..., Any]) -> str:
    r"""A Python function, such as an activation, as an equation in LaTeX, without math delimiters.

    Conditions become cases; each assignment becomes an aligned line of its own.

    Parameters
    ----------
    function : function
        A function written with def: assignments, each to a new name, then a returned value, or if, elif and
        else that each return a value.

    Raises
    ------
    OptionError
        If the source is not available, or something in it cannot be typeset; the message names the line
        and what to write instead.

    Examples
    --------
    >>> def relu(x):
    ...     if x > 0:
    ...         return x
    ...     return 0
    >>> print(function_latex(relu))
    \mathrm{relu}(x) = \left\{ \begin{array}{ll} x, & \mathrm{if} \ x > 0 \\
    0, & \mathrm{otherwise} \end{array} \right.
    """
    tree = _checked(function, "equation")
    expander = transformers.FunctionExpander({"exp2", "expm1", "hypot", "log1p", "pow"})
    generator = codegen.FunctionCodegen(use_math_symbols=True)
    generator._identifier_converter = _Letters()
    # latexify would put definitions and value into an array, where fractions shrink and nothing is aligned.
    definitions, tree.body = tree.body[:-1], tree.body[-1:]
    lines = [_generated(generator, tree.name, part, expander) for part in (*definitions, tree)]
    if not definitions:
        return lines[0]
    aligned = _LINE_BREAK.join(line.replace(" = ", " &= ", 1) for line in lines)
    return f"\\begin{{aligned}}\n{aligned}\n\\end{{aligned}}"


def _checked(
    function: Callable[..., Any], style: str, letters: Mapping[str, str] = MappingProxyType({})
) -> ast.FunctionDef:
    """The tree of a function that can be typeset, in the constructs that latexify writes well."""
    tree = tree_of(function)
    if style == "equation":
        tree.body = cases(tree.body)
    check(tree, style, source_of(function))
    args = [*tree.args.posonlyargs, *tree.args.args]
    tree.args = ast.arguments(posonlyargs=[], args=args, kwonlyargs=[], kw_defaults=[], defaults=[])
    found: ast.FunctionDef = Plain().visit(transformers.AugAssignReplacer().visit(tree))
    _refuse_letters_of_two(found, style, letters)
    return found


def _generated(
    generator: Any,
    name: str,
    tree: ast.stmt,
    last_pass: ast.NodeTransformer,
    letters: Mapping[str, str] = MappingProxyType({}),
) -> str:
    generator._expression_codegen = _Expressions(letters)
    try:
        return str(generator.visit(last_pass.visit(tree)))
    except LatexifyError as error:
        raise OptionError(f"{name} cannot be typeset: {error}") from None


def _refuse_letters_of_two(tree: ast.FunctionDef, style: str, latex: Mapping[str, str]) -> None:
    """Raise when two names, or a name and an entry, would be the same letter."""
    letters, expressions = _Letters(latex), _Expressions(latex)
    own = {node.arg for node in tree.args.args}
    own |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    seen = {letters.convert(tree.name)[0]: tree.name} if style == "equation" else {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            name, written = ast.unparse(node), expressions.visit(node)
        elif isinstance(node, ast.Name | ast.arg):
            name = node.id if isinstance(node, ast.Name) else node.arg
            written = letters.convert(name)[0]
        else:
            continue
        other = seen.setdefault(written, name)
        signs = {name, other} <= set(_SIGNS) - own
        if other != name and not signs:
            sentence = f"{other} and {name} would both be written {written}; rename one of them."
            raise OptionError(f"{tree.name}: {sentence}")


#: What stands for some names, and for the dots of a range.
_SIGNS = {
    "...": "\\dots", "Max": "\\max", "Min": "\\min", "inf": "\\infty", "max": "\\max", "maximum": "\\max",
    "min": "\\min", "minimum": "\\min", "oo": "\\infty",
}  # fmt: skip


class _Letters(IdentifierConverter):
    """Names as letters: subscripts after an underscore or before digits, and signs that have a name."""

    def __init__(self, latex: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(use_math_symbols=True)
        self._latex = latex

    def convert(self, name: str) -> tuple[str, bool]:
        if name in self._latex:
            return self._latex[name], False
        if name in _SIGNS:
            return _SIGNS[name], False
        stem = name.rstrip("_") or name  # lambda_ is the letter that Python keeps for itself
        found = re.fullmatch(r"([A-Za-z]+?)_?(\d+)|([A-Za-z]+)_([A-Za-z]+)", stem)
        letter, below = (found[1] or found[3], found[2] or found[4]) if found else (stem, "")
        if len(letter) > 1 and letter not in MATH_SYMBOLS:
            letter, below = stem, ""
        written, single = super().convert(letter)
        if not below:
            return written, single
        index = below if below.isdigit() or len(below) == 1 else f"\\mathrm{{{below}}}"
        return f"{written}_{{{index}}}", False


class _Header(_Letters):
    """The letters of a header in ``algorithmic``, which has the function's own name in text."""

    def __init__(self, name: str, latex: Mapping[str, str]) -> None:
        super().__init__(latex)
        self._name = name

    def convert(self, name: str) -> tuple[str, bool]:
        return (name.replace("_", "\\_"), False) if name == self._name else super().convert(name)


#: The precedence by which latexify brackets the argument of a function such as exp.
_OF_CALL = get_precedence(ast.Call(ast.Name("exp", ast.Load()), [], []))


class _Expressions(ExpressionCodegen):
    """Expressions with brackets where latexify leaves out some that matter."""

    def __init__(self, latex: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(use_math_symbols=True)
        self._identifier_converter = _Letters(latex)

    def visit_Bracketed(self, node: Bracketed) -> str:
        return f"\\mathopen{{}}\\left( {self.visit(node.value)} \\mathclose{{}}\\right)"

    def visit_Several(self, node: Several) -> str:
        return ", ".join(map(self.visit, node.elts))

    def visit_Subscript(self, node: ast.Subscript) -> str:
        """Brackets around what is no name, and braces around a letter that has a subscript of its own."""
        value: ast.expr = node
        indices: list[str] = []
        while isinstance(value, ast.Subscript):
            indices.append(self.visit(value.slice))
            value = value.value
        written = self.visit(value if isinstance(value, ast.Name) else Bracketed(value))
        if "_{" in written and isinstance(value, ast.Name):
            written = f"{{{written}}}"
        return f"{written}_{{{', '.join(reversed(indices))}}}"

    def visit_BinOp(self, node: ast.BinOp) -> str:
        """Brackets around a sum before a factor, which would else seem to be a factor of its terms."""
        if isinstance(node.op, ast.Mult | ast.MatMult | ast.Mod) and _ends_in_sum(node.left):
            node = ast.BinOp(Bracketed(node.left), node.op, node.right)
        return str(super().visit_BinOp(node))

    def _wrap_operand(self, child: ast.expr, parent_prec: int, force_wrap: bool = False) -> str:
        """Also around cases, the argument of a named function, and a comparison in a comparison."""
        compared = isinstance(child, ast.Compare) and get_precedence(child) == parent_prec
        force_wrap = force_wrap or compared or isinstance(child, ast.IfExp) or parent_prec == _OF_CALL
        return str(super()._wrap_operand(child, parent_prec, force_wrap))

    def _wrap_binop_operand(self, child: ast.expr, parent_prec: int, operand_rule: Any) -> str:
        """Also around a remainder that is a factor: ``a * (b % c)``."""
        if operand_rule.wrap and isinstance(child, ast.BinOp) and isinstance(child.op, ast.Mod):
            return str(super()._wrap_operand(child, parent_prec, parent_prec >= get_precedence(child)))
        return str(super()._wrap_binop_operand(child, parent_prec, operand_rule))


def _ends_in_sum(node: ast.expr) -> bool:
    """Whether what follows might be read as part of a sum or a product."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mult | ast.MatMult | ast.Mod) and _ends_in_sum(node.right)
    return _ends_in_sum(node.operand) if isinstance(node, ast.UnaryOp) else is_sum(node)
