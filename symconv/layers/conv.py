"""Convolution layers and their transposes, of any rank: options read into a pattern."""

from typing import Any

from symconv.errors import OptionError, reject_unknown
from symconv.layers.layer import Layer
from symconv.pattern import (
    Adjoint,
    Axis,
    Batch,
    Channels,
    Kernel,
    Relation,
    TransposedAxis,
    each_axis,
    rank_of,
    read_size,
)
from symconv.printing.notation import Notation


class Conv(Layer):
    """A convolution layer of any number of axes, symbolic.

    ``y[n, o, i] = b[o] + sum_c sum_k w[o, c, k] x[n, g(o) C_in/G + c, s i + d k - p]``, where ``i``, ``k``
    and ``j = s i + d k - p`` have one index an axis, ``n`` is there with a batch, ``o`` and ``c`` with
    channels, and ``g(o) = floor(o / (C_out/G))`` is the group of ``o``.

    Parameters
    ----------
    input_size, kernel_size : int, or sequence of one an axis
        N inputs and K taps, at least 1 each. The longer of the two sequences says how many axes there are.
    in_channels, out_channels : int, optional
        C_in and C_out; both or neither.
    batch : int, optional
        Samples in a batch.
    stride, dilation : int, or sequence of one an axis
        s and d, at least 1 each.
    padding : int, pair (before, after), "valid", "same", "full", or sequence of one of these an axis
        Put before and behind the input. "valid" is none, "full" is d (K - 1) on both sides; "same" keeps
        the size at stride 1 and, as in PyTorch, puts the odd place behind. On one axis two numbers
        are a pair; on two axes they are one for each.
    groups : int
        G, which divides C_in and C_out: the output channels of a group see its input channels only.
    bias : bool
        Whether a bias is added to every output, one an output channel.
    padding_mode : str
        "zeros", "circular", "reflect" or "replicate".
    flip : bool
        False for cross-correlation, which networks call convolution; True for true convolution,
        where tap k meets input s i + d (K - 1 - k) - p.
    notation : Notation or name of a preset
        Letters, index base and limits for printing. No result depends on it.

    Raises
    ------
    GeometryError
        When a size is too small, the kernel is wider than the padded input, groups do not divide the
        channels, or the padding is more than its mode can fill.
    OptionError
        When an option is misspelt or has a value of the wrong kind.

    Notes
    -----
    The index pattern ``Pi[output, tap, input]`` is the product of one relation for the batch, one for
    the channels and one an axis; every quantity is a contraction of ``Pi`` with the operands of the
    roles that are summed over: see ``symconv.explicit.registry``.

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

    def __init__(
        self,
        input_size: Any,
        kernel_size: Any,
        *,
        in_channels: Any = None,
        out_channels: Any = None,
        batch: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: Any = 1,
        bias: bool = False,
        padding_mode: str = "zeros",
        flip: bool = False,
        notation: Notation | str = Notation(),
        **unknown: Any,
    ) -> None:
        reject_unknown(type(self).__name__, unknown, self.option_names())
        rank = rank_of(type(self).rank, input_size, kernel_size)
        columns = {"stride": stride, "dilation": dilation}
        axes = [
            Axis.make(n, k, **one, flip=flip, padding_mode=padding_mode)
            for n, k, one in each_axis(rank, input_size, kernel_size, columns, padding)
        ]
        channels = _channels(in_channels, out_channels, groups)
        made = [Channels.make(*channels)] if channels else []
        super().__init__([*samples(batch), *made, *axes], Kernel(), bias, notation)


class Conv1d(Conv):
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

    rank = 1


class Conv2d(Conv):
    """A 2-D convolution layer: :class:`Conv` on two axes; one size stands for both.

    >>> layer = Conv2d((3, 4), 2, in_channels=2, out_channels=3, bias=True)
    >>> layer.w.shape, layer.output.shape, layer.b.T
    ((3, 2, 2, 2), (3, 2, 3), Matrix([[b0, b1, b2]]))
    """

    rank = 2


class Conv3d(Conv):
    """A 3-D convolution layer: :class:`Conv` on three axes; one size stands for all.

    >>> Conv3d(4, (1, 2, 3)).output_size
    (4, 3, 2)
    """

    rank = 3


class ConvTranspose(Layer):
    """A transposed convolution of any number of axes, symbolic.

    The relation of a convolution with outputs and inputs exchanged: ``x[j]`` times ``w[k]`` is added to
    ``y[s j + d k - p]``, and the matrix is the transpose of that of the matching convolution. Kernels
    have the shape ``(C_in, C_out/G, K…)``.

    Parameters are those of :class:`Conv` but for padding_mode; ``padding`` is taken off the output on each
    side, and

    output_padding : int, or sequence of one an axis
        So many more outputs at the end; smaller than the stride or the dilation.

    Raises
    ------
    GeometryError
        Also when no output is left.

    Examples
    --------
    >>> layer = ConvTranspose(2, 3, stride=2)
    >>> layer.output.T
    Matrix([[w0*x0, w1*x0, w0*x1 + w2*x0, w1*x1, w2*x1]])
    >>> layer.matrix.T == Conv1d(5, 3, stride=2).matrix
    True
    """

    def __init__(
        self,
        input_size: Any,
        kernel_size: Any,
        *,
        in_channels: Any = None,
        out_channels: Any = None,
        batch: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        dilation: Any = 1,
        groups: Any = 1,
        bias: bool = False,
        flip: bool = False,
        notation: Notation | str = Notation(),
        **unknown: Any,
    ) -> None:
        reject_unknown(type(self).__name__, unknown, self.option_names())
        rank = rank_of(type(self).rank, input_size, kernel_size)
        columns = {"stride": stride, "dilation": dilation, "output_padding": output_padding}
        axes = [
            TransposedAxis.make(n, k, **one, flip=flip)
            for n, k, one in each_axis(rank, input_size, kernel_size, columns, padding)
        ]
        made: list[Relation] = []
        channels = _channels(in_channels, out_channels, groups)
        if channels:
            Channels.make(*channels)  # errors in the words of this layer
            made = [Adjoint(Channels.make(channels[1], channels[0], groups))]
        super().__init__([*samples(batch), *made, *axes], Kernel(), bias, notation)


class ConvTranspose1d(ConvTranspose):
    """A 1-D transposed convolution: :class:`ConvTranspose` on one axis."""

    rank = 1


class ConvTranspose2d(ConvTranspose):
    """A 2-D transposed convolution: :class:`ConvTranspose` on two axes; one size stands for both."""

    rank = 2


class ConvTranspose3d(ConvTranspose):
    """A 3-D transposed convolution: :class:`ConvTranspose` on three axes; one size stands for all."""

    rank = 3


def samples(batch: Any) -> list[Relation]:
    """The relation of the samples of a batch, where there is one."""
    return [] if batch is None else [Batch(read_size("batch", batch, least=1))]


def _channels(in_channels: Any, out_channels: Any, groups: Any) -> tuple[Any, Any, Any] | None:
    if in_channels is None and out_channels is None:
        if groups != 1:
            sentence = "{option} is {given!r}, but there are no channels: give {in_channels}, {out_channels}."
            raise OptionError(sentence, "groups", groups)
        return None
    if in_channels is None or out_channels is None:
        missing = "in_channels" if in_channels is None else "out_channels"
        sentence = "{option} is missing: give both {in_channels} and {out_channels}, or neither."
        raise OptionError(sentence, missing)
    return in_channels, out_channels, groups
