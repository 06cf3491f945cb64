"""Batch normalisation in steps: statistics, output and gradients, in training and in inference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias

from sympy import Eq, Expr, IndexedBase, Integer, Mul, Sum, Symbol, expand, sympify

from symconv.index_sums.nodes import Partial
from symconv.network.backprop import Line
from symconv.network.batchnorm_check import model_at, models
from symconv.network.derivations import ChainDerivation, ChainFormula
from symconv.network.written import upright
from symconv.printing.display import Display, Row
from symconv.printing.expressions import Iverson
from symconv.printing.target import MathsTarget

#: In training a batch has statistics of its own; in inference they are given.
Mode: TypeAlias = Literal["training", "inference"]

#: The quantities of each mode.
NAMES: dict[str, tuple[str, ...]] = {
    "training": (
        "mean", "variance", "normalised", "output", "running_mean", "running_variance", "grad_input",
        "grad_scale", "grad_shift",
    ),
    "inference": ("normalised", "output", "grad_input", "grad_scale", "grad_shift"),
}  # fmt: skip

#: An index of each axis: that of the batch, that of the channel, and those of the places.
Index: TypeAlias = tuple[Symbol, ...]


class Steps:
    """The lines of one quantity of a batch normalisation."""

    def __init__(self, norm: Any, mode: str) -> None:
        self.lines, self.trained = list[Line](), mode == "training"
        self.sizes, self.base = norm.sizes, Integer(norm.notation.base)
        self.at: Index = norm.indices
        self.count: Expr = Mul(*(size for axis, size in enumerate(self.sizes) if axis != 1))
        bar = "" if self.trained else "bar"
        letters = norm.notation
        self.x, self.y, self.xhat, self.delta, self.gamma, self.beta, self.mu, self.sigma, self.r = (
            IndexedBase(letter) for letter in (
                letters.input, letters.output, f"{letters.input}hat", letters.upstream, "gamma", "beta",
                f"mu{bar}", f"sigma{bar}", f"r{bar}",
            )
        )  # fmt: skip
        self.loss, self.momentum = Symbol(letters.loss), norm.momentum

    @property
    def c(self) -> Symbol:
        """The index of the channel."""
        return self.at[1]

    def made(self, name: str) -> list[Line]:
        """The lines of a quantity."""
        scripts: dict[str, Callable[[], None]] = {
            "mean": self._mean, "variance": self._variance, "normalised": self._normalised,
            "output": self._output, "running_mean": self._running_mean,
            "running_variance": self._running_variance, "grad_input": self._grad_input,
            "grad_scale": lambda: self._grad_of(self.gamma), "grad_shift": lambda: self._grad_of(self.beta),
        }  # fmt: skip
        scripts[name]()
        return self.lines

    def add(self, expr: Expr, rule: str, reason: str, left: Expr | None = None) -> None:
        """One more line; the first one says about what."""
        self.lines.append(Line(self.lines[0].left if left is None else left, expr, rule, reason))

    def ranges(self, name: str) -> tuple[tuple[Symbol, Expr, Expr], ...]:
        """Each index on the left side with its first and its last value."""
        whole = name in ("normalised", "output", "grad_input")
        return tuple(self._range(axis, i) for axis, i in enumerate(self.at) if whole or axis == 1)

    def _range(self, axis: int, index: Symbol) -> tuple[Symbol, Expr, Expr]:
        return index, self.base, self.sizes[axis] - 1 + self.base

    def _primed(self, marks: str = "'") -> Index:
        return tuple(Symbol(f"{i.name}{marks}", integer=True) for i in self.at)

    def _sum(self, term: Expr, index: Index, *, channels: bool = False) -> Expr:
        """A sum over the batch and all places, and over all channels too."""
        limits = [self._range(axis, i) for axis, i in enumerate(index) if channels or axis != 1]
        return Sum(term, *reversed(limits))

    def _same(self, index: Index, *, channel: bool = False) -> Expr:
        """The brackets that an index is the one that is kept."""
        pairs = enumerate(zip(index, self.at, strict=True))
        return Mul(*(Iverson(Eq(one, kept)) for axis, (one, kept) in pairs if channel or axis != 1))

    def _within(self, index: Index) -> Index:
        """An index with the channel that is kept."""
        return (index[0], self.c, *index[2:])

    # The statistics.

    def _mean(self) -> None:
        words = "The mean of a channel is taken over the batch and over all positions."
        self.add(self._sum(self.x[self.at], self.at) / self.count, "definition", words, self.mu[self.c])

    def _variance(self) -> None:
        words = "The variance of a channel is the mean of squared deviations: its divisor is their number."
        squares = (self.x[self.at] - self.mu[self.c]) ** 2
        left = self.sigma[self.c] ** 2
        self.add(self._sum(squares, self.at) / self.count, "definition", words, left)

    def _running(self, letter: str, value: Expr, words: str) -> None:
        power = 2 if letter == "sigmabar" else 1
        new, old = (IndexedBase(name)[self.c] ** power for name in (f"{letter}'", letter))
        alpha = self.momentum
        self.add((1 - alpha) * old + alpha * value, "definition", words, new)

    def _running_mean(self) -> None:
        words = "The running mean moves by the momentum towards the mean of the batch."
        self._running("mubar", self.mu[self.c], words)

    def _running_variance(self) -> None:
        words = (
            "The running variance moves towards the unbiased variance of the batch, whose divisor is one "
            "less than the number of entries; the batch itself is normalised with the biased one."
        )
        squares = self._sum((self.x[self.at] - self.mu[self.c]) ** 2, self.at)
        self._running("sigmabar", squares / (self.count - 1), words)
        words = "The sum of the squared deviations is their number times the variance."
        old, alpha = IndexedBase("sigmabar")[self.c] ** 2, self.momentum
        unbiased = self.count * self.sigma[self.c] ** 2 / (self.count - 1)
        self.add((1 - alpha) * old + alpha * unbiased, "variance", words)

    # The pass forwards.

    def _normalised(self) -> None:
        words = "Each entry is shifted by the mean of its channel and divided by its standard deviation."
        value = (self.x[self.at] - self.mu[self.c]) * self.r[self.c]
        self.add(value, "definition", words, self.xhat[self.at])

    def _output(self) -> None:
        words = "Each channel has a scale and a shift of its own, which are learned."
        self.add(self._scaled(self.at), "definition", words, self.y[self.at])
        if self.trained:
            return
        x, mu, factor = self.x[self.at], self.mu[self.c], self.gamma[self.c] * self.r[self.c]
        self.add(factor * (x - mu) + self.beta[self.c], "substitution", "The normalised entry is put in.")
        words = "The statistics are given, so each channel is multiplied by one number, and another is added."
        self.add(expand(factor * x) + self.beta[self.c] - factor * mu, "affine map", words)

    def _scaled(self, index: Index) -> Expr:
        return self.gamma[index[1]] * self.xhat[index] + self.beta[index[1]]

    # The gradients.

    def _grad_of(self, base: IndexedBase) -> None:
        i, by = self.at, base[self.c]
        i = (i[0], self._primed()[1], *i[2:])
        meets = Iverson(Eq(i[1], self.c))
        left = Partial(self.loss, by)
        words = "The loss depends on a scale or a shift through all outputs, and each adds its part."
        self.add(
            self._sum(self.delta[i] * Partial(self.y[i], by), i, channels=True), "chain rule", words, left
        )
        inner = Partial(self._scaled(i), by)
        self.add(self._sum(self.delta[i] * inner, i, channels=True), "substitution", "y is written out.")
        slope = meets * (self.xhat[i] if base == self.gamma else 1)
        words = "The normalised entries depend on neither, and a scale or a shift depends on itself only."
        self.add(self._sum(self.delta[i] * slope, i, channels=True), "entry rule", words)
        kept = self.delta[self.at] * (self.xhat[self.at] if base == self.gamma else 1)
        words = "The bracket leaves the terms of the one channel."
        self.add(self._sum(kept, self.at), "sifting", words)

    def _grad_input(self) -> None:
        i, by = self._primed(), self.x[self.at]
        left = Partial(self.loss, by)
        words = "The loss depends on an input through all outputs, and each adds its part."
        whole = self._sum(self.delta[i] * Partial(self.y[i], by), i, channels=True)
        self.add(whole, "chain rule", words, left)
        if self.trained:
            self._through_statistics(i, by)
            return
        factor = self.gamma[i[1]] * self.r[i[1]]
        affine = factor * self.x[i] + self.beta[i[1]] - factor * self.mu[i[1]]
        whole = self._sum(self.delta[i] * Partial(affine, by), i, channels=True)
        self.add(whole, "substitution", "In inference y is an affine map of x, with given statistics.")
        whole = self._sum(self.delta[i] * factor * self._same(i, channel=True), i, channels=True)
        words = "An input depends on itself only: dx_a/dx_b = [a = b]."
        self.add(whole, "entry rule", words)
        factor = self.gamma[self.c] * self.r[self.c]
        self.add(factor * self.delta[self.at], "sifting", "The brackets leave one term of the sums.")

    def _through_statistics(self, i: Index, by: Expr) -> None:
        """Through the mean and the variance, which all entries of a channel have a part in."""
        c, r, mu, x, gamma = self.c, self.r[self.c], self.mu[self.c], self.x[self.at], self.gamma[self.c]
        whole = self._sum(self.delta[i] * Partial(self._scaled(i), by), i, channels=True)
        self.add(whole, "substitution", "y is written out.")
        whole = self._sum(self.delta[i] * self.gamma[i[1]] * Partial(self.xhat[i], by), i, channels=True)
        self.add(whole, "linearity", "The scale and the shift do not depend on the input.")
        i = self._within(i)
        delta, xhat, other = self.delta[i], self.xhat[i], self.x[i]

        def line(slope: Expr, rule: str, words: str) -> None:
            self.add(gamma * self._sum(delta * slope, i), rule, words)

        words = "A channel has its own statistics, so only the outputs of that channel depend on the input."
        line(Partial(xhat, by), "channel", words)
        words = "The normalised entry is written out."
        line(Partial((other - mu) * r, by), "substitution", words)
        words = "The derivative of a product; an input depends on itself only: dx_a/dx_b = [a = b]."
        met = self._same(i)
        line((met - Partial(mu, by)) * r + (other - mu) * Partial(r, by), "product rule", words)
        mean = 1 / self.count
        words = "The mean has the same derivative with respect to each entry of its channel."
        line((met - mean) * r + (other - mu) * Partial(r, by), "mean", words)
        k = self._within(self._primed("''"))
        third, again = self.x[k], self._same(k)
        words = (
            "r is the power -1/2 of the variance plus epsilon, so its derivative with respect to the "
            "variance is -r^3/2; that of a square is twice its base, times that of the base."
        )
        inner = self._sum((third - mu) * Partial(third - mu, by), k)
        line((met - mean) * r - (other - mu) * r**3 * inner / self.count, "chain rule", words)
        words = "The deviation changes with its entry, and with the mean."
        inner = self._sum((third - mu) * (again - mean), k)
        line((met - mean) * r - (other - mu) * r**3 * inner / self.count, "entry rule", words)
        words = "The brackets leave one term of the sum, and the constant moves out of the rest."
        inner = x - mu - self._sum(third - mu, k) / self.count
        line((met - mean) * r - (other - mu) * r**3 * inner / self.count, "sifting", words)
        words = "The deviations from the mean add up to 0."
        line((met - mean) * r - (other - mu) * (x - mu) * r**3 / self.count, "deviations", words)
        words = "Each deviation times r is a normalised entry, and r moves out of the sum."
        here = self.xhat[self.at]
        slope = met - mean - xhat * here / self.count
        self.add(gamma * r * self._sum(delta * slope, i), "normalised", words)
        words = "The brackets leave one term of the sum; what does not depend on its index moves out."
        sums = self._sum(delta, i) + here * self._sum(delta * xhat, i)
        self.add(gamma * r * (self.delta[self.at] - sums / self.count), "sifting", words)
        words = "The two sums are the gradients with respect to the shift and to the scale."
        shared = Partial(self.loss, self.beta[c]) + here * Partial(self.loss, gamma)
        self.add(gamma * r * (self.delta[self.at] - shared / self.count), "shared sums", words)


class BatchNormDerivation(ChainDerivation):
    """How a quantity of a batch normalisation follows from its definition, each step checked.

    Attributes
    ----------
    name, mode : str
        The quantity, in "training" or in "inference".
    steps : tuple of Step
    result : BatchNormFormula
        The closed form.
    """

    @property
    def definitions(self) -> dict[Symbol, Expr]:
        """No letter stands for the size of an output."""
        return {}

    def __init__(self, norm: Any, name: str, mode: str) -> None:
        self.name, self.mode, self._norm = name, mode, norm
        script = Steps(norm, mode)
        self._lines: list[Line] = script.made(name)
        self.ranges, self._setting = script.ranges(name), norm.symbols
        self._r, self._sigma = script.r, script.sigma

    @property
    def title(self) -> str:
        """What is derived."""
        return f"{self.name} in {self.mode}"

    @property
    def result(self) -> BatchNormFormula:
        """The closed form, which is the last line."""
        return BatchNormFormula(self)

    def _models(self, seed: int) -> Iterator[tuple[dict[str, int], Any]]:
        for norm, sizes, draw in models(self._norm, seed):
            yield sizes, model_at(norm, sizes, draw, self.mode)

    def below(self, form: MathsTarget, *exprs: Expr) -> list[str]:
        """Ranges, and what r stands for."""
        parts = [form.at_most.join(map(form.expr, (first, i, last))) for i, first, last in self.ranges]
        lines = [form.prose("for ") + form.comma.join(parts)]
        c = self._norm.indices[1]
        if any(expr.has(self._r[c]) for expr in exprs):
            value = 1 / (self._sigma[c] ** 2 + self._norm.eps) ** sympify("1/2")
            lines.append(form.prose("with ") + f"{form.expr(self._r[c])} = {form.expr(value)}")
        return lines


class BatchNormFormula(ChainFormula):
    """The closed form of a quantity of a batch normalisation, ``lhs = rhs`` for each index in its range.

    Attributes
    ----------
    name, mode : str
        The quantity, in "training" or in "inference".
    lhs, rhs : expression
    index : tuple of (symbol, first, last)
    """

    def __init__(self, derivation: BatchNormDerivation) -> None:
        self._derivation: Any = derivation
        self.name, self.mode = derivation.name, derivation.mode
        last = derivation._lines[-1]
        self.lhs, self.rhs, self.index = last.left, last.expr, derivation.ranges

    def display(self, target: MathsTarget) -> Display:
        """Entry by entry."""
        form = self._form(target)
        row = Row(form.expr(self.lhs), (form.folded(self.rhs),))
        return upright(target, Display((row._replace(below=tuple(self._derivation.below(form, self.rhs))),)))
