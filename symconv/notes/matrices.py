"""The matrix of a layer: written out, as a network, and its two constraints counted."""

from __future__ import annotations

from dataclasses import replace

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet
from symconv.explicit.structure import Structure
from symconv.notes.figured import picture
from symconv.notes.model import Block, Display, Maths, Prose, Words
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.notes.worked import Worked
from symconv.pattern import Relation
from symconv.printing.display import Beside, Grid, Row
from symconv.printing.english import counted

#: A matrix of letters takes at most so many characters of a line, and one of numbers.
LETTERS, NUMBERS = 54, 76

#: A matrix of more rows or columns than this is shown by its picture only, or with dots.
MOST = 20

_INTRODUCED = {
    "convolution": "The output is linear in {input}, so it is a matrix times {input}. Row {output_index} of "
    "the matrix holds the weights of {y}, each in the column of the input that it meets:",
    "average": "The mean is linear in {input}, so the layer is a matrix times {input}. Row {output_index} of "
    "the matrix holds the weights of {y}:",
    "transposed": "The output is linear in {input}, so it is a matrix times {input}. Column {input_index} of "
    "the matrix holds the kernel as input {x} lays it down:",
    "maximum": "Once it is known which entry of each window is the largest, the output is a matrix times "
    "{input}. Row {output_index} has a single 1, at the winner of its window. For the {input} above:",
}

_CAPTIONS = {
    "convolution": "The same layer as a network. An edge is a nonzero entry of {matrix}; edges of one look "
    "share their weight, and missing edges are the zeros.",
    "average": "The same layer as a network: each output is joined to its window only.",
    "transposed": "The same layer as a network. Turned around, from right to left, it is the convolution's.",
    "maximum": "Which inputs are selected from. The edge of the winner has the weight 1, the others 0.",
}


def matrix(sources: Sources) -> list[Block]:
    """The section."""
    worked = Worked(sources.example)
    pen, kind = Pen(worked), kinds.kind(worked.spec)
    bias = " (plus the bias)" if worked.spec.bias else ""
    text = _INTRODUCED[kind].replace("a matrix times {input}.", f"a matrix times {{input}}{bias}.")
    introduced = Prose(pen.say(text, y=_generic(pen, "output"), x=_generic(pen, "input")))
    columns = worked.explicit.shape("matrix")[1]
    written = pen.shown(lambda s: _written(pen, s), "matrix")
    network = picture(
        sources, "network", pen.say(_CAPTIONS[kind]), beside=0.75 * columns + 1.5, spare=1, else_spare=2
    )
    return [
        introduced,
        written,
        *network,
        Prose(counts(sources, pen)),
        *(replace(b, detail=True) for b in remarks(sources, pen)),
    ]


def _generic(pen: Pen, role: str) -> Maths:
    """An entry with the letters of its indices."""
    spec = pen.worked.spec
    symbols = pen.worked.source.closed.symbols
    letter = getattr(spec.written, role)
    indices = symbols.indices(role)
    return pen(
        lambda s: (
            s.form.entry(s.form.letter(letter), s.form.places.join(s.form.letter(i.name) for i in indices))
            if indices
            else s.form.letter(letter)
        )
    )


def _grid(s: Sheet, values: bool) -> Grid:
    """The matrix, whole where it is not more than twice as large as matrices are shown otherwise."""
    n = s.spec.notation
    shape = s.values.shape("matrix")
    if n.max_rows is not None and max(shape) <= 2 * n.max_rows:
        whole = replace(s, spec=replace(s.spec, notation=n.replace(max_rows=None)))
        found = whole.matrix_grid("matrix", NUMBERS, values=values)
        if s.form.span(found) <= NUMBERS:
            return found
    return s.matrix_grid("matrix", NUMBERS if values else LETTERS, values=values)


def _written(pen: Pen, s: Sheet) -> list[Row | None]:
    """``y = T x``, and the matrix in letters, or in numbers where letters are too wide."""
    n, form, spec = s.notation, s.form, s.spec
    plus = f" + {form.letter(n.bias)}" if spec.bias else ""
    first = Row(s.whole_letter("output"), (f"{form.letter(n.matrix)} {s.whole_letter('input')}{plus}",))
    letter = form.letter(n.matrix)
    columns = s.values.shape("matrix")[1]
    letters = spec.kernel.learned and len(s.shape("tap")) == 1 and columns <= 12
    return [first, Row(letter, (_grid(s, not letters),))]


def counts(sources: Sources, pen: Pen) -> Words:
    """The zeros and ties of the example."""
    worked, spec = pen.worked, pen.worked.spec
    rows, columns = worked.explicit.shape("matrix")
    if kinds.kind(spec) == "maximum":
        ones = sum(1 for p in worked.positions if p.products)
        text = f"{{matrix}} has {rows * columns} entries, of which {ones} are 1, one in each row. "
        return pen.say(f"{text}Nothing in it is learned, and nothing is shared.")
    s = _structure(sources)
    if s is None:
        return ("All weights of a row are 1 over the number that its window is divided by. None is learned.",)
    head = "So {matrix} takes the place of a dense layer's matrix. "
    zeros, of, different = s.entries - s.nonzeros, s.entries, counted(s.parameters, "different weight")
    held = f"None of its {of} entries is zero, and they"
    if zeros:
        held = (
            f"{zeros} of its {of} entries {'is' if zeros == 1 else 'are'} zero, and the {s.nonzeros} others"
        )
    if kinds.kind(spec) == "average":
        same = pen.number(worked.weights[0])
        return pen.say(f"{head}{held} are all the same number, {{w}}: nothing is left to learn.", w=same)
    if s.parameters == s.nonzeros == s.edges:
        return pen.say(
            f"{head}{held} are {different}: {'zeros, but no ties' if zeros else 'no ties either'}."
        )
    constraint = "two constraints" if zeros else "one constraint"
    text = (
        f"{head}It obeys {constraint}: {held[0].lower()}{held[1:]} hold only {different}{_ties(sources, s)}."
    )
    if s.edges > s.nonzeros:
        text += " Where the padding reads an input again, several weights meet in one entry and add up."
    return pen.say(text)


def _structure(sources: Sources) -> Structure | None:
    spec = sources.example.spec
    return sources.example.structure if spec.kernel.shared else None


def _ties(sources: Sources, s: Structure) -> str:
    """How equal weights lie in the matrix."""
    spec = sources.example.spec
    if s.circulant:
        moved = ", each row the one above moved by one place around the end (a circulant matrix)"
        return f"{moved}: nothing falls off the edge"
    if s.toeplitz:
        return f", each constant along a diagonal (a {s.kind} matrix)"
    if len(spec.tied.relations) == 1 and not spec.reads_input:
        stride = int(spec.tied_axes[0].geometry["stride"])
        if spec.transposed:
            return f", each column the one before moved {counted(stride, 'row')} down"
        return f", each row the one above moved {counted(stride, 'column')} to the right"
    return f" ({s.kind})" if "not" in s.kind else f" (a {s.kind} matrix)"


def remarks(sources: Sources, pen: Pen) -> list[Block]:
    """What the matrix shows of this kind."""
    spec, kind = pen.worked.spec, kinds.kind(pen.worked.spec)
    found: list[Block] = []
    if kind == "transposed":
        found += partner(sources, pen)
    if kind == "maximum":
        found += other_input(sources, pen)
    if len(spec.tied.relations) > 1 and spec.kernel.shared:
        found += blocks(sources, pen)
    return found


def blocks(sources: Sources, pen: Pen) -> list[Block]:
    """The levels of the matrix from outside in; with two axes its blocks written out."""
    s, spec = sources.example.structure, pen.worked.spec
    channels = [r for r in spec.tied.relations if "in_channels" in r.geometry]
    found: list[Block] = [_channels(pen, s, channels[0])] if channels else []
    if len(spec.axes) < 2 or len(s.levels) < 2:
        return found
    outer, inner = s.levels[-2], s.levels[-1]
    what = "each block again" if channels else "{matrix}"
    text = (
        f"Along the axes {what} consists of {_by(outer.shape)} blocks of {_by(outer.block)}. The blocks lie "
    )
    text += f"in a band, and each of them is itself a band of {_by(inner.shape)}"
    if channels or len(spec.axes) != 2 or not spec.kernel.learned:
        return [*found, Prose(pen.say(f"{text}."))]
    item = Display(sources.example.equation("blocks"), "example.equation('blocks')", "blocks")
    return [*found, Prose(pen.say(f"{text}:")), item]


def _by(shape: tuple[int, int]) -> str:
    return f"{shape[0]}×{shape[1]}"


def _channels(pen: Pen, s: Structure, relation: Relation) -> Prose:
    """One block for each pair of channels, and which are zero."""
    outside, inside = (relation.count(role) for role in ("output", "input"))
    groups, of = int(relation.geometry["groups"]), outside * inside
    size = (s.shape[0] // (outside * s.samples), s.shape[1] // (inside * s.samples))
    text = f"{{matrix}} has {_by((outside, inside))} blocks of {_by(size)}, one for each pair of an output "
    text += "and an input channel. Each is the matrix of one convolution, and a row of blocks adds up one "
    text += "convolution per input channel."
    if groups > 1:
        text += (
            f" With {groups} groups, {of - of // groups} of the {of} blocks are zero: those whose channels "
        )
        text += "lie in different groups."
    return Prose(pen.say(text))


def partner_letter(pen: Pen) -> str:
    """A letter for the matrix of the matching convolution that stands for nothing else."""
    return next(one for one in "CBQHRZ" if one not in pen.worked.spec.written.meanings())


def partner(sources: Sources, pen: Pen) -> list[Block]:
    """The matrix of the matching convolution beside that of a transposed layer, and why neither inverts."""
    matching = sources.partner
    if matching is None:
        return []
    other = Pen(Worked(matching))
    if sources.example.entries.values.matrix("matrix") != matching.entries.values.matrix("matrix").T:
        return []
    rows, columns = matching.entries.values.shape("matrix")
    letter = partner_letter(pen)

    def build(s: Sheet) -> list[Row | None]:
        form = s.form
        grid = _grid(other.sheet(form).named(), len(s.shape("tap")) > 1)
        name = form.letter(letter)
        return [
            Row(
                name,
                (Beside((grid, f"{form.comma}{form.letter(s.notation.matrix)} = {form.transposed(name)}")),),
            )
        ]

    back = matching.entries.values.matrix("output")
    names = {
        "C": pen(lambda s: s.form.letter(letter)),
        "Cy": pen(lambda s: f"{s.form.letter(letter)} {s.whole_letter('output')}"),
    }
    text = (
        f"The convolution of {columns} inputs with the same kernel, stride and padding has {rows} outputs. "
    )
    text += "Its matrix is:"
    shapes = (
        "The shapes return, but the values do not: {Cy} = {back}, and not {x}. A transpose is no inverse."
    )
    return [
        Prose(pen.say(text)),
        pen.shown(build, "partner"),
        Prose(
            pen.say(
                shapes, Cy=names["Cy"], back=pen.values(list(back)), x=pen.values(list(pen.worked.inputs))
            )
        ),
    ]


def other_input(sources: Sources, pen: Pen) -> list[Block]:
    """The matrix of a maximum for another input: the same one reversed."""
    worked = pen.worked
    turned = tuple(reversed(worked.inputs))
    other = sources.remake("example", {"x": turned})
    if other.entries.values.matrix("matrix") == worked.explicit.matrix("matrix"):
        return []
    there = Pen(Worked(other))

    def build(s: Sheet) -> list[Row | None]:
        sheet = there.sheet(s.form).named()
        return [Row(s.form.letter(s.notation.matrix), (_grid(sheet, True),))]

    text = "Another input, another matrix. With the entries of {input} in the opposite order it is:"
    return [Prose(pen.say(text)), pen.shown(build, "matrix-turned")]
