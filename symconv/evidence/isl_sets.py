"""Expressions of a derivation read as sets: which entries are multiplied, for which indices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import sympy
from sympy import Add, Dummy, Eq, Expr, Indexed, KroneckerDelta, Mod, Mul, Piecewise, S, Sum, Symbol

from symconv.evidence.isl_constraints import NotAffineError
from symconv.index_sums.nodes import Overlap, Partial, Within
from symconv.index_sums.symbols import LayerSymbols
from symconv.printing.expressions import Iverson


@dataclass(frozen=True)
class Term:
    """The sum, over indices of its own and under conditions, of a product of entries times a coefficient."""

    bound: tuple[Symbol, ...] = ()
    conditions: tuple[Any, ...] = ()
    entries: tuple[tuple[str, tuple[Expr, ...]], ...] = ()
    coefficient: Expr = S.One

    def times(self, other: Term) -> Term:
        """The product of two sums that share no index."""
        bound, conditions = self.bound + other.bound, self.conditions + other.conditions
        return Term(bound, conditions, self.entries + other.entries, self.coefficient * other.coefficient)

    def at(self, numbers: Mapping[Symbol, Expr]) -> Term:
        """The same with numbers for some symbols."""
        entries = ((name, tuple(i.xreplace(numbers) for i in places)) for name, places in self.entries)
        conditions = tuple(condition.xreplace(numbers) for condition in self.conditions)
        return Term(self.bound, conditions, tuple(entries), self.coefficient.xreplace(numbers))

    def unwrapped(self) -> tuple[Term, list[Any]]:
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
            same = sympy.Or(*(Eq(rest, number + more, evaluate=False) for more in (0, size, -size)))
            guards += [sympy.Le(number, -size - 1), sympy.Ge(number, 2 * size)]
            guards += [sympy.Ne(part, sympy.floor(part)) for part in wrap.args if not part.is_integer]
            swap = {wrap: rest}
            conditions = *(c.xreplace(swap) for c in found.conditions), same, _between(rest, size - 1)
            entries = ((name, tuple(i.xreplace(swap) for i in places)) for name, places in found.entries)
            found = Term((*found.bound, rest), conditions, tuple(entries), found.coefficient)
        return found, guards


class Reader:
    """Reads expressions as sums, by the definitions that every derivation starts from.

    ``read`` collects the indices that may be fractions, each with the sums and brackets around it;
    ``values`` holds the value of a constant kernel, by its letter.
    """

    def __init__(self, setting: LayerSymbols) -> None:
        self.setting = setting
        self.read: list[tuple[Term, Expr]] = []
        n = setting.notation
        self._definitions: Mapping[str, Callable[..., list[Term]]] = {
            n.output: self._output,
            n.matrix: self._matrix,
            n.windows: self._windows,
            n.upstream_matrix: self._upstream_matrix,
            n.tying: self._tying,
            str(setting.padded.label): self._padded,
        }
        inputs, outputs, taps = map(setting.indices, ("input", "output", "tap"))
        self._indices = {
            n.input: inputs,
            n.upstream: outputs,
            n.kernel: setting.kernel.indices(setting.spec.tied, taps),
            n.bias: setting.bias_indices(outputs),
        }
        constants = [setting.constant] if setting.constant else []
        self.values = {letter: value for letter, value in constants if letter.is_Symbol}
        self._named = setting.loss, Symbol(n.bias), *self.values

    def terms(self, expr: Expr, around: Term = Term()) -> list[Term]:
        """The sums of products that an expression is, within the sums and brackets around it."""
        if not expr.has(*_STRUCTURE, *self._named):
            return [Term(coefficient=expr)] if expr != 0 else []
        if isinstance(expr, Add):
            return [term for part in expr.args for term in self.terms(part, around)]
        if isinstance(expr, Mul):
            return self._product(expr.args, around)
        if isinstance(expr, sympy.Pow) and expr.exp.is_Integer and expr.exp.is_positive:
            return self._product([expr.base] * int(expr.exp), around)
        if isinstance(expr, Sum):
            return self._sum(expr, around)
        if isinstance(expr, Partial):
            return self._partial(expr, around)
        if isinstance(expr, Iverson):
            return [Term(conditions=(expr.args[0],))]
        if isinstance(expr, KroneckerDelta):
            return [Term(conditions=(Eq(*expr.args[:2]),))]
        if isinstance(expr, Piecewise):
            return self._branches(expr, around)
        if isinstance(expr, Overlap):
            return [self._overlap(expr)]
        if isinstance(expr, Indexed):
            letter, indices = str(expr.base.label), expr.indices
            self.read += [(around, index) for index in indices if not index.is_integer]
            if letter in self._definitions:
                return self._definitions[letter](*indices)
            return [Term(entries=((letter, tuple(indices)),))]
        if expr == self.setting.loss:
            delta = self._over("output", lambda i: ())
            return [delta.times(term) for term in self._output(*delta.bound)]
        if expr in self._named:
            value = self.values.get(expr, expr)
            return [Term(coefficient=value) if value.is_Rational else Term(entries=((expr.name, ()),))]
        if not expr.has(*(kind for kind in _STRUCTURE if kind is not Iverson), *self._named):
            return [Term(coefficient=expr)]
        raise NotAffineError(f"{expr} is no sum of products of entries")

    def _product(self, factors: Sequence[Expr], around: Term) -> list[Term]:
        """The factors are read where the brackets among them hold."""
        brackets = tuple(factor.args[0] for factor in factors if isinstance(factor, Iverson))
        around = around.times(Term(conditions=brackets))
        found = [Term()]
        for factor in factors:
            parts = self.terms(factor, around)
            found = [term.times(other) for term in found for other in parts]
        return found

    def _branches(self, expr: Piecewise, around: Term) -> list[Term]:
        """Each branch under its condition and none of those before it."""
        found: list[Term] = []
        before: list[Any] = []
        for value, condition in expr.args:
            here = Term(conditions=(condition, *before))
            found += [here.times(term) for term in self.terms(value, around.times(here))]
            before.append(sympy.Not(condition))
        return found

    def inside(self, term: Term) -> Term:
        """The products of a term whose entries lie within their sequences."""
        own = (entry for entry in term.entries if entry[1] and entry[0] in self._indices)
        inside = (condition for entry in own for condition in self._within(*entry))
        return replace(term, conditions=(*term.conditions, *inside))

    def _within(self, letter: str, places: Sequence[Expr]) -> Iterator[Any]:
        """The conditions that an entry lies within its sequence."""
        for index, place in zip(self._indices[letter], places, strict=True):
            yield _between(place, self.setting.last(index))

    def _met(self, i: Sequence[Expr], k: Sequence[Expr], j: Sequence[Expr]) -> tuple[Any, ...]:
        index = {"output": i, "tap": k, "input": j}
        plain = {role: self.setting.indices(role) for role in index}
        plain["tap"] = self.setting.indices("tap", plain["output"])
        plain["input"] = self.setting.indices("input", (*plain["output"], *plain["tap"]))
        swap = {old: new for role in index for old, new in zip(plain[role], index[role], strict=True)}
        pairs = self.setting.equations(plain)
        return tuple(Eq(left.xreplace(swap), right.xreplace(swap)) for left, right in pairs)

    def _over(self, role: str, condition: Callable[[tuple[Symbol, ...]], tuple[Any, ...]]) -> Term:
        """The entries of an operand whose indices satisfy a condition."""
        indices = self.setting.indices(role)
        own = _new(indices)
        inside = (_between(at, self.setting.last(index)) for index, at in zip(indices, own, strict=True))
        found = Term(own, (*inside, *condition(own)))
        if role == "tap":
            return found.times(*self.terms(self.setting.entry("kernel", *own)))
        letters = {"input": self.setting.notation.input, "output": self.setting.notation.upstream}
        return replace(found, entries=((letters[role], own),))

    def _split(self, places: Sequence[Expr], *roles: str) -> list[tuple[Expr, ...]]:
        rest = iter(places)
        return [tuple(islice(rest, len(self.setting.extents[role]))) for role in roles]

    def _matrix(self, *places: Expr) -> list[Term]:
        i, j = self._split(places, "output", "input")
        return [self._over("tap", lambda k: self._met(i, k, j))]

    def _windows(self, *places: Expr) -> list[Term]:
        roles = self.setting.window_roles
        at = dict(zip(roles, self._split(places, *roles), strict=True))
        return [self._over("input", lambda j: self._met(at["output"], at["tap"], j))]

    def _upstream_matrix(self, *places: Expr) -> list[Term]:
        j, k = self._split(places, "input", "tap")
        return [self._over("output", lambda i: self._met(i, k, j))]

    def _tying(self, *places: Expr) -> list[Term]:
        i, j, k = self._split(places, "output", "input", "tap")
        return [Term(conditions=self._met(i, k, j))]

    def _padded(self, *places: Expr) -> list[Term]:
        indices, inside = self.setting.unpadded(self.setting.padded[places])
        conditions = tuple(_between(place, last) for place, last in inside)
        return [Term((), conditions, ((self.setting.notation.input, tuple(indices)),))]

    def _output(self, *i: Expr) -> list[Term]:
        n, taps = self.setting.notation, self._over("tap", lambda k: ())
        found = [taps.times(self._over("input", lambda j: self._met(i, taps.bound, j)))]
        if not self.setting.bias:
            return found
        plain = self.setting.indices("output")
        swap = dict(zip(plain, i, strict=True))
        bias = tuple(swap[index] for index in self.setting.bias_indices(plain))
        return [*found, Term(entries=((n.bias, bias),))]

    def _sum(self, expr: Sum, around: Term) -> list[Term]:
        swap: dict[Symbol, Symbol] = {}
        head = Term()
        for index, low, high in reversed(expr.limits):  # the outermost first
            fresh, (low, high) = Dummy(index.name, integer=True), (e.xreplace(swap) for e in (low, high))
            lows = low.args if isinstance(low, sympy.Max) else (low,)
            highs = high.args if isinstance(high, sympy.Min) else (high,)
            limits = [sympy.Le(part, fresh, evaluate=False) for part in lows]
            limits += [sympy.Le(fresh, part, evaluate=False) for part in highs]
            head, swap = head.times(Term((fresh,), tuple(limits))), {**swap, index: fresh}
        inner = self._product(Mul.make_args(expr.function.xreplace(swap)), around.times(head))
        return [head.times(term) for term in inner]

    def _partial(self, expr: Partial, around: Term) -> list[Term]:
        """The product rule: term entry at a time gives way to the equality of its indices."""
        by = expr.args[1]
        letter, place = (str(by.base.label), by.indices) if isinstance(by, Indexed) else (by.name, ())
        found = []
        for term in self.terms(expr.args[0], around):
            for at, (name, indices) in enumerate(term.entries):
                if name == letter:
                    same = tuple(Eq(a, b) for a, b in zip(indices, place, strict=True))
                    rest = term.entries[:at] + term.entries[at + 1 :]
                    found.append(replace(term, conditions=term.conditions + same, entries=rest))
        return found

    def _overlap(self, expr: Overlap) -> Term:
        """``sum_m a[n - m] b[m]`` or ``sum_m a[n + m] b[m]`` on spread sequences."""
        kind, left, right, *at = expr.args
        sign = -1 if str(kind) == "star" else 1
        for factor in (*left.args[1:], *right.args[1:]):
            if not factor.is_positive:
                raise NotAffineError(f"a sequence spread by {factor} is not decided")
        (a, wide), (b, narrow) = ((str(side.args[0].label), side.args[1:]) for side in (left, right))
        p, q = _new(self._indices[a]), _new(self._indices[b])
        meet = (
            Eq(w * x + sign * v * y, place) for w, x, v, y, place in zip(wide, p, narrow, q, at, strict=True)
        )
        return Term((*p, *q), (*self._within(a, p), *self._within(b, q), *meet), ((a, p), (b, q)))


_STRUCTURE = (Indexed, Sum, Iverson, Partial, Overlap, KroneckerDelta, Piecewise)


def _new(indices: Sequence[Symbol]) -> tuple[Symbol, ...]:
    """Indices of the same names that nothing else has."""
    return tuple(Dummy(index.name, integer=True) for index in indices)


def _between(place: Expr, last: Expr) -> Any:
    """The condition ``0 <= place <= last``."""
    return Within(S.Zero, place, last).boolean()
