"""Networks: gradients in letters beside SymPy's derivative of the whole loss, in numbers beside PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sympy import Expr, Symbol, diff, tanh

import symconv as sc
from tests.bench.cases import Case

_QUANTITIES = ("delta", "grad_kernel")


def deep(depth: int, size: int = 8) -> sc.Chain:
    """A chain of convolutions with padding, each followed by tanh."""
    parts = [sc.Conv1d(size, 3, padding=1), sc.Activation("tanh")]
    for _ in range(depth - 1):
        parts += [sc.Conv1d(None, 3, padding=1), sc.Activation("tanh")]
    return sc.Chain(*parts, loss="half_squared_error")


def entries(net: sc.Chain) -> list[Any]:
    """The gradient with respect to every weight, each layer in the letters of what comes before it."""
    return [net.quantity(name, layer=layer) for layer in range(len(net), 0, -1) for name in _QUANTITIES]


def composed(depth: int, size: int = 8) -> tuple[Expr, list[Symbol]]:
    """The loss of the same chain as one expression in its input and weights, and the weights."""
    a: list[Any] = [Symbol(f"x{j}") for j in range(size)]
    weights = [[Symbol(f"w{layer}_{k}") for k in range(3)] for layer in range(depth)]
    for w in weights:
        z = [sum(w[k] * a[i + k - 1] for k in range(3) if 0 <= i + k - 1 < size) for i in range(size)]
        a = [tanh(entry) for entry in z]
    loss = sum((entry - Symbol(f"t{i}")) ** 2 for i, entry in enumerate(a)) / 2
    return loss, [letter for w in weights for letter in w]


def backprop(depth: int, *, by_sympy: bool) -> Case:
    """All gradients of a chain in letters."""
    peers: dict[str, Callable[[], Any]] = {}
    if by_sympy:
        loss, weights = composed(depth)
        peers["SymPy diff of the loss"] = lambda: [diff(loss, weight) for weight in weights]
    name = f"backprop in letters, {depth} layers"
    return Case(name, 0, lambda: deep(depth), entries, peers)


def derived(depth: int) -> Case:
    """The closed forms of every layer's gradients, derived step by step, for an open size."""

    def made() -> sc.Chain:
        parts: list[Any] = [sc.Conv1d("N", 3, padding=1), sc.Activation("f")]
        for _ in range(depth - 1):
            parts += [sc.Conv1d(None, 3, padding=1), sc.Activation("f")]
        return sc.Chain(*parts)

    def work(net: sc.Chain) -> list[Any]:
        return [net.derive(name, layer=n) for n in range(1, depth + 1) for name in _QUANTITIES]

    return Case(f"N={depth} layers derived", 0, made, work)


def trained(channels: int) -> Case:
    """A loss and its gradients in floating point."""
    import torch

    net = sc.Chain(
        sc.Conv2d(12, 3, in_channels=1, out_channels=channels), sc.Activation("relu"), sc.MaxPool2d(None, 2),
        sc.Flatten(), sc.Dense(None, 10), loss="cross_entropy",
    )  # fmt: skip
    rng = np.random.default_rng(0)
    shapes = [(channels, 1, 3, 3), (10, 25 * channels)]
    x, w, target = rng.normal(size=(1, 12, 12)), [rng.normal(size=s) / 3 for s in shapes], np.eye(10)[3]
    f = net.numpy()

    def by_pytorch() -> list[float]:
        kernel, dense = (torch.tensor(part, requires_grad=True) for part in w)
        a = torch.relu(torch.nn.functional.conv2d(torch.tensor(x), kernel))
        y = dense @ torch.nn.functional.max_pool2d(a, 2).flatten()
        loss = torch.nn.functional.cross_entropy(y, torch.tensor(target))
        loss.backward()
        return [float(loss.detach()), *kernel.grad.ravel().tolist(), *dense.grad.ravel().tolist()]

    def ours(_: None) -> list[float]:
        loss, gradients = f(x=x, w=w, target=target)
        return [loss, *(float(entry) for part in gradients["w"] for entry in part.ravel())]

    name = f"a step of training, {channels} filters"
    return Case(name, 0, lambda: None, ours, {"PyTorch": by_pytorch})
