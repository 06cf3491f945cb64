"""The benchmark runs, and its routes do the same work."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sympy import NDimArray, flatten, sympify

from tests.bench import cases, evidence, planes


@pytest.mark.exhaustive
def test_the_benchmark_prints_ratios_exponents_and_memory() -> None:
    call = [sys.executable, "-m", "tests.bench", "--quick"]
    printed = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    assert printed.count("times symconv's") == 18
    assert printed.count("cases a second") == 6
    assert printed.count("steps a second") == 4
    assert printed.count("times as many by arrays") == 4
    assert printed.count("exponent") == len(cases.GROWING) + 6
    assert "MB above the imports" in printed
    assert "symconv --help" in printed


@pytest.mark.parametrize(
    "case",
    [
        cases.output(9, 4),
        cases.gradients(6, 3),
        cases.matrix(7, 3),
        cases.dense(7, 3),
        cases.evaluation(9, 4),
        planes.output(4),
        planes.matrix(4),
    ],
    ids=lambda case: case.name,
)
def test_all_routes_give_the_same(case: cases.Case) -> None:
    ours = case.work(case.prepare())
    ours = flatten(ours.tolist()) if isinstance(ours, NDimArray) else ours
    for peer in case.peers.values():
        theirs = peer()
        assert ([sympify(entry) for entry in theirs] if isinstance(theirs, list) else theirs) == ours


@pytest.mark.parametrize("quantity", ["output", "grad_input"])
def test_all_ways_of_evidence_do_what_they_count(quantity: str) -> None:
    rates = evidence.verification("N, K, s, d, p open", quantity, 3, 1)
    arrays, exactly, by_sympy = (work() for work in rates.ways.values())
    assert arrays > 5000
    assert 3 <= exactly <= 4
    assert 1 <= by_sympy <= 2
