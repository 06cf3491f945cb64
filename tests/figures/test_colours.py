"""The palette as colour-blind readers see it: distances by formulas and constants of the literature."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import CSS4_COLORS, to_rgb

import symconv as sc
from symconv.figures import COLOUR_VALUES, ON_DARK, Box, Disc, Line, colours
from symconv.figures.colours import FAINT, tint
from symconv.figures.drawing import LOOKS
from symconv.figures.lettering import UNTIED, _looks
from symconv.printing.colours import COLOURS, PALETTE

#: How linear RGB is seen without cones of one kind. Source: Machado, Oliveira and Fernandes, A
#: physiologically-based model for simulation of color vision deficiency, IEEE TVCG 15 (2009), severity 1.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}

#: Linear sRGB to CIE XYZ, and the white point D65. Source: IEC 61966-2-1.
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(rgb: np.ndarray) -> np.ndarray:
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """CIE 1976 L*a*b*, from linear RGB."""
    ratio = XYZ @ light / WHITE
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, vision: str, share: float = 1.0) -> float:
    """The difference of two colours, or of two tints of them, as a reader with this vision sees it."""
    seen = []
    for name in (one, other):
        mixed = 1 - share * (1 - np.array(COLOUR_VALUES[name]))
        seen.append(lab(np.clip(VISION[vision] @ linear(mixed), 0, 1)))
    return float(np.linalg.norm(seen[0] - seen[1]))


@pytest.mark.parametrize("vision", VISION)
def test_neighbours_stay_far_apart_and_no_two_colours_meet(vision: str) -> None:
    # A difference of 2.3 is just noticeable. Neighbours come round: the last stands beside the first.
    for one, other in zip(PALETTE, (*PALETTE[1:], PALETTE[0]), strict=True):
        assert distance(one, other, vision) > 25, (one, other)
        assert distance(one, other, vision, LOOKS["tap"].fill or 0) > 15, (one, other)
    for one, other in combinations(PALETTE, 2):
        assert distance(one, other, vision) > 20, (one, other)
        assert distance(one, other, vision, LOOKS["tap"].fill or 0) > 8, (one, other)


def test_the_measure_knows_pairs_that_colour_blind_readers_confuse() -> None:
    assert distance("teal", "gray", "normal") > 25
    assert distance("teal", "gray", "protanopia") < 8


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """The contrast of two colours. Source: WCAG 2.2, definitions of contrast ratio and relative luminance."""
    dark, light = sorted(float(XYZ[1] @ linear(np.array(colour))) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", COLOURS)
def test_the_package_measures_contrast_as_this_file_does(colour: str) -> None:
    for other in (*COLOUR_VALUES.values(), (1.0, 1.0, 1.0)):
        measured = colours.contrast(COLOUR_VALUES[colour], other)
        assert measured == pytest.approx(contrast(COLOUR_VALUES[colour], other), rel=1e-3)


def test_contrast_is_that_of_the_guidelines() -> None:
    white = (1.0, 1.0, 1.0)
    assert contrast(white, (0, 0, 0)) == pytest.approx(21)
    assert contrast(to_rgb("#777777"), white) == pytest.approx(4.48, abs=0.01)
    assert contrast(white, COLOUR_VALUES["magenta"]) < 4.5


#: The looks of as many weights as there are with looks of their own.
WEIGHTS = list(_looks(PALETTE[at % len(PALETTE)] for at in range(48)))


@pytest.mark.parametrize("colour", sorted({colour for colour, _ in WEIGHTS} | {FAINT, UNTIED}))
def test_the_colours_can_be_read_on_white(colour: str) -> None:
    assert contrast(tint(colour, 1), (1.0, 1.0, 1.0)) >= 4.5


@pytest.mark.parametrize("layer", [sc.Conv2d(3, 2, padding=1), sc.Conv1d(9, 9), sc.MaxPool1d(4, 2)], ids=repr)
def test_everything_that_is_read_in_a_figure_has_contrast(layer: sc.layers.Layer) -> None:
    for name in layer.figure_names:
        for mark in layer.figure(name).drawing.marks:
            if isinstance(mark, Box | Disc):
                look = LOOKS[mark.look]
                behind = tint(mark.colour, look.fill) if look.fill is not None else (1.0, 1.0, 1.0)
                assert contrast(tint(look.ink, 1), behind) >= 4.5, (name, mark)
            elif isinstance(mark, Line):
                assert contrast(tint(mark.colour, 1), (1.0, 1.0, 1.0)) >= 4.5


@pytest.mark.parametrize("colour", PALETTE)
@pytest.mark.parametrize("page", ["#1a1a1a", "#131416"])
def test_colours_of_formulas_can_be_read_on_dark_pages(colour: str, page: str) -> None:
    assert contrast(to_rgb(ON_DARK[colour]), to_rgb(page)) >= 4.5
    assert set(ON_DARK) == set(PALETTE)


def test_forty_eight_weights_have_looks_of_their_own() -> None:
    assert len(set(WEIGHTS)) == 48
    for (one, dash), (other, style) in combinations(WEIGHTS, 2):
        if dash == style:
            assert np.linalg.norm(seen(tint(one, 1)) - seen(tint(other, 1))) > 10, (one, other)
        if one == other:
            assert dash != style


def test_cells_of_twelve_weights_differ_on_light_and_on_dark_pages() -> None:
    twelve = [colour for colour, _ in WEIGHTS[:12]]
    share = LOOKS["tap"].fill or 0
    dark = np.array(to_rgb("#131416"))
    for one, other in combinations(twelve, 2):
        assert np.linalg.norm(seen(tint(one, share)) - seen(tint(other, share))) > 4, (one, other)
        mixed = [
            share * np.array(colours.filling_on_dark(colour)) + (1 - share) * dark for colour in (one, other)
        ]
        if not {one, other} & {"black", "black!75!white", "black!58!white"}:  # more or less of the ink
            assert np.linalg.norm(seen(mixed[0]) - seen(mixed[1])) > 4, (one, other)


def seen(colour: tuple[float, float, float]) -> np.ndarray:
    return lab(linear(np.array(colour)))


def test_every_colour_of_the_notation_has_its_values_and_xcolor_agrees(compiled) -> None:
    assert set(COLOUR_VALUES) == set(COLOURS)
    (purple,) = re.findall(
        r"\\definecolor{purple}.*", (files("symconv.notes.shells") / "article.tex").read_text()
    )
    assert purple in (files("symconv.notes.shells") / "slides.tex").read_text()
    names = "".join(
        f"\\convertcolorspec{{named}}{{{name}}}{{rgb}}\\found\\typeout{{>> {name} \\found}}\n"
        for name in COLOURS
    )
    log = compiled(
        f"\\documentclass{{article}}\\usepackage{{xcolor}}{purple}\\begin{{document}}x\n{names}\\end{{document}}\n"
    )
    found = {
        line.split()[1]: tuple(map(float, line.split()[2].split(",")))
        for line in log.splitlines()
        if line.startswith(">> ")
    }
    assert found == {name: pytest.approx(values, abs=1 / 255) for name, values in COLOUR_VALUES.items()}


def test_the_purple_of_tex_can_be_read_too() -> None:
    # Source: the manual of xcolor, section 2.4.
    assert contrast((0.75, 0.0, 0.25), (1.0, 1.0, 1.0)) >= 4.5


def test_browsers_and_tex_mean_the_same_colour_by_a_name() -> None:
    for name, values in COLOUR_VALUES.items():
        assert to_rgb(CSS4_COLORS[name]) == pytest.approx(values, abs=1 / 255), name
