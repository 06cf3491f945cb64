"""The letters of the loops: those of sizes and indices, and what each stands for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: What the sizes of a layer are in letters, by the names of its options.
SIZES: Mapping[str, str] = MappingProxyType(
    {
        "input_size": "N", "kernel_size": "K", "in_channels": "C * G", "out_channels": "F * G", "groups": "G",
        "stride": "s", "dilation": "d", "before": "p", "after": "q", "output_padding": "a",
    }
)  # fmt: skip

#: The letter of each index by its name in a notation, and that of the number of its values.
INDICES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "output_index": ("i", "M"),
        "tap_index": ("k", "K"),
        "input_index": ("j", "N"),
        "output_channel_index": ("o", "C_out"),
        "input_channel_index": ("c", "C_in"),
    }
)

#: The same for the channels of a group that a channel meets, by the role of these.
WITHIN: Mapping[str, tuple[str, str]] = MappingProxyType({"input": ("c", "C"), "output": ("f", "F")})

#: How many channels of a group there are.
GROUPED: Mapping[str, str] = MappingProxyType({"C": "C_in // G", "F": "C_out // G"})
