"""Captions of the windows of an example: what to see in the picture of all positions, and of one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import prod
from types import MappingProxyType

from sympy import Add, Expr

from symconv.explicit.layout import Sheet
from symconv.figures.lettering import Lettering
from symconv.figures.position import main_position
from symconv.notes.kinds import channelled, kind
from symconv.notes.model import Words
from symconv.notes.pieces import Pen
from symconv.notes.worked import Position

_POSITIONS: Mapping[str, str] = MappingProxyType(
    {
        "convolution": "The window at each position. {marks}; the same {taps} in every {row}{pale}.",
        "transposed": "The outputs that each input adds to. {marks}; an output is the sum of "
        "its {column}, each weight times the input of its {row}{bias}.",
        "average": "The window at each position. All weights are the same number.",
        "maximum": "The window at each position, with a 1 at the entry that is kept.",
    }
)


#: What a weight meets in the padding that repeats inputs, which pictures draw pale.
_OUTSIDE: Mapping[str, str] = MappingProxyType(
    {
        "zeros": "",
        "circular": "an entry from the other end",
        "reflect": "a mirrored entry",
        "replicate": "a repeated edge entry",
    }
)


def _reaches(pen: Pen) -> bool:
    """Whether a window reads padding that repeats inputs."""
    spec = pen.worked.spec
    sides = [axis.geometry[side] for axis in spec.tied_axes for side in ("before", "after")]
    return kind(spec) == "convolution" and spec.padding_mode != "zeros" and any(map(int, sides))


def caption(pen: Pen) -> Words:
    """What is seen in the picture of the window."""
    spec = pen.worked.spec
    taps = prod(int(axis.geometry["kernel_size"]) for axis in spec.tied_axes)
    if kind(spec) == "average" and len({p.weight for q in pen.worked.positions for p in q.products}) > 1:
        return ("The window at each position, with the weight of each entry in the mean.",)
    many = channelled(spec)
    again = "weights recur" if many else "one recurs" if taps == 1 else f"{taps} weights recur"
    colours = {tap.colour for tap in Lettering.of(pen.worked.source.written.subject).taps}
    told = {
        "marks": "Each colour marks one weight"
        if len(colours) == spec.tied.count("tap")
        else "Colours and numbers mark the weights",
        "taps": again,
        "row": "row" if len(spec.axes) == 1 else "panel",
        "column": "column" if len(spec.axes) == 1 else "place in all panels",
        "bias": ", and the bias" * spec.bias,
        "pale": f" (pale: the weight meets {_OUTSIDE[spec.padding_mode]})" * _reaches(pen),
    }
    return pen.say(_POSITIONS[kind(spec)], **told)


_POSITION: Mapping[str, str] = MappingProxyType(
    {
        "convolution": "The kernel at one position. It multiplies the entries of {input} {where}, and the "
        "products {sum}.",
        "filter": "The filter of output channel {base} at one position. It multiplies the entries of its "
        "input channel {where}, and the products {sum}.",
        "filters": "The filter of output channel {base} at one position. Its part for each input "
        "channel multiplies the entries {where} in that channel, and the products from {channels} "
        "channels {sum}.",
        "transposed": "What the framed input, {x}, contributes: each weight times {x} is added to the "
        "{where}.",
        "average": "The window at one position, coloured. Its mean is the framed output, {y}.",
        "maximum": "The window at one position, coloured. Its largest entry is the framed output, {y}.",
    }
)


def at_position(pen: Pen) -> Words:
    """What is seen in the picture of the window at one position."""
    spec, told = pen.worked.spec, kind(pen.worked.spec)
    at, base = main_position(pen.worked.source.written.subject), str(spec.notation.base)
    many = ""
    if told == "convolution" and channelled(spec):
        area = prod(pen.worked.shape("input")[-len(spec.axes) :])
        read = {product.place // area for product in pen.worked.positions[at].products}
        told = "filters" if len(read) > 1 else "filter"
        many = "both" if len(read) == 2 else f"all {len(read)}"
    where = "below it" if len(spec.axes) == 1 else "of the same colours"
    if spec.transposed:
        where = f"output {where.replace('colours', 'colour')}"
        cropped = any(int(axis.geometry["before"]) for axis in spec.tied_axes)
        text = f"{_POSITION[told]}{' Dashed places are cut off.' * cropped}"
        return pen.say(text, x=pen.input(at), where=where)
    text = _POSITION[told].replace("{sum}", _WITH_BIAS if spec.bias else _SUM)
    total = pen.number(_total(pen.worked.positions[at]))
    return pen.say(text, y=pen(partial(_equal, pen, at)), base=base, where=where, total=total, channels=many)


def _total(position: Position) -> Expr:
    """The sum of the products, without the bias."""
    return Add(*(product.result for product in position.products))


#: What the products of a position give.
_SUM = "add up to the framed output, {y}"
_WITH_BIAS = "add up to {total}; with the bias added, the framed output is {y}"


def _equal(pen: Pen, at: int, s: Sheet) -> str:
    left, position = s.entry_letter("output", at), pen.worked.positions[at]
    result = s.form.expr(position.result)
    if position.bias is None:
        return f"{left} = {result}"
    return f"{left} = {s.form.expr(_total(position))} + {s.form.factor(position.bias)} = {result}"
