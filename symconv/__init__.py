"""Symbolic derivation of convolution layers.

The public names load on first use, so that importing the package costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symconv.algorithms import Listing
    from symconv.algorithms.typeset import function_latex
    from symconv.check import Report
    from symconv.derivation import Claim, Derivation, Formula, Iverson, parse
    from symconv.errors import SymconvError
    from symconv.explicit.equation import Equation
    from symconv.explicit.functions import convolution_matrix, convolve, correlate
    from symconv.explicit.structure import Structure
    from symconv.figures import Figure
    from symconv.layers import (
        AvgPool,
        AvgPool1d,
        AvgPool2d,
        AvgPool3d,
        Conv,
        Conv1d,
        Conv2d,
        Conv3d,
        ConvTranspose,
        ConvTranspose1d,
        ConvTranspose2d,
        ConvTranspose3d,
        MaxPool,
        MaxPool1d,
        MaxPool2d,
        MaxPool3d,
    )
    from symconv.notes import Document
    from symconv.notes.exercises import Exercise, Exercises
    from symconv.printing.notation import Notation

__version__ = "0.1.0"

_HOMES = {
    "AvgPool": "layers",
    "AvgPool1d": "layers",
    "AvgPool2d": "layers",
    "AvgPool3d": "layers",
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
    "Document": "notes",
    "Equation": "explicit.equation",
    "Exercise": "notes.exercises",
    "Exercises": "notes.exercises",
    "Figure": "figures",
    "Formula": "derivation",
    "Iverson": "derivation",
    "Listing": "algorithms",
    "MaxPool": "layers",
    "MaxPool1d": "layers",
    "MaxPool2d": "layers",
    "MaxPool3d": "layers",
    "Notation": "printing.notation",
    "Report": "check",
    "Structure": "explicit.structure",
    "SymconvError": "errors",
    "convolution_matrix": "explicit.functions",
    "convolve": "explicit.functions",
    "correlate": "explicit.functions",
    "function_latex": "algorithms.typeset",
    "parse": "derivation",
}

__all__ = [
    "AvgPool",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
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
    "Document",
    "Equation",
    "Exercise",
    "Exercises",
    "Figure",
    "Formula",
    "Iverson",
    "Listing",
    "MaxPool",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "Notation",
    "Report",
    "Structure",
    "SymconvError",
    "convolution_matrix",
    "convolve",
    "correlate",
    "function_latex",
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
