"""Letters, sums and whole quantities of a worked chain as rows of displays and pieces of sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, TypeAlias

import numpy as np
from sympy import Expr, Symbol

from symconv.network.stages import Stage
from symconv.network.worked import Product, Worked, unknown_slopes
from symconv.network.writing import (
    MOST_LISTED,
    abreast,
    and_so_on,
    grid,
    in_brackets,
    in_letters,
    in_numbers,
    letter_in,
    packed,
    shown,
)  # fmt: skip
from symconv.network.written import upright
from symconv.notes.model import Display, Maths
from symconv.notes.pieces import Inline
from symconv.printing import display as data
from symconv.printing.display import Row
from symconv.printing.target import MAY_BREAK, MathsTarget
from symconv.printing.targets import as_latex, as_text, target_of

#: Writes something for a target that knows the letters of a chain.
Writing: TypeAlias = Callable[[MathsTarget], str]

#: The rows of a display, in a target that knows the letters of a chain.
Build: TypeAlias = Callable[[MathsTarget], Sequence[Row]]

#: So many products of a sum are written out, and so many rows of a quantity with several indices.
MOST_PRODUCTS, MOST_PARTS = 6, 8


@dataclass(frozen=True)
class Lines:
    """A display that is put together for a target with the letters of a chain."""

    pen: Pen
    build: Build

    def display(self, target: MathsTarget) -> data.Display:
        """The rows, for a target to lay out."""
        return upright(target, data.Display(tuple(self.build(self.pen.lettered(target)))))

    latex, text = as_latex, as_text


@dataclass(frozen=True)
class Pen:
    """Writes about a worked chain."""

    worked: Worked

    # Letters.

    def letters(self, stage: Stage) -> dict[str, str]:
        """The letters of a layer, by the names of its quantities."""
        n = stage.layer.spec.written
        return {
            "preactivation": n.output, "output": self.worked.letter(stage.number), "delta": n.upstream,
            "kernel": n.kernel, "bias": n.bias,
        }  # fmt: skip

    def of(self, name: str) -> str:
        """The letter "z", "a" or "delta" of a notation, without the number of a layer."""
        return letter_in(self.worked.notation, name)

    def shape(self, name: str, layer: int) -> tuple[int, ...]:
        """The shape of a quantity of a layer; that of the input for the output of layer 0."""
        stage = self.worked.stages[max(layer, 1) - 1]
        if name in ("kernel", "bias"):
            return tuple(stage.layer.entries.shape({"kernel": "tap", "bias": "bias"}[name]))
        return tuple(map(int, stage.shape if layer else stage.before))

    def index(self, shape: Sequence[int], at: int) -> tuple[int, ...]:
        """The indices of an entry, counted as the notation counts."""
        base = int(self.worked.notation.base)
        return tuple(int(i) + base for i in np.unravel_index(at, shape)) if shape else ()

    @cached_property
    def _indexed(self) -> dict[Symbol, tuple[str, tuple[int, ...]]]:
        """Each letter of an entry: that of its quantity, and its indices."""
        found: dict[Symbol, tuple[str, tuple[int, ...]]] = {}

        def add(symbols: Sequence[Any], letter: str, shape: Sequence[int]) -> None:
            found.update({s: (letter, self.index(shape, at)) for at, s in enumerate(symbols)})

        worked = self.worked
        add(worked.symbols("output", 0), worked.notation.input, self.shape("output", 0))
        for stage in worked.stages:
            letters, number = self.letters(stage), stage.number
            for name in ("preactivation", "output", "delta"):
                add(worked.symbols(name, number), letters[name], self.shape(name, number))
            symbols = stage.layer.entries.symbols
            if stage.learned:
                add(symbols.operands["tap"], letters["kernel"], self.shape("kernel", number))
            if stage.layer.bias:
                add(symbols.bias, letters["bias"], self.shape("bias", number))
        return found

    def lettered(self, form: MathsTarget) -> MathsTarget:
        """A target that knows the letters of the chain."""
        names = {s: form.indexed(letter, *index) for s, (letter, index) in self._indexed.items()}
        outputs, loss = self.worked.symbols("output", len(self.worked)), self.worked.loss_function
        arriving = unknown_slopes(loss, len(outputs))
        names |= {s: self.loss_by(form, names[a]) for s, a in zip(arriving, outputs, strict=True)}
        return form.named(names)

    def loss_by(self, form: MathsTarget, letter: str) -> str:
        """The derivative of the loss by a letter."""
        return str(form.derivative(form.letter(self.worked.notation.loss), letter))

    @cached_property
    def _forms(self) -> tuple[MathsTarget, MathsTarget]:
        latex, text = self.lettered(Inline()), self.lettered(target_of("text"))
        return latex, text

    @property
    def latex(self) -> MathsTarget:
        """LaTeX that knows the letters of the chain."""
        return self._forms[0]

    def __call__(self, write: Writing) -> Maths:
        """A piece of a sentence."""
        latex, text = (write(form).replace(MAY_BREAK, "") for form in self._forms)
        return Maths(_primed(latex), text)

    def expr(self, expr: Expr) -> Maths:
        """An expression in a sentence."""
        return self(lambda form: shown(form, expr))

    def letter(self, name: str) -> Maths:
        """A letter in a sentence."""
        return self(lambda form: form.letter(name))

    def lines(
        self, build: Build, label: str, *, short: Build | None = None, **placed: Any
    ) -> Display:  # fmt: skip
        """A display, and what notes of one page have in its place."""
        brief = None if short is None else Lines(self, short)
        return Display(Lines(self, build), "", label, short=brief, **placed)

    # Sums.

    def sums(self, form: MathsTarget, terms: Sequence[Product]) -> tuple[str, str]:
        """Products as they are added up: in letters, and in numbers as far as there are some."""
        keep = list(terms) if len(terms) <= MOST_PRODUCTS else [*terms[:3], None, terms[-1]]

        def added(write: Callable[[MathsTarget, Product], str]) -> str:
            return " + ".join(form.across if term is None else write(form, term) for term in keep) or "0"

        return added(in_letters), added(in_numbers)

    def entry(self, form: MathsTarget, left: str, terms: Sequence[Product], result: Expr) -> Row:
        """An entry as a sum: in letters, in numbers, and its result if that is a number."""
        parts = list(self.sums(form, terms))
        if result.is_number:
            parts.append(shown(form, result))
        return Row(left, tuple(dict.fromkeys(parts)))

    # Whole quantities.

    def whole(
        self, form: MathsTarget, letter: str, entries: Sequence[Expr], shape: Sequence[int], axes: int,
        *, by_loss: bool = False, most: int = MOST_LISTED,
    ) -> list[Row]:  # fmt: skip
        """A quantity with all its entries: a list, a matrix, or a list or matrix for each channel.

        Entries that are long stand one by one. ``axes`` is the number of axes that are no channels.
        """

        def left(*index: int) -> str:
            rendered = form.indexed(letter, *index)
            return self.loss_by(form, rendered) if by_loss else rendered

        rendered = [shown(form, entry) for entry in entries]
        wide = max(map(form.width, rendered), default=0)
        if wide > 12 and (len(entries) <= MOST_LISTED or wide * shape[-1] > 1.5 * form.line):
            pairs = ((left(*self.index(shape, at)), text) for at, text in enumerate(rendered))
            rows = packed(form, list(pairs)[:most])
            return rows if len(entries) <= most else and_so_on(form, rows)
        inner = len(shape) if len(shape) <= 1 else 1 if axes == 1 and len(shape) != 2 else 2
        if len(shape) == 2 and axes == 1:  # a channel is a row
            inner = 1
        outer, size = shape[: len(shape) - inner], prod(shape[len(shape) - inner :])
        base = int(self.worked.notation.base)
        places = list(product(*(range(base, base + n) for n in outer)))
        rows = []
        parts = MOST_PARTS if most == MOST_LISTED or inner < 2 else 1
        for at, index in enumerate(places[:parts]):
            here = rendered[at * size : (at + 1) * size]
            part = grid(form, here, shape[-1]) if inner > 1 else in_brackets(form, here)
            rows.append(Row(left(*index), (part,)))
        if len(places) > parts and most == MOST_LISTED:
            rows = and_so_on(form, rows)
        return abreast(form, rows)

    def quantity(self, form: MathsTarget, name: str, stage: Stage, most: int = MOST_LISTED) -> list[Row]:
        """A quantity of a layer with all its entries, "grad_kernel" and "grad_bias" too."""
        of = {"grad_kernel": "kernel", "grad_bias": "bias"}.get(name, name)
        axes = 2 if stage.matrix_is_kernel and of == "kernel" else spatial(stage)
        entries, letter = self.worked.shown(name, stage.number), self.letters(stage)[of]
        return self.whole(
            form, letter, entries, self.shape(of, stage.number), axes, by_loss=of != name, most=most,
        )  # fmt: skip

    def operands(self, form: MathsTarget) -> list[Row]:
        """All that is given: input, kernels, biases, target."""
        worked = self.worked
        first, last = worked.stages[0], worked.stages[-1]
        shape = self.shape("output", 0)
        rows = self.whole(form, worked.notation.input, worked.named("output", 0), shape, spatial(first))
        for stage in worked.stages:
            letters, number = self.letters(stage), stage.number
            for name, given in (("kernel", "w"), ("bias", "b")):
                if number in worked.given[given]:
                    axes = 2 if stage.matrix_is_kernel and name == "kernel" else spatial(stage)
                    entries, shape = worked.given[given][number], self.shape(name, number)
                    rows += self.whole(form, letters[name], list(entries), shape, axes)
        if not worked.loss_function.unknown:
            rows += self.whole(form, "t", worked.target, self.shape("output", len(worked)), spatial(last))
        return abreast(form, rows)


def spatial(stage: Stage) -> int:
    """The number of axes of a layer that are no channels."""
    return len(stage.layer.axes)


def _primed(latex: str) -> str:
    """Words that name functions upright, with their primes outside."""
    (row,) = upright(target_of("latex"), data.Display((Row("", (latex,)),))).rows
    assert row is not None
    return str(row.parts[0])
