"""Pooling layers: an average is a constant kernel, a maximum selects one entry of each window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from math import prod
from typing import Any, ClassVar, Self

import numpy as np
from sympy import Ge, Le, Matrix, Rational, S, sympify
from sympy.logic.boolalg import Boolean

from symconv import check
from symconv.derivation import Kernel, Setting
from symconv.equations import Equation, equation
from symconv.errors import EntriesError, GeometryError, OptionError, reject_unknown
from symconv.explicit import Explicit
from symconv.layers.largest import (
    BUILDERS_OF_MAXIMUM,
    MAXIMUM_REASONS,
    Largest,
    selection_of,
    windows_of,
)
from symconv.layers.layer import Layer
from symconv.notation import Notation
from symconv.pattern import (
    Axis,
    Batch,
    Pattern,
    Relation,
    Size,
    Untied,
    UntiedAxis,
    each_axis,
    rank_of,
    read_size,
)
from symconv.pieces import Subject
from symconv.structure import Structure


class Pool(Layer):
    """What pooling layers share: windows over each channel, a stride of the window unless told otherwise."""

    rank: ClassVar[int | None] = None
    _names: ClassVar[tuple[str, ...]]

    def _pool(
        self,
        input_size: Any,
        kernel_size: Any,
        columns: Mapping[str, Any],
        padding: Any,
        channels: Any,
        batch: Any,
    ) -> tuple[list[Relation], list[Axis]]:
        """The relations of batch and channels, and the axes."""
        rank = rank_of(type(self).rank, input_size, kernel_size)
        if columns["stride"] is None:
            columns = {**columns, "stride": kernel_size}
        each = each_axis(rank, input_size, kernel_size, columns, padding)
        axes = [Axis.make(n, k, **options) for n, k, options in each]
        for axis in axes:
            for side in (axis.before, axis.after):
                if _half(axis, side) is S.false:
                    raise GeometryError(
                        f"padding {side} is more than half of a window of {axis.kernel_size}: use at most "
                        f"{axis.kernel_size // 2}, or pad the input itself."
                    )
        counts = {"batch": batch, "channels": channels}
        rest: list[Relation] = [
            Batch(read_size(name, count, least=1), name)
            for name, count in counts.items()
            if count is not None
        ]
        return rest, axes

    def at(self, *, x: Any = None, delta: Any = None, **unknown: Any) -> Self:
        """The same layer on values, as :meth:`symconv.quantities.Quantities.at`; there is no kernel to give.

        Raises
        ------
        EntriesError
            When the shape does not fit, or an entry is no commuting expression.
        """
        reject_unknown("at", unknown, ["x", "delta"])
        return super().at(x=x, delta=delta)

    @property
    def equation_names(self) -> list[str]:
        return [name for name in self.reasons if name in self._names]

    @property
    def formula_names(self) -> list[str]:
        return ["output_size", "output", "matrix", "grad_input"]

    @property
    def _told(self) -> dict[str, Any]:
        same = all(axis.geometry["stride"] == axis.geometry["kernel_size"] for axis in self.axes)
        return {**super()._told, "stride": None} if same else super()._told


class AvgPool(Pool):
    """Average pooling over any number of axes: a convolution of each channel with a constant kernel.

    ``y[n, o, i] = sum_k x[n, o, s i + k - p] / (K_1 ... K_r)``; zeros in the padding count, as in PyTorch.

    Parameters
    ----------
    input_size, kernel_size : int, or sequence of one an axis
        N inputs and windows of K, at least 1 each.
    channels : int, optional
        C, each pooled by itself.
    batch : int, optional
        Samples in a batch.
    stride : int, or sequence of one an axis, optional
        s, at least 1; the kernel size by default.
    padding : int, pair (before, after), or sequence of one of these an axis
        Zeros put before and behind the input, at most half a window.
    notation : Notation or name of a preset
        Letters, index base and limits for printing.

    Raises
    ------
    GeometryError
        When a size is too small, the window is wider than the padded input, or the padding is more than
        half of it.
    OptionError
        When an option is misspelt or has a value of the wrong kind.

    Examples
    --------
    >>> layer = AvgPool(4, 2)
    >>> print(layer.equation("output"))
    y0 = w0*x0 + w1*x1 = x0/2 + x1/2
    y1 = w0*x2 + w1*x3 = x2/2 + x3/2
    >>> print(AvgPool("N", "K").formula("grad_input"))
    """

    _opening = "Average pooling of {inputs} in windows of {window}"
    _names = ("output_size", "output", "matrix", "windows", "grad_input")

    def __init__(
        self,
        input_size: Any,
        kernel_size: Any,
        *,
        channels: Any = None,
        batch: Any = None,
        stride: Any = None,
        padding: Any = 0,
        notation: Notation | str = Notation(),
        **unknown: Any,
    ) -> None:
        self._reject(unknown)
        columns = {"stride": stride}
        rest, axes = self._pool(input_size, kernel_size, columns, padding, channels, batch)
        self._set(Pattern((*rest, *axes)), tuple(axes), notation, bias=False)

    @cached_property
    def _values(self) -> Explicit:
        symbols = self._symbols
        count = prod(self._shape("tap"))
        operands = {**symbols.operands, **self._given, "tap": (Rational(1, count),) * count}
        return Explicit(symbols.pattern, operands)

    @property
    def structure(self) -> Structure:
        """Band and zeros of ``T``, which holds one number only: see :class:`symconv.structure.Structure`."""
        return replace(super().structure, parameters=1)

    @property
    def _setting(self) -> Setting:
        return Setting(self.pattern, self._written, kernel=Kernel(constant=True))

    @property
    def _judged(self) -> dict[str, Any]:
        names = [name for name in self._names if name != "output_size"]
        references = {**check.REFERENCES, **check.POOLING["average"]}
        return {**super()._judged, "symbols": self._values, "references": references, "quantities": names}


class AvgPool1d(AvgPool):
    """1-D average pooling: :class:`AvgPool` on one axis."""

    rank = 1


class AvgPool2d(AvgPool):
    """2-D average pooling: :class:`AvgPool` on two axes; one size stands for both."""

    rank = 2


class AvgPool3d(AvgPool):
    """3-D average pooling: :class:`AvgPool` on three axes; one size stands for all."""

    rank = 3


class MaxPool(Pool):
    """Maximum pooling over any number of axes: the largest entry of each window of each channel.

    ``y[n, o, i] = max_k x[n, o, s i + d k - p]`` over the places that lie within the input. As a matrix
    acting on x it is ``y = T x`` with an indicator in each entry: ``T[i, j]`` is 1 where ``x[j]`` is the
    first of the largest entries that output ``i`` sees, so ``dL/dx = T^T delta``. In index sums the indicator
    is the selection ``S[i, k]``, which stands where a convolution has its kernel, but with taps of its own
    for each output. Where entries tie the maximum has no derivative; the first takes all, as in PyTorch.

    Parameters are those of :class:`AvgPool` and

    dilation : int, or sequence of one an axis
        d, at least 1: how far apart the places of a window are.

    Raises
    ------
    GeometryError
        Also when a window would see padding only.

    Examples
    --------
    >>> layer = MaxPool(4, 2)
    >>> layer.output.T, layer.at(x=[3, 1, 2, 2]).grad_input.T
    (Matrix([[Max(x0, x1), Max(x2, x3)]]), Matrix([[delta0, 0, delta1, 0]]))
    >>> layer.at(x=[3, 1, 2, 2]).matrix
    Matrix([
    [1, 0, 0, 0],
    [0, 0, 1, 0]])
    """

    _opening = "Maximum pooling of {inputs} in windows of {window}"
    _names = ("output_size", "output", "selection", "matrix", "windows", "grad_input")

    def __init__(
        self,
        input_size: Any,
        kernel_size: Any,
        *,
        channels: Any = None,
        batch: Any = None,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        notation: Notation | str = Notation(),
        **unknown: Any,
    ) -> None:
        self._reject(unknown)
        columns = {"stride": stride, "dilation": dilation}
        rest, tied = self._pool(input_size, kernel_size, columns, padding, channels, batch)
        for axis in tied:
            _require_inputs(axis)
        self._tied = Pattern((*rest, *tied))
        axes = tuple(UntiedAxis(axis) for axis in tied)
        self._set(Pattern((*map(Untied, rest), *axes)), axes, notation, bias=False)

    def at(self, *, x: Any = None, delta: Any = None, **unknown: Any) -> Self:
        """The same layer on values, which must be real: see :meth:`Pool.at`."""
        made = super().at(x=x, delta=delta, **unknown)
        for entry in made._given.get("input", ()):
            if entry.is_extended_real is False:
                raise EntriesError(f"x holds {entry}: a maximum needs real entries.")
        return made

    @property
    def _written(self) -> Notation:
        n = self.notation
        own = {"kernel": n.selection, "kernel_matrix": None, "filter_matrix": n.selection}
        return n.replace(**own, selection=n.kernel, tap_colours=())

    @cached_property
    def _values(self) -> Explicit:
        return Largest.of(self._tied, self._symbols, self._given)

    @property
    def selection(self) -> Matrix:
        """``S``, M by K: 1 where tap k of output i meets the first of the largest entries that i sees."""
        return selection_of(self._tied, self._values)

    @property
    def windows(self) -> Matrix:
        """``X``, M by K, with what each output sees: ``X[i, k] = x[j]``, minus infinity in the padding."""
        return windows_of(self._tied, self._values)

    @property
    def structure(self) -> Structure:
        raise OptionError("maximum pooling has another matrix for every input: ask for .matrix on values.")

    @property
    def reasons(self) -> Mapping[str, str]:
        return MAXIMUM_REASONS

    def _equation(self, name: str) -> Equation:
        found = BUILDERS_OF_MAXIMUM.get(name)
        if found is None:
            return Equation(name, self.reasons[name], self._subject, equation(self._subject, name)._build)
        return Equation(name, self.reasons[name], self._subject, found(self._tied))

    @property
    def _subject(self) -> Subject:
        """Written with the selection's letters, unless numbers say what it is."""
        values = self._values
        if not all(entry.is_number for entry in values.operands["input"]):
            own = self._symbols
            values = Explicit(own.pattern, {**own.operands, **self._given}) if self._given else own
        return Subject(self.axes, self._symbols, values, self._written)

    @property
    def _setting(self) -> Setting:
        meaning = "being 1 at the first of the largest entries that an output sees, else 0"
        half = [_half(axis, side) for axis in self._axes_tied for side in (axis.before, axis.after)]
        apart = [Ge(a.input_size, a.dilation) for a in self._axes_tied if a.dilation != 1]
        open_ones = tuple(c for c in dict.fromkeys([*half, *apart]) if c is not S.true)
        return Setting(self.pattern, self._written, kernel=Kernel("selection", meaning, conditions=open_ones))

    @property
    def _axes_tied(self) -> list[Axis]:
        return [axis.relation for axis in self.axes if isinstance(axis, UntiedAxis)]

    @property
    def _judged(self) -> dict[str, Any]:
        values = self._values
        return {
            "pattern": self._tied,
            "axes": self._axes_tied,
            "symbols": values,
            "values": values,
            "references": check.POOLING["max"],
            "weights": False,
        }


class MaxPool1d(MaxPool):
    """1-D maximum pooling: :class:`MaxPool` on one axis."""

    rank = 1


class MaxPool2d(MaxPool):
    """2-D maximum pooling: :class:`MaxPool` on two axes; one size stands for both."""

    rank = 2


class MaxPool3d(MaxPool):
    """3-D maximum pooling: :class:`MaxPool` on three axes; one size stands for all."""

    rank = 3


def _half(axis: Axis, padding: Size) -> Boolean:
    """The condition that a padding is at most half of the window, as in PyTorch."""
    return Le(2 * sympify(padding), axis.kernel_size)


def _require_inputs(axis: Axis) -> None:
    """Every window must hold an entry; only one wider apart than the input can miss it."""
    if not axis.numeric or axis.input_size >= axis.dilation:
        return
    outputs = axis.incidence().index["output"]
    empty = np.flatnonzero(np.bincount(outputs, minlength=int(axis.output_size)) == 0)
    if len(empty):
        raise GeometryError(
            f"output {empty[0]} would see padding only: with {axis.input_size} inputs and dilation "
            f"{axis.dilation} use less padding or dilation."
        )
