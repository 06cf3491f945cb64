"""Every explicit quantity as an equation, in tap order, with the values beside the symbols."""

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Expr, Function, SympifyError, sympify
from sympy.core.function import FunctionClass

from symconv.errors import OptionError
from symconv.explicit.layout import Sheet, Subject
from symconv.explicit.letters import printed_letters
from symconv.explicit.rows import Builder
from symconv.pattern import Specification
from symconv.printing.display import Display
from symconv.printing.letters import WORDS
from symconv.printing.target import MathsTarget
from symconv.printing.targets import as_latex, as_text, in_notebook


@dataclass(frozen=True, eq=False, repr=False)
class Equation:
    """The equation of a quantity, written out; it prints as text, and as LaTeX in a notebook.

    Attributes
    ----------
    name : str
        The quantity.
    reason : str
        Why the equation holds, in a sentence.

    Examples
    --------
    >>> import symconv as sc
    >>> print(sc.Conv1d(3, 2).equation("windows"))
       y = X w
    [y0] = [x0  x1][w0]
    [y1]   [x1  x2][w1]
    """

    name: str
    reason: str
    _subject: Subject
    _build: Builder

    def display(self, target: MathsTarget) -> Display:
        """The equation as rows and cells, for a target to lay out."""
        return Display(tuple(self._build(Sheet.of(self._subject, target).named())))

    latex, text = as_latex, as_text
    __str__ = __repr__ = as_text
    _repr_latex_ = in_notebook


def read_function(given: str | Callable[[Expr], Expr] | None, spec: Specification) -> Callable[[Expr], Expr]:
    """The function that follows a layer; by default that of the notation. It bears no letter of the layer.

    A name stands for an unknown function of expressions, others are tried when they are called. An
    OptionError is raised when the name stands for something else, when it is neither a name nor a function,
    or later when it does not take SymPy expressions.
    """
    if given is None:
        given = spec.notation.activation
    else:
        name = getattr(given, "__name__", given)
        letters = {letter: field for field, letter in printed_letters(spec).items() if field != "activation"}
        if isinstance(name, str) and (name in letters or name in WORDS):
            means = (
                f"stands for the {letters[name].replace('_', ' ')}"
                if name in letters
                else "is a word of formulas"
            )
            raise OptionError(f"the activation is {name!r}, which already {means}: use another name.")
    if isinstance(given, str) and given.isidentifier() and given.isascii():
        given = Function(given)
    if isinstance(given, FunctionClass):
        made: Callable[[Expr], Expr] = given
        return made
    if isinstance(given, str) or not callable(given):
        raise OptionError("the activation is {given!r}: write {function}.", given=given)

    def applied(entry: Expr) -> Expr:
        try:
            result = sympify(given(entry), strict=True)
        except (SympifyError, TypeError, AttributeError) as error:
            name = getattr(given, "__name__", type(given).__name__)
            raise OptionError(
                f"the activation {name!r} does not take SymPy expressions ({type(error).__name__}): write "
                "its cases as a sympy.Piecewise, or typeset the function with sc.function_latex."
            ) from None
        return result

    applied.__name__ = getattr(given, "__name__", "")
    return applied
