"""Why a layer has as many outputs as its formula says: the positions of the kernel, counted in letters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sympy import Expr, S, sympify

from symconv.explicit.layout import Sheet
from symconv.index_sums.printers import of_formulas
from symconv.notes.model import Maths, Words
from symconv.notes.pieces import Pen
from symconv.notes.settings import shown_size, spanned, times
from symconv.notes.source import Sources
from symconv.notes.worked import Worked
from symconv.pattern import Size, Specification
from symconv.printing.target import MathsTarget

#: By whether a layer is transposed.
_COUNTED = {
    False: "{the} {padded}input has {places} places{spans}, so the first position of the {window} can be "
    "followed by {steps} steps of {stride}{place}. With the first position, that makes {size} outputs",
    True: "{the} copies of the kernel lie {stride}{place} apart, one for each input, and together they "
    "extend over {covered} places{cut}. That makes {size} outputs",
}


def positions_counted(sources: Sources) -> Words:
    """How many positions there are along an axis, in letters and in the numbers of the example."""
    symbols, pen = sources.opened.closed.symbols, Pen(Worked(sources.example))
    spec, (axis, *others), own = symbols.spec, symbols.exact_spec.tied_axes, sources.example.closed.symbols
    size = {name: sympify(value) for name, value in axis.geometry.items()}
    stride, pads, whole = size["stride"], size["before"] + size["after"], symbols.output_sizes[0]
    added = size.get("output_padding", S.Zero)
    letters = {outputs: letter for letter, outputs in symbols.definitions.items()}

    def written(write: Callable[[MathsTarget], str]) -> Maths:
        return pen(lambda s: write(of_formulas(s.form, symbols)))

    def printed(expr: Expr) -> Maths:
        return written(lambda form: form.expr(expr))

    def steps(form: MathsTarget) -> str:
        found = shown_size(symbols, 0, form)
        if found is None:
            return form.expr(whole - 1)
        return found.removesuffix(" + 1") if found.endswith(" + 1") else f"{found} - 1"

    def numbers(form: MathsTarget) -> str:
        return f"{shown_size(own, 0, form)} = {own.output_sizes[0]}"

    def covered(form: MathsTarget) -> str:
        n = form.expr(size["input_size"])
        return f"{times(form, stride, f'({n} - 1)')} + {spanned(size, form)}"

    text = _COUNTED[spec.transposed]
    changed = [f"{{pads}} of them {_are(pads)} removed (the padding)"] * (pads != 0)
    changed += [f"{{added}} {_are(added)} added (the output padding)"] * (added != 0)
    text = text.replace("{cut}", f"; {' and '.join(changed)}" if changed else "")
    text = text.replace(
        "{spans}", f", of which the {spec.kernel.called} spans {{covers}}" * (size["dilation"] != 1)
    )
    alike = not others or spec.alike
    the = "Along each axis, the" if alike else "Along the first axis, the"
    text = text.replace("{the}", the if others else "The").replace("{padded}", "padded " * (pads != 0))
    text = text.replace("{window}", spec.kernel.called).replace(
        "{place}", " place" if stride == 1 else " places"
    )
    if not sources.layer.spec.numeric:
        text += "; in the example {numbers}"
    text += "."
    if not spec.transposed and stride != 1:
        text += " A remainder means that the last places are not read."
    if not alike:
        text += f" The other {'axis is' if len(others) == 1 else 'axes are'} counted in the same way."
    return pen.say(
        text, places=printed(size["input_size"] + pads), steps=written(steps), stride=printed(stride),
        size=printed(letters.get(whole, whole)), numbers=written(numbers), pads=printed(pads),
        added=printed(added), covered=written(covered), covers=written(lambda form: spanned(size, form)),
    )  # fmt: skip


def _are(count: Expr) -> str:
    return "is" if count == 1 else "are"


def along(spec: Specification) -> str:
    """Along which axes, and what the index of a letter means where letters have one."""
    indices = {2: "index 1 for rows, 2 for columns", 3: "indices 1, 2 and 3"}.get(len(spec.axes), "")
    return f" along each axis{f' ({indices})' if indices and spec.numeric else ''}"


#: The sizes that axes may have in common, and the fields of a notation for their letters.
_SHARED = {"before": "padding"} | {name: name for name in ("stride", "dilation", "output_padding")}


def common(pen: Pen, spec: Specification) -> Words:
    """The padding, the stride and so on of a layer with several axes, where these share them."""
    found = {name: {axis.geometry.get(name) for axis in spec.tied_axes} for name in (*_SHARED, "after")}
    alike = all(len(each) == 1 for each in found.values())
    if len(spec.axes) < 2 or found["before"] != found["after"] or not alike:
        return ()
    sizes = [(field, next(iter(found[name]))) for name, field in _SHARED.items()]
    return pen.listed([pen(partial(_equal, field, size)) for field, size in sizes if size is not None])


def _equal(field: str, size: Size, s: Sheet) -> str:
    return f"{s.form.letter(getattr(s.notation, field))} = {size}"
