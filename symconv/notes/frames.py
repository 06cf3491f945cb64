"""Blocks as frames: for the appendix, and for documents that were put together by hand."""

from __future__ import annotations

from collections.abc import Sequence

from symconv.notes.model import Block, Frame, Heading, Prose, plain


def plainly(blocks: Sequence[Block]) -> list[Frame]:
    """A frame for each block that is looked at, below the sentences in front of it."""
    found: list[Frame] = []
    title = ""
    said: list[Prose] = []
    for block in blocks:
        if isinstance(block, Heading):
            title = plain(block.words)
        elif isinstance(block, Prose):
            said.append(block)
        else:
            found.append(Frame(title, (*((prose,) for prose in said), (block,)), breaks=True))
            said = []
    if said:
        found.append(Frame(title, tuple((prose,) for prose in said)))
    return found
