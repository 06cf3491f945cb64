"""Numbers and lists in sentences."""

from collections.abc import Sequence


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
