"""Layers with channels, groups and samples in motion: what is seen when, what is said, and that it fits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image
from sympy import Rational, sqrt

import symconv as sc
from symconv.figures import Animation
from symconv.figures.svg import text_of
from tests.figures.test_animation import SEEN
from tests.figures.test_svg import MEASURED, OWN, collisions, on_page
from tests.notes.browser import Browser
from tests.tiers import exhaustive, tiers

LAYERS = {
    "course": sc.Conv2d(5, 3, in_channels=3, out_channels=2, stride=2, padding=1, bias=True),
    "strips": sc.Conv1d(5, 3, in_channels=2, out_channels=2, bias=True),
    "grouped": sc.Conv1d(4, 2, in_channels=4, out_channels=4, groups=2, bias=True),
    "grouped planes": sc.Conv2d(3, 2, in_channels=2, out_channels=2, groups=2, padding=1, bias=True),
    "depthwise": sc.Conv2d(4, 2, in_channels=6, out_channels=6, groups=6),
    "many": sc.Conv2d(3, 2, in_channels=6, out_channels=2, flip=True),
    "one in": sc.Conv2d(3, 2, in_channels=1, out_channels=3, dilation=2),
    "small": sc.Conv2d(3, 1, in_channels=3, out_channels=2, bias=True),
    "first": sc.Conv1d(6, 3, in_channels=2, out_channels=20, padding=1),
    "samples": sc.Conv1d(4, 2, batch=3),
    "pooled": sc.MaxPool2d(4, 2, channels=3, batch=2),
    "averaged": sc.AvgPool1d(6, 2, channels=2),
    "own": sc.Conv1d(4, 2, in_channels=2, out_channels=2, padding=1, bias=True, batch=2, notation=OWN),
    "own planes": sc.Conv2d(3, 3, in_channels=2, out_channels=2, bias=True, notation=OWN),
    "fractions": sc.Conv2d(3, 2, in_channels=2, out_channels=1, bias=True).at(
        w=[[[[Rational(1, 3), -2], [sqrt(2), 1]], [[1, 0], [Rational(-5, 7), 1]]]], b=[Rational(-1, 2)]
    ),
    "transposed": sc.ConvTranspose1d(3, 2, in_channels=2, out_channels=2, stride=2, bias=True),
    "transposed planes": sc.ConvTranspose2d(2, 2, in_channels=2, out_channels=2, stride=2),
    "transposed groups": sc.ConvTranspose1d(3, 2, in_channels=2, out_channels=2, groups=2, bias=True),
    "transposed first": sc.ConvTranspose2d(3, 2, in_channels=2, out_channels=9),
}  # fmt: skip
NAMES = tiers(LAYERS, ["course", "grouped", "transposed groups"])


@pytest.mark.parametrize("name", LAYERS)
def test_what_appears_is_the_output_of_each_channel(name: str) -> None:
    stage = LAYERS[name].animation().stage
    assert {one.start for grid in (*stage.bases, *stage.others) for one in grid.labels} - {None} == set(
        range(len(stage.moves))
    )
    assert len({(move.corner, move.other) for move in stage.moves}) == len(stage.moves)


@pytest.mark.parametrize(
    ("name", "remarks"),
    [
        ("course", []),
        ("grouped", ["Channels of other groups are dim."]),
        ("depthwise", ["The first of the 6 output channels is shown.", "Channels of other groups are dim."]),
        ("first", ["The first of the 20 output channels is shown."]),
        ("samples", ["The first of the 3 samples is shown."]),
        ("pooled", [
            "The first of the 2 samples is shown.", "All 3 channels are treated alike; the first is shown."
        ]),
        ("averaged", ["All 2 channels are treated alike; the first is shown."]),
        ("transposed first", ["The first of the 9 output channels is shown."]),
    ],
)  # fmt: skip
def test_what_is_left_out_is_said_below_and_in_words(name: str, remarks: list[str]) -> None:
    animation = LAYERS[name].animation()
    assert [remark.text for remark in animation.stage.remarks] == remarks
    assert animation.alt.endswith(" ".join(remarks))
    drawn = animation.svg()
    assert all(text_of(text) in drawn for text in animation.stage.told())
    assert [text.label.text for text in animation.stage.told()] == remarks


def test_only_the_channels_of_the_group_are_seen_where_all_are_too_many() -> None:
    layer = sc.Conv2d(4, 2, in_channels=16, out_channels=16, groups=8)
    stage = layer.animation().stage
    assert [grid.name.text for grid in stage.bases] == ["x0", "x1"]
    assert [remark.text for remark in stage.remarks] == [
        "The first of the 16 output channels is shown.", "Channels of other groups are left out.",
    ]  # fmt: skip


def test_planes_and_slices_have_their_indices_in_the_notation() -> None:
    layer = sc.Conv1d(4, 2, in_channels=2, out_channels=2, batch=2, bias=True, notation="goodfellow")
    stage = layer.animation().stage
    letters = layer.spec.written
    assert [grid.name.text for grid in stage.bases] == [f"{letters.input}1_1", f"{letters.input}1_2"]
    assert [name.text for name in stage.filters[1].names.values()] == [
        f"{letters.kernel}2_1",
        f"{letters.kernel}2_2",
    ]
    assert stage.filters[1].bias is not None
    assert stage.filters[1].bias.text == f"{letters.bias}2 = 2"


def test_the_words_say_how_many_weights_lie_on_how_many_channels() -> None:
    assert LAYERS["strips"].animation().alt == (
        "Each filter has 6 weights, 3 for each of 2 input channels, and slides over x0 = (1, 2, 3, 4, 5); "
        "x1 = (4, 5, 6, 7, 8). At each position the products from all of these channels and the bias are "
        "added up and give an output: y0 = (92, 113, 134); y1 = (73, 94, 115)."
    )
    assert LAYERS["transposed groups"].animation().alt == (
        "A window of 2 weights on the output channel of its group slides over the output. Each entry of "
        "x0 = (1, 2, 3); x1 = (4, 5, 6) adds its multiples of the weights of its input channel. Each output "
        "begins with its bias. The sums are y0 = (2, 5, 8, 7); y1 = (14, 33, 40, 26). Channels of other "
        "groups are dim."
    )


@pytest.mark.parametrize("name", LAYERS)
def test_it_is_well_formed_without_script_and_the_same_each_time(name: str) -> None:
    drawn = LAYERS[name].animation().svg()
    assert ElementTree.fromstring(drawn).get("role") == "img"
    assert not re.search(r"<script|href|@import|url\(| id=|\bon\w+=", drawn)
    assert LAYERS[name].animation().svg() == drawn


def test_the_picture_in_the_documentation_is_what_the_package_writes() -> None:
    place = Path(__file__).resolve().parents[2] / "docs/_static/symconv-channels.svg"
    layer = sc.Conv2d(3, 2, in_channels=2, out_channels=2, bias=True)
    assert place.read_text(encoding="utf-8") == layer.animation().svg()


def test_that_of_a_lecture_is_small() -> None:
    assert len(LAYERS["course"].animation().svg().encode()) < 40_000
    assert len(LAYERS["strips"].animation().svg().encode()) < 12_000


#: How much is seen of the groups that turns hide or dim, with all that stands in each, at some times.
TURNS = """() => [...document.querySelectorAll("svg")].map(svg => {
  for (const moving of svg.getAnimations({subtree: true})) {
    moving.pause();
    moving.currentTime = 1000 * svg.parentNode.dataset.time;
  }
  return [...svg.querySelectorAll("g")].filter(g => +getComputedStyle(g).opacity < 1).map(
    g => [+getComputedStyle(g).opacity, [...g.querySelectorAll("text")].map(text => text.textContent)]);
})"""


def faint(browser: Browser, animation: Animation, times: list[float], *, still: bool = False) -> Any:
    page = "".join(f'<div data-time="{time}">{animation.svg()}</div>' for time in times)
    return browser.evaluated(page, TURNS, still=still)


def test_other_groups_are_dim_and_other_filters_are_not_seen(browser: Browser) -> None:
    animation = sc.Conv1d(3, 2, in_channels=2, out_channels=2, groups=2).animation()
    step = 0.5 + 0.35 * 4 + 1.1
    first, third = faint(browser, animation, [0.1, 2 * step + 0.1])
    assert [(share, texts[0]) for share, texts in first if texts] == [(0, "w1,0"), (0, "3"), (0.55, "x1")]
    assert [(share, texts[0]) for share, texts in third if texts] == [(0, "w0,0"), (0, "1"), (0.55, "x0")]
    (still,) = faint(browser, animation, [0.0], still=True)
    assert still == third


def test_the_entries_of_channel_after_channel_appear(browser: Browser) -> None:
    animation = LAYERS["strips"].animation()
    step = 0.5 + 0.175 * 8 + 1.1
    page = "".join(f'<div data-time="{time}">{animation.svg()}</div>' for time in (3.05, 6 * 3.0 - 0.05))
    one, last = browser.evaluated(page, SEEN)
    assert step == pytest.approx(3.0)
    assert one["entries"] == ["92"]
    assert last["entries"] == ["92", "113", "134", "73", "94", "115"]
    assert last["sums"] == [
        "y1,2 = 1\u00b73 + 6\u00b74 + 5\u00b75 + 4\u00b76 + 3\u00b77 + 2\u00b78 + 2 = 115"
    ]


#: The same measures, of texts that are seen, groups around them too.
VISIBLE = MEASURED.replace(
    'svg.querySelectorAll("text")]',
    'svg.querySelectorAll("text")].filter(t => t.checkVisibility({opacityProperty: true, '
    "visibilityProperty: true}) && !t.closest('.w'))",
)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_meets_or_leaves_the_picture(name: str, browser: Browser) -> None:
    animation = LAYERS[name].animation()
    assert VISIBLE != MEASURED
    found = browser.evaluated(on_page(animation.svg(), animation.still.drawing), VISIBLE, still=True)
    assert len(found[0]["texts"]) > 5
    assert collisions(found, [name]) == []


@exhaustive
@pytest.mark.parametrize("name", LAYERS)
def test_every_line_of_every_sum_stays_in_the_picture(name: str, browser: Browser) -> None:
    drawn = LAYERS[name].animation().svg().replace('visibility="hidden"', "").replace('opacity="0"', "")
    (found,) = browser.evaluated(f'<div data-cells="[]">{drawn}</div>', MEASURED, still=True)
    left, top, right, bottom = found["page"]
    assert all(left <= text["box"][0] and text["box"][2] <= right for text in found["texts"])
    assert all(top <= text["box"][1] and text["box"][3] <= bottom for text in found["texts"])


def test_a_still_frame_has_other_groups_in_faint_ink() -> None:
    stage = LAYERS["grouped"].animation().stage
    early, late = (stage.at(at, 2) for at in (0, len(stage.moves) - 1))
    dim = [
        [mark.label.text for mark in marks if getattr(mark, "look", "") == "absent"]
        for marks in (early, late)
    ]
    assert dim == [["7", "8", "9", "1", "1", "2", "3", "4"], ["1", "2", "3", "4", "4", "5", "6", "7"]]


def test_a_gif_has_the_colours_of_every_filter(tmp_path: Any) -> None:
    layer = sc.Conv1d(
        2,
        2,
        in_channels=1,
        out_channels=2,
        notation=sc.Notation(tap_colours=("red", "blue", "teal", "purple")),
    )
    layer.animation().save(tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as found:
        assert found.n_frames == 2 * 4
        colours = []
        for at in (3, 7):
            found.seek(at)
            counted = found.convert("RGB").getcolors(100_000)
            assert counted is not None
            colours.append(
                {colour for count, colour in counted if count > 200 and max(colour) - min(colour) > 40}
            )
    assert len(colours[0]) == len(colours[1]) == 2
    assert not colours[0] & colours[1]
