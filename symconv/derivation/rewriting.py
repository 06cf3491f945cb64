"""A script: the lines of a derivation as they come, each rule working on the line before."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from sympy import Expr, S, Symbol

from symconv.derivation.inequalities import never_negative
from symconv.derivation.rules.limits import DropLimits, Groups, Limits, OneTerm
from symconv.derivation.rules.rule import Rule, RuleError, Solve, affine
from symconv.index_sums.nodes import Bound, Equal, IndexSum, UncheckedStep
from symconv.index_sums.symbols import LayerSymbols


class Script:
    """Lines as they come; each rule works on the line before."""

    def __init__(self, setting: LayerSymbols, axis: int = 0) -> None:
        self.setting = setting
        self.axis = axis
        self.lines: list[UncheckedStep] = []

    @property
    def terms(self) -> IndexSum:
        return self.lines[-1].terms

    def start(self, left: Expr, rule: Rule) -> None:
        """A first line, with a left side of its own, which the rule is applied to."""
        self._add(left, rule, IndexSum((), (), (left,)))

    def apply(self, *rules: Rule) -> None:
        """One line a rule."""
        for rule in rules:
            self._add(self.lines[-1].left, rule, self.terms)

    def attempt(self, *rules: Rule) -> bool:
        """A line for each rule that has something to do; whether there was one."""
        before = len(self.lines)
        for rule in rules:
            with suppress(RuleError):
                self.apply(rule)
        return len(self.lines) > before

    def _add(self, left: Expr, rule: Rule, terms: IndexSum) -> None:
        """Mark the bounds that never have an upper limit far below the lower one."""
        made = rule.rewrite(terms, self.setting)
        bounds = tuple(replace(bound, never_empty=self._never_empty(bound)) for bound in made.bounds)
        self.lines.append(UncheckedStep(left, replace(made, bounds=bounds), rule.name, rule.sentence()))

    def _never_empty(self, bound: Bound) -> bool:
        gaps = (high - low + 1 for high in bound.uppers for low in bound.lowers)
        return all(never_negative(gap, self.setting) for gap in gaps)

    def eliminate(self) -> None:
        """Each equation of the relation fixes a summation index; what is left of its range becomes limits."""
        while (index := self._solvable()) is not None:
            self.apply(Solve(index))
            self.attempt(DropLimits())
        self.attempt(Groups())
        for bound in self.terms.bounds:
            while self.attempt(Limits(bound.index)):
                pass
        self.attempt(DropLimits(), OneTerm())

    def _solvable(self) -> Symbol | None:
        """The index that the first equation is solved for.

        One with the coefficient 1 leaves no divisibility: the side that the relation gives, else the tap or
        the other side at dilation or stride 1. Where there is none, the other side is fixed, as texts do.
        """
        for condition in self.terms.conditions:
            if isinstance(condition, Equal):
                gap = condition.left - condition.right
                slopes = {b.index: affine(gap, b.index) for b in self.terms.bounds}
                fixed = [k for k, (slope, rest) in slopes.items() if slope != 0 and not rest.has(k)]
                if condition.left in fixed:
                    return condition.left
                if fixed:
                    return min(fixed, key=lambda k: (abs(slopes[k][0]) != 1, self.setting.is_tap(k)))
        return None


def bounds_of(setting: LayerSymbols, indices: Iterable[Symbol]) -> tuple[Bound, ...]:
    """Each index over its whole range."""
    return tuple(Bound(index, (S.Zero,), (setting.last(index),)) for index in indices)


def relation_of(
    setting: LayerSymbols, outputs: tuple[Symbol, ...], taps: tuple[Symbol, ...], inputs: tuple[Symbol, ...]
) -> tuple[Equal, ...]:
    """The relation between the indices of the three roles, as brackets."""
    pairs = setting.equations({"output": outputs, "tap": taps, "input": inputs})
    return tuple(Equal(left, right) for left, right in pairs)
