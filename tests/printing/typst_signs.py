"""The signs of a formula in order and in their colours: from its MathML, and from the PDF by Typst."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias
from xml.etree import ElementTree

import pypdfium2
import pypdfium2.raw as raw

from symconv.figures import COLOUR_VALUES
from symconv.printing.mathml import mathml
from symconv.printing.typst import typst
from tests.optional import required

#: A character with its colour, in parts of 255.
Coloured: TypeAlias = tuple[str, tuple[int, ...]]

#: Every formula on a page of its own, which is as large as the formula.
PAGE = '#set page(width: auto, height: auto, margin: 9pt)\n#set text(font: "New Computer Modern")\n'

BLACK = (0, 0, 0)

#: What MathML has for a mark on a letter, as the sign that stands over it; a line has no sign.
_MARKS = {"^": "\u0302", "~": "\u0303", "¯": "\u0304", "→": "\u20d7", "˙": "\u0307", "¨": "\u0308"}

#: In which order Typst sets the children of an element, where it is not that of MathML.
_ORDER = {"msubsup": (0, 2, 1), "munderover": (0, 2, 1), "mroot": (1, 0)}


def in_mathml(latex: str) -> list[Coloured]:
    """The signs as MathML has them, in the order in which Typst sets them: scripts above come first."""
    return list(_plain(_told(ElementTree.fromstring(mathml(latex, block=True)), BLACK)))


def _told(element: ElementTree.Element, colour: tuple[int, ...]) -> Iterator[Coloured]:
    children = list(element)
    if "mathcolor" in element.attrib:
        colour = tuple(round(255 * part) for part in COLOUR_VALUES[element.attrib["mathcolor"]])
    if element.tag == "mtable" and not element.get("displaystyle"):
        # Typst sets a matrix column by column.
        wide = max(map(len, children), default=0)
        cells = [row[at] for at in range(wide) for row in children if at < len(row)]
        yield from (sign for cell in cells for sign in _told(cell, colour))
        return
    if element.tag == "munder" and element.get("accentunder"):
        yield from _told(children[0], colour)  # the line below has no sign
        return
    if element.tag == "mover" and element.get("accent"):
        yield from _told(children[0], colour)
        yield (_MARKS[children[1].text or ""], colour)
        return
    yield from ((sign, colour) for sign in element.text or "")
    order = _ORDER.get(element.tag, range(len(children)))
    if element.tag in ("msqrt", "mroot"):
        yield "√", colour
    for at in order:
        yield from _told(children[at], colour)


def _plain(signs: Iterable[Coloured]) -> Iterator[Coloured]:
    """Characters without their style, without spaces, and without the pieces of high brackets."""
    for written, colour in signs:
        plain = unicodedata.normalize("NFKD", written.replace("*", "∗"))
        plain = re.sub("\\(cid:\\d+\\)|[\\s\u200b\ufe00\ufe01]", "", plain)
        yield from ((sign, colour) for sign in plain)


def source(formulas: Sequence[str]) -> str:
    """All formulas in one document."""
    return PAGE + "#pagebreak()\n".join(f"$ {typst(one, block=True)} $\n" for one in formulas)


def in_pdf(formulas: Sequence[str]) -> list[list[Coloured]]:
    """The signs of each formula as its page has them."""
    program = required("typst")
    compiler = program.Compiler(ignore_system_fonts=True)
    made, warned = compiler.compile_with_warnings(source(formulas).encode(), format="pdf", pdf_tags=False)
    assert warned == []
    with pypdfium2.PdfDocument(made) as pdf:
        return [list(_plain(_on(page))) for page in pdf]


def _on(page: Any) -> Iterator[Coloured]:
    """The characters of a page; those beyond the first 65,536 are there in two halves."""
    text = page.get_textpage()
    shades = [ctypes.c_uint() for _ in range(4)]
    half = ""
    for at in range(text.count_chars()):
        if raw.FPDFText_IsGenerated(text.raw, at) == 1:
            continue
        half += chr(raw.FPDFText_GetUnicode(text.raw, at))
        if len(half) == 1 and "\ud800" <= half <= "\udbff":
            continue
        raw.FPDFText_GetFillColor(text.raw, at, *shades)
        whole = half.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        yield whole, tuple(shade.value for shade in shades[:3])
        half = ""


def text_of(signs: Iterable[Coloured]) -> str:
    return "".join(sign for sign, _ in signs)
