"""Pooling layers: an average is a constant kernel, a maximum selects one entry of each window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Any, ClassVar, Self

from sympy import Le, Rational, S, sympify
from sympy.logic.boolalg import Boolean

from symconv import check
from symconv.derivation import Kernel, Setting
from symconv.errors import GeometryError, reject_unknown
from symconv.explicit import Explicit
from symconv.layers.layer import Layer
from symconv.notation import Notation
from symconv.pattern import (
    Axis,
    Batch,
    Pattern,
    Relation,
    Size,
    each_axis,
    rank_of,
    read_size,
)
from symconv.reasons import AVERAGE, COLUMNS, reasons_of
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
                if at_most_half(axis, side) is S.false:
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

    @property
    def _tied_axes(self) -> list[Axis]:
        """The axes with the taps of one window, which all outputs share."""
        return [relation for relation in self.tied.relations if isinstance(relation, Axis)]

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

    def _call(self) -> str:
        """Without a stride that is the default."""
        same = all(axis.geometry["stride"] == axis.geometry["kernel_size"] for axis in self.axes)
        return self._call_with({"stride": None} if same else {})


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
    >>> print(AvgPool("N", "K", stride="s").formula("output"))
    y[i] = sum(k=0..K - 1) x[s*i + k]/K
       M = floor((N - K)/s) + 1
           for 0 <= i <= M - 1
    """

    _opening = "Average pooling of {inputs} in windows of {window}"
    _names = ("output_size", "output", "matrix", "windows", "grad_input")
    _average = True

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
    def reasons(self) -> Mapping[str, str]:
        return reasons_of(AVERAGE, COLUMNS if self.notation.window_columns else {})

    @property
    def structure(self) -> Structure:
        """Band and zeros of ``T``, which holds one number only: see :class:`symconv.structure.Structure`."""
        return Structure.of(self._symbols.incidence, self.relations, alike=True)

    @cached_property
    def _setting(self) -> Setting:
        return Setting(
            self.pattern,
            self._written,
            kernel=Kernel(constant=True, conditions=padded_half(self._tied_axes)),
        )

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


def padded_half(axes: Sequence[Axis]) -> tuple[Boolean, ...]:
    """The conditions, where they are open, that no padding is more than half of its window."""
    found = (at_most_half(axis, side) for axis in axes for side in (axis.before, axis.after))
    return tuple(condition for condition in dict.fromkeys(found) if condition is not S.true)


def at_most_half(axis: Axis, padding: Size) -> Boolean:
    """The condition that a padding is at most half of the window, as in PyTorch."""
    return Le(2 * sympify(padding), axis.kernel_size)
