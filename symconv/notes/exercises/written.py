"""How exercises write: sentences with mathematics, lines of a calculation, sums with their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from sympy import Expr

from symconv.notes.exercises.practised import GIVEN, Practised, value_of, values_of, whole
from symconv.notes.model import Block, Display, Maths, Prose, Words
from symconv.notes.pieces import Inline
from symconv.pattern import Pattern, Specification
from symconv.printing import display
from symconv.printing.display import Grid, Row
from symconv.printing.english import joined
from symconv.printing.notation import Notation
from symconv.printing.target import MathsTarget
from symconv.printing.targets import Displayed, as_latex, as_text, in_notebook, target_of

#: Writes something in the words of a maths target.
Writes: TypeAlias = Callable[[MathsTarget], str]

#: An index of several places.
Index: TypeAlias = Sequence[int]


def maths(write: Writes) -> Maths:
    """A piece of a sentence, written for both kinds of documents; derivatives stand on the line."""
    return Maths(write(Inline()), write(target_of("text")))


def words(template: str, **parts: Writes | Maths | Words | str | int) -> Words:
    """A sentence with what stands at the names in braces.

    >>> words("{y} is {n}.", y=lambda t: t.letter("y"), n=4)
    (Maths(latex='y', text='y'), ' is 4.')
    """
    found: list[str | Maths] = []
    for at, part in enumerate(template.replace("}", "{").split("{")):
        piece: Any = parts[part] if at % 2 else part
        if callable(piece):
            piece = maths(piece)
        if isinstance(piece, tuple):
            found += piece
        elif isinstance(piece, Maths):
            found.append(piece)
        elif piece != "" and found and isinstance(found[-1], str):
            found[-1] += str(piece)
        elif piece != "":
            found.append(str(piece))
    return tuple(found)


def say(template: str, **parts: Writes | Maths | Words | str | int) -> Prose:
    """A paragraph: see :func:`words`."""
    return Prose(words(template, **parts))


@dataclass(frozen=True)
class Worked:
    """Lines of a calculation, written by a function for any maths target."""

    build: Callable[[MathsTarget], Iterable[Row]]

    def display(self, target: MathsTarget) -> display.Display:
        return display.Display(tuple(self.build(target)))

    latex, text = as_latex, as_text
    __str__ = __repr__ = as_text
    _repr_latex_ = in_notebook


def worked(build: Callable[[MathsTarget], Iterable[Row]]) -> Display:
    """Lines of a calculation as a block; the sheet gives it its label."""
    return Display(Worked(build), "", "")


def shown(item: Any) -> Display:
    """What the layer displays by itself, as a block."""
    return Display(item, "", "")


@dataclass(frozen=True)
class WrittenOut:
    """The display of a matrix without the equation of letters above it.

    It is that ``of`` a pattern; where another display of it is referred to, the paragraph before is ``said``.
    """

    item: Displayed
    of: Pattern
    said: Words

    def display(self, target: MathsTarget) -> display.Display:
        whole = self.item.display(target)
        first, *others = whole.rows or [None]
        lettered = first is not None and isinstance(first.left, str) and len(others) == 1
        return whole if not lettered else display.Display(tuple(others), whole.whole)

    latex, text = as_latex, as_text
    __str__ = __repr__ = as_text
    _repr_latex_ = in_notebook


@dataclass(frozen=True)
class Letters:
    """The letters of a layer with their indices, which count from 0 here and print in its base."""

    spec: Specification

    @property
    def notation(self) -> Notation:
        return self.spec.written

    def entry(self, t: MathsTarget, field: str, index: Index) -> str:
        """An entry of a sequence, by the field of its letter in a notation."""
        return t.indexed(getattr(self.notation, field), *(i + self.notation.base for i in index))

    def output(self, t: MathsTarget, index: Index = ()) -> str:
        return self.entry(t, "output", index)

    def input(self, t: MathsTarget, index: Index = ()) -> str:
        return self.entry(t, "input", index)

    def tap(self, t: MathsTarget, index: Index = ()) -> str:
        return self.entry(t, "kernel", index)

    def upstream(self, t: MathsTarget, index: Index = ()) -> str:
        """The gradient with respect to an output, as its letter or as a derivative."""
        if self.notation.upstream_style == "partial":
            return t.derivative(t.letter(self.notation.loss), self.output(t, index))
        return self.entry(t, "upstream", index)

    def gradient(self, t: MathsTarget, field: str, index: Index = ()) -> str:
        """The derivative of the loss with respect to an entry."""
        return t.derivative(t.letter(self.notation.loss), self.entry(t, field, index))

    def padded(self, name: str) -> str:
        """The input with its padding, in LaTeX."""
        t = target_of("latex")
        return t.padded(t.letter(self.notation.input), name)

    def of_role(self, t: MathsTarget, role: str, index: Index) -> str:
        return {"output": self.upstream, "tap": self.tap, "input": self.input}[role](t, index)

    def matrix(self, t: MathsTarget, row: int, column: int) -> str:
        base, letter = self.notation.base, t.letter(self.notation.matrix)
        return t.entry(letter, t.places.join((str(row + base), str(column + base)))).replace("\u200b", "")

    def printed(self, index: Index) -> str:
        """An index as a claim names it."""
        return ", ".join(str(i + self.notation.base) for i in index)


def number(value: Any) -> Words:
    """A number or expression as mathematics."""
    return (maths(lambda t: t.expr(whole(value))),)


def by(t: MathsTarget, *sizes: Any) -> str:
    """A shape, such as 3 × 4."""
    return (r" \times " if t.stacked else " x ").join(t.expr(whole(size)) for size in sizes)


def vector(entries: Sequence[Any]) -> Writes:
    """A list in round brackets."""
    return lambda t: f"({', '.join(t.expr(whole(e)) for e in entries)})"


#: So many entries of a list stand together; behind them a line may break.
TOGETHER = 6


def nested(value: Any, name: Writes | None = None) -> Words:
    """Nested lists: one list in round brackets, or rows with semicolons between them; named, if at all."""
    rows = value if value and isinstance(value[0], list) else [value]
    signs = [(entry, ", ") for row in rows for entry in row]
    at = -1
    for row in rows:
        at += len(row)
        signs[at] = (signs[at][0], "; ")
    parts = [signs[at : at + TOGETHER] for at in range(0, len(signs), TOGETHER)]
    found: list[str | Maths] = []
    for number, part in enumerate(parts):
        first, last = number == 0, number == len(parts) - 1
        found += [" "] * (not first) + [
            maths(partial(_listed_part, part, name if first else None, first, last))
        ]
    return tuple(found)


def _listed_part(
    part: Sequence[tuple[Any, str]], name: Writes | None, first: bool, last: bool, t: MathsTarget
) -> str:
    text = "".join(f"{t.expr(whole(entry))}{sign}" for entry, sign in part).rstrip()
    head = f"{name(t)} = (" if name else "(" if first else ""
    return f"{head}{text[:-1]})" if last else f"{head}{text}"


def signed(parts: Sequence[str]) -> str:
    """Rendered terms as a sum, in which minus signs take the place of plus signs.

    >>> signed(["7", "-12", "x"])
    '7 - 12 + x'
    """
    text = ""
    for part in parts:
        negative = part.startswith("-")
        gap = " - " if negative else " + "
        text += (gap + part.removeprefix("-")) if text else part
    return text


def filled(t: MathsTarget, parts: Sequence[str]) -> str:
    """A sum, with a newline wherever a line is full."""
    lines: list[list[str]] = [[]]
    for part in parts:
        if lines[-1] and sum(t.width(p) + 3 for p in lines[-1]) + t.width(part) > t.line:
            lines.append([])
        lines[-1].append(part)
    first, *others = (signed(line) for line in lines)
    return "\n".join([first, *(line if line.startswith("-") else f"+ {line}" for line in others)])


def product(t: MathsTarget, factors: Sequence[Expr]) -> str:
    """Numbers times each other, negative ones in brackets but for the first."""
    return t.dot.join(t.expr(f) if not at else t.factor(f) for at, f in enumerate(factors))


def given(layer: Practised, *letters: str) -> list[Block]:
    """The sentence that gives operands their values; what has several axes stands on lines of its own."""
    L, n = Letters(layer.spec), layer.spec.written
    letters = tuple(letter for letter in letters if letter != "b" or layer.spec.bias)
    names: dict[str, Callable[[MathsTarget], str]] = {
        "x": lambda t: L.input(t),
        "w": lambda t: L.tap(t),
        "delta": lambda t: L.upstream(t),
        "b": lambda t: t.letter(n.bias),
    }
    flat = {letter: layer.entries.shape("bias" if letter == "b" else GIVEN[letter]) for letter in letters}
    if all(len(shape) < 2 for shape in flat.values()):
        pieces: dict[str, Words] = {}
        for letter, shape in flat.items():
            pieces[letter] = _assigned(names[letter], values_of(layer, letter), bool(shape))
        return [say(f"Let {joined([f'{{{letter}}}' for letter in letters])}.", **pieces)]

    def rows(t: MathsTarget) -> Iterable[Row]:
        for letter, shape in flat.items():
            yield from _grids(t, names[letter], values_of(layer, letter), shape, L, letter)

    return [Prose(("Let",)), worked(rows)]


def _assigned(name: Writes, entries: Sequence[Any], several: bool) -> Words:
    if several:
        return nested(list(entries), name)
    return (maths(lambda t: f"{name(t)} = {t.expr(whole(entries[0]))}"),)


def _grids(
    t: MathsTarget, name: Writes, flat: Sequence[Any], shape: tuple[int, ...], of: Letters, letter: str
) -> Iterable[Row]:
    """A matrix for each index of what is more than the last one or two axes."""
    base = of.notation.base
    if len(shape) < 2:
        yield Row(name(t), (vector(flat)(t) if shape else t.expr(whole(flat[0])),))
        return
    inner = min(2, len(of.spec.axes), len(shape)) if len(of.spec.axes) > 1 else 1
    array = np.reshape(np.array(list(flat), dtype=object), shape)
    outer = shape[: len(shape) - inner]
    fields = {"x": "input", "w": "kernel", "delta": "upstream", "b": "bias"}
    for index in np.ndindex(*outer):
        part = array[index]
        left = name(t)
        if outer and not (letter == "delta" and of.notation.upstream_style == "partial"):
            left = t.indexed(getattr(of.notation, fields[letter]), *(i + base for i in index))
        elif outer:
            left = of.upstream(t, index)
        if inner == 1:
            yield Row(left, (vector(list(part))(t),))
        else:
            cells = tuple(tuple(t.expr(whole(e)) for e in row) for row in part)
            yield Row(left, (Grid(cells),))


def sum_of_products(
    layer: Practised,
    left: Writes,
    roles: Sequence[str],
    products: Sequence[dict[str, tuple[int, ...]]],
    addend: tuple[Writes, Expr] | None = None,
) -> Display:
    """An entry as a sum: in letters, with the numbers put in, multiplied out, and added up."""
    L = Letters(layer.spec)
    numbers = [[value_of(layer, role, one[role]) for role in roles] for one in products]
    results = [a * b for a, b in numbers]
    total = sum(results, addend[1] if addend else whole(0))

    def rows(t: MathsTarget) -> Iterable[Row]:
        extra = [addend[0](t)] if addend else []
        lettered = [t.times.join(L.of_role(t, role, one[role]) for role in roles) for one in products]
        parts = [filled(t, [*extra, *lettered])] if len(products) <= 12 else []
        added = [t.expr(addend[1])] if addend else []
        parts.append(filled(t, [*added, *(product(t, pair) for pair in numbers)]))
        if len(results) + len(added) > 1:
            parts.append(filled(t, [*added, *(t.expr(r) for r in results)]))
        parts.append(t.expr(total))
        kept = [part for at, part in enumerate(parts) if at == 0 or part != parts[at - 1]]
        yield Row(left(t), tuple(kept))

    return worked(rows)


def on_small(whole_layer: Practised, layer: Practised) -> list[Block]:
    """The sentence that says that the smaller layer is meant, where it is."""
    return [] if layer.spec.pattern == whole_layer.spec.pattern else [say("Take the smaller layer.")]


def paragraphs(blocks: Iterable[Block]) -> list[Block]:
    """Sentences that follow each other as one paragraph."""
    found: list[Block] = []
    for block in blocks:
        if found and isinstance(block, Prose) and isinstance(found[-1], Prose):
            found[-1] = Prose((*found[-1].words, " ", *block.words))
        else:
            found.append(block)
    return found
