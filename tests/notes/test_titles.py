"""Titles and other words of notes come out as they are, or are refused with the letters that fonts lack."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pdfplumber
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from markdown_it import MarkdownIt
from myst_parser.parsers.docutils_ import Parser as MystParser

import symconv as sc
from symconv.errors import OptionError
from symconv.notes import FORMATS, rendered
from symconv.notes.latex import escaped
from symconv.notes.model import Picture
from symconv.printing.typst import quoted
from tests.notes.browser import Browser
from tests.notes.pdfs import compiled, set_by_typst
from tests.optional import required_program
from tests.tiers import tiers

HOSTILE = r"\input{/etc/passwd} <script>alert(1)</script> __import__('os') $x$ `a` | # %& ~^_{} \"q\""


@pytest.mark.exhaustive
@pytest.mark.parametrize("suffix", tiers([s for s in FORMATS if s != ".pdf"], [".tex", ".html", ".md"]))
def test_hostile_titles_and_captions_are_words(
    suffix: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made = sc.Conv1d(3, 2).notes(title=HOSTILE, sections=["letters", "size", "numbers"])
    text = next(iter(rendered(made, f"n{suffix}").values())).decode()
    if suffix == ".tex":
        assert "\\input{/etc" not in text
        compiled(text, tmp_path, "pdf")
        compiled(rendered(made, "n.tex", slides=True)["n.tex"].decode(), tmp_path, "pdf")
    elif suffix == ".html":
        assert "<script>alert" not in text
        page = tmp_path / "n.html"
        made.save(page, mathjax="/mathjax/tex-svg-full.js")
        seen = request.getfixturevalue("browser").opened(page)
        assert seen.errors == []
        assert seen.title == HOSTILE
    elif suffix == ".md":
        assert "<script>" not in text
        assert "$x$" not in text.splitlines()[0]
    elif suffix == ".typ":
        assert f"#set document(title: {quoted(HOSTILE)}, date: none)" in text
    elif suffix == ".rst":
        assert "`a`" not in text.splitlines()[0]
    elif suffix == ".ipynb":
        assert "".join(json.loads(text)["cells"][0]["source"]).count("\\<script") == 1


def test_words_of_a_page_are_never_typeset(tmp_path: Path, browser: Browser) -> None:
    title = r"\(\href{javascript:alert(1)}{x}\) $$y$$ \[z\] \begin{equation}u\end{equation} \ref{v}"
    made = sc.Conv1d(3, 2).notes(title=title, sections=["letters", "numbers"])
    made.save(tmp_path / "n.html", mathjax="/mathjax/tex-svg-full.js")
    seen = browser.opened(tmp_path / "n.html")
    assert (seen.errors, seen.strays, seen.title) == ([], 0, title)
    assert seen.formulas > 5


@pytest.mark.parametrize("file", ["n.tex", "n.pdf"])
def test_a_title_that_the_fonts_lack_is_refused_with_its_letters(file: str, tmp_path: Path) -> None:
    if file == "n.pdf":
        required_program("latexmk")
    made = sc.Conv1d(3, 2).notes(title="Übung α → 卷", sections=["letters"])
    for options in ({}, {"slides": True}):
        with pytest.raises(
            OptionError, match=r"have 'α', '→', '卷', which the fonts of \.tex and \.pdf lack"
        ):
            made.save(tmp_path / file, **options)
    made.save(tmp_path / "n.html")
    assert [path.name for path in tmp_path.iterdir()] == ["n.html"]


@pytest.mark.exhaustive
def test_latin_titles_are_in_the_fonts_and_in_what_a_pdf_says_of_itself(tmp_path: Path) -> None:
    title = "Übung: œuvre, Łódź, Năsăud, 5 × 3 – “x” €…"
    made = sc.Conv1d(3, 2).notes(title=title, sections=["letters"])
    for engine in ("pdf", "lualatex"):
        (tmp_path / engine).mkdir()
        log = compiled(rendered(made, "n.tex")["n.tex"].decode(), tmp_path / engine, engine)
        assert "Missing character" not in log
    plain = "\\pdfobjcompresslevel=0 " + rendered(made, "n.tex")["n.tex"].decode()
    compiled(plain, tmp_path / "pdf", "pdf")
    (said,) = re.findall(rb"/Title\((.*?)\)", (tmp_path / "pdf" / "notes.pdf").read_bytes())
    octal = re.sub(rb"\\(\d{3})", lambda number: bytes([int(number[1], 8)]), said)
    assert octal.decode("utf-16") == title


TITLES = [
    "- x",
    "+ x",
    "..  x",
    "=====",
    "-----",
    "• b",
    "1. one",
    "# Part #",
    "##",
    "中文標題",
    "a -- b ,,c'' `` --- x",
]


@pytest.mark.parametrize("title", TITLES)
def test_titles_are_titles_whatever_they_begin_or_end_with(title: str) -> None:
    made = sc.Conv1d(3, 2).notes(title=f"  {title} ", sections=["letters"])
    assert made.title == title
    whole = publish_doctree(rendered(made, "n.rst")["n.rst"].decode(), settings_overrides={"report_level": 1})
    assert [node.astext() for node in whole.findall(nodes.title)][:1] == [title]
    assert not list(whole.findall(nodes.system_message))
    tokens = MarkdownIt().parse(rendered(made, "n.md")["n.md"].decode())
    assert (tokens[0].tag, "".join(part.content for part in tokens[1].children)) == ("h1", title)


@pytest.mark.exhaustive
def test_signs_of_a_title_do_not_join_in_latex(tmp_path: Path) -> None:
    assert escaped("a -- b ,,c''") == "a -{}- b ,{},c'{}'"
    made = sc.Conv1d(3, 2).notes(title="--- ,, ''", sections=["letters"])
    compiled(rendered(made, "n.tex")["n.tex"].decode(), tmp_path, "pdf")


def test_what_is_seen_in_figures_comes_through_word_for_word() -> None:
    layer = sc.Conv2d(3, 2)
    made = layer.notes(sections=["numbers", "matrix", "learning"])
    seen = [block.figure.alt for block in made.blocks if isinstance(block, Picture)]
    assert len(seen) == 3
    quiet = {"report_level": 5, "myst_enable_extensions": ["dollarmath"]}
    for name, parser, options in (("n.rst", None, {}), ("n.md", MystParser(), {"myst": True})):
        given = {} if parser is None else {"parser": parser}
        whole = publish_doctree(
            rendered(made, name, **options)[name].decode(), settings_overrides=quiet, **given
        )
        assert [image["alt"] for image in whole.findall(nodes.image)] == seen
    tokens = MarkdownIt().parse(rendered(made, "n.md")["n.md"].decode())
    images = [part for token in tokens for part in token.children or () if part.type == "image"]
    assert ["".join(part.content for part in image.children) for image in images] == seen


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
