"""What a layer is: its relations, the kind of its kernel, its bias, and the notation it is written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sympy import Expr, S, Symbol
from sympy.logic.boolalg import Boolean

from symconv.errors import NotationError, OptionError
from symconv.pattern.incidence import Incidence
from symconv.pattern.kernel import WEIGHTS, Kernel
from symconv.pattern.pattern import Pattern
from symconv.pattern.reading import Size
from symconv.pattern.relation import Relation, Spatial
from symconv.printing.notation import Notation


@dataclass(frozen=True)
class Specification:
    """Everything that is true of a layer before entries are put into it.

    >>> from symconv.pattern.axis import Axis
    >>> spec = Specification(Pattern((Axis.make(4, 3),)))
    >>> spec.output_sizes, spec.transposed, spec.facets
    ((2,), False, ())
    """

    tied: Pattern  # the relation through taps that all outputs share
    kernel: Kernel = WEIGHTS  # what stands in the place of the taps
    bias: bool = False
    notation: Notation = Notation()

    @classmethod
    def read(
        cls, call: str, relations: Sequence[Relation], kernel: Kernel, bias: Any, notation: Any
    ) -> Specification:
        """That of a layer that is made by a call, its bias and notation as they were given.

        Letters of symconv's own move out of the way of the names of sizes. An OptionError if the bias is
        neither True nor False, a NotationError if the notation is none, and no preset either.
        """
        if not isinstance(bias, bool):
            cure = "write True or False, and give its value to .at(b=...)."
            raise OptionError(f"{call}: {{option}} is {{given!r}}; {cure}", "bias", bias)
        if not isinstance(notation, Notation | str):
            cure = "write a Notation or the name of a preset."
            raise NotationError(f"{call}: {{option}} is {{given!r}}; {cure}", "notation", notation)
        name: Any = notation
        found = Notation.preset(name) if isinstance(notation, str) else notation
        made = cls(Pattern(tuple(relations)), kernel, bias, found)
        sizes = {str(s) for size in made.tied.geometry.values() for s in getattr(size, "free_symbols", ())}
        return replace(made, notation=found.beside(sorted(sizes), len(made.axes))) if sizes else made

    @cached_property
    def pattern(self) -> Pattern:
        """The layer's own relation: with taps of its own for each output where the kernel has such."""
        return self.kernel.relation(self.tied)

    @cached_property
    def incidence(self) -> Incidence:
        """The triples of the pattern, for numeric sizes."""
        return self.pattern.incidence()

    @property
    def numeric(self) -> bool:
        """Whether every size is a number."""
        return self.tied.numeric

    @cached_property
    def axes(self) -> tuple[Spatial, ...]:
        """The spatial relations of the pattern."""
        return self.pattern.spatial_relations

    @cached_property
    def tied_axes(self) -> tuple[Spatial, ...]:
        """The spatial relations with the taps of one window."""
        return self.tied.spatial_relations

    @property
    def output_sizes(self) -> tuple[Size, ...]:
        """``M`` of each axis."""
        return tuple(axis.extents["output"][0] for axis in self.axes)

    @property
    def dependent_role(self) -> str:
        """The role that the relation gives by the two others, the input, or the output if transposed."""
        return self.axes[0].dependent_role

    @property
    def transposed(self) -> bool:
        """Whether inputs lay the kernel on the output, and not outputs on the input."""
        return self.dependent_role == "output"

    @property
    def flip(self) -> bool:
        """Whether tap k meets what tap K - 1 - k meets in a cross-correlation."""
        return bool(self.axes[0].options["flip"])

    @property
    def operation(self) -> str:
        """What the sums of products are called; of a transposed layer, those of its transpose."""
        return "convolution" if self.flip else "cross-correlation"

    @property
    def padding_mode(self) -> str:
        """What stands in the padding, by its name."""
        return str(self.axes[0].options.get("padding_mode", "zeros"))

    @property
    def padded(self) -> bool:
        """Whether there is padding on some side."""
        return any(axis.geometry[side] != 0 for axis in self.tied_axes for side in ("before", "after"))

    @property
    def reads_input(self) -> bool:
        """Whether the padding reads the input again, so that several taps may reach one entry."""
        return self.axes[0].fill.reads_input

    @property
    def alike(self) -> bool:
        """Whether all axes have as many outputs."""
        return len(set(self.output_sizes)) == 1

    @property
    def filters(self) -> tuple[Size, ...]:
        """How many biases a layer with a bias has, an extent an index."""
        return tuple(size for r in self.pattern.relations if r.own_bias for size in r.extents["output"])

    @cached_property
    def written(self) -> Notation:
        """The notation with the letters of this layer in their places.

        With several filters the windows of all of them together have a letter of their own.
        """
        n = self.notation
        if self.filters not in ((), (1,)):
            n = n.rewritten(windows=n.all_windows, all_windows=n.windows)
        return self.kernel.written(n)

    @property
    def uncoloured(self) -> Specification:
        """The same layer, its taps without colours."""
        return replace(self, notation=self.notation.rewritten(tap_colours=()))

    @cached_property
    def conditions(self) -> tuple[Boolean, ...]:
        """What the kernel asks of open sizes besides the limits of every layer."""
        every = dict.fromkeys(self.kernel.conditions(self.tied_axes))
        return tuple(condition for condition in every if condition is not S.true)

    @cached_property
    def facets(self) -> tuple[str, ...]:
        """What is told of the layer otherwise than of a sliding kernel; the last word counts."""
        found = [] if self.kernel.learned else [self.kernel.name]
        if self.transposed:
            found.append("transposed")
        elif self.kernel.learned:
            found += (["flipped"] if self.flip else []) + (["folded"] if self.reads_input else [])
        columns = ["columns"] if self.notation.window_columns else []
        return (*found, *columns) if self.kernel.shared else (*columns, *found)

    @property
    def phrases(self) -> dict[str, str]:
        """What sentences about the layer have in the places that they leave open."""
        sizes = {name for axis in self.axes for name, size in axis.geometry.items() if size != 0}
        padded = not sizes.isdisjoint(("before", "after"))
        return {
            "cut": "; the padding is cropped from the ends" if padded else "",
            "added": "; the output padding is added at the end" if "output_padding" in sizes else "",
            "line": "column" if self.notation.window_columns else "row",
            "bias": ", plus the bias" if self.bias else "",
            "mean": self.kernel.mean if padded else self.kernel.mean.removesuffix(", padding included"),
        }

    def replaced(self, swap: Mapping[Symbol, Expr]) -> Specification:
        """The same layer with other sizes put for some symbols."""
        return replace(self, tied=self.tied.replaced(swap))
