"""Exact evaluation of SymPy expressions by walking their sums and products."""

from collections.abc import Mapping
from fractions import Fraction
from operator import ge, gt
from typing import Any, TypeAlias

from sympy import Add, And, Expr, Float, Ge, Gt, Max, Mul, Rational, Symbol, sympify

from symconv.printing.expressions import Iverson

#: A Python int or Fraction, or a SymPy number that is neither.
Number: TypeAlias = Any


def evaluate(expr: Expr, values: Mapping[Symbol, Number]) -> Number:
    """The value of an expression, exact: a floating-point number is the fraction that it stands for.

    Sums of products, which is what contractions are, are walked directly; everything else is left
    to SymPy's own substitution.

    Raises
    ------
    KeyError
        When a symbol has no value.

    Examples
    --------
    >>> from sympy.abc import x, y
    >>> evaluate(x * y + x / 2, {x: 3, y: 5})
    Fraction(33, 2)
    """
    kind = type(expr)
    if kind is Symbol:
        return values[expr]
    if kind is Add:
        total: Number = 0
        for term in expr.args:  # a generator would take twice as long
            total += evaluate(term, values)
        return total
    if kind is Mul:
        product: Number = 1
        for factor in expr.args:
            product *= values[factor] if type(factor) is Symbol else evaluate(factor, values)
        return product
    if expr.is_Integer:
        return int(expr)
    if expr.is_Rational:
        return Fraction(int(expr.p), int(expr.q))
    if expr.is_Float:
        exact = Rational(expr)
        return Fraction(int(exact.p), int(exact.q))
    if kind is Max or kind is Iverson:
        found = _selected(expr, values)
        if found is not None:
            return found
    if not expr.free_symbols:
        return expr.xreplace({number: Rational(number) for number in expr.atoms(Float)})
    replaced = expr.xreplace({symbol: sympify(values[symbol]) for symbol in expr.free_symbols})
    return evaluate(replaced.doit(), {})


_COMPARE = {Gt: gt, Ge: ge}


def _selected(expr: Expr, values: Mapping[Symbol, Number]) -> Number | None:
    """A maximum, or 1 where an entry is larger than others and else 0; None for what is neither."""
    (condition, *_) = expr.args
    if isinstance(expr, Iverson):
        comparisons = condition.args if isinstance(condition, And) else (condition,)
        if not all(type(comparison) in _COMPARE for comparison in comparisons):
            return None
        sides = [[evaluate(side, values) for side in comparison.args] for comparison in comparisons]
        if all(isinstance(number, int | Fraction) for pair in sides for number in pair):
            pairs = zip(comparisons, sides, strict=True)
            return int(all(_COMPARE[type(comparison)](*pair) for comparison, pair in pairs))
        return None
    entries = [evaluate(entry, values) for entry in expr.args]
    return max(entries) if all(isinstance(entry, int | Fraction) for entry in entries) else None
