"""Evaluation at numbers: a value that is out of reach is an error, and never a value."""

from __future__ import annotations

import pytest

from symconv import parse
from symconv.evidence.polynomials import Sequences, atom, compiled, value_or_reason
from symconv.evidence.scalars import OutOfReachError


def test_a_sum_that_is_too_long_is_refused_and_a_place_outside_is_a_reason() -> None:
    sequences = Sequences({"x": lambda i: atom("x", i)}, {"x": (3,)}, 0)
    with pytest.raises(OutOfReachError):
        value_or_reason(compiled(parse("sum(k=0..100000000) x[0]")), sequences, {})
    assert "outside" in str(value_or_reason(compiled(parse("x[3]")), sequences, {}))
    assert value_or_reason(compiled(parse("x[2]")), sequences, {}) == atom("x", 2)
