"""Which engine reads which format, found by running them: the table of formats in the documentation.

``python -m tests.notes.reading`` prints the table; with the name of a page, its table is written anew.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pypdfium2

from symconv.notes import rendered
from symconv.notes.model import Picture
from symconv.printing.mathml import mathml
from tests.latex_tools import KATEX, refused_by_katex
from tests.notes import test_engines as engines
from tests.notes.browser import MATHJAX, MATHJAX_2, Browser
from tests.notes.layers import document
from tests.notes.pdfs import compiled, set_by_typst, squeezed
from tests.notes.test_mathml import LEAST, Formula, alike, compare
from tests.notes.written import AS_MATHML, DIRECTIVES, FOR_A_SCRIPT, IN_MARKDOWN, LAYERS, Bench, Seen, text_of
from tests.printing.typst_signs import in_mathml, in_pdf

# What each engine makes of each format.


def formulas_in_tex(engine: str) -> Callable[[Bench], Seen]:
    return lambda bench: Seen(engines.set_by_tex(bench.each, bench.place(engine), engine), len(bench.each))


def formulas_in_katex(bench: Bench) -> Seen:
    return Seen(len(bench.each) - len(refused_by_katex(bench.each)), len(bench.each))


def formulas_in_mathjax(script: Path) -> Callable[[Bench], Seen]:
    def read(bench: Bench) -> Seen:
        given = [(latex, True) for latex in bench.each]
        found = engines.set_by_mathjax(given, script, bench.place("mathjax"), bench.browser)
        return Seen(found.formulas - len(found.wrong), len(given))

    return read


def formulas_in_pandoc(bench: Bench) -> Seen:
    made, warned = engines.by_pandoc(engines.for_pandoc([(one, True) for one in bench.each]), "markdown")
    assert warned == ""
    return Seen(made.count("<math "), len(bench.each))


def formulas_on_github(bench: Bench) -> Seen:
    refused = [one for one in bench.each if engines.refused_by_github(one)]
    return Seen(len(bench.each) - len(refused), len(bench.each))


def formulas_as_mathml(bench: Bench) -> Seen:
    return _like_katex(bench, [((one, True), mathml(one, block=True)) for one in bench.each])


def _like_katex(bench: Bench, shown: list[tuple[Formula, str]]) -> Seen:
    """Each formula is looked at once, however often it is there."""
    compared = compare(list(dict(shown).items()), bench.place("mathml"), bench.browser)
    wrong = {one.latex for one in compared if one.wrong}
    return Seen(sum(latex not in wrong for (latex, _), _ in shown), len(shown), compared="like KaTeX's")


def formulas_in_typst(bench: Bench) -> Seen:
    same = [found == in_mathml(one) for one, found in zip(bench.each, in_pdf(bench.each), strict=True)]
    return Seen(sum(same), len(same), compared="sign by sign")


def pages_of(pdf: bytes) -> list[str]:
    """The words on each page of a PDF."""
    with pypdfium2.PdfDocument(pdf) as pages:
        return [page.get_textpage().get_text_range() for page in pages]


def article(engine: str) -> Callable[[Bench], Seen]:
    def read(bench: Bench) -> Seen:
        place = bench.place(engine)
        compiled(bench.text("n.tex"), place, engine, once=True)
        return bench.seen(len(bench.formulas), "".join(pages_of((place / "notes.pdf").read_bytes())))

    return read


def by_typst(bench: Bench) -> Seen:
    return bench.seen(len(bench.formulas), "".join(pages_of(set_by_typst(bench.notes))))


def slides(engine: str) -> Callable[[Bench], Seen]:
    def read(bench: Bench) -> Seen:
        place, talk = bench.place(engine), document(LAYERS[0])
        compiled(rendered(talk, "n.tex", slides=True)["n.tex"].decode(), place, engine, once=True)
        pages = [squeezed(page) for page in pages_of((place / "notes.pdf").read_bytes())]
        there = [frame for frame in talk.frames if any(squeezed(frame.title) in page for page in pages)]
        return Seen(len(there), len(talk.frames), "frames")

    return read


def page_as_mathml(bench: Bench) -> Seen:
    """The formulas that Chromium finds are those whose pictures are compared."""
    page = bench.saved("n.html")
    text = page.read_text(encoding="utf-8")
    for name, style in re.findall(r"^\.(m\d+) *\{ *([^}]*?) *\}", text, re.MULTILINE):
        text = text.replace(f'class="{name}"', f'style="{style}"')
    found = re.findall("<math.*?</math>", text, re.DOTALL)
    assert bench.browser.counted(page, "math") == [len(bench.formulas)]
    return _like_katex(bench, list(zip(bench.formulas, found, strict=True)))


def page_by_mathjax(bench: Bench) -> Seen:
    seen = bench.browser.opened(bench.saved("n.html", mathjax="/mathjax/tex-svg-full.js"))
    assert seen.failed == []
    return bench.seen(seen.formulas - len(seen.errors))


def page_by_katex(bench: Bench) -> Seen:
    page = bench.saved("n.html", katex="katex/katex.min.js")
    shutil.copytree(KATEX.resolve().parent, page.parent / "katex")
    shown, wrong = bench.browser.counted(page, ".formula > :is(.katex, .katex-display)", ".katex-error")
    return bench.seen(shown - wrong)


def by_pandoc(name: str, source: str) -> Callable[[Bench], Seen]:
    def read(bench: Bench) -> Seen:
        made, warned = engines.by_pandoc(bench.text(name), source)
        assert warned == ""
        return bench.seen(made.count("<math "), text_of(made))

    return read


def page_on_github(bench: Bench) -> Seen:
    displays, inline = engines.formulas_on_github(bench.text("n.md"))
    refused = [one for one in displays if engines.refused_by_github(one)]
    refused += [one for one in inline if engines.refused_by_github(one, inline=True)]
    return bench.seen(len(displays) + len(inline) - len(refused))


def by_sphinx(page: str, formula: re.Pattern[str] = FOR_A_SCRIPT) -> Callable[[Bench], Seen]:
    def read(bench: Bench) -> Seen:
        text = bench.project.text("html", f"{page}.html")
        found = len(formula.findall(text))
        if page in ("rst", "myst"):
            return bench.seen(found, text_of(text))
        return Seen(found, sum(len(show) for *_, show in DIRECTIVES))

    return read


def of_sphinx_by_mathjax(page: str) -> Callable[[Bench], Seen]:
    def read(bench: Bench) -> Seen:
        found = bench.browser.typeset(bench.project.out("html") / f"{page}.html")
        of = sum(len(show) for *_, show in DIRECTIVES) if page == "index" else len(bench.formulas)
        return Seen(found.formulas - len(found.wrong), of)

    return read


def of_sphinx_as_mathml(bench: Bench) -> Seen:
    (found,) = bench.browser.counted(bench.project.out("html") / "mathml.html", "math")
    return Seen(found, sum(len(show) for *_, show in DIRECTIVES))


def notebook_runs(bench: Bench) -> Seen:
    cells = [cell for cell in bench.notebook.cells if cell.cell_type == "code"]
    broken = [cell for cell in cells if any(out.output_type in ("error", "stream") for out in cell.outputs)]
    return Seen(len(cells) - len(broken), len(cells), "cells run")


def notebook_by_mathjax(bench: Bench) -> Seen:
    """The page that nbconvert writes loads MathJax 2.7; what outputs have as LaTeX is one formula each."""
    from nbconvert import HTMLExporter

    source = f"{MATHJAX_2.as_uri()}?config=TeX-AMS_SVG-full"
    html, _ = HTMLExporter(mathjax_url=source, require_js_url="").from_notebook_node(bench.notebook)
    page = bench.place("nbconvert") / "n.html"
    page.write_text(html, encoding="utf-8")
    found = bench.browser.typeset(page)
    cells = bench.notebook.cells
    of = sum(len(IN_MARKDOWN.findall(cell.source)) for cell in cells if cell.cell_type == "markdown")
    of += sum("text/latex" in out.get("data", ()) for cell in cells for out in cell.get("outputs", ()))
    return replace(bench.seen(found.formulas - len(found.wrong), text_of(html)), of=of)


def _image(kind: str, data: bytes) -> str:
    return f'<span><img src="data:image/{kind};base64,{b64encode(data).decode()}"></span>'


def pictures_in_chromium(bench: Bench) -> Seen:
    figures = [block.figure for block in bench.notes.blocks if isinstance(block, Picture)]
    rows = "".join(
        f'<div class="row">{_image("svg+xml", one.svg().encode())}{_image("png", one.png())}</div>'
        for one in figures
    )
    style = ":root { color-scheme: light } .row { white-space: nowrap } span { display: inline-block }"
    page = bench.place("svg") / "n.html"
    head = f'<!DOCTYPE html><meta charset="utf-8"><style>{style} img {{ width: 600px }}</style>'
    page.write_text(head + rows, encoding="utf-8")
    found = [alike(one, other) for one, other in bench.browser.pictures(page)]
    return Seen(sum(one > LEAST for one in found), len(figures), "pictures", "like matplotlib's")


#: Each format and each engine that reads it, with what is seen; both stand in the table in this order.
READ: dict[tuple[str, str], Callable[[Bench], Seen]] = {
    ("a formula's `latex()`", "pdfLaTeX"): formulas_in_tex("pdf"),
    ("a formula's `latex()`", "LuaLaTeX"): formulas_in_tex("lualatex"),
    ("a formula's `latex()`", "KaTeX"): formulas_in_katex,
    ("a formula's `latex()`", "MathJax 2.7"): formulas_in_mathjax(MATHJAX_2),
    ("a formula's `latex()`", "MathJax 3"): formulas_in_mathjax(MATHJAX / "tex-svg-full.js"),
    ("a formula's `latex()`", "pandoc"): formulas_in_pandoc,
    ("a formula's `latex()`", "GitHub"): formulas_on_github,
    ("a formula's MathML", "Chromium"): formulas_as_mathml,
    ("a formula as Typst", "Typst"): formulas_in_typst,
    ("`.tex`, and `.pdf` by TeX", "pdfLaTeX"): article("pdf"),
    ("`.tex`, and `.pdf` by TeX", "LuaLaTeX"): article("lualatex"),
    ("`.tex` with `slides`", "pdfLaTeX"): slides("pdf"),
    ("`.tex` with `slides`", "LuaLaTeX"): slides("lualatex"),
    ("`.typ`, and `.pdf` by Typst", "Typst"): by_typst,
    ("`.html`", "Chromium"): page_as_mathml,
    ("`.html`", "pandoc"): by_pandoc("n.html", "html"),
    ('`.html`, `math="mathjax"`', "MathJax 3"): page_by_mathjax,
    ('`.html`, `math="katex"`', "KaTeX"): page_by_katex,
    ("`.md`", "GitHub"): page_on_github,
    ("`.md`", "pandoc"): by_pandoc("n.md", "gfm"),
    ("`.md` with `myst`", "Sphinx"): by_sphinx("myst"),
    ("`.md` with `myst`", "MathJax 3"): of_sphinx_by_mathjax("myst"),
    ("`.rst`", "Sphinx"): by_sphinx("rst"),
    ("`.rst`", "MathJax 3"): of_sphinx_by_mathjax("rst"),
    ("`.rst`", "pandoc"): by_pandoc("n.rst", "rst"),
    ("Sphinx directive", "Sphinx"): by_sphinx("index"),
    ("Sphinx directive", "MathJax 3"): of_sphinx_by_mathjax("index"),
    ("directive, `:math: mathml`", "Sphinx"): by_sphinx("mathml", AS_MATHML),
    ("directive, `:math: mathml`", "Chromium"): of_sphinx_as_mathml,
    ("`.ipynb`", "Jupyter"): notebook_runs,
    ("`.ipynb`", "MathJax 2.7"): notebook_by_mathjax,
    ("figure as `.svg`", "Chromium"): pictures_in_chromium,
}


#: What stands where an engine does not read a format.
NOTHING = "–"

#: The table on a page.
TABLE = re.compile(r"(?:^\|[^\n]*\n)+", re.MULTILINE)


def table(cells: Mapping[tuple[str, str], object]) -> str:
    """The table in Markdown, of what was seen of each format by each engine."""
    formats, readers = (list(dict.fromkeys(pair[at] for pair in READ)) for at in (0, 1))
    rows = [["format", *readers], ["---"] * (len(readers) + 1)]
    rows += [[name, *(str(cells.get((name, one), NOTHING)) for one in readers)] for name in formats]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def seen_of_all(bench: Bench) -> dict[tuple[str, str], Seen]:
    """Every engine, run on every format that it reads."""
    return {pair: read(bench) for pair, read in READ.items()}


def main(page: str = "") -> None:
    """Print the table, or write it into a page in the place of the one that is there."""
    browser = Browser()
    try:
        with tempfile.TemporaryDirectory() as folder:
            made = table(seen_of_all(Bench(browser, Path(folder))))
    finally:
        browser.close()
    if page:
        text = Path(page).read_text(encoding="utf-8")
        Path(page).write_text(TABLE.sub(lambda old: made, text, count=1), encoding="utf-8")
    else:
        print(made, end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
