"""What notes say: the right sections at each depth, and of the opening example all that is asked."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sympy import Rational, Symbol

import symconv as sc
from symconv.errors import OptionError
from symconv.layers.noted import sources
from symconv.notes import DEPTHS, SECTIONS
from symconv.notes.known import checks, comparisons
from symconv.notes.model import Algorithm, Display, Heading, Picture, Points, Prose, Table, plain
from symconv.printing.targets import as_latex
from tests.notes.layers import EVERY, SPREAD, document
from tests.tiers import exhaustive, tiers

FEW = ("full", "plane", "transposed", "average", "maximum", "open", "long")
STORY = [SECTIONS[name][0] for name in DEPTHS["standard"]]


def headings(made: sc.Document, level: int = 1) -> list[str]:
    return [plain(b.words) for b in made.blocks if isinstance(b, Heading) and b.level == level]


@pytest.mark.parametrize("name", tiers(EVERY, ["full", "transposed", "maximum", "open"]))
def test_notes_tell_the_story_in_order(name: str) -> None:
    made = document(name)
    assert headings(made) == STORY
    first = made.blocks[0]
    assert isinstance(first, Prose)
    assert first.lead
    pairs = zip(made.blocks, made.blocks[1:], strict=False)
    assert not any(isinstance(one, Heading) and isinstance(other, Heading) for one, other in pairs)
    assert not isinstance(made.blocks[-1], Heading)
    numbers = made.blocks[: [isinstance(b, Heading) for b in made.blocks].index(True, 2)]
    assert any(isinstance(block, Table) for block in numbers), "figures come before anything else"


#: What ends the notes that have no derivations.
LONGER = " A longer version of these notes derives each step."


def keys(made: sc.Document) -> list[str]:
    """What each block is known by."""
    named: dict[type, Any] = {
        Display: lambda b: b.label, Picture: lambda b: b.name, Table: lambda b: plain(b.head[0]),
        Points: lambda b: plain(b.points[0][1]), Algorithm: lambda b: b.code,
    }  # fmt: skip
    return [named.get(type(b), lambda b: plain(b.words))(b) for b in made.blocks]


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["full", "maximum", pytest.param("transposed", marks=exhaustive)])
def test_depths_hold_each_other(name: str) -> None:
    page, standard = document(name, depth="page"), document(name)
    full = SPREAD[name]("symconv").notes(depth="full")
    assert set(keys(page)) < set(keys(standard))
    *others, last = keys(standard)
    assert last.endswith(LONGER), "the derivations stand elsewhere"
    assert keys(full)[: len(standard.blocks)] == [*others, last.removesuffix(LONGER)]
    assert (page.pages, standard.pages, full.pages) == (1, 2, 0)
    wanted = [h for h in (SECTIONS[s][0] for s in DEPTHS["full"]) if h in headings(full)]
    assert headings(full) == wanted
    assert {"Derivations", "Algorithms", "Proofs and checks", "Letters"} <= set(headings(full))
    shown = [block.code for block in full.blocks if isinstance(block, Display) and block.stepwise]
    assert len(shown) == len(set(shown)) > 1, "a derivation appears once"
    (rules,) = [b for b in full.blocks if isinstance(b, Points) and "definition" in plain(b.points[0][0])]
    assert len({plain(about) for about, _ in rules.points}) == len(rules.points)


@pytest.mark.exhaustive
def test_pages_grow_with_channels_and_axes() -> None:
    assert [document(name).pages for name in ("full", "grouped", "plane", "image")] == [2, 3, 3, 3]


def test_sections_can_be_chosen_and_ordered() -> None:
    layer = sc.Conv1d(4, 3)
    assert headings(layer.notes(sections=["learning", "letters"])) == ["Learning", "Letters"]
    with pytest.raises(OptionError, match="did you mean"):
        layer.notes(sections=["learn"])
    with pytest.raises(OptionError, match="nothing to say of this layer: no weights are learned"):
        sc.MaxPool1d(4, 2).notes(sections=["dense"])
    with pytest.raises(OptionError, match="write a list of names"):
        layer.notes(sections="numbers")
    with pytest.raises(OptionError, match=r"depth is 'pages': did you mean 'page'"):
        layer.notes(depth="pages")
    for title in ("", "two\nlines", 3):
        with pytest.raises(OptionError, match="a line of text"):
            layer.notes(title=title)


def test_the_opening_example_holds_what_is_asked() -> None:
    text = str(document("full"))
    for piece in (
        "A dense layer with input a and weight matrix W computes z = W a (the bias is left out) and then "
        "f(z), where f is the activation function. A convolutional layer slides",
        "Take x = (1, 2, 3, 4) and the kernel w = (5, 6, 7) of 3 weights (taps). Pad x with 2 zeros on each ",
        "with stride 1 and full padding as here (N = 4, K = 3 and M = 6), the M outputs are:",
        "here, with the same 2 zeros on each side, it gives (7, 20, 38, 56, 39, 20) for i = -2, -1, ..., 3",
        "Of T, valid padding keeps the rows of y2 and y3, and same padding the rows of y1 to y4.",
        "y2      7*1 + 6*2 + 5*3  34",
        "f(5), f(16), f(34), f(52), f(45) and f(28)",
        "sum(k=max(0, i - N + 1)..min(i, K - 1)) w[k]*x[i - k], 0 <= i <= M - 1",
        "conv(x, w)[i] = sum(k) w[k]*x[i - k]",
        "[ 0   0   0  w2]",
        "12 of its 24 entries are fixed at zero, and the other 12 hold only 3 different weights, each "
        "repeated along one diagonal. T is a banded Toeplitz matrix",
        "the layer takes 12 multiplications (products with padding not counted), a dense layer 4·6 = 24; "
        "with 1,000 inputs and 1,002 outputs, 3,000 instead of ",
        "3 weights to learn and store instead of the 24 of a dense layer; with 1,000 inputs still 3 ",
        "With a zero put in front of x, the input (0, 1, 2, 3, 4) gives (0, 5, 16, 34, 52, 45, 28)",
        "valid              0 and 0              2        (34, 52)",
        "delta[i] = dL/dy[i] = f'(y[i])*dL/df(y[i])",
        "dL/dw1 = delta1*x0 + delta2*x1 + delta3*x2 + delta4*x3",
        "dL/dx0 = delta0*w0 + delta1*w1 + delta2*w2 = 1*5 + (-2)*6 + 3*7 = 14",
        "dL/dw = (2, 9, 11) and dL/dx = (14, 1, 23, 14)",
        "all agree exactly",
        "Each step was proved for all N >= 1 and K >= 1, with stride 1 and full padding.",
    ):
        assert piece in text, piece


@pytest.mark.parametrize("name", tiers(SPREAD, ["dilated", "average", "maximum"]))
def test_a_failed_check_is_told(name: str) -> None:
    made = sources(SPREAD[name]("symconv"), None)
    entries = made.example.entries.values.entries("output")
    entries[0] = entries.get(0, Rational(0)) + 1
    assert "but output DIFFERS" in "".join(plain(b.words) for b in checks(made) if isinstance(b, Prose))
    (table,) = (b for b in comparisons(made) if isinstance(b, Table))
    told = {plain(row[0]): plain(row[-1]) for row in table.rows}
    assert told["output"] == "DIFFERS"
    assert told["input gradient"] == "equal"


@pytest.mark.parametrize("name", tiers(SPREAD, ["circular"]))
def test_code_gives_what_is_shown(name: str) -> None:
    made = SPREAD[name]("goodfellow").notes(sections=["numbers", "matrix", "size", "derivations"])
    space: dict[str, Any] = {}
    exec(made.code, space)
    shown = [block for block in made.blocks if isinstance(block, Display) and block.code]
    assert len(shown) > 1
    for block in shown:
        found, here = as_latex(eval(block.code, space)), as_latex(block.item)
        if block.label == "blocks":  # notes have the small matrices side by side
            found, here = (re.sub(r"\\\\|,\\quad|[&\s]", "", latex) for latex in (found, here))
        assert found == here, block.code


def test_values_of_every_kind_are_written_as_code() -> None:
    a = Symbol("a")
    layer = sc.Conv1d(2, 2).at(x=[Rational(1, 3), a + 1], w=[0.25, 2])
    space: dict[str, Any] = {}
    exec(layer.notes(sections=["numbers"]).code, space)
    assert space["example"].output == layer.output
    assert [space["layer"].output, space["opened"].formula("output").rhs] == [
        sc.Conv1d(2, 2).output, sc.Conv1d("N", "K").formula("output").rhs
    ]  # fmt: skip


@pytest.mark.exhaustive
def test_labels_and_names_are_unique() -> None:
    for name in SPREAD:
        blocks = document(name).blocks
        labels = [b.label for b in blocks if isinstance(b, Display)]
        names = [b.name for b in blocks if isinstance(b, Picture)]
        assert (len(labels), len(names)) == (len(set(labels)), len(set(names)))


@pytest.mark.exhaustive
def test_prose_is_words() -> None:
    for name in SPREAD:
        for block in document(name).blocks:
            if isinstance(block, Prose):
                assert plain(block.words).rstrip().endswith((".", ":")), plain(block.words)


@pytest.mark.exhaustive
@pytest.mark.parametrize("letters", [{"input": "a^{(l-1)}"}, {"input": "a^{(l-1)}", "output": "z^{(l)}"}])
def test_a_long_letter_leaves_no_picture_out(letters: dict[str, str]) -> None:
    def pictures(notation: sc.Notation) -> list[tuple[str, bool]]:
        layer = SPREAD["full"](notation)
        return [(b.name, b.beside >= 1) for b in layer.notes().blocks if isinstance(b, Picture)]

    assert pictures(sc.Notation(**letters)) == pictures(sc.Notation())
    assert len(pictures(sc.Notation())) == 3
