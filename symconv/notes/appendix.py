"""The appendix: derivations with their rules, windows, the dense layer, algorithms, and all letters."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from sympy import Mul, sympify

from symconv.algorithms import introduced
from symconv.algorithms.letters import MEANINGS
from symconv.explicit.layout import Sheet
from symconv.notes.known import derived, named
from symconv.notes.learning import outer
from symconv.notes.letters import conditions, letters_of, operands
from symconv.notes.matrix_pairs import spare_letter
from symconv.notes.model import (
    Algorithm,
    Block,
    Display,
    Heading,
    InCode,
    Maths,
    Points,
    Prose,
    Section,
    Table,
    Words,
)
from symconv.notes.padding import LEAST
from symconv.notes.phrases import enumerated, equation, function, letter, reason, say, typeset
from symconv.notes.pieces import Pen
from symconv.notes.source import Source, Sources
from symconv.notes.worked import Worked
from symconv.printing.display import Row
from symconv.printing.notation import Notation
from symconv.printing.targets import target_of

#: What an index counts, by its field in a notation.
_COUNTED = {
    "batch_index": "samples", "output_channel_index": "output channels",
    "tap_channel_index": "the input channels that an output channel sees",
    "input_channel_index": "input channels",
}  # fmt: skip

#: What an entry of the ties says.
_TIES = "the ties: for each entry of {matrix} and each weight, 1 if the entry holds this weight, else 0"

#: Derivations after that of the output are of these; the others follow from them and are not repeated.
_TOLD = {
    "output": "Output", "matrix": "Matrix", "windows": "Windows", "tying": "Ties",
    **{f"grad_{of}": f"Gradient with respect to the {of}" for of in ("input", "kernel", "bias")},
}  # fmt: skip


def derivations(sources: Sources) -> list[Block]:
    """Each closed form with the steps that lead to it; at the end the rules, a use of each at a time."""
    text = "Each line follows from the one before by the rule named beside it. "
    blocks: list[Block] = [Prose((f"{text}The rules are explained at the end of this section.",))]
    uses: dict[str, dict[str, list[str]]] = {}
    for name in derived(sources):
        made = sources.opened.derive(name)
        blocks.append(Heading((_TOLD[name],), 2))
        blocks.append(Display(made, f"opened.derive({name!r})", f"derivation-{name}", stepwise=True))
        if name == "tying":
            text = "This is the gradient with respect to {w} by way of {T}; below it is obtained directly "
            blocks.append(say(sources.opened, f"{text}from the outputs."))
        for rule, told in made.reasons().items():
            uses.setdefault(rule, {}).setdefault(told, []).append(named(name))
    points = [point for rule, told in uses.items() for point in _explained(rule, told)]
    return [*blocks, Heading(("Rules",), 2), Points(tuple(points))]


def _explained(rule: str, uses: Mapping[str, Sequence[str]]) -> Iterator[tuple[Words, Words]]:
    """A rule, once for each sentence on it, with the derivations that it is about; no sentence twice."""
    known: set[str] = set()
    for told, names in uses.items():
        fresh = [one for one in re.split(r"(?<=\.) ", told) if one not in known]
        known.update(fresh)
        about = f"{rule} ({', '.join(names)})" if len(uses) > 1 else rule
        yield (about,), typeset(" ".join(fresh))


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


def dense(sources: Sources, printed: str = "") -> list[Block]:
    """The gradient of a dense matrix, unless a section has it already, without and with the layer's zeros."""
    source = sources.example
    if "dense_gradient" not in source.equation_names:
        return []
    s, pen = source.structure, Pen(Worked(source))
    text = "A dense matrix in the place of {T} would have this gradient:"
    blocks: list[Block] = [say(source, text), *equation(sources, "example", "dense_gradient")]
    if printed:
        text = "A dense matrix in the place of {matrix} would have the gradient {outer} of {named}."
        blocks = [Prose(pen.say(text, outer=pen(outer), named=Section(printed)))]
    if s.nonzeros < s.entries:
        held = spare_letter(sources, "HQRZ")
        text = "Let {held} be 1 where {matrix} holds a weight and 0 elsewhere; {times} multiplies entry by "
        text += "entry. This sets the entries where {matrix} holds no weight to zero:"
        blocks.append(Prose(pen.say(text, held=letter(held), times=Maths(r"\odot", ".*"))))

        def build(s: Sheet) -> list[Row | None]:
            times = r"\odot" if s.form.stacked else ".*"
            left = f"{s.form.letter(held)} {times} {outer(s)}"
            return [Row(left, (s.matrix_grid("masked_gradient", s.form.line - s.form.span(left)),))]

        blocks.append(pen.shown(build, "masked"))
    text = "Summing over each weight's positions gives the gradient with respect to {kernel}."
    return [*blocks, Prose(pen.say(text))]


def algorithms(sources: Sources) -> list[Block]:
    """The passes as loops."""
    layer = sources.layer
    listings = {name: layer.algorithm(name) for name in layer.algorithm_names}
    every = introduced(listings.values())
    sizes = next(at for at, (_, meaning) in enumerate(every) if meaning.startswith("the number of"))
    indices = next(at for at, (_, meaning) in enumerate(every) if re.match(r"an? .*(index|channel)", meaning))
    after = {name for name, meaning in every if meaning == MEANINGS["q"]}
    told: list[str | Maths] = ["The passes of the layer as loops over indices that start at 0. Here "]
    for part in (every[:sizes], every[sizes:indices], every[indices:]):
        told += [*_introduced(part, layer.spec.notation, after), "; "]
    told[-1] = ". The letters of an axis bear its number." if len(layer.spec.axes) > 1 else "."
    blocks: list[Block] = [Prose(tuple(told))]
    for name, listing in listings.items():
        blocks.append(Algorithm((listing.reason,), listing, f"layer.algorithm({name!r})"))
    return blocks


def _introduced(letters: Sequence[tuple[str, str]], n: Notation, after: Collection[str]) -> Words:
    """What letters stand for, with one verb for all of them; the padding after has another in Python."""
    found: list[Words] = []
    for at, (one, meaning) in enumerate(letters):
        name: Words = (letter(one),)
        if one in after:
            name = (letter(f"{n.padding}'"), InCode(f" ({one} in Python)"))
        found.append((*name, f"{'' if at else ' is'} {meaning}"))
    return enumerated(found)


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
    text = f"{sizes}. {{i}}, {{k}} and {{j}} count outputs, taps and inputs, starting at {n.base}.{several}"
    blocks: list[Block] = [Prose((layer.description,)), say(layer, text)]
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
    rows = [((one.letter,), (one.meaning,), _product(one.shape)) for one in operands(layer.closed.symbols)]
    blocks.append(Table((("letter",), ("what it is",), ("shape",)), (*rows, *_further(sources))))
    held = conditions(sources.opened.closed.symbols, sources.opened.formula("output"))
    if held:
        blocks.append(Prose(("Such a layer exists if ", *enumerated([(one,) for one in held]), ".")))
    return blocks


def _further(sources: Sources) -> Iterator[tuple[Words, Words, Words]]:
    """The padded input, the matrices, the loss, and the function after the layer."""
    layer, pen = sources.layer, Pen(Worked(sources.example))
    symbols, n, spec = layer.closed.symbols, layer.spec.written, layer.spec
    if not spec.transposed:
        t, name = target_of("latex"), symbols.padded.label.name
        padded = spec.padded
        meaning = spec.axes[0].fill.words if padded else "itself, since there is no padding"
        if padded and spec.kernel.depends_on_input:
            meaning = "with {least} in the padding"
        whole = pen.say(f"the padded input: {{input}} {meaning}", least=LEAST)
        shape = _product(letters_of(symbols, symbols.exact_spec.pattern.padded().extents["input"]))
        yield (Maths(t.padded(t.letter(n.input), name), name),), whole, shape
    sizes = {role: Mul(*map(sympify, extent)) for role, extent in symbols.extents.items()}
    line, cells = "column" if n.window_columns else "row", ("output", "input")
    told: dict[str, tuple[str, str, Sequence[str]]] = {
        "matrix": (n.matrix, "the matrix by which the layer multiplies {input}", cells),
        "windows": (n.windows, f"the windows, a {line} for each output", symbols.window_roles),
        "tying": (n.tying, _TIES, (*cells, "tap")),
    }
    for name, (one, meaning, roles) in told.items():
        if name in derived(sources):
            shape = _product(letters_of(symbols, [sizes[role] for role in roles]))
            yield (letter(one),), pen.say(meaning), shape
    yield (letter(n.loss),), ("the loss, a number",), ()
    if spec.kernel.learned:
        f = sources.activation.name
        yield (function(f),), ("the activation function, which is applied to each output",), ()


def _alike(layer: Source) -> bool:
    """Whether several axes have one letter for their outputs."""
    return not layer.spec.numeric and layer.spec.alike


def _product(shape: tuple[Maths, ...]) -> Words:
    """The shape of an operand as a product."""
    sizes = shape or (Maths("1", "1"),)
    return (Maths(" \\times ".join(s.latex for s in sizes), " x ".join(s.text for s in sizes)),)
