"""Maximum pooling: a layer whose kernel is an indicator with taps of its own for each output."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
from sympy import Eq, Ge, Matrix, Or, S, sympify
from sympy.logic.boolalg import Boolean

from symconv import check
from symconv.builders import Builder
from symconv.derivation import Kernel, Setting
from symconv.errors import EntriesError, GeometryError, OptionError
from symconv.explicit import Explicit
from symconv.layers.largest import (
    BUILDERS_OF_MAXIMUM,
    Largest,
    selection_of,
    windows_of,
)
from symconv.layers.pooling import Pool, padded_half
from symconv.notation import Notation
from symconv.pattern import Axis, Pattern, Untied, UntiedAxis
from symconv.pieces import Subject
from symconv.reasons import maximum
from symconv.structure import Structure


class MaxPool(Pool):
    """Maximum pooling over any number of axes: the largest entry of each window of each channel.

    ``y[n, o, i] = max_k x[n, o, s i + d k - p]`` over the places that lie within the input. As a matrix
    acting on x it is ``y = T x`` with an indicator in each entry: ``T[i, j]`` is 1 where ``x[j]`` is the
    first of the largest entries that output ``i`` sees, so ``dL/dx = T^T delta``. In index sums the indicator
    is the selection ``S[i, k]``, which stands where a convolution has its kernel, but with taps of its own
    for each output. Where entries tie the maximum has no derivative; the first takes all, as in PyTorch.

    With several axes the indices of an axis stand together, as in ``S[i_1, k_1, i_2, k_2]``.

    Parameters are those of :class:`AvgPool`, where no place in the padding is ever selected, and

    dilation : int, or sequence of one an axis
        d, at least 1: how far apart the places of a window are.

    Raises
    ------
    GeometryError
        Also when a window would see padding only.

    Examples
    --------
    >>> layer = MaxPool(4, 2)
    >>> layer.output.T, layer.at(x=[3, 1, 2, 2]).grad_input.T
    (Matrix([[Max(x0, x1), Max(x2, x3)]]), Matrix([[delta0, 0, delta1, 0]]))
    >>> layer.at(x=[3, 1, 2, 2]).matrix
    Matrix([
    [1, 0, 0, 0],
    [0, 0, 1, 0]])
    """

    _opening = "Maximum pooling of {inputs} in windows of {window}"
    _names = ("output_size", "output", "selection", "matrix", "windows", "grad_input")

    def __init__(
        self,
        input_size: Any,
        kernel_size: Any,
        *,
        channels: Any = None,
        batch: Any = None,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        notation: Notation | str = Notation(),
        **unknown: Any,
    ) -> None:
        self._reject(unknown)
        columns = {"stride": stride, "dilation": dilation}
        rest, tied = self._pool(input_size, kernel_size, columns, padding, channels, batch)
        for axis in tied:
            _require_inputs(axis)
        self._tied = Pattern((*rest, *tied))
        axes = tuple(UntiedAxis(axis) for axis in tied)
        self._set(Pattern((*map(Untied, rest), *axes)), axes, notation, bias=False)

    def at(self, *, x: Any = None, delta: Any = None, **unknown: Any) -> Self:
        """The same layer on values, which must be real: see :meth:`Pool.at`."""
        made = super().at(x=x, delta=delta, **unknown)
        for entry in made._given.get("input", ()):
            if entry.is_extended_real is False:
                raise EntriesError(f"x holds {entry}: a maximum needs real entries.")
        return made

    @property
    def _written(self) -> Notation:
        n = self.notation
        own = {"kernel": n.selection, "kernel_matrix": None, "filter_matrix": n.selection}
        return n.replace(**own, selection=n.kernel, tap_colours=())

    @cached_property
    def _values(self) -> Explicit:
        return Largest.of(self._tied, self._symbols, self._given)

    @property
    def tied(self) -> Pattern:
        return self._tied

    @property
    def selection(self) -> Matrix:
        """``S``, M by K: 1 where tap k of output i meets the first of the largest entries that i sees."""
        return selection_of(self._tied, self._values)

    @property
    def windows(self) -> Matrix:
        """``X``, M by K, with what each output sees: ``X[i, k] = x[j]``, minus infinity in the padding."""
        return windows_of(self._tied, self._values)

    @property
    def structure(self) -> Structure:
        raise OptionError("maximum pooling has another matrix for every input: ask for .matrix on values.")

    @property
    def reasons(self) -> Mapping[str, str]:
        return maximum(columns=self.notation.window_columns)

    def _builder(self, name: str) -> Builder:
        own = BUILDERS_OF_MAXIMUM.get(name)
        return own(self._tied) if own else super()._builder(name)

    @property
    def _subject(self) -> Subject:
        """Written with the selection's letters, unless numbers say what it is."""
        values = self._values
        if not all(entry.is_number for entry in values.operands["input"]):
            own = self._symbols
            values = Explicit(own.pattern, {**own.operands, **self._given}) if self._given else own
        return Subject(self.axes, self._symbols, values, self._written)

    @cached_property
    def _setting(self) -> Setting:
        meaning = "being 1 at the first of the largest entries that an output sees, else 0"
        met = dict.fromkeys(map(_windows_meet, self._tied_axes))
        conditions = (*padded_half(self._tied_axes), *(c for c in met if c is not S.true))
        kernel = Kernel("selection", meaning, selects=True, conditions=conditions)
        return Setting(self.pattern, self._written, kernel=kernel)

    @property
    def _judged(self) -> dict[str, Any]:
        values = self._values
        return {
            "pattern": self._tied,
            "axes": self._tied_axes,
            "symbols": values,
            "values": values,
            "references": check.POOLING["max"],
            "weights": False,
        }


class MaxPool1d(MaxPool):
    """1-D maximum pooling: :class:`MaxPool` on one axis."""

    rank = 1


class MaxPool2d(MaxPool):
    """2-D maximum pooling: :class:`MaxPool` on two axes; one size stands for both."""

    rank = 2


class MaxPool3d(MaxPool):
    """3-D maximum pooling: :class:`MaxPool` on three axes; one size stands for all."""

    rank = 3


def _windows_meet(axis: Axis) -> Boolean:
    """The condition that every window holds an entry: without padding, or no wider apart than the input."""
    if axis.dilation == 1:
        return S.true
    around = axis.before if axis.before == axis.after else axis.before + axis.after
    return Or(Eq(sympify(around), 0), Ge(axis.input_size, axis.dilation))


def _require_inputs(axis: Axis) -> None:
    """Every window must hold an entry; only one wider apart than the input can miss it."""
    if not axis.numeric or axis.input_size >= axis.dilation:
        return
    outputs = axis.incidence().index["output"]
    empty = np.flatnonzero(np.bincount(outputs, minlength=int(axis.output_size)) == 0)
    if len(empty):
        raise GeometryError(
            f"output {empty[0]} would see padding only: with {axis.input_size} inputs and dilation "
            f"{axis.dilation} use less padding or dilation."
        )
