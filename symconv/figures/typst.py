"""A drawing as marks of Typst: the shapes and labels of a picture, each at its place in centimetres."""

from collections.abc import Callable

from symconv.figures.colours import tint
from symconv.figures.drawing import LOOKS, Box, Drawing, Line, Mark, Text
from symconv.printing.colours import hexadecimal
from symconv.printing.typst import quoted

#: Points in a centimetre.
_POINTS = 28.35

_DASHES = {"solid": "solid", "dashed": "dashed", "dotted": "densely-dotted", "dashdotted": "dash-dotted"}

#: What a document of pictures defines: where a label stands, and a picture of a size.
COMMANDS = """#let label-at(x, y, size, body, side: center, turned: 0deg, behind: none) = context {
  set text(size: size, top-edge: "bounds", bottom-edge: "bounds")
  let inset = if behind == none { 0pt } else { 1pt }
  let shown = rotate(turned, reflow: true, box(fill: behind, inset: inset, body))
  let (width, height) = measure(shown)
  let before = if side == left { 0 } else if side == right { 1 } else { 0.5 }
  let apart = if side == left { 0.25 * size } else { 0pt }
  place(dx: x + apart - before * width, dy: y - height / 2, box(width: width + 9pt, height: height, shown))
}
#let cell(x, y, width, height, ..look) = place(dx: x, dy: y, rect(width: width, height: height, ..look))
#let disc(x, y, radius, ..look) = place(dx: x - radius, dy: y - radius, circle(radius: radius, ..look))
#let edge(x1, y1, x2, y2, stroke) = place(line(start: (x1, y1), end: (x2, y2), stroke: stroke))
"""


def typst_picture(drawing: Drawing, unit: float, label: Callable[[str], str]) -> str:
    """The size of a picture, and all its marks, as a dictionary.

    Parameters
    ----------
    drawing : Drawing
    unit : float
        The centimetres of a user unit.
    label : function
        Writes words with mathematics between dollars, as labels are in LaTeX, in markup.
    """
    marks = [line for mark in drawing.marks for line in _mark(mark, unit, label)]
    size = f"width: {_cm(drawing.width * unit)}, height: {_cm(drawing.height * unit)}"
    told = f"said: {quoted(drawing.alt)}"
    return "\n".join([f"({told}, {size}, marks: {{", *(f"  {mark}" for mark in marks), "})"])


def _mark(mark: Mark, unit: float, label: Callable[[str], str]) -> list[str]:
    def at(*lengths: float) -> str:
        return ", ".join(_cm(unit * length) for length in lengths)

    def named(x: float, y: float, size: float, latex: str, *more: str) -> str:
        given = ", ".join([at(x, y), f"{size * unit * _POINTS:.2f}pt", f"[{label(latex)}]", *more])
        return f"label-at({given})"

    if isinstance(mark, Line):
        ends = at(mark.x1, mark.y1, mark.x2, mark.y2)
        return [f"edge({ends}, {_stroke(mark.colour, 1.0, 0.8, mark.dash)})"]
    if isinstance(mark, Text):
        more = [f"side: {mark.anchor}"] if mark.anchor != "center" else []
        more += [] if mark.upright else ["turned: -90deg"]
        more += ["behind: white"] if mark.backed else []
        return [named(mark.x, mark.y, mark.size, mark.label.latex, *more)]
    look = LOOKS[mark.look]
    outline = f"stroke: {_stroke(mark.colour, look.line, look.width, look.dash)}"
    drawn = f"{outline}, fill: {_colour(mark.colour, look.fill)}" if look.fill is not None else outline
    if isinstance(mark, Box):
        shape, x, y = f"cell({at(mark.x, mark.y, mark.width, mark.height)}", mark.width / 2, mark.height / 2
    else:
        shape, x, y = f"disc({at(mark.x, mark.y, mark.radius)}", 0.0, 0.0
    found = [f"{shape}, {drawn})"]
    if mark.label is not None and mark.label.latex:
        inked = mark.label.latex
        text = named(mark.x + x, mark.y + y, mark.size, inked)
        found.append(text if look.ink == "black" else f"text(fill: {_colour(look.ink, 1.0)}, {text})")
    return found


def _stroke(colour: str, share: float, width: float, dash: str) -> str:
    paint = _colour(colour, share)
    if dash == "solid":
        return f"{width:g}pt + {paint}"
    return f'(paint: {paint}, thickness: {width:g}pt, dash: "{_DASHES[dash]}")'


def _colour(colour: str, share: float) -> str:
    return f'rgb("{hexadecimal(tint(colour, share))}")'


def _cm(length: float) -> str:
    return f"{length:.3f}".rstrip("0").rstrip(".") + "cm"
