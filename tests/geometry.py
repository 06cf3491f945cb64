"""Geometries for the tests, and quantities by plain loops that know nothing of the package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from sympy import Add, Expr, Integer, Symbol


@dataclass(frozen=True)
class Geometry:
    """Numbers that define a layer, with the padding already as zeros before and behind."""

    n: int
    k: int
    stride: int
    dilation: int
    before: int
    after: int
    flip: bool

    @property
    def possible(self) -> bool:
        return self.n + self.before + self.after >= self.dilation * (self.k - 1) + 1


def sweep(n: int, k: int) -> Iterator[tuple[dict[str, Any], Geometry]]:
    """The options of every layer with stride 1-4, dilation 1-3, padding 0-4 and all modes, both flips."""
    for stride, dilation, flip in product(range(1, 5), range(1, 4), (False, True)):
        reach = dilation * (k - 1)
        paddings: list[tuple[Any, int, int]] = [(p, p, p) for p in range(5)]
        paddings += [("valid", 0, 0), ("full", reach, reach), ((1, 3), 1, 3), ((2, 0), 2, 0)]
        if stride == 1:
            paddings.append(("same", reach // 2, reach - reach // 2))
        for padding, before, after in paddings:
            options = {"stride": stride, "dilation": dilation, "padding": padding, "flip": flip}
            yield options, Geometry(n, k, stride, dilation, before, after, flip)


def looped(g: Geometry, x: list[Expr], w: list[Expr], delta: list[Expr]) -> dict[str, list[list[Expr]]]:
    """Every quantity as rows of entries, by sliding the kernel over a padded list."""
    padded = [None] * g.before + list(range(g.n)) + [None] * g.after
    kernel = list(reversed(range(g.k))) if g.flip else list(range(g.k))
    reach = g.dilation * (g.k - 1)
    met = []
    row = 0
    for left in range(0, len(padded) - reach, g.stride):
        for place, tap in enumerate(kernel):
            seen = padded[left + place * g.dilation]
            if seen is not None:
                met.append((row, tap, seen))
        row += 1

    def table(rows: int, columns: int, terms: list[tuple[int, int, Expr]]) -> list[list[Expr]]:
        cells: dict[tuple[int, int], list[Expr]] = {}
        for r, c, term in terms:
            cells.setdefault((r, c), []).append(term)
        return [[Add(*cells.get((r, c), [])) for c in range(columns)] for r in range(rows)]

    return {
        "output": table(row, 1, [(o, 0, w[k] * x[j]) for o, k, j in met]),
        "matrix": table(row, g.n, [(o, j, w[k]) for o, k, j in met]),
        "windows": table(row, g.k, [(o, k, x[j]) for o, k, j in met]),
        "grad_input": table(g.n, 1, [(j, 0, delta[o] * w[k]) for o, k, j in met]),
        "grad_kernel": table(g.k, 1, [(k, 0, delta[o] * x[j]) for o, k, j in met]),
        "upstream_matrix": table(g.n, g.k, [(j, k, delta[o]) for o, k, j in met]),
        "tying": table(row * g.n, g.k, [(o * g.n + j, k, Integer(1)) for o, k, j in met]),
        "dense_gradient": [[delta[o] * x[j] for j in range(g.n)] for o in range(row)],
        "masked_gradient": table(
            row, g.n, list({(o, j): (o, j, delta[o] * x[j]) for o, _, j in met}.values())
        ),
    }


def symbols(letter: str, count: int) -> list[Symbol]:
    return [Symbol(f"{letter}{i}") for i in range(count)]


@st.composite
def layers(draw: st.DrawFn, most_rank: int = 3) -> dict[str, Any]:
    """A possible layer of any kind in the layout of PyTorch: operand shapes, steps, groups, modes."""
    rank, transposed = draw(st.integers(1, most_rank)), draw(st.booleans())
    mode = "zeros" if transposed else draw(st.sampled_from(["zeros", "circular", "reflect", "replicate"]))
    sizes, taps, outs = [], [], []
    found: dict[str, list[int]] = {name: [] for name in STEPS}
    for _ in range(rank):
        k, s, d = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
        reach = d * (k - 1)
        if transposed:
            n, a = draw(st.integers(1, 3)), draw(st.integers(0, max(s, d) - 1))
            whole = (n - 1) * s + reach + 1 + a
            p = draw(st.integers(0, min(2, (whole - 1) // 2)))
            q = draw(st.integers(0, min(2, whole - 1 - p)))
            m = whole - p - q
        else:
            n, a = draw(st.integers(1, 4)), 0
            most = {"circular": n, "reflect": n - 1}.get(mode, 3)
            p, q = draw(st.integers(0, most)), draw(st.integers(0, most))
            assume(n + p + q > reach)
            m = (n + p + q - reach - 1) // s + 1
        for name, value in zip(STEPS, (s, d, p, q, a), strict=True):
            found[name].append(value)
        sizes.append(n), taps.append(k), outs.append(m)
    groups = draw(st.integers(1, 4))
    cin, cout, batch = (
        draw(st.integers(1, 2)) * groups,
        draw(st.integers(1, 2)) * groups,
        draw(st.integers(1, 2)),
    )
    first, second = (cin, cout // groups) if transposed else (cout, cin // groups)
    return {
        **{name: tuple(values) for name, values in found.items()},
        "x": (batch, cin, *sizes),
        "w": (first, second, *taps),
        "delta": (batch, cout, *outs),
        "groups": groups,
        "flip": draw(st.booleans()),
        "transposed": transposed,
        "padding_mode": mode,
    }


STEPS = ("stride", "dilation", "before", "after", "output_padding")
