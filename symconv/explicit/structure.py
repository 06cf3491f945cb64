"""What kind of matrix a convolution is: blocks, bands, zeros, ties, against a dense layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from math import prod

import numpy as np

from symconv.errors import OptionError
from symconv.pattern import Incidence, Indices, Relation, Specification
from symconv.printing.english import counted


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
        "circulant", "Toeplitz", "identity" (one block along the diagonal), "dense" (no zero blocks, and
        none repeated), "block diagonal" (as groups make it), "zero", "tied" (no zero blocks), "banded" or
        "sparse"; the first that holds.
    banded : bool
        Whether its blocks lie in a band that leaves a corner free.
    """

    shape: tuple[int, int]
    block: tuple[int, int]
    kind: str
    banded: bool

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
        In words, such as "banded Toeplitz", "doubly block Toeplitz", "block circulant with circulant
        blocks", "block Toeplitz with banded blocks", or "blockwise banded Toeplitz" with channels.
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
    edges : int
        Places of weights in these entries, of which one may hold the sum of several.
    parameters : int
        Distinct weights that ``T`` holds: the taps ``K``, without those that meet no input.
    unused : int
        Taps that meet no input.
    samples : int
        Of a batch; 1 without one.
    levels : tuple of Level
        From the outermost blocks to the innermost: batch, groups, channels, axes; none where ``T`` is zero.
    """

    shape: tuple[int, int]
    kind: str
    toeplitz: bool
    circulant: bool
    lower_bandwidth: int
    upper_bandwidth: int
    nonzeros: int
    edges: int
    parameters: int
    unused: int
    samples: int
    levels: tuple[Level, ...]

    @classmethod
    def of(
        cls, incidence: Incidence, relations: Sequence[Relation] = (), *, uniform: bool = False
    ) -> Structure:
        """Read the structure off the enumerated pattern, and off each relation that it is the product of.

        ``uniform`` says that all taps are one number.

        >>> from symconv.pattern import Axis
        >>> print(Structure.of(Axis.make(4, 3, padding="full").incidence()))
        6×4 banded Toeplitz, lower bandwidth 2, upper bandwidth 0
        12 of 24 entries hold a weight, 3 distinct weights (a dense layer has 24)
        """
        rows, columns = incidence.size("output"), incidence.size("input")
        o, j = (incidence.index[role] for role in ("output", "input"))
        offset = j - o
        parts = [relation.incidence() for relation in relations] or [incidence]
        unused = incidence.size("tap") - len(np.unique(incidence.index["tap"]))
        if uniform:
            incidence, parts = _through_one(incidence), [_through_one(part) for part in parts]
        levels = _levels(parts) if len(o) else ()
        return cls(
            shape=(rows, columns),
            kind=_in_words(levels) if len(o) else "zero",
            toeplitz=_toeplitz(incidence),
            circulant=_circulant(incidence),
            lower_bandwidth=int(np.max(-offset)) if len(o) else 0,
            upper_bandwidth=int(np.max(offset)) if len(o) else 0,
            nonzeros=len(_cells(incidence)),
            edges=len(o),
            parameters=len(np.unique(incidence.index["tap"])),
            unused=unused,
            samples=prod(relation.samples for relation in relations),
            levels=levels,
        )

    @classmethod
    def of_layer(cls, spec: Specification) -> Structure:
        """The structure of the matrix of a layer.

        Raises
        ------
        OptionError
            When the matrix depends on the input.
        """
        if not spec.kernel.shared:
            raise OptionError(
                "maximum pooling has another matrix for every input: ask for .matrix on values."
            )
        spec.pattern.require_few()
        return cls.of(spec.incidence, spec.pattern.relations, uniform=spec.kernel.uniform)

    @property
    def entries(self) -> int:
        """Entries of ``T``: ``M N``."""
        return self.shape[0] * self.shape[1]

    @property
    def dense_parameters(self) -> int:
        """Weights of a dense layer between the outputs and inputs of one sample: ``M N`` without a batch."""
        return self.entries // self.samples**2

    def __str__(self) -> str:
        lines = [
            f"{_by(self.shape)} {self.kind}, lower bandwidth {self.lower_bandwidth}, "
            f"upper bandwidth {self.upper_bandwidth}"
        ]
        if len(self.levels) > 1:
            lines += [f"{'  ' * depth}{level}" for depth, level in enumerate(self.levels)]
        lines.append(
            f"{self.filled()}, {counted(self.parameters, 'distinct weight')} (a dense layer has "
            f"{self.dense_parameters})"
        )
        return "\n".join(lines)

    def filled(self, of: str = "of") -> str:
        """How many entries hold a weight, in words."""
        holds = "holds" if 1 in (self.nonzeros, self.entries) else "hold"
        return f"{self.nonzeros} {of} {counted(self.entries, 'entry', 'entries')} {holds} a weight"


def _through_one(incidence: Incidence) -> Incidence:
    """The same meetings through one tap."""
    return replace(incidence, index={**incidence.index, "tap": np.zeros_like(incidence.index["tap"])})


def _by(shape: tuple[int, int]) -> str:
    return f"{shape[0]}×{shape[1]}"


def _levels(parts: Sequence[Incidence]) -> tuple[Level, ...]:
    found: list[Level] = []
    block = (1, 1)
    for part in reversed(parts):
        kind, shape = _kind(part), (part.size("output"), part.size("input"))
        groups = _groups(part) if kind == "block diagonal" else 1
        inside = shape[0] // groups, shape[1] // groups
        if groups > 1:
            found += [Level(inside, block, "dense", False)] if inside != (1, 1) else []
            block, shape = (inside[0] * block[0], inside[1] * block[1]), (groups, groups)
        found.append(Level(shape, block, kind, _banded(part)))
        block = shape[0] * block[0], shape[1] * block[1]
    return tuple(reversed([level for level in found if level.shape != (1, 1)] or found[:1]))


def _cells(incidence: Incidence) -> Indices:
    """The cells that hold a weight, each once."""
    return np.unique(incidence.index["output"] * incidence.size("input") + incidence.index["input"])


def _kind(incidence: Incidence) -> str:
    """What the matrix of a relation is; the strongest word that holds."""
    rows, columns, cells = incidence.size("output"), incidence.size("input"), _cells(incidence)
    o, tap, j = (incidence.index[role] for role in ("output", "tap", "input"))
    if incidence.shape["tap"] == () and rows == columns and np.array_equal(o, j) and len(o) == rows:
        return "identity"
    apart = len(o) == len(cells) == len(np.unique(tap))
    if apart and len(cells) == rows * columns:
        return "dense"
    if not len(cells):
        return "zero"
    if np.any(o != j) and _circulant(incidence):
        return "circulant"
    if _toeplitz(incidence):
        return "Toeplitz"
    if apart and _groups(incidence) > 1:
        return "block diagonal"
    if len(cells) == rows * columns:
        return "tied"
    return "banded" if _banded(incidence) else "sparse"


def _banded(incidence: Incidence) -> bool:
    """Whether the band that holds all entries leaves a corner free."""
    offset = incidence.index["input"] - incidence.index["output"]
    rows, columns = incidence.size("output"), incidence.size("input")
    return bool(np.max(-offset, initial=-columns) < rows - 1 or np.max(offset, initial=-rows) < columns - 1)


def _circulant(incidence: Incidence) -> bool:
    rows, columns = incidence.size("output"), incidence.size("input")
    o, tap, j = (incidence.index[role] for role in ("output", "tap", "input"))
    return rows == columns and _constant((j - o) % rows, tap, lambda d: np.full_like(d, rows))


def _toeplitz(incidence: Incidence) -> bool:
    rows, columns = incidence.size("output"), incidence.size("input")
    o, tap, j = (incidence.index[role] for role in ("output", "tap", "input"))
    return _constant(j - o, tap, lambda d: np.minimum(rows + np.minimum(d, 0), columns - np.maximum(d, 0)))


def _groups(incidence: Incidence) -> int:
    """How many full blocks of one size the diagonal consists of; 1 where it does not."""
    o, j = incidence.index["output"], incidence.index["input"]
    rows, columns = incidence.size("output"), incidence.size("input")
    groups = rows * columns // max(len(o), 1)
    if groups < 2 or rows % groups or columns % groups or len(o) * groups != rows * columns:
        return 1
    return groups if np.array_equal(o // (rows // groups), j // (columns // groups)) else 1


def _constant(diagonal: Indices, tap: Indices, length: Callable[[Indices], Indices]) -> bool:
    """Every pair (diagonal, tap) that occurs must occur on the whole length of that diagonal."""
    taps = int(np.max(tap, initial=0)) + 1
    least = int(np.min(diagonal, initial=0))
    pairs, counts = np.unique((diagonal - least) * taps + tap, return_counts=True)
    return bool(np.all(counts == length(pairs // taps + least)))


#: Kinds of levels in whose blocks the other levels are said to be what they are.
_OUTER = ("identity", "dense", "block diagonal")


def _in_words(levels: Sequence[Level]) -> str:
    """The kinds of all levels in the words of the field."""
    outer = list(takewhile(lambda level: level.kind in _OUTER, levels))
    inner = levels[len(outer) :]
    if not inner:
        kinds = {level.kind for level in outer}
        return "diagonal" if kinds == {"identity"} else min(kinds) if len(kinds) == 1 else "block diagonal"
    kinds = {level.kind for level in inner}
    words = {1: "Toeplitz", 2: "doubly block Toeplitz", 3: "triply block Toeplitz"}
    first, last = inner[0].kind, inner[-1].kind
    if kinds == {"circulant"}:
        named = "circulant" if len(inner) == 1 else "block circulant with circulant blocks"
    elif kinds <= {"circulant", "Toeplitz"}:
        named = words.get(len(inner), f"{len(inner)}-level block Toeplitz")
        named = f"banded {named}" if len(inner) == 1 and inner[0].banded else named
    elif len(inner) == 2 and kinds != {"banded"}:
        named = f"block {first} with {last} blocks"
    else:
        named = f"{'block ' if len(inner) > 1 else ''}{first}, not Toeplitz"
    return f"blockwise {named}" if outer and not named.startswith("block ") else named
