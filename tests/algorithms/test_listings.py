"""Every listing compiles, fits its line, and is its algorithm's own source."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import symconv as sc
from symconv.algorithms import Listing
from tests.algorithms.cases import FEW, KINDS, small
from tests.latex_tools import compile_latex
from tests.tiers import tiers

PREAMBLE = "\\documentclass{article}\n\\usepackage{algpseudocode}\n\\begin{document}\n"


def listings(kinds: Iterable[str]) -> dict[str, Listing]:
    """The listings of kinds, by the names of their functions."""
    return {
        listing.function.__name__: listing
        for layer in map(small, kinds)
        for listing in map(layer.algorithm, layer.algorithm_names)
    }


LISTINGS, ALWAYS = listings(KINDS), listings(FEW)


@pytest.mark.parametrize("name", tiers(LISTINGS, ALWAYS))
def test_the_mathematics_of_a_listing_is_taken_everywhere(name: str, typeset) -> None:
    typeset(LISTINGS[name].math(), fits=True)


@pytest.mark.parametrize(("deep", "width"), [(False, "345pt"), (True, "16cm")])
@pytest.mark.exhaustive
def test_all_listings_compile_and_fit_their_lines(deep: bool, width: str, tmp_path: Path) -> None:
    """On the page of an article; those of three axes, nine loops deep, on one with narrow margins."""
    listings = [listing for name, listing in LISTINGS.items() if ("_3d" in name) == deep]
    body = "\n\n".join(f"{listing.reason}\n{listing.latex()}" for listing in listings)
    page = f"\\documentclass{{article}}\n\\setlength{{\\textwidth}}{{{width}}}"
    source = PREAMBLE.replace("\\documentclass{article}", page)
    assert "Overfull" not in compile_latex(f"{source}{body}\n\\end{{document}}\n", tmp_path)


@pytest.mark.parametrize("name", tiers(LISTINGS, ALWAYS))
def test_a_listing_says_line_by_line_what_the_source_says(name: str) -> None:
    """As many loops, conditions and assignments, the same tap relation, the same arguments."""
    listing = LISTINGS[name]
    kinds = [type(node) for node in ast.walk(ast.parse(listing.source))]
    latex, math = listing.latex(), listing.math()
    assert latex.count("\\For{") == math.count("\\mathbf{for}") == kinds.count(ast.For)
    assert latex.count("\\If{") == math.count("\\mathbf{if}") == kinds.count(ast.If)
    assigned = kinds.count(ast.Assign) + kinds.count(ast.AugAssign)
    assert latex.count("\\gets") == math.count("\\gets") == assigned
    (arguments,) = re.findall(r"\\Function\{.*?\}\{\$(.*)\$\}", latex)
    letters = inspect.signature(listing.function).parameters
    printed = {"\\delta": "delta", "p'": "q"}  # the padding after is q in Python, where p' is no name
    assert [printed.get(one, one) for one in arguments.split(", ")] == list(letters)


@pytest.mark.parametrize("name", tiers(LISTINGS, ALWAYS))
def test_a_body_holds_only_what_a_slide_shows(name: str) -> None:
    definition = ast.parse(LISTINGS[name].source).body[0]
    assert isinstance(definition, ast.FunctionDef)
    assert ast.get_docstring(definition) is None
    refused = ast.Slice | ast.AnnAssign | ast.Assert | ast.Raise | ast.Lambda | ast.Attribute
    assert not [
        node for statement in definition.body for node in ast.walk(statement) if isinstance(node, refused)
    ]
    assert LISTINGS[name].reason.endswith(".")


def test_a_listing_prints_as_source_and_as_pseudocode_in_a_notebook() -> None:
    listing = sc.Conv1d(4, 3).algorithm("grad_input")
    assert isinstance(listing, sc.Listing)
    assert listing.name == "grad_input"
    assert str(listing) == repr(listing) == listing.text() == listing.source.rstrip("\n")
    assert listing.source == inspect.getsource(listing.function)
    assert listing._repr_latex_() == f"$\\displaystyle {listing.math()}$"
    assert listing.latex() == "\n".join(
        [
            r"\begin{algorithmic}",
            r"    \Function{correlation\_grad\_input}{$\delta, w, N, s, d, p$}",
            r"        \State $M \gets \mathrm{len} \mathopen{}\left( \delta \mathclose{}\right)$",
            r"        \State $K \gets \mathrm{len} \mathopen{}\left( w \mathclose{}\right)$",
            r"        \State $g \gets \mathrm{zeros} \mathopen{}\left( N \mathclose{}\right)$",
            r"        \For{$i \in \mathopen{}\left\{ 0, \dots, M - 1 \mathclose{}\right\}$}",
            r"            \For{$k \in \mathopen{}\left\{ 0, \dots, K - 1 \mathclose{}\right\}$}",
            r"                \State $j \gets s i + d k - p$",
            r"                \If{$0 \le j < N$}",
            r"                    \State $g_{j} \gets g_{j} + w_{k} \delta_{i}$",
            r"                \EndIf",
            r"            \EndFor",
            r"        \EndFor",
            r"        \State \Return $g$",
            r"    \EndFunction",
            r"\end{algorithmic}",
        ]
    )


@pytest.mark.exhaustive
def test_latexify_loads_only_for_what_it_typesets() -> None:
    code = (
        "import sys, symconv as sc\n"
        "listing = sc.Conv1d(4, 3).algorithm('output')\n"
        "print(len(listing.text()) > 100, 'latexify' in sys.modules)\n"
        "listing.latex()\n"
        "print('latexify' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "True"]
