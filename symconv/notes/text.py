"""Notes as plain text."""

from symconv.notes.model import Manuscript, Table, plain
from symconv.printing.targets import as_text


def render(document: Manuscript) -> str:
    """The document as text: every equation as it prints in a terminal, pictures by what is seen on them."""
    parts = [_underlined(document.title, "=")]
    parts += document.render(
        heading=lambda b: _underlined(plain(b.words), "-"),
        prose=lambda b: plain(b.words),
        display=lambda b: as_text(b.item),
        points=lambda b: "\n".join(f"- {plain(about)}: {plain(told)}" for about, told in b.points),
        table=_table,
        algorithm=lambda b: f"{plain(b.caption)}\n\n{b.listing.source.rstrip()}",
        picture=lambda b: f"[{plain(b.caption)} {b.figure.alt}]",
    )
    return "\n\n".join(parts) + "\n"


def _underlined(title: str, line: str) -> str:
    return f"{title}\n{line * len(title)}"


def _table(table: Table) -> str:
    rows = [[plain(cell) for cell in row] for row in (table.head, *table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])
