"""HTML notes on screens, light and dark, small and wide, by keyboard and in print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import symconv as sc
from symconv.figures import ON_DARK
from symconv.printing.colours import COLOURS, KNOWN, PAGES
from tests.notes.browser import Browser
from tests.notes.layers import document
from tests.tiers import exhaustive, tiers


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the notes that are looked at; small ones with all colours are there."""
    folder = tmp_path_factory.mktemp("pages")
    colours = sc.Notation(tap_colours=COLOURS)
    sc.Conv1d(12, 10, notation=colours).notes(sections=["letters", "matrix"]).save(folder / "colours.html")
    return folder


@pytest.mark.parametrize("name", tiers(["full", "open", "colours"], ["colours"]))
def test_notes_can_be_read_on_every_screen(name: str, pages: Path, browser: Browser) -> None:
    page = pages / f"{name}.html"
    if not page.exists():
        document(name).save(page)
    found = browser.judged(page)
    assert {screen: judged for screen, judged in found.items() if not judged.well} == {}


#: Parts of a page, each with what stands in its place, the kind of what is wrong then, and how that begins.
FAULTS = [
    ('lang="en"', "", "violations", "html-has-lang"),
    ('tabindex="0"', "", "violations", "scrollable-region-focusable"),
    ("--ink: #1a1a1a", "--ink: #999", "faint", "2."),
    ("overflow: auto hidden", "", "wider", ""),
]


@exhaustive
@pytest.mark.parametrize("faults", [FAULTS[:3], FAULTS[3:]])
def test_what_cannot_be_read_is_found(
    faults: list[tuple[str, str, str, str]], pages: Path, tmp_path: Path, browser: Browser
) -> None:
    text = (pages / "colours.html").read_text(encoding="utf-8")
    for part, instead, _, _ in faults:
        assert part in text
        text = text.replace(part, instead)
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    (found,) = browser.judged(tmp_path / "page.html", [(390, "light")]).values()
    for _, _, kind, begins in faults:
        said = getattr(found, kind)
        assert said > 0 if kind == "wider" else any(one.startswith(begins) for one in said), found


def test_each_section_has_a_place_that_the_contents_lead_to(tmp_path: Path) -> None:
    document("full").save(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '<span class="said">y</span><span aria-hidden="true"><math' in text
    links = re.findall('<li><a href="#([^"]*)">', text)
    assert links == re.findall('<h2 id="([^"]*)">', text)
    assert len(links) == len(set(links)) > 4
    assert links[0] == "section-the-numbers"
    assert len(re.findall('id="', text)) == len(set(re.findall('id="([^"]*)"', text)))
    assert text.count("<main>") == text.count("<h1>") == 1


def test_what_scrolls_has_a_name_of_its_own(tmp_path: Path) -> None:
    document("full").save(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    boxes = re.findall('<(?:div|span) class="wide"[^>]*>', text)
    names = [re.findall('aria-label="([^"]+)"', box) for box in boxes]
    assert len(boxes) == len({name for (name,) in names}) > 8
    assert all('tabindex="0"' in box and 'role="region"' in box for box in boxes)


def luminance(colour: str) -> float:
    """How light a colour is: WCAG 2.2, relative luminance."""
    values = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("name", COLOURS)
def test_each_colour_can_be_read_on_both_pages(name: str) -> None:
    for page, shade in zip(PAGES, KNOWN[name][1:], strict=True):
        darker, lighter = sorted((luminance(page), luminance(shade)))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5
    assert ON_DARK.get(name, KNOWN[name].dark) == KNOWN[name].dark
