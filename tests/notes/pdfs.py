"""PDFs of notes by TeX and by Typst, and the words and numbers that are read in them."""

from __future__ import annotations

import io
import os
import re
import subprocess
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pdfplumber

from symconv.notes import rendered
from symconv.notes.model import Algorithm, Display, InCode, Manuscript, Maths, Picture
from tests.notes.layers import document
from tests.optional import required, required_program


def compiled(latex: str, folder: Path, engine: str, *, once: bool = False) -> str:
    """The log of a run that must succeed without an overfull box or an undefined reference.

    Once is enough to see where everything stands; references are known in the second run only.
    """
    required_program("latexmk")
    (folder / "notes.tex").write_text(latex, encoding="utf-8")
    program = "lualatex" if engine == "lualatex" else "pdflatex"
    required_program(program)
    started = [program] if once else ["latexmk", f"-{engine}"]
    command = [*started, "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "notes.tex"]
    environment = {**os.environ, "max_print_line": "1000"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    assert done.returncode == 0, "\n".join(done.stdout.splitlines()[-30:])
    log = (folder / "notes.log").read_text(encoding="utf-8", errors="replace")
    unwanted = r"^Overfull .*$" + (r"|^LaTeX Warning: (?:Reference|Label).*$" * (not once))
    assert not re.findall(unwanted, log, re.MULTILINE), log[-2000:]
    return log


def set_by_typst(made: Manuscript) -> bytes:
    """The PDF of a document."""
    required("typst")
    return rendered(made, "n.pdf", engine="typst")["n.pdf"]


#: What is asked of letters and marks; the rest of what a PDF says of each would fill the memory.
_ASKED = ("text", "fontname", "size", "upright", "x0", "x1", "top", "bottom", "height", "matrix")


def measured(marks: Iterable[Any]) -> list[dict[str, Any]]:
    """Letters, lines and boxes of a page, each with what is asked of it."""
    return [{key: mark[key] for key in _ASKED if key in mark} for mark in marks]


@cache
def pages_of(name: str, notation: str = "symconv", depth: str = "standard") -> list[Any]:
    """The letters and the marks of each page of a layer's notes."""
    with pdfplumber.open(io.BytesIO(set_by_typst(document(name, notation, depth)))) as found:
        return [
            (measured(page.chars), measured([*page.rects, *page.lines, *page.curves]), page.extract_text())
            for page in found.pages
        ]


def squeezed(text: str) -> str:
    """Letters and digits alone, without the number of a page or the pieces of high brackets.

    Lines break within words, and TeX leaves no spaces between them.
    """
    text = re.sub(r"\n\d+$", "", text)
    plain = re.sub(r"\(cid:\d+\)", "", unicodedata.normalize("NFKD", text))
    return re.sub("[^A-Za-z0-9]", "", plain)


def as_written(chars: list[Any]) -> str:
    """Letters and digits of a page in the order in which they were written, without the page's number.

    A line beside a picture goes on in the next line, not in the words of the picture.
    """
    lowest = max(char["bottom"] for char in chars if char["text"].strip())
    return squeezed("".join(char["text"] for char in chars if char["bottom"] < lowest - 2))


def said_in(made: Manuscript) -> set[str]:
    """The words and numbers of a document in print that are not within formulas."""
    found: list[str] = []

    def gather(item: Any) -> None:
        if isinstance(item, InCode):
            return
        if isinstance(item, str):
            found.extend(re.findall(r"[A-Za-z]{4,}|\d{2,}", unicodedata.normalize("NFKD", item)))
        elif isinstance(item, tuple):
            for part in item:
                gather(part)
        elif isinstance(item, Algorithm | Picture):
            gather(item.caption)
        elif not isinstance(item, Maths | Display):
            for name in ("words", "points", "head", "rows"):
                gather(getattr(item, name, ()))

    gather(made.blocks)
    return set(found)
