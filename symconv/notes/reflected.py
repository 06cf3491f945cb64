"""Reflect padding in formulas: a function that reads the input backwards at its edges, defined once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Abs, Add, Expr, Function, Symbol, sympify

from symconv.index_sums.printers import of_formulas
from symconv.index_sums.symbols import LayerSymbols
from symconv.notes.model import Maths, Words
from symconv.notes.pieces import Pen
from symconv.printing.display import Row
from symconv.printing.letters import on_axis
from symconv.printing.target import MathsTarget

#: The letters of the function and of its argument: the first that stands for nothing else.
_FUNCTIONS, _PLACES = "rqgh", "mtuv"


@dataclass(frozen=True)
class Reflection:
    """What the indices of a layer's formulas become.

    Attributes
    ----------
    symbols : LayerSymbols
    """

    symbols: LayerSymbols

    @property
    def _reflects(self) -> bool:
        spec = self.symbols.spec
        return spec.kernel.learned and spec.padding_mode == "reflect"

    def __call__(self, expr: Expr) -> Expr:
        """A right side with the function for the indices that are reflected."""
        if not self._reflects:
            return expr
        return expr.replace(lambda part: self._read(part) is not None, self._named)

    def _read(self, part: Expr) -> tuple[int, Expr] | None:
        """The axis on which an index is reflected and the place that it stands for, as indices count."""
        outer = [term for term in Add.make_args(part) if isinstance(-term, Abs)] if part.is_Add else []
        if len(outer) != 1:
            return None
        within = (-outer[0]).args[0]
        inner = [term for term in Add.make_args(within) if isinstance(term, Abs) or isinstance(-term, Abs)]
        base = self.symbols.notation.base
        for term in inner:
            place = (term if isinstance(term, Abs) else -term).args[0]
            for axis, size in enumerate(self.sizes):
                last = size - 1
                if (part - (last + base - Abs(last - Abs(place)))).expand() == 0:
                    return axis, place + base
        return None

    def _named(self, part: Expr) -> Expr:
        axis, place = self._read(part) or (0, part)
        return Function(self.letter(axis))(place)

    @property
    def sizes(self) -> tuple[Expr, ...]:
        """The size of the input along each axis, as formulas have it."""
        return tuple(sympify(axis.geometry["input_size"]) for axis in self.symbols.exact_spec.tied_axes)

    def letter(self, axis: int) -> str:
        """The function of an axis."""
        alike = len(set(self.sizes)) == 1
        return on_axis(self._free(_FUNCTIONS), axis, 1 if alike else len(self.sizes))

    def _free(self, letters: str) -> str:
        taken = {*self.symbols.notation.meanings(), *map(str, self.symbols.symbols)}
        return next(letter for letter in letters if letter not in taken)

    def defined(self, target: MathsTarget) -> Sequence[Row]:
        """The definition, one for each different size."""
        if not self._reflects:
            return ()
        form, place = of_formulas(target, self.symbols), Symbol(self._free(_PLACES))
        base, found = self.symbols.notation.base, []
        for axis, size in enumerate(self.sizes):
            low, high = base, size - 1 + base
            cases = (
                (f"{2 * low} - {place}" if low else f"-{place}", f"{place} < {low}"),
                (f"{place}", target.at_most.join((str(low), str(place), form.expr(high)))),
                (f"{form.expr(2 * high)} - {place}", f"{place} > {form.expr(high)}"),
            )
            right = target.comma.join(f"{value}{target.prose(' for ')}{case}" for value, case in cases)
            if target.stacked:
                lines = r" \\ ".join(rf"{value} & \text{{for }} {case}" for value, case in cases)
                right = rf"\begin{{cases}} {lines} \end{{cases}}"
            found.append(Row(form.expr(Function(self.letter(axis))(place)), (right,)))
        return list(dict.fromkeys(found))

    def told(self, pen: Pen) -> Words:
        """What the function does, in words."""
        base = self.symbols.notation.base
        size, function, place = self.sizes[0], Function(self.letter(0)), Symbol(self._free(_PLACES))

        def printed(expr: Expr) -> Maths:
            return pen(lambda s: of_formulas(s.form, self.symbols).expr(expr))

        def equal(one: Expr, other: Expr) -> Maths:
            left, right = printed(function(one)), printed(other)
            return Maths(f"{left.latex} = {right.latex}", f"{left.text} = {right.text}")

        letters = list(dict.fromkeys(self.letter(axis) for axis in range(len(self.sizes))))
        reads = "reads" if len(letters) == 1 else "read"
        text = (
            f" {reads} the input backwards at its edges: {{first}}, {{last}}, and a place {{m}} inside the "
        )
        text += "input stays as it is."
        first = equal(sympify(base - 1), sympify(base + 1))
        told = pen.say(text, m=printed(place), first=first, last=equal(size + base, size - 2 + base))
        return ("Here ", *pen.listed([printed(Symbol(letter)) for letter in letters]), *told)
