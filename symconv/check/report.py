"""The report of a check: what was compared with what, how often, and where it failed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from sympy import Expr, Symbol, expand, sympify

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
from symconv.errors import OptionError
from symconv.explicit import Explicit
from symconv.pattern import Axis
from symconv.printing import Latex


@dataclass(frozen=True)
class Counterexample:
    """Where a quantity and a reference differ: the index, both values, and the numbers put in."""

    quantity: str
    index: tuple[int, ...]
    found: Number
    expected: Number
    operands: Mapping[str, list[Number]]

    def __str__(self) -> str:
        where = f"{self.quantity}[{', '.join(map(str, self.index))}]"
        numbers = ", ".join(f"{name} = {values}" for name, values in self.operands.items())
        return f"{where} is {self.found}, the reference gives {self.expected}, at {numbers}"


@dataclass(frozen=True)
class Finding:
    """One quantity against one reference."""

    quantity: str
    reference: str
    cases: int
    largest_error: Number
    counterexample: Counterexample | None = None

    def __bool__(self) -> bool:
        return self.counterexample is None


@dataclass(frozen=True)
class Report:
    """All findings; true exactly when every one holds and there is at least one.

    Attributes
    ----------
    findings : tuple of Finding
    missing : tuple of str
        References that were left out because their library is not installed.
    """

    findings: tuple[Finding, ...]
    missing: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.findings) and all(self.findings)

    def __str__(self) -> str:
        head = ("quantity", "reference", "entries", "largest error", "")
        body = [
            (f.quantity, f.reference, str(f.cases), str(f.largest_error), "ok" if f else "DIFFERS")
            for f in self.findings
        ]
        widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
        lines = [
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in (head, *body)
        ]
        lines += [f"{f.reference}: {f.counterexample}" for f in self.findings if not f]
        lines += [f"not compared with {name}" for name in self.missing]
        failed = sum(not f for f in self.findings)
        verdict = "all agree exactly" if self else f"{failed} of {len(self.findings)} comparisons differ"
        if self and any(isinstance(f.largest_error, float) for f in self.findings):
            verdict = "all agree to rounding"
        return "\n".join([*lines, verdict])

    def latex(self) -> str:
        """The findings as an ``array``."""
        rows = [("quantity", "reference", "entries", "largest error", "")]
        rows += [
            (f.quantity, f.reference, str(f.cases), str(f.largest_error), "ok" if f else "differs")
            for f in self.findings
        ]
        lines = [" & ".join(Latex().prose(cell) for cell in row) for row in rows]
        head, body = lines[0], " \\\\\n".join(lines[1:])
        return f"\\begin{{array}}{{llrrl}}\n{head} \\\\\n\\hline\n{body}\n\\end{{array}}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


#: Wraps the list of comparisons in a context that yields them one by one, as a progress bar does.
Progress: TypeAlias = Callable[[Any], AbstractContextManager[Any]]


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
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
        raise OptionError(f"draws is {draws!r}: write a whole number of at least 1.")
    rng = np.random.default_rng(seed)
    judged = [symbols] if values is symbols else [symbols, values]
    cases = [
        _Case(explicit, numbers, _sample(axis, explicit, numbers))
        for explicit in judged
        for numbers in _numbers(explicit, rng, draws)
    ]
    scipy = scipy_matrix()
    references = [numpy_convolve(), sliding_windows(), loops(), central_differences()]
    references += [scipy] if scipy else []
    missing = () if scipy else ("SciPy, which is not installed: pip install 'symconv[scipy]'",)
    findings: list[Finding] = []
    with progress(["output_size", *symbols.names]) as quantities:
        for quantity in quantities:
            found = [_found(axis, case, quantity) for case in cases]
            findings += [
                _compare(quantity, reference, cases, found)
                for reference in references
                if quantity in reference.answers
            ]
    return Report(tuple(findings), missing)


@dataclass(frozen=True, eq=False)
class _Case:
    """One set of numbers put into the quantities of one layer, and into the references."""

    explicit: Explicit
    numbers: Mapping[Symbol, Number]
    sample: Sample


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
        if flat.size != shape[0] * shape[1]:
            sizes = f"{shape[0] * shape[1]} entries", f"{flat.size}"
            wrong = Counterexample(quantity, (), *sizes, _shown(case.sample))
            return Finding(quantity, reference.name, compared, "size", wrong)
        for place in sorted(entries.keys() | wanted.keys()):
            is_, should = entries.get(place, 0), wanted.get(place, 0)
            error = _error(is_, should)
            largest = max(largest, error)
            if error > _tolerance(is_, should):
                index = divmod(place, shape[1]) if shape[1] > 1 else (place,)
                wrong = Counterexample(quantity, index, is_, should, _shown(case.sample))
                return Finding(quantity, reference.name, compared, largest, wrong)
    return Finding(quantity, reference.name, compared, largest)


def _found(axis: Axis, case: _Case, quantity: str) -> _Found:
    if quantity == "output_size":
        return (1, 1), {0: axis.output_size}
    entries = case.explicit.entries(quantity)
    values = {place: evaluate(entry, case.numbers) for place, entry in entries.items()}
    return case.explicit.shape(quantity), values


def _sample(axis: Axis, explicit: Explicit, numbers: Mapping[Symbol, Number]) -> Sample:
    """Machine integers where no product of them can overflow, Python's own numbers elsewhere."""
    operands = [explicit.operands[role] for role in ("input", "tap", "output")]
    values = [[evaluate(entry, numbers) for entry in entries] for entries in operands]
    b = evaluate(explicit.bias[0], numbers) if explicit.bias else 0
    small = all(isinstance(v, int) and abs(v) <= 10**6 for v in (*itertools.chain(*values), b))
    x, w, delta = (np.array(v, dtype=np.int64 if small else object) for v in values)
    geometry: dict[str, Any] = {"stride": axis.stride, "dilation": axis.dilation, "flip": axis.flip}
    return Sample(x, w, delta, b, before=axis.before, after=axis.after, **geometry)


def _error(found: Number, expected: Number) -> Number:
    if isinstance(found, Expr) or isinstance(expected, Expr):
        difference = expand(sympify(found) - sympify(expected))
        return 0 if difference == 0 else float(abs(difference))
    return abs(found - expected)


def _tolerance(found: Number, expected: Number) -> Number:
    """Nothing for exact numbers; rounding for floating-point ones."""
    if isinstance(found, float) or isinstance(expected, float):
        return 1e-9 * max(1.0, abs(found), abs(expected))
    return 0


def _shown(sample: Sample) -> dict[str, list[Number]]:
    return {"x": sample.x.tolist(), "w": sample.w.tolist(), "delta": sample.delta.tolist(), "b": sample.b}
