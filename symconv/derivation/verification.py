"""Steps put to the test: numbers in both sides, in a few cases or all over a grid."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, closing
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from symconv.evidence.cases import NumericModel
from symconv.evidence.report import Failure, StepReport, Verification
from symconv.evidence.sweeps import Sweep
from symconv.evidence.trials import MOST_PLACES, Side, Trial
from symconv.explicit.contraction import collector_paused
from symconv.index_sums.index_base import shift_index_base
from symconv.index_sums.nodes import UncheckedStep
from symconv.index_sums.symbols import LayerSymbols, kept_indices

#: Wraps the sizes of the parts of a sweep in a context that yields them one by one, as a progress bar does.
Progress: TypeAlias = Callable[[Any], AbstractContextManager[Iterable[Any]]]

#: So many values of the kept indices are tried in each of the cases of a first look.
QUICK_INDICES = 40

#: Pairs of an output and a tap that are looked at in each case of a layer with several indices: all of
#: them once for each value of the kept indices that is tried.
MOST_WORK, QUICK_WORK = 2_000_000, 4_000


class Tried(NamedTuple):
    """How many cases were tried, and where steps, counted from 0, fail first."""

    cases: int
    failures: dict[int, Failure]


class StepTrials:
    """The steps of a derivation, to be tried on cases."""

    def __init__(self, setting: LayerSymbols, lines: Sequence[UncheckedStep]) -> None:
        self._setting, self._lines = setting, lines

    @cached_property
    def sides(self) -> list[tuple[Side, Side]]:
        """What each line is about, and its right side."""
        pairs = ((line.left, line.terms.expr) for line in self._lines)
        sides = ([Side(self._setting, shift_index_base(e, self._setting)) for e in pair] for pair in pairs)
        return [(left, right) for left, right in sides]

    def on(self, cases: Iterable[Sequence[NumericModel]], most: int | None = None) -> Tried:
        """Some cases at once, then others, with at most so many values of the kept indices in each of them.

        There are fewer where several indices make much work.
        """
        setting = self._setting
        kept = [kept_indices(setting, line.left) for line in self._lines]
        work = MOST_WORK if most is None else QUICK_WORK

        def places(case: NumericModel) -> int:
            return max(1, work // case.geometry.work) if setting.several else most or MOST_PLACES

        failures: dict[int, Failure] = {}
        count = 0
        with collector_paused():
            for portion in cases:
                count += len(portion)
                trial = Trial(setting, portion, places)
                for at, line in enumerate(self._lines):
                    chained = at > 0 and self._lines[at - 1].left == line.left
                    before = self.sides[at - 1][1] if chained else self.sides[at][0]
                    after = self.sides[at][1]
                    found = trial.differences(kept[at], before, after) if at not in failures else iter(())
                    for case, index, old, new in islice(found, 1):
                        failures[at] = Failure(case.sizes, index, new, old)
        return Tried(count, failures)

    def over(self, sweep: Sweep, executor: Executor | None, progress: Progress) -> Tried:
        """On all cases of a sweep, part after part."""
        answers, whole = sweep.answers(self.on, executor), Tried(0, {})
        with closing(answers), progress(sweep.sizes) as shown:
            for _ in shown:
                found = next(answers)
                whole = Tried(whole.cases + found.cases, {**found.failures, **whole.failures})
        return whole

    def told(self, name: str, tried: Tried) -> Verification:
        """The report on a quantity, step by step."""
        steps = enumerate(self._lines)
        reports = (StepReport(at + 1, step.rule, tried.cases, tried.failures.get(at)) for at, step in steps)
        return Verification(name, tuple(reports))
