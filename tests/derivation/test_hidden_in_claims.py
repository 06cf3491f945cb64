"""What claims hide: terms of large sizes only, entries between two others, divisions by zero."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv.errors import OptionError
from symconv.index_sums.equation import parse
from symconv.index_sums.tokens import FormulaSyntaxError


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        # false beyond the grid: a term that only appears, disappears or is weighed at large sizes
        ("sum(k=0..K-1) w[k]*x[i+k] - [N >= 100]*w[0]", "refuted"),
        ("sum(k=0..K-1) w[k]*x[i+k] + [N >= 100]*w[0]", "refuted"),
        ("sum(k=0..K-1) w[k]*x[i+k]*(1 + [N >= 100])", "refuted"),
        ("sum(k=0..K-1) w[k]*x[i+k]*[(N+93)/100 <= 1] + sum(k=0..K-1) w[k]*x[i+k]*[N>=107]", "refuted"),
        ("sum(k=0..K-1) w[k]*x[i+k] - max(0, N-50)", "refuted"),
        ("sum(k=0..K-1) w[k]*x[i+k] + [N >= 100]*w[0]/2", "refuted"),
        # right in another form
        ("2*sum(k=0..K-1) w[k]*x[i+k] - sum(k=0..K-1) w[k]*x[i+k]", "proved"),
        ("sum(k=0..K-1) w[k]*x[i+k]*[0 <= i+k < N]", "proved"),
        ("sum(k=0..K-1) sum(j=0..N-1) [i = j-k]*w[k]*x[j]", "proved"),
        ("corr(x, w)[i]", "proved"),
    ],
)
def test_no_claim_is_proved_that_is_false_at_large_sizes(text: str, verdict: str) -> None:
    claim = sc.Conv1d("N", "K").claim("output", parse(text))
    assert claim.verdict == verdict, str(claim)
    assert bool(claim) == (verdict != "refuted")


BETWEEN = "undefined (reads x[{}], which is between two entries)"


@pytest.mark.parametrize(
    ("term", "told"),
    [
        # 0 for every K, but only since K is positive; what it reads, it reads all the same
        ("min(K, 0)*x[1/2]", BETWEEN.format("1/2")),
        ("(max(K, 1) - K)*x[N + K/2]", BETWEEN.format("3/2")),
        ("[N > 50]*min(K, 0)*x[1/2]", BETWEEN.format("1/2")),
        ("[N > 50]*(1 - [K > 0])*x[N/2]", BETWEEN.format("51/2")),
        ("[N > 50]*min(K, 0)*sum(t=0..N) x[t/2]*w[0]", BETWEEN.format("1/2")),
        ("sum(t=0..2) [N > 50]*(min(K + t, t) - t)*x[t/2]", BETWEEN.format("1/2")),
        ("[N > 50]*[1 <= K]*x[K/2]", BETWEEN.format("1/2")),
        ("[1/min(K, 0) > 5]", "undefined (divides by zero)"),
        # the same, where it cannot be decided what is read or divided by
        ("[N > 50]*min(K, 0)*x[(N*N + N)/2]", "verified"),
        ("min(K, 0)/(N - 50)", "verified"),
        ("min(K, 0)*mod(i, N - 50)", "verified"),
        ("[N > 50]*min(K, 0)*corr(x, spread(w, N - 51))[i]", "verified"),
        # harmless: the index is an integer after all, or nothing is read
        ("x[N + min(K, 0)/2]", "proved"),
        ("[N > 50]*min(K, 0)*x[N + 3]", "proved"),
        ("[N > 50]*[N < 40]*min(K, 0)*x[1/2]", "proved"),
        ("sum(t=0..min(K, 0) - 1) x[t/2]", "proved"),
        ("min(K, 0)*corr(x, spread(w, K))[i]", "proved"),
    ],
)
def test_no_term_that_is_zero_hides_what_it_reads_or_divides_by(term: str, told: str) -> None:
    claim = sc.Conv1d("N", "K").claim("output", parse(f"sum(k=0..K - 1) w[k]*x[i + k] + {term}"))
    assert told in (claim.verdict, claim.refutation and claim.refutation.claimed), str(claim)


def test_indices_from_1_hide_nothing_either() -> None:
    made = sc.Conv1d("N", "K", notation=sc.Notation(base=1))
    for gate, verdict in (("[i < 2]", "refuted"), ("[i < 1]", "proved")):
        text = f"sum(k=1..K) w[k]*x[i + k - 1] + [N > 50]*{gate}*min(K, 0)*x[1/2]"
        assert made.claim("output", parse(text)).verdict == verdict


@pytest.mark.parametrize(
    "term", ["[N > 50]/min(K, 0)", "[N > 50]*mod(i, min(K, 0))", "[N > 50]*[1/min(K, 0) > 5]"]
)
def test_a_claim_that_divides_by_zero_at_every_size_is_refused(term: str) -> None:
    with pytest.raises(OptionError, match="a part of the formula is undefined at all sizes"):
        sc.Conv1d("N", "K").claim("output", parse(f"sum(k=0..K - 1) w[k]*x[i + k] + {term}"))


@pytest.mark.parametrize("text", ["0*x[1/2]", "x[i/2] - x[i/2]", "mod(K, 1)*x[i/2]", "[1 = 2]*x[i/2]"])
def test_an_entry_that_cancels_must_be_one(text: str) -> None:
    with pytest.raises(FormulaSyntaxError, match=r"x\[.*/2\] cancels, but may lie between two entries"):
        parse(text)
    assert parse(text.replace("/2", "")) == 0


@pytest.mark.parametrize("text", ["(0 + [K < 0]/2)*x[1/2]", "x[i/2]*([K < 0] - 0*N)", "w[0] + 0 + x[N/2]"])
def test_a_zero_that_is_added_hides_nothing(text: str) -> None:
    """Zero times an entry would be refused too: a bracket that is 0 as well does not take its place."""
    with pytest.raises(FormulaSyntaxError, match="a 0 that is added hides what is multiplied by it"):
        parse(text)
    parse(text.replace("/2]", "]"))


def test_a_right_claim_with_a_divided_index_is_proved() -> None:
    made = sc.Conv1d("N", "K", stride=2)
    right = "sum(i=0..M-1) sum(k=0..K-1) [i = (j-k)/2]*delta[i]*w[k]"
    assert made.claim("grad_input", parse(right)).verdict == "proved"
    assert (
        sc.Conv1d("N", "K", stride=8).claim("output", parse("sum(k=0..K-1) w[k]*x[8*i+k]")).verdict
        == "proved"
    )
    assert not sc.Conv1d("N", "K", stride=8).claim("output", parse("sum(k=0..K-1) w[k]*x[999*i+k]"))


def test_claims_are_tried_at_steps_beyond_those_of_a_proof() -> None:
    layer = sc.Conv1d("N", "K", stride="s")
    claim = layer.claim("output_size", sc.parse("floor((N - K)/s) + 1 + [s >= 4]"))
    assert claim.verdict == "refuted"
    assert claim.refutation is not None
    assert claim.refutation.sizes["s"] >= 4
