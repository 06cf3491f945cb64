"""Losses: what is made of the output of a chain and its target, and the gradient that comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Expr, Function, Symbol, exp, log

from symconv.errors import OptionError
from symconv.network.activations import Activation, exact, misspelt
from symconv.network.arrays import like
from symconv.printing.letters import WORDS

#: The losses by name, each in words.
KNOWN = {
    "half_squared_error": "half the sum of the squared differences between output and target",
    "mean_squared_error": "the mean of the squared differences between output and target",
    "cross_entropy": "the cross-entropy of the softmax of the output and the target",
}

_SOFTMAX = Activation("softmax")


@dataclass(frozen=True)
class Loss:
    """A function of the output ``a`` and the target ``t``; any name that is not known is an unknown one.

    The cross-entropy is ``-sum_i t_i log p_i``. If the chain ends in a softmax, ``p`` is its output, and
    otherwise the softmax of its output: the loss is then that of PyTorch, and ``of_probabilities`` is False.

    >>> Loss("half_squared_error").gradient([3, 1], [1, 1]).tolist()
    [2, 0]
    """

    name: str
    of_probabilities: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.isidentifier() or self.name in WORDS:
            sentence = "{option} is {given!r}: {cure} Any other name, such as 'L', is an unknown loss."
            raise OptionError(sentence, "loss", self.name, allowed=KNOWN)
        meant = misspelt(self.name, KNOWN)
        if meant is not None:
            sentence = "{option} is {given!r}: did you mean {meant!r}? "
            sentence += "Another name, such as 'L', is an unknown loss."
            raise OptionError(sentence, "loss", self.name, meant=meant)

    @property
    def unknown(self) -> bool:
        """Whether nothing is known of it but its name."""
        return self.name not in KNOWN

    @property
    def rational(self) -> bool:
        """Whether rational numbers have a rational loss and a rational gradient."""
        return self.name in ("half_squared_error", "mean_squared_error")

    def value(self, output: Sequence[Any], target: Sequence[Any]) -> Any:
        """The loss, for arrays of floats or for exact numbers and expressions."""
        if self.unknown:
            return Function(self.name)(*output)
        if self.name == "cross_entropy":
            return self._entropy(output, target)
        squares = [(a - t) ** 2 for a, t in zip(output, target, strict=True)]
        whole = sum(squares)
        parts = 2 if self.name == "half_squared_error" else len(squares)
        return Fraction(whole, parts) if isinstance(whole, int | Fraction) else whole / parts

    def gradient(self, output: Sequence[Any], target: Sequence[Any]) -> Any:
        """Its derivative with respect to each output."""
        if self.unknown:
            return _symbols(self.name, output)
        pairs = list(zip(output, target, strict=True))
        if self.name == "cross_entropy":
            if self.of_probabilities:
                return like([-t / p for p, t in pairs], output)
            return self.through_softmax(_SOFTMAX.values(output), target)
        if self.name == "half_squared_error":
            return like([a - t for a, t in pairs], output)
        return like([2 * (a - t) * Fraction(1, len(pairs)) if _whole(a - t) else 2 * (a - t) / len(pairs)
                       for a, t in pairs], output)  # fmt: skip

    def through_softmax(self, probabilities: Sequence[Any], target: Sequence[Any]) -> Any:
        """The derivative of the cross-entropy with respect to what the softmax was taken of."""
        whole = sum(target)
        return like([p * whole - t for p, t in zip(probabilities, target, strict=True)], probabilities)

    def _entropy(self, output: Sequence[Any], target: Sequence[Any]) -> Any:
        if isinstance(output, np.ndarray) and output.dtype != object:
            if self.of_probabilities:
                return -(np.asarray(target) * np.log(output)).sum()
            shifted = output - output.max()
            return -(np.asarray(target) * (shifted - np.log(np.exp(shifted).sum()))).sum()
        if self.of_probabilities:
            return -sum(_times(t, log(exact(p))) for p, t in zip(output, target, strict=True))
        whole = log(sum(exp(exact(a)) for a in output))
        return sum(_times(t, whole - exact(a)) for a, t in zip(output, target, strict=True))

    def __repr__(self) -> str:
        return repr(self.name)


def _times(number: Any, expr: Expr) -> Expr:
    return exact(number) * expr


def _whole(number: Any) -> bool:
    return isinstance(number, int | Fraction)


def _symbols(name: str, output: Sequence[Any]) -> Any:
    """The unknown derivatives, one a place of the output."""
    return like([Symbol(f"d{name}{at}") for at in range(len(output))], None)
