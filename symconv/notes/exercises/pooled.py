"""Pooling: how its outputs are worked out, what is misread, and where its gradient goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from random import Random
from typing import Any

import numpy as np
from sympy import Add, Expr, Integer, Rational

from symconv.notes.exercises.exercise import Draft, Entries, Exercise
from symconv.notes.exercises.mistakes import Mistaken
from symconv.notes.exercises.practised import (
    Practised,
    Subject,
    all_entries,
    drawn,
    entry,
    nested_entries,
    shape_of_quantity,
    terms,
    value_of,
)
from symconv.notes.exercises.written import (
    Letters,
    filled,
    given,
    maths,
    nested,
    number,
    on_small,
    say,
    signed,
    words,
    worked,
)
from symconv.notes.model import Prose, Table
from symconv.printing.display import Row
from symconv.printing.target import MathsTarget

#: So many entries are asked for at once at the most.
MOST_ENTRIES = 18


def misread(layer: Practised, met: list[dict[str, Any]]) -> Iterator[Mistaken]:
    """Mistakes of pooling: one kind for the other, and sums that are not divided."""
    seen = [value_of(layer, "input", one["input"]) for one in met]
    if layer.spec.kernel.depends_on_input:
        yield "average for maximum", "The average was taken, not the maximum.", lambda: Add(*seen) / len(seen)
        yield "minimum", "The smallest entry was taken.", lambda: min(seen)
        told = "The entry of the largest absolute value was taken."
        yield "absolute value", told, lambda: max(seen, key=abs)
    else:
        yield "maximum for average", "The maximum was taken, not the average.", lambda: max(seen)
        yield "not divided", "The sum was not divided.", lambda: Add(*seen)
        told = "The sum was divided by the number of entries inside the input."
        yield "divided by those inside", told, lambda: Add(*seen) / len(seen)


def pooled_parts(
    t: MathsTarget, layer: Practised, index: tuple[int, ...], *, on_line: bool = False
) -> list[str]:
    """An output of pooling: the largest entry, or the sum over the number of places that count.

    ``on_line`` puts the number behind a slash, not below the sum.
    """
    L, met = Letters(layer.spec), terms(layer, "output", index)
    seen = [value_of(layer, "input", one["input"]) for one in met]
    right = t.expr(entry(layer, "output", index))
    if layer.spec.kernel.depends_on_input:
        letters = ", ".join(L.input(t, one["input"]) for one in met)
        numbers = ", ".join(t.expr(e) for e in seen)
        return [f"{t.maximum}({letters})", f"{t.maximum}({numbers})", right]
    by = int(divisor(layer, index))
    inside = [signed([L.input(t, one["input"]) for one in met]), signed([t.expr(e) for e in seen])]
    if len(met) > 9:
        inside = inside[1:]
    if t.stacked and not on_line:
        return [*(t.fraction(top, str(by)) for top in inside), right]
    return [*(f"({top})/{by}" for top in inside), right]


def divisor(layer: Practised, index: tuple[int, ...]) -> Expr:
    """What the average at an output is divided by."""
    found = layer.entries.values
    o = int(np.ravel_multi_index(index, shape_of_quantity(layer, "output")))
    incidence = layer.spec.incidence
    at = int(np.flatnonzero(incidence.index["output"] == o)[0])
    tap: Expr = found.operands["tap"][int(incidence.index["tap"][at])]
    return 1 / tap


def pooling_gradient(subject: Subject, rng: Random) -> Exercise | None:
    """Where pooling sends its gradient."""
    small = subject.small
    if small is None or small.spec.kernel.learned:
        return None
    layer = drawn(small, rng, "x", "delta")
    shape = shape_of_quantity(layer, "grad_input")
    L = Letters(layer.spec)
    selects = layer.spec.kernel.depends_on_input
    if len(shape) > 1 or shape[0] > MOST_ENTRIES:
        return _pooled_entry(subject, layer, rng, selects)
    letters = ("x", "delta") if selects else ("delta",)
    return Draft(
        kind="pooling_gradient",
        question=[
            *on_small(subject.layer, layer),
            *given(layer, *letters),
            say(
                "Here {delta} is the gradient with respect to the outputs. Where does it go? Compute all "
                "entries of {g}.",
                delta=lambda t: L.upstream(t), g=lambda t: L.gradient(t, "input"),
            ),
        ],
        asked=words("{g}", g=lambda t: L.gradient(t, "input")), value=nested_entries(layer, "grad_input"),
        wrong=_sent_wrong(layer, selects),
        solution=[
            Prose(
                (
                    "Each window passes its gradient to its largest entry, since the others do not change "
                    "the maximum; an entry that is the largest of several windows receives their sum."
                    if selects
                    else "Each window passes an equal share of its gradient to each of its entries; an entry "
                    "in several windows receives the sum of its shares.",
                )
            ),
            _sent(layer, selects),
            say(
                "So {g} is {all}.",
                g=lambda t: L.gradient(t, "input"), all=nested(all_entries(layer, "grad_input")),
            ),
        ],
        written=nested, judge=Entries(layer, "grad_input"), form="list",
    ).made(rng)  # fmt: skip


def _winner(layer: Practised, met: list[dict[str, Any]], choose: Callable[..., Any] = max) -> tuple[int, ...]:
    """The input of a window that is the first of the largest."""
    found: tuple[int, ...] = choose(met, key=lambda one: value_of(layer, "input", one["input"]))["input"]
    return found


def _sent(layer: Practised, selects: bool) -> Table:
    L, rows = Letters(layer.spec), []
    for index in np.ndindex(*shape_of_quantity(layer, "output")):
        met = terms(layer, "output", index)
        gradient = value_of(layer, "output", index)
        share = gradient if selects else gradient / divisor(layer, index)
        to = [_winner(layer, met)] if selects else [one["input"] for one in met]
        rows.append(
            (
                (maths(partial(L.output, index=index)),),
                (maths(partial(_inputs, letters=L, places=[one["input"] for one in met])),),
                number(share),
                (maths(partial(_inputs, letters=L, places=to)),),
            )
        )
    passed = "Passes" if selects else "Passes to each"
    return Table((("Output",), ("Window",), (passed,), ("To",)), tuple(rows))


def _inputs(t: MathsTarget, letters: Letters, places: Iterable[tuple[int, ...]]) -> str:
    return ", ".join(letters.input(t, place) for place in places)


def _sent_wrong(layer: Practised, selects: bool) -> list[Mistaken]:
    """Gradients of pooling as they come out by mistake, as lists."""
    size = shape_of_quantity(layer, "grad_input")
    places = [(i, terms(layer, "output", i)) for i in np.ndindex(*shape_of_quantity(layer, "output"))]

    def gathered(shares: Callable[[Expr, list[dict[str, Any]]], list[tuple[tuple[int, ...], Expr]]]) -> Any:
        found = np.full(size, Integer(0), dtype=object)
        for index, met in places:
            for to, share in shares(value_of(layer, "output", index), met):
                found[to] += share
        return found.tolist()

    ways: dict[str, Callable[[Expr, list[dict[str, Any]]], list[tuple[tuple[int, ...], Expr]]]] = {
        "spread": lambda g, met: [(one["input"], g * Rational(1, len(met))) for one in met],
        "whole": lambda g, met: [(one["input"], g) for one in met],
        "first": lambda g, met: [(met[0]["input"], g)],
        "times": lambda g, met: [(to := _winner(layer, met), g * value_of(layer, "input", to))],
        "smallest": lambda g, met: [(_winner(layer, met, min), g)],
    }
    told = [
        ("all entries", "Every entry of a window received its gradient.", "whole"),
        ("first entry", "The first entry of each window received its gradient.", "first"),
        ("times the entry", "The gradient was multiplied by the largest entry.", "times"),
        ("minimum", "The smallest entry of each window received its gradient.", "smallest"),
        ("average for maximum", "The gradient was shared among all entries, as for an average.", "spread"),
    ] if selects else [
        ("not divided", "Every entry received the whole gradient of its window.", "whole"),
        ("first entry", "The first entry of each window received its gradient.", "first"),
        ("divided by those inside", "The gradient was shared among the entries inside the input only.",
         "spread"),
    ]  # fmt: skip
    return [(name, reason, partial(gathered, ways[way])) for name, reason, way in told]


def _pooled_entry(subject: Subject, layer: Practised, rng: Random, selects: bool) -> Exercise | None:
    """One entry of the gradient, where all of them are too many."""
    shape = shape_of_quantity(layer, "grad_input")
    reached = [i for i in np.ndindex(*shape) if terms(layer, "input", i)]
    nonzero = [i for i in reached if entry(layer, "grad_input", i) != 0]
    index = rng.choice(nonzero if nonzero and rng.random() < 0.7 else reached)
    L, met = Letters(layer.spec), terms(layer, "input", index)
    right = entry(layer, "grad_input", index)
    all_wrong = _sent_wrong(layer, selects)

    def at(make: Callable[[], Any]) -> Any:
        found = make()
        for i in index:
            found = found[i]
        return found

    def parts(t: MathsTarget) -> list[Row]:
        lettered, numbers = [], []
        for one in met:
            windows = terms(layer, "output", one["output"])
            if selects and _winner(layer, windows) != index:
                continue
            lettered.append(L.upstream(t, one["output"]))
            by = Integer(1) if selects else divisor(layer, one["output"])
            value = value_of(layer, "output", one["output"])
            numbers.append(t.expr(value) if by == 1 else (t.fraction(t.expr(value), t.expr(by))))
            if by != 1:
                lettered[-1] = t.fraction(lettered[-1], t.expr(by)) if t.stacked else f"{lettered[-1]}/{by}"
        chain = [filled(t, lettered), filled(t, numbers)] if lettered else []
        chain = [*chain, t.expr(right)]
        kept = [part for n, part in enumerate(chain) if not n or part != chain[n - 1]]
        return [Row(L.gradient(t, "input", index), tuple(kept))]

    return Draft(
        kind="pooling_gradient",
        question=[
            *on_small(subject.layer, layer),
            *given(layer, *(("x", "delta") if selects else ("delta",))),
            say(
                "Here {delta} is the gradient with respect to the outputs. Compute {g}.",
                delta=lambda t: L.upstream(t), g=lambda t: L.gradient(t, "input", index),
            ),
        ],
        asked=words("{g}", g=lambda t: L.gradient(t, "input", index)), value=right,
        wrong=[(name, reason, partial(at, make)) for name, reason, make in all_wrong],
        solution=[
            say(
                "{x} is in the windows of {seen}. It receives the gradient of those in which it is the "
                "largest entry:"
                if selects
                else "{x} is in the windows of {seen}. It receives an equal share of each of their "
                "gradients:",
                x=lambda t: L.input(t, index),
                seen=lambda t: ", ".join(L.output(t, one["output"]) for one in met),
            ),
            worked(parts),
        ],
        written=number, judge=Entries(layer, f"grad_input[{L.printed(index)}]"),
    ).made(rng)  # fmt: skip
