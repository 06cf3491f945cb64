"""The letters that a layer prints, of all that a notation has, and that no two of them are the same."""

from __future__ import annotations

from functools import lru_cache

from symconv.errors import NotationError
from symconv.explicit.registry import QUANTITIES, derived, printed
from symconv.pattern import Specification
from symconv.printing.choice import collision, free_letter
from symconv.printing.notation import LETTERS, SIZES


def printed_letters(spec: Specification) -> dict[str, str]:
    """The letters of everything that a layer prints, by their fields in the notation.

    >>> from symconv import Conv1d
    >>> "output_padding" in printed_letters(Conv1d(4, 3).spec), printed_letters(Conv1d(4, 3).spec)["matrix"]
    (False, 'T')
    """
    names = {*printed(spec), *derived(spec)}
    rows = [row for name, row in QUANTITIES.items() if name in names]
    own = {row.name: spec.notation.letter(row.letter) for row in rows if row.letter not in LETTERS}
    fields = [row.letter for row in rows if row.letter in LETTERS]
    found = ["input", "output", "upstream", "loss", *fields, "output_size"]
    found.append("kernel" if spec.kernel.shared else "selection")
    found += ["filter_matrix"] if "filters" in names else []
    found += ["activated_output"] if "activation" in names else []
    if "windows" in names:
        found += ["kernel_matrix"] if spec.kernel.learned else []
        found += ["all_windows"] if spec.filters not in ((), (1,)) else []
    found += [name for r in spec.pattern.relations for role in r.letters.values() for name in role]
    if spec.numeric:
        found += [name for name in SIZES if name != "output_padding" or spec.transposed]
    letters = {**{name: getattr(spec.notation, name) for name in dict.fromkeys(found)}, **own}
    return {name: letter for name, letter in letters.items() if letter is not None}


def told_apart(spec: Specification) -> Specification:
    """A layer each of whose letters, as far as it prints them, stands for one thing.

    Raises
    ------
    NotationError
        With both meanings, and a letter that is free for one of them.
    """
    letters = tuple(printed_letters(spec).items())
    both = _collision(letters, len(spec.axes))
    if both is None:
        return spec
    printed = dict(letters)
    one, other = both
    # The one further down the list of fields is the one that matters less.
    free = free_letter(other, [(name, letter) for name, letter in letters if name != other])
    same = "the letter {letter!r} stands"
    if printed[one] != printed[other]:
        same = "the letters {letter!r} and {alike!r} are too much alike: they stand"
    raise NotationError(
        f"{same} for the {{one}} and for the {{other}} of this layer; choose another letter for one of them, "
        "such as {free!r} for {field}.",
        letter=printed[one],
        alike=printed[other],
        one=one.replace("_", " "),
        other=other.replace("_", " "),
        free=free,
        field=other,
    )


_collision = lru_cache(maxsize=1024)(collision)
