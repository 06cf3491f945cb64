"""A drawing as SVG, written mark by mark: text as text, no script, no font, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape
from itertools import groupby

from symconv.figures.colours import filling_on_dark, on_dark, tint
from symconv.figures.drawing import FONT, LOOKS, Box, Disc, Drawing, Label, Line, Look, Mark, Text
from symconv.figures.inline import ABOVE, BOLD, BOLD_ITALIC, ITALIC, UPRIGHT, Run, runs_of
from symconv.printing.colours import KNOWN, PAGES, hexadecimal

#: Pixels of a user unit and of a point.
UNIT, _POINT = 40.0, 4 / 3

#: The size of a script, how far it stands off the line, and how much farther below or above another, in ems.
_SCRIPT, _RAISED, _LOWERED, _APART = 0.7, 0.36, 0.2, 0.1

#: Letters with the widths of Times; so much smaller than those of LaTeX that wider ones fit too, where there
#: are no such. What is measured is taken to be a little wider.
FONTS = "'Times New Roman',Times,'Liberation Serif',serif"
_SMALLER, _WIDER = 0.92, 1.1

#: The usual size of letters, in user units.
LETTERS = _SMALLER * FONT

#: Lengths of strokes and gaps, in pixels.
_DASHES = {"solid": "", "dashed": "5 3", "dotted": "1.5 2.5", "dashdotted": "6 2.5 1.5 2.5"}

_ANCHORS = {"left": "start", "right": "end"}

#: What black is mixed to is the ink of the page, more or less of it.
_SHADE_OF_BLACK = re.compile(r"black(?:!(\d+)!white)?")

#: Less of the ink in a filling than of a colour, so that ink is read on it on a dark page too.
_INK_IN_FILL = 0.75

#: The ink and the ground of a picture that stands alone where all is dark, for its page may not be so.
INK_ON_DARK, _DARK = KNOWN["black"].dark, PAGES[1]

_STYLES = {ITALIC: ' font-style="italic"', BOLD: ' font-weight="bold"'}
_STYLES[BOLD_ITALIC] = _STYLES[ITALIC] + _STYLES[BOLD]

#: Accents, which stand on the letter before them.
_MARKS = "\u0302\u0303\u0304\u0307\u20d7"

#: Letters without a stem upwards, and the height of others, in ems.
_LOW, _TALL = re.compile("[acegm-su-z\u03b1\u03b3\u03b5\u03b7\u03b9\u03ba\u03bc-\u03c9]+"), 0.67


def to_svg(drawing: Drawing, *, paper: bool = False) -> str:
    """An ``svg`` element with a title and a description for those who cannot see it.

    Its ink is that of the page that it is put into. Where it stands alone, it has a style for readers who
    prefer dark pages. On ``paper`` it is black on white, whatever the page.
    """
    body = "\n".join(painted(drawing.marks))
    size, style = (drawing.width, drawing.height), "" if paper else dark_style(drawing.marks)
    return element(drawing.title, drawing.alt, size, style, body, paper=paper)


def element(
    title: str,
    alt: str,
    size: tuple[float, float],
    style: str,
    body: str,
    name: str = "",
    *,
    paper: bool = False,
) -> str:
    """The element around what is painted; title and description first, where screen readers look for them."""
    width, height = map(number, size)
    called = f"symconv-figure {name}".rstrip()
    sized = f'class="{called}" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    letters = f'font-family="{FONTS}" font-size="{number(LETTERS)}" text-anchor="middle"'
    ground = ' style="color:#000;background:#fff"' if paper else ""
    return (
        f'<svg role="img" xmlns="http://www.w3.org/2000/svg" {sized} {letters} fill="currentColor"{ground}>\n'
        f"<title>{escaped(title)}</title>\n<desc>{escaped(alt)}</desc>\n"
        f"{f'<style>{style}</style>' + chr(10) if style else ''}{body}\n</svg>\n"
    )


def escaped(text: str) -> str:
    """Text that is no markup, without the characters that XML forbids."""
    return escape(re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text), quote=False)


def dark_style(marks: Iterable[Mark]) -> str:
    """Colours for a dark page, of a picture that stands alone: a page that it is put into has its own."""
    rules: dict[str, str] = {}
    for mark in marks:
        if isinstance(mark, Text) or _SHADE_OF_BLACK.fullmatch(mark.colour):
            continue
        filled = not isinstance(mark, Line) and LOOKS[mark.look].fill is not None
        inside = f";fill:{hexadecimal(filling_on_dark(mark.colour))}" if filled else ""
        rules[_class(mark.colour, filled)] = f"stroke:{hexadecimal(on_dark(mark.colour))}{inside}"
    told = "".join(f":root .{name}{{{rule}}}" for name, rule in sorted(rules.items()))
    return f"@media(prefers-color-scheme:dark){{:root{{color:{INK_ON_DARK};background:{_DARK}}}{told}}}"


def painted(marks: Sequence[Mark]) -> list[str]:
    """The elements of marks, those that look alike in groups; the labels of boxes after all of their run."""
    found: list[str] = []
    for kind, run in groupby(marks, key=lambda mark: Box if isinstance(mark, Disc) else type(mark)):
        here = list(run)
        if kind is Text:
            found += _texts("", [text_of(mark) for mark in here if isinstance(mark, Text)])
        elif kind is Line:
            pieces = [part for mark in here if isinstance(mark, Line) for part in _parted(mark, marks)]
            for (colour, dash), alike in groupby(pieces, key=lambda line: (line.colour, line.dash)):
                lines = "".join(map(_line, alike))
                found.append(f'<path{_stroke(colour, 4 / 3, dash)} d="{lines}"/>')
        else:
            found += _boxes([mark for mark in here if isinstance(mark, Box | Disc)])
    return found


def _boxes(marks: Sequence[Box | Disc]) -> list[str]:
    found: list[str] = []
    for (look, colour), alike in groupby(marks, key=lambda mark: (mark.look, mark.colour)):
        attributes, shapes = _looking(LOOKS[look], colour), list(alike)
        boxes = _outlines([mark for mark in shapes if isinstance(mark, Box)])
        found += [f'<path{attributes} d="{boxes}"/>'] if boxes else []
        discs = [_circle(mark) for mark in shapes if isinstance(mark, Disc)]
        found += _group(attributes, discs) if discs else []
    for ink, labelled in groupby(marks, key=lambda mark: LOOKS[mark.look].ink):
        found += _texts(ink, [_named(mark) for mark in labelled if mark.label and mark.label.latex])
    return found


def _group(attributes: str, elements: Sequence[str]) -> list[str]:
    return [f"<g{attributes}>", *elements, "</g>"]


def _texts(ink: str, texts: Sequence[str]) -> list[str]:
    """Texts in the ink of the page, or less of it."""
    share = _share_of_ink(ink) if ink else 1.0
    return _group(f' fill-opacity="{share:g}"', texts) if texts and share < 1 else list(texts)


def _share_of_ink(colour: str) -> float:
    """How much of the ink a shade of black is."""
    found = _SHADE_OF_BLACK.fullmatch(colour)
    return int(found[1]) / 100 if found and found[1] else 1.0


def _paint(colour: str) -> tuple[str, float]:
    """A colour as SVG writes it, and how much of it there is."""
    if _SHADE_OF_BLACK.fullmatch(colour):
        return "currentColor", _share_of_ink(colour)
    return hexadecimal(tint(colour, 1)), 1.0


def _class(colour: str, filled: bool) -> str:
    return f"{colour.replace('!', '-')}{'' if filled else '-line'}"


def _stroke(colour: str, width: float, dash: str = "solid", share: float = 1.0, filled: bool = False) -> str:
    """The attributes of a stroke; ``share`` is how much of the colour there is on the page."""
    ink, own = _paint(colour)
    name = "" if ink == "currentColor" else f' class="{_class(colour, filled)}"'
    dashes = f' stroke-dasharray="{_DASHES[dash]}"' if _DASHES[dash] else ""
    faint = f' stroke-opacity="{own * share:g}"' if own * share < 1 else ""
    return f'{name} stroke="{ink}" stroke-width="{width:.2g}"{faint}{dashes}'


def _looking(look: Look, colour: str) -> str:
    """The attributes of boxes and discs of one look."""
    stroke = _stroke(colour, look.width * _POINT, look.dash, look.line, look.fill is not None)
    if look.fill is None:
        return f'{stroke} fill="none"'
    ink, own = _paint(colour)
    share = look.fill * own * (_INK_IN_FILL if ink == "currentColor" else 1)
    return f'{stroke} fill="{ink}" fill-opacity="{round(share, 3):g}"'


def _circle(mark: Disc) -> str:
    return f'<circle cx="{number(mark.x)}" cy="{number(mark.y)}" r="{number(mark.radius)}"/>'


def _outlines(marks: Sequence[Box]) -> str:
    """Boxes as a path; those side by side as one, with lines between them."""
    rows: list[list[Box]] = []
    for mark in marks:
        last = rows[-1][-1] if rows else None
        beside = last and (last.y, last.height, round(last.x + last.width, 3)) == (
            mark.y,
            mark.height,
            mark.x,
        )
        if beside:
            rows[-1].append(mark)
        else:
            rows.append([mark])
    found = ""
    for row in rows:
        height, width = number(row[0].height), number(sum(mark.width for mark in row))
        found += f"M{number(row[0].x)} {number(row[0].y)}h{width}v{height}h-{width}z"
        found += "".join(f"M{number(mark.x)} {number(mark.y)}v{height}" for mark in row[1:])
    return found


def _line(mark: Line) -> str:
    (x1, y1), (x2, y2) = map(number, (mark.x1, mark.y1)), map(number, (mark.x2, mark.y2))
    return f"M{x1} {y1}L{x2} {y2}"


def _parted(line: Line, marks: Sequence[Mark]) -> list[Line]:
    """A line without what lies behind texts that are backed: the page shows there, whatever its colour."""
    across, down = line.x2 - line.x1, line.y2 - line.y1
    hidden: list[tuple[float, float]] = []
    for mark in marks:
        if not isinstance(mark, Text) or not mark.backed:
            continue
        long = breadth(*runs_of(mark.label.latex, mark.label.text))
        half = mark.size * (0.1 + 0.6 * long), 0.6 * mark.size
        start, end = 0.0, 1.0
        for begin, along, middle, reach in zip(
            (line.x1, line.y1), (across, down), (mark.x, mark.y), half, strict=True
        ):
            one, other = begin - (middle - reach), begin - (middle + reach)
            if along:
                low, high = sorted((-one / along, -other / along))
                start, end = max(start, low), min(end, high)
            elif not other <= 0 <= one:
                start, end = 1.0, 0.0
        if start < end:
            hidden.append((start, end))
    pieces: list[Line] = []
    at = 0.0
    for start, end in [*sorted(hidden), (1.0, 1.0)]:
        if start > at:
            x1, y1, x2, y2 = (
                round(begin + share * along, 3)
                for share in (at, start)
                for begin, along in ((line.x1, across), (line.y1, down))
            )
            pieces.append(replace(line, x1=x1, y1=y1, x2=x2, y2=y2))
        at = max(at, end)
    return pieces


def _named(mark: Box | Disc) -> str:
    """The label in the middle of a box or a disc."""
    across, down = (mark.width / 2, mark.height / 2) if isinstance(mark, Box) else (0.0, 0.0)
    return text_of(Text(mark.x + across, mark.y + down, mark.label or Label("", ""), size=mark.size))


def text_of(mark: Text, more: str = "") -> str:
    """A ``text`` element whose letters stand at half their height at the place of the mark."""
    runs = runs_of(mark.label.latex, mark.label.text)
    large = _SMALLER * mark.size
    x, y = number(mark.x), number(mark.y + large * _middle(runs))
    turned = "" if mark.upright else f' transform="rotate(-90 {x} {number(mark.y)})"'
    size = f' font-size="{number(large)}"' if mark.size != FONT else ""
    if len(runs) == 1 and not runs[0].level:
        size, runs = size + _STYLES.get(runs[0].look, ""), (replace(runs[0], look=UPRIGHT),)
    anchor = f' text-anchor="{_ANCHORS[mark.anchor]}"' if mark.anchor != "center" else ""
    return f'<text{more} x="{x}" y="{y}"{size}{anchor}{turned}>{spans(runs, large)[0]}</text>'


def spans(runs: Sequence[Run], size: float, height: float = 0.0) -> tuple[str, float]:
    """Runs as text, and at which height it ends; those in italics or off the line in elements of their own.

    A script below one above stands below it, as far as the letters have the widths of Times.
    """
    found: list[str] = []
    back = 0.0
    for at, run in enumerate(runs):
        stacked = at > 0 and run.level * runs[at - 1].level < 0
        apart = _APART if stacked or (at + 1 < len(runs) and run.level * runs[at + 1].level < 0) else 0.0
        wanted = -size * (_RAISED + apart if run.level == ABOVE else -_LOWERED - apart) if run.level else 0.0
        moved = -_WIDER * breadth(runs[at - 1]) if stacked else back
        # What follows begins behind the longer of the two.
        back = max(0.0, _WIDER * (breadth(runs[at - 1]) - breadth(run))) if stacked else 0.0
        shift = _attribute("dx", size * moved) + _attribute("dy", wanted - height)
        smaller = _attribute("font-size", _SCRIPT * size) if run.level else ""
        attributes = f"{shift}{smaller}{_STYLES.get(run.look, '')}"
        found.append(f"<tspan{attributes}>{escaped(run.text)}</tspan>" if attributes else escaped(run.text))
        height = wanted
    return "".join(found), height


def _attribute(name: str, length: float) -> str:
    return f' {name}="{number(length)}"' if number(length) != "0" else ""


#: The widths of characters in Times, in ems, where they are not half an em.
_WIDTHS = {
    **dict.fromkeys("ijlt.,;:/' \u00b7\u2032", 0.28), **dict.fromkeys("()[]frs", 0.35),
    **dict.fromkeys("ACDGHKNOQRUVXYw", 0.7), **dict.fromkeys("BEFLPTZ+=\u2212\u00d7", 0.6),
    **dict.fromkeys("mMW", 0.8), **dict.fromkeys(_MARKS, 0.0),
}  # fmt: skip


def breadth(*runs: Run) -> float:
    """About how wide runs are one after the other in Times, in ems of the line.

    >>> round(breadth(Run("w"), Run("0", level=-1)), 2)
    1.05
    """
    return sum(
        (_SCRIPT if run.level else 1.0) * sum(_WIDTHS.get(sign, 0.5) for sign in run.text) for run in runs
    )


def _middle(runs: Sequence[Run]) -> float:
    """How far the middle of letters is above the line that they stand on, in ems."""
    tops = [
        _RAISED + _SCRIPT * _TALL if run.level == ABOVE else _height(run) for run in runs if run.level >= 0
    ]
    deep = [_LOWERED for run in runs if run.level == -1]
    return (max(tops, default=_TALL) - max(deep, default=0.0)) / 2


def _height(run: Run) -> float:
    return 0.46 if _LOW.fullmatch(run.text) else _TALL


def number(value: float) -> str:
    """A length in pixels, of one in user units.

    >>> number(1), number(0.4125), number(-1e-9)
    ('40', '16.5', '0')
    """
    text = f"{UNIT * value:.1f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
