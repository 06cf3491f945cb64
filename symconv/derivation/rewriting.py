"""A script: the lines of a derivation as they come, each rule working on the line before."""

from collections.abc import Iterable
from dataclasses import replace

from sympy import Expr, Symbol

from symconv.derivation.inequalities import never_negative
from symconv.derivation.rules.rule import Rule, RuleError
from symconv.index_sums.nodes import Bound, IndexSum, UncheckedStep
from symconv.index_sums.symbols import LayerSymbols


class Script:
    """Lines as they come; each rule works on the line before."""

    def __init__(self, setting: LayerSymbols, axis: int = 0) -> None:
        self.setting = setting
        self.axis = axis
        self.lines: list[UncheckedStep] = []

    def start(self, left: Expr, rule: Rule) -> None:
        """A first line, with a left side of its own, which the rule is applied to."""
        self._add(left, rule, IndexSum((), (), (left,)))

    def _add(self, left: Expr, rule: Rule, terms: IndexSum) -> None:
        made = _settled(rule(terms, self.setting), self.setting)
        self.lines.append(UncheckedStep(left, made, rule.name, rule.sentence()))

    def apply(self, *rules: Rule) -> None:
        """One line a rule."""
        for rule in rules:
            self._add(self.lines[-1].left, rule, self.lines[-1].terms)

    def attempt(self, *rules: Rule) -> None:
        """A line for each rule that has something to do."""
        for rule in rules:
            try:
                self.apply(rule)
            except RuleError:
                continue

    @property
    def terms(self) -> IndexSum:
        return self.lines[-1].terms


def _settled(terms: IndexSum, setting: LayerSymbols) -> IndexSum:
    """With the bounds marked that never have an upper limit far below the lower one."""

    def never_empty(bound: Bound) -> bool:
        return all(never_negative(u - low + 1, setting) for u in bound.uppers for low in bound.lowers)

    return replace(terms, bounds=tuple(replace(b, never_empty=never_empty(b)) for b in terms.bounds))


def bounds_of(setting: LayerSymbols, indices: Iterable[Symbol]) -> tuple[Bound, ...]:
    """Each index over its whole range."""
    spans = [setting.range(index) for index in indices]
    return tuple(Bound(span.index, (span.first,), (span.last,)) for span in spans)
