"""Questions on costs: the parameters and multiplications of a layer, against those of a dense one."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from random import Random

import numpy as np

from symconv.notes.exercises.exercise import Draft, Entries, Exercise
from symconv.notes.exercises.mistakes import Mistaken
from symconv.notes.exercises.practised import Practised, Subject
from symconv.notes.exercises.written import number, on_small, say, worked
from symconv.printing.display import Row
from symconv.printing.target import MathsTarget

#: A layer is counted as it is up to so many products.
MOST_PRODUCTS = 100_000


def _counted(subject: Subject) -> Practised | None:
    """The layer as it is, or a smaller one where sizes are open or large."""
    if not subject.spec.kernel.learned:
        return None
    whole = subject.spec
    if whole.numeric and prod(whole.tied.count(role) for role in ("output", "tap")) <= MOST_PRODUCTS:
        return subject.layer
    return subject.small


def _channels(layer: Practised) -> tuple[int, int, int]:
    """Input channels, output channels and groups; 1 each without channels."""
    for relation in layer.spec.tied.relations:
        if "groups" in relation.options:
            found = relation.options
            inside, outside = int(found["in_channels"]), int(found["out_channels"])
            return inside, outside, int(found["groups"])
    return 1, 1, 1


def parameters(subject: Subject, rng: Random) -> Exercise | None:
    """How many parameters the layer learns."""
    layer = _counted(subject)
    if layer is None:
        return None
    inside, outside, groups = _channels(layer)
    kernels = [int(axis.geometry["kernel_size"]) for axis in layer.spec.tied_axes]
    window, bias = prod(kernels), outside if layer.spec.bias else 0
    value = outside * (inside // groups) * window + bias
    samples = layer.structure.samples
    outputs, inputs = layer.spec.tied.count("output") // samples, layer.spec.tied.count("input") // samples
    dense = outputs * inputs + (outputs if bias else 0)
    wrong: list[Mistaken] = [
        ("bias", "The bias was forgotten.", lambda: value - bias),
        ("bias per output", "One bias was counted for each output instead of each channel.",
         lambda: value - bias + (outputs if bias else 0)),
        ("groups", "The groups were forgotten: each filter sees only the input channels of its group.",
         lambda: outside * inside * window + bias),
        ("channels", "Only one input channel was counted.", lambda: outside * window + bias),
        ("filters", "Only one filter was counted.", lambda: (inside // groups) * window + bias),
        ("no sharing", "The weights were counted once for each output: they are shared.",
         lambda: (outputs // outside) * outside * (inside // groups) * window + bias),
        ("dense", "Every output was given a weight for every input, as in a dense layer.", lambda: dense),
        ("inputs", "One weight was counted for each input.", lambda: inputs),
        ("outputs", "One weight was counted for each output.", lambda: outputs),
    ]  # fmt: skip

    def rows(t: MathsTarget) -> Iterator[Row]:
        factors = [
            *([outside] if outside > 1 else []),
            *([inside // groups] if inside > groups else []),
            *kernels,
        ]
        text = t.dot.join(map(str, factors)) + (f" + {bias}" if bias else "")
        yield Row(
            r"\text{parameters}" if t.stacked else "parameters",
            (text, str(value)) if text != str(value) else (text,),
        )

    def full(t: MathsTarget) -> str:
        text = f"{outputs}{t.dot}{inputs}" + (f" + {outputs}" if bias else "")
        return f"{text} = {dense}"

    return Draft(
        kind="parameters",
        question=[*on_small(subject.layer, layer), say("How many parameters does the layer learn?")],
        asked=("Number of parameters",), value=value, wrong=wrong,
        solution=[
            say(_HOW_MANY.format(
                filters="is one filter" if outside == 1 else f"are {outside} filters",
                channels="" if inside == groups else f" for each of {inside // groups} input channels",
                group=" of its group" if groups > 1 and inside > groups else "",
                weights="one weight" if window == 1 else f"{window} weights",
                bias="" if not bias else ", and a bias" if outside == 1 else ", and a bias for each filter",
            )),
            worked(rows),
            say("A dense layer between the same {n} inputs and {m} outputs has {full}.",
                n=inputs, m=outputs, full=full),
        ],
        written=number, judge=Entries(layer, "parameters"),
    ).made(rng)  # fmt: skip


_HOW_MANY = "There {filters}, with {weights}{channels}{group}{bias}. All positions share them:"


def multiplications(subject: Subject, rng: Random) -> Exercise | None:
    """How many products of a weight and an input one pass takes."""
    layer = _counted(subject)
    if layer is None or layer.structure.samples > 1:
        return None
    inside, outside, groups = _channels(layer)
    structure = layer.structure
    value = structure.edges
    outputs, inputs, taps = (layer.spec.tied.count(role) for role in ("output", "input", "tap"))
    window = taps // outside if not layer.spec.transposed else taps // inside
    by_axis = [_hits(layer, at) for at in range(len(layer.spec.axes))]
    slides = inputs if layer.spec.transposed else outputs
    lost = slides * window - value
    if not value:
        return None
    padding = "cropped outputs" if layer.spec.transposed else "the zeros of the padding"
    wrong: list[Mistaken] = [
        ("padding", f"Products with {padding} were counted too." if not layer.spec.transposed else
         "Products that fall on cropped outputs were counted too.", lambda: slides * window),
        ("dense", "Every output was paired with every input, as in a dense layer.", lambda: outputs * inputs),
        ("weights for uses", "The weights were counted, not their uses.", lambda: taps),
        ("inputs for outputs", "The kernel was counted once for each input instead of each output."
         if not layer.spec.transposed else
         "The kernel was counted once for each output instead of each input.",
         lambda: (outputs if layer.spec.transposed else inputs) * window),
        ("channels", "Only one input channel was counted.", lambda: value * groups // inside),
        ("groups", "The groups were forgotten.", lambda: value * groups),
    ]  # fmt: skip

    def rows(t: MathsTarget) -> Iterator[Row]:
        factors = [str(n) for n in (outside, inside // groups) if n > 1]
        sums = []
        for hits in by_axis:
            if len(set(hits)) == 1:
                sums.append(f"{len(hits)}{t.dot}{hits[0]}" if len(hits) > 1 else str(hits[0]))
            else:
                text = " + ".join(map(str, hits)) if len(hits) <= 12 else str(sum(hits))
                sums.append(f"({text})" if len(by_axis) + len(factors) > 1 and "+" in text else text)
        text = t.dot.join([*factors, *sums])
        yield Row(
            r"\text{products}" if t.stacked else "products",
            (text, str(value)) if text != str(value) else (text,),
        )

    per = "input" if layer.spec.transposed else "output"
    many = "one axis at a time" if len(by_axis) > 1 else f"{per} by {per}"
    told = (
        f"Count the weights that each {per} uses, {many}"
        + (", for each pair of a filter and an input channel that it sees:" if outside * inside > 1 else ":")
    )  # fmt: skip
    return Draft(
        kind="multiplications",
        question=[
            *on_small(subject.layer, layer),
            say(
                "How many multiplications of a weight by an input does one forward pass take{without}?",
                without=("" if not lost else f", not counting products with {padding}"
                         if not layer.spec.transposed else ", not counting products that are cropped"),
            ),
        ],
        asked=("Number of products",), value=value, wrong=wrong,
        solution=[
            say(told),
            worked(rows),
            say("A dense layer between the same {n} inputs and {m} outputs takes {full}.",
                n=inputs, m=outputs,
                full=lambda t: f"{outputs}{t.dot}{inputs} = {outputs * inputs}"),
        ],
        written=number, judge=Entries(layer, "multiplications"),
    ).made(rng)  # fmt: skip


def _hits(layer: Practised, at: int) -> list[int]:
    """How many taps each index along an axis meets something with."""
    incidence = layer.spec.tied_axes[at].incidence()
    role = "input" if layer.spec.transposed else "output"
    return [int(n) for n in np.bincount(incidence.index[role], minlength=incidence.size(role))]
