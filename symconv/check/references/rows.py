"""``np.correlate`` and ``np.convolve`` along the last axis, summed over channels and the other taps."""

from collections.abc import Iterator
from itertools import product
from typing import TypeAlias

import numpy as np

from symconv.check.references.sample import Array, Reference, Sample, padded, spread

_Index: TypeAlias = tuple[int, ...]


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


def _rows(s: Sample) -> Iterator[tuple[_Index, _Index, _Index]]:
    """Rows that meet, along the last axis: of the smaller side, of the kernel, of the padded larger side."""
    first, second = s.w.shape[:2]
    for one, two in product(range(first), range(second)):
        other = one // (first // s.groups) * second + two
        for place in product(*map(range, _counts(s)[:-1])):
            for tap in product(*map(range, s.w.shape[2:-1])):
                steps = zip(place, tap, s.stride, s.dilation, strict=False)
                yield (one, *place), (one, two, *tap), (other, *(o * t + k * d for o, k, t, d in steps))


def _counts(s: Sample) -> _Index:
    """The places of the convolution: the outputs, or the inputs of a transposed layer."""
    return s.x.shape[2:] if s.transposed else s.delta.shape[2:]


def _slid(s: Sample, x: Array) -> Array:
    """The correlation of the larger side with the kernel."""
    whole, w, counts = padded(s, x), s.correlated, _counts(s)
    y = np.zeros((x.shape[0], w.shape[0], *counts), x.dtype)
    for smaller, taps, larger in _rows(s):
        kernel = spread(w[taps], s.dilation[-1:])
        for n in range(len(x)):
            row = np.correlate(whole[(n, *larger)], kernel, "valid")[:: s.stride[-1]]
            y[(n, *smaller)] += row[: counts[-1]]
    return y


def _onto_input(s: Sample, y: Array) -> Array:
    """The smaller side spread over the larger one: each row a full convolution with the kernel."""
    w, side = s.correlated, (s.delta if s.transposed else s.x)
    whole = np.zeros_like(padded(s, side), dtype=y.dtype)
    for smaller, taps, larger in _rows(s):
        kernel = spread(w[taps], s.dilation[-1:])
        for n in range(len(y)):
            row = np.convolve(spread(y[(n, *smaller)], s.stride[-1:]), kernel, "full")
            whole[(n, *larger)][: len(row)] += row
    return _fold(s, whole, side.shape)


def _grad_kernel(s: Sample) -> Array:
    side, other = (s.delta, s.x) if s.transposed else (s.x, s.delta)
    whole, grad = padded(s, side), np.zeros(s.w.shape, side.dtype)
    for smaller, taps, larger in _rows(s):
        for n in range(len(side)):
            sliding = spread(other[(n, *smaller)], s.stride[-1:])
            row = np.correlate(whole[(n, *larger)], sliding, "valid")[:: s.dilation[-1]]
            grad[taps] += row[: s.w.shape[-1]]
    return np.flip(grad, s.spatial) if s.flip else grad


def _fold(s: Sample, whole: Array, shape: tuple[int, ...]) -> Array:
    """What lies on the padded places added to the inputs that stand there; zeros stand at one more place."""
    found, mode = whole, s.padding_mode
    for axis, *pads in zip(s.spatial, s.before, s.after, strict=True):
        n = shape[axis]
        nowhere = {"constant_values": n} if mode == "constant" else {}
        sources = np.pad(np.arange(n), pads, mode, **nowhere)
        folded = np.zeros((*found.shape[:axis], n + 1, *found.shape[axis + 1 :]), found.dtype)
        np.add.at(np.moveaxis(folded, axis, 0), sources, np.moveaxis(found, axis, 0))
        found = np.take(folded, range(n), axis)
    return found
