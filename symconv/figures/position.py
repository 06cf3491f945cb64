"""One position of the window: the kernel beside what it lies on, and the entry that it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symconv.explicit.layout import Subject
from symconv.figures.drawing import Drawing, Label
from symconv.figures.lettering import Lettering
from symconv.figures.scene import Scene
from symconv.figures.window import Padded, windows
from symconv.figures.words import rows_in_words, selections_in_words


def position(subject: Subject) -> Drawing:
    """The position whose window meets most, in letters."""
    letters = Lettering.of(subject)
    learned = subject.spec.kernel.learned
    lying = {at: tap.label for at, tap in enumerate(letters.taps)} if learned else {}
    return positioned(subject, letters.inputs, letters.outputs, lying)


def positioned(
    subject: Subject, inputs: Sequence[Label], outputs: Sequence[Label], lying: Mapping[int, Label]
) -> Drawing:
    """The same with labels for the entries of the input and the output, and for each tap that is shown."""
    letters, role = Lettering.of(subject), subject.spec.dependent_role
    sides = (inputs, outputs) if role == "input" else (outputs, inputs)
    around = Label("$0$", "0") if role == "input" and letters.tied else Label("", "")
    at = main_position(subject)
    colours = [tap.colour for tap in letters.taps]
    scene = Scene(subject, colours, at, sides[0], around, lying, sides[1], {}, 1, headed=True)
    title = "The window at one position" if role == "input" else "Where one input writes to"
    return Drawing.of("position", title, scene.drawn().drawing.marks, _in_words(subject, letters, at))


def main_position(subject: Subject) -> int:
    """The first of the positions whose windows meet most entries."""
    role = subject.spec.dependent_role
    padded = Padded.of(subject, role)
    met = [sum(padded.stands[place] >= 0 for place in row) for row in windows(subject, role, padded)]
    return met.index(max(met))


def _in_words(subject: Subject, letters: Lettering, at: int) -> str:
    reads = subject.spec.dependent_role == "input"
    sides = (letters.inputs, letters.outputs)
    seen, seeing = sides if reads else sides[::-1]
    padded = Padded.of(subject, subject.spec.dependent_role)
    row = windows(subject, subject.spec.dependent_role, padded)[at]
    met = [
        (_place(seen, padded, place, "padding" if reads else "cropping"), row[place]) for place in sorted(row)
    ]
    what = "The input and the window of one output." if reads else "The output and where one input writes to."
    told = [what, selections_in_words(letters, "Cells"), rows_in_words(letters, [seeing[at]], [met])]
    return " ".join(filter(None, told))


def _place(seen: Sequence[Label], padded: Padded, place: int, outside: str) -> str:
    at = int(padded.stands[place])
    return " ".join([*([outside] * bool(padded.outside[place])), *([seen[at].text] if at >= 0 else [])])
