"""Expressions of a derivation read as sets: which entries are multiplied, for which indices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from sympy import (
    Add,
    And,
    Eq,
    Expr,
    Ge,
    Gt,
    Indexed,
    Integer,
    KroneckerDelta,
    Le,
    Lt,
    Max,
    Min,
    Mod,
    Mul,
    Ne,
    Not,
    Or,
    Piecewise,
    Pow,
    Rational,
    Sum,
    Symbol,
    ceiling,
    expand,
    floor,
    ilcm,
)

from symconv.derivation.language import Iverson, Overlap, Partial, within
from symconv.derivation.setting import Setting
from symconv.errors import SymconvError


class NotAffineError(SymconvError):
    """An expression that integer sets cannot hold, such as a product of two symbols."""


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


class Reader:
    """Reads expressions as pieces, by the definitions that every derivation starts from."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._numbers = count()
        n = setting.notation
        self._definitions: Mapping[str, Callable[..., list[Piece]]] = {
            n.output: self._output,
            n.matrix: lambda i, j: [self._over("tap", lambda k: self._met(i, k, j), n.kernel)],
            n.windows: self._windows,
            n.upstream_matrix: lambda j, k: [self._over("output", lambda i: self._met(i, k, j), n.upstream)],
            n.tying: lambda i, j, k: [Piece((), (self._met(i, k, j),))],
            str(setting.padded.label): lambda place: [
                self._over("input", lambda j: Eq(j, place - setting.sizes["before"]), n.input)
            ],
        }

    def whole(self, expr: Expr) -> list[Piece]:
        """The sums of products that an expression is; one of sizes alone is so many ones."""
        if expr.has(*_STRUCTURE) or expr in (self.setting.bias_symbol, self.setting.loss):
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
        if expr == self.setting.bias_symbol:
            return [Piece((), (), ((expr.name, ()),))]
        if expr == self.setting.loss:
            i = self._fresh()
            delta = Piece((i,), (self._inside("output", i),), ((self.setting.notation.upstream, (i,)),))
            return [delta.times(piece) for piece in self._output(i)]
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
        n = self.setting.notation
        roles = {n.input: "input", n.kernel: "tap", n.upstream: "output"}
        more = tuple(
            self._inside(roles[letter], index)
            for letter, indices in piece.entries
            for index in indices
            if letter in roles
        )
        return replace(piece, conditions=piece.conditions + more)

    def _fresh(self) -> Symbol:
        return Symbol(f"s{next(self._numbers)}", integer=True)

    def _inside(self, role: str, index: Expr) -> Any:
        span = self.setting.ranges[role]
        return within(span.first, index, span.last)

    def _met(self, i: Expr, k: Expr, j: Expr) -> Any:
        return Eq(self.setting.related(i, k), j)

    def _over(self, role: str, condition: Callable[[Symbol], Any], letter: str) -> Piece:
        """The entries of an operand whose index satisfies a condition."""
        index = self._fresh()
        return Piece((index,), (self._inside(role, index), condition(index)), ((letter, (index,)),))

    def _windows(self, *places: Expr) -> list[Piece]:
        at = dict(zip(self.setting.window_roles, places, strict=True))
        letter = self.setting.notation.input
        return [self._over("input", lambda j: self._met(at["output"], at["tap"], j), letter)]

    def _output(self, i: Expr) -> list[Piece]:
        n, k = self.setting.notation, self._fresh()
        taps = Piece((k,), (self._inside("tap", k),), ((n.kernel, (k,)),))
        found = [taps.times(self._over("input", lambda j: self._met(i, k, j), n.input))]
        return [*found, Piece((), (), ((n.bias, ()),))] if self.setting.bias else found

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
        kind, left, right, at = expr.args
        sign = -1 if str(kind) == "star" else 1
        (a, wide), (b, narrow) = ((str(side.args[0].label), side.args[1]) for side in (left, right))
        n = self.setting.notation
        roles = {n.input: "input", n.kernel: "tap", n.upstream: "output"}
        p, q = self._fresh(), self._fresh()
        conditions = (
            self._inside(roles[a], p),
            self._inside(roles[b], q),
            Eq(wide * p + sign * narrow * q, at),
        )
        return Piece((p, q), conditions, ((a, (p,)), (b, (q,))))


_STRUCTURE = (Indexed, Sum, Iverson, Partial, Overlap, KroneckerDelta)


def constraints(condition: Any) -> Iterator[str]:
    """A condition in the syntax of integer sets, its denominators cleared."""
    if condition in (True, False):
        yield "0 = 0" if condition else "0 = 1"
    elif isinstance(condition, And):
        for part in condition.args:
            yield from constraints(part)
    elif isinstance(condition, Or):
        either = (" and ".join(constraints(part)) for part in condition.args)
        yield f"({' or '.join(f'({part})' for part in either)})"
    elif isinstance(condition, Eq | Ne) and isinstance(condition.lhs, Mod):
        number, divisor = condition.lhs.args
        sign = "=" if isinstance(condition, Eq) else "!="
        yield f"({affine(number)}) mod {affine(divisor)} {sign} {affine(condition.rhs)}"
    elif type(condition) in _SIGNS:
        gap = expand(condition.lhs - condition.rhs)
        yield f"{affine(_denominator(gap) * gap)} {_SIGNS[type(condition)]} 0"
    else:
        raise NotAffineError(f"{condition} is no condition on integers")


_SIGNS: Mapping[type, str] = {Eq: "=", Ne: "!=", Le: "<=", Lt: "<", Ge: ">=", Gt: ">"}


def affine(expr: Expr) -> str:
    """An affine expression with floors, ceilings, maxima and minima, in the syntax of integer sets."""
    expr = expand(expr)
    if _denominator(expr) > 1:
        raise NotAffineError(f"{expr} may be a fraction")
    return " + ".join(_term(*term.as_coeff_Mul()) for term in Add.make_args(expr))


def floored(expr: Expr) -> str:
    """An index that is known to be whole, where it may be written as a fraction."""
    common = _denominator(expand(expr))
    return affine(expr) if common == 1 else f"floor(({affine(common * expr)})/{common})"


def _term(number: Expr, rest: Expr) -> str:
    if rest == 1:
        return str(int(number))
    return _atom(rest) if number == 1 else f"{int(number)}*{_atom(rest)}"


def _atom(expr: Expr) -> str:
    if isinstance(expr, Symbol):
        return str(expr.name)
    if isinstance(expr, floor | ceiling):
        inner, sign = (expr.args[0], "") if isinstance(expr, floor) else (-expr.args[0], "-1*")
        common = _denominator(expand(inner))
        return f"{sign}floor(({affine(common * inner)})/{common})"
    if isinstance(expr, Max | Min):
        name = "max" if isinstance(expr, Max) else "min"
        first, *rest = (affine(part) for part in expr.args)
        for part in rest:
            first = f"{name}({first}, {part})"
        return first
    raise NotAffineError(f"{expr} is not affine")


def between(indices: Sequence[Expr]) -> Iterator[str]:
    """For each index that is a fraction, the condition that it is not whole."""
    for index in indices:
        common = _denominator(expand(index))
        if common > 1:
            yield f"({affine(common * index)}) mod {common} >= 1"


def _denominator(expr: Expr) -> int:
    numbers = (term.as_coeff_Mul()[0] for term in Add.make_args(expr))
    return int(ilcm(1, *(number.q for number in numbers if isinstance(number, Rational))))


def given(setting: Setting, kept: Sequence[str]) -> list[Any]:
    """What is taken for granted: what the symbols are, sizes that a layer can have, kept indices in range."""
    sizes = setting.sizes
    facts: list[Any] = []
    for symbol in {s for size in sizes.values() for s in size.free_symbols}:
        known = symbol.assumptions0
        facts += [fact(symbol) for name, fact in _KNOWN.items() if known.get(name)]
    for name, size in sizes.items():
        facts.append(Ge(size, 0 if name in ("before", "after") else 1, evaluate=False))
    padded = sizes["input_size"] + sizes["before"] + sizes["after"]
    facts.append(Ge(padded - setting.reach, 1, evaluate=False))
    if setting.lettered:
        facts.append(Eq(setting.m, setting.output_size, evaluate=False))
    for role in kept:
        span = setting.ranges[role]
        facts.append(within(span.first, span.index, span.last))
    return facts


#: What an assumption about a symbol says in the language of integer sets.
_KNOWN: Mapping[str, Callable[[Symbol], Any]] = {
    "positive": lambda s: Ge(s, 1, evaluate=False),
    "nonnegative": lambda s: Ge(s, 0, evaluate=False),
    "negative": lambda s: Le(s, -1, evaluate=False),
    "nonpositive": lambda s: Le(s, 0, evaluate=False),
    "even": lambda s: Eq(Mod(s, 2, evaluate=False), 0, evaluate=False),
    "odd": lambda s: Eq(Mod(s, 2, evaluate=False), 1, evaluate=False),
}
