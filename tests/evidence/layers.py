"""Layers of every kind, with stride and dilation open where the kind has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import symconv as sc

_OPEN: dict[str, Any] = {"stride": "s", "dilation": "d", "padding": "p"}

KINDS: Mapping[str, Callable[[], Any]] = {
    "plain": lambda: sc.Conv1d("N", "K", bias=True, **_OPEN),
    "flipped": lambda: sc.Conv1d("N", "K", stride="s", dilation="d", padding=("p", "q"), flip=True),
    "full": lambda: sc.Conv1d("N", "K", stride="s", dilation="d", padding="full", flip=True),
    "same": lambda: sc.Conv1d("N", "K", dilation="d", padding="same"),
    "circular": lambda: sc.Conv1d("N", "K", padding_mode="circular", **_OPEN),
    "reflect": lambda: sc.Conv1d("N", "K", padding_mode="reflect", **_OPEN),
    "replicate": lambda: sc.Conv1d("N", "K", padding_mode="replicate", **_OPEN),
    "transposed": lambda: sc.ConvTranspose1d("N", "K", output_padding="a", bias=True, **_OPEN),
    "maximum": lambda: sc.MaxPool1d("N", "K", **_OPEN),
    "average": lambda: sc.AvgPool1d("N", "K", stride="s", padding="p"),
    "average of inputs": lambda: sc.AvgPool1d("N", "K", stride="s", padding="p", count_include_pad=False),
    "rounded up": lambda: sc.MaxPool1d("N", "K", ceil_mode=True, **_OPEN),
    "channels": lambda: sc.Conv1d("N", "K", in_channels="A", out_channels="F", bias=True, **_OPEN),
    "groups": lambda: sc.Conv1d(
        "N", "K", in_channels=4, out_channels=6, groups=2, batch="B", bias=True, **_OPEN
    ),
    "plane": lambda: sc.Conv2d("N", "K", bias=True, **_OPEN),
}  # fmt: skip
