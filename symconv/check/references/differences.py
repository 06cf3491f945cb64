"""Central differences: exact, since all is linear in each operand."""

from collections.abc import Callable
from dataclasses import replace

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
    for step in np.eye(at.size, dtype=at.dtype).reshape(-1, *at.shape):
        ahead, back = (function(replace(s, **{operand: at + sign * step})) for sign in (1, -1))
        # Half of an integer, as all differences of integers are even here, is one.
        table.append([v // 2 if isinstance(v, int) else v / 2 for v in (ahead - back).tolist()])
    return np.array(table, s.dtype)
