"""The rules of a derivation: each with a name, a sentence for the reader, and a side condition."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

from sympy import Expr, Indexed, Symbol, expand, together

from symconv.derivation.inequalities import never_negative
from symconv.errors import SymconvError
from symconv.index_sums.nodes import Condition, Divides, Equal, IndexSum, Nested, Partial, Within
from symconv.index_sums.symbols import LayerSymbols


class RuleError(SymconvError):
    """A rule was applied where its side condition does not hold."""


@dataclass(frozen=True)
class Rule(ABC):
    """A rewriting of an index sum that keeps its value.

    ``name`` is what stands beside the step, ``reason`` tells the reader why it holds.
    """

    name: ClassVar[str]
    reason: ClassVar[str]

    def __call__(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        """Test the side condition, then rewrite."""
        objection = self.objection(terms, setting)
        if objection:
            raise RuleError(f"{self.name} cannot be applied: {objection}.")
        return self.rewrite(terms, setting)

    def sentence(self) -> str:
        """What the reader is told."""
        return self.reason

    @abstractmethod
    def objection(self, terms: IndexSum, setting: LayerSymbols) -> str:
        """Why the side condition fails, or nothing."""

    @abstractmethod
    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        """The sum rewritten."""


def _find(terms: IndexSum, kind: type, what: str = "") -> str:
    return (
        "" if any(isinstance(f, kind) for f in (*terms.factors, *terms.conditions)) else f"there is no {what}"
    )


@dataclass(frozen=True)
class InsertDefinition(Rule):
    """``d y_i`` becomes the derivative of the sum that ``y_i`` stands for."""

    inner: IndexSum
    name: ClassVar[str] = "substitution"
    reason: ClassVar[str] = "The layer's definition is put in, summed over indices of its own."

    def objection(self, terms: IndexSum, setting: LayerSymbols) -> str:
        taken = {bound.index for bound in terms.bounds}
        for factor in terms.factors:
            taken |= factor.free_symbols if isinstance(factor, Expr) else set()
        clash = [bound.index for bound in self.inner.bounds if bound.index in taken]
        return f"the index {clash[0]} is in use" if clash else _find(terms, Partial, "derivative")

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        return replace(
            terms,
            factors=tuple(
                Nested(self.inner, f.args[1]) if isinstance(f, Partial) else f for f in terms.factors
            ),
        )


@dataclass(frozen=True)
class Linearity(Rule):
    """The derivative of a sum is the sum of derivatives; what does not depend on the entry stays outside."""

    name: ClassVar[str] = "linearity"
    reason: ClassVar[str] = (
        "The derivative of a sum is the sum of the derivatives, and only one factor depends on the entry."
    )

    def objection(self, terms: IndexSum, setting: LayerSymbols) -> str:
        for factor in terms.factors:
            if isinstance(factor, Nested):
                depend = [f for f in (*factor.inner.factors, factor.inner.addend) if _depends(f, factor.by)]
                if len(depend) != 1:
                    return f"{len(depend)} factors depend on the entry"
        return _find(terms, Nested, "derivative of a sum")

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        bounds, conditions, factors = list(terms.bounds), list(terms.conditions), []
        for factor in terms.factors:
            if isinstance(factor, Nested) and _depends(factor.inner.addend, factor.by):
                factors.append(Partial(factor.inner.addend, factor.by))
            elif isinstance(factor, Nested):
                bounds += factor.inner.bounds
                conditions += factor.inner.conditions
                factors += [
                    Partial(f, factor.by) if _depends(f, factor.by) else f for f in factor.inner.factors
                ]
            else:
                factors.append(factor)
        return IndexSum(tuple(bounds), tuple(conditions), tuple(factors), terms.addend)


def _depends(expr: Expr | Nested, by: Expr) -> bool:
    base = by.base if isinstance(by, Indexed) else by
    return isinstance(expr, Expr) and bool(expr.has(base))


@dataclass(frozen=True)
class DerivativeOfEntry(Rule):
    """``d x_m / d x_j = [m = j]``."""

    name: ClassVar[str] = "entry rule"
    reason: ClassVar[str] = (
        "An entry changes with itself only: its derivative is 1 at the same index and 0 elsewhere."
    )

    def objection(self, terms: IndexSum, setting: LayerSymbols) -> str:
        for factor in terms.factors:
            if isinstance(factor, Partial) and factor.args[0].func is not factor.args[1].func:
                return f"{factor.args[0]} and {factor.args[1]} are not entries of one sequence"
        return _find(terms, Partial, "derivative")

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        conditions, factors = list(terms.conditions), []
        for factor in terms.factors:
            if isinstance(factor, Partial):
                of, by = factor.args
                if isinstance(of, Indexed):
                    conditions += [Equal(m, n) for m, n in zip(of.indices, by.indices, strict=True)]
            else:
                factors.append(factor)
        return replace(terms, conditions=tuple(conditions), factors=tuple(factors))


@dataclass(frozen=True)
class Sift(Rule):
    """``sum_m [m = j] f(m) = f(j)`` where ``m`` runs over all values that ``j`` can have."""

    index: Symbol
    name: ClassVar[str] = "sifting"
    reason: ClassVar[str] = "A bracket that fixes a summation index leaves one term of its sum."

    def _fixing(self, terms: IndexSum, setting: LayerSymbols) -> Equal | None:
        """The bracket that puts the index at a place within its range."""
        bound = terms.bound(self.index)
        for condition in terms.conditions:
            if isinstance(condition, Equal) and condition.left == self.index:
                inside = [condition.right - low for low in bound.lowers]
                inside += [high - condition.right for high in bound.uppers]
                if all(never_negative(gap, setting) for gap in inside):
                    return condition
        return None

    def objection(self, terms: IndexSum, setting: LayerSymbols) -> str:
        return "" if self._fixing(terms, setting) else f"no bracket fixes {self.index} within its range"

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        condition = self._fixing(terms, setting)
        assert condition is not None
        left = tuple(c for c in terms.conditions if c != condition)
        return replace(terms, conditions=left).replaced(self.index, condition.right)


@dataclass(frozen=True)
class Solve(Rule):
    """The relation solved for a summation index: with a divisibility condition unless its slope is ±1."""

    index: Symbol
    name: ClassVar[str] = "solving"
    reason: ClassVar[str] = (
        "The relation fixes one index by the others; it must be whole and in its range, or there is no term."
    )

    def _relation(self, terms: IndexSum) -> Equal | None:
        """The first equation that is affine in the index, or the first that holds it at all."""
        found = [c for c in terms.conditions if isinstance(c, Equal) and (c.left - c.right).has(self.index)]
        fixing = (c for c in found if not affine(c.left - c.right, self.index)[1].has(self.index))
        return next(fixing, found[0] if found else None)

    def objection(self, terms: IndexSum, setting: LayerSymbols) -> str:
        relation = self._relation(terms)
        if relation is None:
            return f"no relation holds {self.index}"
        coefficient, rest = affine(relation.left - relation.right, self.index)
        if rest.has(self.index) or coefficient.is_zero is not False:
            return f"the relation is not affine in {self.index}"
        return ""

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        relation, bound = self._relation(terms), terms.bound(self.index)
        assert relation is not None
        coefficient, rest = affine(relation.left - relation.right, self.index)
        # coefficient * index + rest = 0, so with a positive divisor index = number / divisor.
        divisor, number = (-coefficient, rest) if coefficient.is_negative else (coefficient, expand(-rest))
        left: list[Condition] = [c for c in terms.conditions if c != relation]
        if divisor != 1:
            left.append(Divides(divisor, number))
        (low,), (high,) = bound.lowers, bound.uppers
        left.append(Within(expand(divisor * low), number, expand(divisor * high)))
        return replace(terms, conditions=tuple(left)).replaced(self.index, together(number / divisor))


def affine(expr: Expr, index: Symbol) -> tuple[Expr, Expr]:
    """``(coefficient, rest)`` of an expression as a polynomial of degree 1 in an index."""
    expr = expand(expr)
    coefficient = expr.coeff(index, 1)
    return coefficient, expand(expr - coefficient * index)
