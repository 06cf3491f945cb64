"""Cases: which numbers are tried where nobody names any."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv.errors import GeometryError
from symconv.evidence.cases import geometries
from symconv.evidence.spans import MOST_SIZES


@pytest.mark.parametrize("stride", [3, 61, 62, 63, 10_000])
def test_input_sizes_go_beyond_one_stride_and_are_few_where_it_is_long(stride: int) -> None:
    setting = sc.Conv1d("N", 2, stride=stride).formula("output")._setting
    sizes = [model.sizes["N"] for model in geometries(setting)]
    assert sizes == sorted(set(sizes))
    assert (sizes[0], sizes[-1]) == (2, max(stride + 2, 6))
    assert len(sizes) == min(MOST_SIZES, sizes[-1] - sizes[0] + 1)


def test_a_stride_that_no_array_can_hold_is_refused_at_once() -> None:
    with pytest.raises(GeometryError, match="too many: write a name such as 'N' for a size"):
        sc.Conv1d("N", "K", stride=10**20).derive("output")
