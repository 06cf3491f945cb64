"""Every explicit quantity as an equation, in tap order, with the values beside the symbols."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sympy import Expr, Function, SympifyError, sympify
from sympy.core.function import FunctionClass, UndefinedFunction

from symconv.errors import OptionError
from symconv.explicit.layout import (
    Subject,
    entry_letter,
    entry_sums,
    function_letter,
    listed,
    shown,
    whole_letter,
)
from symconv.explicit.rows import Builder, filters
from symconv.printing.maths import Format, Latex, Row, Text


@dataclass(frozen=True, eq=False, repr=False)
class Equation:
    """One quantity, written out; prints as text, and as LaTeX in a notebook.

    Attributes
    ----------
    name : str
        The quantity.
    reason : str
        A sentence for the reader.
    """

    name: str
    reason: str
    _subject: Subject
    _build: Builder

    def latex(self) -> str:
        """The equation as an ``aligned`` environment, without math delimiters."""
        return self._render(Latex(self._subject.names(Latex())))

    def text(self) -> str:
        """The equation as lines of plain text."""
        return self._render(Text(self._subject.names(Text())))

    def _render(self, form: Format) -> str:
        return form.aligned(self._build(self._subject, form))

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def activation(function: Callable[[Expr], Expr]) -> Builder:
    """A function of each output entry; ``function`` takes and gives a SymPy expression."""

    def build(subject: Subject, form: Format) -> list[Row | None]:
        n = subject.notation
        outputs = list(subject.values.matrix("output"))
        applied = [function(entry) for entry in outputs]
        letter = function_letter(subject, form, function)
        if all(entry.is_number for entry in outputs):
            whole = whole_letter(subject, form, "output")
            return [Row(f"{letter}({whole})", (listed(subject, form, applied),))]
        keep = shown(len(outputs), n.max_rows)
        unknown = not subject.valued and isinstance(function, UndefinedFunction)
        written = entry_sums(subject, form, "output", keep, values=False)
        rows: list[Row | None] = []
        for i, argument in zip(keep, written, strict=True):
            if i is None:
                rows.append(None)
                continue
            left = f"{letter}({entry_letter(subject, form, 'output', i)})"
            rows.append(Row(left, (f"{letter}({argument})" if unknown else form.sum_of(applied[i]),)))
        return rows

    return build


def feature_maps(function: Callable[[Expr], Expr]) -> Builder:
    """A function of all filters at all places: ``A = f(X W)``."""
    return partial(filters, function=function)


def read_function(given: str | Callable[[Expr], Expr]) -> Callable[[Expr], Expr]:
    """A function of expressions: a name stands for an unknown one, others are tried when they are called.

    Raises
    ------
    OptionError
        When it is neither a name nor a function, or later when it does not take SymPy expressions.
    """
    if isinstance(given, str):
        if not given.isidentifier() or not given.isascii():
            raise OptionError("the activation is {given!r}: write {function}.", given=given)
        given = Function(given)
    if isinstance(given, FunctionClass):
        made: Callable[[Expr], Expr] = given
        return made
    if not callable(given):
        raise OptionError("the activation is {given!r}: write {function}.", given=given)

    def applied(entry: Expr) -> Expr:
        try:
            result = sympify(given(entry), strict=True)
        except (SympifyError, TypeError, AttributeError) as error:
            name = getattr(given, "__name__", type(given).__name__)
            raise OptionError(
                f"the activation {name!r} does not take SymPy expressions ({type(error).__name__}): write "
                "its cases as a sympy.Piecewise, or typeset it by itself with sc.function_latex."
            ) from None
        return result

    applied.__name__ = getattr(given, "__name__", "")
    return applied
