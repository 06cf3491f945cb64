"""Formulas in index notation, evaluated as they stand over fractions, with no code of the package."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from math import ceil, floor, prod
from typing import Any, Protocol

#: A monomial: its entries, each a letter and its indices, sorted.
Monomial = tuple[tuple[str, tuple[int, ...]], ...]
Poly = dict[Monomial, Fraction]
Names = dict[str, Any]


class Sequences(Protocol):
    """The sequences that a formula reads at given sizes: their entries, shapes and first index."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]: ...

    @property
    def base(self) -> int: ...

    @property
    def scalar_bias(self) -> str: ...

    def entry(self, letter: str, indices: list[Fraction]) -> Poly: ...


class UndefinedError(Exception):
    """A formula reads between two entries, or divides by zero."""


_TOKEN = re.compile(r"\s*(\d+|[A-Za-z]\w*'*|\.\.|<=|>=|[-+*/^()\[\],=<>|])")


class Formula:
    """Text in index notation, read and evaluated as it stands."""

    def __init__(self, text: str) -> None:
        self._tokens = [*_TOKEN.findall(text), ""]
        assert "".join(self._tokens) == re.sub(r"\s", "", text), text
        self._at = 0
        self.tree = self._total()
        assert self._tokens[self._at] == "", (text, self._tokens[self._at :])

    def _next(self, *wanted: str) -> str:
        token = self._tokens[self._at]
        assert not wanted or token in wanted, (token, wanted)
        self._at += 1
        return token

    def _peek(self, *tokens: str) -> bool:
        return self._tokens[self._at] in tokens

    def _total(self) -> tuple[Any, ...]:
        negative = self._peek("-") and bool(self._next())
        found = self._product()
        terms = [("times", ("number", -1), found) if negative else found]
        while self._peek("+", "-"):
            sign = 1 if self._next() == "+" else -1
            terms.append(("times", ("number", sign), self._product()))
        return terms[0] if len(terms) == 1 else ("plus", *terms)

    def _product(self) -> tuple[Any, ...]:
        factors = [self._factor()]
        while self._peek("*", "/"):
            kind = self._next()
            factor = self._factor()
            factors.append(factor if kind == "*" else ("inverse", factor))
        return factors[0] if len(factors) == 1 else ("times", *factors)

    def _factor(self) -> tuple[Any, ...]:
        if self._peek("sum"):
            self._next()
            self._next("(")
            name = self._next()
            self._next("=")
            low = self._total()
            self._next("..")
            high = self._total()
            self._next(")")
            return ("sum", name, low, high, self._product())
        found = self._atom()
        if self._peek("^"):
            self._next()
            return ("times", *[found] * int(self._next()))
        return found

    def _atom(self) -> tuple[Any, ...]:
        token = self._next()
        if token.isdigit():
            return ("number", int(token))
        if token == "(":
            found = self._total()
            self._next(")")
            return found
        if token == "[":
            sides, kinds = [self._total()], []
            while not self._peek("]"):
                kinds.append(self._next("=", "<=", "<", ">=", ">", "divides", "|"))
                sides.append(self._total())
            self._next("]")
            return ("bracket", tuple(sides), tuple(kinds))
        if token in ("floor", "ceil", "min", "max", "mod"):
            return ("call", token, self._list("(", ")"))
        if token in ("conv", "corr"):
            self._next("(")
            left = self._sequence()
            self._next(",")
            right = self._sequence()
            self._next(")")
            return ("overlap", token, left, right, self._list("[", "]")[0])
        if self._peek("["):
            return ("entry", token, self._list("[", "]"))
        return ("name", token)

    def _list(self, opened: str, closed: str) -> tuple[Any, ...]:
        self._next(opened)
        found = [self._total()]
        while self._peek(","):
            self._next()
            found.append(self._total())
        self._next(closed)
        return tuple(found)

    def _sequence(self) -> tuple[str, Any]:
        name = self._next()
        if name != "spread":
            return name, ("number", 1)
        self._next("(")
        letter = self._next()
        self._next(",")
        factor = self._total()
        self._next(")")
        return letter, factor

    def at(self, names: Names, case: Sequences) -> Poly:
        """The polynomial at numbers; entries outside a sequence are 0."""
        return _poly(self.tree, names, case)


def _poly(tree: tuple[Any, ...], names: Names, case: Sequences) -> Poly:
    kind, *parts = tree
    if kind == "plus":
        return plus(_poly(part, names, case) for part in parts)
    if kind == "times":
        factors = list(_flat(parts))
        if ("number", 0) in factors or any(f[0] == "bracket" and not _holds(f, names) for f in factors):
            return {}
        found: Poly = {(): Fraction(1)}
        for factor in factors:
            found = times(found, _poly(factor, names, case))
        return found
    if kind == "sum":
        name, low, high, body = parts
        ends = range(ceil(_number(low, names)), floor(_number(high, names)) + 1)
        return plus(_poly(body, {**names, name: value}, case) for value in ends)
    if kind == "entry":
        letter, indices = parts
        return case.entry(letter, [_number(index, names) for index in indices])
    if kind == "overlap":
        return _overlapped(*parts, names, case)
    if kind == "name" and parts[0] == case.scalar_bias and parts[0] not in names:
        return {((parts[0], ()),): Fraction(1)}
    value = _number(tree, names)
    return {(): value} if value else {}


def _overlapped(kind: str, left: Any, right: Any, place: Any, names: Names, case: Sequences) -> Poly:
    (a, wide), (b, narrow) = left, right
    wide, narrow, at = _number(wide, names), _number(narrow, names), _number(place, names)
    if any(factor < 1 or factor != int(factor) for factor in (wide, narrow)):
        raise UndefinedError("a sequence spread by no whole number")
    (n,), base, found = case.shapes[b], case.base, []
    for m in range(n):
        # conv: a place counted from 0 is the sum of both; in the text it is counted twice from the base
        spot = at + narrow * m if kind == "corr" else at - 2 * base - narrow * m
        if spot % wide == 0:
            found.append(times(case.entry(a, [spot / wide + base]), case.entry(b, [Fraction(m + base)])))
    return plus(found)


def _flat(factors: list[Any]) -> Iterator[Any]:
    for factor in factors:
        if factor[0] == "times":
            yield from _flat(factor[1:])
        else:
            yield factor


def plus(polys: Any) -> Poly:
    """The sum of polynomials."""
    total: Poly = {}
    for poly in polys:
        for monomial, number in poly.items():
            total[monomial] = total.get(monomial, Fraction(0)) + number
    return {monomial: number for monomial, number in total.items() if number}


def times(left: Poly, right: Poly) -> Poly:
    """The product of two polynomials."""
    found: list[Poly] = [
        {tuple(sorted(m + n)): a * b} for (m, a), (n, b) in product(left.items(), right.items())
    ]
    return plus(found)


def _holds(tree: tuple[Any, ...], names: Names) -> bool:
    _, sides, kinds = tree
    values = [_number(side, names) for side in sides]
    for at, kind in enumerate(kinds):
        left, right = values[at], values[at + 1]
        if kind in ("divides", "|"):
            if left == 0:
                raise UndefinedError("divides by zero")
            if right % left != 0:
                return False
        elif not _COMPARED[kind](left, right):
            return False
    return True


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
}


@cache
def _read(text: str) -> tuple[Any, ...]:
    return Formula(text).tree


def number(text: str, names: Names) -> Fraction:
    """A number in index notation at given names."""
    return _number(_read(text), names)


def _number(tree: tuple[Any, ...], names: Names) -> Fraction:
    kind, *parts = tree
    if kind == "number":
        return Fraction(parts[0])
    if kind == "name":
        return Fraction(names[parts[0]])
    if kind == "plus":
        return sum((_number(part, names) for part in parts), Fraction(0))
    if kind == "times":
        return prod((_number(part, names) for part in parts), start=Fraction(1))
    if kind == "inverse":
        value = _number(parts[0], names)
        if value == 0:
            raise UndefinedError("divides by zero")
        return 1 / value
    if kind == "bracket":
        return Fraction(_holds(tree, names))
    assert kind == "call", tree
    function, arguments = parts
    values = [_number(argument, names) for argument in arguments]
    if function == "mod":
        if values[1] == 0:
            raise UndefinedError("divides by zero")
        return values[0] - values[1] * floor(values[0] / values[1])
    return Fraction(
        {"floor": floor, "ceil": ceil, "min": min, "max": max}[function](*_args(function, values))
    )


def _args(function: str, values: list[Fraction]) -> list[Any]:
    return values if function in ("floor", "ceil") else [values]


def read(text: str) -> Poly | str:
    """A polynomial as a refutation prints it, or why there is none."""
    if text.startswith("undefined"):
        return text
    found = []
    for term in text.split(" + "):
        poly: Poly = {(): Fraction(1)}
        for factor in re.findall(r"-?[^*\[]+(?:\[[^\]]*\])?", term):
            factor = factor.lstrip("*")
            if re.fullmatch(r"-?\d+(/\d+)?", factor):
                poly = times(poly, {(): Fraction(factor)})
            else:
                letter, _, places = factor.rstrip("]").partition("[")
                indices = tuple(int(place) for place in places.split(",")) if places else ()
                poly = times(poly, {((letter, indices),): Fraction(1)})
        found.append(poly)
    return plus(found)
