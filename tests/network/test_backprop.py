"""Backpropagation in steps: every step holds, closed forms are those of textbooks, faults are found."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sympy import Integer

import symconv as sc
from symconv.errors import OptionError
from symconv.network.backprop import Script
from symconv.network.evaluation import numeric_chains
from tests.network.random_chains import chain_of, drawn
from tests.optional import required
from tests.tiers import exhaustive, tiers


def plain() -> sc.Chain:
    return sc.Chain(
        sc.Conv1d("N", "K", bias=True), sc.Activation("f"), sc.Conv1d(None, 3, stride=2), sc.Activation("f")
    )


def classifier() -> sc.Chain:
    return sc.Chain(
        sc.Conv1d("N", "K", in_channels=2, out_channels=3, bias=True), sc.Activation("relu"),
        sc.MaxPool1d(None, 2), sc.Flatten(), sc.Dense(None, 4, bias=True), sc.Activation("softmax"),
        loss="cross_entropy",
    )  # fmt: skip


def residual() -> sc.Chain:
    inner = sc.Conv1d(None, 3, padding=1), sc.Activation("g"), sc.Conv1d(None, 3, padding=1)
    return sc.Chain(sc.Conv1d("N", 2), sc.Activation("f"), sc.Residual(inner), sc.Activation("h"))


def shortcut() -> sc.Chain:
    block = sc.Residual([sc.Conv1d(None, 2, stride=2), sc.Activation("g")], shortcut=[sc.AvgPool1d(None, 2)])
    return sc.Chain(sc.Conv1d("N", 1), block, loss="half_squared_error", notation=sc.Notation(base=1))


def planes() -> sc.Chain:
    return sc.Chain(
        sc.Conv2d(("H", 4), 3, padding=1, stride=2), sc.Activation("sigmoid"), sc.ConvTranspose2d(None, 2),
        sc.Activation("gelu"), sc.AvgPool2d(None, 2), loss="mean_squared_error",
    )  # fmt: skip


def dense() -> sc.Chain:
    parts = (
        sc.Dense("N", "M", bias=True),
        sc.Activation("softmax"),
        sc.Dense(None, "P"),
        sc.Activation("softmax"),
    )
    return sc.Chain(*parts, loss="mean_squared_error")


def logits() -> sc.Chain:
    parts = sc.Conv1d("N", 3, padding=1, padding_mode="circular"), sc.Activation("tanh"), sc.Dense(None, 3)
    return sc.Chain(*parts, loss="cross_entropy")


CHAINS = [plain, classifier, residual, shortcut, planes, dense, logits]


@pytest.mark.parametrize("make", tiers(CHAINS, (plain, logits)))
def test_every_step_of_every_quantity_holds(make: Callable[[], sc.Chain]) -> None:
    net, seen = make(), 0
    for layer in range(1, len(net) + 1):
        for name in net.names:
            if (name == "grad_kernel" and not net.stage(layer).learned) or (
                name == "grad_bias" and not net[layer].bias
            ):
                continue
            derivation = net.derive(name, layer=layer)
            verified = derivation.verify()
            assert verified, f"{derivation}\n{verified}"
            assert verified.cases >= 3
            assert all(step.reason and step.rule for step in derivation.steps)
            seen += 1
    assert seen >= 4 * len(net)


@pytest.mark.parametrize(
    ("make", "name", "layer", "said"),
    [
        (plain, "delta", 1, "f'(z^(1)[j])*sum(i=max(0, ceil((j - 2)/2))..min(M_2 - 1, floor(j/2))) "
         "delta^(2)[i]*w^(2)[j - 2*i]"),
        (plain, "output", 2, "a^(2)[i] = f(z^(2)[i])"),
        (plain, "grad_kernel", 2, "sum(i=0..M_2 - 1) delta^(2)[i]*a^(1)[2*i + k]"),
        (plain, "grad_bias", 1, "dL/db^(1) = sum(i=0..M_1 - 1) delta^(1)[i]"),
        (classifier, "delta", 3, "delta^(3)[i] = a^(3)[i] - t[i]"),
        (classifier, "delta", 2, "sum(i=0..3) delta^(3)[i]*W^(3)[i, j + M_2*o]"),
        (classifier, "delta", 1, "delta^(1) = ((T^(2))^T delta^(2)) .* relu'(z^(1))"),
        (residual, "delta", 1, "delta^(1) = ((T^(2))^T delta^(2) + delta^(3)) .* f'(z^(1))"),
        (residual, "preactivation", 3, "z^(3) = T^(3) a^(2) + a^(1)"),
        (logits, "delta", 2, "delta^(2)[i] = p[i] - t[i]"),
        (dense, "output", 2, "a^(2)[i] = exp(z^(2)[i])/(sum(i'=0..P - 1) exp(z^(2)[i']))"),
        (dense, "preactivation", 1, "z^(1) = W^(1) x + b^(1)"),
    ],
)  # fmt: skip
def test_closed_forms_are_those_of_textbooks(
    make: Callable[[], sc.Chain], name: str, layer: int, said: str
) -> None:
    assert said in " ".join(str(make().formula(name, layer=layer)).split())


@pytest.mark.parametrize(
    "name", tiers(["definition", "activation", "chain rule", "always true"], ("chain rule",))
)
def test_a_fault_in_any_step_is_found_and_located(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    right = Script.made

    def wrong(self: Script, quantity: str) -> Any:
        lines = right(self, quantity)
        at = max(n for n, line in enumerate(lines) if line.rule == name)
        changed = replace(lines[at], expr=lines[at].expr * Integer(2), source=None)
        return [*lines[:at], changed, *lines[at + 1 :]]

    monkeypatch.setattr(Script, "made", wrong)
    net = sc.Chain(sc.Conv1d("N", "K"), sc.Activation("f"), sc.Dense(None, 2))
    verified = net.derive("delta", layer=1).verify()
    assert not verified
    assert [step.rule for step in verified.steps if not step] == [name]
    assert "FAILS: for K = " in str(verified)


@pytest.mark.parametrize("seed", tiers(range(20), (8, 9)))
def test_every_step_of_a_random_chain_holds(seed: int) -> None:
    """Every other one has letters for its sizes."""
    one = drawn(np.random.default_rng(seed))
    net = chain_of(one, ("N", "P")[: len(one.shape) - 1] if seed % 2 else None)
    for stage in net.stages:
        for name in net.names:
            if not {"grad_kernel": stage.learned, "grad_bias": stage.layer.bias}.get(name, True):
                continue
            verified = net.derive(name, layer=stage.number).verify()
            assert verified, (name, one)
            assert min(step.cases for step in verified.steps) > 0


def test_the_steps_of_layers_are_proved_for_all_sizes() -> None:
    required("islpy")
    net = sc.Chain(
        sc.Conv1d("N", "K", stride="s"), sc.Activation("f"), sc.Conv1d(None, "K", stride="s"), sc.Flatten()
    )
    for name, layer in (("delta", 1), ("grad_kernel", 2), ("grad_input", 1), ("preactivation", 2)):
        proof = net.derive(name, layer=layer).prove()
        assert proof
        assert "proved for all" in str(proof)
    assert not net.derive("output", layer=1).prove(), "an activation is no statement on sizes"


@exhaustive
def test_a_chain_of_ten_layers_derives_in_time_linear_in_its_depth() -> None:
    def seconds(depth: int) -> float:
        layers = [sc.Conv1d(None, 3, padding=1), sc.Activation("tanh")] * (depth - 1)
        net = sc.Chain(sc.Conv1d("N", 3, padding=1), sc.Activation("tanh"), *layers)
        begun = time.process_time()
        for layer in range(1, depth + 1):
            for name in net.names[:-1]:
                net.derive(name, layer=layer).text()
        return time.process_time() - begun

    seconds(2)
    assert seconds(10) < 8 * seconds(3)


def test_open_sizes_are_put_to_the_test_at_small_numbers() -> None:
    found = numeric_chains(plain())
    assert len(found) == 6
    for made, numbers in found:
        assert made.values.numeric
        assert (
            numbers["M_1"] == numbers["N"] - numbers["K"] + 1 == made[2].spec.axes[0].geometry["input_size"]
        )
    assert plain().check(draws=2)


def test_formulas_are_for_chains_without_values() -> None:
    net = sc.Chain(sc.Conv1d(3, 2), sc.Activation("f")).at(x=[1, 2, 3])
    with pytest.raises(OptionError, match=r"before \.at"):
        net.formula("output")
    with pytest.raises(OptionError, match="did you mean 'delta'"):
        plain().derive("Delta")
    with pytest.raises(OptionError, match="has no bias"):
        plain().derive("grad_bias", layer=2)


def test_formulas_are_plain_data() -> None:
    formula = plain().formula("delta", layer=1)
    (index,) = formula.index
    assert [str(part) for part in index] == ["j", "0", "M_1 - 1"]
    assert {str(k): str(v) for k, v in formula.definitions.items()} == {
        "M_1": "-K + N + 1", "M_2": "floor(M_1/2 - 3/2) + 1",
    }  # fmt: skip
    assert formula.equation.lhs == formula.lhs
    assert r"\odot f'(z^{(1)})" in formula.latex()
    assert classifier().formula("delta", layer=1).latex().count(r"\operatorname{relu}'(z^{(1)}") == 2
    assert "The activation" not in plain().derive("delta", layer=1).reasons()["chain rule"]


@pytest.mark.parametrize(("last", "entry"), [
    (sc.Conv1d(None, "P", stride=2), "[0 <= j - 2*i <= P - 1]*w^(2)[j - 2*i]"),
    (sc.AvgPool1d(None, "P"), "[0 <= j - P*i <= P - 1]/P"),
    (sc.MaxPool1d(None, 2), "[0 <= j - 2*i <= 1]*S^(2)[i, j - 2*i]"),
    (sc.ConvTranspose1d(None, 3), "[0 <= i - j <= 2]*w^(2)[i - j]"),
])  # fmt: skip
def test_the_matrix_in_a_formula_is_said_entry_by_entry(last: Any, entry: str) -> None:
    net = sc.Chain(sc.Conv1d("N", "K"), sc.Activation("f"), last)
    told = f"with T^(2)[i, j] = {entry}, the matrix of layer 2 (see net[2].formula('matrix'))"
    for name in ("delta", "grad_input"):
        formula = net.formula(name, layer=1 if name == "delta" else 2)
        assert told in str(formula)
        assert r"\text{, the matrix of layer 2 (see net[2].formula('matrix'))}" in formula.latex()
    assert f"= {entry}\n" in str(net[2].formula("matrix"))
    dense = sc.Chain(sc.Conv1d("N", "K"), sc.Activation("f"), sc.Dense(None, 2))
    assert "matrix of layer" not in str(dense.formula("delta", layer=1))
    assert dense.formula("delta", layer=1).latex().splitlines()[1] == (
        r"\delta^{(1)} &= \left(\left(W^{(2)}\right)^{\top} \delta^{(2)}\right) \odot f'(z^{(1)}) \\"
    )


def test_an_index_has_no_letter_that_is_a_size_of_an_earlier_layer() -> None:
    first = sc.Conv1d("N", "K", in_channels="C", out_channels="O")
    net = sc.Chain(first, sc.Conv1d(None, "J", out_channels="Q"), sc.Conv1d(None, "J", out_channels=2))
    for layer in (1, 2):
        index = {str(symbol) for symbol, *_ in net.formula("delta", layer=layer).index}
        assert index.isdisjoint({"C", "O", "Q", "J", "K", "N"})
