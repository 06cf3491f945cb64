"""Notes in print, measured in the PDF: their pages, how blank each is, how small letters are."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pdfplumber
import pytest

import symconv as sc
from symconv.notes import rendered
from symconv.notes.pdf import pdf
from tests.notes.layers import EVERY, IN_NOTATIONS, document
from tests.notes.pdfs import measured
from tests.optional import required_program
from tests.tiers import exhaustive, tiers

#: Seven of TeX's points in those of a PDF, and the margins of a page in millimetres.
LEAST, MARGIN, SIDE = 7 * 72 / 72.27 - 0.01, 16, 23


@cache
def printed(name: str, notation: str, depth: str, folder: Path) -> Any:
    """The PDF of a layer's notes."""
    required_program("latexmk")
    file = folder / f"{name}-{notation}-{depth}.pdf"
    file.write_bytes(pdf(rendered(document(name, notation, depth), "n.tex")["n.tex"].decode()))
    with pdfplumber.open(file) as found:
        marks = [(page.chars, [*page.rects, *page.lines, *page.curves], page.height) for page in found.pages]
        return [(measured(chars), measured(lines), height) for chars, lines, height in marks]


def beyond(page: Any) -> float:
    """How far letters and lines reach into the right margin."""
    chars, marks, _ = page
    return max(mark["x1"] for mark in (*chars, *marks)) - (210 - SIDE) * 72 / 25.4


def blank(page: Any) -> float:
    """The largest part of the height of the text of a page that nothing stands in."""
    chars, marks, height = page
    top, bottom = (edge * 72 / 25.4 for edge in (MARGIN, height * 25.4 / 72 - MARGIN))
    seen = sorted((m["top"], m["bottom"]) for m in (*chars, *marks) if m["top"] < bottom)
    at, gap = top, 0.0
    for start, end in seen:
        gap, at = max(gap, start - at), max(at, end)
    return max(gap, bottom - at) / (bottom - top)


def smallest(pages: Any) -> float:
    """The smallest size of a letter; one that lies on its side is as wide as it is high."""
    chars = [c for page in pages for c in page[0] if c["text"].strip()]
    return min(c["size"] if c["upright"] else c["x1"] - c["x0"] for c in chars)


def holds(name: str, notation: str, depth: str, folder: Path, most: int) -> None:
    pages = printed(name, notation, depth, folder)
    assert len(pages) <= most
    assert max(map(blank, pages)) < 1 / 3
    assert smallest(pages) >= LEAST
    assert max(map(beyond, pages)) < 1


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("print")


@pytest.mark.parametrize("name", tiers(EVERY, ["full"]))
def test_notes_fill_their_pages_with_letters_that_can_be_read(name: str, folder: Path) -> None:
    holds(name, "symconv", "standard", folder, document(name).pages)


@exhaustive
@pytest.mark.parametrize(("name", "notation"), IN_NOTATIONS)
def test_so_they_do_in_every_notation(name: str, notation: str, folder: Path) -> None:
    holds(name, notation, "standard", folder, document(name, notation).pages)


@pytest.mark.parametrize("name", tiers(EVERY, ["plane"]))
def test_a_page_is_one_page(name: str, folder: Path) -> None:
    holds(name, "symconv", "page", folder, 1)


@exhaustive
@pytest.mark.parametrize("name", ["full", "maximum", "plane", "solid"])
def test_an_appendix_fills_its_pages(name: str, folder: Path) -> None:
    holds(name, "symconv", "full", folder, 13)


@exhaustive
def test_derivations_with_many_indices_stay_within_the_margins(folder: Path) -> None:
    layer = sc.Conv3d(6, 3, in_channels=2, out_channels=2, stride=2, padding=1)
    required_program("latexmk")
    file = folder / "many.pdf"
    layer.notes(sections=["learning", "derivations"]).save(file)
    with pdfplumber.open(file) as found:
        assert all(beyond((page.chars, page.lines, page.height)) < 1 for page in found.pages)


def test_the_numbers_and_the_picture_of_the_opening_example_are_on_its_first_page(folder: Path) -> None:
    chars, marks, _ = printed("full", "symconv", "standard", folder)[0]
    text = re.sub(r"\s", "", "".join(c["text"] for c in chars))
    for number in ("5", "16", "34", "52", "45", "28"):
        assert f"f({number})" in text
    assert "The window at each position".replace(" ", "") in text
    assert len(marks) > 50, "the cells of the window"
    assert "1Thenumbers" in text
    assert "2Thematrix" in text
