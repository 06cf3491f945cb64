"""Padding modes: which input stands at a place before or behind the input, one row a mode."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from sympy import Expr, Integer, Max, Min

from symconv.pattern.incidence import Indices


@dataclass(frozen=True)
class PaddingMode:
    """Where a place ``j`` outside ``0 .. N - 1`` reads the input.

    The index map takes ``(j, N, least, largest)`` and is written in arithmetic, absolute values, and
    ``least`` and ``largest`` of two; what it leaves outside the input is 0. So arrays, SymPy expressions and
    the letters of loops all follow it.
    """

    index: Callable[[Any, Any, Callable[[Any, Any], Any], Callable[[Any, Any], Any]], Any]
    slack: int | None  # the padding may be at most N - slack on a side; None for any padding

    def places(self, j: Indices, n: int) -> Indices:
        """The index map on arrays."""
        found: Indices = self.index(j, n, np.minimum, np.maximum)
        return found

    def place(self, j: Expr, n: Expr) -> Expr:
        """The index map as a SymPy expression."""
        return self.index(j, n, Min, Max)

    @property
    def reads_input(self) -> bool:
        """Whether every place reads some input, so that several taps may reach the same one."""
        return bool(self.place(Integer(-1), Integer(2)) >= 0)


#: Source: the names and the reading of each mode are those of PyTorch's ``padding_mode``.
PADDING_MODES: Mapping[str, PaddingMode] = MappingProxyType(
    {
        "zeros": PaddingMode(lambda j, n, least, largest: j, None),
        "circular": PaddingMode(lambda j, n, least, largest: j % n, 0),
        "reflect": PaddingMode(lambda j, n, least, largest: n - 1 - abs(n - 1 - abs(j)), 1),
        "replicate": PaddingMode(lambda j, n, least, largest: least(largest(j, 0), n - 1), None),
    }
)
