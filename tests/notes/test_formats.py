"""Every format of every kind of layer: it compiles, runs, shows no error, and is the same each time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from markdown_it import MarkdownIt
from myst_parser.parsers.docutils_ import Parser as MystParser
from nbclient import NotebookClient

import symconv as sc
from symconv.errors import OptionError, SymconvError
from symconv.notes import FORMATS, TexError, rendered, write
from symconv.notes.latex import escaped
from symconv.notes.model import Display, Picture
from symconv.printing.typst import quoted
from tests.notes.browser import Browser
from tests.notes.layers import SPREAD, document, everything, together
from tests.optional import required_program
from tests.seeds import printed_under_several_seeds
from tests.tiers import exhaustive, tiers

HOSTILE = r"\input{/etc/passwd} <script>alert(1)</script> __import__('os') $x$ `a` | # %& ~^_{} \"q\""
PRESETS = sc.Notation.preset_names()


FEW = ("full", "plane", "maximum", "open")


def compiled(latex: str, folder: Path, engine: str, *, once: bool = False) -> str:
    """The log of a run that must succeed without an overfull box or an undefined reference.

    Once is enough to see where everything stands; references are known in the second run only.
    """
    required_program("latexmk")
    (folder / "notes.tex").write_text(latex, encoding="utf-8")
    program = "lualatex" if engine == "lualatex" else "pdflatex"
    required_program(program)
    started = [program] if once else ["latexmk", f"-{engine}"]
    command = [*started, "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "notes.tex"]
    environment = {**os.environ, "max_print_line": "1000"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    assert done.returncode == 0, "\n".join(done.stdout.splitlines()[-30:])
    log = (folder / "notes.log").read_text(encoding="utf-8", errors="replace")
    unwanted = r"^Overfull .*$" + (r"|^LaTeX Warning: (?:Reference|Label).*$" * (not once))
    assert not re.findall(unwanted, log, re.MULTILINE), log[-2000:]
    return log


def taken_everywhere(
    made: sc.Document, engines: tuple[str, ...], folder: Path, typeset: Any, browser: Browser
) -> None:
    """TeX compiles all of it, KaTeX and MathJax take every formula."""
    shown = [block.item.latex() for block in made.blocks if isinstance(block, Display)]
    assert len(shown) > 20
    for latex in shown:
        typeset(latex)
    source = rendered(made, "n.tex")["n.tex"].decode()
    for engine in engines:
        (folder / engine).mkdir()
        compiled(source, folder / engine, engine)
    made.save(folder / "all.html", mathjax="/mathjax/tex-svg-full.js")
    seen = browser.opened(folder / "all.html")
    assert seen.errors == []
    assert seen.failed == []
    assert seen.formulas >= len(shown)


@pytest.mark.parametrize("names", tiers([FEW, tuple(SPREAD)], [FEW]), ids=["few", "all"])
def test_the_notes_of_every_layer_are_typeset_everywhere(
    names: tuple[str, ...], tmp_path: Path, typeset: Any, browser: Browser
) -> None:
    taken_everywhere(together(names), ("pdf",), tmp_path, typeset, browser)


@exhaustive
@pytest.mark.parametrize("notation", PRESETS)
def test_every_layer_in_every_notation_is_typeset_everywhere(
    notation: str, tmp_path: Path, typeset: Any, browser: Browser
) -> None:
    engines = ("pdf", "lualatex") if notation in ("symconv", "ufldl") else ("pdf",)
    taken_everywhere(everything(notation), engines, tmp_path, typeset, browser)


@exhaustive
@pytest.mark.parametrize("name", ["full", "plane", "grouped"])
def test_articles_with_checks_compile(name: str, tmp_path: Path) -> None:
    compiled(rendered(document(name), "n.tex")["n.tex"].decode(), tmp_path, "pdf")


def test_fragments_of_one_layer_share_a_document(tmp_path: Path) -> None:
    layer = sc.Conv1d(4, 3)
    for name, sections in (("size", ["size"]), ("both", ["size", "matrix"])):
        layer.notes(sections=sections).save(tmp_path / f"{name}.tex", fragment=True)
    packages = re.findall("% needs (.*)", (tmp_path / "size.tex").read_text(encoding="utf-8"))[0]
    compiled(
        f"\\documentclass{{article}}\\usepackage{{{packages.replace(' ', '')}}}\\begin{{document}}\n"
        "\\input{size}\\input{both}See \\eqref{size:size} and \\eqref{both:size}.\n\\end{document}\n",
        tmp_path,
        "pdf",
    )


@pytest.mark.parametrize("engine", tiers(["pdf", "lualatex"], []))
def test_the_opening_example_fits_on_two_pages(engine: str, tmp_path: Path) -> None:
    log = compiled(rendered(document("full"), "notes.tex")["notes.tex"].decode(), tmp_path, engine)
    pages = int(re.findall(r"Output written on notes.pdf \((\d+) pages?", log)[-1])
    assert pages == 2


@pytest.mark.parametrize("name", tiers(["maximum", "open"], []))
def test_pdf_is_the_same_each_time(name: str) -> None:
    required_program("latexmk")
    once, again = (rendered(document(name), "notes.pdf")["notes.pdf"] for _ in range(2))
    assert once == again
    assert once.startswith(b"%PDF")


def test_without_tex_a_pdf_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("symconv.notes.pdf.find_spec", lambda name: None)
    with pytest.raises(TexError, match="install TeX Live with latexmk, or tectonic") as raised:
        document("open").save(tmp_path / "notes.pdf")
    assert "\n" not in str(raised.value)
    for suffix in (".tex", ".typ", ".md", ".html", ".ipynb"):
        document("open").save(tmp_path / f"notes{suffix}")
    assert {p.suffix for p in tmp_path.iterdir()} == {".html", ".ipynb", ".md", ".svg", ".tex", ".typ"}


def test_a_tex_that_does_not_run_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "latexmk").write_text("#!/nowhere/at/all\n", encoding="utf-8")
    (tmp_path / "latexmk").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TexError, match="latexmk is on the path but does not run: No such file"):
        document("open").save(tmp_path / "notes.pdf")


@pytest.mark.parametrize("name", tiers(["short", "full", "plane", "maximum", "open"], ["short"]))
def test_notebooks_run_clean(name: str, tmp_path: Path) -> None:
    short = ["letters", "numbers", "windows", "derivations"]
    made = (
        SPREAD["average"]("symconv").notes(sections=short)
        if name == "short"
        else document(name, depth="full")
    )
    made.save(tmp_path / "notes.ipynb")
    book = nbformat.read(tmp_path / "notes.ipynb", as_version=4)
    nbformat.validate(book)
    assert sum(cell.cell_type == "code" for cell in book.cells) > 5
    done = NotebookClient(book, timeout=300, kernel_name="python3").execute()
    outputs = [out for cell in done.cells if cell.cell_type == "code" for out in cell.outputs]
    assert not [out for out in outputs if out.output_type in ("error", "stream")]
    assert len(outputs) > 4


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


@pytest.mark.parametrize(
    ("file", "options", "words"),
    [
        ("n.doc", {}, "has no format"),
        ("n.tex", {"slide": True}, "did you mean 'slides'"),
        ("n.html", {"slides": True}, "does not go with .html"),
        ("n.tex", {"slides": True, "fragment": True}, "exclude each other"),
        ("n.html", {"mathjax": 'x" onload="alert(1)'}, "write the address or the path"),
        ("n.html", {"mathjax": "javascript:alert(1)"}, "write the address or the path"),
        ("n.tex", {"slides": "yes"}, "write True or False"),
    ],
)
def test_bad_calls_write_nothing(file: str, options: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=re.escape(words)):
        document("open").save(tmp_path / file, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_the_document_is_said_and_no_picture_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.md").mkdir()
    with pytest.raises(
        SymconvError, match=r"cannot write .*a\.md: it is a folder; give the name of a file\."
    ):
        sc.Conv1d(4, 3).notes().save(tmp_path / "a.md")
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SymconvError, match="cannot write"):
        document("open").save(tmp_path / "no" / "n.md")


def test_words_of_a_page_are_never_typeset(tmp_path: Path, browser: Browser) -> None:
    title = r"\(\href{javascript:alert(1)}{x}\) $$y$$ \[z\] \begin{equation}u\end{equation} \ref{v}"
    made = sc.Conv1d(3, 2).notes(title=title, sections=["letters", "numbers"])
    made.save(tmp_path / "n.html", mathjax="/mathjax/tex-svg-full.js")
    seen = browser.opened(tmp_path / "n.html")
    assert (seen.errors, seen.strays, seen.title) == ([], 0, title)
    assert seen.formulas > 5


@pytest.mark.parametrize("suffix", [".rst", ".md"])
def test_several_documents_fit_one_sphinx_project(suffix: str, tmp_path: Path) -> None:
    """Labels of the same layer's notes differ, and references to them resolve."""
    for name in ("one", "week-1/two", "week-2/two"):
        files = rendered(document("open"), f"{name}{suffix}", **({"myst": True} if suffix == ".md" else {}))
        folder = tmp_path / "source" / Path(name).parent
        folder.mkdir(parents=True, exist_ok=True)
        write(folder, files)
    index = "Title\n=====\n\n:eq:`week-1-two-output` :eq:`one-output`\n\n"
    index += ".. toctree::\n   :glob:\n\n   one\n   week*/*\n"
    conf = 'extensions = ["myst_parser"]\nmyst_enable_extensions = ["dollarmath"]\n'
    (tmp_path / "source/index.rst").write_text(index, encoding="utf-8")
    (tmp_path / "source/conf.py").write_text(conf, encoding="utf-8")
    call = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    done = subprocess.run(
        [*call, str(tmp_path / "source"), str(tmp_path / "html")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


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


def test_a_section_named_twice_is_refused() -> None:
    with pytest.raises(OptionError, match="section 'size' is there 2 times: name each once"):
        sc.Conv1d(3, 2).notes(sections=["size", "letters", "size"])


@pytest.mark.parametrize("sections", tiers(["['letters', 'size', 'numbers', 'matrix']", "None"], []))
def test_notes_and_their_files_do_not_depend_on_the_hash_seed(sections: str) -> None:
    code = (
        "import hashlib, symconv as sc\n"
        "from symconv.notes import rendered\n"
        f"made = sc.Conv1d(4, 3, padding=1).at(x=[1, 2, 3, 4]).notes(sections={sections})\n"
        "print(made)\n"
        "for name in ('n.tex', 'n.typ', 'n.html', 'n.md', 'n.rst', 'n.ipynb', 'n.txt'):\n"
        "    print({k: hashlib.sha256(v).hexdigest() for k, v in rendered(made, name).items()})\n"
    )
    assert len(printed_under_several_seeds(code)) == 1


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


def test_signs_of_a_title_do_not_join_in_latex(tmp_path: Path) -> None:
    assert escaped("a -- b ,,c''") == "a -{}- b ,{},c'{}'"
    made = sc.Conv1d(3, 2).notes(title="--- ,, ''", sections=["letters"])
    compiled(rendered(made, "n.tex")["n.tex"].decode(), tmp_path, "pdf")


def test_sections_that_are_no_names_are_refused() -> None:
    for sections, words in ((5, "sections is 5: write a list"), ([["size"]], "no section")):
        with pytest.raises(OptionError, match=words):
            sc.Conv1d(3, 2).notes(sections=sections)


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
