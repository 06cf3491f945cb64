"""What stands around the closed forms of a chain: matrices, the functions in them, words set upright."""

from __future__ import annotations

import re
from typing import Any

from sympy import Function, Max, Piecewise, Rational, Symbol, exp, log

from symconv.index_sums.printers import of_formulas
from symconv.network.activations import KNOWN, Activation, Z
from symconv.network.backprop import Script
from symconv.printing.display import Display, Row
from symconv.printing.target import MathsTarget

#: How known functions and their derivatives are written for a reader, if not as their expressions.
_SIGMA = Function("sigma")(Z)
_WRITTEN = {
    "sigmoid": (1 / (1 + exp(-Z)), _SIGMA * (1 - _SIGMA)),
    "softplus": (log(1 + exp(Z)), 1 / (1 + exp(-Z))),
    "relu": (Max(0, Z), Piecewise((1, Z > 0), (0, True))),
    "leaky_relu": (Max(Z, Z / 100), Piecewise((1, Z > 0), (Rational(1, 100), True))),
}


def matrix_form(chain: Any, name: str, layer: int, form: MathsTarget) -> Row | None:
    """A quantity as matrices and vectors: ``delta^(l) = ((T^(l+1))^T delta^(l+1)) .* f'(z^(l))``."""
    stage, script = chain.stage(layer), Script(chain, chain.stage(layer))
    letters = stage.layer.spec.written
    if name == "preactivation":
        if not stage.learned:
            return None
        right = f"{form.letter(stage.matrix_letter)} {form.letter(letters.input)}"
        right += f" + {form.letter(letters.bias)}" if _one_bias_each(stage) else ""
        right += "".join(f" + {form.letter(script.letter(other))}" for other in stage.added)
        plain = _one_bias_each(stage) or not stage.layer.bias
        return Row(form.letter(letters.output), (right,)) if plain else None
    if name not in ("delta", "grad_input"):
        return None
    number = stage.source if name == "grad_input" else layer
    if number == len(chain):
        return None
    parts = []
    for reader in script._readers(number):
        own = reader.layer.spec.written
        if reader.source == number:
            turned = transposed(form, reader.matrix_letter)
            parts.append(f"{turned} {form.letter(own.upstream)}")
        parts += [form.letter(own.upstream)] * reader.added.count(number)
    right = " + ".join(parts)
    if name == "grad_input":
        left = form.derivative(form.expr(script.loss), form.letter(script.letter(number)))
        return Row(left, (right,))
    if stage.activation.is_softmax:
        return None
    if not stage.activation.is_identity:
        right = f"\\left({right}\\right)" if form.stacked else f"({right})"
        primed = form.function(stage.activation.letter)
        times = " \\odot " if form.stacked else " .* "
        right += f"{times}{primed}'({form.letter(letters.output)})"
    return Row(form.letter(letters.upstream), (right,))


def transposed(form: MathsTarget, letter: str) -> str:
    """A matrix transposed, in brackets: its letter has the number of its layer above."""
    rendered = form.letter(letter)
    return f"\\left({rendered}\\right)^{{\\top}}" if form.stacked else f"({rendered})^T"


def matrices(chain: Any, name: str, layer: int, form: MathsTarget) -> list[str]:
    """What the matrices in the matrix form of a quantity are, entry by entry, if they are no kernels."""
    stage, lines = chain.stage(layer), []
    number = {"delta": layer, "grad_input": stage.source}.get(name)
    used = [stage] if number is None else [s for s in chain.values.readers(number) if s.source == number]
    for one in used:
        if not one.matrix_is_kernel:
            formula = one.layer.formula("matrix")
            own = of_formulas(form, one.layer.closed.symbols)
            said = f", the matrix of layer {one.number} (see net[{one.number}].formula('matrix'))"
            entry = f"{own.expr(formula.lhs)} = {own.expr(formula.rhs)}"
            lines.append(f"{form.prose('with ')}{entry}{form.prose(said)}")
    return lines


def _one_bias_each(stage: Any) -> bool:
    """Whether every output has a bias of its own."""
    return bool(stage.layer.bias) and len(stage.layer.spec.filters) == len(stage.shape)


def functions(form: MathsTarget, activation: Activation, names: set[str]) -> list[str]:
    """What the letters of known functions stand for, where they are used."""
    if activation.unknown or activation.is_softmax or activation.is_identity:
        return []
    lines = []
    known = isinstance(activation.function, str) and activation.name in KNOWN
    pair = _WRITTEN.get(activation.name) if known else None
    if known and activation.name == "sigmoid" and "sigma'" in names:
        names = names | {"sigma"}
    for primed, expr in enumerate(pair or (activation.expr, activation.slope)):
        if activation.letter + "'" * primed in names and not expr.has(Symbol(activation.letter)):
            if activation.name == "tanh" and not primed:
                continue
            letter = form.function(activation.letter) + "'" * primed
            shown = form if expr.has(Max) else form.named({})
            written = _cases(form, expr) if isinstance(expr, Piecewise) else shown.expr(expr)
            source = activation.source_latex if form.stacked else None
            argument, written = source or (form.expr(Z), written)
            if source and primed:
                written = form.named({Z: argument}).expr(expr)
            lines.append(form.prose("with ") + f"{letter}({argument}) = {written}")
    return lines


def _cases(form: MathsTarget, expr: Piecewise) -> str:
    """Cases in words: "1 if z > 0, else 0"."""
    *cases, (last, _) = expr.args
    said = (f"{form.expr(value)}{form.prose(' if ')}{form.expr(condition)}" for value, condition in cases)
    return f"{form.comma.join(said)}{form.prose(', else ')}{form.expr(last)}"


def upright(target: MathsTarget, display: Display) -> Display:
    """Words that name functions upright, with their primes outside."""
    if not target.stacked:
        return display

    def fixed(text: str) -> str:
        return re.sub(r"(?<![A-Za-z\\{])([A-Za-z]{2,})'(?=\(|\\left\()", r"\\operatorname{\1}'", text)

    rows = []
    for row in display.rows:
        assert row is not None
        parts = tuple(fixed(part) if isinstance(part, str) else part for part in row.parts)
        rows.append(row._replace(parts=parts, below=tuple(map(fixed, row.below))))
    return Display(tuple(rows))
