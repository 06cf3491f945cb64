"""A drawing as a tikzpicture that a lecturer can edit: one line a mark, colours and looks by name."""

from collections.abc import Container, Iterable, Sequence

from symconv.figures.drawing import DASHES, FONT, LOOKS, Box, Disc, Drawing, Line, Look, Mark, Text

#: A user unit in centimetres where there is room.
UNIT = 0.9

#: Points in a centimetre, and the size of the letters in a document.
_POINTS, _LETTERS = 28.45, 10.0

_DASHES = dict(zip(DASHES, ("solid", "dashed", "densely dotted", "dash dot"), strict=True))

_ANCHORS = {"left": "west", "center": "center", "right": "east"}


def tikzpicture(drawing: Drawing, width: float, height: float) -> str:
    """The environment, in centimetres at the most; the document loads tikz, which loads xcolor."""
    unit = min(UNIT, width / drawing.width, height / drawing.height)
    looks = [mark.look for mark in drawing.marks if isinstance(mark, Box | Disc)]
    head = [f"% {drawing.title}", "\\begin{tikzpicture}[", *_scale(unit), *_styles(looks), "]"]
    return _picture(head, drawing, [_mark(mark, unit) for mark in drawing.marks])


def revealed(drawing: Drawing, steps: Sequence[int], unit: float) -> str:
    """The environment in a frame of beamer, where marks appear at steps; the document has the styles.

    Parameters
    ----------
    drawing : Drawing
    steps : sequence of int
        For each mark the overlay from which it is seen; 1 from the start.
    unit : float
        The centimetres of a user unit.
    """
    marks = [_mark(mark, unit) for mark in drawing.marks]
    shown = [
        mark if step == 1 else f"\\uncover<{step}->{{{mark}}}"
        for mark, step in zip(marks, steps, strict=True)
    ]
    return _picture(["\\begin{tikzpicture}[", *_scale(unit), "]"], drawing, shown)


def styles() -> str:
    """The looks of boxes and discs, for the head of a document of frames."""
    return "\n".join(["\\tikzset{", *_styles(LOOKS), "}"])


def _picture(head: list[str], drawing: Drawing, marks: Iterable[str]) -> str:
    box = f"  \\path[use as bounding box] (0,0) rectangle {_at(drawing.width, drawing.height)};"
    return "\n".join([*head, box, *(f"  {mark}" for mark in marks), "\\end{tikzpicture}"]) + "\n"


def _scale(unit: float) -> list[str]:
    return [
        f"  x={_number(unit, 6)}cm, y=-{_number(unit, 6)}cm,",
        f"  every node/.style={{inner sep=1pt, scale={_number(FONT * unit * _POINTS / _LETTERS, 6)}}},",
    ]


def _styles(looks: Container[str]) -> list[str]:
    return [f"  {_style(name)}/.style={{{_look(LOOKS[name])}}}," for name in LOOKS if name in looks]


def _style(name: str) -> str:
    return name.replace(" ", "-")


def _look(look: Look) -> str:
    """A style that takes the colour as its argument."""
    parts = [f"draw={_tinted(look.line)}", f"line width={_number(look.width)}pt"]
    parts += [f"fill={_tinted(look.fill)}"] if look.fill is not None else []
    parts += [_DASHES[look.dash]] if look.dash != "solid" else []
    return ", ".join([*parts, f"text={look.ink}"])


def _tinted(share: float) -> str:
    return "#1" if share == 1 else f"#1!{round(100 * share)}"


def _mark(mark: Mark, unit: float) -> str:
    match mark:
        case Box():
            ends = f"{_at(mark.x, mark.y)} rectangle ++{_at(mark.width, mark.height)}"
            return f"\\draw[{_style(mark.look)}={mark.colour}] {ends}{_inside(mark)};"
        case Disc():
            circle = f"{_at(mark.x, mark.y)} circle[radius={_number(mark.radius * unit)}cm]"
            return f"\\draw[{_style(mark.look)}={mark.colour}] {circle}{_inside(mark)};"
        case Line():
            style = f"[{mark.colour}, thick, {_DASHES[mark.dash]}]"
            return f"\\draw{style} {_at(mark.x1, mark.y1)} -- {_at(mark.x2, mark.y2)};"
        case Text():
            options = _scaled(mark.size)
            options += [f"anchor={_ANCHORS[mark.anchor]}"] if mark.anchor != "center" else []
            options += [] if mark.upright else ["rotate=90"]
            options += ["fill=white"] if mark.backed else []
            return f"\\node{_listed(options)} at {_at(mark.x, mark.y)} {{{mark.label.latex}}};"


def _inside(mark: Box | Disc) -> str:
    """The node in the middle of a box or a disc, if that has a label."""
    if mark.label is None or not mark.label.latex:
        return ""
    place = ["midway"] if isinstance(mark, Box) else []
    return f" node{_listed([*place, *_scaled(mark.size)])} {{{mark.label.latex}}}"


def _scaled(size: float) -> list[str]:
    """Letters of another size than the picture's own; TikZ multiplies the two scales."""
    return [] if size == FONT else [f"scale={_number(size / FONT)}"]


def _listed(options: list[str]) -> str:
    return f"[{', '.join(options)}]" if options else ""


def _at(x: float, y: float) -> str:
    return f"({_number(x)},{_number(y)})"


def _number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")
