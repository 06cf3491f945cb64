"""The values of a chain: what is given for its operands, what stands for the rest, and what comes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sympy import Expr, Symbol

from symconv.errors import EntriesError, OptionError
from symconv.explicit.operands import read_entries, symbols_for
from symconv.network.activations import exact
from symconv.network.losses import Loss
from symconv.network.named import Named
from symconv.network.parts import Shape
from symconv.network.passes import Backward, Forward, Operands, both, exact_entries, forward
from symconv.network.stages import Stage, numbered
from symconv.printing.english import counted, joined
from symconv.printing.letters import entry_names
from symconv.printing.notation import Notation

#: The operand of a layer that a letter stands for.
ROLES = {"w": "tap", "b": "bias"}


class ByLayer(Mapping[int, Any]):
    """What some layers of a chain have, by the numbers of the layers, which count from 1."""

    def __init__(self, what: str, held: Mapping[int, Any], layers: int) -> None:
        self._what, self._held, self._layers = what, dict(held), layers

    def __getitem__(self, layer: int) -> Any:
        if layer in self._held:
            return self._held[layer]
        having = ", ".join(map(str, self._held))
        told = f"those that have one: {having}" if having else "no layer has one"
        sentence = f"layer {{given!r}} of {self._layers} has no {self._what}; {told}."
        raise OptionError(sentence, given=layer)

    def __iter__(self) -> Iterator[int]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        return repr(self._held)


@dataclass(frozen=True, eq=False)
class Values:
    """A chain with values for some of its operands: entries by "x", "w", "b" and "target"."""

    stages: tuple[Stage, ...]
    shape: Shape
    loss_function: Loss
    notation: Notation
    given: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.stages)

    @cached_property
    def numeric(self) -> bool:
        """Whether every size is a number."""
        return all(stage.layer.spec.numeric for stage in self.stages)

    def require_numbers(self) -> None:
        """Refuse entries where a size is a letter."""
        for stage in self.stages:
            stage.layer.spec.tied.require_numbers()

    def require_known(self, so: str) -> None:
        """Refuse a loss or an activation of which only the name is known, and say what follows of that."""
        if self.loss_function.unknown:
            cure = "name a known loss, as in sc.Chain(..., loss='half_squared_error')"
            raise OptionError(f"nothing is known of the loss {self.loss_function.name!r}, so {so}: {cure}.")
        for stage in self.stages:
            if stage.activation.unknown:
                what = f"the activation {stage.activation.name!r} of layer {stage.number}"
                cure = "write the name of a known one, such as 'relu', or a function"
                raise OptionError(f"nothing is known of {what}, so {so}: {cure}.")

    @property
    def sizes(self) -> tuple[int, ...]:
        """The shape of the output in numbers."""
        self.require_numbers()
        return tuple(map(int, self.shape))

    def having(self, letter: str) -> dict[int, Stage]:
        """The layers that have a kernel, or a bias."""
        return {s.number: s for s in self.stages if (s.learned if letter == "w" else s.layer.bias)}

    def readers(self, layer: int) -> list[Stage]:
        """The layers that read the output of a layer, 0 for the input of the chain, or add it."""
        return [stage for stage in self.stages if layer == stage.source or layer in stage.added]

    def at(self, **call: Any) -> dict[str, Any]:
        """What is given already, and what a call gives."""
        self.require_numbers()
        given = dict(self.given)
        if call["x"] is not None:
            given["x"] = read_entries("x", call["x"], self.stages[0].layer.entries.shape("input"), "chain")
        for letter in ("w", "b"):
            if call[letter] is not None:
                given[letter] = {**given.get(letter, {}), **self._read(letter, call[letter])}
        if call["target"] is not None:
            target = given["target"] = read_entries("target", call["target"], self.sizes, "chain")
            known = all(t.is_number for t in target)
            if self.loss_function.name == "cross_entropy" and known and abs(sum(target) - 1) > 1e-9:
                raise EntriesError("the target of cross_entropy must add up to 1: give probabilities.")
        return given

    def _read(self, letter: str, values: Any) -> dict[int, Any]:
        having = self.having(letter)
        if not isinstance(values, Mapping):
            if isinstance(values, str) or not isinstance(values, Iterable):
                one = "kernel" if letter == "w" else "bias"
                cure = f"write a list with the {one} of each layer that has one, or a mapping by layer"
                raise EntriesError(f"{{option}} is {{given!r}}: {cure}.", letter, values)
            values = list(values)
            if len(values) != len(having):
                what = ("kernel", "kernels") if letter == "w" else ("bias", "biases")
                has = f"{letter} has {counted(len(values), 'entry', 'entries')}"
                if not having:
                    raise EntriesError(f"{has}, but the chain has no {what[0]}: leave it out.")
                numbers = joined(list(map(str, having)))
                cure = f"each of the layers {numbers}" if len(having) > 1 else f"layer {numbers}"
                of_chain = f"but the chain has {counted(len(having), *what)}"
                raise EntriesError(f"{has}, {of_chain}: give one for {cure}.")
            values = dict(zip(having, values, strict=True))
        found = {}
        for number, value in values.items():
            if number not in having:
                raise EntriesError(f"{letter} is given for layer {number!r}, which has none.")
            shape = having[number].layer.entries.shape(ROLES[letter])
            found[number] = read_entries(f"{letter}[{number}]", value, shape)
        return found

    @cached_property
    def complete(self) -> bool:
        """Whether every operand that the output depends on has values."""
        whole = all(self.having(letter).keys() <= self.given.get(letter, {}).keys() for letter in ROLES)
        return "x" in self.given and whole

    @cached_property
    def operands(self) -> Operands:
        """The values of everything that the passes take."""
        w, b = ({n: exact_entries(e) for n, e in self.given.get(k, {}).items()} for k in ROLES)
        return Operands(exact_entries(self.given["x"]), w, b, exact_entries(self.target))

    @cached_property
    def filled(self) -> Operands:
        """The same, with letters for what has no value."""
        held: dict[str, dict[int, Any]] = {"w": {}, "b": {}}
        for letter, role in ROLES.items():
            given = self.given.get(letter, {})
            for number, stage in self.having(letter).items():
                symbols = stage.layer.entries.symbols
                own = symbols.operands[role] if letter == "w" else symbols.bias
                held[letter][number] = exact_entries(given.get(number, own))
        return Operands(
            exact_entries(self.named("output", 0)), held["w"], held["b"], exact_entries(self.target)
        )

    @cached_property
    def forward(self) -> Forward:
        """The pass forwards."""
        return forward(self.stages, self.operands)

    @cached_property
    def backward(self) -> Backward:
        """The pass backwards."""
        return both(self.stages, self.operands, self.loss_function)[1]

    @property
    def target(self) -> tuple[Expr, ...]:
        """The target: its values, or letters t."""
        if "target" in self.given:
            return tuple(self.given["target"])
        return tuple(map(Symbol, entry_names("t", self.sizes, self.notation.base)))

    @property
    def loss(self) -> Expr:
        """The loss, on values or in the outputs of the last layer."""
        output = list(self.forward.a[len(self)]) if self.complete else self.named("output", len(self))
        return exact(self.loss_function.value(output, exact_entries(self.target)))

    def named(self, name: str, layer: int) -> tuple[Expr, ...]:
        """The letters that stand for a quantity of a layer where others use it."""
        stage = self.stages[max(layer, 1) - 1]
        if name == "delta":
            return tuple(stage.layer.entries.symbols.operands["output"])
        if name == "preactivation":
            return symbols_for(stage.layer.spec.written, "output", *map(int, stage.shape))
        if layer == 0:
            return tuple(self.given.get("x") or stage.layer.entries.symbols.operands["input"])
        shape = tuple(map(int, stage.shape))
        return tuple(map(Symbol, entry_names(letter_of(self.notation, layer), shape, self.notation.base)))

    def entries(self, name: str, stage: Stage) -> list[Expr]:
        """The entries of a quantity of a layer: numbers on values, else in letters."""
        if not self.complete:
            return Named(self).entries(name, stage)
        number, f = stage.number, self.forward
        if name in ("preactivation", "output"):
            return [exact(e) for e in (f.z if name == "preactivation" else f.a)[number]]
        back = self.backward
        found = {"delta": back.delta, "grad_kernel": back.w, "grad_bias": back.b}
        return [exact(e) for e in (back.a[stage.source] if name == "grad_input" else found[name][number])]


def letter_of(notation: Notation, layer: int) -> str:
    """The letter of the output of a layer, and of the input of the chain for 0."""
    return numbered(notation.input if "input" in notation.chosen else "a", layer) if layer else notation.input
