"""Numbers put into formulas by name: entries, and formulas in what is left open."""

import re
from itertools import product

import pytest
from sympy import Indexed, Symbol

import symconv as sc
from symconv.errors import SymconvError

LAYER = sc.Conv1d("N", "K", stride="s", padding="p", bias=True)


def plain(entry):
    """With the entries as the symbols of explicit quantities: ``x[0]`` is ``x0``."""
    return entry.xreplace(
        {e: Symbol(f"{e.base.label}{'_'.join(map(str, e.indices))}") for e in entry.atoms(Indexed)}
    )


@pytest.mark.parametrize(
    "name", ["output", "grad_input", "grad_kernel", "matrix", "grad_bias", "output_size"]
)
def test_numbers_for_all_letters_give_the_entry(name: str) -> None:
    sizes = {"N": 5, "K": 3, "s": 2, "p": 1}
    formula = LAYER.formula(name)
    explicit = formula.at(**sizes)
    shape = [last + 1 for _, first, last in formula.index]
    ends = [
        int(last.subs({s: 3 if s.name == "M" else sizes[s.name] for s in last.free_symbols}))
        for last in shape
    ]
    for at in product(*map(range, ends)):
        found = formula.subs(**sizes, **{i.name: n for (i, _, _), n in zip(formula.index, at, strict=True)})
        wanted = (
            explicit
            if name in ("output_size", "grad_bias")
            else explicit[at]
            if len(at) > 1
            else explicit[at[0]]
        )
        wanted = (
            wanted[0] if hasattr(wanted, "shape") and wanted.shape in ((1,), (1, 1)) and not at else wanted
        )
        assert plain(found) == wanted, at


def test_numbers_for_some_letters_leave_the_others_open() -> None:
    formula = LAYER.formula("output")
    some = formula(K=2, s=1)
    assert {symbol.name for symbol in some.free_symbols} >= {"N", "p", "i"}
    assert not {"K", "s"} & {symbol.name for symbol in some.free_symbols}
    assert formula() == formula.rhs
    assert formula.subs({"K": 2, Symbol("s"): 1}) == some


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Q": 1}, "subs: unknown letter 'Q'"),
        ({"N": "4"}, "subs(N='4'): write a whole number"),
        ({"N": True}, "write a whole number"),
        ({"N": 0}, "there is no layer with N = 0"),
        ({"N": 4, "K": 3, "s": 2, "p": 1, "i": 2}, "i runs from 0 to 1"),
        ({"N": 3, "K": 9, "s": 1, "p": 0}, "there is no layer with"),
    ],
)
def test_what_is_no_number_of_the_layer_is_refused(given: dict, words: str) -> None:
    with pytest.raises(SymconvError, match=re.escape(words)):
        LAYER.formula("output").subs(**given)
