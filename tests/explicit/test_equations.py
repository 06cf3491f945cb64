"""Equations: what they say, in which order, and that LaTeX takes them everywhere."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import partial

import pytest
import sympy
from hypothesis import strategies as st
from sympy import Abs, Function, Max, Symbol, exp, sqrt, tanh

import symconv as sc
from symconv.cli.typeset import FORMATS, typeset
from symconv.errors import OptionError
from symconv.printing.colours import COLOURS, PALETTE
from symconv.printing.notation import PRESETS, Notation
from tests.tiers import law

OPENING = sc.Conv1d(4, 3, padding="full", flip=True)
LAYERS = [
    OPENING,
    OPENING.at(x=[1, 2, 3, 4], w=[5, 6, 7]),
    OPENING.at(x=[1, 2, 3, 4], w=[5, 6, 7], delta=[1, 0, -1, 2, Fraction(1, 2), 3]),
    sc.Conv1d(9, 3, stride=2, dilation=2, padding=(2, 1), bias=True),
    sc.Conv1d(3, 1, padding=3, bias=True).at(x=[-1, sqrt(2), Symbol("a") - 1], w=[-3], b=-2),
    sc.Conv1d(30, 17, padding="same"),
    sc.Conv1d(30, 17).at(x=list(range(-15, 15)), w=[Fraction(k, 7) for k in range(17)]),
]
EVERY = [(layer, name) for layer in LAYERS for name in layer.equation_names]


@pytest.mark.parametrize(("layer", "name"), EVERY)
def test_every_equation_is_latex_that_all_take_and_fits_the_page(
    layer: sc.Conv1d, name: str, typeset
) -> None:
    equation = layer.equation(name)
    fits = name not in ("dense_gradient", "masked_gradient") or layer.axes[0].geometry["input_size"] <= 4
    typeset(equation.latex(), fits=fits)
    assert equation.reason == layer.reasons[name]
    assert equation.text() == str(equation)
    assert "\\" not in equation.text()
    assert equation._repr_latex_() == f"$\\displaystyle {equation.latex()}$"


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_prints_every_quantity(preset: str, typeset) -> None:
    layer = sc.Conv1d(5, 3, stride=2, padding=(1, 0), bias=True, notation=preset)
    valued = layer.at(x=[1, 2, 3, 4, 5], w=[6, 7, 8])
    for made in (layer, valued):
        for name in made.equation_names:
            typeset(made.equation(name).latex())


@pytest.mark.parametrize("style", ["delta", "partial"])
@pytest.mark.parametrize("base", [0, 1])
def test_notation_options_print(base: int, style: str, typeset) -> None:
    notation = Notation(base=base, upstream_style=style, tap_colours=("blue", "olive", "teal"), max_rows=4)
    layer = sc.Conv1d(9, 4, notation=notation, flip=True)
    for name in layer.equation_names:
        typeset(layer.equation(name).latex())


def test_colours_are_known_everywhere(typeset) -> None:
    for colour in COLOURS:
        typeset(f"{{\\color{{{colour}}}{{w}}}}")


def test_entries_print_in_tap_order_with_values_beside_the_symbols() -> None:
    lines = str(LAYERS[1].equation("output")).splitlines()
    assert lines[1] == "y1 = w0*x1 + w1*x0 = 5*2 + 6*1 = 16"
    assert lines[-1].strip() == "y = [5, 16, 34, 52, 45, 28]"
    latex = LAYERS[1].equation("output").latex()
    assert "y_{1} &= w_{0} x_{1} + w_{1} x_{0} = 5 \\cdot 2 + 6 \\cdot 1 = 16 \\\\" in latex
    assert "y &= [5, 16, 34, 52, 45, 28]" in latex
    taps = re.findall(r"w(\d)", str(OPENING.equation("grad_input")).splitlines()[1])
    assert taps == ["0", "1", "2"]


def test_negative_and_compound_values_stand_in_brackets() -> None:
    layer = sc.Conv1d(2, 2).at(x=[-1, Symbol("a") + 1], w=[-3, 2])
    assert str(layer.equation("output")) == "y0 = w0*x0 + w1*x1 = (-3)*(-1) + 2*(a + 1) = 2*a + 5"


def test_an_output_that_no_tap_reaches_is_zero_or_the_bias() -> None:
    assert str(sc.Conv1d(1, 1, padding=1).equation("output")).splitlines() == [
        "y0 = 0",
        "y1 = w0*x0",
        "y2 = 0",
    ]
    with_bias = sc.Conv1d(1, 1, padding=1, bias=True).equation("output")
    assert str(with_bias).splitlines() == ["y0 = b", "y1 = w0*x0 + b", "y2 = b"]


def test_unknown_functions_compose() -> None:
    assert str(LAYERS[1].equation("activation")) == "f(y) = [f(5), f(16), f(34), f(52), f(45), f(28)]"
    assert "f(5), f(16), f(34)" in LAYERS[1].equation("activation").latex()
    assert (
        str(OPENING.equation("activation", function="sigma")).splitlines()[1]
        == "sigma(y1) = sigma(w0*x1 + w1*x0)"
    )
    relu = LAYERS[1].equation("activation", function=lambda v: Max(v - 20, 0))
    assert str(relu).endswith("[0, 0, 14, 32, 25, 8]")
    assert "\\sigma(" in OPENING.equation("activation", function=Function("sigma")).latex()


def test_the_convolution_matrix_is_written_out_with_both_vectors() -> None:
    assert str(sc.Conv1d(3, 2).equation("matrix")).splitlines() == [
        "   y = T x",
        "[y0] = [w0  w1   0][x0]",
        "[y1]   [ 0  w0  w1][x1]",
        "                   [x2]",
    ]


def test_dots_stand_beyond_the_limit_and_none_without_it() -> None:
    notation = Notation(max_rows=4)
    layer = sc.Conv1d(9, 3, notation=notation)
    grid = str(layer.equation("windows")).splitlines()[1:]
    assert [line[:4] for line in grid] == ["[y0]", "[y1]", "[ :]", "[y6]"]
    matrix = layer.equation("matrix").latex()
    assert "\\vdots & \\vdots & \\ddots & \\vdots" in matrix
    assert "0 & 0 & \\cdots & w_{2}" in matrix
    everything = sc.Conv1d(40, 3, notation=Notation(max_rows=None)).equation("matrix").latex()
    assert "dots" not in everything
    assert everything.count("w_{1}") == 38


def terms(latex: str) -> list[str]:
    """The terms of a printed sum, whatever its order."""
    return sorted(re.split(r" \+ ", latex))


@law(8, 60, n=st.integers(1, 40), k=st.integers(1, 30), flip=st.booleans(), stride=st.integers(1, 3))
def test_joined_latex_is_sympys_term_for_term(n: int, k: int, flip: bool, stride: int) -> None:
    layer = sc.Conv1d(n, k, padding="full", flip=flip, stride=stride, notation=Notation(max_rows=None))
    for name in ("output", "grad_input", "grad_kernel"):
        body = layer.equation(name).latex().replace(" \\\\\n&\\quad {}+ ", " + ").replace("\\\\[1ex]", "\\\\")
        rows = body.replace("\n\\end{aligned}", "").split(" \\\\\n")[0 if name == "output" else 1 :]
        printed = [row.split(" &= ", 1)[1] for row in rows]
        assert len(printed) == len(getattr(layer, name))
        for line, entry in zip(printed, getattr(layer, name), strict=True):
            assert terms(line) == terms(sympy.latex(entry)), line


def test_long_sums_break_over_lines_and_lose_no_term() -> None:
    text = str(sc.Conv1d(30, 25).equation("output"))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 88
    first = " ".join(lines[: next(i for i, line in enumerate(lines) if line.startswith("y1"))])
    assert re.findall(r"w\d+\*x\d+", first) == [f"w{k}*x{k}" for k in range(25)]
    latex = sc.Conv1d(30, 25).equation("output").latex()
    assert " \\\\\n&\\quad {}+ " in latex


def test_size_formula_shows_uneven_padding() -> None:
    even = str(sc.Conv1d(5, 3, padding=1).equation("output_size"))
    assert "N + 2*p - d*(K - 1) - 1" in even
    uneven = str(sc.Conv1d(5, 3, padding=(1, 0)).equation("output_size"))
    assert "N + p + p' - d*(K - 1) - 1" in uneven
    assert "5 + 1 + 0 - 1*(3 - 1) - 1" in uneven


def test_typeset_knows_its_formats() -> None:
    blocks = ["H.", OPENING.equation("output").reason, OPENING.equation("output")]
    assert typeset(blocks, "latex").startswith("H.\n\nOutput: ")
    assert "\\begin{align*}" in typeset(blocks, "latex")
    assert "\n```math\n\\begin{aligned}" in typeset(blocks, "markdown")
    assert "\n$$\n\\begin{aligned}" in typeset(blocks, "notebook")
    assert "\\" not in typeset(blocks, "text")
    assert set(FORMATS) == {"latex", "markdown", "mathml", "notebook", "text", "typst"}
    with pytest.raises(OptionError, match="did you mean 'latex'"):
        typeset(blocks, "latx")


def test_output_does_not_depend_on_the_order_of_printing() -> None:
    first = [OPENING.equation(name).latex() for name in OPENING.equation_names]
    again = sc.Conv1d(4, 3, padding="full", flip=True)
    second = {name: again.equation(name).latex() for name in reversed(again.equation_names)}
    assert first == [second[name] for name in OPENING.equation_names]


@pytest.mark.parametrize("layer", LAYERS)
def test_no_equation_begins_with_what_is_an_option_of_its_environment(layer: sc.Conv1d) -> None:
    for name in layer.equation_names:
        head = layer.equation(name).latex().removeprefix("\\begin{aligned}").lstrip()
        assert not head.startswith("["), "TeX and MathJax swallow a bracket there"


def test_functions_of_sympy_are_called_by_their_names(typeset) -> None:
    layer = sc.Conv1d(3, 2)
    for function, name in ((tanh, "tanh"), (exp, "exp"), (Abs, "Abs")):
        latex = typeset(layer.equation("activation", function=function).latex())
        assert f"\\operatorname{{{name}}}(y_{{0}}) &= " in latex


@pytest.mark.parametrize("notation", ["symconv", "cs231n"])
@pytest.mark.parametrize("bias", [False, True])
def test_a_function_of_all_filters_at_all_places(notation: str, bias: bool, typeset) -> None:
    options = {"in_channels": 2, "out_channels": 2, "bias": bias, "notation": notation}
    layer = sc.Conv1d(3, 2, **options)
    equation = layer.equation("filters", function="sigma")
    plain, applied = (
        [line.split(" = ")[1] for line in str(e).splitlines() if " = " in line]
        for e in (layer.equation("filters"), equation)
    )
    assert applied[0] == f"sigma({plain[0]})"
    assert applied[1].startswith("sigma([")
    assert applied[1].endswith(")")
    typeset(equation.latex())
    values = {"x": [[1, 2, 3], [4, 5, 6]], "w": [[[1, 0], [0, 1]], [[1, 1], [1, 1]]]}
    last = str(layer.at(**values, **({"b": [10, 20]} if bias else {})).equation("filters", function="sigma"))
    for entry in (1 + 5, 2 + 6, 1 + 2 + 4 + 5, 2 + 3 + 5 + 6):
        known = entry if not bias else entry + (10 if entry < 10 else 20)
        assert f"sigma({known})" in last


def test_values_of_taps_and_their_gradients_have_the_colours_of_the_taps(typeset) -> None:
    layer = sc.Conv1d(3, 2).at(x=[1, 2, 3], w=[-1, 0]).coloured()
    teal, blue = (partial("{{\\color{{{}}}{{{}}}}}".format, PALETTE[at]) for at in range(2))
    output = typeset(layer.equation("output").latex())
    assert f"{teal('(-1)')} \\cdot 1 + {blue(0)} \\cdot 2" in output
    rows = typeset(layer.equation("matrix").latex()).split("\\left[")[-2].splitlines()
    assert rows[1:3] == [f"{teal(-1)} & {blue(0)} & 0 \\\\", f"0 & {teal(-1)} & {blue(0)}"]
    assert f"\\partial {blue('w_{1}')}" in layer.equation("grad_kernel").latex()
    assert str(layer.equation("matrix")) == str(sc.Conv1d(3, 2).at(x=[1, 2, 3], w=[-1, 0]).equation("matrix"))
    pool = sc.AvgPool1d(4, 2).coloured().latex("matrix")
    assert set(re.findall(r"\\color\{(\w+)\}", pool)) == {PALETTE[0]}, "one number, one colour"
    assert "\\color" not in sc.MaxPool1d(4, 2).coloured().latex("matrix"), "no weight is shared"


def test_a_function_of_numbers_only_is_refused_by_its_name() -> None:
    def leaky(x):
        return x if x > 0 else x / 10

    with pytest.raises(
        OptionError, match=r"the activation 'leaky' does not take .*sc\.function_latex\.$"
    ) as raised:
        sc.Conv1d(4, 3).activation(leaky)
    assert "0x" not in str(raised.value)
    assert "sympy.Piecewise" in str(raised.value)


def test_each_weight_has_a_look_of_its_own_where_numbers_are_equal(typeset) -> None:
    layer = sc.Conv2d(4, 4, notation=Notation(max_rows=None)).at(w=[[1] * 4] * 4).coloured()
    latex = layer.equation("matrix").latex()
    looks = [cell for line in latex.splitlines() for cell in line.split(" & ") if "{1}" in cell]
    assert len(set(looks)) == len(looks) == 16
    assert {re.sub(r".*color\{(\w+)\}.*", r"\1", look) for look in looks} == set(PALETTE)
    typeset(latex)
