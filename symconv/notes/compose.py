"""Composition: the sections of a layer's notes, each from what the layer answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from sympy import Integer, sympify

from symconv.check import Finding
from symconv.errors import FigureError, OptionError, did_you_mean
from symconv.notation import Notation
from symconv.notes.document import Document
from symconv.notes.model import (
    Algorithm,
    Block,
    Display,
    Heading,
    Maths,
    Picture,
    Points,
    Prose,
    Table,
    Words,
)
from symconv.notes.source import Source, Sources
from symconv.printing import Latex, Text

#: Sentences that the reader has been told.
Told: TypeAlias = set[str]
Section: TypeAlias = Callable[[Sources, Told], list[Block]]


def notes(sources: Sources, title: str, sections: Sequence[str] | None = None) -> Document:
    """The document of a layer: all sections that it has, or those that are asked for, in their order.

    Raises
    ------
    OptionError
        When a section is unknown, is there twice, or has nothing to say of this layer.
    """
    if isinstance(sections, str):
        raise OptionError(f"sections is {sections!r}: write a list of names, such as ['forward', 'matrix'].")
    wanted = list(SECTIONS) if sections is None else list(sections)
    blocks: list[Block] = []
    told: Told = set()
    for name in wanted:
        if name not in SECTIONS:
            raise OptionError(f"notes have no section {name!r}: {did_you_mean(str(name), SECTIONS)}")
        if wanted.count(name) > 1:
            raise OptionError(f"section {name!r} is there {wanted.count(name)} times: name each once.")
        heading, section = SECTIONS[name]
        found = section(sources, told)
        if found:
            blocks += [Heading((heading,)), *found]
        elif sections is not None:
            raise OptionError(f"section {name!r} has nothing to say of this layer: {_WHY[name]}")
    return Document(title, tuple(blocks), sources.statements)


def words(text: str, **letters: str) -> Words:
    """A sentence with letters of a notation put in for names in braces.

    >>> words("{y} has {m} entries.", y="y", m="M")[0].latex
    'y'
    """
    found: list[str | Maths] = []
    for at, part in enumerate(text.replace("}", "{").split("{")):
        if part:
            found.append(_letter(letters[part]) if at % 2 else part)
    return tuple(found)


def _letter(name: str) -> Maths:
    return Maths(Latex().letter(name), name)


def _letters(n: Notation) -> dict[str, str]:
    """The letters that sentences use."""
    return {
        "x": n.input, "w": n.kernel, "y": n.output, "delta": n.upstream, "T": n.matrix, "X": n.windows,
        "N": n.input_size, "K": n.kernel_size, "M": n.output_size, "f": n.activation, "E": n.tying,
        "s": n.stride, "d": n.dilation, "p": n.padding, "L": n.loss, "b": n.bias,
    }  # fmt: skip


def _say(source: Source, text: str) -> Prose:
    return Prose(words(text, **_letters(source.notation)))


def _equation(sources: Sources, which: str, name: str) -> list[Block]:
    """A quantity's equation, if this layer has it."""
    source = sources.valued if which == "valued" else sources.layer
    if source is None or name not in source.equation_names:
        return []
    return [Display(source.equation(name), f"{which}.equation({name!r})", f"{which}-{name}")]


def _derivation(sources: Sources, told: Told, name: str) -> list[Block]:
    """A closed form with the steps that lead to it, and the sentences of its rules that are new."""
    source = sources.opened
    if name not in source.formula_names:
        return []
    made = source.derive(name)
    shown = Display(made, f"opened.derive({name!r})", f"derivation-{name}", stepwise=True)
    points = []
    for rule, reason in made.reasons().items():
        sentences = [s for s in re.split(r"(?<=\.) ", reason) if s not in told]
        told.update(sentences)
        points += [((rule,), (" ".join(sentences),))] if sentences else []
    return [shown, Points(tuple(points))] if points else [shown]


def _picture(source: Source, name: str, caption: str) -> list[Block]:
    """A figure, unless the layer is too large to draw or has none of this name."""
    if not source.pattern.numeric:
        return []
    try:
        figure = source.figure(name)
    except FigureError:
        return []
    return [Picture(words(caption, **_letters(source.notation)), figure, f"layer.figure({name!r})", name)]


def _setting(sources: Sources, told: Told) -> list[Block]:
    layer = sources.layer
    n = layer.notation
    shapes = (
        ("the input", n.input, "input"),
        ("the kernel", n.kernel, "tap"),
        ("the output", n.output, "output"),
        ("the upstream gradient, the derivative of the loss by the output", n.upstream, "output"),
    )
    rows = [
        ((_letter(letter),), (meaning,), _shape(layer, role)) for meaning, letter, role in shapes
    ]  # fmt: skip
    return [
        Prose((layer.description,)),
        Prose((f"Indices count from {n.base}.",)),
        Table((("letter",), ("what it is",), ("shape",)), tuple(rows)),
    ]


def _shape(layer: Source, role: str) -> Words:
    """The shape of an operand as a product."""
    extents = [sympify(size) for size in layer.pattern.extents[role]] or [Integer(1)]
    latex, text = ([form.expr(size) for size in extents] for form in (Latex(), Text()))
    return (Maths(" \\times ".join(latex), " x ".join(text)),)


def _size(sources: Sources, told: Told) -> list[Block]:
    blocks: list[Block] = [
        _say(
            sources.layer,
            "The kernel is laid on the padded input wherever all of it fits; each place is an output.",
        )
    ]
    for axis in range(len(sources.opened.axes)):
        made = sources.opened.formula("output_size", axis=axis)
        blocks.append(Display(made, f"opened.formula('output_size', axis={axis})", f"size-{axis}"))
    if sources.layer.pattern.numeric:
        blocks += _equation(sources, "layer", "output_size")
    return blocks


def _forward(sources: Sources, told: Told) -> list[Block]:
    layer = sources.layer
    if not layer.pattern.numeric:
        return _derivation(sources, told, "output")
    blocks: list[Block] = [_say(layer, layer.reasons["output"])]
    if sources.valued is None:
        blocks += _equation(sources, "layer", "output")
        if "activation" in layer.equation_names:
            blocks += [
                _say(layer, "The layer's function {f} is then applied to each of them:"),
                *_equation(sources, "layer", "activation"),
            ]
    blocks += _picture(layer, "window", "The window slides over the padded input, one row an output.")
    return [*blocks, _say(layer, "For every size, step by step:"), *_derivation(sources, told, "output")]


def _matrix(sources: Sources, told: Told) -> list[Block]:
    layer = sources.layer
    if not layer.pattern.numeric:
        return _derivation(sources, told, "matrix")
    found = _equation(sources, "layer", "matrix")
    blocks: list[Block] = [_say(layer, layer.reasons["matrix"]), *found]
    if "tying" in layer.equation_names:
        s = layer.structure
        holds = f"{s.nonzeros} of its {s.dense_parameters} entries hold a weight"
        kind = f"It is {s.kind}, {s.shape[0]} by {s.shape[1]}"
        blocks.append(Prose((f"{kind}: {holds}, and there are only {s.parameters} distinct weights.",)))
    blocks += _picture(layer, "band", "The matrix {T} with one colour a weight; the other entries are zero.")
    if len(layer.axes) > 1:
        blocks += _equation(sources, "layer", "blocks")
        blocks += _picture(layer, "blocks", "The blocks of {T}, each with the structure of one axis.")
    return blocks


def _windows(sources: Sources, told: Told) -> list[Block]:
    layer = sources.layer
    if not layer.pattern.numeric:
        return _derivation(sources, told, "windows")
    blocks: list[Block] = [_say(layer, layer.reasons["windows"]), *_equation(sources, "layer", "windows")]
    filters = int(layer.pattern.biases().size("tap"))
    if "filters" in layer.equation_names and filters > 1:
        blocks += [_say(layer, layer.reasons["filters"]), *_equation(sources, "layer", "filters")]
    return blocks


def _dense(sources: Sources, told: Told) -> list[Block]:
    layer = sources.layer
    if not layer.pattern.numeric or "dense_gradient" not in layer.equation_names:
        return []
    return [
        _say(
            layer,
            "A dense layer between the same inputs and outputs has a weight of its own on every edge. Here "
            "most edges are missing, and edges of one colour bear the same weight.",
        ),
        *_picture(layer, "network", "The layer as a network, one colour a shared weight."),
        _say(
            layer,
            "Trained as a dense layer, the matrix {T} would have the gradient below. Its zeros stay zero, "
            "and what the entries of one weight receive is added up: that sum is the gradient of the weight.",
        ),
        *_equation(sources, "layer", "dense_gradient"),
        *_equation(sources, "layer", "masked_gradient"),
    ]


def _gradients(sources: Sources, told: Told) -> list[Block]:
    layer = sources.layer
    blocks: list[Block] = []
    for name in ("grad_input", "grad_kernel", "grad_bias"):
        if name not in layer.formula_names or name not in layer.reasons:
            continue
        blocks += [_say(layer, layer.reasons[name]), *_derivation(sources, told, name)]
        if layer.pattern.numeric and sources.valued is None:
            blocks += [Prose(("Entry by entry:",)), *_equation(sources, "layer", name)]
    if layer.pattern.numeric:
        blocks += _picture(
            layer, "input_gradient", "Which upstream gradients reach an input, and through which weight."
        )
    return blocks


def _example(sources: Sources, told: Told) -> list[Block]:
    if sources.valued is None:
        return []
    names = ("output", "activation", "matrix", "grad_input", "grad_kernel", "grad_bias")
    return [block for name in names for block in _equation(sources, "valued", name)]


def _algorithm(sources: Sources, told: Told) -> list[Block]:
    layer = sources.layer
    blocks: list[Block] = []
    for name in layer.algorithm_names:
        listing = layer.algorithm(name)
        blocks.append(Algorithm((listing.reason,), listing, f"layer.algorithm({name!r})"))
    return blocks


def _checks(sources: Sources, told: Told) -> list[Block]:
    judged, code = (sources.valued, "valued") if sources.valued else (sources.layer, "layer")
    return (_compared(judged, code) if judged.pattern.numeric else []) + _proofs(sources)


def _compared(judged: Source, code: str) -> list[Block]:
    """What every quantity was compared with, a row a quantity, by the references that are always there."""
    names = [name for name in ALWAYS if name in judged.reference_names]
    reports = [judged.check(reference=name) for name in names]
    rows: dict[str, list[Finding]] = {}
    for finding in (f for report in reports for f in report.findings):
        rows.setdefault(finding.quantity, []).append(finding)
    head = ("quantity", "computed again by", "entries", "")
    table = [
        (name.replace("_", " "), ", ".join(f.reference for f in found), str(sum(f.cases for f in found)),
         "equal" if all(found) else "DIFFERS")
        for name, found in rows.items()
    ]  # fmt: skip
    return [
        Prose(("Every quantity was computed again by other means, with numbers put in, and compared:",)),
        Table(tuple((h,) for h in head), tuple(tuple((c,) for c in row) for row in table), f"{code}.check()"),
    ]


def _proofs(sources: Sources) -> list[Block]:
    """For which sizes each derivation is proved, or on how many cases it was tried."""
    points: list[tuple[Words, Words]] = []
    for name in ("output", "grad_input", "grad_kernel"):
        if name in sources.opened.formula_names:
            points.append(((name.replace("_", " "),), (sources.opened.derive(name).settled(),)))
    return [Prose(("Both sides of each step of a derivation are compared too:",)), Points(tuple(points))]


#: References that need no library besides NumPy, so that notes are the same on every machine.
ALWAYS = ("loops", "windows", "numpy", "differences")

#: Each section by its name: its heading, and what it consists of.
SECTIONS: Mapping[str, tuple[str, Section]] = MappingProxyType(
    {
        "setting": ("Setting", _setting),
        "size": ("Output size", _size),
        "forward": ("Forward pass", _forward),
        "matrix": ("As a matrix acting on the input", _matrix),
        "windows": ("As windows times kernel", _windows),
        "dense": ("As a dense layer with zeros and ties", _dense),
        "gradients": ("Gradients", _gradients),
        "example": ("With numbers", _example),
        "algorithm": ("Algorithms", _algorithm),
        "checks": ("Checks", _checks),
    }
)

#: When a section is empty.
_WHY: Mapping[str, str] = MappingProxyType(
    {
        "dense": "it needs numbers for all sizes and a layer with weights.",
        "example": "give values with .at(x=..., w=...).",
        "windows": "it has none.",
        "algorithm": "there is none for such a layer.",
    }
)
