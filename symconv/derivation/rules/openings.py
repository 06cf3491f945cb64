"""Rules that a derivation opens with: definitions, and the chain rule."""

from dataclasses import dataclass, replace
from typing import ClassVar

from sympy import Expr, S, Symbol

from symconv.derivation.rules.rule import Rule
from symconv.index_sums.nodes import Bound, IndexSum, Partial
from symconv.index_sums.symbols import LayerSymbols


@dataclass(frozen=True)
class Define(Rule):
    """An entry gives way to the sum that it stands for."""

    entry: Expr
    meaning: IndexSum
    words: str
    name: ClassVar[str] = "definition"
    reason: ClassVar[str] = "An entry gives way to what it is defined as."

    def sentence(self) -> str:
        return self.words

    def objection(self, terms: IndexSum, setting: LayerSymbols) -> str:
        if self.entry not in terms.factors:
            return f"{self.entry} is not a factor"
        if self.meaning.addend != 0 and len(terms.factors) > 1:
            return f"{self.entry} stands for more than one sum and is multiplied"
        clash = _indices(terms) & {bound.index for bound in self.meaning.bounds}
        return f"the index {min(clash, key=str)} is in use" if clash else ""

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
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
    name: ClassVar[str] = "chain rule"
    reason: ClassVar[str] = "The loss depends on the entry through everything that depends on it."

    def sentence(self) -> str:
        return self.words

    def objection(self, terms: IndexSum, setting: LayerSymbols) -> str:
        (factor, *more) = terms.factors
        if more or not isinstance(factor, Partial) or factor.args[0] != setting.loss:
            return "there is no derivative of the loss alone"
        clash = _indices(terms) & {bound.index for bound in self.bounds}
        if clash:
            return f"the index {min(clash, key=str)} is in use"
        open_ones = {bound.index for bound in self.bounds}
        summed = self.inner.free_symbols | {s for part in self.gradient for s in part.free_symbols}
        return "" if open_ones <= summed else "a summation index is in no factor"

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        return IndexSum(self.bounds, (), (*self.gradient, self.inner), S.Zero)


def _indices(terms: IndexSum) -> set[Symbol]:
    """The symbols that a sum uses, bound or open."""
    used = {bound.index for bound in terms.bounds}
    for factor in terms.factors:
        used |= factor.free_symbols if isinstance(factor, Expr) else set()
    return used
