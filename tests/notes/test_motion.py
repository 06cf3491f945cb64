"""The window in motion in notes: in HTML below its picture, nowhere else, and pictures without matplotlib."""

from __future__ import annotations

import base64
import re
import sys
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest

import symconv as sc
from symconv.notes import FORMATS, rendered
from symconv.notes.html import MOTION

OPENING = sc.Conv1d(4, 3, padding="full", flip=True).at(x=[1, 2, 3, 4], w=[5, 6, 7])


def images(page: str) -> list[tuple[str, str]]:
    """The pictures within an HTML file, each with its words."""
    found = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]*)" alt="([^"]*)">', page)
    return [(base64.b64decode(data).decode(), unescape(alt)) for data, alt in found]


def page(layer: sc.layers.Layer) -> str:
    return rendered(layer.notes(sections=["numbers"]), "a.html")["a.html"].decode()


def test_html_has_the_window_in_motion_below_its_picture() -> None:
    whole = page(OPENING)
    (still, _), (moving, alt) = images(whole)
    assert "@keyframes" in moving
    assert "@keyframes" not in still
    assert alt == OPENING.animation().alt
    assert ElementTree.fromstring(moving).get("role") == "img"
    assert whole.index(MOTION) > whole.index("<figcaption>")


def test_it_is_that_of_the_example_where_sizes_are_letters() -> None:
    (_, alt) = images(page(sc.Conv1d("N", "K")))[-1]
    assert alt.startswith("A window of 3 weights slides over x = ")


def test_a_window_that_lies_in_the_padding_gives_the_bias() -> None:
    layer = sc.Conv1d(3, 2, padding=(0, 2), bias=True).at(x=[1, 2, 3], w=[5, 6], b=[7])
    *_, last = layer.output
    assert last == 7
    assert "y = (24, 35, 22, 7)" in layer.animation().alt


def test_layers_with_channels_have_it_too_and_the_page_stays_small() -> None:
    layer = sc.Conv1d(4, 2, in_channels=2, out_channels=2)
    assert images(page(layer))[-1][1] == layer.animation().alt
    whole = rendered(sc.Conv2d(5, 3, in_channels=3, out_channels=2, bias=True).notes(), "a.html")["a.html"]
    assert MOTION.encode() in whole
    assert len(whole) < 300_000


def test_what_cannot_be_watched_has_none() -> None:
    whole = page(sc.Conv3d(3, 2))
    assert MOTION not in whole
    assert not any("@keyframes" in svg for svg, _ in images(whole))


@pytest.mark.parametrize("suffix", [suffix for suffix in FORMATS if suffix not in (".html", ".pdf")])
def test_other_formats_stand_still(suffix: str) -> None:
    files = rendered(OPENING.notes(sections=["numbers"]), f"a{suffix}")
    assert not any(b"@keyframes" in content or MOTION.encode() in content for content in files.values())


@pytest.mark.parametrize("suffix", [".md", ".rst", ".html", ".ipynb"])
def test_notes_have_pictures_without_matplotlib(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    OPENING.notes(sections=["numbers"]).save(tmp_path / f"a{suffix}")
    pictures = list(tmp_path.glob("*.svg"))
    assert len(pictures) == (1 if suffix in (".md", ".rst") else 0)
    assert all(b"</svg>" in picture.read_bytes() for picture in pictures)
