"""Equations as people write them: a left side, what its letters stand for, and for which indices it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Expr, Symbol

from symconv.index_sums.parser import Parser
from symconv.index_sums.tokens import MOST_CHARACTERS, FormulaSyntaxError, Lexer, Token, refuse


@dataclass(frozen=True)
class WrittenEquation:
    """An equation that was read: ``left = right``.

    Attributes
    ----------
    left, right : expression
        Both sides; a derivative such as ``dL/dw[k]`` is an entry of a sequence of that name.
    definitions : dict
        What letters stand for, where the text says it, as in ``M = N - K + 1``.
    ranges : tuple of (symbol, first, last)
        For which indices the equation holds, where the text says it.

    Examples
    --------
    >>> import symconv as sc
    >>> sc.parse("y[i] = w[0] x[i] + w[1] x[i+1]")
    WrittenEquation(left=y[i], right=w[0]*x[i] + w[1]*x[i + 1], definitions={}, ranges=())
    """

    left: Expr
    right: Expr
    definitions: dict[Symbol, Expr]
    ranges: tuple[tuple[Symbol, Expr, Expr], ...]


def parse(text: str) -> Expr | WrittenEquation:
    r"""Read a formula in index notation, plain or in LaTeX; nothing of it is evaluated as Python.

    Parameters
    ----------
    text : str
        A formula as symconv prints it, such as ``sum(k=0..K - 1) w[k]*x[i + k]``, or as people write it,
        such as ``y[i] = sum(w[k] x[i+k], k=0..K-1)`` or ``\sum_{k=0}^{K-1} w_k x_{i+k}``. It may use
        ``floor``, ``ceil``, ``min``, ``max``, ``mod`` and brackets such as ``[s divides j + p]`` or
        ``[0 <= j < N]``.

    Returns
    -------
    expression or WrittenEquation
        A ``WrittenEquation``, with ``left`` and ``right``, if the text has a left side.

    Raises
    ------
    FormulaSyntaxError
        If the text is not a formula; the message shows where it fails and says what could stand there.

    Examples
    --------
    >>> parse("sum(k=0..K - 1) w[k]*x[i + k]")
    Sum(w[k]*x[i + k], (k, 0, K - 1))
    >>> parse(r"\frac{\partial L}{\partial b} = \sum_{i=0}^{M-1} \delta_{i}").right
    Sum(delta_i, (i, 0, M - 1))
    """
    if not isinstance(text, str):
        raise FormulaSyntaxError(f"a formula must be text, not {type(text).__name__}.")
    if len(text) > MOST_CHARACTERS:
        raise FormulaSyntaxError(
            f"a formula has at most {MOST_CHARACTERS} characters, but this one has {len(text)}."
        )
    first, *more = list(_rows(list(Lexer(text).tokens()))) or [[]]
    equal = _equal(first)
    if equal is None:
        if more:
            refuse(text, more[0][0].start, "only an equation has definitions and ranges below it.")
        return Parser(text, first).whole()
    left, right = Parser(text, first[:equal]), Parser(text, first[equal + 1 :])
    sides = left.whole(), right.whole()
    definitions: dict[Symbol, Expr] = {}
    ranges: list[tuple[Symbol, Expr, Expr]] = []
    for row in more:
        if row[0].value in ("for", ","):
            ranges += Parser(text, row[1:]).ranges()
        elif (at := _equal(row)) is not None:
            letter = Parser(text, row[:at]).whole()
            if not letter.is_Symbol:
                refuse(text, row[0].start, "a definition has one letter on its left side.")
            definitions[letter] = Parser(text, row[at + 1 :]).whole()
    return WrittenEquation(*sides, definitions, tuple(ranges))


def _rows(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The equation, its definitions, its ranges: a row of the text that begins none of these goes on."""
    held: list[Token] = []
    for line in _lines(tokens):
        begins = line[0].value in ("for", "with") or (_equal(line) or 0) > 0
        if held and begins:
            yield held
            held = []
        held = [*held, *line]
        for at, token in enumerate(held):
            comma = token.value == "," and _equal(held[:at]) is not None
            if at and (token.value == "for" or comma) and _depth(held[:at]) == 0:
                yield held[:at]
                held = held[at:]
                break
    if held:
        yield held


def _lines(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    line: list[Token] = []
    for token in [*tokens, Token("row", "", 0)]:
        if token.kind != "row":
            line.append(token)
        elif line:
            yield line
            line = []


def _depth(tokens: Sequence[Token]) -> int:
    return sum({"(": 1, "[": 1, "[|": 1, ")": -1, "]": -1, "|]": -1}.get(t.value, 0) for t in tokens)


def _equal(row: Sequence[Token]) -> int | None:
    """Where the sign stands that makes an equation of a row, outside of all brackets."""
    if row and row[0].value in ("for", "with", ","):
        return None
    depth = 0
    for at, token in enumerate(row):
        depth += _depth([token])
        if not depth and token.value in ("=", "=="):
            return at
    return None
