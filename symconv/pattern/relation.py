"""What every relation has: extents of its three roles, the triples that meet, its equations, its bias."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import prod
from operator import attrgetter
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

import numpy as np
from sympy import Expr, Symbol
from sympy.logic.boolalg import Boolean

from symconv.errors import GeometryError, SymbolicSizeError
from symconv.pattern.incidence import ROLES, Incidence
from symconv.pattern.output_size import Template
from symconv.pattern.padding import PADDING_MODES, PaddingMode
from symconv.pattern.reading import Size

#: So many triples, and so many entries of one role, are listed one by one at the most.
MOST = 10**8

#: The indices of a role, one symbol an axis of it.
Places: TypeAlias = Mapping[str, Sequence[Symbol]]


class Window(NamedTuple):
    """What one output sees of a padded input."""

    taps: tuple[Expr, ...]  # the indices of the tap
    places: tuple[Expr, ...]  # the indices of the padded input
    summed: tuple[Symbol, ...]  # the tap indices that a window runs over


@dataclass(frozen=True)
class Relation(metaclass=ABCMeta):
    """A relation between outputs, taps and inputs; a layer is a product of such."""

    form: ClassVar[str]  # what it relates: "window", "spread", "channels" or "samples"
    dependent_role: ClassVar[str] = "input"  # the role that the relation gives by the two others
    spatial: ClassVar[bool] = False  # whether it is along a spatial axis
    shared: ClassVar[bool] = True  # whether outputs share their taps
    own_bias: ClassVar[bool] = False  # whether each output index has a bias of its own; else all share one

    @property
    @abstractmethod
    def extents(self) -> dict[str, tuple[Size, ...]]:
        """How many values each index of a role has."""

    @property
    def geometry(self) -> Mapping[str, Size]:
        """The sizes that define the relation, by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @property
    def options(self) -> Mapping[str, Any]:
        """What a layer is told to have this relation, by the names of its options."""
        return self.geometry

    def phrase(self, options: Mapping[str, Any]) -> str:
        """What a sentence about a layer with these options says of this relation."""
        return ""

    @abstractmethod
    def enumerated(self) -> Incidence:
        """All triples that meet; the sizes are numbers."""

    @abstractmethod
    def equations(self, index: Places) -> list[tuple[Symbol, Expr]]:
        """The relation in symbols: each an index and what it equals where the three meet."""

    def window(self, index: Places) -> Window | None:
        """What an output sees, with places counted on the padded input; None where it is no window."""
        return None

    @property
    @abstractmethod
    def letters(self) -> Mapping[str, tuple[str, ...]]:
        """The names, in a notation, of the letters of each role's indices."""

    def replaced(self, swap: Mapping[Symbol, Expr]) -> Self:
        """The same relation with other sizes put for some symbols."""
        changes = {item.name: _replaced(getattr(self, item.name), swap) for item in fields(self)}
        return replace(self, **changes)

    def resized(self, sizes: Mapping[str, Any]) -> Self:
        """The same relation with the sizes of a layer given by their names, and not checked."""
        return replace(self, **{name: sizes[name] for item in fields(self) if (name := item.name) in sizes})

    def place(self, index: Any, tap: Any) -> Any:
        """The index of the dependent role that an index of the other role meets through a tap."""
        return index

    def padded(self) -> Relation:
        """The relation with the padded input for the input, so that what meets the padding is listed too."""
        return self

    def single_filter(self, inputs: str = "input") -> Relation:
        """The relation of one filter over all input channels; ``inputs`` is the role that inputs have."""
        return self

    def single_place(self, inputs: str = "input") -> Relation:
        """The relation of one place: an input just as large as the kernel."""
        return self

    def count(self, role: str) -> int:
        """How many values the indices of a role have together, the sizes being numbers."""
        return prod(map(int, self.extents[role]))

    def incidence(self) -> Incidence:
        """All triples (output, tap, input) that meet.

        Raises
        ------
        SymbolicSizeError, GeometryError
            When a size is a symbol; when there are too many to list.
        """
        self.require_few()
        return self.enumerated()

    def require_few(self) -> None:
        """Raise unless every size is a number, and none so large that there are too many triples to list."""
        self.require_numbers()
        most = f"explicit entries need at most {MOST} products of an output and a tap; use smaller sizes."
        if max(self.geometry.values()) > 2**60:
            raise GeometryError(f"sizes up to {max(self.geometry.values())} are too large: {most}")
        counts = {role: self.count(role) for role in ROLES}
        if max(self._products(counts), *counts.values()) > MOST:
            has = "this layer has {output} outputs, {tap} taps and {input} inputs".format(**counts)
            raise GeometryError(f"{has}: {most}")

    def _products(self, counts: Mapping[str, int]) -> int:
        """How many triples have to be looked at."""
        return counts["output"] * counts["tap"]

    @property
    def fill(self) -> PaddingMode:
        """What stands in the padding: nothing that gives a term, unless a mode says otherwise."""
        return PADDING_MODES["zeros"]

    def places_counted(self, place: Any, padding: bool) -> Any:
        """How many places of the window at an output count, with or without those in the padding."""
        return self.extents["tap"][0]

    @property
    def limits(self) -> tuple[Boolean, ...]:
        """What open sizes must satisfy besides being large enough: true where they are numbers."""
        return ()

    @property
    def samples(self) -> int:
        """How many samples of a batch it relates one by one; 1 for what is no batch."""
        return 1

    def biases(self) -> Incidence:
        """The relation of a bias: every output meets one tap, whose input is the constant 1."""
        extents = tuple(map(int, self.extents["output"]))
        output = np.arange(self.count("output"))
        zeros = np.zeros_like(output)
        index = {"output": output, "tap": output if self.own_bias else zeros, "input": zeros}
        return Incidence(index, {"output": extents, "tap": extents if self.own_bias else (), "input": ()})

    @property
    def numeric(self) -> bool:
        """Whether every size is a number."""
        return all(isinstance(size, int) for size in self.geometry.values())

    def require_numbers(self) -> None:
        """Raise :class:`SymbolicSizeError` unless every size is a number."""
        for key, size in self.geometry.items():
            if not isinstance(size, int):
                name, *_ = key.split()
                option = "padding" if name in ("before", "after") else name
                sentence = "{option} is the symbol {given}, so there are no explicit entries to list: "
                cure = "give every size as a number, or {closed_form}."
                raise SymbolicSizeError(sentence + cure, option, size)


class Spatial(Relation):
    """A relation along one spatial axis, which has an output size worth a formula."""

    spatial: ClassVar[bool] = True

    @abstractmethod
    def size_counts(self, place: Symbol) -> tuple[tuple[Expr, Expr], ...]:
        """Pairs ``(last, value)``: an output stands at each place with ``0 <= value <= last`` for all."""

    @property
    @abstractmethod
    def kind(self) -> str:
        """What the operation is called."""

    @abstractmethod
    def size_template(self, idle: Collection[str] = ()) -> Template:
        """The last place of an output in names of sizes, and what it is divided by before rounding down.

        Of several the least counts; the output size is one more. ``{pads}`` is what the paddings add up to,
        ``{off}`` the same where it is taken off, ``{t}`` the sign of a product, ``{spacing}`` the dilation as
        a factor and ``{steps}`` the stride. What is ``idle`` makes no difference, such as a dilation of 1.
        """

    def size_shown(self, idle: Collection[str]) -> Template:
        """The same in the order in which notes count the places."""
        return self.size_template(idle)


def _replaced(value: Any, swap: Mapping[Symbol, Expr]) -> Any:
    if isinstance(value, Relation):
        return value.replaced(swap)
    if isinstance(value, tuple):
        return tuple(_replaced(part, swap) for part in value)
    if isinstance(value, Expr):
        found = value.xreplace(swap)
        return int(found) if found.is_Integer else found
    return value


def inner(name: str) -> Any:
    """An attribute that a relation shares with the one that it is made of."""
    return property(attrgetter(f"relation.{name}"))


@dataclass(frozen=True)
class Adjoint(Relation):
    """A relation with outputs and inputs exchanged: that of the transposed layer."""

    relation: Relation
    dependent_role: ClassVar[str] = "output"

    form, geometry, limits, own_bias = map(inner, ("form", "geometry", "limits", "own_bias"))
    place, phrase = map(inner, ("place", "phrase"))

    @property
    def extents(self) -> dict[str, tuple[Size, ...]]:
        inner = self.relation.extents
        return {role: inner[_SWAP[role]] for role in ROLES}

    def enumerated(self) -> Incidence:
        return self.relation.enumerated().exchanged()

    def equations(self, index: Places) -> list[tuple[Symbol, Expr]]:
        return self.relation.equations({role: index[_SWAP[role]] for role in ROLES})

    @property
    def letters(self) -> Mapping[str, tuple[str, ...]]:
        inner = self.relation.letters
        return {role: tuple(map(_exchanged, inner[_SWAP[role]])) for role in ROLES}

    @property
    def options(self) -> Mapping[str, Any]:
        return {_SWAP.get(name, name): size for name, size in self.relation.options.items()}

    def resized(self, sizes: Mapping[str, Any]) -> Self:
        inner = {_SWAP.get(name, name): size for name, size in sizes.items()}
        return replace(self, relation=self.relation.resized(inner))

    def padded(self) -> Relation:
        return replace(self, relation=self.relation.padded())

    def single_filter(self, inputs: str = "input") -> Relation:
        return Adjoint(self.relation.single_filter(_SWAP[inputs]))

    def single_place(self, inputs: str = "input") -> Relation:
        return Adjoint(self.relation.single_place(_SWAP[inputs]))


def _exchanged(letter: str) -> str:
    """The name of the letter that an index has once outputs and inputs are exchanged."""
    side, _, rest = letter.partition("_")
    return f"{_SWAP.get(side, side)}_{rest}"


_SWAP = {
    "output": "input", "tap": "tap", "input": "output",
    "in_channels": "out_channels", "out_channels": "in_channels",
}  # fmt: skip
