"""A layer as a module of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from symconv.errors import EntriesError, GeometryError, MissingExtraError, OptionError, SymbolicSizeError
from symconv.layers.description import options
from symconv.layers.entries import LETTERS, Entries
from symconv.pattern import Specification

_WINDOW = ("kernel_size", "stride", "padding")
_LEARNED = (*_WINDOW, "dilation", "in_channels", "out_channels", "groups", "bias")

#: What the modules of PyTorch are told, by their names without the number of axes.
_OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "Conv": (*_LEARNED, "padding_mode"),
    "ConvTranspose": (*_LEARNED, "output_padding"),
    "AvgPool": (*_WINDOW, "ceil_mode", "count_include_pad", "divisor_override"),
    "MaxPool": (*_WINDOW, "dilation", "ceil_mode"),
})  # fmt: skip

#: The parameters of a module, by the roles of their entries.
_PARAMETERS = {"tap": "weight", "bias": "bias"}

#: The sizes of a layer that no module has.
_NOT_OF_MODULES = ("input_size", "batch", "channels")


def to_torch(entries: Entries, /, *, dtype: Any = None) -> Any:
    """The module of ``torch.nn`` that computes the layer, with the weights and bias that have values.

    Weights without values are those that PyTorch draws. A module has no input size and no batch, and does
    not flip: a flipped kernel is stored in reverse. A layer without channels has one of each as a module.

    Parameters
    ----------
    dtype : torch.dtype, optional
        Type of the weights, to which values are rounded; by default PyTorch's default type.

    Raises
    ------
    MissingExtraError
        If PyTorch is not installed.
    GeometryError, OptionError
        If PyTorch has no such module: it has up to three axes, and pads both sides of an axis alike.
    SymbolicSizeError, EntriesError
        If a size that the module has is a symbol, or a weight is not a real number.

    Examples
    --------
    >>> import symconv as sc
    >>> import torch
    >>> module = sc.Conv1d(4, 3).at(w=[5, 6, 7]).to_torch()
    >>> module
    Conv1d(1, 1, kernel_size=(3,), stride=(1,), bias=False)
    >>> module(torch.tensor([[1.0, 2.0, 3.0, 4.0]])).tolist()
    [[38.0, 56.0]]
    """
    called, given = _module(entries.spec)
    values = {role: _numbers(entries, role) for role in _PARAMETERS if role in entries.given}
    if find_spec("torch") is None:
        raise MissingExtraError("PyTorch is not installed: pip install 'symconv[torch]'")
    import torch

    made = getattr(torch.nn, called)(**given, **({"dtype": dtype} if entries.spec.kernel.learned else {}))
    with torch.no_grad():
        for role, numbers in values.items():
            parameter = getattr(made, _PARAMETERS[role])
            new = torch.tensor(numbers, dtype=torch.float64).reshape(parameter.shape)
            flipped = role == "tap" and entries.spec.flip
            parameter.copy_(new.flip(tuple(range(2, new.ndim))) if flipped else new)
    return made


def _module(spec: Specification) -> tuple[str, dict[str, Any]]:
    """The name of the module's class, and what it is told."""
    rank, learned = len(spec.axes), spec.kernel.learned
    if rank > 3:
        raise GeometryError(f"this layer has {rank} axes, but PyTorch's modules have at most three.")
    for relation in spec.tied.relations:
        for name, size in (relation.geometry if relation.spatial else relation.options).items():
            if name not in _NOT_OF_MODULES and not isinstance(size, int):
                option = "padding" if name in ("before", "after") else name
                sentence = "{option} is the symbol {given}, but a module of PyTorch has a number there."
                raise SymbolicSizeError(sentence, option, size)
    kind = "Conv" if learned else "MaxPool" if spec.kernel.depends_on_input else "AvgPool"
    kind += "Transpose" if spec.transposed else ""
    told = {"in_channels": 1, "out_channels": 1, "groups": 1, **options(spec), "padding": _padding(spec)}
    for name in ("kernel_size", "stride", "dilation", "output_padding"):
        told[name] = tuple(axis.geometry.get(name, 0) for axis in spec.tied_axes)
    found = {name: told[name] for name in _OPTIONS[kind] if name in told}
    if kind == "AvgPool" and rank == 1 and (divisor := found.pop("divisor_override")) is not None:
        raise OptionError(
            "{option} is {given}, but PyTorch's AvgPool1d has none.", "divisor_override", divisor
        )
    return f"{kind}{rank}d", found


def _padding(spec: Specification) -> Any:
    """The padding as a module is told it: a mode, or a number per axis."""
    modes = {axis.options["padding"] for axis in spec.tied_axes}
    if len(modes) == 1 and modes < {"same", "valid"} and spec.kernel.learned and not spec.transposed:
        return modes.pop()
    sides = [(axis.geometry["before"], axis.geometry["after"]) for axis in spec.tied_axes]
    for before, after in sides:
        if before != after:
            sentence = (
                f"{{option}} is {before} before and {after} after the input, but PyTorch's modules pad "
            )
            cure = "both sides alike: pad the input first, and give the layer no padding."
            raise OptionError(sentence + cure, "padding")
    return tuple(before for before, _ in sides)


def _numbers(entries: Entries, role: str) -> list[float]:
    """The values of a parameter, row by row."""
    for entry in entries.given[role]:
        if not entry.is_number or entry.is_extended_real is False:
            raise EntriesError(f"{LETTERS[role]} contains {entry}: a module's weights are real numbers.")
    return [float(entry) for entry in entries.given[role]]
