"""The directive for networks: what it shows, its labels, its file, its picture, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_net import OPEN, TWO
from tests.ext.project import Project
from tests.tiers import tiers

TITLE = "Title\n=====\n\n"


def network(text: str, *options: str, file: str = "") -> str:
    """The directive in reStructuredText, with a network as its content."""
    head = [f".. symconv-net:: {file}", *(f"   {option}" for option in options), ""]
    body = [f"   {line}".rstrip() for line in text.splitlines()]
    return "\n".join([*head, *body, "", ""])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_closed_forms_have_numbers_and_labels(project: Project) -> None:
    shown = network(OPEN, ":show: delta,grad_kernel", ":label: net", ":caption: Backwards")
    project.write({"index.rst": f"{TITLE}{shown}See :eq:`net-grad_kernel-1`.\n"})
    assert project.build("html")[0] == []
    page = project.text("html", "index.html")
    assert '<p class="rubric">Backwards</p>' in page
    assert page.count('<span class="eqno">') == 7
    assert 'id="equation-net-delta-4"' in page
    assert "g^{(1)}_{o,j_{1},j_{2}} &amp;= f&#x27;" in page or "g^{(1)}_{o,j_{1},j_{2}} &amp;= f'" in page
    assert '<a class="reference internal" href="#equation-net-grad-kernel-1">(7)</a>' in page


def test_steps_have_reasons_below_them(project: Project) -> None:
    project.write(
        {"index.rst": TITLE + network(OPEN, ":show: delta", ":layer: 1", ":steps:", ":math: mathml")}
    )
    assert project.build("html")[0] == []
    page = project.text("html", "index.html")
    assert page.count("<math ") == 1
    assert "<p>activation: Each output of the activation depends on its own preactivation only.</p>" in page


def test_a_file_is_read_again_when_it_changes(project: Project) -> None:
    project.write(
        {
            "net.toml": TWO,
            "index.rst": TITLE + network("", ":figure:", ":caption: Two layers", file="net.toml"),
        }
    )
    assert project.build("html")[0] == []
    page = project.text("html", "index.html")
    assert "-15 \\\\\n-4 \\\\\n14" in page
    assert 'alt="Network of 4 inputs, then layers of 6 and 2 outputs."' in page
    assert "Two layers" in page
    project.write({"net.toml": TWO.replace("b = [-20]", "b = [1]")})
    warnings, read = project.build("html")
    assert (warnings, read) == ([], ["index"])
    assert "6 \\\\\n17 \\\\\n35" in project.text("html", "index.html")
    assert project.build("html")[1] == []


def test_sizes_that_are_letters_are_drawn_in_blocks(project: Project) -> None:
    project.write({"index.rst": TITLE + network(OPEN, ":figure:", ":caption: In blocks")})
    assert project.build("html")[0] == []
    page = project.text("html", "index.html")
    assert 'alt="Network in blocks: input, ' in page
    assert "In blocks" in page


def test_text_and_latex_builders_have_it_too(project: Project) -> None:
    project.write({"index.rst": TITLE + network(OPEN, ":show: summary,delta", ":layer: 1")})
    assert project.build("text")[0] == []
    assert "g^(1)[o, j_1, j_2]" in project.text("text", "index.txt")
    assert project.build("latex")[0] == []
    assert "\\begin{array}{lllrrrr}" in project.text("latex", "project.tex")


WRONG = [
    (network(OPEN, ":show: detla"), ":show: names 'detla', which is not a quantity of a network: did you"),
    (network(OPEN, ":bare:"), "unknown option 'bare': write one of"),
    (network(OPEN, ":steps: yes"), ":steps: is 'yes', but it takes no value: leave it empty."),
    (network(OPEN, ":label: a b"), ":label: is 'a b': write letters and digits"),
    (network(OPEN, ":layer: 9"), "layer is 9: write a number from 1 to 4."),
    (network(OPEN, ":layer: x"), "Invalid value for ':layer:'"),
    (
        network(TWO.replace("size = 4", "size = 5"), ":figure:"),
        "but Dense(6, 2) takes an input of the shape (6,)",
    ),
    (network(TWO, ":steps:"), ":steps: derives closed forms, which have no values"),
    (network(""), "the network has no layers: write a [[layers]] table for each part of the network."),
    (network("[layers"), "the network is not valid TOML: "),
    (network(OPEN.replace("maxpool2d", "maxpol2d")), "the network, layer 3: the kind is 'maxpol2d': did"),
    (network("", file="nets/none.toml"), "cannot read"),
    (network(TWO, file="net.toml"), "a file is named, and there is content too: leave out one of them."),
]


@pytest.mark.parametrize(("shown", "words"), tiers(WRONG, (WRONG[0], WRONG[-3]), several=True))
def test_what_is_wrong_is_one_warning(shown: str, words: str, project: Project) -> None:
    project.write({"index.rst": TITLE + shown})
    (warning,) = project.build("html")[0]
    assert warning.startswith("index.rst:4: WARNING: symconv: ")
    assert words in warning
