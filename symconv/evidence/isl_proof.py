"""Proofs for all sizes: both sides of a step multiply the same entries, decided by integer sets.

Each side is read as a map from the kept indices to the indices of the entries that it multiplies.
With numbers for stride and dilation these are sets of integers with floors and divisibility, whose
equality islpy decides for all sizes at once. Two sides are equal when their maps are, and when no
product occurs twice on either side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, TypeAlias

from sympy import Expr, Integer, Mod, S, Symbol

from symconv.errors import MissingExtraError, SymconvError
from symconv.evidence.isl_constraints import NotAffineError, between, constraints, floored, given
from symconv.evidence.isl_sets import Piece, Reader
from symconv.evidence.report import Proof, Proved, Steps, per_axis
from symconv.index_sums.nodes import UncheckedStep
from symconv.index_sums.symbols import LayerSymbols, kept_indices

#: What a proof takes for a stride or dilation that is a symbol.
_FEW = (1, 2, 3)


def prove(
    setting: LayerSymbols,
    name: str,
    lines: Sequence[UncheckedStep],
    strides: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
) -> Proof:
    """Decide every step at each choice of strides and dilations."""
    isl = _islpy()
    found = []
    frozen: dict[Symbol, list[str]] = {size: [] for size in _frozen_sizes(setting)}
    for fixed, numbers, at_steps in _choices(setting, strides, dilations):
        for size, tried in frozen.items():
            tried.append(str(numbers[size]))
        for at, line in enumerate(lines):
            chained = at > 0 and lines[at - 1].left == line.left
            before = lines[at - 1].terms.shown if chained else line.left
            sides = [side.xreplace(numbers) for side in (before, line.terms.shown)]
            gap = _difference(isl, fixed, sides, kept_indices(setting, line.left))
            found.append(Proved(at + 1, line.rule, *at_steps, _told(gap)))
    only = {size.name: tuple(dict.fromkeys(tried)) for size, tried in frozen.items()}
    return Proof(name, _free(setting), tuple(found), tuple(only.items()))


def agree(
    setting: LayerSymbols, right: Expr, candidate: Expr, kept: Sequence[Symbol]
) -> tuple[str, dict[str, int] | None]:
    """What a candidate is proved for, or why nothing is proved, with a point where it may differ.

    The candidate may read outside a sequence, where it is 0, but not between two entries. The first
    part begins with "for" when it is a proof.
    """
    isl = _islpy()
    frozen = ", ".join(size.name for size in _frozen_sizes(setting))
    if frozen:
        return f"a proof needs a number for {frozen}, which is a stride or dilation and a size too", None
    proved = []
    for fixed, numbers, (stride, dilation) in _choices(setting, None, None):
        sides = [side.xreplace(numbers) for side in (right, candidate)]
        gap = _difference(isl, fixed, sides, kept, extended=True)
        if gap is not None:
            named = {str(symbol): int(value) for symbol, value in numbers.items() if value.is_Integer}
            point = {**named, **gap} if isinstance(gap, dict) else None
            return f"at stride {per_axis(stride)} and dilation {per_axis(dilation)}, {_told(gap)}", point
        proved.append(Proved(1, "claim", stride, dilation))
    return Proof("", _free(setting), tuple(proved)).scope, None


def _choices(
    setting: LayerSymbols, strides: Sequence[int] | None, dilations: Sequence[int] | None
) -> Iterator[tuple[LayerSymbols, dict[Symbol, Expr], tuple[Steps, Steps]]]:
    """The setting at numbers for its strides and dilations, what to put for symbols, and the numbers."""
    wanted: dict[Symbol, Sequence[int]] = {}
    for name, asked in (("stride", strides), ("dilation", dilations)):
        for size in setting.of_axes(name):
            few = given_or_few(size)
            if not size.is_Integer:
                wanted.setdefault(size, few if asked is None else asked)
    for values in product(*wanted.values()):
        numbers: dict[Symbol, Expr] = {s: Integer(v) for s, v in zip(wanted, values, strict=True)}
        fixed = setting.at(numbers)
        if S.false in fixed.spec.conditions:
            continue
        steps = (
            tuple(int(s) for s in fixed.of_axes("stride")),
            tuple(int(d) for d in fixed.of_axes("dilation")),
        )
        letters = {setting.m_letter(at): size for at, size in enumerate(fixed.m)}
        yield fixed, {**numbers, **letters}, steps


def given_or_few(size: Expr) -> list[int]:
    """A stride or dilation that is a number, or the first few for one that is a symbol.

    Raises
    ------
    SymconvError
        When it is neither, as ``2*r``.
    """
    if size.is_Integer:
        return [int(size)]
    if size.is_Symbol:
        return list(_FEW)
    raise SymconvError(f"a proof needs a number or a single symbol for stride and dilation, not {size}.")


def _frozen_sizes(setting: LayerSymbols) -> list[Symbol]:
    """Strides and dilations that are sizes too; what paddings are made of is open as far as they are."""
    steps = {s for name in ("stride", "dilation") for s in setting.of_axes(name) if s.is_Symbol}
    passed = ("stride", "dilation", "before", "after", "output_padding")
    others = [size for name, size in setting.sizes.items() if name.split()[0] not in passed]
    return sorted({s for size in others for s in size.free_symbols & steps}, key=lambda s: s.name)


def _free(setting: LayerSymbols) -> tuple[str, ...]:
    """The symbols that a proof covers all values of."""
    steps = (*setting.of_axes("stride"), *setting.of_axes("dilation"))
    return tuple(symbol.name for symbol in setting.symbols if symbol not in steps)


def _islpy() -> Any:
    try:
        import islpy
    except ImportError:
        raise MissingExtraError(
            "a proof needs islpy, which is not installed: pip install 'symconv[prove]'"
        ) from None
    return islpy


#: Where two sides differ: nowhere, at sizes and indices by name, or why that cannot be decided.
Gap: TypeAlias = dict[str, int] | str | None


def _told(gap: Gap) -> str:
    """A difference in words; nothing when there is none."""
    if not isinstance(gap, dict):
        return gap or ""
    return f"differs at {', '.join(f'{name} = {value}' for name, value in gap.items()) or 'the given sizes'}"


def _difference(
    isl: Any, setting: LayerSymbols, sides: Sequence[Expr], kept: Sequence[Symbol], *, extended: bool = False
) -> Gap:
    """Where two sides differ. With ``extended``, what the second reads outside a sequence is 0."""
    reader = Reader(setting)
    names = _Names(setting, kept)
    try:
        facts = given(setting, kept)
        pieces = [reader.whole(side) for side in sides]
        if extended:
            pieces[1] = [reader.inside(piece) for piece in pieces[1]]
        maps = [
            (*_map(isl, names, piece, facts), sign * piece.weight)
            for sign, side in zip((1, -1), pieces, strict=True)
            for piece in side
        ]
        return _unequal(names, maps)
    except NotAffineError as error:
        return f"nothing can be decided: {error}"
    except isl.Error as error:
        return f"nothing can be decided: {str(error).splitlines()[0]}"


class _Names:
    """Names for integer sets that no symbol of a layer can clash with."""

    def __init__(self, setting: LayerSymbols, kept: Sequence[Symbol]) -> None:
        letters = {*setting.symbols, *setting.definitions}
        self.parameters = sorted(letters, key=lambda s: str(s.name))
        self.kept = list(kept)
        self.swap = {s: Symbol(f"p{n}", integer=True) for n, s in enumerate(self.parameters)}
        self.swap |= {s: Symbol(f"i{n}", integer=True) for n, s in enumerate(self.kept)}

    @property
    def head(self) -> str:
        return f"[{', '.join(self.swap[s].name for s in self.parameters)}] -> "

    @property
    def source(self) -> list[str]:
        return [self.swap[s].name for s in self.kept]

    def bound(self, piece: Piece) -> Piece:
        """A piece in these names."""
        swap = {**self.swap, **{s: Symbol(f"s{n}", integer=True) for n, s in enumerate(piece.bound)}}
        return Piece(
            tuple(swap[s] for s in piece.bound),
            tuple(condition.xreplace(swap) for condition in piece.conditions),
            tuple(
                (letter, tuple(index.xreplace(swap) for index in places)) for letter, places in piece.entries
            ),
            piece.weight,
        )


def _map(isl: Any, names: _Names, piece: Piece, facts: Sequence[Any]) -> tuple[str, Any]:
    """What is multiplied, and the map from kept indices to the indices of the entries.

    A sum of ones has no entries: there the summation index itself is what counts.
    """
    named = names.bound(piece)
    given_ = [text for fact in facts for text in constraints(fact.xreplace(names.swap))]
    piece, guards = named.unwrapped()
    for guard in guards:
        everything = ", ".join([*names.source, *(s.name for s in named.bound)])
        plain = [text for c in named.conditions if not c.has(Mod) for text in constraints(c)]
        broken = isl.Set(
            f"{names.head}{{ [{everything}] : {' and '.join([*given_, *plain, *constraints(guard)])} }}"
        )
        if not broken.is_empty():
            raise NotAffineError("a place may lie further outside the input than its size")
    bound = [s.name for s in piece.bound]
    where = [*given_, *(text for condition in piece.conditions for text in constraints(condition))]
    entries = sorted(piece.entries, key=lambda entry: entry[0])
    letters = " ".join(letter for letter, _ in entries)
    indices = [index for _, places in entries for index in places]
    targets = [f"t{n}" for n in range(len(indices))]
    for condition in between(indices):
        everything = ", ".join([*names.source, *bound])
        broken = isl.Set(f"{names.head}{{ [{everything}] : {' and '.join([*where, condition])} }}")
        if not broken.is_empty():
            raise NotAffineError("an index may lie between two entries")
    where += [f"{target} = {floored(index)}" for target, index in zip(targets, indices, strict=True)]
    inside = " and ".join(where)
    full = isl.Map(
        f"{names.head}{{ [{', '.join([*names.source, *targets])}] -> [{', '.join(bound)}] : {inside} }}"
    )
    if full.is_single_valued():
        exists = f"exists {', '.join(bound)} : " if bound else ""
        source = ", ".join(names.source)
        return letters or "ones", isl.Map(
            f"{names.head}{{ [{source}] -> [{', '.join(targets)}] : {exists}({inside}) }}"
        )
    if entries or len(bound) != 1 or piece.weight != 1:
        raise NotAffineError(f"a product of {letters or 'ones'} may occur more than once")
    return "ones counted", isl.Map(
        f"{names.head}{{ [{', '.join(names.source)}] -> [{bound[0]}] : {inside} }}"
    )


def _unequal(names: _Names, maps: Sequence[tuple[str, Any, int]]) -> dict[str, int] | None:
    """A point where the weights of some product do not add up to 0."""
    for kind in sorted({name for name, _, _ in maps}):
        parts: list[tuple[Any, int]] = []
        for name, one, weight in maps:
            if name != kind:
                continue
            rest, split = one, []
            for part, value in parts:
                split += [(part.subtract(one), value), (part.intersect(one), value + weight)]
                rest = rest.subtract(part)
            parts = [(part, value) for part, value in [*split, (rest, weight)] if not part.is_empty()]
        for part, value in parts:
            if value:
                return _point(names, part.domain().sample_point())
    return None


def _point(names: _Names, point: Any) -> dict[str, int]:
    """The sizes and kept indices of a point, by their own names."""
    import islpy as isl

    kinds = (isl.dim_type.param, names.parameters), (isl.dim_type.set, names.kept)
    return {
        str(symbol.name): int(point.get_coordinate_val(kind, at).to_python())
        for kind, symbols in kinds
        for at, symbol in enumerate(symbols)
    }
