"""Frames of the gradients: each formula, and an entry of it built up."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from symconv.explicit.layout import Sheet
from symconv.notes.backward import reached
from symconv.notes.formulas import formulas
from symconv.notes.learning import MOST_COLUMNS, by_parts, outer, outer_product
from symconv.notes.model import Built, Display, Frame, Maths, Piece, Prose, Words
from symconv.notes.pieces import Pen, Writing, channel_letters
from symconv.notes.reflected import Reflection
from symconv.notes.source import Sources
from symconv.notes.talk.short import height
from symconv.notes.worked import Entry, Share
from symconv.printing.english import counted
from symconv.printing.latex import Latex

#: So many characters go side by side, and so many lines in any case beside an outer product.
ABREAST, LINES = 66, 5

#: Above a formula of more lines there is no room for the chain rule.
HIGHEST = 2

#: What is said before the gradient of the input.
_COLLECTED = (
    "Each input collects the gradients of the outputs it contributes to, each times the weight between them:"
)

#: An outer product of more rows leaves no room for what is told of it.
ROWS = 7


def learning(sources: Sources, pen: Pen) -> list[Frame]:
    """Each gradient: its formula, and an entry of it in numbers."""
    worked, learned = pen.worked, pen.worked.spec.kernel.learned
    arrives = Prose(_arriving(sources, pen))
    formula = _formula(sources, "grad_kernel") if learned else arrives
    if height(formula) > HIGHEST:
        arrives = Prose(pen.say("The gradient with respect to the output is {here}.", here=_upstream(pen)))
    frames = []
    if learned:
        rows: list[tuple[Piece, ...]] = [(arrives,), (formula,)]
        summed = _outer(pen)
        rows += [(Prose(_tied(pen, pictured=len(summed) > 1)),), summed]
        frames.append(Frame("The gradient with respect to the weights", tuple(rows)))
    formula = _formula(sources, "grad_input")
    rows = [(Prose((_COLLECTED,)),)] if learned else [(arrives,)]
    entry = built(pen, worked.input_entry(worked.main_place))
    steps = max(step for line in entry.lines for step, _ in line)
    rows += [(formula,), (entry,)]
    found = reached(pen)
    rows += [(Prose(found),)] if found else [(piece,) for piece in _transposed(pen, steps)]
    frames.append(Frame("The gradient with respect to the input", tuple(rows)))
    return frames


def _outer(pen: Pen) -> tuple[Piece, ...]:
    """The outer product, and beside it the sum of one weight and all sums; these alone where it is large."""
    worked, latex = pen.worked, Latex()
    entry = worked.kernel_entry(worked.main_tap)
    whole = built(pen, entry)
    then = _whole(pen, whole)
    high, wide = worked.explicit.shape("matrix")
    if high > ROWS or wide > MOST_COLUMNS:
        return (replace(whole, then=then),)
    row = outer_product(pen, pen.sheet(latex).named())
    taken = latex.span(row.left) + sum(map(latex.span, row.parts)) + 3
    for found in (whole, _halved(whole), built(pen, entry, 4), built(pen, entry, 3)):
        lines = [*found.lines, *then.lines]
        across = max(sum(latex.width(part.latex) + 2 for _, part in line) for line in lines)
        if taken + across + 6 <= ABREAST and len(lines) <= max(high, LINES):
            grid = pen.shown(lambda s: [outer_product(pen, s)], "outer-product")
            return (grid, replace(found, then=then))
    return (replace(whole, then=then),)


def _whole(pen: Pen, entry: Built) -> Built:
    """The gradient of all weights, which appears after that of one."""
    step = 1 + max(step for line in entry.lines for step, _ in line)
    values = pen.values(pen.worked.gradient("tap"), 8)
    left = pen(lambda s: s.loss_by(s.whole_letter("kernel")))
    return Built(left, (((step, Maths(f" = {values.latex}", f" = {values.text}")),),))


def _halved(entry: Built) -> Built:
    """An equation whose lines of more than two pieces are broken in the middle."""
    lines: list[tuple[tuple[int, Maths], ...]] = []
    for line in entry.lines:
        middle = (len(line) + 1) // 2 if len(line) > 2 else len(line)
        lines += [part for part in (line[:middle], line[middle:]) if part]
    return Built(entry.left, tuple(lines))


def _arriving(sources: Sources, pen: Pen) -> Words:
    """What arrives from the next layer, and what it is before the function, in letters and in numbers."""
    if not pen.worked.spec.kernel.learned:
        return pen.say("{here} arrives from the next layer.", here=_upstream(pen))
    text = "The next layer sends back {sent}, where {loss} is the loss; multiplied by {slope}, this gives "
    text += "{delta}. "
    return pen.say(f"{text}As an example, take {{here}}.", **by_parts(sources, pen), here=_upstream(pen))


def _upstream(pen: Pen) -> Maths:
    """The upstream gradient and its values, between which no line ends."""
    values = pen.values(pen.worked.upstream, 8)

    def write(s: Sheet) -> str:
        equal, shown = (r" = \nobreak ", values.latex) if s.form.stacked else (" = ", values.text)
        return f"{s.upstream_letter()}{equal}{shown}"

    return pen(write)


def _tied(pen: Pen, pictured: bool) -> Words:
    """Why a weight receives a sum."""
    worked = pen.worked
    entries = len({(share.output, share.other) for share in worked.kernel_entry(worked.main_tap).shares})
    rows, columns = worked.explicit.shape("matrix")
    some = len({(o, j) for o, _, j, _ in worked.triples}) < rows * columns
    if pictured:
        text = "{outer} is the matrix of the products of the entries of {delta} and {input}. {gradient} is "
        text += f"the sum of the {entries} entries at the places" if entries > 1 else "the entry at the place"
        text += f" where {{matrix}} holds {{w}}{'; grey entries are not used' if some else ''}."
        gradient = pen(pen.gradient_letter("tap", worked.main_tap))
        weight = pen.tap(worked.main_tap)
        return pen.say(text, w=weight, gradient=gradient, outer=pen(outer), delta=pen.arriving)
    text = f"{{w}} stands in {counted(entries, 'entry', 'entries')} of {{matrix}}, so it receives the sum of "
    text += "their gradients."
    return pen.say(f"{text}{' Zeros receive nothing.' if some else ''}", w=pen.tap(worked.main_tap))


def _transposed(pen: Pen, steps: int) -> tuple[Prose, Built]:
    """All entries together, which appear after so many steps."""
    values = pen.values(pen.worked.gradient("input"), 8)
    line = (
        (1, pen(lambda s: f" = {_carried(s)}")),
        (steps + 1, Maths(f" = {values.latex}", f" = {values.text}")),
    )
    left = pen(lambda s: s.loss_by(s.whole_letter("input")))
    return Prose(("The transposed matrix carries the gradient back to all inputs:",)), Built(left, (line,))


def _carried(s: Sheet) -> str:
    """The transposed matrix times the upstream gradient."""
    return f"{s.form.transposed(s.form.letter(s.notation.matrix))} {s.upstream_letter()}"


def _formula(sources: Sources, name: str) -> Display | Prose:
    return formulas(
        [sources.opened.formula(name)],
        name,
        alone=True,
        reflection=Reflection(sources.opened.closed.symbols),
        alike=channel_letters(sources.opened.spec),
    )


def built(pen: Pen, entry: Entry, most: int = 5) -> Built:
    """An entry of a gradient, built up product by product."""
    other = {"tap": "input", "input": "kernel"}[entry.role]
    shares = entry.shares
    keep = list(shares) if len(shares) <= most else [*shares[: most - 2], None, shares[-1]]
    lines: list[list[tuple[int, Maths]]] = [[], []]
    for step, share in enumerate(keep, 2):
        sign = " + " if lines[0] else " = "
        for line, write in zip(lines, (_letters, _values), strict=True):
            line.append((step, pen(partial(_signed, sign, partial(write, pen, other, share)))))
    result = (len(keep) + 2, pen(lambda s: f" = {s.form.expr(entry.result)}"))
    if len(keep) < 2:
        lines[1] = [] if not keep else lines[1]
    filled = [line for line in lines if line] or [[]]
    filled[-1].append(result)
    return Built(pen(pen.gradient_letter(entry.role, entry.at)), tuple(map(tuple, filled)))


def _signed(sign: str, write: Writing, s: Sheet) -> str:
    return f"{sign}{write(s)}"


def _letters(pen: Pen, other: str, share: Share | None, s: Sheet) -> str:
    if share is None:
        return s.form.across
    return f"{pen.upstream(s, share.output)}{s.form.times}{s.entry_letter(other, share.other)}"


def _values(pen: Pen, other: str, share: Share | None, s: Sheet) -> str:
    if share is None:
        return s.form.across
    return f"{s.form.factor(share.upstream)}{s.form.dot}{s.form.factor(share.factor)}"
