"""Fast-built entries are what SymPy itself would have built."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Add, Dummy, Expr, Integer, Mul, Symbol, srepr

from symconv.explicit.contraction import collector_paused, contract, entries
from symconv.pattern import Axis

ASSUMPTIONS = [{}, {"real": True}, {"positive": True}, {"integer": True, "nonzero": True}, {"complex": True}]


@st.composite
def operands(draw) -> tuple[Axis, dict[str, list[Expr]], list[Expr] | None]:
    n, k = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    axis = Axis.make(
        n, k, stride=draw(st.integers(1, 3)), padding=draw(st.integers(k - 1, 4)), flip=draw(st.booleans())
    )
    names = ["x", "w", "a", "Z", "delta", "x_", "β"]

    def entries_for(count: int) -> list[Expr]:
        letter, reach = draw(st.sampled_from(names)), draw(st.sampled_from([1, 7, 95]))
        kinds = st.sampled_from(ASSUMPTIONS)
        made: list[Expr] = [Symbol(f"{letter}{i + reach}", **draw(kinds)) for i in range(count)]
        odd = draw(st.sampled_from(["plain", "plain", "repeat", "number", "compound", "dummy"]))
        strange = {"repeat": made[0], "number": Integer(-3), "compound": made[0] + 1, "dummy": Dummy("x1")}
        if odd != "plain":
            made[draw(st.integers(0, count - 1))] = strange[odd]
        return made

    made = {"input": entries_for(n), "tap": entries_for(k), "output": entries_for(int(axis.output_size))}
    bias = draw(st.sampled_from([None, Symbol("b"), Symbol("x3"), Integer(2)]))
    return axis, made, None if bias is None else [bias] * int(axis.output_size)


def normally_built(
    axis: Axis, made: dict[str, list[Expr]], keep: str, bias: list[Expr] | None
) -> dict[int, Expr]:
    index = axis.incidence().index
    summed = [role for role in ("output", "tap", "input") if role != keep]
    terms: dict[int, list[Expr]] = {}
    for place in range(len(index["tap"])):
        factors = [made[role][int(index[role][place])] for role in summed]
        terms.setdefault(int(index[keep][place]), []).append(Mul(*factors))
    if bias is not None:
        for cell, constant in enumerate(bias):
            terms.setdefault(cell, []).append(constant)
    sums = {cell: Add(*found) for cell, found in terms.items()}
    return {cell: entry for cell, entry in sums.items() if entry != 0}


@given(operands())
def test_entries_equal_normally_built_ones(case) -> None:
    axis, made, bias = case
    for keep, addend in (("output", bias), ("input", None), ("tap", None)):
        found = entries(contract(axis.incidence(), [keep], []), made, addend)
        expected = normally_built(axis, made, keep, addend)
        assert found == expected
        for cell, entry in found.items():
            assert hash(entry) == hash(expected[cell])
            assert srepr(entry) == srepr(expected[cell])
            assert entry.args == expected[cell].args
            assert entry.is_commutative is True


def test_names_order_as_strings_and_assumptions_outrank_names() -> None:
    x = [Symbol("x2"), Symbol("x10"), Symbol("x1", positive=True)]
    w = [Symbol("w", real=True)]
    axis = Axis.make(3, 1)
    found = entries(
        contract(axis.incidence(), ["tap"], []), {"output": x, "input": [Symbol("a0"), *w, Symbol("b")]}
    )
    normal = x[0] * Symbol("a0") + x[1] * w[0] + x[2] * Symbol("b")
    assert found[0] == normal
    assert srepr(found[0]) == srepr(normal)


def test_one_term_is_the_product_itself_and_none_is_absent() -> None:
    axis = Axis.make(1, 1, padding=1)
    w, x = Symbol("w0"), Symbol("x0")
    found = entries(contract(axis.incidence(), ["output"], []), {"tap": [w], "input": [x]})
    assert found == {1: w * x}
    assert found[1].func is Mul


def test_fast_built_sums_behave_as_sympy_expressions() -> None:
    axis = Axis.make(4, 3, padding="full", flip=True)
    x, w = [Symbol(f"x{i}") for i in range(4)], [Symbol(f"w{i}") for i in range(3)]
    built = entries(contract(axis.incidence(), ["output"], []), {"tap": w, "input": x})[2]
    assert built.diff(w[1]) == x[1]
    assert built.subs(dict.fromkeys(x + w, 1)) == 3
    assert (built**2).expand().coeff(w[0] ** 2) == x[2] ** 2
    assert built - (w[0] * x[2] + w[1] * x[1] + w[2] * x[0]) == 0
    assert built.is_polynomial(*w)


@pytest.mark.parametrize("on", [True, False])
def test_the_garbage_collector_is_left_as_it_was(on: bool) -> None:
    was_on = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        with collector_paused():
            assert not gc.isenabled()
        assert gc.isenabled() == on
        with pytest.raises(ZeroDivisionError), collector_paused():
            raise ZeroDivisionError
        assert gc.isenabled() == on
    finally:
        (gc.enable if was_on else gc.disable)()


def test_what_was_frozen_before_stays_frozen() -> None:
    assert gc.get_freeze_count() == 0
    with collector_paused():
        pass
    assert gc.get_freeze_count() == 0
    gc.freeze()
    try:
        with collector_paused():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
