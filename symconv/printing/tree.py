"""The parts of a formula as a tree, which any language of mathematics can be written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Sign:
    """Characters that stand together.

    Attributes
    ----------
    text : str
    kind : str
        "letter", "upright", "number", "name" as of a function, "large" as a sum, with its limits above and
        below, "integral", "binary", "relation", "open", "close", "punctuation", or "words".
    size : float
        The height of a bracket in ems; 0 for that of the letters.
    style : str
        What the command of the letters is called, such as "mathbf"; "" for none.
    """

    text: str
    kind: str
    size: float = 0.0
    style: str = ""


@dataclass(frozen=True)
class Row:
    """Parts next to each other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Scripts:
    """A base with its primes, and what stands below and above behind it."""

    base: Node
    below: Node | None = None
    above: Node | None = None
    primes: int = 0


@dataclass(frozen=True)
class Fraction:
    """A numerator over a denominator; without a ``line`` as in a binomial coefficient."""

    above: Node
    below: Node
    line: bool = True


@dataclass(frozen=True)
class Root:
    """A root, and its degree."""

    inside: Node
    degree: Node | None = None


@dataclass(frozen=True)
class Fence:
    """Brackets as high as what they hold; "" for none on a side."""

    opened: str
    inside: Node
    closed: str


@dataclass(frozen=True)
class Marked:
    """A mark on a letter, by the name of its command."""

    inside: Node
    mark: str


@dataclass(frozen=True)
class Coloured:
    """Parts in a colour."""

    inside: Node
    colour: str


@dataclass(frozen=True)
class Space:
    """An empty space, so many ems wide."""

    width: float


@dataclass(frozen=True)
class Table:
    """Rows of cells.

    Attributes
    ----------
    rows : tuple of tuple of nodes
    sides : str
        "l", "c" or "r" for each column; the last goes on.
    gaps : tuple of float
        The ems that stand above each row beyond those between any two.
    ruled : tuple of int
        The rows that have a rule above.
    aligned : bool
        Whether these are the lines of a display, in two columns that meet at a sign.
    """

    rows: tuple[tuple[Node, ...], ...]
    sides: str
    gaps: tuple[float, ...]
    ruled: tuple[int, ...] = ()
    aligned: bool = False


Node: TypeAlias = Sign | Row | Scripts | Fraction | Root | Fence | Marked | Coloured | Space | Table


def parts_of(node: Node) -> tuple[Node, ...]:
    """The parts of a row; of any other node itself alone."""
    return node.parts if isinstance(node, Row) else (node,)


def said(node: Any) -> str:
    """A formula in a line of text, for those who do not see it.

    >>> said(Row((Scripts(Sign("g", "letter"), Sign("j", "letter")), Sign("2", "number"))))
    'g _ j 2'
    """
    match node:
        case Sign():
            return node.text
        case Scripts():
            scripts = [
                f"{sign} {said(part)}" for sign, part in (("_", node.below), ("^", node.above)) if part
            ]
            return " ".join([said(node.base) + "'" * node.primes, *scripts])
        case Fraction():
            return f"{said(node.above)} over {said(node.below)}"
        case Fence():
            return f"{node.opened} {said(node.inside)} {node.closed}"
        case Row() | Table():
            parts = node.parts if isinstance(node, Row) else [cell for row in node.rows for cell in row]
            return " ".join(filter(None, map(said, parts)))
        case Space():
            return ""
    return said(node.inside)
