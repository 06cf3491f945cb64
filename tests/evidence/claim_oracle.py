"""Layers by plain loops over fractions: the judge of claims, with no code of the package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from tests.evidence.claim_formulas import Poly, UndefinedError, number, plus, times


@dataclass(frozen=True)
class Axis:
    """One spatial axis, its sizes as text."""

    size: str = "N"
    kernel: str = "K"
    stride: str = "1"
    dilation: str = "1"
    before: str = "0"
    after: str = "0"
    flip: bool = False
    transposed: bool = False
    extra: str = "0"
    circular: bool = False


@dataclass(frozen=True)
class Layer:
    """A layer as text; ``kind`` is "weights", "mean" or "choice"."""

    axes: tuple[Axis, ...] = (Axis(),)
    channels: tuple[str, str, str] | None = None
    batch: str | None = None
    bias: bool = False
    kind: str = "weights"
    base: int = 0

    def at(self, sizes: dict[str, int]) -> Case | None:
        """The layer at numbers, where it is possible."""
        axes = []
        for axis in self.axes:
            values = {
                name: number(getattr(axis, name), sizes)
                for name in ("size", "kernel", "stride", "dilation", "before", "after", "extra")
            }
            if any(value.denominator != 1 for value in values.values()):
                return None
            n, k, s, d, p, q, a = map(int, values.values())
            if min(n, k, s, d) < 1 or min(p, q, a) < 0 or (axis.circular and max(p, q) > n):
                return None
            reach = d * (k - 1)
            m = (n - 1) * s - p - q + reach + a + 1 if axis.transposed else (n + p + q - reach - 1) // s + 1
            if m < 1 or (axis.transposed and a >= max(s, d)):
                return None
            if self.kind != "weights" and max(p, q) * 2 > reach + 1:
                return None
            axes.append((n, k, s, d, p, m, axis.flip, axis.transposed, axis.circular))
        counts = [int(number(c, sizes)) for c in self.channels or ()]
        if counts and (min(counts) < 1 or counts[0] % counts[2] or counts[1] % counts[2]):
            return None
        batch = int(number(self.batch, sizes)) if self.batch else None
        if batch is not None and batch < 1:
            return None
        return Case(self, tuple(axes), tuple(counts), batch)


@dataclass(frozen=True)
class Case:
    """A layer at numbers: its sequences, and what each quantity is at each index."""

    layer: Layer
    axes: tuple[tuple[Any, ...], ...]
    counts: tuple[int, ...]
    batch: int | None
    shapes: dict[str, tuple[int, ...]] = field(init=False)

    def __post_init__(self) -> None:
        n, k, m = (tuple(axis[at] for axis in self.axes) for at in (0, 1, 5))
        if self.counts:
            inputs, outputs, groups = self.counts
            n, k, m = (inputs, *n), (outputs, inputs // groups, *k), (outputs, *m)
        if self.batch is not None:
            n, m = (self.batch, *n), (self.batch, *m)
        shapes = {"x": n, "w": k, "delta": m, "b": (self.counts[1],) if self.counts else ()}
        if self.layer.kind == "choice":
            del shapes["w"]
            shapes["S"] = (*m, *k)
        object.__setattr__(self, "shapes", shapes)

    @property
    def base(self) -> int:
        return self.layer.base

    @property
    def scalar_bias(self) -> str:
        return "b" if self.layer.bias and not self.counts else ""

    @property
    def size(self) -> int:
        """How many products of an output and a tap there are."""
        return prod(axis[1] * axis[5] for axis in self.axes)

    def entry(self, letter: str, indices: list[Fraction]) -> Poly:
        if any(index.denominator != 1 for index in indices):
            raise UndefinedError(f"reads {letter} between two entries")
        places = tuple(int(index) - self.base for index in indices)
        if all(0 <= at < count for at, count in zip(places, self.shapes[letter], strict=True)):
            return {((letter, places),): Fraction(1)}
        return {}

    def indices(self, quantity: str) -> Iterator[tuple[int, ...]]:
        """All values of the kept indices, counted from 0."""
        return product(*map(range, self.extents(quantity)))

    def extents(self, quantity: str) -> list[int]:
        """How many values each kept index has."""
        return [count for role in _KEPT[quantity] for count in self._roles[role]]

    @property
    def _roles(self) -> dict[str, tuple[int, ...]]:
        taps = self.shapes["w" if "w" in self.shapes else "S"]
        outputs = self.shapes["delta"]
        own = len(outputs) if self.layer.kind == "choice" else 0
        return {"o": outputs, "i": self.shapes["x"], "t": taps[own:]}

    def truth(self, quantity: str, kept: tuple[int, ...]) -> Poly:
        """A quantity at its kept indices, counted from 0."""
        if quantity == "output_size":
            return {(): Fraction(self.axes[0][5])}
        fixed: dict[str, tuple[int, ...]] = {}
        at = 0
        for role in _KEPT[quantity]:
            count = len(self._roles[role])
            fixed[role] = kept[at : at + count]
            at += count
        found = []
        for o, t, i in self._triples(fixed):
            factors: dict[str, Poly] = {
                "t": self._weight(o, t),
                "i": {(("x", i),): Fraction(1)},
                "o": {(("delta", o),): Fraction(1)},
            }
            term: Poly = {(): Fraction(1)}
            for role in _MULTIPLIED[quantity]:
                term = times(term, factors[role])
            found.append(term)
        if quantity == "output" and self.layer.bias:
            own = kept[1:2] if self.batch is not None else kept[:1]
            found.append({(("b", own if self.counts else ()),): Fraction(1)})
        return plus(found)

    def _weight(self, o: tuple[int, ...], t: tuple[int, ...]) -> Poly:
        if self.layer.kind == "mean":
            return {(): Fraction(1, prod(axis[1] for axis in self.axes))}
        return {(("S", (*o, *t)),) if self.layer.kind == "choice" else (("w", t),): Fraction(1)}

    def _triples(self, fixed: dict[str, tuple[int, ...]]) -> Iterator[tuple[Any, Any, Any]]:
        """Each output, tap and input that meet and have the fixed indices."""
        lead, channels = int(self.batch is not None), bool(self.counts)
        skip = {"o": lead + channels, "t": 2 * channels, "i": lead + channels}
        spatial = [
            list(
                _met(
                    axis,
                    *(fixed[role][skip[role] + at] if role in fixed else None for role in ("o", "t", "i")),
                )
            )
            for at, axis in enumerate(self.axes)
        ]
        for n, (co, ct, ci) in product(self._batches(fixed), self._channels(fixed, lead)):
            for meeting in product(*spatial):
                o, t, i = (tuple(part[role] for part in meeting) for role in range(3))
                yield (*n, *co, *o), (*ct, *t), (*n, *ci, *i)

    def _batches(self, fixed: dict[str, tuple[int, ...]]) -> list[tuple[int, ...]]:
        if self.batch is None:
            return [()]
        wanted = {fixed[role][0] for role in ("o", "i") if role in fixed}
        return [(n,) for n in range(self.batch) if wanted <= {n}]

    def _channels(self, fixed: dict[str, tuple[int, ...]], lead: int) -> Iterator[tuple[Any, Any, Any]]:
        if not self.counts:
            yield (), (), ()
            return
        inputs, outputs, groups = self.counts
        for o in range(outputs):
            for c in range(inputs // groups):
                i = o // (outputs // groups) * (inputs // groups) + c
                same = ("o", (o,), lead), ("t", (o, c), 0), ("i", (i,), lead)
                if all(r not in fixed or fixed[r][start : start + len(own)] == own for r, own, start in same):
                    yield (o,), (o, c), (i,)


def _met(
    axis: tuple[Any, ...], o: int | None, t: int | None, i: int | None
) -> Iterator[tuple[int, int, int]]:
    """The meetings of one axis, by loops over what is not fixed."""
    n, k, s, d, p, m, flip, transposed, circular = axis
    near, far = (i, o) if transposed else (o, i)  # far = s near + d tap - p
    nears, fars = (n, m) if transposed else (m, n)
    for tap in range(k) if t is None else (t,):
        offset = d * (k - 1 - tap if flip else tap) - p
        if near is not None:
            places = [near]
        elif far is not None and not circular:
            places = [(far - offset) // s] if (far - offset) % s == 0 else []
        else:
            places = list(range(nears))
        for place in places:
            target = s * place + offset
            if circular:
                target %= n
            if 0 <= place < nears and 0 <= target < fars and far in (None, target):
                yield (target, tap, place) if transposed else (place, tap, target)


#: The roles of the kept indices, in their order, and what is multiplied: Output, Tap, Input.
_KEPT = {
    "output_size": "", "output": "o", "matrix": "oi", "windows": "ot", "grad_input": "i", "grad_kernel": "t",
    "upstream_matrix": "it", "tying": "oit", "grad_bias": "b",
}  # fmt: skip
_MULTIPLIED = {
    "output": "ti", "matrix": "t", "windows": "i", "grad_input": "to", "grad_kernel": "oi",
    "upstream_matrix": "o", "tying": "",
}  # fmt: skip
