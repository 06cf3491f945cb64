"""The evidence for a derivation: on how many cases it was verified, or for which sizes it is proved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from symconv.evidence.polynomials import Poly
from symconv.printing.english import counted, either
from symconv.printing.rich import paragraph, table, words

#: A stride or dilation, one an axis.
Steps: TypeAlias = tuple[int, ...]


def per_axis(steps: Steps) -> str:
    """One number where all axes share it.

    >>> per_axis((2, 2)), per_axis((1, 2))
    ('2', '(1, 2)')
    """
    return str(steps[0]) if len(set(steps)) == 1 else str(steps)


def equalities(numbers: Mapping[str, int]) -> str:
    """What each name is.

    >>> equalities({"N": 4, "K": 3})
    'N = 4, K = 3'
    """
    return ", ".join(f"{name} = {number}" for name, number in numbers.items())


#: How cases are evaluated, and what this leaves open: see :mod:`symconv.evidence.arrays`.
AT_RANDOM = "at random entries"
CHANCE = "modulo 2^31 - 1, chance of error below 2/10^9"


@dataclass(frozen=True)
class Failure:
    """Numbers at which a step fails, and the values of its sides there."""

    sizes: Mapping[str, int]
    index: Mapping[str, int]
    found: Poly | str
    expected: Poly | str

    def __str__(self) -> str:
        numbers = equalities({**self.sizes, **self.index})
        return f"for {numbers} it is {shown(self.found)}, not {shown(self.expected)}"


def shown(value: Poly | str) -> str:
    """A polynomial as text.

    >>> shown({(("w", (0,)), ("x", (1,))): 2, (): 1})
    '2*w[0]*x[1] + 1'
    """
    if isinstance(value, str):
        return f"undefined ({value})"
    terms = []
    for monomial, coefficient in sorted(value.items(), key=lambda item: (-len(item[0]), item[0])):
        factors = [f"{letter}[{', '.join(map(str, i))}]" if i else letter for letter, i in monomial]
        if coefficient != 1 or not factors:
            factors.insert(0, str(coefficient))
        terms.append("*".join(factors))
    return " + ".join(terms) or "0"


@dataclass(frozen=True)
class Refutation:
    """The smallest sizes at which a claim fails, with the index and both values."""

    sizes: Mapping[str, int]
    index: Mapping[str, int]
    claimed: str
    right: str

    def __str__(self) -> str:
        numbers = equalities({**self.sizes, **self.index})
        return f"for {numbers or 'the given sizes'} it gives {self.claimed} instead of {self.right}"


@dataclass(frozen=True)
class StepReport:
    """The evidence for one step; true if the step holds in every case that was tried."""

    number: int
    rule: str
    cases: int
    failure: Failure | None = None

    def __bool__(self) -> bool:
        return self.failure is None and self.cases > 0


@dataclass(frozen=True)
class Verification:
    """The result of trying every step on numbers; true if and only if each step holds on every case.

    The entries are random numbers modulo the prime 2^31 - 1, at which two polynomials that differ have the
    same value with a probability of at most their degree divided by the prime.

    Attributes
    ----------
    name : str
        The quantity.
    steps : tuple of StepReport
        The evidence for each step.
    """

    name: str
    steps: tuple[StepReport, ...]

    def __bool__(self) -> bool:
        return bool(self.steps) and all(self.steps)

    @property
    def cases(self) -> int:
        """The number of geometries on which each step was tried."""
        return min(step.cases for step in self.steps)

    def __str__(self) -> str:
        lines = []
        for step in self.steps:
            holds = f"holds on {counted(step.cases, 'case')}"
            verdict = holds if step else f"FAILS: {step.failure or 'there is no case'}"
            lines.append(f"step {step.number}, {step.rule}: {verdict}")
        checked = f"every step checked on {counted(self.cases, 'case')} {AT_RANDOM} {CHANCE}"
        whole = checked if self else "does not hold"
        return "\n".join([*lines, f"{self.name}: {whole}"])

    def _repr_html_(self) -> str:
        rows = [(str(s.number), s.rule, str(s.cases), "holds" if s else "fails") for s in self.steps]
        shown = table(("step", "rule", "cases", ""), rows)
        return f"{shown}\n{paragraph(words(str(self).splitlines()[-1]))}"


@dataclass(frozen=True)
class Gap:
    """Why two sides are not proved to be equal, or sizes and indices at which they may differ, or both."""

    reason: str = ""
    point: dict[str, int] | None = None

    def explained(self, verb: str = "the sides differ") -> str:
        """The reason in words, or the point."""
        return self.reason or f"{verb} at {equalities(self.point or {}) or 'the given sizes'}"


@dataclass(frozen=True)
class Proved:
    """The decision on one step, for one stride and dilation per axis, or for all if none are given."""

    number: int
    rule: str
    stride: Steps
    dilation: Steps
    difference: str = ""
    engine: str = "islpy"
    refuted: bool = False  # whether the difference is numbers at which the step does not hold
    confirmed: bool = False  # whether cvc5 says so too

    def __bool__(self) -> bool:
        return not self.difference

    @property
    def where(self) -> str:
        """At which numbers, where they are given."""
        given = self.stride and self.dilation
        return f", for stride {per_axis(self.stride)}, dilation {per_axis(self.dilation)}" if given else ""


@dataclass(frozen=True)
class Proof:
    """The proof of every step for all sizes, for given strides and dilations.

    Attributes
    ----------
    name : str
        The quantity.
    sizes : tuple of str
        The symbols for all of whose values the proof holds.
    steps : tuple of Proved
        The decision on each step.
    frozen : tuple of (str, tuple of str)
        Symbols that are both a size and a stride or dilation, each with the numbers that were proved.
    """

    name: str
    sizes: tuple[str, ...]
    steps: tuple[Proved, ...]
    frozen: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps) and all(self.steps)

    @property
    def scope(self) -> str:
        """The sizes, strides and dilations that a successful proof covers."""
        chosen = sorted({(p.stride, p.dilation) for p in self.steps})
        sizes = f"all {', '.join(self.sizes)}" if self.sizes else "the given sizes"
        if not all(stride and dilation for stride, dilation in chosen):
            return f"for {sizes}"
        pairs = [f"({per_axis(stride)}, {per_axis(dilation)})" for stride, dilation in chosen]
        steps = f"(stride, dilation) = {either(pairs)}"
        if len(chosen) == 1:
            steps = "stride {}, dilation {}".format(*map(per_axis, chosen[0]))
        only = [f"{name} = {either(numbers)}" for name, numbers in self.frozen]
        return f"for {sizes}, with {steps}{', so only for ' if only else ''}{', '.join(only)}"

    def __str__(self) -> str:
        wrong = [p for p in self.steps if not p]
        if not wrong:
            engines = sorted({p.engine for p in self.steps})
            agreed = sum(p.confirmed for p in self.steps)
            if agreed == len(self.steps):
                engines.append("cvc5")
            partly = 0 < agreed < len(self.steps)
            some = f"; {agreed} of {len(self.steps)} steps by cvc5 too" if partly else ""
            return f"{self.name}: proved {self.scope}, by {' and '.join(engines)}{some}"
        lines = [f"step {p.number}, {p.rule}{p.where}: {p.difference}" for p in wrong]
        return "\n".join([*lines, f"{self.name}: not proved"])

    def _repr_html_(self) -> str:
        rows = [(str(p.number), p.rule, p.engine, "proved" if p else "open") for p in self.steps]
        return f"{table(('step', 'rule', 'engine', ''), rows)}\n{paragraph(words(str(self)))}"
