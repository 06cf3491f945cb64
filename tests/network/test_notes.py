"""Notes on chains: what they say is computed, they have every format, and their code gives what they show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import symconv as sc
from symconv.errors import OptionError, SymconvError
from symconv.network.named import Named
from symconv.notes.model import Display
from tests.tiers import exhaustive


def opening() -> sc.Chain:
    """The opening question's layer, and a dense layer after it."""
    net = sc.Chain(
        sc.Conv1d(4, 3, padding="full", flip=True), sc.Activation("relu"), sc.Dense(None, 2, bias=True),
        loss="half_squared_error",
    )  # fmt: skip
    dense = [[1, 0, 0, 0, 0, 0], [0, 0, 1, -1, 0, 0]]
    return net.at(x=[1, 2, 3, 4], w=[[5, 6, 7], dense], b=[[0, 1]], target=[1, 0])


def two_filters() -> sc.Chain:
    block = sc.Residual([sc.Conv1d(None, 3, padding=1, out_channels=2)])
    first = sc.Conv1d("N", 3, in_channels=1, out_channels=2)
    return sc.Chain(first, sc.Activation("f"), block, sc.Activation("f"), sc.Flatten(), sc.Dense(None, 2))


def test_notes_have_the_numbers_of_both_passes() -> None:
    text = str(opening().notes())
    for line in (
        "z^(1)      5, 16, 34, 52, 45, 28", "a^(2)      5, -17", "delta^(1)  4, 0, -17, 17, 0, 0",
        "dL/dw^(1)  21, 17, 17", "The loss is 305/2.", "agree exactly.",
    ):  # fmt: skip
        assert line in text
    assert "Derivations" not in text
    assert "Marked is what reaches a^(2)_0: " in text


def test_open_sizes_have_no_numbers_and_say_what_stood_for_functions() -> None:
    text = str(two_filters().notes())
    assert "On numbers" not in text
    assert "Marked is" not in text
    assert "For this, a polynomial stood for f." in text
    assert "delta^(1) = (T^(2)^T delta^(2) + delta^(2)) .* f'(z^(1))" in text


def test_full_notes_derive_every_gradient() -> None:
    document = opening().notes(depth="full", title="Two layers")
    assert document.title == "Two layers"
    steps = [b for b in document.blocks if isinstance(b, Display) and b.stepwise]
    assert len(steps) == 5
    assert "activation: Each output of the activation depends on its own preactivation only." in str(document)


@pytest.mark.parametrize("make", [opening, two_filters])
def test_the_code_of_notes_gives_what_they_show(make: Any) -> None:
    document = make().notes()
    names: dict[str, Any] = {}
    exec(document.code, names)
    displays = [block for block in document.blocks if isinstance(block, Display)]
    assert len(displays) >= 8
    for block in displays:
        assert eval(block.code, names).text() == block.item.text()  # type: ignore[attr-defined]


def test_labels_are_unique() -> None:
    for make in (opening, two_filters):
        labels = [b.label for b in make().notes(depth="full").blocks if isinstance(b, Display)]
        assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    "suffix", ["tex", "typ", "md", "html", "rst", "txt", "ipynb", pytest.param("pdf", marks=exhaustive)]
)
def test_notes_are_saved_in_every_format(suffix: str, tmp_path: Path) -> None:
    for name, document in (("one", opening().notes(depth="full")), ("two", two_filters().notes())):
        file = tmp_path / f"{name}.{suffix}"
        document.save(file)
        assert file.stat().st_size > 2000


def test_functions_of_ones_own_have_no_code() -> None:
    net = sc.Chain(sc.Conv1d(3, 2), sc.Activation(lambda z: z**2))
    document = net.notes()
    assert document.code == ""
    assert all(block.code == "" for block in document.blocks if isinstance(block, Display))


def test_wrong_quantities_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Named._delta
    monkeypatch.setattr(Named, "_delta", lambda self, stage: [2 * entry for entry in right(self, stage)])
    with pytest.raises(SymconvError, match="does not agree"):
        opening().notes()


def test_unknown_depths_are_refused() -> None:
    with pytest.raises(OptionError, match="did you mean 'full'"):
        opening().notes(depth="ful")
