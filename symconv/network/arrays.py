"""Entries of a chain: arrays of one kind of numbers, and sizes as whole numbers where they are such."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from sympy import sympify

#: A flat array of floats, or of exact numbers and expressions.
Entries = Any


def like(entries: Sequence[Any], example: Entries) -> Entries:
    """Entries as an array of the kind that another one is."""
    if isinstance(example, np.ndarray) and example.dtype != object:
        return np.array([float(entry) for entry in entries])
    made = np.empty(len(entries), dtype=object)
    made[:] = entries
    if isinstance(example, np.ndarray) and len(example) and isinstance(example[0], mpmath.mpf):
        made[:] = [
            mpmath.mpf(e.numerator) / e.denominator if isinstance(e, int | Fraction) else e for e in made
        ]
    return made


def whole(size: Any) -> Any:
    """A size or a count: a whole number where it is one, and else its expression."""
    found = sympify(size)
    return int(found) if found.is_Integer else found
