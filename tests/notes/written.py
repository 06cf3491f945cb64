"""The notes of some layers in every format, and what is seen of them where an engine has read them."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from symconv.notes import rendered
from tests.ext.project import CONF, Project, directive
from tests.notes import test_engines as engines
from tests.notes.browser import MATHJAX, Browser
from tests.notes.layers import document, together
from tests.notes.pdfs import said_in, squeezed
from tests.notes.test_mathml import Formula, formulas_of

#: The layers whose notes are written: one on numbers, one that is not linear, one that is open in its sizes.
LAYERS = ("full", "maximum", "open")

#: Directives of Sphinx: the layer, its options, and what it shows.
DIRECTIVES: list[tuple[str, dict[str, object], list[str]]] = [
    (
        "conv1d",
        {"x": "1,2,3,4", "w": "5,6,7", "padding": "full", "flip": True},
        ["output", "matrix", "grad_input", "grad_kernel"],
    ),
    ("maxpool1d", {"input_size": 4, "kernel_size": 2}, ["output_size", "output", "grad_input"]),
    (
        "conv1d",
        {"input_size": "N", "kernel_size": "K", "stride": "s"},
        ["output_size", "output", "grad_input", "grad_kernel"],
    ),
]

#: Formulas on a page that Sphinx wrote, for a script or as MathML.
FOR_A_SCRIPT, AS_MATHML = re.compile('class="math notranslate'), re.compile("<math[ >]")

#: A formula in Markdown.
IN_MARKDOWN = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)


@dataclass(frozen=True)
class Seen:
    """How many of some things came out right, of how many, and what they were compared with.

    Attributes
    ----------
    lost : int
        How many words of the notes are missing, or none where words were not looked for.
    """

    right: int
    of: int
    things: str = "formulas"
    compared: str = ""
    lost: int | None = None

    @property
    def well(self) -> bool:
        """Whether all of it came out right, and there was something to see."""
        return self.right == self.of > 0 and not self.lost

    def __str__(self) -> str:
        count = f"all {self.of}" if self.right == self.of else f"{self.right} of {self.of}"
        said = f"{count} {self.things}"
        words = {None: "", 0: ", every word"}.get(self.lost, f", {self.lost} words missing")
        return said + words + (f", {self.compared}" if self.compared else "")


def text_of(html: str) -> str:
    """The words of a page."""
    return unescape(re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", "", html, flags=re.DOTALL))


class Bench:
    """The notes of some layers in one document, and what several engines make of it, each once."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.browser, self._folder = browser, folder
        self.notes = together(LAYERS)
        self.formulas: list[Formula] = list(formulas_of(self.notes.blocks))
        self.each = [latex for latex, _ in engines.formulas_everywhere(LAYERS)]
        self.words = said_in(self.notes)

    def place(self, name: str) -> Path:
        """An empty folder."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))

    def saved(self, name: str, **options: Any) -> Path:
        """The notes, written into a folder."""
        place = self.place("saved") / name
        self.notes.save(place, **options)
        return place

    def text(self, name: str, **options: Any) -> str:
        """The notes in a format."""
        return rendered(self.notes, name, **options)[name].decode()

    def seen(self, right: int, text: str | None = None) -> Seen:
        """So many formulas of the notes, and the words of a text."""
        found = None if text is None else squeezed(text)
        lost = None if found is None else sum(word not in found for word in self.words)
        return Seen(right, len(self.formulas), lost=lost)

    @cached_property
    def project(self) -> Project:
        """The notes and some directives in a project of Sphinx, built without a warning."""
        conf = f"{CONF}myst_enable_extensions = ['dollarmath']\n"
        conf += f"mathjax_path = {(MATHJAX / 'tex-svg-full.js').as_uri()!r}\nmathjax_options = {{}}\n"
        conf += 'mathjax3_config = {"tex": {"packages": {"[-]": ["noundefined"]}}}\n'
        made = Project(self.place("sphinx"), conf)
        shown = {
            name: "Layers\n======\n\n"
            + "".join(
                directive(kind, **options, show=",".join(show), bare=True, math=math)
                for kind, options, show in DIRECTIVES
            )
            for name, math in (("index", "sphinx"), ("mathml", "mathml"))
        }
        toctree = ".. toctree::\n   :hidden:\n\n   mathml\n   rst\n   myst\n"
        made.write({"index.rst": shown["index"] + toctree, "mathml.rst": shown["mathml"]})
        for files in (rendered(self.notes, "rst.rst"), rendered(self.notes, "myst.md", myst=True)):
            for name, content in files.items():
                (made.folder / "source" / name).write_bytes(content)
        warnings, _ = made.build()
        assert warnings == []
        return made

    @cached_property
    def notebook(self) -> Any:
        """The notebooks of the layers, one behind the other, after a run without an error."""
        books = [
            nbformat.reads(rendered(document(name), "n.ipynb")["n.ipynb"].decode(), 4) for name in LAYERS
        ]
        whole = books[0]
        whole.cells = [cell for book in books for cell in book.cells]
        for at, cell in enumerate(whole.cells):
            cell.id = f"cell-{at}"
        return NotebookClient(whole, timeout=300, kernel_name="python3").execute()
