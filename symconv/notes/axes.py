"""What differs from axis to axis, in words."""

from collections.abc import Sequence

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
