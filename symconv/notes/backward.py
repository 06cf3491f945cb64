"""How the gradient reaches the inputs of each kind of layer, and which operation carries it there."""

from __future__ import annotations

from collections import Counter

from sympy import Expr, S

import symconv.notes.kinds as kinds
from symconv.derivation.rules.limits import Recognise
from symconv.explicit.layout import Sheet
from symconv.index_sums.printers import of_formulas
from symconv.notes.model import Words
from symconv.notes.pieces import Pen, derivative
from symconv.notes.source import Sources
from symconv.printing.english import counted, per_axis


def reached(pen: Pen, *, step: Expr | None = None, named: Words = ()) -> Words:
    """How the gradient reaches the inputs of this kind; ``step`` is a stride that is no number.

    What the gradient is ``named`` ends the sentence on the operation that it is.
    """
    worked, spec = pen.worked, pen.worked.spec
    strides = {int(axis.geometry["stride"]) for axis in spec.tied_axes}
    kind = kinds.kind(spec)
    if kind == "maximum":
        return _winners(pen)
    if kind == "average":
        weights = {p.weight for position in worked.positions for p in position.products}
        share = "the same share" if len(weights) > 1 else "the same share, {w},"
        text = f"Each input of a window receives {share} of the window's gradient."
        return pen.say(text, w=pen.number(min(weights)))
    if kind == "transposed":
        text = "Transposing twice gives the original matrix back, so the gradient with respect to {input} is "
        text += (
            f"the {spec.operation} of {{whole}} with {{kernel}}, with the same {kinds.same_settings(spec)}."
        )
        return pen.say(text, whole=pen.arriving)
    if spec.reads_input and spec.padding_mode != "circular":
        return _folded(pen)
    stride = max(strides)
    plain = spec.padding_mode == "zeros" and len(worked.shape("input")) == 1
    if stride > 1 and plain:
        whole = (*_upsampled(pen, stride, step), *named, f"{_unread(pen)}.")
        return whole if len(worked.upstream) > 1 else ()
    if stride > 1:
        text = "Because of the stride, the gradient with respect to {input} is computed as if "
        where = "inserted between neighbouring entries of {upstream}"
        if len(strides) > 1:
            text += f"zeros were {where}, along each axis one fewer than its stride."
            return pen.say(text, upstream=pen.arriving)
        verb = f"{counted(stride - 1, 'zero')} were"
        text += f"{verb} {where} along each axis (upsampling by {stride})."
        return pen.say(text, upstream=pen.arriving)
    return ()


def _winners(pen: Pen) -> Words:
    """Which inputs the gradient of a maximum goes to."""
    found = [p.place for position in pen.worked.positions for p in position.products if p.weight == 1]
    chosen = list(dict.fromkeys(found))
    names = [pen.input(at) for at in chosen]
    one = len(names) == 1
    text = f" {'is' if one else 'are'} kept, so {'it receives' if one else 'they receive'} the whole "
    text += "gradient of "
    whose = "its window" if len(found) == 1 else "its windows" if one else "their windows"
    text += whose
    if len(chosen) < len(pen.worked.inputs):
        text += "; the other inputs receive none"
    return (f"The input{'s' * (not one)} ", *pen.listed(names), f"{text}.")


def _upsampled(pen: Pen, stride: int, step: Expr | None) -> Words:
    """The upstream gradient with zeros between its entries, and the operation that follows."""
    spread: list[Expr] = []
    for at, entry in enumerate(pen.worked.upstream):
        spread += [S.Zero] * (stride - 1) * bool(at) + [entry]

    def up(s: Sheet) -> str:
        return s.form.upsampled(s.upstream_letter(), str(stride))

    if step is not None:
        text = "Neighbouring windows lie {s} places apart, so the gradient with respect to {input} is "
        text += "computed from {general}: {upstream} with {less} zeros between neighbouring entries "
        text += "(upsampling by {s}). In the example it is {up} = {spread}. The gradient is the "
        text += f"{_backward(pen)} of this sequence with {{kernel}}{_spread(pen)}{_cropped(pen)}"
        general = pen(lambda t: t.form.upsampled(t.upstream_letter(), t.form.expr(step)))
        words = {"s": pen(lambda t: t.form.expr(step)), "less": pen(lambda t: t.form.expr(step - 1))}
        return pen.say(text, **words, general=general, up=pen(up), spread=pen.values(spread, 16))
    text = f"Neighbouring windows lie {stride} places apart, so the gradient with respect to {{input}} is "
    text += f"computed from {{upstream}} with {counted(stride - 1, 'zero')} between neighbouring entries, "
    text += f"{{up}} = {{spread}} (upsampling by {stride}): it is the {_backward(pen)} of this sequence "
    text += f"with {{kernel}}{_spread(pen)}{_cropped(pen)}"
    return pen.say(text, up=pen(up), spread=pen.values(spread, 16))


def _backward(pen: Pen) -> str:
    """The operation that gives the gradient of the input, which turns the kernel the other way round."""
    return "cross-correlation" if pen.worked.spec.flip else "convolution"


def _spread(pen: Pen) -> str:
    """How far apart the taps lie, where they are not neighbours."""
    dilated = any(int(axis.geometry["dilation"]) > 1 for axis in pen.worked.spec.tied_axes)
    return f", whose taps lie {kinds.apart(pen.worked.spec, 'dilation')}" if dilated else ""


def _cropped(pen: Pen) -> str:
    """That entries which fall on the padding are left out."""
    return ", without the entries that fall on the padding" if pen.worked.spec.padded else ""


def _unread(pen: Pen) -> str:
    """That inputs which no window reads receive no gradient."""
    return "; inputs that no window reads receive 0" if pen.worked.skipped else ""


def as_operation(sources: Sources, pen: Pen) -> Words:
    """The gradient with respect to an input as an entry of an operation on two sequences, where it is one."""
    symbols, last = sources.opened.closed.symbols, sources.opened.derive("grad_input").steps[-1]
    if last.rule != Recognise.name:
        return ()
    right = pen(lambda s: of_formulas(s.form, symbols).expr(last.expr))
    return (": ", derivative(pen, "input"), " = ", right)


#: What the operations are that take partial overlaps, and complete ones only.
_OVERLAPS = {"full": " (partial overlaps included)", "valid": " (complete overlaps only)"}


def operations(pen: Pen, *, explained: bool = False) -> Words:
    """Which operations the two gradients are, where windows lie one place apart; ``explained`` if need be."""
    spec = pen.worked.spec
    plain = kinds.kind(spec) == "convolution" and spec.padding_mode == "zeros" and not kinds.channelled(spec)
    if not plain or {int(axis.geometry["stride"]) for axis in spec.tied_axes} != {1}:
        return ()
    sizes = [{name: int(size) for name, size in axis.geometry.items()} for axis in spec.tied_axes]
    # With full padding each input is seen by the whole kernel: its gradient is a valid operation.
    whole = all({g["before"], g["after"]} == {g["dilation"] * (g["kernel_size"] - 1)} for g in sizes)
    name, cropped = ("valid", "") if whole else ("full", f"{_cropped(pen)}{_unread(pen)}")
    padded = "the padded " * any(g["before"] or g["after"] for g in sizes)
    other = "{upstream} with {input}" if spec.flip else f"{padded}{{input}} with {{upstream}}"
    # A flipped kernel with less padding has the entries in reverse order: that is no valid operation.
    valid = "valid" if whole or not spec.flip else ""
    first, second = (_OVERLAPS.get(one, "") * explained for one in (name, valid * (valid != name)))
    dilations = per_axis([str(g["dilation"]) for g in sizes])
    steps = f" in steps of {dilations}" if _spread(pen) else ""
    text = f"The gradient with respect to {{input}} is the {name} {_backward(pen)}{first} of {{upstream}} "
    text += f"with {{kernel}}{_spread(pen)}{cropped}, and the gradient with respect to {{kernel}} is "
    text += f"{'the valid' if valid else 'a'} cross-correlation{second} of {other}{steps}."
    return pen.say(text, upstream=pen.arriving)


def _folded(pen: Pen) -> Words:
    """That inputs which the padding reads again receive every one of their gradients."""
    cells = Counter((o, j) for o, _, j, _ in pen.worked.triples)
    several = [cell for cell, count in cells.items() if count > 1]
    if not several:
        return ()
    o, j = several[0]
    times = "twice" if cells[o, j] == 2 else f"{cells[o, j]} times"
    text = f"The padding repeats inputs: {{y}} reads {{x}} {times}, so it contributes {times} to the "
    text += "gradient with respect to {x}."
    return pen.say(text, y=pen.output(o), x=pen.input(j))
