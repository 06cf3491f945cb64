"""The pieces that the appendix is put together from: sentences and equations in the letters of a layer."""

from typing import Any

from symconv.notes.model import Block, Display, Maths, Prose, Words
from symconv.notes.source import Source, Sources
from symconv.printing.notation import Notation
from symconv.printing.targets import target_of


def words(text: str, **letters: str) -> Words:
    """A sentence with letters of a notation put in for names in braces.

    >>> words("{y} has {m} entries.", y="y", m="M")[0].latex
    'y'
    """
    found: list[str | Maths] = []
    for at, part in enumerate(text.replace("}", "{").split("{")):
        if part:
            found.append(letter(letters[part]) if at % 2 else part)
    return tuple(found)


def letter(name: str) -> Maths:
    """A letter of a notation."""
    return Maths(target_of("latex").letter(name), name)


def function(name: str) -> Maths:
    """The name of a function, upright where it is a word.

    >>> function("relu").latex, function("sigma").latex
    ('\\\\operatorname{relu}', '\\\\sigma')
    """
    return Maths(target_of("latex").function(name), name)


def _letters(n: Notation) -> dict[str, str]:
    """The letters that sentences use."""
    return {
        "x": n.input, "w": n.kernel, "y": n.output, "T": n.matrix, "X": n.windows, "E": n.tying,
        "N": n.input_size, "K": n.kernel_size, "M": n.output_size, "L": n.loss, "b": n.bias,
        "s": n.stride, "d": n.dilation, "p": n.padding, "q": f"{n.padding}'", "a": n.output_padding,
        "i": n.output_index, "k": n.tap_index, "j": n.input_index,
    }  # fmt: skip


def say(source: Source, text: str) -> Prose:
    """A paragraph in the letters of the layer."""
    return Prose(words(text, **_letters(source.spec.notation)))


def reason(source: Source, name: str) -> Prose:
    """Why an equation holds; what it is about stands in the heading."""
    text = source.reasons[name].split(": ", 1)[-1]
    return Prose((text[0].upper() + text[1:],))


def joined(parts: list[Maths]) -> Words:
    """Pieces of mathematics with commas between them."""
    found: list[str | Maths] = []
    for at, part in enumerate(parts):
        found += [", ", part] if at else [part]
    return tuple(found)


def equation(sources: Sources, which: str, name: str, function: Any = None, code: str = "") -> list[Block]:
    """A quantity's equation, if this layer has it; ``which`` is the layer's name in the code."""
    source: Source | None = getattr(sources, which)
    if source is None or name not in source.equation_names:
        return []
    given = f", function={code}" if function is not None else ""
    item = source.equation(name, function=function)
    return [Display(item, f"{which}.equation({name!r}{given})", f"{which}-{name}")]
