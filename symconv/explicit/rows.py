"""The rows of each equation: letters, matrices written out, entries in tap order, results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from types import MappingProxyType
from typing import TypeAlias

from sympy import Expr, S
from sympy.core.function import UndefinedFunction

from symconv.explicit.contraction import contract
from symconv.explicit.entries import Explicit
from symconv.explicit.layout import (
    Subject,
    dotted,
    entry_letter,
    entry_rows,
    entry_sums,
    function_letter,
    listed,
    loss_by,
    matrix_grid,
    result_row,
    shown,
    sums,
    upstream_letter,
    vector_grid,
    whole_letter,
)
from symconv.explicit.registry import QUANTITIES, Quantity
from symconv.explicit.selections import maxima, seen, selections
from symconv.pattern import Incidence, Specification
from symconv.printing.maths import Beside, Format, Grid, Part, Piece, Row
from symconv.printing.notation import on_axis

Builder: TypeAlias = Callable[[Subject, Format], list[Row | None]]


def _output_size(subject: Subject, form: Format) -> list[Row | None]:
    return [_axis_size(subject, form, at) for at in range(len(subject.axes))]


def _axis_size(subject: Subject, form: Format, at: int) -> Row:
    """The output size along one axis: in letters, in numbers, and the result."""
    axis, n = subject.axes[at], subject.notation
    letters = {
        name: form.letter(on_axis(getattr(n, name), at, len(subject.axes)))
        for name in (
            "input_size",
            "kernel_size",
            "output_size",
            "stride",
            "dilation",
            "padding",
            "output_padding",
        )
    }
    numbers, p = axis.geometry, letters["padding"]
    even = numbers["before"] == numbers["after"]
    letters["pads"] = f"2{form.times}{p}" if even else f"{p} + {p}'"
    values = {name: str(size) for name, size in numbers.items()}
    values["pads"] = f"2{form.dot}{values['before']}" if even else f"{values['before']} + {values['after']}"
    written = []
    for named, times in ((letters, form.times), (values, form.dot)):
        named["off"] = named["pads"] if even else f"({named['pads']})"
        whole, over = (part.format(t=times, **named) for part in axis.size_template)
        written.append(f"{form.floor_fraction(whole, over)} + 1" if over else whole)
    (size,) = axis.extents["output"]
    return Row(letters["output_size"], (*written, str(size)))


def _output(subject: Subject, form: Format) -> list[Row | None]:
    rows = entry_rows(subject, form, "output", lambda i: entry_letter(subject, form, "output", i))
    return rows + result_row(subject, form, "output", form.letter(subject.notation.output))


def _gradient(quantity: str, acting: str) -> Builder:
    """The gradient of an operand: the transposed matrix times the upstream gradient, then the entries."""
    name = f"grad_{quantity}"

    def build(subject: Subject, form: Format) -> list[Row | None]:
        n = subject.notation
        letter = form.letter(getattr(n, quantity))
        whole = loss_by(subject, form, whole_letter(subject, form, quantity))
        matrix = form.letter(getattr(n, acting))
        if not (acting == "windows" and n.window_columns):
            matrix = form.transposed(matrix)
        rows: list[Row | None] = [Row(whole, (f"{matrix} {upstream_letter(subject, form)}",))]
        rows += entry_rows(
            subject, form, name, lambda i: loss_by(subject, form, entry_letter(subject, form, quantity, i))
        )
        return rows + result_row(subject, form, name, loss_by(subject, form, letter))

    return build


def _grad_bias(subject: Subject, form: Format) -> list[Row | None]:
    names = subject.names(form)
    return entry_rows(
        subject, form, "grad_bias", lambda at: loss_by(subject, form, names[subject.symbols.bias[at]])
    )


def _product(name: str, vector: str, role: str) -> Builder:
    """``y = matrix vector`` with all three written out, in symbols and in values.

    Where the windows are columns, the same product transposed: ``y = kernel windows`` of rows.
    """

    def build(subject: Subject, form: Format) -> list[Row | None]:
        n = subject.notation
        gradient = name == "upstream_matrix"
        turned = name == "windows" and n.window_columns
        bias = () if gradient else subject.symbols.bias
        result, outcome = ("input", "grad_input") if gradient else ("output", "output")
        whole = whole_letter(subject, form, result)
        column = [entry_letter(subject, form, result, i) for i in range(subject.symbols.shape(outcome)[0])]
        if gradient:
            whole, column = loss_by(subject, form, whole), [loss_by(subject, form, e) for e in column]
        acted = whole_letter(subject, form, {"tap": "kernel", "input": "input"}[role], getattr(n, vector))
        plus = f" + {_bias_letters(subject, form, turned)}" if bias else ""
        matrix = form.letter(getattr(n, name))
        if turned:
            row = form.transposed(acted) if len(subject.shape("tap")) > 1 else acted
            rows: list[Row | None] = [Row(form.transposed(whole), (f"{row} {matrix}{plus}",))]
        else:
            rows = [Row(whole, (f"{matrix} {acted}{plus}",))]
        roles = (*subject.symbols.contraction(name).factors, role)
        touched = subject.valued and (
            any(map(subject.given, roles)) or subject.values.bias != subject.symbols.bias
        )
        for values in (False, True)[: 1 + touched]:
            explicit = subject.values if values else subject.symbols
            results = list(explicit.matrix(outcome))
            if all(entry.is_number for entry in results):
                column = [form.expr(entry) for entry in results]
            left = vector_grid(subject, form, column, row=turned)
            operand = vector_grid(subject, form, subject.rendered(form, role, values=values), row=turned)
            times = form.dot if values else form.times
            tail = _biases(subject, form, explicit, times, turned) if bias else ()
            room = form.line - form.span(left) - form.span(Beside((operand, *tail)))
            grid = matrix_grid(subject, form, name, room, values=values, transposed=turned)
            rows.append(Row(left, (Beside((operand, grid, *tail) if turned else (grid, operand, *tail)),)))
        return rows

    return build


def _bias_letters(subject: Subject, form: Format, turned: bool) -> str:
    """What is added to the flattened output, in letters: each filter's bias at all of its places."""
    letter, ones = form.letter(subject.notation.bias), form.ones
    batch = [ones for r in subject.symbols.pattern.relations if r.form == "samples"]
    if len(subject.symbols.bias) == 1:
        return f"{letter}{form.times}{form.transposed(ones) if turned else ones}"
    product = form.kron(*batch, letter, ones)
    return form.transposed(f"({product})") if turned else product


def _biases(
    subject: Subject, form: Format, explicit: Explicit, times: str, turned: bool
) -> tuple[Piece, ...]:
    """What is added to each output: one bias times a vector of ones, or the vector of several."""
    if len(explicit.bias) == 1:
        ones = form.transposed(form.ones) if turned else form.ones
        return (f" + {form.factor(explicit.bias[0])}{times}{ones}",)
    return (" + ", vector_grid(subject, form, [form.expr(b) for b in explicit.biases], row=turned))


def filters(
    subject: Subject, form: Format, function: Callable[[Expr], Expr] | None = None
) -> list[Row | None]:
    """``A = X W`` in letters and written out, or ``A = f(X W)``; transposed where the windows are columns."""
    n, values = subject.notation, subject.values
    turned = n.window_columns
    several = len(values.by_filter[0]) > 1
    factors = [form.letter(n.all_windows if several else n.windows), form.letter(n.filter_matrix)]
    order = values.by_filter.T if turned else values.by_filter
    entries = list(values.matrix("output"))
    numbers = all(entry.is_number for entry in entries)
    bias = [form.expr(b) for b in values.bias]
    tail: tuple[Piece, ...] = ()
    if bias:
        column = vector_grid(subject, form, bias, row=not turned)
        tail = (" + ", column, f" {form.transposed(form.ones)}") if turned else (f" + {form.ones} ", column)
    whole = " ".join(reversed(factors) if turned else factors)
    whole += _plus_bias(form, n.bias, turned) if bias else ""
    names = [entry_letter(subject, form, "output", at) for at in range(len(entries))]
    if function is not None:
        letter = function_letter(subject, form, function)
        whole, names = f"{letter}({whole})", [f"{letter}({name})" for name in names]
        entries = [function(entry) for entry in entries]

    def maps(room: int) -> Grid:
        return dotted(subject, form, lambda r, c: names[order[r, c]], order.shape, room)

    def factor(name: str, room: int) -> Grid:
        return matrix_grid(subject, form, name, room, transposed=turned)

    makers: list[Callable[[int], Grid]] = [
        maps,
        partial(factor, "filter_windows"),
        partial(factor, "filter_matrix"),
    ]
    letters, *grids = _within(form, makers)
    product: tuple[Piece, ...] = (*(reversed(grids) if turned else grids), *tail)
    if function is not None:
        product = (f"{letter}{form.opened}", *product, form.closed)
    parts: list[Part] = [Beside(product)]
    if numbers:
        results = [form.expr(entry) for entry in entries]
        parts.append(dotted(subject, form, lambda r, c: results[order[r, c]], order.shape, form.line // 3))
    return [Row(form.letter(n.feature_maps), (whole,)), Row(letters, tuple(parts))]


def _within(form: Format, makers: Sequence[Callable[[int], Grid]]) -> list[Grid]:
    """Matrices that share a line: those that need less than their part leave the rest to the others."""
    spans = [form.span(make(10 * form.line)) for make in makers]
    rooms, left = [0] * len(makers), form.line
    for count, at in enumerate(sorted(range(len(makers)), key=lambda at: spans[at])):
        rooms[at] = min(spans[at], left // (len(makers) - count))
        left -= rooms[at]
    return [make(room) for make, room in zip(makers, rooms, strict=True)]


def _blocks(subject: Subject, form: Format) -> list[Row | None]:
    """The matrix as blocks named by the taps of all relations but the innermost, then each block."""
    n, symbols = subject.notation, subject.symbols
    *outer, inner = (relation.incidence() for relation in symbols.pattern.relations)
    head = Incidence.product(outer)
    taps = head.shape["tap"]
    names = [form.indexed(n.matrix, *(i + n.base for i in index)) for index in product(*map(range, taps))]
    kernel = subject.rendered(form, "tap", values=False)
    rows: list[Row | None] = []
    if taps:
        rows.append(Row(form.letter(n.matrix), (_block_grid(subject, form, head, names),)))
    width = inner.size("tap")
    for at in shown(len(names), n.max_rows):
        if at is None:
            rows.append(None)
            continue
        grid = _block_grid(subject, form, inner, kernel[at * width : (at + 1) * width])
        rows.append(Row(names[at], (grid,)))
    return rows


def _block_grid(subject: Subject, form: Format, incidence: Incidence, names: list[str]) -> Grid:
    """The matrix of a relation, with rendered names for its taps."""
    contraction = contract(incidence, ("output",), ("input",))
    found = {
        cell: text.replace("\n", " ")
        for cell, text in sums(contraction, {"tap": names}, form, form.times).items()
    }
    rows, columns = contraction.shape
    return dotted(subject, form, lambda r, c: found.get(r * columns + c, "0"), (rows, columns), form.line - 8)


def _plus_bias(form: Format, letter: str, turned: bool) -> str:
    """The bias of each filter at every place, in letters."""
    bias = form.letter(letter)
    if turned:
        return f" + {bias} {form.transposed(form.ones)}"
    return f" + {form.ones} {form.transposed(bias)}"


def _tying(subject: Subject, form: Format) -> list[Row | None]:
    n, explicit = subject.notation, subject.symbols
    kernel, ties = whole_letter(subject, form, "kernel"), form.letter(n.tying)
    flat = form.vec(form.letter(n.matrix))
    outer = form.vec(
        f"{upstream_letter(subject, form)} {form.transposed(whole_letter(subject, form, 'input'))}"
    )
    found = explicit.entries("matrix")
    cells = dotted(
        subject, form, lambda r, _: form.expr(found.get(r, S.Zero)), (explicit.shape("tying")[0], 1)
    )
    taps = vector_grid(subject, form, subject.rendered(form, "tap", values=False))
    room = form.line - form.span(cells) - form.span(taps)
    return [
        Row(flat, (f"{ties} {kernel}",)),
        Row(cells, (Beside((matrix_grid(subject, form, "tying", room, values=False), taps)),)),
        Row(loss_by(subject, form, kernel), (f"{form.transposed(ties)} {outer}",)),
    ]


def _dense(name: str) -> Builder:
    """The gradient of the matrix as a dense layer has it, without or with its zeros held."""

    def build(subject: Subject, form: Format) -> list[Row | None]:
        n = subject.notation
        whole = loss_by(subject, form, form.letter(n.matrix))
        if name == "masked_gradient":
            held = form.masked(form.letter(n.matrix), form.letter(n.kernel), whole)
            return [Row(held, (matrix_grid(subject, form, name, form.line - form.span(held)),))]
        product = f"{upstream_letter(subject, form)} {form.transposed(whole_letter(subject, form, 'input'))}"
        return [Row(whole, (product, matrix_grid(subject, form, name, form.line - form.span(whole))))]

    return build


def _activation(function: Callable[[Expr], Expr]) -> Builder:
    """A function of each output entry; ``function`` takes and gives a SymPy expression."""

    def build(subject: Subject, form: Format) -> list[Row | None]:
        n = subject.notation
        outputs = list(subject.values.matrix("output"))
        applied = [function(entry) for entry in outputs]
        letter = function_letter(subject, form, function)
        if all(entry.is_number for entry in outputs):
            whole = whole_letter(subject, form, "output")
            return [Row(f"{letter}({whole})", (listed(subject, form, applied),))]
        keep = shown(len(outputs), n.max_rows)
        unknown = not subject.valued and isinstance(function, UndefinedFunction)
        written = entry_sums(subject, form, "output", keep, values=False)
        rows: list[Row | None] = []
        for i, argument in zip(keep, written, strict=True):
            if i is None:
                rows.append(None)
                continue
            left = f"{letter}({entry_letter(subject, form, 'output', i)})"
            rows.append(Row(left, (f"{letter}({argument})" if unknown else form.sum_of(applied[i]),)))
        return rows

    return build


#: How the rows of each equation are put together, where they are not the entries of a vector or a matrix.
BUILDERS: Mapping[str, Builder] = MappingProxyType(
    {
        "output_size": _output_size,
        "output": _output,
        "selection": selections,
        "matrix": _product("matrix", "input", "input"),
        "windows": _product("windows", "kernel_whole", "tap"),
        "filters": filters,
        "blocks": _blocks,
        "grad_input": _gradient("input", "matrix"),
        "grad_kernel": _gradient("kernel", "windows"),
        "grad_bias": _grad_bias,
        "upstream_matrix": _product("upstream_matrix", "kernel", "tap"),
        "tying": _tying,
        "dense_gradient": _dense("dense_gradient"),
        "masked_gradient": _dense("masked_gradient"),
    }
)

#: What is put together otherwise where the kernel gives the quantity itself.
OWN: Mapping[str, Builder] = MappingProxyType({"output": maxima, "windows": seen})


def builder(name: str, spec: Specification, function: Callable[[Expr], Expr] | None = None) -> Builder:
    """What puts the rows of a quantity's equation together; a function is what follows the layer."""
    if name == "activation" and function is not None:
        return _activation(function)
    if function is not None:
        return partial(filters, function=function)
    if name in spec.kernel.own and name in OWN:
        return OWN[name]
    return BUILDERS.get(name) or (_matrix if QUANTITIES[name].is_matrix else _vector)(QUANTITIES[name])


def _vector(row: Quantity) -> Builder:
    """The entries of a vector, each with the letter of the quantity and its index."""

    def build(subject: Subject, form: Format) -> list[Row | None]:
        letter, base = getattr(subject.notation, row.letter), subject.notation.base
        shape = subject.symbols.axes(row.name)
        places = list(product(*(range(base, base + n) for n in shape)))
        rows = entry_rows(subject, form, row.name, lambda at: form.indexed(letter, *places[at]))
        return rows + result_row(subject, form, row.name, form.letter(letter))

    return build


def _matrix(row: Quantity) -> Builder:
    """A matrix with its letter."""

    def build(subject: Subject, form: Format) -> list[Row | None]:
        letter = form.letter(getattr(subject.notation, row.letter))
        return [Row(letter, (matrix_grid(subject, form, row.name, form.line - form.span(letter)),))]

    return build
