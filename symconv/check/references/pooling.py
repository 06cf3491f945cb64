"""Pooling by other means: loops, sliding windows, and PyTorch's own pooling layers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from importlib.util import find_spec
from itertools import product
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from symconv.check.references.libraries import whole_numbers
from symconv.check.references.sample import Answers, Array, Reference, Sample, every

#: How much of an output each place of its window gives, by the numbers that stand there, None being padding,
#: and whether a place lies within the padded input.
Shares = Callable[[Sample, list[Any], list[bool]], list[Any]]


def _average(s: Sample, window: list[Any], within: list[bool]) -> list[Any]:
    places = sum(within) if s.count_padding else len(window) - window.count(None)
    return [Fraction(1, s.divisor or places)] * len(window)


def _first_largest(s: Sample, window: list[Any], within: list[bool]) -> list[Any]:
    best = window.index(max((value for value in window if value is not None), default=None))
    return [int(at == best) for at in range(len(window))]


def _loops(shares: Shares) -> Reference:
    """Every window place after place, as the definition has it."""

    def terms(s: Sample) -> Iterator[tuple[int, int, Any]]:
        """``(output, input, share)`` of each input that an output sees."""
        x, sizes = s.x.ravel().tolist(), s.x.shape[2:]
        for output, (image, *start) in enumerate(product(range(len(s.x)), *_starts(s))):
            seen: list[int | None] = []
            within: list[bool] = []
            for tap in product(*map(range, s.w.shape[2:])):
                ends = zip(start, tap, s.dilation, s.before, strict=True)
                place = [i + d * k - p for i, k, d, p in ends]
                inside = all(0 <= j < n for j, n in zip(place, sizes, strict=True))
                within.append(all(j < n + q for j, n, q in zip(place, sizes, s.after, strict=True)))
                flat = int(np.ravel_multi_index(place, sizes)) if inside else 0
                seen.append(image * prod(sizes) + flat if inside else None)
            given = shares(s, [None if j is None else x[j] for j in seen], within)
            yield from ((output, j, part) for j, part in zip(seen, given, strict=True) if j is not None)

    def summed(kept: Sequence[int], s: Sample) -> Array:
        """Shares added up by output (0), by input (1) or by both, times the number at the other."""
        numbers = s.delta.ravel().tolist(), s.x.ravel().tolist()
        totals = np.zeros([len(numbers[side]) for side in kept], dtype=object)
        for *meeting, share in terms(s):
            factor = prod(numbers[side][meeting[side]] for side in (0, 1) if side not in kept)
            totals[tuple(meeting[side] for side in kept)] += share * factor
        return totals

    answers: Answers = {
        "output_size": lambda s: np.array([len(start) for start in _starts(s)]),
        "output": partial(summed, (0,)),
        "grad_input": partial(summed, (1,)),
        "matrix": partial(summed, (0, 1)),
    }
    return Reference("loops over windows", answers)


def _spans(s: Sample) -> Iterator[tuple[int, int, int, int, int]]:
    """Input size, padding before and after, reach of the window, and stride of each axis."""
    return zip(s.x.shape[2:], s.before, s.after, s.reach, s.stride, strict=True)


def _starts(s: Sample) -> list[range]:
    """Where the windows of each axis begin on the padded input."""
    if not s.ceil_mode:
        return [range(0, n + p + q - r, step) for n, p, q, r, step in _spans(s)]
    return [range(0, min(n + p + q - r + step - 1, n + p), step) for n, p, q, r, step in _spans(s)]


def _sliding(largest: bool) -> Reference:
    """NumPy's views of the windows: their mean, or the entry at their first maximum."""

    def seen(s: Sample, array: Array, fill: Any, beyond: Any) -> Array:
        """A row a window, a column a place of it."""
        extents = [reach + 1 for reach in s.reach]
        more = [(0, 0), (0, 0), *((0, step - 1 if s.ceil_mode else 0) for step in s.stride)]
        whole = np.pad(np.pad(array, s.pads, constant_values=fill), more, constant_values=beyond)
        views: Array = sliding_window_view(whole, extents, s.spatial)[every([*s.stride, *s.dilation])]
        taken: Any = (..., *(slice(len(start)) for start in _starts(s)), *[slice(None)] * s.rank)
        return np.asarray(views[taken].reshape(-1, s.w[0, 0].size))

    def shares(s: Sample) -> Array:
        windows = seen(s, s.x, s.x.min() - 1, s.x.min() - 1)
        if not largest:
            places = seen(s, np.ones_like(s.x, dtype=int), int(s.count_padding), 0).sum(axis=1)
            rows = [[Fraction(1, s.divisor or int(n))] * windows.shape[1] for n in places]
            return np.array(rows, dtype=object)
        return np.asarray(np.eye(windows.shape[1], dtype=np.int64)[windows.argmax(axis=1)])

    def output(s: Sample) -> Array:
        fill = s.x.min() - 1 if largest else 0
        windows = seen(s, s.x, fill, fill)
        return np.asarray(windows.max(axis=1) if largest else (windows * shares(s)).sum(axis=1))

    def grad_input(s: Sample) -> Array:
        sources = seen(s, np.arange(s.x.size).reshape(s.x.shape), -1, -1)
        totals = np.zeros(s.x.size + 1, dtype=object)
        np.add.at(totals, sources, shares(s) * s.delta.reshape(-1, 1))
        return totals[:-1]

    return Reference("sliding windows", {"output": output, "grad_input": grad_input})


def _torch(largest: bool) -> Reference | None:
    """PyTorch's pooling in float64 and its gradients by autograd."""
    if find_spec("torch") is None:
        return None
    import torch
    from torch.nn import functional

    def special(s: Sample) -> bool:
        """Whether padding the input first would give something else."""
        return s.ceil_mode or s.divisor is not None or not s.count_padding

    def forward(s: Sample, x: Any) -> Any:
        pool = getattr(functional, f"{'max' if largest else 'avg'}_pool{s.rank}d")
        options: dict[str, Any] = {"ceil_mode": s.ceil_mode}
        options |= {"dilation": s.dilation} if largest else {"count_include_pad": s.count_padding}
        if not largest and s.rank > 1:
            options["divisor_override"] = s.divisor
        if s.before == s.after and (special(s) or all(n > r for n, _, _, r, _ in _spans(s))):
            return pool(x, s.w.shape[2:], s.stride, s.before, **options)
        pads = [p for pair in reversed(s.pads[2:]) for p in pair]
        whole = functional.pad(x, pads, value=-torch.inf if largest else 0)
        return pool(whole, s.w.shape[2:], s.stride, **options)

    def answer(made: Callable[..., Any], s: Sample) -> Array:
        """What is made of the pooling, its input and the upstream gradient."""
        x, delta = (torch.tensor(a.astype(np.float64)) for a in (s.x, s.delta))
        return whole_numbers(s, made(partial(forward, s), x, delta).numpy())

    differentiated: Any = torch.autograd.functional
    made = {
        "output": lambda pooled, x, delta: pooled(x),
        "grad_input": lambda pooled, x, delta: differentiated.vjp(pooled, x, delta)[1],
        "matrix": lambda pooled, x, delta: differentiated.jacobian(pooled, x),
    }
    answers = {name: partial(answer, function) for name, function in made.items()}

    def fits(s: Sample) -> bool:
        """PyTorch pads both sides alike, divides one axis by nothing else, and compares before it pads."""
        inside = s.rank < 3 or all(n > r for n, _, _, r, _ in _spans(s))
        divided = largest or s.divisor is None or s.rank > 1
        return s.rank <= 3 and (not special(s) or (s.before == s.after and inside and divided))

    return Reference("PyTorch", answers, exact=False, fits=fits)


#: The references of each kind of pooling, by the names that ask for them.
POOLING: Mapping[str, Mapping[str, Callable[[], Reference | None]]] = MappingProxyType(
    {
        kind: {
            "loops": partial(_loops, shares),
            "windows": partial(_sliding, kind == "max"),
            "torch": partial(_torch, kind == "max"),
        }
        for kind, shares in (("average", _average), ("max", _first_largest))
    }
)
