"""Both sides of a step as questions to a solver: if none has an answer, the sides are equal for all sizes.

Each side is a sum of terms, a term the sum over its own indices of products of entries. Where the indices of
the entries fix those of the term, a product occurs at most once, and two sides are equal if each product has
the same coefficient in both. Sizes, strides, dilations and paddings may all be symbols.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sympy import And, Eq, Expr, Symbol, expand

from symconv.evidence.isl_constraints import given
from symconv.evidence.isl_sets import Reader, Term
from symconv.evidence.smt_terms import (
    Fraction,
    Terms,
    UndecidedError,
    added,
    equal,
    every,
    negated,
    plus,
    times,
)
from symconv.index_sums.symbols import LayerSymbols


@dataclass(frozen=True)
class Question:
    """A script in SMT-LIB 2 that is unsatisfiable exactly when a statement holds.

    Attributes
    ----------
    statement : str
        What holds, in words, if the script is unsatisfiable.
    script : str
        Declarations and assertions, without comments.
    names : tuple of (str, str)
        The sizes and kept indices, each with the variable that stands for it.
    """

    statement: str
    script: str
    names: tuple[tuple[str, str], ...]


def questions(
    setting: LayerSymbols, sides: Sequence[Expr], kept: Sequence[Symbol], *, extended: bool = False
) -> list[Question]:
    """What has to be impossible for two sides to be equal wherever there is a layer.

    With ``extended``, what the second side reads outside a sequence is 0.

    Raises
    ------
    UndecidedError
        When a side is no sum of products whose indices fix its own.
    """
    asker = _Asker(setting, kept)
    groups: dict[str, list[tuple[int, Term]]] = {}
    found = []
    for side, sign in zip(sides, (1, -1), strict=True):
        reader = Reader(setting)
        for term in reader.terms(side):
            inside = reader.inside(term) if extended and sign == -1 else term
            letters = " ".join(sorted(letter for letter, _ in term.entries))
            groups.setdefault(letters, []).append((sign, inside))
        for around, index in reader.read:
            found.append(asker.whole(around, index))
    for letters, terms in sorted(groups.items()):
        found += asker.same(letters, terms)
    return found


class _Asker:
    """Questions about one layer, each in a script of its own."""

    def __init__(self, setting: LayerSymbols, kept: Sequence[Symbol]) -> None:
        self.setting, self.kept = setting, list(kept)
        self.facts = given(setting, kept)

    def _question(self, statement: str, terms: Terms, *claims: str) -> Question:
        """Whether claims can hold in some layer; the terms are those that the claims were made of."""
        base = [terms.condition(fact) for fact in self.facts]
        base += [terms.whole(size) for size in self.setting.sizes.values()]
        named = [*self.setting.symbols, *self.kept]
        names = tuple((symbol.name, terms.symbol(symbol)) for symbol in named)
        asserted = dict.fromkeys(a for a in (*base, *terms.facts(), *claims) if a != "true")
        lines = [f"(declare-const {variable} Int)" for variable in terms.variables]
        lines += [f"(assert {assertion})" for assertion in asserted]
        return Question(statement, "\n".join([*lines, "(check-sat)"]), names)

    def whole(self, around: Term, index: Expr) -> Question:
        """That an index is an integer wherever its entry is read."""
        terms = Terms()
        held = [terms.condition(condition) for condition in around.conditions]
        return self._question("every index of an entry that is read is whole", terms, *held,
                              f"(not {terms.whole(index)})")  # fmt: skip

    def same(self, letters: str, found: Sequence[tuple[int, Term]]) -> list[Question]:
        """That each product of entries has the same coefficient in the terms of both sides."""
        if any(_fixed(term)[1] for _, term in found):
            return self._counted(found)
        terms = Terms()
        terms.places = [terms.variable(f"e{at}") for at, _ in enumerate(_places(found[0][1]))]
        known = [(sign, *_met(terms, term)) for sign, term in found]
        product = f"product of entries of {' and '.join(letters.split())}" if letters else "number"
        signs = [sign for sign, _, _ in known]
        if sorted(signs) == [-1, 1] and known[0][2] == known[1][2]:
            return self._both_ways(terms, f"each {product}", known[0][1], known[1][1])
        shares = [
            Fraction(f"(ite {held} {number if sign == 1 else negated(number)} 0)", divisor)
            for sign, held, (number, divisor) in known
        ]
        differ = f"(not {equal(added(shares).number, '0')})"
        return [self._question(f"each {product} has the same coefficient on both sides", terms, differ)]

    def _both_ways(self, terms: Terms, what: str, left: str, right: str) -> list[Question]:
        return [
            self._question(f"{what} on the left is on the right", terms, left, f"(not {right})"),
            self._question(f"{what} on the right is on the left", terms, right, f"(not {left})"),
        ]

    def _counted(self, found: Sequence[tuple[int, Term]]) -> list[Question]:
        """That sums of ones over one index, or one of them and a number, are equal."""
        counts = [term for _, term in found if term.bound]
        plain = all(len(term.bound) == 1 and term.coefficient == 1 for term in counts)
        if sorted(sign for sign, _ in found) != [-1, 1] or any(t.entries for _, t in found) or not plain:
            raise UndecidedError("a product may occur more than once")
        terms = Terms()
        index = terms.variable("n")
        for term in counts:
            terms.names[term.bound[0]] = index
        left, *others = (every(*map(terms.condition, term.conditions)) for term in counts)
        if others:
            return self._both_ways(terms, "each index", left, others[0])
        (closed,) = (term for _, term in found if not term.bound)
        if closed.conditions:
            raise UndecidedError("a number depends on a condition")
        number, divisor = terms.value(closed.coefficient)
        within = f"(and (<= 0 {index}) (< {times(index, divisor)} {number}))"
        statement = "the indices are those from 0 on, as many as the number says"
        counted = self._question(statement, terms, f"(not (= {left} {within}))")
        alone = Terms()
        below = f"(< {alone.value(closed.coefficient).number} 0)"
        wrong = f"(or {below} (not {alone.whole(closed.coefficient)}))"
        return [counted, self._question("the number is whole and not negative", alone, wrong)]


def _places(term: Term) -> list[Expr]:
    """The indices of the entries, ordered by their letters."""
    return [index for _, indices in sorted(term.entries, key=lambda entry: entry[0]) for index in indices]


def _met(terms: Terms, term: Term) -> tuple[str, Fraction]:
    """When a term has the product whose entries lie at the places, and the coefficient of the product."""
    held = []
    for fixed in _fixed(term)[0]:
        number, divisor = terms.value(fixed.rest)
        at = "0" if fixed.place is None else times(terms.places[fixed.place], divisor)
        gap = Fraction(plus(at, negated(number)), divisor)
        if fixed.slope.is_negative:
            gap = Fraction(negated(gap.number), divisor)
        if abs(fixed.slope) == 1 and divisor == "1":
            terms.names[fixed.index] = gap.number
        else:
            terms.names[fixed.index], whole = terms.solved(gap, terms.value(abs(fixed.slope)))
            held.append(whole)
    held += map(terms.condition, term.conditions)
    for index, place in zip(_places(term), terms.places, strict=True):
        number, divisor = terms.value(index)
        held.append(equal(number, times(place, divisor)))
    return every(*held), terms.value(term.coefficient)


class _Fixed(NamedTuple):
    """``slope index + rest`` is the index of an entry, by its number among all of them, or 0."""

    index: Symbol
    slope: Expr
    rest: Expr
    place: int | None


def _fixed(term: Term) -> tuple[list[_Fixed], list[Symbol]]:
    """What fixes the indices of a term, each by those before it; and the indices that nothing fixes.

    An index is fixed by an expression that is affine in it: the index of an entry, or what a condition says
    is 0. Slopes of 1 and -1 come first; others must have a sign, so that they are not 0.
    """
    known: list[tuple[Expr, int | None]] = [(expand(index), at) for at, index in enumerate(_places(term))]
    parts = [p for c in term.conditions for p in (c.args if isinstance(c, And) else (c,))]
    known += [(expand(part.lhs - part.rhs), None) for part in parts if isinstance(part, Eq)]
    left, found = list(term.bound), []
    while left:
        ways = (
            _Fixed(i, *solved, at) for i in left for expr, at in known if (solved := _affine(expr, i, left))
        )
        best = min(ways, key=lambda way: abs(way.slope) != 1, default=None)
        if best is None:
            break
        left.remove(best.index)
        found.append(best)
    return found, left


def _affine(expr: Expr, index: Symbol, left: Sequence[Symbol]) -> tuple[Expr, Expr] | None:
    """Slope and rest of an expression that fixes an index, of those that are left."""
    slope = expr.coeff(index, 1)
    rest = expand(expr - slope * index)
    signed = slope.is_positive or slope.is_negative
    return (slope, rest) if signed and not (slope.free_symbols | rest.free_symbols) & set(left) else None
