"""The comparison itself: numbers into quantities and references, entry by entry."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from sympy import Expr, Float, Symbol, expand, sympify

from symconv.check.evaluate import Number, evaluate
from symconv.check.references import (
    Reference,
    Sample,
    central_differences,
    loops,
    numpy_convolve,
    scipy_matrix,
    sliding_windows,
)
from symconv.check.report import Counterexample, Finding, Report
from symconv.errors import OptionError
from symconv.explicit import Explicit
from symconv.pattern import Axis

#: Wraps the list of quantities in a context that yields them one by one, as a progress bar does.
Progress: TypeAlias = Callable[[Any], AbstractContextManager[Any]]

#: A quantity is compared where no reference for it needs more numbers than this at once.
MOST = 10**7


def run(
    axis: Axis,
    symbols: Explicit,
    values: Explicit,
    *,
    draws: int = 3,
    seed: int = 0,
    progress: Progress = nullcontext,
) -> Report:
    """Judge the quantities of a layer, on random integers for its symbols and on its values."""
    for name, number, least in (("draws", draws, 1), ("seed", seed, 0)):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise OptionError(f"{name} is {number!r}: write a whole number of at least {least}.")
    rng = np.random.default_rng(seed)
    judged = [symbols] if values is symbols else [symbols, values]
    cases = [
        _Case(axis, explicit, numbers) for explicit in judged for numbers in _numbers(explicit, rng, draws)
    ]
    scipy = scipy_matrix()
    references = [numpy_convolve(), sliding_windows(), loops(), central_differences()]
    references += [scipy] if scipy else []
    missing = [] if scipy else ["SciPy, which is not installed: pip install 'symconv[scipy]'"]
    findings: list[Finding] = []
    with progress(["output_size", *symbols.names]) as quantities:
        for quantity in quantities:
            chosen = []
            for reference in references:
                if quantity not in reference.answers:
                    continue
                if _numbers_needed(symbols, quantity, reference) > MOST:
                    missing.append(f"{reference.name} in {quantity}: more than {MOST:,} numbers at once")
                else:
                    chosen.append(reference)
            if chosen:
                found = [case.found(quantity) for case in cases]
                findings += [_compare(quantity, reference, cases, found) for reference in chosen]
    return Report(tuple(findings), tuple(missing))


def _numbers_needed(explicit: Explicit, quantity: str, reference: Reference) -> int:
    """How many numbers a reference holds to answer: it works on dense arrays."""
    m, k, n = (explicit.incidence.size(role) for role in ("output", "tap", "input"))
    if quantity in reference.on_unit_windows:
        return m * n * k
    return 0 if quantity == "output_size" else int(np.prod(explicit.shape(quantity)))


@dataclass(frozen=True, eq=False)
class _Case:
    """One set of numbers put into the quantities of one layer, and into the references."""

    axis: Axis
    explicit: Explicit
    numbers: Mapping[Symbol, Number]

    @cached_property
    def sample(self) -> Sample:
        """Machine integers where no product of them can overflow, Python's own numbers elsewhere."""
        axis = self.axis
        values = [[evaluate(e, self.numbers) for e in entries] for entries in self._operands]
        b = evaluate(self.explicit.bias[0], self.numbers) if self.explicit.bias else 0
        small = all(isinstance(v, int) and abs(v) <= 10**6 for v in (*itertools.chain(*values), b))
        x, w, delta = (np.array(v, dtype=np.int64 if small else object) for v in values)
        geometry: dict[str, Any] = {"stride": axis.stride, "dilation": axis.dilation, "flip": axis.flip}
        return Sample(x, w, delta, b, before=axis.before, after=axis.after, **geometry)

    @property
    def _operands(self) -> list[tuple[Expr, ...]]:
        return [self.explicit.operands[role] for role in ("input", "tap", "output")]

    @cached_property
    def rounding(self) -> Number:
        """What floating-point operands may cost: nothing where there are none."""
        entries = [*itertools.chain(*self._operands), *self.explicit.bias]
        if not any(entry.has(Float) for entry in entries):
            return 0
        x, w, delta = (
            max(1.0, *(float(abs(v)) for v in a)) for a in (self.sample.x, self.sample.w, self.sample.delta)
        )
        terms = len(self.sample.x) + len(self.sample.w) + len(self.sample.delta)
        return 1e-14 * terms * max(x * w, delta * w, delta * x)

    def found(self, quantity: str) -> _Found:
        """A quantity in numbers."""
        if quantity == "output_size":
            return (1, 1), {0: int(self.axis.output_size)}
        entries = self.explicit.entries(quantity)
        return self.explicit.shape(quantity), {
            place: evaluate(e, self.numbers) for place, e in entries.items()
        }


#: A quantity in numbers: its shape, and its non-zero entries by flat position.
_Found: TypeAlias = tuple[tuple[int, int], dict[int, Number]]


def _numbers(explicit: Explicit, rng: np.random.Generator, draws: int) -> Iterator[dict[Symbol, Number]]:
    """Integers for the free symbols, none of them 0: as many draws as there is something to draw."""
    operands = [*explicit.operands.values(), explicit.bias]
    free = sorted(
        {s for entries in operands for e in entries for s in e.free_symbols}, key=lambda s: s.sort_key()
    )
    for _ in range(draws if free else 1):
        sizes = rng.integers(1, 1000, len(free)) * rng.choice([-1, 1], len(free))
        yield dict(zip(free, sizes.tolist(), strict=True))


def _compare(quantity: str, reference: Reference, cases: list[_Case], found: list[_Found]) -> Finding:
    compared, largest = 0, 0
    for case, (shape, entries) in zip(cases, found, strict=True):
        expected = reference.answers[quantity](case.sample)
        flat = expected.reshape(-1)
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
            if error > case.rounding:
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
