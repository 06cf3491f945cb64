"""A chain compared with plain loops on dual numbers: every quantity of every layer, exactly if it can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from sympy import Expr, Float, Lambda, Poly, Rational, lambdify

from symconv.check.evaluate import evaluate
from symconv.check.report import Counterexample, Finding, Report
from symconv.errors import OptionError
from symconv.network.activations import KNOWN, Activation, Z, exact
from symconv.network.arrays import like
from symconv.network.named import Named
from symconv.network.passes import Operands, both
from symconv.network.references import ACTIVATIONS, DIGITS, Dual, Plain, elsewhere, losses, softmax
from symconv.network.stages import Stage

REFERENCE = "loops with dual numbers"

#: Where functions are not rational, numbers in 50 digits may differ by so much.
TOLERANCE = mpmath.mpf(10) ** -25


def plain(stage: Stage) -> Plain:
    """A layer as plain values for independent code."""
    spec = stage.layer.spec
    inside, outside = (tuple(map(int, shape)) for shape in (stage.inside, stage.shape))
    axes = []
    for axis in spec.tied_axes:
        told = {name: int(size) for name, size in axis.geometry.items()}
        more = {"flip": axis.options["flip"], "padding_mode": axis.options.get("padding_mode", "zeros")}
        axes.append({**told, **more})
    groups = next((r.geometry["groups"] for r in spec.tied.relations if "groups" in r.geometry), 1)
    kind = type(stage.layer).__name__
    if kind != "Dense" and len(inside) == len(axes):
        inside, outside = (1, *inside), (1, *outside)
    options = spec.kernel.options
    pooled = {"divisor": options.get("divisor_override"), "padding": options.get("count_include_pad", True)}
    return Plain(
        kind, inside, outside, tuple(axes), int(groups), stage.layer.bias,
        None if spec.kernel.learned else pooled,
    )  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What the reference finds: the values of all ``a`` and ``z``, the loss, and all its derivatives."""

    a: Mapping[int, list[Any]]
    z: Mapping[int, list[Any]]
    loss: Any
    gradients: Mapping[tuple[str, int], list[Any]]


def answer(
    stages: Sequence[Stage], given: Operands, loss: Callable[..., Any], functions: Mapping[int, Any]
) -> Answer:
    """The chain on dual numbers: the derivatives by x, w, b, and by every ``z`` and ``a``."""
    sizes: dict[tuple[str, int], int] = {("a", 0): len(given.x)}
    sizes |= {("w", n): len(w) for n, w in given.w.items()} | {("b", n): len(b) for n, b in given.b.items()}
    for stage in stages:
        outputs = stage.layer.pattern.count("output")
        sizes |= {("z", stage.number): outputs, ("a", stage.number): outputs}
    starts, total = {}, 0
    for key, size in sizes.items():
        starts[key], total = total, total + size

    def seeded(key: tuple[str, int], values: Sequence[Any]) -> list[Any]:
        found = []
        for at, value in enumerate(values):
            own = {starts[key] + at: 1}
            found.append(value + Dual(0, own) if isinstance(value, Dual) else Dual(value, own))
        return found

    a, z = {0: seeded(("a", 0), list(given.x))}, {}
    for stage in stages:
        n = stage.number
        w, b = (
            seeded((key, n), list(held[n])) if n in held else []
            for key, held in (("w", given.w), ("b", given.b))
        )
        out = plain(stage).apply(a[stage.source], w, b)
        for other in stage.added:
            out = [one + two for one, two in zip(out, a[other], strict=True)]
        z[n] = seeded(("z", n), out)
        function = functions[n]
        a[n] = seeded(("a", n), softmax(z[n]) if function is softmax else [function(e) for e in z[n]])
    whole = loss(a[stages[-1].number], list(given.target))
    gradients = {
        key: [whole.slopes.get(at, 0) for at in range(start, start + sizes[key])]
        for key, start in starts.items()
    }
    values = {name: {n: [e.value for e in row] for n, row in of.items()} for name, of in (("a", a), ("z", z))}
    return Answer(values["a"], values["z"], whole.value, gradients)


class Judge:
    """One draw of numbers for a chain, with what the reference finds."""

    def __init__(self, chain: Any, rng: np.random.Generator) -> None:
        self.rational = chain.loss_function.rational or chain.loss_function.unknown
        polynomial = Lambda(Z, sum(Rational(int(rng.integers(1, 5)), 4) * Z**n for n in (1, 2)))
        stages = [
            replace(s, activation=Activation(polynomial)) if s.activation.unknown else s for s in chain.stages
        ]
        self.rational &= all(s.activation.rational for s in stages)
        self.stages, self.chain = stages, chain._with({}, stages).values
        self.functions = {s.number: function_of(s.activation) for s in stages}
        self.given = self._draw(rng)
        self.slopes = None
        loss = chain.loss_function
        if loss.unknown:
            u, v = (self._numbers(rng, len(self.given.target)) for _ in range(2))
            found = self._loss(u, v)
        else:
            found = losses(loss.name, loss.of_probabilities)
        with mpmath.workdps(DIGITS):
            self.answer = answer(stages, self.given, found, self.functions)
            outputs = self.answer.a[len(stages)]
            if loss.unknown:
                self.slopes = like([c + 2 * d * e for c, d, e in zip(u, v, outputs, strict=True)], None)
            self.passes = both(stages, self.given, loss, self.slopes)

    @staticmethod
    def _loss(u: Sequence[Any], v: Sequence[Any]) -> Callable[..., Any]:
        """A polynomial in place of an unknown loss."""

        def loss(a: Sequence[Any], t: Sequence[Any]) -> Any:
            terms = [e * c + e * e * d for e, c, d in zip(a, u, v, strict=True)]
            return sum(terms[1:], terms[0])

        return loss

    def _numbers(self, rng: np.random.Generator, count: int) -> list[Any]:
        parts = rng.integers(1, 9, count) * rng.choice([-1, 1], count)
        return [int(p) if self.rational else mpmath.mpf(int(p)) / 4 for p in parts]

    def _draw(self, rng: np.random.Generator) -> Operands:
        numbers = self._numbers
        first = self.stages[0].layer.pattern
        w = {
            s.number: like(numbers(rng, s.layer.pattern.count("tap")), None) for s in self.stages if s.learned
        }
        b = {
            s.number: like(numbers(rng, s.layer.pattern.biases().size("tap")), None)
            for s in self.stages if s.layer.bias
        }  # fmt: skip
        x = like(numbers(rng, first.count("input")), None)
        outputs = self.stages[-1].layer.pattern.count("output")
        target = numbers(rng, outputs)
        if self.chain.loss_function.name == "cross_entropy":
            positive = [abs(t) for t in target]
            target = [t / sum(positive) for t in positive]
        return Operands(x, w, b, like(target, None))

    def expected(self, name: str, stage: Stage) -> list[Any]:
        """A quantity by the reference."""
        n, found = stage.number, self.answer
        if name in ("preactivation", "output"):
            return (found.z if name == "preactivation" else found.a)[n]
        of = {"delta": "z", "grad_input": "a", "grad_kernel": "w", "grad_bias": "b"}[name]
        return found.gradients[of, stage.source if of == "a" else n]

    def passed(self, name: str, stage: Stage) -> list[Any]:
        """A quantity by the two passes."""
        n, (f, back) = stage.number, self.passes
        held = {
            "preactivation": f.z, "output": f.a, "delta": back.delta, "grad_kernel": back.w,
            "grad_bias": back.b,
        }  # fmt: skip
        return list(back.a[stage.source] if name == "grad_input" else held[name][n])

    def written(self, name: str, stage: Stage) -> list[Any]:
        """A quantity by its expression in the quantities before it, at the numbers of the reference."""
        if name == "grad_input" and stage.source == len(self.stages):
            return self.passed(name, stage)
        entries = Named(self.chain).entries(name, stage)
        numbers = self._letters(stage)
        if self.rational:
            return [evaluate(entry, numbers) for entry in entries]
        values = {symbol: in_sympy(number) for symbol, number in numbers.items()}
        found = [_number(entry.xreplace(values)) for entry in entries]
        return found

    def _letters(self, stage: Stage) -> dict[Any, Any]:
        chain, found, given = self.chain, self.answer, self.given
        put = list(zip(chain.target, given.target, strict=True))
        for n in range(len(self.stages) + 1):
            put += zip(chain.named("output", n), found.a[n], strict=True)
        for s in self.stages:
            n = s.number
            put += zip(chain.named("preactivation", n), found.z[n], strict=True)
            put += zip(chain.named("delta", n), found.gradients["z", n], strict=True)
            symbols = s.layer.entries.symbols
            put += zip(symbols.operands["tap"], given.w[n], strict=True) if s.learned else []
            put += zip(symbols.bias, given.b[n], strict=True) if s.layer.bias else []
        if self.slopes is not None:
            outputs = like(list(chain.named("output", len(self.stages))), None)
            put += zip(chain.loss_function.gradient(outputs, None), self.slopes, strict=True)
        return dict(put)


def function_of(activation: Activation) -> Any:
    """An activation on numbers with derivatives."""
    if activation.is_softmax:
        return softmax
    if activation.name in KNOWN and isinstance(activation.function, str):
        return ACTIVATIONS[activation.name]
    if activation.rational:
        return _polynomial(activation.expr)
    return elsewhere(lambdify(Z, activation.expr, "mpmath"))


def run(chain: Any, draws: int, seed: int, most: int) -> Report:
    """The report on all quantities of all layers of a chain, on random numbers."""
    for name, number, least in (("draws", draws, 1), ("seed", seed, 0)):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            sentence = f"{{option}} is {{given!r}}: write a whole number of at least {least}."
            raise OptionError(sentence, name, number)
    rng, findings = np.random.default_rng(seed), []
    with mpmath.workdps(DIGITS):
        judges = [Judge(chain, rng) for _ in range(draws)]
        for stage in judges[0].stages:
            for name in chain.names:
                if (name == "grad_kernel" and not stage.learned) or (
                    name == "grad_bias" and not stage.layer.bias
                ):
                    continue
                findings.append(_finding(name, stage, judges, most))
    return Report(tuple(findings))


def _finding(name: str, stage: Stage, judges: Sequence[Judge], most: int) -> Finding:
    largest: Any = 0
    compared, label = 0, f"{name}, layer {stage.number}"
    for judge in judges:
        stage = judge.stages[stage.number - 1]
        wanted = judge.expected(name, stage)
        ways = [judge.passed] + (
            [judge.written] if stage.layer.pattern.count("tap") * len(wanted) <= most else []
        )
        for way in ways:
            found = way(name, stage)
            compared += len(wanted)
            for at, (is_, should) in enumerate(zip(found, wanted, strict=True)):
                error = abs(is_ - should)
                largest = max(largest, error)
                if error > (0 if judge.rational else TOLERANCE * max(1, abs(should))):
                    operands = {"x": list(judge.given.x)}
                    wrong = Counterexample(label, (at,), is_, should, operands)
                    return Finding(label, REFERENCE, compared, largest, wrong)
    exactly = all(judge.rational for judge in judges)
    return Finding(label, REFERENCE, compared, int(largest) if exactly else float(largest))


def _polynomial(expr: Expr) -> Callable[[Dual], Dual]:
    """A rational function on dual numbers, by its own operations."""
    numerator, denominator = expr.as_numer_denom()
    rows = [
        [(int(power), Fraction(int(c.p), int(c.q))) for (power,), c in Poly(part, Z).terms()]
        for part in (numerator, denominator)
    ]

    def value(row: Sequence[tuple[int, Fraction]], z: Dual) -> Dual:
        found = z * 0
        for power, coefficient in row:
            term = z * 0 + coefficient
            for _ in range(power):
                term = term * z
            found = found + term
        return found

    return lambda z: value(rows[0], z) / value(rows[1], z)


def in_sympy(number: Any) -> Expr:
    """A number of the reference in SymPy: exact, or in 50 digits."""
    return exact(number) if isinstance(number, int | Fraction) else Float(number, DIGITS)


def _number(entry: Expr) -> Any:
    return mpmath.mpf(str(entry.doit().evalf(DIGITS)))
