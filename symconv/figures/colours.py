"""The values of the colours that formulas and figures name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

RGB: TypeAlias = tuple[float, float, float]

#: Red, green and blue of every name in :data:`symconv.printing.notation.COLOURS`, each from 0 to 1.
#: Source: Uwe Kern, *Extending LaTeX's color facilities: the xcolor package*, section 2.4, base colours.
COLOUR_VALUES: Mapping[str, RGB] = MappingProxyType({
    "black": (0.0, 0.0, 0.0), "blue": (0.0, 0.0, 1.0), "cyan": (0.0, 1.0, 1.0), "gray": (0.5, 0.5, 0.5),
    "magenta": (1.0, 0.0, 1.0), "olive": (0.5, 0.5, 0.0), "red": (1.0, 0.0, 0.0), "teal": (0.0, 0.5, 0.5),
    "yellow": (1.0, 1.0, 0.0),
})  # fmt: skip


def tint(colour: str, share: float) -> RGB:
    """A colour mixed with white, as ``blue!40`` in xcolor.

    >>> tint("blue", 0.5)
    (0.5, 0.5, 1.0)
    """
    red, green, blue = (1 - share * (1 - part) for part in COLOUR_VALUES[colour])
    return red, green, blue
