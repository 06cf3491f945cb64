"""The table of paddings in the notes: every layer finds its own in it."""

from __future__ import annotations

import numpy as np
import pytest

import symconv as sc
from symconv.notes.model import Table, plain


def rows(layer: sc.layers.Layer) -> list[list[str]]:
    """The cells of the table."""
    tables = (block for block in layer.notes(sections=["size"]).blocks if isinstance(block, Table))
    (table,) = (table for table in tables if plain(table.head[0]) == "padding")
    return [[plain(cell) for cell in row] for row in table.rows]


def own(layer: sc.layers.Layer) -> list[str]:
    """The row of the layer itself."""
    (found,) = (row for row in rows(layer) if "this layer" in row[0])
    return found


@pytest.mark.parametrize("padding", [0, 1, 2, 3, 4, 5, "valid", "same", "full", (1, 0), (0, 3)])
@pytest.mark.parametrize("kernel", [3, 5])
def test_a_layer_has_one_row_with_its_outputs(padding: object, kernel: int) -> None:
    layer = sc.Conv1d(6, kernel, padding=padding)
    name, zeros, count, values, _ = own(layer)
    (axis,) = layer.spec.tied_axes
    before, after = int(axis.geometry["before"]), int(axis.geometry["after"])
    assert zeros == f"{before} and {after}"
    found = np.correlate(np.pad([1, 2, 3, 4, 5, 6], (before, after)), weights(kernel))
    assert count == str(len(found))
    if len(found) <= 12:
        assert values == f"({', '.join(map(str, found))})"
    named = {(0, 0): "valid", (kernel // 2, kernel // 2): "same", (kernel - 1, kernel - 1): "full"}
    even = f"p = {before} (this layer)" if before == after else "this layer"
    assert name == (f"{named[before, after]} (this layer)" if (before, after) in named else even)


def weights(kernel: int) -> list[int]:
    """Those of the example: none of them is an input where both are few."""
    return list(range(7, 7 + kernel)) if 6 + kernel <= 9 else list(range(1, kernel + 1))


def test_a_padding_that_is_a_letter_has_a_row_with_its_number() -> None:
    assert own(sc.Conv1d("N", "K", padding="p"))[:2] == ["p = 1 (this layer)", "1 and 1"]
    assert own(sc.Conv1d("N", "K", padding="q"))[0] == "q = 1 (this layer)"
    assert own(sc.Conv1d("N", "K"))[0] == "valid (this layer)"
    assert own(sc.Conv1d("N", "K", padding="full"))[0] == "full (this layer)"


def test_the_rows_are_in_the_order_of_their_zeros_and_say_how_far_the_kernel_reaches() -> None:
    found = rows(sc.Conv1d(6, 5, padding=1))
    assert [row[0] for row in found] == ["valid", "p = 1 (this layer)", "same", "full"]
    assert found[1][-1] == "the kernel extends at most 1 place beyond each end"
    told = own(sc.Conv1d(6, 5, padding=(2, 1)))[-1]
    assert told == "the kernel extends at most 2 places before the input and 1 place after it"
    assert own(sc.Conv1d(6, 5, padding=(0, 1)))[-1].endswith("at most 1 place after the input")
