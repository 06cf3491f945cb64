"""Expressions of a derivation read as sets: which entries are multiplied, for which indices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeAlias

import sympy
from sympy import Add, Dummy, Eq, Expr, Indexed, KroneckerDelta, Mod, Mul, Piecewise, S, Sum, Symbol

from symconv.evidence.isl_constraints import NotAffineError
from symconv.index_sums.nodes import Overlap, Partial, Within
from symconv.index_sums.symbols import LayerSymbols
from symconv.pattern import ROLES
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


#: Indices that may be fractions, each with the sums and brackets around it.
Reads: TypeAlias = Sequence[tuple[Term, Expr]]


class Reader:
    """Reads expressions as sums, by the definitions that every derivation starts from.

    ``read`` collects the indices that may be fractions, each with the sums and brackets around it;
    ``values`` holds the value of a constant kernel, by its letter.
    """

    def __init__(self, setting: LayerSymbols, meant: Mapping[Symbol, Expr] = MappingProxyType({})) -> None:
        self.setting, self._meant = setting, meant
        self.read: list[tuple[Term, Expr]] = []
        n = setting.notation
        self._definitions: Mapping[str, Callable[..., list[Term]]] = {
            **{letter: self._contracted(*roles) for letter, roles in setting.matrices.items()},
            n.output: self._output,
            str(setting.padded.label): self._padded,
        }
        inputs, outputs, taps = map(setting.indices, ("input", "output", "tap"))
        self._indices = {
            n.input: inputs,
            n.upstream: outputs,
            n.kernel: setting.kernel.indices(setting.spec.tied, taps),
            **({n.bias: setting.bias_indices(outputs)} if setting.bias else {}),
        }
        constants = [setting.constant] if setting.constant else []
        self.values = {letter: value for letter, value in constants if letter.is_Symbol}
        self._named = setting.loss, *([Symbol(n.bias)] if setting.bias else []), *self.values

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
            delta = self._over("output")
            return [delta.times(term) for term in self._output(*delta.bound)]
        if expr in self._named:
            value = self.values.get(expr, expr)
            return [Term(coefficient=value) if value.is_Rational else Term(entries=((expr.name, ()),))]
        if not expr.has(*(kind for kind in _STRUCTURE if kind is not Iverson), *self._named):
            return [Term(coefficient=expr)]
        raise NotAffineError(f"{expr} is not a sum of products of entries")

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

    def _over(self, role: str) -> Term:
        """The entries of an operand."""
        indices = self.setting.indices(role)
        own = _new(indices)
        ends = zip(own, map(self.setting.last, indices), strict=True)
        found = Term(own, tuple(_between(at, last) for at, last in ends))
        if role == "tap":
            return found.times(*self.terms(self.setting.entry("kernel", *own)))
        letters = {"input": self.setting.notation.input, "output": self.setting.notation.upstream}
        return replace(found, entries=((letters[role], own),))

    def _contracted(self, *roles: str) -> Callable[..., list[Term]]:
        """The quantity that keeps some roles: the others are summed over with their operands."""

        def terms(*places: Expr) -> list[Term]:
            rest, found = iter(places), Term()
            index = {role: tuple(islice(rest, len(self.setting.extents[role]))) for role in roles}
            for role in (role for role in ROLES if role not in roles):
                operand = self._over(role)
                index[role], found = operand.bound, found.times(operand)
            return [found.times(Term(conditions=self._met(*(index[role] for role in ROLES))))]

        return terms

    def _padded(self, *places: Expr) -> list[Term]:
        indices, inside = self.setting.unpadded(self.setting.padded[places])
        conditions = tuple(_between(place, last) for place, last in inside)
        return [Term((), conditions, ((self.setting.notation.input, tuple(indices)),))]

    def _output(self, *i: Expr) -> list[Term]:
        n, found = self.setting.notation, self._contracted("output")(*i)
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
        left, right, *at = expr.args
        for factor in (part.xreplace(self._meant) for part in (*left.args[1:], *right.args[1:])):
            if not (factor.is_integer and factor.is_positive):
                raise NotAffineError(f"the upsampling factor {factor} is not a positive whole number")
        (a, wide), (b, narrow) = ((str(side.args[0].label), side.args[1:]) for side in (left, right))
        p, q = _new(self._indices[a]), _new(self._indices[b])
        every = zip(wide, p, narrow, q, at, strict=True)
        meet = (Eq(w * x - expr.sign * v * y, place) for w, x, v, y, place in every)
        return Term((*p, *q), (*self._within(a, p), *self._within(b, q), *meet), ((a, p), (b, q)))


def fractional(setting: LayerSymbols, expr: Expr, numbers: Mapping[Symbol, Expr]) -> Reads:
    """The indices of an expression that may be fractions, and the sums and brackets around each.

    ``numbers`` is put in last, when no term can become 0 and be lost with what it reads.
    """
    reader = Reader(setting, numbers)
    reader.terms(expr)
    return [(around.at(numbers), index.xreplace(numbers)) for around, index in reader.read]


_STRUCTURE = (Indexed, Sum, Iverson, Partial, Overlap, KroneckerDelta, Piecewise)


def _new(indices: Sequence[Symbol]) -> tuple[Symbol, ...]:
    """Indices of the same names that nothing else has."""
    return tuple(Dummy(index.name, integer=True) for index in indices)


def _between(place: Expr, last: Expr) -> Any:
    """The condition ``0 <= place <= last``."""
    return Within(S.Zero, place, last).boolean()
