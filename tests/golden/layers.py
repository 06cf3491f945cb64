"""The layers that golden hashes are taken of: one of each kind, and values that some are put on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import Rational, Symbol

import symconv as sc

#: Makes a layer in a notation.
Maker = Callable[[str], Any]

KINDS: Mapping[str, Maker] = {
    "full": lambda n: sc.Conv1d(4, 3, padding="full", flip=True, notation=n),
    "strided": lambda n: sc.Conv1d(9, 3, stride=2, padding=1, notation=n),
    "dilated": lambda n: sc.Conv1d(7, 3, dilation=2, bias=True, notation=n),
    "uneven": lambda n: sc.Conv1d(7, 4, stride=3, dilation=2, padding=(1, 2), flip=True, notation=n),
    "long": lambda n: sc.Conv1d(20, 5, padding="same", notation=n),
    "circular": lambda n: sc.Conv1d(4, 3, padding=1, padding_mode="circular", notation=n),
    "reflect": lambda n: sc.Conv1d(5, 3, padding=(2, 1), padding_mode="reflect", bias=True, notation=n),
    "replicate": lambda n: sc.Conv1d(4, 3, stride=2, padding=2, padding_mode="replicate", notation=n),
    "grouped": lambda n: sc.Conv1d(4, 2, in_channels=4, out_channels=4, groups=2, notation=n),
    "batched": lambda n: sc.Conv1d(4, 2, in_channels=2, out_channels=3, batch=2, bias=True, notation=n),
    "plane": lambda n: sc.Conv2d(3, 2, notation=n),
    "plane-uneven": lambda n: sc.Conv2d((4, 3), (2, 3), stride=(2, 1), padding=((1, 0), 1), notation=n),
    "plane-flipped": lambda n: sc.Conv2d(
        3, 2, in_channels=2, out_channels=2, groups=2, padding=1, stride=2, flip=True, bias=True, notation=n
    ),
    "plane-circular": lambda n: sc.Conv2d(3, 2, padding=1, padding_mode="circular", notation=n),
    "volume": lambda n: sc.Conv3d((2, 3, 2), 2, bias=True, notation=n),
    "transposed": lambda n: sc.ConvTranspose1d(3, 3, stride=2, padding=1, output_padding=1, notation=n),
    "transposed-channels": lambda n: sc.ConvTranspose1d(
        3, 2, in_channels=2, out_channels=2, stride=2, bias=True, notation=n
    ),
    "transposed-plane": lambda n: sc.ConvTranspose2d((2, 3), 2, stride=2, padding=1, flip=True, notation=n),
    "average": lambda n: sc.AvgPool1d(4, 2, notation=n),
    "average-plane": lambda n: sc.AvgPool2d((3, 4), 2, stride=1, padding=1, channels=2, notation=n),
    "maximum": lambda n: sc.MaxPool1d(4, 2, notation=n),
    "maximum-plane": lambda n: sc.MaxPool2d(3, 2, stride=1, padding=1, notation=n),
    "maximum-dilated": lambda n: sc.MaxPool1d(7, 3, stride=2, dilation=2, channels=2, batch=2, notation=n),
    "open": lambda n: sc.Conv1d("H1", "H2", stride="r", padding="q", notation=n),
    "open-general": lambda n: sc.Conv1d(
        "N1", "K1", stride="r", dilation="e", padding=("p1", "q1"), bias=True, notation=n
    ),
    "open-full": lambda n: sc.Conv1d("H1", "H2", padding="full", flip=True, notation=n),
    "open-same": lambda n: sc.Conv1d("H1", "H2", padding="same", dilation=2, notation=n),
    "open-circular": lambda n: sc.Conv1d("H1", 3, padding=1, padding_mode="circular", notation=n),
    "open-plane": lambda n: sc.Conv2d(("H1", "H2"), 3, stride=2, padding=1, notation=n),
    "open-channels": lambda n: sc.Conv1d(
        "H1", "H2", in_channels="C1", out_channels="C2", batch="B", bias=True, notation=n
    ),
    "open-transposed": lambda n: sc.ConvTranspose1d("H1", "H2", stride="r", padding="q", notation=n),
    "open-average": lambda n: sc.AvgPool1d("H1", "H2", stride="r", padding="q", notation=n),
    "open-maximum": lambda n: sc.MaxPool1d("H1", "H2", stride="r", notation=n),
}

#: What some of them are put on, besides letters.
VALUES: Mapping[str, Mapping[str, Any]] = {
    "full": {"x": [1, 2, 3, 4], "w": [5, 6, 7]},
    "dilated": {"x": [1, -2, Rational(1, 2), 0, 3, Symbol("a"), 5], "w": [Rational(1, 3), -1, 2], "b": 7},
    "batched": {"w": [[[1, 2], [3, 4]], [[0, -1], [1, 0]], [[5, 6], [7, 8]]], "b": [1, 2, 3]},
    "plane": {"x": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]},
    "transposed": {"x": [1, 2, 3], "w": [4, 5, 6], "delta": [1, 0, -1, 2, 3, 1]},
    "average": {"x": [3, 1, 2, 2]},
    "maximum": {"x": [3, 1, 2, 2], "delta": [5, 7]},
}
