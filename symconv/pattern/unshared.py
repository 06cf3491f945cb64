"""Relations without ties: each output has taps of its own, as those that a maximum selects by."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from sympy import Expr, Symbol, sympify

from symconv.pattern.axis import Axis
from symconv.pattern.incidence import Incidence
from symconv.pattern.pattern import Pattern
from symconv.pattern.reading import Size
from symconv.pattern.relation import Places, Relation, Spatial, Window, inner


@dataclass(frozen=True)
class Unshared(Relation):
    """The same outputs, inputs and zeros as ``relation``, but a tap ``(o, k)`` for each output and tap.

    >>> UnsharedAxis(Axis.make(3, 2)).incidence().index["tap"].tolist()
    [0, 1, 2, 3]
    """

    shared: ClassVar[bool] = False
    relation: Relation

    form, geometry, limits, options = map(inner, ("form", "geometry", "limits", "options"))
    phrase = inner("phrase")

    @property
    def extents(self) -> dict[str, tuple[Size, ...]]:
        inner = self.relation.extents
        return {**inner, "tap": inner["output"] + inner["tap"]}

    def padded(self) -> Relation:
        return replace(self, relation=self.relation.padded())

    def enumerated(self) -> Incidence:
        inner = self.relation.enumerated()
        own = inner.index["output"] * inner.size("tap") + inner.index["tap"]
        shape = {**inner.shape, "tap": inner.shape["output"] + inner.shape["tap"]}
        return Incidence({**inner.index, "tap": own}, shape)

    def equations(self, index: Places) -> list[tuple[Symbol, Expr]]:
        outputs, rest = self._split(index)
        same = zip(outputs, map(sympify, index["output"]), strict=True)
        return [*same, *self.relation.equations(rest)]

    def window(self, index: Places) -> Window | None:
        found = self.relation.window(self._split(index)[1])
        return found and Window((*index["output"], *found.taps), found.places, found.summed)

    def _split(self, index: Places) -> tuple[tuple[Symbol, ...], Places]:
        """The outputs that a tap belongs to, and the indices of the relation without them."""
        split = len(self.relation.extents["output"])
        own, taps = tuple(index["tap"][:split]), tuple(index["tap"][split:])
        return own, {**index, "tap": taps}

    @property
    def letters(self) -> Mapping[str, tuple[str, ...]]:
        inner = self.relation.letters
        return {**inner, "tap": inner["output"] + inner["tap"]}

    def _products(self, counts: Mapping[str, int]) -> int:
        """A tap meets its own output only."""
        return counts["tap"]


@dataclass(frozen=True)
class UnsharedAxis(Unshared, Spatial):
    """A spatial axis without ties."""

    relation: Axis

    fill, kind, size_template = map(inner, ("fill", "kind", "size_template"))
    places_counted, size_counts = map(inner, ("places_counted", "size_counts"))


def unshared(pattern: Pattern) -> Pattern:
    """The pattern with taps of its own for each output."""
    return Pattern(tuple(UnsharedAxis(r) if isinstance(r, Axis) else Unshared(r) for r in pattern.relations))
