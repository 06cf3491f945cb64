"""The directive on bad input: one warning at its line, nothing half-shown; text is escaped, never run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from symconv.errors import OptionError
from symconv.layers import Layer
from tests.ext.project import Project, directive, fence

GOOD = {"x": "1,2,3", "w": "4,5"}
SIZES = {"input_size": 3, "kernel_size": 2}
CODE = "__import__('os').system('touch ran')"
TEX = "\\input{/etc/passwd}"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def project(tmp_path: Path, monkeypatch) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


#: A kind of layer, its options, and what is said of them.
WRONG: list[tuple[str, dict[str, object], str]] = [
    ("conv1d", {**GOOD, "strid": 2}, "unknown option 'strid': did you mean 'stride'? Write one of 'x', "),
    ("conv1d", {**GOOD, "transposed": True}, "unknown option 'transposed': write one of 'x', "),
    ("conv1d", {**GOOD, "help": True}, "unknown option 'help': write one of 'x', "),
    ("conv1d", {**GOOD, "stride=2": 1}, "unknown option 'stride=2': did you mean 'stride'?"),
    ("conv-transpose1d", GOOD, "there is no layer 'conv-transpose1d': did you mean 'convtranspose1d'?"),
    ("conv1d conv2d", GOOD, "there is no layer 'conv1d conv2d': did you mean 'conv2d'?"),
    ("", GOOD, "name a layer after the directive, such as conv1d."),
    ("conv1d", {**GOOD, "flip": "yes"}, ":flip: is 'yes', but it takes no value: leave it empty."),
    ("conv1d", {**GOOD, "stride": True}, ":stride: is empty: give it a value, or leave it out."),
    ("conv1d", {"x": "1,2"}, ":kernel-size: is missing: give it, or give the entries with :w:."),
    ("conv1d", {**GOOD, "x": "1,,2"}, "Invalid value for ':x:': '' is not an entry"),
    ("conv1d", {**GOOD, "x": "x0,1"}, ":x: uses x0, which already has a meaning in this layer"),
    ("conv1d", {**GOOD, "stride": 0}, ":stride: is 0: it must be at least 1"),
    ("conv1d", {**GOOD, "stride": "2,2"}, ":stride: (2, 2) has 2 entries for 1 axis"),
    ("conv1d", {"input_size": "3,3", "kernel_size": 2}, ":input-size:"),
    ("conv2d", GOOD, ":x: has 3 entries, but the layer takes 9"),
    ("conv1d", {"x": "1,2", "w": "1,2,3"}, "a kernel of 3 taps with dilation 1 spans 3 inputs"),
    ("conv1d", {**GOOD, "padding": "ful"}, "did you mean 'full'?"),
    ("conv1d", {**GOOD, "padding_mode": "zero"}, ":padding-mode: is 'zero': did you mean 'zeros'?"),
    ("conv1d", {**GOOD, "notation": "goodfelow"}, "Invalid value for ':notation:': 'goodfelow' is not"),
    ("conv1d", {**GOOD, "show": "output,matrx"}, ":show: names 'matrx', which is not a quantity: did you"),
    ("conv1d", {**GOOD, "show": "grad_bias"}, "but this layer has no bias: add :bias: or :b:."),
    ("conv1d", {**SIZES, "steps": True, "activation": "f"}, ":activation: needs explicit entries"),
    ("conv1d", {**GOOD, "output_padding": 1}, ":output-padding: does not go with conv1d."),
    ("maxpool1d", {"input_size": 4, "kernel_size": 2, "flip": True}, ":flip: does not go with maxpool1d"),
    ("avgpool1d", GOOD, ":w: does not go with avgpool1d: give :kernel-size:."),
    ("conv1d", {**GOOD, "tap_colours": "blau"}, "did you mean 'blue'?"),
    ("conv1d", {**GOOD, "max_rows": 1}, ":max-rows: is 1: write a whole number of at least 3, or 0 to"),
    ("conv1d", {"input_size": "9" * 30, "kernel_size": 3}, "at most"),
    ("conv1d", {**GOOD, "label": "a b"}, ":label: is 'a b': write letters and digits"),
    ("conv1d", {**GOOD, "show": "output,output"}, ":show: names 'output' 2 times: name each quantity once."),
    ("conv1d", {**GOOD, "label": "before", "show": "output"}, ":label: 'before' is already used"),
    ("conv1d", {**GOOD, "x": CODE}, "is not an entry: write numbers or names"),
    ("conv1d", {**GOOD, "x": TEX}, "is not an entry: write numbers or names"),
    ("conv1d", {"input_size": TEX, "kernel_size": 2}, "Invalid value for ':input-size:'"),
    ("conv1d", {"input_size": CODE, "kernel_size": 2}, "Invalid value for ':input-size:'"),
    ("conv1d", {**GOOD, "activation": TEX}, "write a name such as 'f'"),
    ("conv1d", {**GOOD, "label": TEX}, ":label: is '\\\\input{/etc/passwd}': write letters and digits"),
    ("conv1d", {**GOOD, "label": SCRIPT}, ":label: is "),
    ("conv1d", {**GOOD, "show": SCRIPT}, ":show: names '<script>"),
    ("conv1d", {**GOOD, "x": "1/٠"}, "'1/٠' is not an entry"),
    ("conv1d", {**GOOD, "x": "a -w b"}, "Invalid value for ':x:': 'a -w b' is not an entry"),
    ("conv1d", {"input_size": "__", "kernel_size": 2}, "'__' is not a size"),
    ("conv1d", {**GOOD, "steps": True}, ":x: gives values, but steps and claims are symbolic: write "
     ":input-size: 3 instead."),
    ("conv1d", {**GOOD, "show": "output", "activation": "f"}, "has no effect on what :show: names"),
    ("conv1d", {**GOOD, "show": "none", "label": "a"}, ":label: is 'a', but no equation is shown"),
    ("conv1d", {**SIZES, "groups": 2}, "give :in-channels: and :out-channels:."),
    ("conv1d", {"input_size": 60, "kernel_size": 2, "figure": "band"}, "or print the matrix with :show:"),
    ("conv1d", {"input_size": 30000, "kernel_size": 2, "show": "matrix", "max_rows": 0},
     "can be printed: leave out :max-rows: 0"),
    (TEX, GOOD, "there is no layer '\\\\input{/etc/passwd}': write one of "),
]  # fmt: skip


@dataclass(frozen=True)
class Refused:
    """All wrong directives, each on a page of its own, built in one project."""

    project: Project
    warnings: list[str]
    pages: list[str]

    def of(self, at: int) -> list[str]:
        """What is warned of a page."""
        return [line for line in self.warnings if line.startswith(f"page{at}.")]


@pytest.fixture(scope="module", params=["rst", "md"])
def refused(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Refused:
    markup = request.param
    write, title = (directive, "Title\n=====\n\n") if markup == "rst" else (fence, "# Title\n\n")
    pages = []
    for at, (kind, options, _) in enumerate(WRONG):
        before = write("conv1d", **GOOD, label=f"before{at}", show="output") + "Between.\n\n"
        given = {**options, "label": f"before{at}"} if options.get("label") == "before" else options
        pages.append(f"{title}{before}{write(kind, **given)}\nAfter.\n")
    with pytest.MonkeyPatch.context() as patched:
        project = Project(tmp_path_factory.mktemp(markup))
        patched.chdir(project.folder)
        listed = "Title\n=====\n\n.. toctree::\n   :glob:\n\n   page*\n"
        project.write({"index.rst": listed, **{f"page{n}.{markup}": page for n, page in enumerate(pages)}})
        warnings, _ = project.build("html")
    return Refused(project, warnings, pages)


def test_only_wrong_directives_are_warned_of(refused: Refused) -> None:
    assert len(refused.warnings) == len(WRONG)
    assert not (refused.project.folder / "ran").exists()


@pytest.mark.parametrize("at", range(len(WRONG)))
def test_a_wrong_directive_is_one_warning_at_its_line(refused: Refused, at: int) -> None:
    said = WRONG[at][2].replace("'before'", f"'before{at}'")
    (warning,) = refused.of(at)
    upto = "Between.\n\n"
    line = refused.pages[at].index(upto) + len(upto)
    number = refused.pages[at][:line].count("\n") + 1
    assert re.match(rf"page{at}\.\w+:{number}: WARNING: symconv: ", warning)
    assert said in warning
    page = refused.project.text("html", f"page{at}.html")
    between = page[page.index("<p>Between.</p>") + len("<p>Between.</p>") : page.index("<p>After.</p>")]
    assert between.strip() == ""


@pytest.mark.parametrize("markup", ["rst", "md"])
def test_content_is_refused(project: Project, markup: str) -> None:
    body = f"\n   {CODE}\n" if markup == "rst" else f"\n{CODE}\n"
    title = "Title\n=====\n" if markup == "rst" else "# Title\n"
    write = directive if markup == "rst" else fence
    text = write("conv1d", **GOOD)
    text = text.rstrip("\n") + f"\n{body}" if markup == "rst" else text.replace("5\n", f"5\n{body}")
    project.write({f"index.{markup}": f"{title}\n{text}\n"})
    warnings, _ = project.build("html")
    line = title.count("\n") + 2
    assert warnings == [
        f"index.{markup}:{line}: WARNING: symconv: the directive takes no content: put an empty line "
        "after its options. [symconv]"
    ]
    assert "aligned" not in project.text("html", "index.html")


def test_captions_are_text(project: Project) -> None:
    caption = f"{TEX} {SCRIPT} {CODE} `x <javascript:alert(1)>`_ |sub| $x$ 'quoted'"
    project.write({"index.rst": "Title\n=====\n\n" + directive("conv1d", **GOOD, caption=caption)})
    for builder in ("html", "latex", "text"):
        assert project.build(builder)[0] == []
    page = project.text("html", "index.html")
    assert SCRIPT not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="javascript' not in page
    source = project.text("latex", "project.tex")
    assert TEX not in source
    assert "\\textbackslash{}input\\{/etc/passwd\\}" in source
    assert f"{TEX} {SCRIPT}" in " ".join(project.text("text", "index.txt").split())
    assert not Path("ran").exists()


def test_names_of_entries_are_letters_only(project: Project) -> None:
    project.write({"index.rst": "Title\n=====\n\n" + directive("conv1d", x="input,alpha_1,end", w="2,q")})
    assert project.build("latex")[0] == []
    source = project.text("latex", "project.tex")
    assert "\\alpha_{1}" in source
    assert "\\input" not in source.partition("\\begin{document}")[2]
    assert "\\end " not in source.partition("\\begin{document}")[2]


def test_a_warning_can_be_suppressed_by_its_type(tmp_path: Path) -> None:
    conf = 'extensions = ["symconv.ext.sphinx"]\nsuppress_warnings = ["symconv"]\n'
    project = Project(tmp_path, conf)
    project.write({"index.rst": "Title\n=====\n\n" + directive("conv1d", x="1,2")})
    assert project.build()[0] == []


def test_a_figure_that_cannot_be_drawn_is_a_warning(project: Project, monkeypatch) -> None:
    shown = directive("conv1d", **GOOD, figure="band", show="output")
    project.write({"index.rst": f"Title\n=====\n\n{shown}"})
    place = "index.rst:4: WARNING: symconv: "

    def refused(layer: Layer, name: str) -> object:
        raise OptionError(f"{name!r} is no figure.")

    monkeypatch.setattr(Layer, "figure", refused)
    assert project.build()[0] == [f"{place}'band' is no figure. [symconv]"]
    assert "aligned" not in project.text("html", "index.html")

    class Undrawn:
        alt = "A band."

        def svg(self) -> str:
            raise OptionError("no ink.")

    monkeypatch.setattr(Layer, "figure", lambda layer, name: Undrawn())
    assert project.build(fresh=True)[0] == [f"{place}no ink. [symconv]"]
    page = project.text("html", "index.html")
    assert "<img" not in page
    assert "<figure" not in page
