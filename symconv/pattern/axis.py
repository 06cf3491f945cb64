"""One spatial axis: the affine relation between an output, a tap and an input."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from sympy import Expr, Le, Symbol, sympify
from sympy.logic.boolalg import Boolean

from symconv.errors import GeometryError, OptionError
from symconv.pattern.incidence import ROLES, Incidence
from symconv.pattern.output_size import Template, window
from symconv.pattern.padding import PADDING_MODES, PaddingMode
from symconv.pattern.reading import Size, largest, least, read_padding, read_size
from symconv.pattern.relation import Adjoint, Places, Relation, Spatial, Window


@dataclass(frozen=True)
class Axis(Spatial):
    """The relation ``j = s o + d k - p`` of one spatial axis.

    Output ``o`` (``0 <= o < M``), tap ``k`` (``0 <= k < K``) and input ``j`` (``0 <= j < N``) meet
    where the relation holds. A flipped kernel (true convolution) exchanges tap ``k`` for
    ``K - 1 - k``. A padding mode other than zeros maps a place outside the input to one inside:
    see :data:`symconv.pattern.PADDING_MODES`. Build one with :meth:`make`, which checks the geometry.

    Source: Dumoulin and Visin, *A guide to convolution arithmetic for deep learning*, relationship 15,
    for the output size; the relation itself is the definition of a strided, dilated correlation.

    >>> axis = Axis.make(4, 3, padding="full", flip=True)
    >>> axis.output_size, axis.coefficients
    (6, (1, -1, 0))
    """

    form: ClassVar[str] = "window"
    input_size: Size
    kernel_size: Size
    stride: Size
    dilation: Size
    before: Size
    after: Size
    flip: bool
    mode: str | None = None
    padding_mode: str = "zeros"
    outputs: Size | None = None
    ceil_mode: bool = False

    @classmethod
    def make(
        cls, input_size: Any, kernel_size: Any, *, stride: Any = 1, dilation: Any = 1, padding: Any = 0,
        flip: bool = False, padding_mode: str = "zeros", ceil_mode: bool = False,
    ) -> Axis:  # fmt: skip
        """Read and check the geometry of one axis.

        Parameters
        ----------
        input_size, kernel_size, stride, dilation : int, SymPy expression or name
            At least 1 each.
        padding : int, symbol, pair (before, after), or one of "valid", "same", "full"
            At least 0. "same" keeps the size for stride 1; if the total padding is odd, the extra
            padding goes at the end, as in PyTorch.
        flip : bool
            True for convolution, False for cross-correlation.
        padding_mode : str
            A key of ``symconv.pattern.PADDING_MODES``, such as "zeros", "circular", "reflect" or "replicate".
        ceil_mode : bool
            Whether the last window may extend beyond the padded input, if it begins inside the input or the
            padding before it.

        Raises
        ------
        GeometryError
            When a number is too small, the kernel is wider than the padded input, or the padding is
            more than its mode can fill.
        OptionError
            When a value is of the wrong kind, or the padding mode is unknown.
        """
        n, k, s, d = read_sizes(flip, input_size, kernel_size, stride, dilation)
        if not isinstance(padding_mode, str) or padding_mode not in PADDING_MODES:
            sentence = "{option} is {given!r}: {cure}"
            raise OptionError(sentence, "padding_mode", padding_mode, allowed=PADDING_MODES)
        before, after = read_padding(padding, d * (k - 1), s)
        mode = padding if isinstance(padding, str) else None
        axis = cls(n, k, s, d, before, after, flip, mode, padding_mode, ceil_mode=ceil_mode)
        if isinstance(axis.output_size, int) and axis.output_size < 1:
            spans, has = axis.span + 1, f"{n} + {before} + {after} = {n + before + after}"
            raise GeometryError(
                f"a kernel of {k} taps with dilation {d} spans {spans} inputs, "
                f"but the padded input has {has}: use a smaller kernel or dilation, "
                f"or a total padding of at least {spans - n}."
            )
        room = axis.fill.slack
        for side in (before, after):
            if room is not None and isinstance(side, int) and isinstance(n, int) and side > n - room:
                sentence = f"padding {side} is more than {{option}} {{given!r}} can fill with {n} inputs: "
                cure = f"use at most {n - room}, or another {{option}}."
                raise GeometryError(sentence + cure, "padding_mode", padding_mode)
        return axis

    @property
    def limits(self) -> tuple[Boolean, ...]:
        """That the padding mode can fill the padding."""
        room = self.fill.slack
        if room is None:
            return ()
        return tuple(Le(sympify(side), self.input_size - room) for side in {self.before: 0, self.after: 0})

    @property
    def fill(self) -> PaddingMode:
        """What stands in the padding."""
        return PADDING_MODES[self.padding_mode]

    @property
    def output_size(self) -> Size:
        """``M = floor((N + p + p' - d (K - 1) - 1) / s) + 1``, unless a number of outputs is set.

        In ceil mode the division is rounded up, but the last window begins before the padding after the
        input: then it is also at most ``floor((N + p - 1) / s) + 1``.
        """
        if self.outputs is not None:
            return self.outputs
        room = self.input_size + self.before + self.after - self.span - 1
        if not self.ceil_mode:
            return room // self.stride + 1
        lasts = (room + self.stride - 1) // self.stride, (self.input_size + self.before - 1) // self.stride
        return least(*lasts) + 1

    @property
    def kind(self) -> str:
        return "True convolution (kernel flipped)" if self.flip else "Cross-correlation"

    @property
    def options(self) -> dict[str, Any]:
        padding = self.mode or (self.before if self.before == self.after else (self.before, self.after))
        modes = {"flip": self.flip, "padding_mode": self.padding_mode, "ceil_mode": self.ceil_mode}
        return {**{name: getattr(self, name) for name in _SIZES}, "padding": padding, **modes}

    def size_template(self, idle: Collection[str] = ()) -> Template:
        pads = "" if "pads" in idle else " + {pads}"
        whole = f"{{input_size}}{pads} - {window(idle).replace(' + ', ' - ')}"
        if not self.ceil_mode:
            return ((whole, "" if "stride" in idle else "{stride}"),)
        return (f"{whole} + {{stride}} - 1", "{stride}"), ("{input_size} + {before} - 1", "{stride}")

    @property
    def extents(self) -> dict[str, tuple[Size, ...]]:
        return {"output": (self.output_size,), "tap": (self.kernel_size,), "input": (self.input_size,)}

    @property
    def span(self) -> Size:
        """``d (K - 1)``: from the first to the last place of a window."""
        return self.dilation * (self.kernel_size - 1)

    @property
    def coefficients(self) -> tuple[Size, Size, Size]:
        """``(a, b, c)`` of the relation ``j = a o + b k + c``, the flip included.

        A flipped kernel puts ``K - 1 - k`` for ``k``: ``s o + d (K - 1 - k) - p``.
        """
        sign = -1 if self.flip else 1
        return self.stride, sign * self.dilation, self.place(0, 0)

    def enumerated(self) -> Incidence:
        """By output and then by tap.

        >>> Axis.make(3, 2).incidence().index["input"].tolist()
        [0, 1, 1, 2]
        """
        o, k = np.divmod(np.arange(self.count("output") * self.count("tap")), self.kernel_size)
        j = self.fill.place(self.place(o, k), int(self.input_size))
        met = (j >= 0) & (j < self.input_size)
        index = {"output": o[met], "tap": k[met], "input": j[met]}
        return Incidence(index, {role: (self.count(role),) for role in ROLES})

    def equations(self, index: Places) -> list[tuple[Symbol, Expr]]:
        (o,), (k,), (j,) = (index[role] for role in ROLES)
        a, b, c = map(sympify, self.coefficients)
        return [(j, self.fill.place(a * o + b * k + c, sympify(self.input_size)))]

    def place(self, index: Any, tap: Any) -> Any:
        """``s o + d k - p``: the place of the input, before the padding mode, that output and tap meet at."""
        return self.stride * index + self.dilation * self._met(tap) - self.before

    def _met(self, tap: Any) -> Any:
        """The tap at that place of the kernel, which a flip reverses."""
        return self.kernel_size - 1 - tap if self.flip else tap

    @property
    def letters(self) -> dict[str, tuple[str, ...]]:
        return {role: (f"{role}_index",) for role in ROLES}

    def window(self, index: Places) -> Window:
        (o,), (k,) = index["output"], index["tap"]
        return Window((self._met(k),), (self.stride * o + self.dilation * k,), (k,))

    def size_counts(self, place: Symbol) -> tuple[tuple[Expr, Expr], ...]:
        last = sympify(self.input_size + self.before + self.after - 1)
        begin = sympify(self.stride * place)
        end = begin + self.span
        if not self.ceil_mode:
            return ((last, end),)
        return (last + self.stride - 1, end), (sympify(self.input_size + self.before - 1), begin)

    def places_counted(self, place: Any, padding: bool) -> Any:
        begin = self.stride * place - self.before
        end = begin + self.span + 1
        if padding:
            return least(end, self.input_size + self.after) - begin
        return least(end, self.input_size) - largest(begin, 0)

    def padded(self) -> Axis:
        """As many outputs on an input that holds the padding already.

        >>> Axis.make(3, 2, padding=1).padded().incidence().index["input"].tolist()
        [0, 1, 1, 2, 2, 3, 3, 4]
        """
        whole = self.input_size + self.before + self.after
        outputs = self.output_size if self.ceil_mode else self.outputs
        filled = replace(self, input_size=whole, outputs=outputs)
        return replace(filled, before=0, after=0, mode=None, padding_mode="zeros")

    def single_place(self, inputs: str = "input") -> Relation:
        one = Axis.make(self.kernel_size, self.kernel_size)
        return one if inputs == "input" else Adjoint(one)

    @property
    def geometry(self) -> dict[str, Size]:
        """The sizes that define the axis, by name."""
        names = (*_SIZES, "before", "after", *(() if self.outputs is None else ("outputs",)))
        return {name: getattr(self, name) for name in names}


_SIZES = ("input_size", "kernel_size", "stride", "dilation")


def read_sizes(flip: Any, *sizes: Any) -> list[Size]:
    """Input size, kernel size, stride and dilation, each of at least 1."""
    if not isinstance(flip, bool):
        sentence = "{option} is {given!r}: write True (convolution) or False (cross-correlation)."
        raise OptionError(sentence, "flip", flip)
    return [read_size(name, size, least=1) for name, size in zip(_SIZES, sizes, strict=True)]
