"""What the benchmark times: each of symconv's routes beside the ordinary ones, on the same work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
import symengine
import sympy
from sympy import Add, ImmutableSparseMatrix, Matrix, Symbol

import symconv as sc
from symconv.check import evaluate
from symconv.notes.latex import article
from symconv.notes.pdf import pdf, typst_pdf
from symconv.notes.typst import typeset


@dataclass(frozen=True)
class Case:
    """One piece of work, its size in terms, and every way of doing it.

    ``prepare`` makes what symconv's own route, ``work``, is given before the clock runs: a fresh
    layer with its symbols, as the peers have theirs.
    """

    name: str
    terms: int
    prepare: Callable[[], Any]
    work: Callable[[Any], Any]
    peers: dict[str, Callable[[], Any]] = field(default_factory=dict)


def layer(n: int, k: int) -> sc.Conv1d:
    """A full true convolution with its symbols: N K terms in its output."""
    made = sc.Conv1d(n, k, padding="full", flip=True, notation=sc.Notation(max_rows=None))
    assert made.x.rows == n
    return made


def met(n: int, k: int) -> list[list[tuple[int, int]]]:
    """For each output the taps and inputs that it sums."""
    return [[(t, i - t) for t in range(max(0, i - n + 1), min(k - 1, i) + 1)] for i in range(n + k - 1)]


def symbols(kind: Callable[[str], Any], n: int, k: int) -> tuple[list[Any], list[Any], list[Any]]:
    letters = (("x", n), ("w", k), ("delta", n + k - 1))
    x, w, delta = ([kind(f"{letter}{i}") for i in range(count)] for letter, count in letters)
    return x, w, delta


def output(n: int, k: int) -> Case:
    x, w, _ = symbols(Symbol, n, k)
    ex, ew, _ = symbols(symengine.Symbol, n, k)
    pairs = met(n, k)
    return Case(
        f"output, N={n} K={k}",
        n * k,
        lambda: layer(n, k),
        lambda made: list(made.output),
        {
            "SymPy Add(*[w*x])": lambda: [Add(*[w[t] * x[j] for t, j in row]) for row in pairs],
            "symengine": lambda: [symengine.Add(*[ew[t] * ex[j] for t, j in row]) for row in pairs],
        },
    )


def gradients(n: int, k: int) -> Case:
    x, w, delta = symbols(Symbol, n, k)
    ex, ew, ed = symbols(symengine.Symbol, n, k)
    pairs = met(n, k)
    loss = Add(*[delta[i] * w[t] * x[j] for i, row in enumerate(pairs) for t, j in row])
    fast_loss = symengine.Add(*[ed[i] * ew[t] * ex[j] for i, row in enumerate(pairs) for t, j in row])

    return Case(
        f"both gradients, N={n} K={k}",
        2 * n * k,
        lambda: layer(n, k),
        lambda made: [*made.grad_input, *made.grad_kernel],
        {
            "SymPy loss.diff": lambda: [loss.diff(v) for v in (*x, *w)],
            "symengine diff": lambda: [fast_loss.diff(v) for v in (*ex, *ew)],
        },
    )


def matrix(n: int, k: int) -> Case:
    _, w, _ = symbols(Symbol, n, k)
    cells = {(i, j): w[t] for i, row in enumerate(met(n, k)) for t, j in row}
    return Case(
        f"matrix, N={n} K={k}",
        n * k,
        lambda: layer(n, k),
        lambda made: made.matrix,
        {"ImmutableSparseMatrix": lambda: ImmutableSparseMatrix(n + k - 1, n, cells)},
    )


def dense(n: int, k: int) -> Case:
    _, w, _ = symbols(Symbol, n, k)
    cells = {(i, j): w[t] for i, row in enumerate(met(n, k)) for t, j in row}
    return Case(
        f"matrix, N={n} K={k}",
        n * k,
        lambda: layer(n, k),
        lambda made: made.matrix,
        {"dense Matrix(M, N, f)": lambda: Matrix(n + k - 1, n, lambda i, j: cells.get((i, j), 0))},
    )


def latex(n: int, k: int) -> Case:
    made = layer(n, k)
    entries = list(made.output)
    return Case(
        f"LaTeX of the output, N={n} K={k}",
        n * k,
        lambda: made,
        lambda made: made.equation("output").latex(),
        {"sympy.latex": lambda: [sympy.latex(entry) for entry in entries]},
    )


def evaluation(n: int, k: int) -> Case:
    made = layer(n, k)
    entries, x, w = list(made.output), list(made.x), list(made.w)
    rng = np.random.default_rng(0)
    values = {symbol: int(rng.integers(1, 9)) for symbol in (*x, *w)}
    return Case(
        f"evaluating the output, N={n} K={k}",
        n * k,
        lambda: entries,
        lambda entries: [evaluate(entry, values) for entry in entries],
        {"lambdify": lambda: list(sympy.lambdify([*x, *w], entries)(*values.values()))},
    )


def check(n: int, k: int) -> Case:
    """The whole check of a layer, beside lambdify for the outputs and the gradients alone."""
    made = layer(n, k)
    symbols = [*made.x, *made.w, *made.delta]
    entries = [*made.output, *made.grad_input, *made.grad_kernel]
    numbers = range(1, len(symbols) + 1)
    return Case(
        f"check, N={n} K={k}",
        n * k,
        lambda: layer(n, k),
        lambda made: made.check(draws=1),
        {"lambdify, 3 quantities": lambda: sympy.lambdify(symbols, entries)(*numbers)},
    )


def printing() -> Case:
    """The PDF of the opening example's notes by Typst, beside TeX."""
    made = sc.Conv1d(4, 3, padding="full", flip=True).at(x=[1, 2, 3, 4], w=[5, 6, 7]).notes()
    latex, typst = article(made), typeset(made)
    return Case(
        "notes as PDF by Typst",
        0,
        lambda: f"{typst}// {next(_FRESH)}\n",
        typst_pdf,
        {"latexmk": lambda: pdf(latex)},
    )


#: Typst keeps what it has set, so that each source differs from those before.
_FRESH = count()


def dense_gradient(n: int, k: int) -> Case:
    x, _, delta = symbols(Symbol, n, k)
    return Case(
        f"dense gradient, N={n} K={k}",
        n * (n + k - 1),
        lambda: layer(n, k),
        lambda made: made.dense_gradient,
        {"Matrix(delta) * Matrix(x).T": lambda: Matrix(delta) * Matrix(x).T},
    )


def derivation(step: str) -> Case:
    """Deriving the input gradient for open sizes, beside SymPy on what it can do: stride 1."""

    def fresh() -> sc.Conv1d:
        return sc.Conv1d("N", "K", stride="s", dilation="d", padding="p")

    works = {
        "derive": lambda made: made.derive("grad_input"),
        "verify": lambda made: made.verify(),
        "prove": lambda made: made.prove(strides=[2], dilations=[3]),
    }
    n, k, i, t, q = sympy.symbols("N K i t q", integer=True, positive=True)
    x, w, delta = sympy.IndexedBase("x"), sympy.IndexedBase("w"), sympy.IndexedBase("delta")
    loss = sympy.Sum(delta[i] * w[t] * x[i + t], (t, 0, k - 1), (i, 0, n - k))
    return Case(
        f"{step} grad_input, N, K, s, d, p open",
        0,
        fresh if step == "derive" else lambda: fresh().derive("grad_input"),
        works[step],
        {"SymPy diff.doit, stride 1": lambda: loss.diff(x[q]).doit()} if step == "derive" else {},
    )


#: The quantities whose growth is measured: everything whose size is linear in N.
GROWING = (
    "output",
    "matrix",
    "windows",
    "grad_input",
    "grad_kernel",
    "upstream_matrix",
    "tying",
    "masked_gradient",
)


def grow(quantity: str, n: int, k: int) -> Case:
    return Case(f"{quantity}, K={k}", n * k, lambda: layer(n, k), lambda made: getattr(made, quantity))
