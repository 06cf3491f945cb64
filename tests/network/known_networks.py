"""LeNet-5, AlexNet, VGG-16 and ResNet-50 as rows, for a chain of this package and for modules of PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import symconv as sc


class Part(NamedTuple):
    """A layer with its sizes: a block has the rows inside and those of its shortcut."""

    kind: str
    sizes: tuple[Any, ...] = ()
    relu: bool = False


def conv(out: int, kernel: int, stride: int = 1, padding: int = 0, *, relu: bool = True) -> Part:
    return Part("conv", (out, kernel, stride, padding), relu)


def pool(kernel: int, stride: int, padding: int = 0) -> Part:
    return Part("pool", (kernel, stride, padding))


def dense(out: int, *, relu: bool = True) -> Part:
    return Part("dense", (out,), relu)


class Known(NamedTuple):
    """A network: the size of its input, whether convolutions have biases, and its parts."""

    channels: int
    size: int
    bias: bool
    parts: tuple[Part, ...]
    parameters: int


LENET = Known(
    1, 32, True,
    (
        conv(6, 5), Part("mean", (2, 2)), conv(16, 5), Part("mean", (2, 2)), conv(120, 5), dense(84),
        dense(10, relu=False),
    ),
    61_706,
)  # fmt: skip

ALEXNET = Known(
    3, 224, True,
    (
        conv(64, 11, 4, 2), pool(3, 2), conv(192, 5, 1, 2), pool(3, 2), conv(384, 3, 1, 1),
        conv(256, 3, 1, 1), conv(256, 3, 1, 1), pool(3, 2), dense(4096), dense(4096), dense(1000, relu=False),
    ),
    61_100_840,
)  # fmt: skip

_VGG = (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M")
VGG = Known(
    3, 224, True,
    (
        *(pool(2, 2) if out == "M" else conv(int(out), 3, 1, 1) for out in _VGG),
        dense(4096), dense(4096), dense(1000, relu=False),
    ),
    138_357_544,
)  # fmt: skip


def _bottlenecks(width: int, count: int, stride: int) -> list[Part]:
    found = []
    for at in range(count):
        step = stride if at == 0 else 1
        inside = conv(width, 1), conv(width, 3, step, 1), conv(4 * width, 1, relu=False)
        beside = (conv(4 * width, 1, step, relu=False),) if at == 0 else ()
        found.append(Part("block", (inside, beside), True))
    return found


#: Without the batch normalisations, which have 53,120 parameters more and change no size.
RESNET = Known(
    3, 224, False,
    (
        conv(64, 7, 2, 3), pool(3, 2, 1), *_bottlenecks(64, 3, 1), *_bottlenecks(128, 4, 2),
        *_bottlenecks(256, 6, 2), *_bottlenecks(512, 3, 2), Part("mean", (7, 1)), dense(1000, relu=False),
    ),
    25_557_032 - 53_120,
)  # fmt: skip

NETWORKS = {"LeNet-5": LENET, "AlexNet": ALEXNET, "VGG-16": VGG, "ResNet-50": RESNET}


def chain_of(known: Known) -> sc.Chain:
    """The network as a chain."""
    parts, flat, _ = _parts(known.parts, known.channels, known.bias, known.size)
    assert flat
    return sc.Chain(*parts)


def _parts(rows: Sequence[Part], channels: int, bias: bool, size: int | None) -> tuple[list[Any], bool, int]:
    parts: list[Any] = []
    flat = False
    for row in rows:
        if row.kind == "conv":
            out, kernel, stride, padding = row.sizes
            options = {"in_channels": channels, "out_channels": out, "stride": stride, "padding": padding}
            parts.append(sc.Conv2d(size, kernel, bias=bias, **options))
            channels = out
        elif row.kind == "pool":
            kernel, stride, padding = row.sizes
            parts.append(sc.MaxPool2d(None, kernel, stride=stride, padding=padding))
        elif row.kind == "mean":
            parts.append(sc.AvgPool2d(None, row.sizes[0], stride=row.sizes[1]))
        elif row.kind == "block":
            inside, beside = row.sizes
            main, _, out = _parts(inside, channels, bias, None)
            shortcut, _, _ = _parts(beside, channels, bias, None)
            parts.append(sc.Residual(main, shortcut=shortcut))
            channels = out
        else:
            if not flat:
                parts.append(sc.Flatten())
            flat = True
            parts.append(sc.Dense(None, row.sizes[0], bias=True))
        if row.relu:
            parts.append(sc.Activation("relu"))
        size = None
    return parts, flat, channels


def modules_of(nn: Any, known: Known) -> list[Any]:
    """The network as modules of PyTorch, one after the other."""
    return _modules(nn, known.parts, known.channels, known.bias)[0]


def _block(nn: Any, inside: list[Any], beside: list[Any]) -> Any:
    """A module whose output is the sum of those of two others."""
    block = type("Block", (nn.Module,), {"forward": lambda self, x: self.inside(x) + self.beside(x)})()
    block.inside, block.beside = nn.Sequential(*inside), nn.Sequential(*beside)
    return block


def _modules(nn: Any, rows: Sequence[Part], channels: int, bias: bool) -> tuple[list[Any], int]:
    modules: list[Any] = []
    flat = False
    for row in rows:
        if row.kind == "conv":
            out, kernel, stride, padding = row.sizes
            modules.append(nn.Conv2d(channels, out, kernel, stride, padding, bias=bias))
            channels = out
        elif row.kind == "pool":
            modules.append(nn.MaxPool2d(*row.sizes))
        elif row.kind == "mean":
            modules.append(nn.AvgPool2d(*row.sizes))
        elif row.kind == "block":
            inside, out = _modules(nn, row.sizes[0], channels, bias)
            beside, _ = _modules(nn, row.sizes[1], channels, bias)
            modules.append(_block(nn, inside, beside))
            channels = out
        else:
            if not flat:
                modules.append(nn.Flatten())
            flat = True
            modules.append(nn.LazyLinear(row.sizes[0]))
        if row.relu:
            modules.append(nn.ReLU())
    return modules, channels
