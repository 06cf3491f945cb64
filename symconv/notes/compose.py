"""Composition: which sections the notes of a layer have, at which depth, and in which order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias

import symconv.notes.kinds as kinds
from symconv.errors import OptionError
from symconv.notes.appendix import algorithms, dense, derivations, letters, windows
from symconv.notes.document import Document
from symconv.notes.known import checks, proofs
from symconv.notes.learning import learning
from symconv.notes.matrices import matrix
from symconv.notes.model import Block, Display, Heading, Maths, Prose
from symconv.notes.numbers import numbers
from symconv.notes.padding import modes
from symconv.notes.phrases import letter
from symconv.notes.pieces import Pen
from symconv.notes.sections import briefly, wanted_sections
from symconv.notes.sizes import referred, size
from symconv.notes.source import Sources
from symconv.notes.talk import frames
from symconv.notes.why import why
from symconv.notes.worked import Worked
from symconv.printing.names import Depth, SectionName

Section: TypeAlias = Callable[[Sources], list[Block]]

#: Each section by its name: its heading, and what it consists of.
SECTIONS: Mapping[str, tuple[str, Section]] = MappingProxyType(
    {
        "numbers": ("The numbers", numbers),
        "matrix": ("The matrix", matrix),
        "why": ("Why it matters", why),
        "size": ("Output size", lambda s: [*size(s), *modes(s, Pen(Worked(s.example)), "size")]),
        "learning": ("Learning", learning),
        "checks": ("How we know", checks),
        "letters": ("Letters", letters),
        "derivations": ("Derivations", derivations),
        "windows": ("Windows", windows),
        "dense": ("As a dense layer", dense),
        "algorithms": ("Algorithms", algorithms),
        "proofs": ("Proofs and checks", proofs),
    }
)

#: What each depth consists of.
DEPTHS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "page": ("numbers", "matrix", "learning", "checks"),
        "standard": ("numbers", "matrix", "why", "size", "learning", "checks"),
        "full": tuple(SECTIONS),
    }
)

#: When a section is empty.
_WHY: Mapping[str, str] = MappingProxyType(
    {"dense": "no weights are learned.", "windows": "there is no matrix of them."}
)


def notes(
    sources: Sources, title: str, depth: Depth = "standard", sections: Sequence[SectionName] | None = None
) -> Document:
    """The document of a layer: the sections of a depth, or those that are asked for, in their order.

    Raises
    ------
    OptionError
        When the depth or a section is unknown, or a section is there twice, or has nothing to say of this
        layer.
    """
    if not isinstance(title, str) or not title.isprintable() or not title.strip():
        raise OptionError(f"the title is {title!r}: write a line of text.")
    wanted = wanted_sections(depth, sections, DEPTHS, SECTIONS, ("numbers", "matrix"))
    blocks: list[Block] = []
    parts: dict[str, list[Block]] = {}
    if sections is None:
        blocks.append(
            Prose(kinds.opening(Pen(Worked(sources.example))), lead=True, spare=int(depth == "page"))
        )
    for name in wanted:
        heading, section = SECTIONS[name]
        found = parts[name] = section(sources)
        found = _with_derivations(found) if name == "checks" and "derivations" not in wanted else found
        found = _said_once(sources, name, found, blocks)
        if depth == "page":
            found = briefly(found)
        if found and depth == "page" and name == "checks":
            blocks += found
        elif found:
            blocks += [Heading((heading,)), *found]
        elif sections is not None:
            sentence = f"section {{given!r}} has nothing to say of this layer: {_WHY[name]}"
            raise OptionError(sentence, given=name)
    pages = _pages(sources, depth) if sections is None else 0
    shown = frames(sources, title.strip(), wanted, parts, whole=sections is None)
    sizes = _in_title(sources) if title == sources.layer.title else ()
    return Document(title.strip(), tuple(blocks), sources.statements, pages, shown, letters=sizes)


def _in_title(sources: Sources) -> tuple[Maths, ...]:
    """The letters of sizes in the title of a layer; an "a" is the article."""
    given = [size for r in sources.layer.spec.tied.relations for size in r.geometry.values()]
    found = {str(symbol) for size in given for symbol in getattr(size, "free_symbols", ())} - {"a"}
    return tuple(map(letter, sorted(found)))


def _said_once(sources: Sources, name: str, found: list[Block], before: Sequence[Block]) -> list[Block]:
    """A section without the definitions of letters that stand beside an earlier formula."""
    if not any(isinstance(block, Display) and block.label == "output" for block in before):
        return found
    if name == "size":
        return referred(sources, found)
    if name == "dense" and any(isinstance(b, Display) and b.label == "outer-product" for b in before):
        return dense(sources, printed=SECTIONS["learning"][0])
    return [
        replace(block, item=block.short)
        if isinstance(block, Display) and block.label == "gradients" and block.short
        else block
        for block in found
    ]


def _with_derivations(found: list[Block]) -> list[Block]:
    """What was checked, with where the derivations stand, which are not in this document."""
    *others, last = found
    assert isinstance(last, Prose)
    return [
        *others,
        replace(last, words=(*last.words, " A longer version of these notes derives each step.")),
    ]


def _pages(sources: Sources, depth: str) -> int:
    """So many pages a depth takes at the most; 0 for any number."""
    spec = sources.layer.spec
    large = len(spec.axes) > 1 or kinds.channelled(spec)
    return {"page": 1, "standard": 3 if large else 2, "full": 0}[depth]
