"""The LaTeX of formulas survives everywhere: TeX, KaTeX, MathJax 2.7 and 3, pandoc, and GitHub's subset."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import pytest

import symconv as sc
from symconv.notes import rendered
from symconv.notes.markdown import on_github
from tests.latex_tools import PREAMBLE
from tests.notes.browser import MATHJAX, MATHJAX_2, Browser, Typeset
from tests.notes.layers import SPREAD, document
from tests.notes.pdfs import compiled
from tests.notes.test_mathml import Formula, formulas_of
from tests.optional import required
from tests.tiers import exhaustive, tiers


@cache
def samples() -> list[str]:
    """What engines differ in: colours, names, and brackets, in one formula each."""
    return [
        r"{\color{teal}{w_{0}}} x_{1} + {\color{purple}{w_{1}}} x_{0}",
        sc.Conv1d(3, 2).coloured().equation("matrix").latex(),
        sc.Conv1d(3, 2).check(reference="loops").latex(),
        sc.Conv2d(3, 2).equation("output").latex(),
        sc.Conv1d("N", "K").derive("grad_kernel").latex(),
        sc.MaxPool1d(4, 2).algorithm("output").math(),
        sc.Conv1d(3, 2).equation("activation", function="relu").latex(),
    ]


def formulas_everywhere(names: tuple[str, ...]) -> list[Formula]:
    """The samples, and every formula of the notes of some layers."""
    notes = [one for name in names for one in formulas_of(document(name).blocks)]
    return list(dict.fromkeys([(latex, True) for latex in samples()] + notes))


ALL = tuple(SPREAD)
CALLS = [(MATHJAX_2, ()), (MATHJAX_2, ALL), (MATHJAX / "tex-svg-full.js", ALL)]


def set_by_mathjax(formulas: list[Formula], script: Path, folder: Path, browser: Browser) -> Typeset:
    """What a MathJax says of a page of formulas, where a command that it does not know is an error."""
    shown = "".join(f"<p>\\[{escape(latex)}\\]</p>" for latex, _ in formulas)
    source = script.as_uri() + ("?config=TeX-AMS_SVG-full" if script == MATHJAX_2 else "")
    strict = '<script>MathJax = {tex: {packages: {"[-]": ["noundefined"]}}};</script>'
    head = f'<!DOCTYPE html><meta charset="utf-8">{strict}<script src="{source}"></script>'
    (folder / "page.html").write_text(f"{head}<body>{shown}</body>", encoding="utf-8")
    return browser.typeset(folder / "page.html")


@pytest.mark.parametrize(
    ("script", "names"), tiers(CALLS, CALLS[:1], several=True), ids=["2.7-samples", "2.7", "3"]
)
def test_mathjax_takes_every_formula(
    script: Path, names: tuple[str, ...], tmp_path: Path, browser: Browser
) -> None:
    formulas = formulas_everywhere(names)
    found = set_by_mathjax(formulas, script, tmp_path, browser)
    assert found.wrong == []
    assert found.formulas == len(formulas)


@exhaustive
def test_what_mathjax_2_does_not_know_is_found(tmp_path: Path, browser: Browser) -> None:
    source = f"{MATHJAX_2.as_uri()}?config=TeX-AMS_SVG-full"
    shown = r"<p>\[\textcolor{red}{x} + {\color{red}{y}} + \text{a\_b} + \mathtt{a\_b}\]</p>"
    page = f'<script src="{source}"></script><body>{shown}</body>'
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    assert browser.typeset(tmp_path / "page.html").wrong == ["\\textcolor", "a\\_b"]


@exhaustive
def test_what_mathjax_3_does_not_know_is_found(tmp_path: Path, browser: Browser) -> None:
    unknown = set_by_mathjax([(r"x + \unknown", True)], MATHJAX / "tex-svg-full.js", tmp_path, browser)
    assert set(unknown.wrong) == {r"Undefined control sequence \unknown"}


def pandoc() -> str:
    """The pandoc that a wheel brings along; those of distributions are years older and know no colours."""
    library = required("pypandoc", "pip install pypandoc_binary to judge what pandoc reads")
    return str(library.get_pandoc_path())


def by_pandoc(text: str, source: str) -> tuple[str, str]:
    """What pandoc makes of a text: HTML with MathML, and what it warns of."""
    command = [pandoc(), "-f", source, "-t", "html", "--mathml"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return done.stdout, done.stderr


def for_pandoc(formulas: list[Formula]) -> str:
    """Formulas in Markdown."""
    return "\n\n".join(f"$${' '.join(latex.split())}$$" for latex, _ in formulas)


@exhaustive
def test_pandoc_converts_every_formula() -> None:
    formulas = formulas_everywhere(ALL)
    made, warned = by_pandoc(for_pandoc(formulas), "markdown")
    assert warned == ""
    assert made.count("<math ") == len(formulas)


def test_katex_and_pdftex_take_the_samples(typeset: Any) -> None:
    assert all(map(typeset, samples()))


#: How large a formula is at the most.
NO_LARGER = "max width=0.9\\linewidth,max totalheight=0.9\\textheight"

#: What TeX writes into its log behind a formula.
IS_SET = "This formula is set"


def set_by_tex(formulas: list[str], folder: Path, engine: str) -> int:
    """How many formulas a TeX sets, in one run that must succeed; wide ones are made narrower."""
    body = "".join(
        f"\\[\n\\adjustbox{{{NO_LARGER}}}{{$\\displaystyle {one}$}}\n\\]\n\\typeout{{{IS_SET}}}\n"
        for one in formulas
    )
    head = PREAMBLE.replace("xcolor", "xcolor,adjustbox")
    log = compiled(f"{head}{body}\\end{{document}}\n", folder, engine, once=True)
    return log.splitlines().count(IS_SET)


@exhaustive
def test_luatex_takes_the_samples(tmp_path: Path) -> None:
    assert set_by_tex(samples(), tmp_path, "lualatex") == len(samples())


#: Commands that GitHub refuses, although MathJax knows them. Source: "The following macros are not allowed",
#: as its support and its pages say; github.com/github/markup, issue 1688.
REFUSED = {
    "\\operatorname", "\\mbox", "\\phantom", "\\hphantom", "\\vphantom", "\\def", "\\newcommand",
    "\\let", "\\href", "\\url", "\\class", "\\cssId", "\\style", "\\require", "\\unicode", "\\textcolor",
    "\\DeclareMathOperator",
}  # fmt: skip

#: The commands that formulas on GitHub may have: MathJax's own, without extensions.
ON_GITHUB = {
    f"\\{name}"
    for row in (
        ("left", "right", "bigl", "bigr", "Bigl", "Bigr", "lfloor", "rfloor", "lceil", "rceil", "mid"),
        ("sum", "max", "min", "bmod", "partial", "frac", "top", "uparrow", "infty", "cdots", "ldots"),
        ("vdots", "ddots", "le", "leq", "ge", "geq", "in", "land", "mathrel", "cdot", "times", "ast", "star"),
        ("odot", "otimes", "begin", "end", "hline", "text", "mathrm", "mathtt", "mathbf", "tilde", "color"),
        ("quad", "qquad", "displaystyle", "underline", "delta", "sigma", "lambda", "eta"),
    )
    for name in row
}


def formulas_on_github(text: str) -> tuple[list[str], list[str]]:
    """The displays of a page of Markdown, and the formulas in its sentences."""
    displays = re.findall(r"^```math\n(.*?)\n```$", text, re.DOTALL | re.MULTILINE)
    inline = re.findall(r"\$([^$\n]+)\$", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return displays, inline


def refused_by_github(formula: str, *, inline: bool = False) -> set[str]:
    """The commands of a formula that GitHub does not take.

    In a sentence Markdown takes a backslash before punctuation away.
    """
    used = set(re.findall(r"\\[A-Za-z]+", formula))
    return (used - ON_GITHUB) | (used & REFUSED) | set(re.findall(r"\\[^A-Za-z]", formula) if inline else ())


@pytest.mark.parametrize("name", tiers(ALL, ["full"]))
def test_formulas_on_github_have_only_commands_that_it_takes(name: str) -> None:
    displays, inline = formulas_on_github(rendered(document(name), "n.md")["n.md"].decode())
    assert len(displays) > 3
    assert len(inline) > 20
    assert [one for one in displays if refused_by_github(one)] == []
    assert [one for one in inline if refused_by_github(one, inline=True)] == []


def test_names_of_functions_are_upright_on_github() -> None:
    assert on_github(r"\operatorname{vec}(x) = \operatorname{relu}{\left(x\right)}") == (
        r"\mathrm{vec}(x) = \mathrm{relu}{\left(x\right)}"
    )


def test_names_have_no_escaped_underscore_in_text() -> None:
    shown = sc.Conv1d(3, 2).check(reference="loops").latex()
    assert r"\mathtt{grad\_input}" in shown
    assert not re.search(r"\\text\{[^{}]*\\_", shown)
