"""Backpropagation in steps: from the definition of each quantity of a layer to its closed form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Add, Eq, Expr, Indexed, IndexedBase, Integer, Mul, S, Sum, Symbol, exp, sympify

from symconv.derivation.rules.limits import Recognise
from symconv.derivation.scripts import written
from symconv.index_sums.index_base import shift_index_base
from symconv.index_sums.nodes import Partial
from symconv.index_sums.symbols import LayerSymbols, kept_indices
from symconv.network.losses import KNOWN
from symconv.network.stages import Stage
from symconv.network.values import letter_of
from symconv.printing.expressions import Iverson
from symconv.printing.letters import Letter


@dataclass(frozen=True)
class Line:
    """One line: both sides, the rule and why it holds; and of which layer's own derivation it is a line."""

    left: Expr
    expr: Expr
    rule: str
    reason: str
    source: tuple[int, str, int] | None = (
        None  # the number of the layer, the quantity, the number of the step
    )


class Script:
    """The lines of one quantity of one layer of a chain."""

    def __init__(self, chain: Any, stage: Stage) -> None:
        self.chain, self.stage, self.lines = chain, stage, list[Line]()
        self.settings: dict[int, LayerSymbols] = {s.number: s.layer.closed.symbols for s in chain.stages}
        self.own: LayerSymbols = self.settings[stage.number]
        self.loss = Symbol(Letter.of(chain.notation.loss).name)

    def made(self, name: str) -> list[Line]:
        """The lines of a quantity."""
        scripts: dict[str, Callable[[], None]] = {
            "preactivation": self._preactivation, "output": self._output, "delta": self._delta,
            "grad_input": self._grad_input, "grad_kernel": self._own_gradient("grad_kernel"),
            "grad_bias": self._own_gradient("grad_bias"),
        }  # fmt: skip
        scripts[name]()
        return self.lines

    @property
    def base(self) -> int:
        """The first index."""
        return int(self.own.notation.base)

    def setting_of(self, name: str) -> LayerSymbols:
        """The layer in whose order factors are printed."""
        number = {"grad_input": self.stage.source, "delta": self.stage.number}.get(name)
        if number is None or number == len(self.chain):
            return self.own
        first: LayerSymbols = self.settings[self._readers(number)[0].number]
        return first

    def ranges(self, name: str) -> tuple[tuple[Symbol, Expr, Expr], ...]:
        """Each index on the left side with its first and its last value."""
        left, base = self.lines[0].left, Integer(self.base)
        if name in ("grad_kernel", "grad_bias"):
            kept = kept_indices(self.own, left)
            return tuple((i, base, sympify(self.own.last(i)) + base) for i in kept)
        entry = left.args[1] if isinstance(left, Partial) else left
        number = self.stage.source if name == "grad_input" else self.stage.number
        sizes = self.settings[number].extents["output"] if number else self.settings[1].extents["input"]
        indices = entry.indices if isinstance(entry, Indexed) else ()
        return tuple((i, base, size - 1 + base) for i, size in zip(indices, sizes, strict=True))

    def add(self, expr: Expr, rule: str, reason: str, source: tuple[int, str, int] | None = None) -> None:
        """One more line about the same left side."""
        self.lines.append(Line(self.lines[0].left if self.lines else expr, expr, rule, reason, source))

    def begin(self, left: Expr, expr: Expr, rule: str, reason: str) -> None:
        """The first line."""
        self.lines.append(Line(left, expr, rule, reason))

    # Entries.

    def z(self, stage: Stage, index: Sequence[Expr]) -> Expr:
        """An entry of the preactivation of a layer."""
        return IndexedBase(stage.layer.spec.written.output)[tuple(index)]

    def a(self, number: int, index: Sequence[Expr]) -> Expr:
        """An entry of the output of a layer; of the input of the chain for 0."""
        return IndexedBase(self.letter(number))[tuple(index)]

    def letter(self, number: int) -> str:
        """The letter of the output of a layer."""
        return letter_of(self.chain.notation, number)

    def delta(self, stage: Stage, index: Sequence[Expr]) -> Expr:
        """An entry of the gradient with respect to the preactivation of a layer."""
        return IndexedBase(stage.layer.spec.written.upstream)[tuple(index)]

    def _readers(self, number: int) -> list[Stage]:
        found: list[Stage] = self.chain.values.readers(number)
        return sorted(found, key=lambda stage: (stage.source != number or stage.flattened, stage.number))

    def _outputs(self) -> tuple[Symbol, ...]:
        return self.own.indices("output")

    # The scripts.

    def _layer_lines(self, stage: Stage, name: str) -> list[tuple[int, Any, Expr, Expr]]:
        """The lines of a layer's own derivation, without a named operation, in its first index."""
        setting = self.settings[stage.number]
        lines = written(setting, name)
        return [
            (at, line, shift_index_base(line.left, setting), shift_index_base(line.terms.shown, setting))
            for at, line in enumerate(lines)
            if line.rule != Recognise.name and line.left == lines[0].left
        ]

    def _preactivation(self) -> None:
        stage, outputs = self.stage, self._outputs()
        added: Expr = Add(*(self.a(other, outputs) for other in stage.added))
        for at, line, left, right in self._layer_lines(stage, "output"):
            words = line.reason
            if at == 0 and stage.flattened:
                words += " Its input is flattened: all entries stand in one vector, row by row."
            if at == 0 and stage.added:
                words += " What the residual chain carries past its layers is added."
            self.lines.append(Line(left, right + added, line.rule, words, (stage.number, "output", at)))

    def _output(self) -> None:
        stage, i = self.stage, self._outputs()
        z, function = self.z(stage, i), stage.activation
        words = "The activation is applied to each entry of the preactivation."
        value = function.written(z)
        if function.is_softmax:
            (index,) = i
            other = _primed(index)
            whole = Sum(exp(self.z(stage, [other])), self._range(self.own, index, other))
            value, words = exp(z) / whole, "Softmax: the exponential of the entry over the sum of them all."
        elif function.is_identity:
            words = "No activation follows the layer."
        self.begin(self.a(stage.number, i), value, "activation", words)

    def _range(self, setting: LayerSymbols, index: Symbol, named: Symbol) -> tuple[Symbol, Expr, Expr]:
        base = Integer(self.base)
        return named, base, sympify(setting.last(index)) + base

    def _own_gradient(self, name: str) -> Callable[[], None]:
        def script() -> None:
            for at, line, left, right in self._layer_lines(self.stage, name):
                source = (self.stage.number, name, at)
                self.lines.append(Line(left, right, line.rule, line.reason, source))

        return script

    def _grad_input(self) -> None:
        number = self.stage.source
        kept = self._kept(number)
        left = Partial(self.loss, self.a(number, kept))
        self._back(left, number, kept, S.One)

    def _kept(self, number: int) -> tuple[Symbol, ...]:
        """The indices of the output of a layer, in the letters of the layer that reads it first."""
        first = self._readers(number)[0]
        own = self.settings[first.number]
        if first.source != number:  # it is only added to that layer
            return own.indices("output")
        if not first.flattened:
            return own.indices("input")
        return self.settings[number].indices("input")

    def _delta(self) -> None:
        stage = self.stage
        last = stage.number == len(self.chain)
        kept = self._outputs() if last else self._kept(stage.number)
        z, a, f = self.z(stage, kept), self.a(stage.number, kept), stage.activation
        left = self.delta(stage, kept)
        words = "delta is the derivative of the loss with respect to the preactivation."
        self.begin(left, Partial(self.loss, z), "definition", words)
        if last and f.is_softmax and self.chain.loss_function.name == "cross_entropy":
            p = self.a(stage.number, [kept[0]])
            self._entropy(kept[0], p, lambda k: self.z(stage, [k]), S.One)
            return
        factor = S.One
        if f.is_softmax:
            self._softmax(kept[0])
        elif not f.is_identity:
            factor = f.written(z, primed=True)
            words = "Each output of the activation depends on its own preactivation only."
            self.add(factor * Partial(self.loss, a), "activation", words)
        else:
            self.add(
                Partial(self.loss, a),
                "activation",
                "No activation follows, so output and preactivation are equal.",
            )
        if f.is_softmax:
            return
        if last:
            self._of_loss(kept, factor)
        else:
            self._back(left, stage.number, kept, factor)

    def _back(self, left: Expr, number: int, kept: tuple[Symbol, ...], factor: Expr) -> None:
        """Through the layers that read the output of a layer, back to that output."""
        readers = self._readers(number)
        through = [stage for stage in readers if stage.source == number]
        added = Add(*(self.delta(s, kept) for s in readers for other in s.added if other == number))
        one = len(through) == 1
        final: list[Expr] = []
        for stage in through:
            lines = self._layer_lines(stage, "grad_input")
            swap = self._into(stage, number, kept)
            exprs = [self._swapped(right, swap) for *_, right in lines]
            final.append(exprs[-1])
            if not one:
                continue
            for (at, line, *_), expr in zip(lines, exprs, strict=True):
                words = self._told(stage, number, line.reason, at, added)
                source = (stage.number, "grad_input", at)
                self.lines.append(Line(left, factor * (expr + added), line.rule, words, source))
        if not one:
            several = " and ".join(str(stage.number) for stage in readers)
            words = f"The loss depends on the output through layers {several}: each adds its part."
            self.lines.append(Line(left, factor * (Add(*final) + added), "chain rule", words))

    def _told(self, stage: Stage, number: int, reason: str, at: int, added: Expr) -> str:
        if at:
            return reason
        if stage.flattened:
            reason += " The output is flattened before the next layer, row by row."
        if added != 0:
            reason += " What a residual chain carries past its layers adds the gradient arriving at its end."
        return reason

    def _into(self, stage: Stage, number: int, kept: tuple[Symbol, ...]) -> dict[Symbol, Expr]:
        """What the indices of a reader's input are in those of the output that it reads."""
        inputs = self.settings[stage.number].indices("input")
        if not stage.flattened:
            return dict(zip(inputs, kept, strict=True))
        place: Expr = S.Zero
        for index, size in zip(kept, stage.before, strict=True):
            place = place * size + (index - self.base)
        return {inputs[0]: (place + self.base).expand()}

    def _swapped(self, expr: Expr, swap: dict[Symbol, Expr]) -> Expr:
        """An expression with other indices; summation indices that have their letters get primes."""
        taken = {symbol for value in swap.values() for symbol in value.free_symbols}
        bound = {index for part in expr.atoms(Sum) for index in part.variables}
        renamed = {index: _primed(index) for index in bound & taken}
        found = expr.xreplace(renamed) if renamed else expr
        return found.xreplace({old: new for old, new in swap.items() if old != new})

    # The end of the chain.

    def _of_loss(self, kept: tuple[Symbol, ...], factor: Expr) -> None:
        loss, stage = self.chain.loss_function, self.stage
        if loss.unknown:
            return
        a, t = self.a(stage.number, kept), IndexedBase("t")[kept]
        if loss.name == "cross_entropy":
            p = IndexedBase("p")[kept[0]]
            self._entropy(kept[0], p, lambda k: self.a(stage.number, [k]), factor)
            return
        others = tuple(map(_primed, kept))
        there = {"a": self.a(stage.number, others), "t": IndexedBase("t")[others]}
        ranges = [self._range(self.own, k, o) for k, o in zip(kept, others, strict=True)]
        count: Expr = 2 / self._scale()
        whole = Sum((there["a"] - there["t"]) ** 2, *reversed(ranges)) / count
        self.add(factor * Partial(whole, a), "loss", f"The loss is {KNOWN[loss.name]}.")
        met = Mul(*(Iverson(Eq(o, k)) for k, o in zip(kept, others, strict=True)))
        inner = Sum(2 * (there["a"] - there["t"]) * met, *reversed(ranges)) / count
        words = "The derivative of a square is twice its base, times that of the base: dx_a/dx_b = [a = b]."
        self.add(factor * inner, "power rule", words)
        self.add(factor * self._scale() * (a - t), "sifting", "Each bracket leaves one term of the sum.")

    def _softmax(self, i: Symbol) -> None:
        """Back through a softmax in the middle of a chain, or before another loss."""
        stage, j = self.stage, _primed(i)
        p, q = self.a(stage.number, [i]), self.a(stage.number, [j])
        limits = self._range(self.setting_of("delta"), i, j)
        by = Partial(self.loss, q)
        words = "Every output of the softmax depends on every preactivation."
        self.add(Sum(by * Partial(q, self.z(stage, [i])), limits), "chain rule", words)
        words = "The derivative of softmax: dp_a/dz_b = p_a ([a = b] - p_b)."
        self.add(Sum(by * q * (Iverson(Eq(j, i)) - p), limits), "softmax", words)
        words = "The bracket leaves one term of the sum."
        self.add(p * (Partial(self.loss, p) - Sum(by * q, limits)), "sifting", words)
        loss = self.chain.loss_function
        if stage.number == len(self.chain) and not loss.unknown:
            t, scale = IndexedBase("t"), self._scale()
            words = f"The loss is {KNOWN[loss.name]}: its derivative by an output is that of one square."
            self.add(scale * p * (p - t[i] - Sum((q - t[j]) * q, limits)), "loss", words)

    def _scale(self) -> Expr:
        """What the difference of output and target is multiplied by in the gradient of squared errors."""
        half = self.chain.loss_function.name == "half_squared_error"
        return S.One if half else 2 / Mul(*(sympify(size) for size in self.stage.shape))

    def _entropy(self, i: Symbol, p: Expr, by: Callable[[Symbol], Expr], factor: Expr) -> None:
        """The cross-entropy of p, the softmax of what ``by`` gives: ``p - t``."""
        j, t = _primed(i), IndexedBase("t")
        q, limits = p.base[j], self._range(self.own, i, j)
        words = "The loss is minus the sum of t log p, and the derivative of the logarithm is 1/p."
        self.add(-factor * Sum(t[j] / q * Partial(q, by(i)), limits), "chain rule", words)
        words = "The derivative of softmax: dp_a/dz_b = p_a ([a = b] - p_b)."
        self.add(-factor * Sum(t[j] * (Iverson(Eq(j, i)) - p), limits), "softmax", words)
        self.add(
            factor * (p * Sum(t[j], limits) - t[i]), "sifting", "The bracket leaves one term of the sum."
        )
        self.add(factor * (p - t[i]), "probabilities", "The targets are probabilities: they add up to 1.")


def _primed(index: Symbol) -> Symbol:
    return Symbol(f"{index.name}'", integer=True)
