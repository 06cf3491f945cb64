"""The window in motion: what is computed, what is seen when, how it stands still, and how large it is."""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sympy import Rational, flatten, sqrt, symbols

import symconv as sc
from symconv.errors import FigureError, MissingExtraError, OptionError, SymbolicSizeError
from symconv.figures import Animation
from symconv.figures.inline import runs_of
from symconv.layers.example import missing
from tests.figures.test_svg import MEASURED, OWN, collisions, meet, on_page
from tests.notes.browser import Browser
from tests.tiers import exhaustive, tiers

OPENING = sc.Conv1d(4, 3, padding="full", flip=True).at(x=[1, 2, 3, 4], w=[5, 6, 7])
LAYERS = {
    "opening": OPENING,
    "plane": sc.Conv2d(5, 3),
    "strided": sc.Conv1d(8, 3, stride=2, padding=1, bias=True),
    "dilated": sc.Conv2d(5, 2, dilation=2, padding=1, padding_mode="reflect"),
    "transposed": sc.ConvTranspose1d(3, 3, stride=2, padding=1),
    "transposed plane": sc.ConvTranspose2d(2, 2),
    "average": sc.AvgPool1d(6, 3, stride=2, padding=1),
    "clipped": sc.AvgPool1d(5, 2, stride=2, padding=1, count_include_pad=False, ceil_mode=True),
    "largest": sc.MaxPool2d(4, 2),
    "letters": sc.Conv1d(4, 2).at(x=symbols("a b c d")),
    "surds": sc.Conv1d(3, 2).at(x=[sqrt(2), Rational(1, 3), -2], w=[-1, Rational(-1, 2)]),
    "own": sc.Conv1d(4, 2, padding=1, notation=OWN),
    "one": sc.Conv1d(1, 1),
}
NAMES = tiers(LAYERS, ["opening"])


def values(animation: Animation) -> list[str]:
    """The labels of the grid whose entries are computed, as they stand at the end."""
    stage = animation.stage
    grid = next(g for g in (*stage.bases, *stage.others) if any(one.start is not None for one in g.labels))
    return [one.label.text for one in sorted(grid.labels, key=lambda one: one.cell) if one.end is None]


@pytest.mark.parametrize("name", LAYERS)
def test_what_appears_is_the_output(name: str) -> None:
    layer = LAYERS[name]
    output = flatten(layer.at(**missing(layer)).output)
    assert values(layer.animation()) == list(map(str, output))


def test_the_sum_of_each_position_gives_its_entry() -> None:
    sums = ["".join(piece.text for piece in move.pieces) for move in OPENING.animation().stage.moves]
    assert sums == [
        "y0 = 5*1 = 5", "y1 = 6*1 + 5*2 = 16", "y2 = 7*1 + 6*2 + 5*3 = 34", "y3 = 7*2 + 6*3 + 5*4 = 52",
        "y4 = 7*3 + 6*4 = 45", "y5 = 7*4 = 28",
    ]  # fmt: skip
    largest = LAYERS["largest"].animation().stage.moves[0]
    assert "".join(piece.text for piece in largest.pieces) == "y0_0 = max(3, 1, 6, 4) = 6"
    mean = LAYERS["clipped"].animation().stage.moves
    assert ["".join(piece.text for piece in move.pieces) for move in mean][:2] == [
        "y0 = 3",
        "y1 = (1 + 2) / 2 = 3/2",
    ]


def test_sums_of_a_transposed_layer_grow_until_the_last_input_has_added() -> None:
    layer = sc.ConvTranspose1d(2, 2).at(x=[1, 10], w=[3, 4])
    stage = layer.animation().stage
    assert [(one.cell, one.label.text, one.start, one.end) for one in stage.bases[0].labels] == [
        (1, "4", 0, 1), (0, "3", 0, None), (1, "34", 1, None), (2, "40", 1, None),
    ]  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_the_window_lies_where_its_weights_are_read(name: str) -> None:
    stage = LAYERS[name].animation().stage
    rows, columns = stage.bases[0].shape
    for move in stage.moves:
        assert 0 <= move.corner[0] < rows
        assert 0 <= move.corner[1] < columns
    assert len({move.corner for move in stage.moves}) == len(stage.moves)
    (filter,) = stage.filters
    (window,) = filter.windows.values()
    assert len({(one.row, one.column) for one in window}) == len(window)


@pytest.mark.parametrize("name", LAYERS)
def test_it_is_well_formed_without_script_and_repeats_no_bytes(name: str) -> None:
    animation = LAYERS[name].animation()
    drawn = animation.svg()
    assert ElementTree.fromstring(drawn).get("role") == "img"
    assert not re.search(r"<script|href|@import|url\(| id=|\bon\w+=", drawn)
    assert LAYERS[name].animation().svg() == drawn


def test_it_is_small() -> None:
    assert len(sc.Conv2d(5, 3).animation().svg().encode()) < 10_000
    assert len(OPENING.animation().svg().encode()) < 6_500


def test_two_on_a_page_do_not_share_rules() -> None:
    one, other = (LAYERS[name].animation().svg() for name in ("opening", "plane"))
    assert not set(re.findall(r"@keyframes (\w+)", one)) & set(re.findall(r"@keyframes (\w+)", other))
    for drawn in (one, other):
        (name,) = re.findall(r'class="symconv-figure (\w+)"', drawn)
        moving = drawn[drawn.index("@media(prefers-reduced-motion") : drawn.index("</style>")]
        rules = re.findall(r"[{}]\.(\w+)", moving)
        assert set(rules) == {name}


#: What is seen at a time, in seconds: texts that are not hidden, with the place of the window.
SEEN = """() => [...document.querySelectorAll("svg")].map(svg => {
  const time = +svg.parentNode.dataset.time;
  for (const moving of svg.getAnimations({subtree: true})) {
    moving.pause();
    moving.currentTime = 1000 * time;
  }
  const shown = node => {
    const style = getComputedStyle(node);
    return style.visibility !== "hidden" && +style.opacity > 0 && +style.fillOpacity > 0;
  };
  const said = node => [...node.childNodes].map(
    child => child.nodeType === 3 ? child.data : shown(child) ? said(child) : "").join("");
  const sums = [...svg.querySelectorAll(".p")].map(node => shown(node) ? said(node) : "");
  const entries = [...svg.querySelectorAll("[class^=o]")].filter(shown).map(said);
  const window = svg.querySelector(".w").getBoundingClientRect();
  const page = svg.getBoundingClientRect();
  const animations = svg.getAnimations({subtree: true}).length;
  return {sums: sums.filter(Boolean), entries, left: Math.round(window.left - page.left), animations};
})"""


def seen(
    browser: Browser, animation: Animation, times: list[float], *, still: bool = False
) -> list[dict[str, Any]]:
    page = "".join(f'<div data-time="{time}">{animation.svg()}</div>' for time in times)
    return browser.evaluated(page, SEEN, still=still)


def test_terms_add_up_the_entry_appears_and_the_window_slides(browser: Browser) -> None:
    animation = OPENING.animation()
    step = 0.5 + 0.28 * 5 + 1.1
    times = [0.01, 0.9, 1.5, step + 0.1, 3 * step - 0.05, 3 * step + 0.05, 6 * step - 0.05]
    first, term, result, second, third, fourth, end = seen(browser, animation, times)
    assert first["sums"] == ["y0 = "]
    assert term["sums"] == ["y0 = 5\u00b71"]
    assert (result["sums"], result["entries"]) == (["y0 = 5\u00b71 = 5"], ["5"])
    assert (second["sums"], second["entries"]) == (["y1 = "], ["5"])
    assert first["left"] < second["left"] < first["left"] + 40
    assert third["sums"] == ["y2 = 7\u00b71 + 6\u00b72 + 5\u00b73 = 34"]
    assert (third["left"], third["entries"]) == (first["left"] + 80, ["5", "16", "34"])
    assert fourth["sums"] == ["y3 = "]
    assert end["entries"] == ["5", "16", "34", "52", "45", "28"]


def test_never_are_two_sums_seen_at_once(browser: Browser) -> None:
    step = 0.5 + 0.28 * 5 + 1.1
    times = [turn * step + after for turn in range(6) for after in (0.0, 0.001, step - 0.02)]
    assert {len(found["sums"]) for found in seen(browser, OPENING.animation(), times)} == {1}


@pytest.mark.parametrize("name", NAMES)
def test_it_stands_still_for_those_who_want_no_motion(name: str, browser: Browser) -> None:
    animation = LAYERS[name].animation()
    (found,) = seen(browser, animation, [0.0], still=True)
    assert found["animations"] == 0
    assert len(found["sums"]) == 1
    assert len(found["entries"]) == len(values(animation))
    pieces = animation.stage.moves[-1].pieces
    runs = [run.text for piece in pieces for run in runs_of(piece.latex, piece.text)]
    assert found["sums"] == ["".join(runs)]


#: How opaque an image is in its last cell, which the window covers at the end.
COVERED = """async () => {
  const image = document.querySelector("img");
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 400;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return context.getImageData(234, 12, 1, 1).data[3];
}"""


@exhaustive
@pytest.mark.parametrize(("flags", "covered"), [((), 0), (("--force-prefers-reduced-motion",), 102)])
def test_as_an_image_it_stands_still_where_the_system_says_so(flags: tuple[str, ...], covered: int) -> None:
    own = Browser(*flags)
    try:
        data = base64.b64encode(sc.Conv1d(6, 2).at(w=[1, 2]).animation().svg().encode()).decode()
        image = f'<img src="data:image/svg+xml;base64,{data}">'
        found = own.evaluated(image, COVERED)
    finally:
        own.close()
    assert found == covered


#: The same measures, of texts that are seen.
SHOWN = """.filter(text => {
  const style = getComputedStyle(text);
  return style.visibility !== "hidden" && +style.opacity > 0;
})"""
VISIBLE = MEASURED.replace('svg.querySelectorAll("text")]', f'svg.querySelectorAll("text")]{SHOWN}')


@pytest.mark.parametrize("name", NAMES)
def test_nothing_meets_or_leaves_the_page(name: str, browser: Browser) -> None:
    animation = LAYERS[name].animation()
    found = browser.evaluated(on_page(animation.svg(), animation.still.drawing), VISIBLE, still=True)
    # A weight stands in the corner of the cell that its input stands in.
    wrong = [line for line in collisions(found, [name]) if "leaves" in line]
    assert wrong == []
    sums = [text["box"] for text in found[0]["texts"][-1:]]
    assert not any(meet(box, text["box"]) for box in sums for text in found[0]["texts"][:-1])


@exhaustive
@pytest.mark.parametrize("name", LAYERS)
def test_every_line_of_every_sum_stays_on_the_page(name: str, browser: Browser) -> None:
    drawn = LAYERS[name].animation().svg().replace('visibility="hidden"', "")
    (found,) = browser.evaluated(f'<div data-cells="[]">{drawn}</div>', MEASURED, still=True)
    left, _, right, _ = found["page"]
    assert all(left <= text["box"][0] and text["box"][2] <= right for text in found["texts"])


def test_a_gif_has_a_picture_for_each_piece_and_repeats(tmp_path: Path) -> None:
    from PIL import Image

    place = tmp_path / "a.gif"
    sc.Conv1d(3, 2).animation().save(place)
    with Image.open(place) as found:
        assert (found.format, found.info["loop"]) == ("GIF", 0)
        assert found.n_frames == 2 * 4
        assert found.size == (362, 151)
    assert place.read_bytes() == sc.Conv1d(3, 2).animation().gif()


def test_the_suffix_says_what_is_saved_and_without_pillow_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    animation = OPENING.animation()
    animation.save(tmp_path / "a.SVG")
    assert (tmp_path / "a.SVG").read_text(encoding="utf-8") == animation.svg()
    with pytest.raises(OptionError, match=r"'a\.mp4' ends in '\.mp4'; write one of '\.svg', '\.gif'"):
        animation.save("a.mp4")
    for library in ("PIL", "matplotlib"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        MissingExtraError, match=r"Pillow, which comes with matplotlib: pip install 'symconv\[plot\]'"
    ):
        animation.gif()
    bundle, _ = animation._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/plain"}


def test_a_notebook_has_the_last_position_beside_the_animation() -> None:
    bundle, told = OPENING.animation()._repr_mimebundle_()
    assert "@keyframes" in bundle["image/svg+xml"]
    assert bundle["image/png"] == OPENING.animation().still._repr_mimebundle_()[0]["image/png"]
    assert told["image/png"] == {"width": 360, "height": 150}


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (sc.Conv3d(3, 2), "one or two axes, and this layer has more"),
        (
            sc.Conv2d(5, 3, in_channels=12, out_channels=2),
            "12 input channels, but an animation shows at most 8: choose a smaller in_channels",
        ),
        (
            sc.Conv2d(4, 3, in_channels=5, out_channels=1),
            "45 weights in each filter, but an animation shows at most 36: "
            "choose a smaller in_channels or kernel_size",
        ),
        (
            sc.Conv2d(5, 3, in_channels=4, out_channels=2, stride=2, padding=1),
            "196 cells in its channels with their padding, but an animation shows at most 150: "
            "choose a smaller in_channels or input_size",
        ),
        (
            sc.ConvTranspose1d(10, 2, in_channels=4, out_channels=2),
            "40 positions, but an animation shows at most 36: choose a smaller input_size or in_channels",
        ),
        (sc.MaxPool1d(50, 2, stride=1, channels=2), "49 positions, but an animation shows at most 36"),
        (sc.Conv1d(50, 3), "48 positions, but an animation shows at most 36: choose a smaller input_size"),
        (sc.Conv2d(7, 6), "36 weights, but an animation shows at most 25: choose a smaller kernel_size"),
        (
            sc.Conv2d(11, 5, stride=2),
            "121 cells, but an animation shows at most 100: choose a smaller input_size",
        ),
    ],
    ids=lambda given: given if isinstance(given, str) else repr(given),
)
def test_what_cannot_be_watched_is_refused(layer: sc.layers.Layer, said: str) -> None:
    with pytest.raises(FigureError, match=said):
        layer.animation()


def test_sizes_that_are_letters_are_refused() -> None:
    with pytest.raises(SymbolicSizeError):
        sc.Conv1d("N", 3).animation()


def test_channels_of_one_can_be_watched() -> None:
    assert len(sc.Conv1d(4, 2, in_channels=1, out_channels=1, batch=1).animation().stage.moves) == 3


def test_the_picture_at_the_top_of_the_readme_is_what_the_package_writes() -> None:
    root = Path(__file__).resolve().parents[2]
    place = "docs/_static/symconv-window.svg"
    assert (root / place).read_text(encoding="utf-8") == OPENING.animation().svg()
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"!\[[^\]]{{40,}}\]\({re.escape(place)}\)", readme[:1500])
