"""LaTeX read as a tree, and MathML written from it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sympy import Piecewise, Rational, Symbol, exp, floor, gamma, log, oo, pi, sin, sqrt
from sympy.abc import k, x

import symconv as sc
from symconv.printing.mathml import mathml
from symconv.printing.targets import as_mathml, as_text, target_of
from symconv.printing.tex import KNOWN, read
from symconv.printing.tree import Coloured, Fence, Row, Scripts, Sign, Space


def inside(latex: str) -> str:
    """What a formula has in its element."""
    return mathml(latex).removeprefix("<math>").removesuffix("</math>")


@pytest.mark.parametrize(
    ("latex", "written"),
    [
        ("-3", "<mo>−</mo><mn>3</mn>"),
        ("a - 3", "<mi>a</mi><mo>−</mo><mn>3</mn>"),
        ("a = -3", '<mi>a</mi><mo>=</mo><mo form="prefix">−</mo><mn>3</mn>'),
        ("{} + 3", '<mo form="infix">+</mo><mn>3</mn>'),
        (r"2 \cdot -3", '<mn>2</mn><mo>⋅</mo><mo form="prefix">−</mo><mn>3</mn>'),
    ],
)
def test_a_sign_belongs_to_what_follows_or_joins_two(latex: str, written: str) -> None:
    assert inside(latex) == written


@pytest.mark.parametrize(
    ("latex", "written"),
    [
        ("x_{0}", "<msub><mi>x</mi><mn>0</mn></msub>"),
        ("x^2_i", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
        ("x''", "<mrow><mi>x</mi><mo>′′</mo></mrow>"),
        (r"x_1^{\prime}", "<msub><mrow><mi>x</mi><mo>′</mo></mrow><mn>1</mn></msub>"),
        (r"{x^{2}}^{\top}", "<msup><msup><mi>x</mi><mn>2</mn></msup><mi>⊤</mi></msup>"),
        (r"\sum_{k}^{2}", "<munderover><mo>∑</mo><mi>k</mi><mn>2</mn></munderover>"),
        (r"\mathbf{w} \boldsymbol{\theta}", "<mi>𝐰</mi><mi>𝜽</mi>"),
        (r"\mathrm{max\_pool}", "<mi>max_pool</mi>"),
        (r"\text{ holds }", "<mtext>\u00a0holds\u00a0</mtext>"),
        (r"{\color{red}{w}}", '<mrow mathcolor="red"><mi>w</mi></mrow>'),
        ("a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
        (r"\unheardof", "<mi>unheardof</mi>"),
    ],
)
def test_parts_are_elements(latex: str, written: str) -> None:
    assert inside(latex) == written


@pytest.mark.parametrize(
    "latex",
    [
        "x_",
        "^",
        r"\hat",
        r"\frac{1}",
        r"\left(",
        r"\begin{aligned}x",
        "{",
        "}",
        r"\sqrt[",
        r"\hspace{x}",
        "\\",
    ],
)
def test_what_is_not_written_to_its_end_is_well_formed(latex: str) -> None:
    ElementTree.fromstring(mathml(latex))


def test_a_style_reaches_the_letter_below_its_marks() -> None:
    assert read(r"\mathbf{\hat{y}}") == read(r"\hat{\mathbf{y}}")


def test_brackets_are_as_high_as_what_they_hold() -> None:
    low, high = inside(r"\left(x\right)"), inside(r"\left(\frac{x}{2}\right)")
    assert low.count('stretchy="false"') == 2
    assert "stretchy" not in high
    assert 'minsize="1.8em"' in inside(r"\Bigl(x\Bigr)")
    assert inside(r"\left\{ \begin{array}{l}x\end{array}\right.").startswith('<mrow><mo form="prefix">{</mo>')


def test_operations_in_scripts_have_no_spaces() -> None:
    assert '<mo lspace="0" rspace="0">−</mo>' in inside("x_{i - 1}")
    assert '<mo rspace="0">,</mo>' in inside("x_{0,1}")


def test_the_tree_holds_what_the_latex_says() -> None:
    w, colour = Sign("w", "letter"), Coloured(Row((Sign("w", "letter"),)), "blue")
    assert read(r"w {\color{blue} w}").parts == (w, colour)
    assert read(r"w_1 \quad").parts == (Scripts(w, Sign("1", "number")), Space(1.0))
    assert read(r"\left[w\right]").parts == (Fence("[", Row((w,)), "]"),)


@pytest.mark.parametrize(
    "expr",
    [
        sqrt(2) * x, Rational(1, 3) * x ** (k - 1), exp(-x) + log(pi) - sin(x), floor(x / 2), gamma(x + 1),
        Piecewise((x, x > 0), (x / 10, True)), abs(x) * oo, Symbol("theta") ** 2, 1 / (1 + exp(-x)),
    ],
)  # fmt: skip
def test_expressions_of_sympy_are_well_formed(expr: Any) -> None:
    target = target_of("mathml")
    latex = target.expr(expr)
    assert set(re.findall(r"\\[A-Za-z]+", latex)) <= KNOWN
    ElementTree.fromstring(mathml(latex, '<&">'))


def test_a_formula_says_its_text() -> None:
    layer = sc.Conv1d("N", "K")
    made = ElementTree.fromstring(as_mathml(layer.formula("output")))
    assert made.attrib["alttext"].split() == as_text(layer.formula("output")).split()
    assert made.attrib["display"] == "block"


def test_the_command_line_writes_it(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from symconv.cli.commands import cli

    call = ["derive", "--input-size", "4", "--kernel-size", "3", "--show", "output", "--format", "mathml"]
    done = CliRunner().invoke(cli, call)
    assert done.exit_code == 0
    whole = ElementTree.fromstring(f"<div>{done.output}</div>")
    assert [child.tag for child in whole] == ["p", "p", "math"]


def test_every_command_of_symconv_is_known() -> None:
    layers = [sc.Conv2d(3, 2, bias=True), sc.ConvTranspose1d(3, 2, stride=2), sc.MaxPool1d("N", 2)]
    shown = [layer.equation(name).latex() for layer in layers[:2] for name in layer.equation_names]
    shown += [layer.derive("grad_input").latex() for layer in layers]
    shown += [layer.algorithm(name).math() for layer in layers for name in layer.algorithm_names]
    assert set(re.findall(r"\\[A-Za-z]+", "".join(shown))) - KNOWN == set()
