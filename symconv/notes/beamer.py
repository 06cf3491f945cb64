"""Frames as a beamer document: pieces below and beside each other, shown step by step."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symconv.figures.scene import Staged, enlarged
from symconv.figures.tikz import revealed, styles
from symconv.notes.figured import FRAME, HALF_FRAME, scale
from symconv.notes.frames import plainly
from symconv.notes.latex import algorithm, escaped, points, sentence, stretched, table
from symconv.notes.model import (
    Algorithm,
    Built,
    Display,
    Frame,
    Manuscript,
    Picture,
    Piece,
    Points,
    Prose,
    Stacked,
    Table,
    Words,
)
from symconv.notes.shells import shell
from symconv.printing import display as data
from symconv.printing.latex import BREAK, WIDE_BREAK, AlignedLine, Latex, environment

#: So many points go on one frame, and so many rows of a table.
POINTS, TABLE = 4, 10
#: So many lines of equations, rows of matrices counted.
ROWS = 11
#: An algorithm of more lines is set in two columns.
LISTING = 20


_LATEX = Latex()


def slides(document: Manuscript, *, handout: bool = False) -> str:
    """A beamer document, for pdfLaTeX and LuaLaTeX; a ``handout`` has one page a frame, all of it shown."""
    frames = document.frames or plainly(document.blocks)
    body = [made for frame in frames for made in _frames(frame, document.headed)]
    told = {"title": escaped(document.title), "styles": styles(), "body": "\n\n".join(body)}
    return shell("slides.tex").render(options=",handout" * handout, **told)


def _frames(frame: Frame, title: Words) -> list[str]:
    """A frame, and others behind it for that part of its last piece for which it has no room."""
    *above, last = frame.rows
    first, *more = _parts(last[0]) if frame.breaks else [_row(last)]
    rows = [_row(row) for row in above]
    whole = [*rows, first]
    return [_frame(frame, whole, title), *(_frame(frame, [part], title) for part in more)]


def _row(row: Sequence[Piece]) -> str:
    """Pieces side by side; one by itself."""
    if len(row) > 1:
        return _beside(row)
    (piece,) = row
    return _centred(_maths(piece)) if isinstance(piece, Display) else _parts(piece)[0]


def _frame(frame: Frame, rows: Sequence[str], title: Words) -> str:
    rows = [f"\\slidestill{{%\n{rows[0]}\n}}", *rows[1:]] if frame.still else rows
    inside = "\n\\slidenext\n".join(rows)
    head = "" if frame.opening else f"{'[t]' * frame.still}{{{escaped(frame.title)}}}"
    above = f"\\slidetitle{{{sentence(title)}}}\n" if frame.opening else ""
    return f"\\begin{{frame}}{head}\n{above}\\slide{{%\n{inside}\n}}\n\\end{{frame}}"


def _beside(row: Sequence[Piece]) -> str:
    """Pieces side by side, in the middle of their heights."""
    pieces = []
    for piece in row:
        if isinstance(piece, Picture | Staged):
            drawn = _picture(piece, HALF_FRAME)
        else:
            drawn = f"$\\displaystyle {_maths(piece)}$"
        pieces.append(f"$\\vcenter{{\\hbox{{{drawn}}}}}$")
    return "\\slideabreast{\\hfill " + "\\hfill ".join(pieces) + "\\hfill}"


def _parts(piece: Piece) -> list[str]:
    """What of a piece goes on a frame each."""
    match piece:
        case Prose():
            return [_LAST.sub(r"~\1~\2", sentence(piece.words)) + "\\par"]
        case Points():
            rows = range(0, len(piece.points), POINTS)
            return [points(Points(piece.points[at : at + POINTS])) for at in rows]
        case Table():
            rows = range(0, len(piece.rows), TABLE)
            return [table(Table(piece.head, piece.rows[at : at + TABLE])) for at in rows]
        case Algorithm():
            columns = 2 if piece.listing.latex().count("\n") > LISTING else 1
            listing = algorithm(piece, "0.6\\textheight", columns=columns)
            return [f"{sentence(piece.caption)}\\par\n{listing}"]
        case Picture() | Staged():
            return [f"\\slideabreast{{\\hfil {_picture(piece, FRAME)}\\hfil}}"]
        case Display():
            display = piece.item.display(_LATEX)
            made = _revealed(display, ROWS) if piece.stepwise else _split(display, ROWS)
            return [_centred(text) for text in made]
        case _:
            return [_centred(_maths(piece))]


#: A short word at the end of a paragraph, and the one before it.
_LAST = re.compile(r" (\w{1,5}) (\$[^$]*\$\W?|[^\s$]{1,5})$")


def _centred(maths: str) -> str:
    return f"\\slidemaths{{{maths}}}"


def _maths(piece: Piece) -> str:
    """Mathematics on its own, in display style."""
    match piece:
        case Built():
            made = _aligned(_built(piece), BREAK)
        case Stacked():
            made = _stacked(piece)
        case Display():
            made = _LATEX.lay_out(piece.item.display(_LATEX))
        case _:
            raise TypeError(f"{type(piece).__name__} is no mathematics.")
    return made


def _picture(piece: Picture | Staged, width: float) -> str:
    """A picture as large as it can be."""
    staged = piece if isinstance(piece, Staged) else enlarged(piece.figure.drawing)
    return f"{{\\slidefont\n{revealed(staged.drawing, staged.steps, scale(staged.drawing, width))}}}"


def _built(piece: Built) -> list[str]:
    """The lines of an equation whose pieces appear one after the other, its left side with the first."""
    lines = []
    for at, line in enumerate(piece.lines):
        left = _from(min((step for step, _ in line), default=1), piece.left.latex) if at == 0 else ""
        right = "".join(_from(step, part.latex) for step, part in line)
        goes_on = at and piece.left.latex and not line[0][1].latex.startswith(" = ")
        lines.append(f"{left} & " + "\\quad " * bool(goes_on) + right)
    return [*lines, *(_built(piece.then) if piece.then else ())]


def _from(step: int, latex: str) -> str:
    """Maths that is seen from a step on; a sign at its head keeps its distance to what stands before it."""
    return f"{{}}{latex}" if step == 1 else f"\\uncover<{step}->{{{{}}{latex}{{}}}}"


def _stacked(piece: Stacked) -> str:
    """Rows that appear one by one, the result on their left and what they act on on their right."""
    left = [f"\\uncover<{r}->{{{one.latex}}}" for r, one in enumerate(piece.left, 1)]
    rows = [
        " & ".join(f"\\uncover<{r}->{{{cell.latex}}}" for cell in row) for r, row in enumerate(piece.rows, 1)
    ]
    right = [one.latex for one in piece.right]
    acted = f" {_column(right) if len(right) > 1 else ''.join(right)}"
    added = [f"\\uncover<{r}->{{{one.latex}}}" for r, one in enumerate(piece.added, 1)]
    acted += f" + {_column(added)}" if added else ""
    return f"{stretched(piece.left)}{_column(left)} = {_array(rows, len(piece.rows[0]))}{acted}"


def _column(entries: Sequence[str]) -> str:
    return _array(entries, 1)


def _array(rows: Sequence[str], columns: int) -> str:
    body = BREAK.join(rows)
    return f"\\left[\\begin{{array}}{{{'c' * columns}}}\n{body}\n\\end{{array}}\\right]"


def _equations(display: data.Display) -> list[list[AlignedLine]]:
    """The lines of each equation, with the dots below it."""
    found: list[list[AlignedLine]] = []
    for row in display.rows:
        if row is None:
            found[-1] += _LATEX.lines(row)
        else:
            found.append(_LATEX.lines(row))
    return found


def _height(lines: list[AlignedLine]) -> int:
    return sum(line.height for line in lines)


def _aligned(lines: list[str], between: str = WIDE_BREAK) -> str:
    return environment("aligned", between.join(lines))


def _split(display: data.Display, most: int) -> list[str]:
    """A display in frames of so many lines at the most, which break where an equation begins."""
    frames: list[list[AlignedLine]] = [[]]
    for equation in _equations(display):
        if frames[-1] and _height(frames[-1] + equation) > most:
            frames.append([])
        frames[-1] += equation
    return [_aligned([str(line) for line in frame]) for frame in frames] if display.rows else [display.whole]


def _uncovered(number: int, line: AlignedLine) -> str:
    cells = (line.left.strip(), line.right)
    return " & ".join(f"\\uncover<{number}->{{{cell}}}" if cell else "" for cell in cells)


def _revealed(display: data.Display, most: int) -> list[str]:
    """A derivation in frames whose steps come one after the other; each frame begins where the last ended.

    The first line of a frame has the left side that it stands for.
    """
    steps = _equations(display)
    lefts: list[str] = []
    for step in steps:
        lefts.append(step[0].left.strip() or lefts[-1])
    frames, at, end = [], 0, 0
    while end < len(steps):
        end = at + 1
        while end < len(steps) and (end < at + 2 or sum(map(_height, steps[at : end + 1])) <= most):
            end += 1
        shown = [(number, line) for number, step in enumerate(steps[at:end], 1) for line in step]
        shown[0] = (1, shown[0][1]._replace(left=lefts[at]))
        frames.append(_aligned([_uncovered(number, line) for number, line in shown]))
        at = end - 1
    return frames
