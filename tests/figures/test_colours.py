"""The palette as colour-blind readers see it: distances by formulas and constants of the literature."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import CSS4_COLORS, to_rgb

from symconv.figures import COLOUR_VALUES
from symconv.figures.drawing import DASHES, LOOKS
from symconv.printing.notation import COLOURS, PALETTE

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


@pytest.mark.parametrize("colour", PALETTE)
def test_the_colours_can_be_read_on_white(colour: str) -> None:
    luminance = XYZ[1] @ linear(np.array(COLOUR_VALUES[colour]))
    assert 1.05 / (luminance + 0.05) > 2.5


def test_every_colour_of_the_notation_has_its_values_and_xcolor_agrees(compiled) -> None:
    assert set(COLOUR_VALUES) == set(COLOURS)
    names = "".join(
        f"\\convertcolorspec{{named}}{{{name}}}{{rgb}}\\found\\typeout{{>> {name} \\found}}\n"
        for name in COLOURS
    )
    log = compiled(
        f"\\documentclass{{article}}\\usepackage{{xcolor}}\\begin{{document}}x\n{names}\\end{{document}}\n"
    )
    found = {
        line.split()[1]: tuple(map(float, line.split()[2].split(",")))
        for line in log.splitlines()
        if line.startswith(">> ")
    }
    assert found == dict(COLOUR_VALUES)


def test_browsers_and_tex_mean_the_same_colour_by_a_name() -> None:
    for name, values in COLOUR_VALUES.items():
        assert to_rgb(CSS4_COLORS[name]) == pytest.approx(values, abs=1 / 255), name


def test_a_colour_that_comes_round_again_has_another_line_style() -> None:
    looks = [(PALETTE[at % len(PALETTE)], DASHES[at % len(DASHES)]) for at in range(20)]
    assert len(set(looks)) == len(looks)
