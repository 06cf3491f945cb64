"""Pictures of the worked example: as large as their letters need, left out where these are too small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from sympy import Expr

from symconv.errors import FigureError
from symconv.explicit.layout import Sheet
from symconv.figures import Box, Disc, Drawing, Figure, Label, Line, Text, require_drawable
from symconv.figures.lettering import Lettering, label
from symconv.figures.position import positioned
from symconv.figures.scene import Staged, bare, enlarged
from symconv.notes.model import Block, Picture, Words
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.notes.worked import Worked

#: The least size of letters in print, in points; how much of it a script has; points in a centimetre.
LEAST, SCRIPT, POINTS = 7.1, 0.84, 28.45

#: The least size of words on a frame.
WORDS = 8.1

#: The most centimetres that a picture takes.
WIDTH, HEIGHT = 16.0, 11.5

#: A user unit is at least so many centimetres.
UNIT = 0.62


def unit(drawing: Drawing) -> float:
    """The centimetres of a user unit at which every letter of mathematics can be read."""
    return max(UNIT, round(LEAST / (POINTS * _smallest(drawing)) + 0.005, 2))


def _smallest(drawing: Drawing) -> float:
    """The size of the smallest letters of mathematics, in user units."""
    sizes = [
        _least(mark.label, mark.size)
        for mark in drawing.marks
        if isinstance(mark, Box | Disc | Text) and mark.label
    ]
    return min(sizes, default=1.0)


def _least(label: Label, size: float) -> float:
    if "$" not in label.latex:
        return 1.0
    return size * (SCRIPT if "_" in label.latex or "^" in label.latex else 1.0)


def legible(drawing: Drawing) -> bool:
    """Whether a picture goes on a page with letters that can be read."""
    here = unit(drawing)
    return here * drawing.width <= WIDTH and here * drawing.height <= HEIGHT


#: On a frame of slides a picture takes at most so many centimetres across, half of it beside another one,
#: so many down, and so many a user unit.
FRAME, HALF_FRAME, FRAME_HEIGHT, FRAME_UNIT = 13.6, 6.7, 4.6, 0.85


def scale(drawing: Drawing, width: float) -> float:
    """The centimetres of a user unit on a frame."""
    return min(width / drawing.width, FRAME_HEIGHT / drawing.height, FRAME_UNIT)


def clear(staged: Staged, width: float = FRAME) -> bool:
    """Whether a picture goes on a frame with letters that can be read."""
    points = scale(staged.drawing, width) * POINTS
    words = [
        mark.size for mark in staged.drawing.marks if isinstance(mark, Text) and "$" not in mark.label.latex
    ]
    return points * _smallest(staged.drawing) >= LEAST and points * min(words, default=1.0) >= WORDS


def framed(sources: Sources, name: str, width: float = FRAME, *, lettered: bool = True) -> list[Staged]:
    """A figure of the example for a frame, unless it is too large to be read.

    Where it need not be ``lettered``, its cells are shown without the names around them, and those of a large
    one without what stands in them.
    """
    try:
        drawing = sources.example.figure(name).drawing
    except FigureError:
        return []
    if lettered:
        tried = [_lettered(sources, drawing), drawing] if name == "network" else [drawing]
        return [found for found in map(enlarged, tried) if clear(found, width)][:1]
    cells = bare(drawing, lettered=True)
    return [cells if clear(cells, width) else bare(drawing)]


def picture(
    sources: Sources, name: str, caption: Words, *, beside: float = 0.0, spare: int = 0, else_spare: int = 0
) -> list[Block]:
    """A figure of the example, unless it is too large to be read.

    ``beside`` is the width in centimetres of what stands before it, where it may stand beside that;
    ``spare`` and ``else_spare`` say whether it may be left out where it stands beside that, and where not.
    """
    try:
        figure = sources.example.figure(name)
    except FigureError:
        return []
    drawing = _valued(sources, figure.drawing)
    if not legible(drawing):
        return []
    room = round((WIDTH - beside) / (unit(drawing) * drawing.width), 2) if beside else 0.0
    narrow = room >= 1
    code = f"example.figure({name!r})"
    left_out = spare if narrow else else_spare or spare
    return [Picture(caption, Figure(drawing), code, name, beside=room if narrow else 0.0, spare=left_out)]


def positioned_picture(sources: Sources, caption: Words) -> list[Block]:
    """One position of the window on the values of the example, unless it is too large to be read."""
    try:
        require_drawable("position", sources.example.spec.pattern)
    except FigureError:
        return []
    worked = Worked(sources.example)
    inputs, outputs = (list(map(value, found)) for found in (worked.inputs, worked.outputs))
    subject = sources.example.written.subject
    letters = Lettering.of(subject)
    lying = dict(enumerate(map(value, worked.weights))) if worked.spec.kernel.learned else {}
    # Where the sums of a transposed layer have no room, what it writes to has letters, or none.
    tried = [outputs, list(letters.outputs), [Label("", "")] * len(outputs)]
    tried = tried if worked.spec.transposed else tried[:1]
    drawings = [positioned(subject, letters, inputs, labels, lying) for labels in tried]
    drawing = next(filter(legible, drawings), None)
    if drawing is None:
        return []
    return [Picture(caption, Figure(drawing), "example.figure('position')", "position")]


def value(number: Expr) -> Label:
    """A number for a cell; a fraction with a slash."""
    if number.is_Rational:
        return Label(f"${number}$", str(number))
    return label(lambda form: form.expr(number))


def _valued(sources: Sources, drawing: Drawing) -> Drawing:
    """The input above a window with its values, where it is the input that the window slides over.

    The legend of a network tells of each weight its letter and its value; its discs have values where their
    letters are too long for them.
    """
    worked = Worked(sources.example)
    if drawing.name == "network":
        found = _lettered(sources, drawing)
        for role, entries in (("input", worked.inputs), ("output", worked.outputs)):
            found = found if legible(found) else _with_values(worked, found, role, entries)
        return found
    if drawing.name != "window" or sources.example.spec.transposed:
        return drawing
    return _with_values(worked, drawing, "input", worked.inputs)


def _with_values(worked: Worked, drawing: Drawing, role: str, entries: Sequence[Expr]) -> Drawing:
    """A drawing with the values of the entries of the "input" or the "output" for their letters."""
    pen = Pen(worked)
    name = {"input": pen.input, "output": pen.output}[role]
    values = {name(at).text: pen.number(entry) for at, entry in enumerate(entries)}

    def shown(mark: Box | Disc | Line | Text) -> Box | Disc | Line | Text:
        if isinstance(mark, Box | Disc) and mark.look in ("entry", "padding") and mark.label:
            value = values.get(mark.label.text)
            return replace(mark, label=Label(f"${value.latex}$", value.text)) if value else mark
        return mark

    return replace(drawing, marks=tuple(map(shown, drawing.marks)))


def _lettered(sources: Sources, drawing: Drawing) -> Drawing:
    """A network whose legend has the letters of its weights too, where it has a line for each."""
    worked = Worked(sources.example)
    used = sorted({tap for _, tap, _, _ in worked.triples})
    lines = [m for m in drawing.marks if isinstance(m, Text) and m.anchor == "left" and "$" in m.label.latex]
    if not worked.spec.kernel.learned or len(lines) != len(used):
        return drawing
    pen = Pen(worked)
    names = {}
    for line, at in zip(lines, used, strict=True):
        tap, value = pen(partial(_letter, at)), pen.number(worked.weights[at])
        if value.text != line.label.text:
            return drawing
        names[id(line)] = Label(f"${tap.latex} = {value.latex}$", f"{tap.text} = {value.text}")
    marks = [
        replace(m, label=names[id(m)]) if isinstance(m, Text) and id(m) in names else m for m in drawing.marks
    ]
    return Drawing.of(drawing.name, drawing.title, marks, drawing.alt)


def _letter(at: int, s: Sheet) -> str:
    """The letter of a weight without its colour."""
    plain = replace(s, spec=replace(s.spec, notation=s.spec.notation.rewritten(tap_colours=())))
    return plain.entry_letter("kernel", at)
