"""Mathematics in a line as runs of letters: what a label holds, for a format that knows no LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from symconv.printing.alphabets import ACCENTS, in_alphabet
from symconv.printing.tex import KNOWN, read
from symconv.printing.tree import Coloured, Fence, Fraction, Marked, Node, Root, Row, Scripts, Sign, Space

#: How letters look, and where they stand: 1 above the line, -1 below it.
UPRIGHT, ITALIC, BOLD, BOLD_ITALIC = "upright", "italic", "bold", "bold italic"
ABOVE, BELOW = 1, -1


@dataclass(frozen=True)
class Run:
    """Letters that look alike and stand at one height."""

    text: str
    look: str = UPRIGHT
    level: int = 0


#: Operations without spaces around them, and signs behind which a plus or minus belongs to what follows.
_TIGHT, _BEFORE_A_SIGN = "⋅×:", "([{,;=<>≤≥+−±∓·×/"

#: Letters that lean in an upright font, and characters that others stand for in a line.
_LEANING, _LIKE = "ℓℏ", {"⋅": "·", "⋯": "…"}

#: How letters look by the command of their style, and signs beside such letters.
_LOOKS = {"": ITALIC, "mathit": ITALIC, "mathbf": BOLD, "boldsymbol": BOLD_ITALIC, "bm": BOLD_ITALIC}
_STRAIGHT = {ITALIC: UPRIGHT, BOLD_ITALIC: BOLD}


@lru_cache(maxsize=4096)
def runs_of(latex: str, text: str) -> tuple[Run, ...]:
    """The runs of a label, which has mathematics between dollars; of what has other commands its plain text.

    >>> [(run.text, run.look, run.level) for run in runs_of("$w_{0}$ to y", "w0 to y")]
    [('w', 'italic', 0), ('0', 'upright', -1), (' to y', 'upright', 0)]
    >>> runs_of(r"$\\oint$", "a contour")
    (Run(text='a contour', look='upright', level=0),)
    """
    found: list[Run] = []
    try:
        for at, part in enumerate(latex.split("$")):
            if at % 2 and not KNOWN.issuperset(re.findall(r"\\[A-Za-z]+", part)):
                raise NoPlainFormError
            found += _runs(read(part), 0) if at % 2 else [Run(part)]
    except NoPlainFormError:
        return (Run(text),)
    return _joined(found)


def _joined(runs: list[Run]) -> tuple[Run, ...]:
    """Neighbours that look alike as one run."""
    found: list[Run] = []
    for run in runs:
        if found and (found[-1].look, found[-1].level) == (run.look, run.level):
            found[-1] = replace(run, text=found[-1].text + run.text)
        elif run.text:
            found.append(run)
    return tuple(found)


class NoPlainFormError(Exception):
    """A part that cannot stand in a line."""


def _runs(node: Node, level: int) -> list[Run]:
    """The runs of a part of a formula, whose letters stand at a height."""
    match node:
        case Sign():
            return [_sign(node, level, ())]
        case Row(parts):
            found: list[Run] = []
            for part in parts:
                found += [_sign(part, level, found)] if isinstance(part, Sign) else _runs(part, level)
            return found
        # Of a script within a script no size would be left to read.
        case Scripts(base, below, above, primes) if not (level and (below or above)):
            raised, lowered = (_argument(part, at) for part, at in ((above, ABOVE), (below, BELOW)))
            return [*_runs(base, level), Run("′" * primes, level=level), *raised, *lowered]
        case Fraction(above, below, True):
            over, under = (_bracketed(_argument(part, level)) for part in (above, below))
            return [*over, Run("/", level=level), *under]
        case Root(inside, None):
            return [Run("√", level=level), *_bracketed(_argument(inside, level))]
        case Fence(opened, inside, closed):
            return [Run(opened, level=level), *_runs(inside, level), Run(closed, level=level)]
        case Marked(inside, mark):
            first, *others = _argument(inside, level)
            return [replace(first, text=first.text[0] + ACCENTS[mark] + first.text[1:]), *others]
        case Coloured(inside, _):
            return _runs(inside, level)
        case Space(width):
            return [Run(" " if width > 0 else "", level=level)]
    raise NoPlainFormError


def _argument(node: Node | None, level: int) -> list[Run]:
    """The runs of what a command must have; none where there is no such part."""
    found = [] if node is None else [run for run in _runs(node, level) if run.text]
    if node is not None and not found:
        raise NoPlainFormError
    return found


def _sign(sign: Sign, level: int, before: Sequence[Run]) -> Run:
    """A sign behind others of its row."""
    word, text = sign.text.isalpha(), _LIKE.get(sign.text, sign.text)
    if sign.kind == "integral" or (sign.kind == "large" and not word):
        raise NoPlainFormError
    alone = not before or before[-1].text.rstrip()[-1:] in _BEFORE_A_SIGN
    if sign.kind in ("binary", "relation") and not (level or alone or sign.text in _TIGHT):
        text = f" {text} "
    if sign.kind == "punctuation" and not level:
        text += " "
    leans = sign.style == "mathit" or (sign.kind == "letter" and word and sign.text not in _LEANING)
    look = _LOOKS.get(sign.style, UPRIGHT)
    text = text if look in (BOLD, BOLD_ITALIC) else in_alphabet(text, sign.style)
    return Run(text, look if leans else _STRAIGHT.get(look, look), level)


def _bracketed(runs: list[Run]) -> list[Run]:
    """A sum or a product in brackets."""
    text = "".join(run.text for run in runs)
    if re.fullmatch(r"\w+", text) or (len(runs) > 1 and all(run.level for run in runs[1:])):
        return runs
    return [Run("(", level=runs[0].level), *runs, Run(")", level=runs[-1].level)]
