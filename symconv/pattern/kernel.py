"""What stands in the place of a kernel: learned weights, or one number that every tap has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias

from sympy import Expr, Le, Mul, Rational, S, sympify
from sympy.logic.boolalg import Boolean

from symconv.pattern.axis import Axis
from symconv.pattern.pattern import Pattern
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
    stands_for, meaning : str
        What its letter is, in a table; the same where formulas use it, if it is no weight.
    linear_in : str
        Under which condition the output is linear in its operands.
    beside : str
        What a window meets beside the input, where that is no zero.
    opening : str
        How the description of a layer begins.
    operands : tuple of str
        The letters of the operands that take values.
    learned, shared, uniform : bool
        Whether taps are parameters; whether outputs share them; whether all of them are one number.
    own : mapping of str to function
        The quantities that are no contractions.
    """

    name: ClassVar[str] = "weights"
    kinds: ClassVar[tuple[str, ...]] = ("weights",)
    called: ClassVar[str] = "kernel"
    moved: ClassVar[str] = "kernel"
    last: ClassVar[str] = "tap"
    stands_for: ClassVar[str] = "the kernel"
    meaning: ClassVar[str] = ""
    linear_in: ClassVar[str] = ""
    beside: ClassVar[str] = ""
    opening: ClassVar[str] = "{kind} of {inputs} with {taps}"
    operands: ClassVar[tuple[str, ...]] = ("x", "w", "delta", "b")
    learned: ClassVar[bool] = True
    shared: ClassVar[bool] = True
    uniform: ClassVar[bool] = False
    own: ClassVar[Mapping[str, Own]] = MappingProxyType({})

    def relation(self, tied: Pattern) -> Pattern:
        """The layer's relation, for the one through taps that all outputs share."""
        return tied

    def indices(self, tied: Pattern, taps: tuple[Any, ...]) -> tuple[Any, ...]:
        """Those of a tap's indices that its letter bears."""
        return taps

    def value(self, axes: Sequence[Axis], places: Sequence[Expr] = ()) -> Expr | None:
        """What its letter stands for, with its indices, in the sizes of the axes; None for operands."""
        return None

    def share(self, counts: Mapping[str, tuple[int, ...]]) -> Fraction | None:
        """The number that each tap is, by the extents of the roles; None for operands."""
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

    def conditions(self, axes: Sequence[Axis]) -> tuple[Boolean, ...]:
        """What open sizes must satisfy besides the limits of every layer."""
        return ()

    def usual(self, axes: Sequence[Axis]) -> Mapping[str, Any]:
        """The options that are as they are where nothing is said, as the call has them."""
        return {}


class Pooled(Kernel):
    """What kernels have that are not learned but laid on windows of each channel."""

    moved = "window"
    last = "place"
    operands = ("x", "delta")
    learned = False

    def conditions(self, axes: Sequence[Axis]) -> tuple[Boolean, ...]:
        """No padding is more than half of its window."""
        found = (at_most_half(axis, side) for axis in axes for side in (axis.before, axis.after))
        return tuple(condition for condition in dict.fromkeys(found) if condition is not S.true)

    def usual(self, axes: Sequence[Axis]) -> Mapping[str, Any]:
        """A stride of the window."""
        return {"stride": None} if all(axis.stride == axis.kernel_size for axis in axes) else {}


class Uniform(Pooled):
    """Every tap is 1 over the number of taps, as an average takes them."""

    name = "uniform"
    kinds = ("uniform", "weights")
    stands_for = "the kernel, all of whose entries are 1 over their number"
    opening = "Average pooling of {inputs} in windows of {window}"
    uniform = True

    def indices(self, tied: Pattern, taps: tuple[Any, ...]) -> tuple[Any, ...]:
        return ()

    def value(self, axes: Sequence[Axis], places: Sequence[Expr] = ()) -> Expr:
        return 1 / Mul(*(sympify(axis.kernel_size) for axis in axes))

    def share(self, counts: Mapping[str, tuple[int, ...]]) -> Fraction:
        return Fraction(1, prod(counts["tap"]))

    def taps(self, tied: Pattern, operands: Operands) -> tuple[Expr, ...]:
        count = prod(map(int, tied.extents["tap"]))
        return (Rational(1, count),) * count


#: Learned weights.
WEIGHTS = Kernel()


def at_most_half(axis: Axis, padding: Any) -> Boolean:
    """The condition that a padding is at most half of the window, as in PyTorch."""
    return Le(2 * sympify(padding), axis.kernel_size)
