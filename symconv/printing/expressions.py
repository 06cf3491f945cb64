"""The bracket of a condition, as an expression."""

from typing import Any

from sympy import Expr, S, sympify


class Iverson(Expr):
    """The bracket ``[P]``, which is 1 if the condition P holds, else 0.

    >>> from sympy import Eq
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
