"""The loops of every layer, run, equal the derivation exactly, and PyTorch and NumPy beside it."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from sympy import Integer

import symconv as sc
from symconv.errors import OptionError
from tests.algorithms.cases import FEW, KINDS, flat, layers, nested, run, small
from tests.geometry import STEPS
from tests.geometry import layers as geometries
from tests.optional import required
from tests.tiers import law, tiers

torch = required("torch")


def whole(count: int, rng: np.random.Generator) -> list[Integer]:
    return [Integer(int(value)) for value in rng.integers(-9, 10, count)]


def valued(layer: Any, seed: int) -> Any:
    """The layer on random integers, few enough for ties in a maximum."""
    rng = np.random.default_rng(seed)
    pooled = isinstance(layer, sc.AvgPool | sc.MaxPool)
    letters = ["x", "delta", *([] if pooled else ["w", "b"])]
    given = {name: whole(len(flat(nested(getattr(layer, name)))), rng) for name in letters}
    return layer.at(**layer.entries.flat(given))


@pytest.mark.exhaustive
def test_loops_of_one_name_are_one_source() -> None:
    sources: dict[str, set[str]] = {}
    for kind in KINDS:
        for listing in map(small(kind).algorithm, small(kind).algorithm_names):
            sources.setdefault(listing.function.__name__, set()).add(listing.source)
    assert all(len(found) == 1 for found in sources.values())
    assert len({next(iter(found)).split("(", 1)[1] for found in sources.values()}) == len(sources)
    assert len(sources) == 3 * 39


@pytest.mark.parametrize("kind", tiers(KINDS, FEW))
def test_no_statement_is_dead(kind: str) -> None:
    """Each argument and each name that is assigned to is read, and each size has one value."""
    layer = small(kind)
    for listing in map(layer.algorithm, layer.algorithm_names):
        tree = ast.parse(listing.source)
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        kept = [node.id for node in names if isinstance(node.ctx, ast.Store)]
        assert set(kept) | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)} <= read
        sizes = [name for name in kept if name[0].isupper()]
        assert len(sizes) == len(set(sizes))


@law(6, 60, each=("kind", KINDS, FEW), data=st.data(), seed=st.integers(0, 999))
def test_an_algorithm_equals_the_derivation_on_integers(kind: str, data: st.DataObject, seed: int) -> None:
    made, letters = data.draw(layers(kind))
    layer = valued(made, seed)
    assert layer.algorithm_names[:2] == ["output", "grad_input"]
    for name in layer.algorithm_names:
        assert run(layer.algorithm(name), layer, letters) == flat(nested(getattr(layer, name)))


@law(3, 15, each=("kind", [kind for kind in KINDS if "maximum" not in kind], FEW), data=st.data())
def test_an_algorithm_equals_the_derivation_for_all_values(kind: str, data: st.DataObject) -> None:
    """On symbols, so for whatever numbers; a maximum compares, and needs numbers."""
    layer, letters = data.draw(layers(kind, most=4))
    for name in layer.algorithm_names:
        assert run(layer.algorithm(name), layer, letters) == flat(nested(getattr(layer, name)))


def test_true_convolution_equals_numpy() -> None:
    x, w = [1, 2, 3, 4], [5, 6, 7]
    convolution = sc.Conv1d("N", "K", flip=True).algorithm().function
    correlation = sc.Conv1d("N", "K").algorithm().function
    assert convolution(x, w, 0, 1, 1, 2, 2) == np.convolve(x, w).tolist() == [5, 16, 34, 52, 45, 28]
    assert correlation(x, w, 0, 1, 1, 0, 0) == np.correlate(x, w).tolist()


@law(8, 200, options=geometries(), seed=st.integers(0, 999))
def test_the_loops_of_any_layer_equal_its_entries_sample_by_sample(
    options: dict[str, Any], seed: int
) -> None:
    (count, inside, *n), (_, outside, *_), (*_, k) = options["x"], options["delta"], options["w"]
    k = options["w"][2:]
    told = {
        name: options[name]
        for name in ("stride", "dilation", "output_padding", "groups", "flip", "padding_mode")
    }
    told["padding"] = list(zip(options["before"], options["after"], strict=True))
    made = sc.ConvTranspose if options["transposed"] else sc.Conv
    told = {name: option for name, option in told.items() if name in made.option_names()}
    layer = valued(made(n, k, batch=count, in_channels=inside, out_channels=outside, bias=True, **told), seed)
    letters = dict(zip("sdpqa", (options[name] for name in STEPS), strict=True)) | {"N": n, "K": k}
    letters = {name: sizes if len(n) > 1 else sizes[0] for name, sizes in letters.items()}
    letters |= {"G": options["groups"], "w": nested(layer.w), "b": nested(layer.b)}
    samples = list(zip(nested(layer.x), nested(layer.delta), strict=True))
    for name in layer.algorithm_names:
        function = layer.algorithm(name).function
        runs = [
            flat(
                function(
                    **{
                        a: ({**letters, "x": x, "delta": delta})[a]
                        for a in inspect.signature(function).parameters
                    }
                )
            )
            for x, delta in samples
        ]
        adds = name in ("grad_kernel", "grad_bias")
        wanted = flat(nested(getattr(layer, name)))
        assert wanted == ([sum(entries) for entries in zip(*runs, strict=True)] if adds else flat(runs))


def by_torch(kind: str, given: dict[str, Any], letters: dict[str, Any]) -> Any:
    """The output of a layer of a kind, all padding and cropping done by hand."""
    made, rank, channelled, flip, mode = KINDS[kind]
    sizes = {name: v if rank > 1 else [v] for name, v in letters.items() if name != "G"}
    x, w = (given[name] if channelled else given[name][None, None] for name in ("x", "w"))
    x = x[None] if channelled else x
    w = w.flip(*range(2, 2 + rank)) if flip else w
    around = [n for both in zip(sizes["p"][::-1], sizes["q"][::-1], strict=True) for n in both]
    steps: dict[str, Any] = {"stride": sizes["s"], "dilation": sizes["d"]}
    groups = letters.get("G", 1)
    functional = torch.nn.functional
    if made is sc.MaxPool:
        pool = getattr(functional, f"max_pool{rank}d")
        return pool(functional.pad(x, around, value=-torch.inf), sizes["K"], **steps)
    if made is sc.AvgPool:
        pool = getattr(functional, f"avg_pool{rank}d")
        return pool(functional.pad(x, around), sizes["K"], stride=sizes["s"])
    if made is sc.ConvTranspose:
        spread = getattr(functional, f"conv_transpose{rank}d")
        whole = functional.pad(
            spread(x, w, groups=groups, **steps), [n for a in sizes["a"][::-1] for n in (0, a)]
        )
        bias = given["b"].reshape(-1, *[1] * rank) if channelled else given["b"]
        return functional.pad(whole, [-n for n in around]) + bias
    correlate = getattr(functional, f"conv{rank}d")
    bias = given["b"] if channelled else given["b"][None]
    padded = functional.pad(x, around, mode="constant" if mode == "zeros" else mode)
    return correlate(padded, w, bias, groups=groups, **steps)


@law(4, 25, each=("kind", KINDS, FEW), data=st.data(), seed=st.integers(0, 999))
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
    back = sc.MaxPool1d("N", "K").algorithm("grad_input").function
    assert back([5, 7, 11, 13], [3, 3, 1, 3, 2], 2, 1, 1, 0) == x.grad.tolist() == [5, 7, 0, 24, 0]
    plane = torch.tensor([[1.0, 3.0], [3.0, 3.0]], requires_grad=True)
    torch.nn.functional.max_pool2d(plane[None], 2)[0].backward(torch.tensor([[5.0]]))
    back = sc.MaxPool2d("N", "K").algorithm("grad_input").function
    steps = ((2, 2), (2, 2), (1, 1), (0, 0))
    assert back([[5]], [[1, 3], [3, 3]], *steps) == plane.grad.tolist() == [[0, 5], [0, 0]]


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
            "of all samples of the batch are summed" if adds else "for each sample of the batch"
        ) in listing.reason


@pytest.mark.parametrize("pool", [sc.AvgPool1d, sc.MaxPool1d])
def test_the_channels_of_a_pooling_layer_go_through_by_themselves(pool: Any) -> None:
    layer = valued(pool(5, 2, channels=2, batch=2), 3)
    letters = {"N": 5, "K": 2, "s": 2, "d": 1, "p": 0, "q": 0}
    planes = [row for sample in layer.x.tolist() for row in sample]
    runs = [run(layer.algorithm(), pool(5, 2).at(x=row), letters) for row in planes]
    assert flat(layer.output.tolist()) == flat(runs)
    assert "separately for each channel" in layer.algorithm().reason
    assert "separately for each sample of the batch" in layer.algorithm().reason


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        OptionError, match="this layer has no algorithm 'grad_inputs': did you mean 'grad_input'"
    ):
        sc.Conv1d(4, 3).algorithm("grad_inputs")
    with pytest.raises(OptionError, match="this layer has no algorithm 'grad_bias'"):
        sc.Conv1d(4, 3).algorithm("grad_bias")
    with pytest.raises(OptionError, match="this layer has no algorithm 3"):
        sc.Conv1d(4, 3).algorithm(3)


def test_a_padding_mode_says_itself_how_it_is_written() -> None:
    written = {
        "circular": "j % N",
        "reflect": "N - 1 - abs(N - 1 - abs(j))",
        "replicate": "min(max(j, 0), N - 1)",
    }
    for mode, place in written.items():
        listing = sc.Conv1d("N", "K", padding="p", padding_mode=mode).algorithm()
        assert (
            f"j = s * i + d * k - p\n            j = {place}\n            y[i] += w[k] * x[j]"
            in listing.text()
        )
        assert mode in listing.reason
    assert "padding_mode" not in sc.Conv1d("N", "K").algorithm().reason
