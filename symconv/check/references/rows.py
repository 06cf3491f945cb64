"""``np.correlate`` and ``np.convolve`` along the last axis, summed over channels and the other taps."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from symconv.check.references.sample import NUMPY_MODES, Array, Reference, Sample, padded, spread


def numpy_convolve() -> Reference:
    """The three products of a convolution; a transposed one is the same three in other parts."""
    return Reference(
        "numpy.convolve, numpy.correlate",
        {"output": _output, "grad_input": grad_input, "grad_kernel": _grad_kernel},
    )


def _output(s: Sample) -> Array:
    y = _onto_input(s, s.x) if s.transposed else _slid(s, s.x)
    return y + s.b.reshape(1, -1, *([1] * s.rank))


def grad_input(s: Sample) -> Array:
    """Also what :mod:`differences` takes differences of."""
    return _slid(s, s.delta) if s.transposed else _onto_input(s, s.delta)


def _grad_kernel(s: Sample) -> Array:
    return _kernel(s, s.delta, s.x) if s.transposed else _kernel(s, s.x, s.delta)


def _pairs(s: Sample) -> Iterator[tuple[int, int, int]]:
    """(channel of the smaller side, second index of the kernel, channel of the larger side)."""
    first, second = s.w.shape[:2]
    for one in range(first):
        for two in range(second):
            yield one, two, one // (first // s.groups) * second + two


_Index = tuple[int, ...]


def _lines(s: Sample, counts: _Index) -> Iterator[tuple[_Index, _Index, _Index]]:
    """For all axes but the last: (place, tap, where the tap meets the padded input)."""
    for place in product(*map(range, counts[:-1])):
        for tap in product(*map(range, s.w.shape[2:-1])):
            yield (
                place,
                tap,
                tuple(o * t + k * d for o, k, t, d in zip(place, tap, s.stride, s.dilation, strict=False)),
            )


def _counts(s: Sample) -> tuple[int, ...]:
    """The places of the convolution: the outputs, or the inputs of a transposed layer."""
    return s.x.shape[2:] if s.transposed else s.delta.shape[2:]


def _slid(s: Sample, x: Array) -> Array:
    """The correlation of the larger side with the kernel."""
    whole, w, counts = padded(s, x), s.correlated, _counts(s)
    y = np.zeros((x.shape[0], w.shape[0], *counts), x.dtype)
    for one, two, other in _pairs(s):
        for place, tap, at in _lines(s, counts):
            kernel = spread(w[(one, two, *tap)], (s.dilation[-1],))
            for n in range(len(x)):
                row = np.correlate(whole[(n, other, *at)], kernel, "valid")[:: s.stride[-1]]
                y[(n, one, *place)] += row[: counts[-1]]
    return y


def _onto_input(s: Sample, y: Array) -> Array:
    """The smaller side spread over the larger one: each row a full convolution with the kernel."""
    w, counts = s.correlated, _counts(s)
    larger = s.delta if s.transposed else s.x
    whole = np.zeros_like(padded(s, larger), dtype=y.dtype)
    for one, two, other in _pairs(s):
        for place, tap, at in _lines(s, counts):
            kernel = spread(w[(one, two, *tap)], (s.dilation[-1],))
            for n in range(len(y)):
                row = np.convolve(spread(y[(n, one, *place)], (s.stride[-1],)), kernel, "full")
                whole[(n, other, *at)][: len(row)] += row
    return _fold(s, whole, larger.shape)


def _kernel(s: Sample, larger: Array, smaller: Array) -> Array:
    whole, counts = padded(s, larger), _counts(s)
    grad = np.zeros(s.w.shape, larger.dtype)
    for one, two, other in _pairs(s):
        for place, tap, at in _lines(s, counts):
            for n in range(len(larger)):
                sliding = spread(smaller[(n, one, *place)], (s.stride[-1],))
                row = np.correlate(whole[(n, other, *at)], sliding, "valid")[:: s.dilation[-1]]
                grad[(one, two, *tap)] += row[: s.w.shape[-1]]
    return np.flip(grad, s.spatial) if s.flip else grad


def _fold(s: Sample, whole: Array, shape: tuple[int, ...]) -> Array:
    """What lies on the padded places added to the inputs that stand there."""
    found, mode = whole, NUMPY_MODES[s.padding_mode]
    for a in range(s.rank):
        n, axis = shape[2 + a], 2 + a
        pads = s.before[a], s.after[a]
        if mode == "constant":
            found = np.take(found, range(pads[0], pads[0] + n), axis=axis)
            continue
        sources = np.pad(np.arange(n), pads, mode=mode)
        folded = np.zeros((*found.shape[:axis], n, *found.shape[axis + 1 :]), found.dtype)
        np.add.at(np.moveaxis(folded, axis, 0), sources, np.moveaxis(found, axis, 0))
        found = folded
    return found
