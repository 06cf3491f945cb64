"""Notes as slides: a frame a thing to look at, derivations revealed step by step."""

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
from symconv.printing import display as data
from symconv.printing.latex import WIDE_BREAK, AlignedLine, Latex, environment

#: About so many characters go on a line of a frame.
LINE = 70
#: So many points go on one frame.
POINTS = 4
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
        display, most = block.item.display(_LATEX), round(ROWS * room / ROOM)
        parts = (_revealed if block.stepwise else _split)(display, most)
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


_LATEX = Latex()


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


def _aligned(lines: list[str]) -> str:
    return environment("aligned", WIDE_BREAK.join(lines))


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
