"""A layer at numbers, by plain loops: what the letters of a derivation stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from sympy import Expr, Integer, Symbol

from symconv.derivation.evaluate import Poly, Sequences, added, atom, multiplied
from symconv.derivation.numbers import EvaluationError, Numbers, compiled_number
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

        total = added([multiplied([atom(n.upstream, i), y]) for i, y in enumerate(outputs)])

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
            n.loss: lambda: total,
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
    setting: Setting, grid: Mapping[str, Iterable[int]] | None = None
) -> Iterator[tuple[dict[str, int], Geometry]]:
    """Every assignment of the layer's symbols from a grid that gives a possible geometry.

    A symbol that the grid does not name runs over a few numbers from its least on; an input size, from
    the least that the kernel needs.
    """
    sizes, grid = setting.sizes, grid or {}
    symbols = sorted({s for size in sizes.values() for s in size.free_symbols}, key=lambda s: str(s.name))
    last = [s for s in symbols if s == sizes["input_size"] and s.name not in grid]
    first = [s for s in symbols if s not in last]
    numbers = {name: compiled_number(size) for name, size in sizes.items()}
    for values in product(*(_values(setting, s, grid.get(s.name)) for s in first)):
        assigned = {s.name: value for s, value in zip(first, values, strict=True)}
        for more in _input_sizes(numbers, assigned, last):
            whole = {s.name: {**assigned, **more}[s.name] for s in symbols}
            found = {name: number(whole) for name, number in numbers.items()}
            if all(size == int(size) for size in found.values()):
                geometry = Geometry(
                    **{name: int(size) for name, size in found.items()}, flip=setting.axis.flip
                )
                if geometry.possible:
                    yield whole, geometry


def _input_sizes(
    numbers: Mapping[str, Callable[[Numbers], Any]], assigned: Numbers, symbols: Sequence[Symbol]
) -> list[dict[str, int]]:
    """Input sizes from the least that the kernel needs, over more than one stride."""
    if not symbols:
        return [{}]
    try:
        known = {name: int(number(assigned)) for name, number in numbers.items() if name != "input_size"}
        least = known["dilation"] * (known["kernel_size"] - 1) + 1 - known["before"] - known["after"]
        stride = known["stride"]
    except EvaluationError:  # another size is made of the input size
        least, stride = 1, 3
    spans = range(max(1, least), max(7, least + stride + 1))
    return [{symbols[0].name: n} for n in spans if _can_be(symbols[0], n)]


def _values(setting: Setting, symbol: Symbol, wanted: Iterable[int] | None) -> list[int]:
    """The numbers that a symbol is given: those wanted, or a few that its assumptions allow."""
    if wanted is not None:
        return list(wanted)
    if symbol == setting.sizes["kernel_size"]:
        span = range(1, 5)
    elif symbol.is_positive:
        span = range(1, 4)
    elif symbol in (setting.sizes["before"], setting.sizes["after"]):
        alone = setting.sizes["before"] == setting.sizes["after"]
        span = range(4 if alone else 3)
    else:
        span = range(-3, 9)
    return [value for value in span if _can_be(symbol, value)]


def _can_be(symbol: Symbol, value: int) -> bool:
    """Whether a number has every property that is assumed of a symbol."""
    number = Integer(value)
    return all(
        getattr(number, f"is_{name}", truth) in (truth, None) for name, truth in symbol.assumptions0.items()
    )


def index_values(setting: Setting, geometry: Geometry, roles: Sequence[str]) -> Iterator[dict[str, int]]:
    """All values of the indices of some roles, row-major, counted as the notation counts."""
    base = setting.notation.base
    spans = [range(base, base + geometry.counts[role]) for role in roles]
    for values in product(*spans):
        yield {setting.index(role).name: v for role, v in zip(roles, values, strict=True)}


def kept_roles(setting: Setting, expr: Expr) -> list[str]:
    """The roles whose indices an expression is open in."""
    return [role for role in ("output", "input", "tap") if setting.index(role) in expr.free_symbols]
