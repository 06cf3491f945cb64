"""Rules that a derivation opens with: definitions, and the chain rule."""

from dataclasses import dataclass, replace
from typing import ClassVar

from sympy import Expr

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
    name: ClassVar[str] = "chain rule"
    reason: ClassVar[str] = "The loss depends on the entry through everything that depends on it."

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
