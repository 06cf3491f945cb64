"""At which entries of a convolution, or a cross-correlation, a layer reads it: the letters and the places."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Expr, Mul, Symbol, sympify

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet
from symconv.explicit.letters import printed_letters
from symconv.index_sums.printers import of_formulas
from symconv.index_sums.symbols import LayerSymbols
from symconv.notes.model import Maths, Words
from symconv.notes.pieces import Pen, generic
from symconv.notes.source import Sources
from symconv.pattern import ROLES, Size, Specification
from symconv.printing.letters import on_axis
from symconv.printing.target import MathsTarget
from symconv.printing.targets import target_of

#: Letters for an entry of the operation, in the order in which they are tried.
_FREE = ("n", "m", "r", "t", "q", "u", "v", "l", "h", "g")


def place_letter(symbols: LayerSymbols) -> str:
    """The letter of an entry of the operation: that of outputs, unless these are other entries.

    >>> import symconv as sc
    >>> layers = sc.Conv1d(4, 3), sc.Conv1d(4, 3, stride=2), sc.Conv1d("m", "n", stride=2)
    >>> [place_letter(LayerSymbols(layer.spec)) for layer in layers]
    ['i', 'n', 'r']
    """
    n = symbols.notation
    if all(place == i for place, i in zip(_places(symbols), _outputs(symbols), strict=True)):
        return n.output_index
    taken = {symbol.name for role in ROLES for symbol in symbols.indices(role)}
    taken |= {*map(str, printed_letters(symbols.spec).values())} | {symbol.name for symbol in symbols.symbols}
    return next((letter for letter in _FREE if letter not in taken), n.output_index)


def _outputs(symbols: LayerSymbols) -> tuple[Symbol, ...]:
    """The indices of an output along the axes that the kernel slides along."""
    return symbols.indices("output")[-len(symbols.spec.tied_axes) :]


def _places(symbols: LayerSymbols) -> list[Expr]:
    """The index at which each axis is read, as indices are printed."""
    flip, base = symbols.spec.flip, symbols.notation.base
    found = []
    for axis, letter in zip(symbols.exact_spec.tied_axes, _outputs(symbols), strict=True):
        stride, steps = sympify(axis.geometry["stride"]), letter - base
        steps = Mul(stride, steps, evaluate=False) if stride.is_Symbol and base else (stride * steps).expand()
        found.append(Add(steps, _first(axis.geometry, base, flip=flip)))
    return found


def _first(geometry: Mapping[str, Size], base: int, *, flip: bool) -> Expr:
    """The index of the entry that the first window stands for."""
    before, dilation, taps = (sympify(geometry[name]) for name in ("before", "dilation", "kernel_size"))
    # Indices of taps and inputs count from the base: i -+ d k is that of an input, k that of a tap.
    return dilation * (taps - 1) * int(flip) + base * (1 + dilation * (1 if flip else -1)) - before


def entries(spec: Specification, count: int, *, flip: bool) -> list[int]:
    """The indices of the entries of a convolution, or a cross-correlation, that windows stand for."""
    (axis,) = spec.tied_axes
    first, stride = int(_first(axis.geometry, spec.notation.base, flip=flip)), int(axis.geometry["stride"])
    return [first + stride * at for at in range(count)]


def prolonged(spec: Specification) -> str:
    """What a padding that repeats inputs does with the input."""
    return "continued" if spec.padding_mode == "circular" else "extended"


def listed(letter: str, found: list[int]) -> Maths:
    """A letter and its values: all of a few, else the first two and the last."""

    def write(form: MathsTarget) -> str:
        few = len(found) <= 4
        told = list(map(str, found)) if few else [*map(str, found[:2]), form.ellipsis, str(found[-1])]
        return f"{form.letter(letter)} = {', '.join(told)}"

    return Maths(write(target_of("latex")), write(target_of("text")))


def reading(sources: Sources, pen: Pen) -> Words:
    """Where the layer reads the operation, unless its outputs have the same indices."""
    symbols, spec = sources.opened.closed.symbols, pen.worked.spec
    letter, places = place_letter(symbols), _places(symbols)
    # An output of several channels is no entry of one operation, so nothing is told of its place.
    if letter == symbols.notation.output_index or kinds.channelled(spec):
        return ()
    many = len(places)
    named = [on_axis(letter, at, many) for at in range(many)]

    def at(s: Sheet) -> str:
        form = of_formulas(s.form, symbols)
        pairs = zip(named, places, strict=True)
        return s.form.comma.join(f"{s.form.letter(name)} = {form.expr(place)}" for name, place in pairs)

    def value(s: Sheet) -> str:
        form, n = of_formulas(s.form, symbols), s.notation
        operation = s.form.convolution if spec.flip else s.form.correlation
        where = s.form.places.join(map(form.expr, places))
        whole = operation(s.form.letter(n.input), s.form.letter(n.kernel), where)
        return f"{whole} + {s.form.letter(n.bias)}" if spec.bias else whole

    outside = symbols.spec.padded
    zeros = "taken as 0 outside its range"
    how = zeros if spec.padding_mode == "zeros" else f"{prolonged(spec)} as above"
    text = f" With {{input}} {how}, the outputs" if outside else " The outputs"
    text += f" are the values{', plus the bias,' * spec.bias} at {{at}}"
    numbers = Maths("", "")
    if len(spec.tied.relations) == many:
        text += ": {equation}"
    if many == 1:
        text += f" ({'' if sources.own else 'in the example '}{{numbers}})"
        numbers = listed(letter, entries(spec, int(spec.output_sizes[0]), flip=spec.flip))
    y, right = generic(pen, "output"), pen(value)
    equation = Maths(f"{y.latex} = {right.latex}", f"{y.text} = {right.text}")
    return pen.say(f"{text}.", at=pen(at), equation=equation, numbers=numbers)
