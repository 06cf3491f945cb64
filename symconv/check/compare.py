"""The comparison itself: numbers into quantities and references, entry by entry."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import prod
from typing import Any, TypeAlias

import numpy as np
from sympy import Expr, Float, S, Symbol, expand, sympify

from symconv.check.evaluate import Number, evaluate
from symconv.check.references import REFERENCES, Array, Makers, Reference, Sample, available
from symconv.check.report import Counterexample, Finding, Report
from symconv.errors import MissingExtraError, OptionError
from symconv.evidence.tasks import mapped
from symconv.explicit.entries import Explicit
from symconv.explicit.registry import QUANTITIES, compared
from symconv.pattern import PADDING_MODES, ROLES, Specification

#: Wraps the list of quantities in a context that yields them one by one, as a progress bar does.
Progress: TypeAlias = Callable[[Any], AbstractContextManager[Any]]

#: A quantity in numbers: its shape, and its non-zero entries by flat position.
_Found: TypeAlias = tuple[tuple[int, int], dict[int, Number]]

#: A quantity is compared where no reference for it needs more numbers than this at once.
MOST = 10**7


def run(
    spec: Specification, judged: Sequence[Explicit], *, reference: str | None = None, draws: int = 3,
    seed: int = 0, progress: Progress = nullcontext, executor: Executor | None = None,
) -> Report:  # fmt: skip
    """Judge the quantities of a layer, on random integers for its symbols and on its values.

    Each comparison of a quantity with a reference is a task of the executor.
    """
    for name, number, least in (("draws", draws, 1), ("seed", seed, 0)):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            sentence = f"{{option}} is {{given!r}}: write a whole number of at least {least}."
            raise OptionError(sentence, name, number)
    references, missing = _chosen(reference, REFERENCES[spec.kernel.name])
    rng = np.random.default_rng(seed)
    cases = [
        _Case(explicit, numbers)
        for explicit in judged
        for numbers in _numbers(explicit, rng, draws, ties=spec.kernel.depends_on_input)
    ]
    asked: dict[str, list[str]] = {}
    for quantity in ("output_size", *compared(spec)):
        able = [
            key for key, one in references.items()
            if _answer(one, quantity) and all(case.suits(one) for case in cases)
        ]  # fmt: skip
        few = [key for key in able if _numbers_needed(judged[0], quantity, references[key]) <= MOST]
        large = f"in {quantity}, which needs more than {MOST:,} numbers at once"
        missing += [f"{references[key].name} {large}" for key in able if key not in few]
        asked[quantity] = few
    pairs = ((quantity, key) for quantity, few in asked.items() for key in few)
    found, findings = mapped(partial(_finding, spec.kernel.name, cases), pairs, executor), list[Finding]()
    with closing(found), progress(list(asked)) as quantities:
        for quantity in quantities:
            findings += itertools.islice(found, len(asked[quantity]))
    return Report(tuple(findings), tuple(missing))


def _finding(kernel: str, cases: list[_Case], asked: tuple[str, str]) -> Finding:
    """The comparison of a quantity with the reference of a name."""
    quantity, key = asked
    reference = _installed(key, REFERENCES[kernel])
    return _compare(quantity, reference, cases, [case.found(quantity) for case in cases])


def _chosen(reference: str | None, references: Makers) -> tuple[dict[str, Reference], list[str]]:
    """The references that are asked for, or all that can be used, by their names."""
    if reference is None:
        return available(references)
    if not isinstance(reference, str) or reference not in references:
        raise OptionError("there is no reference {given!r}: {cure}", given=reference, allowed=references)
    return {reference: _installed(reference, references)}, []


def _installed(reference: str, references: Makers) -> Reference:
    made = references[reference]()
    if made is None:
        cure = f"pip install 'symconv[{reference}]'"
        raise MissingExtraError(f"reference {reference!r} is not installed: {cure}")
    return made


def _answer(reference: Reference, quantity: str) -> Callable[[Sample], Array] | None:
    """How a reference computes a quantity: in its own way, or by the roles that a contraction keeps."""
    row = QUANTITIES[quantity]
    if quantity in reference.answers or reference.contraction is None or row.relation != "pattern":
        return reference.answers.get(quantity)
    return partial(reference.contraction, (*row.rows, *row.columns))


def _numbers_needed(explicit: Explicit, quantity: str, reference: Reference) -> int:
    """How many numbers a reference holds to answer: it works on dense arrays."""
    if quantity in reference.on_unit_windows:
        return prod(explicit.spec.tied.count(role) for role in ROLES)
    return 0 if quantity == "output_size" else prod(explicit.shape(quantity))


@dataclass(frozen=True, eq=False)
class _Case:
    """One set of numbers put into the quantities of one layer, and into the references."""

    explicit: Explicit
    numbers: Mapping[Symbol, Number]
    _last: dict[str, _Found] = field(default_factory=dict)  # what was found last, which is asked for in a row

    def __reduce__(self) -> tuple[Any, ...]:
        return _Case, (self.explicit, self.numbers)

    @cached_property
    def sample(self) -> Sample:
        """Machine integers where no product of them can overflow, Python's own numbers elsewhere."""
        spec = self.explicit.spec
        counts: dict[str, int] = {"batch": 1, "channels": 1, "in_channels": 1, "out_channels": 1, "groups": 1}
        for relation in spec.tied.relations:
            if not relation.spatial:
                counts |= relation.options
        axes = spec.tied_axes
        options: dict[str, Any] = {
            name: tuple(int(axis.geometry.get(name, 0)) for axis in axes)
            for name in ("stride", "dilation", "before", "after", "output_padding")
        }
        sizes = {role: tuple(int(axis.extents[role][0]) for axis in axes) for role in ("input", "tap")}
        inputs, outputs = counts["in_channels"], counts["out_channels"]
        first, second = (inputs, outputs) if spec.transposed else (outputs, inputs)
        images = counts["batch"] * counts["channels"]  # those of a pooling layer never meet each other
        taps = (first, second // counts["groups"], *sizes["tap"])
        places = self.explicit.incidence.shape["output"][-len(axes) :]
        x, w, delta = (self.explicit.operands[role] for role in ("input", "tap", "output"))
        w = w if spec.kernel.shared else (S.Zero,) * prod(taps)
        bias = self.explicit.bias or (S.Zero,)
        given = [[evaluate(e, self.numbers) for e in a] for a in (x, w, delta, bias * (outputs // len(bias)))]
        small = all(isinstance(v, int) and abs(v) <= 10**6 for v in itertools.chain(*given))
        shapes = (images, inputs, *sizes["input"]), taps, (images, outputs, *places), (outputs,)
        for name, values, shape in zip(("x", "w", "delta", "b"), given, shapes, strict=True):
            options[name] = np.array(values, dtype=np.int64 if small else object).reshape(shape)
        options |= {"groups": counts["groups"], "flip": spec.flip, "transposed": spec.transposed}
        options["padding_mode"] = PADDING_MODES[spec.padding_mode].numpy
        options["ceil_mode"] = bool(axes[0].options.get("ceil_mode"))
        options["count_padding"] = spec.kernel.options.get("count_include_pad", True)
        return Sample(**options, divisor=spec.kernel.options.get("divisor_override"))

    def suits(self, reference: Reference) -> bool:
        """Whether a reference has an answer: floating point holds real numbers only."""
        s = self.sample
        real = s.integers or not any(getattr(v, "is_real", True) is False for a in s.operands for v in a.flat)
        return reference.fits(s) and (reference.exact or real)

    def rounding(self, reference: Reference) -> Number:
        """What floating point may cost, in the operands or in the reference: nothing where there is none."""
        operands = dict(self.explicit.operands)
        if not self.explicit.spec.kernel.shared:
            del operands["tap"]
        floating = any(entry.has(Float) for entry in itertools.chain(*operands.values(), self.explicit.bias))
        if not floating and reference.exact:
            return 0
        x, w, delta = (max(1.0, *(float(abs(v)) for v in a.flat)) for a in self.sample.operands[:3])
        most = sum(a.size for a in self.sample.operands[:3]) * max(x * w, delta * w, delta * x)
        exact = self.sample.integers and self.explicit.spec.kernel.whole
        return 0 if exact and most < 2**53 else 1e-14 * most

    def found(self, quantity: str) -> _Found:
        """A quantity in numbers."""
        found = self._last.get(quantity) or self._evaluated(quantity)
        self._last.clear()
        self._last[quantity] = found
        return found

    def _evaluated(self, quantity: str) -> _Found:
        if quantity == "output_size":
            sizes = [int(axis.extents["output"][0]) for axis in self.explicit.spec.tied_axes]
            return (len(sizes), 1), dict(enumerate(sizes))
        entries = self.explicit.entries(quantity)
        numbers = {place: evaluate(e, self.numbers) for place, e in entries.items()}
        return self.explicit.shape(quantity), numbers


def _numbers(
    explicit: Explicit, rng: np.random.Generator, draws: int, *, ties: bool
) -> Iterator[dict[Symbol, Number]]:
    """Integers for the free symbols, none of them 0: as many draws as there is something to draw.

    With ``ties`` every other draw is of so few that many are alike.
    """
    entries = itertools.chain(*explicit.operands.values(), explicit.bias)
    free = sorted({s for e in entries for s in e.free_symbols}, key=lambda s: s.sort_key())
    for draw in range(draws if free else 1):
        sizes = rng.integers(1, 3 if ties and draw % 2 else 1000, len(free)) * rng.choice([-1, 1], len(free))
        yield dict(zip(free, sizes.tolist(), strict=True))


def _compare(quantity: str, reference: Reference, cases: list[_Case], found: list[_Found]) -> Finding:
    compared, largest, answer = 0, 0, _answer(reference, quantity)
    assert answer is not None
    for case, (shape, entries) in zip(cases, found, strict=True):
        allowed = case.rounding(reference)
        flat = np.asarray(answer(case.sample)).reshape(-1)
        places = np.flatnonzero(flat)
        wanted = dict(zip(places.tolist(), flat[places].tolist(), strict=True))
        compared += max(flat.size, prod(shape))
        numbers = [np.ravel(operand).tolist() for operand in case.sample.operands]
        operands = dict(zip(("x", "w", "delta", "b"), numbers, strict=True))
        if flat.size != prod(shape):
            sizes = f"{prod(shape)} entries", f"{flat.size}"
            wrong = Counterexample(quantity, (), *sizes, operands)
            return Finding(quantity, reference.name, compared, "size", wrong)
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
    symbolic = isinstance(found, Expr) or isinstance(expected, Expr)
    difference = abs(expand(sympify(found) - sympify(expected)) if symbolic else found - expected)
    return difference if isinstance(difference, int) else 0 if difference == 0 else float(difference)
