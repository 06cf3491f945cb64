"""Displays cut short, so that a frame has room for them."""

from __future__ import annotations

from dataclasses import dataclass

from symconv.printing import display as data
from symconv.printing.display import Grid
from symconv.printing.target import MathsTarget
from symconv.printing.targets import Displayed

#: So many rows of matrices have room on a frame.
HIGH = 10


@dataclass(frozen=True)
class Short:
    """A display of its first equations, with dots for the others where they are too high for a frame."""

    item: Displayed
    most: int = 99

    def display(self, target: MathsTarget) -> data.Display:
        """The equations that there is room for."""
        whole = self.item.display(target)
        rows: list[data.Row | None] = []
        used = 0
        for row in whole.rows[: self.most]:
            grids = [part for part in row.parts if isinstance(part, Grid)] if row else []
            used += max((len(grid.rows) for grid in grids), default=1)
            if used > HIGH:
                return data.Display((*rows, None))
            rows.append(row)
        return data.Display(tuple(rows), whole.whole)
