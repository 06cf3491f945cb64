"""Quantities of a chain without values, each in the letters of those that come before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Expr, S

from symconv.network.activations import exact
from symconv.network.arrays import like
from symconv.network.stages import Stage


class Named:
    """Quantities of a chain without values, in the letters of those that come before them."""

    def __init__(self, chain: Any) -> None:
        self.chain = chain

    def entries(self, name: str, stage: Stage) -> list[Expr]:
        """The entries of a quantity of a layer."""
        found: Callable[[Stage], list[Expr]] = getattr(self, f"_{name}")
        return found(stage)

    def _explicit(self, stage: Stage, name: str) -> Any:
        """The layer by itself on what is given of its operands, and on the letters of the others."""
        given, number = self.chain.given, stage.number
        layer = stage.layer
        put = {"input": self.chain.named("output", stage.source)}
        put |= {
            role: given[k][number] for k, role in (("w", "tap"), ("b", "bias")) if number in given.get(k, {})
        }
        if name != "output":
            put["output"] = self.chain.named("delta", number)
        return type(layer)._with(layer.spec, put).entries.values

    def _flat(self, stage: Stage, name: str) -> list[Expr]:
        explicit = self._explicit(stage, name)
        found = explicit.entries(name)
        return [found.get(at, S.Zero) for at in range(explicit.shape(name)[0])]

    def _preactivation(self, stage: Stage) -> list[Expr]:
        entries = self._flat(stage, "output")
        for other in stage.added:
            entries = [z + a for z, a in zip(entries, self.chain.named("output", other), strict=True)]
        return entries

    def _output(self, stage: Stage) -> list[Expr]:
        return [
            exact(e)
            for e in stage.activation.values(_objects(self.chain.named("preactivation", stage.number)))
        ]

    def _grad_kernel(self, stage: Stage) -> list[Expr]:
        return self._flat(stage, "grad_kernel")

    def _grad_bias(self, stage: Stage) -> list[Expr]:
        return self._flat(stage, "grad_bias")

    def _grad_input(self, stage: Stage) -> list[Expr]:
        return self._back(stage.source)

    def _back(self, number: int) -> list[Expr]:
        """The gradient with respect to the output of a layer, from all layers that read it."""
        readers = self.chain.readers(number)
        if number == len(self.chain):
            chain = self.chain
            return [exact(e) for e in chain.loss_function.gradient(
                _objects(chain.named("output", number)), _objects(chain.target))]  # fmt: skip
        parts = [self._flat(s, "grad_input") for s in readers if s.source == number]
        parts += [list(self.chain.named("delta", s.number)) for s in readers for a in s.added if a == number]
        return [sum(terms, S.Zero) for terms in zip(*parts, strict=True)]

    def _delta(self, stage: Stage) -> list[Expr]:
        z, number = _objects(self.chain.named("preactivation", stage.number)), stage.number
        loss = self.chain.loss_function
        if number == len(self.chain) and stage.activation.is_softmax and loss.name == "cross_entropy":
            pairs = zip(self.chain.named("output", number), self.chain.target, strict=True)
            return [p - t for p, t in pairs]
        back = _objects(self._back(number))
        values = _objects(self.chain.named("output", number))
        return [exact(e) for e in stage.activation.backward(back, z, values)]


def _objects(entries: Sequence[Any]) -> Any:
    return like(list(entries), None)
