"""What an exercise has in common with an earlier one on its sheet, which is told once."""

from __future__ import annotations

from collections.abc import Sequence

from symconv.notes.exercises.written import WrittenOut, paragraphs
from symconv.notes.model import Block, Display, Prose, plain

#: What begins the question proper, after the sentence that says which matrix is meant.
_ASKS = ". How many"

#: What stands in front of a matrix that is written out.
_WHOLE = "The whole matrix:"


def asked_once(question: Sequence[Block], number: int, asked: dict[str, int]) -> list[Block]:
    """A question, on the matrix of an earlier exercise if that is the same: ``asked`` has their numbers."""
    for block in question:
        words = block.words if isinstance(block, Prose) else ()
        for at, part in enumerate(words):
            if isinstance(part, str) and part.startswith(_ASKS):
                first = asked.setdefault(plain(words[:at]), number)
                if first != number:
                    told = f"{part.removeprefix('. ')}the matrix "
                    return [Prose((told, words[at + 1], f" of Exercise {first}", *words[at + 2 :]))]
    return list(question)


def shown_once(solution: Sequence[Block], number: int, shown: dict[str, int]) -> list[Block]:
    """A solution without a matrix that an earlier one writes out: ``shown`` has the numbers of these."""
    found: list[Block] = []
    for block in solution:
        if isinstance(block, Display) and isinstance(block.item, WrittenOut):
            first = shown.setdefault(str(block.item), number)
            before = found[-1] if found else None
            if first != number and isinstance(before, Prose):
                others, text = list(before.words), ""
                while others and isinstance(others[-1], str):
                    text = f"{others.pop()}{text}"
                text = text.removesuffix(_WHOLE).rstrip(":. ")
                found[-1] = Prose((*others, f"{text}. The whole matrix stands in Solution {first}."))
                continue
        found.append(block)
    return paragraphs(found)
