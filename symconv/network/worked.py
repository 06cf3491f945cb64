"""A chain worked by hand: its numbers as far as they go, and what each entry is the sum of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

from sympy import Add, Expr, Float, Mul, S, Symbol

from symconv.network.activations import exact
from symconv.network.arrays import like
from symconv.network.losses import Loss
from symconv.network.named import Named
from symconv.network.passes import exact_entries, own_taps
from symconv.network.stages import Stage
from symconv.network.values import Values, letter_of

#: Numbers that are no fractions are computed with so many digits.
DIGITS = 45

#: What is less than this is what rounding left of 0.
NOTHING = Float("1e-30")


@dataclass(frozen=True)
class Product:
    """One term of a sum: its factors as letters, and the value of each, or the letter where there is none."""

    letters: tuple[Expr, ...]
    values: tuple[Expr, ...]

    @property
    def result(self) -> Expr:
        """The product of the values."""
        return Mul(*self.values)


@dataclass(frozen=True)
class Arriving(Loss):
    """An unknown loss, of which only the derivative with respect to each output is given."""

    numbers: tuple[Expr, ...] = ()

    def gradient(self, output: Sequence[Any], target: Sequence[Any]) -> Any:
        """The derivatives that are given."""
        return like(list(self.numbers), None)


@dataclass(frozen=True, eq=False)
class Worked(Values):
    """A chain with values for all that its output depends on, worked as far as numbers go.

    What depends on an unknown function of an unknown number keeps its letter, so that an expression is never
    longer than its own layer. Numbers that are no fractions are computed with 45 digits.

    Attributes
    ----------
    letters : mapping of str to int
        The numbers that were put in for letters of sizes.
    chosen : bool
        Whether some of the values were chosen here.
    """

    letters: Mapping[str, int] = field(default_factory=dict)
    chosen: bool = False

    @cached_property
    def _held(self) -> dict[tuple[str, int], tuple[Expr, ...]]:
        return {}

    def shown(self, name: str, layer: int) -> tuple[Expr, ...]:
        """The entries of a quantity: numbers, or expressions in the letters of what comes before."""
        key = name, layer
        if key not in self._held:
            self._held[key] = tuple(map(_rounded, Named(self).entries(name, self.stages[layer - 1])))
        return self._held[key]

    def named(self, name: str, layer: int) -> tuple[Expr, ...]:
        """What others use of a quantity: its numbers, and letters where there are none."""
        letters = super().named(name, layer)
        if not layer:
            return letters
        return tuple(e if e.is_number else s for e, s in zip(self.shown(name, layer), letters, strict=True))

    def symbols(self, name: str, layer: int) -> tuple[Expr, ...]:
        """The letters of a quantity."""
        if name == "output" and layer == 0:
            return tuple(self.stages[0].layer.entries.symbols.operands["input"])
        return super().named(name, layer)

    @property
    def loss(self) -> Expr:
        """The loss in the outputs of the last layer, or its number."""
        output = exact_entries(self.named("output", len(self)))
        return _rounded(S.Zero + exact(self.loss_function.value(output, exact_entries(self.target))))

    # What an entry is the sum of.

    def triples(self, stage: Stage) -> list[tuple[int, int, int]]:
        """Output, tap and input of each product of a layer, in the order of its inputs."""
        index = stage.layer.spec.incidence.index
        columns = (index[role].tolist() for role in ("output", "tap", "input"))
        return sorted(zip(*columns, strict=True), key=lambda t: (t[0], t[2], t[1]))

    def _taps(self, stage: Stage) -> list[tuple[Expr, Expr]]:
        """Each tap of a layer: its letter, and its value; of pooling the value for both."""
        if stage.learned:
            symbols = stage.layer.entries.symbols.operands["tap"]
            return list(zip(symbols, self.given["w"][stage.number], strict=True))
        a = exact_entries(self.named("output", stage.source))
        values = [exact(tap) for tap in own_taps(stage, a)]
        return list(zip(values, values, strict=True))

    def _entries(self, name: str, layer: int) -> list[tuple[Expr, Expr]]:
        return list(zip(self.symbols(name, layer), self.named(name, layer), strict=True))

    def preactivation(self, stage: Stage, at: int) -> list[Product]:
        """An entry of ``z``: weights times entries of the layer before, the bias, and what is added."""
        taps, before = self._taps(stage), self._entries("output", stage.source)
        found = [_product(taps[tap], before[j]) for o, tap, j in self.triples(stage) if o == at]
        if stage.layer.bias:
            place = int(stage.layer.pattern.biases().index["tap"][at])
            symbols, given = stage.layer.entries.symbols.bias, self.given["b"][stage.number]
            found.append(_product((symbols[place], given[place])))
        return [*found, *(_product(self._entries("output", other)[at]) for other in stage.added)]

    def back(self, layer: int, at: int) -> list[Product]:
        """The derivative by an output of a layer, 0 for the input: a product for each unit that it feeds."""
        found = []
        for reader in self.readers(layer):
            deltas = self._entries("delta", reader.number)
            if reader.source == layer:
                taps = self._taps(reader)
                met = [(o, tap) for o, tap, j in self.triples(reader) if j == at]
                if not reader.learned:
                    met = [(o, tap) for o, tap in met if taps[tap][1] != 0]
                found += [_product(taps[tap], deltas[o]) for o, tap in met]
            found += [_product(deltas[at]) for other in reader.added if other == layer]
        return found

    def arriving(self, layer: int, at: int) -> Expr:
        """The derivative by an output of a layer: of the last one that of the loss."""
        if layer < len(self):
            return Add(*(term.result for term in self.back(layer, at)))
        output = exact_entries(self.named("output", layer))
        return _rounded(exact(self.loss_function.gradient(output, exact_entries(self.target))[at]))

    def fed(self, layer: int, at: int) -> list[tuple[int, int]]:
        """The units that an output of a layer feeds, each with the number of its layer."""
        found: dict[tuple[int, int], None] = {}
        for reader in self.readers(layer):
            if reader.source == layer:
                found |= {(reader.number, o): None for o, _, j in self.triples(reader) if j == at}
            found |= {(reader.number, at): None} if layer in reader.added else {}
        return list(found)

    def kernel(self, stage: Stage, tap: int) -> list[Product]:
        """The derivative by a weight: a product for each place at which it is used."""
        deltas, before = self._entries("delta", stage.number), self._entries("output", stage.source)
        return [_product(deltas[o], before[j]) for o, k, j in self.triples(stage) if k == tap]

    # What is worth showing.

    def require_comparisons(self) -> None:
        """Raise TypeError where a maximum is taken of entries that are known by letter only."""
        for stage in self.stages:
            self._taps(stage)

    @property
    def shared(self) -> Stage | None:
        """The first layer with a weight that is used more than once."""
        uses = {s.number: Counter(tap for _, tap, _ in self.triples(s)) for s in self.stages if s.learned}
        return next((s for s in self.stages if max(uses.get(s.number, {0: 0}).values()) > 1), None)

    def main_tap(self, stage: Stage) -> int:
        """The weight of the middle among those of the first filter that are used most."""
        used = Counter(tap for _, tap, _ in self.triples(stage))
        first = {tap for o, tap, _ in self.triples(stage) if o == 0} or set(used)
        one = max(first) - max(first) % max(1, taps_of_a_filter(stage))
        here = {tap: used[tap] for tap in used if one <= tap < one + taps_of_a_filter(stage)} or used
        most = [tap for tap, count in sorted(here.items()) if count == max(here.values())]
        return most[len(most) // 2]

    def main_output(self, stage: Stage) -> int:
        """The first of the outputs that are the sum of most products."""
        used = Counter(o for o, _, _ in self.triples(stage))
        return min(o for o, count in used.items() if count == max(used.values()))

    @cached_property
    def hidden(self) -> tuple[int, int] | None:
        """The layer and the place of a hidden unit: the first layer's with a gradient that is not 0."""
        for stage in self.stages[:-1]:
            if stage.activation.is_softmax or not self.readers(stage.number):
                continue
            values = self.shown("delta", stage.number)
            counts = [len(self.back(stage.number, at)) for at in range(len(values))]
            best = max((c for c, v in zip(counts, values, strict=True) if v != 0), default=max(counts))
            least = min(best, 3)  # of units that feed many, one that is soon told
            good = [at for at, c in enumerate(counts) if c >= least and values[at] != 0]
            good = [at for at in good if counts[at] <= 4] or good or list(range(len(values)))
            return stage.number, good[len(good) // 2]
        return None

    def slope(self, stage: Stage, at: int) -> Expr:
        """The derivative of the activation at an entry of ``z``."""
        entry = self.named("preactivation", stage.number)[at]
        (found,) = stage.activation.backward(like([S.One], None), like([entry], None), like([entry], None))
        return _rounded(exact(found))

    def letter(self, layer: int) -> str:
        """The letter of the output of a layer."""
        return letter_of(self.notation, layer)


def unknown_slopes(loss: Loss, count: int) -> list[Symbol]:
    """The letters of what an unknown loss sends back, one for each output."""
    return [Symbol(f"d{loss.name}{at}") for at in range(count)]


def _product(*factors: tuple[Expr, Expr]) -> Product:
    return Product(tuple(letter for letter, _ in factors), tuple(value for _, value in factors))


def taps_of_a_filter(stage: Stage) -> int:
    """How many taps a filter has for each input channel; 1 for a dense layer."""
    return prod(int(axis.geometry.get("kernel_size", 1)) for axis in stage.layer.axes)


def _rounded(expr: Expr) -> Expr:
    """Fractions as they are; other numbers, by themselves or in an expression, with so many digits."""
    if expr.is_number:
        if expr.is_Rational:
            return expr
        found = Float(expr.evalf(DIGITS), DIGITS)
        return S.Zero if abs(found) < NOTHING else found
    if isinstance(expr, Add | Mul):
        return expr.func(*map(_rounded, expr.args))
    return expr
