"""Batch normalisation compared with loops on dual numbers and with PyTorch, and numbers for its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

import mpmath
import numpy as np
from sympy import Expr, Indexed, Rational, sympify

from symconv.check.report import Counterexample, Finding, Report
from symconv.network.batchnorm_values import entries_of, letter_of, model_of, shape_of
from symconv.network.evaluation import Model, Numbers
from symconv.network.references import DIGITS, Dual, normalised, root

#: So many cases are tried, so many assignments looked at for them, and so many entries has the largest.
MOST_CASES, MOST_LOOKED_AT, MOST_ENTRIES = 6, 300, 12

LOOPS, TORCH = "loops with dual numbers", "PyTorch"

#: Numbers may differ from those of a reference by so much, relative to 1 or to the larger number.
TOLERANCES = {LOOPS: 1e-25, TORCH: 1e-10}


def models(norm: Any, seed: int) -> Iterator[tuple[Any, Numbers, int]]:
    """The normalisation at some small numbers for its letters, each with a seed of its own."""
    names = sorted({symbol.name for size in norm.sizes for symbol in sympify(size).free_symbols})
    rng, tried = np.random.default_rng(seed), set[tuple[int, ...]]()
    for at in range(MOST_LOOKED_AT if names else MOST_CASES // 2):
        drawn = tuple(int(n) for n in rng.integers(1, 5, len(names)))
        numbers = dict(zip(names, drawn, strict=True))
        made = norm.resized(numbers)
        samples, channels, *places = made.shape
        few = samples * prod(places) < 2 or samples * channels * prod(places) > MOST_ENTRIES
        if names and (drawn in tried or few):
            continue
        tried.add(drawn)
        yield made, numbers, seed + at
        if len(tried) == MOST_CASES:
            return


class Draw:
    """Random numbers for operands of a normalisation that are not given, and what the reference finds."""

    def __init__(self, norm: Any, seed: int, mode: str) -> None:
        rng = np.random.default_rng(seed)
        samples, channels, *places = self.shape = norm.shape
        sizes = {"x": prod(self.shape), "gamma": channels, "beta": channels}
        drawn = [Rational(int(n), 8) for n in rng.integers(1, 4, 2)]
        pairs = zip((norm.eps, norm.momentum), drawn, strict=True)
        self.eps, self.momentum = (
            mpmath.mpf(str((one if given.is_Symbol else given).evalf(DIGITS))) for given, one in pairs
        )
        self.numbers = {name: self._drawn(rng, size) for name, size in sizes.items()}
        self.numbers |= {"delta": self._drawn(rng, sizes["x"]), "mubar": self._drawn(rng, channels)}
        held = {name: entries for name, entries in norm.given.items() if name in self.numbers}
        self.numbers |= {
            n: [mpmath.mpf(str(e.evalf(DIGITS))) for e in entries] for n, entries in held.items()
        }
        self.numbers["variancebar"] = [abs(v) for v in self._drawn(rng, channels)]
        starts = dict(zip(sizes, (0, sizes["x"], sizes["x"] + channels), strict=True))
        self.starts = starts
        dual = {
            name: [Dual(v, {starts[name] + at: 1} if name in starts else {}) for at, v in enumerate(held)]
            for name, held in self.numbers.items()
        }
        running = dual["mubar"], dual["variancebar"]
        self.found = normalised(
            dual["x"], (samples, channels, prod(places)), dual["gamma"], dual["beta"], self.eps,
            None if mode == "training" else running,
        )  # fmt: skip
        loss = sum(
            (y * d for y, d in zip(self.found.output, self.numbers["delta"], strict=True)), Dual(0, {})
        )
        self.dual = {**dual, "xhat": self.found.entries, "y": self.found.output, "L": [loss]}
        count = samples * prod(places)
        self.moved = [self._mixed(v, m) for v, m in zip(dual["mubar"], self.found.mean, strict=True)]
        self.spread = [
            self._mixed(v, s * (mpmath.mpf(count) / (count - 1))) if count > 1 else v
            for v, s in zip(dual["variancebar"], self.found.variance, strict=True)
        ]

    def _mixed(self, old: Dual, new: Dual) -> Any:
        return old * (1 - self.momentum) + new * self.momentum

    @staticmethod
    def _drawn(rng: np.random.Generator, count: int) -> list[Any]:
        parts = rng.integers(1, 12, count) * rng.choice([-1, 1], count)
        return [mpmath.mpf(int(part)) / 4 for part in parts]

    def expected(self, name: str) -> list[Any]:
        """The entries of a quantity as the reference finds them."""
        by = {"grad_input": "x", "grad_scale": "gamma", "grad_shift": "beta"}
        if name in by:
            (loss,), start = self.dual["L"], self.starts[by[name]]
            return [loss.slopes.get(start + at, 0) for at in range(len(self.numbers[by[name]]))]
        held = {
            "mean": self.found.mean, "variance": self.found.variance, "normalised": self.found.entries,
            "output": self.found.output, "running_mean": self.moved, "running_variance": self.spread,
        }  # fmt: skip
        return [entry.value for entry in held[name]]


def model_at(norm: Any, sizes: Numbers, seed: int, mode: str) -> Model:
    """What all letters stand for at random numbers, and derivatives as dual numbers have them."""
    draw = Draw(norm, seed, mode)
    bar = "" if mode == "training" else "bar"
    roots = {f"sigma{bar}": draw.found.variance, "sigmabar'": draw.spread}
    roots["sigmabar"] = draw.dual["variancebar"]
    held = {**draw.dual, f"mu{bar}": draw.found.mean, "mubar'": draw.moved}
    held |= {letter: [root(v) for v in entries] for letter, entries in roots.items()}
    one = Dual(mpmath.mpf(1), {})
    held[f"r{bar}"] = [one / root(v + draw.eps) for v in draw.found.variance]

    def partial(of: Model, expr: Expr, by: Expr, at: Numbers) -> Any:
        assert isinstance(by, Indexed)
        name = next(name for name in draw.starts if letter_of(norm, name) == str(by.base.label))
        value = dual.value(expr, at)
        place = draw.starts[name] + of.place(by, shape_of(norm, name), at)
        return value.slopes.get(place, 0) if isinstance(value, Dual) else 0

    dual = model_of(norm, sizes, held, draw.momentum, partial)
    plain = {letter: [entry.value for entry in entries] for letter, entries in held.items()}
    return model_of(norm, sizes, plain, draw.momentum, partial)


def check(norm: Any, names: Mapping[str, Sequence[str]], draws: int, seed: int) -> Report:
    """The report on all quantities in both modes, at small numbers for letters."""
    findings: list[Finding] = []
    missing: tuple[str, ...] = ()
    with mpmath.workdps(DIGITS):
        cases = list(models(norm, seed))[:draws]
        for mode, quantities in names.items():
            judged = [(made, Draw(made, at, mode)) for made, _, at in cases]
            answers = {LOOPS: [{name: draw.expected(name) for name in quantities} for _, draw in judged]}
            try:
                answers[TORCH] = [by_torch(made, draw, mode) for made, draw in judged]
            except ImportError:
                missing = ("PyTorch, which is not installed: pip install 'symconv[torch]'",)
            for name in quantities:
                found = [made_of(made, draw, name, mode) for made, draw in judged]
                for reference, expected in answers.items():
                    if name in expected[0]:
                        wanted = [case[name] for case in expected]
                        findings.append(_finding(f"{name}, {mode}", reference, found, wanted, judged))
    return Report(tuple(findings), missing)


def made_of(norm: Any, draw: Draw, name: str, mode: str) -> list[Any]:
    """The entries by the derived formulas, at what is drawn."""
    given = {k: draw.numbers[k] for k in ("x", "gamma", "beta", "delta", "mubar")}
    given["sigmabar"] = [mpmath.sqrt(v) for v in draw.numbers["variancebar"]]
    return entries_of(norm, name, mode, given, draw.eps, draw.momentum, mpmath.sqrt)


def _finding(
    label: str, reference: str, found: Sequence[Sequence[Any]], wanted: Sequence[Sequence[Any]], judged: Any
) -> Finding:
    largest, compared = 0.0, 0
    for one, other, (_, draw) in zip(found, wanted, judged, strict=True):
        for at, (is_, should) in enumerate(zip(one, other, strict=True)):
            error = abs(is_ - should)
            largest, compared = max(largest, float(error)), compared + 1
            if error > TOLERANCES[reference] * max(1, abs(should)):
                operands = {"x": list(map(float, draw.numbers["x"]))}
                wrong = Counterexample(label, (at,), float(is_), float(should), operands)
                return Finding(label, reference, compared, largest, wrong)
    return Finding(label, reference, compared, largest)


def by_torch(norm: Any, draw: Draw, mode: str) -> dict[str, list[float]]:
    """What PyTorch's batch normalisation and its autograd give."""
    import torch
    from torch.nn.functional import batch_norm

    def tensor(name: str, *, learned: bool = True) -> Any:
        held = np.array([float(v) for v in draw.numbers[name]])
        shape = norm.shape if len(held) == prod(norm.shape) and name in ("x", "delta") else (-1,)
        return torch.tensor(held.reshape(shape), requires_grad=learned)

    x, gamma, beta = (tensor(name) for name in ("x", "gamma", "beta"))
    running = [tensor(name, learned=False) for name in ("mubar", "variancebar")]
    how: dict[str, Any] = {"momentum": float(draw.momentum), "eps": float(draw.eps)}
    trained = mode == "training"
    spare, moved = ([one.clone() for one in running] for _ in range(2))
    plain = batch_norm(x, spare[0], spare[1], training=trained, **how)
    y = batch_norm(x, moved[0], moved[1], gamma, beta, training=trained, **how)
    (y * tensor("delta", learned=False)).sum().backward()
    found = {
        "normalised": plain, "output": y, "grad_input": x.grad, "grad_scale": gamma.grad,
        "grad_shift": beta.grad,
    }  # fmt: skip
    if trained:
        found |= {"running_mean": moved[0], "running_variance": moved[1]}
    return {name: entries.detach().flatten().tolist() for name, entries in found.items()}
