"""Layers of a chain in words: what each is, what follows it, and what its matrix holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symconv.layers.conv import Conv, ConvTranspose
from symconv.layers.pooling import AvgPool, MaxPool
from symconv.network.dense import Dense
from symconv.network.stages import Stage
from symconv.network.writing import listed, say
from symconv.notes.model import Maths, Words
from symconv.pattern.title import title
from symconv.printing.english import joined
from symconv.printing.letters import Letter
from symconv.printing.targets import target_of

_CALLED = {
    Conv: "a convolution", ConvTranspose: "a transposed convolution", MaxPool: "maximum pooling",
    AvgPool: "average pooling", Dense: "a dense layer",
}  # fmt: skip

_PARTS = {"BatchNorm": "batch normalisation"}

#: Functions that have another name in a sentence than in a formula.
_NAMES = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "gelu": "GELU", "identity": "the identity"}


def called(stage: Stage) -> str:
    """What a layer is, in words."""
    if stage.part is not None:
        return _PARTS.get(stage.kind, f"a {stage.kind}")
    for kind, words in _CALLED.items():
        if isinstance(stage.layer, kind):
            return words
    return f"a {type(stage.layer).__name__}"


def kind_of(stage: Stage) -> str:
    """What a layer is, in one or two words, for a heading."""
    return called(stage).removeprefix("a ").removesuffix(" layer")


def layers_told(stages: Sequence[Stage]) -> Words:
    """What each layer is, with its sizes and its bias, and what follows it."""
    said: list[str | Maths] = []
    for stage in stages:
        said += [" " * bool(said), *_layer_told(stage)]
    return tuple(part for part in said if part)


def _layer_told(stage: Stage) -> Words:
    text = called(stage)
    if stage.part is None:
        layer = stage.layer
        told = layer.title if isinstance(layer, Dense) else str(title(layer.spec, weights=True))
        text = f"{'a ' * stage.learned}{told[0].lower()}{told[1:]}"
        if stage.learned:
            text += ", with bias" if stage.layer.bias else ", without bias"
    text = f"Layer {stage.number} is {text}"
    for other in stage.added:
        text += f"; {f'the output of layer {other}' if other else 'the input of the network'} is added to it"
    f, latex = stage.activation, target_of("latex")
    if f.is_identity:
        return (f"{text}.",)
    if not f.unknown:
        return (f"{text}, followed by {_NAMES.get(f.name, f.name)}.",)
    return say(f"{text}, followed by {{f}}.", f=Maths(latex.function(f.letter), f.letter))


def matrices_told(stages: Sequence[Stage]) -> Words:
    """What the matrices of layers hold, where they are not the kernels alone; nothing without any."""
    held = [stage for stage in stages if not stage.matrix_is_kernel]
    if not held:
        return ()
    numbers = joined([str(stage.number) for stage in held])
    text = f"{{T}} {'are the matrices of layers' if len(held) > 1 else 'is the matrix of layer'} {numbers}."
    kernels = [stage.layer.spec.kernel for stage in held]
    if not all(kernel.depends_on_input for kernel in kernels):
        text += " Row {i} holds the weights of output {i}, each in the column of the input that it multiplies"
        text += "; an average has equal weights." if any(kernel.uniform for kernel in kernels) else "."
    if any(kernel.depends_on_input for kernel in kernels):
        text += " That of maximum pooling has a single 1 in each row, at the entry that is kept."
    pieces = [Maths(Letter.of(stage.matrix_letter).latex, stage.matrix_letter) for stage in held]
    return say(text, T=listed(pieces), i=Maths("i", "i"))


def convention_told(chain: Any) -> str:
    """What is taken for the derivative of ReLU where it has none; nothing without one."""
    names = {stage.activation.name for stage in chain.stages if isinstance(stage.activation.function, str)}
    if not names & {"relu", "leaky_relu"}:
        return ""
    name, left = ("ReLU", "0") if "relu" in names else ("leaky ReLU", "1/100")
    return f"At 0, where {name} has no derivative, its derivative is taken to be {left}. "
