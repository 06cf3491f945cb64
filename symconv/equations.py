"""Every explicit quantity as an equation, in tap order, with the values beside the symbols."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, TypeAlias

from sympy import Expr, Function, S, Symbol
from sympy.core.function import FunctionClass, UndefinedFunction

from symconv.errors import OptionError, did_you_mean
from symconv.pieces import (
    Subject,
    dotted,
    entry_letter,
    entry_rows,
    entry_sums,
    listed,
    loss_by,
    matrix_grid,
    result_row,
    shown,
    upstream_letter,
    vector_grid,
)
from symconv.printing import Beside, Format, Latex, Row, Text, latex_prose

#: Why each equation holds, for the reader.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "output_size": "Output size: the places where the kernel fits on the padded input.",
        "output": "Output: each entry is one window of the input times the kernel.",
        "activation": "Activation: the function is applied to each output entry.",
        "matrix": "As a matrix acting on the input: a dense layer with zeros and tied weights.",
        "windows": "As windows times kernel: row by row, the input that each output sees.",
        "grad_input": "Gradient of the input: the transposed matrix acts on the upstream gradient.",
        "grad_kernel": "Gradient of the kernel: the transposed windows act on the upstream gradient, so each "
        "tied weight receives the sum of its gradients.",
        "grad_bias": "Gradient of the bias: it reaches every output, so it receives the sum of their "
        "gradients.",
        "upstream_matrix": "Gradient of the input once more: the upstream gradient as a matrix acting on the "
        "kernel.",
        "tying": "Ties: which entry of the matrix, row by row, holds which tap.",
        "dense_gradient": "Gradient of an unconstrained dense matrix in the place of the convolution matrix.",
        "masked_gradient": "The same with the zeros of the convolution matrix held at zero, by a bracket "
        "that is 1 where an entry holds a weight; summed over the ties it is the gradient of the kernel.",
    }
)

_Builder: TypeAlias = Callable[[Subject, Format], list[Row | None]]


@dataclass(frozen=True, eq=False, repr=False)
class Equation:
    """One quantity, written out; prints as text, and as LaTeX in a notebook.

    Attributes
    ----------
    name : str
        The quantity.
    reason : str
        A sentence for the reader.
    """

    name: str
    reason: str
    _subject: Subject
    _build: _Builder

    def latex(self) -> str:
        """The equation as an ``aligned`` environment, without math delimiters."""
        return self._render(Latex(self._subject.names(Latex())))

    def text(self) -> str:
        """The equation as lines of plain text."""
        return self._render(Text(self._subject.names(Text())))

    def _render(self, form: Format) -> str:
        return form.aligned(self._build(self._subject, form))

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def equation(subject: Subject, name: str) -> Equation:
    """The equation of a quantity in :data:`REASONS`, other than an activation."""
    return Equation(name, REASONS[name], subject, _BUILDERS[name])


def activation(subject: Subject, function: Callable[[Expr], Expr]) -> Equation:
    """A function of each output entry; ``function`` takes and gives a SymPy expression."""

    def build(subject: Subject, form: Format) -> list[Row | None]:
        n = subject.notation
        outputs = list(subject.values.matrix("output"))
        applied = [function(entry) for entry in outputs]
        called = function if isinstance(function, FunctionClass) else Function(n.activation)
        if all(entry.is_number for entry in outputs):
            return [Row(form.expr(called(Symbol(n.output))), (listed(subject, form, applied),))]
        keep = shown(len(outputs), n.max_rows)
        unknown = not subject.valued and isinstance(function, UndefinedFunction)
        written = entry_sums(subject.symbols, form, "output", keep, values=False)
        rows: list[Row | None] = []
        for i, argument in zip(keep, written, strict=True):
            if i is None:
                rows.append(None)
                continue
            left = form.expr(called(Symbol(n.name("output", i))))
            name = form.expr(called(Symbol("x"))).removesuffix("(x)")
            rows.append(Row(left, (f"{name}({argument})" if unknown else form.sum_of(applied[i]),)))
        return rows

    return Equation("activation", REASONS["activation"], subject, build)


class Displayed(Protocol):
    """What prints as an ``aligned`` environment and as text: equations, formulas, derivations."""

    def latex(self) -> str: ...

    def text(self) -> str: ...


def _breakable(item: Displayed) -> str:
    """An ``align*`` environment that may break over pages, in the place of the ``aligned`` one."""
    body = item.latex().removeprefix("\\begin{aligned}").removesuffix("\\end{aligned}")
    return f"{{\\allowdisplaybreaks\n\\begin{{align*}}{body}\\end{{align*}}\n}}"


@dataclass(frozen=True)
class Target:
    """A format of :func:`typeset`: how it shows an equation, and prose, and what parts them."""

    display: Callable[[Displayed], str]
    prose: Callable[[str], str] = str
    before_display: str = "\n\n"


#: The formats of :func:`typeset`.
FORMATS: Mapping[str, Target] = MappingProxyType(
    {
        "latex": Target(_breakable, latex_prose, "\n"),
        "text": Target(lambda item: item.text()),
        "markdown": Target(lambda item: f"$$\n{item.latex()}\n$$"),
    }
)


def typeset(blocks: Sequence[str | Displayed], form: str) -> str:
    """Prose and displays in turn, as a LaTeX fragment, Markdown or plain text.

    The fragment needs the packages amsmath and, for tap colours, xcolor.
    """
    if form not in FORMATS:
        raise OptionError(f"format {form!r} is unknown: {did_you_mean(str(form), FORMATS)}")
    target, text = FORMATS[form], ""
    for block in blocks:
        if isinstance(block, str):
            text += ("\n\n" if text else "") + target.prose(block)
        else:
            text += (target.before_display if text else "") + target.display(block)
    return text + "\n"


def _output_size(subject: Subject, form: Format) -> list[Row | None]:
    axis, n = subject.axis, subject.notation
    even = axis.before == axis.after

    def numerator(size: str, padding: str, dilation: str, kernel: str, times: str) -> str:
        return f"{size} + {padding} - {dilation}{times}({kernel} - 1) - 1"

    size, kernel, stride, dilation, p = map(
        form.letter, (n.input_size, n.kernel_size, n.stride, n.dilation, n.padding)
    )
    padding = f"2{form.times}{p}" if even else f"{p} + {p}'"
    numbers = f"2{form.dot}{axis.before}" if even else f"{axis.before} + {axis.after}"
    symbols = form.floor_fraction(numerator(size, padding, dilation, kernel, form.times), stride)
    values = form.floor_fraction(
        numerator(str(axis.input_size), numbers, str(axis.dilation), str(axis.kernel_size), form.dot),
        str(axis.stride),
    )
    return [Row(form.letter(n.output_size), (f"{symbols} + 1", f"{values} + 1", str(axis.output_size)))]


def _output(subject: Subject, form: Format) -> list[Row | None]:
    rows = entry_rows(subject, form, "output", lambda i: entry_letter(subject, form, "output", i))
    return rows + result_row(subject, form, "output", form.letter(subject.notation.output))


def _gradient(quantity: str, acting: str) -> _Builder:
    """The gradient of an operand: the transposed matrix times the upstream gradient, then the entries."""
    name = f"grad_{quantity}"

    def build(subject: Subject, form: Format) -> list[Row | None]:
        n = subject.notation
        whole = loss_by(subject, form, form.letter(getattr(n, quantity)))
        matrix = form.letter(getattr(n, acting))
        if not (acting == "windows" and n.window_columns):
            matrix = form.transposed(matrix)
        rows: list[Row | None] = [Row(whole, (f"{matrix} {upstream_letter(subject, form)}",))]
        rows += entry_rows(
            subject, form, name, lambda i: loss_by(subject, form, entry_letter(subject, form, quantity, i))
        )
        return rows + result_row(subject, form, name, whole)

    return build


def _grad_bias(subject: Subject, form: Format) -> list[Row | None]:
    left = loss_by(subject, form, form.letter(subject.notation.bias))
    return entry_rows(subject, form, "grad_bias", lambda _: left)


def _product(name: str, letter: str, vector: str, role: str) -> _Builder:
    """``y = matrix vector`` with all three written out, in symbols and in values.

    Where the windows are columns, the same product transposed: ``y = kernel windows`` of rows.
    """

    def build(subject: Subject, form: Format) -> list[Row | None]:
        n = subject.notation
        gradient = name == "upstream_matrix"
        turned = name == "windows" and n.window_columns
        bias = () if gradient else subject.symbols.bias
        result, outcome = ("input", "grad_input") if gradient else ("output", "output")
        whole = form.letter(getattr(n, result))
        column = [entry_letter(subject, form, result, i) for i in range(subject.symbols.shape(outcome)[0])]
        if gradient:
            whole, column = loss_by(subject, form, whole), [loss_by(subject, form, e) for e in column]
        factors = [form.letter(getattr(n, letter)), form.letter(getattr(n, vector))]
        plus = f" + {form.letter(n.bias)}{form.times}{form.ones}" if bias else ""
        rows: list[Row | None] = [Row(whole, (" ".join(reversed(factors) if turned else factors) + plus,))]
        roles = (*subject.symbols.contraction(name).factors, role)
        touched = subject.valued and (
            any(map(subject.given, roles)) or subject.values.bias != subject.symbols.bias
        )
        for explicit in (subject.symbols, subject.values)[: 1 + touched]:
            results = list(explicit.matrix(outcome))
            if all(entry.is_number for entry in results):
                column = [form.expr(entry) for entry in results]
            left = vector_grid(subject, form, column, row=turned)
            operand = vector_grid(subject, form, [form.expr(e) for e in explicit.operands[role]], row=turned)
            times = form.times if explicit is subject.symbols else form.dot
            tail = (f" + {form.factor(explicit.bias[0])}{times}{form.ones}",) if bias else ()
            room = form.line - form.span(left) - form.span(Beside((operand, *tail)))
            grid = matrix_grid(subject, form, explicit, name, room, transposed=turned)
            rows.append(Row(left, (Beside((operand, grid, *tail) if turned else (grid, operand, *tail)),)))
        return rows

    return build


def _tying(subject: Subject, form: Format) -> list[Row | None]:
    n, explicit = subject.notation, subject.symbols
    kernel, ties = form.letter(n.kernel), form.letter(n.tying)
    flat = form.vec(form.letter(n.matrix))
    outer = form.vec(f"{upstream_letter(subject, form)} {form.transposed(form.letter(n.input))}")
    found = explicit.entries("matrix")
    cells = dotted(
        subject, form, lambda r, _: form.expr(found.get(r, S.Zero)), (explicit.shape("tying")[0], 1)
    )
    taps = vector_grid(subject, form, [form.expr(e) for e in explicit.operands["tap"]])
    room = form.line - form.span(cells) - form.span(taps)
    return [
        Row(flat, (f"{ties} {kernel}",)),
        Row(cells, (Beside((matrix_grid(subject, form, explicit, "tying", room), taps)),)),
        Row(loss_by(subject, form, kernel), (f"{form.transposed(ties)} {outer}",)),
    ]


def _dense(name: str) -> _Builder:
    """The gradient of the matrix as a dense layer has it, without or with its zeros held."""

    def build(subject: Subject, form: Format) -> list[Row | None]:
        n = subject.notation
        product = f"{upstream_letter(subject, form)} {form.transposed(form.letter(n.input))}"
        masked = name == "masked_gradient"
        left = (
            form.masked(form.letter(n.matrix), product)
            if masked
            else loss_by(subject, form, form.letter(n.matrix))
        )
        grid = matrix_grid(subject, form, subject.values, name, form.line - form.span(left))
        return [Row(left, (grid,) if masked else (product, grid))]

    return build


_BUILDERS: Mapping[str, _Builder] = MappingProxyType(
    {
        "output_size": _output_size,
        "output": _output,
        "matrix": _product("matrix", "matrix", "input", "input"),
        "windows": _product("windows", "windows", "kernel_whole", "tap"),
        "grad_input": _gradient("input", "matrix"),
        "grad_kernel": _gradient("kernel", "windows"),
        "grad_bias": _grad_bias,
        "upstream_matrix": _product("upstream_matrix", "upstream_matrix", "kernel", "tap"),
        "tying": _tying,
        "dense_gradient": _dense("dense_gradient"),
        "masked_gradient": _dense("masked_gradient"),
    }
)
