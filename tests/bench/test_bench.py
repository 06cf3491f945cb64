"""The benchmark runs, and its routes do the same work."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sympy import NDimArray, Symbol, diff, flatten, sympify

from tests.bench import cases, evidence, planes
from tests.optional import required


@pytest.mark.exhaustive
def test_the_benchmark_prints_ratios_exponents_and_memory() -> None:
    call = [sys.executable, "-m", "tests.bench", "--quick"]
    printed = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    assert printed.count("times symconv's") == 20
    assert printed.count("cases a second") == 6
    assert printed.count("steps a second") == 4
    assert printed.count("times as many by arrays") == 4
    assert printed.count("exponent") == len(cases.GROWING) + 7
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


@pytest.mark.exhaustive
@pytest.mark.parametrize("quantity", ["output", "grad_input"])
def test_all_ways_of_evidence_do_what_they_count(quantity: str) -> None:
    rates = evidence.verification("N, K, s, d, p open", quantity, 3, 1)
    arrays, exactly, by_sympy = (work() for work in rates.ways.values())
    assert arrays > 5000
    assert 3 <= exactly <= 4
    assert 1 <= by_sympy <= 2


@pytest.mark.exhaustive
def test_networks_have_the_gradients_of_their_peers() -> None:
    required("torch")
    from tests.bench import networks

    trained = networks.trained(2)
    (peer,) = trained.peers.values()
    assert np.allclose(trained.work(None), peer(), rtol=1e-12, atol=1e-14)
    depth, size, rng = 2, 8, np.random.default_rng(0)
    loss, weights = networks.composed(depth, size)
    x, w, target = rng.normal(size=size), rng.normal(size=(depth, 3)), rng.normal(size=size)
    numbers = {
        Symbol(f"{letter}{at}"): v for letter, row in (("x", x), ("t", target)) for at, v in enumerate(row)
    }
    numbers |= dict(zip(weights, w.ravel(), strict=True))
    ours = networks.deep(depth, size).numpy()(x=x, w=list(w), target=target)[1]["w"]
    theirs = [float(diff(loss, weight).subs(numbers)) for weight in weights]
    assert np.allclose(np.ravel(ours), theirs, rtol=1e-12, atol=1e-14)
