"""What stands in the place of a kernel: learned weights, or one number that every tap has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product, zip_longest
from math import prod
from typing import Any, ClassVar, TypeAlias

from sympy import Expr, Le, Mul, Rational, sympify
from sympy.logic.boolalg import Boolean

from symconv.pattern.pattern import Pattern
from symconv.pattern.relation import Relation, Spatial
from symconv.printing.notation import Notation

#: The entries of each operand by its role, flattened row-major.
Operands: TypeAlias = Mapping[str, Sequence[Expr]]

#: The entries of a quantity that is no contraction, by flat position.
Own: TypeAlias = Callable[[Pattern, Operands], dict[int, Expr]]


@dataclass(frozen=True)
class Kernel:
    """Learned weights, shared by all outputs; other kinds say what is different of them."""

    called: ClassVar[str] = "kernel"  # what slides over the input in a derivation
    summed: ClassVar[str] = "the sum of weight times input over its window"  # what an output is
    moved: ClassVar[str] = "kernel"  # what an output size counts the places of
    last: ClassVar[str] = "tap"  # what lies furthest in it
    meaning: ClassVar[str] = ""  # of its letter where formulas use it, if it is no weight
    linear_in: ClassVar[str] = ""  # the condition under which the output is linear in its operands
    beside: ClassVar[str] = ""  # what a window meets beside the input, where that is no zero
    opening: ClassVar[str] = "{kind} of {inputs} with {taps}"  # of the description of a layer
    operands: ClassVar[tuple[str, ...]] = ("x", "w", "delta", "b")  # the letters of those that take values
    learned: ClassVar[bool] = True  # whether taps are parameters
    depends_on_input: ClassVar[bool] = False  # whether other inputs have other taps
    whole: ClassVar[bool] = True  # whether taps are whole numbers wherever the operands are
    own: ClassVar[Mapping[str, Own]] = {}  # the quantities that are no contractions

    @property
    def name(self) -> str:
        """The kind."""
        return "weights"

    @property
    def uniform(self) -> bool:
        """Whether all taps are one number."""
        return False

    @property
    def shared(self) -> bool:
        """Whether all outputs have the same taps."""
        return self.learned or self.uniform

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds whose quantities it has."""
        return (self.name, "weights") if self.uniform else (self.name,)

    @property
    def stands_for(self) -> str:
        """What its letter is, in a table."""
        return "the kernel"

    @property
    def mean(self) -> str:
        """What an output is, if it is a mean."""
        return ""

    @property
    def options(self) -> Mapping[str, Any]:
        """What a layer is told to have it, by the names of its options."""
        return {}

    def relation(self, tied: Pattern) -> Pattern:
        """The layer's relation, for the one through taps that all outputs share."""
        return tied if self.shared else tied.with_own_taps()

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

    def window_size(self, axis: Relation, place: Any) -> Any:
        """How many places of the window at an output count."""
        return axis.extents["tap"][0]

    def written(self, notation: Notation) -> Notation:
        """A notation with the kernel's letter in its place."""
        return notation

    def conditions(self, axes: Sequence[Spatial]) -> tuple[Boolean, ...]:
        """What open sizes must satisfy besides the limits of every layer, if it is not true of them."""
        return ()

    def usual(self, axes: Sequence[Spatial]) -> Mapping[str, Any]:
        """The options that are as they are where nothing is said, as the call has them."""
        return {}


class Pooled(Kernel):
    """What kernels have that are not learned but laid on windows of each channel."""

    called = "window"
    moved = "window"
    last = "entry"
    operands = ("x", "delta")
    learned = False

    def conditions(self, axes: Sequence[Spatial]) -> tuple[Boolean, ...]:
        """No padding is more than half of its window."""
        return tuple(at_most_half(axis, side) for axis in axes for side in ("before", "after"))

    def usual(self, axes: Sequence[Spatial]) -> Mapping[str, Any]:
        """A stride of the window."""
        usual = all(axis.geometry["stride"] == axis.geometry["kernel_size"] for axis in axes)
        return {"stride": None} if usual else {}


@dataclass(frozen=True)
class Average(Pooled):
    """Every tap is 1 over a number: that of the places of its window that count, or another.

    Windows differ in how many places count, since those beyond the padded input never do, and those in the
    padding only where ``count_padding`` says so; it is None where all have as many places as there are taps.
    """

    divisor: int | None = None  # what is divided by, whatever counts
    count_padding: bool | None = None
    opening: ClassVar[str] = "Average pooling of {inputs} in windows of {window}"
    whole: ClassVar[bool] = False

    @property
    def name(self) -> str:
        return "uniform" if self.uniform else "clipped"

    @property
    def uniform(self) -> bool:
        return self.count_padding is None

    @property
    def stands_for(self) -> str:
        kernel, over = "the kernel of each output", "the number of entries of its window that count"
        if self.uniform:
            kernel, over = "the kernel", "the number of taps"
        return f"{kernel}, whose entries are all 1 over {self.divisor or over}"

    @property
    def mean(self) -> str:
        if self.divisor is not None:
            return f"the sum of its window, divided by {self.divisor}"
        if self.uniform:
            return "the mean of its window, padding included"
        within = "padded input" if self.count_padding else "input"
        return f"the mean of the entries of its window that lie within the {within}"

    @property
    def options(self) -> Mapping[str, Any]:
        counting = {} if self.uniform else {"count_include_pad": self.count_padding}
        return {"divisor_override": self.divisor, **counting}

    def indices(self, tied: Pattern, taps: tuple[Any, ...]) -> tuple[Any, ...]:
        """Where windows differ, the place of the output that the tap belongs to."""
        if self.uniform:
            return ()
        split = self.relation(tied).split({"output": (), "tap": taps, "input": ()})
        return tuple(here["tap"][0] for relation, here in split if relation.spatial)

    def window_size(self, axis: Relation, place: Any) -> Any:
        if self.count_padding is None:
            return super().window_size(axis, place)
        return axis.places_counted(place, self.count_padding)

    def value(self, axes: Sequence[Spatial], places: Sequence[Any] = ()) -> Expr:
        if self.divisor is not None:
            return Rational(1, self.divisor)
        return 1 / Mul(*(sympify(self.window_size(*here)) for here in zip_longest(axes, places)))

    def share(self, windows: Sequence[Sequence[tuple[int, int]]], own: Sequence[int], taps: int) -> Fraction:
        counts = (of[place][not self.count_padding] for of, place in zip(windows, own, strict=True))
        return Fraction(1, self.divisor or (taps if self.uniform else prod(counts)))

    def taps(self, tied: Pattern, operands: Operands) -> tuple[Expr, ...]:
        value, axes = cache(self.value), tied.spatial_relations
        every = product(*map(range, map(int, self.relation(tied).extents["tap"])))
        return tuple(value(axes, self.indices(tied, tap)) for tap in every)


WEIGHTS = Kernel()


def at_most_half(axis: Spatial, side: str) -> Boolean:
    """The condition that the padding of a side is at most half of the window, as in PyTorch."""
    return Le(2 * sympify(axis.geometry[side]), axis.geometry["kernel_size"])
