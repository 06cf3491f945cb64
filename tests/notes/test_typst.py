"""Notes by Typst: the same words and formulas as by TeX, tagged, and without TeX."""

from __future__ import annotations

import io
import re
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Any

import pdfplumber
import pytest

import symconv as sc
from symconv.errors import MissingExtraError, OptionError
from symconv.notes import TexError, rendered
from symconv.notes.model import Maths, Picture, Prose
from symconv.notes.pdf import engine_for, pdf
from tests.notes.layers import EVERY, document, everything
from tests.notes.pdfs import as_written, pages_of, said_in, set_by_typst
from tests.notes.test_mathml import formulas_of
from tests.optional import required, required_program
from tests.printing.typst_signs import in_mathml, in_pdf, text_of
from tests.tiers import exhaustive, tiers


@pytest.mark.parametrize("name", tiers(["full", "average", "plane", "open"], ["average"]))
def test_every_word_and_number_of_the_document_is_there(name: str) -> None:
    shown = "".join(as_written(chars) for chars, *_ in pages_of(name, depth="full"))
    said = said_in(document(name, depth="full"))
    assert len(said) > 100
    assert {word for word in said if word not in shown} == set()


PUNCTUATION = (
    ".",
    ",",
    ";",
    ":",
    "!",
    "?",
    ")",
    "(",
    "]",
    "[",
    "'s",
    "-fold",
    "...",
    ".5",
    ";;",
    ".and",
    "/2",
)


def test_what_stands_directly_behind_a_formula_is_there() -> None:
    x = Maths("x", "x")
    said = [Prose(("Behind ", x, f"{signs} end")) for signs in PUNCTUATION]
    said.append(Prose(("The sign $", x, "; and (", x, ") in brackets, ", x, x, "; twice.")))
    with pdfplumber.open(io.BytesIO(set_by_typst(sc.Document("Signs", tuple(said))))) as found:
        shown = unicodedata.normalize("NFKD", found.pages[0].extract_text())
    lines = shown.replace("’", "'").replace("…", "...").splitlines()
    assert [line.replace(" ", "") for line in lines[1:-1]] == [
        *(f"Behindx{signs}end" for signs in PUNCTUATION),
        "Thesign$x;and(x)inbrackets,xx;twice.",
    ]


@exhaustive
@pytest.mark.parametrize("name", tuple(EVERY))
def test_signs_behind_formulas_of_notes_are_there(name: str) -> None:
    signs = re.compile(r"^[;:!?]")
    said = [block.words for block in document(name, depth="full").blocks if isinstance(block, Prose)]
    behind = [
        re.sub(r"\s", "", after)
        for words in said
        for before, after in pairwise(words)
        if isinstance(before, Maths) and isinstance(after, str) and signs.match(after)
    ]
    pages = [chars for chars, *_ in pages_of(name, depth="full")]
    lowest = [max(char["bottom"] for char in chars if char["text"].strip()) for chars in pages]  # the number
    numbered = zip(pages, lowest, strict=True)
    written = "".join(char["text"] for chars, low in numbered for char in chars if char["bottom"] < low - 2)
    shown = re.sub(r"\s", "", unicodedata.normalize("NFKD", written))
    assert [text for text in behind if unicodedata.normalize("NFKD", text)[:12] not in shown] == []


@exhaustive
@pytest.mark.parametrize("name", ["full", "plane", "open"])
def test_the_words_and_numbers_are_those_of_tex(name: str) -> None:
    required_program("latexmk")
    made = document(name, depth="full")
    with pdfplumber.open(io.BytesIO(pdf(rendered(made, "n.tex")["n.tex"].decode()))) as found:
        by_tex = [page.chars for page in found.pages]
    by_typst = [chars for chars, *_ in pages_of(name, depth="full")]
    assert len(by_typst) <= len(by_tex) + 1
    ours, theirs = ("".join(map(as_written, pages)) for pages in (by_typst, by_tex))
    assert {word for word in said_in(made) if (word in ours) != (word in theirs)} == set()
    digits = "0123456789"
    assert [ours.count(digit) for digit in digits] == [theirs.count(digit) for digit in digits]


FEW, ALL = ("full", "maximum"), tuple(EVERY)


@pytest.mark.parametrize("names", tiers([FEW, ALL], [FEW]), ids=["few", "all"])
def test_every_formula_has_the_same_signs_in_order_and_colour(names: tuple[str, ...]) -> None:
    blocks = [
        block for name in names for block in document(name, depth="page" if names is FEW else "full").blocks
    ]
    formulas = [latex for latex, _ in dict.fromkeys(formulas_of(blocks))]
    assert len(formulas) > 40
    wrong = [
        (latex, text_of(found))
        for latex, found in zip(formulas, in_pdf(formulas), strict=True)
        if found != in_mathml(latex)
    ]
    assert wrong == []


@exhaustive
@pytest.mark.parametrize("notation", ["goodfellow", "ufldl"])
def test_so_has_every_formula_of_every_notation(notation: str) -> None:
    formulas = [latex for latex, _ in dict.fromkeys(formulas_of(everything(notation).blocks))]
    wrong = [
        latex for latex, found in zip(formulas, in_pdf(formulas), strict=True) if found != in_mathml(latex)
    ]
    assert wrong == []


def test_a_pdf_is_tagged_and_the_same_each_time() -> None:
    made = sc.Conv1d(3, 2).notes(sections=["numbers", "size"])
    once, again = (set_by_typst(made) for _ in range(2))
    assert once == again
    assert b"/MarkInfo<</Marked true" in once.replace(b" <<", b"<<")
    assert b"/Lang(en)" in once.replace(b"/Lang (", b"/Lang(")
    assert b"pdfuaid:part" in once
    assert not re.search(rb"20[2-9]\d-\d\d-\d\d", once)


def test_formulas_and_pictures_are_said_in_words() -> None:
    text = rendered(document("full"), "n.typ")["n.typ"].decode()
    assert 'display("y = T x ' in text
    assert '#m("w1", $text(fill: #rgb("#0000ff"), w_1)$)' in text
    assert text.count('said: "') == sum(isinstance(block, Picture) for block in document("full").blocks)


def without_tex(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", str(folder))


def test_without_tex_typst_sets_a_pdf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    required("typst")
    without_tex(monkeypatch, tmp_path)
    assert engine_for("auto") == "typst"
    made = sc.Conv1d(3, 2).notes(sections=["letters"])
    made.save(tmp_path / "n.pdf")
    assert (tmp_path / "n.pdf").read_bytes() == set_by_typst(made)
    with pytest.raises(TexError, match=r"slides are set by TeX alone"):
        made.save(tmp_path / "s.pdf", slides=True)
    with pytest.raises(TexError, match=r"ask for engine 'typst'"):
        made.save(tmp_path / "s.pdf", engine="latex")


def test_without_both_the_cures_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_tex(monkeypatch, tmp_path)
    monkeypatch.setattr("symconv.notes.pdf.find_spec", lambda name: None)
    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    made = sc.Conv1d(3, 2).notes(sections=["letters"])
    with pytest.raises(TexError, match=r"install TeX Live .* pip install 'symconv\[typst\]'"):
        made.save(tmp_path / "n.pdf")
    with pytest.raises(MissingExtraError, match=r"pip install 'symconv\[typst\]'"):
        made.save(tmp_path / "n.pdf", engine="typst")
    made.save(tmp_path / "n.typ")
    assert [path.name for path in tmp_path.iterdir()] == ["n.typ"]


@pytest.mark.parametrize(
    ("file", "options", "words"),
    [
        ("n.pdf", {"engine": "typest"}, "engine is 'typest': did you mean 'typst'"),
        ("n.pdf", {"engine": "typst", "slides": True}, "slides are set by TeX alone: leave out engine"),
        ("n.tex", {"engine": "latex"}, "engine does not go with .tex: it is for .pdf"),
        ("n.typ", {"slides": True}, "slides does not go with .typ"),
        ("n.pdf", {"engine": True}, "write a text"),
    ],
)
def test_engines_that_cannot_be_are_refused(
    file: str, options: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=re.escape(words)):
        sc.Conv1d(3, 2).notes(sections=["letters"]).save(tmp_path / file, **options)
    assert list(tmp_path.iterdir()) == []
