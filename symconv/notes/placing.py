"""What print keeps together and beside each other: decided here for every language that sets pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symconv.notes.model import Block, Display, Picture, Prose

#: Displays with more lines than this are broken over pages.
TALL = 12

#: An algorithm of fewer lines stands on one page.
LONGEST = 30


@dataclass(frozen=True)
class Placing:
    """How a language says where blocks stand.

    Attributes
    ----------
    beside : callable
        ``(picture, left, text)``: a picture to the right of what stands before it.
    kept : callable
        ``(block, before, text)``: a block on the page of what stands before it.
    spare : callable
        ``(number, text)``: what may be left out.
    """

    beside: Callable[[Picture, str, str], str]
    kept: Callable[[Block, str, str], str]
    spare: Callable[[int, str], str]

    def placed(self, blocks: Sequence[Block], rendered: Sequence[str]) -> list[str]:
        """Blocks below and beside each other, and those that may be left out so marked.

        A sentence stays with the display that follows it.
        """
        pieces: list[tuple[str, int]] = []
        last: Block | None = None
        for block, text in zip(blocks, rendered, strict=True):
            joined = block.close or (isinstance(block, Display) and isinstance(last, Prose))
            if isinstance(block, Picture) and block.beside and pieces:
                left, spare = pieces[-1]
                pieces[-1] = (self.beside(block, left, text), spare)
            elif joined and pieces and pieces[-1][1] == block.spare:
                pieces[-1] = (self.kept(block, pieces[-1][0], text), block.spare)
            else:
                pieces.append((text, block.spare))
            last = block
        return [self.spare(spare, text) if spare else text for text, spare in pieces]
