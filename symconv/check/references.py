"""References: each quantity computed by other means, from numbers only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Sample:
    """Numbers for one comparison: operands, and the geometry that they are put into."""

    x: Array
    w: Array
    delta: Array
    b: Any
    stride: int
    dilation: int
    before: int
    after: int
    flip: bool

    @property
    def padded(self) -> Array:
        """The input with its zeros around it."""
        return np.pad(self.x, (self.before, self.after))

    @property
    def correlated(self) -> Array:
        """The kernel that slides, zeros between its taps: reversed for a true convolution."""
        spread = np.zeros((len(self.w) - 1) * self.dilation + 1, dtype=self.w.dtype)
        spread[:: self.dilation] = self.w
        return spread[::-1] if self.flip else spread

    @property
    def upsampled(self) -> Array:
        """The upstream gradient, zeros in the places that the stride leaves out."""
        places = np.zeros(len(self.padded) - len(self.correlated) + 1, dtype=self.delta.dtype)
        places[:: self.stride] = self.delta
        return places

    @cached_property
    def looped(self) -> Mapping[str, Array]:
        """All quantities at once, by loops."""
        return _loops(self)


#: What a reference answers with: an array in the shape of the quantity.
Answers: TypeAlias = Mapping[str, Callable[[Sample], Array]]


@dataclass(frozen=True)
class Reference:
    """A way of computing some of the quantities.

    Those in ``on_unit_windows`` are computed from all windows of all unit inputs: M N K numbers.
    """

    name: str
    answers: Answers
    on_unit_windows: frozenset[str] = frozenset()


def numpy_convolve() -> Reference:
    """``np.correlate`` and ``np.convolve`` on zero-padded, zero-spread arrays."""
    return Reference(
        "numpy.convolve, numpy.correlate",
        {"output": _forward, "grad_input": _backward_input, "grad_kernel": _backward_kernel},
    )


def _forward(s: Sample) -> Array:
    outputs: Array = np.correlate(s.padded, s.correlated, "valid")[:: s.stride] + s.b
    return outputs


def _backward_input(s: Sample) -> Array:
    whole: Array = np.convolve(s.upsampled, s.correlated, "full")
    return whole[s.before : s.before + len(s.x)]


def _backward_kernel(s: Sample) -> Array:
    taps: Array = np.correlate(s.padded, s.upsampled, "valid")[:: s.dilation]
    return taps[::-1] if s.flip else taps


def sliding_windows() -> Reference:
    """NumPy's views of windows, on the input and on the identity matrix."""
    return Reference(
        "sliding windows",
        {
            "windows": lambda s: _windows(s, s.padded),
            "output": lambda s: _windows(s, s.padded) @ s.w + s.b,
            "grad_kernel": lambda s: _windows(s, s.padded).T @ s.delta,
            "matrix": lambda s: _unit_windows(s) @ s.w,
            "tying": lambda s: _unit_windows(s).reshape(-1, len(s.w)),
            "dense_gradient": lambda s: np.outer(s.delta, s.x),
            "masked_gradient": lambda s: np.where(_unit_windows(s).any(axis=2), np.outer(s.delta, s.x), 0),
        },
        frozenset({"matrix", "tying", "masked_gradient"}),
    )


def _windows(s: Sample, padded: Array) -> Array:
    reach = (len(s.w) - 1) * s.dilation + 1
    taps = sliding_window_view(padded, reach, axis=0)[:: s.stride, ..., :: s.dilation]
    return taps[..., ::-1] if s.flip else taps


def _unit_windows(s: Sample) -> Array:
    """``[o, j, k]``: what output o sees through tap k of an input that is 1 at j only."""
    return _windows(s, np.pad(np.eye(len(s.x), dtype=np.int8), ((s.before, s.after), (0, 0))))


def loops() -> Reference:
    """Plain loops over windows and taps, straight from the definition."""
    names = (
        "output_size",
        "output",
        "matrix",
        "windows",
        "grad_input",
        "grad_kernel",
        "grad_bias",
        "upstream_matrix",
        "tying",
        "masked_gradient",
    )

    def answer(name: str) -> Callable[[Sample], Array]:
        return _looped_ties if name == "tying" else lambda sample: sample.looped[name]

    return Reference("loops", {name: answer(name) for name in names}, frozenset({"tying"}))


def _looped_ties(s: Sample) -> Array:
    ties = np.zeros((len(s.delta) * len(s.x), len(s.w)), np.int8)
    for row, tap in s.looped["ties"].tolist():
        ties[row, tap] += 1
    return ties


def _loops(s: Sample) -> Mapping[str, Array]:
    n, taps = len(s.x), len(s.w)
    starts = []
    start = -s.before
    while start + (taps - 1) * s.dilation < n + s.after:
        starts.append(start)
        start += s.stride
    m, dtype = len(starts), np.result_type(s.x, s.w, s.delta)
    out = {
        "output": np.zeros(m, dtype) + s.b,
        "matrix": np.zeros((m, n), dtype),
        "windows": np.zeros((m, taps), dtype),
        "grad_input": np.zeros(n, dtype),
        "grad_kernel": np.zeros(taps, dtype),
        "upstream_matrix": np.zeros((n, taps), dtype),
        "masked_gradient": np.zeros((m, n), dtype),
    }
    ties = []
    for i, start in enumerate(starts):
        for k in range(taps):
            j = start + (taps - 1 - k if s.flip else k) * s.dilation
            if j < 0 or j >= n:
                continue
            out["output"][i] += s.w[k] * s.x[j]
            out["matrix"][i, j] += s.w[k]
            out["windows"][i, k] += s.x[j]
            out["grad_input"][j] += s.delta[i] * s.w[k]
            out["grad_kernel"][k] += s.delta[i] * s.x[j]
            out["upstream_matrix"][j, k] += s.delta[i]
            ties.append((i * n + j, k))
            out["masked_gradient"][i, j] = s.delta[i] * s.x[j]
    total = 0
    for d in s.delta:
        total += d
    return {
        **out,
        "output_size": np.array([m]),
        "grad_bias": np.array([total], dtype),
        "ties": np.array(ties),
    }


def central_differences() -> Reference:
    """Half the difference of one step forward and one back: exact, since all is linear in each operand."""
    return Reference(
        "central differences",
        {
            "grad_input": lambda s: _differences(s, "x", lambda t: t.delta @ _forward(t)),
            "grad_kernel": lambda s: _differences(s, "w", lambda t: t.delta @ _forward(t)),
            "grad_bias": lambda s: _differences(s, "b", lambda t: t.delta @ _forward(t)),
            "matrix": lambda s: _differences(s, "x", _forward).T,
            "windows": lambda s: _differences(s, "w", _forward).T,
            "upstream_matrix": lambda s: _differences(s, "w", _backward_input).T,
        },
    )


def _differences(s: Sample, operand: str, function: Callable[[Sample], Any]) -> Array:
    at = np.atleast_1d(np.asarray(getattr(s, operand)))
    rows = []
    for i in range(len(at)):
        step = np.zeros_like(at)
        step[i] = 1
        ahead, back = (
            replace(s, **{operand: at + sign * step if operand != "b" else (at + sign * step)[0]})
            for sign in (1, -1)
        )
        rows.append(_half(function(ahead) - function(back)))
    return np.array(rows)


def _half(value: Any) -> Any:
    """Half of it, staying an integer where it is one."""
    if isinstance(value, np.ndarray):
        return np.array([_half(v) for v in value.tolist()], dtype=value.dtype)
    return value // 2 if isinstance(value, int | np.integer) else value / 2


def scipy_matrix() -> Reference | None:
    """``scipy.linalg.convolution_matrix`` on the padded input, its padding columns dropped."""
    try:
        from scipy.linalg import convolution_matrix
    except ImportError:
        return None

    def matrix(s: Sample) -> Array:
        whole = convolution_matrix(s.correlated[::-1], len(s.padded), "valid")
        columns = whole[:: s.stride, s.before : s.before + len(s.x)]
        return np.where(columns == 0, 0, columns)  # SciPy's own zeros are machine integers that overflow

    return Reference(
        "scipy.linalg.convolution_matrix",
        {
            "matrix": matrix,
            "output": lambda s: matrix(s) @ s.x + s.b,
            "grad_input": lambda s: matrix(s).T @ s.delta,
        },
    )
