"""Padding modes: which input stands at a place before or behind the input, one row a mode."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sympy import Integer

from symconv.pattern.reading import largest, least


@dataclass(frozen=True)
class PaddingMode:
    """Where a place ``j`` outside ``0 .. N - 1`` reads the input.

    What the map leaves outside the input is 0. It is written in arithmetic, absolute values, and the least
    and largest of two, so arrays, SymPy expressions and the letters of loops all follow it.
    """

    place: Callable[[Any, Any], Any]  # of j and N
    slack: int | None  # the padding may be at most N - slack on a side; None for any padding
    numpy: Any  # what np.pad calls it; evidence and references, which judge the map, pad with that
    words: str  # how the input goes on in the padding, for the reader

    @property
    def reads_input(self) -> bool:
        """Whether every place reads some input, so that several taps may reach the same one."""
        return bool(self.place(Integer(-1), Integer(2)) >= 0)


#: Source: the names and the reading of each mode are those of PyTorch's ``padding_mode``.
PADDING_MODES: Mapping[str, PaddingMode] = MappingProxyType({
    "zeros": PaddingMode(lambda j, n: j, None, "constant", "with zeros in the padding"),
    "circular": PaddingMode(lambda j, n: j % n, 0, "wrap", "continued periodically into the padding"),
    "reflect": PaddingMode(
        lambda j, n: n - 1 - abs(n - 1 - abs(j)), 1, "reflect", "reflected at its ends into the padding"
    ),
    "replicate": PaddingMode(
        lambda j, n: least(largest(j, 0), n - 1), None, "edge",
        "with its first and last entries repeated in the padding",
    ),
})  # fmt: skip
