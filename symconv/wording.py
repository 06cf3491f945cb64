"""Numbers in sentences."""

from __future__ import annotations


def counted(number: object, noun: str, plural: str = "") -> str:
    """A number of things, in the plural unless it is one.

    >>> counted(1, "row"), counted(3, "row"), counted("M", "entry", "entries")
    ('1 row', '3 rows', 'M entries')
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
