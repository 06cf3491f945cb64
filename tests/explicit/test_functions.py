"""convolve, correlate and convolution_matrix against the libraries whose names they bear."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import convolution_matrix
from sympy import I, Matrix, Rational, Symbol, expand, symbols

import symconv as sc
from symconv.errors import EntriesError, GeometryError, OptionError

MODES = ["full", "same", "valid"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n", range(1, 8))
@pytest.mark.parametrize("k", range(1, 8))
def test_symbolic_results_equal_numpys_on_object_arrays(n: int, k: int, mode: str) -> None:
    x, w = symbols(f"x0:{n}"), symbols(f"w0:{k}")
    assert list(sc.convolve(n, k, mode)) == list(np.convolve(np.array(x), np.array(w), mode))
    assert list(sc.correlate(n, k, mode)) == list(np.correlate(np.array(x), np.array(w), mode))
    expected = convolution_matrix(np.array(w), n, mode)
    assert sc.convolution_matrix(k, n, mode).tolist() == expected.tolist()
    assert (sc.convolution_matrix(k, n, mode) * Matrix(x)).applyfunc(expand) == sc.convolve(n, k, mode)


@given(
    x=st.lists(st.integers(-99, 99), min_size=1, max_size=9),
    w=st.lists(st.integers(-99, 99), min_size=1, max_size=9),
)
def test_numbers_equal_numpys(x: list[int], w: list[int]) -> None:
    for mode in MODES:
        assert list(sc.convolve(x, w, mode)) == np.convolve(x, w, mode).tolist()
        assert list(sc.correlate(x, w, mode)) == np.correlate(x, w, mode).tolist()
        assert sc.convolution_matrix(w, len(x), mode).tolist() == convolution_matrix(w, len(x), mode).tolist()


def test_complex_kernels_are_conjugated_in_correlation_only() -> None:
    w = [1 + 2j, -1j]
    exact = [1 + 2 * I, -I]
    for mode in MODES:
        assert [complex(v) for v in sc.correlate([1, 2, 3], exact, mode)] == np.correlate(
            [1, 2, 3], w, mode
        ).tolist()
        assert [complex(v) for v in sc.convolve([1, 2, 3], exact, mode)] == np.convolve(
            [1, 2, 3], w, mode
        ).tolist()
    a = Symbol("a")
    assert list(sc.correlate([1], [I * a])) == [-I * a]


def test_mixtures_stay_exact() -> None:
    a = Symbol("a")
    x = [Fraction(1, 3), a, 2]
    assert list(sc.convolve(x, [3, Rational(1, 2)])) == [1, 3 * a + Rational(1, 6), a / 2 + 6, 1]
    assert list(sc.convolve(x, 1)) == [Symbol("w0") / 3, a * Symbol("w0"), 2 * Symbol("w0")]
    assert list(sc.convolve(np.array([1, 2]), Matrix([a, 1]))) == [a, 2 * a + 1, 2]
    assert list(sc.convolve([a, a], [a, a])) == [a**2, 2 * a**2, a**2]


def test_results_are_sympy_numbers_not_numpys() -> None:
    assert all(type(v).__module__.startswith("sympy") for v in sc.convolution_matrix([1, 2], 3))


@pytest.mark.parametrize(
    ("error", "words", "call"),
    [
        (OptionError, "mode is 'ful': did you mean 'full'", lambda: sc.convolve(3, 2, "ful")),
        (EntriesError, "x is empty", lambda: sc.convolve([], [1])),
        (EntriesError, "w is 'abc'", lambda: sc.correlate([1], "abc")),
        (EntriesError, "has shape \\(2, 2\\): give a vector", lambda: sc.convolve(np.eye(2), [1])),
        (GeometryError, "the size x is 0", lambda: sc.convolve(0, 2)),
        (OptionError, "give a number, since the matrix is explicit", lambda: sc.convolution_matrix(2, "n")),
        (OptionError, "n is 1.5", lambda: sc.convolution_matrix(2, 1.5)),
    ],
)
def test_errors_say_what_to_write(error, words, call) -> None:
    with pytest.raises(error, match=words):
        call()
