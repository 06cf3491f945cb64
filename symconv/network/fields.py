"""Receptive fields: which inputs an output of a layer sees, in closed form and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sympy import Expr, Max, Min, Mul, expand, simplify, sympify

from symconv.errors import OptionError
from symconv.network.arrays import whole
from symconv.network.stages import Stage
from symconv.pattern import Size


@dataclass(frozen=True)
class Along:
    """The field along one axis: output i sees the inputs from ``start + jump i`` on, ``size`` of them."""

    size: Expr
    jump: Expr
    start: Expr

    def through(self, axis: Any) -> Along:
        """The field of a layer that reads this one, along the axis of the layer."""
        stride, dilation, before, taps = (
            sympify(axis.geometry[name]) for name in ("stride", "dilation", "before", "kernel_size")
        )
        size = self.size + dilation * (taps - 1) * self.jump
        return Along(expand(size), expand(self.jump * stride), expand(self.start - before * self.jump))

    def of_all(self, outputs: Any, inputs: Any) -> Along:
        """What all outputs see together, within the input."""
        first, last = Max(0, self.start), self.start + self.jump * (outputs - 1) + self.size
        end = expand(sympify(inputs) if expand(last - inputs) == 0 else Min(inputs, expand(last)))
        return Along(expand(end - first), sympify(0), first)

    def beside(self, other: Along) -> Along:
        """The field that holds both, of layers with the same step."""
        first, last = (
            _decided(self.start, other.start, Min),
            _decided(self.start + self.size, other.start + other.size, Max),
        )
        return Along(expand(last - first), self.jump, first)


@dataclass(frozen=True, eq=False)
class ReceptiveField:
    """The inputs that the outputs of a layer see; with several axes, a tuple with one entry per axis.

    Attributes
    ----------
    size : int or expression
        How many neighbouring inputs lie within the field, padding included.
    jump : int or expression
        How far the field moves from one output to the next.
    start : int or expression
        The first input of output 0; negative where the field begins in the padding.
    padding : pair, or one per axis
        How many places of the first and of the last field lie before and after the input.

    Examples
    --------
    >>> import symconv as sc
    >>> net = sc.Chain(sc.Conv1d("N", "K", padding="same"), sc.Activation("relu"), sc.MaxPool1d(None, 2))
    >>> field = net.receptive_field()
    >>> field.size, field.jump, field.start
    (K + 1, 2, -floor(K/2 - 1/2))
    >>> net = sc.Chain(sc.Conv1d(7, 3, padding=1), sc.Conv1d(None, 3, dilation=2))
    >>> net.receptive_field().inputs(0)
    (0, 1, 2, 3, 4, 5)
    """

    along: tuple[Along, ...]
    _stage: Stage
    _sizes: tuple[Size, ...]  # of the input of the chain
    _chain: Any

    @property
    def size(self) -> Any:
        return self._each([whole(along.size) for along in self._closed()])

    @property
    def jump(self) -> Any:
        return self._each([whole(along.jump) for along in self._closed()])

    @property
    def start(self) -> Any:
        return self._each([whole(along.start) for along in self._closed()])

    @property
    def padding(self) -> Any:
        outputs = self._outputs()
        return self._each([
            (whole(Max(0, -a.start)), whole(Max(0, simplify(a.start + a.jump * (m - 1) + a.size - n))))
            for a, m, n in zip(self._closed(), outputs, self._sizes, strict=True)
        ])  # fmt: skip

    def inputs(self, output: int | Sequence[int]) -> Any:
        """The indices of the inputs that an output sees, along each axis; they count as the notation counts.

        Those that only zeros in the padding of a layer in between lead to are not among them.

        Raises
        ------
        SymbolicSizeError
            If a size is a letter.
        """
        self._chain.values.require_numbers()
        index = read_index("output", output)
        base = int(self._chain.notation.base)
        seen = reaches(self._chain)[self._stage.number]
        if self._stage.matrix_is_kernel or _after_dense(self._stage, [len(rows) - 1 for rows in seen]):
            return self._each([_indices(rows.any(axis=0), base) for rows in seen])
        if len(index) != len(seen):
            raise OptionError(
                f"the output {output!r} has {len(index)} indices, but the layer has {len(seen)} axes."
            )
        for at, rows in zip(index, seen, strict=True):
            if not base <= at < base + len(rows):
                raise OptionError(
                    f"there is no output {output!r}: indices run from {base} to {base + len(rows) - 1}."
                )
        return self._each([_indices(rows[at - base], base) for at, rows in zip(index, seen, strict=True)])

    def _closed(self) -> tuple[Along, ...]:
        if not self.along:
            words = "the outputs of this layer have fields of different sizes, or moving by different steps"
            raise OptionError(f"{words}: ask for .inputs(output).")
        return self.along

    def _outputs(self) -> list[Any]:
        """The number of outputs along each axis; one for a layer that sees all."""
        return _outputs(self._stage, len(self._sizes))

    @staticmethod
    def _each(found: list[Any]) -> Any:
        return found[0] if len(found) == 1 else tuple(found)

    def __repr__(self) -> str:
        return f"ReceptiveField(size={self.size}, jump={self.jump}, start={self.start})"


def _outputs(stage: Stage, axes: int) -> list[Any]:
    """The number of outputs along each axis, in the letters of the chain; one for a layer that sees all."""
    if stage.matrix_is_kernel or stage.layer.axes[-1].form == "diagonal":
        return [sympify(1)] * axes
    return [written_out(stage, size) for size in stage.layer.spec.output_sizes]


def written_out(stage: Stage, size: Any) -> Expr:
    """A size in the letters that the chain was made with, in the place of those of the layers before."""
    found = sympify(size)
    while found.free_symbols & stage.sizes.keys():
        found = found.xreplace(stage.sizes)
    return found


def receptive_field(chain: Any, layer: int | None = None) -> ReceptiveField:
    """The inputs that the outputs of a layer see, by default those of the last one.

    Raises
    ------
    OptionError
        If there is no such layer, or it acts on a flattened input without being dense.

    Examples
    --------
    >>> import symconv as sc
    >>> net = sc.Chain(sc.Conv2d(32, 5, stride=2), sc.Activation("relu"), sc.MaxPool2d(None, 2))
    >>> net.receptive_field()
    ReceptiveField(size=(7, 7), jump=(4, 4), start=(0, 0))
    """
    layer = chain.stage(len(chain) if layer is None else layer).number
    first = chain.stages[0].layer.spec
    sizes = tuple(axis.extents["input"][0] for axis in first.tied_axes)
    fields: dict[int, tuple[Along, ...]] = {0: tuple(Along(*map(sympify, (1, 1, 0))) for _ in sizes)}
    for stage in chain.stages[:layer]:
        fields[stage.number] = _closed(chain, stage, fields, sizes)
    return ReceptiveField(fields[layer], chain.stage(layer), sizes, chain)


def _closed(
    chain: Any, stage: Stage, fields: dict[int, tuple[Along, ...]], sizes: Sequence[Size]
) -> tuple[Along, ...]:
    """The field of a layer along each axis; nothing where it has no closed form."""
    spec, before = stage.layer.spec, fields[stage.source]
    if stage.matrix_is_kernel:
        if not before:
            return ()
        outputs = _outputs(chain.stages[stage.source - 1], len(before)) if stage.source else sizes
        return tuple(one.of_all(m, n) for one, m, n in zip(before, outputs, sizes, strict=True))
    if _after_dense(stage, [along.jump for along in before]):
        return before
    _require_places(stage, len(sizes))
    if spec.transposed or not before or any(not fields[other] for other in stage.added):
        return ()
    found = tuple(one.through(axis) for one, axis in zip(before, spec.tied_axes, strict=True))
    if any(expand(a.jump - b.jump) != 0 for n in stage.added for a, b in zip(found, fields[n], strict=True)):
        return ()  # the fields move at different paces
    for other in stage.added:
        found = tuple(a.beside(b) for a, b in zip(found, fields[other], strict=True))
    return found


def _after_dense(stage: Stage, jumps: Sequence[Any]) -> bool:
    """Whether a diagonal layer reads outputs that all see the same, as those of a dense layer do."""
    return stage.layer.axes[-1].form == "diagonal" and all(jump == 0 for jump in jumps)


def _require_places(stage: Stage, rank: int) -> None:
    if len(stage.layer.spec.tied_axes) != rank or stage.flattened:
        raise OptionError(f"{stage.told} does not act on places of the input, so it has no receptive field.")


def reaches(chain: Any) -> dict[int, list[Any]]:
    """For each layer and axis which input each output sees: a matrix of yes and no."""
    first = chain.stages[0].layer.spec
    found: dict[int, list[Any]] = {
        0: [np.eye(int(a.extents["input"][0]), dtype=bool) for a in first.tied_axes]
    }
    for stage in chain.stages:
        before = found[stage.source]
        if stage.matrix_is_kernel:
            found[stage.number] = [rows.any(axis=0, keepdims=True) for rows in before]
            continue
        if _after_dense(stage, [len(rows) - 1 for rows in before]):
            found[stage.number] = before
            continue
        _require_places(stage, len(before))
        here = []
        for axis, rows in zip(stage.layer.spec.tied_axes, before, strict=True):
            met = axis.incidence().index
            if len(rows) == 1:  # every output of a dense layer sees the same
                rows = rows.repeat(int(axis.extents["input"][0]), axis=0)
            step = np.zeros((int(axis.extents["output"][0]), len(rows)), dtype=bool)
            step[met["output"], met["input"]] = True
            here.append(step.astype(np.int64) @ rows.astype(np.int64) > 0)
        for other in stage.added:
            here = [one | two for one, two in zip(here, found[other], strict=True)]
        found[stage.number] = here
    return found


def read_index(name: str, given: Any) -> tuple[int, ...]:
    """One index, or one for each axis, as a tuple."""
    index = tuple(given) if isinstance(given, Sequence) and not isinstance(given, str) else (given,)
    if not all(isinstance(at, Integral) and not isinstance(at, bool) for at in index):
        raise OptionError("{option} is {given!r}: write an index, or one for each axis.", name, given)
    return tuple(map(int, index))


def _indices(row: Any, base: int) -> tuple[int, ...]:
    return tuple(int(at) + base for at in np.flatnonzero(row))


def _decided(one: Expr, other: Expr, which: Any) -> Expr:
    return one if expand(one - other) == 0 else which(one, other)


def parameters_of(stage: Stage) -> tuple[Any, Any]:
    """How many weights and how many biases a layer has."""
    spec = stage.layer.spec
    weights = Mul(*map(sympify, spec.pattern.extents["tap"])) if stage.learned else sympify(0)
    biases = Mul(*map(sympify, spec.filters)) if spec.bias else sympify(0)
    return whole(written_out(stage, weights)), whole(written_out(stage, biases))
