"""What a notebook shows of every object: HTML, LaTeX, Markdown or pictures."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

import symconv as sc
from symconv.check import Counterexample
from symconv.printing.rich import table, words

LAYER = sc.Conv1d(4, 3, padding="full", flip=True)
OPEN = sc.Conv1d("N", "K", stride="s")

#: One object of each public class that is no layer, and what must stand in what a notebook shows of it.
SHOWN: dict[str, tuple[Callable[[], Any], str, list[str]]] = {
    "Activation": (lambda: sc.Activation("tanh"), "latex", [r"\tanh{\left(z \right)}", "'(z) = 1 - "]),
    "Animation": (lambda: LAYER.animation(), "image/svg+xml", ["@keyframes", "<svg"]),
    "Chain": (
        lambda: sc.Chain(sc.Conv1d(4, 3), sc.Activation("f"), sc.Dense(None, 2)), "html",
        ["<td>Conv1d, f</td><td>2</td><td>3</td><td>6</td>", "<td>total</td>"],
    ),
    "Claim": (
        lambda: OPEN.claim("output", "sum(k=0..K-1) w[k]*x[i + s*k]"), "html",
        [r"$\displaystyle y_{i} = \sum_{k=0}^{K - 1} w_{k} x_{i + s k}$", "output: refuted; for K = 1"],
    ),
    "Derivation": (lambda: OPEN.derive("output"), "latex", [r"\text{(definition)}", "aligned"]),
    "Document": (
        lambda: LAYER.notes(sections=["numbers"]), "markdown",
        ["# True convolution", "| output | products | sum |", "](data:image/svg+xml;base64,"],
    ),
    "Einsum": (lambda: LAYER.einsum(), "html", ["<pre>y = einsum(", "j,ikj,k-&gt;i", "Pi: i k j  (6, 3, 4)"]),
    "Equation": (lambda: LAYER.equation("matrix"), "latex", ["y &= T x"]),
    "Exercise": (
        lambda: LAYER.exercises(seed=1, kinds=["output_entry"], count=1)[0], "markdown",
        ["Compute $y_{4}$", r"**Answer:** $-7$"],
    ),
    "Exercises": (lambda: LAYER.exercises(count=2), "markdown", ["# Exercises", "## Exercise 2"]),
    "Figure": (lambda: LAYER.figure("network"), "image/svg+xml", ["<svg"]),
    "BatchNorm": (lambda: sc.BatchNorm(2, batch=3), "html", ["<pre>BatchNorm(2, batch=3)</pre>"]),
    "Flatten": (lambda: sc.Flatten(), "html", ["<pre>Flatten()</pre>"]),
    "Formula": (lambda: OPEN.formula("output"), "latex", [r"\sum_{k=0}^{K - 1}"]),
    "Listing": (lambda: LAYER.algorithm(), "latex", [r"\begin{array}"]),
    "Notation": (
        lambda: sc.Notation.preset("ufldl"), "html",
        ["<td>input</td><td>$a$</td>", "<td>kernel</td><td>$W$</td>", r"$\delta^{(l)}$", "Stanford UFLDL"],
    ),
    "Proof": (lambda: OPEN.derive("output").prove(), "html", ["<td>proved</td>", "proved for all K, N, s"]),
    "Report": (
        lambda: LAYER.check(reference="loops", draws=1), "html",
        ["<td>output</td><td>loops</td>", "<td>ok</td>", "<p>all agree exactly</p>"],
    ),
    "Residual": (
        lambda: sc.Residual([sc.Conv1d(None, 3, padding=1)]), "html",
        ["<pre>Residual([Conv1d(None, 3, padding=1)])</pre>"],
    ),
    "Structure": (
        lambda: sc.Conv2d(3, 2).structure, "html",
        ["<td>Toeplitz</td><td>2×3</td><td>1×1</td>", "doubly block Toeplitz", "16 of 36 entries"],
    ),
    "Verification": (
        lambda: OPEN.derive("output").verify(N=range(3, 5), K=[2], s=[1]), "html",
        ["<td>definition</td><td>2</td><td>holds</td>", "every step checked on 2 cases"],
    ),
}  # fmt: skip

#: Public names that are no object to look at: functions, layers, an expression of SymPy's own, an error.
NOT_SHOWN = {"Iverson", "SymconvError"}


def shown(item: Any, kind: str) -> str:
    """What a notebook gets, without the styles of cells."""
    if kind.startswith("image/"):
        bundle, _ = item._repr_mimebundle_()
        return str(bundle[kind])
    found = getattr(item, f"_repr_{kind}_")()
    assert isinstance(found, str)
    return found.replace(' style="text-align: left"', "")


class Balanced(HTMLParser):
    """Every element is closed, in the order in which they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag


def test_every_public_class_shows_itself() -> None:
    classes = {name for name in sc.__all__ if isinstance(getattr(sc, name), type)}
    layers = {name for name in classes if issubclass(getattr(sc, name), sc.layers.Layer)}
    assert classes - layers - NOT_SHOWN - SHOWN.keys() == set()
    assert LAYER._repr_latex_().startswith("$\\displaystyle")
    assert OPEN._repr_latex_().startswith("$\\displaystyle")


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_shows_what_matters(name: str) -> None:
    make, kind, parts = SHOWN[name]
    found = shown(make(), kind)
    assert [part for part in parts if part not in found] == []
    if kind == "html":
        reader = Balanced()
        reader.feed(found)
        assert reader.opened == []


def test_documents_are_in_the_markdown_of_notebooks() -> None:
    found = shown(LAYER.notes(sections=["matrix"]), "markdown")
    assert "\n$$\n\\begin{aligned}" in found
    assert "```math" not in found


def test_a_report_that_differs_says_where() -> None:
    report = LAYER.check(reference="loops", draws=1)
    finding = report.findings[1]
    wrong = replace(finding, counterexample=Counterexample("output", (2,), 3, 4, {"x": [1, 2]}))
    found = shown(replace(report, findings=(wrong,), missing=("jax < 1",)), "html")
    assert "<td>differs</td>" in found
    assert "<p>loops: output[2] is 3, but the reference gives 4, for x = [1, 2]</p>" in found
    assert "<p>not compared with jax &lt; 1</p>" in found
    assert "<p>1 of 1 comparisons differ</p>" in found
    assert shown(replace(report, findings=()), "html") == "<p>nothing was compared</p>"


def test_a_claim_on_entries_has_no_formula() -> None:
    claim = LAYER.at(x=[1, 2, 3, 4], w=[5, 6, 7]).claim("output", [5, 16, 34, 52, 45, 28])
    assert claim.latex() == ""
    assert shown(claim, "html") == "<p>output: correct, 6 entries compared</p>"


@pytest.mark.parametrize("base", [0, 1])
def test_a_claim_shows_its_formula_in_the_letters_and_the_base_of_the_layer(base: int) -> None:
    layer = sc.Conv1d("N", "K", notation=sc.Notation(kernel="h", output="z", base=1 if base else 0))
    claim = layer.claim("output", layer.formula("output").rhs)
    assert claim
    assert claim.latex().startswith(f"z_{{i}} = \\sum_{{k={base}}}")
    assert pickle.loads(pickle.dumps(claim)).latex() == claim.latex()


def test_nothing_in_a_display_is_read_as_html() -> None:
    source = sc.Notation(source="<script>alert('x')</script> & $y$")
    assert "<script>" not in shown(source, "html")
    assert words("<b> $x$") == "&lt;b&gt; &#36;x&#36;"
    assert table(["a"], []).startswith("<table>")
