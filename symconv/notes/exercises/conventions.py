"""Which convention gave this answer: outputs are shown, and the padding and the flip are asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

from symconv.notes.exercises.exercise import Choices, Draft, Exercise
from symconv.notes.exercises.practised import (
    Practised,
    Subject,
    all_entries,
    drawn,
    entry,
    terms,
    value_of,
    values_of,
)
from symconv.notes.exercises.written import Letters, nested, number, product, say, signed, words
from symconv.notes.model import Block, Table
from symconv.printing.target import MathsTarget

#: The paddings that are told apart.
MODES = ("full", "valid", "same")


def _named(mode: str, flip: bool) -> str:
    return f"{mode} {'convolution (kernel flipped)' if flip else 'cross-correlation (kernel not flipped)'}"


def convention(subject: Subject, rng: Random) -> Exercise | None:
    """Which of six conventions gave the outputs that are shown."""
    small = subject.small
    if small is None or not _applies(small):
        return None
    made: dict[str, Practised] = {}
    for _ in range(20):
        base = drawn(small, rng, "x", "w")
        made = {_named(m, f): subject.remade(base, padding=m, flip=f) for m in MODES for f in (True, False)}
        answers = [tuple(all_entries(layer, "output")) for layer in made.values()]
        if len(set(answers)) == len(answers):
            break
    else:
        return None
    right = rng.choice(list(made))
    layer = made[right]
    shown, L = all_entries(layer, "output"), Letters(layer.spec)
    several = layer.spec.tied_axes[0].geometry["kernel_size"] % 2 == 0

    def gives(name: str) -> Any:
        return words("It gives {y}.", y=nested(all_entries(made[name], "output")))

    return Draft(
        kind="convention",
        question=[
            say(
                "Somebody computed {y} from {x} and {w}, with stride 1{dilated}. Which operation was "
                "it?{same}",
                x=nested(values_of(layer, "x"), L.input), w=nested(values_of(layer, "w"), L.tap),
                y=nested(shown, L.output), dilated=_dilated(layer),
                same=" If the total padding is odd, the extra padding goes at the end." if several else "",
            )
        ],
        asked=("Operation",), value=right,
        wrong=[(name, gives(name), partial(str, name)) for name in made if name != right],
        solution=_solved(layer, made, right), written=lambda value: (str(value),), judge=Choices(made, shown),
        form="choice",
    ).made(rng)  # fmt: skip


def _applies(layer: Practised) -> bool:
    """Whether the padding and the flip are all that can differ, and differ visibly."""
    spec = layer.spec
    if not spec.kernel.learned or spec.transposed or spec.reads_input or spec.bias:
        return False
    if len(spec.tied.relations) > 1:
        return False
    sizes = spec.tied_axes[0].geometry
    reach = sizes["dilation"] * (sizes["kernel_size"] - 1)
    return sizes["stride"] == 1 and sizes["kernel_size"] > 1 and sizes["input_size"] > reach


def _dilated(layer: Practised) -> str:
    dilation = layer.spec.tied_axes[0].geometry["dilation"]
    return "" if dilation == 1 else f" and dilation {dilation}"


def _solved(layer: Practised, made: dict[str, Practised], right: str) -> list[Block]:
    """The number of outputs says the padding, and one entry the flip."""
    axis = layer.spec.tied_axes[0].geometry
    inputs, outputs = axis["input_size"], int(layer.spec.output_sizes[0])
    span = axis["dilation"] * (axis["kernel_size"] - 1) + 1
    mode, flip = right.split()[0], layer.spec.flip
    count: dict[str, Callable[[MathsTarget], str]] = {
        "full": lambda t: f"{inputs} + {span} - 1 = {outputs}",
        "valid": lambda t: f"{inputs} - {span} + 1 = {outputs}",
        "same": lambda t: str(inputs),
    }
    other = made[_named(mode, not flip)]
    place = next(i for i in range(outputs) if entry(layer, "output", (i,)) != entry(other, "output", (i,)))
    L = Letters(layer.spec)
    reasons = {
        "full": "The kernel spans {span}, so there are {count} positions at which it overlaps the {n} "
        "inputs, including partial overlaps: this is full padding.",
        "valid": "The kernel spans {span}, so there are {count} positions at which it lies entirely "
        "on the {n} inputs: this is valid padding.",
        "same": "There are as many outputs as inputs, namely {count}: this is same padding.",
    }
    return [
        say(reasons[mode], span=f"{span} position{'s' * (span > 1)}", n=inputs, count=count[mode]),
        say(
            "Now compare {y} with the kernel as it stands and flipped:",
            y=lambda t: L.output(t, (place,)),
        ),
        Table(
            (("Kernel",), ("Products",), ("Sum",)),
            tuple(
                (
                    ("flipped" if one.spec.flip else "as it stands",),
                    words("{p}", p=partial(_products, layer=one, place=place)),
                    number(entry(one, "output", (place,))),
                )
                for one in (layer, other)
            ),
        ),
        say(
            "The given value is {v}, so it was {right}.",
            v=lambda t: t.expr(entry(layer, "output", (place,))),
            right=right,
        ),
    ]  # fmt: skip


def _products(t: MathsTarget, layer: Practised, place: int) -> str:
    met = terms(layer, "output", (place,))
    return (
        signed([product(t, [value_of(layer, role, one[role]) for role in ("tap", "input")]) for one in met])
        or "0"
    )
