"""The directive: what it shows in each format, its numbers and references, rebuilds and parallel builds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from symconv.cli.options import layer_kinds
from symconv.layers import Layer
from tests.ext.project import CONF, Project, directive, fence
from tests.latex_tools import compile_latex

TITLE = "Title\n=====\n\n"
VALUES = {"x": "1,2,3,4", "w": "-5,6,7", "padding": "full", "flip": True}
SIZES = {"input_size": "N", "kernel_size": "K", "stride": "s"}
PAGES = {
    "index.rst": TITLE
    + directive(
        "conv1d", **VALUES, label="conv", tap_colours="blue,teal", caption="The *opening* & <example>"
    )
    + "See :eq:`conv-output` and :eq:`steps`.\n\n.. toctree::\n\n   page\n",
    "page.md": "# Page\n\n"
    + fence("Conv1D", **SIZES, show="grad_input", steps=True, label="steps")
    + fence("convtranspose2d", input_size=2, kernel_size=2, bias=True, show="output,grad_bias")
    + "See {eq}`conv-grad_kernel` and {eq}`steps`.\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that several builders build; its sources are read once."""
    project = Project(tmp_path_factory.mktemp("pages"))
    project.write(PAGES)
    return project


def test_html_shows_prose_and_numbered_equations(pages: Project) -> None:
    project = pages
    assert project.build("html")[0] == []
    page = project.text("html", "index.html")
    assert '<p class="rubric">The *opening* &amp; &lt;example&gt;</p>' in page
    assert (
        "<p>Output: each entry is the dot product of one window of the input with the flipped kernel.</p>"
        in page
    )
    assert "6 outputs.</p>" in page
    assert page.count('<span class="eqno">') == page.count("begin{split}") == 6
    output = re.search(r'id="equation-conv-output">.*?</div>', page, re.DOTALL)
    assert output is not None
    assert "y &amp;= [-5, -4, 4, 12, 45, 28]" in output[0]
    assert '<a class="reference internal" href="#equation-conv-output">(2)</a>' in page
    assert '<a class="reference internal" href="page.html#equation-steps">(1)</a>' in page
    other = project.text("html", "page.html")
    assert '<a class="reference internal" href="index.html#equation-conv-grad-kernel">(6)</a>' in other
    assert "Both sides of each step were compared: equal in 24 cases at random entries." in other
    assert "<p>chain rule: The loss depends on the entry through every output" in other
    assert 'id="equation-steps"' in other
    assert other.count('<span class="eqno">') == 1, "equations without a label have no number"


def test_mathml_needs_no_script_and_keeps_numbers(project: Project) -> None:
    shown = directive("conv1d", **VALUES, label="conv", math="mathml") + "See :eq:`conv-output`.\n"
    other = directive("conv1d", **SIZES, show="output", math="sphinx")
    project.write({"index.rst": TITLE + shown + "\n.. toctree::\n\n   two\n", "two.rst": TITLE + other})
    assert project.build("html")[0] == []
    page, with_script = (project.text("html", f"{name}.html") for name in ("index", "two"))
    assert page.count("<math ") == page.count('<span class="eqno">') == 6
    assert re.search(r'id="equation-conv-output"><span class="eqno">\(2\)</span><math', page)
    assert '<a class="reference internal" href="#equation-conv-output">(2)</a>' in page
    assert 'alttext="y0 = w0*x0 = (-5)*1 = -5' in page
    assert ("mathjax" in page, "mathjax" in with_script) == (False, True)
    assert project.build("text")[0] == []
    assert "y0 = w0*x0 = (-5)*1 = -5   (2)" in project.text("text", "index.txt")


def test_text_shows_equations_as_text_with_their_numbers(pages: Project) -> None:
    project = pages
    assert project.build("text")[0] == []
    page = project.text("text", "index.txt")
    assert "   y0 = w0*x0 = (-5)*1 = -5   (2)\n   y1 = w0*x1 + w1*x0 = (-5)*2 + 6*1 = -4\n" in page
    assert "      y = T x   (3)\n   [y0] = [w0   0   0   0][x0]\n" in page
    assert "See (2) and (1)." in page
    assert "\\" not in page
    other = project.text("text", "page.txt")
    assert "   dL/dx[j] = sum(i=0..M - 1) delta[i]*dy[i]/dx[j]   (chain rule)   (1)\n" in other
    assert "   db" not in other
    assert "dL/db = " in other


def test_numbers_in_text_are_those_of_references(tmp_path: Path) -> None:
    project = Project(tmp_path, conf='extensions = ["symconv.ext.sphinx"]\nnumfig = True\n')
    one = directive("conv1d", **VALUES, show="output", label="one")
    project.write(
        {
            "index.rst": TITLE + ".. toctree::\n   :numbered:\n\n   one\n",
            "one.rst": TITLE + one + ":eq:`one`\n",
        }
    )
    assert project.build("text")[0] == []
    page = project.text("text", "one.txt")
    assert "= -5   (1.1)\n" in page
    assert page.endswith("\n(1.1)\n")


def test_latex_compiles_and_its_references_resolve(pages: Project) -> None:
    project = pages
    assert project.build("latex")[0] == []
    source = project.text("latex", "project.tex")
    assert source.count("\\label{equation:") == 7
    assert "\\subsubsection*{The *opening* \\& \\textless{}example\\textgreater{}}" in source
    compile_latex(source, project.out("latex"))
    log = compile_latex(source, project.out("latex"))
    assert "undefined" not in log
    assert "multiply defined" not in log


@pytest.mark.parametrize("builder", ["man", "texinfo"])
def test_other_formats_without_mathematics_have_text(pages: Project, builder: str) -> None:
    project = pages
    assert project.build(builder)[0] == []
    (file,) = (file for file in project.out(builder).iterdir() if file.suffix in (".1", ".texi"))
    page = file.read_text(encoding="utf-8")
    assert "y0 = w0*x0" in page
    assert "aligned" not in page


@pytest.mark.parametrize("kind", ["conv", "avgpool3d", "convtranspose2d", "maxpool1d", *layer_kinds()])
def test_every_kind_of_layer_has_its_name(project: Project, kind: str) -> None:
    project.write(
        {"index.rst": TITLE + directive(kind.upper(), input_size=4, kernel_size=2, show="output_size")}
    )
    assert project.build("text")[0] == []
    assert "output size" in project.text("text", "index.txt").lower()


def test_the_directive_reads_what_the_command_line_reads(project: Project, capsys) -> None:
    from symconv.cli.commands import run

    given = {
        "input_size": "5,4", "kernel_size": 2, "in_channels": 2, "out_channels": 2, "groups": 2, "batch": 2,
        "stride": "2,1", "padding": 1, "dilation": 1, "padding_mode": "circular", "delta": "1," * 59 + "1",
        "b": "1/2,-3", "notation": "goodfellow", "index_base": 0, "upstream_style": "partial", "max_rows": 4,
        "show": "output,grad_input,grad_bias,activation", "activation": "relu",
    }  # fmt: skip
    project.write({"index.rst": TITLE + directive("conv2d", **given)})
    assert project.build("text")[0] == []
    arguments = [
        part
        for name, v in given.items()
        for part in (f"-{name}" if len(name) == 1 else f"--{name.replace('_', '-')}", str(v))
    ]
    assert run(["derive", *arguments, "--format", "text"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "relu" in printed
    assert " ".join(project.text("text", "index.txt").split()) == f"Title ***** {printed}"


def test_a_second_build_reads_what_changed_only(project: Project) -> None:
    project.write(PAGES)
    assert sorted(project.build()[1]) == ["index", "page"]
    assert project.build()[1] == []
    project.write({"page.md": PAGES["page.md"] + "\nMore.\n"})
    assert project.build() == ([], ["page"])


@pytest.mark.exhaustive
def test_a_parallel_build_gives_the_bytes_of_a_serial_one(tmp_path: Path) -> None:
    names = [f"page{n}" for n in range(8)]  # Sphinx reads in parallel from six documents on
    listed = "".join(f"   {name}\n" for name in names)
    pages = {
        f"{name}.rst": TITLE + directive("conv1d", input_size=n + 3, kernel_size=3, label=name)
        for n, name in enumerate(names)
    }
    built = []
    for jobs in ("1", "2"):
        project = Project(tmp_path / jobs)
        project.folder.mkdir()
        project.write({"index.rst": TITLE + f".. toctree::\n\n{listed}\n:eq:`page7-output`\n", **pages})
        call = [
            sys.executable,
            "-m",
            "sphinx",
            "-W",
            "-q",
            "-j",
            jobs,
            "-d",
            str(project.folder / "doctrees"),
        ]
        subprocess.run([*call, str(project.folder / "source"), str(project.out("html"))], check=True)
        files = (file for file in project.out("html").rglob("*") if file.is_file())
        built.append({str(file.relative_to(project.out("html"))): file.read_bytes() for file in files})
    assert built[0] == built[1]
    assert b"equation-page7-output" in built[1]["index.html"]


def picture(name: str) -> Any:
    """What a layer gives for a figure."""
    return SimpleNamespace(
        alt=f'A "{name}" <of> w',
        svg=lambda: f"<svg><!-- {name} --></svg>",
        pdf=lambda: b"%PDF " + name.encode(),
    )


def test_figures_are_files_of_the_kind_that_a_format_takes(project: Project, monkeypatch) -> None:
    monkeypatch.setattr(Layer, "figure", lambda layer, name: picture(name))
    shown = directive("conv1d", input_size=4, kernel_size=3, figure="band, window", show="output")
    project.write({"index.rst": TITLE + shown})
    assert project.build("html") == ([], ["index"])
    page = project.text("html", "index.html")
    images = re.findall(r'<img alt="([^"]*)" src="_images/(symconv-\w+\.svg)"', page)
    assert [alt for alt, _ in images] == [f"A &quot;{n}&quot; &lt;of&gt; w" for n in ("band", "window")]
    assert project.text("html", f"_images/{images[1][1]}") == "<svg><!-- window --></svg>"
    assert project.build("latex") == ([], []), "one reading serves every format"
    drawn = re.findall(
        r"\\sphinxincludegraphics\{\{(symconv-\w+)\}\.pdf\}", project.text("latex", "project.tex")
    )
    assert [(project.out("latex") / f"{n}.pdf").read_bytes() for n in drawn] == [b"%PDF band", b"%PDF window"]
    assert project.build("text") == ([], [])
    assert "A “band” <of> w" in project.text("text", "index.txt") or 'A "band" <of> w' in project.text(
        "text", "index.txt"
    )


def test_figures_of_layers_are_drawn(project: Project) -> None:
    shown = directive("conv1d", input_size=4, kernel_size=3, figure="band, network", show="output")
    project.write({"index.rst": TITLE + shown})
    assert project.build("html") == ([], ["index"])
    page = project.text("html", "index.html")
    images = re.findall(r'<img alt="([^"]*)" src="_images/(symconv-\w+\.svg)"', page)
    assert [alt.split(" of ")[0] for alt, _ in images] == ["Matrix", "Network"]
    assert all("<svg" in project.text("html", f"_images/{name}") for _, name in images)
    # A picture is as dark as its page, whatever the reader prefers elsewhere.
    assert 'img[src*="symconv-"]{color-scheme:light}' in page
    assert '[data-theme=dark] img[src*="symconv-"]{color-scheme:dark}' in page
    assert re.search(
        r'@media\(prefers-color-scheme:dark\)\{\[data-theme=auto\] img\[src\*="symconv-"\]', page
    )


def test_each_figure_has_a_line_and_a_name_of_its_own(tmp_path: Path) -> None:
    project = Project(tmp_path, conf=f"{CONF}numfig = True\n")
    shown = directive("conv1d", input_size=4, kernel_size=3, figure="window, input_gradient", show="none")
    project.write({"index.rst": TITLE + shown})
    for builder in ("html", "latex", "text"):
        assert project.build(builder)[0] == []
    page = project.text("html", "index.html")
    assert re.findall(r'<figure.*?<img .*?<span class="caption-text">(.*?)</span>', page, re.DOTALL) == [
        "The input, and below it the window of each output. Each colour marks one weight.",
        "The transposed matrix. Each row gives one entry of the gradient with respect to the input.",
    ]
    assert "Fig. 2" in page
    source = project.text("latex", "project.tex")
    assert source.count("\\begin{figure}") == source.count("\\caption{") == 2
    assert "The transposed matrix." in project.text("text", "index.txt")


def test_a_figure_can_stand_alone(project: Project) -> None:
    shown = directive("conv1d", input_size=4, kernel_size=3, figure="band", show="none")
    project.write({"index.rst": TITLE + shown})
    assert project.build("html")[0] == []
    page = project.text("html", "index.html")
    assert "<p>Cross-correlation of 4 inputs with a 3-tap kernel" in page
    assert page.count("<img") == 1
    assert "aligned" not in page


def test_a_bare_directive_shows_nothing_but_what_was_asked_for(project: Project) -> None:
    shown = directive("conv1d", **VALUES, show="output", bare=True)
    steps = directive("conv1d", **SIZES, show="grad_input", steps=True, label="steps", bare=True)
    proved = directive(
        "conv1d", input_size="N", kernel_size="K", show="output", steps=True, prove=True, bare=True
    )
    project.write({"index.rst": f"{TITLE}{shown}{steps}{proved}:eq:`steps`\n"})
    assert project.build("html")[0] == []
    page = project.text("html", "index.html")
    body = page[page.index("</h1>") : page.index("</section>")]
    said = re.findall(r"<p>(.*?)</p>", body, re.DOTALL)
    assert said[0].startswith(
        "Both sides of each step were compared: every step verified on 210 cases at random entries"
    )
    assert [re.sub("<.*?>", "", text) for text in said[1:]] == ["(1)"]
    assert body.count("begin{split}") == 3


def test_the_caption_of_a_bare_figure_stands_below_it(project: Project) -> None:
    given = {"input_size": 4, "kernel_size": 3, "show": "none", "bare": True, "caption": "One <window>."}
    both = directive("conv1d", **given, figure="window, band")
    project.write({"index.rst": TITLE + both + directive("conv1d", **given)})
    for builder in ("html", "latex", "text"):
        assert project.build(builder)[0] == []
    page = project.text("html", "index.html")
    first, second = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert "figcaption" not in first
    assert "One &lt;window&gt;." in second
    assert page.count('<p class="rubric">One &lt;window&gt;.</p>') == 1
    assert "<p>Cross-correlation" not in page


def test_pages_are_read_anew_where_other_code_would_compose_them(project: Project, monkeypatch) -> None:
    project.write(PAGES)
    project.build()
    assert project.build()[1] == []
    monkeypatch.setattr("symconv.ext.sphinx.made_by", lambda: "abcdef" * 10)
    assert sorted(project.build()[1]) == ["index", "page"]


def test_an_image_that_is_there_is_not_written_again(project: Project) -> None:
    shown = directive("conv1d", input_size=4, kernel_size=3, figure="band", show="none")
    project.write({"index.rst": TITLE + shown})
    project.build()
    (image,) = (project.folder / "doctrees/images").iterdir()
    before = image.stat()
    project.build(fresh=True)
    assert image.stat() == before
