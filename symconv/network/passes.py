"""The passes through a chain, forwards and backwards, on arrays of any numbers, from the index patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Expr

from symconv.network.arrays import Entries, like
from symconv.network.losses import Loss
from symconv.network.stages import Stage
from symconv.pattern.selection import meetings


@dataclass(frozen=True, eq=False)
class Operands:
    """The numbers that a chain works on: its input, and by the number of a layer its weights and biases."""

    x: Entries
    w: Mapping[int, Entries] = field(default_factory=dict)
    b: Mapping[int, Entries] = field(default_factory=dict)
    target: Entries = None


@dataclass(eq=False)
class Forward:
    """What the pass forwards finds: ``z`` and ``a`` of each layer, ``a[0]`` the input, and the taps."""

    a: dict[int, Entries]
    z: dict[int, Entries] = field(default_factory=dict)
    taps: dict[int, Entries] = field(default_factory=dict)


@dataclass(eq=False)
class Backward:
    """What the pass backwards finds: the gradients with respect to ``a``, ``z``, weights and biases."""

    a: dict[int, Entries]
    delta: dict[int, Entries] = field(default_factory=dict)
    w: dict[int, Entries] = field(default_factory=dict)
    b: dict[int, Entries] = field(default_factory=dict)


def forward(stages: Sequence[Stage], given: Operands) -> Forward:
    """``z = T a + b``, with what is added, and ``a = f(z)``, layer after layer."""
    found = Forward({0: given.x})
    for stage in stages:
        number, index = stage.number, stage.layer.spec.incidence.index
        a = found.a[stage.source]
        taps = found.taps[number] = taps_of(stage, a, given)
        outputs = stage.layer.pattern.count("output")
        z = added(index["output"], taps[index["tap"]] * a[index["input"]], outputs, a)
        if stage.layer.bias:
            z = z + given.b[number][stage.layer.pattern.biases().index["tap"]]
        for other in stage.added:
            z = z + found.a[other]
        found.z[number], found.a[number] = z, stage.activation.values(z)
    return found


def backward(
    stages: Sequence[Stage], given: Operands, found: Forward, gradient: Entries, last: Entries = None
) -> Backward:
    """``delta = dL/da f'(z)``, and what it gives for the input, the weights and the bias of each layer.

    ``last`` is the delta of the last layer, where it is known without the derivative of its activation.
    """
    made = Backward({stages[-1].number: gradient})
    for stage in reversed(stages):
        number, index = stage.number, stage.layer.spec.incidence.index
        if number not in made.a:  # nothing reads this layer
            made.a[number] = found.a[number] * 0
        a, taps = found.a[stage.source], found.taps[number]
        ended = stage is stages[-1] and last is not None
        delta = last if ended else stage.activation.backward(made.a[number], found.z[number], found.a[number])
        made.delta[number] = delta
        upstream = delta[index["output"]]
        back = added(index["input"], taps[index["tap"]] * upstream, len(a), a)
        for other, part in ((stage.source, back), *((other, delta) for other in stage.added)):
            made.a[other] = made.a[other] + part if other in made.a else part
        if stage.learned:
            made.w[number] = added(index["tap"], upstream * a[index["input"]], len(taps), a)
        if stage.layer.bias:
            biases = stage.layer.pattern.biases()
            made.b[number] = added(biases.index["tap"], delta, biases.size("tap"), a)
    return made


def both(
    stages: Sequence[Stage], given: Operands, loss: Loss, gradient: Entries = None
) -> tuple[Forward, Backward]:
    """Both passes; the gradient of the loss, where it is not known, may be given."""
    found = forward(stages, given)
    output, last = found.a[stages[-1].number], None
    if gradient is None and loss.of_probabilities and loss.name == "cross_entropy":
        # p - t, whose parts -t/p and p (1 - p) are 1/0 and 0 where a probability is too small for a float.
        last, gradient = loss.through_softmax(output, given.target), output * 0
    elif gradient is None:
        gradient = loss.gradient(output, given.target)
    return found, backward(stages, given, found, gradient, last)


def taps_of(stage: Stage, a: Entries, given: Operands) -> Entries:
    """The taps of a layer: its weights, or those that its kernel has by itself."""
    return given.w[stage.number] if stage.learned else own_taps(stage, a)


def own_taps(stage: Stage, a: Entries) -> Entries:
    """The taps of a layer without weights, which for a maximum depend on its input."""
    spec = stage.layer.spec
    if not spec.kernel.depends_on_input:
        fixed = spec.kernel.taps(spec.tied, {})
        return like([Fraction(int(tap.p), int(tap.q)) for tap in fixed], a)
    taps: list[Any] = [0] * spec.pattern.count("tap")
    for met in meetings(spec.tied):
        best = None
        for _, own, j in met:
            if best is None or larger(a[j], a[best[1]]):
                best = own, j
        if best:
            taps[best[0]] = 1
    return like(taps, a)


def larger(one: Any, other: Any) -> bool:
    """Whether one number is larger; of expressions, as SymPy finds."""
    return bool(one > other)


def added(cells: Any, terms: Entries, count: int, example: Entries) -> Entries:
    """Terms added up by the cell that each belongs to."""
    if isinstance(example, np.ndarray) and example.dtype != object:
        return np.bincount(cells, weights=terms, minlength=count)
    sums: list[Any] = [0] * count
    grouped: dict[int, list[Any]] = {}
    for cell, term in zip(cells.tolist(), terms.tolist(), strict=True):
        grouped.setdefault(cell, []).append(term)
    for cell, several in grouped.items():
        sums[cell] = sum(several[1:], several[0])
    return like(sums, example)


def exact_entries(entries: Sequence[Expr]) -> Entries:
    """SymPy's numbers as fractions, and other expressions as they are."""
    return like([_fraction(entry) for entry in entries], None)


def _fraction(entry: Expr) -> Any:
    return Fraction(int(entry.p), int(entry.q)) if entry.is_Rational else entry
