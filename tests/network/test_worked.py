"""The worked example of a chain: entries are the sums that they are told as, and those of plain loops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from sympy import Add, expand

import symconv as sc
from symconv.network import paths, story
from symconv.network.examples import example
from symconv.network.known import compared
from symconv.network.pen import Pen
from symconv.network.worked import Worked
from symconv.notes.model import Display, Prose, plain
from tests.network.noted import NETS

#: What every run tries of this stands in the examples of the page on networks.
pytestmark = pytest.mark.exhaustive


@cache
def worked(make: Callable[[], sc.Chain]) -> Worked:
    found = example(make())
    assert found is not None
    return found


def told(net: Worked) -> Iterator[tuple[Any, Any]]:
    """Each entry with the sum that it is told as."""
    for stage in net.stages:
        n = stage.number
        if stage.learned:
            for at, entry in enumerate(net.shown("preactivation", n)):
                yield entry, net.preactivation(stage, at)
            for tap, entry in enumerate(net.shown("grad_kernel", n)):
                yield entry, net.kernel(stage, tap)
    for at, entry in enumerate(net.shown("grad_input", 1)):
        yield entry, net.back(0, at)


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_every_entry_is_the_sum_of_its_products(make: Callable[[], sc.Chain]) -> None:
    for entry, terms in told(worked(make)):
        gap = expand(entry - Add(*(term.result for term in terms)))
        assert abs(gap) < 1e-25 if gap.is_number else gap == 0


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_a_delta_is_what_arrives_times_the_slope(make: Callable[[], sc.Chain]) -> None:
    net = worked(make)
    for stage in net.stages:
        if stage.activation.is_softmax:
            continue
        for at, entry in enumerate(net.shown("delta", stage.number)):
            gap = expand(entry - net.slope(stage, at) * net.arriving(stage.number, at))
            assert abs(gap) < 1e-25 if gap.is_number else gap == 0


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_the_numbers_are_those_of_plain_loops(make: Callable[[], sc.Chain]) -> None:
    entries, _ = compared(worked(make))
    assert entries > 18


def test_numbers_that_are_given_are_kept_and_others_chosen() -> None:
    net = sc.Chain(sc.Conv1d(4, 2), sc.Activation("relu"), sc.Dense(None, 1), loss="half_squared_error")
    found = example(net.at(x=[4, 3, 2, 1]))
    assert found is not None
    assert found.given["x"] == (4, 3, 2, 1)
    assert found.chosen
    assert any(entry != 0 for entry in found.shown("delta", 1))
    assert not worked(NETS["opening"]).chosen


def test_floats_are_worked_with_more_digits_than_they_have() -> None:
    net = sc.Chain(sc.Conv1d(3, 2), sc.Activation("tanh"), loss="half_squared_error")
    found = example(net.at(x=[0.1, 0.2, 0.3], w=[[0.5, -0.25]], target=[0.1, 0.0]))
    assert found is not None
    entries, exactly = compared(found)
    assert (entries, exactly) == (12, False)  # that of the loss too
    assert "z^(1) = (0, 0.025)" in str(net.at(x=[0.1, 0.2, 0.3], w=[[0.5, -0.25]], target=[0.1, 0]).notes())


def taps_by_loops(size: int, taps: int, stride: int, dilation: int, before: int) -> dict[int, list[int]]:
    """Which outputs a tap takes part in, by sliding the window."""
    last = size + 2 * before - dilation * (taps - 1) - 1
    return {
        k: [i for i in range(last // stride + 1) if 0 <= i * stride + k * dilation - before < size]
        for k in range(taps)
    }


@pytest.mark.parametrize(
    ("size", "taps", "stride", "dilation", "before"),
    [(4, 3, 1, 1, 2), (7, 3, 2, 1, 1), (6, 2, 1, 2, 0), (5, 3, 1, 1, 1), (8, 4, 3, 1, 2)],
)
def test_where_a_weight_is_used_is_said_as_loops_find_it(
    size: int, taps: int, stride: int, dilation: int, before: int
) -> None:
    layer = sc.Conv1d(size, taps, stride=stride, dilation=dilation, padding=before)
    found = worked(lambda: sc.Chain(layer, sc.Activation("f")))
    stage = found.stages[0]
    uses = taps_by_loops(size, taps, stride, dilation, before)
    for tap in range(taps):
        assert [o for o, k, _ in found.triples(stage) if k == tap] == uses[tap]
    tap = found.main_tap(stage)
    assert len(uses[tap]) == max(map(len, uses.values()))
    words = plain(paths.shared_told(Pen(found), stage, tap))
    count = {2: "twice", 3: "three times", 4: "four times", 5: "five times"}[len(uses[tap])]
    assert words.startswith(f"w^(1)_{tap} is used {count}, in z^(1)_{uses[tap][0]}")


@pytest.mark.parametrize("place", range(7))
def test_what_a_unit_feeds_is_what_changes_with_it(place: int) -> None:
    net = sc.Chain(sc.Conv1d(7, 3, stride=2, padding=1), sc.Activation("relu"), sc.Dense(None, 2))
    found = worked(lambda: net)
    moved = np.zeros(7)
    moved[place] = 1
    changed = [o for o in range(4) if np.pad(moved, 1)[2 * o : 2 * o + 3].any()]
    assert found.fed(0, place) == [(1, o) for o in changed]


def test_zeros_and_weights_of_the_matrix_are_counted() -> None:
    found = worked(NETS["two_filters"])
    words, display = story.matrices(Pen(found))
    assert isinstance(words, Prose)
    assert isinstance(display, Display)
    matrix = found.stages[0].layer.matrix
    zeros = sum(entry == 0 for entry in matrix)
    assert f"with {zeros} of its {len(matrix)} entries" in plain(words.words)
    assert f"only {len(set(matrix) - {0})} different weights in the other" in plain(words.words)
    assert display.label == "matrix-1"


def test_neurons_that_relu_stops_are_named() -> None:
    found = worked(NETS["pooled"])
    _, _, words = paths.neuron(Pen(found))
    assert isinstance(words, Prose)
    stopped = [o for o, z in enumerate(found.shown("preactivation", 1)) if z <= 0]
    assert stopped
    said = plain(words.words)
    assert all(f"delta^(1)_{o}" in said for o in stopped)
    assert all(found.shown("delta", 1)[o] == 0 for o in stopped)
