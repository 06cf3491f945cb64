"""A matrix beside another: that of the matching convolution, and that of a maximum for another input."""

from __future__ import annotations

from dataclasses import replace

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet
from symconv.explicit.letters import printed_letters
from symconv.notes.model import Block, Prose
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.notes.worked import Worked
from symconv.printing.display import Beside, Grid, Row
from symconv.printing.english import counted

#: A matrix of letters takes at most so many characters of a line, and one of numbers.
LETTERS, NUMBERS = 54, 76

#: So many rows of a matrix are shown where there is least room.
FEWEST = 6


def grid_of(s: Sheet, values: bool, *, dotted: bool = False) -> Grid:
    """The matrix, whole where it is not more than twice as large as matrices are shown otherwise."""
    n = s.spec.notation
    shape = s.values.shape("matrix")
    if n.max_rows is not None and max(shape) <= 2 * n.max_rows and not dotted:
        whole = replace(s, spec=replace(s.spec, notation=n.rewritten(max_rows=None)))
        found = whole.matrix_grid("matrix", NUMBERS, values=values)
        if s.form.span(found) <= NUMBERS:
            return found
    if dotted:
        fewer = n.rewritten(max_rows=min(n.max_rows or FEWEST, FEWEST))
        s = replace(s, spec=replace(s.spec, notation=fewer))
    return s.matrix_grid("matrix", NUMBERS if values else LETTERS, values=values)


def spare_letter(sources: Sources, among: str = "CBQHRZ") -> str:
    """A letter for a matrix that stands for nothing else; by default for that of the matching convolution."""
    spec = sources.layer.spec
    sizes = {str(symbol) for symbol in sources.opened.closed.symbols.symbols}
    taken = sizes | set(spec.written.meanings()) | {str(one) for one in printed_letters(spec).values()}
    return next(one for one in among if one not in taken)


def partner(sources: Sources, pen: Pen) -> list[Block]:
    """The matrix of the matching convolution beside that of a transposed layer, and why neither inverts."""
    matching = sources.partner
    if matching is None:
        return []
    other = Pen(Worked(matching))
    if sources.example.entries.values.matrix("matrix") != matching.entries.values.matrix("matrix").T:
        return []
    rows, columns = matching.entries.values.shape("matrix")
    letter = spare_letter(sources)

    def build(s: Sheet) -> list[Row | None]:
        form = s.form
        grid = grid_of(other.sheet(form).named(), len(s.shape("tap")) > 1)
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
    same = kinds.same_settings(pen.worked.spec, "kernel")
    same += "," * ("," in same and "no padding" in same)
    inputs, outputs = (
        "×".join(map(str, sizes))
        for sizes in (
            [axis.geometry["input_size"] for axis in matching.spec.tied_axes],
            matching.spec.output_sizes,
        )
    )
    one = pen.worked.spec.operation
    text = f"The {one} of {counted(columns, 'input')} with the same {same} has "
    text += f"{counted(rows, 'output')}. Its matrix is:"
    if len(matching.spec.axes) > 1:
        text = f"The {one} with the same {same} maps {inputs} inputs to {outputs} outputs. Its matrix is:"
    shapes = "Multiplying by {C} restores the size of {input}, but not its values: {Cy} = {back}, not {x}. "
    shapes += "The transpose is not the inverse."
    if list(back) == list(pen.worked.inputs):
        shapes = "Multiplying by {C} restores the size of {input} and, in this example, its values."
    return [
        Prose(pen.say(text)),
        pen.shown(build, "partner"),
        Prose(pen.say(shapes, **names, back=pen.values(list(back)), x=pen.values(list(pen.worked.inputs)))),
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
        sheet, letter = there.sheet(s.form).named(), s.notation.matrix
        primed = letter if letter.endswith("'''") else f"{letter}'"
        return [Row(s.form.letter(primed), (grid_of(sheet, True),))]

    text = "The matrix changes with the input. With the entries of {input} in reverse order it is:"
    return [Prose(pen.say(text)), pen.shown(build, "matrix-turned")]
