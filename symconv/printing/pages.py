"""Displays for the lines of a page: what is too wide goes on in another line, behind the signs of sums."""

import re
from collections.abc import Sequence

from symconv.printing.display import Row, Side
from symconv.printing.latex import AlignedLine, Latex, latex_width

#: What goes on in another line stands so far to the right.
_INDENT = "\\qquad "

#: A line is not broken behind a sign or a command that belongs to what follows, nor before a relation.
_BEHIND = re.compile(r"(?:[-+=,]|\\(?!quad$)[a-zA-Z]+)$")
_BEFORE = re.compile(r"\\(?:le|ge|quad|;)$|[=<>]$")


#: A line of the article, and how much wider it may be without sums, which have limits.
_ROOM, _WIDER = 70, 1.2


class Paged(Latex):
    """LaTeX for the lines of the article."""

    line = 66

    def groups(self, row: Row) -> Sequence[tuple[Side, ...]]:
        """The parts of an equation by lines: each on its own where a line of all of them would be broken."""
        found = super().groups(row)
        if not all(isinstance(part, str) for part in row.parts):
            return found
        whole = " = ".join(map(str, ("", *row.parts))).strip()
        room = _ROOM if "\\sum" in whole else _ROOM * _WIDER
        fits = len(found) > 1 or len(_broken(whole, room - _width(str(row.left)))) == 1
        return found if fits or "\n" in whole else [(part,) for part in row.parts]

    def lines(self, row: Row | None) -> list[AlignedLine]:
        """Those of a row, none of them wider than a page if it can be broken."""
        return _fitting(super().lines(row), _ROOM)


class Stepwise(Latex):
    """The same for derivations, whose steps stand behind what they are equal to."""

    def lines(self, row: Row | None) -> list[AlignedLine]:
        """Those of a row, none of them wider than a page if it can be broken."""
        return _fitting(super().lines(row), 62)


PAGE, STEPS = Paged(), Stepwise()


def _fitting(lines: list[AlignedLine], room: float) -> list[AlignedLine]:
    """Lines, those wider than ``room`` broken; those without sums, which have no limits, hold more."""
    found: list[AlignedLine] = []
    for line in lines:
        here = room if "\\sum" in line.right else _WIDER * room - 2 * line.right.count("\\quad")
        first, *more = _broken(line.right, here - _width(line.left))
        found.append(line._replace(right=first))
        found += [AlignedLine("", f"{_INDENT}{text}", line.height, True) for text in more]
    return found


def _width(tex: str) -> float:
    """The width with small scripts, which a line is measured with only where it has a sum."""
    return latex_width(f"\\sum {tex}") - latex_width("\\sum ")


def _broken(tex: str, room: float) -> list[str]:
    """A line in pieces that are no wider than ``room``, the first the signs of its sums; a matrix whole.

    >>> _broken("= \\\\sum_{k=0}^{2} \\\\; \\\\sum_{c=0}^{1} w_{k} x_{k}", 9)
    ['= \\\\sum_{k=0}^{2} \\\\; \\\\sum_{c=0}^{1}', 'w_{k} x_{k}']
    >>> _broken("= a b + c d", 9)
    ['= a b', '+ c d']
    """
    if "\\begin" in tex or _width(tex) <= room:
        return [tex]
    pieces = _pieces(tex)
    sums = [at for at, piece in enumerate(pieces, 1) if "\\sum" in piece]
    if sums and sums[-1] < len(pieces) and _width(" ".join(pieces[: sums[-1]])) <= room:
        rest = _broken(" ".join(pieces[sums[-1] :]), room)
        return [" ".join(pieces[: sums[-1]]), *rest]
    lines = [""]
    for term in _terms(pieces):
        # A product is broken only where it does not fit a line of its own.
        for part in [" ".join(term)] if _width(" ".join(term)) <= room else term:
            if not lines[-1] or _width(f"{lines[-1]} {part}") <= room:
                lines[-1] += f" {part}" if lines[-1] else part
            else:
                lines.append(part)
    return lines


def _terms(pieces: list[str]) -> list[list[str]]:
    """Pieces that are multiplied with each other.

    >>> _terms(["= a", "b", "+ c", "d"])
    [['= a', 'b'], ['+ c', 'd']]
    """
    terms: list[list[str]] = [[]]
    for piece in pieces:
        if terms[-1] and re.match(r"[-+=] ", piece):
            terms.append([])
        terms[-1].append(piece)
    return terms


def _pieces(tex: str) -> list[str]:
    """What stands between the places at which a line can be broken.

    >>> _pieces("= w_{k - 1} \\\\delta \\\\left(a b\\\\right) + c d")
    ['= w_{k - 1}', '\\\\delta \\\\left(a b\\\\right)', '+ c', 'd']
    """
    if ",\\quad " in tex:  # ranges of indices, none of which is broken
        *most, last = tex.split("\\quad ")
        return [*(f"{piece}\\quad" for piece in most), last]
    pieces, depth = [""], 0
    for word in tex.split(" "):
        apart = depth == 0 and pieces[-1] and not _BEHIND.search(pieces[-1]) and not _BEFORE.match(word)
        if apart:
            pieces.append(word)
        else:
            pieces[-1] += f" {word}" if pieces[-1] else word
        depth += len(re.findall(r"\\left|[({\[]", word)) - len(re.findall(r"\\right|[)}\]]", word))
        depth = max(0, depth)  # what an earlier line has opened is closed here
    return pieces
