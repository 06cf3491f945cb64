"""Convolution layers and their transposes, of any rank: options read into a pattern."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from symconv.errors import OptionError
from symconv.layers.description import defaults, options
from symconv.layers.layer import Layer
from symconv.pattern import Adjoint, Axis, Batch, Channels, Kernel, Relation, Spatial, TransposedAxis
from symconv.pattern.given import Count, Paddings, Sizes
from symconv.pattern.reading import each_axis, rank_of, read_size
from symconv.printing.names import PaddingModeName, PresetName
from symconv.printing.notation import Notation
from symconv.printing.options import options_checked

_Axis = TypeVar("_Axis", bound=Spatial)


class Conv(Layer):
    """A symbolic convolution layer with any number of axes.

    ``y[n, o, i] = b[o] + sum_c sum_k w[o, c, k] x[n, g(o) C_in/G + c, s i + d k - p]``, where ``i``, ``k``
    and ``j = s i + d k - p`` have one index per axis. The index ``n`` exists only with a batch, ``o`` and
    ``c`` only with channels; ``g(o) = floor(o / (C_out/G))`` is the group of ``o``.

    Parameters
    ----------
    input_size, kernel_size : int, or sequence with one per axis
        N inputs and K taps, at least 1 each. The longer of the two sequences sets the number of axes, which
        is at most 12.
    in_channels, out_channels : int, optional
        C_in and C_out; give both or neither.
    batch : int, optional
        Number of samples in the batch.
    stride, dilation : int, or sequence with one per axis
        s and d, at least 1 each.
    padding : int, pair (before, after), "valid", "same", "full", or sequence with one of these per axis
        Added before and after the input. "valid" adds no padding. "full" adds d (K - 1) on both sides,
        including partial overlaps. "same" keeps the size for stride 1; the extra padding goes at the end,
        as in PyTorch. For one axis two numbers are a pair; for two axes they are one number per axis.
    groups : int
        G, which divides C_in and C_out. The output channels of a group see only its input channels.
    bias : bool
        Whether a bias is added to every output; there is one bias per output channel.
    padding_mode : str
        A key of ``symconv.pattern.PADDING_MODES``, such as "zeros", "circular", "reflect" or "replicate".
    flip : bool
        False for cross-correlation, which deep learning calls convolution; True for true convolution,
        where tap k is multiplied by input s i + d (K - 1 - k) - p.
    notation : Notation or name of a preset
        Letters, first index and number of rows shown in print. The computed values do not depend on it.

    Raises
    ------
    GeometryError
        If a size is too small, the kernel is wider than the padded input, groups do not divide the
        channels, or the padding mode cannot fill the padding.
    OptionError
        If an option is unknown or has a value of the wrong kind.

    Notes
    -----
    The index pattern ``Pi[output, tap, input]`` is the product of one relation for the batch, one for
    the channels and one per axis. Every quantity is a contraction of ``Pi`` with the operands whose
    indices are summed over; see ``symconv.explicit.registry``.

    Examples
    --------
    >>> layer = Conv((3, 3), (2, 2)).at(x=[[1, 2, 3], [4, 5, 6], [7, 8, 9]], w=[[1, 0], [0, 2]])
    >>> layer.output
    [[11, 14], [20, 23]]
    >>> print(Conv((3, 3), 2).structure)
    4×9 doubly block Toeplitz, lower bandwidth 0, upper bandwidth 5
    Toeplitz: 2×3 blocks of 2×3
      Toeplitz: 2×3 blocks of 1×1
    16 of 36 entries hold a weight, 4 distinct weights (a dense layer has 36)
    """

    @options_checked
    def __init__(
        self, input_size: Sizes | None, kernel_size: Sizes, *, in_channels: Count | None = None,
        out_channels: Count | None = None, batch: Count | None = None, stride: Sizes = 1,
        padding: Paddings = 0, dilation: Sizes = 1, groups: Count = 1, bias: bool = False,
        padding_mode: PaddingModeName = "zeros", flip: bool = False,
        notation: Notation | PresetName = Notation(),
    ) -> None:  # fmt: skip
        columns = {"stride": stride, "dilation": dilation}
        modes = {"flip": flip, "padding_mode": padding_mode}
        axes = axes_of(self, Axis.make, (input_size, kernel_size), columns, padding, **modes)
        channels = _channels(in_channels, out_channels, groups)
        super().__init__([*samples(batch=batch), *channels, *axes], Kernel(), bias, notation)


class Conv1d(Conv, rank=1):
    """A 1-D convolution layer: :class:`Conv` on one axis, ``y[i] = b + sum_k w[k] x[s i + d k - p]``.

    >>> layer = Conv1d(4, 3, padding="full", flip=True)
    >>> layer.at(x=[1, 2, 3, 4], w=[5, 6, 7]).output.T
    Matrix([[5, 16, 34, 52, 45, 28]])
    >>> print(layer.equation("grad_kernel"))
     dL/dw = X^T delta
    dL/dw0 = delta0*x0 + delta1*x1 + delta2*x2 + delta3*x3
    dL/dw1 = delta1*x0 + delta2*x1 + delta3*x2 + delta4*x3
    dL/dw2 = delta2*x0 + delta3*x1 + delta4*x2 + delta5*x3
    """


class Conv2d(Conv, rank=2):
    """A 2-D convolution layer: :class:`Conv` on two axes; a single size holds for both.

    >>> layer = Conv2d((3, 4), 2, in_channels=2, out_channels=3, bias=True)
    >>> layer.w.shape, layer.output.shape, layer.b.T
    ((3, 2, 2, 2), (3, 2, 3), Matrix([[b0, b1, b2]]))
    """


class Conv3d(Conv, rank=3):
    """A 3-D convolution layer: :class:`Conv` on three axes; a single size holds for all.

    >>> Conv3d(4, (1, 2, 3)).output_size
    (4, 3, 2)
    """


class ConvTranspose(Layer):
    """A symbolic transposed convolution with any number of axes.

    The product ``w[k] x[j]`` is added to ``y[s j + d k - p]``. The matrix is the transpose of the matrix of
    the matching convolution; the kernel has the shape ``(C_in, C_out/G, K…)``.

    Parameters
    ----------
    input_size, kernel_size, in_channels, out_channels, batch, stride, dilation, groups, bias, flip, notation
        As for :class:`Conv`.
    padding : int, pair (before, after), "valid", or sequence with one of these per axis
        Cropped from the output on each side.
    output_padding : int, or sequence with one per axis
        Number of extra outputs at the end; smaller than the stride or the dilation.

    Raises
    ------
    GeometryError, OptionError
        As for :class:`Conv`; also if no output is left.

    Examples
    --------
    >>> layer = ConvTranspose(2, 3, stride=2)
    >>> layer.output.T
    Matrix([[w0*x0, w1*x0, w0*x1 + w2*x0, w1*x1, w2*x1]])
    >>> layer.matrix.T == Conv1d(5, 3, stride=2).matrix
    True
    """

    @options_checked
    def __init__(
        self, input_size: Sizes | None, kernel_size: Sizes, *, in_channels: Count | None = None,
        out_channels: Count | None = None, batch: Count | None = None, stride: Sizes = 1,
        padding: Paddings = 0, output_padding: Sizes = 0, dilation: Sizes = 1,
        groups: Count = 1, bias: bool = False, flip: bool = False,
        notation: Notation | PresetName = Notation(),
    ) -> None:  # fmt: skip
        columns = {"stride": stride, "dilation": dilation, "output_padding": output_padding}
        sizes = input_size, kernel_size
        axes = axes_of(self, TransposedAxis.make, sizes, columns, padding, flip=flip)
        channels = [
            Adjoint(replace(matching, in_channels=matching.out_channels, out_channels=matching.in_channels))
            for matching in _channels(in_channels, out_channels, groups)
        ]
        super().__init__([*samples(batch=batch), *channels, *axes], Kernel(), bias, notation)

    def matching(self) -> Conv:
        """The convolution, without bias, whose matrix is the transpose of this layer's matrix.

        >>> layer = ConvTranspose1d(3, 3, stride=2, padding=1)
        >>> layer.matching().matrix.T == layer.matrix
        True
        """
        told = options(self.spec)
        inside, outside = told.get("in_channels"), told.get("out_channels")
        told |= {"in_channels": outside, "out_channels": inside} if inside is not None else {}
        told |= {"input_size": self.spec.output_sizes, "notation": self.notation, "bias": False}
        kind = {1: Conv1d, 2: Conv2d, 3: Conv3d}.get(len(self.spec.axes), Conv)
        return kind(**{name: told[name] for name in defaults(kind) if name in told})


class ConvTranspose1d(ConvTranspose, rank=1):
    """A 1-D transposed convolution: :class:`ConvTranspose` on one axis.

    >>> ConvTranspose1d(2, 3, stride=2).output_size
    5
    """


class ConvTranspose2d(ConvTranspose, rank=2):
    """A 2-D transposed convolution: :class:`ConvTranspose` on two axes; a single size holds for both.

    >>> ConvTranspose2d(2, 3, stride=(1, 2)).output_size
    (4, 5)
    """


class ConvTranspose3d(ConvTranspose, rank=3):
    """A 3-D transposed convolution: :class:`ConvTranspose` on three axes; a single size holds for all.

    >>> ConvTranspose3d(2, 3).output_size
    (4, 4, 4)
    """


def axes_of(
    layer: Layer, make: Callable[..., _Axis], sizes: tuple[Any, Any], columns: Mapping[str, Any],
    padding: Any, **shared: Any,
) -> list[_Axis]:  # fmt: skip
    """The relation along each axis; sizes, columns and padding may be one an axis."""
    each = each_axis(rank_of(layer.rank, *sizes), *sizes, columns, padding)
    return [make(*of_axis, **options, **shared) for *of_axis, options in each]


def samples(**counts: Any) -> list[Relation]:
    """The relations of what is computed by itself: the samples of a batch, the channels of pooling."""
    return [Batch(read_size(n, count, least=1), n) for n, count in counts.items() if count is not None]


def _channels(in_channels: Any, out_channels: Any, groups: Any) -> list[Channels]:
    """The relation of the channels, where there are any."""
    if in_channels is None and out_channels is None:
        if groups != 1:
            sentence = "{option} is {given!r}, but the layer has no channels: give {in_channels} and "
            sentence += "{out_channels}."
            raise OptionError(sentence, "groups", groups)
        return []
    if in_channels is None or out_channels is None:
        missing = "in_channels" if in_channels is None else "out_channels"
        sentence = "{option} is missing: give both {in_channels} and {out_channels}, or neither."
        raise OptionError(sentence, missing)
    return [Channels.make(in_channels, out_channels, groups)]
