"""SciPy, PyTorch and JAX, each where it is installed."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import product
from typing import Any

import numpy as np

from symconv.check.references.sample import Array, Reference, Sample, padded, spread

#: The gradient of each operand: of the input, the kernel and the bias.
_GRADIENTS = ("grad_input", "grad_kernel", "grad_bias")


def scipy_signal() -> Reference | None:
    """``scipy.signal`` on zero-padded, zero-spread arrays, channel by channel."""
    if find_spec("scipy") is None:
        return None
    from scipy import signal

    def correlation(s: Sample, larger: Array) -> Array:
        """Of the larger side with the kernel, at every stride."""
        whole, w = padded(s, larger), s.correlated
        smaller = s.x.shape if s.transposed else s.delta.shape
        y = np.zeros(smaller, larger.dtype)
        for n, one, two, other in _channels(s):
            full = signal.correlate(whole[n, other], spread(w[one, two], s.dilation), "valid", "direct")
            rows = full[tuple(slice(None, None, t) for t in s.stride)]
            y[n, one] += rows[tuple(slice(0, m) for m in smaller[2:])]
        return y

    def transpose(s: Sample, smaller: Array) -> Array:
        """Of the smaller side, spread by the stride, with the kernel; the padding cut off."""
        larger, w = (s.delta if s.transposed else s.x), s.correlated
        whole = np.zeros_like(padded(s, larger), dtype=smaller.dtype)
        for n, one, two, other in _channels(s):
            row, kernel = spread(smaller[n, one], s.stride), spread(w[one, two], s.dilation)
            full = signal.convolve(row, kernel, "full", "direct")
            whole[n, other][tuple(slice(0, m) for m in full.shape)] += full
        ends = zip(s.before, larger.shape[2:], strict=True)
        return whole[(slice(None), slice(None), *(slice(p, p + m) for p, m in ends))]

    def output(s: Sample) -> Array:
        y = transpose(s, s.x) if s.transposed else correlation(s, s.x)
        return y + s.b.reshape(1, -1, *([1] * s.rank))

    def grad_input(s: Sample) -> Array:
        return correlation(s, s.delta) if s.transposed else transpose(s, s.delta)

    answers = {"output": output, "grad_input": grad_input}
    return Reference("scipy.signal", answers, fits=lambda s: s.integers and s.padding_mode == "constant")


def _channels(s: Sample) -> list[tuple[int, int, int, int]]:
    """(sample, first and second index of the kernel, channel of the larger side)."""
    first, second = s.w.shape[:2]
    each = product(range(len(s.x)), range(first), range(second))
    return [(n, one, two, one // (first // s.groups) * second + two) for n, one, two in each]


def torch_autograd() -> Reference | None:
    """PyTorch: the output in 64-bit integers where it can, gradients by autograd in float64."""
    if find_spec("torch") is None:
        return None
    import torch
    from torch.nn import functional

    def forward(s: Sample, x: Any, w: Any, b: Any) -> Any:
        w = torch.flip(w, s.spatial) if s.flip else w
        convolution = getattr(functional, f"conv{'_transpose' if s.transposed else ''}{s.rank}d")
        options: dict[str, Any] = {"stride": s.stride, "dilation": s.dilation, "groups": s.groups}
        if s.transposed:
            y = convolution(x, w, b, output_padding=s.output_padding, **options)
            ends = zip(s.before, s.after, y.shape[2:], strict=True)
            return y[(slice(None), slice(None), *(slice(p, m - q) for p, q, m in ends))]
        pads = [p for pair in reversed(s.pads[2:]) for p in pair]
        whole = functional.pad(x, pads, mode=_TORCH_MODES[s.padding_mode]) if any(pads) else x
        return convolution(whole, w, b, **options)

    def tensors(s: Sample) -> list[Any]:
        return [torch.tensor(a.astype(np.float64), requires_grad=True) for a in (s.x, s.w, s.b)]

    def output(s: Sample) -> Array:
        operands = [torch.tensor(a) for a in (s.x, s.w, s.b)] if s.integers else tensors(s)
        return whole_numbers(s, forward(s, *operands).detach().numpy())

    def gradient(at: int, s: Sample) -> Array:
        operands, delta = tensors(s), torch.tensor(s.delta.astype(np.float64))
        found = torch.autograd.grad(forward(s, *operands), operands, delta, materialize_grads=True)
        return whole_numbers(s, found[at].numpy())

    def matrix(s: Sample) -> Array:
        _, w, b = tensors(s)
        jacobian: Callable[..., Any] = torch.autograd.functional.jacobian
        rows = jacobian(lambda x: forward(s, x, w, b), tensors(s)[0])
        return whole_numbers(s, rows.detach().numpy())

    def fits(s: Sample) -> bool:
        return s.rank <= 3 and s.padding_mode in _TORCH_MODES

    answers = {"output": output, "matrix": matrix}
    answers |= {name: partial(gradient, at) for at, name in enumerate(_GRADIENTS)}
    return Reference("PyTorch", answers, exact=False, fits=fits)


#: What PyTorch calls the padding modes that it has, by NumPy's names.
_TORCH_MODES = {"constant": "constant", "wrap": "circular", "reflect": "reflect", "edge": "replicate"}


def jax_gradients() -> Reference | None:
    """JAX: ``lax.conv_general_dilated`` and its vector-Jacobian products in float64."""
    if find_spec("jax") is None:
        return None
    import jax
    from jax import lax
    from jax import numpy as jnp

    def forward(s: Sample, x: Any, w: Any, b: Any) -> Any:
        w = jnp.flip(w, s.spatial) if s.flip != s.transposed else w
        options: dict[str, Any] = {"rhs_dilation": s.dilation, "feature_group_count": s.groups}
        if s.transposed:
            # Zeros between inputs, the kernel turned, and its first two axes exchanged in each group.
            first, second = w.shape[0] // s.groups, w.shape[1]
            w = w.reshape(s.groups, first, second, *w.shape[2:]).swapaxes(1, 2)
            w = w.reshape(s.groups * second, first, *w.shape[3:])
            ends = zip(s.reach, s.before, s.after, s.output_padding, strict=True)
            pads = [(r - p, r - q + a) for r, p, q, a in ends]
            y = lax.conv_general_dilated(x, w, (1,) * s.rank, pads, lhs_dilation=s.stride, **options)
        else:
            whole = jnp.pad(x, s.pads, mode=s.padding_mode)
            y = lax.conv_general_dilated(whole, w, s.stride, [(0, 0)] * s.rank, **options)
        return y + b.reshape(1, -1, *([1] * s.rank))

    def answer(at: int, s: Sample) -> Array:
        """The output, or behind it the gradient of an operand."""
        with jax.enable_x64(True):
            operands = [jnp.asarray(a.astype(np.float64)) for a in (s.x, s.w, s.b)]
            y, back = jax.vjp(partial(forward, s), *operands)
            found = (y, *back(jnp.asarray(s.delta.astype(np.float64)))) if at else (y,)
            return whole_numbers(s, np.asarray(found[at]))

    answers = {name: partial(answer, at) for at, name in enumerate(("output", *_GRADIENTS))}
    return Reference("JAX", answers, exact=False)


def whole_numbers(s: Sample, found: Array) -> Array:
    """Integers again, where integers went in: below 2**53 floating point holds them exactly."""
    if not s.integers or np.abs(found).max(initial=0) >= 2**53:
        return found
    whole = np.rint(found).astype(np.int64)
    return whole if np.array_equal(whole, found) else found
