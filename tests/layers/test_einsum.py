"""Einsum: equation and operands give the explicit quantity, by NumPy, opt_einsum and PyTorch."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import symconv as sc
from symconv.errors import GeometryError, OptionError, SymbolicSizeError
from tests.geometry import layers
from tests.layers.test_pytorch import built
from tests.optional import required
from tests.tiers import law

LAYERS = [
    sc.Conv1d(4, 3, padding="full", flip=True),
    sc.Conv1d(3, 2, padding=(2, 1), padding_mode="reflect", batch=2),
    sc.Conv1d(4, 3, stride=2, padding=1, padding_mode="replicate", bias=True),
    sc.Conv2d(3, 2, in_channels=2, out_channels=4, groups=2, bias=True, padding=1, padding_mode="circular"),
    sc.ConvTranspose1d(3, 2, stride=2, output_padding=1, in_channels=2, out_channels=4, groups=2, bias=True),
    sc.ConvTranspose2d(2, 2, stride=2, padding=(1, 0), bias=True),
    sc.Conv((2, 2, 2, 2), 1),
    sc.AvgPool2d(4, 2, channels=2, batch=2),
    sc.AvgPool1d(5, 2, padding=1, ceil_mode=True, count_include_pad=False, channels=2, batch=2),
    sc.AvgPool2d((3, 5), 2, padding=(1, 0), count_include_pad=False, divisor_override=3),
]


def flat(quantity: Any) -> list[Any]:
    found: list[Any] = np.ravel(
        np.array(getattr(quantity, "tolist", lambda: [quantity])(), dtype=object)
    ).tolist()
    return found


@pytest.mark.parametrize("name", ["output", "grad_input", "grad_kernel"])
@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_the_product_of_symbols_is_the_explicit_quantity(layer: Any, name: str) -> None:
    if name == "grad_kernel" and not layer.spec.kernel.learned:
        with pytest.raises(
            OptionError, match="'grad_kernel' is no product for einsum: write one of 'output', 'gr"
        ):
            layer.einsum(name)
        return
    product, wanted = layer.einsum(name), getattr(layer, name)
    found = product.numpy()
    assert found.ravel().tolist() == flat(wanted)
    assert found.shape == (wanted.shape if len(wanted.shape) != 2 or wanted.shape[1] > 1 else (len(wanted),))


@law(60, 1000, options=layers(), seed=st.integers(0, 999))
def test_random_products_of_integers_are_the_explicit_quantities(options: dict[str, Any], seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = {name: rng.integers(-9, 10, options[name]).tolist() for name in ("x", "w", "delta")}
    layer = built(options, bias=True).at(b=rng.integers(-9, 10, options["delta"][1]).tolist(), **values)
    for name in ("output", "grad_input", "grad_kernel"):
        product = layer.einsum(name)
        assert {operand.dtype for operand in product.operands} == {np.dtype(np.int64)}
        assert product.numpy().dtype == np.int64
        assert product.numpy().ravel().tolist() == flat(getattr(layer, name))


def in_letters(named: str) -> str:
    """An equation in names with a letter for each, in the order in which they come."""
    names = dict.fromkeys(named.replace(",", " ").replace("->", " ").split())
    letters = dict(zip(names, "abcdefghijklmnopqrstuvwxyz", strict=False))
    terms, _, result = named.partition(" -> ")
    inputs = ["".join(letters[name] for name in term.split()) for term in terms.split(", ")]
    return f"{','.join(inputs)}->{''.join(letters[name] for name in result.split())}"


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_other_libraries_compute_the_same(layer: Any) -> None:
    opt_einsum, torch = required("opt_einsum"), required("torch")
    rng = np.random.default_rng(0)
    given_ = {"x": rng.integers(-9, 10, layer.entries.shape("input")).tolist()}
    if layer.spec.kernel.learned:
        given_["w"] = rng.integers(-9, 10, layer.entries.shape("tap")).tolist()
    product = layer.at(
        **given_, **({"b": np.zeros(layer.entries.shape("bias"), int)} if layer.bias else {})
    ).einsum()
    operands = [operand.astype(float) for operand in product.operands]
    wanted = np.einsum(product.equation, *operands)
    tensors = [torch.tensor(operand) for operand in operands]
    for found in (
        opt_einsum.contract(product.equation, *operands),
        torch.einsum(product.equation, *tensors).numpy(),
        np.einsum(in_letters(product.named), *operands),
    ):
        assert found.shape == wanted.shape
        assert np.allclose(found, wanted, rtol=1e-15, atol=1e-12)
    assert np.allclose(wanted.reshape(product.shape), product.numpy().astype(float), rtol=1e-15, atol=1e-12)


def test_a_pattern_is_one_where_an_output_a_tap_and_an_input_meet() -> None:
    product = sc.Conv1d(4, 2, stride=2, padding=1).einsum()
    assert product.names == ("x", "Pi", "w")
    (pattern,) = product.operands[1:2]
    met = [(i, k, 2 * i + k - 1) for i in range(3) for k in range(2) if 0 <= 2 * i + k - 1 < 4]
    assert list(zip(*(place.tolist() for place in pattern.nonzero()), strict=True)) == met


def test_numbers_stay_exact() -> None:
    large = sc.Conv1d(3, 2).at(x=[10**18, 1, 10**18], w=[9, 9]).einsum()
    assert large.operands[0].dtype == object
    assert large.numpy().tolist() == [9 * (10**18 + 1)] * 2
    mean = sc.AvgPool1d(3, 3).at(x=[1, 1, 2]).einsum()
    assert mean.numpy().tolist() == [Fraction(4, 3)]
    added = sc.Conv1d(2, 1, bias=True).at(x=[1, 2], w=[1], b=Fraction(1, 2)).einsum()
    assert added.numpy().tolist() == [Fraction(3, 2), Fraction(5, 2)]
    assert repr(added) == "<Einsum 'j,ikj,k->i' of x, Pi, w>"


def test_the_bias_is_shown_where_it_is_added() -> None:
    layer = sc.Conv1d(4, 3, in_channels=2, out_channels=2, groups=2, bias=True)
    assert str(layer.einsum()).splitlines() == [
        'y = einsum("gcj,ikj,gock->goi", x, Pi, w) + b',
        " x: group c_in j        (2, 1, 4)",
        "Pi: i k j               (2, 3, 4)",
        " w: group c_out c_in k  (2, 1, 1, 3)",
        " y: group c_out i       (2, 1, 2)",
        " b:                     (2, 1)",
    ]
    assert layer.einsum("grad_input").bias is None
    assert str(layer.einsum("grad_kernel")).startswith('dw = einsum("gcj,ikj,goi->gock", x, Pi, delta)\n')


def test_what_is_no_sum_of_products_of_numbers_of_entries_is_refused() -> None:
    with pytest.raises(OptionError, match="maximum pooling is no sum of products"):
        sc.MaxPool1d(4, 2).einsum()
    with pytest.raises(OptionError, match="'outptu' is no product for einsum: did you mean 'output'"):
        sc.Conv1d(4, 2).einsum("outptu")
    with pytest.raises(SymbolicSizeError, match="input_size is the symbol N"):
        sc.Conv1d("N", 2).einsum()
    with pytest.raises(
        GeometryError, match="the index pattern of an axis would have 20200 entries, but at most"
    ):
        pattern_of_at_most(9999)
    with pytest.raises(OptionError, match="einsum has letters for 8 axes, but the layer has 9"):
        sc.Conv((1,) * 9, 1).einsum()


def pattern_of_at_most(most: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("symconv.layers.einsum.MOST", most)
        sc.Conv1d(100, 2, padding=1, stride=1).einsum()
