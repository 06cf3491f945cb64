"""Notes as slides: a frame a thing to look at, derivations revealed step by step."""

from __future__ import annotations

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
#: So many steps of a derivation.
STEPS = 5


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
            first, *more = _parts(block, _room(said))
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
    return round(0.78 - 0.06 * lines, 2)


def _parts(block: Block, room: float) -> list[str]:
    """What of a block goes on a frame, below sentences that leave it so much of the height."""
    height = f"{room}\\textheight"
    if isinstance(block, Display):
        latex = block.item.latex()
        parts = _revealed(latex) if block.stepwise else [latex]
        return [fitted(f"$\\displaystyle {part}$", height=height) for part in parts]
    if isinstance(block, Points):
        rows = range(0, len(block.points), POINTS)
        return [points(Points(block.points[at : at + POINTS])) for at in rows]
    if isinstance(block, Table):
        rows = range(0, len(block.rows), 2 * POINTS)
        return [table(Table(block.head, block.rows[at : at + 2 * POINTS])) for at in rows]
    if isinstance(block, Algorithm):
        return [sentence(block.caption) + "\n\n" + algorithm(block, f"{room - 0.1:.2f}\\textheight")]
    assert isinstance(block, Picture)
    drawn = fitted(block.figure.tikz(), height=f"{room - 0.1:.2f}\\textheight")
    return [f"\\begin{{center}}\n{drawn}\n\n{{\\small {sentence(block.caption)}}}\n\\end{{center}}"]


def _revealed(aligned: str) -> list[str]:
    """A derivation in frames whose lines come one after the other; each frame begins where the last ended.

    What continues a line, which has no sign of equality, comes with it. The first line of a frame has the
    left side that it stands for.
    """
    head, foot = "\\begin{aligned}\n", "\n\\end{aligned}"
    steps: list[list[tuple[str, str]]] = []
    lefts: list[str] = []
    for line in aligned.removeprefix(head).removesuffix(foot).split(" \\\\[1ex]\n"):
        left, right = (cell.strip() for cell in line.split("&", 1))
        if right.startswith("="):
            steps.append([])
            lefts.append(left or lefts[-1])
        steps[-1].append((left, right))
    frames = []
    for at in range(0, max(1, len(steps) - 1), STEPS - 1):
        shown = [list(step) for step in steps[at : at + STEPS]]
        shown[0][0] = (lefts[at], shown[0][0][1])
        lines = [
            " & ".join(f"\\uncover<{number}->{{{cell}}}" if cell else "" for cell in cells)
            for number, step in enumerate(shown, 1)
            for cells in step
        ]
        frames.append(head + " \\\\[1ex]\n".join(lines) + foot)
    return frames
