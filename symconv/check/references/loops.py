"""Loops: every quantity straight from the definition, from the list of what meets."""

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from symconv.check.references.sample import Array, Reference, Sample


def loops() -> Reference:
    """Plain loops over outputs and taps, and over inputs and taps where transposed."""
    return Reference(
        "loops",
        {
            "output_size": lambda s: np.array(_sizes(s)),
            "output": lambda s: _summed(["output"], s) + np.tile(np.repeat(s.b, prod(_sizes(s))), len(s.x)),
            "grad_bias": lambda s: np.array([sum(rows.ravel().tolist()) for rows in s.delta.swapaxes(0, 1)]),
            "masked_gradient": _masked_gradient,
        },
        contraction=_summed,
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
        else:
            positions.append(range(0, s.before[axis] + size + s.after[axis] - reach, step))
    return positions


def _taps(s: Sample) -> Iterator[tuple[int, list[int]]]:
    """Each tap, and how far from the start of the window it looks."""
    sizes = s.w.shape[2:]
    for flat, tap in enumerate(product(*map(range, sizes))):
        met = [size - 1 - k for k, size in zip(tap, sizes, strict=True)] if s.flip else tap
        yield flat, [d * k for d, k in zip(s.dilation, met, strict=True)]


def _gathered(s: Sample) -> Iterator[tuple[int, int, int]]:
    """Which output, tap and input meet in a convolution, of a single channel."""
    nowhere: dict[str, Any] = {"constant_values": -1} if s.padding_mode == "constant" else {}
    sources = [
        np.pad(np.arange(size), pads, s.padding_mode, **nowhere).tolist()
        for size, *pads in zip(s.x.shape[2:], s.before, s.after, strict=True)
    ]
    for output, starts in enumerate(product(*_positions(s))):
        for tap, offsets in _taps(s):
            place = [row[i + k] for row, i, k in zip(sources, starts, offsets, strict=True)]
            if min(place) >= 0:
                yield output, tap, int(np.ravel_multi_index(place, s.x.shape[2:]))


def _scattered(s: Sample) -> Iterator[tuple[int, int, int]]:
    """Which output, tap and input meet in a transposed convolution, of a single channel."""
    sizes = _sizes(s)
    for entry, place in enumerate(product(*map(range, s.x.shape[2:]))):
        for tap, offsets in _taps(s):
            ends = zip(s.stride, place, offsets, s.before, strict=True)
            output = [step * j + k - pad for step, j, k, pad in ends]
            if all(0 <= o < size for o, size in zip(output, sizes, strict=True)):
                yield int(np.ravel_multi_index(output, sizes)), tap, entry


def _channels(s: Sample) -> Iterator[tuple[int, int, int]]:
    """Which output channel, kernel and input channel meet."""
    first, second = s.w.shape[:2]
    for here, k in product(range(first), range(second)):
        there, kernel = here // (first // s.groups) * second + k, here * second + k
        yield (there, kernel, here) if s.transposed else (here, kernel, there)


def _all_meetings(s: Sample) -> Iterator[tuple[int, int, int]]:
    outputs, taps, inputs = prod(_sizes(s)), prod(s.w.shape[2:]), prod(s.x.shape[2:])
    spatial = list(_scattered(s) if s.transposed else _gathered(s))
    for image, (channel, kernel, source) in product(range(len(s.x)), _channels(s)):
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


def _output_count(s: Sample) -> int:
    return len(s.x) * len(s.b) * prod(_sizes(s))


def _summed(kept: Sequence[str], s: Sample) -> Array:
    """What meets, added up at each output, tap or input, or at several of them.

    Every meeting counts the product of the numbers that stand at the others.
    """
    roles = ("output", "tap", "input")
    counts, at = (_output_count(s), s.w.size, s.x.size), [roles.index(role) for role in kept]
    others = {n: a.ravel().tolist() for n, a in enumerate((s.delta, s.w, s.x)) if n not in at}
    totals = np.zeros([counts[n] for n in at], s.dtype if others else np.int8)
    for meeting in _meetings(s):
        term = prod(numbers[meeting[n]] for n, numbers in others.items())
        totals[tuple(meeting[n] for n in at)] += term
    return totals


def _masked_gradient(s: Sample) -> Array:
    x, delta = s.x.ravel().tolist(), s.delta.ravel().tolist()
    cells = np.zeros((_output_count(s), s.x.size), s.dtype)
    for o, _, j in _meetings(s):
        cells[o, j] = delta[o] * x[j]
    return cells
