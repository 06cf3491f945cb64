"""Dense and diagonal layers as relations: an output meets all inputs or its own, each through its own tap."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sympy import Expr, Symbol, sympify

from symconv.pattern.incidence import ROLES, Incidence
from symconv.pattern.output_size import Template
from symconv.pattern.reading import Size, read_size
from symconv.pattern.relation import Places, Relation, Spatial, Window


@dataclass(frozen=True)
class Connections(Spatial):
    """Output ``i`` meets input ``j`` through tap ``(i, j)``: no zeros and no shared weights.

    Its matrix is its kernel, so ``T[i, j] = w[i, j]``; each output has a bias of its own.

    >>> Connections.make(3, 2).incidence().index["tap"].tolist()
    [0, 1, 2, 3, 4, 5]
    """

    form: ClassVar[str] = "dense"
    own_bias: ClassVar[bool] = True
    input_size: Size
    out_features: Size

    @classmethod
    def make(cls, in_features: Any, out_features: Any) -> Connections:
        """Read and check the sizes: a GeometryError where a number is below 1."""
        sizes = {"in_features": in_features, "out_features": out_features}
        return cls(*(read_size(name, size, least=1) for name, size in sizes.items()))

    @property
    def extents(self) -> dict[str, tuple[Size, ...]]:
        m, n = self.out_features, self.input_size
        return {"output": (m,), "tap": (m, n), "input": (n,)}

    @property
    def geometry(self) -> dict[str, Size]:
        """The sizes, and those of the one window that every output sees: the whole input."""
        window = {"kernel_size": self.input_size, "stride": 1, "dilation": 1, "before": 0, "after": 0}
        return {"input_size": self.input_size, "out_features": self.out_features, **window}

    @property
    def options(self) -> dict[str, Any]:
        return {"in_features": self.input_size, "out_features": self.out_features, "flip": False}

    @property
    def kind(self) -> str:
        return "Dense layer"

    def size_template(self, idle: Collection[str] = ()) -> Template:
        return (("{out_features} - 1", ""),)

    def size_counts(self, place: Symbol) -> tuple[tuple[Expr, Expr], ...]:
        return ((sympify(self.out_features - 1), place),)

    def enumerated(self) -> Incidence:
        tap = np.arange(self.count("tap"))
        output, place = np.divmod(tap, self.count("input"))
        index = {"output": output, "tap": tap, "input": place}
        return Incidence(index, {role: tuple(map(int, extents)) for role, extents in self.extents.items()})

    def single_filter(self, inputs: str = "input") -> Relation:
        return Connections(self.input_size, 1)

    @property
    def letters(self) -> dict[str, tuple[str, ...]]:
        return {"output": ("output_index",), "tap": ("output_index", "tap_index"), "input": ("input_index",)}

    def window(self, index: Places) -> Window:
        (o,), (_, k) = index["output"], index["tap"]
        return Window((o, k), (k,), (k,))

    def place(self, index: Any, tap: Any) -> Any:
        return tap

    def equations(self, index: Places) -> list[tuple[Symbol, Expr]]:
        (o,), (own, k), (j,) = (index[role] for role in ROLES)
        return [(own, o), (j, k)]


@dataclass(frozen=True)
class Diagonal(Spatial):
    """Output ``i`` meets input ``i`` through tap ``i``: the matrix is diagonal, and each output has a bias.

    >>> Diagonal.make(3).incidence().index["tap"].tolist()
    [0, 1, 2]
    """

    form: ClassVar[str] = "diagonal"
    own_bias: ClassVar[bool] = True
    input_size: Size

    @classmethod
    def make(cls, features: Any) -> Diagonal:
        """Read and check the size: a GeometryError where a number is below 1."""
        return cls(read_size("features", features, least=1))

    @property
    def extents(self) -> dict[str, tuple[Size, ...]]:
        return dict.fromkeys(ROLES, (self.input_size,))

    @property
    def geometry(self) -> dict[str, Size]:
        """The size, and the window of every output: one input."""
        window = {"kernel_size": 1, "stride": 1, "dilation": 1, "before": 0, "after": 0}
        return {"input_size": self.input_size, **window}

    @property
    def options(self) -> dict[str, Any]:
        return {"features": self.input_size, "flip": False}

    @property
    def kind(self) -> str:
        return "Diagonal layer"

    def size_template(self, idle: Collection[str] = ()) -> Template:
        return (("{input_size} - 1", ""),)

    def size_counts(self, place: Symbol) -> tuple[tuple[Expr, Expr], ...]:
        return ((sympify(self.input_size - 1), place),)

    def enumerated(self) -> Incidence:
        size = self.count("tap")
        index = dict.fromkeys(ROLES, np.arange(size))
        return Incidence(index, dict.fromkeys(ROLES, (size,)))

    @property
    def letters(self) -> dict[str, tuple[str, ...]]:
        return {"output": ("output_index",), "tap": ("output_index",), "input": ("input_index",)}

    def equations(self, index: Places) -> list[tuple[Symbol, Expr]]:
        (o,), (own,), (j,) = (index[role] for role in ROLES)
        return [(own, o), (j, o)]
