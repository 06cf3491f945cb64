"""Proofs for all sizes: both sides of a step multiply the same entries, decided by integer sets.

Each side is read as a polynomial in the entries whose coefficients depend on sizes and indices: a
coefficient is a piecewise affine expression of the kept indices and of the indices of the entries. With
numbers for stride and dilation islpy decides for all sizes at once where two of them differ.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from itertools import product
from typing import Any, TypeAlias

from sympy import Expr, Integer, Mod, Or, S, Symbol

from symconv.errors import MissingExtraError, SymconvError
from symconv.evidence.isl_constraints import Coordinates, NotAffineError, given
from symconv.evidence.isl_sets import Reader, Reads, Term
from symconv.evidence.report import Gap, Proof, Proved, Steps, per_axis
from symconv.evidence.tasks import mapped
from symconv.index_sums.nodes import UncheckedStep, sides
from symconv.index_sums.symbols import LayerSymbols, kept_indices

#: What a proof takes for a stride or dilation that is a symbol.
_FEW = (1, 2, 3)

#: What is asked for instead.
Asked: TypeAlias = Sequence[int] | None


#: A step: the layer at numbers for its strides and dilations, both sides, and the indices of the left one.
_Step: TypeAlias = tuple[LayerSymbols, Sequence[Expr], Sequence[Symbol]]


def prove(
    setting: LayerSymbols, name: str, lines: Sequence[UncheckedStep], strides: Asked, dilations: Asked,
    executor: Executor | None = None,
) -> Proof:  # fmt: skip
    """Decide every step at each choice of strides and dilations."""
    _islpy()
    every: list[_Step] = []
    chosen: list[tuple[Steps, Steps]] = []
    frozen: dict[Symbol, list[str]] = {size: [] for size in _frozen_sizes(setting)}
    for fixed, numbers, at_steps in _choices(setting, strides, dilations):
        chosen.append(at_steps)
        for size, tried in frozen.items():
            tried.append(str(numbers[size]))
        for at, line in enumerate(lines):
            both = [side.xreplace(numbers) for side in sides(lines, at)]
            every.append((fixed, both, kept_indices(setting, line.left)))
    found = []
    for number, gap in enumerate(mapped(_decided, every, executor)):
        choice, at = divmod(number, len(lines))
        said, refuted = (gap.explained(), gap.point is not None) if gap else ("", False)
        found.append(Proved(at + 1, lines[at].rule, *chosen[choice], said, "islpy", refuted))
    only = {size.name: tuple(dict.fromkeys(tried)) for size, tried in frozen.items()}
    return Proof(name, _free(setting), tuple(found), tuple(only.items()))


def _decided(step: _Step) -> Gap | None:
    return _difference(_islpy(), *step)


def agree(
    setting: LayerSymbols, right: Expr, candidate: Expr, kept: Sequence[Symbol], read: Reads
) -> str | Gap:
    """What a candidate is proved for, or why it is not: see :func:`symconv.evidence.proofs.agree`."""
    isl = _islpy()
    frozen = ", ".join(size.name for size in _frozen_sizes(setting))
    if frozen:
        return Gap(f"a proof needs a number for {frozen}, which is both a stride or dilation and a size")
    proved = []
    for fixed, numbers, (stride, dilation) in _choices(setting, None, None):
        both = [side.xreplace(numbers) for side in (right, candidate)]
        reads = [(around.at(numbers), index.xreplace(numbers)) for around, index in read]
        gap = _difference(isl, fixed, both, kept, reads, extended=True)
        if gap is not None:
            named = {str(symbol): int(value) for symbol, value in numbers.items() if value.is_Integer}
            point = None if gap.point is None else {**named, **gap.point}
            reason = gap.explained("the sides may differ")
            return Gap(f"for stride {per_axis(stride)}, dilation {per_axis(dilation)} {reason}", point)
        proved.append(Proved(1, "claim", stride, dilation))
    if not proved:
        return Gap("a proof covers strides and dilations up to 3, and no such layer exists")
    return Proof("", _free(setting), tuple(proved)).scope


def _choices(
    setting: LayerSymbols, strides: Asked, dilations: Asked
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
        stride, dilation = (tuple(map(int, fixed.of_axes(name))) for name in ("stride", "dilation"))
        letters = {setting.m_letter(at): size for at, size in enumerate(fixed.m)}
        yield fixed, {**numbers, **letters}, (stride, dilation)


def given_or_few(size: Expr) -> list[int]:
    """A stride or dilation that is a number, or the first few for a symbol; an error for one such as 2 r."""
    if size.is_Integer:
        return [int(size)]
    if size.is_Symbol:
        return list(_FEW)
    raise SymconvError(f"a proof needs a number or a single symbol for stride and dilation, not {size}.")


def _frozen_sizes(setting: LayerSymbols) -> list[Symbol]:
    """Strides and dilations that are sizes too; what paddings are made of is open as far as they are."""
    steps = {s for s in setting.of_axes("stride", "dilation") if s.is_Symbol}
    passed = ("stride", "dilation", "before", "after", "output_padding")
    others = [size for name, size in setting.sizes.items() if name.split()[0] not in passed]
    return sorted({s for size in others for s in size.free_symbols & steps}, key=lambda s: s.name)


def _free(setting: LayerSymbols) -> tuple[str, ...]:
    """The symbols that a proof covers all values of."""
    steps = setting.of_axes("stride", "dilation")
    return tuple(symbol.name for symbol in setting.symbols if symbol not in steps)


def _islpy() -> Any:
    try:
        import islpy
    except ImportError:
        raise MissingExtraError(
            "a proof needs islpy, which is not installed: pip install 'symconv[prove]'"
        ) from None
    return islpy


def _difference(
    isl: Any, setting: LayerSymbols, sides: Sequence[Expr], kept: Sequence[Symbol],
    reads: Reads = (), *, extended: bool = False,
) -> Gap | None:  # fmt: skip
    """Where two sides differ, or one of some more indices that are read is no integer.

    With ``extended``, what the second side reads outside a sequence is 0.
    """
    try:
        return _Decision(isl, setting, kept).gap(sides, extended, reads)
    except (NotAffineError, isl.Error) as error:
        return Gap(f"undecided, since {str(error).splitlines()[0]}")


class _Decision:
    """Whether two sides are equal wherever there is a layer, and at every kept index."""

    def __init__(self, isl: Any, setting: LayerSymbols, kept: Sequence[Symbol]) -> None:
        self.isl, self.setting, self.kept = isl, setting, list(kept)
        self.sizes = sorted({*setting.symbols, *setting.definitions}, key=lambda s: str(s.name))
        at = Coordinates(isl, self.sizes, self.kept)
        self.possible = at.within(at.everywhere, given(setting, kept))
        for size in setting.sizes.values():
            self.possible = self.possible.subtract(at.fractional(size))

    def gap(self, sides: Sequence[Expr], extended: bool, reads: Reads) -> Gap | None:
        totals: dict[str, Any] = {}
        reads = list(reads)
        for side, sign in zip(sides, (S.One, S.NegativeOne), strict=True):
            reader = Reader(self.setting)
            for term in reader.terms(side):
                if extended and sign == -1:
                    term = reader.inside(term)
                letters, found = self._coefficient(replace(term, coefficient=sign * term.coefficient))
                totals[letters] = totals[letters].union_add(found) if letters in totals else found
            reads += reader.read
        for around, index in reads:
            at, domain = self._domain(around)
            broken = domain.intersect(at.fractional(index))
            if not broken.is_empty():
                return Gap("an index may lie between two entries", self._least(broken))
        for _, total in sorted(totals.items()):
            differ = total.domain().subtract(total.zero_set())
            if not differ.is_empty():
                return Gap(point=self._least(differ))
        return None

    def _domain(self, term: Term) -> tuple[Coordinates, Any]:
        """Where there is a layer, and the conditions of a term hold."""
        at = Coordinates(self.isl, self.sizes, [*self.kept, *term.bound])
        possible = self.possible.add_dims(self.isl.dim_type.set, len(term.bound))
        return at, at.within(possible, term.conditions)

    def _coefficient(self, term: Term) -> tuple[str, Any]:
        """What a term multiplies, and how often, by the kept indices and the indices of the entries."""
        isl = self.isl
        wrapped, (term, guards) = term, term.unwrapped()
        if guards:
            plain = tuple(c for c in wrapped.conditions if not c.has(Mod))
            at, domain = self._domain(replace(wrapped, conditions=plain))
            if not domain.intersect(at.where(Or(*guards))).is_empty():
                raise NotAffineError("a position may lie further outside the input than the input is long")
        at, domain = self._domain(term)
        entries = sorted(term.entries, key=lambda entry: entry[0])
        letters = " ".join(letter for letter, _ in entries)
        places = [*self.kept, *(index for _, indices in entries for index in indices)]
        maps = (isl.Map.from_pw_aff(at.value(place)) for place in places)
        product = reduce(lambda a, b: a.flat_range_product(b), maps, isl.Map.from_domain(at.everywhere))
        products = product.intersect_domain(domain).reverse()
        number = term.coefficient
        if products.is_single_valued():
            if number.is_Rational:
                return letters, at.constant(products.domain(), number)
            where = isl.PwMultiAff.from_map(products)
            return letters, at.value(number).pullback_pw_multi_aff(where)
        if number.is_Rational:
            for dim in range(len(self.kept), products.dim(isl.dim_type.out)):
                count = self._count(products, dim)
                if count is not None:
                    return letters, count.scale_val(isl.Val(str(number)))
        raise NotAffineError(f"a product of {letters or 'ones'} may occur more than once")

    def _count(self, products: Any, dim: int) -> Any:
        """How many values an index has, if it fixes all others and runs without gaps."""
        isl = self.isl
        if not products.project_out(isl.dim_type.out, dim, 1).is_single_valued():
            return None
        after = products.dim(isl.dim_type.out) - dim - 1
        values = products.project_out(isl.dim_type.out, dim + 1, after).project_out(isl.dim_type.out, 0, dim)
        ends = values.lexmin_pw_multi_aff(), values.lexmax_pw_multi_aff()
        first, last = (end.get_pw_aff(0) for end in ends)
        up, down = isl.Map("{ [a] -> [b] : a <= b }"), isl.Map("{ [a] -> [b] : b <= a }")
        between = isl.Map.from_pw_aff(first).apply_range(up)
        between = between.intersect(isl.Map.from_pw_aff(last).apply_range(down))
        return last.sub(first).add_constant_val(isl.Val(1)) if between.is_equal(values) else None

    def _least(self, points: Any) -> dict[str, int]:
        """The sizes and kept indices of a point whose sum is the least."""
        isl = self.isl
        inner = points.dim(isl.dim_type.set) - len(self.kept)
        points = points.project_out(isl.dim_type.set, len(self.kept), inner)
        points = points.move_dims(isl.dim_type.set, 0, isl.dim_type.param, 0, len(self.sizes))
        names = [f"n{at}" for at in range(points.dim(isl.dim_type.set))]
        totalled = ", ".join([" + ".join(names) or "0", *names])
        graded = points.apply(isl.Map(f"{{ [{', '.join(names)}] -> [{totalled}] }}"))
        with suppress(isl.Error):
            graded = graded.lexmin()
        found = graded.sample_point()
        places = (found.get_coordinate_val(isl.dim_type.set, at + 1).to_python() for at in range(len(names)))
        return {s.name: int(place) for s, place in zip([*self.sizes, *self.kept], places, strict=True)}
