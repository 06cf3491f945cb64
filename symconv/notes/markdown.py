"""Notes as Markdown, as GitHub and as MyST read it; pictures are files beside it."""

import re
from collections.abc import Callable

from symconv.notes.model import Manuscript, Maths, Picture, Points, Table, Words
from symconv.printing.targets import as_latex

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|$~^&]|^[-+#!=:]|(?<=^\d)[.)]|#(?=#*$))")


def escaped(text: str) -> str:
    """Words whose every character stands for itself.

    >>> escaped("a*b <c>")
    'a\\\\*b \\\\<c\\\\>'
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split("\n")))


def sentence(words: Words) -> str:
    """Words escaped, mathematics between dollars."""
    return "".join(f"${part.latex}$" if isinstance(part, Maths) else escaped(part) for part in words)


_OPERATOR = re.compile(r"\\operatorname\{")


def on_github(latex: str) -> str:
    r"""LaTeX without the commands of MathJax that GitHub refuses.

    >>> on_github(r"\operatorname{vec}(x)")
    '\\mathrm{vec}(x)'
    """
    return _OPERATOR.sub(r"\\mathrm{", latex)


#: A picture with its caption below it.
_IMAGE = "![{alt}]({file})\n\n*{caption}*"


def github(document: Manuscript, picture: Callable[[Picture], str]) -> str:
    """Markdown for GitHub; ``picture`` gives the name of a picture's file."""
    # In a block of code no character of a formula is read as Markdown.
    return on_github(_written(document, picture, "```math\n{latex}\n```", _IMAGE, escaped))


def jupyter(document: Manuscript, picture: Callable[[Picture], str]) -> str:
    """Markdown for the output of a notebook; ``picture`` gives the address of a picture."""
    return _written(document, picture, "$$\n{latex}\n$$", _IMAGE, escaped)


def myst(document: Manuscript, picture: Callable[[Picture], str], labels: str) -> str:
    """Markdown for MyST: numbered equations, each label begun by ``labels``, and figures with captions.

    The value of an option, as what is seen in a figure, is read as it stands.
    """
    image = "```{{figure}} {file}\n:alt: {alt}\n\n{caption}\n```"
    return _written(document, picture, f"$$\n{{latex}}\n$$ ({labels}-{{label}})", image, str)


def _written(
    document: Manuscript,
    picture: Callable[[Picture], str],
    display: str,
    image: str,
    alt: Callable[[str], str],
) -> str:
    parts = [f"# {escaped(document.title)}"]
    parts += document.render(
        heading=lambda b: f"{'#' * (b.level + 1)} {sentence(b.words)}",
        prose=lambda b: f"*{sentence(b.words)}*" if b.lead else sentence(b.words),
        display=lambda b: display.format(latex=as_latex(b.item), label=b.label),
        points=points,
        table=table,
        algorithm=lambda b: f"{sentence(b.caption)}\n\n```python\n{b.listing.source.rstrip()}\n```",
        picture=lambda b: image.format(file=picture(b), alt=alt(b.figure.alt), caption=sentence(b.caption)),
    )
    return "\n\n".join(parts) + "\n"


def points(block: Points) -> str:
    """A list with what each point is about in bold."""
    return "\n".join(f"- **{sentence(about)}**: {sentence(told)}" for about, told in block.points)


def table(block: Table) -> str:
    """A pipe table."""
    rows = ["| " + " | ".join(map(sentence, row)) + " |" for row in (block.head, *block.rows)]
    return "\n".join([rows[0], "|" + " --- |" * len(block.head), *rows[1:]])
