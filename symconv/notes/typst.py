"""Notes as Typst: one source with its pictures in it, set as the article of LaTeX is, without TeX."""

import re

from symconv.figures.typst import COMMANDS, typst_picture
from symconv.notes.figured import unit
from symconv.notes.model import (
    Algorithm,
    Display,
    Heading,
    InCode,
    Manuscript,
    Maths,
    Picture,
    Points,
    Table,
    Words,
)
from symconv.notes.placing import LONGEST, TALL, Placing
from symconv.notes.shells import shell
from symconv.printing.pages import PAGE, STEPS
from symconv.printing.targets import as_text
from symconv.printing.tex import read
from symconv.printing.tree import Row, Space, parts_of, said
from symconv.printing.tree import Table as Lines
from symconv.printing.typst import formula, quoted, typst, words

#: Tables with more rows than this are broken over pages.
MANY = 20

#: What Typst reads as part of a call that it follows.
_GOES_ON = re.compile(r"[;(]|\.\w")


def typeset(document: Manuscript) -> str:
    """The source of the whole document."""
    document = document.referred
    rendered = document.render(
        heading=_heading,
        prose=lambda b: f"{'lead(par' if b.lead else 'par'}[{sentence(b.words)}]{')' if b.lead else ''}",
        display=_display,
        points=_points,
        table=_table,
        algorithm=_algorithm,
        picture=lambda b: f"pictured(how, {_pictured(b)})",
    )
    pictures = [block for block in document.blocks if isinstance(block, Picture)]
    parts = ["titled", *_PLACING.placed(document.blocks, rendered)]
    return shell("notes.typ").render(
        title=quoted(document.title),
        headed=sentence(document.headed),
        numbering='(..at) => numbering("1.1", ..at) + h(0.3em)' if document.numbered else "none",
        commands=COMMANDS.rstrip(),
        pictures="\n".join(map(_drawn, pictures)),
        most=document.pages,
        parts="\n".join(f"{part}," for part in parts),
    )


def sentence(told: Words) -> str:
    """Words escaped, and formulas with what they are in words.

    What would go on with the call of a formula, or end it, comes after a semicolon that ends it.
    """
    found = ""
    told = tuple(part for part in told if not isinstance(part, InCode))
    for before, part in zip(("", *told), told, strict=False):
        if isinstance(part, Maths):
            found += _maths(part)
        else:
            ended = ";" if isinstance(before, Maths) and _GOES_ON.match(part) else ""
            found += ended + words(part)
    return found


def _maths(part: Maths) -> str:
    return f"#m({_said(part.text)}, ${typst(part.latex)}$)"


def _said(text: str) -> str:
    """What is read aloud for a formula."""
    return quoted(re.sub(r"\s+", " ", text.strip()) or "formula")


def _beside(block: Picture, left: str, text: str) -> str:
    return f"beside(how, {block.spare}, {block.beside:.2f}, {_pictured(block)}, {left})"


_PLACING = Placing(
    _beside,
    kept=lambda block, before, text: f"held({before}) + {text}",
    spare=lambda number, text: f"spare(how, {number}, {text})",
)


def _heading(block: Heading) -> str:
    begun = "pagebreak(weak: true),\n" if block.apart else ""
    return f"{begun}heading(level: {block.level})[{sentence(block.words)}]"


def _display(block: Display) -> str:
    """A display whose lines are those of a page; steps and long ones are broken over pages."""
    target = STEPS if block.stepwise else PAGE
    display = block.item.display(target)
    latex = target.lay_out(display)
    apart = ", leading: 0.8em" if block.stepwise else ""
    shown = f"display({_said(as_text(block.item))}, $ {typst(latex, block=True)} ${apart})"
    height = sum(line.height for row in display.rows for line in target.lines(row))
    return shown if height > TALL else f"whole({shown})"


def _points(block: Points) -> str:
    """A list with what each point is about in front."""
    rows = (f"  ([{sentence(about)}], [{sentence(told)}])," for about, told in block.ended)
    return "\n".join(["points(", *rows, ")"])


def _table(block: Table) -> str:
    """Rows between rules, the widest column as wide as there is room where they are long."""
    rows = (block.head, *block.rows)
    kinds = ["1fr" if at == block.broken else "auto" for at in range(len(block.head))]
    head, *cells = (", ".join(f"[{sentence(cell)}]" for cell in row) for row in rows)
    made = "\n".join([f"ruled(({', '.join(kinds)},), ({head},),", *(f"  {row}," for row in cells), ")"])
    return made if len(cells) > MANY else f"whole({made})"


def _algorithm(block: Algorithm) -> str:
    """An algorithm line by line, each as far to the right as it is nested."""
    (listing,) = read(block.listing.math()).parts
    rows = listing.rows if isinstance(listing, Lines) else ()
    lines = []
    for (cell,) in rows:
        parts = parts_of(cell)
        inset = parts[0].width if parts and isinstance(parts[0], Space) else 0.0
        line = Row(parts[1:] if inset else parts)
        lines.append(f"  ({1.5 * inset:g}em, {_said(said(line))}, ${formula(line)}$),")
    listed = "\n".join(["algorithm(", *lines, ")"])
    listed = f"whole({listed})" if len(lines) < LONGEST else listed
    return f"held(par[{sentence(block.caption)}]),\n{listed}"


def _pictured(block: Picture) -> str:
    """What is shown of a picture, by its name."""
    return f"{_name(block)}, [{sentence(block.caption)}]"


def _drawn(block: Picture) -> str:
    """A picture at the size at which its letters can be read."""
    drawing = block.figure.drawing
    return f"#let {_name(block)} = {typst_picture(drawing, unit(drawing), _label)}"


def _name(block: Picture) -> str:
    return f"picture-{re.sub('[^A-Za-z0-9]+', '-', block.name)}"


def _label(latex: str) -> str:
    """A label, which has mathematics between dollars."""
    parts = latex.split("$")
    return "".join(f"${typst(part)}$" if at % 2 else words(part) for at, part in enumerate(parts))
