"""Where SymPy is wrong, symconv is right; a SymPy that is mended is noticed here."""

from __future__ import annotations

import pytest
from sympy import IndexedBase, KroneckerDelta, Rational, Sum, Symbol, symbols

import symconv as sc

i, k, m, o, q = symbols("i k m o q", integer=True)
w, x, delta = IndexedBase("w"), IndexedBase("x"), IndexedBase("delta")


def test_a_strided_delta_sum() -> None:
    wrong = Sum(KroneckerDelta(i, 2 * o), (o, 0, 3)).doit().subs(i, 3)
    assert wrong == 1, "SymPy now knows that 3 is no multiple of 2: say so in the documentation"
    layer = sc.Conv1d(8, 1, stride=2)
    assert layer.formula("matrix").rhs.subs({Symbol("i", integer=True): 1, Symbol("j", integer=True): 3}) == 0
    assert layer.formula("matrix").at()[1, 3] == 0


def test_the_derivative_of_a_strided_sum() -> None:
    wrong = Sum(w[k] * x[2 * k + m], (k, 0, 2)).diff(x[q]).doit().subs({q: 1, m: 0})
    assert wrong.has(w[Rational(1, 2)]), "SymPy no longer reads between two entries"
    formula = sc.Conv1d("N", 3, dilation=2, stride=2).formula("grad_input")
    at = formula.rhs.subs({s: 7 for s in formula.rhs.free_symbols if s.name == "N"})
    j = formula.index[0][0]
    assert [at.subs(j, value).doit() for value in (1, 3, 5)] == [0, 0, 0]
    assert at.subs(j, 4).doit() == delta[0] * w[2] + delta[1] * w[1]


def test_a_sum_whose_limits_pass_each_other() -> None:
    assert Sum(w[k], (k, 4, 1)).doit() == -w[2] - w[3], "SymPy no longer follows Karr"
    formula = sc.Conv1d("N", "K", padding="p").formula("output")
    named = {s.name: s for s in formula.rhs.free_symbols}
    at = formula.rhs.subs({named["N"]: 2, named["K"]: 1, named["p"]: 3})
    assert at.subs(named["i"], 0).doit() == 0
    assert at.subs(named["i"], 3).doit() == w[0] * x[0]


def test_a_derivative_that_captures_the_index() -> None:
    size = Symbol("K", integer=True, positive=True)
    wrong = Sum(w[k] * x[k], (k, 0, size - 1)).diff(w[k])
    assert wrong == Sum(x[k], (k, 0, size - 1)), "SymPy no longer captures the index"
    assert sc.Conv1d("K", "K").formula("grad_kernel").at(K=3).T.tolist() == [
        [Symbol("delta0") * Symbol(f"x{n}") for n in range(3)]
    ]


def test_symbols_have_no_convolution_in_sympy() -> None:
    from sympy import convolution

    with pytest.raises((TypeError, AttributeError, ValueError)):
        convolution(["a"], ["b"])
    assert list(sc.convolve(2, 1)) == [Symbol("w0") * Symbol("x0"), Symbol("w0") * Symbol("x1")]
