"""Why a layer has as many outputs as its formula says: the positions of the kernel, counted in letters."""

from __future__ import annotations

from functools import partial

from sympy import Expr, S, sympify

from symconv.explicit.layout import Sheet
from symconv.index_sums.printers import of_formulas
from symconv.notes.model import Maths, Words
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.notes.worked import Worked
from symconv.pattern import Size, Specification
from symconv.pattern.output_size import shown


def positions_counted(sources: Sources) -> Words:
    """How many positions there are along an axis, in letters and in the numbers of the example."""
    symbols, pen = sources.opened.closed.symbols, Pen(Worked(sources.example))
    spec, (axis, *others), own = symbols.spec, symbols.exact_spec.tied_axes, sources.example.closed.symbols
    size = {name: sympify(value) for name, value in axis.geometry.items()}
    stride, pads, whole = size["stride"], size["before"] + size["after"], symbols.output_sizes[0]
    added = size.get("output_padding", S.Zero)
    letters = {outputs: letter for letter, outputs in symbols.definitions.items()}

    def printed(expr: Expr) -> Maths:
        return pen(lambda s: of_formulas(s.form, symbols).expr(expr))

    def part(name: str, s: Sheet) -> str:
        form = of_formulas(s.form, symbols)
        return shown(axis, form).get(name) or form.expr(whole - 1)

    def numbers(s: Sheet) -> str:
        return f"{shown(own.exact_spec.tied_axes[0], s.form).get('size')} = {own.output_sizes[0]}"

    alike, called = not others or spec.alike, spec.kernel.called
    the = f"Along {'each' if alike else 'the first'} axis, the" if others else "The"
    step = "{stride} place" if stride == 1 else "{stride} places"
    if spec.transposed:
        changed = [f"{{pads}} of them {_are(pads)} removed (the padding)"] * (pads != 0)
        changed += [f"{{added}} {_are(added)} added (the output padding)"] * (added != 0)
        counted = f"copies of the kernel lie {step} apart, one for each input, and together they extend over "
        counted += f"{{covered}} places{'; ' * bool(changed)}{' and '.join(changed)}. That"
    else:
        counted = f"{'padded ' * (pads != 0)}input has {{places}} places"
        counted += f", of which the {called} spans {{window}}" * (size["dilation"] != 1)
        counted += f", so the first position of the {called} can be followed by {{last}} steps of {step}. "
        counted += "With the first position, that"
    example = "" if sources.layer.spec.numeric else "; in the example {numbers}"
    text = f"{the} {counted} makes {{size}} outputs{example}."
    text += " A remainder means that the last places are not read." * (not spec.transposed and stride != 1)
    if not alike:
        text += f" The other {'axis is' if len(others) == 1 else 'axes are'} counted in the same way."
    return pen.say(
        text, places=printed(size["input_size"] + pads), stride=printed(stride), pads=printed(pads),
        added=printed(added), size=printed(letters.get(whole, whole)), numbers=pen(numbers),
        **{name: pen(partial(part, name)) for name in ("last", "covered", "window")},
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
