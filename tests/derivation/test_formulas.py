"""Closed forms at numbers: equal to plain loops on every geometry, and right when SymPy evaluates them."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import pytest
from sympy import Expr, Indexed, Integer, Matrix, S, Symbol, expand, symbols

import symconv as sc
from symconv.errors import GeometryError, NotationError, OptionError
from symconv.evidence.polynomials import Poly, Sequences, atom, compiled
from symconv.index_sums.nodes import Iverson
from tests.derivation.families import FAMILIES, FEW, QUANTITIES, layer, met, numbers
from tests.tiers import tiers

MOST = {"N": 8, "K": 5, "s": 4, "d": 4, "p": 4, "q": 2}


def tables(triples: list[tuple[int, int, int]], n: int, k: int) -> dict[str, dict[tuple[int, ...], Poly]]:
    """Every quantity as polynomials by index, from the triples that meet."""
    m = triples[-1][0]
    pairs = triples[:-1]

    def collected(keys: list[tuple[int, ...]], terms: list[tuple[tuple[int, ...], tuple]]) -> dict:
        cells: dict[tuple[int, ...], Poly] = {key: {} for key in keys}
        for key, monomial in terms:
            cells[key][monomial] = cells[key].get(monomial, 0) + 1
        return cells

    x, w, delta = (lambda i, letter=letter: (letter, (i,)) for letter in ("x", "w", "delta"))
    outs, taps, ins = range(m), range(k), range(n)
    return {
        "output_size": {(): {(): m}},
        "grad_bias": {(): {(delta(o),): 1 for o in outs}},
        "output": collected(
            [(o,) for o in outs],
            [((o,), tuple(sorted((w(t), x(j))))) for o, t, j in pairs] + [((o,), (("b", ()),)) for o in outs],
        ),
        "matrix": collected([(o, j) for o in outs for j in ins], [((o, j), (w(t),)) for o, t, j in pairs]),
        "windows": collected([(o, t) for o in outs for t in taps], [((o, t), (x(j),)) for o, t, j in pairs]),
        "grad_input": collected(
            [(j,) for j in ins], [((j,), tuple(sorted((delta(o), w(t))))) for o, t, j in pairs]
        ),
        "grad_kernel": collected(
            [(t,) for t in taps], [((t,), tuple(sorted((delta(o), x(j))))) for o, t, j in pairs]
        ),
        "upstream_matrix": collected(
            [(j, t) for j in ins for t in taps], [((j, t), (delta(o),)) for o, t, j in pairs]
        ),
        "tying": collected(
            [(o, j, t) for o in outs for j in ins for t in taps], [((o, j, t), ()) for o, t, j in pairs]
        ),
    }


@pytest.mark.parametrize("options", tiers(FAMILIES, FEW[2:4]), ids=str)
def test_every_formula_equals_plain_loops_on_every_geometry(options: dict[str, Any]) -> None:
    made = layer(options, bias=True)
    formulas = {name: made.formula(name) for name in QUANTITIES}
    evaluators = {name: compiled(formula.safe) for name, formula in formulas.items()}
    seen = 0
    for sizes in numbers(options, MOST):
        triples = met(options, sizes)
        if triples is None:
            continue
        n, k, m = sizes["N"], sizes["K"], triples[-1][0]
        read = {letter: lambda *i, letter=letter: atom(letter, *i) for letter in ("x", "w", "delta", "b")}
        sequences = Sequences(read, {"x": (n,), "w": (k,), "delta": (m,)})
        for name, cells in tables(triples, n, k).items():
            letters = [symbol.name for symbol, _, _ in formulas[name].index]
            for index, wanted in cells.items():
                values = {**sizes, "M": m, **dict(zip(letters, index, strict=True))}
                assert evaluators[name](sequences, values) == wanted, (name, sizes, index)
        seen += 1
    assert seen >= 12


@pytest.mark.parametrize("options", tiers([*FAMILIES[::5], *FEW[:2]], FEW), ids=str)
@pytest.mark.parametrize("name", QUANTITIES)
def test_at_gives_the_explicit_quantity_in_its_container(options: dict[str, Any], name: str) -> None:
    formula = layer(options, bias=True).formula(name)
    for sizes in [s for s in numbers(options, dict.fromkeys(MOST, 3)) if met(options, s)][::7]:
        given = {key: sizes.get(value, value) for key, value in options.items() if key != "padding"}
        padding = options["padding"]
        padding = (
            tuple(sizes[p] for p in padding) if isinstance(padding, tuple) else sizes.get(padding, padding)
        )
        explicit = sc.Conv1d(sizes["N"], sizes["K"], padding=padding, bias=True, **given)
        found = formula.at(**sizes)
        assert found == getattr(explicit, name)
        assert type(found) is type(getattr(explicit, name))


@pytest.mark.parametrize("base", tiers([0, 1], [1]))
@pytest.mark.parametrize("name", QUANTITIES)
def test_the_base_of_the_notation_moves_every_index(base: int, name: str) -> None:
    notation = sc.Notation(base=base)
    for options in (
        {"stride": 2, "padding": "p"},
        {"dilation": 2, "flip": True},
        {"stride": 3, "dilation": 2, "padding": 1},
    ):
        formula = sc.Conv1d("N", 3, bias=True, notation=notation, **options).formula(name)
        sizes = {"N": 7, "p": 2} if "p" in options.values() else {"N": 7}
        given = {**options, "padding": 2 if options.get("padding") == "p" else options.get("padding", 0)}
        assert formula.at(**sizes) == getattr(sc.Conv1d(7, 3, bias=True, notation=notation, **given), name)
        assert all(first == base for _, first, _ in formula.index)


def as_symbols(expr: Expr) -> Expr:
    """Indexed entries as the symbols of explicit quantities."""
    return expand(expr.replace(
        lambda e: isinstance(e, Indexed), lambda e: Symbol(f"{e.base}{e.indices[0]}")
    ))  # fmt: skip


#: Layers whose formulas SymPy evaluates.
EVALUATED: dict[str, dict[str, Any]] = {
    "open steps": {"stride": "s", "dilation": "d", "padding": "p"},
    "stride": {"stride": "s", "padding": "p"},
    "flip": {"stride": "s", "dilation": "d", "padding": "p", "flip": True},
    "full": {"padding": "full", "flip": True},
    "same": {"padding": "same"},
}
NAMES = ["output", "matrix", "windows", "grad_input", "grad_kernel", "grad_bias", "tying"]
#: Each quantity, of a layer in turn.
IN_TURN = list(zip([*EVALUATED] * len(NAMES), NAMES, strict=False))


@pytest.mark.parametrize(("kind", "name"), tiers(product(EVALUATED, NAMES), IN_TURN, several=True))
def test_sympy_evaluates_the_right_side_right(kind: str, name: str) -> None:
    options = EVALUATED[kind]
    formula = layer(options, bias=True).formula(name)
    cases = [
        (4, 3, 1, 1, 0),
        (5, 2, 2, 3, 1),
        (3, 1, 2, 1, 3),
        (6, 3, 3, 2, 2),
        (2, 1, 1, 1, 3),
        (7, 2, 4, 4, 0),
    ]
    for n, k, s, d, p in cases:
        named = {"N": n, "K": k, "s": s, "d": d, "p": p}
        used = {key: v for key, v in named.items() if key in [*options.values(), "N", "K"]}
        given = {key: used.get(v, v) for key, v in options.items()}
        try:
            explicit = sc.Conv1d(n, k, bias=True, **given)
        except GeometryError:
            continue
        whole = getattr(explicit, name)
        entries = list(whole) if isinstance(whole, Matrix) else [whole]
        swap = {symbol: used[symbol.name] for symbol in formula.rhs.free_symbols if symbol.name in used}
        at_sizes = formula.rhs.subs(swap)
        lengths = {"i": int(explicit.output_size), "j": n, "k": k}
        spans = [range(lengths[symbol.name]) for symbol, _, _ in formula.index]
        found = []
        for values in product(*spans):
            index = dict(zip([symbol for symbol, _, _ in formula.index], values, strict=True))
            found.append(as_symbols(at_sizes.subs(index).doit()))
        assert found == entries, (named, name)


def test_a_window_that_lies_wholly_in_the_padding_gives_zero() -> None:
    formula = sc.Conv1d("N", "K", padding="p").formula("output")
    (index, _, _), sizes = formula.index[0], {s.name: s for s in formula.rhs.free_symbols}
    at = formula.rhs.subs({sizes["N"]: 2, sizes["K"]: 1, sizes["p"]: 3})
    assert [at.subs(index, i).doit() for i in range(8)].count(0) == 6


def test_familiar_forms() -> None:
    full = sc.Conv1d("N", "K", padding="full", flip=True)
    assert str(full.formula("output").rhs) == "Sum(w[k]*x[i - k], (k, Max(0, -N + i + 1), Min(i, K - 1)))"
    assert str(full.formula("grad_input").rhs) == "Sum(delta[j + k]*w[k], (k, 0, K - 1))"
    assert str(full.formula("grad_kernel").rhs) == "Sum(delta[i + k]*x[i], (i, 0, N - 1))"
    assert str(full.formula("output_size").rhs) == "K + N - 1"
    valid = sc.Conv1d("N", "K")
    assert str(valid.formula("output").rhs) == "Sum(w[k]*x[i + k], (k, 0, K - 1))"
    assert str(valid.formula("output_size").rhs) == "-K + N + 1"
    assert str(sc.Conv1d("N", "K", padding="same").formula("output_size").rhs) == "N"
    strided = sc.Conv1d("N", "K", stride="s", padding="p").formula("grad_input")
    assert "floor" in str(strided.rhs)
    assert not strided.rhs.has(Iverson), "with dilation 1 no divisibility is left"
    dilated = sc.Conv1d("N", "K", dilation="d", padding="p").formula("grad_input")
    assert not dilated.rhs.has(Iverson), "with stride 1 no divisibility is left"
    both = sc.Conv1d("N", "K", stride="s", dilation="d").formula("grad_input")
    assert "[s divides j - d*k]" in str(both)


LIMITED: list[tuple[Any, dict[str, Any]]] = [
    (sc.Conv1d, {"padding": "p", "dilation": "d"}),
    (sc.Conv1d, {"padding": "p", "padding_mode": "reflect"}),
    (sc.Conv1d, {"padding": ("p", "q"), "padding_mode": "circular"}),
    (sc.Conv1d, {"in_channels": "Q", "out_channels": "R", "groups": "G"}),
    (sc.ConvTranspose1d, {"stride": "s", "dilation": "d", "output_padding": "a"}),
    (sc.ConvTranspose1d, {"padding": "p", "stride": 2}),
    (sc.MaxPool1d, {"stride": "s", "padding": "p"}),
    (sc.MaxPool1d, {"stride": 2, "padding": ("p", "q"), "dilation": "d"}),
    (sc.AvgPool1d, {"stride": "s", "padding": "p"}),
]


@pytest.mark.parametrize(("kind", "options"), tiers(LIMITED, LIMITED[1::4], several=True), ids=str)
def test_the_conditions_are_those_of_the_layer(kind: Any, options: dict[str, Any]) -> None:
    """Numbers that satisfy them make a layer, and no others do."""
    conditions = kind("N", "K", **options).formula("output").conditions
    letters = {s.name: s for c in conditions for s in c.free_symbols}
    names = sorted(letters)
    possible = 0
    for values in product(range(4), repeat=len(names)):
        given = dict(zip(names, values, strict=True))
        put = {letters[name]: value for name, value in given.items()}
        holds = all(c.func(*(side.subs(put) for side in c.args)) is S.true for c in conditions)
        numbers = {k: number(v, given) for k, v in options.items()}
        try:
            kind(given["N"], given["K"], **numbers)
        except GeometryError:
            assert not holds, given
        else:
            assert holds, given
            possible += 1
    assert possible > 5


def number(size: Any, given: dict[str, int]) -> Any:
    if isinstance(size, tuple):
        return tuple(number(part, given) for part in size)
    return given.get(size, size) if isinstance(size, str) else size


def test_formulas_carry_their_ranges_conditions_and_definitions() -> None:
    formula = sc.Conv1d("N", "K", stride="s", padding="p").formula("grad_kernel")
    assert [(str(s), first, str(last)) for s, first, last in formula.index] == [("k", 0, "K - 1")]
    assert {str(c) for c in formula.conditions} == {"N >= 1", "K >= 1", "s >= 1", "p >= 0", "N + 2*p >= K"}
    assert [str(m) for m in formula.definitions] == ["M"]
    assert formula.equation.rhs == formula.rhs
    assert not formula.rhs.has(Symbol("M", integer=True, positive=True))
    assert "for 0 <= k <= K - 1" in str(formula)
    assert sc.Conv1d(4, 3).formula("output").conditions == ()


def test_symbols_of_ones_own_come_back() -> None:
    n, k = symbols("n k_size")
    formula = sc.Conv1d(n, k).formula("output_size")
    assert formula.rhs.free_symbols == {n, k}
    assert formula.at(n=5, k_size=2) == 4
    odd = Symbol("r", integer=True, nonnegative=True)
    centred = sc.Conv1d("N", 2 * odd + 1, padding=odd).formula("output_size")
    assert centred.at(N=5, r=2) == 5
    assert centred.rhs == Symbol("N", integer=True, positive=True)


@pytest.mark.parametrize(
    ("error", "words", "call"),
    [
        (OptionError, "at needs a number for K", lambda f: f.at(N=4)),
        (OptionError, "at: unknown size 'M': write one of 'K', 'N'", lambda f: f.at(N=4, K=2, M=3)),
        (OptionError, "write a whole number", lambda f: f.at(N=4, K=2.5)),
        (GeometryError, "there is no layer with N = 2, K = 5", lambda f: f.at(N=2, K=5)),
    ],
)
def test_wrong_sizes_are_refused(error, words, call) -> None:
    with pytest.raises(error, match=words):
        call(sc.Conv1d("N", "K").formula("output"))


def test_wrong_names_are_refused() -> None:
    with pytest.raises(OptionError, match="did you mean 'matrix'"):
        sc.Conv1d("N", "K").formula("matrx")
    with pytest.raises(OptionError, match="needs a bias, and this layer has none"):
        sc.Conv1d("N", "K").formula("grad_bias")
    with pytest.raises(NotationError, match="'K' names a size of the layer and also its kernel"):
        sc.Conv1d("N", "K", notation="goodfellow").formula("output")


def test_counts_of_terms_match_the_structure() -> None:
    """The matrix formula is non-zero exactly where the explicit matrix is."""
    found = sc.Conv1d("N", "K", stride=2, dilation=2, padding=1).formula("matrix").at(N=7, K=3)
    explicit = sc.Conv1d(7, 3, stride=2, dilation=2, padding=1)
    assert Counter(found) == Counter(explicit.matrix)
    assert sum(entry != 0 for entry in found) == explicit.structure.nonzeros


def test_one_atom_is_one_entry() -> None:
    assert atom("x", 3) == {(("x", (3,)),): 1}
    assert Iverson(True) == Integer(1)
