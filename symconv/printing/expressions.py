"""Single expressions: SymPy's printers with names of our own, and the bracket of a condition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sympy import Expr, S, Symbol, sympify
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter


class Iverson(Expr):
    """``[condition]``: 1 where the condition holds and 0 elsewhere.

    >>> from sympy.abc import i
    >>> Iverson(Eq(i, 2)).subs(i, 2), Iverson(Eq(i, 2)).subs(i, 3)
    (1, 0)
    """

    is_commutative = True
    is_integer = True

    def __new__(cls, condition: Any) -> Expr:
        decided = sympify(condition)
        if decided is S.true:
            return S.One
        if decided is S.false:
            return S.Zero
        return Expr.__new__(cls, decided)

    def _latex(self, printer: Any) -> str:
        return f"\\left[{printer._print(self.args[0])}\\right]"


class ExprLatexPrinter(LatexPrinter):
    """SymPy's LaTeX, with unknown functions as ``f(5)``."""

    def _print_Function(self, expr: Expr, exp: str | None = None) -> str:
        if not isinstance(expr, AppliedUndef):
            return str(super()._print_Function(expr, exp))
        name = self._print(Symbol(expr.func.__name__))
        if re.fullmatch("[A-Za-z]{2,}", name):
            name = f"\\operatorname{{{name}}}"
        arguments = ", ".join(self._print(argument) for argument in expr.args)
        opened, closed = ("\\left(", "\\right)") if "\\frac" in arguments else ("(", ")")
        return f"{name}{f'^{{{exp}}}' if exp else ''}{opened}{arguments}{closed}"


class ExprTextPrinter(StrPrinter):
    """SymPy's str, with names of our own for some symbols."""

    def __init__(self, names: Mapping[Symbol, str]) -> None:
        super().__init__({"full_prec": False})
        self._names = names

    def _print_Symbol(self, expr: Symbol) -> str:
        return self._names.get(expr, expr.name)
