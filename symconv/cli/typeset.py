"""Prose and displays in turn as a fragment of LaTeX, as Markdown or as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from symconv.errors import OptionError
from symconv.notes import Displayed
from symconv.notes.markdown import escaped
from symconv.printing.maths import latex_prose


def _breakable(item: Displayed) -> str:
    """An ``align*`` environment that may break over pages, in the place of the ``aligned`` one."""
    body = item.latex().removeprefix("\\begin{aligned}").removesuffix("\\end{aligned}")
    return f"{{\\allowdisplaybreaks\n\\begin{{align*}}{body}\\end{{align*}}\n}}"


@dataclass(frozen=True)
class Target:
    """A format of :func:`typeset`: how it shows an equation, and prose, and what parts them."""

    display: Callable[[Displayed], str]
    prose: Callable[[str], str] = str
    before_display: str = "\n\n"


#: The formats of :func:`typeset`.
FORMATS: Mapping[str, Target] = MappingProxyType(
    {
        "latex": Target(_breakable, latex_prose, "\n"),
        "text": Target(lambda item: item.text()),
        "markdown": Target(lambda item: f"$$\n{item.latex()}\n$$", escaped),
    }
)


def typeset(blocks: Sequence[str | Displayed], form: str) -> str:
    """Prose and displays in turn, as a LaTeX fragment, Markdown or plain text.

    The fragment needs the packages amsmath and, for tap colours, xcolor.
    """
    if form not in FORMATS:
        raise OptionError("format {given!r} is unknown: {cure}", given=form, allowed=FORMATS)
    target, text = FORMATS[form], ""
    for block in blocks:
        if isinstance(block, str):
            text += ("\n\n" if text else "") + target.prose(block)
        else:
            text += (target.before_display if text else "") + target.display(block)
    return text + "\n"
