"""Slides, measured in the PDF: few frames, nothing collides or leaves the page, letters can be read."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pdfplumber
import pytest

import symconv as sc
from symconv.notes import rendered
from symconv.notes.model import Heading, Prose
from tests.notes.layers import IN_NOTATIONS, SPREAD, document
from tests.notes.pdfs import compiled, measured
from tests.tiers import exhaustive, tiers

#: The most frames of a talk.
FRAMES = 15

#: Seven of TeX's points in those of a PDF, for mathematics, and eight for words.
MATHS, WORDS = (points * 72 / 72.27 - 0.01 for points in (7, 8))

#: Sentences are set in the size of the document on every frame; above and below them stand the title and the
#: number of the frame, which are so high.
SENTENCES, HEAD, FOOT = 10.85, 45, 22

#: Of the smaller of two letters, how much the other may cover; their boxes are larger than their ink.
SHARE = 0.3

#: A letter that is not seen yet lies far outside of the page.
HIDDEN = 300


@cache
def shown(name: str, notation: str, folder: Path) -> list[Any]:
    """The pages of a layer's slides: the letters that are seen, rectangles, width and height."""
    place = folder / f"{name}-{notation}"
    place.mkdir()
    latex = rendered(document(name, notation), "n.tex", slides=True)["n.tex"].decode()
    compiled(latex, place, "pdf", once=True)
    with pdfplumber.open(place / "notes.pdf") as found:
        return [(_seen(page), measured(page.rects), page.width, page.height) for page in found.pages]


def _seen(page: Any) -> list[Any]:
    """Letters but dots and the pieces of large brackets, which overlap each other."""
    return [
        c
        for c in measured(page.chars)
        if c["text"].strip(" .") and "Extension" not in c["fontname"] and c["x0"] < page.width + HIDDEN
    ]


def collisions(chars: list[Any]) -> list[tuple[str, str]]:
    """Letters of which the boxes share more than the allowed part of the smaller one."""
    left, right, top, bottom = (np.array([c[side] for c in chars]) for side in ("x0", "x1", "top", "bottom"))
    across = np.minimum.outer(right, right) - np.maximum.outer(left, left)
    down = np.minimum.outer(bottom, bottom) - np.maximum.outer(top, top)
    area = (right - left) * (bottom - top)
    hidden = across.clip(0) * down.clip(0) > SHARE * np.minimum.outer(area, area)
    return [(chars[a]["text"], chars[b]["text"]) for a, b in np.argwhere(np.triu(hidden, 1))]


def crosses(char: Any, box: Any) -> bool:
    """Whether the middle of a letter lies in a cell that does not hold all of it, or the other way round."""
    middle = (char["x0"] + char["x1"]) / 2
    if not (box["top"] < (char["top"] + char["bottom"]) / 2 < box["bottom"]):
        return False
    return char["x0"] + 0.4 < box["x0"] < middle or middle < box["x1"] < char["x1"] - 0.4


def holds(name: str, notation: str, folder: Path) -> None:
    frames = document(name, notation).frames
    assert len(frames) <= FRAMES
    for frame in frames:
        pieces = [piece for row in frame.rows for piece in row]
        assert len(pieces) > 1 or not isinstance(pieces[0], Prose), f"one sentence alone: {frame.title}"
    for chars, rects, width, height in shown(name, notation, folder):
        for c in chars:
            assert c["x0"] >= 0
            assert c["x1"] <= width
            assert c["top"] >= 0
            assert c["bottom"] <= height
            size = c["size"] if c["upright"] else c["x1"] - c["x0"]
            assert size >= (WORDS if "Sans" in c["fontname"] else MATHS), c["text"]
        assert collisions(chars) == []
        words = [c for c in chars if "Sans" in c["fontname"] and HEAD < c["top"] < height - FOOT]
        assert not words or max(c["size"] for c in words) >= SENTENCES
        cells = [r for r in rects if 8 < r["height"] < 40]
        assert [c["text"] for c in chars for cell in cells if crosses(c, cell)] == []


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slides")


@pytest.mark.parametrize("name", tiers([*SPREAD, "image", "photograph"], ["full"]))
def test_a_talk_is_short_and_nothing_collides(name: str, folder: Path) -> None:
    holds(name, "symconv", folder)


@exhaustive
@pytest.mark.parametrize(("name", "notation"), IN_NOTATIONS)
def test_so_it_is_in_every_notation(name: str, notation: str, folder: Path) -> None:
    holds(name, notation, folder)


@pytest.mark.exhaustive
def test_rows_of_letters_with_the_number_of_a_layer_stay_apart(tmp_path: Path) -> None:
    letters = sc.Notation(input="a^{(l-1)}", output="z^{(l)}", kernel="w^{(l)}", matrix="W^{(l)}")
    made = sc.Conv1d(5, 3, padding=1, notation=letters).notes(sections=["numbers", "matrix"])
    compiled(rendered(made, "n.tex", slides=True)["n.tex"].decode(), tmp_path, "pdf")
    columns: dict[tuple[int, float], list[Any]] = {}
    with pdfplumber.open(tmp_path / "notes.pdf") as found:
        for page in found.pages:
            for char in _seen(page):
                if char["text"] == "z":
                    columns.setdefault((page.page_number, round(char["x0"])), []).append(char)
    rows = [column for column in columns.values() if len(column) == 5]
    assert len(rows) > 1, "the table of the outputs, and the rows of the matrix"
    for above, below in (pair for column in rows for pair in pairwise(column)):
        assert below["top"] - above["top"] > 1.6 * above["size"]


@pytest.mark.exhaustive
def test_only_the_full_depth_shows_derivations(tmp_path: Path) -> None:
    layer = SPREAD["maximum"]("symconv")
    deep = layer.notes(depth="full")
    assert len(deep.frames) > len(document("maximum").frames)
    story = [frame.title for frame in document("maximum").frames]
    assert [frame.title for frame in deep.frames[: len(story)]] == story
    compiled(rendered(deep, "n.tex", slides=True)["n.tex"].decode(), tmp_path, "pdf")


def leaky(t):
    if t > 0:
        return t
    return t / 10


@pytest.mark.exhaustive
def test_a_function_of_cases_is_defined_on_a_frame(tmp_path: Path) -> None:
    made = sc.Conv1d(3, 2).notes(activation=leaky, sections=["numbers"])
    text = rendered(made, "notes.tex", slides=True)["notes.tex"].decode()
    assert sc.function_latex(leaky) in text
    compiled(text, tmp_path, "pdf")


@pytest.mark.exhaustive
def test_a_document_made_by_hand_has_a_frame_for_each_thing_to_look_at(tmp_path: Path) -> None:
    made = sc.Document("By hand", document("full").blocks)
    text = rendered(made, "notes.tex", slides=True)["notes.tex"].decode()
    seen = [block for block in made.blocks if not isinstance(block, Prose | Heading)]
    assert text.count("\\begin{frame}") >= len(seen) > 8
    compiled(text, tmp_path, "pdf")
