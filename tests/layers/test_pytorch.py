"""Random layers of every kind equal PyTorch's exactly: forward pass and all gradients, on integers."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st

import symconv as sc
from symconv.errors import GeometryError, OptionError
from tests.geometry import layers
from tests.optional import required
from tests.tiers import exhaustive

torch = required("torch")
nn = torch.nn

#: Random layers for each of several seeds: a few in every run, and 2,000 in the exhaustive tier.
PARTS = [(0, 20), *(pytest.param(part, 500, marks=exhaustive) for part in range(4))]


def built(options: dict[str, Any], *, bias: bool) -> sc.Conv:
    """The layer of this package, its options as a user writes them."""
    rank = len(options["stride"])
    batch, channels, *sizes = options["x"]
    kind = sc.ConvTranspose if options["transposed"] else sc.Conv
    more = {"output_padding": options["output_padding"]} if options["transposed"] else {}
    if not options["transposed"]:
        more["padding_mode"] = options["padding_mode"]
    pads = list(zip(options["before"], options["after"], strict=True))
    return kind(
        tuple(sizes), options["w"][2:], in_channels=channels, out_channels=options["delta"][1], batch=batch,
        stride=options["stride"], dilation=options["dilation"], padding=pads if rank > 1 else pads[0],
        groups=options["groups"], bias=bias, flip=options["flip"], **more,
    )  # fmt: skip


def pytorch(options: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Output and gradients from PyTorch's own modules; asymmetric padding by padding more and cropping."""
    rank, flip = len(options["stride"]), options["flip"]
    pads = [max(pair) for pair in zip(options["before"], options["after"], strict=True)]
    x = torch.tensor(arrays["x"], dtype=torch.float64, requires_grad=True)
    name = f"Conv{'Transpose' if options['transposed'] else ''}{rank}d"
    more: dict[str, Any] = {"output_padding": options["output_padding"]} if options["transposed"] else {}
    symmetric = options["before"] == options["after"]
    if not options["transposed"]:
        more["padding_mode"] = options["padding_mode"]
    module = getattr(nn, name)(
        options["x"][1], options["delta"][1], options["w"][2:], stride=options["stride"],
        padding=tuple(pads) if symmetric else 0, dilation=options["dilation"], groups=options["groups"],
        dtype=torch.float64, **more,
    )  # fmt: skip
    axes = tuple(range(2, 2 + rank))
    module.weight.data = torch.tensor(np.flip(arrays["w"], axes).copy() if flip else arrays["w"]).double()
    module.bias.data = torch.tensor(arrays["b"]).double()
    given_ = x
    if not symmetric and not options["transposed"]:
        ends = [p for pair in zip(options["before"], options["after"], strict=True) for p in pair]
        order = [p for a in reversed(range(rank)) for p in ends[2 * a : 2 * a + 2]]
        mode = {"zeros": "constant"}.get(options["padding_mode"], options["padding_mode"])
        given_ = nn.functional.pad(x, order, mode=mode)
    y = module(given_)
    if not symmetric and options["transposed"]:
        ends = zip(options["before"], options["after"], y.shape[2:], strict=True)
        y = y[(..., *(slice(p, m - q) for p, q, m in ends))]
    y.backward(torch.tensor(arrays["delta"]).double())
    weight = module.weight.grad.numpy()
    return {
        "output": y.detach().numpy(),
        "grad_input": x.grad.numpy(),
        "grad_kernel": np.flip(weight, axes) if flip else weight,
        "grad_bias": module.bias.grad.numpy(),
    }


@pytest.mark.parametrize(("part", "cases"), PARTS)
def test_every_layer_equals_pytorch_exactly(part: int, cases: int) -> None:
    seen: list[tuple[int, bool, str]] = []

    @settings(max_examples=cases)
    @given(options=layers(), seed=st.integers(0, 999))
    def compare(options: dict[str, Any], seed: int) -> None:
        rng = np.random.default_rng((part, seed))
        arrays = {name: rng.integers(-9, 10, options[name]) for name in ("x", "w", "delta")}
        arrays["b"] = rng.integers(-9, 10, options["delta"][1])
        layer = built(options, bias=True).at(**{name: array.tolist() for name, array in arrays.items()})
        for name, wanted in pytorch(options, arrays).items():
            found = getattr(layer, name)
            flat = [int(entry) for entry in np.ravel(np.array(found.tolist(), dtype=object))]
            assert tuple(wanted.shape) == (found.shape if len(found.shape) > 2 else wanted.shape)
            assert flat == np.rint(wanted).astype(int).ravel().tolist() == wanted.ravel().tolist(), name
        seen.append((len(options["stride"]), options["transposed"], options["padding_mode"]))

    hypothesis_seed(part)(compare)()
    assert len(seen) >= cases
    assert {rank for rank, _, _ in seen} == {1, 2, 3}
    assert {mode for _, _, mode in seen} == {"zeros", "circular", "reflect", "replicate"}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
def test_same_is_pytorchs(rank: int, kernel: int) -> None:
    sizes = tuple(range(4, 4 + rank))
    rng = np.random.default_rng(kernel)
    x, w = rng.integers(-9, 10, sizes), rng.integers(-9, 10, (kernel,) * rank)
    layer = sc.Conv(sizes, (kernel,) * rank, padding="same" if rank == 1 else ("same",) * rank)
    module = getattr(nn.functional, f"conv{rank}d")
    wanted = module(
        torch.tensor(x[None, None]).double(), torch.tensor(w[None, None]).double(), padding="same"
    )
    found = layer.at(x=x.tolist(), w=w.tolist()).output
    assert list(map(int, np.ravel(found.tolist()))) == wanted.ravel().tolist()
    assert prod(found.shape) == prod(sizes)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda: sc.Conv1d(2, 3), lambda: nn.Conv1d(1, 1, 3)(torch.zeros(1, 1, 2))),
        (
            lambda: sc.Conv1d(5, 3, stride=2, padding="same"),
            lambda: nn.Conv1d(1, 1, 3, stride=2, padding="same"),
        ),
        (
            lambda: sc.Conv1d(5, 3, in_channels=3, out_channels=4, groups=2),
            lambda: nn.Conv1d(3, 4, 3, groups=2),
        ),
        (
            lambda: sc.Conv1d(3, 2, padding=3, padding_mode="reflect"),
            lambda: nn.Conv1d(1, 1, 2, padding=3, padding_mode="reflect")(torch.zeros(1, 1, 3)),
        ),
        (
            lambda: sc.Conv1d(3, 2, padding=4, padding_mode="circular"),
            lambda: nn.Conv1d(1, 1, 2, padding=4, padding_mode="circular")(torch.zeros(1, 1, 3)),
        ),
        (
            lambda: sc.ConvTranspose1d(3, 2, stride=2, output_padding=2),
            lambda: nn.ConvTranspose1d(1, 1, 2, stride=2, output_padding=2)(torch.zeros(1, 1, 3)),
        ),
        (
            lambda: sc.ConvTranspose1d(1, 1, padding=1),
            lambda: nn.ConvTranspose1d(1, 1, 1, padding=1)(torch.zeros(1, 1, 1)),
        ),
        (
            lambda: sc.ConvTranspose1d(3, 2, padding_mode="reflect"),
            lambda: nn.ConvTranspose1d(1, 1, 2, padding_mode="reflect"),
        ),
    ],
)
def test_what_pytorch_refuses_is_refused(ours, theirs) -> None:
    with pytest.raises((RuntimeError, ValueError)):
        theirs()
    with pytest.raises((GeometryError, OptionError)):
        ours()
