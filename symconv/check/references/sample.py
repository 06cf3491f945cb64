"""The numbers of one comparison with their geometry, and what a reference makes of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Sample:
    """Numbers for one comparison: operands in PyTorch's layout, and the geometry they are put into.

    Batch, channels and groups are 1 where a layer has none. Operands are machine integers, or arrays of
    objects (Python's integers and fractions, SymPy's numbers): what NumPy does with them stays exact.
    """

    x: Array  # (B, C_in, L_1, …, L_r)
    w: Array  # (C_out, C_in/G, K_1, …, K_r); transposed: (C_in, C_out/G, K_1, …, K_r)
    delta: Array  # the upstream gradient: (B, C_out, M_1, …, M_r)
    b: Array  # (C_out,), zeros for a layer without bias
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    before: tuple[int, ...]  # padding in front, one number an axis
    after: tuple[int, ...]  # padding behind
    output_padding: tuple[int, ...]  # all 0 unless transposed
    groups: int
    flip: bool  # whether tap k meets what K - 1 - k meets without flip, on every spatial axis
    transposed: bool
    padding_mode: Any  # by the name that np.pad has for it; "constant", which is zeros, when transposed
    ceil_mode: bool = False  # whether the last window may reach beyond the padding
    count_padding: bool = True  # whether places in the padding count in an average
    divisor: int | None = None  # what an average is divided by instead of their number

    @property
    def rank(self) -> int:
        """How many spatial axes there are."""
        return len(self.stride)

    @property
    def spatial(self) -> tuple[int, ...]:
        """The spatial axes, behind two for batch and channels."""
        return tuple(range(2, 2 + self.rank))

    @property
    def operands(self) -> tuple[Array, Array, Array, Array]:
        """Input, kernel, upstream gradient and bias."""
        return self.x, self.w, self.delta, self.b

    @property
    def pads(self) -> list[tuple[int, int]]:
        """Padding in front and behind, of every axis of the input."""
        return [(0, 0), (0, 0), *zip(self.before, self.after, strict=True)]

    @property
    def integers(self) -> bool:
        """Whether all operands are machine integers."""
        return all(operand.dtype.kind == "i" for operand in self.operands)

    @property
    def correlated(self) -> Array:
        """The kernel that slides: the weight, reversed for a true convolution."""
        return np.flip(self.w, self.spatial) if self.flip else self.w

    @property
    def reach(self) -> tuple[int, ...]:
        """How far the last tap is from the first."""
        return tuple(d * (k - 1) for d, k in zip(self.dilation, self.w.shape[2:], strict=True))

    @property
    def dtype(self) -> np.dtype[Any]:
        """What holds a sum of products of the operands."""
        return np.result_type(*self.operands)


#: What a reference answers with: an array whose flattening is that of the quantity, whatever its shape.
Answers: TypeAlias = Mapping[str, Callable[[Sample], Array]]


@dataclass(frozen=True)
class Reference:
    """A way of computing some of the quantities, by the ``name`` that a report gives it.

    The answers ``on_unit_windows`` are computed from all windows of all unit inputs: as many numbers as
    there are triples of an output, a tap and an input. It can answer for the samples that ``fits`` admits.
    Unless it is ``exact`` on any numbers it computes in double precision. With a ``contraction`` it answers
    for every quantity that keeps some of "output", "tap" and "input": where the three meet, the product of
    the operands of the others is added up.
    """

    name: str
    answers: Answers
    on_unit_windows: frozenset[str] = frozenset()
    fits: Callable[[Sample], bool] = lambda _: True
    exact: bool = True
    contraction: Callable[[Sequence[str], Sample], Array] | None = None


def padded(s: Sample, x: Array) -> Array:
    """An input with its padding around it."""
    return np.asarray(np.pad(x, s.pads, s.padding_mode))


def spread(array: Array, steps: Sequence[int]) -> Array:
    """An array with ``step - 1`` zeros between its entries, on its last axes."""
    leading = (1,) * (array.ndim - len(steps))
    sizes = [(n - 1) * step + 1 for n, step in zip(array.shape, (*leading, *steps), strict=True)]
    wide = np.zeros(sizes, array.dtype)
    wide[every(steps)] = array
    return wide


def every(steps: Sequence[int]) -> tuple[Any, ...]:
    """The index that takes every step-th entry, on the last axes."""
    return (..., *(slice(None, None, step) for step in steps))
