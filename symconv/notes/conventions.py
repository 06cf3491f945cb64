"""Conventions: which way round sums read the kernel, with what padding, and what the other way gives."""

from __future__ import annotations

from math import prod

from sympy import Expr, Mul, sympify

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet
from symconv.index_sums.printers import of_formulas
from symconv.notes.model import Maths, Words
from symconv.notes.padding import beside
from symconv.notes.pieces import MOST_LISTED, Pen
from symconv.notes.read_at import entries, listed, place_letter, prolonged, reading
from symconv.notes.source import Sources
from symconv.notes.worked import Worked
from symconv.pattern import Specification
from symconv.printing.english import counted, joined

_DIFFER = (
    "For given weights the two differ in general. If the kernel is symmetric about its centre, both give the "
    "same numbers, only at indices shifted by {shift}. "
    "For learned weights the choice does not matter: the network would simply learn them in reverse order."
)
_FLIPPED = (
    "The minus sign before {tap_index} reverses the kernel, which makes this a convolution{defined}."
    "{read} With a plus sign it is a cross-correlation, {corr}, which deep-learning libraries call "
    f"convolution{{here}}. {_DIFFER}"
)
_NOT_FLIPPED = (
    "The kernel is not reversed, so this is a cross-correlation{defined}.{read} A convolution proper "
    "reverses the kernel, {conv}{here}. "
    f"{_DIFFER}"
)


def orientation(sources: Sources, pen: Pen) -> Words:
    """Whether the kernel is reversed, and what that is called; nothing where it does not matter."""
    spec = pen.worked.spec
    taps = prod(int(axis.geometry["kernel_size"]) for axis in spec.tied_axes)
    if kinds.kind(spec) != "convolution" or taps == 1:
        return ()
    text = (_FLIPPED if spec.flip else _NOT_FLIPPED).replace("{shift}", "{shift}{along}")
    one = ["one sample"] * kinds.batched(spec)
    one += ["one input channel", "one output channel"] * kinds.channelled(spec)
    defined, called = ", {conv}", ""
    if not spec.flip:
        defined, called = ", {corr}", ", which deep-learning libraries call convolution"
    defined = f"{called}; for {joined(one)} it is{defined[1:]}" if one else f"{defined}{called}"
    text = text.replace("{defined}", defined)
    opened = sources.opened.closed.symbols
    pieces = {
        "conv": kinds.definition(pen, flip=True, symbols=opened, index=place_letter(opened)),
        "corr": kinds.definition(pen, flip=False, symbols=opened, index=place_letter(opened)),
        **_shift(sources, pen),
        **_otherwise(sources, pen),
    }
    first, then = text.replace("{here}", "{here}{values}{for}{places}").split("{read}")
    return (*pen.say(first, **pieces), *reading(sources, pen), *pen.say(then, **pieces))


def _shift(sources: Sources, pen: Pen) -> dict[str, Maths | str]:
    """How far the indices of the two operations lie apart where they give the same numbers."""
    symbols = sources.opened.closed.symbols
    base, found = symbols.notation.base, list[Expr]()
    for axis in symbols.exact_spec.tied_axes:
        dilation, taps = (sympify(axis.geometry[name]) for name in ("dilation", "kernel_size"))
        # Tap k of a symmetric kernel is tap K - 1 - k where indices count from 0, and K + 1 - k from 1.
        more = taps - 1 + 2 * base
        found.append(more if dilation == 1 or more.is_Integer else Mul(dilation, more, evaluate=False))
    alike = len(set(found)) == 1

    def write(s: Sheet) -> str:
        form = of_formulas(s.form, symbols)
        return form.expr(found[0]) if alike else f"({', '.join(map(form.expr, found))})"

    return {"shift": pen(write), "along": " along each axis" * (alike and len(found) > 1)}


def _otherwise(sources: Sources, pen: Pen) -> dict[str, Maths | str]:
    """The outputs with the kernel the other way round, where they are a short list of other numbers."""
    worked = pen.worked
    nothing: dict[str, Maths | str] = {"here": "", "values": "", "for": "", "places": ""}
    if len(worked.shape("output")) > 1 or len(worked.outputs) > MOST_LISTED:
        return nothing
    other = Worked(sources.remake("example", {}, flip=not worked.spec.flip)).outputs
    if other == worked.outputs:
        return nothing
    own = "here" if sources.own else "in the example"
    around = _around(worked.spec)
    where = f"; {own}{f', with {around},' if around else ''} it gives "
    letter = place_letter(sources.opened.closed.symbols)
    places = listed(letter, entries(worked.spec, len(other), flip=not worked.spec.flip))
    return {"here": where, "values": pen.values(other), "for": " for ", "places": places}


def _around(spec: Specification) -> str:
    """What stands around the input, where a window reads the same of it in either direction.

    >>> import symconv as sc
    >>> _around(sc.Conv1d(4, 3, padding=1).spec), _around(sc.Conv1d(4, 3, padding=(0, 2)).spec)
    ('the same zero on each side', 'the same 2 zeros after the input')
    >>> _around(sc.Conv1d(4, 3, padding=(2, 1)).spec)
    'the same zeros, 2 before and 1 after the input'
    """
    (axis,) = spec.tied_axes
    before, after = int(axis.geometry["before"]), int(axis.geometry["after"])
    if not before + after:
        return ""
    if spec.padding_mode != "zeros":
        return f"the input {prolonged(spec)} in the same way"
    if before != after and before and after:
        return f"the same zeros, {before} before and {after} after the input"
    where = "on each side" if before == after else f"{'before' if before else 'after'} the input"
    return f"the same {counted(before or after, 'zero').removeprefix('1 ')} {where}"


def convention(sources: Sources, pen: Pen) -> list[Words]:
    """Which reading of the operation the sums use, where they are those of the layer itself."""
    spec = pen.worked.spec
    if kinds.kind(spec) != "convolution" or len(spec.tied.relations) > 1 or not sources.own:
        return []
    turned = "reversed" if spec.flip else "as it is"
    text = f"These sums use the kernel {turned}, with {_padding(spec)}, {_steps(spec)}"
    if "activation" in sources.layer.equation_names:
        return [pen.say(f"{text}; {{f}} is not yet applied.", f=pen.letter("activation"))]
    return [(f"{text}.",)]


def _steps(spec: Specification) -> str:
    """The stride and the dilation, each with what it means.

    >>> import symconv as sc
    >>> _steps(sc.Conv1d(9, 3, stride=2).spec).partition(" and ")[0]
    'stride 2 (the window moves 2 places at a time)'
    >>> _steps(sc.Conv1d(9, 3, dilation=2).spec).partition(" and ")[2]
    'dilation 2 (the weights meet inputs 2 places apart)'
    """
    (axis,) = spec.tied_axes
    stride, dilation, taps = (int(axis.geometry[name]) for name in ("stride", "dilation", "kernel_size"))
    places = "one place" if stride == 1 else counted(stride, "place")
    met = "neighbouring inputs" if dilation == 1 else f"inputs {counted(dilation, 'place')} apart"
    met = f" (the weights meet {met})" if taps > 1 else ""
    return f"stride {stride} (the window moves {places} at a time) and dilation {dilation}{met}"


def _padding(spec: Specification) -> str:
    """The padding by its name, and how much of it there is.

    >>> import symconv as sc
    >>> _padding(sc.Conv1d(4, 3, padding="full").spec), _padding(sc.Conv1d(4, 3, padding=(0, 1)).spec)
    ('full padding (2 zeros on each side)', '1 zero at the end')
    >>> _padding(sc.Conv1d(4, 3).spec), _padding(sc.Conv1d(4, 3, padding=1, padding_mode="reflect").spec)
    ('no padding', 'reflect padding (1 place on each side)')
    """
    (axis,) = spec.tied_axes
    size = {name: int(value) for name, value in axis.geometry.items()}
    before, after = size["before"], size["after"]
    if not before + after:
        return "no padding"
    if spec.padding_mode != "zeros":
        return f"{spec.padding_mode} padding ({beside(before, after, 'place')})"
    zeros = beside(before, after, "zero")
    full = before == after == size["dilation"] * (size["kernel_size"] - 1)
    return f"full padding ({zeros})" if full else zeros
