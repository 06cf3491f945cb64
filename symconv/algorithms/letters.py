"""The letters of the loops: those of sizes and indices, and what each stands for."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

#: What the sizes of a layer are in letters, by the names of its options and in the order of arguments.
SIZES: Mapping[str, str] = {
    "input_size": "N", "kernel_size": "K", "in_channels": "C * G", "out_channels": "F * G", "groups": "G",
    "stride": "s", "dilation": "d", "before": "p", "after": "q", "output_padding": "a",
}  # fmt: skip

#: The letter of each index by its name in a notation, and that of the number of its values.
INDICES: Mapping[str, tuple[str, str]] = {
    "output_index": ("i", "M"), "tap_index": ("k", "K"), "input_index": ("j", "N"),
    "output_channel_index": ("o", "C_out"), "input_channel_index": ("c", "C_in"),
}  # fmt: skip

#: The same for the channels of a group that a channel meets, by the role of these.
WITHIN: Mapping[str, tuple[str, str]] = {"input": ("c", "C"), "output": ("f", "F")}

#: What each letter stands for, in the order in which a reader is told.
MEANINGS: Mapping[str, str] = {
    "x": "the input", "w": "the kernel", "b": "the bias", "y": "the output",
    "delta": "the upstream gradient", "g": "a gradient",
    "N": "the number of inputs", "K": "the number of taps", "M": "the number of outputs",
    "s": "the stride", "d": "the dilation", "p": "the padding before", "q": "the padding after",
    "m": "the largest entry so far", "n": "the number of entries of a window that count",
    "a": "the output padding", "G": "the number of groups",
    "C_in": "the number of input channels", "C_out": "the number of output channels",
    "C": "the number of input channels in a group", "F": "the number of output channels in a group",
    "h": "the first channel of the group",
    "i": "an output index", "k": "a tap index", "j": "an input index",
    "o": "an output channel", "c": "an input channel of the group", "f": "an output channel of the group",
}  # fmt: skip

#: What letters stand for where another one is in use.
BESIDE: Mapping[str, Mapping[str, str]] = {"m": {"a": "its index"}, "f": {"c": "an input channel"}}


def introduced(functions: Iterable[Callable[..., Any]]) -> list[tuple[str, str]]:
    """The letters of functions without the numbers of axes, each with what it stands for.

    >>> def scaled(x, s_1):
    ...     return s_1 * x
    >>> introduced([scaled])
    [('x', 'the input'), ('s', 'the stride')]
    """
    names = (name for function in functions for name in function.__code__.co_varnames)
    used = {re.sub(r"_\d+$", "", name) for name in names}
    meanings = dict(MEANINGS)
    for letter in used & {*BESIDE}:
        meanings |= BESIDE[letter]
    return [(letter, meaning) for letter, meaning in meanings.items() if letter in used]
