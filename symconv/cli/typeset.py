"""Prose and displays in turn, in a maths target or in Markdown."""

from collections.abc import Sequence

from symconv.errors import OptionError
from symconv.notes.markdown import escaped, on_github
from symconv.printing.targets import TARGETS, Displayed, as_latex, target_of

#: The formats of :func:`typeset`: every maths target, and LaTeX within Markdown for GitHub or a notebook.
FORMATS = (*TARGETS, "markdown", "notebook")


def typeset(blocks: Sequence[str | Displayed], form: str) -> str:
    """Prose and displays in turn, in one of the formats.

    A fragment of LaTeX needs the packages amsmath and, for tap colours, xcolor.
    """
    if form not in FORMATS:
        raise OptionError("there is no format {given!r}: {cure}", given=form, allowed=FORMATS)
    text = ""
    for block in blocks:
        if isinstance(block, str):
            text += "\n\n" if text else ""
            text += target_of(form).sentence(block) if form in TARGETS else escaped(block)
        elif form in TARGETS:
            target = target_of(form)
            text += (target.above if text else "") + target.whole(block)
        else:
            text += ("\n\n" if text else "") + _in_markdown(as_latex(block), form)
    return text + "\n"


def _in_markdown(latex: str, form: str) -> str:
    """A display as notes have it in Markdown; in a block of code no character is read as Markdown."""
    return f"```math\n{on_github(latex)}\n```" if form == "markdown" else f"$$\n{latex}\n$$"
