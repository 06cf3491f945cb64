"""Arrays as nested lists, which take numbers, fractions and SymPy expressions alike."""

from collections.abc import Sequence
from math import inf as inf
from typing import Any, TypeAlias

#: A number, a fraction or a SymPy expression.
Entry: TypeAlias = Any

Vector: TypeAlias = list[Entry]
Plane: TypeAlias = list[Vector]
Volume: TypeAlias = list[Plane]
Filters: TypeAlias = list[Any]
Array: TypeAlias = list[Any]

Pair: TypeAlias = tuple[int, int]
Triple: TypeAlias = tuple[int, int, int]
Sizes: TypeAlias = tuple[int, ...]


def sizes_type(count: int) -> str:
    """What a size or a step is called, one an axis."""
    return {1: "int", 2: "Pair", 3: "Triple"}.get(count, "Sizes")


def array_type(shape: Sequence[str], role: str) -> str:
    """What nested lists are called, by how many levels they have and what they hold."""
    named = {0: "Entry", 1: "Vector", 2: "Plane", 3: "Volume"}
    return named.get(len(shape), "Filters" if role == "tap" else "Array")


def zeros(*sizes: int) -> Any:
    """Zeros in nested lists, one level a size.

    >>> zeros(2, 3)
    [[0, 0, 0], [0, 0, 0]]
    """
    first, *rest = sizes
    return [zeros(*rest) if rest else 0 for _ in range(first)]
