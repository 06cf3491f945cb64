"""Numbers and lists in sentences."""

from collections.abc import Sequence

_SPELT = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def spelt(number: object) -> str:
    """A number up to ten in a word, and any other as it is.

    >>> spelt(2), spelt(12), spelt("M")
    ('two', '12', 'M')
    """
    return _SPELT[number - 1] if isinstance(number, int) and 0 < number <= len(_SPELT) else str(number)


def counted(number: object, noun: str, plural: str = "") -> str:
    """A number of things, in the plural unless it is one.

    >>> counted(1, "row"), counted(3, "row"), counted("M", "entry", "entries")
    ('1 row', '3 rows', 'M entries')
    """
    return f"{number} {noun if number == 1 else plural or several(noun)}"


def several(noun: str) -> str:
    """The plural; what follows "of" does not change.

    >>> several("sample of the batch")
    'samples of the batch'
    """
    head, of, rest = noun.partition(" of ")
    return f"{head}s{of}{rest}"


def either(choices: Sequence[str]) -> str:
    """One of several, in words.

    >>> either(["1", "2", "3"]), either(["2"])
    ('1, 2 or 3', '2')
    """
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last


_ORDINALS = ("first", "second", "third")


def per_axis(told: Sequence[str], each: str = "") -> str:
    """What holds along each axis; once, with ``each`` behind it, where it is the same along all of several.

    >>> per_axis(["2", "2"]), per_axis(["2", "2"], " along each axis"), per_axis(["2"], " along each axis")
    ('2', '2 along each axis', '2')
    >>> per_axis(["1", "2"])
    '1 along the first axis and 2 along the second axis'
    >>> per_axis(["1", "2", "1"])
    '1 along the first and third axes and 2 along the second axis'
    >>> per_axis(["", "2"])
    '2 along the second axis'
    """
    if len(set(told)) == 1:
        return f"{told[0]}{each if len(told) > 1 else ''}"
    axes: dict[str, list[str]] = {}
    for name, text in zip(_ORDINALS, told, strict=False):
        axes.setdefault(text, []).append(name)
    parts = [
        f"{text} along the {joined(names)} {'axis' if len(names) == 1 else 'axes'}"
        for text, names in axes.items()
        if text
    ]
    return joined(parts)


def joined(parts: Sequence[str]) -> str:
    """A list in a sentence.

    >>> joined(["1", "2", "3"]), joined(["1"])
    ('1, 2 and 3', '1')
    """
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
