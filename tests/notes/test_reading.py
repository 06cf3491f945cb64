"""The table of formats and engines in the documentation is what running them gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.notes.browser import Browser
from tests.notes.reading import NOTHING, READ, TABLE, Bench, Seen, seen_of_all, table
from tests.tiers import exhaustive

PAGE = (Path(__file__).resolve().parents[2] / "docs/formats.md").read_text(encoding="utf-8")

#: GitHub refuses commands of LaTeX that others take: Markdown for GitHub has others in their place.
NOT_WELL = {("a formula's `latex()`", "GitHub")}


def on_page() -> list[list[str]]:
    """The cells of the table on the page, its head first."""
    found = TABLE.search(PAGE)
    assert found is not None
    head, _, *rows = ([cell.strip() for cell in row.strip("|").split("|")] for row in found[0].splitlines())
    return [head, *rows]


@exhaustive
def test_the_table_on_the_page_is_what_engines_make_of_formats(tmp_path: Path, browser: Browser) -> None:
    seen = seen_of_all(Bench(browser, tmp_path))
    found = TABLE.search(PAGE)
    assert found is not None
    assert found[0] == table(seen)
    assert {pair for pair, one in seen.items() if not one.well} == NOT_WELL


def test_the_table_has_a_cell_for_what_is_tried_and_no_other() -> None:
    (_, *readers), *rows = on_page()
    filled = {
        (row[0], reader)
        for row in rows
        for reader, cell in zip(readers, row[1:], strict=True)
        if cell != NOTHING
    }
    assert filled == set(READ)


def test_each_program_of_the_table_is_told_of() -> None:
    (_, *readers), *_ = on_page()
    told = PAGE.partition("## How each program was asked")[2]
    assert [
        one for one in readers if not re.search(rf"^\|[^|]*\b{one.split()[0]}\b", told, re.MULTILINE)
    ] == []


@pytest.mark.parametrize(
    ("seen", "said", "well"),
    [
        (Seen(4, 4), "all 4 formulas", True),
        (Seen(4, 4, lost=0), "all 4 formulas, every word", True),
        (Seen(4, 4, lost=2), "all 4 formulas, 2 words missing", False),
        (Seen(3, 4, "pictures", "like matplotlib's"), "3 of 4 pictures, like matplotlib's", False),
        (Seen(0, 0), "all 0 formulas", False),
    ],
)
def test_what_is_missing_is_said(seen: Seen, said: str, well: bool) -> None:
    assert (str(seen), seen.well) == (said, well)
