"""Derivations: every step verified and proved, printed, and named where an operation has a name."""

from __future__ import annotations

import builtins
import sys
from itertools import product
from typing import Any

import pytest
from sympy import Symbol, symbols

import symconv as sc
from symconv.errors import GeometryError, MissingExtraError, SymconvError
from symconv.evidence.polynomials import compiled
from symconv.evidence.report import CHANCE, Proof, Verification
from symconv.evidence.scalars import EvaluationError
from tests.derivation.families import FAMILIES, FEW, QUANTITIES, layer
from tests.seeds import printed_under_several_seeds
from tests.tiers import tiers


@pytest.mark.parametrize("options", tiers(FAMILIES, [FEW[3]]), ids=str)
def test_every_step_is_verified_and_proved(options: dict[str, Any]) -> None:
    small = {"N": range(1, 8, 2), "K": range(1, 4), "s": range(1, 4), "d": range(1, 4), "p": range(0, 4, 3)}
    small["q"] = range(2)
    made = layer(options, bias=True)
    symbols = {str(c.lhs) for c in made.formula("output").conditions}
    grid = {name: span for name, span in small.items() if name in symbols}
    for name in QUANTITIES:
        derivation = made.derive(name)
        verified = derivation.verify(**grid)
        assert verified, str(verified)
        assert verified.cases >= 5
        proof = derivation.prove(strides=[1, 2], dilations=[1, 3])
        assert proof, str(proof)
        assert {"N", "K"} <= set(proof.sizes)


@pytest.mark.parametrize("name", tiers(["output", "grad_input"], ["output"]))
def test_the_default_grid_is_large_and_counted(name: str) -> None:
    derivation = sc.Conv1d("N", "K", stride="s", dilation="d", padding="p").derive(name)
    verified = derivation.verify()
    assert verified.cases == 7430
    assert str(verified).endswith(f"{name}: every step checked on 7430 cases at random entries {CHANCE}")
    assert [step.cases for step in verified.steps] == [7430] * len(derivation.steps)
    assert "equal in 24 cases at random entries" in derivation.steps[0].evidence


def test_a_proof_says_what_it_covers_and_no_more() -> None:
    proof = sc.Conv1d("N", "K", stride="s", padding="p").derive("output").prove(strides=[2, 5])
    assert (
        str(proof) == "output: proved for all K, N, p, with (stride, dilation) = (2, 1) or (5, 1), by islpy"
    )
    assert (
        str(sc.Conv1d(4, 3).derive("output").prove())
        == "output: proved for the given sizes, with stride 1, dilation 1, by islpy"
    )


#: Layers whose derivations are printed, with what tells them apart in a few words.
PRINTED: dict[str, dict[str, Any]] = {
    "open steps": {"stride": "s", "dilation": "d", "padding": "p"},
    "two paddings": {"stride": "s", "dilation": "d", "padding": ("p", "q"), "flip": True},
    "full": {"padding": "full", "flip": True},
    "same": {"padding": "same"},
    "numbers": {"stride": 4, "dilation": 6, "padding": 3},
    "base 1": {"stride": "s", "padding": "p", "notation": sc.Notation(base=1)},
    "partial": {
        "padding": "p",
        "notation": sc.Notation(upstream_style="partial", input="L_in", kernel="theta"),
    },
}


@pytest.mark.parametrize("name", QUANTITIES)
@pytest.mark.parametrize("kind", tiers(PRINTED, ["open steps"]))
def test_derivations_and_formulas_print_on_a_page(name: str, kind: str, typeset) -> None:
    derivation = layer(PRINTED[kind], bias=True).derive(name)
    typeset(derivation.latex(), fits=True)
    typeset(derivation.result.latex(), fits=True)
    assert derivation._repr_latex_() == f"$\\displaystyle {derivation.latex()}$"
    text = str(derivation)
    assert "\\" not in text
    for step in derivation.steps:
        assert f"({step.rule})" in text
        assert f"\\text{{({step.rule})}}" in derivation.latex()
    assert set(derivation.reasons()) == {step.rule for step in derivation.steps}


PRESETS = sc.Notation.preset_names()
#: Layers in letters that no preset uses for something else.
LETTERED: dict[str, tuple[tuple[str, str], dict[str, Any]]] = {
    "strided": (("n_in", "taps"), {"stride": "st", "padding": "p"}),
    "general": (("n", "q"), {"stride": "r", "dilation": "e", "padding": ("g", "h"), "flip": True}),
}


@pytest.mark.parametrize(
    ("preset", "kind"),
    tiers(product(PRESETS, LETTERED), [("cs231n", "strided"), ("ufldl", "strided")], several=True),
)
def test_every_preset_prints_derivations(preset: str, kind: str, typeset) -> None:
    sizes, options = LETTERED[kind]
    made = sc.Conv1d(*sizes, bias=True, notation=preset, **options)
    for name in QUANTITIES:
        typeset(made.derive(name).latex(), fits=True)
        typeset(made.formula(name).latex(), fits=True)


def test_windows_that_are_columns_have_their_indices_exchanged() -> None:
    made = sc.Conv1d("n", "taps", stride="s", notation="cs231n")
    derivation = made.derive("windows")
    assert str(derivation).startswith("X_col[k, i] = ")
    assert derivation.verify()
    assert derivation.prove()
    assert made.formula("windows").at(n=5, taps=3, s=2) == sc.Conv1d(5, 3, stride=2).windows


def test_steps_are_plain_sympy() -> None:
    first = sc.Conv1d("N", "K").derive("output").steps[0]
    assert str(first.equation) == "Eq(y[i], Sum(w[k]*xpad[i + k], (k, 0, K - 1)))"
    assert (first.rule, first.left) == ("definition", first.equation.lhs)


def test_named_operations() -> None:
    def last(name: str, **options: Any) -> str:
        lines = str(sc.Conv1d("N", "K", **options).derive(name)).splitlines()
        return next(line for line in lines if "(named operation)" in line).split(" = ")[1]

    assert last("output") == "corr(x, w)[i]   (named operation)"
    assert last("output", padding="full", flip=True) == "conv(x, w)[i]   (named operation)"
    assert last("grad_input") == "conv(delta, w)[j]   (named operation)"
    assert last("grad_kernel") == "corr(x, delta)[k]   (named operation)"
    strided = last("grad_input", stride="s", dilation="d", padding="p")
    assert strided == "conv(spread(delta, s), spread(w, d))[j + p]   (named operation)"
    reasons = sc.Conv1d("N", "K", stride="s").derive("grad_input").reasons()
    assert "transposed convolution" in reasons["named operation"]


def test_the_sum_over_diagonals_is_a_formula() -> None:
    lines = str(sc.Conv1d("N", "K").derive("tying")).splitlines()
    assert lines[4].strip() == "= [j = i + k]   (sifting)"
    assert lines[5].strip() == "for 0 <= i <= M - 1, 0 <= j <= N - 1, 0 <= k <= K - 1"
    assert lines[6].strip() == "with M = N - K + 1"
    assert lines[7].strip().startswith("dL/dw[k] = sum(i=0..M - 1) sum(j=0..N - 1) E[i, j, k]*delta[i]*x[j]")
    assert lines[-3].strip().startswith("= sum(i=0..M - 1) delta[i]*x[i + k]")
    assert [line.strip() for line in lines[-2:]] == ["for 0 <= k <= K - 1", "with M = N - K + 1"]


def test_reports_are_true_only_when_something_was_checked() -> None:
    assert not Verification("output", ())
    assert not Proof("output", (), ())
    empty = sc.Conv1d("N", "K").derive("output").verify(N=range(1, 2), K=range(5, 6))
    assert not empty
    assert "there is no case" in str(empty)


def test_wrong_calls_are_refused() -> None:
    derivation = sc.Conv1d("N", "K", stride="s").derive("output")
    with pytest.raises(SymconvError, match="verify: unknown size 'M'; this layer has the sizes K, N, s"):
        derivation.verify(M=range(3))
    with pytest.raises(SymconvError, match="write whole numbers of at least 1"):
        derivation.prove(strides=[0])


@pytest.mark.parametrize("module", ["z3", "cvc5"])
def test_a_missing_solver_is_named_with_its_cure(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    derivation = sc.Conv1d("N", "K", stride="s").derive("output_size")
    with pytest.raises(MissingExtraError, match=rf"needs {module}.*: pip install 'symconv\[prove\]'"):
        derivation.certificate().check([module])


def test_without_any_engine_a_proof_names_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("z3", "islpy"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"needs z3-solver.*: pip install 'symconv\[prove\]'"):
        sc.Conv1d("N", "K", stride="s").derive("output_size").prove()


def test_a_missing_islpy_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_islpy(name, *rest, **more):
        if name == "islpy":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_islpy)
    made = sc.Conv1d("N", "K")
    with pytest.raises(MissingExtraError, match=r"pip install 'symconv\[prove\]'"):
        made.derive("output").prove()
    claim = made.claim("output", sc.parse("sum(k=0..K - 1) w[k]*x[i + k]"))
    assert claim.verdict == "verified"
    assert "no proof: a proof needs islpy" in str(claim)


def test_what_is_no_index_sum_is_refused() -> None:
    from sympy import sin

    with pytest.raises(EvaluationError, match="not an expression of sizes and indices"):
        compiled(sin(Symbol("N")))


@pytest.mark.exhaustive
def test_the_same_derivation_gives_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "import symconv as sc\n"
        "d = sc.Conv1d('N', 'K', stride='s', dilation='d', padding=('p', 'q')).derive('grad_input')\n"
        "print(d.latex(), d, d.result.latex(), d.result.rhs, d.result.conditions)\n"
        "print(d.prove(strides=[2], dilations=[2]))\n"
    )
    assert len(printed_under_several_seeds(code)) == 1


COMPOSITE = [
    sc.Conv1d("N", 7),
    sc.Conv1d("N", 3, dilation=4),
    sc.Conv1d(7, 3, stride="s"),
    sc.Conv1d("N", "K", padding=symbols("r") - 5),
    sc.Conv1d(symbols("n") + symbols("r"), "K", padding="p", stride="s"),
    sc.Conv1d(2 * symbols("r"), "K", stride=4, dilation=4, padding="p"),
]


@pytest.mark.parametrize("made", tiers(COMPOSITE, COMPOSITE[:4]), ids=repr)
@pytest.mark.parametrize("name", ["output_size", "output", "grad_input", "grad_kernel"])
def test_numeric_and_composite_sizes_are_derived_too(made: sc.Conv1d, name: str) -> None:
    derivation = made.derive(name)
    assert derivation.verify()
    assert derivation.prove()


@pytest.mark.parametrize("name", QUANTITIES)
def test_layers_of_numbers_only_are_proved_as_well(name: str) -> None:
    for options in ({}, {"padding": "same"}, {"stride": 2, "dilation": 2, "padding": (1, 2), "flip": True}):
        derivation = sc.Conv1d(6, 3, bias=True, **options).derive(name)
        assert derivation.verify()
        assert derivation.prove(), str(derivation.prove())


def test_large_numeric_layers_are_derived_in_a_moment() -> None:
    formula = sc.Conv1d(224, 7, stride=2, padding=3).formula("grad_input")
    assert str(formula.rhs.subs(formula.index[0][0], 0).doit()) == "delta[0]*w[3] + delta[1]*w[1]"


def test_a_wrong_formula_needs_more_than_one_size_to_hold() -> None:
    made = sc.Conv1d("N", 6)
    assert not made.claim("output_size", sc.parse("N^2 - 35"))
    assert made.claim("output_size", sc.parse("N - 5"))


def test_assumptions_of_symbols_are_kept() -> None:
    q = Symbol("q", integer=True, negative=True)
    formula = sc.Conv1d("N", "K", padding=-q).formula("output")
    assert formula.at(N=3, K=2, q=-1) == sc.Conv1d(3, 2, padding=1).output
    odd = Symbol("K", integer=True, positive=True, odd=True)
    centred = sc.Conv1d("N", odd, padding=(odd - 1) / 2)
    assert centred.derive("output_size").prove()
    assert centred.claim("output_size", sc.parse("N"))
    assert sc.Conv1d("N", odd).claim("output_size", sc.parse("N - 2*floor(K/2)"))


def test_one_symbol_may_be_stride_and_dilation_and_part_of_them() -> None:
    derivation = sc.Conv1d("N", "K", stride="s", dilation="s").derive("output")
    assert str(derivation.prove()) == "output: proved for all K, N, s, by z3"
    proof = derivation.prove(engine="islpy")
    assert str(proof).endswith("with (stride, dilation) = (1, 1), (2, 2) or (3, 3), by islpy")
    twice = sc.Conv1d("N", "K", stride=2 * symbols("r")).derive("output")
    assert not twice.prove()  # the sign of r is open, so that 2 r is not divided by
    with pytest.raises(SymconvError, match="a single symbol for stride and dilation, not 2\\*r"):
        twice.prove(engine="islpy")


def test_an_engine_is_named_and_fits_what_is_asked() -> None:
    derivation = sc.Conv1d("N", "K", stride="s").derive("output_size")
    with pytest.raises(SymconvError, match="engine is 'z4': write one of 'z3', 'islpy'"):
        derivation.prove(engine="z4")
    with pytest.raises(SymconvError, match="'z3' decides all strides and dilations: leave these out"):
        derivation.prove(engine="z3", strides=[2])


def test_symbols_of_one_name_are_one() -> None:
    formula = sc.Conv1d("N", "K", padding=symbols("K") - 1).formula("output_size")
    assert len(formula.rhs.free_symbols) == 2
    assert formula.at(N=4, K=3) == 6
    n, k = symbols("N K")
    own = sc.Conv1d(n, k)
    assert own.formula("grad_input").index[0][2] == n - 1
    assert own.derive("output").steps[-2].expr.has(k)


def test_layers_that_cannot_be_are_refused() -> None:
    with pytest.raises(GeometryError, match="no layer has small numbers for N"):
        sc.Conv1d("N", symbols("N") + 1).formula("output")


@pytest.mark.parametrize("base", [0, 1])
def test_a_named_operation_means_what_its_sentence_says(base: int) -> None:
    """(a * b)_n is the sum of a_m b_(n-m), (a corr b)_n that of a_(n+m) b_m, also counted from 1."""
    made = sc.Conv1d("N", "K", padding="full", notation=sc.Notation(base=base))
    last = made.derive("grad_input").steps[-1].expr
    at = last.args[2].subs({s: 3 for s in last.args[2].free_symbols if s.name == "K"})
    place = at.subs(dict.fromkeys(at.free_symbols, base))
    terms = {(m, place - m) for m in range(base, 7) if base <= place - m < base + 3}
    entry = sc.Conv1d(4, 3, padding="full", notation=sc.Notation(base=base)).grad_input[0]
    assert {f"delta{m}*w{n}" for m, n in terms} == {str(term) for term in entry.args}


def test_text_and_latex_name_the_upstream_gradient_alike() -> None:
    made = sc.Conv1d("N", "K", notation=sc.Notation(upstream_style="partial"))
    assert "dL/dy[j - k]*w[k]" in str(made.formula("grad_input"))


def test_reasons_are_in_the_words_of_the_layer() -> None:
    padded = sc.MaxPool1d(5, 3, stride=2, padding=1).derive("output").reasons()["padding"]
    assert padded.endswith("Nothing in the padding is selected.")
    plain = sc.ConvTranspose1d("H", "R", stride="r").derive("output_size").reasons()["definition"]
    last = "The last tap of the last input reaches furthest"
    assert plain == f"{last}. There is one output for each position up to there."
    cut = sc.ConvTranspose1d("H", "R", stride=2, padding="q", output_padding=1).derive("output_size")
    assert "; the padding is cropped; the output padding is added at the end." in cut.reasons()["definition"]


def test_primes_stand_behind_the_number_of_an_axis() -> None:
    latex = sc.Conv2d("N", "K").derive("matrix").latex()
    assert "j_{1}'" in latex
    assert "1'}" not in latex


def test_one_case_is_one() -> None:
    checked = sc.Conv1d("N", "K").derive("output").verify(N=[3], K=[2])
    assert str(checked).endswith(f"every step checked on 1 case at random entries {CHANCE}")
