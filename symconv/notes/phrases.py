"""The pieces that the appendix is put together from: sentences and equations in the letters of a layer."""

import re
from collections.abc import Sequence
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


#: The formulas in the sentences of rules and reasons: bracketed, with an index, or a letter alone.
_FORMULA = re.compile(
    r"\(x (?:\*|star) w\)_i = sum_k w_k x_\{i[-+]k\}|dx_a/dx_b = \[a = b\]|\[j = a\]|\[P\]|\bj = a\b|\bx_i\b"
    r"|(?<=sequences )x\b|(?<=sequences x and )w\b|(?<=Upsampling )x\b|(?<=Upsampling x by )s\b|\bs - 1\b"
    r"|(?<=entry )s i\b|(?<=1 if )P\b|(?<=sum over )j\b"
)


def typeset(text: str) -> Words:
    """A sentence of a rule, its formulas as mathematics."""
    found, at = list[str | Maths](), 0
    for match in _FORMULA.finditer(text):
        latex = match[0].replace("sum_", r"\sum_").replace("star", r"\star")
        latex = re.sub(r"d(x_[ab])", r"\\partial \1", latex)
        found += [text[at : match.start()], Maths(latex, match[0])]
        at = match.end()
    return tuple(part for part in (*found, text[at:]) if part)


def say(source: Source, text: str) -> Prose:
    """A paragraph in the letters of the layer."""
    return Prose(words(text, **_letters(source.spec.notation)))


def reason(source: Source, name: str) -> Prose:
    """Why an equation holds; what it is about stands in the heading."""
    text = source.reasons[name].split(": ", 1)[-1]
    return Prose(typeset(text[0].upper() + text[1:]))


def enumerated(parts: Sequence[Words]) -> Words:
    """Parts of a sentence with commas between them, and "and" before the last.

    >>> enumerated([("padding",), ("stride ", "s"), ("dilation",)])
    ('padding', ', ', 'stride ', 's', ' and ', 'dilation')
    """
    found: list[str | Maths] = []
    for at, part in enumerate(parts):
        found += [*([" and " if at == len(parts) - 1 else ", "] if at else []), *part]
    return tuple(found)


def equation(sources: Sources, which: str, name: str, function: Any = None, code: str = "") -> list[Block]:
    """A quantity's equation, if this layer has it; ``which`` is the layer's name in the code."""
    source: Source | None = getattr(sources, which)
    if source is None or name not in source.equation_names:
        return []
    given = f", function={code}" if function is not None else ""
    item = source.equation(name, function=function)
    return [Display(item, f"{which}.equation({name!r}{given})", f"{which}-{name}")]
