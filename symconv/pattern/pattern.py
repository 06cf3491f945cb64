"""The pattern of a layer: the product of its relations; outputs share their taps, or have their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar

from sympy import Expr, Symbol, sympify

from symconv.pattern.axis import Axis
from symconv.pattern.incidence import ROLES, Incidence
from symconv.pattern.reading import Size
from symconv.pattern.relation import Places, Relation, Spatial, Window, inner


@dataclass(frozen=True)
class Unshared(Relation):
    """The same outputs, inputs and zeros as ``relation``, but a tap ``(o, k)`` for each output and tap.

    So a maximum selects, and so an average is divided by what differs between windows.

    >>> UnsharedAxis(Axis.make(3, 2)).incidence().index["tap"].tolist()
    [0, 1, 2, 3]
    """

    shared: ClassVar[bool] = False
    relation: Relation

    form, geometry, limits, options = map(inner, ("form", "geometry", "limits", "options"))
    phrase = inner("phrase")

    @property
    def extents(self) -> dict[str, tuple[Size, ...]]:
        return self._with_own_taps(self.relation.extents)

    def padded(self) -> Relation:
        return replace(self, relation=self.relation.padded())

    def enumerated(self) -> Incidence:
        tied = self.relation.enumerated()
        own = tied.index["output"] * tied.size("tap") + tied.index["tap"]
        return Incidence({**tied.index, "tap": own}, self._with_own_taps(tied.shape))

    def equations(self, index: Places) -> list[tuple[Symbol, Expr]]:
        same = zip(index["tap"], map(sympify, index["output"]), strict=False)
        return [*same, *self.relation.equations(self._tied(index))]

    def window(self, index: Places) -> Window | None:
        found = self.relation.window(self._tied(index))
        return found and Window((*index["output"], *found.taps), found.places, found.summed)

    def _tied(self, index: Places) -> Places:
        """The indices of the relation, whose taps lack those of the output that they belong to."""
        return {**index, "tap": index["tap"][len(self.relation.extents["output"]) :]}

    @property
    def letters(self) -> Mapping[str, tuple[str, ...]]:
        return self._with_own_taps(self.relation.letters)

    @staticmethod
    def _with_own_taps(shape: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
        return {**shape, "tap": shape["output"] + shape["tap"]}

    def _products(self, counts: Mapping[str, int]) -> int:
        """A tap meets its own output only."""
        return counts["tap"]


@dataclass(frozen=True)
class UnsharedAxis(Unshared, Spatial):
    """A spatial axis without ties."""

    relation: Axis

    fill, kind, size_counts, size_template = map(inner, ("fill", "kind", "size_counts", "size_template"))


@dataclass(frozen=True)
class Pattern(Relation):
    """The product of several relations, the outermost first.

    Row-major flattening of the product gives the layouts of PyTorch, ``x (N, C_in, L…)``,
    ``w (C_out, C_in/G, K…)`` and ``y (N, C_out, M…)``, and with them the doubly block Toeplitz matrix
    of two axes, the block matrices of channels and the zero blocks of groups.

    >>> from symconv.pattern import Axis
    >>> plane = Pattern((Axis.make(3, 2), Axis.make(3, 2)))
    >>> plane.extents["output"], len(plane.incidence())
    ((2, 2), 16)
    """

    relations: tuple[Relation, ...]

    @property
    def extents(self) -> dict[str, tuple[Size, ...]]:
        return {role: tuple(n for r in self.relations for n in r.extents[role]) for role in ROLES}

    @property
    def spatial_relations(self) -> tuple[Spatial, ...]:
        """The relations along axes."""
        return tuple(r for r in self.relations if isinstance(r, Spatial))

    @property
    def geometry(self) -> Mapping[str, Size]:
        """All sizes by the names in :attr:`names`."""
        pairs = zip(self.relations, self.names, strict=True)
        return {key: relation.geometry[name] for relation, keys in pairs for name, key in keys.items()}

    @property
    def names(self) -> list[dict[str, str]]:
        """For each relation, its sizes' names among all: a number is put behind a name that is in use."""
        used: set[str] = set()
        found = []
        for at, relation in enumerate(self.relations):
            keys = {name: f"{name} {at}" if name in used else name for name in relation.geometry}
            used |= set(keys.values())
            found.append(keys)
        return found

    def _products(self, counts: Mapping[str, int]) -> int:
        return prod(r._products({role: r.count(role) for role in ROLES}) for r in self.relations)

    def enumerated(self) -> Incidence:
        return Incidence.product([relation.enumerated() for relation in self.relations])

    def with_own_taps(self) -> Pattern:
        """The pattern with taps of its own for each output."""
        return Pattern(tuple(UnsharedAxis(r) if isinstance(r, Axis) else Unshared(r) for r in self.relations))

    def padded(self) -> Pattern:
        return Pattern(tuple(relation.padded() for relation in self.relations))

    def biases(self) -> Incidence:
        return Incidence.product([relation.biases() for relation in self.relations])

    def single_filter(self, inputs: str = "input") -> Relation:
        return Pattern(tuple(relation.single_filter(inputs) for relation in self.relations))

    def single_place(self, inputs: str = "input") -> Relation:
        return Pattern(tuple(relation.single_place(inputs) for relation in self.relations))

    @property
    def letters(self) -> Mapping[str, tuple[str, ...]]:
        return {role: tuple(name for r in self.relations for name in r.letters[role]) for role in ROLES}

    def window(self, index: Places) -> Window | None:
        windows = [window for relation, here in self.split(index) if (window := relation.window(here))]
        if len(windows) < len(self.relations):
            return None
        return Window(*(sum(parts, ()) for parts in zip(*windows, strict=True)))

    def equations(self, index: Places) -> list[tuple[Symbol, Expr]]:
        return [equation for relation, here in self.split(index) for equation in relation.equations(here)]

    def split(self, index: Places) -> Iterator[tuple[Relation, Places]]:
        """Each relation with its own part of the indices."""
        used = dict.fromkeys(ROLES, 0)
        for relation in self.relations:
            here = {}
            for role, extents in relation.extents.items():
                here[role] = index[role][used[role] : used[role] + len(extents)]
                used[role] += len(extents)
            yield relation, here
