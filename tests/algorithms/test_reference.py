"""Every reference algorithm, run, equals the derivation exactly, and PyTorch and NumPy beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from sympy import Integer

import symconv as sc
from symconv.algorithms import ALGORITHMS, algorithms_for
from symconv.algorithms.reference import axis, plane_pooling, pooling
from symconv.errors import OptionError
from symconv.pattern import Axis
from tests.algorithms.cases import KINDS, flat, layers, nested, run
from tests.optional import required
from tests.tiers import law

torch = required("torch")


def whole(count: int, rng: np.random.Generator) -> list[Integer]:
    return [Integer(int(value)) for value in rng.integers(-9, 10, count)]


def valued(layer: Any, seed: int) -> Any:
    """The layer on random integers, few enough for ties in a maximum."""
    rng = np.random.default_rng(seed)
    pooled = isinstance(layer, sc.AvgPool | sc.MaxPool)
    letters = ["x", "delta", *([] if pooled else ["w", "b"])]
    return layer.at_flat({name: whole(len(flat(nested(getattr(layer, name)))), rng) for name in letters})


def test_every_algorithm_is_that_of_a_kind_tried_here() -> None:
    small = {"correlation": (4, 2), "correlation on two axes": ((4, 4), 2)}
    tried: set[Any] = set()
    for made, rank, channelled, flip in KINDS.values():
        options: dict[str, Any] = {"in_channels": 2, "out_channels": 2} if channelled else {}
        options |= {"flip": flip, "bias": True} if made in (sc.Conv, sc.ConvTranspose) else {}
        sizes = small["correlation" if rank == 1 else "correlation on two axes"]
        layer = made(*sizes, **options)
        tried |= {layer.algorithm(name).function for name in layer.algorithm_names}
    assert tried == {algorithm.function for algorithm in ALGORITHMS.values()}
    assert len(tried) == len(ALGORITHMS)


@pytest.mark.parametrize("kind", KINDS)
@law(12, 60, data=st.data(), seed=st.integers(0, 999))
def test_an_algorithm_equals_the_derivation_on_integers(kind: str, data: st.DataObject, seed: int) -> None:
    made, letters = data.draw(layers(kind))
    layer = valued(made, seed)
    assert layer.algorithm_names[:2] == ["output", "grad_input"]
    for name in layer.algorithm_names:
        assert run(layer.algorithm(name), layer, letters) == flat(nested(getattr(layer, name)))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "maximum" not in kind])
@law(6, 15, data=st.data())
def test_an_algorithm_equals_the_derivation_for_all_values(kind: str, data: st.DataObject) -> None:
    """On symbols, so for whatever numbers; a maximum compares, and needs numbers."""
    layer, letters = data.draw(layers(kind, most=4))
    for name in layer.algorithm_names:
        assert run(layer.algorithm(name), layer, letters) == flat(nested(getattr(layer, name)))


def test_true_convolution_equals_numpy() -> None:
    x, w = [1, 2, 3, 4], [5, 6, 7]
    assert axis.convolution(x, w, 0, 1, 1, 2, 2) == np.convolve(x, w).tolist() == [5, 16, 34, 52, 45, 28]
    assert axis.correlation(x, w, 0, 1, 1, 0, 0) == np.correlate(x, w).tolist()


def by_torch(kind: str, given: dict[str, Any], letters: dict[str, Any]) -> Any:
    """The output of a layer of a kind, all padding and cropping done by hand."""
    made, rank, channelled, flip = KINDS[kind]
    sizes = {name: v if rank > 1 else [v] for name, v in letters.items() if name != "G"}
    x, w = (given[name] if channelled else given[name][None, None] for name in ("x", "w"))
    x = x[None] if channelled else x
    around = [n for both in zip(sizes["p"][::-1], sizes["q"][::-1], strict=True) for n in both]
    steps: dict[str, Any] = {"stride": sizes["s"], "dilation": sizes["d"]}
    functional = torch.nn.functional
    if made is sc.MaxPool:
        pool = functional.max_pool1d if rank == 1 else functional.max_pool2d
        return pool(functional.pad(x, around, value=-torch.inf), sizes["K"], **steps)
    if made is sc.AvgPool:
        pool = functional.avg_pool1d if rank == 1 else functional.avg_pool2d
        return pool(functional.pad(x, around), sizes["K"], stride=sizes["s"])
    if made is sc.ConvTranspose:
        spread = functional.conv_transpose1d if rank == 1 else functional.conv_transpose2d
        whole = functional.pad(spread(x, w, **steps), [n for a in sizes["a"][::-1] for n in (0, a)])
        return functional.pad(whole, [-n for n in around]) + given["b"]
    correlate = functional.conv1d if rank == 1 else functional.conv2d
    kernel = w.flip(*range(2, 2 + rank)) if flip else w
    bias = given["b"] if channelled else given["b"][None]
    return correlate(functional.pad(x, around), kernel, bias, groups=letters.get("G", 1), **steps)


@pytest.mark.parametrize("kind", KINDS)
@law(8, 25, data=st.data(), seed=st.integers(0, 999))
def test_an_algorithm_equals_pytorch(kind: str, data: st.DataObject, seed: int) -> None:
    made, letters = data.draw(layers(kind))
    layer = valued(made, seed)
    given = {
        name: torch.tensor(np.array(nested(entries), dtype=float), requires_grad=True)
        for name in ("x", "w", "b")
        if (entries := getattr(layer, name)) is not None
    }
    y = by_torch(kind, given, letters)
    y.backward(torch.tensor(np.array(nested(layer.delta), dtype=float)).reshape(y.shape))
    wanted = {"output": y.detach(), "grad_input": given["x"].grad, "grad_kernel": given["w"].grad}
    wanted |= {"grad_bias": given["b"].grad if "b" in given else None}
    for name in layer.algorithm_names:
        found = np.array(run(layer.algorithm(name), layer, letters), dtype=float)
        np.testing.assert_allclose(found, wanted[name].numpy().ravel(), rtol=1e-12, atol=1e-12)


def test_the_first_of_tied_maxima_takes_all_as_in_pytorch() -> None:
    x = torch.tensor([3.0, 3.0, 1.0, 3.0, 2.0], requires_grad=True)
    torch.nn.functional.max_pool1d(x[None], 2, stride=1)[0].backward(torch.tensor([5.0, 7.0, 11.0, 13.0]))
    ours = pooling.max_pooling_grad_input([5, 7, 11, 13], [3, 3, 1, 3, 2], 2, 1, 1, 0)
    assert ours == x.grad.tolist() == [5, 7, 0, 24, 0]
    plane = torch.tensor([[1.0, 3.0], [3.0, 3.0]], requires_grad=True)
    torch.nn.functional.max_pool2d(plane[None], 2)[0].backward(torch.tensor([[5.0]]))
    steps = ((2, 2), (2, 2), (1, 1), (0, 0))
    ours = plane_pooling.max_pooling_2d_grad_input([[5]], [[1, 3], [3, 3]], *steps)
    assert ours == plane.grad.tolist() == [[0, 5], [0, 0]]


def test_the_samples_of_a_batch_go_through_by_themselves_and_add_up_in_the_kernel() -> None:
    options = {"stride": 2, "padding": 1, "bias": True}
    batch = valued(sc.Conv1d(5, 3, batch=3, **options), 0)
    one, letters = sc.Conv1d(5, 3, **options), {"N": 5, "K": 3, "s": 2, "d": 1, "p": 1, "q": 1}
    samples = [
        one.at(x=x, w=nested(batch.w), delta=delta, b=batch.b)
        for x, delta in zip(nested(batch.x), nested(batch.delta), strict=True)
    ]
    for name in batch.algorithm_names:
        listing = batch.algorithm(name)
        runs = [run(listing, sample, letters) for sample in samples]
        summed = [sum(entries) for entries in zip(*runs, strict=True)]
        adds = name in ("grad_kernel", "grad_bias")
        assert flat(nested(getattr(batch, name))) == (summed if adds else flat(runs))
        assert (
            "of each sample of the batch add up" if adds else "for each sample of the batch"
        ) in listing.reason


@pytest.mark.parametrize("pool", [sc.AvgPool1d, sc.MaxPool1d])
def test_the_channels_of_a_pooling_layer_go_through_by_themselves(pool: Any) -> None:
    layer = valued(pool(5, 2, channels=2, batch=2), 3)
    letters = {"N": 5, "K": 2, "s": 2, "d": 1, "p": 0, "q": 0}
    planes = [row for sample in layer.x.tolist() for row in sample]
    runs = [run(layer.algorithm(), pool(5, 2).at(x=row), letters) for row in planes]
    assert flat(layer.output.tolist()) == flat(runs)
    assert "for each channel by itself" in layer.algorithm().reason
    assert "for each sample of the batch by itself" in layer.algorithm().reason


NONE: list[Any] = [
    sc.Conv3d(3, 2),
    sc.Conv1d(4, 3, padding=1, padding_mode="circular"),
    sc.Conv2d(4, 3, padding=1, padding_mode="reflect"),
    sc.ConvTranspose1d(4, 3, flip=True),
    sc.ConvTranspose2d(4, 3, flip=True),
    sc.ConvTranspose1d(4, 3, in_channels=1, out_channels=1),
    sc.AvgPool((4, 4, 4), (2, 2, 2)),
]


@pytest.mark.parametrize("layer", NONE, ids=repr)
def test_a_layer_without_algorithms_says_so(layer: Any) -> None:
    assert layer.algorithm_names == []
    with pytest.raises(OptionError, match=r"for a layer of this kind: there are .* is not flipped\."):
        layer.algorithm("output")


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(OptionError, match="'grad_inputs' has no algorithm here: did you mean 'grad_input'"):
        sc.Conv1d(4, 3).algorithm("grad_inputs")
    with pytest.raises(OptionError, match="'grad_bias' has no algorithm here"):
        sc.Conv1d(4, 3).algorithm("grad_bias")
    with pytest.raises(OptionError, match="3 has no algorithm here"):
        sc.Conv1d(4, 3).algorithm(3)


def test_an_average_is_no_convolution_to_the_table() -> None:
    relations = (Axis.make(4, 2),)
    assert algorithms_for(relations, average=True)["output"].function is pooling.average_pooling
    assert algorithms_for(relations)["output"].function is axis.correlation
    assert "grad_kernel" not in algorithms_for(relations, average=True)
