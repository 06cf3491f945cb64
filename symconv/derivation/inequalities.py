"""What can be seen to be at least 0 for all sizes and all indices: a proof, or no answer."""

from functools import lru_cache

from sympy import Dummy, Expr, Integer, Symbol, expand, floor, sympify, together

from symconv.index_sums.symbols import LayerSymbols, least


def never_negative(expr: Expr, setting: LayerSymbols) -> bool:
    """Whether an expression, affine in the indices, can be seen to be at least 0 everywhere.

    Each index is put at the end of its range where the expression is least. An output size with a
    floor, ``floor(n / s) + 1``, is ``(n - r) / s + 1`` with a remainder ``0 <= r <= s - 1``. What is left
    must be a sum of products of non-negative quantities, for each N from 1 on or for N from the least
    that the kernel needs. A True is a proof; a False says nothing.
    """
    found: Expr | None = _whole_groups(expand(expr), setting)
    if found is None:
        return False
    for index in sorted((s for s in found.free_symbols if setting.is_index(s)), key=str):
        span = setting.range(index)
        found = _least(found, index, span.first, span.last)
        if found is None:
            return False
    found = _without_floors(expand(found.xreplace(setting.definitions)))
    if found is None:
        return False
    slack, roomy = _slacks(setting)
    attempts = [expand(found.xreplace(slack))]
    if roomy:
        attempts.append(expand(expand(found.xreplace(roomy)).xreplace(slack)))
    return any(terms_nonnegative(attempt) for attempt in attempts)


def _whole_groups(expr: Expr, setting: LayerSymbols) -> Expr | None:
    """Each ``floor(o / q)`` of an index that runs over whole groups of q at its least value."""
    found: Expr | None = expr
    for part in sorted(expr.atoms(floor), key=str):
        indices = [s for s in part.free_symbols if setting.is_index(s)]
        if len(indices) != 1 or found is None:
            continue
        last = setting.range(indices[0]).last
        slope = together(part.args[0] / indices[0])
        groups = expand(together((last + 1) * slope))
        if slope.has(indices[0]) or not (groups.is_Integer or groups.is_Symbol):
            continue
        group = Dummy(integer=True)
        found = _least(expand(found.xreplace({part: group})), group, Integer(0), groups - 1)
    return found


def _without_floors(expr: Expr) -> Expr | None:
    found: Expr | None = expr
    for part in sorted(expr.atoms(floor), key=str):
        if found is None:
            return None
        number, divisor = part.args[0].as_numer_denom()
        remainder = Dummy()
        swapped = expand(found.xreplace({part: (number - remainder) / divisor}))
        found = _least(swapped, remainder, Integer(0), divisor - 1)
    return found


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
    for axis in setting.exact_axes:
        n = sympify(axis.geometry["input_size"])
        place = Dummy()
        for last, value in axis.size_counts(place):
            room = expand(last - value.xreplace({place: Integer(0)}))
            if n.is_Symbol and n not in roomy and expand(room - n).has(n) is False:
                roomy[n] = expand(n - room + Dummy(integer=True, nonnegative=True))
    return found, roomy


def _least(expr: Expr, index: Symbol, first: Expr, last: Expr) -> Expr | None:
    """The least value over an index in which the expression is affine, if its slope has a known sign."""
    if not expr.has(index):
        return expr
    slope = expand(expr.coeff(index, 1))
    rest = expand(expr - slope * index)
    if rest.has(index):
        return None
    if slope.is_nonnegative or terms_nonnegative(slope):
        return expand(rest + slope * first)
    if slope.is_nonpositive or terms_nonnegative(-slope):
        return expand(rest + slope * last)
    return None


def terms_nonnegative(expr: Expr) -> bool:
    """Whether no term is negative once each positive symbol is counted from 1 on: a proof, not a test."""
    shift = {s: s + 1 for s in expr.free_symbols if s.is_positive}
    grown = expand(expr.xreplace({s: Dummy(s.name, integer=True, nonnegative=True) + 1 for s in shift}))
    return all(term.is_nonnegative for term in grown.as_ordered_terms())
