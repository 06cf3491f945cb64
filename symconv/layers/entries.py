"""The operands of a layer, as symbols or as values, and its explicit quantities, contracted on first use."""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from math import prod
from typing import Any

import numpy as np
from sympy import Expr

from symconv.errors import EntriesError, reject_unknown
from symconv.explicit.entries import Explicit, in_shape
from symconv.explicit.operands import Operands, read_entries, symbols_for
from symconv.pattern import Specification
from symconv.printing.english import counted
from symconv.printing.letters import entry_names, on_axis

#: The fields of a notation whose letters stand in the equations of every layer.
ALWAYS_WRITTEN = (
    "input", "kernel", "output", "upstream", "loss", "matrix", "windows", "input_size", "kernel_size",
    "output_size", "stride", "dilation", "padding", "output_index", "tap_index", "input_index",
)  # fmt: skip

#: The quantity of each operand in a notation, by its role.
_QUANTITIES = {"input": "input", "tap": "kernel", "output": "upstream"}

#: What an operand is, by its role.
OPERANDS = {
    "input": "The input ``x``, of shape (batch, C_in, N…); batch and channels only if the layer has them.",
    "tap": "The kernel ``w``, of shape (C_out, C_in/groups, K…), or (C_in, C_out/groups, K…) if transposed.",
    "output": "The upstream gradient, the derivative of the loss with respect to the output, in its shape.",
    "bias": "The bias, one entry per output channel; None for a layer without bias.",
}

#: The letter that an operand is given by, by its role.
LETTERS = {"input": "x", "tap": "w", "output": "delta", "bias": "b"}


class Entries:
    """The entries of one layer: in symbols, and with the values that are given for some operands."""

    def __init__(self, spec: Specification, given: Mapping[str, tuple[Expr, ...]] | None = None) -> None:
        self.spec = spec
        self.given = dict(given or {})

    def at(self, call: Mapping[str, Any]) -> dict[str, tuple[Expr, ...]]:
        """The values that are given already, and those of a call of ``at`` by their letters.

        Raises
        ------
        EntriesError
            When a shape does not fit, or an entry is no commuting expression, or no real one for a maximum.
        """
        put = [letter for letter, value in call.items() if value is not None]
        reject_unknown("at", put, self.spec.kernel.operands)
        given = dict(self.given)
        for role in (role for role, letter in LETTERS.items() if letter in put):
            letter = LETTERS[role]
            if role == "bias" and not self.spec.bias:
                sentence = "{option} is given, but this layer has no bias: {with_bias}."
                raise EntriesError(sentence, letter, call[letter])
            if role != "bias":
                self.spec.tied.require_numbers()
            given[role] = read_entries(letter, call[letter], self.shape(role))
        for entry in given.get("input", ()) if self.spec.kernel.depends_on_input else ():
            if entry.is_extended_real is False:
                raise EntriesError(f"x contains {entry}: use real entries, which a maximum can compare.")
        return given

    def flat(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Operands that are one row-major list each, in their shapes."""
        if given:
            self.spec.tied.require_numbers()
        roles = {letter: role for role, letter in LETTERS.items()}
        return {letter: self.nested(roles[letter], entries) for letter, entries in given.items()}

    def shape(self, role: str) -> tuple[int, ...]:
        """The shape of an operand."""
        if role == "bias":
            return self._bias_shape
        return tuple(map(int, self.spec.pattern.extents[role]))

    @cached_property
    def _bias_shape(self) -> tuple[int, ...]:
        return self.spec.pattern.biases().shape["tap"]

    @cached_property
    def symbols(self) -> Explicit:
        """Every operand as symbols."""
        self.spec.pattern.require_few()
        written = self.spec.written
        makers = {
            role: partial(symbols_for, written, quantity, *self.shape(role))
            for role, quantity in _QUANTITIES.items()
        }
        bias = symbols_for(written, "bias", *self.shape("bias")) if self.spec.bias else ()
        return Explicit(self.spec, Operands(makers), bias)

    @cached_property
    def letters(self) -> Explicit:
        """With the values that are given; taps that are no weights have their letters."""
        symbols = self.symbols
        if not self.given:
            return symbols
        operands = {role: self.given.get(role, entries) for role, entries in symbols.operands.items()}
        return Explicit(self.spec, operands, self.given.get("bias", symbols.bias))

    @cached_property
    def values(self) -> Explicit:
        """With the values that are given, and those that the kernel has by itself."""
        taps = self.spec.kernel.taps(self.spec.tied, self.letters.operands)
        if taps is None:
            return self.letters
        return Explicit(self.spec, {**self.letters.operands, "tap": taps}, self.letters.bias)

    @property
    def written(self) -> Explicit:
        """The values as equations show them: letters of taps stay where numbers do not say what they are."""
        return self.values if self.spec.kernel.known(self.letters.operands["input"]) else self.letters

    @property
    def compared(self) -> list[Explicit]:
        """What references are compared with: in symbols, where all operands can be, and on values."""
        whole = [self.symbols] if self.spec.kernel.learned else []
        return whole if self.values is self.symbols else [*whole, self.values]

    @property
    def numbers(self) -> bool:
        """Whether all outputs are numbers."""
        return bool(self.given) and all(entry.is_number for entry in self.values.matrix("output"))

    def operand(self, role: str) -> Any:
        """An operand in its shape; None for a bias that there is not."""
        if role == "bias":
            return in_shape(self.values.bias, self.shape(role)) if self.spec.bias else None
        return in_shape(self.values.operands[role], self.shape(role))

    def nested(self, role: str, entries: Sequence[Any]) -> Any:
        """Entries of an operand, row-major, as nested lists in its shape."""
        shape = self.shape(role)
        if len(entries) != prod(shape):
            found = counted(len(entries), "entry", "entries")
            sentence = f"{{option}} has {found}, but the layer takes {prod(shape)}."
            raise EntriesError(sentence, LETTERS[role], list(entries))
        return np.array(entries, dtype=object).reshape(shape).tolist()

    @property
    def taken_names(self) -> set[str]:
        """The names that stand for something else wherever the layer is written out: entries and letters."""
        n, relations, symbols = self.spec.written, self.spec.pattern.relations, self.symbols
        entries = {s.name for operand in (*symbols.operands.values(), symbols.bias) for s in operand}
        outputs = entry_names(n.output, self.shape("output"), n.base)
        used = [name for r in relations for names in r.letters.values() for name in names]
        used += ["output_padding"] if self.spec.transposed else []
        letters = n.meanings([*ALWAYS_WRITTEN, *used, *(["bias"] if self.spec.bias else [])])
        of_axes = {on_axis(letter, at, 2) for letter in letters for at in range(len(relations))}
        return {*entries, *outputs, *letters, *of_axes}
