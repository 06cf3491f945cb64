"""No random claim gets a verdict that plain loops over fractions contradict."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice, product
from random import Random
from typing import Any

import pytest

import symconv as sc
from symconv.derivation import judge
from symconv.derivation.claims import _checked, decided
from symconv.errors import OptionError, SymconvError
from symconv.evidence import smt_proof
from symconv.index_sums.tokens import FormulaSyntaxError
from tests.evidence.claim_formulas import Formula, Names, Poly, UndefinedError, read
from tests.evidence.claim_oracle import Case
from tests.evidence.wrong_claims import Family, WrongClaim, claims, families

#: Points that each proof is looked at, and the largest product of outputs and taps of one of them.
POINTS, MOST = 12, 20_000


def names(claim: WrongClaim, case: Case, sizes: dict[str, int], kept: tuple[int, ...]) -> Names:
    formula = claim.family.formulas[claim.name]
    index = {str(s): at + case.base for (s, _, _), at in zip(formula.index, kept, strict=True)}
    return {**sizes, "M": case.axes[0][5], **index, **{f"M_{n}": a[5] for n, a in enumerate(case.axes, 1)}}


def value(formula: Formula, case: Case, at: Names) -> Poly | str:
    try:
        return formula.at(at, case)
    except UndefinedError as error:
        return f"undefined ({error})"


def far(claim: WrongClaim, steps: list[dict[str, int]], rng: Random) -> Any:
    """Points within the scope of a proof, as many as can be had where the condition of the claim holds.

    Strides and dilations that the scope leaves open are small in half of the points, any in the others.
    """
    family, gate = claim.family, Formula(claim.gate)
    axis = family.oracle.axes[0]
    for attempt in range(40 * POINTS):
        top = rng.choice((6, 30, 70, 150))
        sizes = {name: rng.randint(span[0], top) for name, span in family.grid.items()}
        if rng.random() < 0.5:
            small = rng.choice(list(sizes))
            sizes |= {name: min(n, rng.randint(0, 4)) for name, n in sizes.items() if name != small}
        if rng.random() < 0.5:
            sizes |= {name: rng.randint(1, 8) for name in sizes if name in (axis.stride, axis.dilation)}
        sizes |= rng.choice(steps)
        case = family.oracle.at(sizes)
        if case is None or case.size > MOST:
            continue
        indices = list(case.indices(claim.name)) if case.size < 2000 else []
        kept = rng.choice(indices) if indices else _random_index(claim, case, rng)
        at = names(claim, case, sizes, kept)
        if gate.at(at, case) or attempt > 30 * POINTS:
            yield case, sizes, kept, at


def _random_index(claim: WrongClaim, case: Case, rng: Random) -> tuple[int, ...]:
    return tuple(rng.randrange(count) for count in case.extents(claim.name))


def steps_of(scope: str, family: Family) -> list[dict[str, int]]:
    """The strides and dilations that a proof names, for the symbols that stand for them; else none."""
    pairs = re.findall(r"\((\d+), (\d+)\)", scope.partition("(stride, dilation)")[2])
    pairs += re.findall(r"stride (\d+), dilation (\d+)", scope)
    axis = family.oracle.axes[0]
    found = []
    for stride, dilation in pairs:
        symbols = (axis.stride, int(stride)), (axis.dilation, int(dilation))
        found.append({name: number for name, number in symbols if name.isidentifier()})
    return found or [{}]


def fault(claim: WrongClaim, rng: Random) -> tuple[str, str]:
    """The verdict, and what is wrong with it."""
    family = claim.family
    formula = family.formulas[claim.name]
    setting = formula._setting
    text = Formula(claim.text)
    try:
        told = judge(setting, formula, sc.parse(claim.text), family.grid)
    except (OptionError, FormulaSyntaxError) as error:
        known = any(
            words in str(error)
            for words in ("cannot be tried", "cancels", "is added", "undefined", "divides by zero")
        )
        return "refused", "" if known else f"not judged: {error}"
    if told.verdict == "refuted":
        return told.verdict, _refutation_fault(claim, told.refutation)
    number = 0
    for values in product(*family.grid.values()):
        sizes = dict(zip(family.grid, values, strict=True))
        case = family.oracle.at(sizes)
        if case is None:
            continue
        number += 1
        every = list(case.indices(claim.name))
        for kept in every if len(every) < 9 else rng.sample(every, 3):
            at = names(claim, case, sizes, kept)
            found, right = value(text, case, at), case.truth(claim.name, kept)
            if found != right:
                return told.verdict, f"{told}: but at {at} it is {found}, right is {right}"
    if number != told.cases:
        return told.verdict, f"{told}: there are {number} cases"
    if told.verdict == "proved":
        points = far(claim, steps_of(told.scope, family), rng)
        for _, (case, _, kept, at) in zip(range(POINTS), points, strict=False):
            found, right = value(text, case, at), case.truth(claim.name, kept)
            if found != right:
                return told.verdict, f"{told}: but at {at} it is {found}, right is {right}"
    return told.verdict, ""


def _refutation_fault(claim: WrongClaim, refutation: Any) -> str:
    """What is wrong with a counterexample."""
    case = claim.family.oracle.at(dict(refutation.sizes))
    if case is None:
        return f"{refutation}: there is no such layer"
    kept = tuple(int(at) - case.base for at in refutation.index.values())
    if any(not 0 <= at < n for at, n in zip(kept, case.extents(claim.name), strict=True)):
        return f"{refutation}: there is no such index"
    right, text = case.truth(claim.name, kept), Formula(claim.text)
    found = value(text, case, names(claim, case, dict(refutation.sizes), kept))
    if read(refutation.right) != right:
        return f"{refutation}: right is {right}"
    if found == right:
        return f"{refutation}: it is right there"
    told = read(refutation.claimed)
    if isinstance(found, str) != isinstance(told, str) or (not isinstance(found, str) and told != found):
        return f"{refutation}: it gives {found}"
    return ""


def decided_fault(claim: WrongClaim, rng: Random) -> tuple[str, str]:
    """What the engines decide alone, without a grid that is tried first, and what is wrong with it."""
    family = claim.family
    formula = family.formulas[claim.name]
    setting, text = formula._setting, Formula(claim.text)
    try:
        told = decided(setting, formula, *_checked(setting, formula, sc.parse(claim.text)))
    except (OptionError, FormulaSyntaxError):
        return "refused", ""
    except SymconvError:
        return "open", ""
    if isinstance(told, str):
        for case, _, kept, at in islice(far(claim, steps_of(told, family), rng), POINTS):
            found, right = value(text, case, at), case.truth(claim.name, kept)
            if found != right:
                return "proved", f"{told}: but at {at} it is {found}, right is {right}"
        return "proved", ""
    if told.point is None:
        return "open", ""
    sizes = {symbol.name: told.point[symbol.name] for symbol in setting.symbols}
    case, kept = family.oracle.at(sizes), tuple(told.point[index.name] for index in formula.kept)
    if case is None or any(not 0 <= at < n for at, n in zip(kept, case.extents(claim.name), strict=True)):
        return "refuted", f"{told.point}: there is no such layer or index"
    return "refuted", ""


def faults(seed: int, count: int, among: list[Family] | None = None, judged: Any = fault) -> Any:
    verdicts: Counter[str] = Counter()
    found = []
    for claim in claims(seed, count, among):
        verdict, wrong = judged(claim, Random(claim.text))
        verdicts[verdict] += 1
        if wrong:
            found.append(f"{claim.name} of {claim.family.made}: {claim.text}\n  {wrong}")
    return verdicts, found


@pytest.mark.exhaustive
def test_no_random_claim_is_judged_wrongly() -> None:
    few = [family for at, family in enumerate(families()) if at in (0, 1, 2, 6)]
    verdicts, found = faults(1, 40, few)
    assert not found, "\n".join(found)
    assert min(verdicts[verdict] for verdict in ("proved", "refuted")) >= 2, verdicts


@pytest.mark.exhaustive
def test_no_random_claim_of_80_is_judged_wrongly() -> None:
    verdicts, found = faults(2, 80)
    assert not found, "\n".join(found)
    assert min(verdicts[verdict] for verdict in ("proved", "verified", "refuted")) >= 2, verdicts


@pytest.mark.exhaustive
def test_no_random_claim_of_500_is_decided_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counterexamples are taken as the solver finds them, which leaves time for more claims."""
    monkeypatch.setattr(smt_proof, "_least", lambda question, answer: answer)
    verdicts, found = faults(3, 500, judged=decided_fault)
    assert not found, "\n".join(found)
    assert min(verdicts[verdict] for verdict in ("proved", "open", "refuted")) >= 12, verdicts
