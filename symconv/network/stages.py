"""The layers of a chain in order: each with its number, its input, its activation, and letters of its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

from sympy import Expr, Symbol, expand, sympify

from symconv.errors import GeometryError, OptionError, SymconvError
from symconv.layers.conventions import remade
from symconv.layers.description import defaults
from symconv.layers.layer import Layer
from symconv.layers.pooling import AvgPool
from symconv.layers.unsized import Unsized, shape_text
from symconv.network.activations import IDENTITY, Activation
from symconv.network.parts import Fitted, Flatten, Residual, Shape, parts_of
from symconv.pattern import Size
from symconv.printing.letters import Letter
from symconv.printing.notation import Notation


@dataclass(frozen=True, eq=False)
class Stage:
    """Layer ``number`` of a chain: ``z = T a + b``, with ``a`` that of its source, and then ``f(z)``.

    What stands in ``added`` is added to ``z``: outputs of layers before it, by their numbers. Layer 0 is the
    input of the chain. The input of the layer is flattened where its shape is not that of its source.
    """

    number: int
    layer: Any
    source: int
    before: Shape  # the shape of the source
    added: tuple[int, ...] = ()
    activation: Activation = IDENTITY
    sizes: dict[Symbol, Expr] = field(default_factory=dict)  # what the letters in its input size stand for
    told: str = ""  # how an error names it
    part: Fitted | None = None  # what the layer was made of, if it was not given as one

    @property
    def kind(self) -> str:
        """What it is called in a table."""
        return type(self.part or self.layer).__name__

    @property
    def shape(self) -> Shape:
        """The shape of its output."""
        return tuple(self.layer.pattern.extents["output"])

    @property
    def inside(self) -> Shape:
        """The shape of its input."""
        return tuple(self.layer.pattern.extents["input"])

    @property
    def flattened(self) -> bool:
        """Whether the output of its source is flattened first."""
        return len(self.before) != len(self.inside)

    @property
    def matrix_is_kernel(self) -> bool:
        """Whether the matrix has no zeros and no shared weights, so that it is the kernel: a dense layer."""
        return tuple(self.layer.pattern.extents["tap"]) == (*self.shape, *self.inside)

    @property
    def matrix_letter(self) -> str:
        """The letter of the matrix."""
        letters = self.layer.spec.written
        return str(letters.kernel if self.matrix_is_kernel else letters.matrix)

    @property
    def learned(self) -> bool:
        """Whether it has weights."""
        return bool(self.layer.spec.kernel.learned)


class Assembly:
    """Parts put together, one after the other: each gets its size from what comes before it."""

    def __init__(self, notation: Notation) -> None:
        self.notation = notation
        self.stages: list[Stage] = []
        self.at = 0  # the layer that comes last
        self.shape: Shape = ()  # the shape of what comes out of it
        self._letters: dict[Symbol, Expr] = {}
        self._names: set[str] = set()  # of the sizes of all layers so far: no index has one
        self._open = False  # whether an activation may still follow the last layer

    def add(self, part: Any) -> None:
        """One more part."""
        if isinstance(part, Residual):
            self._residual(part)
        elif isinstance(part, Flatten):
            self._started(part)
            self.shape = (flat(self.shape),) if len(self.shape) > 1 else self.shape
        elif isinstance(part, Activation):
            self._activation(part)
        elif isinstance(part, Fitted):
            self._started(part)
            self._layer(part.layer_on(self.shape, channels=self._has_channels), part)
        elif isinstance(part, Layer | Unsized):
            self._layer(part)
        else:
            kinds = "a layer, sc.Dense, sc.BatchNorm, sc.Flatten(), sc.Activation(f) or sc.Residual(chain)"
            kinds = f"sc.Activation({part!r})" if isinstance(part, str) else kinds
            raise OptionError(f"{part!r} is no part of a chain: write {kinds}.")

    def _started(self, part: Any) -> None:
        if not self.stages:
            raise OptionError(f"a chain begins with a layer, which has an input size, and not with {part!r}.")

    @property
    def _has_channels(self) -> bool:
        """Whether the first size is that of channels, or of features; without them all are positions."""
        last = self.stages[self.at - 1] if self.at else self.stages[0]
        inside = last.shape if self.at else last.before
        axes = [axis for axis in last.layer.axes if not axis.own_bias]
        return len(self.shape) != len(inside) or len(inside) > len(axes)

    def _layer(self, part: Any, made_of: Fitted | None = None) -> None:
        first = not self.stages
        if first and isinstance(part, Unsized):
            raise GeometryError(f"{part!r} is the first layer of a chain: give its input size.")
        before = tuple(part.pattern.extents["input"]) if first else self.shape
        layer = part if first else self._fitted(part, before)
        if getattr(layer, "entries", None) is not None and layer.entries.given:
            raise OptionError(f"{part!r} has values: give them to the chain with .at(x=..., w=..., b=...).")
        if any(relation.samples != 1 or "batch" in relation.geometry for relation in layer.pattern.relations):
            raise OptionError(f"{part!r} has a batch: a chain takes one sample.")
        number, source = len(self.stages) + 1, self.at
        source_shape = before if first else self._shape_at(source)
        lettered = self._lettered(layer, number, source)
        sizes, told = dict(self._letters), repr(made_of or part)
        stage = Stage(number, lettered, source, source_shape, sizes=sizes, told=told, part=made_of)
        self.stages.append(stage)
        self.at, self.shape, self._open = number, self._named(stage), True

    def _shape_at(self, number: int) -> Shape:
        """The shape of what comes out of a layer, the input of the chain for 0."""
        return self._named(self.stages[number - 1]) if number else self.stages[0].before

    def _named(self, stage: Stage) -> Shape:
        """The shape of a layer's output, with letters for sizes that are made of others."""
        made = []
        spatial = [index for relation in stage.layer.pattern.relations
                   for index in [relation.spatial] * len(relation.extents["output"])]  # fmt: skip
        axis = 0
        for size, along in zip(stage.shape, spatial, strict=True):
            if along:
                size, axis = self._letter(stage, size, axis), axis + 1
            made.append(size)
        return tuple(made)

    def _letter(self, stage: Stage, size: Size, axis: int) -> Size:
        if isinstance(size, int) or sympify(size).is_Integer or sympify(size).is_Symbol:
            return size
        letter = stage.layer.closed.symbols.m_letter(axis)
        self._letters[letter] = sympify(size)
        return letter

    def _fitted(self, part: Any, shape: Shape) -> Any:
        """The part on what comes before it, or an error that names both."""
        if isinstance(part, Unsized):
            try:
                return part.sized(shape)
            except SymconvError as error:
                wrong = "{last}, and then comes {part!r}: {error}"
                if len(shape) > 1 and "in_features" in defaults(part.kind):
                    wrong = (
                        "{last}, and then comes {part!r}, which takes a vector. Put {flatten} between them."
                    )
                raise GeometryError(wrong, last=self._last(), part=part, error=error) from None
        takes = tuple(part.pattern.extents["input"])
        if len(takes) + 1 == len(shape) and "channels" in defaults(type(part)):
            part = remade(part, channels=shape[0])
            takes = tuple(part.pattern.extents["input"])
        if len(takes) == len(shape) and all(map(self._equal, takes, shape)):
            return part
        wrong = "{last}, but {part!r} takes an input of the shape {takes}."
        if len(takes) == 1 < len(shape) and self._equal(takes[0], flat(shape)):
            wrong += " Put {flatten} between them."
        raise GeometryError(wrong, last=self._last(), part=part, takes=shape_text(takes))

    def _last(self) -> str:
        last = self.stages[self.at - 1] if self.at else self.stages[0]
        return f"{last.told} gives an output of the shape {shape_text(self.shape)}"

    def _equal(self, one: Size, other: Size) -> bool:
        def written(size: Size) -> Expr:
            found = sympify(size)
            while found.free_symbols & self._letters.keys():
                found = found.xreplace(self._letters)
            return expand(found.xreplace({s: Symbol(s.name) for s in found.free_symbols}))

        return bool(expand(written(one) - written(other)) == 0)

    def _lettered(self, layer: Any, number: int, source: int) -> Any:
        """The layer in letters of its own."""
        notation = letters_of(self.notation, number, source, dense="out_features" in layer.spec.tied.geometry)
        geometry = layer.spec.tied.geometry.values()
        self._names |= {str(symbol) for size in geometry for symbol in sympify(size).free_symbols}
        spec = replace(layer.spec, notation=notation.beside(sorted(self._names), len(layer.axes)))
        return type(layer)._with(spec, {})

    def _activation(self, part: Activation) -> None:
        self._started(part)
        if not self._open:
            self._identity()
        last = self.stages[self.at - 1]
        if part.is_softmax and len(last.shape) > 1:
            raise GeometryError(
                "softmax is taken of the outputs of a layer with one axis, but {last} has outputs of "
                "the shape {shape}: put {flatten} and a dense layer before it.",
                last=last.told,
                shape=shape_text(last.shape),
            )
        self.stages[self.at - 1] = replace(last, activation=part)
        self._open = False

    def _identity(self) -> None:
        """A layer that changes nothing, for what follows: an average over windows of one entry."""
        sizes = self.shape if len(self.shape) == 1 else self.shape[1:]
        channels = self.shape[0] if len(self.shape) > 1 else None
        self._layer(AvgPool(sizes if len(sizes) > 1 else sizes[0], 1, channels=channels))

    def _residual(self, part: Residual) -> None:
        self._started(part)
        source, shape = self.at, self.shape
        skip = source
        self._require_own_shape(part)
        for inside in parts_of(part.shortcut):
            self.add(inside)
            skip = self.at
        beside = self.shape
        self.at, self.shape, self._open = source, shape, False
        for inside in part.parts:
            self.add(inside)
        if self.at == source:
            raise OptionError("a residual chain has at least one layer.")
        if not self._open:
            self._identity()
        if len(beside) != len(self.shape) or not all(map(self._equal, beside, self.shape)):
            shapes = f"{shape_text(self.shape)}, but what is added to it {shape_text(beside)}"
            raise GeometryError(f"{part!r} gives an output of the shape {shapes}: they must be equal.")
        self._require_own_shape(part)
        last = self.stages[self.at - 1]
        self.stages[self.at - 1] = replace(last, added=(*last.added, skip))

    def _require_own_shape(self, part: Residual) -> None:
        """Refuse to add, or to carry past layers, what was flattened: no index of a layer is one of it."""
        last = self.stages[self.at - 1]
        if len(last.shape) != len(self.shape):
            wrong = "{part!r} begins or ends with {flatten}: put a dense layer between them."
            raise GeometryError(wrong, part=part)


def flat(shape: Shape) -> Size:
    """How many entries a shape has."""
    return prod(shape[1:], start=shape[0])


def letters_of(notation: Notation, number: int, source: int, *, dense: bool = False) -> Notation:
    """The letters of a layer: those of the notation, with the number of the layer above.

    The input of the chain has the letter of inputs; other layers get what the layer before gives.

    >>> made = letters_of(Notation(), 2, 1)
    >>> made.input, made.kernel, made.output, made.upstream
    ('a^(1)', 'w^(2)', 'z^(2)', 'delta^(2)')
    """
    chosen = notation.chosen
    above = notation.input if "input" in chosen else "a"
    kernel = "W" if dense and "kernel" not in chosen else notation.kernel
    matrix = kernel if dense else notation.matrix
    changes: dict[str, Any] = {
        "input": numbered(above, source) if source else notation.input,
        "kernel": numbered(kernel, number),
        "selection": numbered(notation.selection, number),
        "bias": numbered(notation.bias, number),
        "output": numbered(notation.output if "output" in chosen else "z", number),
        "upstream": numbered(notation.upstream, number),
        "matrix": numbered("T" if dense and matrix == kernel else matrix, number),
        "output_size": f"{notation.output_size}_{number}",
    }
    return notation.replace(**changes)


def numbered(letter: str, number: int) -> str:
    """A letter with the number of a layer above, in the place of what stands there.

    >>> numbered("delta^(l)", 2), numbered("x", 1)
    ('delta^(2)', 'x^(1)')
    """
    return replace(Letter.of(letter), sup=f"({number})", primes="").name
