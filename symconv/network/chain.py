"""The chain itself: layers, activations and a loss, what goes through it, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

from sympy import Expr, Symbol

from symconv.check.report import Report
from symconv.errors import EntriesError, OptionError, reject_unknown
from symconv.explicit.entries import in_shape
from symconv.explicit.operands import read_entries, symbols_for
from symconv.layers.unsized import shape_text
from symconv.network.activations import exact
from symconv.network.check import run
from symconv.network.losses import Loss
from symconv.network.named import Named
from symconv.network.numbers import Function, function_of
from symconv.network.passes import Backward, Forward, Operands, both, exact_entries, forward
from symconv.network.stages import Assembly, Shape, Stage
from symconv.printing.letters import entry_names
from symconv.printing.notation import Notation


class ByLayer(Mapping[int, Any]):
    """What some layers of a chain have, by the numbers of the layers, which count from 1."""

    def __init__(self, what: str, held: Mapping[int, Any], layers: int) -> None:
        self._what, self._held, self._layers = what, dict(held), layers

    def __getitem__(self, layer: int) -> Any:
        if layer in self._held:
            return self._held[layer]
        having = ", ".join(map(str, self._held)) or "no layer"
        sentence = f"layer {{given!r}} of {self._layers} has no {self._what}; those that have one: {having}."
        raise OptionError(sentence, given=layer)

    def __iter__(self) -> Iterator[int]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        return repr(self._held)


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

    def __init__(
        self, *parts: Any, loss: str | None = None, notation: Notation | str = Notation(), **unknown: Any
    ) -> None:
        reject_unknown("Chain", unknown, ["loss", "notation"])
        if not parts:
            raise OptionError("a chain has at least one layer: write sc.Chain(sc.Conv1d(4, 3), …).")
        self.parts = tuple(parts)
        self.notation = Notation.preset(notation) if isinstance(notation, str) else notation
        assembly = Assembly(self.notation)
        for part in parts:
            assembly.add(part)
        self._hold(assembly.stages, assembly.shape, loss, {})

    def _hold(
        self, stages: Sequence[Stage], shape: Shape, loss: str | None, given: Mapping[str, Any]
    ) -> None:
        self.stages, self.shape, self._loss_name, self._given = tuple(stages), shape, loss, dict(given)
        self.loss_function = Loss(self.notation.loss if loss is None else loss, self._ends_in_softmax)
        if self.loss_function.name == "cross_entropy" and len(shape) != 1:
            text = shape_text(shape)
            raise OptionError(
                f"cross_entropy takes a vector, not the shape {text}: put sc.Flatten() at the end."
            )

    @property
    def _ends_in_softmax(self) -> bool:
        return self.stages[-1].activation.is_softmax

    def _with(self, given: Mapping[str, Any]) -> Self:
        made = object.__new__(type(self))
        made.parts, made.notation = self.parts, self.notation
        made._hold(self.stages, self.shape, self._loss_name, given)
        return made

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

    def readers(self, layer: int) -> list[Stage]:
        """The layers that read the output of a layer, 0 for the input of the chain, or add it."""
        return [stage for stage in self.stages if layer == stage.source or layer in stage.added]

    @property
    def x(self) -> Any:
        """The input of the chain, in its shape."""
        layer = self.stages[0].layer
        return in_shape(self._given["x"], layer.entries.shape("input")) if "x" in self._given else layer.x

    @property
    def w(self) -> ByLayer:
        """The kernel of each layer that has one."""
        return self._by_layer("w", "kernel", [s for s in self.stages if s.learned])

    @property
    def b(self) -> ByLayer:
        """The bias of each layer that has one."""
        return self._by_layer("b", "bias", [s for s in self.stages if s.layer.bias])

    def _by_layer(self, letter: str, what: str, having: Sequence[Stage]) -> ByLayer:
        role, given = {"w": "tap", "b": "bias"}[letter], self._given.get(letter, {})
        held = {
            s.number: in_shape(given[s.number], s.layer.entries.shape(role)) if s.number in given
            else getattr(s.layer, letter)
            for s in having
        }  # fmt: skip
        return ByLayer(what, held, len(self))

    def at(self, *, x: Any = None, w: Any = None, b: Any = None, target: Any = None, **unknown: Any) -> Self:
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
        reject_unknown("at", unknown, ["x", "w", "b", "target"])
        given = dict(self._given)
        if x is not None:
            given["x"] = read_entries("x", x, self.stages[0].layer.entries.shape("input"))
        for letter, values in (("w", w), ("b", b)):
            if values is not None:
                given[letter] = {**given.get(letter, {}), **self._read(letter, values)}
        if target is not None:
            given["target"] = read_entries("target", target, tuple(map(int, self.shape)))
            known = all(t.is_number for t in given["target"])
            if self.loss_function.name == "cross_entropy" and known and abs(sum(given["target"]) - 1) > 1e-9:
                raise EntriesError("the target of cross_entropy must add up to 1: give probabilities.")
        return self._with(given)

    def _read(self, letter: str, values: Any) -> dict[int, Any]:
        having = {s.number: s for s in self.stages if (s.learned if letter == "w" else s.layer.bias)}
        if not isinstance(values, Mapping):
            values = list(values)
            if len(values) != len(having):
                kernels = "kernels" if letter == "w" else "biases"
                raise EntriesError(
                    f"{letter} has {len(values)} entries, but the chain has {len(having)} {kernels}: give "
                    f"one for each of the layers {', '.join(map(str, having))}."
                )
            values = dict(zip(having, values, strict=True))
        role, found = {"w": "tap", "b": "bias"}[letter], {}
        for number, value in values.items():
            if number not in having:
                raise EntriesError(f"{letter} is given for layer {number!r}, which has none.")
            shape = having[number].layer.entries.shape(role)
            found[number] = read_entries(f"{letter}[{number}]", value, shape)
        return found

    @cached_property
    def _valued(self) -> bool:
        """Whether every operand that the output depends on has values."""
        w, b = self._given.get("w", {}), self._given.get("b", {})
        having = all(s.number in w for s in self.stages if s.learned)
        return "x" in self._given and having and all(s.number in b for s in self.stages if s.layer.bias)

    @cached_property
    def operands(self) -> Operands:
        """The values of everything; an error where some are missing."""
        if not self._valued:
            raise EntriesError(
                "this needs values for the input, every kernel and every bias: give them to .at()."
            )
        entries = {
            letter: {n: exact_entries(e) for n, e in self._given.get(letter, {}).items()}
            for letter in ("w", "b")
        }
        target = self._given.get("target")
        target = None if target is None else exact_entries(target)
        return Operands(exact_entries(self._given["x"]), entries["w"], entries["b"], target)

    @cached_property
    def _forward(self) -> Forward:
        return forward(self.stages, self.operands)

    @cached_property
    def _backward(self) -> Backward:
        loss, operands = self.loss_function, self.operands
        if operands.target is None and not loss.unknown:
            operands = Operands(operands.x, operands.w, operands.b, list(self.target))
        return both(self.stages, operands, loss)[1]

    @property
    def target(self) -> Any:
        """The target in the shape of the output: its values, or letters t."""
        return in_shape(self._target, tuple(map(int, self.shape)))

    @property
    def _target(self) -> tuple[Expr, ...]:
        if "target" in self._given:
            return tuple(self._given["target"])
        names = entry_names("t", tuple(map(int, self.shape)), self.notation.base)
        return tuple(map(Symbol, names))

    @property
    def output(self) -> Any:
        """The output of the chain: numbers on values, else ``f(z)`` of the last layer's ``z``."""
        return in_shape(self._entries("output", self.stages[-1]), tuple(map(int, self.shape)))

    @property
    def loss(self) -> Expr:
        """The loss: a number on values with a target, else in the outputs ``a`` of the last layer."""
        output = list(self._forward.a[len(self)]) if self._valued else self.named("output", len(self))
        return exact(self.loss_function.value(output, exact_entries(self._target)))

    def named(self, name: str, layer: int) -> tuple[Expr, ...]:
        """The letters that stand for a quantity of a layer where others use it: ``a``, ``z``, ``delta``.

        >>> import symconv as sc
        >>> sc.Chain(sc.Conv1d(4, 3), sc.Conv1d(None, 2)).named("output", 1)
        (a^(1)_0, a^(1)_1)
        """
        stage = self.stage(layer) if layer else self.stages[0]
        if name == "delta":
            return tuple(stage.layer.entries.symbols.operands["output"])
        shape = tuple(map(int, stage.shape if layer else stage.before))
        if name == "preactivation":
            return symbols_for(stage.layer.spec.written, "output", *shape)
        if layer == 0:
            return (
                tuple(self._given["x"])
                if "x" in self._given
                else tuple(stage.layer.entries.symbols.operands["input"])
            )
        chosen = "input" in self.notation.chosen
        letter = f"{self.notation.input if chosen else 'a'}".split("^")[0]
        return tuple(map(Symbol, entry_names(f"{letter}^({layer})", shape, self.notation.base)))

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
        roles = {"grad_kernel": "tap", "grad_bias": "bias"}
        if name in roles:
            shape = stage.layer.entries.shape(roles[name])
        else:
            shape = tuple(map(int, stage.before if name == "grad_input" else stage.shape))
        return in_shape(self._entries(name, stage), shape)

    def require(self, name: str, stage: Stage) -> None:
        """Refuse a name that a layer has no quantity of."""
        if not isinstance(name, str) or name not in self.names:
            raise OptionError("a chain has no quantity {given!r}: {cure}", given=name, allowed=self.names)
        if (name == "grad_kernel" and not stage.learned) or (name == "grad_bias" and not stage.layer.bias):
            what = "kernel with weights" if name == "grad_kernel" else "bias"
            raise OptionError(f"layer {stage.number}, {stage.told}, has no {what}, so it has no {name}.")

    def numpy(self) -> Function:
        """A function of floating-point arrays made from the formulas: the loss, and its gradients by name.

        ``loss, gradients = f(x=, w=[…], b=[…], target=)``, where w and b are lists with an array for each
        layer that has them, and so are ``gradients["w"]`` and ``gradients["b"]``.

        Raises
        ------
        OptionError
            If the loss or an activation is unknown.

        Examples
        --------
        >>> import symconv as sc
        >>> f = sc.Chain(sc.Conv1d(3, 2), loss="half_squared_error").numpy()
        >>> loss, gradients = f(x=[1, 2, 3], w=[[1, 1]], target=[0, 0])
        >>> loss, gradients["w"][0].tolist()
        (17.0, [13.0, 21.0])
        """
        if self.loss_function.unknown or any(s.activation.unknown for s in self.stages):
            raise OptionError("nothing is known of the loss or of an activation: give them to have numbers.")
        return function_of(self)

    def check(self, *, draws: int = 2, seed: int = 0, most: int = 2000) -> Report:
        """Compare every quantity of every layer with plain loops on dual numbers, exactly where it can be.

        An unknown function is put to the test as a polynomial. Where a function is not rational, numbers have
        50 digits. Expressions with more than about ``most`` terms are compared as numbers only.

        Examples
        --------
        >>> import symconv as sc
        >>> bool(sc.Chain(sc.Conv1d(3, 2), sc.Activation("f"), sc.Dense(None, 1)).check())
        True
        """
        return run(self, draws, seed, most)

    def _entries(self, name: str, stage: Stage) -> list[Expr]:
        number = stage.number
        if self._valued:
            f = self._forward
            if name in ("preactivation", "output"):
                return [exact(e) for e in (f.z if name == "preactivation" else f.a)[number]]
            back = self._backward
            found = {"delta": back.delta, "grad_kernel": back.w, "grad_bias": back.b}
            entries = back.a[stage.source] if name == "grad_input" else found[name][number]
            return [exact(e) for e in entries]
        return Named(self).entries(name, stage)
