"""Every listing compiles, fits its line, and is its algorithm's own source."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import symconv as sc
from symconv.algorithms import ALGORITHMS, Algorithm, Listing
from tests.latex_tools import compile_latex

PREAMBLE = "\\documentclass{article}\n\\usepackage{algpseudocode}\n\\begin{document}\n"


def listed(algorithm: Algorithm) -> Listing:
    return Listing(algorithm.quantity, algorithm.reason, algorithm.function)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_mathematics_of_a_listing_is_taken_everywhere(name: str, typeset) -> None:
    typeset(listed(ALGORITHMS[name]).math(), fits=True)


def test_all_listings_compile_and_fit_their_lines(tmp_path: Path) -> None:
    body = "\n\n".join(f"{row.reason}\n{listed(row).latex()}" for row in ALGORITHMS.values())
    log = compile_latex(f"{PREAMBLE}{body}\n\\end{{document}}\n", tmp_path)
    assert "Overfull" not in log


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_listing_says_line_by_line_what_the_source_says(name: str) -> None:
    """As many loops, conditions and assignments, the same tap relation, the same arguments."""
    listing = listed(ALGORITHMS[name])
    kinds = [type(node) for node in ast.walk(ast.parse(listing.source))]
    latex, math = listing.latex(), listing.math()
    assert latex.count("\\For{") == math.count("\\mathbf{for}") == kinds.count(ast.For)
    assert latex.count("\\If{") == math.count("\\mathbf{if}") == kinds.count(ast.If)
    assigned = kinds.count(ast.Assign) + kinds.count(ast.AugAssign)
    assert latex.count("\\gets") == math.count("\\gets") == assigned
    (arguments,) = re.findall(r"\\Function\{.*?\}\{\$(.*)\$\}", latex)
    letters = inspect.signature(listing.function).parameters
    assert arguments.replace("\\delta", "delta").split(", ") == list(letters)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_body_holds_only_what_a_slide_shows(name: str) -> None:
    definition = ast.parse(listed(ALGORITHMS[name]).source).body[0]
    assert isinstance(definition, ast.FunctionDef)
    assert ast.get_docstring(definition) is None
    refused = ast.Slice | ast.AnnAssign | ast.Assert | ast.Raise | ast.Lambda | ast.Attribute
    assert not [
        node for statement in definition.body for node in ast.walk(statement) if isinstance(node, refused)
    ]
    assert ALGORITHMS[name].reason.endswith(".")


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
