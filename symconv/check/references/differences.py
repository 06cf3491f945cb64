"""Central differences: exact, since all is linear in each operand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from symconv.check.references.rows import grad_input
from symconv.check.references.sample import Array, Reference, Sample
from symconv.check.references.windows import output


def central_differences() -> Reference:
    """Half the difference of one step forward and one back."""
    return Reference(
        "central differences",
        {
            "grad_input": lambda s: _differences(s, "x", _loss),
            "grad_kernel": lambda s: _differences(s, "w", _loss),
            "grad_bias": lambda s: _differences(s, "b", _loss),
            "matrix": lambda s: _differences(s, "x", _output).T,
            "windows": lambda s: _differences(s, "w", _output).T,
            "upstream_matrix": lambda s: _differences(s, "w", lambda t: grad_input(t).ravel()).T,
        },
    )


def _output(s: Sample) -> Array:
    return output(s).ravel()


def _loss(s: Sample) -> Array:
    """What the upstream gradient is the gradient of."""
    return np.atleast_1d(s.delta.ravel() @ _output(s))


def _differences(s: Sample, operand: str, function: Callable[[Sample], Array]) -> Array:
    """A row for every entry of the operand."""
    at: Array = getattr(s, operand)
    table = []
    for entry in range(at.size):
        step = np.zeros_like(at)
        step.flat[entry] = 1
        ahead, back = (function(replace(s, **{operand: at + sign * step})) for sign in (1, -1))
        table.append([_half(value) for value in (ahead - back).tolist()])
    return np.array(table, s.dtype)


def _half(value: Any) -> Any:
    """Half of it, staying an integer where it is one."""
    return value // 2 if isinstance(value, int) else value / 2
