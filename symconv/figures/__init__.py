"""Figures of a layer: one geometry of marks, drawn as TikZ or by matplotlib."""

from symconv.figures.colours import COLOUR_VALUES, ON_DARK
from symconv.figures.drawing import Box, Disc, Drawing, Label, Line, Mark, Text
from symconv.figures.figure import FIGURES, Figure, require_drawable

__all__ = [
    "COLOUR_VALUES",
    "FIGURES",
    "ON_DARK",
    "Box",
    "Disc",
    "Drawing",
    "Figure",
    "Label",
    "Line",
    "Mark",
    "Text",
    "require_drawable",
]
