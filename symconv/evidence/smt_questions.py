"""Both sides of a step as questions to a solver: if none has an answer, the sides are equal for all sizes.

Each side is a sum of terms, and a term is a sum over its own indices of products of entries. Where the
indices of the entries fix those of the term, each product occurs at most once in it; so two sides are equal
if each product has the same coefficient in both. Sizes, strides, dilations and paddings may all be symbols.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from sympy import And, Eq, Expr, Mul, Symbol, expand

from symconv.evidence.isl_constraints import given
from symconv.evidence.isl_sets import Reader, Reads, Term
from symconv.evidence.smt_terms import (
    Fraction,
    Terms,
    UndecidedError,
    added,
    equal,
    every,
    negated,
    negation,
    plus,
    times,
)
from symconv.index_sums.symbols import LayerSymbols

#: What the groups of assertions of a question are, in the order in which they stand.
GROUPS = ("the layer exists, and the kept indices are in range", "divisions", "the statement fails")


@dataclass(frozen=True)
class Question:
    """A script in SMT-LIB 2 such that a statement holds if the script is unsatisfiable.

    Attributes
    ----------
    statement : str
        What holds, in words, if the script is unsatisfiable.
    variables : mapping of str to str
        What each variable of the script is, in words.
    assertions : tuple of tuple of str
        In the groups of :data:`GROUPS`.
    names : tuple of (str, str)
        The sizes and kept indices, each with the variable that stands for it.
    decisive : bool
        Whether the sides differ if the script is satisfiable. It is False where the statement is more than
        is needed for them to be equal.
    """

    statement: str
    variables: Mapping[str, str]
    assertions: tuple[tuple[str, ...], ...]
    names: tuple[tuple[str, str], ...]
    decisive: bool = True

    @cached_property
    def script(self) -> str:
        """Declarations and assertions, without comments."""
        return "\n".join(line for line in self.commented().splitlines() if not line.startswith(";"))

    def commented(self) -> str:
        """The script with a comment for each variable and each group of assertions."""
        lines = []
        for variable, meaning in self.variables.items():
            lines += [f"; {variable}: {meaning}", f"(declare-const {variable} Int)"]
        for group, assertions in zip(GROUPS, self.assertions, strict=True):
            if assertions:
                lines += [f"; {group}", *(f"(assert {assertion})" for assertion in assertions)]
        return "\n".join([*lines, "(check-sat)"])


def questions(
    setting: LayerSymbols, sides: Sequence[Expr], kept: Sequence[Symbol], read: Reads, *, extended: bool
) -> list[Question]:
    """What has to be impossible for two sides to be equal wherever there is a layer.

    With ``extended``, what the second side reads outside a sequence is 0. Nothing that is read may lie
    between two entries, nor do so in ``read``.

    Raises
    ------
    UndecidedError
        When a side is no sum of products whose indices fix its own.
    """
    asker = _Asker(setting, kept)
    groups: dict[tuple[tuple[str, int], ...], list[tuple[int, Term]]] = {}
    found = [asker.whole(around, index) for around, index in read]
    for side, sign in zip(sides, (1, -1), strict=True):
        reader = Reader(setting)
        for term in reader.terms(side):
            inside = reader.inside(term) if extended and sign == -1 else term
            whole = _written_out(inside, reader.values)
            product = tuple(sorted((letter, len(indices)) for letter, indices in whole.entries))
            groups.setdefault(product, []).append((sign, whole))
        found += [asker.whole(around, index) for around, index in reader.read]
    for product, terms in sorted(groups.items()):
        found += asker.same([letter for letter, _ in product], terms)
    return list({question.script: question for question in found}.values())


def _written_out(term: Term, values: Mapping[Symbol, Expr]) -> Term:
    """A term with the value of a constant kernel in its coefficient."""
    known = [values[Symbol(name)] for name, at in term.entries if not at and Symbol(name) in values]
    rest = tuple(entry for entry in term.entries if entry[1] or Symbol(entry[0]) not in values)
    return replace(term, entries=rest, coefficient=Mul(term.coefficient, *known))


class _Asker:
    """Questions about one layer, each in a script of its own."""

    def __init__(self, setting: LayerSymbols, kept: Sequence[Symbol]) -> None:
        self.setting, self.kept = setting, list(kept)
        self.facts = given(setting, kept)
        self.meanings = dict.fromkeys(setting.symbols, "part of a size")
        for name, size in reversed(setting.sizes.items()):
            if isinstance(size, Symbol):
                self.meanings[size] = name.replace("_", " ")
        self.meanings |= dict.fromkeys(setting.definitions, "the number of outputs")
        self.meanings |= dict.fromkeys(kept, "an index that is kept")

    def _terms(self) -> Terms:
        terms = Terms(self.meanings)
        for symbol in (*self.setting.symbols, *self.kept):
            terms.symbol(symbol)
        return terms

    def _question(self, statement: str, terms: Terms, *claims: str, decisive: bool = True) -> Question:
        """Whether some layer meets all claims; the terms are those that the claims were made of."""
        layer = [terms.condition(fact) for fact in self.facts]
        layer += [terms.whole(size) for size in self.setting.sizes.values()]
        named = (*self.setting.symbols, *self.kept)
        names = tuple((symbol.name, terms.symbol(symbol)) for symbol in named)
        asserted = (tuple(a for a in dict.fromkeys(g) if a != "true") for g in (layer, terms.facts(), claims))
        return Question(statement, terms.variables, tuple(asserted), names, decisive)

    def whole(self, around: Term, index: Expr) -> Question:
        """That an index is an integer wherever its entry is read."""
        terms = self._terms()
        held = [terms.condition(condition) for condition in around.conditions]
        fails = negation(terms.whole(index))
        return self._question("every entry that is read has an integer index", terms, *held, fails)

    def same(self, names: Sequence[str], found: Sequence[tuple[int, Term]]) -> list[Question]:
        """That each product of entries has the same coefficient in the terms of both sides."""
        own = [_fixed(term) for _, term in found]
        if any(left for _, left in own):
            return self._counted(found)
        terms = self._terms()
        spots = [f"{name}, index {at + 1}" for name, at in _spots(found[0][1])]
        places = [terms.variable(f"e{at}", f"the place in {spot}") for at, spot in enumerate(spots, 1)]
        pairs = zip(found, own, strict=True)
        known = [(sign, *_met(terms, term, fixed, places)) for (sign, term), (fixed, _) in pairs]
        product = f"product of entries of {' and '.join(names)}" if names else "number"
        decisive = len(set(names)) == len(names)  # x[a] x[b] and x[b] x[a] are one product at two points
        if sorted(sign for sign, *_ in known) == [-1, 1] and known[0][2] == known[1][2]:
            counts = negation(equal(known[0][2].number, "0"))
            left, right = (every(held, counts) for _, held, _ in known)
            return self._both_ways(terms, f"each {product}", left, right, decisive)
        shares = [
            Fraction(f"(ite {held} {number if sign == 1 else negated(number)} 0)", divisor)
            for sign, held, (number, divisor) in known
        ]
        differ = negation(equal(added(shares).number, "0"))
        statement = f"each {product} has the same coefficient on both sides"
        return [self._question(statement, terms, differ, decisive=decisive)]

    def _both_ways(self, terms: Terms, what: str, left: str, right: str, decisive: bool) -> list[Question]:
        if left == right:
            return []
        ways = ("left is on the right", left, right), ("right is on the left", right, left)
        return [
            self._question(f"{what} on the {way}", terms, here, negation(there), decisive=decisive)
            for way, here, there in ways
        ]

    def _counted(self, found: Sequence[tuple[int, Term]]) -> list[Question]:
        """That sums of ones over one index, or one of them and a number, are equal."""
        counts = [term for _, term in found if term.bound]
        plain = all(len(term.bound) == 1 and term.coefficient == 1 for term in counts)
        if sorted(sign for sign, _ in found) != [-1, 1] or any(t.entries for _, t in found) or not plain:
            raise UndecidedError("a product may occur more than once")
        terms = self._terms()
        index = terms.variable("n", "the summation index")
        for term in counts:
            terms.names[term.bound[0]] = index
        left, *others = (every(*map(terms.condition, term.conditions)) for term in counts)
        if others:
            return self._both_ways(terms, "each value of the summation index", left, others[0], False)
        (closed,) = (term for _, term in found if not term.bound)
        if closed.conditions:
            raise UndecidedError("a number depends on a condition")
        number, divisor = terms.value(closed.coefficient)
        within = f"(and (<= 0 {index}) (< {times(index, divisor)} {number}))"
        statement = "the summation index takes the values 0, 1, and so on, as many as the closed form says"
        counted = self._question(statement, terms, negation(f"(= {left} {within})"), decisive=False)
        alone = self._terms()
        below = f"(< {alone.value(closed.coefficient).number} 0)"
        wrong = f"(or {below} {negation(alone.whole(closed.coefficient))})"
        return [counted, self._question("the closed form is an integer of at least 0", alone, wrong)]


def _spots(term: Term) -> list[tuple[str, int]]:
    """The letter and the axis of each of the indices in :func:`_places`."""
    return [(name, at) for name, own in sorted(term.entries, key=_letter) for at, _ in enumerate(own)]


def _places(term: Term) -> list[Expr]:
    """The indices of the entries, ordered by their letters and by how many each has."""
    return [index for _, indices in sorted(term.entries, key=_letter) for index in indices]


def _letter(entry: tuple[str, tuple[Expr, ...]]) -> tuple[str, int]:
    return entry[0], len(entry[1])


class _Fixed(NamedTuple):
    """``slope index + rest`` is the index of an entry, by its number among all of them, or 0."""

    index: Symbol
    slope: Expr
    rest: Expr
    place: int | None


def _met(terms: Terms, term: Term, own: Sequence[_Fixed], places: Sequence[str]) -> tuple[str, Fraction]:
    """When a term has the product whose entries lie at given places, and the coefficient of the product.

    The term's own indices are written in terms of the places first, each in turn: where the term has the
    product at all, they have these values and no others.
    """
    held = []
    for fixed in own:
        number, divisor = terms.value(fixed.rest)
        at = "0" if fixed.place is None else times(places[fixed.place], divisor)
        gap = Fraction(plus(at, negated(number)), divisor)
        if fixed.slope.is_negative:
            gap = Fraction(negated(gap.number), divisor)
        if abs(fixed.slope) == 1 and divisor == "1":
            terms.names[fixed.index] = gap.number
        else:
            terms.names[fixed.index], whole = terms.solved(gap, terms.value(abs(fixed.slope)))
            held.append(whole)
    held += map(terms.condition, term.conditions)
    for index, place in zip(_places(term), places, strict=True):
        number, divisor = terms.value(index)
        held.append(equal(number, times(place, divisor)))
    return every(*held), terms.value(term.coefficient)


def _fixed(term: Term) -> tuple[list[_Fixed], list[Symbol]]:
    """What fixes the indices of a term, each by those before it; and the indices that nothing fixes.

    An index is fixed by an expression that is affine in it: the index of an entry, or a difference that a
    condition says is 0. The slope must be known to be positive or negative, so that it is never 0; slopes of
    1 and -1 are preferred, since they need no division.
    """
    known: list[tuple[Expr, int | None]] = [(expand(index), at) for at, index in enumerate(_places(term))]
    parts = [p for c in term.conditions for p in (c.args if isinstance(c, And) else (c,))]
    known += [(expand(part.lhs - part.rhs), None) for part in parts if isinstance(part, Eq)]
    left, found = list(term.bound), []
    while left:
        ways = (
            _Fixed(i, *solved, at)
            for expr, at in known
            for i in left
            if i in expr.free_symbols and (solved := _affine(expr, i, left))
        )
        best = min(ways, key=lambda way: abs(way.slope) != 1, default=None)
        if best is None:
            break
        left.remove(best.index)
        found.append(best)
    return found, left


def _affine(expr: Expr, index: Symbol, left: Sequence[Symbol]) -> tuple[Expr, Expr] | None:
    """Slope and rest of an expression that is affine in an index and holds no other of those left."""
    slope = expr.coeff(index, 1)
    rest = expand(expr - slope * index)
    signed = slope.is_positive or slope.is_negative
    return (slope, rest) if signed and not (slope.free_symbols | rest.free_symbols) & set(left) else None
