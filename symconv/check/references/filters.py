"""The filters view by plain loops: what each place sees of all channels, and each filter as a column."""

from itertools import product
from typing import Any

import numpy as np

from symconv.check.references.sample import Array, Reference, Sample


def filter_loops() -> Reference:
    """``X`` and ``W`` of ``A = X W``, a place and a tap at a time."""
    return Reference("loops over filters", {"filter_windows": _windows, "filter_matrix": _filters})


def _source(s: Sample, axis: int, place: int, tap: int) -> int:
    """The input index that a place sees through a tap along an axis; -1 if there is none."""
    n, taps = s.x.shape[2 + axis], s.w.shape[2 + axis]
    reach = s.dilation[axis] * (taps - 1 - tap if s.flip else tap)
    if s.transposed:
        j, rest = divmod(place + s.before[axis] - reach, s.stride[axis])
        return j if rest == 0 and 0 <= j < n else -1
    nowhere: dict[str, Any] = {"constant_values": -1} if s.padding_mode == "constant" else {}
    ends = s.before[axis], s.after[axis]
    sources = np.pad(np.arange(n), ends, s.padding_mode, **nowhere)
    return int(sources[place * s.stride[axis] + reach])


def _windows(s: Sample) -> Array:
    rows = []
    places, taps = s.delta.shape[2:], s.w.shape[2:]
    for n, place in product(range(len(s.x)), product(*map(range, places))):
        row = []
        for channel, tap in product(range(s.x.shape[1]), product(*map(range, taps))):
            found = [_source(s, a, place[a], tap[a]) for a in range(len(taps))]
            row.append(0 if -1 in found else s.x[(n, channel, *found)])
        rows.append(row)
    return np.array(rows, dtype=s.x.dtype)


def _filters(s: Sample) -> Array:
    taps = list(product(*map(range, s.w.shape[2:])))
    found = np.zeros((s.x.shape[1], len(taps), s.delta.shape[1]), s.w.dtype)
    first, second = s.w.shape[:2]
    for one, two in product(range(first), range(second)):
        other = one // (first // s.groups) * second + two
        out, channel = (other, one) if s.transposed else (one, other)
        found[channel, :, out] = [s.w[(one, two, *tap)] for tap in taps]
    return found
