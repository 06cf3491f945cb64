"""Random chains as plain rows: made into a chain of this package, and into functions of PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

import symconv as sc

ACTIVATIONS = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "gelu")
RATIONAL = ("identity", "relu", "leaky_relu")
LOSSES = ("half_squared_error", "mean_squared_error", "cross_entropy")


class Row(NamedTuple):
    """One part: its kind, its sizes and its options; of a residual chain, the rows inside and beside."""

    kind: str
    options: dict[str, Any]
    rows: tuple[Row, ...] = ()
    shortcut: tuple[Row, ...] = ()


class Drawn(NamedTuple):
    """A random chain: the shape of its input, its rows and its loss."""

    shape: tuple[int, ...]
    rows: tuple[Row, ...]
    loss: str


def drawn(rng: np.random.Generator, *, rational: bool = False) -> Drawn:
    """A chain of at most four layers, of one or two axes."""
    rank = int(rng.integers(1, 3))
    shape = (int(rng.integers(1, 3)), *(int(n) for n in rng.integers(4, 7 if rank == 2 else 10, rank)))
    start, rows = shape, []
    names = RATIONAL if rational else ACTIVATIONS
    for depth in range(int(rng.integers(1, 4))):
        row, shape = _layer(rng, shape, rank, first=depth == 0, names=names)
        rows.append(row)
        if rng.random() < 0.2:
            rows.append(Row("BatchNorm", {}))
        if rng.random() < 0.7:
            rows.append(Row("Activation", {"function": str(rng.choice(names))}))
    loss = str(rng.choice(LOSSES[:2] if rational else LOSSES))
    if rng.random() < 0.6 or loss == "cross_entropy":
        rows.append(Row("Flatten", {}))
        rows.append(
            Row(
                "Dense", {"in": prod(shape), "out": int(rng.integers(1, 4)), "bias": bool(rng.random() < 0.5)}
            )
        )
        softmax = not rational and rng.random() < 0.3
        if softmax or rng.random() < 0.4:
            rows.append(Row("Activation", {"function": "softmax" if softmax else str(rng.choice(names))}))
    return Drawn(start, tuple(rows), loss)


def _layer(
    rng: np.random.Generator, shape: tuple[int, ...], rank: int, *, first: bool, names: tuple[str, ...]
) -> tuple[Row, tuple[int, ...]]:  # fmt: skip
    kinds = ["Conv", "Conv", "ConvTranspose"] + ([] if first else ["AvgPool", "MaxPool", "Residual"])
    for _ in range(50):
        kind = str(rng.choice(kinds))
        if kind == "Residual" and rng.random() < 0.4:
            return _beside(rng, shape, rank)
        if kind == "Residual":
            inside = [Row("Conv", _same(rng, shape, rank))]
            if rng.random() < 0.5:
                inside += [
                    Row("Activation", {"function": str(rng.choice(names))}),
                    Row("Conv", _same(rng, shape, rank)),
                ]
            return Row("Residual", {}, tuple(inside)), shape
        options, outside = _sizes(rng, kind, shape, rank)
        if min(outside) >= 1 and prod(outside) <= 150:
            return Row(kind, options), outside
    return Row("Conv", _same(rng, shape, rank)), shape


def _same(rng: np.random.Generator, shape: tuple[int, ...], rank: int) -> dict[str, Any]:
    return {
        "kernel": (3,) * rank, "stride": (1,) * rank, "padding": (1,) * rank, "dilation": (1,) * rank,
        "channels": (shape[0], shape[0]), "groups": 1, "bias": bool(rng.random() < 0.5),
    }  # fmt: skip


def _beside(rng: np.random.Generator, shape: tuple[int, ...], rank: int) -> tuple[Row, tuple[int, ...]]:
    """A residual chain with a shortcut of its own, as where a network makes its maps smaller."""
    stride, outside = int(rng.integers(1, 3)), int(rng.integers(1, 3))
    changed = {"stride": (stride,) * rank, "channels": (shape[0], outside)}
    inside = Row("Conv", _same(rng, shape, rank) | changed)
    shortcut = [
        Row("Conv", _same(rng, shape, rank) | changed | {"kernel": (1,) * rank, "padding": (0,) * rank})
    ]
    if rng.random() < 0.5:
        shortcut.append(Row("BatchNorm", {}))
    sizes = tuple((n - 1) // stride + 1 for n in shape[1:])
    return Row("Residual", {}, (inside,), tuple(shortcut)), (outside, *sizes)


def _sizes(
    rng: np.random.Generator, kind: str, shape: tuple[int, ...], rank: int
) -> tuple[dict[str, Any], tuple[int, ...]]:
    def many(low: int, high: int) -> tuple[int, ...]:
        return tuple(int(n) for n in rng.integers(low, high, rank))

    kernel, stride, dilation = many(1, 4), many(1, 3), many(1, 3)
    padding = tuple(int(rng.integers(0, k // 2 + 1)) for k in kernel)
    channels, groups = (shape[0], int(rng.integers(1, 4))), 1
    if shape[0] == 2 and rng.random() < 0.3:
        channels, groups = (2, 2 * int(rng.integers(1, 3))), 2
    options: dict[str, Any] = {"kernel": kernel, "stride": stride, "padding": padding}
    if kind in ("AvgPool", "MaxPool"):
        dilation = (1,) * rank
        outside = shape[0]
    else:
        options |= {
            "dilation": dilation,
            "channels": channels,
            "groups": groups,
            "bias": bool(rng.random() < 0.5),
        }
        outside = channels[1]
    steps = zip(shape[1:], kernel, stride, dilation, padding, strict=True)
    if kind == "ConvTranspose":
        sizes = tuple((n - 1) * s - 2 * p + d * (k - 1) + 1 for n, k, s, d, p in steps)
    else:
        sizes = tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, d, p in steps)
    return options, (outside, *sizes)


def chain_of(one: Drawn, size: Any = None) -> sc.Chain:
    """The chain of this package; only its first layer is told its size, which may have letters."""
    return sc.Chain(*_parts(one.rows, size or one.shape[1:]), loss=one.loss)


def _parts(rows: tuple[Row, ...], size: Any) -> list[Any]:
    parts: list[Any] = []
    for row in rows:
        told = row.options
        if row.kind == "Activation":
            parts.append(sc.Activation(told["function"]))
        elif row.kind == "Flatten":
            parts.append(sc.Flatten())
        elif row.kind == "Dense":
            parts.append(sc.Dense(None, told["out"], bias=told["bias"]))
        elif row.kind == "Residual":
            parts.append(sc.Residual(_parts(row.rows, None), shortcut=_parts(row.shortcut, None)))
        elif row.kind == "BatchNorm":
            parts.append(sc.BatchNorm())
        else:
            kind = getattr(sc, f"{row.kind}{len(told['kernel'])}d")
            pads = told["padding"][0] if len(told["padding"]) == 1 else told["padding"]
            options = {"stride": told["stride"], "padding": pads}
            if "channels" in told:
                ins, outs = told["channels"]
                options |= {"in_channels": ins, "out_channels": outs, "groups": told["groups"]}
                options |= {"dilation": told["dilation"], "bias": told["bias"]}
            parts.append(kind(size, told["kernel"], **options))
        size = None
    return parts


def numbers_of(rng: np.random.Generator, net: sc.Chain, *, rational: bool = False) -> dict[str, Any]:
    """Random numbers for everything that a chain takes."""

    def numbers(shape: tuple[int, ...]) -> Any:
        if rational:
            return rng.integers(-4, 5, shape)
        return rng.normal(size=shape)

    target = numbers(net.shape)
    if net.loss_function.name == "cross_entropy":
        target = np.abs(target) / np.abs(target).sum()
    return {
        "x": numbers(net[1].entries.shape("input")),
        "w": [numbers(net[n].entries.shape("tap")) for n in net.w],
        "b": [numbers(net[n].entries.shape("bias")) for n in net.b],
        "target": target,
    }


def by_pytorch(torch: Any, one: Drawn, numbers: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """The loss and the gradients by PyTorch's own layers, activations and losses."""

    def tensor(value: Any) -> Any:
        return torch.tensor(np.asarray(value, dtype=float), dtype=torch.float64, requires_grad=True)

    x, w, b = tensor(numbers["x"]), list(map(tensor, numbers["w"])), list(map(tensor, numbers["b"]))
    kernels, biases = iter(w), iter(b)
    out = _through(torch, one.rows, x, kernels, biases)
    target = torch.tensor(np.asarray(numbers["target"], dtype=float))
    functional = torch.nn.functional
    if one.loss == "cross_entropy":
        probabilities = one.rows[-1].options.get("function") == "softmax"
        loss = -(target * out.log()).sum() if probabilities else functional.cross_entropy(out, target)
    else:
        loss = functional.mse_loss(out, target, reduction="mean" if one.loss[0] == "m" else "sum")
        loss = loss / 2 if one.loss[0] == "h" else loss
    loss.backward()
    gradients = {
        "x": x.grad.numpy(),
        "w": [one.grad.numpy() for one in w],
        "b": [one.grad.numpy() for one in b],
    }
    return float(loss.detach()), gradients


def _through(torch: Any, rows: tuple[Row, ...], x: Any, kernels: Any, biases: Any) -> Any:
    functional = torch.nn.functional
    functions: dict[str, Callable[[Any], Any]] = {
        "identity": lambda z: z, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": functional.relu,
        "leaky_relu": functional.leaky_relu, "gelu": functional.gelu,
        "softmax": lambda z: functional.softmax(z, 0),
        # PyTorch's own threshold of 20, above which softplus is z, costs 2e-9.
        "softplus": lambda z: functional.softplus(z, threshold=1e9),
    }  # fmt: skip
    for row in rows:
        told = row.options
        if row.kind == "Activation":
            x = functions[told["function"]](x)
        elif row.kind == "Flatten":
            x = x.flatten()
        elif row.kind == "Dense":
            x = functional.linear(x, next(kernels), next(biases) if told["bias"] else None)
        elif row.kind == "Residual":
            beside = _through(torch, row.shortcut, x, kernels, biases)
            x = beside + _through(torch, row.rows, x, kernels, biases)
        elif row.kind == "BatchNorm":
            scale, shift = next(kernels).flatten(), next(biases)
            mean, variance = torch.zeros_like(scale), torch.ones_like(scale)
            x = functional.batch_norm(x.unsqueeze(0), mean, variance, scale, shift, eps=0)[0]
        else:
            rank = len(told["kernel"])
            if row.kind == "MaxPool":
                x = getattr(functional, f"max_pool{rank}d")(
                    x, told["kernel"], told["stride"], told["padding"]
                )
            elif row.kind == "AvgPool":
                x = getattr(functional, f"avg_pool{rank}d")(
                    x, told["kernel"], told["stride"], told["padding"]
                )
            else:
                name = f"conv{'_transpose' if row.kind == 'ConvTranspose' else ''}{rank}d"
                more = {"groups": told["groups"], "dilation": told["dilation"]}
                bias = next(biases) if told["bias"] else None
                weight = next(kernels)
                x = getattr(functional, name)(x, weight, bias, told["stride"], told["padding"], **more)
    return x
