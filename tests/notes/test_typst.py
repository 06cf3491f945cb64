"""Notes by Typst: the same words and formulas as by TeX, on as few pages, tagged, and without TeX."""

from __future__ import annotations

import io
import re
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pdfplumber
import pytest

import symconv as sc
from symconv.errors import MissingExtraError, OptionError
from symconv.notes import TexError, rendered
from symconv.notes.model import Algorithm, Display, Manuscript, Maths, Picture, Prose
from symconv.notes.pdf import engine_for, pdf
from tests.notes.layers import IN_NOTATIONS, LARGE, SPREAD, document, everything
from tests.notes.test_formats import HOSTILE
from tests.notes.test_mathml import formulas_of
from tests.optional import required, required_program
from tests.printing.typst_signs import in_mathml, in_pdf, text_of
from tests.tiers import exhaustive, tiers

EVERY = {**SPREAD, **LARGE}

#: The margins of a page in millimetres, and the smallest size of a sign in points, of primes in scripts.
SIDE, EDGE, LEAST = 23, 16, 4.4


def set_by_typst(made: Manuscript) -> bytes:
    """The PDF of a document."""
    required("typst")
    return rendered(made, "n.pdf", engine="typst")["n.pdf"]


@cache
def pages_of(name: str, notation: str = "symconv", depth: str = "standard") -> list[Any]:
    """The letters and the marks of each page of a layer's notes."""
    with pdfplumber.open(io.BytesIO(set_by_typst(document(name, notation, depth)))) as found:
        return [
            (page.chars, [*page.rects, *page.lines, *page.curves], page.extract_text())
            for page in found.pages
        ]


def holds(name: str, notation: str, depth: str, most: int) -> None:
    """The notes take no more pages than they should, and nothing is beyond the margins or too small."""
    pages = pages_of(name, notation, depth)
    assert len(pages) <= most
    left, right = (edge * 72 / 25.4 for edge in (SIDE, 210 - SIDE))
    bottom = (297 - EDGE) * 72 / 25.4
    for chars, marks, _ in pages:
        seen = [char for char in chars if char["text"].strip()]
        assert max(mark["x1"] for mark in (*seen, *marks)) < right + 1
        assert min(mark["x0"] for mark in (*seen, *marks)) > left - 1
        *body, number = sorted(seen, key=lambda char: char["bottom"])
        assert number["text"].isdigit()
        assert max(c["bottom"] for c in body if c["top"] < number["top"] - 5) < bottom + 4
        assert min(c["size"] for c in seen if c["upright"] and c["matrix"][1] == 0) > LEAST


@pytest.mark.parametrize("name", tiers(EVERY, ["full"]))
def test_notes_take_as_many_pages_as_they_may(name: str) -> None:
    holds(name, "symconv", "standard", document(name).pages)


@pytest.mark.parametrize("name", tiers(["maximum", "full", "plane", "open", "image"], ["maximum"]))
def test_a_page_is_one_page(name: str) -> None:
    holds(name, "symconv", "page", 1)


@exhaustive
@pytest.mark.parametrize(("name", "notation"), IN_NOTATIONS[::3])
def test_so_they_do_in_every_notation(name: str, notation: str) -> None:
    holds(name, notation, "standard", document(name, notation).pages)


def squeezed(text: str) -> str:
    """Letters and digits alone, without the number of a page or the pieces of high brackets.

    Lines break within words, and TeX leaves no spaces between them.
    """
    text = re.sub(r"\n\d+$", "", text)
    plain = re.sub(r"\(cid:\d+\)", "", unicodedata.normalize("NFKD", text))
    return re.sub("[^A-Za-z0-9]", "", plain)


def as_written(chars: list[Any]) -> str:
    """Letters and digits of a page in the order in which they were written, without the page's number.

    A line beside a picture goes on in the next line, not in the words of the picture.
    """
    lowest = max(char["bottom"] for char in chars if char["text"].strip())
    return squeezed("".join(char["text"] for char in chars if char["bottom"] < lowest - 2))


def said_in(made: Manuscript) -> set[str]:
    """The words and numbers of a document that are not within formulas."""
    found: list[str] = []

    def gather(item: Any) -> None:
        if isinstance(item, str):
            found.extend(re.findall(r"[A-Za-z]{4,}|\d{2,}", unicodedata.normalize("NFKD", item)))
        elif isinstance(item, tuple):
            for part in item:
                gather(part)
        elif isinstance(item, Algorithm | Picture):
            gather(item.caption)
        elif not isinstance(item, Maths | Display):
            for name in ("words", "points", "head", "rows"):
                gather(getattr(item, name, ()))

    gather(made.blocks)
    return set(found)


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
    written = "".join(char["text"] for chars, *_ in pages_of(name, depth="full") for char in chars)
    shown = re.sub(r"\s", "", unicodedata.normalize("NFKD", written))
    assert [text for text in behind if unicodedata.normalize("NFKD", text)[:12] not in shown] == []


@pytest.mark.parametrize("count", [17, 23])
def test_tight_paragraphs_are_not_indented_and_stay_apart(count: int) -> None:
    long = " ".join(["Every paragraph begins at the margin, and its lines fill the page."] * 5)
    made = sc.Document("Paragraphs", (Prose((f"{long} The end.",)),) * count, pages=1)
    with pdfplumber.open(io.BytesIO(set_by_typst(made))) as found:
        (page,) = found.pages
        lines = page.extract_text_lines()[1:-1]
    assert min(c["size"] for line in lines for c in line["chars"]) < 9.9, "there is not much room"
    assert {round(line["x0"] - SIDE * 72 / 25.4) for line in lines} == {0}
    gaps = [(after["top"] - line["top"], "end." in line["text"]) for line, after in pairwise(lines)]
    assert min(gap for gap, ends in gaps if ends) > max(gap for gap, ends in gaps if not ends) - 0.1


def test_samples_of_a_legend_stay_clear_of_its_names() -> None:
    chars, marks, _ = pages_of("full")[0]
    samples = [m for m in marks if abs(m["top"] - m["bottom"]) < 0.1 and 10 < m["x1"] - m["x0"] < 40]
    gaps = []
    for line in samples:
        names = [c for c in chars if c["top"] < line["top"] < c["bottom"] and c["x0"] > line["x1"] - 5]
        gaps += [min(names, key=lambda c: c["x0"])["x0"] - line["x1"]] if names else []
    assert len(gaps) >= 3
    assert min(gaps) > 4


def test_rules_of_tables_stay_clear_of_letters() -> None:
    chars, marks, _ = pages_of("full")[0]
    head = chars["".join(c["text"] for c in chars).index("productssum")]
    rules = [m["top"] for m in marks if m["bottom"] - m["top"] < 0.1 and m["x1"] - m["x0"] > 100]
    above, below = (rule for rule in sorted(rules) if abs(rule - head["top"]) < 2 * head["size"])
    assert head["top"] - above > 2
    assert below - head["bottom"] > 2


def test_words_and_formulas_have_a_space_between_them() -> None:
    chars, *_ = pages_of("full")[0]
    written = "".join(c["text"] for c in chars)
    at = written.index("holds the weights of ") + len("holds the weights of ")
    assert chars[at]["x0"] - chars[at - 2]["x1"] > 2


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


def test_a_hostile_title_is_a_title() -> None:
    made = sc.Conv1d(3, 2).notes(title=HOSTILE, sections=["letters"])
    with pdfplumber.open(io.BytesIO(set_by_typst(made))) as found:
        assert found.metadata["Title"] == HOSTILE
        shown = found.pages[0].extract_text()
    assert "".join(HOSTILE.split()) in "".join(shown.split())


def test_letters_that_the_fonts_lack_are_named() -> None:
    made = sc.Conv1d(3, 2).notes(title="Übung α → 卷", sections=["letters"])
    with pytest.raises(OptionError, match="'卷', which the fonts of Typst lack"):
        set_by_typst(made)


def test_a_sheet_has_its_solutions_on_a_page_of_their_own(tmp_path: Path) -> None:
    required("typst")
    sheet = sc.Conv1d(4, 3, padding="full", flip=True).exercises(seed=3, count=3)
    sheet.save(tmp_path / "s.pdf", solutions=True, engine="typst")
    with pdfplumber.open(tmp_path / "s.pdf") as found:
        pages = [page.extract_text() for page in found.pages]
    (at,) = [at for at, text in enumerate(pages) if "Solution 1" in text]
    assert at > 0
    assert pages[at].startswith("Solutions\n")
    assert "\nExercise 1\n" in pages[0]
    sheet.save(tmp_path / "s.typ")
    assert "numbering: none" in (tmp_path / "s.typ").read_text(encoding="utf-8")
