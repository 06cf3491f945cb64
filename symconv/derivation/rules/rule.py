"""The rules of a derivation, each with a sentence for the reader and a side condition."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

from sympy import Expr, Indexed, Symbol, expand, together

from symconv.derivation.inequalities import never_negative
from symconv.errors import SymconvError
from symconv.index_sums.nodes import Bound, Divides, Equal, IndexSum, Nested, Partial, Within
from symconv.index_sums.symbols import LayerSymbols

_Found = TypeVar("_Found")


class RuleError(SymconvError):
    """A rule was applied where its side condition does not hold."""


@dataclass(frozen=True)
class Rule(ABC):
    """A rewriting of an index sum that keeps its value.

    ``name`` is what stands beside the step, ``reason`` tells the reader why it holds.
    """

    name: ClassVar[str]
    reason: ClassVar[str]

    def sentence(self) -> str:
        """What the reader is told."""
        return self.reason

    @abstractmethod
    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        """The sum rewritten, or a :class:`RuleError` where the side condition fails."""

    def require(self, found: _Found | None, objection: str) -> _Found:
        """What the side condition asks for, unless it is missing or false."""
        if not found:
            raise RuleError(f"{self.name} cannot be applied: {objection}.")
        return found

    def require_unused(self, terms: IndexSum, bounds: Iterable[Bound]) -> None:
        """Refuse to sum over an index that the sum uses already, bound or open."""
        used = {bound.index for bound in terms.bounds}
        used = used.union(*(f.free_symbols for f in terms.factors if isinstance(f, Expr)))
        clash = sorted(used & {bound.index for bound in bounds}, key=str)
        self.require(not clash, f"the index {next(iter(clash), '')} is in use")


@dataclass(frozen=True)
class Define(Rule):
    """An entry gives way to the sum that it stands for."""

    entry: Expr
    meaning: IndexSum
    words: str
    name = "definition"
    reason = "Insert the definition."

    def sentence(self) -> str:
        return self.words

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        self.require(self.entry in terms.factors, f"{self.entry} is not a factor")
        one_sum = self.meaning.addend == 0 or len(terms.factors) == 1
        self.require(one_sum, f"{self.entry} stands for more than one sum and is multiplied")
        self.require_unused(terms, self.meaning.bounds)
        rest = tuple(factor for factor in terms.factors if factor != self.entry)
        return replace(
            terms,
            bounds=terms.bounds + self.meaning.bounds,
            conditions=terms.conditions + self.meaning.conditions,
            factors=rest + self.meaning.factors,
            addend=terms.addend + self.meaning.addend,
        )


@dataclass(frozen=True)
class ChainRule(Rule):
    """``dL/d(by)`` is the sum, over what the loss depends on, of its derivatives times theirs by ``by``."""

    bounds: tuple[Bound, ...]
    gradient: tuple[Expr, ...]
    inner: Expr
    words: str
    name = "chain rule"
    reason = "Sum over everything through which the loss depends on the entry."

    def sentence(self) -> str:
        return self.words

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        (factor, *more) = terms.factors
        alone = not more and isinstance(factor, Partial) and factor.args[0] == setting.loss
        self.require(alone, "there is no derivative of the loss alone")
        self.require_unused(terms, self.bounds)
        factors = (*self.gradient, self.inner)
        summed = {symbol for factor in factors for symbol in factor.free_symbols}
        self.require({b.index for b in self.bounds} <= summed, "a summation index is in no factor")
        return IndexSum(self.bounds, (), factors)


@dataclass(frozen=True)
class InsertDefinition(Rule):
    """``d y_i`` becomes the derivative of a sum that an earlier derivation found ``y_i`` to be."""

    inner: IndexSum
    of: str = "output"
    name = "substitution"
    reason = "Insert a line of an earlier derivation, renaming its indices where they are in use."

    def sentence(self) -> str:
        return (
            f"Insert a line of the derivation of the {self.of}, renaming its indices where they are in use."
        )

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        self.require_unused(terms, self.inner.bounds)
        self.require(any(isinstance(f, Partial) for f in terms.factors), "there is no derivative")
        nested = (Nested(self.inner, f.args[1]) if isinstance(f, Partial) else f for f in terms.factors)
        return replace(terms, factors=tuple(nested))


@dataclass(frozen=True)
class Linearity(Rule):
    """The derivative of a sum is the sum of derivatives; what does not depend on the entry stays outside."""

    name = "linearity"
    reason = "Differentiate term by term: in each term only one factor depends on the entry."

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        self.require(any(isinstance(f, Nested) for f in terms.factors), "there is no derivative of a sum")
        bounds, conditions, factors = list(terms.bounds), list(terms.conditions), []
        for factor in terms.factors:
            if not isinstance(factor, Nested):
                factors.append(factor)
                continue
            inner, by = factor.inner, factor.by
            depend = sum(_depends(f, by) for f in (*inner.factors, inner.addend))
            self.require(depend == 1, f"{depend} factors depend on the entry")
            if _depends(inner.addend, by):
                factors.append(Partial(inner.addend, by))
                continue
            bounds += inner.bounds
            conditions += inner.conditions
            factors += [Partial(f, by) if _depends(f, by) else f for f in inner.factors]
        return IndexSum(tuple(bounds), tuple(conditions), tuple(factors), terms.addend)


def _depends(expr: Expr | Nested, by: Expr) -> bool:
    base = by.base if isinstance(by, Indexed) else by
    return isinstance(expr, Expr) and bool(expr.has(base))


@dataclass(frozen=True)
class DerivativeOfEntry(Rule):
    """``d x_m / d x_j = [m = j]``, with an index that is summed over on the left."""

    name = "entry rule"
    reason = "dx_a/dx_b = [a = b], where [P] is 1 if P holds, else 0."

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        partials = [f for f in terms.factors if isinstance(f, Partial)]
        conditions, summed = list(terms.conditions), {bound.index for bound in terms.bounds}
        for of, by in (partial.args for partial in self.require(partials, "there is no derivative")):
            self.require(of.func is by.func, f"{of} and {by} are not entries of one sequence")
            if isinstance(of, Indexed):
                pairs = zip(of.indices, by.indices, strict=True)
                conditions += [Equal(m, n) if m in summed else Equal(n, m) for m, n in pairs]
        rest = tuple(f for f in terms.factors if not isinstance(f, Partial))
        return replace(terms, conditions=tuple(conditions), factors=rest)


@dataclass(frozen=True)
class Sift(Rule):
    """``sum_m [m = j] f(m) = f(j)`` where ``m`` runs over all values that ``j`` can have."""

    index: Symbol
    name = "sifting"
    reason = "[j = a] collapses the sum over j to its term at j = a."

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        bound = terms.bound(self.index)

        def in_range(place: Expr) -> bool:
            gaps = [*(place - low for low in bound.lowers), *(high - place for high in bound.uppers)]
            ends = (*bound.lowers, *bound.uppers)
            read = ends[0] == 0 and len(ends) == 2 and setting.reads_input(place, ends[1])
            return read or all(never_negative(gap, setting) for gap in gaps)

        equal = [c for c in terms.conditions if isinstance(c, Equal) and c.left == self.index]
        equal.sort(key=lambda c: not c.right.is_Symbol)  # an open index is simpler than a place
        fixing = next((c for c in equal if in_range(c.right)), None)
        condition = self.require(fixing, f"no bracket fixes {self.index} within its range")
        return terms.without(condition).replaced(self.index, condition.right)


@dataclass(frozen=True)
class Solve(Rule):
    """The relation solved for a summation index: with a divisibility condition unless its slope is ±1."""

    index: Symbol
    name = "solving"
    reason = "Solve the relation for one index. Only an integer solution within its range gives a term."

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        gaps = {c: c.left - c.right for c in terms.conditions if isinstance(c, Equal)}
        found = [c for c, gap in gaps.items() if gap.has(self.index)]
        self.require(found, f"no relation holds {self.index}")
        fixing = (c for c in found if not affine(gaps[c], self.index)[1].has(self.index))
        objection = f"the relation is not affine in {self.index}"
        relation = self.require(next(fixing, None), objection)
        coefficient, rest = affine(gaps[relation], self.index)
        self.require(coefficient.is_zero is False, objection)
        # coefficient * index + rest = 0, so with a positive divisor index = number / divisor.
        divisor, number = (-coefficient, rest) if coefficient.is_negative else (coefficient, expand(-rest))
        bound, solved = terms.bound(self.index), terms.without(relation)
        (low,), (high,) = bound.lowers, bound.uppers
        whole = (Divides(divisor, number),) if divisor != 1 else ()
        inside = Within(expand(divisor * low), number, expand(divisor * high))
        solved = replace(solved, conditions=(*solved.conditions, *whole, inside))
        return solved.replaced(self.index, together(number / divisor))


def affine(expr: Expr, index: Symbol) -> tuple[Expr, Expr]:
    """``(coefficient, rest)`` of an expression as a polynomial of degree 1 in an index."""
    expr = expand(expr)
    coefficient = expr.coeff(index, 1)
    return coefficient, expand(expr - coefficient * index)
