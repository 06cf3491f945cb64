"""One position of the window: the kernel beside what it lies on, and the entry that it stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from symconv.explicit.layout import Subject
from symconv.figures.drawing import Box, Drawing, Label, Mark, Text
from symconv.figures.lettering import Lettering
from symconv.figures.scene import Scene
from symconv.figures.window import Padded, windows
from symconv.figures.words import rows_in_words, selections_in_words


def position(subject: Subject) -> Drawing:
    """The position whose window meets most, in letters."""
    letters = Lettering.of(subject)
    learned = subject.spec.kernel.learned
    lying = {at: tap.label for at, tap in enumerate(letters.taps)} if learned else {}
    return positioned(subject, letters, letters.inputs, letters.outputs, lying)


def positioned(
    subject: Subject,
    letters: Lettering,
    inputs: Sequence[Label],
    outputs: Sequence[Label],
    lying: Mapping[int, Label],
) -> Drawing:
    """The same with labels for the entries of the input and the output, and for each tap that is shown."""
    role = subject.spec.dependent_role
    padded = Padded.of(subject, role)
    rows = windows(subject, role, padded)
    sides = (inputs, outputs) if role == "input" else (outputs, inputs)
    around = Label("$0$", "0") if role == "input" and letters.tied else Label("", "")
    at = _main(padded, rows)
    colours = [tap.colour for tap in letters.taps]
    scene = Scene(subject, colours, at, sides[0], around, lying, sides[1], {}, 1, headed=True)
    title = "The window at one position" if role == "input" else "Where one input writes to"
    told = _in_words(role, letters, at, padded, rows[at])
    return Drawing.of("position", title, _labelled(scene.drawn().drawing.marks), told)


def _labelled(marks: Sequence[Mark]) -> list[Mark]:
    """Marks whose cells have as labels what stands in them."""
    middles = {_middle(mark) for mark in marks if isinstance(mark, Box)}
    inside = {_middle(mark): mark for mark in marks if isinstance(mark, Text) and _middle(mark) in middles}
    found: list[Mark] = []
    for mark in marks:
        if isinstance(mark, Box) and mark.look != "block" and _middle(mark) in inside:
            found.append(replace(mark, label=inside[_middle(mark)].label))
        elif not isinstance(mark, Text) or _middle(mark) not in middles:
            found.append(mark)
    return found


def _middle(mark: Box | Text) -> tuple[float, float]:
    width, height = (mark.width, mark.height) if isinstance(mark, Box) else (0, 0)
    return round(mark.x + width / 2, 3), round(mark.y + height / 2, 3)


def main_position(subject: Subject) -> int:
    """The first of the positions whose windows meet most entries."""
    role = subject.spec.dependent_role
    padded = Padded.of(subject, role)
    return _main(padded, windows(subject, role, padded))


def _main(padded: Padded, rows: Sequence[Collection[int]]) -> int:
    met = [sum(padded.stands[place] >= 0 for place in row) for row in rows]
    return met.index(max(met))


def _in_words(role: str, letters: Lettering, at: int, padded: Padded, row: Mapping[int, list[int]]) -> str:
    reads = role == "input"
    sides = (letters.inputs, letters.outputs)
    seen, seeing = sides if reads else sides[::-1]
    met = [
        (_place(seen, padded, place, "padding" if reads else "cropping"), row[place]) for place in sorted(row)
    ]
    what = "The input and the window of one output." if reads else "The output and where one input writes to."
    told = [what, selections_in_words(letters, "Cells"), rows_in_words(letters, [seeing[at]], [met])]
    return " ".join(filter(None, told))


def _place(seen: Sequence[Label], padded: Padded, place: int, outside: str) -> str:
    at = int(padded.stands[place])
    return " ".join([*([outside] * bool(padded.outside[place])), *([seen[at].text] if at >= 0 else [])])
