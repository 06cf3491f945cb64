"""What notes say: the right sections, in order, and of the opening example everything that is asked."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Rational, Symbol

import symconv as sc
from symconv.errors import OptionError
from symconv.notes import SECTIONS
from symconv.notes.model import Display, Heading, Prose, Table, plain
from tests.notes.layers import SPREAD, document
from tests.tiers import tiers


def headings(made: sc.Document) -> list[str]:
    return [plain(block.words) for block in made.blocks if isinstance(block, Heading)]


@pytest.mark.parametrize("name", SPREAD)
def test_notes_have_the_sections_that_say_something(name: str) -> None:
    layer, made = SPREAD[name]("symconv"), document(name)
    found = headings(made)
    known = [heading for heading, _ in SECTIONS.values()]
    if name == "maximum":
        known[known.index("As windows times kernel")] = "Windows"  # there is no kernel
    assert found == [heading for heading in known if heading in found]
    assert {"Setting", "Output size", "Forward pass", "Gradients", "Checks"} <= set(found)
    assert ("With values" in found) == bool(layer.entries.given)
    pairs = zip(made.blocks, made.blocks[1:], strict=False)
    assert not any(isinstance(one, Heading) and isinstance(other, Heading) for one, other in pairs)
    assert not isinstance(made.blocks[-1], Heading)


def test_sections_can_be_chosen_and_ordered() -> None:
    layer = sc.Conv1d(4, 3)
    assert headings(layer.notes(sections=["gradients", "setting"])) == ["Gradients", "Setting"]
    for wrong, words in (("grad", "did you mean"), ("example", "give values with")):
        with pytest.raises(OptionError, match=words):
            layer.notes(sections=[wrong])
    with pytest.raises(OptionError, match="write a list of names"):
        layer.notes(sections="forward")
    for title in ("", "two\nlines", 3):
        with pytest.raises(OptionError, match="a line of text"):
            layer.notes(title=title)


def test_the_opening_example_holds_what_is_asked() -> None:
    text = str(document("full"))
    for piece in (
        "[5, 16, 34, 52, 45, 28]",
        "[f(5), f(16), f(34), f(52), f(45), f(28)]",
        "[y5]   [ 0   0   0  w2]",
        "= sum(k=0..K - 1) delta[j + k]*w[k]",
        "= sum(i=0..N - 1) delta[i + k]*x[i]",
        "12 of its 24 entries hold a weight",
        "proved for all K, N",
    ):
        assert piece in text, piece


@pytest.mark.parametrize(
    "name", tiers([name for name in SPREAD if name != "open"], ["dilated", "average", "maximum"])
)
def test_a_failed_check_is_told(name: str) -> None:
    layer = SPREAD[name]("symconv").coloured()
    entries = layer.entries.values.entries("output")
    entries[0] = entries.get(0, Rational(0)) + 1
    tables = [b for b in layer.notes(sections=["checks"]).blocks if isinstance(b, Table)]
    told = {plain(row[0]): plain(row[-1]) for row in tables[0].rows}
    assert told["output"] == "DIFFERS"
    assert told["grad input"] == "equal"


def test_a_sentence_is_told_once() -> None:
    blocks = document("strided").blocks
    told = [plain(words) for b in blocks if type(b).__name__ == "Points" for _, words in b.points]
    rules = [t for t in told if not t.startswith("every step")]
    assert len(rules) == len(set(rules)) > 5


@pytest.mark.parametrize("name", tiers(SPREAD, ["strided", "circular", "maximum"]))
def test_code_gives_what_is_shown(name: str) -> None:
    made = SPREAD[name]("goodfellow").notes(sections=["size", "forward", "gradients"])
    space: dict[str, Any] = {}
    exec(made.code, space)
    for block in made.blocks:
        if isinstance(block, Display):
            assert eval(block.code, space).latex() == block.item.latex(), block.code


def test_values_of_every_kind_are_written_as_code() -> None:
    a = Symbol("a")
    layer = sc.Conv1d(2, 2).at(x=[Rational(1, 3), a + 1], w=[0.25, 2])
    space: dict[str, Any] = {}
    exec(layer.notes(sections=["example"]).code, space)
    assert space["valued"].output == layer.output
    assert [space["layer"].output, space["opened"].formula("output").rhs] == [
        sc.Conv1d(2, 2).output, sc.Conv1d("N", "K").formula("output").rhs
    ]  # fmt: skip


def test_labels_and_names_are_unique() -> None:
    for name in SPREAD:
        labels = [b.label for b in document(name).blocks if isinstance(b, Display)]
        assert len(labels) == len(set(labels))


def test_prose_is_words() -> None:
    for name in SPREAD:
        for block in document(name).blocks:
            if isinstance(block, Prose):
                assert plain(block.words).endswith((".", ":"))
