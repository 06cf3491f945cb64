"""A chain as blocks: a box a layer with what it is, and beside it the shape and the receptive field."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from sympy import sympify

from symconv.errors import OptionError
from symconv.figures.drawing import Box, Drawing, Label, Line, Mark, Text
from symconv.index_sums.printers import of_formulas
from symconv.network.counts import kind_told
from symconv.network.fields import receptive_field, written_out
from symconv.printing.targets import target_of

#: How many boxes stand below one another; how large they are, and how far apart.
_ROWS, _WIDTH, _HEIGHT, _DOWN, _ACROSS = 8, 4.2, 0.9, 1.4, 7.4

#: So many boxes stand side by side where a size is a letter, and so far from each other and below.
_ABREAST, _APART, _LOWER = 4, 4.9, 3.2

#: The size of the letters beside a box, and of those below one.
_SMALL, _LETTERED = 0.36, 0.42


def blocks(chain: Any) -> Drawing:
    """The input and the layers from top to bottom, in columns of so many; with letters in rows of so many."""
    rows = [("input", _shape(chain, chain.stages[0].before))]
    for stage in chain.stages:
        told = f"{stage.number}: {kind_told(stage)}".replace("_", " ")
        rows.append((told, [*_output(chain, stage), *_sees(chain, stage)]))
    size = _LETTERED if any("_" in label.latex for _, beside in rows for label in beside) else _SMALL
    marks: list[Mark] = []
    for at, (name, beside) in enumerate(rows):
        marks += _beside(at, name, beside) if chain.values.numeric else _below(at, name, beside, size)
    said = "; ".join(", ".join([name, *(label.text for label in beside)]) for name, beside in rows)
    title = "What each layer is, gives and sees"
    return Drawing.of("network", title, marks, f"Network in blocks: {said.replace(', ×', ' ×')}.")


def _beside(at: int, name: str, beside: list[Label]) -> list[Mark]:
    """A box with what is told to the right of it, and the line from the box before."""
    column, row = divmod(at, _ROWS)
    x, y = _ACROSS * column, _DOWN * row
    marks: list[Mark] = [Box(x, y, _WIDTH, _HEIGHT, "entry", label=Label(name, name))]
    for line, label in enumerate(beside):
        marks.append(Text(x + _WIDTH + 0.2, y + 0.25 + 0.45 * line, label, "left", _SMALL))
    return [*marks, *(_joined(x + _WIDTH / 2, y, first=row == 0) if at else [])]


def _below(at: int, name: str, below: list[Label], size: float) -> list[Mark]:
    """A box with what is told below it, and the line from the box before."""
    row, column = divmod(at, _ABREAST)
    x, y = _APART * column, _LOWER * row
    middle = y + _HEIGHT / 2
    marks: list[Mark] = [Box(x, y, _WIDTH, _HEIGHT, "entry", label=Label(name, name))]
    for line, label in enumerate(below):
        marks.append(Text(x + _WIDTH / 2, y + _HEIGHT + 0.32 + 0.5 * line, label, "center", size))
    if column:
        return [*marks, Line(x - _APART + _WIDTH, middle, x, middle)]
    return [*marks, *([Line(-0.5, middle, x, middle)] if row else [])]


def _output(chain: Any, stage: Any) -> list[Label]:
    """The shape of a layer's output: in the letters that the chain has, or in those of formulas."""
    definitions = stage.layer.closed.symbols.definitions
    letters = {size: letter for letter, size in definitions.items()}
    exact = [written_out(stage, size) for size in stage.shape]
    named = [letters.get(sympify(size), size) for size in stage.shape]
    tried = [_shape(chain, sizes) for sizes in (exact, stage.shape, named)]
    return next((lines for lines in tried if all(map(_fits, lines))), tried[-1])


def _sees(chain: Any, stage: Any) -> list[Label]:
    """How many inputs an output sees along each axis; nothing where that has no closed form."""
    try:
        size = receptive_field(chain, stage.number).size
    except OptionError:
        return []
    lines = _shape(chain, size if isinstance(size, tuple) else (size,), before="sees ")
    return lines if chain.values.numeric or all(map(_fits, lines)) else []


def _shape(chain: Any, sizes: Iterable[Any], before: str = "") -> list[Label]:
    """Sizes along each axis, with letters as mathematics, in lines of so much room."""
    exprs = [sympify(size) for size in sizes]
    if chain.values.numeric:
        words = f"{before}{'×'.join(map(str, exprs))}"
        return [Label(words.replace("×", r"$\times$"), words)]
    symbols = chain.stages[0].layer.closed.symbols
    forms = [of_formulas(target_of(name), symbols) for name in ("latex", "text")]
    lines: list[Label] = []
    for expr in exprs:
        latex, text = ((f.factor if len(exprs) > 1 else f.expr)(expr) for f in forms)
        if not lines:
            lines.append(Label(f"{before}${latex}$", f"{before}{text}"))
            continue
        latex, text = rf" \times {latex}$", f" × {text}"
        longer = Label(lines[-1].latex[:-1] + latex, lines[-1].text + text)
        lines[-1:] = [longer] if _fits(longer) else [lines[-1], Label(f"${latex[1:]}", text[1:])]
    return lines


def _fits(label: Label) -> bool:
    return label.ems * (_LETTERED if "_" in label.latex else _SMALL) <= _APART - 0.1


def _joined(x: float, y: float, *, first: bool) -> list[Mark]:
    """The line from the box before: straight down, or to the head of the next column."""
    if not first:
        return [Line(x, y - _DOWN + _HEIGHT, x, y)]
    low, left = _DOWN * (_ROWS - 1) + _HEIGHT, x - _WIDTH / 2 - 0.4
    corners = [(x - _ACROSS, at) for at in (low, low + 0.4)]
    corners += [(left, low + 0.4), (left, -0.4), (x, -0.4), (x, y)]
    return [Line(*start, *end) for start, end in pairwise(corners)]
