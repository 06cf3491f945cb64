"""The document model as plain data: headings, prose, displays, lists, tables, listings, pictures, frames."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias, TypeVar

from symconv.figures import Drawing
from symconv.figures.scene import Staged
from symconv.printing.targets import Displayed

#: Rows of a table with more characters than this are long.
LONG = 70


class Figured(Protocol):
    """What prints as a picture, vector or pixels, and says in words what is seen."""

    @property
    def alt(self) -> str: ...

    def tikz(self, *, width: float = 12.0, height: float = 18.0) -> str: ...

    def svg(self) -> str: ...

    @property
    def drawing(self) -> Drawing: ...


class Moving(Protocol):
    """What prints as a picture that moves, and says in words what is seen."""

    @property
    def alt(self) -> str: ...

    def svg(self) -> str: ...


class Listed(Protocol):
    """An algorithm: its source, and how it is typeset."""

    @property
    def source(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def function(self) -> Callable[..., Any]: ...

    def latex(self) -> str: ...

    def math(self) -> str: ...


@dataclass(frozen=True)
class Maths:
    """A piece of a sentence that is mathematics."""

    latex: str
    text: str


class InCode(str):
    """Words that are said only beside Python code, which print does not show."""

    __slots__ = ()


class Section(str):
    """A reference to a section by its heading; print that numbers its sections has its number instead."""

    __slots__ = ()

    def __new__(cls, heading: str) -> Section:
        return super().__new__(cls, f"Section “{heading}”")


#: A sentence: words, which every format escapes, and mathematics, which it typesets.
Words: TypeAlias = tuple[str | Maths, ...]


@dataclass(frozen=True, kw_only=True)
class Placed:
    """What every block can say of its place in print.

    Attributes
    ----------
    beside : float
        How much larger than it is drawn a picture may be to the right of the block before it; 0 where it
        stands below.
    spare : int
        From 1 on: print leaves it out where there is no room, the highest numbers first.
    detail : bool
        Whether notes of one page go without it.
    brief : int
        What ``spare`` is in notes of one page.
    close : bool
        Whether print keeps it on the page of the block before it.
    """

    beside: float = 0.0
    spare: int = 0
    detail: bool = False
    brief: int = 0
    close: bool = False


@dataclass(frozen=True)
class Heading(Placed):
    """A section's title; ``apart`` where it begins a page in print."""

    words: Words
    level: int = 1
    apart: bool = False


@dataclass(frozen=True)
class Prose(Placed):
    """A paragraph; ``lead`` is what a document opens with, in italics."""

    words: Words
    lead: bool = False


@dataclass(frozen=True)
class Display(Placed):
    """An equation, formula or derivation on lines of its own.

    ``code`` is the Python expression that gives it, for formats that recompute, or nothing; ``label`` a name
    that is unique in the document, for formats that number equations; ``stepwise`` says that each line
    follows from the one before, for formats that reveal them one by one; ``short`` is what notes of one page
    show in its place.
    """

    item: Displayed
    code: str
    label: str
    stepwise: bool = False
    short: Displayed | None = None


@dataclass(frozen=True)
class Points(Placed):
    """A list, each point with what it is about."""

    points: tuple[tuple[Words, Words], ...]

    @property
    def ended(self) -> tuple[tuple[Words, Words], ...]:
        """The same with a full stop behind what each point is about."""
        return tuple(((*about, "."), told) for about, told in self.points)


@dataclass(frozen=True)
class Table(Placed):
    """Rows under a head; ``code`` gives it anew."""

    head: tuple[Words, ...]
    rows: tuple[tuple[Words, ...], ...]
    code: str = ""

    @property
    def broken(self) -> int | None:
        """The column whose cells print breaks into lines: the widest one where rows are long."""
        rows = (self.head, *self.rows)
        widths = [max(len(plain(row[at])) for row in rows) for at in range(len(self.head))]
        return widths.index(max(widths)) if sum(widths) > LONG else None


@dataclass(frozen=True)
class Algorithm(Placed):
    """A reference algorithm with what it computes."""

    caption: Words
    listing: Listed
    code: str


@dataclass(frozen=True)
class Picture(Placed):
    """A figure with its caption; ``name`` is unique in the document.

    ``motion`` is the same in motion, for formats that move.
    """

    caption: Words
    figure: Figured
    code: str
    name: str
    motion: Moving | None = None


Block: TypeAlias = Heading | Prose | Display | Points | Table | Algorithm | Picture


@dataclass(frozen=True)
class Built:
    """An equation that is built up: its left side, and lines of pieces, each with the step that shows it.

    ``then`` is another equation below it.
    """

    left: Maths
    lines: tuple[tuple[tuple[int, Maths], ...], ...]
    then: Built | None = None


@dataclass(frozen=True)
class Stacked:
    """``y = T x`` whose rows appear one by one.

    Attributes
    ----------
    left : tuple of Maths
        The entries of the result, or the letter of the matrix alone.
    rows : tuple of tuple of Maths
        The rows of the matrix; dots where some are left out.
    right : tuple of Maths
        The entries of what it acts on, or its letter.
    added : tuple of Maths
        What is added to each row; none without a bias.
    """

    left: tuple[Maths, ...]
    rows: tuple[tuple[Maths, ...], ...]
    right: tuple[Maths, ...] = ()
    added: tuple[Maths, ...] = ()


#: What stands on a frame.
Piece: TypeAlias = Prose | Display | Points | Table | Picture | Algorithm | Staged | Built | Stacked


@dataclass(frozen=True)
class Frame:
    """A frame.

    Attributes
    ----------
    title : str
        Plain words.
    rows : tuple of tuple of pieces
        From top to bottom; the pieces of a row stand side by side.
    opening : bool
        Whether it opens the slides: its title is large, and stands alone above the rest.
    breaks : bool
        Whether its last piece goes on on further frames where it is long.
    still : bool
        Whether what stands below its first paragraph stands at the same place on frames like it.
    """

    title: str
    rows: tuple[tuple[Piece, ...], ...]
    opening: bool = False
    breaks: bool = False
    still: bool = False


_Rendered = TypeVar("_Rendered")


@dataclass(frozen=True)
class Manuscript:
    """What a renderer turns into a file.

    Attributes
    ----------
    title : str
        Plain words, whoever wrote them: every format escapes them.
    blocks : tuple of blocks
    code : str
        The Python statements that the code of the blocks needs.
    pages : int
        So many pages, at the most, that print should take; 0 for any number.
    frames : tuple of Frame
        The slides; without them there is a frame for each thing to look at.
    numbered : bool
        Whether print numbers its sections, and the equations of a fragment.
    letters : tuple of Maths
        What is mathematics in the title, wherever it stands there as a word.
    """

    title: str
    blocks: tuple[Block, ...]
    code: str = ""
    pages: int = 0
    frames: tuple[Frame, ...] = ()
    numbered: bool = True
    letters: tuple[Maths, ...] = ()

    @property
    def headed(self) -> Words:
        """The title with its letters as mathematics."""
        known = {one.text: one for one in self.letters}
        words = re.split(rf"(?<!\w)({'|'.join(map(re.escape, known))})(?!\w)", self.title)
        return tuple(known.get(word, word) for word in words if word) if known else (self.title,)

    @property
    def referred(self) -> Manuscript:
        """The same with the numbers of sections in references to them, where print numbers them."""
        if not self.numbered:
            return self
        heads = [block for block in self.blocks if isinstance(block, Heading) and block.level == 1]
        numbers = {Section(plain(head.words)): f"Section {at}" for at, head in enumerate(heads, 1)}

        def told(block: Block) -> Block:
            if not isinstance(block, Prose):
                return block
            words = (numbers.get(p, p) if isinstance(p, Section) else p for p in block.words)
            return replace(block, words=tuple(words))

        return replace(self, blocks=tuple(map(told, self.blocks)))

    def render(self, **ways: Callable[[Any], _Rendered]) -> list[_Rendered]:
        """Each block in the way for its kind, such as ``heading=``."""
        return [ways[type(block).__name__.lower()](block) for block in self.blocks]


def plain(words: Words) -> str:
    """A sentence as plain text.

    >>> plain(("as ", Maths("y = T x", "y = T x"), "."))
    'as y = T x.'
    """
    return "".join(part if isinstance(part, str) else part.text for part in words)
