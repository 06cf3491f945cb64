"""The references agree with each other, on layers of every kind, and share no code with the package."""

from __future__ import annotations

import ast
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from symconv.check import references
from symconv.check.references import REFERENCES, Array, Reference, Sample
from symconv.explicit.registry import QUANTITIES
from symconv.pattern import PADDING_MODES
from tests.geometry import layers
from tests.optional import required
from tests.tiers import law

#: The references of layers whose kernel has weights, by name.
WEIGHTS = REFERENCES["weights"]


def sample_of(options: dict, seed: int) -> Sample:
    """Random integers in the shapes of a layer."""
    rng = np.random.default_rng(seed)
    options["padding_mode"] = PADDING_MODES[options["padding_mode"]].numpy
    shapes = [options.pop(name) for name in ("x", "w", "delta")]
    x, w, delta = (rng.integers(-9, 10, shape) for shape in shapes)
    return Sample(x, w, delta, rng.integers(-9, 10, delta.shape[1]), **options)


def made(name: str) -> Reference:
    if name in ("torch", "jax", "scipy"):
        required(name)
    reference = WEIGHTS[name]()
    assert reference is not None
    return reference


def answers_of(reference: Reference) -> dict[str, Callable[[Sample], Array]]:
    """What a reference answers by itself, and as a contraction."""
    if reference.contraction is None:
        return dict(reference.answers)
    rows = [row for row in QUANTITIES.values() if row.relation == "pattern"]
    own = {row.name: partial(reference.contraction, (*row.rows, *row.columns)) for row in rows}
    return {**own, **reference.answers}


def agree(sample: Sample, names: list[str]) -> set[str]:
    found: dict[str, list] = {}
    for name in names:
        reference = made(name)
        if reference.fits(sample):
            for quantity, answer in answers_of(reference).items():
                found.setdefault(quantity, []).append(np.ravel(answer(sample)).tolist())
    for quantity, answers in found.items():
        assert all(answer == answers[0] for answer in answers), (quantity, sample)
    return {quantity for quantity, answers in found.items() if len(answers) > 1}


@law(8, 45, options=layers(), seed=st.integers(0, 99))
def test_references_agree_on_integers(options: dict, seed: int) -> None:
    compared = agree(sample_of(options, seed), ["numpy", "windows", "loops", "differences", "scipy", "torch"])
    assert compared == {
        "output", "matrix", "windows", "grad_input", "grad_kernel", "grad_bias", "upstream_matrix", "tying",
        "masked_gradient",
    }  # fmt: skip


@law(2, 15, options=layers(), seed=st.integers(0, 99))
def test_jax_agrees_with_loops(options: dict, seed: int) -> None:
    assert agree(sample_of(options, seed), ["loops", "jax"]) == {
        "output", "grad_input", "grad_kernel", "grad_bias",
    }  # fmt: skip


@law(3, 8, options=layers(), seed=st.integers(0, 99))
def test_numpy_references_stay_exact_on_fractions(options: dict, seed: int) -> None:
    whole = sample_of(options, seed)
    fractions = {
        name: np.array([Fraction(int(v), 7) for v in array.flat], dtype=object).reshape(array.shape)
        for name in ("x", "w", "delta", "b")
        for array in [getattr(whole, name)]
    }
    given_ = {name: getattr(whole, name) for name in whole.__dataclass_fields__}
    agree(Sample(**{**given_, **fractions}), ["numpy", "windows", "loops", "differences"])


@pytest.mark.parametrize("name", list(WEIGHTS))
def test_a_wrong_stride_is_told_by_every_reference(name: str) -> None:
    x, w = np.arange(1, 10).reshape(1, 1, 9), np.array([[[2, 3]]])
    common = {
        "dilation": (1,), "before": (1,), "after": (0,), "output_padding": (0,), "groups": 1, "flip": False,
        "transposed": False, "padding_mode": "constant",
    }  # fmt: skip
    answers = made(name).answers
    quantity = next(q for q in ("output", "grad_input", "filter_windows") if q in answers)
    right = Sample(x, w, np.ones((1, 1, 5), int), np.array([1]), stride=(2,), **common)
    wrong = Sample(x, w, np.ones((1, 1, 3), int), np.array([1]), stride=(4,), **common)
    found = [np.ravel(answers[quantity](s)).tolist() for s in (right, wrong)]
    assert found[0] != found[1]


def test_references_import_nothing_of_the_package_that_they_judge() -> None:
    for path in Path(references.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("symconv"):
                assert node.module.startswith("symconv.check.references")
