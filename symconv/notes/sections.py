"""The sections of a layer's notes, each from what the layer answers."""

from typing import Any

from symconv.algorithms import introduced
from symconv.check import Finding
from symconv.explicit.structure import Structure
from symconv.notes.letters import conditions, operands
from symconv.notes.model import Algorithm, Block, Display, Maths, Points, Prose, Table, Words
from symconv.notes.phrases import (
    Told,
    best,
    derivation,
    equation,
    function,
    joined,
    letter,
    picture,
    reason,
    say,
)
from symconv.notes.source import Source, Sources
from symconv.printing.english import counted

#: References that need no library besides NumPy, so that notes are the same on every machine.
ALWAYS = ("loops", "windows", "numpy", "differences")

#: What an index counts, by its field in a notation.
_COUNTED = {
    "batch_index": "samples",
    "output_channel_index": "output channels",
    "tap_channel_index": "the input channels that an output channel sees",
    "input_channel_index": "input channels",
}


def setting(sources: Sources, told: Told) -> list[Block]:
    """What the layer is, what its letters stand for, and how many entries each of them has."""
    layer, transposed = sources.layer, sources.layer.spec.transposed
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
    base = layer.spec.notation.base
    blocks: list[Block] = [
        Prose((layer.description,)),
        say(
            layer, f"{sizes}. {{i}}, {{k}} and {{j}} count outputs, taps and inputs, from {base} on.{several}"
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
            parts += [*([", "] if at else []), letter(getattr(layer.spec.notation, name)), counts]
        blocks.append(Prose((*parts, ".")))
    blocks.append(say(layer, "A bracket is 1 where what stands in it is true, and 0 elsewhere."))
    rows = [((o.letter,), (o.meaning,), _product(o.shape)) for o in operands(layer.closed.symbols)]
    return [*blocks, Table((("letter",), ("what it is",), ("shape",)), tuple(rows))]


def _alike(layer: Source) -> bool:
    """Whether several axes have one letter for their outputs."""
    return not layer.spec.numeric and layer.spec.alike


def _product(shape: tuple[Maths, ...]) -> Words:
    """The shape of an operand as a product."""
    sizes = shape or (Maths("1", "1"),)
    return (Maths(" \\times ".join(s.latex for s in sizes), " x ".join(s.text for s in sizes)),)


def size(sources: Sources, told: Told) -> list[Block]:
    """The number of outputs, for all sizes and for these."""
    opened = sources.opened
    blocks: list[Block] = [reason(opened, "output_size")]
    for axis in range(1 if _alike(opened) else len(opened.spec.axes)):
        made = opened.formula("output_size", axis=axis)
        blocks.append(Display(made, f"opened.formula('output_size', axis={axis})", f"size-{axis}"))
    held = conditions(opened.closed.symbols, opened.formula("output"))
    if held:
        blocks.append(Prose(("Such a layer exists where ", *joined(held), ".")))
    if sources.layer.spec.numeric:
        blocks += [Prose(("With the numbers of this layer:",)), *equation(sources, "layer", "output_size")]
    return blocks


def forward(sources: Sources, told: Told) -> list[Block]:
    """Each output as a window times the kernel, and then the function of it."""
    layer = sources.layer
    blocks: list[Block] = [reason(layer, "output")]
    if not layer.spec.numeric:
        return [*blocks, *derivation(sources, told, "output"), *_function(sources)]
    if sources.valued is None:
        blocks += equation(sources, "layer", "output")
    blocks += _function(sources)
    far = layer.spec.dependent_role
    each = "row" if all(int(size) == 1 for size in layer.spec.pattern.extents[far][:-1]) else "panel"
    caption = f"The window slides over the input, one {each} an output."
    if layer.spec.transposed:
        caption = f"Each input lays the kernel on its window of the output, one {each} an input."
    blocks += picture(sources, "window", caption)
    return [*blocks, _for_all(layer), *derivation(sources, told, "output")]


def _for_all(layer: Source) -> Prose:
    return say(layer, "For all {N} and {K}, with everything else as it is here, step by step:")


def _function(sources: Sources) -> list[Block]:
    """That a function follows, and which."""
    layer, activation = sources.layer, sources.activation
    if "activation" not in layer.equation_names:
        return []
    name, output = function(activation.name), letter(layer.spec.notation.output)
    said = Prose(("The function ", name, " is then applied to each entry of ", output, "."))
    if activation.definition is None:
        return [said]
    code = f"from IPython.display import Math\n\nMath(sc.function_latex({activation.code}))"
    return [said, Display(activation.definition, code, "function")]


def _counts(s: Structure) -> str:
    """What a matrix is, and how many of its entries hold how many weights."""
    few = ""
    if s.parameters < s.nonzeros:
        there = "is" if s.parameters == 1 else "are"
        few = f", and there {there} only {counted(s.parameters, 'distinct weight')}"
    if s.unused:
        meet = "meets" if s.unused == 1 else "meet"
        few += f"; {counted(s.unused, 'weight')} of the kernel {meet} no input"
    return f"It is {s.kind}, {s.shape[0]} by {s.shape[1]}: {s.filled('of its')}{few}."


def _applied(sources: Sources) -> tuple[Any, str]:
    """The function as it is applied to the outputs, and the Python for it: by its name, unless to numbers."""
    activation = sources.activation
    if sources.best[0].entries.numbers:
        return activation.on_values, activation.code
    return activation.on_symbols, repr(activation.on_symbols)


def matrix(sources: Sources, told: Told) -> list[Block]:
    """The matrix that acts on the input, its zeros, and its structure."""
    layer = sources.layer
    if not layer.spec.numeric:
        return [reason(layer, "matrix"), *derivation(sources, told, "matrix")]
    blocks: list[Block] = [reason(layer, "matrix"), *best(sources, "matrix")]
    if layer.spec.kernel.learned:
        blocks.append(Prose((_counts(layer.structure),)))
    if not layer.spec.kernel.shared:
        caption = "The matrix {T}: where each selection stands; the other entries are zero."
    else:
        caption = "The matrix {T}: each entry has the name and colour of its weight, the others are zero."
    blocks += picture(sources, "band", caption)
    if len(layer.spec.axes) > 1:
        blocks += equation(sources, "layer", "blocks")
        blocks += picture(sources, "blocks", "The blocks of {T}, each with the structure of one axis.")
    return blocks


def windows(sources: Sources, told: Told) -> list[Block]:
    """The windows that meet the kernel, and all filters at all places."""
    layer = sources.layer
    if not layer.spec.numeric:
        found = derivation(sources, told, "windows")
        return [reason(layer, "windows"), *found] if found else []
    blocks: list[Block] = [reason(layer, "windows"), *best(sources, "windows")]
    filters = int(layer.spec.pattern.biases().size("tap"))
    if "filters" in layer.equation_names and filters > 1:
        which, (given, code) = sources.best[1], _applied(sources)
        blocks += [reason(layer, "filters"), *equation(sources, which, "filters", given, code)]
    return blocks


def dense(sources: Sources, told: Told) -> list[Block]:
    """The layer as a dense one: which edges are missing or share a weight, and the gradient that follows."""
    layer = sources.layer
    if "dense_gradient" not in layer.equation_names:
        return []
    if not layer.spec.numeric:
        sums = ", a sum of some," if layer.spec.reads_input else ""
        text = "A dense layer has a weight of its own for every entry of {T}. Here each entry is a weight of "
        text += f"the kernel{sums} or zero: {{E}} says which entry holds which weight."
        return [say(layer, text), *derivation(sources, told, "tying")]
    s = layer.structure
    blocks = [
        say(layer, _pairs(s)),
        *picture(sources, "network", "The layer as a network: edges of one weight look alike."),
        say(layer, "A dense matrix in the place of {T} would have this gradient:"),
        *best(sources, "dense_gradient"),
    ]
    if s.nonzeros < s.entries:
        blocks += [
            say(layer, "Where {T} holds no weight there is nothing to learn. With zeros there it leaves:"),
            *best(sources, "masked_gradient"),
        ]
    return [
        *blocks,
        say(layer, "Added up over the entries of each weight, this is the gradient of the kernel."),
    ]


def _pairs(s: Structure) -> str:
    """How many pairs of an input and an output a weight joins, and how many weights there are."""
    every, met, edges = s.dense_parameters, s.nonzeros // s.samples, s.edges // s.samples
    text = "A dense layer has a weight of its own for each pair of an input and an output. Here "
    text += "in each sample " if s.samples > 1 else ""
    if not met:
        return f"{text}no pair is joined."
    apart = every - met
    verb = "is" if apart == 1 else "are"
    text += f"{apart} of {counted(every, 'pair')} {verb} not joined" if apart else "every pair is joined"
    if s.parameters == edges:
        text += ", and no weight is shared"
    else:
        text += f", and {'the others' if apart else 'they'} share {counted(s.parameters, 'weight')}"
    return f"{text}; where several join the same pair, they add up." if edges > met else f"{text}."


def gradients(sources: Sources, told: Told) -> list[Block]:
    """Each gradient with its steps, and entry by entry."""
    layer = sources.layer
    blocks: list[Block] = []
    for name in ("grad_input", "grad_kernel", "grad_bias"):
        if name not in layer.formula_names:
            continue
        blocks += [reason(layer, name), *derivation(sources, told, name)]
        if layer.spec.numeric and sources.valued is None:
            blocks += [Prose(("Entry by entry:",)), *equation(sources, "layer", name)]
    by = "weight" if layer.spec.kernel.shared else "selection"
    caption = f"Which upstream gradients reach an input, and through which {by}."
    return blocks + (picture(sources, "input_gradient", caption) if layer.spec.numeric else [])


def example(sources: Sources, told: Told) -> list[Block]:
    """Everything on the values of the layer."""
    if sources.valued is None:
        return []
    blocks: list[Block] = []
    for name in ("output", "activation", "selection", "grad_input", "grad_kernel", "grad_bias"):
        given, code = _applied(sources) if name == "activation" else (None, "")
        found = equation(sources, "valued", name, given, code)
        blocks += [reason(sources.valued, name), *found] if found else []
    return blocks


def algorithm(sources: Sources, told: Told) -> list[Block]:
    """The passes as loops."""
    layer = sources.layer
    listings = {name: layer.algorithm(name) for name in layer.algorithm_names}
    letters = introduced(listings.values())
    (first, meaning), *rest = letters
    *most, last = [f"{first} is {meaning}", *(f"{letter} {meaning}" for letter, meaning in rest)]
    text = f"In letters of their own, with indices from 0: {', '.join(most)} and {last}"
    text += ". The letters of an axis bear its number." if len(layer.spec.axes) > 1 else "."
    blocks: list[Block] = [Prose((text,))]
    for name, listing in listings.items():
        blocks.append(Algorithm((listing.reason,), listing, f"layer.algorithm({name!r})"))
    return blocks


def checks(sources: Sources, told: Told) -> list[Block]:
    """What was computed again by other means, and what is proved."""
    judged, code = sources.best
    return (_compared(judged, code) if judged.spec.numeric else []) + _proofs(sources)


def _compared(judged: Source, code: str) -> list[Block]:
    """What every quantity was compared with, a row a quantity, by the references that are always there."""
    names = [name for name in ALWAYS if name in judged.reference_names]
    reports = [judged.check(reference=name) for name in names]
    rows: dict[str, list[Finding]] = {}
    for finding in (f for report in reports for f in report.findings):
        rows.setdefault(finding.quantity, []).append(finding)
    head = ("quantity", "computed again by", "entries", "result")
    table = [
        (name.replace("_", " "), ", ".join(f.reference for f in found), str(sum(f.cases for f in found)),
         "equal" if all(found) else "DIFFERS")
        for name, found in rows.items()
    ]  # fmt: skip
    return [
        Prose(("These quantities were computed again by other means, with numbers put in, and compared:",)),
        Table(tuple((h,) for h in head), tuple(tuple((c,) for c in row) for row in table), f"{code}.check()"),
    ]


def _proofs(sources: Sources) -> list[Block]:
    """For which sizes each derivation is proved, or on how many cases it was tried."""
    found: dict[str, list[str]] = {}
    matrices = () if sources.layer.spec.numeric else ("matrix", "windows", "tying")
    for name in ("output", *matrices, "grad_input", "grad_kernel", "grad_bias"):
        if name in sources.opened.formula_names:
            found.setdefault(sources.opened.derive(name).settled(), []).append(name.replace("_", " "))
    points = tuple(((", ".join(names),), (settled,)) for settled, names in found.items())
    return [Prose(("The two sides of each step of these derivations were compared:",)), Points(points)]
