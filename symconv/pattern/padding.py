"""Padding modes: which input stands at a place before or behind the input, one row a mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from sympy import Abs, Expr, Integer, Max, Min, Mod

from symconv.pattern.incidence import Indices


@dataclass(frozen=True)
class PaddingMode:
    """Where a place ``j`` outside ``0 .. N - 1`` reads the input.

    Attributes
    ----------
    places : function of (places, N)
        The index map on arrays; what it leaves outside the input is 0.
    place : function of (j, N)
        The same map as a SymPy expression.
    slack : int or None
        The padding may be at most ``N - slack`` on a side; None for any padding.
    """

    places: Callable[[Indices, int], Indices]
    place: Callable[[Expr, Expr], Expr]
    slack: int | None

    @property
    def reads_input(self) -> bool:
        """Whether every place reads some input, so that several taps may reach the same one."""
        return bool(self.place(Integer(-1), Integer(2)) >= 0)


def _reflected(j: Expr, n: Expr) -> Expr:
    return n - 1 - Abs(n - 1 - Abs(j))


#: Source: the names and the reading of each mode are those of PyTorch's ``padding_mode``.
PADDING_MODES: Mapping[str, PaddingMode] = MappingProxyType(
    {
        "zeros": PaddingMode(lambda j, n: j, lambda j, n: j, None),
        "circular": PaddingMode(lambda j, n: j % n, lambda j, n: Mod(j, n), 0),
        "reflect": PaddingMode(
            lambda j, n: (n - 1) - np.abs((n - 1) - np.abs(j)),
            _reflected,
            1,
        ),
        "replicate": PaddingMode(
            lambda j, n: np.clip(j, 0, n - 1),
            lambda j, n: Min(Max(j, 0), n - 1),
            None,
        ),
    }
)
