"""Evidence: cases a second of whole derivations in arrays, exactly and by SymPy, and proofs of steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import symconv as sc
from symconv.derivation import Derivation
from symconv.evidence.cases import NumericModel, geometries
from symconv.evidence.polynomials import value_or_reason
from symconv.index_sums.symbols import kept_indices


@dataclass(frozen=True)
class Rates:
    """Ways of doing the same, each of which does a piece of it and says how many of the unit this was."""

    name: str
    unit: str
    ways: dict[str, Callable[[], int]]


#: Layers with open sizes: on one axis with a stride and a dilation, and on two with channels.
LAYERS: dict[str, Callable[[], sc.Layer]] = {
    "N, K, s, d, p open": lambda: sc.Conv1d("N", "K", stride="s", dilation="d", padding="p"),
    "two axes with channels": lambda: sc.Conv2d(
        ("H", "W"), ("K", "L"), in_channels="C", out_channels="D", stride="s", padding="p"
    ),
}


def verification(layer: str, quantity: str, exactly: int, by_sympy: int) -> Rates:
    """Both sides of every step on the default grid; by the other ways on so many of its cases.

    SymPy is given the closed form only, at each index: it has no derivative of an entry with open indices.
    """
    derivation = LAYERS[layer]().derive(quantity)
    every = list(geometries(derivation._setting, wide=True))

    def spread(count: int) -> list[NumericModel]:
        return list(islice(every, 0, None, max(1, len(every) // count)))

    return Rates(
        f"verify {quantity}, {layer}",
        "cases",
        {
            "arrays": lambda: derivation.verify().cases,
            "exact polynomials": lambda: exact(derivation, spread(exactly)),
            "SymPy subs().doit(), one step": lambda: substituted(derivation, spread(by_sympy)),
        },
    )


def exact(derivation: Derivation, cases: list[NumericModel]) -> int:
    """The evaluation that arrays stand in for: polynomials, one index of one case after the other."""
    setting = derivation._setting
    for case in cases:
        sequences, numbers = case.sequences(), case.numbers
        for line, (left, right) in zip(derivation._lines, derivation._trials.sides, strict=True):
            for index in case.places(kept_indices(setting, line.left)):
                at = {**numbers, **index}
                new = value_or_reason(right.exact, sequences, at)
                assert line is not derivation._lines[0] or new == value_or_reason(left.exact, sequences, at)
    return len(cases)


def substituted(derivation: Derivation, cases: list[NumericModel]) -> int:
    """The closed form with numbers put in by SymPy."""
    formula = derivation.result
    symbols = {symbol.name: symbol for symbol in formula.safe.free_symbols}
    for case in cases:
        for index in case.places(formula.kept):
            numbers = {**case.numbers, **index}
            formula.safe.subs({s: numbers[n] for n, s in symbols.items() if n in numbers}).doit()
    return len(cases)


def proofs(layer: str, quantity: str) -> Rates:
    """Every step proved: by z3 for all strides and dilations, by islpy for one."""
    derivation = LAYERS[layer]().derive(quantity)

    def by_solver() -> int:
        return len(derivation.prove(engine="z3").steps)

    def by_sets() -> int:
        return len(derivation.prove(strides=[2], dilations=[1], engine="islpy").steps)

    ways = {"z3, all strides and dilations": by_solver, "islpy, stride 2": by_sets}
    return Rates(f"prove {quantity}, {layer}", "steps", ways)


def compare(rates: Rates) -> None:
    """Print how many each way does in a second, and the ratio to the first."""
    print(rates.name)
    first = 0.0
    for name, work in rates.ways.items():
        start = time.process_time()
        count = work()
        rate = count / (time.process_time() - start)
        first = first or rate
        ratio = "" if rate == first else f"{first / rate:12,.1f} times as many by {next(iter(rates.ways))}"
        print(f"    {name:32}{rate:12,.1f} {rates.unit} a second{ratio}", flush=True)
