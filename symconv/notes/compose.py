"""Composition: which sections the notes of a layer have, and in which order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from symconv.errors import OptionError
from symconv.notes.document import Document
from symconv.notes.model import Block, Heading
from symconv.notes.phrases import Told
from symconv.notes.sections import (
    algorithm,
    checks,
    dense,
    example,
    forward,
    gradients,
    matrix,
    setting,
    size,
    windows,
)
from symconv.notes.source import Sources

Section: TypeAlias = Callable[[Sources, Told], list[Block]]


def notes(sources: Sources, title: str, sections: Sequence[str] | None = None) -> Document:
    """The document of a layer: all sections that it has, or those that are asked for, in their order.

    Raises
    ------
    OptionError
        When a section is unknown, is there twice, or has nothing to say of this layer.
    """
    if not isinstance(title, str) or not title.isprintable() or not title.strip():
        raise OptionError(f"the title is {title!r}: write a line of text.")
    if isinstance(sections, str) or not isinstance(sections, Iterable | None):
        sentence = "{option} is {given!r}: write a list of names, such as ['forward', 'matrix']."
        raise OptionError(sentence, "sections", sections)
    wanted = list(SECTIONS) if sections is None else list(sections)
    blocks: list[Block] = []
    told: Told = set()
    for name in wanted:
        if not isinstance(name, str) or name not in SECTIONS:
            raise OptionError("notes have no section {given!r}: {cure}", given=name, allowed=SECTIONS)
        if wanted.count(name) > 1:
            raise OptionError(f"section {name!r} is there {wanted.count(name)} times: name each once.")
        heading, section = SECTIONS[name]
        if name == "windows" and not sources.layer.spec.kernel.shared:
            heading = "Windows"
        found = section(sources, told)
        if found:
            blocks += [Heading((heading,)), *found]
        elif sections is not None:
            sentence = f"section {{given!r}} has nothing to say of this layer: {_WHY[name]}"
            raise OptionError(sentence, given=name)
    return Document(title.strip(), tuple(blocks), sources.statements)


#: Each section by its name: its heading, and what it consists of.
SECTIONS: Mapping[str, tuple[str, Section]] = MappingProxyType(
    {
        "setting": ("Setting", setting),
        "size": ("Output size", size),
        "forward": ("Forward pass", forward),
        "matrix": ("As a matrix acting on the input", matrix),
        "windows": ("As windows times kernel", windows),
        "dense": ("As a dense layer with zeros and ties", dense),
        "gradients": ("Gradients", gradients),
        "example": ("With values", example),
        "algorithm": ("Algorithms", algorithm),
        "checks": ("Checks", checks),
    }
)

#: When a section is empty.
_WHY: Mapping[str, str] = MappingProxyType(
    {
        "dense": "no weights are learned.",
        "example": "{values}.",
        "windows": "there is no closed form of them.",
    }
)
