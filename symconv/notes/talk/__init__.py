"""The slides of a layer: its story in at most fifteen frames, one thought each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from symconv.notes.frames import plainly
from symconv.notes.model import Block, Frame
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.notes.talk.ends import checks, opening
from symconv.notes.talk.gradients import learning
from symconv.notes.talk.matrix import matrix
from symconv.notes.talk.numbers import numbers, sized
from symconv.notes.talk.why import why
from symconv.notes.worked import Worked

Composed: TypeAlias = Callable[[Sources, Pen], list[Frame]]


#: The sections that have frames of their own, in the order in which they are told.
TOLD: Mapping[str, Composed] = MappingProxyType(
    {"numbers": numbers, "size": sized, "matrix": matrix, "why": why, "learning": learning}
)


def frames(
    sources: Sources, title: str, wanted: Sequence[str], blocks: Mapping[str, Sequence[Block]], *, whole: bool
) -> tuple[Frame, ...]:
    """The frames of sections: those of the story, and of the appendix a frame for each thing to look at.

    ``whole`` is a talk with its question, in the order of the story.
    """
    pen = Pen(Worked(sources.example))
    found = [opening(sources, pen, title)] if whole else []
    first = [name for name in TOLD if name in wanted] if whole else []
    for name in dict.fromkeys([*first, *wanted]):
        if name in TOLD:
            found += TOLD[name](sources, pen)
        elif name == "checks":
            found += checks(blocks[name], derived="derivations" in wanted)
        else:
            found += plainly(blocks[name])
    return tuple(found)


__all__ = ["TOLD", "frames"]
