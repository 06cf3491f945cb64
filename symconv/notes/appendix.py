"""The appendix: derivations with their rules, windows, the dense layer, algorithms, and all letters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symconv.algorithms import introduced
from symconv.notes.known import derived
from symconv.notes.letters import conditions, operands
from symconv.notes.model import Algorithm, Block, Display, Heading, Maths, Points, Prose, Table, Words
from symconv.notes.phrases import enumerated, equation, letter, reason, say, typeset
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
    text = "Each line follows from the one before by the rule named beside it. The end explains the rules."
    blocks: list[Block] = [Prose((text,))]
    rules: dict[str, list[str]] = {}
    for name in derived(sources):
        made = sources.opened.derive(name)
        blocks.append(Heading((_TOLD[name],), 2))
        blocks.append(Display(made, f"opened.derive({name!r})", f"derivation-{name}", stepwise=True))
        for rule, told in made.reasons().items():
            here = rules.setdefault(rule, [])
            here += [s for s in re.split(r"(?<=\.) ", told) if s not in here]
    points = tuple(((rule,), typeset(" ".join(told))) for rule, told in rules.items())
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
            say(source, "Setting the entries where {T} holds no weight to zero gives:"),
            *equation(sources, "example", "masked_gradient"),
        ]
    return [*blocks, say(source, "Summing over each weight's positions gives the gradient of the kernel.")]


def algorithms(sources: Sources) -> list[Block]:
    """The passes as loops."""
    layer = sources.layer
    listings = {name: layer.algorithm(name) for name in layer.algorithm_names}
    every = introduced(listings.values())
    sizes = next(at for at, (_, meaning) in enumerate(every) if meaning.startswith("the number of"))
    indices = next(at for at, (_, meaning) in enumerate(every) if re.match(r"an? .*(index|channel)", meaning))
    told: list[str | Maths] = ["The passes of the layer as loops over indices that start at 0. Here "]
    for part in (every[:sizes], every[sizes:indices], every[indices:]):
        told += [*_introduced(part), "; "]
    told[-1] = ". The letters of an axis bear its number." if len(layer.spec.axes) > 1 else "."
    blocks: list[Block] = [Prose(tuple(told))]
    for name, listing in listings.items():
        blocks.append(Algorithm((listing.reason,), listing, f"layer.algorithm({name!r})"))
    return blocks


def _introduced(letters: Sequence[tuple[str, str]]) -> Words:
    """What letters stand for, with one verb for all of them."""
    return enumerated(
        [(letter(one), f"{'' if at else ' is'} {meaning}") for at, (one, meaning) in enumerate(letters)]
    )


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
        sizes += "stride, {d} the dilation, {p} the padding before the input"
        sizes += ", {q} the padding after it and {a} the output padding" if transposed else ""
        sizes += "" if transposed else " and {q} the padding after it"
    blocks: list[Block] = [
        Prose((layer.description,)),
        say(
            layer,
            f"{sizes}. {{i}}, {{k}} and {{j}} count outputs, taps and inputs, starting at {n.base}.{several}",
        ),
    ]
    named = [name for r in layer.spec.pattern.relations for names in r.letters.values() for name in names]
    others = [name for name in dict.fromkeys(named) if name in _COUNTED]
    if others:
        # Pooling has one kind of channels.
        pooled = {} if "input_channel_index" in others else {"output_channel_index": "channels"}
        noun = {**_COUNTED, **pooled}
        counts = [(letter(getattr(n, name)), f"{'' if at else ' counts'} {noun[name]}")
                  for at, name in enumerate(others)]  # fmt: skip
        blocks.append(Prose(("Likewise ", *enumerated(counts), ".")))
    blocks.append(Prose(typeset("The bracket [P] is 1 if P holds, else 0.")))
    rows = [((o.letter,), (o.meaning,), _product(o.shape)) for o in operands(layer.closed.symbols)]
    blocks.append(Table((("letter",), ("what it is",), ("shape",)), tuple(rows)))
    held = conditions(sources.opened.closed.symbols, sources.opened.formula("output"))
    if held:
        blocks.append(Prose(("Such a layer exists if ", *enumerated([(one,) for one in held]), ".")))
    return blocks


def _alike(layer: Source) -> bool:
    """Whether several axes have one letter for their outputs."""
    return not layer.spec.numeric and layer.spec.alike


def _product(shape: tuple[Maths, ...]) -> Words:
    """The shape of an operand as a product."""
    sizes = shape or (Maths("1", "1"),)
    return (Maths(" \\times ".join(s.latex for s in sizes), " x ".join(s.text for s in sizes)),)
