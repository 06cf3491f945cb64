"""What the matrices of the layers are called, judged on the matrices themselves."""

from __future__ import annotations

from math import prod
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from sympy import Matrix, Symbol

import symconv as sc
from tests.geometry import layers
from tests.notes.test_prose import made


def block(matrix: Matrix, shape: tuple[int, int], r: int, c: int) -> Matrix:
    rows, columns = shape
    return matrix[r * rows : (r + 1) * rows, c * columns : (c + 1) * columns]


def blocks_are_constant_on_diagonals(matrix: Matrix, level: sc.Structure, *, around: bool = False) -> bool:
    (rows, columns), shape = level.levels[0].shape, level.levels[0].block
    step = [
        (r, c, (r + 1) % rows, (c + 1) % columns)
        for r in range(rows)
        for c in range(columns)
        if around or (r + 1 < rows and c + 1 < columns)
    ]
    return all(block(matrix, shape, r, c) == block(matrix, shape, q, d) for r, c, q, d in step)


def test_two_axes_are_doubly_block_toeplitz() -> None:
    layer = sc.Conv2d((4, 5), (2, 3), padding=1)
    found = layer.structure
    assert found.kind == "doubly block Toeplitz"
    assert [(level.shape, level.block, level.kind) for level in found.levels] == [
        ((5, 4), (5, 5), "Toeplitz"),
        ((5, 5), (1, 1), "Toeplitz"),
    ]
    assert blocks_are_constant_on_diagonals(layer.matrix, found)
    for k in range(2):
        first = block(layer.matrix, (5, 5), 1, k)
        assert all(first[i, j] == first[i + 1, j + 1] for i in range(4) for j in range(4))
    assert not blocks_are_constant_on_diagonals(sc.Conv2d(5, 2, stride=2).matrix, found_of(5, 2, stride=2))
    assert sc.Conv2d(5, 2, stride=2).structure.kind == "block banded, not Toeplitz"


def found_of(n: int, k: int, **options: object) -> sc.Structure:
    return sc.Conv2d(n, k, **options).structure


def test_circular_padding_at_equal_sizes_is_circulant() -> None:
    ring = sc.Conv1d(5, 3, padding=1, padding_mode="circular")
    assert ring.structure.circulant
    assert ring.structure.kind == "circulant"
    matrix = ring.matrix
    assert all(matrix[i, j] == matrix[(i + 1) % 5, (j + 1) % 5] for i in range(5) for j in range(5))
    torus = sc.Conv2d(4, 3, padding=1, padding_mode="circular")
    assert torus.structure.kind == "block circulant with circulant blocks"
    assert blocks_are_constant_on_diagonals(torus.matrix, torus.structure, around=True)
    assert sc.Conv3d(3, 3, padding=1, padding_mode="circular").structure.levels[2].kind == "circulant"
    assert not sc.Conv1d(5, 3, padding=1).structure.circulant


def test_groups_batch_and_depthwise_layers_have_zero_blocks() -> None:
    grouped = sc.Conv1d(4, 2, in_channels=4, out_channels=2, groups=2, batch=2).structure
    assert [level.kind for level in grouped.levels] == ["identity", "block diagonal", "dense", "Toeplitz"]
    assert [level.shape for level in grouped.levels] == [(2, 2), (2, 2), (1, 2), (3, 4)]
    assert grouped.kind == "blockwise banded Toeplitz"
    assert grouped.dense_parameters == (2 * 3) * (4 * 4), "a dense layer does not join samples"
    assert sc.Conv1d(4, 2, in_channels=1, out_channels=1).structure.kind == "banded Toeplitz"
    assert "1 of 1 entry holds a weight, 1 distinct weight (a" in str(sc.Conv1d(1, 1).structure)
    assert (
        sc.Conv1d(4, 2, in_channels=3, out_channels=3, groups=3).structure.levels[0].kind == "block diagonal"
    )
    assert sc.Conv1d(4, 2, in_channels=3, out_channels=2).structure.levels[0].kind == "dense"


@pytest.mark.parametrize(
    "layer",
    [
        sc.Conv1d(5, 2, in_channels=4, out_channels=6, groups=2, batch=2, stride=2),
        sc.Conv2d((3, 4), 2, in_channels=2, out_channels=3, padding=1, padding_mode="reflect", flip=True),
        sc.ConvTranspose2d(2, (2, 3), in_channels=4, out_channels=2, groups=2, stride=2, bias=True),
    ],
    ids=repr,
)
def test_feature_maps_are_windows_times_filters(layer: sc.Conv) -> None:
    product = layer.filter_windows * layer.filter_matrix
    biases = layer.b if layer.b is not None else [0] * layer.feature_maps.cols
    for r in range(product.rows):
        for c in range(product.cols):
            assert (layer.feature_maps[r, c] - biases[c] - product[r, c]).expand() == 0


@pytest.mark.parametrize("layer", [sc.Conv2d(3, 2), sc.Conv1d(3, 2, in_channels=2, out_channels=2)], ids=repr)
def test_named_blocks_put_together_give_the_matrix(layer: sc.Conv) -> None:
    text = str(layer.equation("blocks"))
    assert text.split()[0] == "T"
    for weight in layer.matrix.free_symbols:
        assert isinstance(weight, Symbol)
        assert weight.name in text


def test_a_multiple_of_the_identity_is_circulant() -> None:
    assert sc.Conv1d(3, 1).structure.circulant
    assert sc.Conv1d(3, 1).structure.toeplitz


def test_words_for_blocks_of_different_kinds_and_for_no_zeros() -> None:
    across, down = found_of(3, 2, padding=1, stride=(1, 2)), found_of(3, 2, padding=1, stride=(2, 1))
    assert (across.kind, down.kind) == (
        "block Toeplitz with banded blocks",
        "block banded with Toeplitz blocks",
    )
    layer = sc.Conv2d(3, 2, padding=1, stride=(1, 2))
    assert blocks_are_constant_on_diagonals(layer.matrix, across)
    assert not blocks_are_constant_on_diagonals(sc.Conv2d(3, 2, padding=1, stride=(2, 1)).matrix, down)
    full = sc.Conv1d(2, 3, padding=1)
    assert (full.structure.kind, 0 in full.matrix) == ("Toeplitz", False)
    folded = sc.Conv1d(2, 3, padding=2, stride=2, padding_mode="circular")
    assert (folded.structure.kind, 0 in folded.matrix) == ("tied, not Toeplitz", False)


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (sc.Conv1d(3, 2, padding=1, padding_mode="circular"), "Toeplitz"),
        (sc.Conv1d(5, 3, stride=2, padding=1, padding_mode="circular"), "sparse, not Toeplitz"),
        (sc.Conv1d(1, 1, batch=3), "diagonal"),
        (sc.AvgPool1d(3, 4, stride=3, padding=2), "banded Toeplitz"),
        (sc.AvgPool1d(3, 3), "Toeplitz"),
        (
            sc.ConvTranspose2d((3, 2), (3, 2), stride=(1, 2), padding=1),
            "block Toeplitz with block diagonal blocks",
        ),
        (sc.Conv2d((3, 1), (2, 2), stride=(2, 1), padding=1, dilation=(1, 2)), "zero"),
        (sc.Conv1d(1, 2, padding=2, dilation=4), "zero"),
        (sc.Conv1d(4, 2, stride=2, padding=1, dilation=3), "banded, not Toeplitz"),
        (sc.ConvTranspose1d(3, 2, stride=2, padding=2), "banded, not Toeplitz"),
        (sc.Conv1d(1, 2, padding=1, padding_mode="circular"), "Toeplitz"),
    ],
    ids=repr,
)
def test_the_kind_is_true_of_the_matrix(layer: sc.Layer, kind: str) -> None:
    found, matrix = layer.structure, layer.matrix
    assert found.kind == kind
    rows, columns = matrix.shape
    diagonals = [
        [matrix[r, r + d] for r in range(rows) if 0 <= r + d < columns] for d in range(1 - rows, columns)
    ]
    constant = all(len(set(entries)) == 1 for entries in diagonals)
    assert found.toeplitz == constant
    assert ("Toeplitz" in kind and "not" not in kind and "block" not in kind) <= constant
    corners = diagonals[0] != [0] and diagonals[-1] != [0]
    assert not corners or not kind.startswith("banded")
    assert (kind == "zero") == (not any(matrix))
    assert matrix.is_diagonal() or kind != "diagonal"


@settings(max_examples=60)
@given(layers(most_rank=2))
def test_levels_make_up_the_matrix(options: dict[str, Any]) -> None:
    layer = made(options)
    found, matrix = layer.structure, layer.matrix
    if found.kind == "zero":
        assert found.levels == ()
        return
    shapes = [level.shape for level in found.levels]
    assert (prod(rows for rows, _ in shapes), prod(columns for _, columns in shapes)) == found.shape
    outer = found.levels[0]
    blocks = {
        (r, c): block(matrix, outer.block, r, c) for r in range(outer.shape[0]) for c in range(outer.shape[1])
    }
    if outer.kind == "dense":
        assert all(any(entries) for entries in blocks.values())
        assert outer.shape == (1, 1) or len({tuple(entries) for entries in blocks.values()}) == len(blocks)
    if outer.kind in ("block diagonal", "identity"):
        assert outer.shape[0] == outer.shape[1]
        assert all(any(entries) == (r == c) for (r, c), entries in blocks.items())
    if outer.kind in ("Toeplitz", "circulant"):
        assert blocks_are_constant_on_diagonals(matrix, found, around=outer.kind == "circulant")


def test_weights_are_those_that_the_matrix_holds() -> None:
    layer = sc.Conv1d(3, 7, padding=3)
    found = layer.structure
    assert (found.parameters, found.unused, found.edges) == (5, 2, 9)
    assert layer.matrix.free_symbols == {Symbol(f"w{k}") for k in range(1, 6)}


@pytest.mark.exhaustive
def test_the_structure_of_millions_of_products_is_read_within_seconds() -> None:
    began = process_time()
    assert sc.Conv1d(30_000, 100).structure.nonzeros == 29_901 * 100
    assert sc.Conv2d(64, 3, in_channels=3, out_channels=16).structure.edges == 62**2 * 27 * 16
    assert process_time() - began < 10
