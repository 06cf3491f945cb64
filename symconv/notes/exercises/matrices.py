"""Questions on the matrix: which weight an entry is, how many are zero, and how many weights differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import prod
from random import Random
from typing import Any

import numpy as np

from symconv.errors import EntriesError
from symconv.notes.exercises.exercise import Draft, Entries, Exercise, MatrixAsked
from symconv.notes.exercises.letters import others_above
from symconv.notes.exercises.mistakes import Mistaken, counted_from, mistaken
from symconv.notes.exercises.practised import Practised, Subject, entry, shape_of_quantity, terms
from symconv.notes.exercises.written import (
    Letters,
    WrittenOut,
    by,
    maths,
    number,
    on_small,
    paragraphs,
    say,
    shown,
    signed,
    words,
    worked,
)
from symconv.notes.model import Block, Prose, Words
from symconv.printing.display import Row
from symconv.printing.target import MathsTarget

#: A matrix is shown up to so many rows and columns.
MOST_ROWS = 8


def _one_axis(subject: Subject) -> Practised | None:
    """The layer on which a matrix has one index a side."""
    small = subject.small
    if small is None or not small.spec.kernel.learned or len(small.spec.tied.relations) > 1:
        return None
    return small


def matrix_entry(subject: Subject, rng: Random) -> Exercise | None:
    """Which weight stands at a place of the matrix."""
    layer = _one_axis(subject)
    if layer is None:
        return None
    L, base = Letters(layer.spec), layer.spec.notation.base
    rows, columns = shape_of_quantity(layer, "matrix")
    held = [(i, j) for i in range(rows) for j in range(columns) if entry(layer, "matrix", (i, j)) != 0]
    if not held:
        return None
    every = [(i, j) for i in range(rows) for j in range(columns)]
    at = rng.choice(held if rng.random() < 0.8 else every)
    right = entry(layer, "matrix", at)
    taps = [entry_of_tap(layer, k) for k in range(layer.spec.tied.count("tap"))]
    off, _ = counted_from(layer.spec)
    told = f"The {{}} were counted from {1 - base}, but the first index here is {base}."
    neighbours = {"rows": (at[0] + off, at[1]), "columns": (at[0], at[1] + off)}
    wrong: list[Mistaken] = [
        *mistaken(subject, layer, lambda made: entry(made, "matrix", at), "one side", "full for valid"),
        ("transposed", words("Rows and columns were exchanged: this is {e}.",
                             e=lambda t: L.matrix(t, at[1], at[0])),
         lambda: entry(layer, "matrix", (at[1], at[0]))),
        *((f"index base of {side}", told.format(side), lambda p=place: entry(layer, "matrix", p))
          for side, place in neighbours.items()),
        ("zero", "This output does see this input.", lambda: right * 0),
        *(("other weight", words("This output does not see this input."
                    if right == 0
                    else "The coefficient of {x} in {y} is another weight.", x=lambda t: L.input(t, at[1:]),
                                 y=lambda t: L.output(t, at[:1])), lambda tap=tap: tap)
          for tap in taps),
    ]  # fmt: skip
    return Draft(
        kind="matrix_entry",
        question=[
            *on_small(subject.layer, layer),
            say(
                "Write the layer as {y} with a matrix {T}. What is its entry {e}?",
                y=lambda t: _product(t, layer), T=lambda t: t.letter(layer.spec.notation.matrix),
                e=lambda t: L.matrix(t, *at),
            ),
        ],
        asked=words("{e}", e=lambda t: L.matrix(t, *at)), value=right,
        wrong=[(n, r, partial(_own, layer, make)) for n, r, make in wrong],
        solution=_with_matrix(layer, [*_row(layer, at)]),
        written=lambda value: _expression(layer, value), judge=Entries(layer, f"matrix[{L.printed(at)}]"),
        form="choice",
    ).made(rng)  # fmt: skip


def _own(layer: Practised, make: Callable[[], Any]) -> Any:
    """A value in the symbols of the layer: another with more taps has more."""
    value = make()
    known = {s for tap in layer.entries.values.operands["tap"] for s in tap.free_symbols}
    if value.free_symbols - known:
        raise EntriesError(str(value))
    return value


def entry_of_tap(layer: Practised, k: int) -> Any:
    """The symbol of a tap."""
    return layer.entries.values.operands["tap"][k]


def _expression(layer: Practised, value: Any) -> Words:
    """Zero, a weight or a sum of weights, in the letters of the layer."""
    L, taps = Letters(layer.spec), layer.entries.values.operands["tap"]

    def write(t: MathsTarget) -> str:
        parts = []
        for k, tap in enumerate(taps):
            times = value.coeff(tap)
            if times != 0:
                parts.append(f"{'' if times == 1 else t.expr(times) + t.times}{L.tap(t, (k,))}")
        return signed(parts) or "0"

    return (maths(write),)


def _product(t: MathsTarget, layer: Practised) -> str:
    L, n = Letters(layer.spec), layer.spec.notation
    text = f"{L.output(t)} = {t.letter(n.matrix)}{t.times if t.stacked else ' '}{L.input(t)}"
    return f"{text} + {t.letter(n.bias)}{t.times}{t.ones}" if layer.spec.bias else text


def _row(layer: Practised, at: tuple[int, int]) -> Iterator[Block]:
    """The output of a row in letters, and the factor that is looked for."""
    L, met = Letters(layer.spec), terms(layer, "output", at[:1])

    def rows(t: MathsTarget) -> Iterator[Row]:
        lettered = [t.times.join((L.tap(t, one["tap"]), L.input(t, one["input"]))) for one in met]
        bias = [t.letter(layer.spec.written.bias)] if layer.spec.bias else []
        yield Row(L.output(t, at[:1]), (signed([*bias, *lettered]) or "0",))

    yield say("Row {i} holds the factors of the inputs in {y}:", i=str(at[0] + L.notation.base),
              y=lambda t: L.output(t, at[:1]))  # fmt: skip
    yield worked(rows)
    found = entry(layer, "matrix", at)
    if found == 0:
        yield say(
            "{x} is not among them, so {e} is 0.",
            x=lambda t: L.input(t, at[1:]),
            e=lambda t: L.matrix(t, *at),
        )
    else:
        (value,) = _expression(layer, found)
        yield say("The coefficient of {x} is {w}, so {e} is {w}.", x=lambda t: L.input(t, at[1:]), w=value,
                  e=lambda t: L.matrix(t, *at))  # fmt: skip


def _fits(layer: Practised) -> bool:
    """Whether the matrix is shown."""
    return max(layer.spec.tied.count("output"), layer.spec.tied.count("input")) <= MOST_ROWS


def _with_matrix(layer: Practised, told: Sequence[Block], lead: Words = ()) -> list[Block]:
    """What is told, and then the matrix itself, where it fits; its last paragraph may lead to the matrix."""
    *others, last = paragraphs(told)
    if not _fits(layer) or not isinstance(last, Prose):
        return [*others, last]
    matrix = WrittenOut(layer.equation("matrix"), layer.spec.pattern, last.words)
    return [*others, Prose(lead or (*last.words, " The whole matrix:")), shown(matrix)]


def matrix_zeros(subject: Subject, rng: Random) -> Exercise | None:
    """How many entries of the matrix are zero whatever the weights."""
    return _counted(subject, rng, "zeros")


def matrix_weights(subject: Subject, rng: Random) -> Exercise | None:
    """How many different weights the matrix holds."""
    return _counted(subject, rng, "weights")


def _counted(subject: Subject, rng: Random, what: str) -> Exercise | None:
    small = subject.small
    if small is None or not small.spec.kernel.learned or small.structure.samples > 1:
        return None
    layer = _varied(subject, small, rng)
    structure, n = layer.structure, layer.spec.notation
    rows, columns = structure.shape
    zeros = rows * columns - structure.nonzeros
    taps = layer.spec.tied.count("tap")
    if not zeros:
        return None
    incidence = layer.spec.incidence
    cells = np.unique(incidence.index["output"] * columns + incidence.index["input"])
    each = np.bincount(cells // columns, minlength=rows).tolist()
    asked = {
        "zeros": "How many entries of {T} are zero, whatever the weights are?",
        "weights": "How many different weights does {T} hold?",
    }[what]
    held: Mistaken = (
        ("weights for zeros", "The entries that hold a weight were counted.", lambda: structure.nonzeros)
        if what == "zeros"
        else ("ties", "Every entry that holds a weight was counted as a different weight, although weights "
              "are shared.",
              lambda: structure.nonzeros)
    )  # fmt: skip
    every: Mistaken = ("dense", "All entries were counted, as in a dense layer.", lambda: rows * columns)
    if what == "zeros":
        value = zeros
        wrong = [
            held,
            ("full rows", "Every row was taken to hold all weights of the kernel.",
             lambda: _positive(rows * columns - rows * (taps // _filters(layer)))),
            ("transposed", "Every column was taken to hold all weights of the kernel.",
             lambda: _positive(rows * columns - columns * (taps // _filters(layer)))),
            every,
        ]  # fmt: skip
    else:
        value = structure.parameters
        wrong = [held, every,
                 ("rows", "One weight was counted for each output.", lambda: rows),
                 ("columns", "One weight was counted for each input.", lambda: columns),
                 ("rows and columns", "Every diagonal was counted, also those that hold zeros.",
                  lambda: rows + columns - 1)]  # fmt: skip

    def again(first: int) -> Words:
        named = ("the matrix ", maths(lambda t: t.letter(n.matrix)), f" of Exercise {first}")
        return words(asked, T=named)

    return Draft(
        kind=f"matrix_{what}",
        question=[
            *_settled(subject, layer),
            say(_AS_MATRIX[len(layer.spec.tied.relations) > 1] + asked,
                y=lambda t: _product(t, layer), x=lambda t: Letters(layer.spec).input(t),
                shape=lambda t: by(t, rows, columns),
                T=lambda t: t.letter(n.matrix)),
        ],
        asked=(f"Number of {'zeros' if what == 'zeros' else 'weights'}",), value=value, wrong=wrong,
        solution=_why(layer, what, each, value), written=number, judge=Entries(layer, what),
        matrix=MatrixAsked(layer.spec.pattern, again),
    ).made(rng)  # fmt: skip


def _positive(count: int) -> int:
    if count <= 0:
        raise IndexError(count)
    return count


def _filters(layer: Practised) -> int:
    return prod(map(int, layer.spec.filters)) or 1


#: How the matrix is spoken of, and where there are several indices to flatten.
_AS_MATRIX = (
    "Write the layer as {y} with a {shape} matrix {T}. ",
    "Written for the flattened input {x}, the layer has a {shape} matrix {T}. ",
)


def _varied(subject: Subject, small: Practised, rng: Random) -> Practised:
    """The layer, or one with some more inputs, so that there are several questions."""
    if len(small.spec.axes) > 1 or len(small.spec.tied.relations) > 1:
        return small
    count = int(small.spec.tied_axes[0].geometry["input_size"]) + rng.randint(0, 3)
    return subject.remade(small, input_size=min(count, 12)) if count <= 12 else small


def _settled(subject: Subject, layer: Practised) -> list[Block]:
    """Which layer is meant, where it is not the one above."""
    if layer.spec.pattern in (subject.layer.spec.pattern, subject.small and subject.small.spec.pattern):
        return on_small(subject.layer, layer)
    inputs = layer.spec.tied_axes[0].geometry["input_size"]
    if subject.small is not subject.layer:
        return [say("Take the smaller layer, but with {n} inputs.", n=inputs)]
    return [say("The input has {n} entries; {others}.", n=inputs, others=others_above(layer))]


def _why(layer: Practised, what: str, each: list[int], value: int) -> list[Block]:
    """The count, row by row, and what is left."""
    structure, n = layer.structure, layer.spec.notation
    rows, columns = structure.shape
    taps = layer.spec.tied.count("tap")

    def matrix(t: MathsTarget) -> str:
        return t.letter(n.matrix)

    if what == "zeros":

        def count(t: MathsTarget) -> Iterator[Row]:
            times = t.dot
            held = structure.nonzeros
            total = (
                " + ".join(map(str, each))
                if len(set(each)) > 1 and rows <= 12
                else (f"{rows}{times}{each[0]}" if len(set(each)) == 1 else str(held))
            )
            yield Row("zeros" if not t.stacked else r"\text{zeros}",
                      (f"{rows}{times}{columns} - " + (f"({total})" if "+" in total else total),
                       f"{rows * columns} - {held}", str(value)))  # fmt: skip

        def uses(end: str) -> Words:
            return words(
                f"Row {{i}} of {{T}} holds the weights that {{y}} uses, one at each input that it sees{end}",
                i=lambda t: t.letter(n.output_index), T=matrix,
                y=lambda t: t.entry(t.letter(n.output), t.letter(n.output_index)).replace("\u200b", ""),
            )  # fmt: skip

        if not _fits(layer):
            return [Prose(uses(". Row by row:")), worked(count)]
        whole = _with_matrix(layer, [Prose(uses("."))], uses(":"))
        return [*whole, say("Counted row by row,"), worked(count)]
    unused = taps - value
    sentences = [
        say(
            "The rows of {T} share the weights of the kernel, so its entries are tied: {held} of them hold a "
            "weight, but only {value} different weights occur.",
            T=matrix, held=structure.nonzeros, value=value)
    ]  # fmt: skip
    if unused:
        sentences.append(say("The kernel has {taps} weights, but {unused} of them meet only the padding.",
                             taps=taps, unused=unused))  # fmt: skip
    return _with_matrix(layer, sentences)
