"""Notes as LaTeX: the body, a fragment for ``\\input``, and an article that stands alone."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from symconv.errors import OptionError
from symconv.notes.model import (
    Algorithm,
    Display,
    Manuscript,
    Maths,
    Picture,
    Points,
    Prose,
    Table,
    Words,
    plain,
)
from symconv.notes.shells import shell
from symconv.printing.latex import Latex
from symconv.printing.targets import as_latex

#: What the body needs besides a document class.
PACKAGES = "amsmath, amssymb, xcolor, tikz, adjustbox, booktabs, tabularx, algpseudocode"

#: Derivations with lines of more characters than this are not set in two columns.
COLUMN = 56

#: Rows with more characters than this are broken into lines.
LONG = 44

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


def sentence(words: Words) -> str:
    """Words escaped, mathematics between its delimiters."""
    return "".join(f"${part.latex}$" if isinstance(part, Maths) else escaped(part) for part in words)


def fitted(inside: str, width: str = "\\linewidth", height: str = "0.9\\textheight") -> str:
    """Something made smaller where it is wider or higher than there is room."""
    return f"\\adjustbox{{max width={width}, max totalheight={height}}}{{%\n{inside}%\n}}"


def body(document: Manuscript, labels: str) -> list[str]:
    """Each block; ``labels`` begins each label, so that several fragments can share a document.

    A sentence stays with the display that follows it, which TeX does not part from its paragraph.
    """
    rendered = document.render(
        heading=lambda b: f"\\{'sub' * (b.level - 1)}section{{{sentence(b.words)}}}",
        prose=lambda b: sentence(b.words),
        display=lambda b: _display(b, labels),
        points=points,
        table=table,
        algorithm=lambda b: f"{sentence(b.caption)}\n\n{algorithm(b)}",
        picture=_picture,
    )
    joined: list[str] = []
    for at, text in enumerate(rendered):
        if at and isinstance(document.blocks[at], Display) and isinstance(document.blocks[at - 1], Prose):
            joined[-1] += f"\n{text}"
        else:
            joined.append(text)
    return joined


def algorithm(block: Algorithm, height: str = "0.9\\textheight", columns: int = 1) -> str:
    """An algorithm, its long lines given more room and all of it then made to fit."""
    listing, width = block.listing.latex(), 1.45
    if columns > 1:
        listing, width = f"\\begin{{multicols}}{{{columns}}}\n{listing}\n\\end{{multicols}}", 1.6
    return fitted(f"\\begin{{minipage}}{{{width}\\linewidth}}\n{listing}\n\\end{{minipage}}", height=height)


def _display(block: Display, labels: str) -> str:
    size = "scriptsize" if block.stepwise else "footnotesize"
    inside = fitted(f"\\{size}$\\displaystyle {as_latex(block.item)}$", "0.92\\linewidth")
    return f"\\begin{{equation}}\\label{{{labels}:{block.label}}}\n{inside}\n\\end{{equation}}"


def points(block: Points) -> str:
    """A list with what each point is about in front."""
    items = (f"\\item[{sentence(about)}] {sentence(told)}" for about, told in block.points)
    return "\n".join(["\\begin{description}", *items, "\\end{description}"])


def table(block: Table) -> str:
    """Rows between rules."""
    rows = [" & ".join(map(sentence, row)) + " \\\\" for row in (block.head, *block.rows)]
    widths = [max(len(plain(row[at])) for row in (block.head, *block.rows)) for at in range(len(block.head))]
    long = sum(widths) > LONG
    kinds = ["l"] * len(widths)
    if long:
        kinds[widths.index(max(widths))] = ">{\\raggedright\\arraybackslash}X"
    head = (
        f"{{tabularx}}{{\\linewidth}}{{@{{}}{''.join(kinds)}@{{}}}}"
        if long
        else f"{{tabular}}{{{''.join(kinds)}}}"
    )
    foot = "tabularx" if long else "tabular"
    lines = [
        f"\\begin{head}", "\\toprule", rows[0], "\\midrule", *rows[1:], "\\bottomrule", f"\\end{{{foot}}}"
    ]  # fmt: skip
    return "\n".join(["\\begin{center}", "\\footnotesize", *lines, "\\end{center}"])


def _picture(block: Picture) -> str:
    drawn = fitted(block.figure.tikz(), height="0.26\\textheight")
    caption = f"\\caption{{{sentence(block.caption)}}}"
    return f"\\begin{{figure}}[htbp]\n\\centering\n{drawn}\n{caption}\n\\end{{figure}}"


def fragment(document: Manuscript, labels: str) -> str:
    """For ``\\input``: the title is left to the document that takes it in."""
    head = f"% {document.title.encode('ascii', 'replace').decode()}\n% needs {PACKAGES}\n"
    return head + "\n\n".join(body(document, labels)) + "\n"


def article(document: Manuscript, labels: str = "notes") -> str:
    """A document of its own, for pdfLaTeX and LuaLaTeX."""
    wide = any(isinstance(block, Display) and _width(block) > COLUMN for block in document.blocks)
    return shell("article.tex").render(
        title=escaped(document.title),
        metadata=escaped(document.title, {}),
        columns=1 if wide else 2,
        body="\n\n".join(body(document, labels)),
    )


def _width(block: Display) -> int:
    """The widest line of a derivation, in characters; what is no derivation breaks where it must."""
    latex, rows = Latex(), block.item.display(Latex()).rows if block.stepwise else ()
    return max((latex.width(str(line)) for row in rows for line in latex.lines(row)), default=0)
