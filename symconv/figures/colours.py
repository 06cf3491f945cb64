"""The colours of figures: shades of the named ones, mixed with white, and light on dark pages."""

from collections.abc import Mapping
from types import MappingProxyType

from symconv.printing.colours import KNOWN, PALETTE, RGB

#: Red, green and blue of every name on paper, each from 0 to 1.
COLOUR_VALUES: Mapping[str, RGB] = MappingProxyType({name: colour.paper for name, colour in KNOWN.items()})

_VALUES = {**COLOUR_VALUES, "white": (1.0, 1.0, 1.0)}

#: The ink of zeros and of what is no weight: a gray that can be read on white.
FAINT = "black!60!white"

#: What stands behind the name of a colour for each of its shades, as xcolor mixes them; a shade of black is
#: lighter, one of another colour darker.
_MIXED = ("", "!65!black", "!40!black")
_MIXED_OF_BLACK = ("", "!75!white", "!58!white")

#: A second shade of each colour of the palette, for pages with a dark background.
ON_DARK: Mapping[str, str] = MappingProxyType({name: KNOWN[name].dark for name in PALETTE})


def shaded(colour: str, shade: int) -> str:
    """The name of a shade of a colour, as xcolor reads it.

    >>> shaded("teal", 0), shaded("teal", 1), shaded("black", 2)
    ('teal', 'teal!65!black', 'black!58!white')
    """
    return colour + (_MIXED_OF_BLACK if colour == "black" else _MIXED)[shade % len(_MIXED)]


def tint(colour: str, share: float) -> RGB:
    """A colour or a shade of one mixed with white, as ``blue!40`` in xcolor.

    >>> tint("blue", 0.5), tint("blue!50!black", 1)
    ((0.5, 0.5, 1.0), (0.0, 0.0, 0.5))
    """
    name, *mixed = colour.split("!")
    part, other = (int(mixed[0]) / 100, _VALUES[mixed[1]]) if mixed else (1.0, _VALUES["white"])
    pairs = zip(COLOUR_VALUES[name], other, strict=True)
    red, green, blue = (1 - share * (1 - (part * own + (1 - part) * rest)) for own, rest in pairs)
    return red, green, blue


#: The page on which colours are made light, of the dark ones in use a light one, and the least contrast.
_DARK_PAGE, _LEAST = (0.133, 0.133, 0.133), 4.6

#: How much white goes into the shades of a colour on a dark page, where other shades are darker.
_LIGHTER = (0.0, 0.4, 0.7)


def contrast(one: RGB, other: RGB) -> float:
    """The contrast of two colours, from 1 to 21.

    Source: WCAG 2.2, definitions of contrast ratio and relative luminance.

    >>> contrast((0, 0, 0), (1, 1, 1))
    21.0
    """
    dark, light = sorted(map(_luminance, (one, other)))
    return round((light + 0.05) / (dark + 0.05), 6)


def _luminance(colour: RGB) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def on_dark(colour: str) -> RGB:
    """A colour or a shade of one as it is seen on a dark page: so light that it is told from it.

    >>> tuple(round(255 * part) for part in on_dark("teal")), on_dark("yellow")
    ((51, 199, 199), (1.0, 1.0, 0.0))
    """
    name, _, mixed = colour.partition("!")
    shade = _MIXED.index(f"!{mixed}") if f"!{mixed}" in _MIXED else 0
    found = _whiter(_seen_on_dark(name), _LIGHTER[shade])
    while contrast(found, _DARK_PAGE) < _LEAST:
        found = _whiter(found, 0.1)
    return found


def _seen_on_dark(name: str) -> RGB:
    known = ON_DARK.get(name)
    if known is None:
        return COLOUR_VALUES[name]
    red, green, blue = (int(known[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def filling_on_dark(colour: str) -> RGB:
    """What cells are filled with in part on a dark page: shades are darker there too, so ink is read on them.

    >>> filling_on_dark("teal") == on_dark("teal"), filling_on_dark("teal!40!black") < filling_on_dark("teal")
    (True, True)
    """
    name, _, mixed = colour.partition("!")
    share = int(mixed.partition("!")[0]) / 100 if mixed.endswith("!black") else 1.0
    if share == 1:
        return on_dark(colour)
    red, green, blue = (share * part for part in _seen_on_dark(name))
    return red, green, blue


def _whiter(colour: RGB, share: float) -> RGB:
    red, green, blue = (part + share * (1 - part) for part in colour)
    return red, green, blue
