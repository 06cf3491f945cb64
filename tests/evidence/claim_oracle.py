"""Formulas and layers by plain loops over fractions: the judge of claims, with no code of the package."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import product
from math import ceil, floor, prod
from typing import Any

#: A monomial: its entries, each a letter and its indices, sorted.
Monomial = tuple[tuple[str, tuple[int, ...]], ...]
Poly = dict[Monomial, Fraction]
Names = dict[str, Any]


class Undefined(Exception):  # noqa: N818
    """A formula reads between two entries, or divides by zero."""


# Formulas: text to nested tuples, and these to polynomials at numbers.

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

    def at(self, names: Names, case: Case) -> Poly:
        """The polynomial at numbers; entries outside a sequence are 0."""
        return _poly(self.tree, names, case)


def _poly(tree: tuple[Any, ...], names: Names, case: Case) -> Poly:
    kind, *parts = tree
    if kind == "plus":
        return _plus(_poly(part, names, case) for part in parts)
    if kind == "times":
        factors = list(_flat(parts))
        if ("number", 0) in factors or any(f[0] == "bracket" and not _holds(f, names) for f in factors):
            return {}
        found: Poly = {(): Fraction(1)}
        for factor in factors:
            found = _times(found, _poly(factor, names, case))
        return found
    if kind == "sum":
        name, low, high, body = parts
        ends = range(ceil(_number(low, names)), floor(_number(high, names)) + 1)
        return _plus(_poly(body, {**names, name: value}, case) for value in ends)
    if kind == "entry":
        letter, indices = parts
        return case.entry(letter, [_number(index, names) for index in indices])
    if kind == "overlap":
        return _overlapped(*parts, names, case)
    if kind == "name" and parts[0] == case.scalar_bias and parts[0] not in names:
        return {((parts[0], ()),): Fraction(1)}
    value = _number(tree, names)
    return {(): value} if value else {}


def _overlapped(kind: str, left: Any, right: Any, place: Any, names: Names, case: Case) -> Poly:
    (a, wide), (b, narrow) = left, right
    wide, narrow, at = _number(wide, names), _number(narrow, names), _number(place, names)
    if any(factor < 1 or factor != int(factor) for factor in (wide, narrow)):
        raise Undefined("a sequence spread by no whole number")
    (n,), base, found = case.shapes[b], case.base, []
    for m in range(n):
        # conv: a place counted from 0 is the sum of both; in the text it is counted twice from the base
        spot = at + narrow * m if kind == "corr" else at - 2 * base - narrow * m
        if spot % wide == 0:
            found.append(_times(case.entry(a, [spot / wide + base]), case.entry(b, [Fraction(m + base)])))
    return _plus(found)


def _flat(factors: list[Any]) -> Iterator[Any]:
    for factor in factors:
        if factor[0] == "times":
            yield from _flat(factor[1:])
        else:
            yield factor


def _plus(polys: Any) -> Poly:
    total: Poly = {}
    for poly in polys:
        for monomial, number in poly.items():
            total[monomial] = total.get(monomial, Fraction(0)) + number
    return {monomial: number for monomial, number in total.items() if number}


def _times(left: Poly, right: Poly) -> Poly:
    found: list[Poly] = [
        {tuple(sorted(m + n)): a * b} for (m, a), (n, b) in product(left.items(), right.items())
    ]
    return _plus(found)


def _holds(tree: tuple[Any, ...], names: Names) -> bool:
    _, sides, kinds = tree
    values = [_number(side, names) for side in sides]
    for at, kind in enumerate(kinds):
        left, right = values[at], values[at + 1]
        if kind in ("divides", "|"):
            if left == 0:
                raise Undefined("divides by zero")
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
            raise Undefined("divides by zero")
        return 1 / value
    if kind == "bracket":
        return Fraction(_holds(tree, names))
    assert kind == "call", tree
    function, arguments = parts
    values = [_number(argument, names) for argument in arguments]
    if function == "mod":
        if values[1] == 0:
            raise Undefined("divides by zero")
        return values[0] - values[1] * floor(values[0] / values[1])
    return Fraction(
        {"floor": floor, "ceil": ceil, "min": min, "max": max}[function](*_args(function, values))
    )


def _args(function: str, values: list[Fraction]) -> list[Any]:
    return values if function in ("floor", "ceil") else [values]


# Layers: what each output meets, by loops.


@cache
def _read(text: str) -> tuple[Any, ...]:
    return Formula(text).tree


@dataclass(frozen=True)
class Axis:
    """One spatial axis, its sizes as text."""

    size: str = "N"
    kernel: str = "K"
    stride: str = "1"
    dilation: str = "1"
    before: str = "0"
    after: str = "0"
    flip: bool = False
    transposed: bool = False
    extra: str = "0"
    circular: bool = False


@dataclass(frozen=True)
class Layer:
    """A layer as text; ``kind`` is "weights", "mean" or "choice"."""

    axes: tuple[Axis, ...] = (Axis(),)
    channels: tuple[str, str, str] | None = None
    batch: str | None = None
    bias: bool = False
    kind: str = "weights"
    base: int = 0

    def at(self, sizes: dict[str, int]) -> Case | None:
        """The layer at numbers, where it is possible."""
        axes = []
        for axis in self.axes:
            values = {
                name: _number(_read(getattr(axis, name)), sizes)
                for name in ("size", "kernel", "stride", "dilation", "before", "after", "extra")
            }
            if any(value.denominator != 1 for value in values.values()):
                return None
            n, k, s, d, p, q, a = map(int, values.values())
            if min(n, k, s, d) < 1 or min(p, q, a) < 0 or (axis.circular and max(p, q) > n):
                return None
            reach = d * (k - 1)
            m = (n - 1) * s - p - q + reach + a + 1 if axis.transposed else (n + p + q - reach - 1) // s + 1
            if m < 1 or (axis.transposed and a >= max(s, d)):
                return None
            if self.kind != "weights" and max(p, q) * 2 > reach + 1:
                return None
            axes.append((n, k, s, d, p, m, axis.flip, axis.transposed, axis.circular))
        counts = [int(_number(_read(c), sizes)) for c in self.channels or ()]
        if counts and (min(counts) < 1 or counts[0] % counts[2] or counts[1] % counts[2]):
            return None
        batch = int(_number(_read(self.batch), sizes)) if self.batch else None
        if batch is not None and batch < 1:
            return None
        return Case(self, tuple(axes), tuple(counts), batch)


@dataclass(frozen=True)
class Case:
    """A layer at numbers: its sequences, and what each quantity is at each index."""

    layer: Layer
    axes: tuple[tuple[Any, ...], ...]
    counts: tuple[int, ...]
    batch: int | None
    shapes: dict[str, tuple[int, ...]] = field(init=False)

    def __post_init__(self) -> None:
        n, k, m = (tuple(axis[at] for axis in self.axes) for at in (0, 1, 5))
        if self.counts:
            inputs, outputs, groups = self.counts
            n, k, m = (inputs, *n), (outputs, inputs // groups, *k), (outputs, *m)
        if self.batch is not None:
            n, m = (self.batch, *n), (self.batch, *m)
        shapes = {"x": n, "w": k, "delta": m, "b": (self.counts[1],) if self.counts else ()}
        if self.layer.kind == "choice":
            del shapes["w"]
            shapes["S"] = (*m, *k)
        object.__setattr__(self, "shapes", shapes)

    @property
    def base(self) -> int:
        return self.layer.base

    @property
    def scalar_bias(self) -> str:
        return "b" if self.layer.bias and not self.counts else ""

    @property
    def size(self) -> int:
        """How many products of an output and a tap there are."""
        return prod(axis[1] * axis[5] for axis in self.axes)

    def entry(self, letter: str, indices: list[Fraction]) -> Poly:
        if any(index.denominator != 1 for index in indices):
            raise Undefined(f"reads {letter} between two entries")
        places = tuple(int(index) - self.base for index in indices)
        if all(0 <= at < count for at, count in zip(places, self.shapes[letter], strict=True)):
            return {((letter, places),): Fraction(1)}
        return {}

    def indices(self, quantity: str) -> Iterator[tuple[int, ...]]:
        """All values of the kept indices, counted from 0."""
        return product(*map(range, self.extents(quantity)))

    def extents(self, quantity: str) -> list[int]:
        """How many values each kept index has."""
        return [count for role in _KEPT[quantity] for count in self._roles[role]]

    @property
    def _roles(self) -> dict[str, tuple[int, ...]]:
        taps = self.shapes["w" if "w" in self.shapes else "S"]
        outputs = self.shapes["delta"]
        own = len(outputs) if self.layer.kind == "choice" else 0
        return {"o": outputs, "i": self.shapes["x"], "t": taps[own:]}

    def truth(self, quantity: str, kept: tuple[int, ...]) -> Poly:
        """A quantity at its kept indices, counted from 0."""
        if quantity == "output_size":
            return {(): Fraction(self.axes[0][5])}
        fixed: dict[str, tuple[int, ...]] = {}
        at = 0
        for role in _KEPT[quantity]:
            count = len(self._roles[role])
            fixed[role] = kept[at : at + count]
            at += count
        found = []
        for o, t, i in self._triples(fixed):
            factors: dict[str, Poly] = {
                "t": self._weight(o, t),
                "i": {(("x", i),): Fraction(1)},
                "o": {(("delta", o),): Fraction(1)},
            }
            term: Poly = {(): Fraction(1)}
            for role in _MULTIPLIED[quantity]:
                term = _times(term, factors[role])
            found.append(term)
        if quantity == "output" and self.layer.bias:
            own = kept[1:2] if self.batch is not None else kept[:1]
            found.append({(("b", own if self.counts else ()),): Fraction(1)})
        return _plus(found)

    def _weight(self, o: tuple[int, ...], t: tuple[int, ...]) -> Poly:
        if self.layer.kind == "mean":
            return {(): Fraction(1, prod(axis[1] for axis in self.axes))}
        return {(("S", (*o, *t)),) if self.layer.kind == "choice" else (("w", t),): Fraction(1)}

    def _triples(self, fixed: dict[str, tuple[int, ...]]) -> Iterator[tuple[Any, Any, Any]]:
        """Each output, tap and input that meet and have the fixed indices."""
        lead, channels = int(self.batch is not None), bool(self.counts)
        skip = {"o": lead + channels, "t": 2 * channels, "i": lead + channels}
        spatial = [
            list(
                _met(
                    axis,
                    *(fixed[role][skip[role] + at] if role in fixed else None for role in ("o", "t", "i")),
                )
            )
            for at, axis in enumerate(self.axes)
        ]
        for n, (co, ct, ci) in product(self._batches(fixed), self._channels(fixed, lead)):
            for meeting in product(*spatial):
                o, t, i = (tuple(part[role] for part in meeting) for role in range(3))
                yield (*n, *co, *o), (*ct, *t), (*n, *ci, *i)

    def _batches(self, fixed: dict[str, tuple[int, ...]]) -> list[tuple[int, ...]]:
        if self.batch is None:
            return [()]
        wanted = {fixed[role][0] for role in ("o", "i") if role in fixed}
        return [(n,) for n in range(self.batch) if wanted <= {n}]

    def _channels(self, fixed: dict[str, tuple[int, ...]], lead: int) -> Iterator[tuple[Any, Any, Any]]:
        if not self.counts:
            yield (), (), ()
            return
        inputs, outputs, groups = self.counts
        for o in range(outputs):
            for c in range(inputs // groups):
                i = o // (outputs // groups) * (inputs // groups) + c
                same = ("o", (o,), lead), ("t", (o, c), 0), ("i", (i,), lead)
                if all(r not in fixed or fixed[r][start : start + len(own)] == own for r, own, start in same):
                    yield (o,), (o, c), (i,)


def _met(
    axis: tuple[Any, ...], o: int | None, t: int | None, i: int | None
) -> Iterator[tuple[int, int, int]]:
    """The meetings of one axis, by loops over what is not fixed."""
    n, k, s, d, p, m, flip, transposed, circular = axis
    near, far = (i, o) if transposed else (o, i)  # far = s near + d tap - p
    nears, fars = (n, m) if transposed else (m, n)
    for tap in range(k) if t is None else (t,):
        offset = d * (k - 1 - tap if flip else tap) - p
        if near is not None:
            places = [near]
        elif far is not None and not circular:
            places = [(far - offset) // s] if (far - offset) % s == 0 else []
        else:
            places = list(range(nears))
        for place in places:
            target = s * place + offset
            if circular:
                target %= n
            if 0 <= place < nears and 0 <= target < fars and far in (None, target):
                yield (target, tap, place) if transposed else (place, tap, target)


#: The roles of the kept indices, in their order, and what is multiplied: Output, Tap, Input.
_KEPT = {
    "output_size": "", "output": "o", "matrix": "oi", "windows": "ot", "grad_input": "i", "grad_kernel": "t",
    "upstream_matrix": "it", "tying": "oit", "grad_bias": "b",
}  # fmt: skip
_MULTIPLIED = {
    "output": "ti", "matrix": "t", "windows": "i", "grad_input": "to", "grad_kernel": "oi",
    "upstream_matrix": "o", "tying": "",
}  # fmt: skip


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
                poly = _times(poly, {(): Fraction(factor)})
            else:
                letter, _, places = factor.rstrip("]").partition("[")
                indices = tuple(int(place) for place in places.split(",")) if places else ()
                poly = _times(poly, {((letter, indices),): Fraction(1)})
        found.append(poly)
    return _plus(found)
