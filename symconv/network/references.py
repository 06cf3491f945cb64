"""Independent answers: a chain by plain loops over its options, on numbers that carry their derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any, NamedTuple

import mpmath
import numpy as np

#: So many digits has the arithmetic in which functions are evaluated that are not rational.
DIGITS = 50


class Dual:
    """A number with its derivatives by operands, those that are not 0: ``value + slopes ε``, ``ε² = 0``."""

    def __init__(self, value: Any, slopes: Mapping[int, Any]) -> None:
        self.value, self.slopes = value, slopes

    def __add__(self, other: Any) -> Dual:
        if isinstance(other, Dual):
            return Dual(self.value + other.value, _plus(self.slopes, other.slopes))
        return Dual(self.value + other, self.slopes)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Dual:
        if isinstance(other, Dual):
            parts = _times(self.slopes, other.value), _times(other.slopes, self.value)
            return Dual(self.value * other.value, _plus(*parts))
        return Dual(self.value * other, _times(self.slopes, other))

    __rmul__ = __mul__

    def __neg__(self) -> Dual:
        return self.__mul__(-1)

    def __sub__(self, other: Any) -> Dual:
        return self.__add__(-1 * other)

    def __rsub__(self, other: Any) -> Dual:
        return self.__mul__(-1).__add__(other)

    def __truediv__(self, other: Dual) -> Dual:
        return self * other.applied(lambda v: 1 / v, lambda v: -1 / v**2)

    def applied(self, function: Callable[[Any], Any], slope: Callable[[Any], Any]) -> Dual:
        """A function whose derivative is given."""
        return Dual(function(self.value), _times(self.slopes, slope(self.value)))

    def exp(self) -> Dual:
        """The exponential, which is its own derivative."""
        return self.applied(mpmath.exp, mpmath.exp)

    def log(self) -> Dual:
        """The natural logarithm."""
        return self.applied(mpmath.log, lambda v: 1 / v)


def _times(slopes: Mapping[int, Any], number: Any) -> Mapping[int, Any]:
    return {at: slope * number for at, slope in slopes.items()} if number else {}


def _plus(one: Mapping[int, Any], other: Mapping[int, Any]) -> Mapping[int, Any]:
    if len(other) > len(one):
        one, other = other, one
    found = dict(one)
    for at, slope in other.items():
        found[at] = found[at] + slope if at in found else slope
    return found


def _sigmoid(z: Dual) -> Dual:
    one = z * 0 + 1
    return one / (one + (-z).exp())


def _tanh(z: Dual) -> Dual:
    up, down = z.exp(), (-z).exp()
    return (up - down) / (up + down)


def _gelu(z: Dual) -> Dual:
    bell = z.applied(mpmath.ncdf, mpmath.npdf)
    return z * bell


#: The activations by their names, from their definitions.
ACTIVATIONS: Mapping[str, Callable[[Dual], Dual]] = {
    "identity": lambda z: z,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": lambda z: z if z.value > 0 else z * 0,
    "leaky_relu": lambda z: z if z.value > 0 else z * Fraction(1, 100),
    "softplus": lambda z: (z.exp() + 1).log(),
    "gelu": _gelu,
}


def elsewhere(function: Callable[[Any], Any]) -> Callable[[Dual], Dual]:
    """Any other function of one number: its derivative by central differences in many digits."""
    step = mpmath.mpf(10) ** (-DIGITS // 3)
    return lambda z: z.applied(function, lambda v: (function(v + step) - function(v - step)) / (2 * step))


def softmax(entries: Sequence[Dual]) -> list[Dual]:
    """The exponentials over their sum."""
    powers = [entry.exp() for entry in entries]
    whole = sum(powers[1:], powers[0])
    return [power / whole for power in powers]


class Normalised(NamedTuple):
    """What a batch normalisation gives: for each channel, and for each entry."""

    mean: list[Dual]
    variance: list[Dual]
    entries: list[Dual]
    output: list[Dual]


def normalised(
    x: Sequence[Dual], shape: tuple[int, int, int], scale: Sequence[Any], shift: Sequence[Any], eps: Any,
    given: tuple[Sequence[Dual], Sequence[Dual]] | None = None,
) -> Normalised:  # fmt: skip
    """Batch normalisation by loops; the shape is that of samples, channels and places in each.

    The statistics are those of the batch unless they are given.
    """
    samples, channels, places = shape
    found = Normalised([], [], list(x), list(x))
    for c in range(channels):
        own = [(n * channels + c) * places + p for n in range(samples) for p in range(places)]
        if given is None:
            mean = _sum(x[at] for at in own) * Fraction(1, len(own))
            variance = _sum((x[at] - mean) * (x[at] - mean) for at in own) * Fraction(1, len(own))
        else:
            mean, variance = (statistic[c] for statistic in given)
        found.mean.append(mean)
        found.variance.append(variance)
        deviation = root(variance + eps)
        for at in own:
            found.entries[at] = (x[at] - mean) / deviation
            found.output[at] = found.entries[at] * scale[c] + shift[c]
    return found


def root(value: Dual) -> Dual:
    """The square root."""
    return value.applied(mpmath.sqrt, lambda v: 1 / (2 * mpmath.sqrt(v)))


@dataclass(frozen=True)
class Plain:
    """A layer as plain values: its class by name, the shapes, and the options of each axis."""

    kind: str
    inside: tuple[int, ...]  # channels, and then places
    outside: tuple[int, ...]
    axes: tuple[Mapping[str, Any], ...] = ()
    groups: int = 1
    bias: bool = False
    pooled: Mapping[str, Any] | None = None

    def apply(self, x: Sequence[Any], w: Sequence[Any], b: Sequence[Any]) -> list[Any]:
        """The layer on flat lists."""
        if self.kind == "Dense":
            n = len(x)
            sums = [_sum(w[i * n + j] * x[j] for j in range(n)) for i in range(self.outside[0])]
        elif self.kind == "Scale":
            sums = [a * b for a, b in zip(w, x, strict=True)]
        elif self.pooled is not None:
            sums = self._pool(x)
        else:
            sums = self._convolve(x, w)
        each = len(sums) // len(b) if self.bias else 0
        return [s + b[at // each] for at, s in enumerate(sums)] if self.bias else sums

    def _windows(self, axis: Mapping[str, Any], outputs: int) -> list[list[tuple[int, int]]]:
        """For each output along an axis the taps and the places of the input that they meet."""
        size, k = axis["input_size"], axis["kernel_size"]
        windows = []
        for o in range(outputs):
            window = []
            for tap in range(k):
                place = axis["stride"] * o + axis["dilation"] * tap - axis["before"]
                place = _inside(place, size, axis["padding_mode"])
                if place is not None:
                    window.append((k - 1 - tap if axis["flip"] else tap, place))
            windows.append(window)
        return windows

    def _spread(self, axis: Mapping[str, Any], outputs: int) -> list[list[tuple[int, int]]]:
        """The same where each input lays the kernel on the outputs."""
        found: list[list[tuple[int, int]]] = [[] for _ in range(outputs)]
        k = axis["kernel_size"]
        for j in range(axis["input_size"]):
            for tap in range(k):
                place = axis["stride"] * j + axis["dilation"] * tap - axis["before"]
                if 0 <= place < outputs:
                    found[place].append((k - 1 - tap if axis["flip"] else tap, j))
        return found

    def _met(self) -> Iterator[tuple[tuple[int, ...], list[list[tuple[int, int]]]]]:
        """Each place of the output, with the taps and places along each axis that it meets."""
        met = self._spread if self.kind.startswith("ConvTranspose") else self._windows
        along = [met(axis, size) for axis, size in zip(self.axes, self.outside[1:], strict=True)]
        for place in product(*map(range, self.outside[1:])):
            yield place, [rows[at] for rows, at in zip(along, place, strict=True)]

    def _convolve(self, x: Sequence[Any], w: Sequence[Any]) -> list[Any]:
        sizes, taps = self.inside[1:], [axis["kernel_size"] for axis in self.axes]
        ins, outs = self.inside[0] // self.groups, self.outside[0] // self.groups
        transposed = self.kind.startswith("ConvTranspose")
        found = []
        for o in range(self.outside[0]):
            group = o // outs
            for _, windows in self._met():
                terms = []
                for c in range(ins):
                    first, second = (group * ins + c, o % outs) if transposed else (o, c)
                    width = outs if transposed else ins
                    for pairs in product(*windows):
                        tap = _flat([k for k, _ in pairs], taps)
                        place = _flat([j for _, j in pairs], sizes)
                        weight = w[(first * width + second) * prod(taps) + tap]
                        terms.append(weight * x[(group * ins + c) * prod(sizes) + place])
                found.append(_sum(terms) if terms else x[0] * 0)
        return found

    def _pool(self, x: Sequence[Any]) -> list[Any]:
        assert self.pooled is not None
        sizes, found = self.inside[1:], []
        for channel in range(self.outside[0]):
            for place, windows in self._met():
                seen = [
                    x[channel * prod(sizes) + _flat([j for _, j in pairs], sizes)]
                    for pairs in product(*windows)
                ]
                if self.kind.startswith("MaxPool"):
                    best = seen[0]
                    for entry in seen[1:]:
                        best = entry if entry.value > best.value else best
                    found.append(best)
                else:
                    found.append(_sum(seen) * Fraction(1, self._divisor(place)))
        return found

    def _divisor(self, place: Sequence[int]) -> int:
        """How many places of a window count in its average."""
        assert self.pooled is not None
        if self.pooled["divisor"]:
            return int(self.pooled["divisor"])
        counts = []
        for axis, at in zip(self.axes, place, strict=True):
            places = [axis["stride"] * at + k - axis["before"] for k in range(axis["kernel_size"])]
            first, last = -axis["before"], axis["input_size"] + axis["after"]
            if not self.pooled["padding"]:
                first, last = 0, axis["input_size"]
            counts.append(sum(first <= p < last for p in places))
        return prod(counts)


def _inside(place: int, size: int, mode: str) -> int | None:
    """Where the padding reads the input, if it does."""
    if 0 <= place < size:
        return place
    if mode == "zeros":
        return None
    called: Any = {"circular": "wrap", "replicate": "edge", "reflect": "reflect"}[mode]
    around = size - 1 if mode == "reflect" else 3 * size
    return int(np.pad(np.arange(size), around, called)[place + around])


def _flat(index: Sequence[int], sizes: Sequence[int]) -> int:
    at = 0
    for i, size in zip(index, sizes, strict=True):
        at = at * size + i
    return at


def _sum(terms: Iterable[Any]) -> Any:
    first, *others = terms
    for term in others:
        first = first + term
    return first


def losses(name: str, of_probabilities: bool) -> Callable[[Sequence[Any], Sequence[Any]], Any]:
    """The losses from their definitions, on numbers with derivatives."""
    if name == "cross_entropy":

        def entropy(a: Sequence[Any], t: Sequence[Any]) -> Any:
            p = a if of_probabilities else softmax(a)
            return -_sum(q.log() * u for q, u in zip(p, t, strict=True))

        return entropy
    parts = (lambda n: 2) if name == "half_squared_error" else (lambda n: n)
    return lambda a, t: (
        _sum((u - v) * (u - v) for u, v in zip(a, t, strict=True)) * Fraction(1, parts(len(a)))
    )
