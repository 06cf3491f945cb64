"""Every format of every kind of layer: it compiles, runs, shows no error, and is the same each time."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import symconv as sc
from symconv.errors import OptionError, SymconvError
from symconv.notes import TexError, rendered, write
from symconv.notes.model import Display
from tests.notes.browser import Browser
from tests.notes.layers import SPREAD, document, everything, together
from tests.notes.pdfs import compiled
from tests.optional import required_program
from tests.seeds import printed_under_several_seeds
from tests.tiers import exhaustive, tiers

PRESETS = sc.Notation.preset_names()

FEW = ("full", "plane", "maximum", "open")


def taken_everywhere(
    made: sc.Document, engines: tuple[str, ...], folder: Path, typeset: Any, browser: Browser, *, once: bool
) -> None:
    """TeX compiles all of it, KaTeX and MathJax take every formula; ``once`` leaves references out."""
    shown = [block.item.latex() for block in made.blocks if isinstance(block, Display)]
    assert len(shown) > 20
    for latex in shown:
        typeset(latex)
    source = rendered(made, "n.tex")["n.tex"].decode()
    for engine in engines:
        (folder / engine).mkdir()
        compiled(source, folder / engine, engine, once=once)
    made.save(folder / "all.html", mathjax="/mathjax/tex-svg-full.js")
    seen = browser.opened(folder / "all.html")
    assert seen.errors == []
    assert seen.failed == []
    assert seen.formulas >= len(shown)


@pytest.mark.parametrize("names", tiers([FEW, tuple(SPREAD)], [FEW]), ids=["few", "all"])
def test_the_notes_of_every_layer_are_typeset_everywhere(
    names: tuple[str, ...], tmp_path: Path, typeset: Any, browser: Browser
) -> None:
    taken_everywhere(together(names), ("pdf",), tmp_path, typeset, browser, once=False)


@exhaustive
@pytest.mark.parametrize("notation", PRESETS)
def test_every_layer_in_every_notation_is_typeset_everywhere(
    notation: str, tmp_path: Path, typeset: Any, browser: Browser
) -> None:
    several = notation in ("symconv", "ufldl")
    engines = ("pdf", "lualatex") if several else ("pdf",)
    taken_everywhere(everything(notation), engines, tmp_path, typeset, browser, once=not several)


@exhaustive
@pytest.mark.parametrize("name", ["full", "plane", "grouped"])
def test_articles_with_checks_compile(name: str, tmp_path: Path) -> None:
    compiled(rendered(document(name), "n.tex")["n.tex"].decode(), tmp_path, "pdf")


@pytest.mark.exhaustive
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


@pytest.mark.exhaustive
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


def test_sections_that_are_no_names_are_refused() -> None:
    for sections, words in ((5, "sections is 5: write a list"), ([["size"]], "no section")):
        with pytest.raises(OptionError, match=words):
            sc.Conv1d(3, 2).notes(sections=sections)
