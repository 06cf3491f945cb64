"""Claims that are right for every N up to 40, K up to 8 and stride up to 6 are refuted all the same."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import symconv as sc
from symconv.derivation import judge
from tests.evidence.claim_formulas import Formula, read
from tests.evidence.claim_oracle import Axis, Case, Layer
from tests.tiers import tiers

STRIDED = (sc.Conv1d("N", "K", stride="s"), Layer((Axis(stride="s"),)))
PADDED = (sc.Conv1d("N", "K", stride="s", padding="p"), Layer((Axis(stride="s", before="p", after="p"),)))
DILATED = (sc.Conv1d("N", "K", dilation="d"), Layer((Axis(dilation="d"),)))

OUTPUT, SIZE = "sum(k=0..K - 1) w[k]*x[s*i + k - p]", "floor((N - K)/s) + 1"
CLAIMS: dict[str, tuple[tuple[Any, Layer], str, str]] = {
    "long input": (PADDED, "output", f"{OUTPUT} + [N > 40]*x[0]"),
    "long kernel": (PADDED, "output", f"{OUTPUT} - [K > 8]*w[8]*x[0]"),
    "large stride": (PADDED, "output", f"{OUTPUT} + [s > 6]*w[0]"),
    "eight taps": (PADDED, "output", "sum(k=0..min(K - 1, 7)) w[k]*x[s*i + k - p]"),
    "one residue": (PADDED, "output", f"{OUTPUT} + [N > 40]*[mod(N, 7) = 3]*x[N - 1]"),
    "kernel longer than input": (PADDED, "output", f"{OUTPUT} + [K > N + 8]*w[K - 1]"),
    "product of sizes": (PADDED, "output", f"{OUTPUT} + [N*K > 320]*x[0]"),
    "size at stride 7": (STRIDED, "output_size", f"{SIZE} + [s >= 7]"),
    "forty outputs": (STRIDED, "output_size", f"min({SIZE}, 40)"),
    "one stride": (STRIDED, "output_size", f"{SIZE} + [s = 11]*[mod(N, 11) = 5]"),
    "forty gradients": (STRIDED, "grad_kernel", "sum(i=0..min(M - 1, 39)) delta[i]*x[s*i + k]"),
    "dilation 6 at the most": (DILATED, "output", "sum(k=0..K - 1) w[k]*x[i + min(d, 6)*k]"),
}


def value(text: str, case: Case, sizes: dict[str, int], at: dict[str, int]) -> Any:
    return Formula(text).at({**sizes, "M": case.axes[0][5], **at}, case)


@pytest.mark.parametrize("name", tiers(CLAIMS, ["one residue", "forty outputs"]))
def test_a_claim_that_is_wrong_beyond_every_grid_is_refuted(name: str) -> None:
    (made, oracle), quantity, text = CLAIMS[name]
    formula, rng = made.formula(quantity), Random(name)
    symbols = [symbol.name for symbol in formula._setting.symbols]
    most = {"N": 40, "K": 8, "s": 6, "d": 6, "p": 5}
    tried = 0
    while tried < 60:  # right within the grid
        sizes = {symbol: rng.randint(symbol != "p", most[symbol]) for symbol in symbols}
        case = oracle.at(sizes)
        if case is None:
            continue
        kept = rng.choice(list(case.indices(quantity)))
        at = {str(index): place for (index, _, _), place in zip(formula.index, kept, strict=True)}
        assert value(text, case, sizes, at) == case.truth(quantity, kept), (sizes, at)
        tried += 1
    few = {symbol: range(symbol != "p", 3) for symbol in symbols}
    claim = judge(formula._setting, formula, sc.parse(text), few)
    assert claim.verdict == "refuted", str(claim)
    refutation = claim.refutation
    assert refutation is not None
    sizes, at = dict(refutation.sizes), dict(refutation.index)
    assert any(sizes[symbol] > most[symbol] for symbol in symbols)
    case = oracle.at(sizes)
    assert case is not None
    right, found = case.truth(quantity, tuple(at.values())), value(text, case, sizes, at)
    assert (read(refutation.right), read(refutation.claimed)) == (right, found)
    assert right != found
