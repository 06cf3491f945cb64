"""Elimination: the relation solved for one summation index after the other."""

from sympy import Symbol

from symconv.derivation.rewriting import Script
from symconv.derivation.rules.limits import DropLimits, Groups, Limits, OneTerm
from symconv.derivation.rules.rule import Solve, affine
from symconv.index_sums.nodes import Equal, Within


def eliminate(s: Script) -> None:
    """Each equation of the relation fixes a summation index; what is left of its range becomes limits."""
    while True:
        found = _next(s)
        if found is None:
            break
        s.apply(Solve(found))
        s.attempt(DropLimits())
    s.attempt(Groups())
    for bound in s.terms.bounds:
        while any(isinstance(c, Within) and c.value.has(bound.index) for c in s.terms.conditions):
            before = s.terms
            s.attempt(Limits(bound.index))
            if s.terms == before:
                break
    s.attempt(DropLimits(), OneTerm())


def _next(s: Script) -> Symbol | None:
    """The index that the first equation is solved for.

    One with the coefficient 1 leaves no divisibility: the side that the relation gives, else the tap or
    the other side at dilation or stride 1. Where there is none, the other side is fixed, as texts do.
    """
    bound = [b.index for b in s.terms.bounds]
    for condition in s.terms.conditions:
        if isinstance(condition, Equal):
            gap = condition.left - condition.right
            slopes = {index: affine(gap, index) for index in bound}
            fixed = [k for k, (slope, rest) in slopes.items() if slope != 0 and not rest.has(k)]
            if condition.left in fixed:
                return condition.left
            if fixed:
                return min(fixed, key=lambda k: (abs(slopes[k][0]) != 1, s.setting.is_tap(k)))
    return None
