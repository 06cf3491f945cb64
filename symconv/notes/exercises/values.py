"""Questions on values: an output, all outputs, and an entry of each gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import numpy as np
from sympy import Expr

from symconv.notes.exercises.exercise import Draft, Entries, Exercise
from symconv.notes.exercises.mistakes import Mistaken, counted_from, mistaken
from symconv.notes.exercises.pooled import misread, pooled_parts
from symconv.notes.exercises.practised import (
    Practised,
    Subject,
    all_entries,
    drawn,
    entry,
    nested_entries,
    products,
    shape_of_quantity,
    terms,
    value_of,
)
from symconv.notes.exercises.written import (
    Letters,
    given,
    maths,
    nested,
    number,
    on_small,
    product,
    say,
    signed,
    sum_of_products,
    words,
    worked,
)
from symconv.notes.model import Block, Prose, Table
from symconv.printing.display import Row
from symconv.printing.target import MathsTarget

#: So many outputs are asked for at once at the most.
MOST_OUTPUTS = 9


def output_entry(subject: Subject, rng: Random) -> Exercise | None:
    """One entry of the output."""
    if subject.small is None:
        return None
    layer = drawn(subject.small, rng, *_operands(subject.small), "b")
    pooled = not layer.spec.kernel.learned
    several = [
        i for i in np.ndindex(*shape_of_quantity(layer, "output")) if len(terms(layer, "output", i)) > 1
    ]
    if not several:
        return None
    index = rng.choice(several)
    L, met = Letters(layer.spec), terms(layer, "output", index)
    off, told = counted_from(layer.spec)
    right = entry(layer, "output", index)
    beside = tuple(at + off for at in index)
    wrong: list[Mistaken] = [
        *mistaken(subject, layer, lambda made: entry(made, "output", index), "one side"),
        ("index base", told, lambda: entry(layer, "output", beside)),
    ]
    if pooled:
        wrong = [*misread(layer, met), *wrong]
    else:
        biased = layer.spec.bias
        if biased:
            bias = _bias(layer, index)
            wrong.append(("bias", "The bias was forgotten.", lambda: right - bias))
        wrong.append(("last product", "The last product was forgotten.",
                      lambda: right - products(layer, met[-1:], ("tap", "input"))))  # fmt: skip
    return Draft(
        kind="output_entry",
        question=[
            *on_small(subject.layer, layer),
            *given(layer, *_operands(layer), "b"),
            say("Compute {y}.", y=lambda t: L.output(t, index)),
        ],
        asked=words("{y}", y=lambda t: L.output(t, index)), value=right, wrong=wrong,
        solution=output_worked(layer, index), written=number,
        judge=Entries(layer, f"output[{L.printed(index)}]"),
    ).made(rng)  # fmt: skip


def _operands(layer: Practised) -> tuple[str, ...]:
    return ("x", "w") if layer.spec.kernel.learned else ("x",)


def _bias(layer: Practised, index: tuple[int, ...]) -> Expr:
    shape = shape_of_quantity(layer, "output")
    found: Expr = layer.entries.values.biases[int(np.ravel_multi_index(index, shape))]
    return found


def output_worked(layer: Practised, index: tuple[int, ...]) -> list[Block]:
    """How one output is computed."""
    L, met = Letters(layer.spec), terms(layer, "output", index)
    kernel = layer.spec.kernel
    if not kernel.learned:
        return [
            say("The window of {y} holds {seen}.", y=lambda t: L.output(t, index), seen=_seen(layer, met)),
            worked(lambda t: [Row(L.output(t, index), tuple(pooled_parts(t, layer, index)))]),
        ]
    addend = None
    if layer.spec.bias:
        addend = (lambda t: _bias_letter(t, layer, index)), _bias(layer, index)
    called = "flipped kernel" if layer.spec.flip else "kernel"
    what = f"Place the {called} on the window of {{y}}, multiply overlapping entries, and add:"
    if layer.spec.transposed:
        what = "These products of an input and a weight fall on {y}; add them up:"
    return [
        say(what, y=lambda t: L.output(t, index)),
        sum_of_products(layer, lambda t: L.output(t, index), ("tap", "input"), met, addend),
    ]


def _bias_letter(t: MathsTarget, layer: Practised, index: tuple[int, ...]) -> str:
    shape = layer.entries.shape("bias")
    letter, base = layer.spec.written.bias, layer.spec.notation.base
    if not shape:
        return t.letter(letter)
    at = len(shape_of_quantity(layer, "output")) - len(layer.spec.axes) - 1
    return t.indexed(letter, index[at] + base)


def _seen(layer: Practised, met: list[dict[str, Any]]) -> Any:
    L = Letters(layer.spec)
    return lambda t: ", ".join(L.input(t, one["input"]) for one in met)


def output_all(subject: Subject, rng: Random) -> Exercise | None:
    """All outputs."""
    small = subject.small
    if small is None or len(small.spec.tied.relations) > len(small.spec.axes) or len(small.spec.axes) > 2:
        return None
    shape = shape_of_quantity(small, "output")
    if not 1 < int(np.prod(shape)) <= MOST_OUTPUTS:
        return None
    layer = drawn(small, rng, *_operands(small), "b")
    L = Letters(layer.spec)
    wrong: list[Mistaken] = [*mistaken(subject, layer, lambda made: nested_entries(made, "output"))]
    if layer.spec.bias:
        without = [
            e - _bias(layer, i) for i, e in zip(np.ndindex(*shape), all_entries(layer, "output"), strict=True)
        ]
        wrong.append(("bias", "The bias was forgotten.", lambda: np.reshape(without, shape).tolist()))
    if not layer.spec.kernel.learned:
        wrong = [*_allmisread(layer, shape), *wrong]
    return Draft(
        kind="output_all",
        question=[
            *on_small(subject.layer, layer),
            *given(layer, *_operands(layer), "b"),
            say("Compute all entries of the output {y}.", y=lambda t: L.output(t)),
        ],
        asked=words("{y}", y=lambda t: L.output(t)), value=nested_entries(layer, "output"), wrong=wrong,
        solution=[
            Prose((_how(layer),)), _by_place(layer),
        ],
        written=nested, judge=Entries(layer, "output"), form="list",
    ).made(rng)  # fmt: skip


def _how(layer: Practised) -> str:
    """How all outputs are found, and which products are not written."""
    spec = layer.spec
    if not spec.kernel.learned or spec.transposed:
        return _HOW["transposed" if spec.transposed else spec.kernel.name]
    left = " Products with padding are left out." * (spec.padded and spec.padding_mode == "zeros")
    return f"{_HOW['flipped' if spec.flip else 'plain']}{left}"


#: How outputs come about, by the kind of the layer.
_HOW = {
    "plain": "Slide the kernel along the input. At each position multiply overlapping entries, and add.",
    "flipped": "Reverse the kernel and slide it along the input. At each position multiply "
    "overlapping entries, and add.",
    "transposed": "Each input adds a copy of the kernel, multiplied by that input, to the output.",
    "selection": "Take the largest entry of each window.",
    "uniform": "Take the average of each window.",
    "clipped": "Take the average of each window over the entries that count.",
}


def _allmisread(layer: Practised, shape: tuple[int, ...]) -> list[Mistaken]:
    each = [list(misread(layer, terms(layer, "output", i))) for i in np.ndindex(*shape)]
    found: list[Mistaken] = []
    for at, (name, reason, _) in enumerate(each[0]):
        found.append((name, reason, partial(_gathered, [one[at][2] for one in each], shape)))
    return found


def _gathered(makes: list[Callable[[], Any]], shape: tuple[int, ...]) -> Any:
    return np.reshape([make() for make in makes], shape).tolist()


def _by_place(layer: Practised) -> Table:
    """Each output with its products and its sum."""
    L, rows = Letters(layer.spec), []
    for index in np.ndindex(*shape_of_quantity(layer, "output")):
        met = terms(layer, "output", index)
        rows.append(
            (
                words("{y}", y=partial(L.output, index=index)),
                (maths(partial(_in_numbers, layer=layer, index=index, met=met)),),
                number(entry(layer, "output", index)),
            )
        )
    head = "Largest of" if layer.spec.kernel.depends_on_input else "Products"
    head = head if layer.spec.kernel.learned or head != "Products" else "Average"
    return Table((("Output",), (head,), ("Value",)), tuple(rows))


def _in_numbers(t: MathsTarget, layer: Practised, index: tuple[int, ...], met: list[dict[str, Any]]) -> str:
    if not layer.spec.kernel.learned:
        return pooled_parts(t, layer, index, on_line=True)[-2]
    bias = [t.expr(_bias(layer, index))] if layer.spec.bias else []
    parts = [product(t, [value_of(layer, role, one[role]) for role in ("tap", "input")]) for one in met]
    return signed([*bias, *parts]) or "0"
