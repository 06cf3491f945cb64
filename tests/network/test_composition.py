"""Two convolutions are one where it is said: the product of their matrices is its matrix; proved, too."""

from __future__ import annotations

import sys
from itertools import product
from typing import Any

import numpy as np
import pytest

import symconv as sc
from symconv.errors import GeometryError, OptionError, SymbolicSizeError
from tests.optional import required
from tests.tiers import tiers

#: What every run tries of this stands in the examples of the page on networks.
pytestmark = pytest.mark.exhaustive

STEPS = list(product((1, 2, 3), (1, 2, 3), (1, 2), (1, 2)))


@pytest.mark.parametrize(("s1", "s2", "d1", "d2"), STEPS)
def test_the_product_of_two_matrices_is_that_of_one_layer(s1: int, s2: int, d1: int, d2: int) -> None:
    first = sc.Conv1d(12, 3, stride=s1, dilation=d1, padding=(2, 1), flip=s2 == 2)
    try:
        net = sc.Chain(first, sc.Conv1d(None, 2, stride=s2, dilation=d2, flip=s2 == 2))
    except GeometryError:
        assert s1 == 3
        return
    one = net.composition()
    assert one.verify()
    assert one.layer.spec.axes[0].geometry["stride"] == s1 * s2
    assert one.layer.output_size == net[2].output_size


@pytest.mark.parametrize(("s1", "s2", "d1", "d2"), STEPS)
def test_that_two_layers_are_one_is_proved_for_all_sizes(s1: int, s2: int, d1: int, d2: int) -> None:
    required("islpy")
    first = sc.Conv1d("N", "K", stride=s1, dilation=d1, padding="p")
    (proof,) = sc.Chain(first, sc.Conv1d(None, "P", stride=s2, dilation=d2)).composition().prove()
    assert proof
    assert f"strides ({s1}, {s2}) and dilations ({d1}, {d2})" in str(proof)


def test_channels_and_planes_compose_too() -> None:
    channels = (
        sc.Conv1d(6, 2, in_channels=2, out_channels=3),
        sc.Conv1d(None, 2, in_channels=3, out_channels=2),
    )
    planes = sc.Conv2d((5, 6), (2, 3), stride=(1, 2)), sc.Conv2d(None, 2)
    both = sc.Conv2d(4, 2, in_channels=1, out_channels=2), sc.Conv2d(None, 2, in_channels=2, out_channels=1)
    for pair in (channels, planes, both):
        assert sc.Chain(*pair).composition().verify()


def test_a_full_padding_lets_the_second_layer_pad() -> None:
    required("islpy")
    net = sc.Chain(sc.Conv1d(5, 3, padding="full"), sc.Conv1d(None, 3, padding=2, stride=2))
    one = net.composition()
    assert one.verify()
    assert all(one.prove())
    assert "fully" in one.reason


def test_the_kernel_of_two_plain_layers_is_the_convolution_of_their_kernels() -> None:
    net = sc.Chain(sc.Conv1d(9, 3), sc.Conv1d(None, 4))
    one = net.composition()
    assert list(one.w) == list(sc.convolve(list(net.w[1]), list(net.w[2])))
    formula = sc.Chain(sc.Conv1d("N", "K"), sc.Conv1d(None, "P")).composition().kernel
    assert "w^(1)[l]*w^(2)[k - l]" in str(formula)
    w1, w2 = np.array([1, 2, 3]), np.array([4, 5, 6, 7])
    entries = formula.at(K=3, P=4)
    swap = {**{f"w^(1)_{i}": w for i, w in enumerate(w1)}, **{f"w^(2)_{i}": w for i, w in enumerate(w2)}}
    assert [entry.subs(swap) for entry in entries] == np.convolve(w1, w2).tolist()


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((sc.Conv1d(6, 3), sc.Activation("relu"), sc.Conv1d(None, 2)), "an activation stands between"),
        ((sc.Conv1d(6, 3), sc.Conv1d(None, 3, padding=1)), "would stand that are not 0"),
        ((sc.Conv1d(6, 3), sc.MaxPool1d(None, 2)), "MaxPool1d(None, 2) is no convolution"),
        ((sc.Conv1d(6, 3, bias=True), sc.Conv1d(None, 2)), "has a bias"),
        ((sc.Conv1d(6, 3, flip=True), sc.Conv1d(None, 2)), "one flips its kernel"),
        ((sc.Conv1d(6, 3, padding=1, padding_mode="circular"), sc.Conv1d(None, 2)), "not made of zeros"),
        ((sc.Conv1d(6, 3),), "no layer to compose it with"),
    ],
)  # fmt: skip
def test_two_layers_that_are_not_one_are_refused(parts: tuple[Any, ...], said: str) -> None:
    with pytest.raises(OptionError) as raised:
        sc.Chain(*parts).composition()
    assert said in str(raised.value)


def test_open_sizes_are_proved_and_not_multiplied() -> None:
    one = sc.Chain(sc.Conv1d("N", "K", stride="s"), sc.Conv1d(None, "P")).composition()
    with pytest.raises(SymbolicSizeError):
        one.verify()
    with pytest.raises(OptionError, match="needs a number for every stride"):
        one.prove()


@pytest.mark.parametrize(
    "fault", tiers(["{stride}*o", "{dilation}*k1", "{step}*k2", "1 + floor"], ["{stride}*o"])
)
def test_a_wrong_relation_is_not_proved(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    required("islpy")
    module = sys.modules["symconv.network.composition"]
    assert fault in module._ONE
    monkeypatch.setattr(module, "_ONE", module._ONE.replace(fault, f"1 + {fault}", 1))
    net = sc.Chain(sc.Conv1d("N", "K", stride=2, padding="p"), sc.Conv1d(None, "P"))
    assert not any(net.composition().prove())


@pytest.mark.parametrize("name", ["kernel_size", "stride", "padding"])
def test_a_wrong_size_of_the_one_layer_is_not_proved(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The proof is about the layer that is made: its sizes, strides and paddings."""
    required("islpy")
    module = sys.modules["symconv.network.composition"]
    right = module._sizes

    def wrong(a: Any, b: Any) -> dict[str, Any]:
        made = right(a, b)
        more = (made[name][0] + 1, made[name][1]) if name == "padding" else made[name] + 1
        return {**made, name: more}

    monkeypatch.setattr(module, "_sizes", wrong)
    a, b = sc.Conv1d("N", "K", stride=2, padding="p"), sc.Conv1d(9, "P")
    assert not module._proved(a.axes[0], b.axes[0])
    monkeypatch.setattr(module, "_sizes", right)
    assert module._proved(a.axes[0], b.axes[0])
    monkeypatch.setattr(module, "_kernel_steps", lambda one, two: (1, 1))
    assert not module._proved(a.axes[0], b.axes[0])
