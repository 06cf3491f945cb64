"""Pages of notes by Typst: as few as they may be, and all that is on them has its room."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import pdfplumber
import pytest

import symconv as sc
from symconv.notes.model import Prose
from tests.notes.layers import EVERY, IN_NOTATIONS, document
from tests.notes.pdfs import pages_of, set_by_typst
from tests.optional import required
from tests.tiers import exhaustive, tiers

#: The margins of a page in millimetres, and the smallest size of a sign in points, of primes in scripts.
SIDE, EDGE, LEAST = 23, 16, 4.4


def holds(name: str, notation: str, depth: str, most: int) -> None:
    """The notes take no more pages than they should, and nothing is beyond the margins or too small."""
    pages = pages_of(name, notation, depth)
    assert len(pages) <= most
    left, right = (edge * 72 / 25.4 for edge in (SIDE, 210 - SIDE))
    bottom = (297 - EDGE) * 72 / 25.4
    for chars, marks, _ in pages:
        seen = [char for char in chars if char["text"].strip()]
        assert max(mark["x1"] for mark in (*seen, *marks)) < right + 1
        assert min(mark["x0"] for mark in (*seen, *marks)) > left - 1
        *body, number = sorted(seen, key=lambda char: char["bottom"])
        assert number["text"].isdigit()
        assert max(c["bottom"] for c in body if c["top"] < number["top"] - 5) < bottom + 4
        assert min(c["size"] for c in seen if c["upright"] and c["matrix"][1] == 0) > LEAST


@pytest.mark.parametrize("name", tiers(EVERY, ["full"]))
def test_notes_take_as_many_pages_as_they_may(name: str) -> None:
    holds(name, "symconv", "standard", document(name).pages)


@pytest.mark.parametrize("name", tiers(["maximum", "full", "plane", "open", "image"], ["maximum"]))
def test_a_page_is_one_page(name: str) -> None:
    holds(name, "symconv", "page", 1)


@exhaustive
@pytest.mark.parametrize(("name", "notation"), IN_NOTATIONS[::3])
def test_so_they_do_in_every_notation(name: str, notation: str) -> None:
    holds(name, notation, "standard", document(name, notation).pages)


@pytest.mark.exhaustive
@pytest.mark.parametrize("count", [17, 23])
def test_tight_paragraphs_are_not_indented_and_stay_apart(count: int) -> None:
    long = " ".join(["Every paragraph begins at the margin, and its lines fill the page."] * 5)
    made = sc.Document("Paragraphs", (Prose((f"{long} The end.",)),) * count, pages=1)
    with pdfplumber.open(io.BytesIO(set_by_typst(made))) as found:
        (page,) = found.pages
        lines = page.extract_text_lines()[1:-1]
    assert min(c["size"] for line in lines for c in line["chars"]) < 9.9, "there is not much room"
    assert {round(line["x0"] - SIDE * 72 / 25.4) for line in lines} == {0}
    gaps = [(after["top"] - line["top"], "end." in line["text"]) for line, after in pairwise(lines)]
    assert min(gap for gap, ends in gaps if ends) > max(gap for gap, ends in gaps if not ends) - 0.1


@pytest.mark.exhaustive
def test_samples_of_a_legend_stay_clear_of_its_names() -> None:
    chars, marks, _ = pages_of("full")[0]
    samples = [m for m in marks if abs(m["top"] - m["bottom"]) < 0.1 and 10 < m["x1"] - m["x0"] < 40]
    gaps = []
    for line in samples:
        names = [c for c in chars if c["top"] < line["top"] < c["bottom"] and c["x0"] > line["x1"] - 5]
        gaps += [min(names, key=lambda c: c["x0"])["x0"] - line["x1"]] if names else []
    assert len(gaps) >= 3
    assert min(gaps) > 4


def test_rules_of_tables_stay_clear_of_letters() -> None:
    chars, marks, _ = pages_of("full")[0]
    head = chars["".join(c["text"] for c in chars).index("productssum")]
    rules = [m["top"] for m in marks if m["bottom"] - m["top"] < 0.1 and m["x1"] - m["x0"] > 100]
    above, below = (rule for rule in sorted(rules) if abs(rule - head["top"]) < 2 * head["size"])
    assert head["top"] - above > 2
    assert below - head["bottom"] > 2


def test_words_and_formulas_have_a_space_between_them() -> None:
    chars, *_ = pages_of("full")[0]
    written = "".join(c["text"] for c in chars)
    at = written.index("holds the weights of ") + len("holds the weights of ")
    assert chars[at]["x0"] - chars[at - 2]["x1"] > 2


def test_a_sheet_has_its_solutions_on_a_page_of_their_own(tmp_path: Path) -> None:
    required("typst")
    sheet = sc.Conv1d(4, 3, padding="full", flip=True).exercises(seed=3, count=3)
    sheet.save(tmp_path / "s.pdf", solutions=True, engine="typst")
    with pdfplumber.open(tmp_path / "s.pdf") as found:
        pages = [page.extract_text() for page in found.pages]
    (at,) = [at for at, text in enumerate(pages) if "Solution 1" in text]
    assert at > 0
    assert pages[at].startswith("Solutions\n")
    assert "\nExercise 1\n" in pages[0]
    sheet.save(tmp_path / "s.typ")
    assert "numbering: none" in (tmp_path / "s.typ").read_text(encoding="utf-8")
