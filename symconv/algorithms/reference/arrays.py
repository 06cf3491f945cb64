"""Arrays as nested lists, which take numbers, fractions and SymPy expressions alike."""

from __future__ import annotations

from typing import Any, TypeAlias, overload

#: A number, a fraction or a SymPy expression.
Entry: TypeAlias = Any

Vector: TypeAlias = list[Entry]
Plane: TypeAlias = list[Vector]
Volume: TypeAlias = list[Plane]
Filters: TypeAlias = list[Volume]

#: A size or a step of each of two axes.
Pair: TypeAlias = tuple[int, int]


@overload
def zeros(length: int, /) -> Vector: ...
@overload
def zeros(rows: int, columns: int, /) -> Plane: ...
@overload
def zeros(channels: int, rows: int, columns: int, /) -> Volume: ...
@overload
def zeros(filters: int, channels: int, rows: int, columns: int, /) -> Filters: ...


def zeros(*sizes: int) -> Any:
    """Zeros in nested lists, one level a size.

    >>> zeros(2, 3)
    [[0, 0, 0], [0, 0, 0]]
    """
    first, *rest = sizes
    return [zeros(*rest) if rest else 0 for _ in range(first)]
