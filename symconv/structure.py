"""What kind of matrix a convolution is: blocks, bands, zeros, ties, against a dense layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from symconv.pattern import Incidence, Indices, Relation


@dataclass(frozen=True)
class Level:
    """One relation of the layer as a matrix of blocks, each block holding the levels below it.

    Attributes
    ----------
    shape : (rows, columns)
        Blocks, outputs by inputs of this relation.
    block : (rows, columns)
        Entries of one block.
    kind : str
        "circulant", "Toeplitz", "identity" (one block along the diagonal), "dense" (no zero blocks),
        "block diagonal" (as groups make it) or "banded".
    """

    shape: tuple[int, int]
    block: tuple[int, int]
    kind: str

    def __str__(self) -> str:
        return f"{self.kind}: {_by(self.shape)} blocks of {_by(self.block)}"


@dataclass(frozen=True)
class Structure:
    """The shape of the convolution matrix ``T`` as a dense layer with zeros and tied weights.

    Attributes
    ----------
    shape : (M, N)
        Outputs by inputs.
    kind : str
        In words, such as "banded Toeplitz", "doubly block Toeplitz", or "block circulant with
        circulant blocks".
    toeplitz : bool
        Whether every diagonal of ``T`` is constant: on one axis it is at stride 1, and with a single
        output.
    circulant : bool
        Whether ``T`` is square and each row is the one above it, moved by one around the end.
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
    levels : tuple of Level
        From the outermost blocks to the innermost, one a relation: batch, channels, axes.
    """

    shape: tuple[int, int]
    kind: str
    toeplitz: bool
    circulant: bool
    lower_bandwidth: int
    upper_bandwidth: int
    nonzeros: int
    parameters: int
    dense_parameters: int
    levels: tuple[Level, ...]

    @classmethod
    def of(cls, incidence: Incidence, relations: Sequence[Relation] = ()) -> Structure:
        """Read the structure off the enumerated pattern, and off each relation that it is the product of.

        >>> from symconv.pattern import Axis
        >>> print(Structure.of(Axis.make(4, 3, padding="full").incidence()))
        6×4 banded Toeplitz, lower bandwidth 2, upper bandwidth 0
        12 of 24 entries hold a weight, 3 distinct weights (a dense layer has 24)
        """
        rows, columns = incidence.size("output"), incidence.size("input")
        o, j = (incidence.index[role] for role in ("output", "input"))
        offset = j - o
        parts = [relation.incidence() for relation in relations] or [incidence]
        levels = _levels(parts)
        return cls(
            shape=(rows, columns),
            kind=_in_words([level.kind for level in levels]),
            toeplitz=_toeplitz(incidence),
            circulant=_circulant(incidence),
            lower_bandwidth=int(np.max(-offset)) if len(o) else 0,
            upper_bandwidth=int(np.max(offset)) if len(o) else 0,
            nonzeros=len(np.unique(o * columns + j)),
            parameters=incidence.size("tap"),
            dense_parameters=rows * columns,
            levels=levels,
        )

    def __str__(self) -> str:
        lines = [
            f"{_by(self.shape)} {self.kind}, lower bandwidth {self.lower_bandwidth}, "
            f"upper bandwidth {self.upper_bandwidth}"
        ]
        if len(self.levels) > 1:
            lines += [f"{'  ' * depth}{level}" for depth, level in enumerate(self.levels)]
        lines.append(
            f"{self.nonzeros} of {self.dense_parameters} entries hold a weight, {self.parameters} distinct "
            f"weights (a dense layer has {self.dense_parameters})"
        )
        return "\n".join(lines)


def _by(shape: tuple[int, int]) -> str:
    return f"{shape[0]}×{shape[1]}"


def _levels(parts: Sequence[Incidence]) -> tuple[Level, ...]:
    found: list[Level] = []
    block = (1, 1)
    for part in reversed(parts):
        shape = part.size("output"), part.size("input")
        found.append(Level(shape, block, _kind(part)))
        block = shape[0] * block[0], shape[1] * block[1]
    return tuple(reversed(found))


def _kind(incidence: Incidence) -> str:
    """What the matrix of a relation is; the strongest word that holds."""
    rows, columns = incidence.size("output"), incidence.size("input")
    o, tap, j = (incidence.index[role] for role in ("output", "tap", "input"))
    cells = np.unique(o * columns + j)
    if incidence.shape["tap"] == () and rows == columns and np.array_equal(o, j) and len(o) == rows:
        return "identity"
    if np.any(o != j) and _circulant(incidence):
        return "circulant"
    if _toeplitz(incidence):
        return "Toeplitz"
    if len(cells) == rows * columns:
        return "dense"
    return "block diagonal" if len(np.unique(tap)) == len(cells) and _apart(o, j, rows) else "banded"


def _circulant(incidence: Incidence) -> bool:
    rows, columns = incidence.size("output"), incidence.size("input")
    o, tap, j = (incidence.index[role] for role in ("output", "tap", "input"))
    return rows == columns and _constant((j - o) % rows, tap, lambda d: np.full_like(d, rows))


def _toeplitz(incidence: Incidence) -> bool:
    rows, columns = incidence.size("output"), incidence.size("input")
    o, tap, j = (incidence.index[role] for role in ("output", "tap", "input"))
    return _constant(j - o, tap, lambda d: np.minimum(rows + np.minimum(d, 0), columns - np.maximum(d, 0)))


def _apart(o: Indices, j: Indices, rows: int) -> bool:
    """Whether any two outputs see the same stretch of inputs or stretches that share none."""
    first, last = np.full(rows, np.iinfo(np.int64).max), np.full(rows, -1)
    np.minimum.at(first, o, j)
    np.maximum.at(last, o, j)
    stretches = np.unique(np.stack([first, last], axis=1), axis=0)
    whole = np.array_equal(np.bincount(o, minlength=rows), last - first + 1)
    return bool(whole and np.all(stretches[1:, 0] > stretches[:-1, 1]))


def _constant(diagonal: Indices, tap: Indices, length: Callable[[Indices], Indices]) -> bool:
    """Every pair (diagonal, tap) that occurs must occur on the whole length of that diagonal."""
    taps = int(np.max(tap, initial=0)) + 1
    least = int(np.min(diagonal, initial=0))
    pairs, counts = np.unique((diagonal - least) * taps + tap, return_counts=True)
    return bool(np.all(counts == length(pairs // taps + least)))


def _in_words(kinds: Sequence[str]) -> str:
    """The kinds of all levels in the words of the field."""
    inner = [kind for kind in kinds if kind not in ("identity", "dense", "block diagonal")]
    outer = [kind for kind in kinds if kind not in inner]
    words = {1: "banded Toeplitz", 2: "doubly block Toeplitz", 3: "triply block Toeplitz"}
    if not inner:
        named = kinds[0] if len(set(kinds)) == 1 else "block diagonal"
    elif set(inner) == {"circulant"}:
        named = "circulant" if len(inner) == 1 else "block circulant with circulant blocks"
    elif set(inner) <= {"circulant", "Toeplitz"}:
        named = words.get(len(inner), f"{len(inner)}-level block Toeplitz")
    else:
        named = "banded, not Toeplitz" if len(inner) == 1 else "block banded, not Toeplitz"
    return named if not outer or not inner else f"blocks, each {named}"
