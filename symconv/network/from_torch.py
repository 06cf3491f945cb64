"""Modules of PyTorch as layers, and several of them one after the other as a chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import isfinite
from types import MappingProxyType
from typing import Any

from symconv.errors import EntriesError, GeometryError, OptionError
from symconv.layers.from_torch import FILES, MODULES
from symconv.layers.from_torch import from_torch as layer_of
from symconv.layers.unsized import shape_text
from symconv.network.activations import Activation
from symconv.network.batchnorm import BatchNorm
from symconv.network.chain import Chain
from symconv.network.dense import Dense
from symconv.network.parts import Flatten
from symconv.network.stages import Assembly
from symconv.printing.english import counted
from symconv.printing.names import PresetName
from symconv.printing.notation import Notation
from symconv.printing.options import options_checked


@options_checked
def from_torch(
    module: Any, input_size: Any, *, values: bool = False, channels: Any = None, batch: Any = None,
    loss: str | None = None, notation: Notation | PresetName = Notation(),
) -> Any:  # fmt: skip
    """The layer that a convolution or pooling module of PyTorch computes, or the chain of a Sequential.

    Parameters
    ----------
    module : torch.nn.Module
        A Conv, ConvTranspose, MaxPool or AvgPool module for one, two or three axes, a Linear, or a Sequential
        of these and of BatchNorm in inference, Flatten, Identity, Softmax and activations. Its hooks are not
        read.
    input_size : int or name, or sequence with one per axis
        N, which a module does not know.
    values : bool
        Whether there are values for the module's weights and biases: the exact fractions that its
        floating-point numbers stand for. A BatchNorm has one weight and one bias for each channel, found in
        double precision.
    channels : int, optional
        Number of channels of a pooling layer; a convolution module has its own.
    batch : int, optional
        Number of samples in the batch of a layer; a chain takes one sample.
    loss : str, optional
        The loss of a chain.
    notation : Notation or name of a preset

    Raises
    ------
    OptionError
        If there is no layer for a module; the error says which modules there are.
    GeometryError
        If the input is too small for a module.
    EntriesError
        If a weight is complex or not finite, or has no value.

    Examples
    --------
    >>> import symconv as sc
    >>> from torch import nn
    >>> sc.from_torch(nn.Conv2d(3, 8, 5, stride=2, padding=2), 32)
    Conv2d((32, 32), (5, 5), stride=2, padding=2, in_channels=3, out_channels=8, bias=True)
    >>> net = sc.from_torch(nn.Sequential(nn.Conv1d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2)), 6)
    >>> [stage.shape for stage in net.stages]
    [(2, 4), (2,)]
    """
    if not _is(module, "container", "Sequential"):
        if loss is not None:
            raise OptionError("a single layer has no loss: give a Sequential.")
        if _is(module, "linear", "Linear"):
            return _dense(module, input_size, values, {"channels": channels, "batch": batch}, notation)
        return layer_of(module, input_size, values=values, channels=channels, batch=batch, notation=notation)
    if batch is not None:
        raise OptionError("batch is given, but a chain takes one sample.")
    reader = _Reader(input_size, channels, values)
    for inside in _inside(module):
        reader.add(inside)
    chain = Chain(*reader.parts, loss=loss, notation=notation)
    return chain.at(w=reader.w, b=reader.b) if values else chain


def _is(module: Any, file: str, name: str) -> bool:
    """Whether a module is of a class of PyTorch, without a look into PyTorch; its forward must be that."""
    where, classes = f"torch.nn.modules.{file}", type(module).__mro__
    known: list[Any] = [c for c in classes if c.__module__ == where and c.__name__ == name]
    if known and getattr(type(module), "forward", None) is not known[0].forward:
        raise OptionError(f"{type(module).__name__} has its own forward, so it may compute something else.")
    return bool(known)


def _dense(module: Any, size: Any, values: bool, others: Mapping[str, Any], notation: Any) -> Dense:
    """The layer of a Linear module, which knows the size of its input."""
    for option, given in others.items():
        if given is not None:
            sentence = "{option} is {given!r}, but a Linear module takes one vector: leave it out."
            raise OptionError(sentence, option, given)
    _require_features(module, (size,))
    layer = Dense(module.in_features, module.out_features, bias=module.bias is not None, notation=notation)
    if not values:
        return layer
    bias = {} if module.bias is None else {"b": _exact(module.bias)}
    made: Dense = layer.at(w=_exact(module.weight), **bias)
    return made


def _require_features(module: Any, shape: tuple[Any, ...]) -> None:
    """Refuse an input of another size than a Linear module takes."""
    if not module.in_features:
        raise OptionError(f"{type(module).__name__} has no weights yet: call it once on an input.")
    shape = tuple(shape[0]) if isinstance(shape[0], tuple | list) else shape
    if shape != (module.in_features,):
        raise GeometryError(
            f"Linear takes {counted(module.in_features, 'input')}, but the input has the shape "
            f"{shape_text(shape)}: give input_size={module.in_features}."
        )


def _inside(module: Any) -> Iterator[Any]:
    """The modules of a Sequential, those of Sequentials in it too."""
    for inside in module:
        if _is(inside, "container", "Sequential"):
            yield from _inside(inside)
        else:
            yield inside


def _leaky(module: Any) -> Activation:
    slope = Fraction(str(module.negative_slope))
    if slope == Fraction(1, 100):
        return Activation("leaky_relu")
    raise OptionError(f"{module!r} has another slope than 0.01: write it as a Python function.")


def _softplus(module: Any) -> Activation:
    if module.beta != 1:
        raise OptionError(f"{module!r} has a beta other than 1: write it as a Python function.")
    return Activation("softplus")


def _gelu(module: Any) -> Activation:
    if module.approximate != "none":
        raise OptionError(f"{module!r} is an approximation: write it as a Python function.")
    return Activation("gelu")


def _softmax(module: Any) -> Activation:
    if module.dim not in (None, 1, -1):
        raise OptionError(f"{module!r} is taken over another axis than that of the features: use dim=-1.")
    return Activation("softmax")


#: What modules without weights are, by the names of their classes.
_PLAIN: Mapping[str, Callable[[Any], Any]] = MappingProxyType({
    "ReLU": lambda module: Activation("relu"),
    "Sigmoid": lambda module: Activation("sigmoid"),
    "Tanh": lambda module: Activation("tanh"),
    "LeakyReLU": _leaky,
    "Softplus": _softplus,
    "GELU": _gelu,
    "Softmax": _softmax,
})  # fmt: skip

#: All modules of a chain.
_OF_CHAIN = sorted({
    *MODULES, *_PLAIN, "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "Flatten", "Identity", "Linear",
    "Sequential",
})  # fmt: skip


class _Reader:
    """The modules of a chain, read one after the other; each layer is told the size that reaches it."""

    def __init__(self, input_size: Any, channels: Any, values: bool) -> None:
        self.parts: list[Any] = []
        self.w: list[Any] = []
        self.b: list[Any] = []
        self._size, self._channels, self._values = input_size, channels, values
        self._assembly = Assembly(Notation())

    def add(self, module: Any) -> None:
        """One more module."""
        name = type(module).__name__
        if name == "Identity":
            return
        if name in _PLAIN and _is(module, "activation", name):
            self._take(_PLAIN[name](module))
        elif name.startswith("BatchNorm") and _is(module, "batchnorm", name):
            self._normalisation(module)
        elif _is(module, "flatten", "Flatten"):
            self._flatten(module)
        elif _is(module, "linear", "Linear"):
            if not self.parts:
                _require_features(module, (self._size,))
            self._take(Dense(module.in_features, module.out_features, bias=module.bias is not None))
            self._hold(_exact(module.weight), None if module.bias is None else _exact(module.bias))
        else:
            self._layer(module)

    def _flatten(self, module: Any) -> None:
        """All axes of the sample: those behind that of the batch, or all of them."""
        rank = len(self._assembly.shape)
        last = {1: (-1, rank), 0: (-1, rank - 1)}  # of a batch, and of a sample by itself
        if module.end_dim not in last.get(module.start_dim, ()):
            raise OptionError(f"{module!r} does not flatten all axes of each sample: use nn.Flatten().")
        self._take(Flatten())

    def _normalisation(self, module: Any) -> None:
        """A batch normalisation in inference: one weight and one bias for each channel."""
        if module.training or module.running_var is None:
            raise OptionError(
                f"{module!r} takes the statistics of its batch, but a chain takes one sample: call .eval() "
                "on a module with running statistics, or derive training by sc.BatchNorm(...).derive(name)."
            )
        self._take(BatchNorm(module.num_features, eps=module.eps))
        weight, bias, mean, variance = (
            None if held is None else held.detach().cpu().double()
            for held in (module.weight, module.bias, module.running_mean, module.running_var)
        )
        factor = (1 if weight is None else weight) / (variance + module.eps).sqrt()
        shift = (0 if bias is None else bias) - mean * factor
        shape = self._assembly.stages[-1].layer.pattern.extents["tap"]
        self._hold(_exact(factor.reshape(tuple(shape))), _exact(shift))

    def _layer(self, module: Any) -> None:
        shape = self._assembly.shape
        size = (shape[1:] if len(shape) > 2 else shape[-1]) if shape else self._size
        channels = None if hasattr(module, "in_channels") else shape[0] if len(shape) > 1 else self._channels
        name = type(module).__name__
        if not any(made.__module__ in FILES and made.__name__ in MODULES for made in type(module).__mro__):
            known = ", ".join(_OF_CHAIN)
            raise OptionError(f"{name} has no part in a chain: the modules that can be read are {known}.")
        layer = layer_of(module, size, values=self._values, channels=channels)
        given = layer.entries.given
        self._take(layer.in_symbols())
        if "tap" in given:
            bias = layer.entries.nested("bias", given["bias"]) if "bias" in given else None
            self._hold(layer.entries.nested("tap", given["tap"]), bias)

    def _take(self, part: Any) -> None:
        self._assembly.add(part)
        self.parts.append(part)

    def _hold(self, weight: Any, bias: Any) -> None:
        self.w.append(weight)
        if bias is not None:
            self.b.append(bias)


def _exact(parameter: Any) -> Any:
    """The numbers of a parameter as fractions, in nested lists."""

    def read(numbers: Any) -> Any:
        if isinstance(numbers, list):
            return [read(number) for number in numbers]
        if not isfinite(numbers):
            raise EntriesError(f"a weight of a Linear module is {numbers}: use finite numbers.")
        return Fraction(numbers)

    return read(parameter.detach().cpu().tolist())
