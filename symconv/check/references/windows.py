"""Sliding windows: what every output sees through every tap, as views of the padded input."""

from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from symconv.check.references.sample import Array, Reference, Sample, channels_of, every, padded, spread


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
            "dense_gradient": _dense_gradient,
            "masked_gradient": lambda s: np.where(_unit_windows(s).any(axis=2), _dense_gradient(s), 0),
        },
        frozenset({"matrix", "tying", "masked_gradient"}),
    )


def output(s: Sample) -> Array:
    """The output: every window times the taps of its channel, and the bias."""
    seen, kernels, taps = _seen(s, s.x), _by_output_channel(s), range(s.rank + 1)
    channels = [
        np.tensordot(_group(s, seen, o), kernel, ([1, *(t + s.rank + 1 for t in taps[1:])], taps)) + s.b[o]
        for o, kernel in enumerate(kernels)
    ]
    return np.stack(channels, axis=1)


def _grad_kernel(s: Sample) -> Array:
    seen, summed = _seen(s, s.x), range(1, s.rank + 1)
    kernels = [
        np.tensordot(s.delta[:, o], _group(s, seen, o), ([0, *summed], [0, *(i + 1 for i in summed)]))
        for o in range(len(s.b))
    ]
    return _as_weights(s, np.stack(kernels))


def _dense_gradient(s: Sample) -> Array:
    return np.outer(s.delta, s.x)


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


def _group(s: Sample, seen: Array, channel: int) -> Array:
    """What an output channel sees: the input channels of its group."""
    group = channel // (len(s.b) // s.groups)
    return seen[:, channels_of(group, s.x.shape[1], s.groups)]


def _by_output_channel(s: Sample) -> Array:
    """The weights as (C_out, C_in/G, K…)."""
    if not s.transposed:
        return s.w
    channels, each, *sizes = s.w.shape
    split = s.w.reshape(s.groups, channels // s.groups, each, *sizes)
    return split.swapaxes(1, 2).reshape(len(s.b), channels // s.groups, *sizes)


def _as_weights(s: Sample, kernels: Array) -> Array:
    """The way back: an array over (…, C_out, C_in/G, K…) in the layout of the weights."""
    if not s.transposed:
        return kernels
    leading = kernels.shape[: kernels.ndim - 2 - s.rank]
    each, per_group = s.w.shape[1], s.x.shape[1] // s.groups
    split = kernels.reshape(*leading, s.groups, each, per_group, *s.w.shape[2:])
    return split.swapaxes(len(leading) + 1, len(leading) + 2).reshape(*leading, *s.w.shape)


def _by_tap(s: Sample, x: Array) -> Array:
    """``[b, o…, t]``: what an output sees through every tap of all channels, 0 through those of others."""
    seen, channels = _seen(s, x), len(s.b)
    sizes, per_group = seen.shape[2 : 2 + s.rank], s.x.shape[1] // s.groups
    table = np.zeros((len(x), channels, *sizes, channels, per_group, *s.w.shape[2:]), x.dtype)
    by_channels = np.moveaxis(table, 2 + s.rank, 2)  # a view
    for o in range(channels):
        by_channels[:, o, o] = np.moveaxis(_group(s, seen, o), 1, 1 + s.rank)
    return _as_weights(s, table).reshape(len(x), channels, *sizes, s.w.size)


def _unit_windows(s: Sample) -> Array:
    """``[o, j, t]``: what output o sees through tap t of an input that is 1 at j only."""
    images, *rest = s.x.shape
    units = np.eye(s.x.size, dtype=np.int8).reshape(s.x.size * images, *rest)
    table = _by_tap(s, units)
    count = images * prod(table.shape[1:-1])
    return table.reshape(s.x.size, count, s.w.size).swapaxes(0, 1)
