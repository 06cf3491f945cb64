"""Notes as plain text."""

from __future__ import annotations

from symconv.notes.model import (
    Algorithm,
    Display,
    Heading,
    Manuscript,
    Picture,
    Points,
    Prose,
    Table,
    plain,
)
from symconv.printing.targets import as_text


def render(document: Manuscript) -> str:
    """The document as text: every equation as it prints in a terminal, pictures by what is seen on them."""
    parts = [_underlined(document.title, "=")]
    parts += document.render(
        {
            Heading: lambda b: _underlined(plain(b.words), "-"),
            Prose: lambda b: plain(b.words),
            Display: lambda b: as_text(b.item),
            Points: lambda b: "\n".join(f"- {plain(about)}: {plain(told)}" for about, told in b.points),
            Table: _table,
            Algorithm: lambda b: f"{plain(b.caption)}\n\n{b.listing.source.rstrip()}",
            Picture: lambda b: f"[{plain(b.caption)} {b.figure.alt}]",
        }
    )
    return "\n\n".join(parts) + "\n"


def _underlined(title: str, line: str) -> str:
    return f"{title}\n{line * len(title)}"


def _table(table: Table) -> str:
    rows = [[plain(cell) for cell in row] for row in (table.head, *table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])
