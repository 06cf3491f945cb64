"""Text that is no formula is refused with its place, whatever it is."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symconv.index_sums.equation import parse
from symconv.index_sums.tokens import FormulaSyntaxError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("w[k", "the formula ends too early: expected ']'"),
        ("w[k]]", "']' at character 5: expected an operator or the end, as in w[0]*x[i] + w[1]*x[i + 1]"),
        ("2 3", "'3' at character 3: expected an operator or the end, as in"),
        ("(N - K)/", "ends too early: expected a number, a name, '(' or '['"),
        ("w[k] * * x[k]", "'*' at character 8"),
        ("y[i] = w[0] = x[i]", "'=' at character 13: expected an operator or the end"),
        ("sum(k=0) w[k]", "expected '..'"),
        ("sum(1=0..2) w[k]", "the name of the summation index"),
        ("floor(1, 2)", "floor takes 1 argument, not 2"),
        ("mod(1)", "mod takes 2 arguments, not 1"),
        ("[j]", "'divides'"),
        ("x; import os", "';' at character 2 is not part of index notation"),
        ("__import__('os')", "'_' at character 1"),
        ("9" * 40, "more than 18 digits"),
        ("(" * 60 + "1" + ")" * 60, "is nested more than 50 levels deep"),
        ("x" * 10_001, "at most 10000 characters"),
        ("", "ends too early"),
        ("2^k", "a whole exponent"),
    ],
)
def test_what_is_no_formula_is_refused_with_the_place(text: str, words: str) -> None:
    with pytest.raises(FormulaSyntaxError, match=re.escape(words)):
        parse(text)


@given(st.text(alphabet="wxk0123456789+-*/^()[]=<>|., sumfloordivides'\\{}$", max_size=60))
def test_any_text_is_a_formula_or_an_error(text: str) -> None:
    with contextlib.suppress(FormulaSyntaxError):
        assert parse(text) is not None
