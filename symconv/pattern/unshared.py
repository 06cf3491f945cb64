"""Relations without ties: each output has taps of its own, as those that a maximum selects by."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from sympy import Expr, Symbol, sympify
from sympy.logic.boolalg import Boolean

from symconv.pattern.axis import Axis
from symconv.pattern.incidence import Incidence
from symconv.pattern.padding import PaddingMode
from symconv.pattern.pattern import Pattern
from symconv.pattern.reading import Size
from symconv.pattern.relation import Places, Relation, Spatial, Window


@dataclass(frozen=True)
class Unshared(Relation):
    """The same outputs, inputs and zeros as ``relation``, but a tap ``(o, k)`` for each output and tap.

    >>> UnsharedAxis(Axis.make(3, 2)).incidence().index["tap"].tolist()
    [0, 1, 2, 3]
    """

    shared: ClassVar[bool] = False
    relation: Relation

    @property
    def form(self) -> str:
        return self.relation.form

    @property
    def extents(self) -> dict[str, tuple[Size, ...]]:
        inner = self.relation.extents
        return {**inner, "tap": inner["output"] + inner["tap"]}

    @property
    def geometry(self) -> Mapping[str, Size]:
        return self.relation.geometry

    @property
    def limits(self) -> tuple[Boolean, ...]:
        return self.relation.limits

    @property
    def options(self) -> Mapping[str, Any]:
        return self.relation.options

    def phrase(self, options: Mapping[str, Any]) -> str:
        return self.relation.phrase(options)

    def padded(self) -> Relation:
        return replace(self, relation=self.relation.padded())

    def enumerated(self) -> Incidence:
        inner = self.relation.enumerated()
        own = inner.index["output"] * inner.size("tap") + inner.index["tap"]
        shape = {**inner.shape, "tap": inner.shape["output"] + inner.shape["tap"]}
        return Incidence({**inner.index, "tap": own}, shape)

    def equations(self, index: Places) -> list[tuple[Symbol, Expr]]:
        outputs, inner = self._inner(index)
        same = zip(outputs, index["output"], strict=True)
        return [*((own, sympify(o)) for own, o in same), *self.relation.equations(inner)]

    def window(self, index: Places) -> Window | None:
        found = self.relation.window(self._inner(index)[1])
        return found and Window((*index["output"], *found.taps), found.places, found.summed)

    def _inner(self, index: Places) -> tuple[tuple[Symbol, ...], Places]:
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

    @property
    def fill(self) -> PaddingMode:
        return self.relation.fill

    @property
    def kind(self) -> str:
        return self.relation.kind

    @property
    def size_template(self) -> tuple[tuple[str, str], ...]:
        return self.relation.size_template

    def places_counted(self, place: Any, padding: bool) -> Any:
        return self.relation.places_counted(place, padding)

    def size_counts(self, place: Symbol) -> tuple[tuple[Expr, Expr], ...]:
        return self.relation.size_counts(place)


def unshared(pattern: Pattern) -> Pattern:
    """The pattern with taps of its own for each output."""
    return Pattern(tuple(UnsharedAxis(r) if isinstance(r, Axis) else Unshared(r) for r in pattern.relations))
