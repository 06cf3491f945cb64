"""Sections of notes: which ones are asked for, and how their blocks stand on a single page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from symconv.errors import OptionError
from symconv.notes.model import Block, Display


def wanted_sections(
    depth: Any, sections: Any, depths: Mapping[str, Sequence[str]], known: Mapping[str, Any],
    some: Sequence[str],
) -> list[str]:  # fmt: skip
    """The names of the sections of a depth, or of those that are asked for; ``some`` are named in errors.

    Raises
    ------
    OptionError
        When the depth or a section is unknown, or a section is there twice.
    """
    if not isinstance(depth, str) or depth not in depths:
        raise OptionError("{option} is {given!r}: {cure}", "depth", depth, allowed=depths)
    if isinstance(sections, str) or not isinstance(sections, Iterable | None):
        sentence = f"{{option}} is {{given!r}}: write a list of names, such as {list(some)}."
        raise OptionError(sentence, "sections", sections)
    wanted = list(depths[depth] if sections is None else sections)
    for name in wanted:
        if not isinstance(name, str) or name not in known:
            raise OptionError("notes have no section {given!r}: {cure}", given=name, allowed=known)
        if wanted.count(name) > 1:
            raise OptionError(f"section {name!r} is there {wanted.count(name)} times: name each once.")
    return wanted


def briefly(found: Sequence[Block]) -> list[Block]:
    """The blocks of a section as they stand in notes of one page, without those that it has no room for."""
    return [_brief(block) for block in found if not (block.spare or block.detail)]


def _brief(block: Block) -> Block:
    if isinstance(block, Display) and block.short is not None:
        return replace(block, item=block.short, spare=block.brief)
    return replace(block, spare=block.brief)
