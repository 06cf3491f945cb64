"""Several closed forms in one display: each with the ranges of its indices, their letters explained once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Symbol

from symconv.derivation import Formula
from symconv.index_sums.printers import of_formulas
from symconv.notes.model import Display, Prose
from symconv.notes.reflected import Reflection
from symconv.pattern.output_size import shown
from symconv.printing import display as data
from symconv.printing.display import Row
from symconv.printing.english import joined
from symconv.printing.expressions import Iverson
from symconv.printing.target import MAY_BREAK, MathsTarget
from symconv.printing.targets import as_latex, as_text, target_of

#: A formula and its ranges go on one line of so many characters.
LINE = 62

#: A line of print holds so many.
WIDEST = 88


@dataclass(frozen=True)
class Formulas:
    """Closed forms of one layer; ``alone`` without what their letters stand for, which was told before.

    Of ``alike`` letters the second stands for both. What a maximum selects is told before its output.
    """

    made: tuple[Formula, ...]
    alone: bool = False
    reflection: Reflection | None = None
    alike: tuple[Symbol, Symbol] | None = None

    def display(self, target: MathsTarget) -> data.Display:
        """A row a formula, then what the letters of sizes stand for, then what its kernel is."""
        rows: list[Row | None] = []
        meant: dict[Row, None] = {}
        said: dict[str, None] = {}
        head = target.prose("for ")
        for made in self.made:
            formula = made.renamed(*self.alike) if self.alike else made
            first, *others = (row for row in self._shown(formula, target).rows if row is not None)
            below = (others[-1] if others else first).below
            ranges = [line for line in below if not line.startswith(target.prose("with "))]
            said |= dict.fromkeys(line for line in below if line not in ranges and made.name != "output")
            if formula.rhs.has(Iverson):
                text = (target.prose(text) for text in ("where ", " is 1 if ", " holds and 0 otherwise"))
                where, holds, otherwise = text
                bracket = target.bracket("P").replace(MAY_BREAK, "")
                ranges.append(f"{where}{bracket}{holds}P{otherwise}")
            meant |= dict.fromkeys(self._sized(row._replace(below=()), target) for row in others)
            rows.append(_with_ranges(target, first._replace(below=()), head, ranges))
        if self.alone:
            return data.Display(tuple(rows))
        rows += _joined(target, list(meant))
        rows += self.reflection.defined(target) if self.reflection else ()
        last = rows[-1]
        assert last is not None
        rows[-1] = last._replace(below=(*last.below, *said))
        return data.Display(tuple(rows))

    def _shown(self, formula: Formula, target: MathsTarget) -> data.Display:
        return formula.display(target, self.reflection) if self.reflection else formula.display(target)

    def _sized(self, row: Row, target: MathsTarget) -> Row:
        """The definition of an output size, its stride and padding in their places."""
        symbols = self.reflection.symbols if self.reflection else None
        for at, name in enumerate(symbols.m_names if symbols else ()):
            if symbols and row.left == target.letter(name):
                size = shown(symbols.exact_spec.tied_axes[at], of_formulas(target, symbols)).get("size")
                return row._replace(parts=(size,)) if size else row
        return row

    latex, text = as_latex, as_text


def _with_ranges(target: MathsTarget, row: Row, head: str, ranges: Sequence[str]) -> Row:
    """An equation with its ranges behind it where there is room, else below it."""
    (right,) = row.parts
    behind = target.comma + ranges[0].removeprefix(head) if ranges else ""
    whole = f"{row.left}{right}{behind}"
    fits = target.width(whole) <= max(LINE, target.line)
    if len(ranges) == 1 and isinstance(right, str) and "\n" not in right and fits:
        return row._replace(parts=(right + behind,))
    return row._replace(below=tuple(ranges))


def _joined(target: MathsTarget, rows: Sequence[Row]) -> list[Row]:
    """Definitions on one line where there is room."""
    line = target.comma.join(f"{row.left} = {row.parts[0]}" for row in rows[1:])
    if len(rows) < 2 or target.width(f"{rows[0].left}{rows[0].parts[0]}{line}") > max(LINE, target.line):
        return list(rows)
    return [rows[0]._replace(parts=(f"{rows[0].parts[0]}{target.comma}{line}",))]


def formulas(
    made: Sequence[Formula],
    label: str,
    *,
    alone: bool = False,
    told_before: bool = False,
    reflection: Reflection | None = None,
    alike: tuple[Symbol, Symbol] | None = None,
) -> Display | Prose:
    """Closed forms as a display, their letters ``told_before`` or not; a sentence where they are too long."""
    display = Formulas(tuple(made), alone, reflection, alike)
    latex = target_of("latex")
    rights = [str(row.parts[0]) for row in display.display(latex).rows if row is not None]
    if max(latex.width(part) for right in rights for part in right.split("\n")) <= WIDEST:
        return Display(display, "", label, short=replace(display, alone=True) if told_before else None)
    calls = joined([f"layer.formula({formula.name!r})" for formula in made])
    one = len(made) == 1
    text = "With all its limits, the general formula is" if one else "With all limits, the formulas are"
    return Prose((f"{text} longer than a line; {calls} {'gives it' if one else 'give them'}.",))
