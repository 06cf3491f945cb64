"""Each feature of a layer, and each pair of them, in closed forms: equal to explicit entries, and proved."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product
from typing import Any

import pytest
from sympy import Expr

import symconv as sc
from symconv.derivation.scripts import written
from symconv.index_sums.nodes import Bound, IndexSum, Nested
from tests.tiers import tiers

SIZES = {"N": 4, "M'": 3, "K": 2, "R": 3, "s": 2, "d": 2, "p": 1, "q": 2, "C_in": 4, "C_out": 2, "B": 2}

#: What a feature adds to the options of a layer; names stand for symbols of ``SIZES``.
FEATURES: dict[str, dict[str, Any]] = {
    "rank 2": {"rank": 2},
    "stride": {"stride": "s"},
    "dilation": {"dilation": "d"},
    "padding": {"padding": "p"},
    "flip": {"flip": True},
    "channels": {"in_channels": "C_in", "out_channels": "C_out"},
    "groups": {"in_channels": 4, "out_channels": 2, "groups": 2},
    "batch": {"batch": "B"},
    "bias": {"bias": True},
    "circular": {"padding": "p", "padding_mode": "circular"},
    "reflect": {"padding": "p", "padding_mode": "reflect"},
    "replicate": {"padding": "p", "padding_mode": "replicate"},
    "transposed": {"transposed": True},
    "output padding": {"transposed": True, "stride": 2, "output_padding": 1},
}
CLASH = {
    frozenset(pair)
    for pair in [
        ("channels", "groups"), ("circular", "reflect"), ("circular", "replicate"), ("reflect", "replicate"),
        *((mode, kind) for mode in ("circular", "reflect", "replicate")
          for kind in ("transposed", "output padding")),
        ("output padding", "transposed"),
    ]
}  # fmt: skip
PAIRS = [(name,) for name in FEATURES] + [
    pair for pair in combinations(FEATURES, 2) if frozenset(pair) not in CLASH
]

#: Pairs that every run tries; with each feature alone.
FEW = [(name,) for name in [*FEATURES][::4]] + [("stride", "dilation"), ("batch", "reflect")]


@cache
def layer(names: tuple[str, ...], *, numbers: bool) -> sc.Conv:
    options: dict[str, Any] = {}
    for name in names:
        options |= FEATURES[name]
    rank = options.pop("rank", 1)
    kind = sc.ConvTranspose if options.pop("transposed", False) else sc.Conv
    sizes: list[Any] = [("N",) * rank, ("K",) * rank]
    if numbers:
        options = {name: SIZES.get(value, value) if isinstance(value, str) else value
                   for name, value in options.items()}  # fmt: skip
        sizes = [tuple(SIZES[part] for part in size) for size in sizes]
    return kind(*sizes, **options)


def same(found: Any, wanted: Any) -> bool:
    if hasattr(found, "tolist"):
        return bool(found.tolist() == wanted.tolist())
    return bool(found == wanted)


@pytest.mark.parametrize("names", tiers(PAIRS, FEW), ids=" and ".join)
def test_formulas_give_the_explicit_entries(names: tuple[str, ...]) -> None:
    open_layer, explicit = layer(names, numbers=False), layer(names, numbers=True)
    every = open_layer.formula_names
    chosen = every if len(names) == 1 else [n for n in every if n in ("output", "grad_input", "grad_kernel")]
    symbols = {s.name for s in open_layer.formula("output_size")._setting.symbols}
    sizes = {name: value for name, value in SIZES.items() if name in symbols}
    for name in chosen:
        if name == "output_size":
            sized = explicit.output_size
            assert open_layer.formula(name).at(**sizes) == (sized[0] if isinstance(sized, tuple) else sized)
            continue
        assert same(open_layer.formula(name).at(**sizes), getattr(explicit, name)), name


PASSES = ["output", "grad_input", "grad_kernel"]
#: Each feature, with one of the passes in turn.
PASS_IN_TURN = list(zip(FEATURES, PASSES * len(FEATURES), strict=False))


@pytest.mark.parametrize(("feature", "name"), tiers(product(FEATURES, PASSES), PASS_IN_TURN, several=True))
def test_derivations_of_each_feature_are_verified_and_proved(feature: str, name: str) -> None:
    derivation = layer((feature,), numbers=False).derive(name)
    verified = derivation.verify()
    assert verified, str(verified)
    proof = derivation.prove(strides=[1, 2], dilations=[1, 2])
    assert proof, str(proof)


def renamed(terms: IndexSum, like: IndexSum, opened: dict[Any, Any]) -> IndexSum | None:
    """A sum with the summation indices of another in their order, and its conditions sorted."""
    if len(terms.bounds) != len(like.bounds):
        return None
    swap = {old.index: new.index for old, new in zip(terms.bounds, like.bounds, strict=True)} | opened
    bounds = tuple(Bound(swap[b.index], b.lowers, b.uppers) for b in terms.bounds)
    conditions = sorted(
        (type(c)(*(side.xreplace(swap) for side in vars(c).values())) for c in terms.conditions), key=str
    )
    factors = tuple(f.xreplace(swap) if isinstance(f, Expr) else f for f in terms.factors)
    return IndexSum(bounds, tuple(conditions), factors, terms.addend.xreplace(swap))


POOLS = [sc.MaxPool1d("N", "K", stride=2, padding=1), sc.AvgPool2d(("N", "N"), ("K", "K"), channels=3)]


@pytest.mark.parametrize("which", [*FEATURES, *POOLS], ids=lambda which: str(which)[:20])
def test_what_is_substituted_is_a_line_of_an_earlier_derivation(which: Any) -> None:
    made = layer((which,), numbers=False) if isinstance(which, str) else which
    symbols, met = made.closed.symbols, 0
    for name in ("matrix", "windows", "tying", "grad_input", "grad_kernel"):
        if name not in made.formula_names:
            continue
        for line in written(symbols, name):
            if line.rule == "substitution":
                (nested,) = (f for f in line.terms.factors if isinstance(f, Nested))
                earlier = "matrix" if name == "tying" else "output"
                assert f"the derivation of the {earlier}" in line.reason
                lines = written(symbols, earlier)
                first = [before.terms for before in lines if before.left == lines[0].left]
                kept = {"grad_input": "input", "grad_kernel": "tap"}.get(name)
                used = symbols.indices(kept) if kept else ()
                opened = dict(zip(symbols.indices("output"), symbols.indices("output", used), strict=True))
                found = [renamed(before, nested.inner, opened) for before in first]
                assert renamed(nested.inner, nested.inner, {}) in found, name
                met += 1
    assert met >= 2


@pytest.mark.exhaustive
def test_a_proof_that_is_out_of_reach_says_so() -> None:
    made = sc.Conv1d("N", "K", in_channels="C_in", out_channels="C_out", groups="G")
    assert made.derive("output").prove()
    upstream = made.derive("upstream_matrix")
    assert upstream.verify()
    proof = upstream.prove()
    assert not proof
    assert "undecided, since" in str(proof)


PRESETS = sc.Notation.preset_names()
MIXED = [("rank 2", "groups"), ("transposed", "channels"), ("circular", "batch")]
#: Each notation with one of the layers.
IN_TURN = [(PRESETS[0], MIXED[0]), *zip(PRESETS[1:], MIXED[1:] * len(PRESETS), strict=False)]


@pytest.mark.parametrize(("notation", "names"), tiers(product(PRESETS, MIXED), IN_TURN, several=True))
def test_formulas_print_in_every_notation(notation: str, names: tuple[str, ...], typeset) -> None:
    options = {"notation": notation}
    kind = sc.ConvTranspose if "transposed" in names else sc.Conv
    rank = 2 if "rank 2" in names else 1
    features = {k: v for name in names for k, v in FEATURES[name].items() if k not in ("rank", "transposed")}
    renamed = {k: {"p": "P1", "C_in": "A1", "C_out": "A2", "B": "A3"}.get(v, v) if isinstance(v, str) else v
               for k, v in features.items()}  # fmt: skip
    made = kind(("H1",) * rank, ("H2",) * rank, **renamed, **options)
    for name in ("output", "grad_input", "grad_kernel"):
        typeset(made.formula(name).latex())
