"""A module of PyTorch as a layer, with its weights where they are asked for."""

from __future__ import annotations

from fractions import Fraction
from math import isfinite
from typing import Any

import symconv.layers as layers
from symconv import LAYERS
from symconv.errors import EntriesError, OptionError
from symconv.layers.layer import Layer
from symconv.pattern.given import Count, Sizes
from symconv.printing.names import PresetName
from symconv.printing.notation import Notation
from symconv.printing.options import options_checked

#: The modules that can be read: the layers of one to three axes, which have the names of PyTorch.
MODULES = [name for name in LAYERS if name[-1] == "d"]

#: The files of PyTorch that define them.
FILES = ("torch.nn.modules.conv", "torch.nn.modules.pooling")

#: The methods that say what a module computes.
_COMPUTED_BY = ("forward", "_conv_forward")


@options_checked
def from_torch(
    module: Any, input_size: Sizes, *, values: bool = False, channels: Count | None = None,
    batch: Count | None = None, notation: Notation | PresetName = Notation(),
) -> Layer:  # fmt: skip
    """The layer that a convolution or pooling module of PyTorch computes.

    Parameters
    ----------
    module : torch.nn.Module
        A Conv, ConvTranspose, MaxPool or AvgPool module for one, two or three axes. Its hooks are not read.
    input_size : int or name, or sequence with one per axis
        N, which a module does not know.
    values : bool
        Whether the layer has the module's weights and bias as values: the exact fractions that its
        floating-point numbers stand for.
    channels : int, optional
        Number of channels of a pooling layer; a convolution module has its own.
    batch : int, optional
        Number of samples in the batch.
    notation : Notation or name of a preset

    Raises
    ------
    OptionError
        If there is no layer for the module; the error says which modules there are.
    GeometryError
        If the input is too small for the module.
    EntriesError
        If a weight is complex or not finite, or has no value.

    Examples
    --------
    >>> import symconv as sc
    >>> from torch import nn
    >>> sc.from_torch(nn.Conv2d(3, 8, 5, stride=2, padding=2), 32)
    Conv2d((32, 32), (5, 5), stride=2, padding=2, in_channels=3, out_channels=8, bias=True)
    """
    kind = getattr(layers, _name(module))
    option_names = kind.option_names()
    if not isinstance(values, bool):
        raise OptionError("{option} is {given!r}: write True or False.", "values", values)
    if channels is not None and "channels" not in option_names:
        sentence = f"{{option}} is {{given!r}}, but a {kind.__name__} module has its own in_channels."
        raise OptionError(sentence, "channels", channels)
    told = {name: _told(getattr(module, name)) for name in option_names if hasattr(module, name)}
    further = {"channels": channels, "batch": batch, "bias": getattr(module, "bias", None) is not None}
    told |= {name: value for name, value in further.items() if name in option_names}
    layer: Layer = kind(input_size, told.pop("kernel_size"), **told, notation=notation)
    if not values or not layer.spec.kernel.learned:
        return layer
    parameters = {"w": "weight", **({"b": "bias"} if layer.bias else {})}
    return layer.at(**{letter: _entries(name, getattr(module, name)) for letter, name in parameters.items()})


def _name(module: Any) -> str:
    """The name of the layer that a module computes, without a look into PyTorch."""
    classes = type(module).__mro__
    known = [c for c in classes if c.__module__ in FILES and c.__name__ in MODULES]
    supported = f"the modules that can be read are {', '.join(sorted([*MODULES, 'Linear']))}."
    called = type(module).__name__
    if not known:
        of_torch = any(c.__module__ == "torch.nn.modules.module" for c in classes)
        what = f"{called} has no layer in symconv" if of_torch else f"{module!r} is not a module of PyTorch"
        raise OptionError(f"{what}: {supported}")
    if any(c.__name__ == "LazyModuleMixin" for c in classes):
        raise OptionError(f"{called} has no weights yet: call it once on an input.")
    for method in _COMPUTED_BY:
        if getattr(type(module), method, None) is not getattr(known[0], method, None):
            raise OptionError(f"{called} has its own {method}, so it may compute something else: {supported}")
    if getattr(module, "return_indices", False):
        raise OptionError(f"{called} has return_indices=True, but a layer has one output: use False.")
    return known[0].__name__


def _told(value: Any) -> Any:
    """An option: one value if all axes share it."""
    if not isinstance(value, tuple):
        return value
    return value[0] if len(set(value)) == 1 else value


def _entries(name: str, parameter: Any) -> Any:
    """The numbers of a parameter, exact, in nested lists."""
    if parameter.is_complex():
        raise EntriesError(f"the {name} of the module is complex: use real numbers.")
    if parameter.is_meta:
        raise EntriesError(f"the {name} of the module has no values: it is on the device meta.")
    return _exact(parameter.detach().cpu().tolist())


def _exact(numbers: Any) -> Any:
    if isinstance(numbers, list):
        return [_exact(number) for number in numbers]
    return Fraction(numbers) if isfinite(numbers) else numbers
