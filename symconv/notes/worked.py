"""The worked example: a layer on numbers, each window beside its sum, and one entry of each gradient.

What notes and slides tell in figures comes from here, each number computed and none rounded:

- :class:`Worked` is a layer whose operands all have values. ``positions`` has one :class:`Position` an
  output: its products, in the order in which they lie on the input, its bias, and its result. Entries of the
  gradients are sums of products (:class:`Entry`); ``main_tap`` and ``main_place`` are worth showing.
- :class:`Costs` counts multiplications, weights and zeros of a layer of any numeric size, without listing
  what meets, and those of a dense layer between the same inputs and outputs.
- :func:`shifted` is what becomes of the outputs when the input moves by one stride.

Indices are flat and from 0; ``Worked.index`` turns one into those that a notation writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np
from sympy import Add, Expr, S

from symconv.explicit.entries import Explicit
from symconv.notes.source import Source, Sources
from symconv.pattern import Specification

#: An entry of the gradient of the input is written out up to so many products.
MOST_SHARES = 9


@dataclass(frozen=True)
class Product:
    """A weight times what it meets.

    Attributes
    ----------
    tap, place : int
        Which weight, and which input. Of a maximum, which place of the window.
    weight, value : expression
        Their values. Of a maximum, 1 for the entry that is selected and else 0.
    """

    tap: int
    place: int
    weight: Expr
    value: Expr

    @property
    def result(self) -> Expr:
        """The product."""
        return self.weight * self.value


@dataclass(frozen=True)
class Position:
    """One output: what it is the sum of, or the maximum."""

    output: int
    products: tuple[Product, ...]
    bias: Expr | None
    result: Expr


@dataclass(frozen=True)
class Share:
    """What one output gives to an entry of a gradient: its upstream gradient times a weight or an input.

    Attributes
    ----------
    output : int
    upstream : expression
    other : int
        The place of the window, or the input, that it is multiplied with.
    factor : expression
        The value there.
    own : int
        The entry of :attr:`Worked.weights` that takes part.
    """

    output: int
    upstream: Expr
    other: int
    factor: Expr
    own: int = 0

    @property
    def result(self) -> Expr:
        """The product."""
        return self.upstream * self.factor


@dataclass(frozen=True)
class Entry:
    """An entry of a gradient as a sum of products.

    Attributes
    ----------
    role : str
        "tap" or "input": what it is the gradient of; ``Share.other`` is then of the other role.
    at : int
    shares : tuple of Share
    """

    role: str
    at: int
    shares: tuple[Share, ...]

    @property
    def result(self) -> Expr:
        """The entry."""
        return Add(*(share.result for share in self.shares))


@dataclass(frozen=True)
class Worked:
    """A layer whose operands all have values.

    Attributes
    ----------
    source : Source
    """

    source: Source

    @property
    def spec(self) -> Specification:
        """What the layer is."""
        return self.source.spec

    @property
    def explicit(self) -> Explicit:
        """Its entries."""
        return self.source.entries.values

    def shape(self, role: str) -> tuple[int, ...]:
        """The shape of the input, the output, or the taps that all outputs share."""
        return tuple(map(int, self.spec.tied.extents[role]))

    def index(self, role: str, at: int) -> tuple[int, ...]:
        """The indices of an entry, counted as the notation counts."""
        shape = self.shape(role)
        found = np.unravel_index(at, shape) if shape else ()
        return tuple(int(i) + self.spec.notation.base for i in found)

    @property
    def inputs(self) -> tuple[Expr, ...]:
        """The entries of the input."""
        return self.explicit.operands["input"]

    @property
    def weights(self) -> tuple[Expr, ...]:
        """The entries of the kernel; of a maximum, what selects."""
        return self.explicit.operands["tap"]

    @property
    def upstream(self) -> tuple[Expr, ...]:
        """The derivative of the loss with respect to each output."""
        return self.explicit.operands["output"]

    @cached_property
    def triples(self) -> list[tuple[int, int, int, int]]:
        """Output, place of the window, input, and the entry of :attr:`weights`, by output and input.

        A pattern with taps of its own lists the triples of the shared one in the same order.
        """
        met = [self.spec.tied.incidence().index[role].tolist() for role in ("output", "tap", "input")]
        own = self.spec.incidence.index["tap"].tolist()
        turned = -1 if self.spec.flip else 1
        if self.spec.reads_input:  # in the order in which the window passes over the padded input
            return sorted(zip(*met, own, strict=True), key=lambda t: (t[0], turned * t[1]))
        return sorted(zip(*met, own, strict=True), key=lambda t: (t[0], t[2], t[1]))

    @cached_property
    def outputs(self) -> tuple[Expr, ...]:
        """The results, flat."""
        return tuple(self.explicit.matrix("output"))

    @cached_property
    def positions(self) -> tuple[Position, ...]:
        """Every output with what it consists of."""
        products: list[list[Product]] = [[] for _ in self.outputs]
        for o, tap, j, own in self.triples:
            products[o].append(Product(tap, j, self.weights[own], self.inputs[j]))
        biases = self.explicit.biases if self.explicit.bias else [None] * len(products)
        return tuple(
            Position(o, tuple(products[o]), biases[o], result) for o, result in enumerate(self.outputs)
        )

    def kernel_entry(self, tap: int) -> Entry:
        """The gradient of a shared weight: a product for each output that it takes part in."""
        found = [
            Share(o, self.upstream[o], j, self.inputs[j], tap) for o, k, j, _ in self.triples if k == tap
        ]
        return Entry("tap", tap, tuple(found))

    def input_entry(self, place: int) -> Entry:
        """The gradient of an input: a product for each output that it takes part in."""
        found = [
            Share(o, self.upstream[o], k, self.weights[own], own)
            for o, k, j, own in self.triples
            if j == place
        ]
        return Entry("input", place, tuple(found))

    @cached_property
    def main_tap(self) -> int:
        """The weight of the middle among those that are used most; of several filters, of the first."""
        used = Counter(tap for _, tap, _, _ in self.triples)
        first = prod(int(axis.geometry["kernel_size"]) for axis in self.spec.tied_axes)
        here = {tap: count for tap, count in used.items() if tap < first} or used
        most = [tap for tap, count in sorted(here.items()) if count == max(here.values())]
        return most[len(most) // 2] if most else 0

    @cached_property
    def main_place(self) -> int:
        """The first of the inputs that are read most, if not too often; of a maximum, one that it selects."""
        selects = not (self.spec.kernel.learned or self.spec.kernel.uniform)
        used = Counter(j for _, _, j, own in self.triples if not selects or self.weights[own] != 0)
        most = max((n for n in used.values() if n <= MOST_SHARES), default=min(used.values(), default=0))
        return min((j for j, count in used.items() if count == most), default=0)

    @cached_property
    def skipped(self) -> list[int]:
        """The inputs that no output reads."""
        return sorted(set(range(len(self.inputs))) - {j for _, _, j, _ in self.triples})

    def gradient(self, role: str) -> tuple[Expr, ...]:
        """All entries of the gradient of the "tap" or the "input"."""
        name = {"tap": "grad_kernel", "input": "grad_input"}[role]
        return tuple(self.explicit.matrix(name))


@dataclass(frozen=True)
class Costs:
    """What a layer of numeric sizes costs, and a dense layer between the same inputs and outputs.

    Attributes
    ----------
    inputs, outputs : int
        Of one sample.
    multiplications : int
        A weight times an input; places in a padding of zeros take none.
    nonzeros : int
        Entries of the matrix that hold a weight.
    window : int
        The most inputs that an output reads.
    weights : int
        Different weights; biases are not counted.
    shape : tuple of int
        Of the input of one sample.
    """

    inputs: int
    outputs: int
    multiplications: int
    nonzeros: int
    window: int
    weights: int
    shape: tuple[int, ...]

    @classmethod
    def of(cls, spec: Specification) -> Costs:
        """The product of what each relation costs."""
        inputs = outputs = met = cells = window = weights = 1
        shape: tuple[int, ...] = ()
        for relation in spec.tied.relations:
            if "batch" in relation.geometry:
                continue
            incidence = relation.incidence()
            o, j = incidence.index["output"], incidence.index["input"]
            met_at = np.sort(o * incidence.size("input") + j)
            pairs = met_at[np.diff(met_at, prepend=-1) > 0]  # unique() hashes, which is slower by far
            each = np.bincount(pairs // incidence.size("input")) if len(pairs) else np.zeros(1, dtype=int)
            inputs, outputs = inputs * incidence.size("input"), outputs * incidence.size("output")
            met, cells, window = met * len(o), cells * len(pairs), window * int(each.max())
            weights *= incidence.size("tap")
            shape += tuple(map(int, relation.extents["input"]))
        return cls(inputs, outputs, met, cells, window, weights, shape)

    @property
    def dense(self) -> int:
        """The weights of a dense layer, which are its multiplications too."""
        return self.inputs * self.outputs


@dataclass(frozen=True)
class Shift:
    """What becomes of the outputs when the input moves.

    Attributes
    ----------
    by, moved : int
        The zeros that are put in front of the input, along the last axis, and the places by which the
        outputs are then compared.
    inputs, outputs : tuple of expressions
        The new ones, flat; the outputs are of the shape ``output_shape``.
    same : tuple of int
        The old outputs, flat, that stand again ``moved`` places further.
    worked : Worked
        The example with the new input.
    """

    by: int
    moved: int
    output_shape: tuple[int, ...]
    inputs: tuple[Expr, ...]
    outputs: tuple[Expr, ...]
    same: tuple[int, ...]
    worked: Worked

    def there(self, at: int, shape: tuple[int, ...]) -> int | None:
        """Where an output of an example of some output shape stands after the move."""
        *outer, last = map(int, np.unravel_index(at, shape))
        inside = last + self.moved < self.output_shape[-1]
        return int(np.ravel_multi_index((*outer, last + self.moved), self.output_shape)) if inside else None


def shifted(sources: Sources, by: int, moved: int) -> Shift:
    """The example with zeros put in front of its input along the last axis, and its outputs compared."""
    worked = Worked(sources.example)
    sizes = [int(axis.geometry["input_size"]) for axis in worked.spec.tied_axes]
    sizes[-1] += by
    given = {"x": _prefixed(worked.inputs, worked.shape("input"), by)}
    new = Worked(sources.remake("example", given, input_size=tuple(sizes)))
    shift = Shift(by, moved, new.shape("output"), new.inputs, new.outputs, (), new)
    there = [shift.there(at, worked.shape("output")) for at in range(len(worked.outputs))]
    same = [at for at, to in enumerate(there) if to is not None and new.outputs[to] == worked.outputs[at]]
    return replace(shift, same=tuple(same))


def _prefixed(entries: Sequence[Expr], shape: tuple[int, ...], by: int) -> tuple[Expr, ...]:
    """Entries with so many zeros in front of each line along the last axis."""
    width = shape[-1]
    lines = [entries[at * width : (at + 1) * width] for at in range(prod(shape[:-1]))]
    return tuple(entry for line in lines for entry in (*(S.Zero,) * by, *line))


def rotated(sources: Sources, by: int) -> Shift | None:
    """The example with its input moved around along the last axis, where its outputs move around by one."""
    worked = Worked(sources.example)
    shape, out = worked.shape("input"), worked.shape("output")
    moved = tuple(np.roll(np.array(worked.inputs, dtype=object).reshape(shape), by, axis=-1).ravel())
    new = Worked(sources.remake("example", {"x": moved}))
    wanted = np.roll(np.array(worked.outputs, dtype=object).reshape(out), 1, axis=-1).ravel()
    if list(wanted) != list(new.outputs):
        return None
    return Shift(by, 1, out, moved, new.outputs, tuple(range(len(new.outputs))), new)
