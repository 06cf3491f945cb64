"""Questions on gradients: an entry with respect to the input, and one with respect to the kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

import numpy as np
from sympy import Expr

from symconv.notes.exercises.exercise import Draft, Entries, Exercise
from symconv.notes.exercises.mistakes import Mistaken, counted_from, mistaken
from symconv.notes.exercises.practised import (
    Practised,
    Subject,
    drawn,
    entry,
    products,
    shape_of_quantity,
    terms,
)
from symconv.notes.exercises.written import (
    Index,
    Letters,
    given,
    maths,
    number,
    on_small,
    say,
    sum_of_products,
    words,
)
from symconv.notes.model import Words
from symconv.printing.target import MathsTarget

#: So many outputs that a weight does not touch are named at the most.
MOST_ABSENT = 2


def grad_input_entry(subject: Subject, rng: Random) -> Exercise | None:
    """An entry of the gradient with respect to the input."""
    if subject.small is None or not subject.small.spec.kernel.learned:
        return None
    return _gradient(subject, rng, "grad_input", ("w", "delta"), "input", ("output", "tap"))


def grad_kernel_entry(subject: Subject, rng: Random) -> Exercise | None:
    """An entry of the gradient with respect to the kernel."""
    if subject.small is None or not subject.small.spec.kernel.learned:
        return None
    return _gradient(subject, rng, "grad_kernel", ("x", "delta"), "kernel", ("output", "input"))


def _gradient(
    subject: Subject, rng: Random, name: str, letters: tuple[str, str], field: str, roles: tuple[str, str]
) -> Exercise | None:
    assert subject.small is not None
    layer = drawn(subject.small, rng, *letters)
    kept = "input" if name == "grad_input" else "tap"
    shape = shape_of_quantity(layer, name)
    several = [i for i in np.ndindex(*shape) if len(terms(layer, kept, i)) > 1]
    if not several:
        return None
    index = rng.choice(several)
    met, L = terms(layer, kept, index), Letters(layer.spec)
    right = entry(layer, name, index)
    off, told = counted_from(layer.spec)
    single = [products(layer, [one], roles) for one in met]
    wrong: list[Mistaken] = []
    if name == "grad_kernel":
        wrong.append(
            ("ties", "The weight is shared, but only its first product was taken.", lambda: single[0])
        )
        wrong.append(("ties averaged", "The products were averaged instead of summed.",
                      lambda: _exact(right, len(met))))  # fmt: skip
    else:
        wrong.append(
            ("one window", "Only the first output that reads this input was taken.", lambda: single[0])
        )
        turned = [{**one, "tap": other["tap"]} for one, other in zip(met, reversed(met), strict=True)]
        told_order = "The weights were paired with the outputs in the opposite order."
        wrong.append(("order", told_order, lambda: products(layer, turned, roles)))

    def answer(made: Practised) -> Expr:
        return products(layer, _multiplied(subject, layer, made, kept, index), roles)

    wrong += mistaken(subject, subject.small, answer, "one side", "full for valid")
    beside = tuple(at + off for at in index)
    wrong.append(("index base", told, lambda: entry(layer, name, beside)))
    if len(met) > 2:  # of two, only the first was taken
        wrong.append(("last product", "The last product was forgotten.", lambda: right - single[-1]))
    why = (
        "The weight {of} appears in several entries of the matrix, once for each product that it is part of. "
        "Its gradient is the sum over all of them{absent}:"
        if name == "grad_kernel"
        else "Each output that sees {of} passes its gradient back, times the weight between them:"
    )
    return Draft(
        kind=f"{name}_entry",
        question=[
            *on_small(subject.layer, layer),
            *given(layer, *letters),
            say(
                "Here {delta} is the gradient of a loss {L} with respect to the outputs. Compute {g}.",
                delta=lambda t: L.upstream(t), L=lambda t: t.letter(L.notation.loss),
                g=lambda t: L.gradient(t, field, index),
            ),
        ],
        asked=words("{g}", g=lambda t: L.gradient(t, field, index)), value=right, wrong=wrong,
        solution=[
            say(
                why,
                of=lambda t: L.of_role(t, kept, index),
                **({"absent": _absent(layer, index, met)} if name == "grad_kernel" else {}),
            ),
            sum_of_products(layer, lambda t: L.gradient(t, field, index), roles, met),
        ],
        written=number, judge=Entries(layer, f"{name}[{L.printed(index)}]"),
    ).made(rng)  # fmt: skip


def _multiplied(
    subject: Subject, layer: Practised, made: Practised, kept: str, index: Index
) -> list[dict[str, tuple[int, ...]]]:
    """What a mistake multiplies: it uses every gradient that is given, whatever outputs its layer has.

    Raises
    ------
    IndexError
        When it asks for a gradient that is not given, or for an entry of the padding that it has not made.
    """
    spec, pads = layer.spec, []
    forgotten = not made.spec.padded
    for own, other, count in zip(spec.tied_axes, made.spec.tied_axes, spec.output_sizes, strict=True):
        size = {name: int(value) for name, value in other.geometry.items()}
        before, after = (0 if forgotten else int(own.geometry[side]) for side in ("before", "after"))
        end = size["stride"] * (int(count) - 1) + size["dilation"] * (size["kernel_size"] - 1) + 1
        pads.append((before, 0 if spec.transposed else max(after, end - before - size["input_size"])))
    zeros = {"padding_mode": "zeros"} if forgotten and spec.reads_input else {}
    met = terms(
        subject.remade(made, padding=pads[0] if len(pads) == 1 else tuple(pads), **zeros), kept, index
    )
    shape = shape_of_quantity(layer, "output")
    within = [one for one in met if all(i < n for i, n in zip(one["output"], shape, strict=True))]
    lacking = spec.transposed and len(within) < len(met)
    unread = zeros and kept == "tap" and len(within) < len(terms(layer, kept, index))
    if forgotten and (lacking or unread):
        raise IndexError(index)
    return within


def _absent(layer: Practised, tap: Index, met: Sequence[dict[str, tuple[int, ...]]]) -> Words:
    """Which outputs are absent from the sum of a weight, where they are few and it meets padding there."""
    spec, L = layer.spec, Letters(layer.spec)
    if spec.transposed or spec.reads_input or len(spec.tied.relations) > 1:
        return ()
    here = {one["output"] for one in met}
    others = [at for at in np.ndindex(*shape_of_quantity(layer, "output")) if at not in here]
    if not 0 < len(others) <= MOST_ABSENT:
        return ()

    def told(write: Callable[[MathsTarget, Index], str]) -> Words:
        pieces = [maths(partial(_written, write, at)) for at in others]
        return tuple(
            part for at, piece in enumerate(pieces) for part in ((" and ", piece) if at else (piece,))
        )

    text = f"; {{delta}} {'is' if len(others) == 1 else 'are'} absent, because {{w}} meets padding at {{y}}"
    return words(text, delta=told(L.upstream), w=lambda t: L.tap(t, tap), y=told(L.output))


def _written(write: Callable[[MathsTarget, Index], str], at: Index, t: MathsTarget) -> str:
    return write(t, at)


def _exact(total: Expr, count: int) -> Expr:
    """A whole part of a sum; an average that is none gives itself away."""
    found = total / count
    if not found.is_Integer:
        raise IndexError(found)
    return found
