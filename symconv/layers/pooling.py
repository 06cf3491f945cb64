"""Pooling layers: an average is a uniform kernel, a maximum selects one entry of each window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from sympy import S

from symconv.errors import GeometryError, OptionError
from symconv.layers.asked import quantity
from symconv.layers.conv import axes_of, samples
from symconv.layers.layer import Layer
from symconv.pattern import Average, Axis, Selection
from symconv.pattern.given import Count, Paddings, Sizes
from symconv.pattern.kernel import at_most_half
from symconv.printing.names import PresetName
from symconv.printing.notation import Notation
from symconv.printing.options import options_checked


def _windows(
    layer: Layer, sizes: tuple[Any, Any], columns: Mapping[str, Any], padding: Any, ceil_mode: Any
) -> list[Axis]:
    """The axes: the stride is the window by default, the padding of at most half of it."""
    _require_switch("ceil_mode", ceil_mode)
    columns = {**columns, "stride": sizes[1] if columns["stride"] is None else columns["stride"]}
    axes = axes_of(layer, Axis.make, sizes, columns, padding, ceil_mode=ceil_mode)
    for axis, side in product(axes, ("before", "after")):
        if at_most_half(axis, side) is S.false:
            wrong = f"padding {axis.geometry[side]} is more than half of a window of {axis.kernel_size}"
            raise GeometryError(f"{wrong}: use at most {axis.kernel_size // 2}, or pad the input beforehand.")
    return axes


def _require_switch(name: str, given: Any) -> None:
    if not isinstance(given, bool):
        raise OptionError(f"{name} is {given!r}: write True or False.")


def _average(axes: Sequence[Axis], count_include_pad: Any, divisor: Any) -> Average:
    """The kernel of an average: uniform, unless some windows have fewer places that count."""
    _require_switch("count_include_pad", count_include_pad)
    if divisor is not None and (isinstance(divisor, bool) or not isinstance(divisor, int) or not divisor):
        raise OptionError(f"divisor_override is {divisor!r}: write a whole number other than 0, or None.")
    padded = any(axis.geometry[side] != 0 for axis in axes for side in ("before", "after"))
    if any(axis.ceil_mode for axis in axes) or (padded and not count_include_pad):
        return Average(divisor, count_include_pad)
    return Average(divisor)


class AvgPool(Layer):
    """Average pooling over any number of axes: a convolution of each channel with a constant kernel.

    ``y[n, o, i] = sum_k x[n, o, s i + k - p] / (K_1 ... K_r)``; zeros in the padding count, as in PyTorch.
    The divisor is the number of window positions that count. Positions beyond the padded input, possible with
    ``ceil_mode``, never count; positions in the padding count only with ``count_include_pad``.

    Parameters
    ----------
    input_size, kernel_size : int, or sequence with one per axis
        N inputs and windows of K, at least 1 each.
    channels : int, optional
        C, the number of channels; each is pooled separately.
    batch : int, optional
        Number of samples in the batch.
    stride : int, or sequence with one per axis, optional
        s, at least 1; by default the kernel size.
    padding : int, pair (before, after), or sequence with one of these per axis
        Zeros added before and after the input, at most half a window.
    ceil_mode : bool
        Whether the output size is rounded up: the last window may extend beyond the padded input, but must
        begin inside the input or the padding before it.
    count_include_pad : bool
        Whether positions in the padding count in the average.
    divisor_override : int, optional
        The divisor, in place of the number of positions that count.
    notation : Notation or name of a preset
        Letters, first index and number of rows shown in print.

    Raises
    ------
    GeometryError
        If a size is too small, the window is wider than the padded input, or the padding is more than
        half a window.
    OptionError
        If an option is unknown or has a value of the wrong kind.

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

    @options_checked
    def __init__(
        self, input_size: Sizes | None, kernel_size: Sizes, *, channels: Count | None = None,
        batch: Count | None = None, stride: Sizes | None = None, padding: Paddings = 0,
        ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
        notation: Notation | PresetName = Notation(),
    ) -> None:  # fmt: skip
        axes = _windows(self, (input_size, kernel_size), {"stride": stride}, padding, ceil_mode)
        kernel = _average(axes, count_include_pad, divisor_override)
        super().__init__([*samples(batch=batch, channels=channels), *axes], kernel, False, notation)


class AvgPool1d(AvgPool, rank=1):
    """1-D average pooling: :class:`AvgPool` on one axis.

    >>> AvgPool1d(4, 2).output.T
    Matrix([[x0/2 + x1/2, x2/2 + x3/2]])
    """


class AvgPool2d(AvgPool, rank=2):
    """2-D average pooling: :class:`AvgPool` on two axes; a single size holds for both.

    >>> AvgPool2d(2, 2).output
    [[x0_0/4 + x0_1/4 + x1_0/4 + x1_1/4]]
    """


class AvgPool3d(AvgPool, rank=3):
    """3-D average pooling: :class:`AvgPool` on three axes; a single size holds for all.

    >>> AvgPool3d(4, (1, 2, 4)).output_size
    (4, 2, 1)
    """


class MaxPool(Layer):
    """Maximum pooling over any number of axes: the largest entry of each window of each channel.

    ``y[n, o, i] = max_k x[n, o, s i + d k - p]`` over the positions inside the input. As a matrix acting on
    the input, ``y = T x``, where ``T[i, j]`` is 1 if ``x[j]`` is the first maximum of the window of output
    ``i``, else 0; so ``dL/dx = T^T delta``. In index sums, the selection ``S[i, k]`` takes the place of the
    kernel; it has its own entries for each output. If several entries are largest, the maximum has no
    derivative; the first one receives the whole gradient, as in PyTorch.

    With several axes the indices of each axis stand together, as in ``S[i_1, k_1, i_2, k_2]``.

    Parameters
    ----------
    input_size, kernel_size, channels, batch, stride, ceil_mode, notation
        As for :class:`AvgPool`.
    padding : int, pair (before, after), or sequence with one of these per axis
        Added before and after the input, at most half a window; never selected.
    dilation : int, or sequence with one per axis
        d, at least 1: the distance between neighbouring positions of a window.

    Raises
    ------
    GeometryError, OptionError
        As for :class:`AvgPool`; also if a window would hold only padding.

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

    selection = quantity("selection")

    @options_checked
    def __init__(
        self, input_size: Sizes | None, kernel_size: Sizes, *, channels: Count | None = None,
        batch: Count | None = None, stride: Sizes | None = None, padding: Paddings = 0,
        dilation: Sizes = 1, ceil_mode: bool = False, notation: Notation | PresetName = Notation(),
    ) -> None:  # fmt: skip
        columns = {"stride": stride, "dilation": dilation}
        axes = _windows(self, (input_size, kernel_size), columns, padding, ceil_mode)
        for axis in axes:
            _require_inputs(axis)
        super().__init__([*samples(batch=batch, channels=channels), *axes], Selection(), False, notation)


class MaxPool1d(MaxPool, rank=1):
    """1-D maximum pooling: :class:`MaxPool` on one axis.

    >>> MaxPool1d(4, 2).output.T
    Matrix([[Max(x0, x1), Max(x2, x3)]])
    """


class MaxPool2d(MaxPool, rank=2):
    """2-D maximum pooling: :class:`MaxPool` on two axes; a single size holds for both.

    >>> MaxPool2d(2, 2).output
    [[Max(x0_0, x0_1, x1_0, x1_1)]]
    """


class MaxPool3d(MaxPool, rank=3):
    """3-D maximum pooling: :class:`MaxPool` on three axes; a single size holds for all.

    >>> MaxPool3d(4, (1, 2, 4)).output_size
    (4, 2, 1)
    """


def _require_inputs(axis: Axis) -> None:
    """Every window must hold an entry; only one wider apart than the input can miss it."""
    if not axis.numeric or axis.input_size >= axis.dilation:
        return
    outputs = axis.incidence().index["output"]
    empty = np.flatnonzero(np.bincount(outputs, minlength=int(axis.output_size)) == 0)
    if len(empty):
        wrong = f"the window of output {empty[0]} would hold only padding"
        given = f"with {axis.input_size} inputs and dilation {axis.dilation}"
        raise GeometryError(f"{wrong}: {given} use less padding or dilation.")
