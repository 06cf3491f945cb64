"""Notes on batch normalisation: a batch by hand, the gradient in steps, and both modes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

import symconv as sc
from symconv.errors import OptionError, SymconvError
from symconv.network.batchnorm_check import Draw
from symconv.notes.model import Display, Heading, plain
from symconv.printing.pages import STEPS
from tests.tiers import exhaustive, tiers


@pytest.mark.exhaustive
def test_notes_tell_a_batch_by_hand_and_the_gradient_in_steps() -> None:
    document = sc.BatchNorm("C").notes()
    text = str(document)
    for line in (
        "x = (0, 0, 3), delta = (1, 0, 0), gamma = 4, beta = 1, epsilon = 2",
        "      mu = (0 + 0 + 3)/3 = 1",
        "sigma**2 = ((0 - 1)**2 + (0 - 1)**2 + (3 - 1)**2)/3 = 2",
        "       r = 1/sqrt(sigma**2 + epsilon) = 1/2",
        "    xhat = (x - mu)*r = (-1/2, -1/2, 1)",
        "       y = gamma*xhat + beta = (-1, -1, 5)",
        "dL/dgamma = 1*(-1/2) + 0*(-1/2) + 0*1 = -1/2",
        " dL/dx0_0 = 4*1/2*(1 - ((-1/2)*(-1/2) + 1)/3) = 7/6",
        "    dL/dx = (7/6, -5/6, -1/3)",
        "- deviations: The deviations from the mean add up to 0.",
        "y[n, c] = gamma[c]*rbar[c]*x[n, c] + beta[c] - gamma[c]*mubar[c]*rbar[c]",
        "all agree to 20 digits",
    ):
        assert line in text
    assert [plain(block.words) for block in document.blocks if isinstance(block, Heading)] == [
        "A batch by hand", "Forwards, in formulas", "Backwards, in steps",
        "Training and inference", "How we know",
    ]  # fmt: skip


def test_values_that_are_given_are_those_of_the_notes() -> None:
    norm = sc.BatchNorm(2, batch=2, eps=0).at(x=[[1, 5], [3, 5]], delta=[[1, 0], [2, 0]])
    with pytest.raises(OptionError, match="all entries of a channel are equal"):
        norm.notes(sections=["numbers"])
    text = str(sc.BatchNorm(1, batch=2, eps=0).at(x=[[1], [3]], scale=[7]).notes(sections=["numbers"]))
    assert "x = (1, 3), delta = (1, 0), gamma = 7, beta = 1, epsilon = 0" in text
    assert "    xhat = (x - mu)*r = (-1, 1)" in text


def test_the_code_of_notes_gives_what_they_show() -> None:
    document = sc.BatchNorm(2, 3, batch=4, eps="1e-5").notes(sections=["forwards", "inference"])
    names: dict[str, Any] = {}
    exec(document.code, names)
    for block in document.blocks:
        if isinstance(block, Display):
            shown: Any = block.item
            assert eval(block.code, names).text() == shown.text()


def test_a_wrong_number_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Draw.expected
    monkeypatch.setattr(Draw, "expected", lambda self, name: [2 * entry for entry in right(self, name)])
    with pytest.raises(SymconvError, match="does not agree with its reference"):
        sc.BatchNorm("C").notes()


def test_sections_are_those_of_batch_normalisation() -> None:
    with pytest.raises(OptionError, match="did you mean 'numbers'"):
        sc.BatchNorm("C").notes(sections=["number"])
    with pytest.raises(OptionError, match="by itself it needs features"):
        sc.BatchNorm().notes()


@cache
def noted(norm: sc.BatchNorm) -> sc.Document:
    return norm.notes()


@exhaustive
@pytest.mark.parametrize("norm", [
    sc.BatchNorm("C"), sc.BatchNorm("C", "S"), sc.BatchNorm(2, (2, 1), batch=2, eps="1e-5"),
    sc.BatchNorm("C", ("H", "W"), notation=sc.Notation(input="h", upstream="g", base=1)),
], ids=str)  # fmt: skip
@pytest.mark.parametrize("suffix", tiers(["pdf", "typ", "md", "html", "rst", "txt", "ipynb"], ()))
def test_notes_are_saved_in_every_format(norm: sc.BatchNorm, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"notes.{suffix}"
    noted(norm).save(file)
    assert file.stat().st_size > 2000


def test_lines_of_long_steps_are_broken_outside_of_braces() -> None:
    for line in sc.BatchNorm("C", "S").derive("grad_input").display(STEPS).rows:
        assert line is not None
        for shown in STEPS.lines(line):
            assert shown.right.count("{") == shown.right.count("}")
    squared = sc.BatchNorm("C").formula("running_variance").latex()
    assert r"\left(\bar{\sigma}'_{c}\right)^{2} &=" in squared  # TeX takes no superscript behind a prime
