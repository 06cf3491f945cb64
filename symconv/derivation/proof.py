"""Proofs for all sizes: both sides of a step multiply the same entries, decided by integer sets.

Each side is read as a map from the kept indices to the indices of the entries that it multiplies.
With numbers for stride and dilation these are sets of integers with floors and divisibility, whose
equality islpy decides for all sizes at once. Two sides are equal when their maps are, and when no
product occurs twice on either side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sympy import Expr, Integer, Symbol

from symconv.derivation.report import Proof, Proved
from symconv.derivation.scripts import Line
from symconv.derivation.sets import (
    NotAffineError,
    Piece,
    Reader,
    affine,
    between,
    constraints,
    given,
    symbol_name,
)
from symconv.derivation.setting import Setting
from symconv.derivation.world import kept_roles
from symconv.errors import MissingExtraError


def prove(
    setting: Setting, name: str, lines: Sequence[Line], strides: Sequence[int], dilations: Sequence[int]
) -> Proof:
    """Decide every step at each pair of stride and dilation."""
    isl = _islpy()
    found = []
    for stride in strides:
        for dilation in dilations:
            fixed, numbers = _fixed(setting, stride, dilation)
            for at, line in enumerate(lines):
                chained = at > 0 and lines[at - 1].left == line.left
                before = lines[at - 1].terms.shown if chained else line.left
                sides = [side.xreplace(numbers) for side in (before, line.terms.shown)]
                gap = _difference(isl, fixed, sides, kept_roles(setting, line.left))
                found.append(Proved(at + 1, line.rule, stride, dilation, gap))
    return Proof(name, _free(setting), tuple(found))


def agree(
    setting: Setting, right: Expr, candidate: Expr, layout: tuple[tuple[str, ...], tuple[str, ...]]
) -> str:
    """What a candidate is proved for, as in "for all K, N at ...", or why nothing is proved.

    The candidate may read outside a sequence, where it is 0, but not between two entries.
    """
    isl = _islpy()
    roles = [*layout[0], *layout[1]]
    numbers = [[int(size)] if size.is_Integer else [1, 2, 3] for size in _steps(setting)]
    proved = []
    for stride in numbers[0]:
        for dilation in numbers[1]:
            fixed, swap = _fixed(setting, stride, dilation)
            sides = [side.xreplace(swap) for side in (right, candidate)]
            gap = _difference(isl, fixed, sides, roles, extended=True)
            if gap:
                return f"at stride {stride} and dilation {dilation}, {gap}"
            proved.append(Proved(1, "claim", stride, dilation))
    return Proof("", _free(setting), tuple(proved)).scope


def _free(setting: Setting) -> tuple[str, ...]:
    """The symbols that a proof covers all values of."""
    sizes = {s.name for size in setting.sizes.values() for s in size.free_symbols}
    return tuple(sorted(sizes - {size.name for size in _steps(setting) if size.is_Symbol}))


def _islpy() -> Any:
    try:
        import islpy
    except ImportError:
        raise MissingExtraError(
            "a proof needs islpy, which is not installed: pip install 'symconv[prove]'"
        ) from None
    return islpy


def _steps(setting: Setting) -> tuple[Expr, Expr]:
    return setting.sizes["stride"], setting.sizes["dilation"]


def _fixed(setting: Setting, stride: int, dilation: int) -> tuple[Setting, dict[Symbol, Integer]]:
    """The setting with numbers for stride and dilation, and what to put for their symbols."""
    numbers = {
        size: Integer(value)
        for size, value in zip(_steps(setting), (stride, dilation), strict=True)
        if size.is_Symbol
    }
    sizes = {name: size.xreplace(numbers) for name, size in setting.sizes.items()}
    sizes = {name: int(size) if size.is_Integer else size for name, size in sizes.items()}
    return replace(setting, axis=replace(setting.axis, **sizes)), numbers


def _difference(
    isl: Any, setting: Setting, sides: Sequence[Expr], roles: Sequence[str], *, extended: bool = False
) -> str:
    """Sizes and indices where two sides differ, or nothing when they are equal for all.

    With ``extended``, what the second side reads outside a sequence is 0.
    """
    kept = [setting.index(role) for role in roles]
    facts = given(setting, roles)
    reader = Reader(setting)
    try:
        pieces = [reader.pieces(side) for side in sides]
        if extended:
            pieces[1] = [reader.inside(piece) for piece in pieces[1]]
        first, second = ([_map(isl, setting, p, kept, facts) for p in side] for side in pieces)
    except NotAffineError as error:
        return f"nothing can be decided ({error})"
    for maps in (first, second):
        for at, (name, one, single) in enumerate(maps):
            if not single:
                return f"a product of {name} may occur twice"
            if any(name == other and not one.is_disjoint(two) for other, two, _ in maps[:at]):
                return f"a product of {name} occurs twice"
    for name in sorted({name for name, _, _ in (*first, *second)}):
        ones = [one for other, one, _ in first if other == name]
        twos = [two for other, two, _ in second if other == name]
        space = (ones + twos)[0].get_space()
        empty = isl.Map.empty(space)
        left, right = empty, empty
        for one in ones:
            left = left.union(one)
        for two in twos:
            right = right.union(two)
        gap = left.subtract(right).union(right.subtract(left))
        if not gap.is_empty():
            return _sample(gap, kept)
    return ""


def _map(
    isl: Any, setting: Setting, piece: Piece, kept: Sequence[Symbol], facts: Sequence[str]
) -> tuple[str, Any, bool]:
    """What is multiplied, the map to its indices, and whether no product occurs twice.

    A sum of ones has no entries: there the summation index itself is what counts.
    """
    letters = {s.name for size in setting.sizes.values() for s in size.free_symbols}
    letters |= {setting.m.name} if setting.m.is_Symbol else set()
    head = f"[{', '.join(sorted(letters))}] -> "
    source = ", ".join(map(symbol_name, kept))
    bound = [symbol_name(s) for s in piece.bound]
    where = [*facts, *(text for condition in piece.conditions for text in constraints(condition))]
    entries = sorted(piece.entries, key=lambda entry: entry[0])
    name = " ".join(letter for letter, _ in entries)
    indices = [index for _, places in entries for index in places]
    targets = [f"t{n}" for n in range(len(indices))]
    for condition in between(indices):
        broken = isl.Set(
            f"{head}{{ [{', '.join(bound)}] : exists {source or '_'} : {' and '.join([*where, condition])} }}"
        )
        if not broken.is_empty():
            raise NotAffineError("an index may lie between two entries")
    where += [f"{target} = {affine(index)}" for target, index in zip(targets, indices, strict=True)]
    joined = ", ".join([*([source] if source else []), *targets])
    full = isl.Map(f"{head}{{ [{joined}] -> [{', '.join(bound)}] : {' and '.join(where)} }}")
    if entries or full.is_single_valued():
        exists = f"exists {', '.join(bound)} : " if bound else ""
        text = f"{head}{{ [{source}] -> [{', '.join(targets)}] : {exists}({' and '.join(where)}) }}"
        return name or "ones", isl.Map(text), bool(full.is_single_valued())
    text = f"{head}{{ [{source}] -> [{', '.join(bound)}] : {' and '.join(where)} }}"
    return "ones counted", isl.Map(text), True


def _sample(gap: Any, kept: Sequence[Symbol]) -> str:
    """Sizes and indices of one point of a difference."""
    point = gap.domain().sample_point()
    space = point.get_space()
    import islpy as isl

    kinds = [
        (isl.dim_type.param, space.dim(isl.dim_type.param)),
        (isl.dim_type.set, space.dim(isl.dim_type.set)),
    ]
    shown = []
    for kind, total in kinds:
        for at in range(total):
            name = space.get_dim_name(kind, at) if kind == isl.dim_type.param else kept[at].name
            shown.append(f"{name} = {point.get_coordinate_val(kind, at)}")
    return ", ".join(shown) or "everywhere"
