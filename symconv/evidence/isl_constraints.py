"""Conditions and affine expressions as integer sets, and what is taken for granted."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import sympy
from sympy import And, Eq, Expr, Ge, Le, Mod, Or, S, Symbol, expand

from symconv.errors import SymconvError
from symconv.index_sums.nodes import Within
from symconv.index_sums.symbols import LayerSymbols, least
from symconv.printing.expressions import Iverson


class NotAffineError(SymconvError):
    """An expression that integer sets cannot hold, such as a product of two symbols."""


class Coordinates:
    """Symbols as the coordinates of integer points: sizes as parameters, indices as dimensions.

    Values are exact fractions at integer points. Nothing is rounded but where an expression says floor
    or ceiling.
    """

    def __init__(self, isl: Any, sizes: Sequence[Symbol], indices: Sequence[Symbol]) -> None:
        names = ([f"{kind}{at}" for at in range(len(s))] for kind, s in (("p", sizes), ("i", indices)))
        space = isl.Space.create_from_names(isl.DEFAULT_CONTEXT, params=next(names), set=next(names))
        domain = isl.LocalSpace.from_space(space)
        self._isl = isl
        self.everywhere = isl.Set.universe(space)
        self._known: dict[Expr, Any] = {
            symbol: isl.PwAff.var_on_domain(domain, kind, at)
            for kind, symbols in ((isl.dim_type.param, sizes), (isl.dim_type.set, indices))
            for at, symbol in enumerate(symbols)
        }

    def value(self, expr: Expr) -> Any:
        """A piecewise affine expression of sizes and indices."""
        if expr not in self._known:
            try:
                self._known[expr] = self._value(expr)
            except NotAffineError:
                expanded = expand(expr)
                if expanded == expr:
                    raise
                self._known[expr] = self._value(expanded)
        return self._known[expr]

    def _value(self, expr: Expr) -> Any:
        if isinstance(expr, sympy.Rational):
            return self.constant(self.everywhere, expr)
        if isinstance(expr, Iverson):
            zero = self.constant(self.everywhere, S.Zero)
            return self.constant(self.where(expr.args[0]), S.One).union_add(zero)
        if isinstance(expr, Mod) and expr.args[1].is_Rational:
            number, divisor = map(self.value, expr.args)
            return number.sub(number.div(divisor).floor().mul(divisor))
        if isinstance(expr, sympy.Pow) and expr.exp.is_Integer and expr.exp.is_positive:
            return reduce(self._product, [self.value(expr.base)] * int(expr.exp))
        combine = next((combine for kind, combine in _COMBINE.items() if isinstance(expr, kind)), None)
        if combine is not None:
            return combine(*map(self.value, expr.args))
        if isinstance(expr, sympy.Mul):
            return reduce(self._product, map(self.value, expr.args))
        shown = expr.xreplace({dummy: Symbol(dummy.name) for dummy in expr.atoms(sympy.Dummy)})
        raise NotAffineError(f"{shown} is not affine")

    def constant(self, domain: Any, number: Expr) -> Any:
        """A number at the points of a set."""
        return self._isl.PwAff.val_on_domain(domain, self._isl.Val(str(number)))

    def _product(self, left: Any, right: Any) -> Any:
        if not (left.is_cst() or right.is_cst()):
            raise NotAffineError("a product of two sizes or indices is not affine")
        return left.mul(right)

    def where(self, condition: Any) -> Any:
        """The set of the points at which a condition holds."""
        if condition in (True, False):
            return self.everywhere if condition else self.everywhere.complement()
        if isinstance(condition, sympy.Not | sympy.Ne | sympy.Lt | sympy.Gt):
            return self.where(~condition).complement()
        if isinstance(condition, And | Or):
            sets = map(self.where, condition.args)
            return reduce(lambda a, b: a.intersect(b) if isinstance(condition, And) else a.union(b), sets)
        if not isinstance(condition, Eq | Le | Ge):
            raise NotAffineError(f"{condition} is not a condition on sizes and indices")
        # isl's own comparisons read "more" as "at least 1 more", which is wrong of fractions
        gap = self.value(condition.lhs).sub(self.value(condition.rhs))
        if isinstance(condition, Eq):
            return gap.zero_set()
        return (gap if isinstance(condition, Ge) else gap.neg()).nonneg_set()

    def within(self, domain: Any, conditions: Sequence[Any]) -> Any:
        """The points of a set at which conditions hold."""
        return reduce(lambda found, condition: found.intersect(self.where(condition)), conditions, domain)

    def fractional(self, expr: Expr) -> Any:
        """The set of the points at which a value is no integer."""
        value = self.value(expr)
        return value.sub(value.floor()).zero_set().complement()


_COMBINE: Mapping[type, Callable[..., Any]] = {
    sympy.Add: lambda *values: reduce(lambda a, b: a.add(b), values),
    sympy.Max: lambda *values: reduce(lambda a, b: a.max(b), values),
    sympy.Min: lambda *values: reduce(lambda a, b: a.min(b), values),
    sympy.floor: lambda value: value.floor(),
    sympy.ceiling: lambda value: value.ceil(),
    sympy.Abs: lambda value: value.max(value.neg()),
}


def given(setting: LayerSymbols, kept: Sequence[Symbol]) -> list[Any]:
    """What is taken for granted: what the symbols are, sizes that a layer can have, kept indices in range."""
    facts = [fact(s) for s in setting.symbols for name, fact in _KNOWN.items() if _told(s, name)]
    facts += [Ge(size, least(name), evaluate=False) for name, size in setting.sizes.items()]
    for axis in setting.exact_spec.axes:
        facts += [Ge(expand(last - reach), 0, evaluate=False) for last, reach in axis.size_counts(S.Zero)]
    facts += [limit for relation in setting.exact_spec.pattern.relations for limit in relation.limits]
    facts += setting.spec.conditions
    facts += [Eq(letter, size, evaluate=False) for letter, size in setting.definitions.items()]
    return [*facts, *(Within(S.Zero, index, setting.last(index)).boolean() for index in kept)]


def _told(symbol: Symbol, name: str) -> bool:
    """Whether an assumption is made of a symbol, and no stronger one about its sign."""
    known = symbol.assumptions0
    stronger = {"nonnegative": "positive", "nonpositive": "negative"}.get(name, "")
    return bool(known.get(name)) and not known.get(stronger)


#: What an assumption about a symbol says in the language of integer sets.
_KNOWN: Mapping[str, Callable[[Symbol], Any]] = {
    "positive": lambda s: Ge(s, 1, evaluate=False),
    "nonnegative": lambda s: Ge(s, 0, evaluate=False),
    "negative": lambda s: Le(s, -1, evaluate=False),
    "nonpositive": lambda s: Le(s, 0, evaluate=False),
    "even": lambda s: Eq(Mod(s, 2, evaluate=False), 0, evaluate=False),
    "odd": lambda s: Eq(Mod(s, 2, evaluate=False), 1, evaluate=False),
}
