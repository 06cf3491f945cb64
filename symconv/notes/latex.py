"""Notes as LaTeX: the body, a fragment for ``\\input``, and an article that stands alone."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from symconv.errors import OptionError
from symconv.notes.figured import unit
from symconv.notes.model import (
    Algorithm,
    Block,
    Display,
    Heading,
    InCode,
    Manuscript,
    Maths,
    Picture,
    Points,
    Prose,
    Table,
    Words,
    plain,
)
from symconv.notes.placing import LONGEST, TALL, Placing
from symconv.notes.shells import shell
from symconv.printing.display import Row
from symconv.printing.latex import Latex
from symconv.printing.pages import PAGE, STEPS

#: What the body needs besides a document class.
PACKAGES = "amsmath, amssymb, xcolor, tikz, adjustbox, booktabs, tabularx, algpseudocode"

#: TeX can measure no more points than 16,383; documents higher than this are set without it.
HIGHEST = 11_000

#: A derivation with a line of more characters is set in smaller letters.
WIDE = 70

_SPECIAL = {
    "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}",
    ">": "\\textgreater{}", "|": "\\textbar{}", '"': "\\textquotedbl{}", "`": "\\textasciigrave{}",
    **{sign: f"\\{sign}" for sign in "#$%&_{}"},
}  # fmt: skip

#: Signs that are mathematics on a page, and themselves in what a PDF says of itself.
_MATHEMATICS: Mapping[str, str] = MappingProxyType({"×": "$\\times$", "−": "$-$", "∂": "$\\partial$"})

#: What the fonts of pdfLaTeX and of LuaLaTeX both have: ASCII, Latin letters and signs, quotes, dashes.
_IN_FONTS = re.compile(
    "[\n -~\u00a0-\u00b7\u00b9-\u0125\u0128-\u0137\u0139-\u013e\u0141-\u0148\u014a-\u0165\u0168-\u017e"
    "\u0218-\u021b‐‑–—‘’‚“”„†‡•…‰‹›€™]"
)


def escaped(text: str, mathematics: Mapping[str, str] = _MATHEMATICS) -> str:
    """Words whose every character stands for itself; signs of mathematics as they are to be written.

    Raises
    ------
    OptionError
        When the fonts of LaTeX lack one of them.

    >>> escaped("50% of \\\\input{x}")
    '50\\\\% of \\\\textbackslash{}input\\\\{x\\\\}'
    """
    known = {**_SPECIAL, **_MATHEMATICS}
    lacking = dict.fromkeys(sign for sign in text if sign not in known and not _IN_FONTS.match(sign))
    if lacking:
        raise OptionError(
            f"the words {text!r} have {', '.join(map(repr, lacking))}, which the fonts of .tex and .pdf "
            "lack: write Latin letters, such as 'alpha' or '->', or save as .html, .md, .ipynb, .rst or .txt."
        )
    whole = "".join({**_SPECIAL, **mathematics}.get(sign, sign) for sign in text)
    return re.sub(r"([-,'])(?=\1)", r"\1{}", whole)


#: A list of values goes on in the next line where no other break is as good; a short one hardly ever.
_NEXT, _SHORT, _SELDOM = ",\\allowbreak ", 8, ",\\penalty800 "


def _broken(latex: str) -> str:
    """Mathematics in a line of text, with the breaks that a list in it has."""
    return latex.replace(", ", _SELDOM if latex.count(", ") < _SHORT else _NEXT)


def sentence(words: Words) -> str:
    """Words escaped, mathematics between its delimiters; lists in it may go on in the next line."""
    return "".join(
        f"${_broken(part.latex)}$" if isinstance(part, Maths) else escaped(part)
        for part in words
        if not isinstance(part, InCode)
    )


def fitted(inside: str, width: str = "\\linewidth", height: str = "0.9\\textheight") -> str:
    """Something made smaller where it is wider or higher than there is room."""
    return f"\\adjustbox{{max width={width}, max totalheight={height}}}{{%\n{inside}%\n}}"


def body(document: Manuscript, labels: str = "") -> list[str]:
    """Each block; ``labels`` begins each label, so that several fragments can share a document."""
    labels = labels if document.numbered else ""
    rendered = document.render(
        heading=lambda b: _heading(b, document.numbered),
        prose=_prose,
        display=lambda b: _display(b, labels),
        points=points,
        table=table,
        algorithm=_algorithm,
        picture=_picture,
    )
    return _PLACING.placed(document.blocks, rendered)


def _beside(block: Picture, left: str, text: str) -> str:
    size = f"{{{_width(block):.2f}cm}}{{{block.beside:.2f}}}{{{block.spare}}}"
    return f"\\notesbeside{size}{{%\n{left}\n}}{{%\n{text}\n}}"


def _kept(block: Block, before: str, text: str) -> str:
    """TeX does not part a display from the paragraph before it, but from what comes after it."""
    if block.close and before.endswith("\\end{equation*}"):
        before = f"{{\\postdisplaypenalty=10000\n{before}}}"
    return f"{before}\n\\par\\nobreak\n{text}" if block.close else f"{before}\n{text}"


def _spare(number: int, text: str) -> str:
    return f"\\notesspare{{{number}}}{{%\n{text}\n}}"


_PLACING = Placing(_beside, _kept, _spare)


def _heading(block: Heading, numbered: bool) -> str:
    begun = "\\clearpage\n" if block.apart else ""
    return f"{begun}\\{'sub' * (block.level - 1)}section{'' if numbered else '*'}{{{sentence(block.words)}}}"


def _prose(block: Prose) -> str:
    text = sentence(block.words)
    if block.lead:
        return f"{{\\noindent\\itshape {text}\\par}}"
    # A sentence that goes on after a display keeps close to it.
    return f"\\vskip-\\parskip {text}" if text[:1].islower() else text


def algorithm(block: Algorithm, height: str = "0.9\\textheight", columns: int = 1) -> str:
    """An algorithm, its long lines given more room and all of it then made to fit."""
    listing, width = block.listing.latex(), 1.45
    if columns > 1:
        listing, width = f"\\begin{{multicols}}{{{columns}}}\n{listing}\n\\end{{multicols}}", 1.6
    return fitted(f"\\begin{{minipage}}{{{width}\\linewidth}}\n{listing}\n\\end{{minipage}}", height=height)


def _steps(block: Display) -> str:
    """A derivation that breaks over pages, in smaller letters where a line is long."""
    display = block.item.display(STEPS)
    lines = [line for row in display.rows for line in Latex.lines(STEPS, row)]
    widest = max(STEPS.width(f"{line.left}{line.right}") for line in lines)
    return f"{{\\{'footnotesize' if widest > WIDE else 'small'}\n{STEPS.across_pages(display)}}}"


def _algorithm(block: Algorithm) -> str:
    listing = block.listing.latex()
    told = f"{sentence(block.caption)}\n\n{{\\footnotesize\n{listing}\n}}"
    whole = f"\\begin{{samepage}}\n{told}\n\\end{{samepage}}\n\\par\\penalty0"
    return whole if listing.count("\n") < LONGEST else told


def _display(block: Display, labels: str) -> str:
    if block.stepwise:
        return _steps(block)
    display = block.item.display(PAGE)
    if not labels and sum(line.height for row in display.rows for line in PAGE.lines(row)) > TALL:
        return PAGE.across_pages(display)
    inside = PAGE.lay_out(display)
    if not labels:
        return f"\\begin{{equation*}}\n{inside}\n\\end{{equation*}}"
    return f"\\begin{{equation}}\\label{{{labels}:{block.label}}}\n{inside}\n\\end{{equation}}"


def points(block: Points) -> str:
    """A list with what each point is about in front."""
    items = (f"\\item[{sentence(about)}] {sentence(told)}" for about, told in block.ended)
    return "\n".join(["\\begin{description}", *items, "\\end{description}"])


def table(block: Table) -> str:
    """Rows between rules; one of dots is a little higher, so that they are clear of the letters above."""
    rows = [" & ".join(map(sentence, row)) + " \\\\" for row in (block.head, *block.rows)]
    rows = [row.replace("$\\vdots$", "\\rule{0pt}{11.5pt}$\\smash{\\vdots}$") for row in rows]
    kinds, name = ["l"] * len(block.head), "tabular"
    head = f"{{tabular}}{{{''.join(kinds)}}}"
    if block.broken is not None:
        kinds[block.broken], name = ">{\\raggedright\\arraybackslash}X", "tabularx"
        head = f"{{tabularx}}{{\\linewidth}}{{@{{}}{''.join(kinds)}@{{}}}}"
    lines = [
        f"\\begin{head}", "\\toprule", rows[0], "\\midrule", *rows[1:], "\\bottomrule", f"\\end{{{name}}}"
    ]  # fmt: skip
    parts = [part for row in block.rows for cell in row for part in cell if isinstance(part, Maths)]
    return "\n".join([f"{{\\centering\\small{stretched(parts)}", *lines, "\\par}"])


def stretched(parts: Sequence[Maths]) -> str:
    """Sets rows further apart where a letter has scripts above and below, as with the number of a layer."""
    return "\\renewcommand\\arraystretch{1.5}" if any(_BOTH.search(part.latex) for part in parts) else ""


#: A script below and one above, or the other way round.
_BOTH = re.compile(r"_(\w|\{[^{}]*\})\^|\^(\w|\{[^{}]*\})_")


def _width(block: Picture) -> float:
    """The centimetres that a picture takes across."""
    return unit(block.figure.drawing) * block.figure.drawing.width


def _picture(block: Picture) -> str:
    """A picture at the size at which its letters can be read, its caption below it."""
    drawing = block.figure.drawing
    high = unit(drawing) * drawing.height
    drawn = block.figure.tikz(width=max(1.0, round(_width(block), 2)), height=max(1.0, round(high, 2)))
    return f"\\notesfigure{{%\n{drawn.rstrip()}%\n}}{{{sentence(block.caption)}}}"


def fragment(document: Manuscript, labels: str) -> str:
    """For ``\\input``: the title is left to the document that takes it in."""
    head = f"% {document.title.encode('ascii', 'replace').decode()}\n% needs {PACKAGES}\n"
    return head + shell("commands.tex").render() + "\n\n".join(body(document, labels)) + "\n"


def _height(document: Manuscript) -> float:
    """About how many points the blocks take from top to bottom, rather more than less."""
    return sum(
        document.render(
            heading=lambda b: 40.0,
            prose=lambda b: 20.0 + 14.0 * (len(plain(b.words)) // 80),
            display=lambda b: 30.0 + sum(16.0 * line.height for row in _rows(b) for line in PAGE.lines(row)),
            points=lambda b: sum(20.0 + 14.0 * (len(plain(told)) // 80) for _, told in b.points),
            table=lambda b: 30.0 + 14.0 * len(b.rows),
            algorithm=lambda b: 30.0 + 12.0 * len(b.listing.latex().splitlines()),
            picture=lambda b: 40.0 + 28.5 * 1.35 * unit(b.figure.drawing) * b.figure.drawing.height,
        )
    )


def _rows(block: Display) -> Sequence[Row | None]:
    return block.item.display(PAGE).rows


def article(document: Manuscript) -> str:
    """A document of its own, for pdfLaTeX and LuaLaTeX."""
    return shell("article.tex").render(
        title=sentence(document.headed),
        metadata=escaped(document.title, {}),
        pages=document.pages or 99,
        fitted=_height(document) < HIGHEST,
        body="\n\n".join(body(document.referred)),
    )
