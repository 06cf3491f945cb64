"""Types of what is given for a layer and of what it gives, as type checkers see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, SupportsIndex, TypeAlias

#: True for mypy alone: SymPy has no types; Pyright reads its code, and mypy takes everything for ``Any``.
MYPY = False

if TYPE_CHECKING:

    class Symbolic:
        """What has the arithmetic of SymPy, and attributes that are not listed here."""

        def __getattr__(self, name: str) -> Any: ...
        def __add__(self, other: Any) -> Self: ...
        def __int__(self) -> int: ...
        def __float__(self) -> float: ...

        __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __add__
        __pow__ = __rpow__ = __mod__ = __rmod__ = __lt__ = __le__ = __gt__ = __ge__ = __add__

        def __neg__(self) -> Self: ...

    class Shaped(Symbolic):
        """Entries in the shape of an operand: an expression, a column ``Matrix``, or an ``Array``."""

        shape: tuple[int, ...]

        def tolist(self) -> list[Any]: ...
        def __getitem__(self, at: Any) -> Any: ...
        def __iter__(self) -> Iterator[Any]: ...
        def __len__(self) -> int: ...
        def __matmul__(self, other: Any) -> Self: ...

else:
    Shaped = Any

if MYPY:

    class Expr(Symbolic): ...

    class Matrix(Shaped):
        shape: tuple[int, int]

else:
    from sympy import Expr as Expr
    from sympy import Matrix as Matrix

#: A size: a number, a name that becomes a symbol, or an expression; one for all axes, or one per axis.
Count: TypeAlias = "SupportsIndex | str | Expr"
Sizes: TypeAlias = "Count | Sequence[Count]"

#: A padding in a word, and the letters that are read as its name; for another name a symbol is given.
PaddingWord: TypeAlias = Literal["valid", "same", "full"]
Letter: TypeAlias = Literal[
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
    "u", "v", "w", "x", "y", "z", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N",
    "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z",
]  # fmt: skip

#: The padding of an axis: on both sides, in a word, or before and after; one for all axes, or one per axis.
GivenSide: TypeAlias = "SupportsIndex | Letter | Expr"
Paddings: TypeAlias = (
    "GivenSide | PaddingWord | Sequence[GivenSide | PaddingWord | tuple[GivenSide, GivenSide]]"
)
