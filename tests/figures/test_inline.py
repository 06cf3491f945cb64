"""Labels as runs of letters: what LaTeX means, in italics, bold, above and below the line."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv.figures import FIGURES, Box, Disc, Text
from symconv.figures.inline import Run, runs_of
from symconv.printing.notation import PRESETS
from tests.figures.test_svg import MORE
from tests.tiers import tiers


def said(latex: str) -> str:
    """The runs with a mark for how they look and where they stand."""
    marks = {"italic": "/", "bold": "*", "bold italic": "*/", "upright": ""}
    level = {0: "", 1: "^", -1: "_"}
    return " ".join(f"{level[r.level]}{marks[r.look]}{r.text}" for r in runs_of(f"${latex}$", "plain"))


@pytest.mark.parametrize(
    ("latex", "runs"),
    [
        ("w_{0,1}", "/w _0,1"),
        ("w_{0} + w_{2}", "/w _0  +  /w _2"),
        ("-9", "\u22129"),
        ("(-9)", "(\u22129)"),
        ("1/3", "1/3"),
        (r"\frac{1}{3}", "1/3"),
        (r"\frac{a + b}{2}", "( /a  +  /b )/2"),
        (r"\frac{x_{0}}{2}", "/x _0 /2"),
        (r"\partial L/\partial x_{0}", "\u2202 /L /\u2202 /x _0"),
        (r"\delta^{(l)}_{0}", "/\u03b4 ^( ^/l ^) _0"),
        (r"\Delta", "\u0394"),
        (r"\lambda", "/\u03bb"),
        (r"\varphi", "/\u03c6"),
        (r"\mathbf{W}^{(l-1)}_{2}", "*W ^( ^/l ^\u22121) _2"),
        (r"\boldsymbol{\theta}", "*/\u03b8"),
        (r"\hat{y}'", "/y\u0302 \u2032"),
        (r"\hat{\mathbf{y}}", "*y\u0302"),
        (r"\mathcal{T}", "\U0001d4af"),
        (r"\mathcal{L}", "\u2112"),
        (r"5 \cdot \left(-1\right)", "5\u00b7(\u22121)"),
        (r"{\color{teal}{w_{0}}} x", "/w _0 /x"),
        (r"\sqrt{2} a", "\u221a2 /a"),
        ("L_{in}", "/L _/in"),
        ("x^2", "/x ^2"),
        ("a = -1", "/a  = \u22121"),
        ("(0, -1)", "(0, \u22121)"),
        (r"x_{2,-1}", "/x _2,\u22121"),
        (r"\mathbf{\hat{y}}^{\prime}", "*y\u0302 \u2032"),
        (r"w_{\text{of } k}", "/w _of  _/k"),
        (r"x_{0}^{2}", "/x ^2 _0"),
        (r"\operatorname{relu}(x)", "relu( /x )"),
        (r"w \ast x\, y\!", "/w  \u2217  /x   /y"),
        (r"\sum_{k} x", "plain"),
        (r"\begin{matrix}x\end{matrix}", "plain"),
        (r"\binom{n}{k}", "plain"),
        (r"\sqrt[3]{x}", "plain"),
        (r"\oint x", "plain"),
        ("x_{a_{b}}", "plain"),
        ("x_", "plain"),
        (r"\hat", "plain"),
        ("", ""),
    ],
)
def test_latex_in_a_line(latex: str, runs: str) -> None:
    assert said(latex) == runs


def test_words_stand_beside_mathematics() -> None:
    runs = runs_of("$w_{0}$: $x_{1}$ to $y_{0}$", "")
    assert "".join(run.text for run in runs) == "w0: x1 to y0"
    assert runs[2] == Run(": ")


@pytest.mark.parametrize("preset", tiers([*PRESETS, "own"], ["own", "pytorch"]))
def test_every_label_of_figures_is_read(preset: str) -> None:
    layers = (
        MORE.values()
        if preset == "own"
        else [sc.Conv2d(3, 2, notation=preset), sc.AvgPool1d(6, 3, notation=preset)]
    )
    for layer in layers:
        for name in FIGURES:
            for mark in layer.figure(name).drawing.marks:
                label = mark.label if isinstance(mark, Box | Disc | Text) else None
                if label and label.latex:
                    assert runs_of(label.latex, "\ufffc")[0].text != "\ufffc", label
