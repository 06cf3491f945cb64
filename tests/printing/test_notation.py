"""Notation: letters are data, checked, and used."""

from __future__ import annotations

import pytest
from sympy import Symbol

import symconv as sc
from symconv.errors import NotationError, OptionError
from symconv.printing.latex import Latex
from symconv.printing.notation import PRESETS, Notation


def test_presets_bear_the_letters_of_their_texts() -> None:
    book = PRESETS["goodfellow"]
    assert (book.output, book.input, book.kernel, book.upstream, book.base) == ("S", "I", "K", "G", 1)
    channels = PRESETS["goodfellow-channels"]
    assert (channels.input, channels.kernel, channels.output, channels.upstream, channels.base) == (
        "V",
        "K",
        "Z",
        "G",
        1,
    )
    guide = PRESETS["dumoulin-visin"]
    assert (guide.input_size, guide.kernel_size, guide.stride, guide.padding, guide.output_size) == tuple(
        "ikspo"
    )
    course = PRESETS["cs231n"]
    assert (course.input_size, course.kernel_size, course.stride, course.padding) == tuple("WFSP")
    assert (course.windows, course.kernel_matrix) == ("X_col", "W_row")
    ufldl = PRESETS["ufldl"]
    assert (ufldl.input, ufldl.kernel, ufldl.upstream, ufldl.activation) == ("a", "W", "delta^(l)", "f")
    assert PRESETS["pytorch"].input_size == "L_in"


def test_symbols_take_letter_and_base() -> None:
    layer = sc.Conv1d(3, 2, notation="goodfellow")
    assert list(layer.x) == [Symbol("I1"), Symbol("I2"), Symbol("I3")]
    assert str(layer.equation("output")).splitlines()[0] == "S1 = K1*I1 + K2*I2"


def test_upstream_gradients_print_as_letters_or_derivatives(typeset) -> None:
    letter = sc.Conv1d(3, 2).equation("grad_kernel")
    assert "\\delta_{0} x_{0}" in letter.latex()
    derivative = sc.Conv1d(3, 2, notation=Notation(upstream_style="partial")).equation("grad_kernel")
    assert "\\frac{\\partial L}{\\partial y_{0}} x_{0}" in typeset(derivative.latex())
    assert "dL/dy0*x0" in str(derivative)


def test_taps_print_in_their_colours() -> None:
    layer = sc.Conv1d(3, 2, notation=Notation(tap_colours=("blue", "olive")))
    assert "{\\color{blue}{w_{0}}} x_{0} + {\\color{olive}{w_{1}}} x_{1}" in layer.latex()
    assert layer.equation("matrix").latex().count("{\\color{blue}{w_{0}}}") == 2
    assert str(layer) == str(sc.Conv1d(3, 2))


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        ("x", "x_{7}"),
        ("delta", "\\delta_{7}"),
        ("L_in", "L_{\\mathrm{in},7}"),
        ("delta^(l)", "\\delta^{(l)}_{7}"),
        ("a_0^(l)", "a^{(l)}_{0,7}"),
        ("x'", "x'_{7}"),
    ],
)
def test_letters_with_marks_take_an_index(letter: str, expected: str, typeset) -> None:
    assert typeset(Latex().indexed(letter, 7)) == expected


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"input": "x\\input{secret}"}, "write a letter"),
        ({"input": ""}, "write a letter"),
        ({"input": "x y"}, "write a letter"),
        ({"kernel": 3}, "write a letter"),
        ({"base": 2}, "indices start at 0 or at 1"),
        ({"base": True}, "indices start at 0 or at 1"),
        ({"base": 1.0}, "indices start at 0 or at 1"),
        ({"window_columns": 1}, "write True or False"),
        ({"tap_colours": 3}, "write a tuple"),
        ({"upstream_style": "partal"}, "did you mean 'partial'"),
        ({"tap_colours": ("blu",)}, "did you mean 'blue'"),
        ({"tap_colours": "blue"}, "write a tuple"),
        ({"max_rows": 2}, "at least 3"),
    ],
)
def test_what_cannot_be_printed_is_refused(fields: dict, words: str) -> None:
    with pytest.raises(NotationError, match=words.replace("\\", "\\\\")):
        Notation(**fields)


def test_unknown_presets_and_fields_name_the_nearest() -> None:
    with pytest.raises(NotationError, match="did you mean 'ufldl'"):
        Notation.preset("ufld")
    for misspelt in (Notation().replace, Notation):
        with pytest.raises(OptionError, match="did you mean 'kernel'"):
            misspelt(kernal="h")
    assert str(sc.Conv1d(3, 2, notation=Notation(kernel="h")).equation("windows")).startswith("   y = X h")
