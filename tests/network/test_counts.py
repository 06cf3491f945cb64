"""Parameters and multiplications are those of PyTorch's modules, receptive fields what gradients reach."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import symbols

import symconv as sc
from symconv.errors import OptionError, SymbolicSizeError
from symconv.network.fields import reaches
from tests.network.known_networks import NETWORKS, Known, chain_of, modules_of
from tests.optional import required
from tests.tiers import tiers

#: What every run tries of this stands in the examples of the page on networks.
pytestmark = pytest.mark.exhaustive

torch = required("torch")
nn = torch.nn


@pytest.mark.parametrize("name", NETWORKS)
def test_known_networks_have_their_number_of_parameters(name: str) -> None:
    assert chain_of(NETWORKS[name]).parameters == NETWORKS[name].parameters


def counted_by_pytorch(known: Known) -> tuple[int, int, int]:
    """Parameters, multiplications, and those that meet no padding: each module asked by itself."""
    network = nn.Sequential(*modules_of(nn, known))
    found = {"whole": 0, "inside": 0}

    def conv(module: Any, given: Any, out: Any) -> None:
        found["whole"] += out[0].numel() * module.weight[0].numel()
        ones = nn.Conv2d(1, 1, module.kernel_size, module.stride, module.padding, bias=False)
        ones.weight.data.fill_(1)
        places = ones(torch.ones_like(given[0][:, :1])).round().sum().item()
        found["inside"] += int(places) * module.in_channels * module.out_channels

    def linear(module: Any, given: Any, out: Any) -> None:
        found["whole"] += module.weight.numel()
        found["inside"] += module.weight.numel()

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(conv)
        elif isinstance(module, nn.Linear):
            module.register_forward_hook(linear)
    with torch.no_grad():
        network(torch.zeros(1, known.channels, known.size, known.size))
    return sum(p.numel() for p in network.parameters()), found["whole"], found["inside"]


@pytest.mark.parametrize("name", tiers(NETWORKS, ("LeNet-5",)))
def test_known_networks_count_as_pytorch_does(name: str) -> None:
    net = chain_of(NETWORKS[name])
    counts = net.parameters, net.multiplications(), net.multiplications(padding=False)
    assert counts == counted_by_pytorch(NETWORKS[name])


def stages_of(net: sc.Chain) -> list[int]:
    """The last layer of each part of a network that acts on places."""
    return [stage.number for stage in net.stages if not stage.matrix_is_kernel]


def reached_by_gradients(
    known: Known,
) -> list[dict[tuple[int, int], tuple[tuple[int, int], tuple[int, int]]]]:
    """For the output of each top part, and some places of it, the first and last inputs with a gradient."""
    x = torch.ones(1, 1, known.size, known.size, dtype=torch.float64, requires_grad=True)
    out, places = x, []
    for module in modules_of(nn, known):
        if isinstance(module, nn.Flatten):
            break
        out = _positive(nn, module).double()(out)
        if isinstance(module, nn.ReLU):
            continue
        found = {}
        for i in {0, out.shape[2] // 2, out.shape[2] - 1}:
            (gradient,) = torch.autograd.grad(out[0, :, i, i].sum(), x, retain_graph=True)
            rows, columns = (np.flatnonzero(gradient[0].abs().sum((0, axis)).numpy()) for axis in (2, 1))
            found[i, i] = (int(rows[0]), int(rows[-1])), (int(columns[0]), int(columns[-1]))
        places.append(found)
    return places


def _positive(nn: Any, module: Any) -> Any:
    """A module whose every path has a positive gradient: averages for maxima, and positive weights.

    A channel is enough, since each channel of a convolution reads all those before it.
    """
    if isinstance(module, nn.MaxPool2d):
        return nn.AvgPool2d(module.kernel_size, module.stride, module.padding)
    if isinstance(module, nn.ReLU):
        return nn.Identity()
    for name, child in list(module.named_children()):
        setattr(module, name, _positive(nn, child))
    if isinstance(module, nn.Conv2d):
        assert module.groups == 1
        sizes = module.kernel_size, module.stride, module.padding
        module = nn.Conv2d(1, 1, *sizes, bias=False)
        module.weight.data.fill_(1 / module.weight.numel())
    return module


@pytest.mark.parametrize("name", tiers(NETWORKS, ("LeNet-5",)))
def test_receptive_fields_are_what_gradients_reach(name: str) -> None:
    known = NETWORKS[name]
    net = chain_of(known)
    ends, number = [], 0
    for part in known.parts:
        if part.kind == "dense":
            break
        number += len(part.sizes[0]) + len(part.sizes[1]) if part.kind == "block" else 1
        ends.append(number)
    for layer, found in zip(ends, reached_by_gradients(known), strict=True):
        field = net.receptive_field(layer)
        for place, spans in found.items():
            inputs = field.inputs(place)
            assert tuple((along[0], along[-1]) for along in inputs) == spans
            for i, (first, last), axis in zip(place, spans, range(2), strict=True):
                start = field.start[axis] + field.jump[axis] * i
                assert first >= max(0, start)
                assert last <= min(known.size - 1, start + field.size[axis] - 1)


def test_the_last_fields_of_known_networks() -> None:
    """Source: Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks (2019)."""
    sizes = {"AlexNet": (8, 195, 32), "VGG-16": (18, 212, 32)}
    for name, (layer, size, jump) in sizes.items():
        field = chain_of(NETWORKS[name]).receptive_field(layer)
        assert (field.size, field.jump) == ((size, size), (jump, jump))
    resnet = chain_of(NETWORKS["ResNet-50"])
    last = max(stage.number for stage in resnet.stages if stage.learned and not stage.matrix_is_kernel)
    # By hand, its strides on the 3 by 3 convolutions: 11 + 3·8 + (8 + 3·16) + (16 + 5·32) + (32 + 2·64).
    assert resnet.receptive_field(last).size == (427, 427)


def test_every_field_is_the_interval_that_the_closed_form_says() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        parts: list[Any] = []
        size: Any = int(rng.integers(12, 30))
        whole = size
        for _ in range(int(rng.integers(1, 4))):
            k, s, d, p = (int(rng.integers(1, n)) for n in (4, 3, 3, 3))
            kind = sc.MaxPool1d if rng.random() < 0.3 and parts else sc.Conv1d
            options = {"stride": s, "padding": min(p - 1, k // 2) if kind is sc.MaxPool1d else p - 1}
            parts.append(kind(size, k, **options, **({"dilation": d} if kind is sc.Conv1d else {})))
            size = None
        net = sc.Chain(*parts)
        field = net.receptive_field()
        (rows,) = reaches(net)[len(net)]
        for i, row in enumerate(rows):
            start = field.start + field.jump * i
            seen = np.flatnonzero(row)
            assert field.inputs(i) == tuple(seen.tolist())
            if len(seen):
                assert seen[0] >= max(0, start)
                assert seen[-1] <= min(whole - 1, start + field.size - 1)
        before, after = field.padding
        assert before == max(0, -field.start)
        assert after == max(0, field.start + field.jump * (len(rows) - 1) + field.size - whole)


def test_closed_forms_are_right_for_open_sizes() -> None:
    N, K, s, p = symbols("N K s p", integer=True, positive=True)
    net = sc.Chain(
        sc.Conv1d(N, K, padding="same", bias=True), sc.Activation("f"),
        sc.Conv1d(None, 3, stride=s, padding=p), sc.Activation("f"), sc.Conv1d(None, K),
        sc.Dense(None, 10, bias=True),
    )  # fmt: skip
    field = net.receptive_field(3)
    assert field.jump == s
    assert (field.size - (K + 2 + s * (K - 1))).expand() == 0
    for numbers in ((20, 1, 1, 1), (31, 2, 3, 1), (31, 4, 2, 2), (20, 3, 3, 2)):
        swap = dict(zip((N, K, s, p), numbers, strict=True))
        n, k, stride, pad = numbers
        given = sc.Chain(
            sc.Conv1d(n, k, padding="same", bias=True), sc.Conv1d(None, 3, stride=stride, padding=pad),
            sc.Conv1d(None, k), sc.Dense(None, 10, bias=True),
        )  # fmt: skip
        own = given.receptive_field(3)
        found = [part.subs(swap) for part in (field.size, field.jump, field.start)]
        assert found == [own.size, own.jump, own.start]
        sizes = {letter: size for stage in net.stages for letter, size in stage.sizes.items()}

        def put(expr: Any, sizes: Any = sizes, swap: Any = swap) -> Any:
            for _ in range(4):
                expr = expr.subs(sizes)
            return expr.subs(swap).doit()

        assert put(net.parameters) == given.parameters
        assert put(net.multiplications()) == given.multiplications()
        assert put(net.multiplications(padding=False)) == given.multiplications(padding=False)


def test_multiplications_are_those_that_meet() -> None:
    """Products of a transposed layer, of groups and of a circular padding, counted one by one."""
    cases = [
        (sc.ConvTranspose1d(5, 3, stride=2, padding=1), 15, 13),
        (sc.Conv1d(6, 3, padding=1, padding_mode="circular"), 18, 18),
        (
            sc.Conv2d((4, 4), 3, padding=1, in_channels=4, out_channels=2, groups=2),
            16 * 9 * 2 * 2,
            100 * 2 * 2,
        ),
        (sc.AvgPool1d(4, 2), 0, 0),
    ]
    for layer, whole, inside in cases:
        net = sc.Chain(layer)
        assert (net.multiplications(), net.multiplications(False)) == (whole, inside)
        if whole:
            assert inside == len(layer.spec.tied.incidence())


def test_fields_that_are_not_intervals_are_listed() -> None:
    net = sc.Chain(sc.Conv1d(12, 2, dilation=3), sc.Activation("f"), sc.Conv1d(None, 2, dilation=6))
    assert net.receptive_field().inputs(0) == (0, 3, 6, 9)
    assert net.receptive_field().size == 10
    based = sc.Chain(sc.Conv1d(12, 2, dilation=3), notation=sc.Notation(base=1))
    assert based.receptive_field().inputs(1) == (1, 4)
    up = sc.Chain(sc.Conv1d(6, 3), sc.ConvTranspose1d(None, 2, stride=2))
    assert up.receptive_field().inputs(3) == (1, 2, 3)
    with pytest.raises(OptionError, match="fields of different sizes"):
        _ = up.receptive_field().size


def test_zeros_in_between_lead_nowhere() -> None:
    """The last field begins in the padding of the second layer; no input stands behind it."""
    net = sc.Chain(sc.Conv1d(4, 1), sc.Conv1d(None, 3, padding=2))
    field = net.receptive_field()
    assert (field.start, field.size, field.padding) == (-2, 3, (2, 2))
    assert [field.inputs(i) for i in range(6)] == [(0,), (0, 1), (0, 1, 2), (1, 2, 3), (2, 3), (3,)]


@pytest.mark.parametrize("output", [(0, 0), 5, -1])
def test_outputs_that_there_are_not_are_refused(output: Any) -> None:
    with pytest.raises(OptionError, match="output"):
        sc.Chain(sc.Conv1d(6, 3)).receptive_field().inputs(output)


def test_open_sizes_have_no_list_of_inputs() -> None:
    with pytest.raises(SymbolicSizeError):
        sc.Chain(sc.Conv1d("N", 3)).receptive_field().inputs(0)


def test_the_summary_is_a_table() -> None:
    text = str(chain_of(NETWORKS["LeNet-5"]).summary()).splitlines()
    assert len(text) == 9
    assert text[0].split() == [
        "layer",
        "kind",
        "output",
        "parameters",
        "multiplications",
        "receptive",
        "field",
        "jump",
    ]
    assert text[1].split() == ["1", "Conv2d,", "relu", "6×28×28", "156", "117600", "5×5", "1×1"]
    assert text[-1].split() == ["total", "61706", "416520"]
    assert sc.Chain(sc.Conv1d("N", 3)).summary().latex().startswith(r"\begin{array}{lllrrrr}")
