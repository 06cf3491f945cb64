"""The comparison itself: numbers into quantities and references, entry by entry."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, TypeAlias

import numpy as np
from sympy import Expr, Float, S, Symbol, expand, sympify

from symconv.check.evaluate import Number, evaluate
from symconv.check.references import REFERENCES, Makers, Reference, Sample, available
from symconv.check.report import Counterexample, Finding, Report
from symconv.errors import MissingExtraError, OptionError
from symconv.explicit.entries import Explicit
from symconv.explicit.registry import compared
from symconv.pattern import ROLES, Specification

#: Wraps the list of quantities in a context that yields them one by one, as a progress bar does.
Progress: TypeAlias = Callable[[Any], AbstractContextManager[Any]]

#: A quantity is compared where no reference for it needs more numbers than this at once.
MOST = 10**7


def run(
    spec: Specification,
    judged: Sequence[Explicit],
    *,
    reference: str | None = None,
    draws: int = 3,
    seed: int = 0,
    progress: Progress = nullcontext,
) -> Report:
    """Judge the quantities of a layer, on random integers for its symbols and on its values."""
    for name, number, least in (("draws", draws, 1), ("seed", seed, 0)):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            sentence = f"{{option}} is {{given!r}}: write a whole number of at least {least}."
            raise OptionError(sentence, name, number)
    chosen_ones, missing = _chosen(reference, REFERENCES[spec.kernel.name])
    rng = np.random.default_rng(seed)
    geometry = _Geometry.of(spec)
    cases = [
        _Case(geometry, explicit, numbers)
        for explicit in judged
        for numbers in _numbers(explicit, rng, draws, ties=spec.kernel.depends_on_input)
    ]
    findings: list[Finding] = []
    with progress(["output_size", *compared(spec)]) as judged_ones:
        for quantity in judged_ones:
            chosen = []
            for one in chosen_ones:
                if quantity not in one.answers or not all(_fits(one, case.sample) for case in cases):
                    continue
                if _numbers_needed(judged[0], quantity, one) > MOST:
                    missing.append(f"{one.name} in {quantity}: more than {MOST:,} numbers at once")
                else:
                    chosen.append(one)
            if chosen:
                found = [case.found(quantity) for case in cases]
                findings += [_compare(quantity, one, cases, found) for one in chosen]
    return Report(tuple(findings), tuple(missing))


def _chosen(reference: str | None, references: Makers) -> tuple[list[Reference], list[str]]:
    """The references that are asked for, or all that can be used."""
    if reference is None:
        return available(references)
    if not isinstance(reference, str) or reference not in references:
        raise OptionError("reference {given!r} is unknown: {cure}", given=reference, allowed=references)
    made = references[reference]()
    if made is None:
        raise MissingExtraError(
            f"reference {reference!r} is not installed: pip install 'symconv[{reference}]'"
        )
    return [made], []


def _fits(reference: Reference, sample: Sample) -> bool:
    """Whether a reference has an answer: floating point holds real numbers only."""
    operands = (sample.x, sample.w, sample.delta, sample.b)
    real = sample.integers or not any(getattr(v, "is_real", True) is False for a in operands for v in a.flat)
    return reference.fits(sample) and (reference.exact or real)


def _numbers_needed(explicit: Explicit, quantity: str, reference: Reference) -> int:
    """How many numbers a reference holds to answer: it works on dense arrays."""
    m, k, n = (explicit.spec.tied.count(role) for role in ("output", "tap", "input"))
    if quantity in reference.on_unit_windows:
        return m * n * k
    return 0 if quantity == "output_size" else int(np.prod(explicit.shape(quantity)))


@dataclass(frozen=True)
class _Geometry:
    """What a sample says of a layer besides its numbers: shapes with batch and channels, and steps."""

    shapes: Mapping[str, tuple[int, ...]]
    options: Mapping[str, Any]
    output_size: tuple[int, ...]
    weights: bool
    whole: bool

    @classmethod
    def of(cls, spec: Specification) -> _Geometry:
        rest: dict[str, int] = {"batch": 1, "channels": 1, "in_channels": 1, "out_channels": 1, "groups": 1}
        for relation in spec.tied.relations:
            if not relation.spatial:
                rest |= relation.options
        axes = spec.tied_axes
        geometry = {name: tuple(int(axis.geometry.get(name, 0)) for axis in axes) for name in _STEPS}
        sizes = {role: tuple(int(axis.extents[role][0]) for axis in axes) for role in ROLES}
        ends = rest["in_channels"], rest["out_channels"]
        first, second = ends if spec.transposed else ends[::-1]
        images = rest["batch"] * rest["channels"]  # those of a pooling layer never meet each other
        shapes = {
            "input": (images, rest["in_channels"], *sizes["input"]),
            "tap": (first, second // rest["groups"], *sizes["tap"]),
            "output": (images, rest["out_channels"], *sizes["output"]),
        }
        options = {
            **geometry,
            "groups": rest["groups"],
            "flip": spec.flip,
            "transposed": spec.transposed,
            "padding_mode": spec.padding_mode,
            "ceil_mode": bool(spec.tied_axes[0].options.get("ceil_mode")),
            "count_padding": spec.kernel.options.get("count_include_pad", True),
            "divisor": spec.kernel.options.get("divisor_override"),
        }
        return cls(shapes, options, sizes["output"], spec.kernel.shared, spec.kernel.whole)


_STEPS = ("stride", "dilation", "before", "after", "output_padding")


@dataclass(frozen=True, eq=False)
class _Case:
    """One set of numbers put into the quantities of one layer, and into the references."""

    geometry: _Geometry
    explicit: Explicit
    numbers: Mapping[Symbol, Number]

    @cached_property
    def sample(self) -> Sample:
        """Machine integers where no product of them can overflow, Python's own numbers elsewhere."""
        shapes, options = self.geometry.shapes, self.geometry.options
        values = [[evaluate(e, self.numbers) for e in entries] for entries in self._operands]
        channels = shapes["output"][1]
        biases = [evaluate(e, self.numbers) for e in self.explicit.bias] or [0] * channels
        biases = biases * (channels // len(biases))
        small = all(isinstance(v, int) and abs(v) <= 10**6 for v in itertools.chain(*values, biases))
        x, w, delta, b = (np.array(v, dtype=np.int64 if small else object) for v in (*values, biases))
        places = self.explicit.incidence.shape["output"][-len(self.geometry.output_size) :]
        return Sample(
            x.reshape(shapes["input"]),
            w.reshape(shapes["tap"]),
            delta.reshape(*shapes["output"][:2], *places),
            b,
            **options,
        )

    @property
    def _operands(self) -> list[tuple[Expr, ...]]:
        x, w, delta = (self.explicit.operands[role] for role in ("input", "tap", "output"))
        return [x, w if self.geometry.weights else (S.Zero,) * prod(self.geometry.shapes["tap"]), delta]

    def rounding(self, reference: Reference) -> Number:
        """What floating point may cost, in the operands or in the reference: nothing where there is none."""
        entries = [*itertools.chain(*self._operands), *self.explicit.bias]
        floating = any(entry.has(Float) for entry in entries)
        if not floating and reference.exact:
            return 0
        x, w, delta = (
            max(1.0, *(float(abs(v)) for v in a.flat))
            for a in (self.sample.x, self.sample.w, self.sample.delta)
        )
        terms = self.sample.x.size + self.sample.w.size + self.sample.delta.size
        most = terms * max(x * w, delta * w, delta * x)
        exact = self.sample.integers and self.geometry.whole
        return 0 if exact and most < 2**53 else 1e-14 * most

    def found(self, quantity: str) -> _Found:
        """A quantity in numbers."""
        if quantity == "output_size":
            sizes = self.geometry.output_size
            return (len(sizes), 1), dict(enumerate(sizes))
        entries = self.explicit.entries(quantity)
        return self.explicit.shape(quantity), {
            place: evaluate(e, self.numbers) for place, e in entries.items()
        }


#: A quantity in numbers: its shape, and its non-zero entries by flat position.
_Found: TypeAlias = tuple[tuple[int, int], dict[int, Number]]


def _numbers(
    explicit: Explicit, rng: np.random.Generator, draws: int, *, ties: bool
) -> Iterator[dict[Symbol, Number]]:
    """Integers for the free symbols, none of them 0: as many draws as there is something to draw.

    With ``ties`` every other draw is of so few that many are alike.
    """
    operands = [*explicit.operands.values(), explicit.bias]
    free = sorted(
        {s for entries in operands for e in entries for s in e.free_symbols}, key=lambda s: s.sort_key()
    )
    for draw in range(draws if free else 1):
        sizes = rng.integers(1, 3 if ties and draw % 2 else 1000, len(free)) * rng.choice([-1, 1], len(free))
        yield dict(zip(free, sizes.tolist(), strict=True))


def _compare(quantity: str, reference: Reference, cases: list[_Case], found: list[_Found]) -> Finding:
    compared, largest = 0, 0
    for case, (shape, entries) in zip(cases, found, strict=True):
        allowed = case.rounding(reference)
        flat = np.asarray(reference.answers[quantity](case.sample)).reshape(-1)
        places = np.flatnonzero(flat)
        wanted = dict(zip(places.tolist(), flat[places].tolist(), strict=True))
        compared += max(flat.size, shape[0] * shape[1])
        operands = {name: np.ravel(getattr(case.sample, name)).tolist() for name in ("x", "w", "delta", "b")}
        if flat.size != shape[0] * shape[1]:
            sizes = f"{shape[0] * shape[1]} entries", f"{flat.size}"
            return Finding(
                quantity, reference.name, compared, "size", Counterexample(quantity, (), *sizes, operands)
            )
        for place in sorted(entries.keys() | wanted.keys()):
            is_, should = entries.get(place, 0), wanted.get(place, 0)
            error = _error(is_, should)
            largest = max(largest, error)
            if error > allowed:
                index = divmod(place, shape[1]) if shape[1] > 1 else (place,)
                wrong = Counterexample(quantity, index, is_, should, operands)
                return Finding(quantity, reference.name, compared, largest, wrong)
    return Finding(quantity, reference.name, compared, largest)


def _error(found: Number, expected: Number) -> Number:
    """0 for equal numbers; the distance as a float otherwise, so that it prints short."""
    if isinstance(found, Expr) or isinstance(expected, Expr):
        difference = expand(sympify(found) - sympify(expected))
        return 0 if difference == 0 else float(abs(difference))
    difference = abs(found - expected)
    return difference if isinstance(difference, int) else float(difference) if difference else 0
