"""What the worked example says, recomputed by plain loops over lists of numbers."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import symconv as sc
from symconv.layers.noted import sources
from symconv.notes.worked import Costs, Worked, rotated, shifted
from tests.notes.layers import EVERY, LARGE
from tests.tiers import tiers

QUICK = ["full", "strided", "grouped", "transposed", "circular", "maximum", "image", "reflected"]


def place(j: int, n: int, mode: str) -> int | None:
    """Where a place beside the input reads it."""
    if 0 <= j < n:
        return j
    if mode == "circular":
        return j % n
    if mode == "replicate":
        return min(max(j, 0), n - 1)
    if mode == "reflect":
        return -j if j < 0 else 2 * (n - 1) - j
    return None


def met(layer: Any) -> list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    """Output, tap and input index of every product of a layer without a batch, from its options alone."""
    axes = []
    for axis in layer.spec.tied_axes:
        told = axis.geometry
        n, k, s, d, p = (
            int(told[name]) for name in ("input_size", "kernel_size", "stride", "dilation", "before")
        )
        m = int(axis.extents["output"][0])
        here = []
        ends = range(n) if layer.spec.transposed else range(m)
        for o, tap in product(ends, range(k)):
            turned = k - 1 - tap if layer.spec.flip else tap
            j = s * o + d * turned - p
            if layer.spec.transposed:
                if 0 <= j < m:
                    here.append((j, tap, o))
                continue
            at = place(j, n, layer.spec.padding_mode)
            if at is not None:
                here.append((o, tap, at))
        axes.append(here)
    found = []
    for pieces in product(*axes):
        output, tap, read = (tuple(piece[at] for piece in pieces) for at in range(3))
        for head in channels(layer):
            found.append((head[0] + output, head[1] + tap, head[2] + read))
    return found


def channels(layer: Any) -> list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    """The same of batch and channels."""
    heads: list[Any] = [((), (), ())]
    for relation in layer.spec.tied.relations:
        told = relation.geometry
        if "in_channels" in told:
            options = relation.options
            inside, outside, groups = (int(options[n]) for n in ("in_channels", "out_channels", "groups"))
            a, b = inside // groups, outside // groups
            pairs = [(o, c, o // b * a + c) for o in range(outside) for c in range(a)]
            made = [((o,), (o, c), (i,)) for o, c, i in pairs]
            if layer.spec.transposed:
                made = [((i // a * b + c,), (i, c), (i,)) for i in range(inside) for c in range(b)]
        elif "batch" in told or "channels" in told:
            made = [((n,), (), (n,)) for n in range(int(next(iter(told.values()))))]
        else:
            continue
        heads = [tuple(x + y for x, y in zip(h, m, strict=True)) for h in heads for m in made]
    return heads


def numbers(entries: Any, shape: tuple[int, ...]) -> np.ndarray:
    return np.array(list(entries), dtype=object).reshape(shape)


@pytest.mark.parametrize("name", tiers(EVERY, QUICK))
def test_every_product_sum_and_gradient_is_that_of_plain_loops(name: str) -> None:
    worked = Worked(sources(EVERY[name]("symconv"), None).example)
    layer = worked.source
    x = numbers(worked.inputs, worked.shape("input"))
    delta = numbers(worked.upstream, worked.shape("output"))
    triples = met(layer)
    selects = layer.spec.kernel.name == "selection"
    if selects:
        y = np.full(worked.shape("output"), -np.inf, dtype=object)
        winner: dict[Any, Any] = {}
        for o, _, j in triples:
            if x[j] > y[o]:
                y[o], winner[o] = x[j], j
        gx = np.zeros_like(x)
        for o, j in winner.items():
            gx[j] += delta[o]
    else:
        w = numbers(worked.weights, worked.shape("tap")) if layer.spec.kernel.shared else None
        y, gx, gw = np.zeros_like(delta), np.zeros_like(x), None if w is None else np.zeros_like(w)
        for o, k, j in triples:
            y[o] += w[k] * x[j]
            gx[j] += w[k] * delta[o]
            gw[k] += x[j] * delta[o]
        if layer.spec.bias:
            axis = 1 if "batch" in layer.spec.tied.relations[0].geometry else 0
            bias = numbers(worked.explicit.bias, (len(worked.explicit.bias),))
            moved = np.moveaxis(y, axis, -1)
            moved += bias
    assert [p.result for p in worked.positions] == list(y.ravel())
    assert [len(p.products) for p in worked.positions] == [
        sum(o == at for o, _, _ in triples) for at in np.ndindex(worked.shape("output"))
    ]
    for p in worked.positions:
        total = sum(product.result for product in p.products) + (p.bias or 0)
        assert total == p.result
    assert [worked.input_entry(at).result for at in range(x.size)] == list(gx.ravel())
    assert list(worked.gradient("input")) == list(gx.ravel())
    if layer.spec.kernel.learned:
        assert [worked.kernel_entry(at).result for at in range(gw.size)] == list(gw.ravel())
        assert list(worked.gradient("tap")) == list(gw.ravel())
        assert worked.kernel_entry(worked.main_tap).shares
    assert worked.input_entry(worked.main_place).shares
    read = {j for _, _, j in triples}
    assert worked.skipped == [at for at, index in enumerate(np.ndindex(x.shape)) if index not in read]


@pytest.mark.parametrize("name", tiers(EVERY, QUICK))
def test_costs_are_counted_and_not_listed(name: str) -> None:
    layer = sources(EVERY[name]("symconv"), None).example
    triples, costs = met(layer), Costs.of(layer.spec)
    batch = next((int(r.geometry["batch"]) for r in layer.spec.tied.relations if "batch" in r.geometry), 1)
    cells = {(o, j) for o, _, j in triples}
    assert costs.multiplications * batch == len(triples)
    assert costs.nonzeros * batch == len(cells)
    assert costs.window == max(sum(o == at for o, _ in cells) for at in {o for o, _ in cells})
    assert costs.dense == costs.inputs * costs.outputs
    assert costs.inputs * batch == layer.spec.tied.count("input")


def test_the_costs_of_a_photograph_are_told_at_once() -> None:
    layer = LARGE["photograph"]("symconv")
    costs = Costs.of(layer.spec)
    assert costs.weights == 64 * 3 * 11 * 11
    along = sum(0 <= 4 * i + k - 2 < 224 for i in range(55) for k in range(11))
    assert costs.multiplications == 64 * 3 * along**2
    assert costs.dense == (64 * 55 * 55) * (3 * 224 * 224)


@pytest.mark.parametrize("name", tiers(EVERY, ["full", "strided", "transposed", "reflected", "image"]))
def test_what_moves_when_the_input_moves_is_computed(name: str) -> None:
    made = sources(EVERY[name]("symconv"), None)
    worked = Worked(made.example)
    stride = int(worked.spec.tied_axes[-1].geometry["stride"])
    by, moved = (1, stride) if worked.spec.transposed else (stride, 1)
    shift = shifted(made, by, moved)
    old = numbers(worked.outputs, worked.shape("output"))
    new = numbers(shift.outputs, shift.output_shape)
    there = new[..., moved:]
    same = {
        at for at, index in enumerate(np.ndindex(old.shape))
        if index[-1] < there.shape[-1] and there[index] == old[index]
    }  # fmt: skip
    assert set(shift.same) == same
    if worked.spec.padding_mode == "zeros" and worked.spec.kernel.learned:
        assert len(same) == old.size


def test_a_circular_layer_moves_around() -> None:
    made = sources(sc.Conv1d(6, 3, padding=1, padding_mode="circular"), None)
    turned = rotated(made, 1)
    assert turned is not None
    assert list(turned.outputs) == list(np.roll(np.array(Worked(made.example).outputs, dtype=object), 1))
    assert rotated(sources(sc.Conv1d(6, 3, padding=1), None), 1) is None


@pytest.mark.parametrize("name", EVERY)
def test_an_example_is_small_and_of_the_same_kind(name: str) -> None:
    layer = EVERY[name]("symconv")
    example = sources(layer, None).example
    assert type(example) is type(layer)
    assert example.entries.numbers
    assert len(met(example)) <= 100
    wide = [axis.geometry["dilation"] != 1 for axis in (*layer.spec.tied_axes, *example.spec.tied_axes)]
    assert len(set(wide)) == 1
    assert example.spec.padding_mode == layer.spec.padding_mode
    assert [type(r) for r in example.spec.tied.relations] == [type(r) for r in layer.spec.tied.relations]


def test_values_that_are_given_stay() -> None:
    example = sources(sc.Conv1d(3, 2).at(x=[4, 0, -1]), None).example
    assert list(example.x) == [4, 0, -1]
    assert all(entry.is_Integer for entry in (*example.w, *example.delta))
