"""The check finds every planted fault, and says where."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from sympy import Symbol, pi, sqrt, symbols

import symconv as sc
from symconv.check import evaluate
from symconv.check.references import libraries
from symconv.errors import MissingExtraError, OptionError
from symconv.explicit.registry import compared
from tests.tiers import tiers

LAYERS = [
    sc.Conv1d(5, 3),
    sc.Conv1d(4, 3, padding="full", flip=True),
    sc.Conv1d(7, 2, stride=3, dilation=2, padding=(2, 1), bias=True),
    sc.Conv1d(2, 1, padding=3, stride=2),
    sc.Conv1d(3, 2, padding="full", flip=True).at(x=[1, Fraction(1, 3), -2], w=[Symbol("a") + 1, 4]),
]


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_a_right_layer_agrees_with_every_reference(layer: sc.Conv1d) -> None:
    report = layer.check()
    assert report, str(report)
    assert {f.reference for f in report.findings} >= {"sliding windows", "loops", "central differences"}
    scipy = any(f.reference == "scipy.signal" for f in report.findings)
    assert scipy == (layer.entries.symbols is layer.entries.values), "SciPy counts in machine integers"
    judged = {f.quantity for f in report.findings}
    assert judged == {"output_size", *compared(layer.spec)}
    whole = layer.entries.symbols is layer.entries.values
    exact = [f for f in report.findings if whole or f.reference not in ("PyTorch", "JAX")]
    assert all(f.cases > 0 and f.largest_error == 0 for f in exact)
    assert not whole or str(report).endswith("all agree exactly")


NAMES = compared(LAYERS[2].spec)
FAULTS = ["neighbour", "lost term", "extra entry", "sign"]


@pytest.mark.parametrize(
    ("name", "fault"),
    tiers(product(NAMES, FAULTS), list(zip(NAMES, FAULTS * len(NAMES), strict=False)), several=True),
)
def test_a_planted_fault_in_any_quantity_is_found(name: str, fault: str) -> None:
    layer = sc.Conv1d(7, 2, stride=3, dilation=2, padding=(2, 1), bias=True)
    entries = layer.entries.symbols.entries(name)
    place = sorted(entries)[len(entries) // 2]
    size = layer.entries.symbols.shape(name)[0] * layer.entries.symbols.shape(name)[1]
    right = dict(entries)
    if fault == "neighbour":
        names = {
            s: Symbol(f"{s.name[:-1]}{(int(s.name[-1]) + 1) % 2}")
            for s in entries[place].free_symbols
            if s.name != "b"
        }
        entries[place] = entries[place].xreplace(names) if names else entries[place] + 1
    elif fault == "lost term":
        del entries[place]
    elif fault == "sign":
        entries[place] = -entries[place]
    else:
        empty = [cell for cell in range(size) if cell not in entries]
        entries[empty[0] if empty else place] = Symbol("w0") * 2
    assert entries != right
    report = layer.check()
    assert not report
    wrong = [f for f in report.findings if not f]
    assert {f.quantity for f in wrong} == {name}
    assert {f.reference for f in wrong} == {f.reference for f in report.findings if f.quantity == name}
    assert all(f.largest_error > 0 for f in wrong)
    assert f"{name}[" in str(report)
    assert "the reference gives" in str(report)
    assert "comparisons differ" in str(report)


def test_a_wrong_output_size_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = sc.Conv1d(7, 2, stride=3)
    layer.check()
    monkeypatch.setattr(type(layer.axes[0]), "output_size", property(lambda self: 3))
    assert not layer.check()


def test_a_value_that_is_put_in_wrong_is_found() -> None:
    layer = sc.Conv1d(3, 2).at(x=[1, 2, 3], w=[4, 5])
    layer.entries.values.entries("output")[0] += 1
    report = layer.check()
    wrong = next(f for f in report.findings if not f)
    assert wrong.counterexample is not None
    assert (wrong.counterexample.index, wrong.counterexample.found, wrong.counterexample.expected) == (
        (0,),
        15,
        14,
    )
    assert wrong.counterexample.operands["x"] == [1, 2, 3]


def test_counterexamples_of_other_sizes_are_told() -> None:
    layer = sc.Conv1d(4, 2)
    layer.entries.symbols.entries("matrix")
    object.__setattr__(layer.entries.symbols.contraction("matrix"), "shape", (3, 5))
    report = layer.check()
    assert not report
    assert "15 entries" in str(report)


def test_floats_agree_to_rounding_and_say_so() -> None:
    report = sc.Conv1d(4, 3).at(x=[0.1, 0.2, 0.3, 0.7], w=[0.1, 1.5, 1 / 3]).check()
    assert report
    assert "exactly" not in str(report).splitlines()[-1] or all(f.largest_error == 0 for f in report.findings)
    assert sc.Conv1d(2, 1).at(x=[sqrt(2), 1], w=[sqrt(2)]).check()


def test_large_integers_do_not_overflow() -> None:
    big = 10**30
    assert sc.Conv1d(3, 2).at(x=[big, big + 1, -big], w=[big, 7]).check()


def test_the_same_seed_gives_the_same_report() -> None:
    layer = sc.Conv1d(5, 3)
    assert str(layer.check(seed=4)) == str(layer.check(seed=4))
    with pytest.raises(OptionError, match="draws is 0"):
        layer.check(draws=0)


@pytest.mark.parametrize(("name", "called"), [("scipy", "SciPy"), ("torch", "PyTorch"), ("jax", "JAX")])
def test_a_missing_library_is_named_with_its_cure(
    name: str, called: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = libraries.find_spec
    monkeypatch.setattr(libraries, "find_spec", lambda asked: None if asked == name else real(asked))
    report = sc.Conv1d(3, 2).check()
    assert report
    assert f"not compared with {called}" in str(report)
    assert f"pip install 'symconv[{name}]'" in str(report)
    with pytest.raises(MissingExtraError, match=f"symconv\\[{name}\\]"):
        sc.Conv1d(3, 2).check(reference=name)


def test_one_reference_can_be_asked_for() -> None:
    report = sc.Conv2d(4, 3, padding=1).check(reference="loops")
    assert report
    assert {f.reference for f in report.findings} == {"loops"}
    with pytest.raises(OptionError, match="did you mean 'torch'"):
        sc.Conv1d(3, 2).check(reference="torhc")


def test_fractions_are_compared_with_floating_point_to_rounding() -> None:
    layer = sc.Conv1d(3, 2).at(x=[Fraction(1, 3), Fraction(2, 7), 1], w=[Fraction(1, 9), 3])
    assert layer.check(reference="loops")
    assert layer.check()


def test_evaluation_is_exact() -> None:
    x, y = symbols("x y")
    assert evaluate(x * y - 3 * x + Fraction(1, 3) * y**2, {x: 2, y: 5}) == Fraction(37, 3)
    assert evaluate(x * y, {x: 10**20, y: 10**20 + 1}) == 10**40 + 10**20
    assert evaluate(1 / x, {x: 3}) == Fraction(1, 3)
    assert evaluate(sqrt(x), {x: 4}) == 2
    assert evaluate(sqrt(x), {x: 2}) == sqrt(2)
    with pytest.raises(KeyError):
        evaluate(x * y, {x: 1})


def test_the_report_prints_as_latex(typeset) -> None:
    typeset(sc.Conv1d(4, 3, bias=True).check().latex())


@pytest.mark.parametrize(
    ("x", "w"),
    [
        ([0.1 + 0.3j, 0.2, 0.1j, 0.7], [0.3, 0.7 + 0.1j, 0.1]),
        ([0.1, 0.2, sqrt(2), 0.7], [0.3, pi, 0.1]),
        ([1e20, 1.0, -1e20, 3], [1, 1, 1]),
    ],
)
def test_floats_of_any_kind_agree(x: list, w: list) -> None:
    assert sc.Conv1d(4, 3).at(x=x, w=w).check()


def test_what_is_too_large_to_compare_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symconv.check.compare.MOST", 50)
    report = sc.Conv1d(8, 3).check()
    assert report
    assert "not compared with loops in tying, which needs more than 50 numbers at once" in str(report)
    assert {f.quantity for f in report.findings} >= {"output", "grad_input", "matrix"}
