"""Notes as slides: a frame a thing to look at, derivations revealed step by step."""

from __future__ import annotations

import re

from symconv.notes.latex import algorithm, escaped, fitted, points, sentence, table
from symconv.notes.model import (
    Algorithm,
    Block,
    Display,
    Heading,
    Manuscript,
    Picture,
    Points,
    Prose,
    Table,
    plain,
)
from symconv.notes.shells import shell

#: About so many characters go on a line of a frame.
LINE = 70
#: So many points go on one frame.
POINTS = 5
#: So many lines of equations, rows of matrices counted.
ROWS = 11
#: An algorithm of more lines is set in two columns.
LISTING = 20
#: Of the height of a frame, what there is below its title.
ROOM = 0.78


def slides(document: Manuscript) -> str:
    """A beamer document, for pdfLaTeX and LuaLaTeX."""
    frames: list[str] = []
    title = ""
    said: list[Prose] = []
    for block in document.blocks:
        if isinstance(block, Heading):
            frames += [_frame(title, _told(said))] if said else []
            title, said = sentence(block.words), []
        elif isinstance(block, Prose):
            said.append(block)
        else:
            if isinstance(block, Algorithm) and said:
                frames.append(_frame(title, _told(said)))
                said = []
            first, *more = parts_of(block, _room(said))
            frames += [_frame(title, f"{_told(said)}\n\n{first}"), *(_frame(title, part) for part in more)]
            said = []
    if said:
        frames.append(_frame(title, _told(said)))
    return shell("slides.tex").render(title=escaped(document.title), body="\n\n".join(frames))


def _frame(title: str, inside: str) -> str:
    # Pictures define commands with parameters, which only a fragile frame may hold; it cannot reveal.
    fragile = "[fragile]" if "#1" in inside else ""
    return f"\\begin{{frame}}{fragile}{{{title}}}\n{inside.strip()}\n\\end{{frame}}"


def _told(said: list[Prose]) -> str:
    return "\n\n".join(sentence(prose.words) for prose in said)


def _room(said: list[Prose]) -> float:
    """What sentences leave of the height of a frame to what stands below them."""
    lines = sum(len(plain(prose.words)) // LINE + 1 for prose in said)
    return round(ROOM - 0.06 * lines, 2)


def parts_of(block: Block, room: float) -> list[str]:
    """What of a block goes on a frame, below sentences that leave it so much of the height."""
    height = f"{room}\\textheight"
    if isinstance(block, Display):
        latex = block.item.latex()
        parts = (_revealed if block.stepwise else _split)(latex, round(ROWS * room / ROOM))
        return [fitted(f"$\\displaystyle {part}$", height=height) for part in parts]
    if isinstance(block, Points):
        rows = range(0, len(block.points), POINTS)
        return [points(Points(block.points[at : at + POINTS])) for at in rows]
    if isinstance(block, Table):
        rows = range(0, len(block.rows), 2 * POINTS)
        return [table(Table(block.head, block.rows[at : at + 2 * POINTS])) for at in rows]
    if isinstance(block, Algorithm):
        long = block.listing.latex().count("\n") > LISTING
        listing = algorithm(block, f"{room - 0.1:.2f}\\textheight", columns=2 if long else 1)
        return [f"{sentence(block.caption)}\n\n{listing}"]
    assert isinstance(block, Picture)
    drawn = fitted(block.figure.tikz(), height=f"{room - 0.1:.2f}\\textheight")
    return [f"\\begin{{center}}\n{drawn}\n\n{{\\small {sentence(block.caption)}}}\n\\end{{center}}"]


_HEAD, _FOOT = "\\begin{aligned}\n", "\n\\end{aligned}"


def _lines(aligned: str) -> list[str]:
    """The lines of an environment; a matrix is one."""
    found, depth = [""], 0
    for text in aligned.removeprefix(_HEAD).removesuffix(_FOOT).split("\n"):
        depth += text.count("\\begin{array}") - text.count("\\end{array}")
        ended = re.fullmatch(r"(.*) \\\\(\[1ex\])?", text) if depth == 0 else None
        found[-1] += ended[1] if ended else f"{text}\n"
        found += [""] if ended else []
    return [line.strip() for line in found]


def _height(lines: list[str]) -> int:
    """How many lines of text they are about as high as."""
    tall = sum("\\frac" in line or "\\sum" in line for line in lines)
    matrices = (line.split("\\begin{array}") for line in lines)
    return tall + sum(1 + max(matrix.count("\\\\") for matrix in beside) for beside in matrices)


def _split(aligned: str, rows: int) -> list[str]:
    """A display in frames, which break where an equation begins."""
    if not aligned.startswith(_HEAD):
        return [aligned]
    equations: list[list[str]] = []
    for line in _lines(aligned):
        if not equations or not line.startswith("&"):
            equations.append([])
        equations[-1].append(line)
    frames: list[list[str]] = [[]]
    for equation in equations:
        if frames[-1] and _height(frames[-1] + equation) > rows:
            frames.append([])
        frames[-1] += equation
    return [_aligned(frame) for frame in frames]


def _aligned(lines: list[str]) -> str:
    """Lines as an environment, which must not take a bracket at its head for an option."""
    return _HEAD + ("{}" if lines[0].startswith("[") else "") + " \\\\[1ex]\n".join(lines) + _FOOT


def _revealed(aligned: str, rows: int) -> list[str]:
    """A derivation in frames whose lines come one after the other; each frame begins where the last ended.

    What continues a line, which has no sign of equality, comes with it. The first line of a frame has the
    left side that it stands for.
    """
    steps: list[list[tuple[str, str]]] = []
    lefts: list[str] = []
    for line in _lines(aligned):
        left, right = (cell.strip() for cell in line.split("&", 1))
        if right.startswith("="):
            steps.append([])
            lefts.append(left or lefts[-1])
        steps[-1].append((left, right))
    heights = [_height([right for _, right in step]) for step in steps]
    frames, at, end = [], 0, 0
    while end < len(steps):
        end = at + 1
        while end < len(steps) and (end < at + 2 or sum(heights[at : end + 1]) <= rows):
            end += 1
        shown = [list(step) for step in steps[at:end]]
        shown[0][0] = (lefts[at], shown[0][0][1])
        frames.append(
            _aligned(
                [
                    " & ".join(f"\\uncover<{number}->{{{cell}}}" if cell else "" for cell in cells)
                    for number, step in enumerate(shown, 1)
                    for cells in step
                ]
            )
        )
        at = end - 1
    return frames
