"""Notes as one HTML file: mathematics as MathML, or by MathJax or KaTeX; pictures inside the file."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from markupsafe import Markup

from symconv.errors import OptionError
from symconv.notes.model import (
    Algorithm,
    Display,
    Heading,
    Manuscript,
    Maths,
    Picture,
    Points,
    Table,
    Words,
    plain,
)
from symconv.notes.shells import shell
from symconv.printing.colours import PAGES
from symconv.printing.latex import latex_width
from symconv.printing.mathml import mathml
from symconv.printing.rich import data
from symconv.printing.screen import rules
from symconv.printing.targets import as_latex, as_mathml

#: Where MathJax is loaded from unless another place is named, such as a local copy.
MATHJAX = "https://cdn.jsdelivr.net/npm/mathjax@3.2.2/es5/tex-svg-full.js"

#: And KaTeX, whose style sheet lies beside it.
KATEX = "https://cdn.jsdelivr.net/npm/katex@0.16.22/dist/katex.min.js"

#: What writes mathematics, with the place of its script; MathML needs none.
SCRIPTS: Mapping[str, str] = MappingProxyType({"mathml": "", "mathjax": MATHJAX, "katex": KATEX})

#: What is said below the window in motion.
MOTION = "The window in motion, one position after the other."

_PLACE = re.compile(r"(https?://|/|\./|\.\./)?[A-Za-z0-9_.~@/-]+")


#: Formulas in a sentence with more characters than this scroll on a small screen.
_LONG = 24

#: A formula with the bracket before it or the stop behind it, between which no line breaks.
_FORMULA = r'(?:<math\b(?:(?!</math>).)*</math>|<span class="formula">[^<]*</span>)'
_TIED = re.compile(rf"\({_FORMULA}[.,;:!?)]*|{_FORMULA}[.,;:!?)]+", re.DOTALL)


@dataclass(frozen=True)
class _Way:
    """How formulas are written: in a sentence, and on lines of their own."""

    inline: Callable[[Maths], Markup]
    display: Callable[[Display], Markup]
    algorithm: Callable[[Algorithm], Markup]


def _scripted(inside: str) -> Markup:
    """LaTeX, which scripts find by its class: they leave all other words alone."""
    return Markup('<div class="formula">\\[{}\\]</div>').format(inside)


_WAYS: Mapping[str, _Way] = MappingProxyType(
    {
        "mathml": _Way(
            lambda part: Markup(mathml(part.latex, part.text)),
            lambda block: Markup(as_mathml(block.item)),
            lambda block: Markup(mathml(block.listing.math(), "the algorithm; in Python below", block=True)),
        ),
        "scripts": _Way(
            lambda part: Markup('<span class="formula">\\({}\\)</span>').format(part.latex),
            lambda block: _scripted(as_latex(block.item)),
            lambda block: _scripted(block.listing.math()),
        ),
    }
)


def page(document: Manuscript, math: str = "mathml", place: str | None = None) -> str:
    """The whole file; ``place`` is where the script of MathJax or KaTeX is loaded from.

    Raises
    ------
    OptionError
        When ``math`` is no way of writing mathematics, or ``place`` is neither an address of the web nor a
        path.
    """
    if math not in SCRIPTS:
        raise OptionError("{option} is {given!r}: {cure}", "math", math, allowed=SCRIPTS)
    script = SCRIPTS[math] if place is None else place
    if SCRIPTS[math] and not _PLACE.fullmatch(script):
        raise OptionError("{option} is {given!r}: write the address or the path of its script.", math, script)
    made = _Page(_WAYS["scripts" if script else math])
    blocks = document.render(
        heading=made.heading,
        prose=lambda b: Markup('<p class="lead">{}</p>' if b.lead else "<p>{}</p>").format(
            made.sentence(b.words)
        ),
        display=lambda b: made.box("Formula", made.way.display(b), b.label),
        points=made.points,
        table=made.table,
        algorithm=made.algorithm,
        picture=made.picture,
    )
    blocks, looks = _looks(blocks)
    return shell("page.html").render(
        title=document.title, headed=made.sentence(document.headed), math=math, script=script,
        blocks=blocks, looks=looks, contents=made.contents,
        light=Markup("\n".join(rules(False))), dark=Markup("\n".join(rules(True))), paper=PAGES,
    )  # fmt: skip


def _looks(blocks: Sequence[Markup]) -> tuple[list[Markup], Markup]:
    """Blocks with classes for the looks of the cells of formulas, which are many but few different ones."""
    found: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        name = found.setdefault(match[1], f"m{len(found)}")
        return f'<mtd class="{name}"'

    short = [Markup(re.sub(r'<mtd style="([^"]*)"', named, block)) for block in blocks]
    return short, Markup("\n").join(Markup(f".{name} {{ {look} }}") for look, name in found.items())


class _Page:
    """The blocks of a page as they are written, with what a page has of each kind so far."""

    def __init__(self, way: _Way) -> None:
        self.way = way
        self.contents: list[tuple[str, Markup]] = []
        self._names: Counter[str] = Counter()

    def sentence(self, words: Words) -> Markup:
        """Words as they are, and formulas; long ones scroll where a screen is small."""
        told = Markup("").join(
            self._inline(part) if isinstance(part, Maths) else Markup.escape(part) for part in words
        )
        return Markup(_TIED.sub(r'<span class="tied">\g<0></span>', str(told)))

    def _inline(self, part: Maths) -> Markup:
        made = self.way.inline(part)
        if latex_width(part.latex) <= _LONG:
            return made
        return self.box("Long formula", made, kind="span")

    def box(self, meaning: str, inside: Markup, name: str = "", kind: str = "div") -> Markup:
        """What may be wider than the screen, in a box that scrolls by finger, mouse and keys."""
        self._names[meaning] += 1
        label = f"{meaning} {self._names[meaning]}"
        given = Markup(' id="{}"').format(name) if name else Markup("")
        box = Markup('<{0} class="wide"{1} role="region" tabindex="0" aria-label="{2}">{3}</{0}>')
        return box.format(kind, given, label, inside)

    def heading(self, block: Heading) -> Markup:
        """A heading with a name that links lead to; those of sections are in the contents."""
        stem = re.sub(r"[^a-z0-9]+", "-", plain(block.words).lower()).strip("-") or "section"
        self._names[f"#{stem}"] += 1
        count = self._names[f"#{stem}"]
        name = stem if count == 1 else f"{stem}-{count}"
        told = self.sentence(block.words)
        if block.level == 1:
            self.contents.append((name, told))
        return Markup('<h{0} id="{1}">{2}</h{0}>').format(block.level + 1, f"section-{name}", told)

    def algorithm(self, block: Algorithm) -> Markup:
        """An algorithm typeset, and the Python that it is typeset from."""
        return Markup(
            '<p>{}</p>\n<div class="algorithm">{}</div>\n'
            "<details>\n<summary>In Python</summary>\n{}\n</details>"
        ).format(
            self.sentence(block.caption),
            self.box("Algorithm", self.way.algorithm(block)),
            self.box("Program", Markup("<pre><code>{}</code></pre>").format(block.listing.source.rstrip())),
        )

    def points(self, block: Points) -> Markup:
        """A list with what each point is about in front."""
        row = Markup("<dt>{}</dt>\n<dd>{}</dd>")
        rows = (row.format(self.sentence(about), self.sentence(told)) for about, told in block.points)
        return Markup("<dl>\n{}\n</dl>").format(Markup("\n").join(rows))

    def table(self, block: Table) -> Markup:
        """Rows under a head, whose cells say that they are the heads of columns."""

        cell = Markup("<td>{}</td>")
        head = Markup("").join(map(self._head, block.head))
        body = [Markup("").join(cell.format(self.sentence(words)) for words in row) for row in block.rows]
        lines = Markup("\n").join(Markup("<tr>{}</tr>").format(row) for row in (head, *body))
        return self.box("Table", Markup("<table>\n{}\n</table>").format(lines))

    def _head(self, words: Words) -> Markup:
        """The head of a column, which is words for those who do not see it, where it is a formula too."""
        shown = self.sentence(words)
        if all(isinstance(part, Maths) for part in words) and words:
            said = Markup('<span class="said">{}</span><span aria-hidden="true">{}</span>')
            shown = said.format(plain(words), shown)
        return Markup('<th scope="col">{}</th>').format(shown)

    def picture(self, block: Picture) -> Markup:
        """The picture as data within the file, so that nothing is fetched, and its window in motion."""
        figure = Markup('<figure>\n<img src="{}" alt="{}">\n<figcaption>{}</figcaption>\n</figure>')
        shown = figure.format(data(block.figure.svg()), block.figure.alt, self.sentence(block.caption))
        if block.motion is None:
            return shown
        return shown + "\n" + figure.format(data(block.motion.svg()), block.motion.alt, MOTION)
