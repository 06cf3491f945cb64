"""What lecture notes tell of a layer's letters, when it exists, and which function follows it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, sympify
from sympy.core.function import FunctionClass, UndefinedFunction

from symconv.algorithms.source import source_of
from symconv.derivation import Formula
from symconv.index_sums.printers import latex_for, text_for
from symconv.index_sums.symbols import LayerSymbols
from symconv.notes.model import Maths
from symconv.notes.source import Activation, Operand
from symconv.printing.display import Display
from symconv.printing.latex import Latex
from symconv.printing.target import MathsTarget
from symconv.printing.targets import as_latex, as_text


def operands(setting: LayerSymbols) -> list[Operand]:
    """Input, kernel, bias, output and upstream gradient."""
    n, extents = setting.notation, setting.extents
    rows = [(n.input, "the input", extents["input"]), (n.kernel, setting.kernel.stands_for, extents["tap"])]
    if setting.bias:
        filters = tuple(map(sympify, setting.exact_spec.filters))
        rows.append((n.bias, "the bias", filters))
    rows.append((n.output, "the output", extents["output"]))
    latex, text = latex_for(setting), text_for(setting)
    found = [
        Operand(Maths(latex.letter(letter), letter), meaning, _shape(setting, sizes))
        for letter, meaning, sizes in rows
    ]
    upstream = Maths(latex.letter(n.upstream), n.upstream)
    if n.upstream_style == "partial":
        upstream = Maths(*(f.derivative(f.letter(n.loss), f.letter(n.output)) for f in (latex, text)))
    meaning = "the upstream gradient: the derivative of the loss with respect to the output"
    return [*found, Operand(upstream, meaning, _shape(setting, extents["output"]))]


def letters_of(setting: LayerSymbols, sizes: Iterable[Any]) -> tuple[Maths, ...]:
    """Sizes as they stand in formulas."""
    return _shape(setting, sizes)


def _shape(setting: LayerSymbols, sizes: Iterable[Any]) -> tuple[Maths, ...]:
    latex, text = latex_for(setting), text_for(setting)
    found = list(map(sympify, sizes))

    def factor(rendered: str, size: Expr) -> str:
        return f"({rendered})" if isinstance(size, Add) and len(found) > 1 else rendered

    return tuple(Maths(factor(latex.expr(s), s), factor(text.expr(s), s)) for s in found)


def conditions(setting: LayerSymbols, formula: Formula) -> list[Maths]:
    """What the sizes must satisfy."""
    return [
        Maths(latex_for(setting).expr(condition), text_for(setting).expr(condition))
        for condition in formula.conditions
    ]


@dataclass(frozen=True)
class _Definition:
    """A function of the reader's own: an equation in LaTeX, its source as text."""

    function: Callable[..., Any]

    def display(self, target: MathsTarget) -> Display:
        from symconv.algorithms.typeset import function_latex  # latexify only where it is asked for

        source = source_of(self.function).rstrip()
        return Display(whole=function_latex(self.function) if isinstance(target, Latex) else source)

    latex, text = as_latex, as_text


def read_activation(given: str | Callable[[Expr], Expr] | None, letter: str) -> Activation:
    """The function after a layer: a name, a SymPy function, or a Python function of one number.

    Raises
    ------
    OptionError
        When it is none of these, or a Python function that cannot be typeset.
    """
    if given is None or isinstance(given, str):
        name = letter if given is None else given
        return Activation(name, name, name, repr(name))
    if isinstance(given, FunctionClass):
        name = str(given.__name__)
        if isinstance(given, UndefinedFunction):
            return Activation(name, name, name, repr(name))
        return Activation(name, given, given, name)
    definition = _Definition(given)
    as_latex(definition)
    name = given.__name__
    return Activation(name, name, given, name, definition, as_text(definition))
