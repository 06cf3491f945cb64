"""Small pieces of HTML and Markdown by which results show themselves in a notebook."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

#: Cells in columns of text begin at the left; a notebook has them at the right.
_LEFT = ' style="text-align: left"'


def maths(latex: str) -> str:
    """A formula in a line of HTML, which a notebook typesets.

    >>> maths("a < b")
    '$a &lt; b$'
    """
    return f"${escape(latex, quote=False)}$"


def words(text: str) -> str:
    """Text whose every character stands for itself, and whose lines stay lines.

    >>> words("a < b\\nc")
    'a &lt; b<br>c'
    """
    return "<br>".join(escape(line).replace("$", "&#36;") for line in text.splitlines())


def as_printed(item: object) -> str:
    """What an item prints as, in letters of one width.

    >>> as_printed(3)
    '<pre>3</pre>'
    """
    return f"<pre>{escape(str(item))}</pre>"


def paragraph(html: str) -> str:
    """A paragraph of what is HTML already."""
    return f"<p>{html}</p>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already.

    >>> table(["size"], [["3"]]).count("<tr>")
    2
    """

    def row(cells: Sequence[str], kind: str) -> str:
        return "<tr>" + "".join(f"<{kind}{_LEFT}>{cell}</{kind}>" for cell in cells) + "</tr>"

    body = "\n".join(row(cells, "td") for cells in rows)
    return f"<table>\n<thead>{row(head, 'th')}</thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def data(svg: str) -> str:
    """An address that contains a picture itself.

    >>> data("<svg/>")
    'data:image/svg+xml;base64,PHN2Zy8+'
    """
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
