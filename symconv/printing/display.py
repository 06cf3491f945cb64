"""Displays as data: rows of equations and what stands beside and below them, for a target to lay out."""

from typing import NamedTuple, TypeAlias


class Grid(NamedTuple):
    """A matrix of rendered entries."""

    rows: tuple[tuple[str, ...], ...]


#: What stands beside other things.
Element: TypeAlias = str | Grid


class Beside(NamedTuple):
    """Rendered pieces next to each other, as a matrix and the vector that it acts on."""

    pieces: tuple[Element, ...]


#: A side of an equation. A newline in a string is a place where a long sum goes on in a new line.
Side: TypeAlias = str | Grid | Beside


class Row(NamedTuple):
    """One equation: a left side, and what it equals, one part after another.

    A step of a derivation bears its rule; where it starts no quantity of its own, its left side is empty and
    is that of the row above. Rendered lines stand below, such as the ranges of the indices.
    """

    left: Side
    parts: tuple[Side, ...]
    rule: str = ""
    below: tuple[str, ...] = ()


class Display(NamedTuple):
    """Equations one below the other; ``None`` is a line of dots, which belongs to the row above it.

    What was rendered elsewhere, as a function of the reader's own, has no rows and comes whole.
    """

    rows: tuple[Row | None, ...] = ()
    whole: str = ""
