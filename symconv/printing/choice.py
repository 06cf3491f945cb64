"""Which letter a meaning gets: the one given for it, else symconv's own, else the next that is free."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import chain
from string import ascii_lowercase, ascii_uppercase
from types import MappingProxyType

from symconv.errors import NotationError
from symconv.printing.letters import GREEK, NAME, Letter

#: What a letter of symconv's own becomes where another meaning is given it: the first that is free. Behind
#: these come all small, Greek and capital letters.
SECOND: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "input": ("u", "h"),
        "kernel": ("h", "g", "v"),
        "bias": ("c", "beta"),
        "output": ("z", "o"),
        "upstream": ("g", "eta"),
        "loss": ("J", "Q"),
        "activation": ("phi", "sigma", "g"),
        "matrix": ("H", "B"),
        "windows": ("P", "Q"),
        "all_windows": ("P", "Q"),
        "upstream_matrix": ("D", "Lambda"),
        "tying": ("R", "B"),
        "selection": ("Q", "R"),
        "feature_maps": ("Y", "Z"),
        "filter_matrix": ("V", "F"),
        "input_size": ("L", "H"),
        "kernel_size": ("F", "R"),
        "output_size": ("O", "P"),
        "stride": ("r", "t"),
        "dilation": ("e", "r"),
        "padding": ("q", "r"),
        "output_padding": ("q", "r"),
        "output_index": ("u", "m"),
        "tap_index": ("v", "l"),
        "input_index": ("t", "m"),
        "batch_index": ("e", "r"),
        "output_channel_index": ("u", "f"),
        "tap_channel_index": ("v", "q"),
        "input_channel_index": ("r", "g"),
    }
)

#: The letters that are tried last.
_LAST = (*ascii_lowercase, *(name for name in GREEK if name != "omicron"), *ascii_uppercase)

#: Indices of places bear the number of their axis, where there are several, as sizes do.
INDICES = ("output_index", "tap_index", "input_index")
_CHANNELS = ("batch_index", "output_channel_index", "tap_channel_index", "input_channel_index")
_SIZES = ("input_size", "kernel_size", "output_size", "stride", "dilation", "padding", "output_padding")

#: The meanings that have no entries.
_WHOLE = ("", "loss", "activation", *INDICES, *_CHANNELS, *_SIZES)

#: The kernel may bear one letter in all its shapes.
_KERNELS = {"kernel", "kernel_matrix", "filter_matrix"}


def clash(one: str, letter: str, other: str, another: str, indices: Collection[str], axes: int = 3) -> bool:
    """Whether a reader would take the letters of two meanings, or an entry of one, for each other.

    A meaning is a field of a notation, or "" for a size of the reader's own; ``indices`` are the letters that
    may stand below others, and letters of ``axes`` bear the number of theirs where there are several.

    >>> clash("input", "a", "stride", "a", ()), clash("kernel", "W", "filter_matrix", "W", ())
    (True, False)
    >>> clash("input", "x", "bias", "x_0", ()), clash("input", "x_in", "output", "x_out", ())
    (True, False)
    """
    if {one, other} <= _KERNELS:
        return False
    if letter == another:
        return True
    left, right = _letter(letter), _letter(another)
    if left is None or right is None:
        return False
    return left == right or any(
        _covers(name, a, b, indices, axes) for name, a, b in ((one, left, right), (other, right, left))
    )


def _covers(name: str, bare: Letter, full: Letter, indices: Collection[str], axes: int) -> bool:
    """Whether an entry, a letter of an axis, a primed index or the padded input looks as the full letter."""
    if not bare.sub and replace(full, sub="") == bare:
        if name not in _WHOLE:
            return full.sub.isdigit() or full.sub in indices
        return axes > 1 and full.sub in "123"[:axes] and name in (*INDICES, *_SIZES)
    if name in (*INDICES, *_CHANNELS, "padding") and full.primes > bare.primes:
        return replace(full, primes="") == replace(bare, primes="")
    return name == "input" and full == replace(bare, marks=(*bare.marks, "tilde"))


@cache
def _letter(name: str) -> Letter | None:
    """The parts of a letter, or of a size such as ``H1``, which has its digits below."""
    name = re.sub(r"^([A-Za-z]+)([0-9]+)$", r"\1_\2", name)
    return Letter.of(name) if NAME.fullmatch(name) else None


def free_letter(meaning: str, taken: Collection[tuple[str, str]]) -> str:
    """The first letter for a meaning that clashes with none of the others, each with its own meaning."""
    indices = [letter for name, letter in taken if name in (*INDICES, *_CHANNELS)]
    further = (f"{letter}_{word}" for word in ("new", "own") for letter in _LAST)
    first: tuple[str, ...] = (*SECOND.get(meaning, SECOND["kernel"]), *_LAST)
    for letter in chain(first, further):
        if not any(clash(meaning, letter, name, other, indices) for name, other in taken):
            return letter
    raise NotationError(f"no letter is left for {meaning}: give the sizes other names.")


def settled(given: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The letters of all meanings: those given, and symconv's own out of their way.

    >>> settled({"input": "a"}, {"input": "x", "output": "y", "output_padding": "a"})
    {'output': 'y', 'input': 'a', 'output_padding': 'q'}
    """
    kept = {name: letter for name, letter in own.items() if name not in given}
    indices = [{**own, **given}[name] for name in (*INDICES, *_CHANNELS) if name in own]
    moved = [
        name
        for name, letter in kept.items()
        if any(clash(name, letter, other, taken, indices) for other, taken in given.items())
    ]
    found = {name: letter for name, letter in kept.items() if name not in moved} | dict(given)
    for name in moved:
        found[name] = free_letter(name, list(found.items()))
    return found


def collision(letters: Iterable[tuple[str, str]], axes: int) -> tuple[str, str] | None:
    """The first two meanings that a reader would take for each other; None where all are told apart."""
    seen: list[tuple[str, str]] = []
    every = list(letters)
    indices = [letter for name, letter in every if name in (*INDICES, *_CHANNELS)]
    for name, letter in every:
        for other, taken in seen:
            if clash(other, taken, name, letter, indices, axes):
                return other, name
        seen.append((name, letter))
    return None
