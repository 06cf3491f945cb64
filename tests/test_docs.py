"""The documentation builds without a warning, every page is reached, and what it shows is computed."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sphinx.util.inventory import InventoryFile

import symconv
from tests.notes.browser import Browser
from tests.optional import required_program
from tests.tiers import exhaustive, tiers

DOCS = Path(__file__).resolve().parent.parent / "docs"
sys.path.insert(0, str(DOCS))

computed = importlib.import_module("computed")

PAGES = {page.stem: page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md"))}

#: A sentence of more words than this stands on a page once.
MOST_WORDS = 6


def built(source: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """The pages in ``html`` below a folder, where warnings are errors."""
    call = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "2", "-b", "html"]
    folders = ["-d", str(tmp_path / "trees"), str(source), str(tmp_path / "html")]
    return subprocess.run([*call, *folders], capture_output=True, text=True, check=False)


class Prose(HTMLParser):
    """The paragraphs, list items, captions and cells of a page, without code and mathematics."""

    BLOCKS = frozenset({"p", "li", "dd", "dt", "td", "th", "figcaption", "h1", "h2", "h3", "h4"})
    LEFT_OUT = frozenset({"pre", "script", "style", "nav", "aside", "footer", "head"})
    EMPTY = frozenset({"img", "br", "hr", "meta", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = [""]
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.EMPTY:
            return
        formula = "math" in (dict(attrs).get("class") or "").split()
        if self._hidden or tag in self.LEFT_OUT or formula:
            self._hidden.append(tag)
            if formula:
                self.texts[-1] += " X "
        elif tag in self.BLOCKS:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag in self._hidden:
                while self._hidden.pop() != tag:
                    pass
        elif tag in self.BLOCKS:
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts[-1] += data


def long_sentences(html: str) -> list[str]:
    """The sentences of a page that have many words."""
    reader = Prose()
    reader.feed(html)
    parts = (part for text in reader.texts for part in re.split(r"(?<=[.!?])\s+", " ".join(text.split())))
    return [part for part in parts if len(part.split()) > MOST_WORDS]


def twice(html: str) -> list[str]:
    """The sentences that a page says more than once."""
    return [sentence for sentence, count in Counter(long_sentences(html)).items() if count > 1]


def test_a_sentence_that_a_page_says_twice_is_found() -> None:
    said = "This is a sentence of eight whole words."
    formula = '<span class="math notranslate">s <b>x</b></span>'
    page = f"<h1>T</h1><p>{said} Short one.</p><pre>{said}</pre><ul><li><p>A start. {said}</p></li></ul>"
    assert twice(page) == [said]
    assert twice(page.replace("eight whole", "many", 1)) == []
    assert twice(f"<p>The window {formula} moves on by one.</p><p>The window moves on by one.</p>") == []
    assert twice(
        f"<p>Here is {formula}. {said}</p><figure><img><figcaption>{said}</figcaption></figure>"
    ) == [said]


@exhaustive
def test_the_documentation_is_built_says_nothing_twice_and_fits_every_screen(
    tmp_path: Path, browser: Browser
) -> None:
    done = built(DOCS, tmp_path)
    assert done.returncode == 0, done.stderr
    pages = {file.stem: file.read_text(encoding="utf-8") for file in (tmp_path / "html").glob("*.html")}
    assert pages.keys() >= PAGES.keys()
    opening = pages["convolution"]
    assert "[5, 16, 34, 52, 45, 28]" in opening
    assert opening.count("_images/symconv-") >= 3, "the window, the network and the gradient are pictures"
    assert "A &amp;= \\sigma(X W)" in opening
    assert "_images/symconv-" in pages["index"]
    assert all("problematic" not in page for page in pages.values())
    # Docstrings stand alone: on the page that lists them two may describe the same option.
    said = {name: twice(page) for name, page in pages.items() if name != "api"}
    assert {name: sentences for name, sentences in said.items() if sentences} == {}
    found = {
        (name, screen): judged
        for name in ("convolution", "gallery", "layers", "command-line", "index")
        for screen, judged in browser.judged(tmp_path / "html" / f"{name}.html").items()
    }
    assert {screen: judged for screen, judged in found.items() if not judged.well} == {}
    require_interface(tmp_path / "html")


def require_interface(html: Path) -> None:
    """Every public name is at its public address, where others find it, and has an example."""
    names = {f"symconv.{name}" for name in symconv.__all__}
    listed = InventoryFile.loads((html / "objects.inv").read_bytes(), uri="").data
    entries = {name for kind, found in listed.items() if kind.startswith("py:") for name in found}
    assert {*names, "symconv.Conv.formula", "symconv.Formula.rhs", "symconv.errors.OptionError"} <= entries
    page = (html / "api.html").read_text(encoding="utf-8")
    assert without_example(page, names) == []
    assert examples_as_fields(page) == []
    assert page.count("<h2>") >= 8, "names stand in groups"


def without_example(page: str, names: Iterable[str]) -> list[str]:
    """The names whose own text on a page, without that of their members, has no example."""
    entry = re.compile(
        r'<dt class="sig sig-object py" id="([\w.]+)">(.*?)(?=<dt class="sig |</section>)', re.DOTALL
    )
    texts = {found[1]: found[2] for found in entry.finditer(page)}
    return sorted(name for name in names if "&gt;&gt;&gt;" not in texts.get(name, ""))


def examples_as_fields(page: str) -> list[str]:
    """What stands among parameters, attributes and errors, but is an example."""
    fields = re.findall(r'<dl class="field-list.*?</dl>', page, re.DOTALL)
    return [field for field in fields if "&gt;&gt;&gt;" in field]


INTERFACE = """
<section><h2>Group</h2>
<dl><dt class="sig sig-object py" id="a.One">One()</dt><dd>Text. {}
<dl class="field-list simple"><dt>Raises</dt><dd>{}</dd></dl>
<dl><dt class="sig sig-object py" id="a.One.member">member</dt><dd>&gt;&gt;&gt; 1</dd></dl></dd></dl>
</section>
"""


def test_an_example_that_is_missing_or_misplaced_is_found() -> None:
    assert without_example(INTERFACE.format("&gt;&gt;&gt; 2", ""), ["a.One", "a.Two"]) == ["a.Two"]
    assert without_example(INTERFACE.format("", ""), ["a.One", "a.One.member"]) == ["a.One"]
    assert examples_as_fields(INTERFACE.format("&gt;&gt;&gt; 2", "")) == []
    assert len(examples_as_fields(INTERFACE.format("", "&gt;&gt;&gt; 2"))) == 1


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = re.findall(
        r"```\{toctree\}\n:caption: [^\n]+\n:hidden:\n\n(.*?)\n```", PAGES["index"], re.DOTALL
    )
    assert len(listed) == 4
    assert sorted(" ".join(listed).split()) == sorted(PAGES.keys() - {"index"})


def test_every_case_of_the_gallery_has_a_number_a_picture_its_sizes_and_a_formula() -> None:
    cases = re.split(r"^### ", PAGES["gallery"], flags=re.MULTILINE)[1:]
    assert [int(case.split(".")[0]) for case in cases] == list(range(1, len(cases) + 1))
    for case in cases:
        shown = re.findall(r"^:show: (.*)$", case, re.MULTILINE)
        assert ":figure:" in case, case
        assert {"output_size", "output"} <= set(", ".join(shown).split(", ")), case


def test_every_relationship_of_the_guide_has_an_example() -> None:
    parts = re.split(r"^### Relationship ", PAGES["sizes"], flags=re.MULTILINE)[1:]
    assert [int(part.split(":")[0]) for part in parts] == list(range(1, 16))
    assert all(".output_size" in part for part in parts)


def sections(page: str) -> list[str]:
    """The innermost sections of a page that have examples."""
    return [part for part in re.split(r"^##+ ", page, flags=re.MULTILINE)[1:] if ">>> " in part]


#: What is shown by values and not by a claim.
VALUES_ONLY = ("Maxima of zeros",)


@pytest.mark.parametrize("section", sections(PAGES["mistakes"]), ids=lambda part: part.split("\n")[0])
def test_every_mistake_is_refuted(section: str) -> None:
    assert ("refuted" in section) != section.startswith(VALUES_ONLY)


#: Pages with commands.
COMMANDED = [name for name, page in PAGES.items() if "```console\n" in page]


@pytest.mark.parametrize("name", tiers(COMMANDED, ("claims", "command-line", "index")))
def test_the_commands_of_a_page_work_in_their_order(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    """Each page in a folder of its own, where its files are written as the reader comes to them."""
    monkeypatch.chdir(tmp_path)
    page = PAGES[name]
    found = list(computed.FILE.finditer(page))
    files = [(page[: file.start()].count("\n"), file[2], file[3]) for file in found]
    for command in computed.commands(page):
        for _, file, text in (file for file in files if file[0] < command.line):
            Path(file).write_text(text, encoding="utf-8")
        if command.words[0] == "symconv":
            code, printed = computed.outcome(command)
            assert printed == command.printed
            refused = any("refuted" in line or line.startswith("symconv: ") for line in printed)
            assert bool(code) == refused, command.words
        else:
            first, *given = command.words
            program = (
                [sys.executable, "-m", "sphinx"] if first == "sphinx-build" else [required_program(first)]
            )
            done = subprocess.run([*program, *given], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            assert command.printed == []
        made = [word for flag, word in zip(command.words, command.words[1:], strict=False) if flag == "-o"]
        assert all(Path(file).stat().st_size for file in made)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The configuration of the documentation, for pages of a test."""
    source = tmp_path / "docs"
    source.mkdir()
    for name in ("conf.py", "computed.py"):
        shutil.copy(DOCS / name, source)
    shutil.copytree(DOCS / "_static", source / "_static")
    return source


STALE = """# Page

```python
>>> 40 + 1
42
>>> 40 + 2
42

```

```console
$ symconv claim --input-size N --kernel-size K output_size "N \\
    - K"
output_size: proved
```
"""


@pytest.mark.exhaustive
def test_what_examples_and_commands_give_is_computed_when_a_page_is_built(site: Path, tmp_path: Path) -> None:
    (site / "index.md").write_text(STALE, encoding="utf-8")
    done = built(site, tmp_path)
    assert done.returncode == 1
    assert re.search(r"index.md:4: WARNING: '40 \+ 1\\n' gives '41\\n', and not '42\\n'", done.stderr)
    assert re.search(r"index.md:13: WARNING: symconv claim .* prints \['output_size: refuted", done.stderr)
    text = re.sub(r"<.*?>", "", (tmp_path / "html/index.html").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert "&gt;&gt;&gt; 40 + 1\n41\n&gt;&gt;&gt; 40 + 2\n42\n" in text
    assert "output_size: refuted; for K = 1, N = 1 it gives 0 instead of 1" in text


def test_what_is_recorded_has_no_complaint_left() -> None:
    recorded = computed.recorded(STALE)
    assert computed.with_examples(recorded) == (recorded, [])
    assert computed.with_commands(recorded) == (recorded, [])
    assert "\n41\n" in recorded


def test_tables_name_every_preset_and_every_option() -> None:
    presets = [computed.TABLES[table]() for table in ("presets", "preset-formulas")]
    for name in computed.symconv.Notation.preset_names():
        assert all(f"`{name}`" in table for table in presets)
    listed = computed.TABLES["options"]()
    for command in computed.cli.commands.values():
        assert all(param.opts[-1] in listed for param in command.params if param.param_type_name == "option")
