"""Symbolic derivation of convolution layers.

The public names load on first use, so that importing the package costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symconv.algorithms import Listing as Listing
    from symconv.algorithms.typeset import function_latex as function_latex
    from symconv.check import Report as Report
    from symconv.cli.notes import build_course as build_course
    from symconv.derivation import Claim as Claim
    from symconv.derivation import Derivation as Derivation
    from symconv.derivation import Formula as Formula
    from symconv.derivation import Iverson as Iverson
    from symconv.derivation import parse as parse
    from symconv.errors import SymconvError as SymconvError
    from symconv.explicit.equation import Equation as Equation
    from symconv.explicit.functions import convolution_matrix as convolution_matrix
    from symconv.explicit.functions import convolve as convolve
    from symconv.explicit.functions import correlate as correlate
    from symconv.explicit.structure import Structure as Structure
    from symconv.figures import Animation as Animation
    from symconv.figures import Figure as Figure
    from symconv.layers import AvgPool as AvgPool
    from symconv.layers import AvgPool1d as AvgPool1d
    from symconv.layers import AvgPool2d as AvgPool2d
    from symconv.layers import AvgPool3d as AvgPool3d
    from symconv.layers import Conv as Conv
    from symconv.layers import Conv1d as Conv1d
    from symconv.layers import Conv2d as Conv2d
    from symconv.layers import Conv3d as Conv3d
    from symconv.layers import ConvTranspose as ConvTranspose
    from symconv.layers import ConvTranspose1d as ConvTranspose1d
    from symconv.layers import ConvTranspose2d as ConvTranspose2d
    from symconv.layers import ConvTranspose3d as ConvTranspose3d
    from symconv.layers import MaxPool as MaxPool
    from symconv.layers import MaxPool1d as MaxPool1d
    from symconv.layers import MaxPool2d as MaxPool2d
    from symconv.layers import MaxPool3d as MaxPool3d
    from symconv.layers.einsum import Einsum as Einsum
    from symconv.network import Activation as Activation
    from symconv.network import BatchNorm as BatchNorm
    from symconv.network import Chain as Chain
    from symconv.network import Dense as Dense
    from symconv.network import Flatten as Flatten
    from symconv.network import Residual as Residual
    from symconv.network.from_torch import from_torch as from_torch
    from symconv.notes import Document as Document
    from symconv.notes.exercises import Exercise as Exercise
    from symconv.notes.exercises import Exercises as Exercises
    from symconv.printing.notation import Notation as Notation

__version__ = "0.1.0"

#: The classes of layers: for any number of axes, and for one, two and three.
LAYERS = [
    f"{kind}{rank}"
    for kind in ("AvgPool", "Conv", "ConvTranspose", "MaxPool")
    for rank in ("", "1d", "2d", "3d")
]

#: The public names, by the module that holds them.
_HELD = {
    "algorithms": ["Listing"],
    "algorithms.typeset": ["function_latex"],
    "check": ["Report"],
    "cli.notes": ["build_course"],
    "derivation": ["Claim", "Derivation", "Formula", "Iverson", "parse"],
    "errors": ["SymconvError"],
    "explicit.equation": ["Equation"],
    "explicit.functions": ["convolution_matrix", "convolve", "correlate"],
    "explicit.structure": ["Structure"],
    "figures": ["Animation", "Figure"],
    "layers": LAYERS,
    "layers.einsum": ["Einsum"],
    "network": ["Activation", "BatchNorm", "Chain", "Dense", "Flatten", "Residual"],
    "network.from_torch": ["from_torch"],
    "notes": ["Document"],
    "notes.exercises": ["Exercise", "Exercises"],
    "printing.notation": ["Notation"],
}
_HOMES = {name: module for module, names in _HELD.items() for name in names}

__all__ = sorted(_HOMES)


if not TYPE_CHECKING:  # which would take every name for a public one

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'symconv' has no attribute {name!r}")
        value = getattr(importlib.import_module(f"symconv.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
