"""What outputs, inputs and taps are called in a figure, and in which colour and line style a tap stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Expr

from symconv.figures.colours import PALETTE
from symconv.figures.drawing import DASHES, Label
from symconv.notation import Notation
from symconv.pattern import Untied
from symconv.pieces import Subject, entry_letter, loss_by
from symconv.printing import Format, Latex, Text

#: A value of more characters than this does not fit a cell: the letter stands there instead.
_LONGEST_VALUE = 5

#: The colour of taps that are not shared, as those that a maximum selects by.
UNTIED = "gray"


@dataclass(frozen=True)
class Tap:
    """A weight as figures show it: the same wherever it is shared."""

    label: Label
    colour: str
    dash: str


@dataclass(frozen=True)
class Lettering:
    """Labels by flat index.

    Attributes
    ----------
    outputs, inputs : tuple of Label
        One an entry.
    upstream, gradients : tuple of Label
        The derivative of the loss by each output, and by each input.
    taps : tuple of Tap
    tied : bool
        Whether outputs share their taps.
    """

    outputs: tuple[Label, ...]
    inputs: tuple[Label, ...]
    upstream: tuple[Label, ...]
    gradients: tuple[Label, ...]
    taps: tuple[Tap, ...]
    tied: bool

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
            tied=_tied(subject),
        )


def label(render: Callable[[Format], str]) -> Label:
    """What a function of a format renders, in LaTeX and as plain text."""
    return Label(f"${render(_LATEX)}$", render(_TEXT))


class _Inline(Latex):
    """LaTeX for a line of text, where a fraction is too high."""

    def derivative(self, loss: str, by: str) -> str:
        return f"\\partial {loss}/\\partial {by}"


_LATEX, _TEXT = _Inline(), Text()


def _entry(subject: Subject, quantity: str, index: int, *, derived: bool = False) -> Label:
    def render(form: Format) -> str:
        letter = entry_letter(subject, form, quantity, index)
        return loss_by(subject, form, letter) if derived else letter

    return label(render)


def _tied(subject: Subject) -> bool:
    return not any(isinstance(relation, Untied) for relation in subject.symbols.pattern.relations)


def _taps(subject: Subject) -> tuple[Tap, ...]:
    """The colour is the tap's, and so the same on every cell and edge; a constant kernel has one."""
    labels = _tap_labels(subject)
    colours = subject.notation.tap_colours or PALETTE
    constant = len(set(labels)) == 1
    taps = []
    for at, name in enumerate(labels):
        style = 0 if constant else at
        colour = colours[style % len(colours)] if _tied(subject) else UNTIED
        taps.append(Tap(name, colour, DASHES[style % len(DASHES)] if _tied(subject) else DASHES[0]))
    return tuple(taps)


def _tap_labels(subject: Subject) -> list[Label]:
    values = subject.values.operands["tap"]
    if all(value.is_Rational and len(str(value)) <= _LONGEST_VALUE for value in values):
        return [_number(value) for value in values]
    plain = Subject(subject.axes, subject.symbols, subject.values, _without_colours(subject.notation))
    latex, text = plain.names(_LATEX), plain.names(_TEXT)
    return [Label(f"${latex[tap]}$", text[tap]) for tap in subject.symbols.operands["tap"]]


def _number(value: Expr) -> Label:
    return Label(f"${value}$", str(value))


def _without_colours(notation: Notation) -> Notation:
    """The marks have the colours, so the letters on them have none."""
    return notation.replace(tap_colours=())
