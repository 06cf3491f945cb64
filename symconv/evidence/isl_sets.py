"""Expressions of a derivation read as sets: which entries are multiplied, for which indices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import (
    Add,
    Dummy,
    Eq,
    Expr,
    Ge,
    Indexed,
    Integer,
    KroneckerDelta,
    Le,
    Max,
    Min,
    Mod,
    Mul,
    Ne,
    Not,
    Or,
    Piecewise,
    Pow,
    S,
    Sum,
    Symbol,
    floor,
)

from symconv.evidence.isl_constraints import NotAffineError
from symconv.index_sums.nodes import Overlap, Partial, within
from symconv.index_sums.symbols import LayerSymbols, Range
from symconv.printing.expressions import Iverson


@dataclass(frozen=True)
class Piece:
    """A sum of products of entries: its summation indices, conditions, the entries, and the coefficient."""

    bound: tuple[Symbol, ...] = ()
    conditions: tuple[Any, ...] = ()
    entries: tuple[tuple[str, tuple[Expr, ...]], ...] = ()
    coefficient: Expr = S.One

    def times(self, other: Piece) -> Piece:
        """The product of two sums that share no index."""
        return Piece(
            self.bound + other.bound,
            self.conditions + other.conditions,
            self.entries + other.entries,
            self.coefficient * other.coefficient,
        )

    def unwrapped(self) -> tuple[Piece, list[Any]]:
        """Each remainder by a size as an index of its own, and the conditions under which it is none.

        The remainder of a whole number between ``-N`` and ``2 N - 1`` by N is the number itself, or N more,
        or N less.
        """
        found, guards = self, []
        parts = [*self.conditions, *(index for _, places in self.entries for index in places)]
        wraps = sorted({w for part in parts for w in part.atoms(Mod) if not w.args[1].is_number}, key=str)
        for wrap in wraps:
            number, size = wrap.args
            rest = Dummy("rest", integer=True)
            same = Or(*(Eq(rest, number + more, evaluate=False) for more in (0, size, -size)))
            guards += [Le(number, -size - 1), Ge(number, 2 * size)]
            guards += [Ne(part, floor(part)) for part in wrap.args if not part.is_integer]
            found = found._swapped({wrap: rest})
            found = replace(
                found,
                bound=(*found.bound, rest),
                conditions=(*found.conditions, same, within(Integer(0), rest, size - 1)),
            )
        return found, guards

    def _swapped(self, swap: Mapping[Expr, Expr]) -> Piece:
        return replace(
            self,
            conditions=tuple(condition.xreplace(swap) for condition in self.conditions),
            entries=tuple(
                (letter, tuple(i.xreplace(swap) for i in places)) for letter, places in self.entries
            ),
        )


class Reader:
    """Reads expressions as pieces, by the definitions that every derivation starts from.

    ``read`` collects the indices that may be fractions, each with the sums and brackets around it.
    """

    def __init__(self, setting: LayerSymbols) -> None:
        self.setting = setting
        self.read: list[tuple[Piece, Expr]] = []
        n = setting.notation
        self._definitions: Mapping[str, Callable[..., list[Piece]]] = {
            n.output: lambda *i: self._output(i),
            n.matrix: self._matrix,
            n.windows: self._windows,
            n.upstream_matrix: self._upstream_matrix,
            n.tying: self._tying,
            str(setting.padded.label): self._padded,
        }
        self._letters = {"input": n.input, "output": n.upstream}
        self._ranges = {letter: setting.ranges(role) for role, letter in self._letters.items()}
        for letter, own in (
            (n.kernel, setting.kernel.indices(setting.spec.tied, setting.indices("tap"))),
            (n.bias, setting.bias_indices(setting.indices("output"))),
        ):
            self._ranges[letter] = tuple(map(setting.range, own))
        constants = [setting.constant] if setting.constant else []
        self._values = {letter: value for letter, value in constants if letter.is_Symbol}
        self._named = setting.loss, Symbol(n.bias), *self._values

    def pieces(self, expr: Expr, around: Piece = Piece()) -> list[Piece]:
        """The sums of products that an expression is, within the sums and brackets around it."""
        if not expr.has(*_STRUCTURE, *self._named):
            return [Piece(coefficient=expr)] if expr != 0 else []
        if isinstance(expr, Add):
            return [piece for part in expr.args for piece in self.pieces(part, around)]
        if isinstance(expr, Mul):
            return self._product(expr.args, around)
        if isinstance(expr, Pow) and isinstance(expr.exp, Integer) and expr.exp.is_positive:
            return self._product([expr.base] * int(expr.exp), around)
        if isinstance(expr, Sum):
            return self._sum(expr, around)
        if isinstance(expr, Partial):
            return self._partial(expr, around)
        if isinstance(expr, Iverson):
            return [Piece((), (expr.args[0],))]
        if isinstance(expr, KroneckerDelta):
            return [Piece((), (Eq(*expr.args[:2]),))]
        if isinstance(expr, Piecewise):
            return self._branches(expr, around)
        if isinstance(expr, Overlap):
            return [self._overlap(expr)]
        if isinstance(expr, Indexed):
            letter, indices = str(expr.base.label), expr.indices
            self.read += [(around, index) for index in indices if not index.is_integer]
            if letter in self._definitions:
                return self._definitions[letter](*indices)
            return [Piece((), (), ((letter, tuple(indices)),))]
        if expr == self.setting.loss:
            delta = self._over("output", lambda i: ())
            return [delta.times(piece) for piece in self._output(delta.bound)]
        if expr in self._named:
            value = self._values.get(expr, expr)
            return [Piece(coefficient=value)] if value.is_Rational else [Piece((), (), ((expr.name, ()),))]
        if not expr.has(*(kind for kind in _STRUCTURE if kind is not Iverson), *self._named):
            return [Piece(coefficient=expr)]
        raise NotAffineError(f"{expr} is no sum of products of entries")

    def _product(self, factors: Sequence[Expr], around: Piece) -> list[Piece]:
        """The factors are read where the brackets among them hold."""
        brackets = tuple(factor.args[0] for factor in factors if isinstance(factor, Iverson))
        around = around.times(Piece((), brackets))
        found = [Piece()]
        for factor in factors:
            parts = self.pieces(factor, around)
            found = [one.times(other) for one in found for other in parts]
        return found

    def _branches(self, expr: Piecewise, around: Piece) -> list[Piece]:
        """Each branch under its condition and none of those before it."""
        found: list[Piece] = []
        before: list[Any] = []
        for value, condition in expr.args:
            here = Piece((), (condition, *before))
            found += [here.times(piece) for piece in self.pieces(value, around.times(here))]
            before.append(Not(condition))
        return found

    def inside(self, piece: Piece) -> Piece:
        """The products of a piece whose entries lie within their sequences."""
        more = tuple(
            condition
            for letter, indices in piece.entries
            if indices and letter in self._ranges
            for condition in _within(self._ranges[letter], indices)
        )
        return replace(piece, conditions=piece.conditions + more)

    def _met(self, i: Sequence[Expr], k: Sequence[Expr], j: Sequence[Expr]) -> tuple[Any, ...]:
        index = {"output": i, "tap": k, "input": j}
        plain = {role: self.setting.indices(role) for role in index}
        plain["tap"] = self.setting.indices("tap", plain["output"])
        plain["input"] = self.setting.indices("input", (*plain["output"], *plain["tap"]))
        swap = {old: new for role in index for old, new in zip(plain[role], index[role], strict=True)}
        pairs = self.setting.equations(plain)
        return tuple(Eq(left.xreplace(swap), right.xreplace(swap)) for left, right in pairs)

    def _over(self, role: str, condition: Callable[[tuple[Symbol, ...]], tuple[Any, ...]]) -> Piece:
        """The entries of an operand whose indices satisfy a condition."""
        spans = self.setting.ranges(role)
        index = _new(spans)
        found = Piece(index, (*_within(spans, index), *condition(index)))
        if role != "tap":
            return replace(found, entries=((self._letters[role], index),))
        return found.times(*self.pieces(self.setting.entry("kernel", *index)))

    def _split(self, places: Sequence[Expr], *roles: str) -> list[tuple[Expr, ...]]:
        found, at = [], 0
        for role in roles:
            end = at + len(self.setting.extents[role])
            found.append(tuple(places[at:end]))
            at = end
        return found

    def _matrix(self, *places: Expr) -> list[Piece]:
        i, j = self._split(places, "output", "input")
        return [self._over("tap", lambda k: self._met(i, k, j))]

    def _windows(self, *places: Expr) -> list[Piece]:
        roles = self.setting.window_roles
        at = dict(zip(roles, self._split(places, *roles), strict=True))
        return [self._over("input", lambda j: self._met(at["output"], at["tap"], j))]

    def _upstream_matrix(self, *places: Expr) -> list[Piece]:
        j, k = self._split(places, "input", "tap")
        return [self._over("output", lambda i: self._met(i, k, j))]

    def _tying(self, *places: Expr) -> list[Piece]:
        return [
            Piece((), self._met(*(self._split(places, "output", "input", "tap")[at] for at in (0, 2, 1))))
        ]

    def _padded(self, *places: Expr) -> list[Piece]:
        indices, inside = self.setting.unpadded(self.setting.padded[places])
        found = Piece((), tuple(within(Integer(0), place, last) for place, last in inside))
        return [replace(found, entries=((self.setting.notation.input, tuple(indices)),))]

    def _output(self, i: Sequence[Expr]) -> list[Piece]:
        n, taps = self.setting.notation, self._over("tap", lambda k: ())
        found = [taps.times(self._over("input", lambda j: self._met(i, taps.bound, j)))]
        if not self.setting.bias:
            return found
        plain = self.setting.indices("output")
        swap = dict(zip(plain, i, strict=True))
        bias = tuple(swap[index] for index in self.setting.bias_indices(plain))
        return [*found, Piece((), (), ((n.bias, bias),))]

    def _sum(self, expr: Sum, around: Piece) -> list[Piece]:
        swap: dict[Symbol, Symbol] = {}
        head = Piece()
        for index, low, high in reversed(expr.limits):  # the outermost first
            fresh, (low, high) = Dummy(index.name, integer=True), (e.xreplace(swap) for e in (low, high))
            lows = low.args if isinstance(low, Max) else (low,)
            highs = high.args if isinstance(high, Min) else (high,)
            limits = [Le(part, fresh, evaluate=False) for part in lows]
            limits += [Le(fresh, part, evaluate=False) for part in highs]
            head, swap = head.times(Piece((fresh,), tuple(limits))), {**swap, index: fresh}
        inner = self._product(Mul.make_args(expr.function.xreplace(swap)), around.times(head))
        return [head.times(piece) for piece in inner]

    def _partial(self, expr: Partial, around: Piece) -> list[Piece]:
        """The product rule: one entry at a time gives way to the equality of its indices."""
        by = expr.args[1]
        letter, place = (str(by.base.label), by.indices) if isinstance(by, Indexed) else (by.name, ())
        found = []
        for piece in self.pieces(expr.args[0], around):
            for at, (name, indices) in enumerate(piece.entries):
                if name == letter:
                    same = tuple(Eq(a, b) for a, b in zip(indices, place, strict=True))
                    rest = piece.entries[:at] + piece.entries[at + 1 :]
                    found.append(replace(piece, conditions=piece.conditions + same, entries=rest))
        return found

    def _overlap(self, expr: Overlap) -> Piece:
        """``sum_m a[n - m] b[m]`` or ``sum_m a[n + m] b[m]`` on spread sequences."""
        kind, left, right, *at = expr.args
        sign = -1 if str(kind) == "star" else 1
        for factor in (*left.args[1:], *right.args[1:]):
            if not (factor.is_Integer and factor.is_positive):
                raise NotAffineError(f"a sequence spread by {factor} is not decided")
        (a, wide), (b, narrow) = ((str(side.args[0].label), side.args[1:]) for side in (left, right))
        (one, p), (other, q) = ((self._ranges[letter], _new(self._ranges[letter])) for letter in (a, b))
        meet = tuple(
            Eq(w * x + sign * v * y, place) for w, x, v, y, place in zip(wide, p, narrow, q, at, strict=True)
        )
        conditions = (*_within(one, p), *_within(other, q), *meet)
        return Piece((*p, *q), conditions, ((a, p), (b, q)))


_STRUCTURE = (Indexed, Sum, Iverson, Partial, Overlap, KroneckerDelta, Piecewise)


def _new(spans: Sequence[Range]) -> tuple[Symbol, ...]:
    """Indices of the same names that nothing else has."""
    return tuple(Dummy(span.index.name, integer=True) for span in spans)


def _within(spans: Sequence[Range], indices: Sequence[Expr]) -> tuple[Any, ...]:
    """The conditions that indices lie within their ranges."""
    return tuple(within(s.first, index, s.last) for s, index in zip(spans, indices, strict=True))
