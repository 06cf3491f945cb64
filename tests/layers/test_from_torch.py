"""Layers from PyTorch's modules and back: the same layer, and the same numbers exactly."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

import symconv as sc
from symconv.errors import EntriesError, GeometryError, OptionError, SymbolicSizeError
from tests.optional import required
from tests.tiers import law

torch = required("torch")
nn = torch.nn

#: The kinds of modules that are tried.
KINDS = ("Conv", "ConvTranspose", "AvgPool", "MaxPool")


@st.composite
def modules(draw: st.DrawFn, kind: str, rank: int) -> tuple[Any, tuple[int, ...], tuple[int, ...]]:
    """A module with small whole weights, its input size, and the shape of its input."""

    def each(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    sizes, taps, steps, apart = each(1, 6 - rank), each(1, 3), each(1, 3), each(1, 2)
    told: dict[str, Any] = {"stride": steps, "dilation": apart}
    groups, channels, batch = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    if "Conv" in kind:
        first, second = groups * channels, groups * draw(st.integers(1, 2))
        told |= {"groups": groups, "bias": draw(st.booleans()), "padding": each(0, 2)}
        if kind == "Conv":
            told["padding_mode"] = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
            named = ["valid", "same"] if set(steps) == {1} else ["valid"]
            told["padding"] = draw(st.sampled_from([told["padding"], *named]))
        else:
            told["output_padding"] = each(0, 1)
        made = getattr(nn, f"{kind}{rank}d")(first, second, taps, dtype=torch.float64, **told)
        for parameter in made.parameters():
            rng = np.random.default_rng(draw(st.integers(0, 99)))
            parameter.data = torch.tensor(rng.integers(-9, 10, tuple(parameter.shape))).double()
        return made, sizes, (batch, first, *sizes)
    told |= {"padding": tuple(draw(st.integers(0, k // 2)) for k in taps), "ceil_mode": draw(st.booleans())}
    if kind == "AvgPool":
        del told["dilation"]
        told["count_include_pad"] = draw(st.booleans())
        if rank > 1:
            told["divisor_override"] = draw(st.sampled_from([None, 3, -2]))
    return getattr(nn, f"{kind}{rank}d")(taps, **told), sizes, (batch, channels, *sizes)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rank", [1, 2, 3])
@law(7, 125, data=st.data(), seed=st.integers(0, 999))
def test_a_layer_of_a_module_computes_what_the_module_computes(
    kind: str, rank: int, data: st.DataObject, seed: int
) -> None:
    module, sizes, shape = data.draw(modules(kind, rank))
    x = np.random.default_rng(seed).integers(-9, 10, shape)
    try:
        wanted = module(torch.tensor(x).double()).detach().numpy()
    except (RuntimeError, ValueError):
        assume(False)
    pooled = not isinstance(module, nn.modules.conv._ConvNd)
    more = {"channels": shape[1]} if pooled else {}
    if np.isinf(wanted).any():
        with pytest.raises(GeometryError, match="would hold only padding"):
            sc.from_torch(module, sizes)
        return
    layer = sc.from_torch(module, sizes, values=True, batch=shape[0], **more)
    found = layer.at(x=x.tolist())
    assert found.output.shape == wanted.shape
    assert [float(entry) for entry in np.ravel(found.output.tolist())] == wanted.ravel().tolist()
    dtype = None if pooled else torch.float64
    again = layer.to_torch(dtype=dtype)
    assert type(again) is type(module)
    back = sc.from_torch(again, sizes, values=True, batch=shape[0], **more)
    assert repr(back) == repr(layer)
    assert again(torch.tensor(x).double()).detach().numpy().tolist() == wanted.tolist()
    if not layer.spec.kernel.depends_on_input:
        product = found.einsum().numpy()
        assert product.shape == wanted.shape
        assert [float(entry) for entry in product.ravel()] == wanted.ravel().tolist()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_values_are_the_exact_fractions_that_weights_stand_for(dtype: str) -> None:
    module = nn.Conv2d(2, 3, (2, 3), dtype=getattr(torch, dtype))
    layer = sc.from_torch(module, (5, 4), values=True)
    assert all(entry.is_Rational for entry in np.ravel(layer.w.tolist()))
    again = layer.to_torch(dtype=module.weight.dtype)
    assert torch.equal(again.weight, module.weight)
    assert torch.equal(again.bias, module.bias)
    assert repr(layer.in_symbols()) == repr(sc.from_torch(module, (5, 4)))


@pytest.mark.exhaustive
def test_weights_are_read_of_a_layer_that_is_too_large_to_write_out() -> None:
    module = nn.Conv2d(16, 16, 3, padding=1)
    layer = sc.from_torch(module, 512, values=True)
    with pytest.raises(GeometryError, match="explicit entries need at most"):
        layer.einsum()
    assert torch.equal(layer.to_torch().weight, module.weight)


@pytest.mark.parametrize(
    ("made", "written"),
    [
        (lambda: nn.Conv1d(2, 4, 3, padding=1, bias=False),
         "Conv1d(8, 3, padding=1, in_channels=2, out_channels=4)"),
        (
            lambda: nn.Conv2d(3, 6, (3, 5), stride=(2, 1), padding=(1, 2), groups=3, padding_mode="reflect"),
            "Conv2d((8, 8), (3, 5), stride=(2, 1), padding=(1, 2), padding_mode='reflect', in_channels=3, "
            "out_channels=6, groups=3, bias=True)",
        ),
        (
            lambda: nn.ConvTranspose2d(2, 2, 3, stride=2, padding=1, output_padding=1, dilation=2),
            "ConvTranspose2d((8, 8), (3, 3), stride=2, dilation=2, padding=1, output_padding=1, "
            "out_channels=2, in_channels=2, bias=True)",
        ),
        (lambda: nn.Conv3d(1, 1, 3, padding="same"), "Conv3d((8, 8, 8), (3, 3, 3), padding='same', "
         "in_channels=1, out_channels=1, bias=True)"),
        (lambda: nn.AvgPool1d(3, 2, 1, count_include_pad=False), "AvgPool1d(8, 3, stride=2, padding=1, "
         "count_include_pad=False)"),
        (lambda: nn.AvgPool3d(2, divisor_override=5), "AvgPool3d((8, 8, 8), (2, 2, 2), divisor_override=5)"),
        (lambda: nn.MaxPool2d(3, stride=2, dilation=2, ceil_mode=True),
         "MaxPool2d((8, 8), (3, 3), stride=2, dilation=2, ceil_mode=True)"),
    ],
)  # fmt: skip
def test_a_layer_has_the_options_of_its_module(made: Any, written: str) -> None:
    module = made()
    size = int(type(module).__name__[-2])
    layer = sc.from_torch(module, 8)
    assert repr(layer) == written
    assert repr(sc.from_torch(layer.to_torch(), 8)) == written
    assert len(layer.axes) == size


def test_the_input_size_may_be_a_letter() -> None:
    layer = sc.from_torch(nn.Conv2d(3, 8, 5, stride=2, padding=2), ("N_1", "N_2"), notation="pytorch")
    assert layer.output_size == sc.Conv2d(("N_1", "N_2"), 5, stride=2, padding=2).output_size
    assert repr(layer).endswith("out_channels=8, bias=True, notation='pytorch')")
    assert str(sc.from_torch(nn.MaxPool1d(2), "N").to_torch()) == str(nn.MaxPool1d((2,), (2,), (0,), (1,)))


class Doubled(nn.Conv1d):
    def forward(self, x: Any) -> Any:
        return 2 * super().forward(x)


class Named(nn.Conv1d):
    """Another name, the same function."""


def test_a_subclass_that_computes_the_same_is_read() -> None:
    assert repr(sc.from_torch(Named(1, 1, 2), 4)) == repr(sc.from_torch(nn.Conv1d(1, 1, 2), 4))
    lazy = nn.LazyConv1d(3, 2)
    lazy(torch.zeros(1, 2, 4))
    assert "in_channels=2, out_channels=3" in repr(sc.from_torch(lazy, 4))


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: nn.LSTM(2, 2), "LSTM has no layer in symconv: the modules that can be read are AvgPool1d"),
        (lambda: nn.LPPool2d(2, 2), "LPPool2d has no layer in symconv"),
        (lambda: nn.ModuleList([nn.Conv1d(1, 1, 1)]), "ModuleList has no layer in symconv"),
        (lambda: nn.AdaptiveAvgPool1d(2), "AdaptiveAvgPool1d has no layer in symconv"),
        (lambda: Doubled(1, 1, 2), "Doubled has its own forward, so it may compute something else"),
        (lambda: nn.LazyConv2d(3, 2), "LazyConv2d has no weights yet: call it once on an input"),
        (lambda: nn.MaxPool1d(2, return_indices=True), "MaxPool1d has return_indices=True"),
        (lambda: "Conv1d", "'Conv1d' is not a module of PyTorch"),
        (lambda: nn.Conv1d, "<class 'torch.nn.modules.conv.Conv1d'> is not a module of PyTorch"),
        (lambda: {"a": 1}, "{'a': 1} is not a module of PyTorch"),
    ],
)
def test_what_is_no_layer_is_refused_with_what_is(made: Any, words: str) -> None:
    with pytest.raises(OptionError) as refused:
        sc.from_torch(made(), 4)
    assert words in str(refused.value)


def test_options_and_weights_that_cannot_be_are_refused() -> None:
    conv = nn.Conv1d(2, 2, 3)
    with pytest.raises(OptionError, match="channels is 3, but a Conv1d module has its own in_channels"):
        sc.from_torch(conv, 4, channels=3)
    wrong: Any = 1
    with pytest.raises(OptionError, match="values is 1: write True or False"):
        sc.from_torch(conv, 4, values=wrong)
    with pytest.raises(GeometryError, match="spans 3 inputs"):
        sc.from_torch(conv, 2)
    with pytest.raises(SymbolicSizeError, match="input_size is the symbol N"):
        sc.from_torch(conv, "N", values=True)
    with pytest.raises(EntriesError, match="the weight of the module is complex"):
        sc.from_torch(nn.Conv1d(1, 1, 2, dtype=torch.complex64), 4, values=True)
    with pytest.raises(EntriesError, match="the weight of the module has no values"):
        sc.from_torch(nn.Conv1d(1, 1, 2, device="meta"), 4, values=True)
    conv.weight.data[0, 0, 0] = torch.nan
    with pytest.raises(EntriesError, match=r"w\[0, 0, 0\] is nan: use finite entries"):
        sc.from_torch(conv, 4, values=True)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (sc.Conv1d(4, 2, padding=(1, 0)),
         "padding is 1 before and 0 after the input, but PyTorch's modules pad both"),
        (sc.Conv2d(4, 2, padding=("same", 0)), "padding is 0 before and 1 after the input"),
        (sc.Conv((2,) * 4, 1), "this layer has 4 axes, but PyTorch's modules have at most three"),
        (sc.AvgPool1d(4, 2, divisor_override=3), "divisor_override is 3, but PyTorch's AvgPool1d has none"),
        (sc.Conv1d(4, "K"), "kernel_size is the symbol K, but a module of PyTorch has a number there"),
        (sc.Conv1d("N", 2, padding="p"), "padding is the symbol p"),
        (sc.ConvTranspose1d(4, 2, in_channels="A", out_channels=2), "in_channels is the symbol A"),
    ],
)  # fmt: skip
def test_a_layer_that_no_module_computes_is_refused(layer: Any, words: str) -> None:
    with pytest.raises((OptionError, GeometryError, SymbolicSizeError)) as refused:
        layer.to_torch()
    assert words in str(refused.value)


def test_weights_of_a_module_are_numbers() -> None:
    from sympy import I, Rational, Symbol, sqrt

    for entry in (Symbol("a"), I):
        with pytest.raises(EntriesError, match=f"w contains {entry}: a module's weights are real numbers"):
            sc.Conv1d(4, 2).at(w=[entry, 1]).to_torch()
    module = sc.Conv1d(4, 2, bias=True).at(w=[sqrt(2), Rational(1, 3)], b=2).to_torch(dtype=torch.float64)
    assert module.weight.tolist() == [[[2**0.5, 1 / 3]]]
    assert module.bias.tolist() == [2.0]


def test_a_flipped_kernel_is_stored_in_reverse() -> None:
    layer = sc.Conv2d((3, 4), (2, 3), padding=1, flip=True)
    x, w = np.arange(12).reshape(3, 4), np.arange(6).reshape(2, 3)
    module = layer.at(w=w.tolist()).to_torch(dtype=torch.float64)
    found = module(torch.tensor(x).double()[None]).detach().numpy()[0]
    assert found.astype(int).tolist() == layer.at(x=x.tolist(), w=w.tolist()).output.tolist()


@pytest.mark.exhaustive
def test_nothing_but_a_module_loads_pytorch() -> None:
    code = (
        "import sys, symconv as sc\n"
        "try: sc.from_torch(3, 4)\n"
        "except sc.SymconvError as error: print(error)\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("3 is not a module of PyTorch: the modules that can be read are AvgPool1d")


def test_without_pytorch_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symconv.layers.to_torch.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'symconv\[torch\]'"):
        sc.Conv1d(4, 2).to_torch()
