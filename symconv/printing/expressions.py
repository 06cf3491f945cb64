"""SymPy's printers of single expressions, with unknown functions and names of our own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sympy import Expr, Symbol
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter


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
