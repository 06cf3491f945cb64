"""What stands in the place of a kernel: learned weights, or one number that every tap has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias

from sympy import Expr, Le, Mul, Rational, S, sympify
from sympy.logic.boolalg import Boolean

from symconv.pattern.pattern import Pattern
from symconv.pattern.relation import Relation, Spatial
from symconv.pattern.unshared import unshared
from symconv.printing.notation import Notation

#: The entries of each operand by its role, flattened row-major.
Operands: TypeAlias = Mapping[str, Sequence[Expr]]

#: The entries of a quantity that is no contraction, by flat position and without zeros.
Own: TypeAlias = Callable[[Pattern, Operands], dict[int, Expr]]


@dataclass(frozen=True)
class Kernel:
    """Learned weights, shared by all outputs; other kinds say what is different of them.

    Attributes
    ----------
    name : str
        The kind.
    kinds : tuple of str
        The kinds whose quantities it has.
    called, moved, last : str
        What a derivation calls it, what slides over the input, and what lies furthest in it.
    meaning : str
        What its letter is where formulas use it, if it is no weight.
    linear_in : str
        Under which condition the output is linear in its operands.
    beside : str
        What a window meets beside the input, where that is no zero.
    opening : str
        How the description of a layer begins.
    operands : tuple of str
        The letters of the operands that take values.
    learned, shared, uniform, whole : bool
        Whether taps are parameters; whether outputs share them; whether all of them are one number; whether
        they are whole numbers wherever the operands are.
    own : mapping of str to function
        The quantities that are no contractions.
    """

    name: ClassVar[str] = "weights"
    kinds: ClassVar[tuple[str, ...]] = ("weights",)
    called: ClassVar[str] = "kernel"
    moved: ClassVar[str] = "kernel"
    last: ClassVar[str] = "tap"
    meaning: ClassVar[str] = ""
    linear_in: ClassVar[str] = ""
    beside: ClassVar[str] = ""
    opening: ClassVar[str] = "{kind} of {inputs} with {taps}"
    operands: ClassVar[tuple[str, ...]] = ("x", "w", "delta", "b")
    learned: ClassVar[bool] = True
    shared: ClassVar[bool] = True
    uniform: ClassVar[bool] = False
    whole: ClassVar[bool] = True
    own: ClassVar[Mapping[str, Own]] = MappingProxyType({})

    @property
    def stands_for(self) -> str:
        """What its letter is, in a table."""
        return "the kernel"

    def relation(self, tied: Pattern) -> Pattern:
        """The layer's relation, for the one through taps that all outputs share."""
        return tied

    def indices(self, tied: Pattern, taps: tuple[Any, ...]) -> tuple[Any, ...]:
        """Those of a tap's indices that its letter bears."""
        return taps

    def value(self, axes: Sequence[Spatial], places: Sequence[Expr] = ()) -> Expr | None:
        """What its letter stands for, with its indices, in the sizes of the axes; None for operands."""
        return None

    def share(
        self, windows: Sequence[Sequence[tuple[int, int]]], own: Sequence[int], taps: int
    ) -> Fraction | None:
        """The number that a tap is, by the indices that its letter bears; None for operands.

        Of the windows along each axis: how many places lie within the padded input, and within the input;
        and how many taps there are.
        """
        return None

    def taps(self, tied: Pattern, operands: Operands) -> tuple[Expr, ...] | None:
        """The entries of all taps, for the entries of the other operands; None where they are operands."""
        return None

    def known(self, inputs: Sequence[Expr]) -> bool:
        """Whether the entries of the taps can be written out, for these inputs."""
        return True

    def drawn(self, met: Mapping[Any, Sequence[tuple[Any, Any]]], inputs: Any) -> dict[Any, int] | None:
        """The numbers of the taps, by what each output meets and the numbers of the inputs."""
        return None

    def written(self, notation: Notation) -> Notation:
        """A notation with the kernel's letter in its place."""
        return notation

    def conditions(self, axes: Sequence[Spatial]) -> tuple[Boolean, ...]:
        """What open sizes must satisfy besides the limits of every layer."""
        return ()

    @property
    def options(self) -> Mapping[str, Any]:
        """What a layer is told to have it, by the names of its options."""
        return {}

    def counted(self, relation: Relation, place: Any) -> Any:
        """How many places of the window at an output of a relation an average is taken of."""
        (taps,) = relation.extents["tap"]
        return taps

    def usual(self, axes: Sequence[Spatial]) -> Mapping[str, Any]:
        """The options that are as they are where nothing is said, as the call has them."""
        return {}


class Pooled(Kernel):
    """What kernels have that are not learned but laid on windows of each channel."""

    moved = "window"
    last = "place"
    operands = ("x", "delta")
    learned = False

    def conditions(self, axes: Sequence[Spatial]) -> tuple[Boolean, ...]:
        """No padding is more than half of its window."""
        found = (at_most_half(axis, side) for axis in axes for side in ("before", "after"))
        return tuple(condition for condition in dict.fromkeys(found) if condition is not S.true)

    def usual(self, axes: Sequence[Spatial]) -> Mapping[str, Any]:
        """A stride of the window."""
        return (
            {"stride": None} if all(a.geometry["stride"] == a.geometry["kernel_size"] for a in axes) else {}
        )


@dataclass(frozen=True)
class Uniform(Pooled):
    """Every tap is 1 over the number of taps, as an average takes them, or over another number.

    Attributes
    ----------
    divisor : int, optional
        What is divided by; by default the number of taps.
    """

    divisor: int | None = None
    name: ClassVar[str] = "uniform"
    kinds: ClassVar[tuple[str, ...]] = ("uniform", "weights")
    opening: ClassVar[str] = "Average pooling of {inputs} in windows of {window}"
    uniform: ClassVar[bool] = True
    whole: ClassVar[bool] = False

    @property
    def stands_for(self) -> str:
        over = "their number" if self.divisor is None else str(self.divisor)
        return f"the kernel, all of whose entries are 1 over {over}"

    @property
    def options(self) -> Mapping[str, Any]:
        return {"divisor_override": self.divisor}

    def indices(self, tied: Pattern, taps: tuple[Any, ...]) -> tuple[Any, ...]:
        return ()

    def value(self, axes: Sequence[Spatial], places: Sequence[Expr] = ()) -> Expr:
        if self.divisor is not None:
            return Rational(1, self.divisor)
        return 1 / Mul(*(sympify(axis.geometry["kernel_size"]) for axis in axes))

    def share(self, windows: Sequence[Sequence[tuple[int, int]]], own: Sequence[int], taps: int) -> Fraction:
        return Fraction(1, self.divisor or taps)

    def taps(self, tied: Pattern, operands: Operands) -> tuple[Expr, ...]:
        count = tied.count("tap")
        return (Rational(1, self.divisor or count),) * count


@dataclass(frozen=True)
class Clipped(Uniform):
    """Every tap is 1 over the number of places of its window that count, which differs between outputs.

    Places beyond the padded input never count, those in the padding where ``count_padding`` says so.
    """

    count_padding: bool = True
    name: ClassVar[str] = "clipped"
    kinds: ClassVar[tuple[str, ...]] = ("clipped",)
    uniform: ClassVar[bool] = False
    shared: ClassVar[bool] = False

    @property
    def stands_for(self) -> str:
        over = "the number of places of its window that count" if self.divisor is None else str(self.divisor)
        return f"the kernel of each output, all of whose entries are 1 over {over}"

    @property
    def options(self) -> Mapping[str, Any]:
        return {**super().options, "count_include_pad": self.count_padding}

    def relation(self, tied: Pattern) -> Pattern:
        return unshared(tied)

    def indices(self, tied: Pattern, taps: tuple[Any, ...]) -> tuple[Any, ...]:
        """The indices of places among those of the output that the tap belongs to."""
        found: tuple[Any, ...] = ()
        for relation in tied.relations:
            own, met = (len(relation.extents[role]) for role in ("output", "tap"))
            found += taps[:own] if relation.spatial else ()
            taps = taps[own + met :]
        return found

    def counted(self, relation: Relation, place: Any) -> Any:
        return relation.places_counted(place, self.count_padding)

    def value(self, axes: Sequence[Spatial], places: Sequence[Expr] = ()) -> Expr:
        if self.divisor is not None:
            return Rational(1, self.divisor)
        return 1 / Mul(*(self.counted(axis, place) for axis, place in zip(axes, places, strict=True)))

    def share(self, windows: Sequence[Sequence[tuple[int, int]]], own: Sequence[int], taps: int) -> Fraction:
        counts = (of[place][not self.count_padding] for of, place in zip(windows, own, strict=True))
        return Fraction(1, self.divisor or prod(counts))

    def taps(self, tied: Pattern, operands: Operands) -> tuple[Expr, ...]:
        found = [1]
        for relation in tied.relations:
            outputs, taps = (relation.count(role) for role in ("output", "tap"))
            places = [1] * outputs
            if relation.spatial:
                places = [int(relation.places_counted(o, self.count_padding)) for o in range(outputs)]
            found = [one * place for one in found for place in places for _ in range(taps)]
        return tuple(Rational(1, self.divisor or one) for one in found)


#: Learned weights.
WEIGHTS = Kernel()


def at_most_half(axis: Spatial, side: str) -> Boolean:
    """The condition that the padding of a side is at most half of the window, as in PyTorch."""
    return Le(2 * sympify(axis.geometry[side]), axis.geometry["kernel_size"])
