"""A stage in motion as SVG: what stands, slides and appears, and the rules of CSS by which it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from itertools import chain

from symconv.figures.drawing import Text
from symconv.figures.inline import runs_of
from symconv.figures.stage import Stage
from symconv.figures.svg import LETTERS, dark_style, element, number, painted, spans, text_of

#: Seconds that the window slides, that pass between two pieces, at the most and for all of them, and that the
#: entry is looked at.
SLIDE, _EACH, _ALL, REST = 0.5, 0.35, 1.4, 1.1


def animated(stage: Stage, *, paper: bool = False) -> str:
    """The element: what stands, what slides, what appears, and the rules by which it does."""
    timing, last, turns = _Timing.of(stage), stage.moves[-1], _Turns(stage)
    filters = range(len(stage.filters))
    alone = {at: tuple(at == other for other in filters) for at in filters}
    grounds = {at: stage.ground(at) for grids in stage.lit.values() for at in grids}
    windows, slices = (list(map(marks, stage.filters)) for marks in (stage.weights, stage.slices))
    body: list[str] = []
    for seen, grids in stage.lit.items():
        boxes = [mark for at in grids for mark in grounds[at] if not isinstance(mark, Text)]
        body += turns.within(seen, painted(boxes), _DIM)
    for at in filters:
        body += turns.within(alone[at], painted(slices[at]))
    body += _shifted(
        "w", stage.shift(last), [turns.within(alone[at], painted(windows[at])) for at in filters]
    )
    body += _shifted("f", stage.framed(last), [painted(stage.frame())])
    lasting: dict[tuple[int | None, int | None], str] = {}
    for seen, grids in stage.lit.items():
        texts = painted([mark for at in grids for mark in grounds[at] if isinstance(mark, Text)])
        for text, one in (timed for at in grids for timed in stage.timed(at)):
            name = lasting.setdefault((one.start, one.end), f"o{len(lasting)}")
            gone = "" if one.end is None else ' opacity="0"'
            texts.append(text_of(text, f' class="{name}"{gone}'))
        body += turns.within(seen, texts, _DIM)
    sums = [_sum(stage, at) for at in range(len(stage.moves))]
    body += ['<g text-anchor="start">', sums.pop(), '<g visibility="hidden">', *sums, "</g>", "</g>"]
    body += painted(stage.told())
    rules = [
        timing.sliding([stage.shift(move) for move in stage.moves]),
        timing.jumping([stage.framed(move) for move in stage.moves]),
        timing.written(),
        timing.lasting("o"),
        *(timing.appearing(name, *when) for when, name in lasting.items()),
        *([timing.lasting("v")] if turns.names else []),
        *(timing.turning(name, turns.shares(*turn)) for turn, name in turns.names.items()),
    ]
    whole = "\n".join(body)
    # Two animations on a page have rules of their own.
    name = f"s{sha1((stage.alt + whole).encode(), usedforsecurity=False).hexdigest()[:4]}"
    moving = f"@media(prefers-reduced-motion:no-preference){{{''.join(rules)}}}"
    still = f".{_OWN}:hover *{{animation-play-state:paused}}"
    coloured = [*(mark for marks in grounds.values() for mark in marks), *chain(*windows)]
    style = "" if paper else dark_style(coloured)
    style += (moving + still).replace(_OWN, name)
    return element(stage.title, stage.alt, stage.size, style, whole, name, paper=paper)


#: How much there is of what belongs to another group.
_DIM = 0.55


@dataclass(frozen=True)
class _Turns:
    """What is seen, or seen well, while some of the filters move, and the name of the rule by which it is.

    Attributes
    ----------
    stage : Stage
    names : dict
        For each filter whether it is seen while that moves, and how much of it is there else.
    """

    stage: Stage
    names: dict[tuple[tuple[bool, ...], float], str] = field(default_factory=dict)

    def within(self, seen: tuple[bool, ...], elements: Sequence[str], otherwise: float = 0.0) -> list[str]:
        """Elements in a group that stands as in the last move; alone if it is always their turn."""
        if all(seen) or not elements:
            return list(elements)
        name = self.names.setdefault((seen, otherwise), f"v{len(self.names)}") if any(seen) else ""
        called = f' class="{name}"' if name else ""
        faint = "" if seen[self.stage.moves[-1].filter] else f' opacity="{otherwise:g}"'
        return [f"<g{called}{faint}>", *elements, "</g>"]

    def shares(self, seen: tuple[bool, ...], otherwise: float) -> list[float]:
        """How much is there during each move."""
        return [1.0 if seen[move.filter] else otherwise for move in self.stage.moves]


#: What stands in rules for the name of one animation.
_OWN = "@@"


def _shifted(name: str, by: tuple[float, float], parts: Iterable[Sequence[str]]) -> list[str]:
    """Elements that rules move; without these they stand so far to the right and down."""
    x, y = map(number, by)
    return [f'<g class="{name}" transform="translate({x} {y})">', *chain(*parts), "</g>"]


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
        return cls(round(SLIDE + each * max(pieces) + REST, 1), each, pieces)

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
            begin = at * self.step + (SLIDE if at else 0)
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
        told = f"{_OWN}k {self._whole:.4g}s step-end {delay} + {SLIDE}s + var(--k)*{self.each:.4g}s) infinite"
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
                moment = move * self.step + SLIDE + self.each * (self.pieces[move] - 1)
                frames += f"{self._share(moment)}{{opacity:{seen}}}"
        return f".{_OWN} .{name}{{animation-name:{_OWN}{name}}}{self._frames(name, frames)}"

    def turning(self, name: str, shares: Sequence[float]) -> str:
        """What is seen, and how well, during each move."""
        frames = "".join(
            f"{self._share(at * self.step)}{{opacity:{share:g}}}"
            for at, share in enumerate(shares)
            if not at or share != shares[at - 1]
        )
        return f".{_OWN} .{name}{{animation-name:{_OWN}{name}}}{self._frames(name, frames)}"

    def lasting(self, first: str) -> str:
        """What all rules of :meth:`appearing` or :meth:`turning` share, by the letter of their names."""
        return f".{_OWN} [class^={first}]{{animation:{self._whole:.4g}s step-end infinite}}"


def _to(by: tuple[float, float]) -> str:
    x, y = (f"{number(length)}px" if length else "0" for length in by)
    return f"{{transform:translate({x},{y})}}"
