"""Expressions of a derivation read as sets: which entries are multiplied, for which indices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from sympy import (
    Add,
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
    Not,
    Or,
    Piecewise,
    Pow,
    Sum,
    Symbol,
)

from symconv.evidence.isl_constraints import NotAffineError
from symconv.index_sums.nodes import Overlap, Partial, within
from symconv.index_sums.symbols import LayerSymbols
from symconv.printing.expressions import Iverson


@dataclass(frozen=True)
class Piece:
    """A weighted sum of products of entries: its summation indices, conditions, and the entries."""

    bound: tuple[Symbol, ...] = ()
    conditions: tuple[Any, ...] = ()
    entries: tuple[tuple[str, tuple[Expr, ...]], ...] = ()
    weight: int = 1

    def times(self, other: Piece) -> Piece:
        """The product of two sums that share no index."""
        return Piece(
            self.bound + other.bound,
            self.conditions + other.conditions,
            self.entries + other.entries,
            self.weight * other.weight,
        )

    def unwrapped(self) -> tuple[Piece, list[Any]]:
        """Each remainder by a size as an index of its own, and the conditions under which it is none.

        Between ``-N`` and ``2 N - 1`` the remainder by N is the number itself, or N more, or N less.
        """
        found, guards, numbers = self, [], count()
        parts = [*self.conditions, *(index for _, places in self.entries for index in places)]
        wraps = sorted({w for part in parts for w in part.atoms(Mod) if not w.args[1].is_number}, key=str)
        for wrap in wraps:
            number, size = wrap.args
            rest = Symbol(f"r{next(numbers)}", integer=True)
            same = Or(*(Eq(rest, number + more, evaluate=False) for more in (0, size, -size)))
            guards.append(Or(Le(number, -size - 1), Ge(number, 2 * size)))
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
    """Reads expressions as pieces, by the definitions that every derivation starts from."""

    def __init__(self, setting: LayerSymbols) -> None:
        self.setting = setting
        self._numbers = count()
        n = setting.notation
        self._definitions: Mapping[str, Callable[..., list[Piece]]] = {
            n.output: lambda *i: self._output(i),
            n.matrix: self._matrix,
            n.windows: self._windows,
            n.upstream_matrix: self._upstream_matrix,
            n.tying: self._tying,
            str(setting.padded.label): self._padded,
        }
        self._roles = {n.input: "input", n.kernel: "tap", n.upstream: "output"}

    def whole(self, expr: Expr) -> list[Piece]:
        """The sums of products that an expression is; one of sizes alone is so many ones."""
        if expr.has(*_STRUCTURE) or expr in self._named():
            return self.pieces(expr)
        one = self._fresh()
        return [Piece((one,), (within(Integer(0), one, expr - 1),))]

    def pieces(self, expr: Expr) -> list[Piece]:
        """The sums of products that an expression is, where its coefficients are whole numbers."""
        if isinstance(expr, Integer):
            return [Piece(weight=int(expr))] if expr != 0 else []
        if isinstance(expr, Add):
            return [piece for part in expr.args for piece in self.pieces(part)]
        if isinstance(expr, Mul):
            return self._product(expr.args)
        if isinstance(expr, Pow) and isinstance(expr.exp, Integer) and expr.exp.is_positive:
            return self._product([expr.base] * int(expr.exp))
        if isinstance(expr, Sum):
            return self._sum(expr)
        if isinstance(expr, Partial):
            return self._partial(expr)
        if isinstance(expr, Iverson):
            return [Piece((), (expr.args[0],))]
        if isinstance(expr, KroneckerDelta):
            return [Piece((), (Eq(*expr.args[:2]),))]
        if isinstance(expr, Piecewise):
            return self._branches(expr)
        if isinstance(expr, Overlap):
            return [self._overlap(expr)]
        if isinstance(expr, Indexed):
            letter, indices = str(expr.base.label), expr.indices
            if letter in self._definitions:
                return self._definitions[letter](*indices)
            return [Piece((), (), ((letter, tuple(indices)),))]
        if expr == self.setting.loss:
            i = self._all("output")
            delta = Piece(i, self._inside("output", i), ((self.setting.notation.upstream, i),))
            return [delta.times(piece) for piece in self._output(i)]
        if expr in self._named():
            return [Piece((), (), ((expr.name, ()),))]
        raise NotAffineError(f"{expr} is no sum of products of entries with whole coefficients")

    def _product(self, factors: Sequence[Expr]) -> list[Piece]:
        found = [Piece()]
        for factor in factors:
            found = [one.times(other) for one in found for other in self.pieces(factor)]
        return found

    def _branches(self, expr: Piecewise) -> list[Piece]:
        """Each branch under its condition and none of those before it."""
        found: list[Piece] = []
        before: list[Any] = []
        for value, condition in expr.args:
            here = Piece((), (condition, *before))
            found += [here.times(piece) for piece in self.pieces(value)]
            before.append(Not(condition))
        return found

    def inside(self, piece: Piece) -> Piece:
        """The products of a piece whose entries lie within their sequences."""
        more = tuple(
            condition
            for letter, indices in piece.entries
            if indices and letter in self._roles
            for condition in self._inside(self._roles[letter], indices)
        )
        return replace(piece, conditions=piece.conditions + more)

    def _named(self) -> tuple[Symbol, ...]:
        """The letters that stand for something by themselves: the loss, a bias or a kernel without index."""
        letter = self.setting.constant[0] if self.setting.constant else self.setting.loss
        named = (letter,) if letter.is_Symbol else ()
        return self.setting.loss, Symbol(self.setting.notation.bias), *named

    def _fresh(self) -> Symbol:
        return Symbol(f"s{next(self._numbers)}", integer=True)

    def _all(self, role: str) -> tuple[Symbol, ...]:
        """New indices of a role."""
        return tuple(self._fresh() for _ in self.setting.extents[role])

    def _inside(self, role: str, indices: Sequence[Expr]) -> tuple[Any, ...]:
        spans = self.setting.ranges(role)
        return tuple(within(span.first, i, span.last) for span, i in zip(spans, indices, strict=True))

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
        index = self._all(role)
        letter = next(letter for letter, name in self._roles.items() if name == role)
        own = self.setting.kernel.indices(self.setting.spec.tied, index) if role == "tap" else index
        return Piece(index, (*self._inside(role, index), *condition(index)), ((letter, own),))

    def _split(self, places: Sequence[Expr], *roles: str) -> list[tuple[Expr, ...]]:
        found, at = [], 0
        for role in roles:
            count = len(self.setting.extents[role])
            found.append(tuple(places[at : at + count]))
            at += count
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

    def _sum(self, expr: Sum) -> list[Piece]:
        fresh = {index: self._fresh() for index, _, _ in expr.limits}
        conditions: list[Any] = []
        for index, low, high in expr.limits:
            for part in low.args if isinstance(low, Max) else (low,):
                conditions.append(Le(part.xreplace(fresh), fresh[index], evaluate=False))
            for part in high.args if isinstance(high, Min) else (high,):
                conditions.append(Le(fresh[index], part.xreplace(fresh), evaluate=False))
        head = Piece(tuple(fresh.values()), tuple(conditions))
        return [head.times(piece) for piece in self.pieces(expr.function.xreplace(fresh))]

    def _partial(self, expr: Partial) -> list[Piece]:
        """The product rule: one entry at a time gives way to the equality of its indices."""
        by = expr.args[1]
        letter, place = (str(by.base.label), by.indices) if isinstance(by, Indexed) else (by.name, ())
        found = []
        for piece in self.pieces(expr.args[0]):
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
        (a, wide), (b, narrow) = ((str(side.args[0].label), side.args[1:]) for side in (left, right))
        p, q = self._all(self._roles[a]), self._all(self._roles[b])
        meet = tuple(
            Eq(w * x + sign * v * y, place) for w, x, v, y, place in zip(wide, p, narrow, q, at, strict=True)
        )
        conditions = (*self._inside(self._roles[a], p), *self._inside(self._roles[b], q), *meet)
        return Piece((*p, *q), conditions, ((a, p), (b, q)))


_STRUCTURE = (Indexed, Sum, Iverson, Partial, Overlap, KroneckerDelta)
