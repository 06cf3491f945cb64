"""Every rule holds, says so, refuses what it cannot do, and is caught when it is wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sympy import Integer, Symbol

import symconv as sc
from symconv.derivation.derivation import Derivation, DerivationError
from symconv.derivation.rewriting import Script
from symconv.derivation.rules import limits
from symconv.derivation.rules import rule as rules
from symconv.derivation.scripts import SCRIPTS, written
from symconv.index_sums.nodes import Bound, Divides, Equal, IndexSum, Within
from symconv.index_sums.symbols import LayerSymbols
from symconv.pattern import Axis, Channels, Pattern, Specification
from tests.tiers import exhaustive, tiers


def unchecked(setting: LayerSymbols, name: str) -> Derivation:
    """A derivation that was not checked when it was made, so that its faults can be looked at.

    It ends where a later rule finds that its side condition does not hold any more.
    """
    script = Script(setting)
    with contextlib.suppress(rules.RuleError):
        SCRIPTS[name](script)
    made = object.__new__(Derivation)
    made.name, made._setting, made._lines = name, setting, script.lines
    return made


def setting(**options: Any) -> LayerSymbols:
    channels = [Channels.make(*options.pop("channels"))] if "channels" in options else []
    return LayerSymbols(Specification(Pattern((*channels, Axis.make("N", "K", **options))), bias=True))


def moved_bound(terms: IndexSum, low: int = 0, high: int = 0) -> IndexSum:
    """The first bound with its limits moved."""
    first, *rest = terms.bounds
    first = replace(
        first, lowers=tuple(b + low for b in first.lowers), uppers=tuple(b + high for b in first.uppers)
    )
    return replace(terms, bounds=(first, *rest))


def without(terms: IndexSum, kind: type) -> IndexSum:
    return replace(terms, conditions=tuple(c for c in terms.conditions if not isinstance(c, kind)))


def moved_equal(terms: IndexSum) -> IndexSum:
    """The last relation between indices off by one."""
    *rest, last = terms.conditions
    return replace(terms, conditions=(*rest, replace(last, right=last.right + 1)))


def moved_tie(terms: IndexSum) -> IndexSum:
    """The same where no entry is left, as in the ties, and not in the matrix that they are ties of."""
    return terms if terms.factors else moved_equal(terms)


def moved_entry(terms: IndexSum) -> IndexSum:
    """The last factor read one place further."""
    *rest, last = terms.factors
    return replace(terms, factors=(*rest, last.base[last.indices[0] + 1]))


def moved_overlap(terms: IndexSum) -> IndexSum:
    (overlap,) = terms.factors
    return replace(terms, factors=(overlap.func(*overlap.args[:2], overlap.args[2] + 1),))


def wrong_sign_of_padding(terms: IndexSum) -> IndexSum:
    p = Symbol("p", integer=True, nonnegative=True)
    return replace(
        terms, conditions=tuple(replace(c, right=c.right.xreplace({p: -p})) for c in terms.conditions)
    )


def wrong_definition(terms: IndexSum) -> IndexSum:
    """The relation of the inserted sum off by one."""
    *rest, nested = terms.factors
    return replace(terms, factors=(*rest, replace(nested, inner=moved_equal(nested.inner))))


GENERAL = {"stride": "s", "dilation": "d", "padding": "p"}
FULL = {"padding": "full", "flip": True}
GROUPS = {"channels": (4, 6, 2)}

#: A rule, a fault in it, a derivation that uses it, and the options of a layer where it matters.
FAULTS: list[tuple[type[rules.Rule], Callable[[IndexSum], IndexSum], str, dict[str, Any]]] = [
    (rules.Define, moved_entry, "output", GENERAL),
    (rules.Define, moved_equal, "upstream_matrix", GENERAL),
    (rules.Define, lambda t: moved_bound(t, high=-1), "output", FULL),
    (rules.Define, lambda t: moved_bound(t, low=1), "output_size", GENERAL),
    (rules.ChainRule, lambda t: moved_bound(t, high=-1), "grad_input", GENERAL),
    (rules.ChainRule, lambda t: moved_bound(t, low=1), "grad_kernel", GENERAL),
    (rules.InsertDefinition, wrong_definition, "grad_input", GENERAL),
    (rules.Linearity, lambda t: without(t, Equal), "grad_input", GENERAL),
    (rules.Linearity, lambda t: moved_bound(t, high=-1), "grad_kernel", GENERAL),
    (rules.DerivativeOfEntry, moved_equal, "grad_input", GENERAL),
    (rules.DerivativeOfEntry, moved_tie, "tying", GENERAL),
    (rules.Sift, lambda t: without(t, Equal), "grad_input", GENERAL),
    (rules.Sift, moved_equal, "matrix", GENERAL),
    (rules.Solve, lambda t: without(t, Divides), "grad_input", GENERAL),
    (rules.Solve, lambda t: without(t, Within), "grad_input", GENERAL),
    (rules.Solve, lambda t: without(t, Within), "windows", GENERAL),
    (rules.Solve, moved_entry, "grad_kernel", GENERAL),
    (limits.SplitPadding, wrong_sign_of_padding, "output", GENERAL),
    (limits.SplitPadding, lambda t: without(t, Equal), "output", GENERAL),
    (limits.Limits, lambda t: moved_bound(t, low=1), "output", GENERAL),
    (limits.Limits, lambda t: moved_bound(t, high=-1), "grad_input", GENERAL),
    (limits.Limits, lambda t: moved_bound(t, high=1), "grad_kernel", GENERAL),
    (limits.Limits, lambda t: moved_bound(t, high=1), "output_size", GENERAL),
    (limits.DropLimits, lambda t: moved_bound(t, low=1), "grad_kernel", FULL),
    (limits.DropLimits, lambda t: moved_bound(t, high=-1), "output_size", GENERAL),
    (limits.Reverse, moved_entry, "output", FULL),
    (limits.Reverse, lambda t: moved_bound(t, low=1), "output", {**GENERAL, "flip": True}),
    (limits.Shift, lambda t: moved_bound(t, high=1), "grad_kernel", FULL),
    (limits.Shift, moved_entry, "grad_kernel", FULL),
    (limits.OneTerm, moved_entry, "output", {"channels": (2, 2, 2)}),
    (limits.Count, lambda t: replace(t, factors=(t.factors[0] + 1,)), "output_size", GENERAL),
    (limits.Groups, lambda t: moved_bound(t, low=1), "grad_input", GROUPS),
    (limits.Groups, lambda t: moved_bound(t, high=2), "grad_input", GROUPS),
    (limits.Recognise, moved_overlap, "grad_input", GENERAL),
    (limits.Recognise, moved_overlap, "output", GENERAL),
]


def every_rule() -> set[type[rules.Rule]]:
    every = [value for room in (rules, limits) for value in vars(room).values()]
    kinds = {kind for kind in every if isinstance(kind, type) and issubclass(kind, rules.Rule)}
    return kinds - {rules.Rule}


def test_a_fault_is_planted_in_every_rule() -> None:
    assert {rule for rule, *_ in FAULTS} == every_rule()


#: Numbers that show every fault, and strides and dilations for which no proof holds; all by default.
SMALL = {"N": range(1, 6, 2), "K": range(1, 4), "s": range(1, 4), "d": range(1, 3), "p": range(0, 3, 2)}
TRIED = [
    pytest.param(SMALL, ([2], [1]), id="few"),
    pytest.param({}, ([1, 2], [1, 2]), id="all", marks=exhaustive),
]
#: One fault in each rule.
FEW = list({rule: (rule, *rest) for rule, *rest in reversed(FAULTS)}.values())


@pytest.mark.parametrize(("numbers", "steps"), TRIED)
@pytest.mark.parametrize(
    ("rule", "fault", "name", "options"),
    tiers(FAULTS, FEW, several=True),
    ids=lambda v: getattr(v, "__name__", str(v)),
)
def test_a_fault_in_a_rule_is_found_at_its_step(
    rule: type[rules.Rule],
    fault: Callable,
    name: str,
    options: dict,
    numbers: dict[str, range],
    steps: tuple[list[int], list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = rule.rewrite
    monkeypatch.setattr(rule, "rewrite", lambda self, terms, setting: fault(right(self, terms, setting)))
    wrong = setting(**options)
    made = unchecked(wrong, name)
    at = next(n for n, line in enumerate(made._lines) if line.rule == rule.name)
    named = {symbol.name for size in wrong.sizes.values() for symbol in size.free_symbols}
    verified = made.verify(**{size: span for size, span in numbers.items() if size in named})
    assert not verified
    first = next(step for step in verified.steps if not step)
    assert (first.number, first.rule) == (at + 1, rule.name)
    assert first.failure is not None
    assert set(first.failure.sizes) == named
    assert f"step {at + 1}, {rule.name}: FAILS: for K = " in str(verified)
    assert "does not hold" in str(verified)

    strides, dilations = steps
    proof = made.prove(strides=strides, dilations=dilations)
    assert not proof
    failed = next(step for step in proof.steps if not step)
    assert (failed.number, failed.rule) == (at + 1, rule.name)
    assert "not proved" in str(proof)

    with pytest.raises((DerivationError, rules.RuleError), match=r"does not hold|cannot be applied"):
        Derivation(wrong, name)


def test_a_rule_refuses_what_it_cannot_do() -> None:
    made = setting(**GENERAL)
    i, k, j = (made.indices(role)[0] for role in ("output", "tap", "input"))
    x, w = made.sequence("input"), made.sequence("kernel")
    span = Bound(k, (Integer(0),), (made.last(k),))
    plain = IndexSum((span,), (), (w[k],))
    overlap = written(made, "output")[-1].terms.factors[0]
    two_limits = replace(plain, bounds=(replace(span, uppers=(*span.uppers, i)),))
    refused = [
        (rules.Linearity(), plain, "there is no derivative of a sum"),
        (rules.DerivativeOfEntry(), plain, "there is no derivative"),
        (rules.Sift(k), plain, "no bracket fixes k within its range"),
        (rules.Sift(k), replace(plain, conditions=(Equal(k, j),)), "no bracket fixes k within its range"),
        (rules.Solve(k), plain, "no relation holds k"),
        (rules.Solve(k), replace(plain, conditions=(Equal(j, k * k + k),)), "not affine in k"),
        (rules.InsertDefinition(plain), plain, "the index k is in use"),
        (rules.Define(x[j], plain, "that"), plain, "is not a factor"),
        (rules.Define(w[k], plain, "that"), plain, "the index k is in use"),
        (rules.ChainRule((span,), (w[k],), x[k], "that"), plain, "no derivative of the loss alone"),
        (limits.SplitPadding((j,)), plain, "there is no padded input"),
        (limits.Reverse(k), moved_bound(plain, low=1), "k does not run from 0"),
        (limits.Shift(k), two_limits, "more than one limit"),
        (limits.Groups(), plain, "no condition holds a group"),
        (limits.Limits(k), plain, "no condition bounds k"),
        (limits.DropLimits(), plain, "every condition can fail"),
        (limits.Count(), plain, "not of ones"),
        (limits.Recognise(overlap, "that"), plain, "over other sequences"),
    ]
    for rule, terms, words in refused:
        with pytest.raises(rules.RuleError, match=words):
            rule.rewrite(terms, made)
    assert x is not w


def test_every_rule_is_named_and_explained() -> None:
    names = [rule.name for rule in every_rule()]
    assert len(set(names)) == len(names)
    for rule in every_rule():
        assert rule.reason.endswith(".")
        assert rule.__doc__


def test_a_script_is_a_list_of_applied_rules() -> None:
    script = Script(setting(**GENERAL))
    SCRIPTS["grad_input"](script)
    rules_used = ", ".join(line.rule for line in script.lines)
    first, last = (
        "chain rule, substitution, linearity, entry rule, sifting",
        "solving, limits, named operation",
    )
    assert rules_used == f"{first}, {last}"
    assert sc.Conv1d("N", "K").derive("grad_input").steps[0].rule == "chain rule"
