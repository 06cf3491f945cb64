"""The same work on two axes with channels: an image of 32 by 32, a kernel of 3 by 3, 3 to 4 channels."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import symengine
import sympy
from sympy import Add, ImmutableSparseMatrix, Symbol

import symconv as sc
from tests.bench.cases import Case

IN, OUT, TAPS = 3, 4, 3


def layer(size: int) -> sc.Conv2d:
    made = sc.Conv2d(size, TAPS, in_channels=IN, out_channels=OUT, notation=sc.Notation(max_rows=None))
    assert made.x.shape == (IN, size, size)
    return made


def terms(size: int) -> int:
    return OUT * (size - TAPS + 1) ** 2 * IN * TAPS**2


def operands(kind: Callable[[str], Any], size: int) -> tuple[dict, dict, dict]:
    m = size - TAPS + 1
    shapes = {"x": (IN, size, size), "w": (OUT, IN, TAPS, TAPS), "delta": (OUT, m, m)}
    x, w, delta = (
        {i: kind(f"{letter}{'_'.join(map(str, i))}") for i in product(*map(range, shape))}
        for letter, shape in shapes.items()
    )
    return x, w, delta


def rows(size: int, x: dict, w: dict) -> list[list[tuple[Any, Any]]]:
    """For each output the weights and inputs that it sums."""
    m = size - TAPS + 1
    return [
        [
            (w[o, c, k, t], x[c, i + k, j + t])
            for c, k, t in product(range(IN), range(TAPS), range(TAPS))
        ]
        for o, i, j in product(range(OUT), range(m), range(m))
    ]  # fmt: skip


def output(size: int) -> Case:
    x, w, _ = operands(Symbol, size)
    ex, ew, _ = operands(symengine.Symbol, size)
    plain, fast = rows(size, x, w), rows(size, ex, ew)
    return Case(
        f"output, {size}×{size}, {TAPS}×{TAPS}, channels {IN} to {OUT}",
        terms(size),
        lambda: layer(size),
        lambda made: made.output,
        {
            "SymPy Add(*[w*x])": lambda: [Add(*[a * b for a, b in row]) for row in plain],
            "symengine": lambda: [symengine.Add(*[a * b for a, b in row]) for row in fast],
        },
    )


def gradients(size: int) -> Case:
    ex, ew, ed = operands(symengine.Symbol, size)
    x, w, delta = operands(Symbol, size)

    def sums(x: dict, w: dict, delta: dict, add: Callable[..., Any]) -> list[Any]:
        m = size - TAPS + 1
        found: dict[Any, list[Any]] = {}
        for o, i, j in product(range(OUT), range(m), range(m)):
            for c, k, t in product(range(IN), range(TAPS), range(TAPS)):
                d, a, b = delta[o, i, j], w[o, c, k, t], x[c, i + k, j + t]
                found.setdefault(b, []).append(d * a)
                found.setdefault(a, []).append(d * b)
        return [add(*parts) for parts in found.values()]

    return Case(
        f"both gradients, {size}×{size}, channels {IN} to {OUT}",
        2 * terms(size),
        lambda: layer(size),
        lambda made: (made.grad_input, made.grad_kernel),
        {
            "SymPy Add(*[delta*w])": lambda: sums(x, w, delta, Add),
            "symengine": lambda: sums(ex, ew, ed, symengine.Add),
        },
    )


def matrix(size: int) -> Case:
    _, w, _ = operands(Symbol, size)
    m = size - TAPS + 1
    cells = {
        ((o * m + i) * m + j, (c * size + i + k) * size + j + t): w[o, c, k, t]
        for o, i, j in product(range(OUT), range(m), range(m))
        for c, k, t in product(range(IN), range(TAPS), range(TAPS))
    }
    return Case(
        f"matrix, {size}×{size}, channels {IN} to {OUT}",
        terms(size),
        lambda: layer(size),
        lambda made: made.matrix,
        {"ImmutableSparseMatrix": lambda: ImmutableSparseMatrix(OUT * m * m, IN * size * size, cells)},
    )


def latex(size: int) -> Case:
    made = layer(size)
    entries = list(made.entries.symbols.matrix("output"))
    return Case(
        f"LaTeX of the output, {size}×{size}, channels {IN} to {OUT}",
        terms(size),
        lambda: made,
        lambda made: made.equation("output").latex(),
        {"sympy.latex": lambda: [sympy.latex(entry) for entry in entries]},
    )


def grow(quantity: str, n: int) -> Case:
    """Of the terms, of which there are about n: an image of sqrt(n / 108) places on a side."""
    size = round((n / (OUT * IN * TAPS**2)) ** 0.5) + TAPS - 1
    return Case(
        f"{quantity}, two axes with channels", n, lambda: layer(size), lambda made: getattr(made, quantity)
    )
