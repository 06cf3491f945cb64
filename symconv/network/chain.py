"""The chain itself: layers, activations and a loss, what goes through it, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

from sympy import Expr

from symconv.errors import OptionError
from symconv.explicit.entries import in_shape
from symconv.layers.unsized import shape_text
from symconv.network.backward import backward_convolution
from symconv.network.composition import composition
from symconv.network.counts import multiplications, summary_of, total
from symconv.network.derivations import ChainDerivation, ChainFormula, require_symbols
from symconv.network.evaluation import check
from symconv.network.fields import parameters_of, receptive_field
from symconv.network.figure import figure
from symconv.network.losses import Loss
from symconv.network.notes import notes
from symconv.network.numbers import function_of
from symconv.network.parts import Shape
from symconv.network.second import hessian, jvp, vjp
from symconv.network.stages import Assembly, Stage
from symconv.network.toeplitz import hessian_is_toeplitz
from symconv.network.values import ROLES, ByLayer, Values
from symconv.printing.names import PresetName
from symconv.printing.notation import Notation
from symconv.printing.options import options_checked


class Chain:
    """Layers one after the other, with activations and a loss.

    A layer computes ``z^(l) = T^(l) a^(l-1) + b^(l)`` and, with the activation that follows it,
    ``a^(l) = f(z^(l))``; ``a^(0)`` is the input x. Layers count from 1. The layers of a residual chain count
    too, and what is added to a layer's output is added to its ``z``.

    Parameters
    ----------
    *parts : layer, Dense, Flatten, Activation or Residual
        The first is a layer with sizes, which may be letters. Later layers may have None for their input
        size, and pooling layers no channels: the layer before gives them.
    loss : str, optional
        "half_squared_error", "mean_squared_error", "cross_entropy", or another name, such as "L", for an
        unknown loss, as without one. The cross-entropy is that of the softmax of the output; if the chain
        ends in a softmax, of its output.
    notation : Notation or name of a preset

    Raises
    ------
    GeometryError
        If the output of a layer is no input for the next one; the error has both layers and their shapes.
    OptionError
        If a part is no layer, or an option has a value of the wrong kind.

    Examples
    --------
    >>> import symconv as sc
    >>> parts = sc.Conv1d(4, 3, padding=1), sc.Activation("relu"), sc.Dense(None, 2)
    >>> net = sc.Chain(*parts, loss="half_squared_error")
    >>> net[2].matrix.shape, net.w[1].T
    ((2, 4), Matrix([[w^(1)_0, w^(1)_1, w^(1)_2]]))
    >>> valued = net.at(x=[1, 2, 3, 4], w=[[1, 0, -1], [[1, 1, 1, 1], [0, 1, 0, 1]]], target=[1, 0])
    >>> valued.output.T, valued.loss
    (Matrix([[3, 3]]), 13/2)
    >>> valued.quantity("grad_kernel", layer=1).T
    Matrix([[15, 20, 0]])
    """

    #: The names that :meth:`quantity`, :meth:`formula` and :meth:`derive` take.
    names: ClassVar[tuple[str, ...]] = (
        "preactivation", "output", "delta", "grad_input", "grad_kernel", "grad_bias",
    )  # fmt: skip

    backward_convolution = options_checked(backward_convolution)
    check = options_checked(check)
    composition = options_checked(composition)
    figure = options_checked(figure)
    hessian = options_checked(hessian)
    hessian_is_toeplitz = options_checked(hessian_is_toeplitz)
    jvp = options_checked(jvp)
    multiplications = options_checked(multiplications)
    notes = options_checked(notes)
    numpy = options_checked(function_of)
    receptive_field = options_checked(receptive_field)
    summary = options_checked(summary_of)
    vjp = options_checked(vjp)

    @options_checked
    def __init__(
        self, *parts: Any, loss: str | None = None, notation: Notation | PresetName = Notation()
    ) -> None:
        if not parts:
            raise OptionError("a chain has at least one layer: write sc.Chain(sc.Conv1d(4, 3), …).")
        self.parts = tuple(parts)
        self.notation = Notation.preset(notation) if isinstance(notation, str) else notation
        if loss is not None and Loss(loss).unknown:
            self.notation = self.notation.replace(loss=loss)
        assembly = Assembly(self.notation)
        for part in parts:
            assembly.add(part)
        self._hold(assembly.stages, assembly.shape, loss, {})

    def _hold(
        self, stages: Sequence[Stage], shape: Shape, loss: str | None, given: Mapping[str, Any]
    ) -> None:
        stages = tuple(stages)
        function = Loss(self.notation.loss if loss is None else loss, stages[-1].activation.is_softmax)
        if function.name == "cross_entropy" and len(stages[-1].shape) != 1:
            raise OptionError(
                "cross_entropy takes the outputs of a layer with one axis, but {last} has outputs of the "
                "shape {shape}: put {flatten} and a dense layer at the end.",
                last=stages[-1].told,
                shape=shape_text(stages[-1].shape),
            )
        self._loss_name, self.values = loss, Values(stages, shape, function, self.notation, given)

    def _with(
        self, given: Mapping[str, Any], stages: Sequence[Stage] | None = None, shape: Shape | None = None
    ) -> Self:
        """The same chain on other values, or with other numbers for its sizes."""
        made = object.__new__(type(self))
        made.parts, made.notation = self.parts, self.notation
        made._hold(stages or self.stages, shape or self.shape, self._loss_name, given)
        return made

    def __repr__(self) -> str:
        loss = [] if self._loss_name is None else [f"loss={self._loss_name!r}"]
        return f"Chain({', '.join([*map(repr, self.parts), *loss])})"

    def __str__(self) -> str:
        return str(summary_of(self))

    def _repr_html_(self) -> str:
        return summary_of(self)._repr_html_()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The layers in order, each with its place in the chain."""
        return self.values.stages

    @property
    def shape(self) -> Shape:
        """The shape of the output."""
        return self.values.shape

    @property
    def loss_function(self) -> Loss:
        """The loss."""
        return self.values.loss_function

    @property
    def layers(self) -> tuple[Any, ...]:
        """The layers in order, each in letters of its own; an activation belongs to the layer before it."""
        return tuple(stage.layer for stage in self.stages)

    def __getitem__(self, layer: int) -> Any:
        return self.stage(layer).layer

    def __len__(self) -> int:
        return len(self.stages)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    @property
    def activations(self) -> ByLayer:
        """The activation of each layer, the identity where none follows."""
        return ByLayer("activation", {s.number: s.activation for s in self.stages}, len(self))

    def stage(self, layer: int) -> Stage:
        """Layer ``layer`` with its place in the chain."""
        if isinstance(layer, bool) or not isinstance(layer, int) or not 1 <= layer <= len(self.stages):
            raise OptionError(f"layer is {layer!r}: write a number from 1 to {len(self.stages)}.")
        return self.stages[layer - 1]

    @property
    def x(self) -> Any:
        """The input of the chain, in its shape."""
        return in_shape(self.values.named("output", 0), self.stages[0].layer.entries.shape("input"))

    @property
    def w(self) -> ByLayer:
        """The kernel of each layer that has one."""
        return self._by_layer("w", "kernel")

    @property
    def b(self) -> ByLayer:
        """The bias of each layer that has one."""
        return self._by_layer("b", "bias")

    def _by_layer(self, letter: str, what: str) -> ByLayer:
        self.values.require_numbers()
        given, held = self.values.given.get(letter, {}), {}
        for number, stage in self.values.having(letter).items():
            shape = stage.layer.entries.shape(ROLES[letter])
            held[number] = in_shape(given[number], shape) if number in given else getattr(stage.layer, letter)
        return ByLayer(what, held, len(self))

    @options_checked
    def at(self, *, x: Any = None, w: Any = None, b: Any = None, target: Any = None) -> Self:
        """The same chain on values: numbers, fractions or SymPy expressions; exact ones stay exact.

        Parameters
        ----------
        x, target : nested sequences or arrays, optional
            In the shapes of the input and of the output.
        w, b : sequence, or mapping of layers to values, optional
            The kernel, or bias, of each layer that has one, in order, or by the numbers of the layers.

        Raises
        ------
        EntriesError
            If a shape does not fit, or there are too many or too few kernels.
        """
        return self._with(self.values.at(x=x, w=w, b=b, target=target))

    def in_symbols(self) -> Self:
        """The same chain without its values."""
        return self._with({})

    @property
    def target(self) -> Any:
        """The target in the shape of the output: its values, or letters t."""
        return in_shape(self.values.target, self.values.sizes)

    @property
    def output(self) -> Any:
        """The output of the chain: numbers on values, else ``f(z)`` of the last layer's ``z``."""
        sizes = self.values.sizes
        return in_shape(self.values.entries("output", self.stages[-1]), sizes)

    @property
    def loss(self) -> Expr:
        """The loss: a number on values with a target, else in the outputs ``a`` of the last layer."""
        return self.values.loss

    def quantity(self, name: str, *, layer: int | None = None) -> Any:
        """The entries of a quantity of a layer, in its shape.

        On values they are numbers. Otherwise they are expressions in the letters of the quantities that come
        before, so that none is longer than its own layer: "preactivation" in ``a`` of the layer before,
        "output" and "delta" in ``z`` and in the next ``delta``, and gradients in ``delta`` and ``a``.

        Parameters
        ----------
        name : str
            "preactivation", "output", "delta", "grad_input", "grad_kernel" or "grad_bias".
        layer : int, optional
            Counted from 1; by default the last one.

        Examples
        --------
        >>> import symconv as sc
        >>> net = sc.Chain(sc.Conv1d(3, 2), sc.Activation("f"), sc.Dense(None, 1))
        >>> net.quantity("delta", layer=1).T
        Matrix([[W^(2)_0_0*delta^(2)_0*f'(z^(1)_0), W^(2)_0_1*delta^(2)_0*f'(z^(1)_1)]])
        """
        stage = self.stage(len(self) if layer is None else layer)
        self.require(name, stage)
        self.values.require_numbers()
        roles = {"grad_kernel": "tap", "grad_bias": "bias"}
        if name in roles:
            shape = stage.layer.entries.shape(roles[name])
        else:
            shape = tuple(map(int, stage.before if name == "grad_input" else stage.shape))
        return in_shape(self.values.entries(name, stage), shape)

    def require(self, name: str, stage: Stage) -> None:
        """Refuse a name that a layer has no quantity of."""
        if not isinstance(name, str) or name not in self.names:
            raise OptionError("a chain has no quantity {given!r}: {cure}", given=name, allowed=self.names)
        if (name == "grad_kernel" and not stage.learned) or (name == "grad_bias" and not stage.layer.bias):
            what = "kernel with weights" if name == "grad_kernel" else "bias"
            raise OptionError(f"layer {stage.number}, {stage.told}, has no {what}, so it has no {name}.")

    def formula(self, name: str, *, layer: int | None = None) -> ChainFormula:
        """The closed form of a quantity of a layer, for numeric and for symbolic sizes.

        Parameters
        ----------
        name : str
            "preactivation", "output", "delta", "grad_input", "grad_kernel" or "grad_bias".
        layer : int, optional
            Counted from 1; by default the last one.

        Raises
        ------
        OptionError
            If the layer has no quantity of that name, or the chain has values.
        """
        return self.derive(name, layer=layer).result

    def derive(self, name: str, *, layer: int | None = None) -> ChainDerivation:
        """How a quantity of a layer follows from its definition, in named steps.

        Parameters and errors are those of :meth:`formula`.

        Examples
        --------
        >>> import symconv as sc
        >>> net = sc.Chain(sc.Dense("N", "M"), sc.Activation("sigmoid"), loss="half_squared_error")
        >>> print(net.derive("delta"))
        delta^(1)[i] = dL/dz^(1)[i]   (definition)
                     = sigma'(z^(1)[i])*dL/da^(1)[i]   (activation)
                     = sigma'(z^(1)[i])*d/da^(1)[i] (sum(i'=0..M - 1) (a^(1)[i'] - t[i'])**2/2)   (loss)
                     = sigma'(z^(1)[i])*sum(i'=0..M - 1) [i' = i]*(2*a^(1)[i'] - 2*t[i'])/2   (power rule)
                     = (a^(1)[i] - t[i])*sigma'(z^(1)[i])   (sifting)
                       for 0 <= i <= M - 1
                       with sigma(z) = 1/(1 + exp(-z))
                       with sigma'(z) = (1 - sigma(z))*sigma(z)
        """
        require_symbols(self)
        stage = self.stage(len(self) if layer is None else layer)
        self.require(name, stage)
        if (name, stage.number) not in self._derived:
            self._derived[name, stage.number] = ChainDerivation(self, name, stage.number)
        return self._derived[name, stage.number]

    @cached_property
    def _derived(self) -> dict[tuple[str, int], ChainDerivation]:
        return {}

    @property
    def parameters(self) -> Any:
        """The number of weights and biases, an expression if a size in it is a letter."""
        return total([count for stage in self.stages for count in parameters_of(stage)])
