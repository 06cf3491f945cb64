"""Symbolic derivation of convolution layers.

The public names load on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symconv.check import Report
    from symconv.derivation import Claim, Derivation, Formula, Iverson, parse
    from symconv.equations import Equation
    from symconv.errors import SymconvError
    from symconv.functions import convolution_matrix, convolve, correlate
    from symconv.layers import (
        Conv,
        Conv1d,
        Conv2d,
        Conv3d,
        ConvTranspose,
        ConvTranspose1d,
        ConvTranspose2d,
        ConvTranspose3d,
    )
    from symconv.notation import Notation
    from symconv.structure import Structure

__version__ = "0.1.0"

_HOMES = {
    "Claim": "derivation",
    "Conv": "layers",
    "Conv1d": "layers",
    "Conv2d": "layers",
    "Conv3d": "layers",
    "ConvTranspose": "layers",
    "ConvTranspose1d": "layers",
    "ConvTranspose2d": "layers",
    "ConvTranspose3d": "layers",
    "Derivation": "derivation",
    "Equation": "equations",
    "Formula": "derivation",
    "Iverson": "derivation",
    "Notation": "notation",
    "Report": "check",
    "Structure": "structure",
    "SymconvError": "errors",
    "convolution_matrix": "functions",
    "convolve": "functions",
    "correlate": "functions",
    "parse": "derivation",
}

__all__ = [
    "Claim",
    "Conv",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "Derivation",
    "Equation",
    "Formula",
    "Iverson",
    "Notation",
    "Report",
    "Structure",
    "SymconvError",
    "convolution_matrix",
    "convolve",
    "correlate",
    "parse",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'symconv' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"symconv.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
