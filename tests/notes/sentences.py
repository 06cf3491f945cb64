"""Prints every sentence that notes can hold, once, for reading: ``python -m tests.notes.sentences``.

Numbers and letters stand as # and @, so that sentences that differ in them only are one.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import symconv as sc
from symconv.errors import SymconvError
from symconv.layers.noted import sources
from symconv.notes import SECTIONS
from symconv.notes.kinds import opening
from symconv.notes.model import Algorithm, Heading, Maths, Picture, Points, Prose, Table, Words
from symconv.notes.pieces import Pen
from symconv.notes.worked import Worked
from tests.notes.layers import EVERY

#: So many layers are drawn; the same each time.
LAYERS, SEED = 200, 0

#: Sections whose derivations take longer than all the others are only taken of so many layers.
SLOW, CHECKED = ("checks", "derivations", "proofs"), 8


def drawn(chance: random.Random) -> Any:
    """A layer of any kind; raises where the numbers do not fit each other."""
    rank = chance.choice([1, 1, 1, 2, 2, 3])
    several: dict[str, Any] = {}
    if chance.random() < 0.4:
        groups = chance.choice([1, 1, 2])
        several = {
            "in_channels": groups * chance.choice([1, 2]),
            "out_channels": groups * chance.choice([1, 2, 3]),
            "groups": groups,
        }
    if chance.random() < 0.2:
        several["batch"] = chance.choice([1, 2])
    kind = chance.choice(["conv"] * 5 + ["transposed"] * 2 + ["average", "maximum"])
    size: tuple[int | str, ...] = tuple(chance.choice([3, 4, 5, 6, 9]) for _ in range(rank))
    taps: tuple[int | str, ...] = tuple(chance.choice([1, 2, 2, 3, 3]) for _ in range(rank))
    if chance.random() < 0.15:
        size = tuple(chance.choice([32, 100]) for _ in range(rank))
    if rank == 1 and chance.random() < 0.2:
        size, taps = ("N",), ("K",)
    steps: dict[str, Any] = {"stride": chance.choice([1, 1, 1, 2, 3, tuple([1, 2, 1][:rank])])}
    padding: Any = chance.choice([0, 0, 0, 1, 1, 2, (0, 1)])
    if kind in ("average", "maximum"):
        pool = {"channels": chance.choice([1, 2]), "batch": chance.choice([1, 2])}
        pool = pool if chance.random() < 0.3 else {}
        common = {**steps, "padding": min(padding, 1) if isinstance(padding, int) else 0, **pool}
        if chance.random() < 0.3:
            common["ceil_mode"] = True
        if kind == "average":
            if chance.random() < 0.3:
                common["count_include_pad"] = False
            return sc.AvgPool(size, taps, **common)
        return sc.MaxPool(size, taps, dilation=chance.choice([1, 1, 2]), **common)
    common = {
        **steps, **several, "dilation": chance.choice([1, 1, 1, 2]), "bias": chance.random() < 0.3,
        "flip": chance.random() < 0.4,
    }  # fmt: skip
    if kind == "transposed":
        padding = min(padding, 1) if isinstance(padding, int) else padding
        return sc.ConvTranspose(
            size, taps, **common, padding=padding, output_padding=chance.choice([0, 0, 1])
        )
    mode = chance.choice(["zeros"] * 4 + ["circular", "reflect", "replicate"])
    padding = chance.choice([padding, padding, "valid", "full", "same"])
    return sc.Conv(size, taps, **common, padding=padding, padding_mode=mode)


def layers() -> Iterator[Any]:
    """The layers of the other tests, and others at random."""
    for make in EVERY.values():
        yield make("symconv")
    yield sc.Conv1d("H1", "H2", stride="r", dilation="e", padding="q", notation="goodfellow")
    yield sc.Conv1d(4, 3, padding="full", flip=True, notation="pytorch")
    chance, made = random.Random(SEED), 0
    while made < LAYERS:
        try:
            layer = drawn(chance)
        except (SymconvError, TypeError):
            continue
        made += 1
        yield layer


def said(blocks: Any) -> Iterator[Words]:
    """Every piece of prose, with captions, headings and the cells of tables that are words."""
    for block in blocks:
        if isinstance(block, Heading | Prose):
            yield block.words
        elif isinstance(block, Picture | Algorithm):
            yield block.caption
        elif isinstance(block, Points):
            for about, told in block.points:
                yield about
                yield told
        elif isinstance(block, Table):
            yield from block.head
            yield from (cell for row in block.rows for cell in row)


def abstracted(words: Words) -> list[str]:
    """The sentences of a piece, each with its numbers and its mathematics taken out.

    >>> abstracted(("There are 3·2 = 6 weights. Take ", Maths("x", "x"), "."))
    ['There are # weights.', 'Take @.']
    """
    text = "".join("@" if isinstance(part, Maths) else part for part in words)
    text = re.sub(r"(?<=layer of the same kind: ).*?(?=\. |\.$)", "a title", text)
    text = re.sub(r"@(, (and )?@| and @)+", "@, @", text)
    text = re.sub(r"\b\d[\d,]*(?:[·×]\d[\d,]*)*(?: = \d[\d,]*)?\b", _number, text)
    text = re.sub(r"#(, #)+( (and|or) #)?", "#, #", text)
    return [s for s in re.split(r"(?<=[.:;]) (?=[A-Z@#])", text) if re.search("[a-z]", s)]


def _number(found: re.Match[str]) -> str:
    return "1" if found[0] == "1" else "#"  # singular and plural stay apart


def told(layer: Any, wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The sentences of the sections of a layer, and the phrases of its title, each with its section."""
    found = sources(layer, None)
    for phrase in abstracted((f"title: {layer.title}",)) if found.own else ():
        yield from (("title", part) for part in phrase.split(", "))
    yield from (("opening", s) for s in abstracted(opening(Pen(Worked(found.example)))))
    for section in wanted:
        for words in said(SECTIONS[section][1](found)):
            yield from ((section, sentence) for sentence in abstracted(words))


def main() -> None:
    """Prints the sentences as they are found, with -v each with its first layer."""
    seen: set[str] = set()
    for at, layer in enumerate(layers()):
        wanted = [s for s in SECTIONS if s not in SLOW or at < CHECKED]
        for section, sentence in told(layer, wanted):
            if sentence not in seen:
                where = f"        {layer.title} [{section}]\n" if "-v" in sys.argv else ""
                sys.stdout.write(f"{sentence}\n{where}")
                sys.stdout.flush()
            seen.add(sentence)
    sys.stderr.write(f"{len(seen)} sentences\n")


if __name__ == "__main__":
    main()
