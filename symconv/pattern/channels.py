"""Batch and channels: the relations of the indices that are not places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sympy import Eq, Expr, Mod, Symbol, sympify
from sympy.logic.boolalg import Boolean

from symconv.errors import GeometryError
from symconv.pattern.incidence import ROLES, Incidence
from symconv.pattern.reading import Size, read_size
from symconv.pattern.relation import Places, Relation, Window
from symconv.printing.english import counted


@dataclass(frozen=True)
class Batch(Relation):
    """Output ``n`` meets input ``n``; the weights are shared, so no tap has an index here.

    Samples of a batch are related so, and so are the channels of a pooling layer.

    >>> Batch(2).incidence().index["input"].tolist()
    [0, 1]
    """

    form: ClassVar[str] = "samples"
    size: Size
    name: str = "batch"

    @property
    def samples(self) -> int:
        return int(self.size) if self.name == "batch" else 1

    @property
    def extents(self) -> dict[str, tuple[Size, ...]]:
        return {"output": (self.size,), "tap": (), "input": (self.size,)}

    @property
    def geometry(self) -> dict[str, Size]:
        return {self.name: self.size}

    def phrase(self, options: Mapping[str, Any]) -> str:
        return f"batch of {self.size}" if self.name == "batch" else counted(self.size, "channel")

    def enumerated(self) -> Incidence:
        return Incidence.identity(int(self.size))

    @property
    def letters(self) -> dict[str, tuple[str, ...]]:
        letters = ("batch_index" if self.name == "batch" else "output_channel_index",)
        return {"output": letters, "tap": (), "input": letters}

    def window(self, index: Places) -> Window:
        return Window((), tuple(index["output"]), ())

    def single_place(self, inputs: str = "input") -> Relation:
        return Batch(1)

    def equations(self, index: Places) -> list[tuple[Symbol, Expr]]:
        return list(zip(index["input"], index["output"], strict=True))


@dataclass(frozen=True)
class Channels(Relation):
    """Output channel ``o`` meets, through tap ``(o, c)``, input channel ``g(o) C_in/G + c``.

    ``g(o) = floor(o / (C_out/G))`` is the group of ``o``; taps have the shape ``(C_out, C_in/G)``.
    One group is a dense relation, as many groups as input channels a depthwise one.

    >>> Channels.make(4, 2, 2).incidence().index["input"].tolist()
    [0, 1, 2, 3]
    """

    form: ClassVar[str] = "channels"
    own_bias: ClassVar[bool] = True
    in_channels: Size
    out_channels: Size
    groups: Size

    @classmethod
    def make(cls, in_channels: Any, out_channels: Any, groups: Any = 1) -> Channels:
        """Read and check the counts.

        Raises
        ------
        GeometryError
            When a number is below 1, or the groups do not divide both counts.
        """
        sizes = {"in_channels": in_channels, "out_channels": out_channels, "groups": groups}
        made = cls(**{name: read_size(name, size, least=1) for name, size in sizes.items()})
        for name in ("in_channels", "out_channels"):
            count = getattr(made, name)
            if isinstance(count, int) and isinstance(made.groups, int) and count % made.groups:
                sentence = f"{made.groups} groups do not divide {{option}} = {{given}}: "
                raise GeometryError(f"{sentence}use a number that does.", name, count)
        return made

    @property
    def limits(self) -> tuple[Boolean, ...]:
        """That the groups divide both counts."""
        counts = dict.fromkeys((self.in_channels, self.out_channels))
        return tuple(Eq(Mod(sympify(count), self.groups), 0) for count in counts)

    @property
    def group_sizes(self) -> tuple[Size, Size]:
        """``(C_in/G, C_out/G)``."""
        return _divided(self.in_channels, self.groups), _divided(self.out_channels, self.groups)

    @property
    def extents(self) -> dict[str, tuple[Size, ...]]:
        o, inside = self.out_channels, self.group_sizes[0]
        return {"output": (o,), "tap": (o, inside), "input": (self.in_channels,)}

    def phrase(self, options: Mapping[str, Any]) -> str:
        grouped = "" if self.groups == 1 else f" in {self.groups} groups"
        outside = counted(options["out_channels"], "output channel")
        return f"{options['in_channels']} input and {outside}{grouped}"

    def enumerated(self) -> Incidence:
        tap = np.arange(self.count("tap"))
        output, c = np.divmod(tap, int(self.group_sizes[0]))
        index = {"output": output, "tap": tap, "input": self.place(output, c)}
        return Incidence(index, {role: tuple(map(int, extents)) for role, extents in self.extents.items()})

    def single_filter(self, inputs: str = "input") -> Relation:
        return Channels(self.in_channels, 1, 1) if inputs == "input" else Channels(1, self.out_channels, 1)

    @property
    def letters(self) -> dict[str, tuple[str, ...]]:
        o = "output_channel_index"
        return {"output": (o,), "tap": (o, "tap_channel_index"), "input": ("input_channel_index",)}

    def window(self, index: Places) -> Window:
        (o,), (_, c) = index["output"], index["tap"]
        return Window((o, c), (self.place(o, c),), (c,))

    def place(self, index: Any, tap: Any) -> Any:
        """Input channel ``c`` of the group that an output channel belongs to."""
        inside, outside = self.group_sizes
        return tap if self.groups == 1 else inside * (index // outside) + tap

    def equations(self, index: Places) -> list[tuple[Symbol, Expr]]:
        (o,), (tap, c), (channel,) = (index[role] for role in ROLES)
        return [(tap, o), (channel, self.place(o, c))]


def _divided(count: Size, groups: Size) -> Size:
    return count // groups if isinstance(count, int) and isinstance(groups, int) else count / groups
