"""One spatial axis of a transposed layer: the relation of a convolution, outputs and inputs exchanged."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from sympy import Expr, Lt, Max, Symbol, sympify
from sympy.logic.boolalg import Boolean

from symconv.errors import GeometryError, OptionError
from symconv.pattern.axis import Axis, read_sizes
from symconv.pattern.output_size import Template, covered
from symconv.pattern.reading import Size, read_padding, read_size
from symconv.pattern.relation import Adjoint, Spatial


@dataclass(frozen=True)
class TransposedAxis(Adjoint, Spatial):
    """The axis whose matrix is the transpose of that of the matching convolution, ``relation``.

    Input ``j``, tap ``k`` and output ``o`` meet where ``o = s j + d k - p``. There are
    ``(N - 1) s - p - p' + d (K - 1) + a + 1`` outputs, ``a`` the output padding: the matching
    convolution has as many inputs. Build one with :meth:`make`.

    Source: Dumoulin and Visin, *A guide to convolution arithmetic for deep learning*, relationship 14,
    for the output size.

    >>> TransposedAxis.make(4, 3, stride=2, padding=1, output_padding=1).extents["output"]
    (8,)
    """

    form: ClassVar[str] = "spread"
    relation: Axis
    extra: Size = 0

    @classmethod
    def make(
        cls, input_size: Any, kernel_size: Any, *, stride: Any = 1, dilation: Any = 1, padding: Any = 0,
        output_padding: Any = 0, flip: bool = False,
    ) -> TransposedAxis:  # fmt: skip
        """Read and check the geometry; padding is taken off the output on each side.

        Raises
        ------
        GeometryError
            When a number is too small, the output padding is smaller neither than the stride nor than the
            dilation, or no output is left.
        OptionError
            When a value is of the wrong kind.
        """
        n, k, s, d = read_sizes(flip, input_size, kernel_size, stride, dilation)
        if isinstance(padding, str) and padding in ("same", "full"):
            sentence = "{option} {given!r} is not defined for a transposed layer: give numbers, "
            cure = "which are cropped from the output on each side."
            raise OptionError(sentence + cure, "padding", padding)
        before, after = read_padding(padding, d * (k - 1), s)
        extra = read_size("output_padding", output_padding, least=0)
        if isinstance(extra, int) and isinstance(s, int) and isinstance(d, int) and extra >= max(s, d):
            sentence = f"{{option}} is {extra}: it must be smaller than stride {s} or dilation {d}, "
            raise GeometryError(sentence + f"so at most {max(s, d) - 1}.", "output_padding", extra)
        axis = Axis(n, k, s, d, before, after, flip, padding if isinstance(padding, str) else None)
        size = _outputs(axis, extra)
        if isinstance(size, int) and size < 1:
            raise GeometryError(
                f"the transposed layer would have {size} outputs: use a total padding of at most "
                f"{before + after + size - 1}, not {before + after}."
            )
        return cls(replace(axis, input_size=size, outputs=n), extra)

    def resized(self, sizes: Mapping[str, Any]) -> Self:
        axis = replace(self.relation, input_size=self.relation.output_size).resized(sizes)
        extra = sizes.get("output_padding", self.extra)
        return type(self)(replace(axis, input_size=_outputs(axis, extra), outputs=axis.input_size), extra)

    @property
    def limits(self) -> tuple[Boolean, ...]:
        """That the output padding is smaller than the stride or the dilation."""
        return (Lt(sympify(self.extra), Max(self.relation.stride, self.relation.dilation)),)

    @property
    def kind(self) -> str:
        return f"Transposed {self.relation.kind[0].lower()}{self.relation.kind[1:]}"

    @property
    def options(self) -> dict[str, Any]:
        without = ("padding_mode", "ceil_mode")
        inner = {name: value for name, value in self.relation.options.items() if name not in without}
        return {**inner, "input_size": self.relation.output_size, "output_padding": self.extra}

    def size_template(self, idle: Collection[str] = ()) -> Template:
        whole = "({input_size} - 1){t}{stride} - {off} + {spacing}({kernel_size} - 1)"
        return ((whole if "output_padding" in idle else f"{whole} + {{output_padding}}", ""),)

    def size_shown(self, idle: Collection[str]) -> Template:
        dense = "stride" in idle and "dilation" in idle
        whole = "{input_size} + {kernel_size} - 1" if dense else covered(idle)
        whole += "" if "pads" in idle else " - {off}"
        return ((f"{whole}{'' if 'output_padding' in idle else ' + {output_padding}'} - 1", ""),)

    def size_counts(self, place: Symbol) -> tuple[tuple[Expr, Expr], ...]:
        return ((sympify(self.relation.input_size - 1), place),)

    @property
    def geometry(self) -> dict[str, Size]:
        """The sizes that define the axis, by name; its outputs follow from them."""
        inner = replace(self.relation, outputs=None).geometry
        return {**inner, "input_size": self.relation.output_size, "output_padding": self.extra}


def _outputs(axis: Axis, extra: Size) -> Size:
    """How many outputs ``N`` inputs are spread over, ``N`` the input size of the axis."""
    return axis.stride * (axis.input_size - 1) + axis.span + 1 - axis.before - axis.after + extra
