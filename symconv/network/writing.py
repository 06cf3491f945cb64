"""Sentences with pieces of mathematics, rows of equations, and entries as they print, for notes on chains."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Float, Rational

from symconv.network.worked import Product
from symconv.notes.model import Maths, Words
from symconv.notes.pieces import lines_shown
from symconv.printing.display import Beside, Grid, Row, Side
from symconv.printing.notation import Notation
from symconv.printing.target import MathsTarget

#: So many entries of a list are written out.
MOST_LISTED = 12

#: Numbers that are no fractions are shown with so many digits.
SHOWN = 4

#: Fractions with a larger denominator are rounded too.
LONG = 9999

#: Rows and columns of a matrix that are shown.
MOST_ROWS, MOST_COLUMNS = 8, 8


def letter_in(n: Notation, name: str) -> str:
    """The letter "z", "a" or "delta" of a notation, without the number of a layer."""
    own = {"z": n.output if "output" in n.chosen else "z", "a": n.input if "input" in n.chosen else "a"}
    return own.get(name, n.upstream)


def shown(form: MathsTarget, expr: Expr) -> str:
    """An expression, its numbers that are no fractions with four digits."""
    return form.expr(short(expr))


def short(expr: Expr) -> Expr:
    """An expression with numbers that are no fractions, or long ones, rounded."""
    long = {number for number in expr.atoms(Rational) if number.q > LONG}
    return expr.xreplace({number: Float(number, SHOWN) for number in expr.atoms(Float) | long})


def in_letters(form: MathsTarget, term: Product) -> str:
    """A product in letters; a number among them as one."""
    numbers = any(letter.is_number for letter in term.letters)
    return (form.dot if numbers else form.times).join(form.factor(letter) for letter in term.letters)


def in_numbers(form: MathsTarget, term: Product) -> str:
    """A product of values."""
    return str(form.dot.join(_factor(form, short(value)) for value in term.values))


def _factor(form: MathsTarget, value: Expr) -> str:
    """A factor; a fraction with a slash in brackets."""
    rendered = form.factor(value)
    return f"({rendered})" if "/" in rendered and rendered[0] != "(" and not value.is_Symbol else rendered


def say(text: str, **pieces: Maths | str | Words) -> Words:
    """A sentence with pieces, or several of them, put in for the names in braces.

    >>> say("here {x} stands", x=Maths("x", "x"))
    ('here ', Maths(latex='x', text='x'), ' stands')
    """
    found: list[str | Maths] = []
    for at, part in enumerate(text.replace("}", "{").split("{")):
        piece = pieces[part] if at % 2 else part
        found += piece if isinstance(piece, tuple) else [piece]
    return tuple(part for part in found if part)


def listed(pieces: Sequence[Maths]) -> Words:
    """Pieces with commas between them, and an "and" before the last; of many the middle is left out."""
    keep = list(pieces) if len(pieces) <= 6 else [*pieces[:3], pieces[-1]]
    found: list[str | Maths] = []
    for at, piece in enumerate(keep):
        last = at == len(keep) - 1
        found += [(" and " if len(keep) == len(pieces) else ", …, ") if last else ", "] if at else []
        found.append(piece)
    return tuple(found)


def packed(form: MathsTarget, pairs: Sequence[tuple[str, str]]) -> list[Row]:
    """Equations beside each other, as many as fit on a line."""
    rows: list[Row] = []
    room = 0.0
    for left, right in pairs:
        span = form.width(left) + form.width(right) + 6
        if rows and span <= room:
            (text,) = rows[-1].parts
            rows[-1] = rows[-1]._replace(parts=(f"{text}{form.comma}{left} = {right}",))
            room -= span
        else:
            rows.append(Row(left, (right,)))
            room = (1.5 * form.line if form.stacked else form.line + 6) - span
    return rows


def and_so_on(form: MathsTarget, rows: list[Row]) -> list[Row]:
    """Rows of which others are left out, which is said behind the last where there is room."""
    last, said = rows[-1], form.prose("and so on")
    right = f"{last.parts[-1]}{form.comma}{said}"
    if isinstance(last.parts[-1], str) and form.width(f"{last.left}{right}") <= form.line:
        return [*rows[:-1], last._replace(parts=(*last.parts[:-1], right))]
    return [*rows[:-1], last._replace(below=(said,))]


def abreast(form: MathsTarget, rows: Sequence[Row]) -> list[Row]:
    """Equations of one part each beside each other, where there is room."""
    found: list[Row] = []
    room = 0.0
    for row in rows:
        (mine,) = row.parts
        span = form.width(str(row.left)) + form.span(mine) + 6
        if found and span <= room and not found[-1].below:
            (last,) = found[-1].parts
            pieces = last.pieces if isinstance(last, Beside) else (last,)
            more = mine.pieces if isinstance(mine, Beside) else (mine,)
            joint = f"{form.comma}{row.left} = "
            if all(isinstance(piece, str) for piece in (*pieces, *more)):
                part: Side = "".join(map(str, (*pieces, joint, *more)))
            else:
                part = Beside((*pieces, joint, *more))
            found[-1] = found[-1]._replace(parts=(part,), below=row.below)
            room -= span
        else:
            found.append(row)
            room = 1.4 * form.line - span if form.stacked else form.line - span
    return found


def in_brackets(form: MathsTarget, entries: Sequence[str]) -> str:
    if len(entries) == 1:
        return entries[0]
    keep = lines_shown(len(entries), MOST_LISTED)
    return f"({', '.join(form.ellipsis if at is None else entries[at] for at in keep)})"


def grid(form: MathsTarget, entries: Sequence[str], width: int) -> Grid:
    """Entries row by row as a matrix, its middle left out where it is large."""
    rows = [entries[at : at + width] for at in range(0, len(entries), width)]
    columns = lines_shown(width, MOST_COLUMNS) if width > MOST_LISTED else list(range(width))
    found = []
    for r in lines_shown(len(rows), MOST_ROWS):
        if r is None:
            found.append(tuple(form.diagonal if c is None else form.down for c in columns))
        else:
            found.append(tuple(form.across if c is None else rows[r][c] for c in columns))
    return Grid(tuple(found))
