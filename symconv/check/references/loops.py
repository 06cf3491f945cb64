"""Loops: every quantity straight from the definition, from the list of what meets."""

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from symconv.check.references.sample import NUMPY_MODES, Array, Reference, Sample


def loops() -> Reference:
    """Plain loops over outputs and taps, and over inputs and taps where transposed."""
    return Reference(
        "loops",
        {
            "output_size": lambda s: np.array(_sizes(s)),
            "output": _output,
            "matrix": _matrix,
            "windows": _windows,
            "grad_input": _grad_input,
            "grad_kernel": _grad_kernel,
            "grad_bias": _grad_bias,
            "upstream_matrix": _upstream_matrix,
            "tying": _tying,
            "masked_gradient": _masked_gradient,
        },
        frozenset({"tying"}),
    )


def _sizes(s: Sample) -> list[int]:
    return [len(positions) for positions in _positions(s)]


def _positions(s: Sample) -> list[Sequence[int]]:
    """Per axis, where in the padded input a window starts; transposed: what is left of all outputs."""
    positions: list[Sequence[int]] = []
    for axis in range(s.rank):
        size, reach, step = s.x.shape[2 + axis], s.dilation[axis] * (s.w.shape[2 + axis] - 1), s.stride[axis]
        if s.transposed:
            last = (size - 1) * step + reach + s.output_padding[axis]
            positions.append(range(s.before[axis], last + 1 - s.after[axis]))
            continue
        starts = []
        start = 0
        while start + reach < s.before[axis] + size + s.after[axis]:
            starts.append(start)
            start += step
        positions.append(starts)
    return positions


def _taps(s: Sample) -> Iterator[tuple[int, list[int]]]:
    """Each tap, and how far from the start of the window it looks."""
    sizes = s.w.shape[2:]
    for flat, tap in enumerate(product(*map(range, sizes))):
        met = [size - 1 - k for k, size in zip(tap, sizes, strict=True)] if s.flip else tap
        yield flat, [d * k for d, k in zip(s.dilation, met, strict=True)]


def _gathered(s: Sample) -> Iterator[tuple[int, int, int]]:
    """Which output, tap and input meet in a convolution, of a single channel."""
    sources = [
        np.pad(np.arange(size), pads, NUMPY_MODES[s.padding_mode], **_nowhere(s)).tolist()
        for size, *pads in zip(s.x.shape[2:], s.before, s.after, strict=True)
    ]
    for output, starts in enumerate(product(*_positions(s))):
        for tap, offsets in _taps(s):
            place = [row[i + k] for row, i, k in zip(sources, starts, offsets, strict=True)]
            if min(place) >= 0:
                yield output, tap, _flat(place, s.x.shape[2:])


def _nowhere(s: Sample) -> dict[str, Any]:
    """Zeros around the input are no input."""
    return {"constant_values": -1} if s.padding_mode == "zeros" else {}


def _scattered(s: Sample) -> Iterator[tuple[int, int, int]]:
    """Which output, tap and input meet in a transposed convolution, of a single channel."""
    sizes = _sizes(s)
    for entry, place in enumerate(product(*map(range, s.x.shape[2:]))):
        for tap, offsets in _taps(s):
            output = [
                step * j + k - pad for step, j, k, pad in zip(s.stride, place, offsets, s.before, strict=True)
            ]
            if all(0 <= o < size for o, size in zip(output, sizes, strict=True)):
                yield _flat(output, sizes), tap, entry


def _flat(place: Sequence[int], sizes: Sequence[int]) -> int:
    flat = 0
    for index, size in zip(place, sizes, strict=True):
        flat = flat * size + index
    return flat


def _channels(s: Sample) -> Iterator[tuple[int, int, int]]:
    """Which output channel, kernel and input channel meet."""
    first, second = s.w.shape[:2]
    for here in range(first):
        group = here // (first // s.groups)
        for k in range(second):
            there, kernel = group * second + k, here * second + k
            yield (there, kernel, here) if s.transposed else (here, kernel, there)


def _all_meetings(s: Sample) -> Iterator[tuple[int, int, int]]:
    outputs, taps, inputs = prod(_sizes(s)), prod(s.w.shape[2:]), prod(s.x.shape[2:])
    spatial = list(_scattered(s) if s.transposed else _gathered(s))
    for image in range(s.x.shape[0]):
        for channel, kernel, source in _channels(s):
            first_output = (image * len(s.b) + channel) * outputs
            first_input = (image * s.x.shape[1] + source) * inputs
            for output, tap, entry in spatial:
                yield first_output + output, kernel * taps + tap, first_input + entry


#: They are the same for all quantities; as machine integers they take the least room.
_KNOWN: WeakKeyDictionary[Sample, Array] = WeakKeyDictionary()


def _meetings(s: Sample) -> list[list[int]]:
    """Flat places of every output, tap and input that meet."""
    if s not in _KNOWN:
        _KNOWN[s] = np.array(list(_all_meetings(s)), np.int64).reshape(-1, 3)
    meetings: list[list[int]] = _KNOWN[s].tolist()
    return meetings


def _numbers(operand: Array) -> list[Any]:
    numbers: list[Any] = operand.ravel().tolist()
    return numbers


def _output_count(s: Sample) -> int:
    return len(s.x) * len(s.b) * prod(_sizes(s))


def _output(s: Sample) -> Array:
    x, w = _numbers(s.x), _numbers(s.w)
    images, places = range(s.x.shape[0]), range(prod(_sizes(s)))
    totals = [bias for _ in images for bias in _numbers(s.b) for _ in places]
    for o, t, j in _meetings(s):
        totals[o] += w[t] * x[j]
    return np.array(totals, s.dtype)


def _grad_input(s: Sample) -> Array:
    w, delta, totals = _numbers(s.w), _numbers(s.delta), [0] * s.x.size
    for o, t, j in _meetings(s):
        totals[j] += delta[o] * w[t]
    return np.array(totals, s.dtype)


def _grad_kernel(s: Sample) -> Array:
    x, delta, totals = _numbers(s.x), _numbers(s.delta), [0] * s.w.size
    for o, t, j in _meetings(s):
        totals[t] += delta[o] * x[j]
    return np.array(totals, s.dtype)


def _grad_bias(s: Sample) -> Array:
    totals: list[Any] = [0] * len(s.b)
    for image in s.delta:
        for channel, entries in enumerate(image):
            for entry in _numbers(entries):
                totals[channel] += entry
    return np.array(totals, s.dtype)


def _matrix(s: Sample) -> Array:
    w, cells = _numbers(s.w), np.zeros((_output_count(s), s.x.size), s.dtype)
    for o, t, j in _meetings(s):
        cells[o, j] += w[t]
    return cells


def _windows(s: Sample) -> Array:
    x, cells = _numbers(s.x), np.zeros((_output_count(s), s.w.size), s.dtype)
    for o, t, j in _meetings(s):
        cells[o, t] += x[j]
    return cells


def _upstream_matrix(s: Sample) -> Array:
    delta, cells = _numbers(s.delta), np.zeros((s.x.size, s.w.size), s.dtype)
    for o, t, j in _meetings(s):
        cells[j, t] += delta[o]
    return cells


def _tying(s: Sample) -> Array:
    counts = np.zeros((_output_count(s) * s.x.size, s.w.size), np.int8)
    for o, t, j in _meetings(s):
        counts[o * s.x.size + j, t] += 1
    return counts


def _masked_gradient(s: Sample) -> Array:
    x, delta = _numbers(s.x), _numbers(s.delta)
    cells = np.zeros((_output_count(s), s.x.size), s.dtype)
    for o, _, j in _meetings(s):
        cells[o, j] = delta[o] * x[j]
    return cells
