"""References: each quantity computed by other means, from numbers only."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from symconv.check.references.differences import central_differences
from symconv.check.references.filters import filter_loops
from symconv.check.references.libraries import jax_gradients, scipy_signal, torch_autograd
from symconv.check.references.loops import loops
from symconv.check.references.pooling import POOLING
from symconv.check.references.rows import numpy_convolve
from symconv.check.references.sample import Array, Reference, Sample
from symconv.check.references.windows import sliding_windows

Makers: TypeAlias = Mapping[str, Callable[[], Reference | None]]

_WEIGHTS: Makers = {
    "numpy": numpy_convolve,
    "windows": sliding_windows,
    "loops": loops,
    "differences": central_differences,
    "filters": filter_loops,
    "scipy": scipy_signal,
    "torch": torch_autograd,
    "jax": jax_gradients,
}

#: The references of each kind of kernel, by the name that asks for one; None where its library is missing.
REFERENCES: Mapping[str, Makers] = MappingProxyType(
    {
        "weights": _WEIGHTS,
        "uniform": {**_WEIGHTS, **POOLING["average"]},
        "clipped": POOLING["average"],
        "selection": POOLING["max"],
    }
)

_CALLED = {"scipy": "SciPy", "torch": "PyTorch", "jax": "JAX"}


def available(references: Makers) -> tuple[dict[str, Reference], list[str]]:
    """The references that can be used, by their names, and how to install each library that is missing."""
    made = {name: make() for name, make in references.items()}
    absent = [name for name, reference in made.items() if reference is None]
    missing = [f"{_CALLED[name]}, which is not installed: pip install 'symconv[{name}]'" for name in absent]
    return {name: reference for name, reference in made.items() if reference}, missing


__all__ = ["REFERENCES", "Array", "Makers", "Reference", "Sample", "available"]
