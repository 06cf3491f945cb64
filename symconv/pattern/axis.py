"""One spatial axis: the affine relation between an output, a tap and an input."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from sympy import Expr, Symbol

from symconv.errors import GeometryError, OptionError, SymbolicSizeError, did_you_mean
from symconv.pattern.incidence import Incidence

#: A size is a Python integer, or a SymPy expression when it is left open.
Size: TypeAlias = int | Expr

MODES = ("valid", "same", "full")

#: So many products of a tap and an input, and so many inputs, are listed one by one at the most.
MOST = 10**8


@dataclass(frozen=True)
class Axis:
    """The relation ``j = s o + d k - p`` of one spatial axis.

    Output ``o`` (``0 <= o < M``), tap ``k`` (``0 <= k < K``) and input ``j`` (``0 <= j < N``) meet
    where the relation holds. A flipped kernel (true convolution) exchanges tap ``k`` for
    ``K - 1 - k``. Build one with :meth:`make`, which checks the geometry.

    Source: Dumoulin and Visin, *A guide to convolution arithmetic for deep learning*, relationship 15,
    for the output size; the relation itself is the definition of a strided, dilated correlation.

    >>> axis = Axis.make(4, 3, padding="full", flip=True)
    >>> axis.output_size, axis.coefficients
    (6, (1, -1, 0))
    """

    input_size: Size
    kernel_size: Size
    stride: Size
    dilation: Size
    before: Size
    after: Size
    flip: bool
    mode: str | None = None

    @classmethod
    def make(
        cls,
        input_size: Any,
        kernel_size: Any,
        *,
        stride: Any = 1,
        dilation: Any = 1,
        padding: Any = 0,
        flip: bool = False,
    ) -> Axis:
        """Read and check the geometry of one axis.

        Parameters
        ----------
        input_size, kernel_size, stride, dilation : int, SymPy expression or name
            At least 1 each.
        padding : int, symbol, pair (before, after), or one of "valid", "same", "full"
            At least 0. "same" keeps the size at stride 1 and, as PyTorch does, puts the odd
            element of an even kernel behind.
        flip : bool
            True for convolution, False for cross-correlation.

        Raises
        ------
        GeometryError
            When a number is too small, or the kernel is wider than the padded input.
        OptionError
            When a value is of the wrong kind, or the padding mode is unknown.
        """
        if not isinstance(flip, bool):
            raise OptionError(f"flip is {flip!r}: write True (convolution) or False (correlation).")
        n = read_size("input_size", input_size, least=1)
        k = read_size("kernel_size", kernel_size, least=1)
        s = read_size("stride", stride, least=1)
        d = read_size("dilation", dilation, least=1)
        reach = d * (k - 1)
        before, after = _read_padding(padding, reach, s)
        axis = cls(n, k, s, d, before, after, flip, padding if isinstance(padding, str) else None)
        slack = n + before + after - reach - 1
        if isinstance(slack, int) and slack < 0:
            raise GeometryError(
                f"a kernel of {k} taps at dilation {d} spans {reach + 1} inputs, but the padded input "
                f"has {n} + {before} + {after} = {n + before + after}: "
                f"use a smaller kernel or dilation, or a padding that sums to at least {reach + 1 - n}."
            )
        return axis

    @property
    def output_size(self) -> Size:
        """``M = floor((N + p + p' - d (K - 1) - 1) / s) + 1``."""
        reach = self.dilation * (self.kernel_size - 1)
        return (self.input_size + self.before + self.after - reach - 1) // self.stride + 1

    @property
    def sizes(self) -> dict[str, Size]:
        """How many outputs, taps and inputs there are."""
        return {"output": self.output_size, "tap": self.kernel_size, "input": self.input_size}

    @property
    def coefficients(self) -> tuple[Size, Size, Size]:
        """``(a, b, c)`` of the relation ``j = a o + b k + c``, the flip included.

        A flipped kernel puts ``K - 1 - k`` for ``k``: ``s o + d (K - 1 - k) - p``.
        """
        if self.flip:
            reach = self.dilation * (self.kernel_size - 1)
            return self.stride, -self.dilation, reach - self.before
        return self.stride, self.dilation, -self.before

    def incidence(self) -> Incidence:
        """All triples (output, tap, input) that meet, by output and then by tap.

        Raises
        ------
        SymbolicSizeError
            When a size is a symbol.

        >>> Axis.make(3, 2).incidence().index["input"].tolist()
        [0, 1, 1, 2]
        """
        self.require_numbers()
        products = self.output_size * self.kernel_size
        if max(products, self.input_size) > MOST or self.input_size + self.before + self.after > 2**62:
            raise GeometryError(
                f"this layer has {self.output_size} outputs of {self.kernel_size} taps and "
                f"{self.input_size} inputs: explicit entries are made for at most {MOST} products."
            )
        a, b, c = self.coefficients
        o = np.repeat(np.arange(self.output_size), self.kernel_size)
        k = np.tile(np.arange(self.kernel_size), self.output_size)
        j = a * o + b * k + c
        met = (j >= 0) & (j < self.input_size)
        index = {"output": o[met], "tap": k[met], "input": j[met]}
        return Incidence(index, {role: (int(size),) for role, size in self.sizes.items()})

    @property
    def geometry(self) -> dict[str, Size]:
        """The sizes that define the axis, by name."""
        return {
            "input_size": self.input_size,
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "dilation": self.dilation,
            "before": self.before,
            "after": self.after,
        }

    @property
    def numeric(self) -> bool:
        """Whether every size is a number."""
        return all(isinstance(size, int) for size in self.geometry.values())

    def require_numbers(self) -> None:
        """Raise :class:`SymbolicSizeError` unless every size is a number."""
        for name, size in self.geometry.items():
            if not isinstance(size, int):
                what = "padding" if name in ("before", "after") else name
                raise SymbolicSizeError(
                    f"{what} is the symbol {size}, so there are no explicit entries to list: "
                    "give every size as a number, or ask for a closed form with layer.formula(name)."
                )


def read_size(name: str, given: Any, *, least: int) -> Size:
    """An integer of at least ``least``, a SymPy expression, or a name that becomes a symbol.

    >>> read_size("stride", 2, least=1), read_size("input_size", "N", least=1)
    (2, N)
    """
    if isinstance(given, str):
        if not given.isidentifier() or not given.isascii():
            raise OptionError(f"{name} is {given!r}: write a whole number or a name such as 'N'.")
        return Symbol(given, integer=True, **{"positive" if least else "nonnegative": True})
    if isinstance(given, Expr) and not given.is_number:
        if given.is_integer is False or (given - least).is_negative:
            raise GeometryError(f"{name} is {given}: it must be a whole number of at least {least}.")
        return given
    try:
        if isinstance(given, bool):
            raise TypeError
        value = operator.index(given)
    except TypeError:
        raise OptionError(f"{name} is {given!r}: write a whole number or a symbol.") from None
    if value < least:
        raise GeometryError(f"{name} is {value}: it must be at least {least}.")
    return value


def _read_padding(given: Any, reach: Size, stride: Size) -> tuple[Size, Size]:
    """``(before, after)`` for a number, a symbol, a pair or a mode; ``reach`` is ``d (K - 1)``."""
    if isinstance(given, str) and given in MODES:
        if given == "valid":
            return 0, 0
        if given == "full":
            return reach, reach
        if stride != 1:
            raise GeometryError(
                f"padding 'same' keeps the size, which stride {stride} cannot: "
                "give the padding as a number or as a pair (before, after)."
            )
        return reach // 2, reach - reach // 2
    pair = [given, given]
    if not isinstance(given, str | Expr) and isinstance(given, Iterable):
        pair = list(given)
        if len(pair) != 2:
            raise OptionError(f"padding {given!r} has {len(pair)} entries: write (before, after).")
    for part in pair:
        if isinstance(part, str) and len(part.strip()) > 2 and part.strip().isalpha():
            cure = did_you_mean(part.strip().lower(), MODES)
            raise OptionError(f"padding mode {part!r} is unknown: {cure}")
    try:
        before, after = (read_size("padding", part, least=0) for part in pair)
    except OptionError as error:
        raise OptionError(f"{error} Or write a pair (before, after), 'valid', 'same' or 'full'.") from None
    return before, after
