"""The language of index sums: sums over bounded indices with Iverson brackets, in SymPy's terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, TypeAlias

from sympy import And, Eq, Expr, Indexed, Le, Max, Min, Mod, Mul, S, Sum, Symbol, expand, sympify, together
from sympy.logic.boolalg import Boolean

from symconv.printing.expressions import Iverson


class Partial(Expr):
    """The partial derivative of an expression by an entry, not carried out.

    SymPy's own ``Derivative`` is 0 at once for two different indexed symbols, also where the
    indices are open; here nothing is evaluated but by a rule.
    """

    is_commutative = True

    def __new__(cls, expr: Any, by: Any) -> Expr:
        return Expr.__new__(cls, sympify(expr), sympify(by))


class Upsampled(Expr):
    """A sequence with zeros between neighbours, ``factor - 1`` along each axis.

    On one axis ``(a^s)_n = [s | n] a_{n/s}``.
    """

    is_commutative = True

    def __new__(cls, base: Expr, *factors: Any) -> Expr:
        return Expr.__new__(cls, base, *map(sympify, factors))


class Overlap(Expr):
    """An entry of a convolution or cross-correlation of two finite sequences, which are 0 outside.

    It is ``sum_m a[n + m] b[m]`` or ``sum_m a[n - m] b[m]``, by the ``sign``, where ``a`` and ``b`` are
    :class:`Upsampled` sequences; with several axes ``n`` and ``m`` are several indices.
    """

    is_commutative = True
    sign: ClassVar[int]

    def __new__(cls, left: Upsampled, right: Upsampled, *at: Any) -> Expr:
        return Expr.__new__(cls, left, right, *map(sympify, at))


class Correlation(Overlap):
    """``(a star b)_n = sum_m a[n + m] b[m]``."""

    sign = 1


class Convolution(Overlap):
    """``(a * b)_n = sum_m a[n - m] b[m]``."""

    sign = -1


@dataclass(frozen=True)
class Equal:
    """The relation between indices: ``left = right``."""

    left: Expr
    right: Expr

    def boolean(self) -> Boolean:
        return Eq(self.left, self.right)


@dataclass(frozen=True)
class Divides:
    """``divisor`` divides ``number``."""

    divisor: Expr
    number: Expr

    def boolean(self) -> Boolean:
        return Eq(Mod(self.number, self.divisor), 0)


@dataclass(frozen=True)
class Within:
    """``first <= value <= last``."""

    first: Expr
    value: Expr
    last: Expr

    def boolean(self) -> Boolean:
        return And(Le(self.first, self.value), Le(self.value, self.last))


Condition: TypeAlias = Equal | Divides | Within


@dataclass(frozen=True)
class Bound:
    """A summation index between the largest of its lower and the smallest of its upper limits.

    ``never_empty`` says that the upper limit is at least the lower one minus 1 for all indices.
    """

    index: Symbol
    lowers: tuple[Expr, ...]
    uppers: tuple[Expr, ...]
    never_empty: bool = False

    @cached_property
    def limits(self) -> tuple[Symbol, Expr, Expr]:
        """For a SymPy sum, which would take an upper limit far below the lower one for a negative sum.

        SymPy follows Karr: ``sum_{k=4}^{1}`` is minus the sum of k = 2, 3. The upper limit is
        therefore never less than the lower one minus 1, where the sum is empty.
        """
        index, lower, upper = self.shown
        return index, lower, upper if self.never_empty else Max(upper, lower - 1)

    @cached_property
    def shown(self) -> tuple[Symbol, Expr, Expr]:
        """For a reader, to whom a sum without terms is 0."""
        return self.index, Max(*self.lowers), Min(*self.uppers)


@dataclass(frozen=True)
class Nested:
    """The derivative of a whole sum by an entry, kept as a structure that rules can work on."""

    inner: IndexSum
    by: Expr


@dataclass(frozen=True)
class IndexSum:
    """``addend + sum over the bounds of the product of brackets and factors``.

    The outermost bound comes first. Each condition is an Iverson bracket. The addend is a bias.
    """

    bounds: tuple[Bound, ...]
    conditions: tuple[Condition, ...]
    factors: tuple[Expr | Nested, ...]
    addend: Expr = S.Zero

    @cached_property
    def expr(self) -> Expr:
        """The same in SymPy's terms, safe to put numbers into."""
        factors = [Partial(f.inner.expr, f.by) if isinstance(f, Nested) else f for f in self.factors]
        return self._written(factors, [bound.limits for bound in self.bounds])

    @cached_property
    def shown(self) -> Expr:
        """The same for a reader, to whom a sum without terms is 0."""
        factors = [Partial(f.inner.shown, f.by) if isinstance(f, Nested) else f for f in self.factors]
        return self._written(factors, [bound.shown for bound in self.bounds])

    def _written(self, factors: list[Expr], limits: list[tuple[Symbol, Expr, Expr]]) -> Expr:
        body = Mul(*(Iverson(condition.boolean()) for condition in self.conditions), *factors)
        return self.addend + (Sum(body, *reversed(limits)) if limits else body)

    def bound(self, index: Symbol) -> Bound:
        """The bound of an index."""
        return next(bound for bound in self.bounds if bound.index == index)

    def bounded(self, bound: Bound) -> IndexSum:
        """With another bound of an index."""
        return replace(self, bounds=tuple(bound if b.index == bound.index else b for b in self.bounds))

    def without(self, condition: Condition) -> IndexSum:
        """With one condition less."""
        return replace(self, conditions=tuple(c for c in self.conditions if c != condition))

    def replaced(self, old: Symbol, new: Expr) -> IndexSum:
        """With an index written otherwise in conditions and factors; its own bound is dropped."""
        swap = {old: sympify(new)}
        return replace(
            self,
            bounds=tuple(b for b in self.bounds if b.index != old),
            conditions=tuple(_swap(c, swap) for c in self.conditions),
            factors=tuple(f if isinstance(f, Nested) else tidy(f.xreplace(swap)) for f in self.factors),
        )


@dataclass(frozen=True)
class UncheckedStep:
    """One line of a derivation before it is checked: what stands left and right, and why."""

    left: Expr
    terms: IndexSum
    rule: str
    reason: str


def sides(lines: Sequence[UncheckedStep], at: int) -> tuple[Expr, Expr]:
    """A line and the one before it, or what it is a line about."""
    chained = at > 0 and lines[at - 1].left == lines[at].left
    return lines[at - 1].terms.shown if chained else lines[at].left, lines[at].terms.shown


def tidy(expr: Expr) -> Expr:
    """Indices multiplied out, or over one denominator where there is one."""
    return expr.replace(
        lambda e: isinstance(e, Indexed), lambda e: e.base[tuple(together(expand(i)) for i in e.indices)]
    )


def _swap(condition: Condition, swap: Mapping[Symbol, Expr]) -> Condition:
    return type(condition)(*(expand(side.xreplace(swap)) for side in vars(condition).values()))
