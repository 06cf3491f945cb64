"""The letters of the loops: those of sizes and indices, and what each stands for."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import symconv.algorithms.arrays as arrays
from symconv.printing.letters import Letter, on_axis
from symconv.printing.notation import Notation

#: What the sizes of a layer are in letters, by the names of its options and in the order of arguments.
SIZES: Mapping[str, str] = {
    "input_size": "N", "kernel_size": "K", "in_channels": "C * G", "out_channels": "F * G", "groups": "G",
    "stride": "s", "dilation": "d", "before": "p", "after": "q", "output_padding": "a",
}  # fmt: skip

#: The letter of each index by its name in a notation, and that of the number of its values.
INDICES: Mapping[str, tuple[str, str]] = {
    "output_index": ("i", "M"), "tap_index": ("k", "K"), "input_index": ("j", "N"),
    "output_channel_index": ("o", "C_out"), "input_channel_index": ("c", "C_in"),
}  # fmt: skip

#: The same for the channels of a group that a channel meets, by the role of these.
WITHIN: Mapping[str, tuple[str, str]] = {"input": ("c", "C"), "output": ("f", "F")}

#: What each letter stands for, in the order in which a reader is told.
MEANINGS: Mapping[str, str] = {
    "x": "the input", "w": "the kernel", "b": "the bias", "y": "the output",
    "delta": "the upstream gradient", "g": "the gradient that is computed",
    "N": "the number of inputs", "K": "the number of taps", "M": "the number of outputs",
    "s": "the stride", "d": "the dilation", "p": "the padding before", "q": "the padding after",
    "m": "the largest entry so far", "n": "the number of entries of a window that count",
    "a": "the output padding", "G": "the number of groups",
    "C_in": "the number of input channels", "C_out": "the number of output channels",
    "C": "the number of input channels in a group", "F": "the number of output channels in a group",
    "h": "the first channel of the group",
    "i": "an output index", "k": "a tap index", "j": "an input index",
    "o": "an output channel", "c": "an input channel of the group", "f": "an output channel of the group",
}  # fmt: skip

#: What letters stand for where another one is in use.
BESIDE: Mapping[str, Mapping[str, str]] = {"m": {"a": "its index"}, "f": {"c": "an input channel"}}


#: The field of a notation that each letter belongs to.
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "x": "input", "w": "kernel", "b": "bias", "y": "output", "delta": "upstream", "N": "input_size",
        "K": "kernel_size", "M": "output_size", "s": "stride", "d": "dilation", "p": "padding",
        "a": "output_padding", "i": "output_index", "k": "tap_index", "j": "input_index",
        "o": "output_channel_index", "c": "tap_channel_index",
    }
)  # fmt: skip

#: The words that take the places of letters that no notation has, where it uses these otherwise.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "g": "grad", "q": "behind", "m": "largest", "n": "count", "G": "groups", "C_in": "in_channels",
        "C_out": "out_channels", "C": "group_in", "F": "group_out", "h": "first", "a": "best",
        "c": "in_channel", "f": "out_channel",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Names:
    """What the loops are written with, in a notation.

    Attributes
    ----------
    names : mapping of str to str
        The name in Python of each letter of the loops that has another.
    latex : mapping of str to str
        How such a name prints, with and without the number of an axis.
    base : 0 or 1
        From where the indices of the formulas count; those of the loops count from 0.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    latex: Mapping[str, str] = field(default_factory=dict)
    base: int = 0

    @classmethod
    def of(
        cls,
        notation: Notation,
        *,
        transposed: bool = False,
        selecting: bool = False,
        channelled: bool = False,
    ) -> Names:
        """Those of a notation for a kind of layer; what it leaves as symconv has it keeps its letter.

        >>> dict(Names.of(Notation(input="a^(l-1)", output="q")).names)
        {'x': 'a_prev', 'y': 'q', 'q': 'behind'}
        """
        own, fields = Notation(), dict(FIELDS)
        if transposed:
            fields |= {"c": "input_channel_index", "f": "tap_channel_index"}
        for letter in [*("ocf" if not channelled else ""), *("a" if selecting else "")]:
            fields.pop(letter, None)
        letters = {letter: getattr(notation, field) for letter, field in fields.items()}
        changed = {k: hers for k, hers in letters.items() if hers != getattr(own, fields[k])}
        taken = {*_PYTHON, *(fields.keys() - changed.keys())}
        names: dict[str, str] = {}
        latex: dict[str, str] = {}
        for letter, hers in changed.items():
            parts = Letter.of(hers)
            names[letter] = name = _free(parts.identifier, taken)
            latex |= _printed(name, hers)
        for letter, word in WORDS.items():
            if letter not in fields and letter in taken:
                names[letter] = name = _free(word, taken)
        latex |= _printed(names.get("q", "q"), f"{notation.padding}'")
        return cls(names, latex, notation.base)

    def renamed(self, source: str) -> str:
        """A source with the letters of the notation, its head on three lines where it is long."""
        head, body = (re.sub(r"\b[A-Za-z_]\w*", self._name, part) for part in source.split(":\n", 1))
        if len(head) >= WIDTH and "\n" not in head:
            head = re.sub(r"^(.*?\()(.*)(\).*)$", r"\1\n    \2\n\3", head)
        told = f"    # Indices start at 0 here, and at {self.base} in formulas.\n" if self.base else ""
        return f"{head}:\n{told}{body}"

    def _name(self, found: re.Match[str]) -> str:
        letter = found[0] if found[0] in self.names else stem(found[0])
        return self.names.get(letter, letter) + found[0].removeprefix(letter)


def _printed(name: str, letter: str) -> dict[str, str]:
    """How a name prints, by itself and with the number of an axis."""
    axes = {f"{name}_{at + 1}": Letter.of(on_axis(letter, at, 3)).latex for at in range(3)}
    return {name: Letter.of(letter).latex, **axes}


#: The longest line of a source.
WIDTH = 110

_PYTHON = {*keyword.kwlist, *dir(builtins), *dir(arrays)}


def _free(name: str, taken: set[str]) -> str:
    """A name that is not taken yet, and is from now on."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def introduced(listings: Iterable[Any]) -> list[tuple[str, str]]:
    """The letters of listings without the numbers of axes, each with what it stands for.

    >>> from symconv import Conv1d
    >>> introduced([Conv1d(4, 3, notation="goodfellow").algorithm()])[:3]
    [('I', 'the input'), ('K', 'the kernel'), ('b', 'the bias')]
    """
    used: dict[str, str] = {}
    for listing in listings:
        letters = {name: letter for letter, name in listing.names.names.items()}
        for name in listing.function.__code__.co_varnames:
            whole = name if name in letters else stem(name)
            used.setdefault(letters.get(whole, whole), whole)
    meanings = dict(MEANINGS)
    for letter in used.keys() & {*BESIDE}:
        meanings |= BESIDE[letter]
    return [(used[letter], meaning) for letter, meaning in meanings.items() if letter in used]


def stem(letter: str) -> str:
    """A letter without the number of its axis."""
    return re.sub(r"_\d+$", "", letter)
