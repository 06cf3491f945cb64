"""Slides on chains: at most fifteen frames, the story in order, sums that appear term by term."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest

import symconv as sc
from symconv.notes.model import Built, Picture
from tests.network.noted import NETS, notes_of, one_filter, opening
from tests.tiers import exhaustive

#: What every run tries of this stands in the examples of the page on networks.
pytestmark = pytest.mark.exhaustive


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_slides_have_at_most_fifteen_frames(make: Callable[[], sc.Chain]) -> None:
    document = notes_of(make)
    titles = [frame.title for frame in document.frames]
    assert len(titles) <= 15
    assert titles[0] == document.title
    assert titles[1] == "The numbers"
    assert titles[-2:] == ["The answer", "How we know"]


def test_deep_chains_are_told_by_their_first_and_last_layers() -> None:
    parts = [part for _ in range(5) for part in (sc.Conv1d(None, 2), sc.Activation("relu"))]
    net = sc.Chain(sc.Conv1d(8, 2), *parts, sc.Dense(None, 1), loss="half_squared_error")
    x, kernels = [1, 0, 2, 1, -1, 3, 1, 2], [[1, 1]] * 6 + [[[1, 2]]]
    document = net.at(x=x, w=kernels, target=[1]).notes()
    assert len(document.frames) <= 15
    assert [f.title for f in document.frames if f.title.startswith("Forwards")] == [
        f"Forwards: layer {number}" for number in (1, 2, 6, 7)
    ]
    large = sc.Chain(sc.Conv1d(20, 2), *parts, sc.Dense(None, 1)).notes()
    titles = [frame.title for frame in large.frames]
    assert titles == [large.title, "The network", *["Forwards, in formulas"] * 4,
                      *["Backwards, in formulas"] * 4, "How we know"]  # fmt: skip


def test_the_story_goes_forwards_and_back() -> None:
    assert [frame.title for frame in notes_of(opening).frames][1:] == [
        "The numbers", "Forwards: layer 1", "Forwards: layer 2", "From the output to the loss, and back",
        "The path of the gradient", "Backwards: layer 2", "Backwards: layer 1",
        "One weight, used in several places", "The answer", "How we know",
    ]  # fmt: skip


def test_a_sum_appears_term_by_term_and_then_its_result() -> None:
    (frame,) = (f for f in notes_of(opening).frames if f.title == "Backwards: layer 1")
    (sum_,) = (piece for row in frame.rows for piece in row if isinstance(piece, Built))
    lines = [[(step, part.text) for step, part in line] for line in sum_.lines]
    assert lines == [
        [(1, " = W^(2)_0_2*delta^(2)_0"), (2, " + W^(2)_1_2*delta^(2)_1")],
        [(1, " = 0*4"), (2, " + 1*(-17)"), (3, " = -17")],
    ]
    assert sum_.then is not None
    assert [part.text for line in sum_.then.lines for _, part in line] == [
        " = relu'(z^(1)_2)*dL/da^(1)_2", " = relu'(34)*(-17)", " = 1*(-17)", " = -17"
    ]  # fmt: skip
    assert sum_.then.then is not None
    assert [part.text for line in sum_.then.then.lines for _, part in line] == [" = (4, 0, -17, 17, 0, 0)"]
    steps = [step for built in (sum_, sum_.then, sum_.then.then) for line in built.lines for step, _ in line]
    assert sorted(set(steps)) == list(range(1, max(steps) + 1))


def test_derivations_stand_behind_the_story() -> None:
    plain, full = (notes_of(opening, depth).frames for depth in ("standard", "full"))
    assert [frame.title for frame in full[: len(plain)]] == [frame.title for frame in plain]
    assert len(full) > len(plain) + 4


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_letters_of_pictures_can_be_read(make: Callable[[], sc.Chain]) -> None:
    from symconv.figures.scene import enlarged
    from symconv.notes.figured import clear

    for frame in notes_of(make).frames:
        for piece in (piece for row in frame.rows for piece in row):
            assert not isinstance(piece, Picture) or clear(enlarged(piece.figure.drawing))


@exhaustive
@pytest.mark.parametrize("make", [opening, one_filter])
def test_slides_compile_and_show_every_frame(make: Callable[[], sc.Chain], tmp_path: Path) -> None:
    document = notes_of(make)
    document.save(tmp_path / "slides.pdf", slides=True)
    with pypdfium2.PdfDocument(tmp_path / "slides.pdf") as pages:
        words = [page.get_textpage().get_text_range() for page in pages]
    for frame in document.frames:
        title = frame.title.split(",")[0]
        assert any(title in page for page in words)
    assert any(f"{len(document.frames)} / {len(document.frames)}" in page for page in words)
