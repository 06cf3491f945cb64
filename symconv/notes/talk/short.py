"""Displays cut short, so that a frame has room for them."""

from __future__ import annotations

from dataclasses import dataclass

from symconv.notes.model import Display
from symconv.printing import display as data
from symconv.printing.display import Beside, Grid
from symconv.printing.latex import Latex
from symconv.printing.target import MathsTarget
from symconv.printing.targets import Displayed

#: So many rows of matrices have room on a frame.
HIGH = 10


#: So many characters have room on a line of a frame.
WIDE = 70


def height(piece: object) -> int:
    """About how many lines a display takes on a frame; 0 for what is none."""
    if not isinstance(piece, Display):
        return 0
    latex = Latex()
    return sum(line.height for row in piece.item.display(latex).rows for line in latex.lines(row))


@dataclass(frozen=True)
class OnLine:
    """A display whose equations are each on one line where it has room."""

    item: Displayed

    def display(self, target: MathsTarget) -> data.Display:
        """The equations, their parts joined."""
        whole = self.item.display(target)
        return data.Display(tuple(_on_line(row, target) for row in whole.rows), whole.whole)


def _on_line(row: data.Row | None, target: MathsTarget) -> data.Row | None:
    if row is None or not all(isinstance(part, str) and "\n" not in part for part in row.parts):
        return row
    line = " = ".join(map(str, row.parts))
    return row._replace(parts=(line,)) if target.width(f"{row.left} = {line}") <= WIDE else row


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
            beside = (
                [part.pieces if isinstance(part, Beside) else (part,) for part in row.parts] if row else []
            )
            grids = [piece for pieces in beside for piece in pieces if isinstance(piece, Grid)]
            used += max((len(grid.rows) for grid in grids), default=1)
            if used > HIGH:
                return data.Display((*rows, None))
            rows.append(row)
        return data.Display(tuple(rows), whole.whole)
