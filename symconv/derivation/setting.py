"""The setting of a derivation: sizes, indices, sequences and the relation, in symbols."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sympy import Dummy, Expr, IndexedBase, Integer, Symbol, expand, sympify

from symconv.errors import NotationError
from symconv.notation import Notation
from symconv.pattern import Axis


@dataclass(frozen=True)
class Range:
    """An index with its first and last value."""

    index: Symbol
    first: Expr
    last: Expr


@dataclass(frozen=True)
class Setting:
    """Everything that the formulas of a layer are written in.

    Indices count from 0 here, whatever the notation prints.
    """

    axis: Axis
    notation: Notation
    bias: bool = False

    @cached_property
    def sizes(self) -> dict[str, Expr]:
        """The geometry as SymPy expressions over integer symbols."""
        return {name: sympify(size).xreplace(self.integers) for name, size in self.axis.geometry.items()}

    @cached_property
    def integers(self) -> dict[Symbol, Symbol]:
        """The integer symbol for each symbol of the layer.

        One that is declared an integer stays as it is. Another becomes one of the same name: positive or
        non-negative where it is a size by itself, of unknown sign where it is only part of one.
        """
        geometry = self.axis.geometry
        signs: dict[str, dict[str, bool]] = {}
        for name, size in geometry.items():
            if isinstance(size, Symbol):
                sign = "nonnegative" if name in ("before", "after") else "positive"
                signs.setdefault(size.name, {sign: True}).update({sign: True})
        every = sorted({s for size in geometry.values() for s in sympify(size).free_symbols}, key=_by_name)
        named: dict[str, Symbol] = {}
        found: dict[Symbol, Symbol] = {}
        for symbol in every:
            own = (
                symbol
                if symbol.is_integer
                else Symbol(symbol.name, integer=True, **signs.get(symbol.name, {}))
            )
            found[symbol] = named.setdefault(symbol.name, own)
        self._check_names(found)
        return found

    def _check_names(self, symbols: dict[Symbol, Symbol]) -> None:
        taken = {
            letter: name
            for name in _WRITTEN
            if (letter := getattr(self.notation, name)) and name not in ("kernel_matrix",)
        }
        for symbol in symbols:
            if symbol.name in taken:
                raise NotationError(
                    f"{symbol.name!r} is a size of the layer and the letter of its {taken[symbol.name]}: "
                    "name the size otherwise, or choose another notation."
                )

    @cached_property
    def output_size(self) -> Expr:
        """``M`` written out."""
        return sympify(self.axis.output_size).xreplace(self.integers)

    @cached_property
    def m(self) -> Expr:
        """``M`` as formulas show it: a number, a size, or a letter that :attr:`output_size` defines."""
        known = self.output_size.is_Integer or self.output_size.is_Symbol
        return self.output_size if known else self.m_letter

    @property
    def m_letter(self) -> Symbol:
        """The notation's letter for the output size."""
        return Symbol(self.notation.output_size, integer=True, positive=True)

    @property
    def lettered(self) -> bool:
        """Whether the output size has a letter of its own."""
        return bool(self.m != self.output_size)

    @cached_property
    def reach(self) -> Expr:
        """``d (K - 1)``: how far the last tap is from the first."""
        return expand(self.sizes["dilation"] * (self.sizes["kernel_size"] - 1))

    @cached_property
    def coefficients(self) -> tuple[Expr, Expr, Expr]:
        """``(a, b, c)`` of the relation ``j = a i + b k + c``."""
        a, b, c = (sympify(v).xreplace(self.integers) for v in self.axis.coefficients)
        return a, b, expand(c)

    def index(self, role: str, mark: str = "") -> Symbol:
        """The index of a role; a mark makes a fresh one."""
        letters = {
            "output": self.notation.output_index,
            "tap": self.notation.tap_index,
            "input": self.notation.input_index,
        }
        return Symbol(letters[role] + mark, integer=True)

    @cached_property
    def ranges(self) -> dict[str, Range]:
        """The range of each role's index."""
        lasts = {
            "output": self.m - 1,
            "tap": self.sizes["kernel_size"] - 1,
            "input": self.sizes["input_size"] - 1,
        }
        return {role: Range(self.index(role), Integer(0), last) for role, last in lasts.items()}

    def related(self, output: Expr, tap: Expr) -> Expr:
        """The input that an output meets through a tap, by the relation."""
        a, b, c = self.coefficients
        return expand(a * output + b * tap + c)

    def sequence(self, quantity: str) -> IndexedBase:
        """The sequence of an operand or a matrix, by the notation's name for it."""
        return IndexedBase(getattr(self.notation, quantity))

    @property
    def window_roles(self) -> tuple[str, str]:
        """The roles of the two indices of the window matrix, whose windows are rows or columns."""
        return ("tap", "output") if self.notation.window_columns else ("output", "tap")

    @property
    def padded(self) -> IndexedBase:
        """The input with its zeros around it."""
        return IndexedBase(f"{self.notation.input}pad")

    @property
    def loss(self) -> Symbol:
        return Symbol(self.notation.loss)

    @property
    def bias_symbol(self) -> Symbol:
        return Symbol(self.notation.bias)

    def never_negative(self, expr: Expr) -> bool:
        """Whether an expression, affine in the indices, can be seen to be at least 0 everywhere.

        Each index is put at the end of its range where the expression is least. ``M`` is
        ``(N + p + p' - d (K - 1) - 1 - r) / s + 1`` with a remainder ``0 <= r <= s - 1``. What is
        left must be a sum of products of non-negative quantities, for N from 1 on or for N from
        the least that the kernel needs. A True is a proof; a False says nothing.
        """
        expr = expand(expr)
        for span in self.ranges.values():
            expr = _least(expr, span.index, span.first, span.last)
            if expr is None:
                return False
        remainder, s = Dummy(), self.sizes["stride"]
        slack = self.sizes["input_size"] + self.sizes["before"] + self.sizes["after"] - self.reach - 1
        if self.lettered and expr.has(self.m):
            expr = _least(
                expand(expr.subs(self.m, (slack - remainder) / s + 1)), remainder, Integer(0), s - 1
            )
            if expr is None:
                return False
        attempts = [expand(expr.xreplace(self._slack))]
        n, room = self.sizes["input_size"], Dummy(integer=True, nonnegative=True)
        if n.is_Symbol:
            attempts.append(expand(expr.xreplace({n: expand(n - slack + room)}).xreplace(self._slack)))
        return any(terms_nonnegative(attempt) for attempt in attempts)

    @cached_property
    def _slack(self) -> dict[Symbol, Expr]:
        """For each size that is made of symbols, one of them in terms of how far the size is above its least.

        With ``K = 2 r + 1`` at least 1, ``r`` is half of a non-negative number.
        """
        found: dict[Symbol, Expr] = {}
        for name, size in self.sizes.items():
            size = expand(size.xreplace(found))
            if size.is_Symbol or size.is_Integer:
                continue
            for symbol in sorted(size.free_symbols - set(found), key=_by_name):
                slope = size.coeff(symbol, 1)
                rest = expand(size - slope * symbol)
                if slope.is_Integer and not rest.has(symbol) and symbol.is_nonnegative is None:
                    above = Dummy(integer=True, nonnegative=True) + (0 if name in ("before", "after") else 1)
                    found[symbol] = expand((above - rest) / slope)
                    break
        return found


def _by_name(symbol: Symbol) -> tuple[str, str]:
    return symbol.name, str(sorted(symbol.assumptions0.items()))


def _least(expr: Expr, index: Symbol, first: Expr, last: Expr) -> Expr | None:
    """The least value over an index in which the expression is affine, if its slope has a known sign."""
    if not expr.has(index):
        return expr
    slope = expand(expr.coeff(index, 1))
    rest = expand(expr - slope * index)
    if rest.has(index):
        return None
    if slope.is_nonnegative or terms_nonnegative(slope):
        return expand(rest + slope * first)
    if slope.is_nonpositive or terms_nonnegative(-slope):
        return expand(rest + slope * last)
    return None


def terms_nonnegative(expr: Expr) -> bool:
    """Whether no term is negative once each positive symbol is counted from 1 on: a proof, not a test."""
    shift = {s: s + 1 for s in expr.free_symbols if s.is_positive}
    grown = expand(expr.xreplace({s: Dummy(s.name, integer=True, nonnegative=True) + 1 for s in shift}))
    return all(term.is_nonnegative for term in grown.as_ordered_terms())


#: Fields of a notation whose letters formulas use.
_WRITTEN = (
    "input", "kernel", "bias", "output", "upstream", "loss", "matrix", "windows", "upstream_matrix",
    "tying", "output_index", "tap_index", "input_index", "output_size",
)  # fmt: skip
