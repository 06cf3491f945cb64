"""The colours that formulas and figures name: their values on paper, and shades of them for screens."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

#: Red, green and blue, each from 0 to 1.
RGB: TypeAlias = tuple[float, float, float]

#: The pages of screens, a light and a dark one.
PAGES = ("#ffffff", "#131416")


class Colour(NamedTuple):
    """What is seen of a colour.

    Attributes
    ----------
    paper : RGB
    light, dark : str
        A shade for each of the :data:`PAGES`, whose contrast to it is at least 4.5 to 1.
    """

    paper: RGB
    light: str
    dark: str


#: Every colour by its name, one that xcolor, KaTeX and MathJax all know without options. They mean the same
#: colour by it, but for purple, which is redder in TeX; documents of symconv define it as browsers have it.
#: Source: Uwe Kern, *Extending LaTeX's color facilities: the xcolor package*, section 2.4, base colours; of
#: purple, which is (0.75, 0, 0.25) there, CSS Color Module Level 4, section 6.1.
KNOWN: Mapping[str, Colour] = MappingProxyType(
    {
        "black": Colour((0.0, 0.0, 0.0), "#000000", "#e6e6e6"),
        "blue": Colour((0.0, 0.0, 1.0), "#0000ff", "#8fb4ff"),
        "cyan": Colour((0.0, 1.0, 1.0), "#007a85", "#4fdcea"),
        "gray": Colour((0.5, 0.5, 0.5), "#6b6b6b", "#a6a6a6"),
        "magenta": Colour((1.0, 0.0, 1.0), "#c400c4", "#ff85ff"),
        "olive": Colour((0.5, 0.5, 0.0), "#6e6e00", "#c9c94a"),
        "purple": Colour((0.5, 0.0, 0.5), "#800080", "#e09cff"),
        "red": Colour((1.0, 0.0, 0.0), "#d40000", "#ff8a80"),
        "teal": Colour((0.0, 0.5, 0.5), "#008080", "#33c7c7"),
        "yellow": Colour((1.0, 1.0, 0.0), "#7a6a00", "#f2dd3d"),
    }
)

#: Their names.
COLOURS = tuple(KNOWN)

#: The colours of the taps where a notation names none: all names whose contrast on white is at least 4.5 to
#: 1, in an order in which neighbours stay far apart for readers without red, green or blue cones too.
PALETTE = ("teal", "blue", "purple", "black")


def hexadecimal(colour: RGB) -> str:
    """A colour in six digits.

    >>> hexadecimal((0.0, 0.5, 1.0))
    '#0080ff'
    """
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)
