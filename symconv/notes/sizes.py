"""The output size: for all sizes, with these numbers, and under each kind of padding."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

from sympy import sympify

import symconv.notes.kinds as kinds
from symconv.errors import GeometryError, SymconvError
from symconv.explicit.layout import Sheet
from symconv.notes.counting import along, common, positions_counted
from symconv.notes.formulas import formulas
from symconv.notes.letters import letters_of
from symconv.notes.model import Block, Display, Maths, Prose, Table, Words
from symconv.notes.padding import LEAST
from symconv.notes.phrases import enumerated
from symconv.notes.pieces import Pen
from symconv.notes.source import Source, Sources
from symconv.notes.worked import Worked
from symconv.pattern import Size, Specification
from symconv.printing.english import counted, joined, per_axis

_SIZES = {
    "convolution": "{given}there is one output for each position of the kernel on the padded input:",
    "average": "{given}there is one output for each position of the window on the padded input:",
    "maximum": "{given}there is one output for each position of the window on the padded input:",
    "transposed": "{given}each input places the kernel one stride further along than the input before it",
}


def _given(sources: Sources) -> Words:
    """The letters of padding, stride and dilation in the formula of the size, with their meaning."""
    pen, spec = Pen(Worked(sources.example)), sources.layer.spec
    numeric = spec.numeric
    axis = sources.opened.spec.tied_axes[0]
    told: list[Words] = []
    places = {name: axis.geometry[name] for name in ("stride", "dilation")}
    before, after = (axis.geometry[side] for side in ("before", "after"))
    setting = sources.opened.closed.symbols

    def value(name: str, field: str) -> Maths:
        return pen.letter(field) if numeric else letters_of(setting, (places[name],))[0]

    side = sources.layer.spec.tied_axes[0].geometry
    noun = "zeros" if _zeros(spec) else "places"
    filled: Words = (" of ", LEAST) if kinds.kind(spec) == "maximum" else ()
    if spec.transposed:
        pass  # its padding is told behind
    elif numeric or before != 0 or after != 0:
        if side["before"] == side["after"]:
            pad = pen.letter("padding") if numeric else letters_of(setting, (before,))[0]
            told.append((pad, f" {noun}", *filled, " added on each side"))
        elif numeric:
            after_it = pen(lambda s: f"{s.form.letter(s.notation.padding)}'")
            here = (pen.letter("padding"), f" {noun}", *filled, " added before and ", after_it)
            told.append((*here, " after the input"))
        else:
            told.append(("the padding added",))
    if numeric or places["stride"] != 1:
        told.append(("stride ", value("stride", "stride"), " (the step length)"))
    if numeric or places["dilation"] != 1:
        told.append(
            (
                "dilation ",
                value("dilation", "dilation"),
                f" (the spacing of the {'taps' if spec.kernel.learned else 'entries of a window'})",
            )
        )
    each = along(spec) * (len(spec.axes) > 1 and not spec.transposed)
    return ("With ", *enumerated(told), f"{each}, ") if told else ()


def lettered(sources: Sources) -> list[Words]:
    """The stride, the dilation and the padding of a layer that has letters for them, with their meaning."""
    spec, setting = sources.opened.spec, sources.opened.closed.symbols
    pen = Pen(Worked(sources.example))
    noun = "places" if spec.transposed or not _zeros(spec) else "zeros"
    cut = " cut off" if spec.transposed else ""
    taps = "taps" if spec.kernel.learned else "entries of a window"
    told = {
        ("stride",): ("stride ", " (the step length)"),
        ("dilation",): ("dilation ", f" (the spacing of the {taps})"),
        ("before", "after"): ("", f" {noun}{cut} on each side"),
        ("before",): ("", f" {noun}{cut} before the {'output' if spec.transposed else 'input'}"),
        ("after",): ("", f" {noun}{cut} after it"),
        ("output_padding",): ("", " places added at the end"),
    }
    found, every = list[Words](), True
    for names, (before, after) in told.items():
        sizes = [[axis.geometry.get(name, 0) for name in names] for axis in spec.tied_axes]
        alike = all(size == each[0] for each in sizes for size in each)
        if "before" in names or "after" in names:
            both = all(axis.geometry["before"] == axis.geometry["after"] for axis in spec.tied_axes)
            alike = alike and both == (len(names) > 1)
        given = [sympify(each[0]).is_Symbol for each in sizes]
        letters = list(dict.fromkeys(each[0] for each, letter in zip(sizes, given, strict=True) if letter))
        if alike and letters:
            every &= all(given)
            where = per_axis([after if letter else "" for letter in given])
            found.append((before, *pen.listed(list(letters_of(setting, tuple(letters)))), where))
    if found and len(spec.axes) > 1 and every:
        found[-1] = (*found[-1], " along each axis")
    return found


def _cut(sources: Sources, pen: Pen) -> Words:
    """What is removed from the output of a transposed layer and added to it."""
    spec, geometry = sources.layer.spec, sources.opened.spec.tied_axes[0].geometry
    setting = sources.opened.closed.symbols
    numeric, several = spec.numeric, len(spec.axes) > 1
    side = spec.tied_axes[0].geometry

    def of(name: str, field: str) -> Maths:
        return pen.letter(field) if numeric else letters_of(setting, (geometry[name],))[0]

    each = f",{along(spec)}" if several else ""
    uneven, cut = side["before"] != side["after"], numeric or geometry["before"] != 0
    p, a = of("before", "padding"), of("output_padding", "output_padding")
    found: Words = ()
    if uneven:
        found = (". Then the padding is removed at both ends",)
    elif cut:
        found = (". Then ", p, " places are removed on each side (the padding)")
    if (numeric or geometry["output_padding"] != 0) and not uneven and cut:
        less = Maths(f"{p.latex} - {a.latex}", f"{p.text} - {a.text}")
        found = (". Then ", p, " places are removed at the start (the padding) and ", less, " at the end (")
        found = (*found, a, " is the output padding; if ", less, " is negative, that many places are added)")
    elif numeric or geometry["output_padding"] != 0:
        found = (
            *found,
            " and " if found else ". Then ",
            a,
            " places are added at the end (the output padding)",
        )
    return (*found, f"{each}:")


def _zeros(spec: Specification) -> bool:
    return spec.kernel.learned and spec.padding_mode == "zeros"


def size(sources: Sources) -> list[Block]:
    """The output size: for all sizes, with these numbers, and by kinds of padding."""
    layer, pen = sources.layer, Pen(Worked(sources.example))
    given = _given(sources)
    told = _SIZES[kinds.kind(layer.spec)].removeprefix("{given}")
    told = told if given else f"{told[0].upper()}{told[1:]}"
    cut = _cut(sources, pen) if layer.spec.transposed else ()
    words: Words = (*given, told, *cut)
    try:
        item = layer.equation("output_size") if layer.spec.numeric else None
    except GeometryError:
        item = None  # too large for entries, though not for its sizes
    if item is not None and not sources.own:
        words = (*words[:-1], f"{str(words[-1]).removesuffix(':')}; for the layer of the title:")
    if item is not None and (values := common(pen, layer.spec)):
        last = str(words[-1]).removesuffix(":")
        words = (
            *words[:-1],
            *((f"{last}; here ", *values, ":") if sources.own else (f"{last} (", *values, "):")),
        )
    blocks: list[Block] = [Prose(words)]
    if item is not None:
        shown = Display(item, "layer.equation('output_size')", "size")
        return [*blocks, shown, *_paddings(sources, pen, _simplest(sources, pen))]
    opened = sources.opened
    axes = range(1 if opened.spec.alike else len(opened.spec.axes))
    blocks.append(formulas([opened.formula("output_size", axis=at) for at in axes], "size"))
    if layer.spec.numeric:
        found = "×".join(map(str, layer.spec.output_sizes))
        blocks.append(Prose((f"The layer of the title has {_outputs(found)}{_each(layer)}.",)))
    blocks.append(Prose(_of_example(sources)))
    return [*blocks, *_paddings(sources, pen)]


def referred(sources: Sources, blocks: list[Block]) -> list[Block]:
    """The section with the reason for its formula, where that stands above in the letters of the layer."""
    at = next((at for at, b in enumerate(blocks) if isinstance(b, Display) and not b.code), 0)
    if not at or sources.opened.spec.tied_axes[0].options.get("ceil_mode"):
        return blocks
    said = Prose(_of_example(sources))
    others = [block for block in blocks[at + 1 :] if block != said]
    return [*blocks[: at - 1], Prose(positions_counted(sources)), *others]


def _of_example(sources: Sources) -> Words:
    small = "×".join(map(str, sources.example.spec.output_sizes))
    return (f"The example has {_outputs(small)}{_each(sources.layer)}.",)


def _outputs(count: str) -> str:
    return "1 output" if count == "1" else f"{count} outputs"


def _simplest(sources: Sources, pen: Pen) -> Words:
    """What the size is for full and for no padding, where steps are of one place."""
    spec = sources.layer.spec
    if kinds.kind(spec) != "convolution" or len(spec.tied_axes) > 1:
        return ()
    g = {name: int(value) for name, value in spec.tied_axes[0].geometry.items()}
    if (g["stride"], g["dilation"]) != (1, 1) or g["before"] != g["after"]:
        return ()
    padding, size = {0: ("0", "N - K + 1"), g["kernel_size"] - 1: ("K - 1", "N + K - 1")}.get(
        g["before"], ("", "")
    )
    if not padding:
        return ()
    fields = {"N": "input_size", "K": "kernel_size"}

    text = "With {p} and {ones}, {M} is {size}."

    def ones(s: Sheet) -> str:
        return f"{s.form.letter(s.notation.stride)} = {s.form.letter(s.notation.dilation)} = 1"

    return pen.say(
        text,
        p=pen(lambda s: f"{s.form.letter(s.notation.padding)} = {_in_letters(s, fields, padding)}"),
        ones=pen(ones),
        M=pen.letter("output_size"),
        size=pen(lambda s: _in_letters(s, fields, size)),
    )


def _in_letters(s: Sheet, fields: Mapping[str, str], text: str) -> str:
    """A sum of sizes in the letters of a notation."""
    parts = [s.form.letter(getattr(s.notation, fields[t])) if t in fields else t for t in text.split()]
    return " ".join(parts)


def _each(layer: Source) -> str:
    return " in each output channel" if kinds.channelled(layer.spec) else ""


def _paddings(sources: Sources, pen: Pen, simplest: Words = ()) -> list[Block]:
    """The outputs of the example under "valid", "same" and "full"."""
    spec = pen.worked.spec
    one = len(spec.tied.relations) == 1 and kinds.kind(spec) == "convolution"
    if not one or spec.padding_mode != "zeros":
        return [Prose(simplest, spare=1)] if simplest else []
    stride = int(spec.tied_axes[0].geometry["stride"])
    rows: list[tuple[int, tuple[Words, ...]]] = []
    rows_of: dict[str, list[list[tuple[int, int]]]] = {}
    own = sides_of(sources.layer)
    named = False
    for name, told in _PADDINGS.items():
        try:
            made = Worked(sources.remake("example", {}, padding=name))
            here = sides_of(sources.remake("layer", {}, padding=name)) == own
        except SymconvError:
            continue
        rows_of[name] = _met(made)
        named |= here
        if name == "same" and sum(map(int, sides_of(made.source))) % 2:
            told = "one position for each input"  # the centre lies between two inputs
        rows.append(_padded(made, (f"{name}{' (this layer)' if here else ''}",), told))
    if not named:
        rows.append(_padded(pen.worked, _own(sources, pen), _reach(*map(int, sides_of(sources.example)))))
        rows.sort(key=itemgetter(0))
    heads: tuple[Words, ...] = (
        ("padding",),
        ("zeros before, after",),
        ("outputs",),
        (pen.letter("output"),),
        ("positions kept" if stride == 1 else "where the kernel may stand",),
    )
    kept = _kept(pen, rows_of) if stride == 1 else _apart(stride)
    said = (*simplest, *((" ", *kept) if simplest and kept else kept))
    return [Table(heads, tuple(row for _, row in rows), spare=1), *([Prose(said, spare=1)] if said else [])]


def _apart(stride: int) -> Words:
    """That rows of a table with a stride do not lie within one another."""
    text = f"With stride {stride} these rows need not be parts of one another: the padding decides where "
    return (f"{text}the first window begins.",)


def sides_of(layer: Source) -> tuple[Size, Size]:
    """How much stands before and after the input."""
    (axis,) = layer.spec.tied_axes
    return axis.geometry["before"], axis.geometry["after"]


def _padded(made: Worked, name: Words, told: str) -> tuple[int, tuple[Words, ...]]:
    """A row, and how much padding there is."""
    before, after = map(int, sides_of(made.source))
    values, count = Pen(made).values(made.outputs), str(len(made.outputs))
    return before + after, (name, (f"{before} and {after}",), (count,), (values,), (told,))


def _own(sources: Sources, pen: Pen) -> Words:
    """The padding of the layer, which has no name."""
    here, (before, after) = sides_of(sources.layer)[0], sides_of(sources.example)
    if before != after:
        return ("this layer",)
    letter = pen.letter("padding")
    if not isinstance(here, int):
        (letter,) = letters_of(sources.opened.closed.symbols, (here,))
    return (Maths(f"{letter.latex} = {before}", f"{letter.text} = {before}"), " (this layer)")


def _reach(before: int, after: int) -> str:
    """How far the kernel extends beyond the input."""
    if before == after:
        return f"the kernel extends at most {counted(before, 'place')} beyond each end"
    sides = ((before, "before the input"), (after, "after it" if before else "after the input"))
    told = [f"{counted(count, 'place')} {side}" for count, side in sides if count]
    return f"the kernel extends at most {joined(told)}"


def _kept(pen: Pen, others: Mapping[str, list[list[tuple[int, int]]]]) -> Words:
    """Which rows of the matrix a smaller padding keeps, where these stand beside each other in it."""
    whole = _met(pen.worked)
    told: list[str] = []
    pieces: dict[str, Maths] = {}
    for name, lines in others.items():
        starts = [at for at in range(len(whole)) if whole[at : at + len(lines)] == lines]
        if len(lines) >= len(whole) or len(starts) != 1:
            continue
        first, last = starts[0], starts[0] + len(lines) - 1
        link = " and " if last == first + 1 else " to "
        rows = (
            f"rows of {{first {name}}}{link}{{last {name}}}" if last > first else f"row of {{first {name}}}"
        )
        told.append(f"{name} padding keeps the {rows}")
        pieces |= {f"first {name}": pen.output(first), f"last {name}": pen.output(last)}
    if not told:
        return ()
    first_, *more = told
    text = f"Of {{matrix}}, {first_}"
    text += "".join(f", and {one.replace('padding keeps ', 'padding ')}" for one in more)
    return pen.say(f"{text}.", **pieces)


def _met(worked: Worked) -> list[list[tuple[int, int]]]:
    """What each output reads, with which weight."""
    lines: list[list[tuple[int, int]]] = [[] for _ in worked.outputs]
    for output, tap, place, _ in worked.triples:
        lines[output].append((tap, place))
    return lines


_PADDINGS = {
    "valid": "the kernel lies entirely inside the input",
    "same": "the kernel's centre lies on an input",
    "full": "the kernel overlaps the input in at least one place",
}
