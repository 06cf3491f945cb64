"""What an exercise has in common with an earlier one on its sheet, which is told once."""

from __future__ import annotations

from collections.abc import Sequence

from symconv.notes.exercises.exercise import Exercise
from symconv.notes.exercises.written import WrittenOut, paragraphs
from symconv.notes.model import Block, Display, Prose
from symconv.pattern import Pattern


def asked_once(exercise: Exercise, number: int, asked: dict[Pattern, int]) -> Sequence[Block]:
    """A question, on the matrix of an earlier exercise if that is the same: ``asked`` has their numbers."""
    if exercise.matrix is None:
        return exercise.question
    first = asked.setdefault(exercise.matrix.of, number)
    return exercise.question if first == number else [Prose(exercise.matrix.again(first))]


def shown_once(solution: Sequence[Block], number: int, shown: dict[Pattern, int]) -> list[Block]:
    """A solution without a matrix that an earlier one writes out: ``shown`` has the numbers of these."""
    found: list[Block] = []
    for block in solution:
        item = block.item if isinstance(block, Display) else None
        first = shown.setdefault(item.of, number) if isinstance(item, WrittenOut) else number
        if isinstance(item, WrittenOut) and first != number:
            found[-1] = Prose((*item.said, f" The whole matrix stands in Solution {first}."))
        else:
            found.append(block)
    return paragraphs(found)
