"""A layer at numbers, by plain loops: what the letters of a derivation stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from sympy import Expr, Symbol

from symconv.derivation.evaluate import Poly, Sequences, added, atom, compiled_number, multiplied
from symconv.derivation.setting import Setting


@dataclass(frozen=True)
class Geometry:
    """Sizes, stride, dilation and padding in numbers."""

    input_size: int
    kernel_size: int
    stride: int
    dilation: int
    before: int
    after: int
    flip: bool

    @property
    def possible(self) -> bool:
        least = min(self.input_size, self.kernel_size, self.stride, self.dilation) >= 1
        padded = self.input_size + self.before + self.after
        return least and min(self.before, self.after) >= 0 and padded > self.dilation * (self.kernel_size - 1)

    @property
    def counts(self) -> dict[str, int]:
        """How many outputs, taps and inputs there are."""
        return {"output": len(self.met), "tap": self.kernel_size, "input": self.input_size}

    @cached_property
    def met(self) -> list[list[tuple[int, int]]]:
        """For each output, the (tap, input) pairs that it sums: the kernel laid on the padded input."""
        padded = [None] * self.before + list(range(self.input_size)) + [None] * self.after
        taps = list(range(self.kernel_size))
        if self.flip:
            taps.reverse()
        rows, left = [], 0
        while left + self.dilation * (self.kernel_size - 1) < len(padded):
            seen = [(tap, padded[left + place * self.dilation]) for place, tap in enumerate(taps)]
            rows.append([(tap, j) for tap, j in seen if j is not None])
            left += self.stride
        return rows


class World:
    """The sequences of a layer at one geometry."""

    def __init__(self, setting: Setting, geometry: Geometry) -> None:
        self.geometry = geometry
        n = setting.notation
        met, before = geometry.met, geometry.before

        def output(i: int) -> Poly:
            terms = [multiplied([atom(n.kernel, k), atom(n.input, j)]) for k, j in met[i]]
            return added([*terms, atom(n.bias)] if setting.bias else terms)

        outputs = [output(i) for i in range(len(met))]
        pairs = [{(k, j) for k, j in row} for row in met]

        def padded(place: int) -> Poly:
            inside = before <= place < before + geometry.input_size
            return atom(n.input, place - before) if inside else {}

        def loss() -> Poly:
            return added([multiplied([atom(n.upstream, i), y]) for i, y in enumerate(outputs)])

        def windows(*places: int) -> Poly:
            at = dict(zip(setting.window_roles, places, strict=True))
            return added([atom(n.input, j) for k, j in met[at["output"]] if k == at["tap"]])

        taps = range(geometry.kernel_size)
        read: dict[str, Callable[..., Poly]] = {
            n.input: lambda j: atom(n.input, j),
            n.kernel: lambda k: atom(n.kernel, k),
            n.upstream: lambda i: atom(n.upstream, i),
            n.output: lambda i: outputs[i],
            n.bias: lambda: atom(n.bias),
            n.loss: loss,
            str(setting.padded.label): padded,
            n.matrix: lambda i, j: added([atom(n.kernel, k) for k in taps if (k, j) in pairs[i]]),
            n.windows: windows,
            n.tying: lambda i, j, k: {(): 1} if (k, j) in pairs[i] else {},
            n.upstream_matrix: lambda j, k: added(
                [atom(n.upstream, i) for i, row in enumerate(pairs) if (k, j) in row]
            ),
        }
        lengths = {
            n.input: geometry.input_size,
            n.kernel: geometry.kernel_size,
            n.upstream: len(met),
            n.output: len(met),
            str(setting.padded.label): geometry.input_size + before + geometry.after,
        }
        self.sequences = Sequences(read, lengths, n.base)


def geometries(
    setting: Setting, grid: dict[str, range] | None = None
) -> Iterator[tuple[dict[str, int], Geometry]]:
    """Every assignment of the layer's symbols from a grid that gives a possible geometry.

    A symbol that the grid does not name runs over :func:`default_range`.
    """
    symbols = sorted({s for size in setting.sizes.values() for s in size.free_symbols}, key=lambda s: s.name)
    ranges = [(grid or {}).get(s.name) or default_range(setting, s) for s in symbols]
    numbers = {name: compiled_number(size) for name, size in setting.sizes.items()}
    for values in product(*ranges):
        assigned = {s.name: value for s, value in zip(symbols, values, strict=True)}
        sizes = {name: number(assigned) for name, number in numbers.items()}
        if all(size == int(size) for size in sizes.values()):
            geometry = Geometry(**{name: int(size) for name, size in sizes.items()}, flip=setting.axis.flip)
            if geometry.possible:
                yield assigned, geometry


def default_range(setting: Setting, symbol: Symbol) -> range:
    """The numbers that a symbol is given when nothing else is said."""
    sizes = setting.sizes
    if symbol == sizes["input_size"]:
        return range(1, 7)
    if symbol == sizes["kernel_size"]:
        return range(1, 5)
    if symbol.is_positive:
        return range(1, 4)
    paddings = sizes["before"].free_symbols | sizes["after"].free_symbols
    return range(4 if len(paddings) == 1 else 3)


def index_values(setting: Setting, geometry: Geometry, roles: Sequence[str]) -> Iterator[dict[str, int]]:
    """All values of the indices of some roles, row-major, counted as the notation counts."""
    base = setting.notation.base
    spans = [range(base, base + geometry.counts[role]) for role in roles]
    for values in product(*spans):
        yield {setting.index(role).name: v for role, v in zip(roles, values, strict=True)}


def kept_roles(setting: Setting, expr: Expr) -> list[str]:
    """The roles whose indices an expression is open in."""
    return [role for role in ("output", "input", "tap") if setting.index(role) in expr.free_symbols]
