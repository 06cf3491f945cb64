"""What can be seen to be at least 0 for all sizes and all indices: a proof, or no answer."""

from functools import lru_cache

from sympy import Dummy, Expr, S, Symbol, expand, floor, sympify, together

from symconv.index_sums.symbols import LayerSymbols, least


class _UnknownSignError(Exception):
    """It cannot be seen at which end of an index an expression is least."""


def never_negative(expr: Expr, setting: LayerSymbols) -> bool:
    """Whether an expression, affine in the indices, can be seen to be at least 0 everywhere.

    Each index is put at the end of its range where the expression is least. An output size with a
    floor, ``floor(n / s) + 1``, is ``(n - r) / s + 1`` with a remainder ``0 <= r <= s - 1``. What is left
    must be a sum of products of non-negative quantities, for each N from 1 on or for N from the least
    that the kernel needs. A True is a proof; a False says nothing.
    """
    try:
        found = _whole_groups(expand(expr), setting)
        for index in sorted((s for s in found.free_symbols if setting.is_index(s)), key=str):
            found = _least(found, index, setting.last(index))
        found = _without_floors(expand(found.xreplace(setting.definitions)))
    except _UnknownSignError:
        return False
    slack, roomy = _slacks(setting)
    attempts = [expand(found.xreplace(slack))]
    if roomy:
        attempts.append(expand(expand(found.xreplace(roomy)).xreplace(slack)))
    return any(terms_nonnegative(attempt) for attempt in attempts)


def _whole_groups(expr: Expr, setting: LayerSymbols) -> Expr:
    """Each ``floor(o / q)`` of an index that runs over whole groups of q at its least value."""
    for part in sorted(expr.atoms(floor), key=str):
        indices = [s for s in part.free_symbols if setting.is_index(s)]
        if len(indices) != 1:
            continue
        slope = together(part.args[0] / indices[0])
        groups = expand(together((setting.last(indices[0]) + 1) * slope))
        if not slope.has(indices[0]) and (groups.is_Integer or groups.is_Symbol):
            group = Dummy(integer=True)
            expr = _least(expand(expr.xreplace({part: group})), group, groups - 1)
    return expr


def _without_floors(expr: Expr) -> Expr:
    for part in sorted(expr.atoms(floor), key=str):
        number, divisor = part.args[0].as_numer_denom()
        remainder = Dummy()
        expr = _least(expand(expr.xreplace({part: (number - remainder) / divisor})), remainder, divisor - 1)
    return expr


@lru_cache(maxsize=64)
def _slacks(setting: LayerSymbols) -> tuple[dict[Symbol, Expr], dict[Symbol, Expr]]:
    """For sizes made of symbols, a symbol by how far the size is above its least; N by its room.

    With ``K = 2 r + 1`` at least 1, ``r`` is half of a non-negative number. N is at least what the kernel
    needs: ``d (K - 1) + 1 - p - p'``.
    """
    found: dict[Symbol, Expr] = {}
    for name, size in setting.sizes.items():
        size = expand(size.xreplace(found))
        if size.is_Symbol or size.is_Integer:
            continue
        for symbol in sorted(size.free_symbols - set(found), key=str):
            slope = size.coeff(symbol, 1)
            rest = expand(size - slope * symbol)
            if slope.is_Integer and not rest.has(symbol) and symbol.is_nonnegative is None:
                above = Dummy(integer=True, nonnegative=True) + least(name)
                found[symbol] = expand((above - rest) / slope)
                break
    roomy: dict[Symbol, Expr] = {}
    for axis in setting.exact_spec.axes:
        n = sympify(axis.geometry["input_size"])
        for last, reach in axis.size_counts(S.Zero):
            room = expand(last - reach)
            if n.is_Symbol and n not in roomy and expand(room - n).has(n) is False:
                roomy[n] = expand(n - room + Dummy(integer=True, nonnegative=True))
    return found, roomy


def _least(expr: Expr, index: Symbol, last: Expr) -> Expr:
    """The least value over an index from 0 on, where it is affine with a slope of known sign."""
    slope = expand(expr.coeff(index, 1))
    rest = expand(expr - slope * index)
    if rest.has(index):
        raise _UnknownSignError
    if slope.is_nonnegative or terms_nonnegative(slope):
        return rest
    if slope.is_nonpositive or terms_nonnegative(-slope):
        return expand(rest + slope * last)
    raise _UnknownSignError


def terms_nonnegative(expr: Expr) -> bool:
    """Whether no term is negative once each positive symbol is counted from 1 on: a proof, not a test."""
    positive = [s for s in expr.free_symbols if s.is_positive]
    grown = expand(expr.xreplace({s: Dummy(s.name, integer=True, nonnegative=True) + 1 for s in positive}))
    return all(term.is_nonnegative for term in grown.as_ordered_terms())
