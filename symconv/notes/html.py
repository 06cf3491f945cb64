"""Notes as one HTML file: mathematics by MathJax, pictures inside the file."""

import base64
import re

from markupsafe import Markup

from symconv.errors import OptionError
from symconv.notes.model import Manuscript, Maths, Picture, Points, Table, Words
from symconv.notes.shells import shell
from symconv.printing.targets import as_latex

#: Where MathJax is loaded from unless another place is named, such as a local copy.
MATHJAX = "https://cdn.jsdelivr.net/npm/mathjax@3.2.2/es5/tex-svg-full.js"

#: An algorithm typeset, and the Python that it is typeset from.
_ALGORITHM = Markup(
    '<p>{}</p>\n<div class="equation formula algorithm">\\[{}\\]</div>\n'
    "<details>\n<summary>In Python</summary>\n<pre><code>{}</code></pre>\n</details>"
)

#: What is said below the window in motion.
MOTION = "The window in motion, one position after the other."

_PLACE = re.compile(r"(https?://|/|\./|\.\./)?[A-Za-z0-9_.~@/-]+")


def page(document: Manuscript, mathjax: str = MATHJAX) -> str:
    """The whole file.

    Raises
    ------
    OptionError
        When ``mathjax`` is neither an address of the web nor a path.
    """
    if not isinstance(mathjax, str) or not _PLACE.fullmatch(mathjax):
        sentence = "{option} is {given!r}: write the address or the path of a MathJax file."
        raise OptionError(sentence, "mathjax", mathjax)
    blocks = document.render(
        heading=lambda b: Markup("<h{0}>{1}</h{0}>").format(b.level + 1, _sentence(b.words)),
        prose=lambda b: Markup('<p class="lead">{}</p>' if b.lead else "<p>{}</p>").format(
            _sentence(b.words)
        ),
        display=lambda b: Markup('<div class="equation formula" id="{}">\\[{}\\]</div>').format(
            b.label, as_latex(b.item)
        ),
        points=_points,
        table=_table,
        algorithm=lambda b: _ALGORITHM.format(
            _sentence(b.caption), b.listing.math(), b.listing.source.rstrip()
        ),
        picture=_picture,
    )
    return shell("page.html").render(title=document.title, mathjax=mathjax, blocks=blocks)


def _sentence(words: Words) -> Markup:
    """Words as they are, which MathJax leaves alone, and formulas, which it finds by their class."""
    formula = Markup('<span class="formula">\\({}\\)</span>')
    return Markup("").join(
        formula.format(p.latex) if isinstance(p, Maths) else Markup.escape(p) for p in words
    )


def _points(block: Points) -> Markup:
    row = Markup("<dt>{}</dt>\n<dd>{}</dd>")
    rows = (row.format(_sentence(about), _sentence(told)) for about, told in block.points)
    return Markup("<dl>\n{}\n</dl>").format(Markup("\n").join(rows))


def _table(block: Table) -> Markup:
    def row(cells: tuple[Words, ...], kind: str) -> Markup:
        cell = Markup(f"<{kind}>{{}}</{kind}>")
        return Markup("<tr>{}</tr>").format(Markup("").join(cell.format(_sentence(c)) for c in cells))

    lines = Markup("\n").join([row(block.head, "th"), *(row(cells, "td") for cells in block.rows)])
    return Markup("<table>\n{}\n</table>").format(lines)


def _picture(block: Picture) -> Markup:
    """The picture as data within the file, so that nothing has to be fetched."""
    figure = Markup('<figure>\n<img src="{}" alt="{}">\n<figcaption>{}</figcaption>\n</figure>')
    shown = figure.format(_data(block.figure.svg()), block.figure.alt, _sentence(block.caption))
    if block.motion is None:
        return shown
    return shown + "\n" + figure.format(_data(block.motion.svg()), block.motion.alt, MOTION)


def _data(svg: str) -> str:
    """An address that contains the picture itself."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
