"""The solver proves what holds, refutes what does not, and agrees with integer sets on given numbers."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import islice
from random import Random
from typing import Any

import pytest
from sympy import Symbol

import symconv as sc
from symconv.derivation.derivation import Derivation
from symconv.evidence import proofs, smt_proof
from symconv.evidence.cases import geometries
from symconv.evidence.smt_solver import z3_answer
from symconv.evidence.smt_terms import Terms, UndecidedError
from symconv.index_sums.symbols import kept_indices
from symconv.pattern import Axis
from tests.derivation.families import QUANTITIES
from tests.derivation.test_rules import moved_bound, moved_entry, moved_equal, without
from tests.evidence.layers import KINDS
from tests.tiers import tiers


@cache
def layer(kind: str) -> Any:
    return KINDS[kind]()


def derived(kind: str) -> list[str]:
    """The quantities that a layer has a derivation of."""
    pooled = kind in ("maximum", "average", "average of inputs", "rounded up")
    names = [name for name in QUANTITIES if name != "grad_bias" or kind in _BIASED]
    return [n for n in names if n in ("output_size", "output", "matrix", "grad_input")] if pooled else names


_BIASED = ("plain", "transposed", "channels", "groups", "plane")
EVERY = [(kind, name) for kind in KINDS for name in derived(kind)]
FEW = [("plain", "grad_input"), ("plain", "output_size"), ("transposed", "output"), ("circular", "output")]


@pytest.mark.parametrize(("kind", "name"), tiers(EVERY, FEW, several=True))
def test_every_quantity_is_proved_for_all_strides_and_dilations(kind: str, name: str) -> None:
    proof = layer(kind).derive(name).prove(engine="z3")
    assert proof, str(proof)
    assert str(proof) == f"{name}: proved for all {', '.join(proof.sizes)}, by z3"
    assert {"s", "d"} & set(proof.sizes)


@pytest.mark.parametrize("kind", tiers(KINDS, ["plain", "transposed"]))
def test_what_is_taken_for_granted_excludes_no_layer(kind: str) -> None:
    """At each layer and each kept index the assertions before the statement can be met, as they stand."""
    rng, made = Random(kind), layer(kind).derive("grad_input")
    setting, line = made._setting, made._lines[-1]
    kept = kept_indices(setting, line.left)
    asked = smt_proof.asked(setting, proofs.sides(made._lines, len(made._lines) - 1), kept)
    cases = list(islice(geometries(setting), 400))
    for question in asked[-2:]:
        layers, divisions, _ = question.assertions
        plain = replace(question, assertions=(layers, divisions, ()))
        for case in rng.sample(cases, min(4, len(cases))):
            place = rng.choice(list(case.places(kept)))
            names = dict(question.names)
            at = [f"(= {names[name]} {value})" for name, value in {**case.sizes, **place}.items()]
            assert z3_answer(plain, more=at).verdict == "sat", (case.sizes, place)


FAULTS = [
    lambda t: moved_bound(t, low=1), lambda t: moved_bound(t, high=-1), lambda t: moved_bound(t, high=1),
    moved_equal, moved_entry, lambda t: without(t, object),
]  # fmt: skip


def engines(made: Derivation) -> list[tuple[str, bool, bool]]:
    """What both engines say of each step."""
    by_solver, by_sets = (made.prove(engine=engine) for engine in ("z3", "islpy"))
    pairs = zip(by_solver.steps, by_sets.steps, strict=True)
    return [(step.rule, bool(step), bool(other)) for step, other in pairs]


@pytest.mark.parametrize("seed", tiers(range(60), range(3)))
def test_solver_and_integer_sets_agree_on_given_numbers(seed: int) -> None:
    rng = Random(seed)
    options: dict[str, Any] = {
        "stride": rng.randint(1, 4), "dilation": rng.randint(1, 3), "flip": rng.random() < 0.5,
        "padding": rng.choice(["p", "full", ("p", "q"), 2]),
    }  # fmt: skip
    made = sc.Conv1d("N", "K", **options).derive(rng.choice([n for n in QUANTITIES if n != "grad_bias"]))
    assert all(ours and theirs for _, ours, theirs in engines(made))
    wrong = object.__new__(Derivation)
    at = rng.randrange(len(made._lines))
    lines = list(made._lines)
    for fault in rng.sample(FAULTS, len(FAULTS)):
        try:
            lines[at] = replace(made._lines[at], terms=fault(made._lines[at].terms))
        except (AttributeError, IndexError, ValueError, TypeError):
            continue  # this line has nothing that can be moved so
        if lines[at] != made._lines[at]:
            break
    wrong.name, wrong._setting, wrong._lines = made.name, made._setting, lines
    for rule, ours, theirs in engines(wrong):
        assert ours == theirs, (options, made.name, at, rule)


def test_names_that_the_language_has_taken_are_sizes_all_the_same() -> None:
    for names in (("let", "div", "abs"), ("λ", "μ", "q1")):
        size, taps, stride = map(Symbol, names)
        proof = sc.Conv1d(size, taps, stride=stride).derive("output").prove(engine="z3")
        assert proof, str(proof)


def test_what_may_be_zero_is_not_divided_by() -> None:
    n, i = Symbol("N", integer=True, positive=True), Symbol("i", integer=True)
    terms = Terms()
    for expr in (1 / i, n // i, n % i, n // (n - 1), n**i):
        with pytest.raises(UndecidedError):
            terms.value(expr)
    assert terms.value(i // n).divisor == "1"


def test_a_step_that_fails_far_away_names_small_numbers() -> None:
    made = sc.Conv1d("N", "K", stride="s")
    claim = made.claim("output_size", sc.parse("floor((N - K)/s) + 1 + [s > 50]*[K > 20]"))
    assert str(claim) == ("output_size: refuted; for K = 21, N = 21, s = 51 it gives 2 instead of 1")
    assert Axis.make(21, 21, stride=51).output_size == 1
