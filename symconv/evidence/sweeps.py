"""Sweeps: assignments of numbers to the symbols of a layer, in parts that any executor can work on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import NamedTuple, TypeAlias, TypeVar

from symconv.evidence.cases import Grid, NumericModel
from symconv.evidence.spans import Assignment
from symconv.evidence.tasks import mapped, parts
from symconv.evidence.trials import FEWEST_PRODUCTS_AT_ONCE, MOST_PRODUCTS_AT_ONCE, portions
from symconv.index_sums.symbols import LayerSymbols

#: So many assignments has the first part, since what is wrong is mostly wrong on small numbers; each further
#: one has four times as many, up to the second number, or the third where there are several indices.
FIRST_PART, LARGEST_PART, LARGEST_OF_SEVERAL = 32, 1024, 256

_Answer = TypeVar("_Answer")

#: What is asked of the cases of a part, of so many at once.
Task: TypeAlias = Callable[[Iterable[Sequence[NumericModel]]], _Answer]


class Sweep(NamedTuple):
    """Assignments of a grid, and their number."""

    grid: Grid
    assignments: Iterable[Assignment]
    number: int

    @classmethod
    def over(cls, grid: Grid) -> Sweep:
        """All assignments of a grid, or all geometries where these are drawn."""
        if grid.drawn:
            return cls.listed(grid.setting, list(grid.sizes()))
        return cls(grid, grid.assignments(), len(grid))

    @classmethod
    def listed(cls, setting: LayerSymbols, every: Sequence[Assignment]) -> Sweep:
        """Some assignments of all symbols, in their order."""
        return cls(Grid(setting, {s.name: () for s in setting.symbols}), every, len(every))

    @property
    def sizes(self) -> list[int]:
        """How many assignments are in each part: the same, whoever works on them."""
        most = LARGEST_OF_SEVERAL if self.grid.setting.several else LARGEST_PART
        found, size, rest = [], FIRST_PART, self.number
        while rest > 0:
            found.append(min(size, rest))
            size, rest = min(4 * size, most), rest - size
        return found

    def answers(self, task: Task[_Answer], executor: Executor | None) -> Generator[_Answer, None, None]:
        """What is answered for the cases of each part, in order."""
        numbered = enumerate(parts(self.assignments, self.sizes))
        return mapped(partial(_answered, task, self.grid), numbered, executor)


def _answered(task: Task[_Answer], grid: Grid, numbered: tuple[int, Sequence[Assignment]]) -> _Answer:
    number, part = numbered
    return task(portions(grid.models(part), MOST_PRODUCTS_AT_ONCE if number else FEWEST_PRODUCTS_AT_ONCE))
