"""Convolution, correlation and the convolution matrix as NumPy and SciPy define them, symbolic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Expr, Integer, conjugate

from symconv.errors import EntriesError, OptionError
from symconv.explicit.entries import Explicit
from symconv.explicit.operands import read_entries, symbols_for
from symconv.pattern import MODES, Axis, Pattern, Specification, read_size
from symconv.pattern.given import Matrix
from symconv.printing.names import PaddingWord
from symconv.printing.notation import Notation
from symconv.printing.options import options_checked


@options_checked
def convolve(x: Any, w: Any, mode: PaddingWord = "full") -> Matrix:
    """True convolution, as ``numpy.convolve``: ``y[i] = sum_k w[k] x[i - k]``.

    Parameters
    ----------
    x, w : int, or sequence of numbers, fractions or SymPy expressions
        Input and kernel. A whole number n is read as n symbols ``x0, …`` or ``w0, …``.
    mode : "full", "same" or "valid"
        Chooses N + K - 1, max(N, K) or max(N, K) - min(N, K) + 1 outputs. As in NumPy, "same" is the
        middle of "full", and the kernel may be longer than the input.

    Returns
    -------
    Matrix
        The output as a column.

    Raises
    ------
    OptionError
        If the mode is unknown.
    EntriesError
        If an operand is empty, or an entry is not a commuting expression.

    Examples
    --------
    >>> convolve([1, 2, 3, 4], [5, 6, 7]).T
    Matrix([[5, 16, 34, 52, 45, 28]])
    >>> convolve(3, 2, mode="valid").T
    Matrix([[w0*x1 + w1*x0, w0*x2 + w1*x1]])
    """
    xs, ws = _operand("x", x, "input"), _operand("w", w, "kernel")
    shorter = min(len(xs), len(ws))
    return _contract(xs, ws, mode, flip=True, middle=(shorter - 1) // 2).matrix("output")


@options_checked
def correlate(x: Any, w: Any, mode: PaddingWord = "valid") -> Matrix:
    """Cross-correlation, as ``numpy.correlate``: ``y[i] = sum_k conj(w[k]) x[i + k]``.

    Parameters, result and errors are those of :func:`convolve`, but the default mode is "valid".
    As in NumPy, complex numbers in ``w`` are conjugated; a symbol without assumptions is taken as real.

    >>> correlate([1, 2, 3, 4], [5, 6, 7]).T
    Matrix([[38, 56]])
    >>> correlate(2, 2, mode="full").T
    Matrix([[w1*x0, w0*x0 + w1*x1, w0*x1]])
    """
    xs, ws = _operand("x", x, "input"), _operand("w", w, "kernel")
    # NumPy exchanges the operands when the second is longer, correlates and reverses the result,
    # so that the odd entry of an even "same" falls on the other side.
    middle = len(xs) // 2 if len(xs) < len(ws) else (len(ws) - 1) // 2
    return _contract(xs, tuple(map(_conjugate, ws)), mode, flip=False, middle=middle).matrix("output")


@options_checked
def convolution_matrix(w: Any, n: int, mode: PaddingWord = "full") -> Matrix:
    """The Toeplitz matrix of a true convolution, as ``scipy.linalg.convolution_matrix``.

    Parameters
    ----------
    w : int, or sequence of numbers, fractions or SymPy expressions
        The kernel. A whole number n is read as n symbols.
    n : int
        The length N of the vector that the matrix acts on, at least 1.
    mode : "full", "same" or "valid"
        As for :func:`convolve`.

    Returns
    -------
    Matrix
        ``T`` with N columns, so that ``T x = convolve(x, w, mode)``.

    Raises
    ------
    OptionError, GeometryError, EntriesError
        As for :func:`convolve`; also if ``n`` is not a whole number of at least 1.

    Examples
    --------
    >>> convolution_matrix(2, 3)
    Matrix([
    [w0,  0,  0],
    [w1, w0,  0],
    [ 0, w1, w0],
    [ 0,  0, w1]])
    """
    size = read_size("n", n, least=1)
    if not isinstance(size, int):
        raise OptionError(f"n is {n!r}: give a number, since the matrix is explicit.")
    ws = _operand("w", w, "kernel")
    xs = symbols_for(Notation(), "input", size)
    return _contract(xs, ws, mode, flip=True, middle=(min(size, len(ws)) - 1) // 2).matrix("matrix")


def _contract(xs: tuple[Expr, ...], ws: tuple[Expr, ...], mode: str, *, flip: bool, middle: int) -> Explicit:
    """The pattern whose outputs are a stretch of the full ones: it begins ``skip`` outputs later."""
    n, k = len(xs), len(ws)
    stretches: Mapping[str, tuple[int, int]] = {
        "full": (0, n + k - 1),
        "same": (middle, max(n, k)),
        "valid": (min(n, k) - 1, max(n, k) - min(n, k) + 1),
    }
    if not isinstance(mode, str) or mode not in stretches:
        raise OptionError("{option} is {given!r}: {cure}", "mode", mode, allowed=MODES)
    skip, count = stretches[mode]
    before = k - 1 - skip
    axis = Axis.make(n, k, padding=(before, count + k - 1 - n - before), flip=flip)
    return Explicit(Specification(Pattern((axis,))), {"tap": ws, "input": xs})


def _operand(name: str, given: Any, quantity: str) -> tuple[Expr, ...]:
    """Symbols for a size, entries for a sequence."""
    if isinstance(given, int | np.integer | Integer) and not isinstance(given, bool):
        return symbols_for(Notation(), quantity, int(read_size(f"the size {name}", given, least=1)))
    try:
        return read_entries(name, given)
    except EntriesError as error:
        raise EntriesError(f"{error} A whole number n is read as n symbols.") from None


def _conjugate(entry: Expr) -> Expr:
    """The complex conjugate, symbols of which nothing is known being taken as real."""
    open_ones = {conjugate(s): s for s in entry.free_symbols if isinstance(conjugate(s), conjugate)}
    return conjugate(entry).xreplace(open_ones)
