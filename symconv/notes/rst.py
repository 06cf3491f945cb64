"""Notes as reStructuredText; pictures are files beside it."""

import re
from collections.abc import Callable
from unicodedata import east_asian_width

from symconv.notes.model import Manuscript, Maths, Picture, Table, Words
from symconv.printing.targets import as_latex

_SPECIAL = re.compile(r"([\\`*_|<>\[\]:]|^[^\w\s])")
_LINES = "=-~^"


def escaped(text: str) -> str:
    """Words whose every character stands for itself.

    >>> escaped("a*b")
    'a\\\\*b'
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split("\n")))


def sentence(words: Words) -> str:
    """Words escaped, mathematics in the role of that name, parted from words by an escaped space."""
    return "".join(
        f"\\ :math:`{part.latex}`\\ " if isinstance(part, Maths) else escaped(part) for part in words
    )


def source(document: Manuscript, picture: Callable[[Picture], str], labels: str) -> str:
    """The whole file; ``picture`` gives the name of a picture's file, ``labels`` begins each label.

    The value of an option, as what is seen in a figure, is read as it stands.
    """
    parts = [_underlined(escaped(document.title), 0)]
    parts += document.render(
        heading=lambda b: _underlined(sentence(b.words), b.level),
        prose=lambda b: sentence(b.words),
        display=lambda b: f".. math::\n   :label: {labels}-{b.label}\n\n{_indented(as_latex(b.item))}",
        points=lambda b: "\n".join(f"- **{sentence(a)}**: {sentence(t)}" for a, t in b.points),
        table=_table,
        algorithm=lambda b: (
            f"{sentence(b.caption)}\n\n.. code-block:: python\n\n{_indented(b.listing.source.rstrip())}"
        ),
        picture=lambda b: f".. figure:: {picture(b)}\n   :alt: {b.figure.alt}\n\n   {sentence(b.caption)}",
    )
    return "\n\n".join(parts) + "\n"


def _underlined(title: str, level: int) -> str:
    """A line of punctuation as long as the title, in which some letters are two wide."""
    width = sum(1 + (east_asian_width(sign) in "WF") for sign in title)
    return f"{title}\n{_LINES[level] * width}"


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" if line.strip() else "" for line in text.split("\n"))


def _table(block: Table) -> str:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (block.head, *block.rows):
        for at, cell in enumerate(row):
            lines.append(f"   {'*' if at == 0 else ' '} - {sentence(cell)}".rstrip())
    return "\n".join(lines)
