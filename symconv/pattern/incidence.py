"""The enumerated index pattern: which output, tap and input meet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Indices: TypeAlias = NDArray[np.int64]

#: The three roles of an index, in the order of the index pattern ``Pi[output, tap, input]``.
ROLES = ("output", "tap", "input")


@dataclass(frozen=True, eq=False)
class Incidence:
    """The triples where ``Pi[output, tap, input]`` is 1."""

    index: dict[str, Indices]  # the flat, row-major index of each triple in each role
    shape: dict[str, tuple[int, ...]]  # that the flat index of a role runs over

    def size(self, role: str) -> int:
        """How many indices a role has."""
        return int(np.prod(self.shape[role], dtype=np.int64))

    def __len__(self) -> int:
        return len(self.index["tap"])

    def times(self, other: Incidence) -> Incidence:
        """The product: triples meet where they meet in both, this relation's indices being the outer ones.

        >>> one = Incidence.identity(2)
        >>> one.times(one).index["output"].tolist(), one.times(one).shape["output"]
        ([0, 1, 2, 3], (2, 2))
        """
        index: dict[str, Indices] = {}
        for role in ROLES:
            outer = np.repeat(self.index[role] * other.size(role), len(other))
            index[role] = outer + np.tile(other.index[role], len(self))
        return Incidence(index, {role: self.shape[role] + other.shape[role] for role in ROLES})

    @staticmethod
    def product(relations: list[Incidence]) -> Incidence:
        """The product of several relations, the outermost first; of none, one triple without indices."""
        one: Indices = np.zeros(1, dtype=np.int64)
        none = Incidence(dict.fromkeys(ROLES, one), dict.fromkeys(ROLES, ()))
        return reduce(Incidence.times, relations, none)

    @staticmethod
    def identity(count: int) -> Incidence:
        """Each of ``count`` outputs meets the input of the same index, through the one tap there is."""
        index = np.arange(count)
        triples = {"output": index, "tap": np.zeros_like(index), "input": index}
        return Incidence(triples, {"output": (count,), "tap": (), "input": (count,)})

    def exchanged(self) -> Incidence:
        """The same relation with outputs and inputs exchanged: its matrix is the transpose."""
        swap = dict(zip(ROLES, reversed(ROLES), strict=True))
        index = {role: self.index[other] for role, other in swap.items()}
        return Incidence(index, {role: self.shape[other] for role, other in swap.items()})

    def unshared(self) -> Incidence:
        """The same zeros without the ties: each pair (output, input) that meets has a tap of its own.

        Tap ``o N + j`` is the weight between output ``o`` and input ``j`` of a dense layer.
        """
        return self._pairs(np.unique(self.index["output"] * self.size("input") + self.index["input"]))

    def dense(self) -> Incidence:
        """The dense layer between the same outputs and inputs: a tap for every pair, no zeros."""
        return self._pairs(np.arange(self.size("output") * self.size("input")))

    def _pairs(self, taps: Indices) -> Incidence:
        output, input_ = np.divmod(taps, self.size("input"))
        shape = {**self.shape, "tap": self.shape["output"] + self.shape["input"]}
        return Incidence({"output": output, "tap": taps, "input": input_}, shape)
