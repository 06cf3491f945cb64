"""The appendix: derivations with their rules, windows, the dense layer, algorithms, and all letters."""

from __future__ import annotations

import re

from symconv.algorithms import introduced
from symconv.notes.known import derived
from symconv.notes.letters import conditions, operands
from symconv.notes.model import Algorithm, Block, Display, Heading, Maths, Points, Prose, Table, Words
from symconv.notes.phrases import equation, joined, letter, reason, say
from symconv.notes.source import Source, Sources

#: What an index counts, by its field in a notation.
_COUNTED = {
    "batch_index": "samples",
    "output_channel_index": "output channels",
    "tap_channel_index": "the input channels that an output channel sees",
    "input_channel_index": "input channels",
}

#: Derivations after that of the output are of these; the others follow from them and are not repeated.
_TOLD = {
    "output": "Output",
    "matrix": "Matrix",
    "windows": "Windows",
    "tying": "Ties",
    "grad_input": "Gradient with respect to the input",
    "grad_kernel": "Gradient with respect to the kernel",
    "grad_bias": "Gradient with respect to the bias",
}


def derivations(sources: Sources) -> list[Block]:
    """Each closed form with the steps that lead to it; the sentence of each rule once, at the end."""
    blocks: list[Block] = [
        Prose(("Each line follows from the one before by the rule behind it; the end explains the rules.",))
    ]
    rules: dict[str, list[str]] = {}
    for name in derived(sources):
        made = sources.opened.derive(name)
        blocks.append(Heading((_TOLD[name],), 2))
        blocks.append(Display(made, f"opened.derive({name!r})", f"derivation-{name}", stepwise=True))
        for rule, told in made.reasons().items():
            here = rules.setdefault(rule, [])
            here += [s for s in re.split(r"(?<=\.) ", told) if s not in here]
    points = tuple(((rule,), (" ".join(told),)) for rule, told in rules.items())
    return [*blocks, Heading(("Rules",), 2), Points(points)]


def windows(sources: Sources) -> list[Block]:
    """The windows that meet the kernel, and all filters at all positions."""
    source = sources.example
    if "windows" not in source.equation_names:
        return []
    blocks: list[Block] = [reason(source, "windows"), *equation(sources, "example", "windows")]
    filters = int(source.spec.pattern.biases().size("tap"))
    if "filters" in source.equation_names and filters > 1:
        blocks += [reason(source, "filters"), *equation(sources, "example", "filters")]
    return blocks


def dense(sources: Sources) -> list[Block]:
    """The gradient of a dense matrix in the place of the layer's, without and with its zeros."""
    source = sources.example
    if "dense_gradient" not in source.equation_names:
        return []
    s = source.structure
    blocks: list[Block] = [
        say(source, "A dense matrix in the place of {T} would have this gradient:"),
        *equation(sources, "example", "dense_gradient"),
    ]
    if s.nonzeros < s.entries:
        blocks += [
            say(source, "Masking the entries where {T} holds no weight gives:"),
            *equation(sources, "example", "masked_gradient"),
        ]
    return [*blocks, say(source, "Summing over each weight's positions gives the gradient of the kernel.")]


def algorithms(sources: Sources) -> list[Block]:
    """The passes as loops."""
    layer = sources.layer
    listings = {name: layer.algorithm(name) for name in layer.algorithm_names}
    letters = introduced(listings.values())
    (first, meaning), *rest = letters
    *most, last = [f"{first} is {meaning}", *(f"{one} {meaning}" for one, meaning in rest)]
    text = f"With indices from 0, {', '.join(most)} and {last}"
    text += ". The letters of an axis bear its number." if len(layer.spec.axes) > 1 else "."
    blocks: list[Block] = [Prose((text,))]
    for name, listing in listings.items():
        blocks.append(Algorithm((listing.reason,), listing, f"layer.algorithm({name!r})"))
    return blocks


def letters(sources: Sources) -> list[Block]:
    """What the layer is, what its letters stand for, how many entries each has, and when it exists."""
    layer = sources.layer
    transposed, n = layer.spec.transposed, layer.spec.notation
    along = several = ""
    if len(layer.spec.axes) > 1:
        along, several = " along an axis", " The letters of an axis bear its number."
        if _alike(layer):
            along, several = " along each axis", " These three bear the number of their axis."
    sizes = f"{{M}} is the number of outputs{along}"
    if layer.spec.numeric:
        sizes = f"{{N}}, {{K}} and {{M}} are the numbers of inputs, taps and outputs{along}, {{s}} is the "
        sizes += "stride, {d} the dilation, {p} the padding before and {q} that behind"
        sizes += ", {a} the output padding" if transposed else ""
    blocks: list[Block] = [
        Prose((layer.description,)),
        say(
            layer,
            f"{sizes}. {{i}}, {{k}} and {{j}} count outputs, taps and inputs, from {n.base} on.{several}",
        ),
    ]
    named = [name for r in layer.spec.pattern.relations for names in r.letters.values() for name in names]
    others = [name for name in dict.fromkeys(named) if name in _COUNTED]
    if others:
        # Pooling has one kind of channels.
        pooled = {} if "input_channel_index" in others else {"output_channel_index": "channels"}
        noun = {**_COUNTED, **pooled}
        parts: list[str | Maths] = ["Likewise "]
        for at, name in enumerate(others):
            counts = f"{' counts' if at == 0 else ''} {noun[name]}"
            parts += [*([", "] if at else []), letter(getattr(n, name)), counts]
        blocks.append(Prose((*parts, ".")))
    blocks.append(say(layer, "[P] is 1 if P holds, else 0."))
    rows = [((o.letter,), (o.meaning,), _product(o.shape)) for o in operands(layer.closed.symbols)]
    blocks.append(Table((("letter",), ("what it is",), ("shape",)), tuple(rows)))
    held = conditions(sources.opened.closed.symbols, sources.opened.formula("output"))
    if held:
        blocks.append(Prose(("Such a layer exists where ", *joined(held), ".")))
    return blocks


def _alike(layer: Source) -> bool:
    """Whether several axes have one letter for their outputs."""
    return not layer.spec.numeric and layer.spec.alike


def _product(shape: tuple[Maths, ...]) -> Words:
    """The shape of an operand as a product."""
    sizes = shape or (Maths("1", "1"),)
    return (Maths(" \\times ".join(s.latex for s in sizes), " x ".join(s.text for s in sizes)),)
