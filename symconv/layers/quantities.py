"""Operands of a layer, as symbols or values, and its explicit quantities, contracted on first use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from math import prod
from typing import Any, Self

from sympy import Expr, Matrix

from symconv.errors import EntriesError, reject_unknown
from symconv.explicit.operands import Operands, read_entries, symbols_for
from symconv.explicit.quantities import Explicit, in_shape
from symconv.pattern import Pattern
from symconv.printing.notation import Notation, entry_names, on_axis

#: The fields of a notation whose letters stand in the equations of every layer.
ALWAYS_WRITTEN = (
    "input", "kernel", "output", "upstream", "loss", "matrix", "windows", "input_size", "kernel_size",
    "output_size", "stride", "dilation", "padding", "output_index", "tap_index", "input_index",
)  # fmt: skip

#: The operand of each role: its letter in the interface and its quantity in a notation.
_OPERANDS = {"input": ("x", "input"), "tap": ("w", "kernel"), "output": ("delta", "upstream")}

#: The letter that an operand is given by, by its role.
LETTERS = {**{role: letter for role, (letter, _) in _OPERANDS.items()}, "bias": "b"}


class Quantities:
    """What a layer with numeric sizes answers with; ``M``, ``K`` and ``N`` count outputs, taps and inputs.

    Operands and what has their shape: an expression for no index, a column for one, an array for more.
    Matrices act on row-major flattenings, and each access gives a fresh copy. With symbolic sizes every
    one of them raises :class:`symconv.errors.SymbolicSizeError`.
    """

    def __init__(
        self,
        pattern: Pattern,
        notation: Notation = Notation(),
        bias: bool = False,
        given: Mapping[str, tuple[Expr, ...]] | None = None,
    ) -> None:
        self.pattern = pattern
        self.notation = notation
        self.bias = bias
        self._given = dict(given or {})

    def at(self, *, x: Any = None, w: Any = None, delta: Any = None, b: Any = None, **unknown: Any) -> Self:
        """The same layer on values: numbers, fractions, or SymPy expressions; exact ones stay exact.

        Parameters
        ----------
        x, w, delta : nested sequences or arrays, optional
            In the shape of :attr:`x`, :attr:`w` and :attr:`delta`. What is not given stays symbolic.
        b : number, expression or sequence, optional
            The bias, for a layer that has one; one entry an output channel where there are channels.

        Raises
        ------
        EntriesError
            When the shape does not fit, or an entry is no commuting expression.

        >>> from symconv.pattern import Axis, Pattern
        >>> Quantities(Pattern((Axis.make(3, 2),))).at(x=[1, 2, 3]).output.T
        Matrix([[w0 + 2*w1, 2*w0 + 3*w1]])
        """
        reject_unknown("at", unknown, ["x", "w", "delta", "b"])
        layer = object.__new__(type(self))
        layer.__dict__.update({k: v for k, v in self.__dict__.items() if k not in _CACHED})
        layer._given = dict(self._given)
        given = {"x": x, "w": w, "delta": delta}
        for role, (letter, _) in _OPERANDS.items():
            if given[letter] is not None:
                self.pattern.require_numbers()
                layer._given[role] = read_entries(letter, given[letter], self._shape(role))
        if b is not None:
            if not self.bias:
                sentence = "{option} is given, but this layer has no bias: {with_bias}."
                raise EntriesError(sentence, "b", b)
            layer._given["bias"] = read_entries("b", b, self._bias_shape)
        return layer

    def at_flat(self, given: Mapping[str, Any]) -> Self:
        """As :meth:`at`, with all entries of an operand in one row-major list."""
        if given:
            self.pattern.require_numbers()
        roles = {letter: role for role, letter in LETTERS.items()}
        shapes = {letter: self._operand_shape(roles[letter]) for letter in given}
        return self.at(**{letter: nested(letter, list(given[letter]), shapes[letter]) for letter in given})

    def _operand_shape(self, role: str) -> tuple[int, ...]:
        return self._bias_shape if role == "bias" else self._shape(role)

    def _shape(self, role: str) -> tuple[int, ...]:
        return tuple(map(int, self.pattern.extents[role]))

    @cached_property
    def _bias_shape(self) -> tuple[int, ...]:
        return self.pattern.biases().shape["tap"]

    @property
    def _written(self) -> Notation:
        """The notation that the operands are written in."""
        return self.notation

    @cached_property
    def _symbols(self) -> Explicit:
        self.pattern.require_few()
        operands = Operands(
            {
                role: partial(symbols_for, self._written, quantity, *self._shape(role))
                for role, (_, quantity) in _OPERANDS.items()
            }
        )
        bias = symbols_for(self._written, "bias", *self._bias_shape) if self.bias else ()
        return Explicit(self.pattern, operands, bias)

    @cached_property
    def _values(self) -> Explicit:
        symbols = self._symbols
        if not self._given:
            return symbols
        operands = {role: self._given.get(role, entries) for role, entries in symbols.operands.items()}
        return Explicit(symbols.pattern, operands, self._given.get("bias", symbols.bias))

    def _operand(self, role: str) -> Any:
        return in_shape(self._values.operands[role], self._shape(role))

    @property
    def x(self) -> Any:
        """The input: N entries, or (N, C_in, L…) with those of the indices that the layer has."""
        return self._operand("input")

    @property
    def w(self) -> Any:
        """The kernel: K taps, or (C_out, C_in/groups, K…); (C_in, C_out/groups, K…) if transposed."""
        return self._operand("tap")

    @property
    def delta(self) -> Any:
        """The upstream gradient, the derivative of the loss by each output: the shape of the output."""
        return self._operand("output")

    @property
    def b(self) -> Any:
        """The bias, one entry an output channel, or None for a layer without."""
        return in_shape(self._values.bias, self._bias_shape) if self.bias else None

    @property
    def entry_names(self) -> set[str]:
        """The names of the layer's own symbols."""
        symbols = self._symbols
        return {s.name for entries in (*symbols.operands.values(), symbols.bias) for s in entries}

    @property
    def taken_names(self) -> set[str]:
        """The names that stand for something else wherever the layer is written out: entries and letters."""
        n, relations = self._written, self.pattern.relations
        outputs = entry_names(n.output, self._shape("output"), n.base)
        used = [name for r in relations for names in r.letters.values() for name in names]
        used += [name for r in relations for name in r.geometry if name == "output_padding"]
        letters = n.meanings([*ALWAYS_WRITTEN, *used, *(["bias"] if self.bias else [])])
        of_axes = {on_axis(letter, at, 2) for letter in letters for at in range(len(relations))}
        return {*self.entry_names, *outputs, *letters, *of_axes}

    @property
    def output(self) -> Any:
        """``y``, M entries: ``y[i] = b + sum_k w[k] x[j]`` with ``j`` from the relation."""
        return self._values.array("output")

    @property
    def matrix(self) -> Matrix:
        """``T``, M by N, with ``y = T x``: ``T[i, j] = w[k]`` where the relation holds."""
        return self._values.matrix("matrix")

    @property
    def windows(self) -> Matrix:
        """``X``, M by K, with ``y = X w`` (im2col): ``X[i, k] = x[j]``, 0 in the padding."""
        return self._values.matrix("windows")

    @property
    def grad_input(self) -> Any:
        """The derivative of the loss by ``x``, in its shape: ``T^T delta``."""
        return self._values.array("grad_input")

    @property
    def grad_kernel(self) -> Any:
        """The derivative of the loss by ``w``, in its shape: ``X^T delta``."""
        return self._values.array("grad_kernel")

    @property
    def grad_bias(self) -> Any:
        """The derivative of the loss by ``b``: the sum of the upstream gradient, over each channel."""
        return self._values.array("grad_bias")

    @property
    def filter_windows(self) -> Matrix:
        """``X`` of ``A = X W``: a row a place, with what one filter over all input channels sees there."""
        return self._values.matrix("filter_windows")

    @property
    def filter_matrix(self) -> Matrix:
        """``W`` of ``A = X W``: a column a filter, with zeros for the input channels of other groups."""
        return self._values.matrix("filter_matrix")

    @property
    def feature_maps(self) -> Matrix:
        """``A``, a column a filter, a row a place: the output without its bias is ``X W``."""
        return self._values.feature_maps()

    @property
    def upstream_matrix(self) -> Matrix:
        """``Delta``, N by K, with ``grad_input = Delta w``: ``Delta[j, k] = delta[i]`` where they meet."""
        return self._values.matrix("upstream_matrix")

    @property
    def tying(self) -> Matrix:
        """``E``, M N by K, with ``vec T = E w`` row by row, so ``grad_kernel = E^T vec(delta x^T)``."""
        return self._values.matrix("tying")

    @property
    def dense_gradient(self) -> Matrix:
        """``delta x^T``, M by N: the gradient that a dense matrix in the place of ``T`` would have."""
        return self._values.matrix("dense_gradient")

    @property
    def masked_gradient(self) -> Matrix:
        """``delta x^T`` with the zeros of ``T`` held at zero: a dense layer with zeros but no ties."""
        return self._values.matrix("masked_gradient")


def nested(letter: str, entries: list[Any], shape: tuple[int, ...]) -> Any:
    """A row-major list as nested lists of a shape."""
    count = prod(shape)
    if len(entries) != count:
        sentence = f"{{option}} has {len(entries)} entries, but the layer takes {count}."
        raise EntriesError(sentence, letter, entries)
    if len(shape) < 2:
        return entries if shape else entries[0]
    step = count // shape[0]
    return [nested(letter, entries[at * step : (at + 1) * step], shape[1:]) for at in range(shape[0])]


#: What is computed on first use.
_CACHED = ("_symbols", "_values")
