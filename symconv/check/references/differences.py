"""Central differences: exact, since all is linear in each operand."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import lcm

import numpy as np

from symconv.check.references.rows import grad_input
from symconv.check.references.sample import Array, Reference, Sample
from symconv.check.references.windows import output


def central_differences() -> Reference:
    """Half the difference of one step forward and one back."""
    return Reference(
        "central differences",
        {
            "grad_input": lambda s: _by_inputs(s, _losses),
            "grad_kernel": lambda s: _differences(s, "w", _loss),
            "grad_bias": lambda s: _differences(s, "b", _loss),
            "matrix": lambda s: _by_inputs(s, _outputs).T,
            "windows": lambda s: _differences(s, "w", lambda t: output(t).ravel()).T,
            "upstream_matrix": lambda s: _differences(s, "w", lambda t: grad_input(t).ravel()).T,
        },
    )


#: So many numbers that outputs see are held at once, for inputs that differ in one entry each.
AT_ONCE = 10**6


def _outputs(s: Sample, images: int) -> Array:
    """The outputs, a row for so many images."""
    return output(s).reshape(-1, images * s.delta[0].size)


def _losses(s: Sample, images: int) -> Array:
    """What the upstream gradient is the gradient of."""
    return _outputs(s, images) @ s.delta.reshape(-1, 1)


def _loss(s: Sample) -> Array:
    return _losses(s, len(s.x)).ravel()


def _differences(s: Sample, operand: str, function: Callable[[Sample], Array]) -> Array:
    """A row for every entry of the operand."""
    at: Array = getattr(s, operand)
    table = []
    for step in np.eye(at.size, dtype=at.dtype).reshape(-1, *at.shape):
        ahead, back = (function(replace(s, **{operand: at + sign * step})) for sign in (1, -1))
        table.append(_halved(ahead - back))
    return np.array(table, s.dtype)


def _by_inputs(s: Sample, function: Callable[[Sample, int], Array]) -> Array:
    """A row for every entry of the input, of which many are moved at once, each in images of its own."""
    whole, over = _in_whole_numbers(s)
    images, count = len(s.x), max(1, AT_ONCE // max(s.x.size, s.delta.size * s.w.size))
    rows = []
    for first in range(0, s.x.size, count):
        moved = range(first, min(first + count, s.x.size))
        steps = np.eye(len(moved), s.x.size, first, dtype=whole.x.dtype).reshape(-1, *s.x.shape)
        ahead, back = (
            function(replace(whole, x=(whole.x + sign * steps).reshape(-1, *s.x.shape[1:])), images)
            for sign in (1, -1)
        )
        rows.append(_halved(ahead - back))
    table = np.concatenate(rows)
    if over > 1:
        exact = np.zeros(table.shape, object)
        for place in zip(*np.nonzero(table), strict=True):
            exact[place] = Fraction(int(table[place]), over)
        return exact
    return table.astype(s.dtype)


def _halved(differences: Array) -> Array:
    """Half of an integer, as all differences of integers are even here, is one."""
    if differences.dtype.kind == "i":
        return differences // 2
    halves = [v // 2 if isinstance(v, int) else v / 2 for v in differences.ravel().tolist()]
    return np.array(halves, object).reshape(differences.shape)


def _in_whole_numbers(s: Sample) -> tuple[Sample, int]:
    """The kernel and the bias times a number that makes them whole, and the number; 1 if there is none."""
    entries = [entry for operand in s.operands for entry in operand.ravel().tolist()]
    if s.integers or not all(isinstance(entry, int | Fraction) for entry in entries):
        return s, 1
    over = lcm(*(Fraction(entry).denominator for entry in (*s.w.ravel(), *s.b.ravel())))
    scaled = s.x, s.w * over, s.delta, s.b * over
    if not all(entry == int(entry) and abs(entry) <= 10**6 for a in scaled for entry in a.ravel()):
        return s, 1
    x, w, delta, b = (a.astype(np.int64) for a in scaled)
    return replace(s, x=x, w=w, delta=delta, b=b), over
