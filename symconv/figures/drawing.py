"""A drawing as plain marks in user units: what every renderer is given, and all that it is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

#: The size of letters, one em in user units: two or three characters fill a cell of 1 by 1.
FONT = 0.42

#: Line styles, in the order in which taps take them.
DASHES = ("solid", "dashed", "dotted", "dashdotted")

_SCRIPT = re.compile(r"[_^]\{([^{}]*)\}")
_COMMAND = re.compile(r"\\[A-Za-z]+ ?")


@dataclass(frozen=True)
class Label:
    """What a mark is called.

    Attributes
    ----------
    latex : str
        Words, with mathematics between dollars.
    text : str
        The same for plain text.

    >>> Label("$w_{0,1}$", "w0_1").ems < Label("outputs", "outputs").ems
    True
    """

    latex: str
    text: str

    @property
    def ems(self) -> float:
        """About how wide the label is, in ems; scripts are small."""
        plain = _COMMAND.sub("c", self.latex).replace("$", "")
        scripts = "".join(_SCRIPT.findall(plain))
        return 0.6 * len(_SCRIPT.sub("", plain)) + 0.4 * len(scripts)

    def size_within(self, width: float, height: float = 1.0) -> float:
        """The size of letters at which the label fits, at most :data:`FONT`."""
        return round(min(FONT, 0.85 * width / max(self.ems, 1e-9), 0.75 * height), 3)


@dataclass(frozen=True)
class Look:
    """How a box is drawn: tints of its colour from 0 (white) to 1, and its outline in points.

    Attributes
    ----------
    fill : float or None
        None for no filling.
    line : float
    width : float
    dash : str
        One of :data:`DASHES`.
    ink : str
        The colour of its label.
    """

    fill: float | None
    line: float
    width: float = 0.5
    dash: str = "solid"
    ink: str = "black"


#: The kinds of boxes and discs. A dashed outline is padding, a strong one without filling a block.
LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "tap": Look(fill=0.4, line=1.0),
        "padded tap": Look(fill=0.15, line=1.0, dash="dashed"),
        "absent": Look(fill=None, line=0.4, width=0.25, ink="gray"),
        "entry": Look(fill=None, line=1.0),
        "padding": Look(fill=0.12, line=0.7, width=0.4, dash="dashed", ink="gray"),
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

    @property
    def size(self) -> float:
        """The size of the label's letters."""
        return self.label.size_within(self.width, self.height) if self.label else FONT


@dataclass(frozen=True)
class Disc:
    """A circle around ``(x, y)`` with its label in the middle."""

    x: float
    y: float
    radius: float
    look: str
    colour: str = "black"
    label: Label | None = None

    @property
    def size(self) -> float:
        """The size of the label's letters."""
        return self.label.size_within(1.7 * self.radius) if self.label else FONT


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

    Attributes
    ----------
    anchor : str
        Which part of it stands at ``(x, y)``: "left", "center" or "right"; always at half its height.
    size : float
        One em in user units.
    upright : bool
        False for text that runs from bottom to top.
    backed : bool
        Whether what lies behind is covered.
    """

    x: float
    y: float
    label: Label
    anchor: str = "center"
    size: float = FONT
    upright: bool = True
    backed: bool = False


Mark: TypeAlias = Box | Disc | Line | Text


@dataclass(frozen=True)
class Drawing:
    """Marks in the order in which they are painted, on ``width`` by ``height`` user units.

    Attributes
    ----------
    name : str
        The name in :data:`symconv.figures.FIGURES`.
    title : str
        A short heading, in words.
    marks : tuple of marks
    width, height : float
    alt : str
        What is seen, in words.
    """

    name: str
    title: str
    marks: tuple[Mark, ...]
    width: float
    height: float
    alt: str
