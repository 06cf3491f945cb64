"""A stage in motion: SVG that CSS animates, with a still frame for those who want none, and GIF."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1
from io import BytesIO
from types import MappingProxyType
from typing import Any

from symconv.errors import MissingExtraError
from symconv.figures.drawing import Drawing, Mark, Text
from symconv.figures.figure import Figure, save_as
from symconv.figures.inline import runs_of
from symconv.figures.stage import Stage
from symconv.figures.svg import LETTERS, dark_style, element, number, painted, spans, text_of

#: Seconds that the window slides, that pass between two pieces, at the most and for all of them, and that the
#: entry is looked at.
_SLIDE, _EACH, _ALL, _REST = 0.5, 0.35, 1.4, 1.1

#: Pixels of a GIF in an inch, and the pictures of it for each position at the most.
_DPI, _STEPS = 96, 4


@dataclass(frozen=True, repr=False)
class Animation:
    """A window that slides over its input while each entry is added up; a notebook plays it.

    Attributes
    ----------
    stage : Stage
        What moves over what.

    Examples
    --------
    >>> import symconv as sc
    >>> sc.Conv1d(3, 2).animation()
    A window of 2 weights slides over x = (1, 2, 3). At each position the products are added up and give an
    output: y = (14, 23).
    """

    stage: Stage

    @property
    def alt(self) -> str:
        """What happens, in words."""
        return self.stage.alt

    @property
    def still(self) -> Figure:
        """The last position with all that was computed, as a figure that does not move."""
        stage, last = self.stage, len(self.stage.moves) - 1
        marks = tuple(stage.at(last, len(stage.moves[last].pieces)))
        return Figure(Drawing("animation", stage.title, marks, *stage.size, stage.alt))

    def svg(self) -> str:
        """An ``svg`` element that is animated by CSS, without a script.

        It stands still at its last position if the reader prefers reduced motion, or what shows it does not
        know CSS, and stops where a pointer rests on it.

        Examples
        --------
        >>> import symconv as sc
        >>> "@keyframes" in sc.Conv1d(3, 2).animation().svg()
        True
        """
        return _animated(self.stage)

    def gif(self) -> bytes:
        """The bytes of a GIF that repeats for ever.

        Raises
        ------
        MissingExtraError
            If matplotlib, with which Pillow comes, is not installed.

        Examples
        --------
        >>> import symconv as sc
        >>> sc.Conv1d(2, 2).animation().gif()[:6]
        b'GIF89a'
        """
        try:
            from PIL import Image
        except ImportError:
            cure = "pip install 'symconv[plot]'"
            raise MissingExtraError(f"a GIF needs Pillow, which comes with matplotlib: {cure}") from None
        frames, lasting = zip(*self._frames(), strict=True)
        pictures = [Image.open(BytesIO(figure.png(dpi=_DPI))).convert("RGB") for figure in frames]
        # One palette for all pictures, that of the last, on which everything is.
        palette = pictures[-1].quantize(64)
        pictures = [picture.quantize(palette=palette) for picture in pictures]
        file = BytesIO()
        pictures[0].save(
            file, "GIF", save_all=True, append_images=pictures[1:], duration=list(lasting), loop=0
        )
        return file.getvalue()

    def _frames(self) -> Iterator[tuple[Figure, int]]:
        """Pictures, each with the milliseconds that it is seen."""
        stage = self.stage
        for at, move in enumerate(stage.moves):
            last = len(move.pieces)
            each = max(1, -(-(last - 1) // (_STEPS - 1)))
            for pieces in [*range(1, last, each), last]:
                marks = tuple(stage.at(at, pieces))
                seen = _REST + 0.3 if pieces == last else _SLIDE
                yield (
                    Figure(Drawing("animation", stage.title, marks, *stage.size, stage.alt)),
                    round(1000 * seen),
                )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the animation to a file; the suffix .svg or .gif says in which format.

        Parameters
        ----------
        path : str or os.PathLike
            The name of the file.

        Raises
        ------
        OptionError
            If the suffix is neither of these.
        MissingExtraError
            If .gif is asked for and matplotlib is not installed.
        SymconvError
            If the file cannot be written.

        Examples
        --------
        >>> import symconv as sc
        >>> sc.Conv1d(4, 3).animation().save("a.mp4")
        Traceback (most recent call last):
            ...
        symconv.errors.OptionError: save: 'a.mp4' ends in '.mp4'; write one of '.svg', '.gif'.
        """
        save_as(self, path, _SUFFIXES)

    def __str__(self) -> str:
        return self.alt

    __repr__ = __str__

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """The animation, and beside it its last position as PNG where matplotlib is installed."""
        bundle, sizes = self.still._repr_mimebundle_()
        return {**bundle, "image/svg+xml": _animated(self.stage, paper=True)}, sizes


_SUFFIXES: Mapping[str, Callable[[Animation], str | bytes]] = MappingProxyType(
    {".svg": Animation.svg, ".gif": Animation.gif}
)


def _animated(stage: Stage, *, paper: bool = False) -> str:
    """The element: what stands, what slides, what appears, and the rules by which it does."""
    timing, last = _Timing.of(stage), stage.moves[-1]
    grounds, window, frame = stage.grounds(), stage.weights(), stage.frame()
    body = [
        *painted([mark for mark in grounds if not isinstance(mark, Text)]),
        *_shifted("w", stage.shift(last), window),
        *_shifted("f", stage.framed(last), frame),
        *painted([mark for mark in grounds if isinstance(mark, Text)]),
    ]
    lasting: dict[tuple[int | None, int | None], str] = {}
    for text, one in stage.timed():
        name = lasting.setdefault((one.start, one.end), f"o{len(lasting)}")
        gone = "" if one.end is None else ' opacity="0"'
        body.append(text_of(text, f' class="{name}"{gone}'))
    sums = [_sum(stage, at) for at in range(len(stage.moves))]
    body += ['<g text-anchor="start">', sums.pop(), '<g visibility="hidden">', *sums, "</g>", "</g>"]
    rules = [
        timing.sliding([stage.shift(move) for move in stage.moves]),
        timing.jumping([stage.framed(move) for move in stage.moves]),
        timing.written(),
        timing.lasting(),
        *(timing.appearing(name, *when) for when, name in lasting.items()),
    ]
    whole = "\n".join(body)
    # Two animations on a page have rules of their own.
    name = f"s{sha1((stage.alt + whole).encode(), usedforsecurity=False).hexdigest()[:4]}"
    moving = f"@media(prefers-reduced-motion:no-preference){{{''.join(rules)}}}"
    still = f".{_OWN}:hover *{{animation-play-state:paused}}"
    style = "" if paper else dark_style([*grounds, *window])
    style += (moving + still).replace(_OWN, name)
    return element(stage.title, stage.alt, stage.size, style, whole, name, paper=paper)


#: What stands in rules for the name of one animation.
_OWN = "@@"


def _shifted(name: str, by: tuple[float, float], marks: Sequence[Mark]) -> list[str]:
    """Marks that rules move; without these they stand so far to the right and down."""
    x, y = map(number, by)
    return [f'<g class="{name}" transform="translate({x} {y})">', *painted(marks), "</g>"]


def _sum(stage: Stage, at: int) -> str:
    """The sum of a move: each piece by itself, so that rules let them appear one after the other."""
    pieces, places = stage.moves[at].pieces, stage.places(at)
    found, height = "", 0.0
    for row, line in enumerate(stage.lines[at]):
        for turn, piece in enumerate(line):
            begun = ""
            if row and not turn:
                down = places[row][1] - places[row - 1][1] - height
                begun, height = f' x="{number(places[row][0])}" dy="{number(down)}"', 0.0
            text, height = spans(runs_of(pieces[piece].latex, pieces[piece].text), LETTERS, height)
            found += f"<tspan{begun}>{text}</tspan>"
    x, y = number(places[0][0]), number(places[0][1] + 0.3 * LETTERS)
    return f'<text class="p" x="{x}" y="{y}" style="--p:{at - len(stage.moves)}">{found}</text>'


@dataclass(frozen=True)
class _Timing:
    """When each thing happens, as rules of CSS.

    Attributes
    ----------
    step : float
        Seconds of a move.
    each : float
        Seconds from one piece to the next.
    pieces : tuple of int
        How many there are in each move.
    """

    step: float
    each: float
    pieces: tuple[int, ...]

    @classmethod
    def of(cls, stage: Stage) -> _Timing:
        """So slow that each piece is seen, and no slower."""
        pieces = tuple(len(move.pieces) for move in stage.moves)
        each = round(min(_EACH, _ALL / max(pieces)), 2)
        return cls(round(_SLIDE + each * max(pieces) + _REST, 1), each, pieces)

    @property
    def _whole(self) -> float:
        return self.step * len(self.pieces)

    def _frames(self, name: str, frames: str) -> str:
        return f"@keyframes {_OWN}{name}{{{frames}}}"

    def _rule(self, name: str, kind: str, frames: str) -> str:
        """A rule for what takes all the time, with its key frames."""
        told = f"{_OWN}{name} {self._whole:.4g}s {kind}infinite"
        return f".{_OWN} .{name}{{animation:{told}}}{self._frames(name, frames)}"

    def _share(self, seconds: float) -> str:
        """When that is, rather too early: what goes is gone when something else comes."""
        return f"{int(100 * round(100 * seconds / self._whole, 6)) / 100:g}%"

    def sliding(self, shifts: Sequence[tuple[float, float]]) -> str:
        """The window slides to the place of each move, and stays there."""
        frames = []
        for at, by in enumerate(shifts):
            begin = at * self.step + (_SLIDE if at else 0)
            frames.append(f"{self._share(begin)},{self._share((at + 1) * self.step)}{_to(by)}")
        return self._rule("w", "", "".join(frames))

    def jumping(self, shifts: Sequence[tuple[float, float]]) -> str:
        """The frame of the entry jumps."""
        frames = (f"{self._share(at * self.step)}{_to(by)}" for at, by in enumerate(shifts))
        return self._rule("f", "step-end ", "".join(frames))

    def written(self) -> str:
        """The sum of each move is seen during it, and in each sum one piece after the other.

        A piece is seen for as long as a move takes; when its sum has gone, it is not seen either.
        """
        alone = len(self.pieces) == 1
        gone = "" if alone else f"{self._share(self.step)}{{visibility:hidden}}"
        delay = f"calc(var(--p)*{self.step:.4g}s"
        rules = self._rule("p", "step-end ", f"0%{{visibility:visible}}{gone}")
        rules += f".{_OWN} .p{{animation-delay:{delay})}}"
        if alone:
            return rules
        told = (
            f"{_OWN}k {self._whole:.4g}s step-end {delay} + {_SLIDE}s + var(--k)*{self.each:.4g}s) infinite"
        )
        rules += f".{_OWN} .p>:not(:first-child){{animation:{told}}}"
        frames = f"0%{{fill-opacity:1}}{self._share(self.step)}{{fill-opacity:0}}"
        rules += self._frames("k", frames)
        for piece in range(1, max(self.pieces)):
            rules += f".{_OWN} .p>:nth-child({piece + 1}){{--k:{piece}}}"
        return rules

    def appearing(self, name: str, start: int | None, end: int | None) -> str:
        """What is seen from the last piece of a move on, up to that of another."""
        frames = f"0%{{opacity:{int(start is None)}}}"
        for move, seen in ((start, 1), (end, 0)):
            if move is not None:
                moment = move * self.step + _SLIDE + self.each * (self.pieces[move] - 1)
                frames += f"{self._share(moment)}{{opacity:{seen}}}"
        return f".{_OWN} .{name}{{animation-name:{_OWN}{name}}}{self._frames(name, frames)}"

    def lasting(self) -> str:
        """What all rules of :meth:`appearing` share."""
        return f".{_OWN} [class^=o]{{animation:{self._whole:.4g}s step-end infinite}}"


def _to(by: tuple[float, float]) -> str:
    x, y = (
        f"{number(length)}px".replace("0px", "0") if not length else f"{number(length)}px" for length in by
    )
    return f"{{transform:translate({x},{y})}}"
