"""The maths targets there are, and what everything that is displayed can do with them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from symconv.printing.display import Display
    from symconv.printing.target import MathsTarget

#: Each maths target by its name: its module and its class, which are loaded where they are asked for.
TARGETS: Mapping[str, tuple[str, str]] = {
    "latex": ("symconv.printing.latex", "Latex"),
    "text": ("symconv.printing.text", "PlainText"),
    "mathml": ("symconv.printing.mathml", "MathML"),
    "typst": ("symconv.printing.typst", "Typst"),
}


class Displayed(Protocol):
    """What hands over rows and cells, for any target to lay out: equations, formulas, derivations."""

    def display(self, target: MathsTarget) -> Display: ...


@cache
def target_of(name: str) -> MathsTarget:
    """A maths target by its name."""
    module, kind = TARGETS[name]
    found: MathsTarget = getattr(import_module(module), kind)()
    return found


def as_latex(item: Displayed) -> str:
    """As an ``aligned`` environment, without math delimiters."""
    return target_of("latex").lay_out(item.display(target_of("latex")))


def as_text(item: Displayed) -> str:
    """As lines of plain text."""
    return target_of("text").lay_out(item.display(target_of("text")))


def as_mathml(item: Displayed) -> str:
    """As a ``math`` element, which says its text to those who do not see it."""
    return target_of("mathml").whole(item)


def in_notebook(item: Displayed) -> str:
    """As LaTeX between the delimiters that a notebook reads."""
    return f"$\\displaystyle {as_latex(item)}$"
