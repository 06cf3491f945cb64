"""Types of what is given for a layer and of what it gives, as type checkers see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import SupportsIndex, TypeAlias

from symconv.pattern.symbolic import Shaped as Shaped
from symconv.printing.names import LetterName, PaddingWord

#: True for mypy alone: SymPy has no types; Pyright reads its code, and mypy takes everything for ``Any``.
MYPY = False

if MYPY:
    from symconv.pattern.symbolic import Expr as Expr
    from symconv.pattern.symbolic import Matrix as Matrix
else:
    from sympy import Expr as Expr
    from sympy import Matrix as Matrix

#: A size: a number, a name that becomes a symbol, or an expression; one for all axes, or one per axis.
Count: TypeAlias = SupportsIndex | str | Expr
Sizes: TypeAlias = Count | Sequence[Count]

#: The padding of an axis: on both sides, in a word, or before and after; one for all axes, or one per axis.
#: A name that is no single letter is given as a symbol.
GivenSide: TypeAlias = SupportsIndex | LetterName | Expr
Paddings: TypeAlias = (
    GivenSide | PaddingWord | Sequence[GivenSide | PaddingWord | tuple[GivenSide, GivenSide]]
)
