"""Rules on ranges: padding, limits, shifts and reversals of an index, counting, recognition."""

from dataclasses import dataclass, replace

from sympy import Expr, Indexed, Min, S, Symbol, ceiling, expand, floor, simplify, together

from symconv.derivation.inequalities import never_negative
from symconv.derivation.rules.rule import Rule, affine
from symconv.index_sums.nodes import (
    Bound,
    Condition,
    Convolution,
    Correlation,
    Equal,
    IndexSum,
    Overlap,
    Within,
)
from symconv.index_sums.symbols import LayerSymbols


@dataclass(frozen=True)
class SplitPadding(Rule):
    """The padded input is the input, moved by the padding: ``xpad_m = sum_j [j = m - p] x_j``.

    The ``inputs`` are new indices, one an axis; the padding mode says what stands beside the input.
    """

    inputs: tuple[Symbol, ...]
    kind: str = "zeros"
    name = "padding"
    reason = "The padded input is the input, shifted by the padding."

    def sentence(self) -> str:
        moved = "The padded input is the input, shifted by the padding"
        picked = "a bracket, which is 1 if its condition holds and else 0, picks the input"
        return {
            "none": f"Without padding, the padded input is the input itself: {picked} that is read.",
            "zeros": f"{moved}: {picked} that is read. The zeros around it contribute nothing.",
            "passed by": f"{moved}: {picked} that is read. Nothing in the padding is selected.",
            "folded": f"{moved}: {picked} that the padding mode says is read.",
        }[self.kind]

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        padded = [f for f in terms.factors if isinstance(f, Indexed) and f.base == setting.padded]
        (factor,) = self.require(padded, "there is no padded input")
        bounds = tuple(Bound(index, (S.Zero,), (setting.last(index),)) for index in self.inputs)
        self.require_unused(terms, bounds)
        channels, places = factor.indices[: -len(self.inputs)], setting.unpadded(factor)[0]
        relation = map(Equal, self.inputs, places[-len(self.inputs) :])
        entry = setting.sequence("input")[(*channels, *self.inputs)]
        return replace(
            terms,
            bounds=terms.bounds + bounds,
            conditions=(*terms.conditions, *relation),
            factors=tuple(entry if f == factor else f for f in terms.factors),
        )


@dataclass(frozen=True)
class Groups(Rule):
    """``0 <= C - r floor(o / q) <= r - 1`` says that output channel ``o`` is in the group of ``C``."""

    name = "groups"
    reason = "An input channel is connected only to the output channels of its own group."

    def _found(self, terms: IndexSum) -> tuple[Within, floor, Symbol, Expr, Expr] | None:
        """The condition, its floor ``floor(o / q)``, ``o``, ``q`` and ``r``."""
        bound = {b.index for b in terms.bounds}
        for condition in terms.conditions:
            if isinstance(condition, Within) and condition.first == 0:
                for part in condition.value.atoms(floor):
                    size = -condition.value.coeff(part)
                    for index in part.free_symbols & bound:
                        if expand(condition.last - size + 1) == 0 and not (part.args[0] / index).has(index):
                            return condition, part, index, index / part.args[0], size
        return None

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        found = self.require(self._found(terms), "no condition holds a group")
        condition, part, index, outputs, inputs = found
        channel = condition.value + inputs * part
        known = channel.is_Symbol and setting.is_index(channel)
        self.require(known, f"{channel} is no input channel")
        last, bound = setting.last(index), terms.bound(index)
        groups = together((last + 1) / outputs)
        same = expand(together((setting.last(channel) + 1) / inputs) - groups) == 0
        whole = bound.lowers == (0,) and bound.uppers == (last,)
        self.require(same and whole, "inputs and outputs have no groups in common")
        group = floor(channel / inputs)
        own = Bound(index, (expand(outputs * group),), (expand(outputs * group + outputs - 1),))
        factors = tuple(f.xreplace({part: group}) if isinstance(f, Expr) else f for f in terms.factors)
        return replace(terms.without(condition).bounded(own), factors=factors)


@dataclass(frozen=True)
class Reverse(Rule):
    """``sum_{k=0}^{u} f(k) = sum_{k=0}^{u} f(u - k)``."""

    index: Symbol
    name = "reversal"
    reason = "The terms may be summed in reverse order."

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        bound = terms.bound(self.index)
        from_zero = bound.lowers == (0,) and len(bound.uppers) == 1
        self.require(from_zero, f"{self.index} does not run from 0")
        turned = terms.replaced(self.index, bound.uppers[0] - self.index)
        return replace(turned, bounds=terms.bounds)


@dataclass(frozen=True)
class Shift(Rule):
    """``sum_{i=l}^{u} f(i) = sum_{i=0}^{u-l} f(i + l)``."""

    index: Symbol
    name = "shift"
    reason = "Shift the summation index so that it starts at 0."

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        bound = terms.bound(self.index)
        one = len(bound.lowers) == len(bound.uppers) == 1
        self.require(one, f"{self.index} has more than one limit on a side")
        (low,), (high,) = bound.lowers, bound.uppers
        moved = replace(bound, lowers=(S.Zero,), uppers=(expand(high - low),))
        return replace(terms.replaced(self.index, self.index + low), bounds=terms.bounded(moved).bounds)


@dataclass(frozen=True)
class Limits(Rule):
    """``[l <= q k + r <= u]`` becomes limits of k: a ceiling below and a floor above."""

    index: Symbol
    name = "limits"
    reason = "Solving a condition for the summation index gives a lower and an upper limit."

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        found = (c for c in terms.conditions if isinstance(c, Within) and c.value.has(self.index))
        condition = self.require(next(found, None), f"no condition bounds {self.index}")
        slope, rest = affine(condition.value, self.index)
        is_affine = not rest.has(self.index) and (slope.is_positive or slope.is_negative)
        self.require(is_affine, f"the condition is not affine in {self.index}")
        bound, first, last = terms.bound(self.index), condition.first - rest, condition.last - rest
        if slope.is_negative:
            slope, first, last = -slope, -last, -first
        low, high = (together(expand(end) / slope) for end in (first, last))
        lowers, uppers = (*bound.lowers, ceiling(low)), (*bound.uppers, floor(high))
        tightened = replace(bound, lowers=lowers, uppers=uppers)
        return terms.without(condition).bounded(tightened)


@dataclass(frozen=True)
class DropLimits(Rule):
    """Conditions and limits that hold for every index in its range are left out."""

    name = "always true"
    reason = "Drop conditions and limits that always hold."

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        def always(condition: Condition) -> bool:
            if not isinstance(condition, Within):
                return False
            gaps = condition.value - condition.first, condition.last - condition.value
            inside = (never_negative(gap, setting) for gap in gaps)
            return setting.reads_input(condition.value, condition.last) or all(inside)

        bounds = tuple(_sparse(bound, setting) for bound in terms.bounds)
        made = replace(terms, bounds=bounds, conditions=tuple(c for c in terms.conditions if not always(c)))
        self.require(made != terms, "every condition can fail and every limit is met")
        return made


def _sparse(bound: Bound, setting: LayerSymbols) -> Bound:
    """A bound without the limits that another limit on the same side makes idle."""
    lowers, uppers = list(dict.fromkeys(bound.lowers)), list(dict.fromkeys(bound.uppers))
    for low in lowers[:]:
        if any(other != low and _at_most(low, other, setting) for other in lowers):
            lowers.remove(low)
    for high in uppers[:]:
        if any(other != high and _at_most(other, high, setting) for other in uppers):
            uppers.remove(high)
    return replace(bound, lowers=tuple(lowers), uppers=tuple(uppers))


def _at_most(small: Expr, large: Expr, setting: LayerSymbols) -> bool:
    """Whether ``small <= large`` for all indices can be seen.

    Rounding keeps an order that holds before it, but for a ceiling below a floor.
    """
    if isinstance(small, ceiling) and isinstance(large, floor):
        return False
    fractions = [e.args[0] if isinstance(e, ceiling | floor) else e for e in (small, large)]
    if any(fraction.has(ceiling, floor) for fraction in fractions):
        return False
    (below, q), (above, r) = (fraction.as_numer_denom() for fraction in fractions)
    return never_negative(above * q - below * r, setting)


@dataclass(frozen=True)
class OneTerm(Rule):
    """``sum_{k=a}^{a} f(k) = f(a)``."""

    name = "one term"
    reason = "A sum over a single value is its one term."

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        single = [b for b in terms.bounds if b.lowers == b.uppers and len(b.lowers) == 1]
        for bound in self.require(single, "every index has several values"):
            terms = terms.replaced(bound.index, bound.lowers[0])
        return terms


@dataclass(frozen=True)
class Count(Rule):
    """``sum_{o=0}^{u} 1 = u + 1``."""

    name = "counting"
    reason = "A sum of ones counts its terms."

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        ones = not terms.factors and not terms.conditions and len(terms.bounds) == 1
        self.require(ones, "the sum is not of ones over one index")
        (bound,) = terms.bounds
        self.require(bound.lowers == (0,), "the index does not run from 0")
        return IndexSum((), (), (Min(*bound.uppers) + 1,))


#: What the named operations are.
_DEFINITIONS = {
    Convolution: "For sequences x and w, convolution is (x * w)_i = sum_k w_k x_{i-k}.",
    Correlation: "For sequences x and w, cross-correlation is (x star w)_i = sum_k w_k x_{i+k}.",
}
_OUTSIDE = "Every sequence is 0 outside its range."
_UPSAMPLING = "Upsampling x by s puts s - 1 zeros between its entries: entry s i is x_i, all others are 0."


@dataclass(frozen=True)
class Recognise(Rule):
    """The sum is an entry of a named operation on two sequences."""

    overlap: Overlap
    is_called: str
    name = "named operation"
    reason = " ".join(_DEFINITIONS.values())

    def sentence(self) -> str:
        holes = any(factor != 1 for side in self.overlap.args[:2] for factor in side.args[1:])
        upsampled = f" {_UPSAMPLING}" if holes else ""
        return f"The sum is {self.is_called}. {_DEFINITIONS[type(self.overlap)]}{upsampled} {_OUTSIDE}"

    def rewrite(self, terms: IndexSum, setting: LayerSymbols) -> IndexSum:
        """The two entries of each product must lie where the operation multiplies them."""
        left, right, *at = self.overlap.args
        entries = {str(f.base.label): f.indices for f in terms.factors if isinstance(f, Indexed)}
        a, b = (entries.get(str(side.args[0].label)) for side in (left, right))
        a, b = (self.require(indices, "the sum is over other sequences") for indices in (a, b))
        alike = len(a) == len(b) == len(at) and len(terms.factors) == 2
        self.require(alike, "the entries have other indices than places")
        for p, q, wide, narrow, place in zip(a, b, left.args[1:], right.args[1:], at, strict=True):
            gap = expand(simplify(p * wide - self.overlap.sign * q * narrow - place))
            self.require(gap == 0, "it multiplies other entries")
        return IndexSum((), (), (self.overlap,), terms.addend)
