"""Batch normalisation in inference: an affine map of each channel, alone, in a chain, or in a convolution."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
from sympy import Add, Expr, Indexed, IndexedBase, Sum, Symbol, sqrt, sympify

from symconv.derivation.rules.limits import Recognise
from symconv.derivation.scripts import written
from symconv.errors import GeometryError, OptionError
from symconv.evidence.scalars import EvaluationError
from symconv.explicit.entries import in_shape
from symconv.index_sums.index_base import shift_index_base
from symconv.layers.conv import Conv
from symconv.layers.conventions import remade
from symconv.layers.description import options
from symconv.layers.layer import Layer
from symconv.layers.unsized import shape_text
from symconv.network.backprop import Line
from symconv.network.batchnorm_values import plain_entry
from symconv.network.chain import Chain
from symconv.network.check import plain
from symconv.network.dense import Scale
from symconv.network.derivations import ChainDerivation, ChainFormula
from symconv.network.evaluation import Model, Numbers, numeric_chains
from symconv.network.parts import Shape
from symconv.network.stages import Stage, numbered
from symconv.printing.display import Display, Row
from symconv.printing.target import MathsTarget


def affine(norm: Any) -> tuple[Any, Any]:
    """Inference as ``y = w*x + b``: the weight and the bias of each channel.

    They have the shapes of the layer that stands for it in a chain, whose ``at`` takes them.

    Examples
    --------
    >>> import symconv as sc
    >>> norm = sc.BatchNorm(1, eps=0)
    >>> norm.at(scale=[6], shift=[1], running_mean=[5], running_variance=[4]).affine()
    (Matrix([[3]]), Matrix([[-14]]))
    """
    factors, shifts = _factors(norm)
    layer = _layer(norm.lengths[1:])
    pairs = (("tap", factors), ("bias", shifts))
    w, b = (in_shape(list(map(plain_entry, e)), layer.entries.shape(role)) for role, e in pairs)
    return w, b


def _factors(norm: Any) -> tuple[list[Expr], list[Expr]]:
    given = norm.lettered({"gamma", "beta", "mubar", "sigmabar"})
    factors = [g / sqrt(s**2 + norm.eps) for g, s in zip(given["gamma"], given["sigmabar"], strict=True)]
    shifts = [b - m * f for b, m, f in zip(given["beta"], given["mubar"], factors, strict=True)]
    return factors, shifts


def _layer(shape: Shape) -> Layer:
    """One weight and one bias for each channel: a diagonal layer, or a convolution with one tap."""
    features, *places = shape
    if not places:
        return Scale(features)
    return Conv(
        tuple(places), 1, in_channels=features, out_channels=features, groups=features, bias=True
    )  # fmt: skip


def layer_on(norm: Any, shape: Shape, *, channels: bool) -> Layer:
    """The layer in a chain on an input of a shape, whose first entry may be the number of channels."""
    if norm.batch is not None:
        raise OptionError(
            f"{norm!r} has a batch: a chain takes one sample, which has no statistics of a batch, so in a "
            "chain batch normalisation is in inference. Leave the batch out here, and derive training by "
            "sc.BatchNorm(features, batch=...).derive(name)."
        )
    if norm.given:
        raise OptionError(f"{norm!r} has values: give w and b of .affine() to the chain, with .at(w=, b=).")
    found = tuple(shape) if channels else (1, *shape)
    wanted = found if norm.features is None else norm.lengths[1:]
    if [*map(str, wanted)] != [*map(str, found)][: len(wanted)]:
        here = f"{shape_text(wanted)}, but what comes before it has {shape_text(found)}"
        raise GeometryError(f"{norm!r} has channels and positions {here}.")
    return _layer(shape) if channels else Conv(shape, 1, bias=True)


def told_letters(norm: Any, stage: Stage) -> dict[str, tuple[Expr, Expr]]:
    """An entry of the weights and of the biases of the layer in a chain, and what it stands for."""
    symbols = stage.layer.closed.symbols
    letters, base = symbols.notation, int(symbols.notation.base)
    c = symbols.bias_indices(symbols.indices("output"))
    taps = (*c, *[base] * (len(stage.layer.pattern.extents["tap"]) - len(c))) or (base,)

    def entry(letter: str) -> Expr:
        named = numbered(letter, stage.number)
        return IndexedBase(named)[c] if c else Symbol(named)

    factor = entry("gamma") / sqrt(entry("sigmabar") ** 2 + norm.eps)
    bias = IndexedBase(letters.bias)[c] if c else Symbol(letters.bias)
    shift = entry("beta") - entry("mubar") * factor
    return {letters.kernel: (IndexedBase(letters.kernel)[taps], factor), letters.bias: (bias, shift)}


def fold(norm: Any, convolution: Any) -> Fold:
    """The convolution before a batch normalisation and its inference as one convolution, in steps.

    Its weights are ``w' = gamma*w/sqrt(sigmabar**2 + epsilon)``, and its biases
    ``b' = gamma*(b - mubar)/sqrt(sigmabar**2 + epsilon) + beta``.

    Parameters
    ----------
    convolution : Conv
        With channels and without a batch; with or without a bias.

    Raises
    ------
    OptionError, GeometryError
        If it is no such layer, or has another number of output channels.

    Examples
    --------
    >>> import symconv as sc
    >>> folded = sc.BatchNorm("C").fold(sc.Conv1d("N", "K", in_channels=2, out_channels="C"))
    >>> print(folded.result)
    y[o, i] = b'[o] + sum(c=0..1) sum(k=0..K - 1) w'[o, c, k]*x[c, i + k]
              for 0 <= o <= C - 1, 0 <= i <= M - 1
              with w'[o, c, k] = gamma[o]*rbar[o]*w[o, c, k]
              with b'[o] = beta[o] - gamma[o]*mubar[o]*rbar[o]
              with rbar[o] = 1/sqrt(epsilon + sigmabar[o]**2)
              with M = N - K + 1
    >>> bool(folded.verify())
    True
    """
    return Fold(norm, convolution)


class Fold(ChainDerivation):
    """A convolution and the inference of a batch normalisation as one convolution, each step checked.

    Attributes
    ----------
    layer : Conv
        The one convolution.
    steps : tuple of Step
    result : FoldFormula
        Its output.
    """

    @property
    def definitions(self) -> dict[Symbol, Expr]:
        """No letter stands for the size of an output."""
        return {}

    def __init__(self, norm: Any, convolution: Any) -> None:
        if not isinstance(convolution, Conv):
            raise OptionError(f"{convolution!r} is no convolution: a batch normalisation is folded into one.")
        outputs = convolution.pattern.extents["output"]
        if len(outputs) != len(convolution.axes) + 1 or "batch" in options(convolution.spec):
            raise OptionError(f"{convolution!r} needs channels, and must have no batch.")
        if str(outputs[0]) != str(norm.lengths[1]):
            raise GeometryError(f"{norm!r} has {norm.lengths[1]} channels, but {convolution!r} {outputs[0]}.")
        self.name, self._norm = "output", norm
        self._plain: Any = convolution.in_symbols()
        self.layer: Any = remade(convolution, bias=True)
        told: dict[str, Any] = {"output": "z"} if convolution.spec.notation.output == "y" else {}
        own = remade(convolution, notation=convolution.spec.notation.replace(**told))
        self._setting = own.closed.symbols
        self._at = self._setting.indices("output")
        self._lines = self._script()
        base = sympify(int(norm.notation.base))
        self.ranges = tuple((i, base, self._setting.last(i) + base) for i in self._at)

    @property
    def title(self) -> str:
        """What is derived."""
        return "folding"

    def _script(self) -> list[Line]:
        c, z = self._at[0], self._setting.entry("output", *self._at)
        gamma, beta, mu, r = (IndexedBase(letter)[c] for letter in ("gamma", "beta", "mubar", "rbar"))
        y = IndexedBase("y")[self._at]
        lines = [line for line in written(self._setting, "output") if line.rule != Recognise.name]
        whole = shift_index_base(lines[-1].terms.shown, self._setting)
        terms = Add.make_args(whole)
        kernel, bias = (self._setting.notation.letter(name) for name in ("kernel", "bias"))
        (total,) = (term for term in terms if term.has(IndexedBase(kernel)))
        b = IndexedBase(bias)[c] if self._plain.bias else sympify(0)
        inside, limits = (total.function, total.limits) if isinstance(total, Sum) else (total, ())
        (w,) = (part for part in inside.atoms(Indexed) if str(part.base.label) == kernel)

        def summed(factor: Expr) -> Expr:
            term = inside.xreplace({w: factor})
            return Sum(term, *limits) if limits else term

        self.folded = {
            f"{kernel}'": (IndexedBase(f"{kernel}'")[w.indices], gamma * r * w),
            f"{bias}'": (IndexedBase(f"{bias}'")[c], gamma * r * (b - mu) + beta),
        }
        (w_new, _), (b_new, shift) = self.folded.values()
        steps = (
            (gamma * r * (z - mu) + beta, "definition", "In inference the statistics are given."),
            (gamma * r * (whole - mu) + beta, "substitution", "z is the output of the convolution."),
            (summed(gamma * r * w) + shift, "linearity", "What does not depend on the sum moves into it."),
            (summed(w_new) + b_new, "folding", "Each weight has a new value, and each channel a new bias."),
        )
        return [Line(y, expr, rule, reason) for expr, rule, reason in steps]

    def below(self, form: MathsTarget, *exprs: Expr) -> list[str]:
        """Ranges, and what the new letters stand for."""
        parts = [form.at_most.join(map(form.expr, (first, i, last))) for i, first, last in self.ranges]
        lines = [form.prose("for ") + form.comma.join(parts)]
        c = self._at[0]
        r = (IndexedBase("rbar")[c], 1 / sqrt(IndexedBase("sigmabar")[c] ** 2 + self._norm.eps))
        sizes = self._setting.definitions.items()
        pairs = (*self.folded.values(), r, *sizes)
        return lines + [form.prose("with ") + f"{form.expr(a)} = {form.expr(b)}" for a, b in pairs]

    @property
    def result(self) -> FoldFormula:
        """The closed form, which is the last line."""
        return FoldFormula(self)

    @cached_property
    def w(self) -> Any:
        """The weights of the one convolution, for given sizes."""
        return self._entries("tap")

    @cached_property
    def b(self) -> Any:
        """Its biases."""
        return self._entries("bias")

    def _entries(self, role: str) -> Any:
        self.layer.spec.tied.require_numbers()
        factors, shifts = _factors(self._norm)
        entries = self._plain.entries.symbols
        if role == "tap":
            taps = entries.operands["tap"]
            each = len(taps) // len(factors)
            found = [w * factors[at // each] for at, w in enumerate(taps)]
        else:
            biases = entries.bias if self._plain.bias else [0] * len(factors)
            found = [s + b * f for s, b, f in zip(shifts, biases, factors, strict=True)]
        return in_shape(list(map(plain_entry, found)), self.layer.entries.shape(role))

    def _models(self, seed: int) -> Iterator[tuple[Numbers, Any]]:
        """The convolution by loops, and then the normalisation entry by entry."""
        letters = self._setting.notation
        rng = np.random.default_rng(seed)

        def drawn(count: int) -> list[Any]:
            return [mpmath.mpf(int(n)) / 4 for n in rng.integers(1, 9, count) * rng.choice([-1, 1], count)]

        for made, numbers in numeric_chains(Chain(self._plain), seed):
            stage = made.stages[0]
            layer, channels = stage.layer, int(stage.shape[0])
            x, w = drawn(layer.pattern.count("input")), drawn(layer.pattern.count("tap"))
            gamma, beta, mean, bias = (drawn(channels) for _ in range(4))
            variance, eps = [abs(v) for v in drawn(channels)], mpmath.mpf(1) / 8
            bias = bias if self._plain.bias else [mpmath.mpf(0)] * channels
            z = plain(stage).apply(x, w, bias if self._plain.bias else [])
            r = [1 / mpmath.sqrt(v + eps) for v in variance]
            each = len(z) // channels
            y = [
                gamma[at // each] * (e - mean[at // each]) / mpmath.sqrt(variance[at // each] + eps)
                + beta[at // each] for at, e in enumerate(z)
            ]  # fmt: skip
            own = len(w) // channels
            new = [v * gamma[at // own] * r[at // own] for at, v in enumerate(w)]
            shifts = [g * s * (b - m) + t for g, s, b, m, t in zip(gamma, r, bias, mean, beta, strict=True)]
            per = {"gamma": gamma, "beta": beta, "mubar": mean, "rbar": r, letters.bias: bias}
            per[f"{letters.bias}'"] = shifts
            shape, taps = tuple(map(int, stage.shape)), layer.entries.shape("tap")
            sequences: dict[str, Any] = {name: (entries, (channels,)) for name, entries in per.items()}
            sequences |= {letters.output: (z, shape), "y": (y, shape), letters.kernel: (w, taps)}
            sequences |= {f"{letters.kernel}'": (new, taps), letters.input: (x, layer.entries.shape("input"))}
            sizes = {**numbers, **dict(zip(self._setting.m_names, shape[1:], strict=True))}
            yield sizes, Model(sizes, int(letters.base), sequences, _none, _none)


def _none(*asked: Any) -> Any:
    raise EvaluationError("there is no derivative in it")


class FoldFormula(ChainFormula):
    """The output of the one convolution, with its weights and biases.

    Attributes
    ----------
    lhs, rhs : expression
    index : tuple of (symbol, first, last)
    folded : dict
        The new weights and biases: an entry by its letter, and what it stands for.
    """

    def __init__(self, derivation: Fold) -> None:
        self._derivation: Any = derivation
        self.name, self.folded = derivation.name, derivation.folded
        last = derivation._lines[-1]
        self.lhs, self.rhs, self.index = last.left, last.expr, derivation.ranges

    def display(self, target: MathsTarget) -> Display:
        """Entry by entry."""
        form = self._form(target)
        row = Row(form.expr(self.lhs), (form.folded(self.rhs),))
        return Display((row._replace(below=tuple(self._derivation.below(form, self.rhs))),))
