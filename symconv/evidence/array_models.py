"""Many cases of a layer in arrays: what the letters of a derivation stand for, at random entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, reduce
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from symconv.evidence.array_relations import Met, met, relations_in, sources
from symconv.evidence.cases import Cases, NumericModel, operand_indices
from symconv.evidence.lane_values import PRIME, Slopes, Value
from symconv.evidence.lanes import NotInArraysError, Ratio, counting, unravelled, whole
from symconv.index_sums.symbols import LayerSymbols
from symconv.pattern import ROLES, Relation


def degrees(setting: LayerSymbols) -> dict[str, int]:
    """At most the degree of the polynomial that each letter stands for."""
    n = setting.notation
    operands = dict.fromkeys([*operand_indices(setting), str(setting.padded.label)], 1)
    matrices = {letter: len(ROLES) - len(roles) for letter, roles in setting.matrices.items()}
    return {**matrices, **operands, n.output: 2, n.loss: 3}


class Terms(NamedTuple):
    """Terms of the entries of a letter: of which entry, of which operands a product, times what number."""

    entry: Any
    factors: tuple[tuple[str, Any], ...]
    number: Any = 1


class Table(NamedTuple):
    """Values by their keys, which are sorted; 0 for all other keys."""

    keys: Any
    values: Any

    @classmethod
    def of(cls, keys: Any, values: Any) -> Table:
        """The values of each key added up; of up to 2^22, exactly."""
        found, which = np.unique(keys, return_inverse=True)
        totals = np.bincount(which.ravel(), values, len(found)).astype(np.int64) % PRIME
        return cls(np.append(found, -2), np.append(totals, 0))

    def at(self, keys: Any) -> Any:
        """The values of some keys."""
        found = np.searchsorted(self.keys[:-1], keys)
        return np.where(self.keys[found] == keys, self.values[found], 0)


class ArrayModel:
    """A layer at the numbers of several cases, with random entries modulo the prime.

    An entry of a letter has a number among all entries of the letter in all cases. With ``extended``, there
    are zeros outside of each sequence, as texts take them.
    """

    def __init__(
        self, setting: LayerSymbols, cases: Sequence[NumericModel], *, extended: bool = False
    ) -> None:
        self.setting, self.cases, self.extended = setting, Cases.of(setting, cases), extended
        self.base, self._operands = setting.notation.base, operand_indices(setting)
        self._padded_letter = str(setting.padded.label)
        self._sizes: dict[str, Ratio] = {}
        self._shapes: dict[str, tuple[list[Any], Any]] = {}
        self._tables: dict[str, Table] = {}
        self._derived: dict[tuple[str, str], Table] = {}
        self._drawn: dict[str, Any] = {}

    def size(self, name: str) -> Ratio:
        """The numbers of a size, one a case."""
        if name not in self._sizes:
            names = self.setting.m_names
            if not self.is_size(name):
                raise NotInArraysError(f"{name} has no value")
            own = self.cases.sizes.get(name)
            self._sizes[name] = whole(
                self.counts["output"][names.index(name) - len(names)] if own is None else own
            )
        return self._sizes[name]

    def is_size(self, name: str) -> bool:
        """Whether a name is that of a size of the layer."""
        return name in self.cases.sizes or name in self.setting.m_names

    @cached_property
    def counts(self) -> dict[str, list[Any]]:
        """How many values each index of a role has, one a case."""
        return {role: [n for shape in self.cases.shapes for n in shape.counts[role]] for role in ROLES}

    @cached_property
    def _extents(self) -> Mapping[str, list[Any]]:
        """How many entries each letter has along each of its axes, one a case."""
        setting, counts = self.setting, self.counts
        own = {
            letter: [counts[role][at] for at in places] for letter, (role, places) in self._operands.items()
        }
        matrices = {
            letter: [count for role in roles for count in counts[role]]
            for letter, roles in setting.matrices.items()
        }
        return {
            **matrices,
            **own,
            setting.notation.output: counts["output"],
            setting.notation.loss: [],
            self._padded_letter: [shape.around for shape in self.cases.shapes],
        }

    def shape(self, letter: str) -> list[Any]:
        """How many entries a letter has along each of its axes, one a case."""
        if letter not in self._extents:
            raise NotInArraysError(f"{letter} is not a sequence of this layer")
        return self._extents[letter]

    def _starts(self, letter: str) -> Any:
        """The number of the first entry in each case, and of all entries."""
        sizes = reduce(np.multiply, self.shape(letter), np.ones(len(self.cases), np.int64))
        return np.concatenate([[0], np.cumsum(sizes)])

    def flat(self, letter: str, case: Any, places: Sequence[Any]) -> tuple[Any, Any]:
        """The number of each entry, and where there is one, for its indices from 0."""
        if letter not in self._shapes:
            self._shapes[letter] = self.shape(letter), self._starts(letter)
        extents, starts = self._shapes[letter]
        number, inside = np.zeros(len(case), np.int64), np.ones(len(case), bool)
        for extent, place in zip(extents, places, strict=True):
            here = extent[case]
            inside &= (place >= 0) & (place < here)
            number = number * here + place
        return number + starts[case], inside

    def is_single(self, name: str) -> bool:
        """Whether a name is that of an entry without an index."""
        known = name in self._extents and not self._extents[name]
        return known and not self.is_size(name)

    def is_drawn(self, letter: str) -> bool:
        """Whether a letter is an operand."""
        constant = letter == self.setting.notation.kernel and self._constant is not None
        return letter in self._operands and not constant

    def drawn(self, letter: str) -> Any:
        """The random entries of an operand in all cases, and a 0 behind them."""
        if letter not in self._drawn:
            rng = np.random.default_rng([*letter.encode()])
            found = rng.integers(0, PRIME, int(self._starts(letter)[-1]))
            self._drawn[letter] = np.append(found, 0)
        return self._drawn[letter]

    def entries(self, letter: str, numbers: Any, by: str = "") -> Value:
        """Entries by their numbers, -1 for 0, with their derivatives by the entries of another letter."""
        if self.is_drawn(letter):
            (lane,) = np.nonzero(numbers >= 0)
            slopes = Slopes(lane, numbers[lane], np.ones(len(lane), np.int64)) if by == letter else None
            return self.drawn(letter)[numbers], slopes
        values = self._values(letter).at(numbers)
        if not by:
            return values, None
        entry, other, number = self._slopes(letter, by)
        first, last = (np.searchsorted(entry, numbers, side) for side in ("left", "right"))
        lane, found = counting(last - first)
        found += first[lane]
        return values, Slopes(lane, other[found], number[found])

    def slope(self, letter: str, numbers: Any, by: str, entries: Any) -> Any:
        """The derivatives of some entries by others."""
        if self.is_drawn(letter):
            return ((letter == by) & (numbers == entries)).astype(np.int64)
        if (letter, by) not in self._derived:
            entry, other, number = self._slopes(letter, by)
            self._derived[letter, by] = Table.of(self._paired(entry, by, other), number)
        return self._derived[letter, by].at(self._paired(numbers, by, entries))

    def looked_up(self, slopes: Slopes | None, which: Any, by: str, entries: Any) -> Any:
        """Derivatives in some of the lanes that have been found, by an entry for each."""
        if slopes is None:
            return np.zeros(len(which), np.int64)
        table = Table.of(self._paired(slopes.lane, by, slopes.entry), slopes.number)
        return table.at(self._paired(which, by, entries))

    def _paired(self, numbers: Any, by: str, entries: Any) -> Any:
        """One number for a number and an entry, or -1."""
        return np.where((numbers < 0) | (entries < 0), -1, numbers * self._starts(by)[-1] + entries)

    def _values(self, letter: str) -> Table:
        """The values of a letter that is no operand."""
        if letter not in self._tables:
            parts = self._terms(letter)
            values = [self._product(terms.factors, terms) for terms in parts]
            keys = np.concatenate([terms.entry for terms in parts])
            self._tables[letter] = Table.of(keys, np.concatenate(values))
        return self._tables[letter]

    def _product(self, factors: Sequence[tuple[str, Any]], terms: Terms) -> Any:
        """The product of some factors of terms, and of their numbers."""
        drawn = [self.drawn(name)[entries] for name, entries in factors]
        return reduce(lambda a, b: a * b % PRIME, drawn, np.broadcast_to(terms.number, terms.entry.shape))

    def _slopes(self, letter: str, by: str) -> tuple[Any, Any, Any]:
        """The derivatives of a letter: of which of its entries, in their order, by which entry, and terms."""
        parts = [(np.zeros(0, np.int64),) * 3]
        for terms in self._terms(letter):
            for at, (name, entries) in enumerate(terms.factors):
                if name == by:
                    rest = [*terms.factors[:at], *terms.factors[at + 1 :]]
                    parts.append((terms.entry, entries, self._product(rest, terms)))
        entry, other, number = map(np.concatenate, zip(*parts, strict=True))
        order = np.argsort(entry, kind="stable")
        return entry[order], other[order], number[order]

    def _terms(self, letter: str) -> list[Terms]:
        """What the entries of a letter are sums of, by the layer's own relation in numbers."""
        n, setting = self.setting.notation, self.setting
        if letter == n.output:
            return [self._contracted(letter, ("output",), ("tap", "input")), *self._biased(letter, False)]
        if letter == n.loss:
            return [self._contracted(letter, (), ROLES), *self._biased(letter, True)]
        if letter == n.kernel and self._constant is not None:
            return [Terms(np.arange(len(self._constant)), (), self._constant)]
        if letter == self._padded_letter:
            return [self._padded()]
        roles = setting.matrices[letter]
        return [self._contracted(letter, roles, [role for role in ROLES if role not in roles])]

    def _contracted(self, letter: str, kept: Sequence[str], summed: Sequence[str]) -> Terms:
        """A contraction: the entries of some roles multiplied, for each triple of the relation."""
        case, columns = self._triples
        entry, _ = self.flat(letter, case, [column for role in kept for column in columns[role]])
        letters = {role: name for name, (role, _) in reversed(self._operands.items())}
        letters["output"] = self.setting.notation.upstream
        factors, number = [], np.ones(len(case), np.int64)
        for role in summed:
            name = letters[role]
            _, places = self._operands[name]
            entries, _ = self.flat(name, case, [columns[role][at] for at in places])
            if self.is_drawn(name):
                factors.append((name, entries))
            else:
                number = self._constant[entries]
        return Terms(entry, tuple(factors), number)

    def _biased(self, letter: str, summed: bool) -> list[Terms]:
        """The bias of each output, times its upstream gradient where outputs are summed."""
        if not self.setting.bias:
            return []
        n = self.setting.notation
        case, places = unravelled(self.counts["output"])
        _, own = self._operands[n.bias]
        bias, _ = self.flat(n.bias, case, [places[at] for at in own])
        outputs, _ = self.flat(n.upstream, case, places)
        if summed:
            return [Terms(case, ((n.upstream, outputs), (n.bias, bias)))]
        return [Terms(outputs, ((n.bias, bias),))]

    def _padded(self) -> Terms:
        """The input at each place of the padded one that it stands at."""
        letter = self._padded_letter
        case, places = unravelled(self.shape(letter))
        found = []
        for place, (relation, own), known in zip(places, self._relations, self.cases.shapes, strict=True):
            starts = np.cumsum(known.around) - known.around
            found.append(sources(relation, own, known)[starts[case] + place])
        inside = np.all([source >= 0 for source in found], axis=0)
        entry, _ = self.flat(letter, case, places)
        inputs, _ = self.flat(self.setting.notation.input, case, found)
        return Terms(entry[inside], ((self.setting.notation.input, inputs[inside]),))

    @cached_property
    def _constant(self) -> Any:
        """The numbers of taps that all are given, modulo the prime; None where taps are operands."""
        kernel, found = self.setting.kernel, []
        if kernel.learned:
            return None
        extents = self._extents[self.setting.notation.kernel]
        for at, case in enumerate(self.cases):
            windows = [relation.places for relation in case.geometry.relations if relation.windows]
            taps = int(np.prod(case.geometry.counts["tap"]))
            for own in product(*(range(extent[at]) for extent in extents)):
                share = kernel.share(windows, own, taps)
                if share is None:
                    return None
                found.append(share.numerator * pow(share.denominator, -1, PRIME) % PRIME)
        return np.array(found)

    @cached_property
    def _relations(self) -> list[tuple[Relation, dict[str, Any]]]:
        return relations_in(self.setting, self.cases.numbers)

    @cached_property
    def _triples(self) -> Met:
        """The case of each triple of the relation, and its indices by their role, relation after relation."""
        both = zip(self._relations, self.cases.shapes, strict=True)
        found = [met(relation, own, known) for (relation, own), known in both]
        return reduce(lambda a, b: a.times(b, len(self.cases)), found)
