"""The enumerated index pattern: which output, tap and input meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Indices: TypeAlias = NDArray[np.int64]

#: The three roles of an index, in the order of the index pattern ``Pi[output, tap, input]``.
ROLES = ("output", "tap", "input")


@dataclass(frozen=True, eq=False)
class Incidence:
    """The triples where ``Pi[output, tap, input]`` is 1.

    Attributes
    ----------
    index : dict of role to array
        Flat, row-major index of each triple in each role; the arrays have equal length.
    shape : dict of role to tuple
        The shape that the flat index of a role runs over.
    """

    index: dict[str, Indices]
    shape: dict[str, tuple[int, ...]]

    def size(self, role: str) -> int:
        """How many indices a role has."""
        return int(np.prod(self.shape[role]))

    def __len__(self) -> int:
        return len(self.index["tap"])

    def untied(self) -> Incidence:
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

    def bias(self) -> Incidence:
        """The relation of a bias: every output meets the one tap ``b``, whose input is the constant 1."""
        output = np.arange(self.size("output"))
        index = {"output": output, "tap": np.zeros_like(output), "input": np.zeros_like(output)}
        return Incidence(index, {"output": self.shape["output"], "tap": (1,), "input": (1,)})
