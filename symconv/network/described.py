"""Layers of a chain in words: what each is, what follows it, and what its matrix holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import DiracDelta, Expr, FiniteSet, Piecewise, Rational, S, solveset, sympify
from sympy.core.relational import Relational

from symconv.layers.conv import Conv, ConvTranspose
from symconv.layers.pooling import AvgPool, MaxPool
from symconv.network.activations import Activation, Z, values_at
from symconv.network.counts import added_told
from symconv.network.dense import Dense
from symconv.network.stages import Stage
from symconv.network.writing import listed, say
from symconv.notes.model import Maths, Words
from symconv.pattern.wording import title
from symconv.printing.english import joined
from symconv.printing.letters import Letter
from symconv.printing.targets import target_of

_CALLED = {
    Conv: "a {}", ConvTranspose: "a transposed {}", MaxPool: "maximum pooling",
    AvgPool: "average pooling", Dense: "a dense layer",
}  # fmt: skip

_PARTS = {"BatchNorm": "batch normalisation"}

#: An activation is compared so far to both sides of a point.
_NEAR = Rational(1, 10**9)

#: Functions that have another name in a sentence than in a formula.
_NAMES = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "gelu": "GELU", "identity": "the identity"}


def called(stage: Stage) -> str:
    """What a layer is, in words."""
    if stage.part is not None:
        return _PARTS.get(stage.kind, f"a {stage.kind}")
    layer: Any = stage.layer
    operation = "convolution" if stage.learned and layer.spec.flip else "cross-correlation"
    for kind, words in _CALLED.items():
        if isinstance(layer, kind):
            return words.format(operation)
    return f"a {type(stage.layer).__name__}"


def kind_of(stage: Stage) -> str:
    """What a layer is, in one or two words, for a heading."""
    return called(stage).removeprefix("a ").removesuffix(" layer")


def cell_of(stage: Stage) -> str:
    """What a layer is, with its activation and what is added to its output, for a table."""
    f = stage.activation
    follows = "" if f.is_identity else f", {_NAMES.get(f.name, f.name)}"
    return f"{kind_of(stage)}{follows}{added_told(stage)}"


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
    """What is taken for the gradient where functions and maxima have none; nothing without such."""
    bent: dict[Any, dict[str, list[Any]]] = {}
    for f in (stage.activation for stage in chain.stages):
        kinks = _kinks(f)
        if kinks:
            alone = f.name if len(kinks) > 1 else ""
            bent.setdefault((tuple(kinks), alone), {})[_NAMES.get(f.name, f.name)] = list(kinks.values())
    text = ""
    for (places, _), slopes in bent.items():
        has, its = ("have", "their derivatives are") if len(slopes) > 1 else ("has", "its derivative is")
        values = [str(value) for each in slopes.values() for value in each]
        taken = values[0] if len(set(values)) == 1 else f"{joined(values)}, respectively"
        text += f"At {joined(list(map(str, places)))}, where {joined(list(slopes))} {has} no derivative, "
        text += f"{its} taken to be {taken}. "
    if any(stage.layer.spec.kernel.depends_on_input for stage in chain.stages):
        text += "If several entries of a window are the largest, the first of them receives the gradient. "
    return text


def _kinks(f: Activation) -> dict[Expr, Any]:
    """Where an activation has no derivative, and what is taken for it there."""
    if f.unknown or f.is_softmax or f.slope.has(DiracDelta):
        return {}
    cases = f.expr.rewrite(Piecewise)
    found: dict[Expr, Any] = {}
    for edge in {side.lhs - side.rhs for side in cases.atoms(Relational)}:
        zeros = solveset(edge, Z, S.Reals)
        for place in zeros if isinstance(zeros, FiniteSet) else ():
            near = (place - _NEAR, place + _NEAR)
            left, right = ([complex(_at(expr, side)) for expr in (f.expr, f.slope)] for side in near)
            bent = max(abs(a - b) for a, b in zip(left, right, strict=True)) > 1e-4
            if bent and sympify(_at(f.slope, place)).is_finite:
                found[place] = _at(f.slope, place)
    return dict(sorted(found.items()))


def _at(expr: Expr, place: Expr) -> Any:
    """The value of an expression in z."""
    return values_at(expr, [place])[0]
