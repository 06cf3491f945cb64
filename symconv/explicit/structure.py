"""What kind of matrix a convolution is: blocks, bands, zeros, ties, against a dense layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from math import prod

import numpy as np

from symconv.errors import OptionError
from symconv.pattern import ROLES, Incidence, Indices, Relation, Specification
from symconv.printing.english import counted
from symconv.printing.rich import paragraph, table, words


@dataclass(frozen=True)
class Level:
    """One level of blocks of the matrix; each block contains the levels below it.

    Its kind is "circulant", "Toeplitz", "identity" (one block repeated along the diagonal), "dense" (no zero
    blocks, none repeated), "block diagonal" (from groups), "zero", "tied" (no zero blocks, some repeated),
    "banded" or "sparse".
    """

    shape: tuple[int, int]  # blocks, outputs by inputs of this relation
    block: tuple[int, int]  # entries of one block
    kind: str
    banded: bool  # whether its blocks lie in a band that leaves a corner free

    def __str__(self) -> str:
        return f"{self.kind}: {_by(self.shape)} blocks of {_by(self.block)}"


@dataclass(frozen=True)
class Structure:
    """The structure of the convolution matrix ``T``: where its zeros and shared weights are.

    Attributes
    ----------
    shape : (M, N)
        Outputs by inputs.
    kind : str
        In words, such as "banded Toeplitz", "doubly block Toeplitz", "block circulant with circulant
        blocks", "block Toeplitz with banded blocks", or "blockwise banded Toeplitz" with channels.
    toeplitz : bool
        Whether every diagonal of ``T`` is constant; for one axis this holds for stride 1 or a single output.
    circulant : bool
        Whether ``T`` is square and each row is the row above it, shifted cyclically by one.
    lower_bandwidth, upper_bandwidth : int
        The largest ``o - j`` and the largest ``j - o`` over the nonzero entries. Either is negative if the
        band lies entirely on the other side of the main diagonal; both are 0 if ``T`` is zero.
    nonzeros : int
        Number of entries of ``T`` that hold a weight.
    edges : int
        Number of weights in these entries, counted once per position; an entry may be a sum of weights.
    parameters : int
        Number of distinct weights in ``T``: K taps, without those that meet no input.
    unused : int
        Number of taps that meet no input.
    samples : int
        Number of samples in the batch, or 1.
    levels : tuple of Level
        From the outermost blocks to the innermost (batch, groups, channels, axes); empty if ``T`` is zero.

    Examples
    --------
    >>> import symconv as sc
    >>> sc.Conv1d(4, 3).structure.kind, sc.Conv1d(4, 3, padding=1, padding_mode="circular").structure.kind
    ('banded Toeplitz', 'circulant')
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
        whole = _Band(incidence, uniform=uniform)
        several = len(relations) > 1
        parts = [_Band(r.incidence(), uniform=uniform) for r in relations] if several else [whole]
        levels = _levels(parts) if len(whole.o) else ()
        different = prod(part.different for part in parts)
        return cls(
            shape=whole.shape,
            kind=_in_words(levels) if levels else "zero",
            toeplitz=whole.toeplitz,
            circulant=whole.circulant,
            lower_bandwidth=int(np.max(-whole.offset)) if levels else 0,
            upper_bandwidth=int(np.max(whole.offset)) if levels else 0,
            nonzeros=prod(part.nonzeros for part in parts),
            edges=len(whole.o),
            parameters=min(different, 1) if uniform else different,
            unused=incidence.size("tap") - different,
            samples=prod(relation.samples for relation in relations),
            levels=levels,
        )

    @classmethod
    def of_layer(cls, spec: Specification) -> Structure:
        """The structure of the matrix of a layer.

        Raises
        ------
        OptionError
            If the matrix depends on the input, or the outputs share no weights.
        """
        if spec.kernel.depends_on_input:
            sentence = (
                "the matrix of maximum pooling depends on the input: use .matrix of a layer with values."
            )
            raise OptionError(sentence)
        if not spec.kernel.shared:
            sentence = "the outputs of this average divide by different numbers, so they share no weights: "
            raise OptionError(f"{sentence}use .matrix.")
        spec.pattern.require_few()
        return cls.of(spec.incidence, spec.pattern.relations, uniform=spec.kernel.uniform)

    @property
    def entries(self) -> int:
        """The number of entries of ``T``, which is ``M N``."""
        return self.shape[0] * self.shape[1]

    @property
    def dense_parameters(self) -> int:
        """The number of weights of a dense layer between the inputs and outputs of one sample."""
        return self.entries // self.samples**2

    def __str__(self) -> str:
        widths = f"lower bandwidth {self.lower_bandwidth}, upper bandwidth {self.upper_bandwidth}"
        lines = [f"{_by(self.shape)} {self.kind}, {widths}"]
        if len(self.levels) > 1:
            lines += [f"{'  ' * depth}{level}" for depth, level in enumerate(self.levels)]
        weights = counted(self.parameters, "distinct weight")
        lines += [f"{self.filled()}, {weights} (a dense layer has {self.dense_parameters})"]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [(words(level.kind), _by(level.shape), _by(level.block)) for level in self.levels]
        levels = [table(("level", "blocks", "entries of a block"), rows)] if len(rows) > 1 else []
        first, *_, last = str(self).splitlines()
        return "\n".join([paragraph(words(first)), *levels, paragraph(words(last))])

    def filled(self, of: str = "of") -> str:
        """How many entries hold a weight, in words."""
        holds = "holds" if 1 in (self.nonzeros, self.entries) else "hold"
        return f"{self.nonzeros} {of} {counted(self.entries, 'entry', 'entries')} {holds} a weight"


def _by(shape: tuple[int, int]) -> str:
    return f"{shape[0]}×{shape[1]}"


def _different(numbers: Indices) -> int:
    """How many different numbers there are; by sorting, since the hashes of NumPy's ``unique`` collide."""
    ordered = np.sort(numbers)
    return len(ordered) and int(np.count_nonzero(np.diff(ordered))) + 1


def _levels(bands: Sequence[_Band]) -> tuple[Level, ...]:
    found: list[Level] = []
    block = (1, 1)
    for band in reversed(bands):
        shape, groups = band.shape, band.groups if band.kind == "block diagonal" else 1
        if groups > 1:
            inside = shape[0] // groups, shape[1] // groups
            found += [Level(inside, block, "dense", False)] if inside != (1, 1) else []
            block, shape = (inside[0] * block[0], inside[1] * block[1]), (groups, groups)
        found.append(Level(shape, block, band.kind, band.banded))
        block = shape[0] * block[0], shape[1] * block[1]
    return tuple(reversed([level for level in found if level.shape != (1, 1)] or found[:1]))


class _Band:
    """The matrix of a relation: where it holds the weight of which tap, on which diagonal."""

    def __init__(self, incidence: Incidence, *, uniform: bool) -> None:
        self.shape = self._rows, self._columns = incidence.size("output"), incidence.size("input")
        self.o, self._taps, self._j = (incidence.index[role] for role in ROLES)
        self.tap = np.zeros_like(self._taps) if uniform else self._taps
        self._one_tap = incidence.shape["tap"] == ()
        self.offset = self._j - self.o

    @cached_property
    def nonzeros(self) -> int:
        """How many entries hold a weight."""
        return _different(self.o * self._columns + self._j)

    @cached_property
    def different(self) -> int:
        """How many taps meet an input."""
        return _different(self._taps)

    @cached_property
    def kind(self) -> str:
        """What the matrix is; the strongest word that holds."""
        one_each = self._one_tap and self._rows == self._columns == len(self.o)
        full = self.nonzeros == self._rows * self._columns
        apart = len(self.o) == self.nonzeros == _different(self.tap)
        words = {
            "identity": one_each and not self.offset.any(),
            "dense": apart and full,
            "zero": not self.nonzeros,
            "circulant": self.circulant and self.offset.any(),
            "Toeplitz": self.toeplitz,
            "block diagonal": apart and self.groups > 1,
            "tied": full,
            "banded": self.banded,
        }
        return next((word for word, holds in words.items() if holds), "sparse")

    @property
    def banded(self) -> bool:
        """Whether the band that holds all entries leaves a corner free."""
        below = np.max(-self.offset, initial=-self._columns) < self._rows - 1
        return bool(below or np.max(self.offset, initial=-self._rows) < self._columns - 1)

    @cached_property
    def circulant(self) -> bool:
        """Whether each row is the one above it, moved by one around the end."""
        square = self._rows == self._columns
        return square and self._constant(self.offset % self._rows, lambda d: np.full_like(d, self._rows))

    @cached_property
    def toeplitz(self) -> bool:
        """Whether every diagonal is constant."""
        n, m = self.shape
        return self._constant(self.offset, lambda d: np.minimum(n + np.minimum(d, 0), m - np.maximum(d, 0)))

    @property
    def groups(self) -> int:
        """How many full blocks of one size the diagonal consists of; 1 where it does not."""
        groups = self._rows * self._columns // max(len(self.o), 1)
        if groups < 2 or self._rows % groups or self._columns % groups:
            return 1
        if len(self.o) * groups != self._rows * self._columns:
            return 1
        within = self.o // (self._rows // groups), self._j // (self._columns // groups)
        return groups if np.array_equal(*within) else 1

    def _constant(self, diagonal: Indices, length: Callable[[Indices], Indices]) -> bool:
        """Every pair (diagonal, tap) that occurs must occur on the whole length of that diagonal."""
        taps = int(np.max(self.tap, initial=0)) + 1
        least = int(np.min(diagonal, initial=0))
        held = np.bincount(diagonal - least)
        (found,) = np.nonzero(held)
        if np.any(held[found] % length(found + least)):
            return False  # without sorting
        pairs, counts = np.unique((diagonal - least) * taps + self.tap, return_counts=True)
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
