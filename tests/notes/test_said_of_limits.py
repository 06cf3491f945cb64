"""What notes say of limits, against loops: which kernels fit, which sums are empty, what is masked."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

import symconv as sc
from symconv.errors import SymconvError
from symconv.notes import rendered
from symconv.notes.model import Display, Heading, Prose, plain
from tests.notes.test_symmetric_kernels import calculated
from tests.tiers import law


def said(layer: Any, *sections: str) -> str:
    return re.sub(r"\s+", " ", str(layer.notes(sections=sections)))


@law(
    4,
    30,
    size=st.integers(1, 6),
    taps=st.integers(1, 8),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    padding=st.integers(0, 2),
)
def test_a_kernel_fits_exactly_where_notes_say_so(
    size: int, taps: int, stride: int, dilation: int, padding: int
) -> None:
    options = {"stride": stride, "dilation": dilation, "padding": padding}
    text = said(sc.Conv1d("N", "K", **options), "numbers")
    found = re.search(r"For N inputs,? (?:and )?(?:K <= (.+?) weights|K weights \((.+?) <= (.+?)\))", text)
    assert found is not None
    letters = {"N": size, "K": taps}
    held = calculated(found[2] or "K", letters) <= calculated(found[1] or found[3], letters)
    try:
        sc.Conv1d(size, taps, **options)
    except SymconvError:
        assert not held
    else:
        assert held
    assert held == (dilation * (taps - 1) + 1 <= size + 2 * padding)


@law(
    4,
    30,
    size=st.integers(2, 6),
    taps=st.integers(1, 3),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    padding=st.integers(0, 1),
    pooled=st.booleans(),
)
def test_a_sum_without_terms_is_told_of_wherever_there_is_one(
    size: int, taps: int, stride: int, dilation: int, padding: int, pooled: bool
) -> None:
    span = dilation * (taps - 1) + 1
    assume(span <= size + 2 * padding)
    options: dict[str, Any] = {"stride": stride, "dilation": dilation, "padding": padding}
    if pooled:
        assume(2 * padding <= taps)
    layer = (sc.MaxPool1d if pooled else sc.Conv1d)(size, taps, **options)
    windows = range(-padding, size + padding - span + 1, stride)
    read = {at + dilation * k for at in windows for k in range(taps)}
    met = [{k for at in windows if 0 <= at + dilation * k < size} for k in range(taps)]
    empty = not {*range(size)} <= read or any(k not in found for k, found in enumerate(met))
    empty |= any(not any(0 <= at + dilation * k < size for k in range(taps)) for at in windows)
    if empty:
        assert "a sum without terms is 0" in said(layer, "numbers", "learning")


@law(
    4,
    30,
    taps=st.integers(1, 4),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    padding=st.integers(0, 3),
    transposed=st.booleans(),
)
def test_a_new_first_entry_is_told_of_exactly_where_one_may_differ_from_zero(
    taps: int, stride: int, dilation: int, padding: int, transposed: bool
) -> None:
    options: dict[str, Any] = {"stride": stride, "dilation": dilation, "padding": padding}
    kind = sc.ConvTranspose1d if transposed else sc.Conv1d
    told = re.search(r"the new first entr(y|ies) need not be 0", said(kind("N", taps, **options), "why"))
    x, w = [*range(1, 10)], [*range(1, taps + 1)]
    by, moved = (1, stride) if transposed else (stride, 1)
    assume(transposed or len(x) + 2 * padding > dilation * (taps - 1))
    assume(not transposed or stride * 8 - 2 * padding + dilation * (taps - 1) >= padding)
    new = kind(len(x) + by, taps, **options).at(x=[0] * by + x, w=w).output
    first = [int(entry) for entry in new][:moved]
    assert any(first) <= bool(told), first
    if not transposed:
        assert any(first) == bool(told)


@pytest.mark.parametrize("options", [{"stride": 2, "padding": 1}, {"padding_mode": "reflect", "padding": 1}])
def test_the_mask_of_a_dense_gradient_is_one_where_the_matrix_holds_a_weight(options: dict[str, Any]) -> None:
    delta = [1, -2, 3, 4, 5][: int(sc.Conv1d(5, 3, **options).output_size)]
    layer = sc.Conv1d(5, 3, **options).at(x=[3, -1, 4, 2, 5], w=[0, 2, 7], delta=delta)
    document = layer.notes(sections=["dense"])
    (shown,) = (b for b in document.blocks if isinstance(b, Display) and b.label == "masked")
    (told,) = (
        plain(b.words) for b in document.blocks if isinstance(b, Prose) and "multiplies" in plain(b.words)
    )
    assert told.startswith("Let H be 1 where T holds a weight and 0 elsewhere; .* multiplies entry by entry.")
    text = shown.item.text()
    assert text.startswith("H .* delta x^T = [")
    held = np.array(layer.in_symbols().matrix.tolist(), dtype=object) != 0
    delta = np.array([int(entry) for entry in layer.delta])
    masked = held * np.outer(delta, [3, -1, 4, 2, 5])
    rows = [[int(n) for n in re.findall(r"-?\d+", line)] for line in text.replace("x^T", "").splitlines()]
    assert rows == masked.tolist()


def test_print_refers_to_a_section_by_its_number_and_names_no_python() -> None:
    document = sc.Conv1d(4, 2, padding=(0, 1)).notes(depth="full")
    suffixes = ("tex", "typ", "md")
    made = {one: rendered(document, f"n.{one}")[f"n.{one}"].decode() for one in suffixes}
    heads = [plain(b.words) for b in document.blocks if isinstance(b, Heading) and b.level == 1]
    for suffix in ("tex", "typ"):
        assert f"of Section {heads.index('Learning') + 1}." in made[suffix]
        assert "in Python" not in made[suffix]
    assert "of Section “Learning”." in made["md"]
    assert "(q in Python)" in made["md"]


def test_a_handout_shows_each_frame_once() -> None:
    document = sc.Conv1d(4, 2).notes(sections=["numbers"])
    talk, handout = (
        rendered(document, "n.tex", slides=True, handout=given)["n.tex"].decode() for given in (False, True)
    )
    assert handout == talk.replace("[aspectratio=169]{beamer}", "[aspectratio=169,handout]{beamer}") != talk
    with pytest.raises(SymconvError, match="handout is for slides: write slides too"):
        rendered(document, "n.pdf", handout=True)
