"""The rows of each equation: letters, matrices written out, entries in tap order, results."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from sympy import Expr, S
from sympy.core.function import UndefinedFunction

from symconv.explicit.contraction import contract
from symconv.explicit.entries import Explicit
from symconv.explicit.layout import Rows, Sheet
from symconv.explicit.registry import QUANTITIES, Quantity
from symconv.pattern import Incidence, Specification
from symconv.pattern.output_size import written
from symconv.pattern.selection import comparisons, meetings
from symconv.printing.display import Beside, Element, Grid, Row, Side
from symconv.printing.letters import on_axis
from symconv.printing.target import MAY_BREAK, MathsTarget

Builder: TypeAlias = Callable[[Sheet], Rows]


def _output_size(sheet: Sheet) -> Rows:
    return [axis_size(sheet.spec, at, sheet.form) for at in range(len(sheet.spec.axes))]


def axis_size(spec: Specification, at: int, form: MathsTarget, idle: Collection[str] = ()) -> Row:
    """The output size along one axis, without what is ``idle``: in letters, in numbers, and the result."""
    axes, n = spec.axes, spec.notation
    named = ("input_size", "kernel_size", "output_size", "stride", "dilation", "padding", "output_padding")
    letters = {name: form.letter(on_axis(getattr(n, name), at, len(axes))) for name in named}
    numbers, p = axes[at].geometry, letters["padding"]
    even = numbers["before"] == numbers["after"]
    letters["pads"] = f"2{form.times}{p}" if even else f"{p} + {p}'"
    values = {name: str(size) for name, size in numbers.items()}
    letters["before"] = p
    values["pads"] = f"2{form.dot}{values['before']}" if even else f"{values['before']} + {values['after']}"
    found = []
    for names, times in ((letters, form.times), (values, form.dot)):
        spacing = "" if "dilation" in idle else f"{names['dilation']}{times}"
        off = names["pads"] if even else f"({names['pads']})"
        found.append(
            written(axes[at].size_template(idle), {**names, "t": times, "spacing": spacing, "off": off}, form)
        )
    (size,) = axes[at].extents["output"]
    return Row(letters["output_size"], (*found, str(size)))


def _gradient(quantity: str, acting: str, sheet: Sheet) -> Rows:
    """The gradient of an operand: the transposed matrix times the upstream gradient, then the entries."""
    n, form, name = sheet.notation, sheet.form, f"grad_{quantity}"
    matrix = form.letter(getattr(n, acting))
    if not (acting == "windows" and n.window_columns):
        matrix = form.transposed(matrix)
    rows: Rows = [Row(sheet.loss_by(sheet.whole_letter(quantity)), (f"{matrix} {sheet.upstream_letter()}",))]
    rows += sheet.entry_rows(name, lambda i: sheet.loss_by(sheet.entry_letter(quantity, i)))
    return rows + sheet.result_row(name, sheet.loss_by(form.letter(getattr(n, quantity))))


def _grad_bias(sheet: Sheet) -> Rows:
    letters = list(map(sheet.form.expr, sheet.symbols.bias))
    return sheet.entry_rows("grad_bias", lambda at: sheet.loss_by(letters[at]))


def _product(name: str, vector: str, role: str, sheet: Sheet) -> Rows:
    """``y = matrix vector`` with all three written out, in symbols and in values.

    Where the windows are columns, the same product transposed: ``y = kernel windows`` of rows.
    """
    n, form = sheet.notation, sheet.form
    gradient = name == "upstream_matrix"
    turned = name == "windows" and n.window_columns
    result, outcome = ("input", "grad_input") if gradient else ("output", "output")
    whole = sheet.whole_letter(result)
    column = [sheet.entry_letter(result, i) for i in range(sheet.symbols.shape(outcome)[0])]
    if gradient:
        whole, column = sheet.loss_by(whole), [sheet.loss_by(e) for e in column]
    biased = bool(sheet.symbols.bias) and not gradient
    plus = f" + {_bias_letters(sheet, turned)}" if biased else ""
    acted = sheet.whole_letter({"tap": "kernel", "input": "input"}[role], getattr(n, vector))
    factors = [form.letter(getattr(n, name)), acted]
    if turned:
        whole = form.transposed(whole)
        factors = [form.transposed(acted) if len(sheet.shape("tap")) > 1 else acted, factors[0]]
    rows: Rows = [Row(whole, (f"{' '.join(factors)}{plus}",))]
    roles = (*sheet.symbols.contraction(name).factors, role)
    touched = sheet.values.bias != sheet.symbols.bias or any(map(sheet.given, roles))
    for values in (False, True) if sheet.valued and touched else (False,):
        explicit = sheet.values if values else sheet.symbols
        results = list(explicit.matrix(outcome))
        if all(entry.is_number for entry in results):
            column = [form.expr(entry) for entry in results]
        left = sheet.vector_grid(column, row=turned)
        operand = sheet.vector_grid(sheet.rendered(role, values=values), row=turned)
        tail = _biases(sheet, explicit, form.dot if values else form.times, turned) if biased else ()
        room = form.line - form.span(left) - form.span(Beside((operand, *tail)))
        grid = sheet.matrix_grid(name, room, values=values, transposed=turned)
        rows.append(Row(left, (Beside((operand, grid, *tail) if turned else (grid, operand, *tail)),)))
    return rows


def _bias_letters(sheet: Sheet, turned: bool) -> str:
    """What is added to the flattened output, in letters: each filter's bias at all of its places."""
    form, ones = sheet.form, sheet.form.ones
    letter = form.letter(sheet.notation.bias)
    batch = [ones for r in sheet.symbols.pattern.relations if not (r.spatial or r.own_bias)]
    if len(sheet.symbols.bias) == 1:
        return f"{letter}{form.times}{form.transposed(ones) if turned else ones}"
    product = form.kron(*batch, letter, ones)
    return form.transposed(f"({product})") if turned else product


def _biases(sheet: Sheet, explicit: Explicit, times: str, turned: bool) -> tuple[Element, ...]:
    """What is added to each output: one bias times a vector of ones, or the vector of several."""
    form = sheet.form
    if len(explicit.bias) == 1:
        ones = form.transposed(form.ones) if turned else form.ones
        return (f" + {form.factor(explicit.bias[0])}{times}{ones}",)
    return (" + ", sheet.vector_grid([form.expr(b) for b in explicit.biases], row=turned))


def filters(sheet: Sheet, function: Callable[[Expr], Expr] | None = None) -> Rows:
    """``A = X W`` in letters and written out, or ``A = f(X W)``; transposed where the windows are columns."""
    n, values, form = sheet.notation, sheet.values, sheet.form
    turned = n.window_columns
    several = len(values.by_filter[0]) > 1
    factors = [form.letter(n.all_windows if several else n.windows), form.letter(n.filter_matrix)]
    order = values.by_filter.T if turned else values.by_filter
    entries = list(values.matrix("output"))
    numbers = all(entry.is_number for entry in entries)
    whole = " ".join(reversed(factors) if turned else factors)
    tail: tuple[Element, ...] = ()
    if values.bias:
        column = sheet.vector_grid([form.expr(b) for b in values.bias], row=not turned)
        letter, ones = form.letter(n.bias), form.transposed(form.ones)
        whole += f" + {letter} {ones}" if turned else f" + {form.ones} {form.transposed(letter)}"
        tail = (" + ", column, f" {ones}") if turned else (f" + {form.ones} ", column)
    names = [sheet.entry_letter("output", at) for at in range(len(entries))]
    if function is not None:
        letter = sheet.function_letter(function)
        whole, names = f"{letter}({whole})", [f"{letter}({name})" for name in names]
        entries = [function(entry) for entry in entries]

    maps = partial(sheet.dotted, lambda r, c: names[order[r, c]], order.shape)
    factor = partial(sheet.matrix_grid, transposed=turned)
    made = (partial(factor, name) for name in ("filter_windows", "filter_matrix"))
    letters, *grids = _within(sheet, [maps, *made])
    product: tuple[Element, ...] = (*(reversed(grids) if turned else grids), *tail)
    if function is not None:
        product = (f"{letter}{form.opened}", *product, form.closed)
    parts: list[Side] = [Beside(product)]
    if numbers:
        results = [form.expr(entry) for entry in entries]
        parts.append(sheet.dotted(lambda r, c: results[order[r, c]], order.shape, form.line // 3))
    return [Row(form.letter(n.feature_maps), (whole,)), Row(letters, tuple(parts))]


def _within(sheet: Sheet, makers: Sequence[Callable[[int], Grid]]) -> list[Grid]:
    """Matrices that share a line: those that need less than their part leave the rest to the others."""
    spans = [sheet.form.span(make(10 * sheet.form.line)) for make in makers]
    rooms, left = [0] * len(makers), sheet.form.line
    for count, at in enumerate(sorted(range(len(makers)), key=lambda at: spans[at])):
        rooms[at] = min(spans[at], left // (len(makers) - count))
        left -= rooms[at]
    return [make(room) for make, room in zip(makers, rooms, strict=True)]


def _blocks(sheet: Sheet) -> Rows:
    """The matrix as blocks named by the taps of all relations but the innermost, then each block."""
    n, form = sheet.notation, sheet.form
    *outer, inner = (relation.incidence() for relation in sheet.symbols.pattern.relations)
    head = Incidence.product(outer)
    names = [form.indexed(n.matrix, *index) for index in sheet.places(head.shape["tap"])]
    kernel, width = sheet.rendered("tap", values=False), inner.size("tap")

    def block(at: int) -> Row:
        return Row(names[at], (_block_grid(sheet, inner, kernel[at * width : (at + 1) * width]),))

    whole: Rows = (
        [Row(form.letter(n.matrix), (_block_grid(sheet, head, names),))] if head.shape["tap"] else []
    )
    return whole + sheet.rows(len(names), block)


def _block_grid(sheet: Sheet, incidence: Incidence, names: list[str]) -> Grid:
    """The matrix of a relation, with rendered names for its taps."""
    contraction = contract(incidence, ("output",), ("input",))
    found, columns = sheet.sums(contraction, {"tap": names}, sheet.form.times), contraction.shape[1]

    def entry(r: int, c: int) -> str:
        return found.get(r * columns + c, "0").replace("\n", " ")

    return sheet.dotted(entry, contraction.shape, sheet.form.line - 8)


def _tying(sheet: Sheet) -> Rows:
    n, form, explicit = sheet.notation, sheet.form, sheet.symbols
    kernel, ties = sheet.whole_letter("kernel"), form.letter(n.tying)
    flat = form.vec(form.letter(n.matrix))
    outer = form.vec(f"{sheet.upstream_letter()} {form.transposed(sheet.whole_letter('input'))}")
    found = explicit.entries("matrix")
    cells = sheet.dotted(lambda r, _: form.expr(found.get(r, S.Zero)), (explicit.shape("tying")[0], 1))
    taps = sheet.vector_grid(sheet.rendered("tap", values=False))
    room = form.line - form.span(cells) - form.span(taps)
    return [
        Row(flat, (f"{ties} {kernel}",)),
        Row(cells, (Beside((sheet.matrix_grid("tying", room, values=False), taps)),)),
        Row(sheet.loss_by(kernel), (f"{form.transposed(ties)} {outer}",)),
    ]


def _dense_gradient(sheet: Sheet) -> Rows:
    """The gradient of the matrix as a dense layer has it."""
    whole = sheet.loss_by(sheet.form.letter(sheet.notation.matrix))
    product = f"{sheet.upstream_letter()} {sheet.form.transposed(sheet.whole_letter('input'))}"
    return [_grid_row("dense_gradient", whole, sheet, product)]


def _masked_gradient(sheet: Sheet) -> Rows:
    """The same with its zeros held."""
    n, form = sheet.notation, sheet.form
    whole = form.letter(n.matrix)
    place = form.places.join((form.letter(n.output_index), form.letter(n.input_index)))
    entry = form.entry(whole, place).replace(MAY_BREAK, "")
    held = form.masked(entry, sheet.loss_by(whole))
    return [_grid_row("masked_gradient", held, sheet)]


def _grid_row(name: str, left: str, sheet: Sheet, *parts: str) -> Row:
    """A matrix written out, and what else it equals."""
    return Row(left, (*parts, sheet.matrix_grid(name, sheet.form.line - sheet.form.span(left))))


def _activation(function: Callable[[Expr], Expr], sheet: Sheet) -> Rows:
    """A function of each output entry; ``function`` takes and gives a SymPy expression."""
    outputs = list(sheet.values.matrix("output"))
    applied = [function(entry) for entry in outputs]
    letter, own = sheet.function_letter(function), sheet.notation.activated_output

    def equal(left: str, right: str, whole: str) -> Row:
        return Row(whole, (left, right)) if own else Row(left, (right,))

    if all(entry.is_number for entry in outputs):
        whole = sheet.whole_letter("output", own)
        return [equal(f"{letter}({sheet.whole_letter('output')})", sheet.listed(applied), whole)]
    arguments = sheet.entry_sums("output", values=False)
    unknown = not sheet.valued and isinstance(function, UndefinedFunction)

    def row(at: int) -> Row:
        right = f"{letter}({arguments[at]})" if unknown else sheet.form.sum_of(applied[at])
        whole = sheet.entry_letter("output", at, own)
        return equal(f"{letter}({sheet.entry_letter('output', at)})", right, whole)

    return sheet.rows(len(outputs), row)


def _maxima(sheet: Sheet) -> Rows:
    """Each output as the maximum of its window, in symbols and in values."""
    form, windows = sheet.form, meetings(sheet.spec.tied)
    results = list(sheet.values.matrix("output"))
    numbers = all(entry.is_number for entry in results)

    def row(o: int) -> Row:
        parts = []
        for explicit in (sheet.symbols, sheet.values):
            entries = [form.expr(explicit.operands["input"][j]) for _, _, j in windows[o]]
            parts.append(f"{form.maximum}({', '.join(entries)})")
        parts += [form.expr(results[o])] if numbers else []
        return Row(sheet.entry_letter("output", o), tuple(dict.fromkeys(parts)))

    return sheet.rows(len(windows), row) + sheet.result_row("output", form.letter(sheet.notation.output))


def _selections(sheet: Sheet) -> Rows:
    """Each indicator with its condition, and with its number where there is one."""
    form, symbols, values = sheet.form, sheet.symbols.operands, sheet.values.operands
    conditions: list[tuple[int, str]] = []
    for met in meetings(sheet.spec.tied):
        entries = [symbols["input"][j] for _, _, j in met]
        for at, (_, own, _) in enumerate(met):
            conditions.append((own, ", ".join(map(form.expr, comparisons(entries, at)))))

    def row(at: int) -> Row:
        own, condition = conditions[at]
        tap, value = symbols["tap"][own], values["tap"][own]
        parts = ([f"[{condition}]"] if condition else []) + ([form.expr(value)] if value.is_number else [])
        return Row(form.expr(tap), tuple(parts or ["1"]))

    return sheet.rows(len(conditions), row)


def _seen(sheet: Sheet) -> Rows:
    """The matrix of windows, a row an output, or a column where the notation has them so."""
    form, found = sheet.form, sheet.values.matrix("windows")
    found = found.T if sheet.notation.window_columns else found
    grid = sheet.dotted(lambda r, c: form.expr(found[r, c]), found.shape, form.line)
    return [Row(form.letter(sheet.notation.windows), (grid,))]


#: How the rows of each equation are put together, where they are not the entries of a vector or a matrix.
BUILDERS: Mapping[str, Builder] = {
    "output_size": _output_size,
    "selection": _selections,
    "matrix": partial(_product, "matrix", "input", "input"),
    "windows": partial(_product, "windows", "kernel_whole", "tap"),
    "filters": filters,
    "blocks": _blocks,
    "grad_input": partial(_gradient, "input", "matrix"),
    "grad_kernel": partial(_gradient, "kernel", "windows"),
    "grad_bias": _grad_bias,
    "upstream_matrix": partial(_product, "upstream_matrix", "kernel", "tap"),
    "tying": _tying,
    "dense_gradient": _dense_gradient,
    "masked_gradient": _masked_gradient,
}

#: What is put together otherwise where the kernel gives the quantity itself.
OWN: Mapping[str, Builder] = {"output": _maxima, "windows": _seen}


def builder(name: str, spec: Specification, function: Callable[[Expr], Expr] | None = None) -> Builder:
    """What puts the rows of a quantity's equation together; a function is what follows the layer."""
    if name == "activation" and function is not None:
        return partial(_activation, function)
    if function is not None:
        return partial(filters, function=function)
    if name in spec.kernel.own and name in OWN:
        return OWN[name]
    return BUILDERS.get(name) or partial(_entries, QUANTITIES[name])


def _entries(row: Quantity, sheet: Sheet) -> Rows:
    """The entries of a quantity with its letter: of a vector one by one, or a matrix."""
    letter, form = sheet.notation.letter(row.letter), sheet.form
    if row.is_matrix:
        return [_grid_row(row.name, form.letter(letter), sheet)]
    places = sheet.places(sheet.symbols.axes(row.name))
    rows = sheet.entry_rows(row.name, lambda at: form.indexed(letter, *places[at]))
    return rows + sheet.result_row(row.name, form.letter(letter))
