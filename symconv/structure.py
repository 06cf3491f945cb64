"""What kind of matrix a convolution is: band, zeros, ties, against a dense layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symconv.pattern import Incidence


@dataclass(frozen=True)
class Structure:
    """The shape of the convolution matrix ``T`` as a dense layer with zeros and tied weights.

    Attributes
    ----------
    shape : (M, N)
        Outputs by inputs.
    toeplitz : bool
        Whether every diagonal of ``T`` is constant: it is at stride 1, and with a single output.
    lower_bandwidth, upper_bandwidth : int
        The largest ``o - j`` and the largest ``j - o`` over the non-zero entries; either may be
        negative when the band lies wholly on the other side of the main diagonal; 0 when no
        tap reaches an input.
    nonzeros : int
        Entries of ``T`` that hold a weight.
    parameters : int
        Distinct weights: the taps ``K``.
    dense_parameters : int
        Weights of a dense layer of the same shape: ``M N``.
    """

    shape: tuple[int, int]
    toeplitz: bool
    lower_bandwidth: int
    upper_bandwidth: int
    nonzeros: int
    parameters: int
    dense_parameters: int

    @classmethod
    def of(cls, incidence: Incidence) -> Structure:
        """Read the structure off the enumerated pattern.

        >>> from symconv.pattern import Axis
        >>> print(Structure.of(Axis.make(4, 3, padding="full").incidence()))
        6×4 banded Toeplitz, lower bandwidth 2, upper bandwidth 0
        12 of 24 entries hold a weight, 3 distinct weights (a dense layer has 24)
        """
        rows, columns = incidence.size("output"), incidence.size("input")
        o, k, j = (incidence.index[role] for role in ("output", "tap", "input"))
        offset = j - o
        return cls(
            shape=(rows, columns),
            toeplitz=_is_toeplitz(rows, columns, offset, k),
            lower_bandwidth=int(np.max(-offset)) if len(o) else 0,
            upper_bandwidth=int(np.max(offset)) if len(o) else 0,
            nonzeros=len(np.unique(o * columns + j)),
            parameters=incidence.size("tap"),
            dense_parameters=rows * columns,
        )

    def __str__(self) -> str:
        rows, columns = self.shape
        kind = "banded Toeplitz" if self.toeplitz else "banded, not Toeplitz"
        return (
            f"{rows}×{columns} {kind}, lower bandwidth {self.lower_bandwidth}, "
            f"upper bandwidth {self.upper_bandwidth}\n"
            f"{self.nonzeros} of {self.dense_parameters} entries hold a weight, {self.parameters} distinct "
            f"weights (a dense layer has {self.dense_parameters})"
        )


def _is_toeplitz(rows: int, columns: int, offset: np.ndarray, tap: np.ndarray) -> bool:
    """Every pair (diagonal, tap) that occurs must occur on the whole length of that diagonal."""
    taps = int(np.max(tap, initial=0)) + 1
    pairs, counts = np.unique((offset + rows) * taps + tap, return_counts=True)
    diagonal = pairs // taps - rows
    length = np.minimum(rows + np.minimum(diagonal, 0), columns - np.maximum(diagonal, 0))
    return bool(np.all(counts == length))
