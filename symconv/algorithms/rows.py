"""The reference algorithms one by one: what each computes, and for which products of relations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from symconv.algorithms.reference import (
    axis,
    channels,
    plane,
    plane_channels,
    plane_pooling,
    plane_transposed,
    pooling,
    transposed,
)
from symconv.pattern import Axis, Channels, Relation, TransposedAxis, UnsharedAxis

#: What tells relations apart here: their class, and whether the kernel is flipped.
Kind: TypeAlias = tuple[type[Relation], bool]

_ONE: tuple[Kind, ...] = ((Axis, False),)
_FLIPPED: tuple[Kind, ...] = ((Axis, True),)
_TWO, _TWO_FLIPPED = _ONE * 2, _FLIPPED * 2
_CHANNELS: tuple[Kind, ...] = ((Channels, False),)
_BANK, _BANK_FLIPPED = _CHANNELS + _ONE, _CHANNELS + _FLIPPED
_PLANES, _PLANES_FLIPPED = _CHANNELS + _TWO, _CHANNELS + _TWO_FLIPPED
_TRANSPOSED: tuple[Kind, ...] = ((TransposedAxis, False),)
_SELECTING: tuple[Kind, ...] = ((UnsharedAxis, False),)


@dataclass(frozen=True)
class Algorithm:
    """One pass of one kind of layer.

    Attributes
    ----------
    quantity : str
        What it computes, by the name that the quantity has on a layer.
    function : function
        The loops; their arguments and letters are those of :mod:`symconv.algorithms.reference`.
    reason : str
        A sentence for the reader.
    layers : tuple of tuples of (class, flip)
        The kinds of layer that it is for: the relations whose product each is, those of samples left out.
    average : bool
        Whether it is for taps that are all 1 over their number.
    """

    quantity: str
    function: Callable[..., Any]
    reason: str
    layers: tuple[tuple[Kind, ...], ...]
    average: bool = False

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__


_START = "it starts from the bias, which is 0 in a layer without one"
_TIES = "a tap receives what comes over each of the places where it was used"
_SELECTED = "The first of the largest entries of each window receives all that comes back to its output."

#: All of them; those of one kind of layer stand together.
ROWS = (
    Algorithm(
        "output",
        axis.correlation,
        f"Each output adds up tap times input over the window that it sees; {_START}.",
        (_ONE,),
    ),
    Algorithm(
        "grad_input",
        axis.correlation_grad_input,
        "Each output sends its gradient back to the inputs that it saw, through the taps that it saw "
        "them with.",
        (_ONE,),
    ),
    Algorithm(
        "grad_kernel",
        axis.correlation_grad_kernel,
        f"Tied weights add up their gradients: {_TIES}.",
        (_ONE,),
    ),
    Algorithm(
        "output",
        axis.convolution,
        f"Each output meets the kernel from its last tap on, so flipped; {_START}.",
        (_FLIPPED,),
    ),
    Algorithm(
        "grad_input",
        axis.convolution_grad_input,
        "Each output sends its gradient back through the flipped kernel that it saw its inputs with.",
        (_FLIPPED,),
    ),
    Algorithm(
        "grad_kernel",
        axis.convolution_grad_kernel,
        f"Tied weights add up their gradients, the flip included: {_TIES}.",
        (_FLIPPED,),
    ),
    Algorithm(
        "output",
        plane.correlation_2d,
        f"Each output adds up tap times input over a window of rows and columns; {_START}.",
        (_TWO,),
    ),
    Algorithm(
        "grad_input",
        plane.correlation_2d_grad_input,
        "Each output sends its gradient back to the inputs of its window of rows and columns.",
        (_TWO,),
    ),
    Algorithm(
        "grad_kernel",
        plane.correlation_2d_grad_kernel,
        f"Tied weights add up their gradients over rows and columns: {_TIES}.",
        (_TWO,),
    ),
    Algorithm(
        "output",
        plane.convolution_2d,
        f"Each output meets the kernel flipped in rows and in columns; {_START}.",
        (_TWO_FLIPPED,),
    ),
    Algorithm(
        "grad_input",
        plane.convolution_2d_grad_input,
        "Each output sends its gradient back through the kernel flipped in rows and in columns.",
        (_TWO_FLIPPED,),
    ),
    Algorithm(
        "grad_kernel",
        plane.convolution_2d_grad_kernel,
        f"Tied weights add up their gradients over rows and columns, the flip included: {_TIES}.",
        (_TWO_FLIPPED,),
    ),
    Algorithm(
        "output",
        transposed.transposed,
        f"Each input spreads itself over the outputs, tap by tap; each output has a sum, and {_START}.",
        (_TRANSPOSED,),
    ),
    Algorithm(
        "grad_input",
        transposed.transposed_grad_input,
        "Each input gathers the gradients of the outputs that it was spread over: a cross-correlation.",
        (_TRANSPOSED,),
    ),
    Algorithm(
        "grad_kernel",
        transposed.transposed_grad_kernel,
        f"Tied weights add up their gradients: {_TIES}.",
        (_TRANSPOSED,),
    ),
    Algorithm(
        "output",
        plane_transposed.transposed_2d,
        "Each input spreads itself over rows and columns of the outputs, tap by tap; each output has a sum, "
        f"and {_START}.",
        (_TRANSPOSED * 2,),
    ),
    Algorithm(
        "grad_input",
        plane_transposed.transposed_2d_grad_input,
        "Each input gathers the gradients of the rows and columns of outputs that it was spread over: a "
        "cross-correlation.",
        (_TRANSPOSED * 2,),
    ),
    Algorithm(
        "grad_kernel",
        plane_transposed.transposed_2d_grad_kernel,
        f"Tied weights add up their gradients over rows and columns: {_TIES}.",
        (_TRANSPOSED * 2,),
    ),
    Algorithm(
        "grad_bias",
        plane.grad_bias_2d,
        "The bias reaches every output of the plane, so its gradient is the sum of theirs.",
        (_TWO, _TWO_FLIPPED, _TRANSPOSED * 2),
    ),
    Algorithm(
        "grad_bias",
        axis.grad_bias,
        "The bias reaches every output, so its gradient is the sum of theirs.",
        (_ONE, _FLIPPED, _TRANSPOSED),
    ),
    Algorithm(
        "output",
        channels.filter_bank,
        f"Each filter adds up tap times input over its window of all channels of its group; {_START}.",
        (_BANK,),
    ),
    Algorithm(
        "grad_input",
        channels.filter_bank_grad_input,
        "Each output sends its gradient back to the window that it saw, in all channels of its group.",
        (_BANK,),
    ),
    Algorithm(
        "grad_kernel",
        channels.filter_bank_grad_kernel,
        f"Each filter adds up the gradients of its own outputs: {_TIES}.",
        (_BANK,),
    ),
    Algorithm(
        "output",
        channels.flipped_filter_bank,
        f"Each output meets the kernels of its filter flipped, over all channels of its group; {_START}.",
        (_BANK_FLIPPED,),
    ),
    Algorithm(
        "grad_input",
        channels.flipped_filter_bank_grad_input,
        "Each output sends its gradient back through its filter's flipped kernels, to all channels of its "
        "group.",
        (_BANK_FLIPPED,),
    ),
    Algorithm(
        "grad_kernel",
        channels.flipped_filter_bank_grad_kernel,
        f"Each filter adds up the gradients of its own outputs, the flip included: {_TIES}.",
        (_BANK_FLIPPED,),
    ),
    Algorithm(
        "grad_bias",
        channels.filter_bank_grad_bias,
        "Each bias reaches every output of its channel, so its gradient is the sum of theirs.",
        (_BANK, _BANK_FLIPPED),
    ),
    Algorithm(
        "output",
        plane_channels.filter_bank_2d,
        "Each filter adds up tap times input over its window of rows and columns in all channels of its "
        f"group; {_START}.",
        (_PLANES,),
    ),
    Algorithm(
        "grad_input",
        plane_channels.filter_bank_2d_grad_input,
        "Each output sends its gradient back to its window of rows and columns, in all channels of its "
        "group.",
        (_PLANES,),
    ),
    Algorithm(
        "grad_kernel",
        plane_channels.filter_bank_2d_grad_kernel,
        f"Each filter adds up the gradients of its own plane of outputs: {_TIES}.",
        (_PLANES,),
    ),
    Algorithm(
        "output",
        plane_channels.flipped_filter_bank_2d,
        "Each output meets the kernels of its filter flipped in rows and in columns, over all channels of "
        f"its group; {_START}.",
        (_PLANES_FLIPPED,),
    ),
    Algorithm(
        "grad_input",
        plane_channels.flipped_filter_bank_2d_grad_input,
        "Each output sends its gradient back through its filter's kernels flipped in rows and in columns, to "
        "all channels of its group.",
        (_PLANES_FLIPPED,),
    ),
    Algorithm(
        "grad_kernel",
        plane_channels.flipped_filter_bank_2d_grad_kernel,
        f"Each filter adds up the gradients of its own plane of outputs, the flip included: {_TIES}.",
        (_PLANES_FLIPPED,),
    ),
    Algorithm(
        "grad_bias",
        plane_channels.filter_bank_2d_grad_bias,
        "Each bias reaches every output of its channel's plane, so its gradient is the sum of theirs.",
        (_PLANES, _PLANES_FLIPPED),
    ),
    Algorithm(
        "output",
        pooling.max_pooling,
        "Each output is the largest entry of its window; places outside the input are never the largest.",
        (_SELECTING,),
    ),
    Algorithm("grad_input", pooling.max_pooling_grad_input, _SELECTED, (_SELECTING,)),
    Algorithm(
        "output",
        pooling.average_pooling,
        "Each output is the mean of its window, in which the zeros of the padding count.",
        (_ONE,),
        average=True,
    ),
    Algorithm(
        "grad_input",
        pooling.average_pooling_grad_input,
        "Each output sends an equal share of its gradient back to every input of its window.",
        (_ONE,),
        average=True,
    ),
    Algorithm(
        "output",
        plane_pooling.max_pooling_2d,
        "Each output is the largest entry of its window of rows and columns; places outside the input are "
        "never the largest.",
        (_SELECTING * 2,),
    ),
    Algorithm(
        "grad_input",
        plane_pooling.max_pooling_2d_grad_input,
        f"{_SELECTED} The first is the one in the first row, and there in the first column.",
        (_SELECTING * 2,),
    ),
    Algorithm(
        "output",
        plane_pooling.average_pooling_2d,
        "Each output is the mean of its window of rows and columns, in which the zeros of the padding count.",
        (_TWO,),
        average=True,
    ),
    Algorithm(
        "grad_input",
        plane_pooling.average_pooling_2d_grad_input,
        "Each output sends an equal share of its gradient back to every input of its window of rows and "
        "columns.",
        (_TWO,),
        average=True,
    ),
)
