"""What outputs, inputs and taps are called in a figure, and in which colour and line style a tap stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from symconv.explicit.layout import Sheet, Subject
from symconv.figures.colours import FAINT, shaded
from symconv.figures.drawing import DASHES, Label
from symconv.printing.latex import Latex
from symconv.printing.target import MathsTarget
from symconv.printing.text import PlainText

#: A value of more characters than this does not fit a cell: the letter stands there instead.
_LONGEST_VALUE = 5

#: The colour of taps that are not shared, as those that a maximum selects by.
UNTIED = FAINT


@dataclass(frozen=True)
class Tap:
    """A weight as figures show it, its colour a shade of one in formulas: the same wherever it is shared."""

    label: Label
    colour: str
    dash: str


def weights_by_look(taps: Iterable[Tap]) -> dict[tuple[str, str], list[Tap]]:
    """The different taps of each colour and line style, in the order in which they come."""
    found: dict[tuple[str, str], list[Tap]] = {}
    for tap in dict.fromkeys(taps):
        found.setdefault((tap.colour, tap.dash), []).append(tap)
    return found


@dataclass(frozen=True)
class Lettering:
    """Labels by flat index."""

    outputs: tuple[Label, ...]
    inputs: tuple[Label, ...]
    upstream: tuple[Label, ...]  # the derivative of the loss by each output
    gradients: tuple[Label, ...]  # and by each input
    taps: tuple[Tap, ...]
    tied: bool  # whether outputs share their taps; otherwise each selects by its own
    constant: bool = False  # whether all taps are one number
    selects: bool = True  # whether taps that are not shared select an entry; else they are those of a mean

    @classmethod
    def of(cls, subject: Subject) -> Lettering:
        """The letters of a notation, and the values of the taps where numbers are given for all of them."""
        incidence = subject.symbols.incidence
        outputs, inputs = range(incidence.size("output")), range(incidence.size("input"))
        partial = subject.notation.upstream_style == "partial"
        upstream = "output" if partial else "upstream"
        return cls(
            outputs=tuple(_entry(subject, "output", i) for i in outputs),
            inputs=tuple(_entry(subject, "input", i) for i in inputs),
            upstream=tuple(_entry(subject, upstream, i, derived=partial) for i in outputs),
            gradients=tuple(_entry(subject, "input", i, derived=True) for i in inputs),
            taps=_taps(subject),
            tied=subject.spec.kernel.shared,
            constant=subject.spec.kernel.uniform,
            selects=subject.spec.kernel.depends_on_input,
        )


def label(render: Callable[[MathsTarget], str]) -> Label:
    """What a function of a format renders, in LaTeX and as plain text."""
    return Label(f"${render(_LATEX)}$", render(_TEXT))


def plane_name(subject: Subject, quantity: str, outer: Sequence[int]) -> Label:
    """The letter of an operand, with the indices that lie outside of a plane of it."""
    notation = subject.notation
    return label(lambda form: form.indexed(getattr(notation, quantity), *(i + notation.base for i in outer)))


def slice_name(subject: Subject, tap: int) -> Label:
    """The letter of the kernel, with the indices of its slice that a tap lies in."""
    shape = subject.shape("tap")
    index = tuple(map(int, np.unravel_index(tap, shape)))
    return plane_name(subject, "kernel", index[: len(shape) - min(2, len(subject.spec.axes))])


class _Inline(Latex):
    """LaTeX for a line of text, where a fraction is too high."""

    derivative = r"\partial {}/\partial {}".format


_LATEX, _TEXT = _Inline(), PlainText()


def _entry(subject: Subject, quantity: str, index: int, *, derived: bool = False) -> Label:
    def render(form: MathsTarget) -> str:
        sheet = Sheet.of(subject, form)
        letter = sheet.entry_letter(quantity, index)
        return sheet.loss_by(letter) if derived else letter

    return label(render)


def _taps(subject: Subject) -> tuple[Tap, ...]:
    """The colour is the tap's, and so the same on every cell and edge; a constant kernel has one."""
    labels = _tap_labels(subject)
    if not subject.spec.kernel.shared:
        return tuple(Tap(name, UNTIED, DASHES[0]) for name in labels)
    colours = subject.colours()
    looks = [(colour, DASHES[0]) for colour in colours] if subject.spec.kernel.uniform else _looks(colours)
    return tuple(Tap(label, *look) for label, look in zip(labels, looks, strict=True))


def _looks(colours: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The next shade of each colour, and of the line styles least used with it the one whose turn it is.

    So cells, which have no line styles, look different until each colour has had every shade, and edges until
    every shade has had every line style.

    >>> list(_looks(["red", "blue", "red"]))
    [('red', 'solid'), ('blue', 'dashed'), ('red!65!black', 'dotted')]
    """
    seen: Counter[str] = Counter()
    used: Counter[tuple[str, str]] = Counter()
    for at, colour in enumerate(colours):
        shade, turn = shaded(colour, seen[colour]), at % len(DASHES)
        dash = min(DASHES[turn:] + DASHES[:turn], key=lambda style: used[shade, style])
        yield shade, dash
        seen[colour] += 1
        used[shade, dash] += 1


def _tap_labels(subject: Subject) -> list[Label]:
    values = subject.values.operands["tap"]
    if all(value.is_Rational and len(str(value)) <= _LONGEST_VALUE for value in values):
        return [Label(f"${value}$", str(value)) for value in values]
    # The marks have the colours, so the letters on them have none.
    plain = replace(subject, spec=subject.spec.uncoloured)
    latex, text = (Sheet.of(plain, form).names() for form in (_LATEX, _TEXT))
    return [Label(f"${latex[tap]}$", text[tap]) for tap in subject.symbols.operands["tap"]]
