"""SVG as it is written: measured in a browser, read on light and dark pages, safe on any page."""

from __future__ import annotations

import base64
import re
import sys
from xml.etree import ElementTree

import pytest

import symconv as sc
from symconv.figures import FIGURES, ON_DARK, Box, Disc, Drawing, Figure, Label, Line, Text
from symconv.figures.colours import FAINT, RGB, contrast, on_dark, tint
from symconv.figures.drawing import LOOKS, extent
from symconv.figures.lettering import _looks
from symconv.figures.svg import INK_ON_DARK, to_svg
from symconv.printing.colours import COLOURS, PALETTE
from tests.figures.test_renderers import ALL, LAYERS, NARROW
from tests.notes.browser import Browser
from tests.optional import required
from tests.tiers import exhaustive, tiers

OWN = sc.Notation(
    input=r"\mathbf{a}^{(l-1)}", kernel=r"\mathbf{W}^{(l)}", output=r"\hat{z}'", upstream=r"\delta^{(l)}",
    matrix=r"\mathcal{T}", base=1, upstream_style="partial",
)  # fmt: skip
MORE = {
    "dilated": sc.Conv1d(7, 3, dilation=2).at(w=[1, -2, 30]),
    "own": sc.Conv1d(4, 2, padding=(1, 0), padding_mode="circular", notation=OWN),
}

#: Of each text its box, and that of the smallest rectangle or circle that its middle lies in. Of the
#: height of a line that third is looked at in which the letters stand.
MEASURED = """() => [...document.querySelectorAll("svg")].map(svg => {
  const box = node => {
    const r = node.getBoundingClientRect();
    return [r.left, r.top, r.right, r.bottom];
  };
  const [left, top] = box(svg);
  const cells = JSON.parse(svg.parentNode.dataset.cells);
  const shapes = cells.map(([x, y, right, bottom]) => [left + x, top + y, left + right, top + bottom]);
  return {page: box(svg), texts: [...svg.querySelectorAll("text")].map(text => {
    const [west, north, east, south] = box(text);
    const across = (west + east) / 2, down = (north + south) / 2;
    const turned = text.hasAttribute("transform");
    const [x, y] = turned ? [(east - west) / 3, 0] : [0, (south - north) / 3];
    const around = shapes.filter(s => s[0] < across && across < s[2] && s[1] < down && down < s[3]);
    around.sort((a, b) => (a[2] - a[0]) * (a[3] - a[1]) - (b[2] - b[0]) * (b[3] - b[1]));
    const letters = [west + x, north + y, east - x, south - y];
    return {said: text.textContent, box: letters, cell: around.length ? around[0] : null};
  })};
})"""


def collisions(found: list[dict], names: list[str]) -> list[str]:
    """The texts that leave the page or their cell, or meet another text."""
    wrong = []
    for name, picture in zip(names, found, strict=True):
        texts = picture["texts"]
        for at, text in enumerate(texts):
            for place in (picture["page"], text["cell"]):
                if place and not within(text["box"], place):
                    wrong.append(f"{name}: {text['said']!r} leaves {place}: {text['box']}")
            for other in texts[:at]:
                if meet(text["box"], other["box"]):
                    wrong.append(f"{name}: {text['said']!r} meets {other['said']!r}")
    return wrong


def within(box: list[float], place: list[float]) -> bool:
    return place[0] <= box[0] and place[1] <= box[1] and box[2] <= place[2] and box[3] <= place[3]


def meet(one: list[float], other: list[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def on_page(svg: str, drawing: Drawing) -> str:
    """A picture with the places of its cells, in pixels."""
    marks = [mark for mark in drawing.marks if isinstance(mark, Box | Disc)]
    cells = [[40 * side for side in extent(mark)] for mark in marks]
    return f'<div data-cells="{cells}">{svg}</div>'


def pictures(layers: list[sc.layers.Layer]) -> list[Figure]:
    return [layer.figure(name) for layer in layers for name in FIGURES]


@pytest.mark.parametrize(
    "layers",
    [
        [LAYERS["full"], LAYERS["plane"], MORE["own"]],
        pytest.param([*LAYERS.values(), *MORE.values(), *NARROW.values()], marks=exhaustive),
    ],
    ids=["few", "all"],
)
def test_texts_stay_in_their_cells_and_on_the_page_and_do_not_meet(
    layers: list[sc.layers.Layer], browser: Browser
) -> None:
    figures = pictures(layers)
    page = "".join(on_page(figure.svg(), figure.drawing) for figure in figures)
    found = browser.evaluated(page, MEASURED)
    assert sum(len(picture["texts"]) for picture in found) > 100
    assert collisions(found, [f"{f.name} {f.alt[:40]}" for f in figures]) == []


def test_what_collides_is_found(browser: Browser) -> None:
    wide, beside = Label("$w_{10,10,10}$", ""), Label("y", "")
    marks = (
        Box(1, 1, 0.5, 1, "tap", "teal"),
        Text(1.25, 1.5, wide),
        Text(1.7, 1.5, beside),
        Text(-0.1, 0.2, beside),
    )
    drawing = Drawing("band", "", marks, 3, 3, "")
    found = browser.evaluated(on_page(to_svg(drawing), drawing), MEASURED)
    assert len(collisions(found, ["one"])) == 3


#: Where pages are dark: GitHub, Furo, VS Code, JupyterLab.
DARK = ("#0d1117", "#131416", "#1e1e1e", "#212121")


def rgb(digits: str) -> RGB:
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def over(colour: RGB, share: float, page: RGB) -> RGB:
    red, green, blue = (share * own + (1 - share) * other for own, other in zip(colour, page, strict=True))
    return red, green, blue


def read_on(svg: str, page: str) -> dict[str, float]:
    """The contrast of each ink on each filling and of each line on a page, as the SVG has them."""
    dark = page != "#ffffff"
    ink, ground = rgb(INK_ON_DARK if dark else "#000000"), rgb(page)
    rules = dict(re.findall(r":root \.([\w-]+)\{stroke:(#\w{6})", svg)) if dark else {}
    fillings = dict(re.findall(r":root \.([\w-]+)\{stroke:#\w{6};fill:(#\w{6})", svg)) if dark else {}
    found = {}
    for attributes in re.findall(r"<(?:g|path)([^>]* stroke=[^>]*)>", svg):
        told = dict(re.findall(r' ([\w-]+)="([^"]*)"', attributes))
        colour = (
            ink if told["stroke"] == "currentColor" else rgb(rules.get(told.get("class", ""), told["stroke"]))
        )
        filling = fillings.get(told.get("class", ""))
        inside = rgb(filling) if filling else colour
        behind = (
            over(inside, float(told.get("fill-opacity", 1)), ground) if told.get("fill") != "none" else ground
        )
        if "fill" not in told:
            found[f"line {attributes}"] = contrast(
                over(colour, float(told.get("stroke-opacity", 1)), ground), ground
            )
            continue
        found[f"ink on {attributes}"] = contrast(ink, behind)
        if float(told.get("fill-opacity", 0)) < 0.1:  # only zeros and padding, whose ink is faint
            found[f"faint on {attributes}"] = contrast(over(ink, 0.6, behind), behind)
    return found


@pytest.mark.parametrize("page", tiers(["#ffffff", *DARK], ["#ffffff", "#212121"]))
def test_everything_that_is_read_has_contrast_on_light_and_dark(page: str) -> None:
    layers = [LAYERS["plane"], sc.Conv1d(9, 9, padding=1), LAYERS["largest"], LAYERS["average"]]
    for figure in pictures(layers):
        told = read_on(figure.svg(), page)
        assert told
        assert {what: found for what, found in told.items() if found < 4.5} == {}


@pytest.mark.parametrize("page", DARK)
@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_and_its_shades_can_be_read_on_dark_pages(colour: str, page: str) -> None:
    for shade in ("", "!65!black", "!40!black"):
        line = on_dark(colour + shade)
        assert contrast(line, rgb(page)) >= 4.5
        assert contrast(rgb(INK_ON_DARK), over(line, LOOKS["padded tap"].fill or 0, rgb(page))) >= 4.5


def test_shades_of_the_palette_differ_on_dark_pages_too() -> None:
    looks = list(_looks(PALETTE[at % len(PALETTE)] for at in range(48)))
    found = {on_dark(colour) for colour, _ in looks if not colour.startswith("black")}
    assert len(found) == len({colour for colour, _ in looks if not colour.startswith("black")})
    assert set(ON_DARK) == set(PALETTE)


COLOURED = """async () => {
  const found = [];
  for (const image of document.querySelectorAll("img")) {
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 40;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    found.push([...context.getImageData(20, 20, 1, 1).data]);
  }
  return found;
}"""


@pytest.mark.parametrize(
    ("dark", "inked", "coloured"), [(False, 0, [0, 128, 128]), (True, 230, [51, 199, 199])]
)
def test_a_picture_that_stands_alone_is_dark_where_its_page_is(
    dark: bool, inked: int, coloured: list[int], browser: Browser
) -> None:
    images = ""
    for colour in ("black", "teal"):
        marks = (Line(0, 0.5, 1, 0.5, colour), Line(0, 0.51, 1, 0.51, colour))
        data = base64.b64encode(to_svg(Drawing("band", "", marks, 1, 1, "")).encode()).decode()
        images += f'<img src="data:image/svg+xml;base64,{data}">'
    assert browser.evaluated(images, COLOURED, dark=dark) == [[inked, inked, inked, 255], [*coloured, 255]]


def test_a_picture_has_a_ground_of_its_own_where_its_page_does_not_tell_that_it_is_light(
    browser: Browser,
) -> None:
    data = base64.b64encode(
        to_svg(Drawing("band", "", (Text(0, 0, Label("", "")),), 1, 1, "")).encode()
    ).decode()
    image = f'<img src="data:image/svg+xml;base64,{data}">'
    assert browser.evaluated(image, COLOURED) == [[0, 0, 0, 0]]
    assert browser.evaluated(image, COLOURED, dark=True) == [[0x13, 0x14, 0x16, 255]]


def test_in_a_notebook_it_is_black_on_white(browser: Browser) -> None:
    svg = LAYERS["full"].figure()._repr_svg_()
    assert "prefers-color-scheme" not in svg
    script = '() => (s => [s.color, s.backgroundColor])(getComputedStyle(document.querySelector("svg")))'
    page = f'<div style="color:white;background:black">{svg}</div>'
    assert browser.evaluated(page, script, dark=True) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_on_a_page_the_ink_is_that_of_the_page_whatever_the_reader_prefers(browser: Browser) -> None:
    svg = LAYERS["full"].figure().svg()
    script = '() => getComputedStyle(document.querySelector("svg path")).stroke'
    for dark in (False, True):
        found = browser.evaluated(f'<div style="color:rgb(1,2,3)">{svg}</div>', script, dark=dark)
        assert found in ("rgb(1, 2, 3)", "rgba(1, 2, 3, 1)")


def test_two_pictures_on_a_page_share_no_names() -> None:
    for figure in pictures([LAYERS["plane"]]):
        assert " id=" not in figure.svg()
        assert not re.search(r"<script|href|@import|url\(|@font-face|\bon\w+=", figure.svg())


def test_lines_leave_room_for_the_names_on_them() -> None:
    name = Text(1, 1, Label("$w_{0}$", "w0"), backed=True)
    marks = (Line(0, 1, 2, 1, "teal"), Line(0, 0, 2, 0, "teal"), Line(1, 0.5, 1, 1.6, "teal"), name)
    lines = re.findall(
        r"M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)", to_svg(Drawing("network", "", marks, 2, 2, ""))
    )
    assert len(lines) == 5
    across, after = [(float(one[0]), float(one[2])) for one in lines[:2]]
    assert across[0] == 0 < across[1] < 40 < after[0] < after[1] == 80
    assert across[1] + after[0] == pytest.approx(80)
    assert lines[2] == ("0", "0", "80", "0")
    assert [line[1] for line in lines[3:]] == ["20", lines[4][1]]


def test_names_that_are_markup_are_text() -> None:
    label = Label("$a<b$ & </text>", "a<b & </text>")
    marks = (
        Box(0, 0, 1, 1, "entry", label=label),
        Text(0, 0, Label("\x00<i>\x1b", "")),
        Disc(0, 0, 1, "entry", label=label),
    )
    root = ElementTree.fromstring(to_svg(Drawing("band", "]]>\x08", marks, 1, 1, "")))
    texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["a < b & </text>", "<i>", "a < b & </text>"]


@pytest.mark.parametrize(("layer", "name"), tiers(ALL, [("wide", "band")], several=True))
def test_pictures_are_small(layer: str, name: str) -> None:
    drawing = LAYERS[layer].figure(name).drawing
    assert len(to_svg(drawing)) < 2500 + len(drawing.alt) + 230 * len(drawing.marks)


def test_the_largest_picture_is_under_300_kilobytes() -> None:
    assert len(sc.Conv1d(40, 3, padding=1).figure("band").svg()) < 300_000


def test_rich_display_has_png_and_pdf_beside_svg(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = LAYERS["strided"].figure()
    bundle, told = figure._repr_mimebundle_()
    assert bundle["image/svg+xml"] == figure._repr_svg_()
    assert base64.b64decode(bundle["image/png"]) == figure.png()
    assert base64.b64decode(bundle["application/pdf"]) == figure.pdf()
    assert told["image/png"]["width"] == pytest.approx(40 * figure.drawing.width, abs=1)
    assert bundle["text/plain"] == figure.alt
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    alone, told = figure._repr_mimebundle_()
    assert (set(alone), told) == ({"image/svg+xml", "text/plain"}, {})


def test_a_notebook_keeps_all_of_them() -> None:
    formatters = required("IPython.core.formatters")
    data, told = formatters.DisplayFormatter().format(LAYERS["full"].figure())
    assert (sorted(data), sorted(told)) == (
        ["application/pdf", "image/png", "image/svg+xml", "text/plain"],
        ["image/png"],
    )


def test_faint_ink_is_a_share_of_the_ink() -> None:
    assert FAINT == "black!60!white"
    assert 'fill-opacity="0.6"' in LAYERS["full"].figure().svg()
    assert tint(FAINT, 1) == pytest.approx((0.4, 0.4, 0.4))
