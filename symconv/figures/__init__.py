"""Figures of a layer: one geometry of marks, drawn as TikZ, as SVG, or by matplotlib."""

from symconv.figures.animation import Animation as Animation
from symconv.figures.colours import COLOUR_VALUES as COLOUR_VALUES
from symconv.figures.colours import ON_DARK as ON_DARK
from symconv.figures.drawing import Box as Box
from symconv.figures.drawing import Disc as Disc
from symconv.figures.drawing import Drawing as Drawing
from symconv.figures.drawing import Label as Label
from symconv.figures.drawing import Line as Line
from symconv.figures.drawing import Text as Text
from symconv.figures.figure import FIGURES as FIGURES
from symconv.figures.figure import Figure as Figure
from symconv.figures.figure import require_drawable as require_drawable
