"""A drawing as plain marks in user units: what every renderer is given, and all that it is given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

from symconv.figures.colours import FAINT

#: The size of letters, one em in user units: two or three characters fill a cell of 1 by 1.
FONT = 0.42

#: Line styles, in the order in which taps take them.
DASHES = ("solid", "dashed", "dotted", "dashdotted")

#: The room around all marks.
MARGIN = 0.15

_SCRIPT = re.compile(r"[_^]\{([^{}]*)\}")
_COMMAND = re.compile(r"\\([A-Za-z])[A-Za-z]* ?")
_WIDE = re.compile(r"[A-Zm]")


@dataclass(frozen=True)
class Label:
    """What a mark is called: words in ``latex``, with mathematics between dollars, and in plain ``text``.

    >>> Label("$w_{0,1}$", "w0_1").ems < Label("outputs", "outputs").ems
    True
    """

    latex: str
    text: str

    @property
    def ems(self) -> float:
        """About how wide the label is, in ems, rather more than less; scripts are small."""
        plain = _COMMAND.sub(r"\1", self.latex).replace("$", "")
        scripts = "".join(_SCRIPT.findall(plain))
        return _ems(_SCRIPT.sub("", plain)) + 0.65 * _ems(scripts)

    def size_within(self, width: float, height: float = 1.0, most: float = FONT) -> float:
        """The size of letters at which the label fits, at most the given one."""
        return round(min(most, 0.85 * width / max(self.ems, 1e-9), 0.75 * height), 3)


def joined(between: str, labels: Iterable[Label]) -> Label:
    """Labels one after the other.

    >>> joined(", ", [Label("$w_{0}$", "w0"), Label("$w_{1}$", "w1")]).text
    'w0, w1'
    """
    latex, text = zip(*((label.latex, label.text) for label in labels), strict=True)
    return Label(between.join(latex), between.join(text))


def _ems(letters: str) -> float:
    return 0.62 * len(letters) + 0.25 * len(_WIDE.findall(letters))


@dataclass(frozen=True)
class Look:
    """How a box is drawn: tints of its colour from 0 (white) to 1, and its outline in points."""

    fill: float | None  # None for no filling
    line: float
    width: float = 0.5
    dash: str = "solid"
    ink: str = "black"  # the colour of its label


#: The kinds of boxes and discs. A dashed outline is padding, a strong one without filling a block.
LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "tap": Look(fill=0.4, line=1.0),
        "padded tap": Look(fill=0.15, line=1.0, dash="dashed"),
        "absent": Look(fill=None, line=0.4, width=0.25, ink=FAINT),
        "entry": Look(fill=None, line=1.0),
        "padding": Look(fill=0.12, line=1.0, width=0.4, dash="dashed", ink=FAINT),
        "block": Look(fill=None, line=1.0, width=1.2),
    }
)


@dataclass(frozen=True)
class Box:
    """A rectangle with its label in the middle; ``(x, y)`` is the upper left corner, y grows downwards."""

    x: float
    y: float
    width: float
    height: float
    look: str
    colour: str = "black"
    label: Label | None = None
    most: float = FONT

    @property
    def size(self) -> float:
        """The size of the label's letters, at most ``most``."""
        return self.label.size_within(self.width, self.height, self.most) if self.label else self.most


@dataclass(frozen=True)
class Disc:
    """A circle around ``(x, y)`` with its label in the middle."""

    x: float
    y: float
    radius: float
    look: str
    colour: str = "black"
    label: Label | None = None
    most: float = FONT

    @property
    def size(self) -> float:
        """The size of the label's letters, at most ``most``."""
        return self.label.size_within(1.7 * self.radius, most=self.most) if self.label else self.most


@dataclass(frozen=True)
class Line:
    """A straight line in one of :data:`DASHES`."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str = "black"
    dash: str = "solid"


@dataclass(frozen=True)
class Text:
    """A label by itself.

    Its ``anchor``, "left", "center" or "right", stands at ``(x, y)``, always at half its height.
    """

    x: float
    y: float
    label: Label
    anchor: str = "center"
    size: float = FONT  # one em in user units
    upright: bool = True  # False for text that runs from bottom to top
    backed: bool = False  # whether what lies behind is covered


Mark: TypeAlias = Box | Disc | Line | Text


@dataclass(frozen=True)
class Drawing:
    """Marks in the order in which they are painted, on ``width`` by ``height`` user units."""

    name: str  # that in symconv.figures.FIGURES
    title: str  # a short heading, in words
    marks: tuple[Mark, ...]
    width: float
    height: float
    alt: str  # what is seen, in words

    @classmethod
    def of(cls, name: str, title: str, marks: Iterable[Mark], alt: str) -> Drawing:
        """A drawing just as large as its marks, their letters too, with a margin around.

        >>> Drawing.of("band", "", [Box(-1, 2, 3, 1, "entry")], "").width
        3.3
        """
        here = tuple(marks)
        left, top, right, bottom = zip(*map(extent, here), strict=True)
        x, y = round(MARGIN - min(left), 3), round(MARGIN - min(top), 3)
        width, height = round(max(right) + x + MARGIN, 3), round(max(bottom) + y + MARGIN, 3)
        return cls(name, title, tuple(moved(mark, x, y) for mark in here), width, height, alt)


def extent(mark: Mark) -> tuple[float, float, float, float]:
    """What a mark covers at the most: left, top, right and bottom.

    >>> extent(Disc(1, 1, 1, "entry"))
    (0, 0, 2, 2)
    """
    match mark:
        case Box(x, y, width, height):
            return x, y, x + width, y + height
        case Disc(x, y, reach):
            return x - reach, y - reach, x + reach, y + reach
        case Line():
            (left, right), (top, bottom) = sorted((mark.x1, mark.x2)), sorted((mark.y1, mark.y2))
            return left, top, right, bottom
        case Text():
            before = {"left": 0.0, "center": 0.5, "right": 1.0}[mark.anchor]
            long, high = mark.size * mark.label.ems, 0.75 * mark.size
            if not mark.upright:
                return mark.x - high, mark.y - long / 2, mark.x + high, mark.y + long / 2
            return mark.x - before * long, mark.y - high, mark.x + (1 - before) * long, mark.y + high


def moved(mark: Mark, x: float, y: float) -> Mark:
    """A mark so far to the right and down."""
    if isinstance(mark, Line):
        return replace(mark, x1=mark.x1 + x, y1=mark.y1 + y, x2=mark.x2 + x, y2=mark.y2 + y)
    return replace(mark, x=mark.x + x, y=mark.y + y)
