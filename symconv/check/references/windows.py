"""Sliding windows: what every output sees through every tap, as views of the padded input."""

from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from symconv.check.references.sample import Array, Reference, Sample, every, padded, spread


def sliding_windows() -> Reference:
    """NumPy's views of windows, on the input and on unit inputs."""
    return Reference(
        "sliding windows",
        {
            "windows": lambda s: _by_tap(s, s.x),
            "output": output,
            "grad_kernel": _grad_kernel,
            "matrix": lambda s: _unit_windows(s) @ s.w.ravel(),
            "tying": _unit_windows,
            "dense_gradient": lambda s: np.outer(s.delta, s.x),
            "masked_gradient": lambda s: np.where(_unit_windows(s).any(axis=2), np.outer(s.delta, s.x), 0),
        },
        frozenset({"matrix", "tying", "masked_gradient"}),
    )


def output(s: Sample) -> Array:
    """The output: every window times the taps of its channel, and the bias."""
    weights, seen = np.append(s.w, 0)[_places(s)], _seen(s, s.x)
    met = [1, *range(2 + s.rank, 2 + 2 * s.rank)], range(1, 2 + s.rank)
    return np.moveaxis(np.tensordot(seen, weights, met), -1, 1) + s.b.reshape(1, -1, *([1] * s.rank))


def _grad_kernel(s: Sample) -> Array:
    grad, summed = np.zeros(s.w.size + 1, s.dtype), [0, *s.spatial]
    grad[_places(s)] = np.tensordot(s.delta, _seen(s, s.x), (summed, summed))
    return grad[:-1]


def _seen(s: Sample, x: Array) -> Array:
    """``[b, c, i…, k…]``: the input that the outputs at i see in channel c through the taps at k."""
    source, strides = (_among_zeros(s, x), (1,) * s.rank) if s.transposed else (padded(s, x), s.stride)
    views = sliding_window_view(source, [reach + 1 for reach in s.reach], s.spatial)
    seen: Array = views[every([*strides, *s.dilation])]
    # The adjoint meets the taps from the last to the first.
    return np.flip(seen, tuple(range(-s.rank, 0))) if s.flip != s.transposed else seen


def _among_zeros(s: Sample, x: Array) -> Array:
    """The input with zeros between its entries and around them, or cut off where the padding cuts."""
    ends = [
        (reach - before, reach - after + more)
        for reach, before, after, more in zip(s.reach, s.before, s.after, s.output_padding, strict=True)
    ]
    whole = np.pad(spread(x, s.stride), [(0, 0), (0, 0), *((max(p, 0), max(q, 0)) for p, q in ends)])
    for axis, (p, q) in zip(s.spatial, ends, strict=True):
        kept = range(max(-p, 0), whole.shape[axis] - max(-q, 0))
        whole = np.take(whole, kept, axis=axis)
    return whole


def _places(s: Sample) -> Array:
    """``[o, c, k…]``: where the weight between two channels stands, flat; -1 across groups."""
    outputs, inputs = len(s.b) // s.groups, s.x.shape[1] // s.groups
    places = np.full((len(s.b), s.x.shape[1], *s.w.shape[2:]), -1)
    blocks = np.split(np.arange(s.w.size).reshape(s.w.shape), s.groups)
    for g, block in enumerate(blocks):
        rows, columns = slice(g * outputs, (g + 1) * outputs), slice(g * inputs, (g + 1) * inputs)
        places[rows, columns] = block.swapaxes(0, 1) if s.transposed else block
    return places


def _by_tap(s: Sample, x: Array) -> Array:
    """``[b, o…, t]``: what an output sees through every tap of all channels, 0 through those of others."""
    seen = np.moveaxis(_seen(s, x), 1, 1 + s.rank)
    rows = seen.reshape(*seen.shape[: 1 + s.rank], -1)
    table = np.zeros((len(x), len(s.b), *rows.shape[1:-1], s.w.size + 1), x.dtype)
    for o, places in enumerate(_places(s)):
        table[:, o][..., places.ravel()] = rows
    return table[..., :-1]


def _unit_windows(s: Sample) -> Array:
    """``[o, j, t]``: what output o sees through tap t of an input that is 1 at j only."""
    images, *rest = s.x.shape
    units = np.eye(s.x.size, dtype=np.int8).reshape(s.x.size * images, *rest)
    table = _by_tap(s, units)
    count = images * prod(table.shape[1:-1])
    return table.reshape(s.x.size, count, s.w.size).swapaxes(0, 1)
