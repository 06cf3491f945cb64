"""Many cases of a layer in arrays: what the letters of a derivation stand for, at random entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, reduce
from itertools import chain, product
from typing import Any, NamedTuple

import numpy as np
from sympy import Symbol

from symconv.evidence.arrays import PRIME, LaneValue, Value
from symconv.evidence.cases import NumericModel, operand_indices
from symconv.evidence.lanes import (
    Lanes,
    NotInArraysError,
    Ratio,
    counting,
    lane_number,
    unravelled,
    whole,
)
from symconv.index_sums.symbols import LayerSymbols
from symconv.pattern import ROLES


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
        self.setting, self.cases, self.extended = setting, cases, extended
        self.base = setting.notation.base
        self.doubted = np.zeros(0, bool)
        self._sizes: dict[str, Ratio] = {}
        self._shapes: dict[str, tuple[list[Any], Any]] = {}
        self._tables: dict[tuple[str, str], Table] = {}
        self._drawn: dict[str, Any] = {}

    def size(self, name: str) -> Ratio:
        """The numbers of a size, one a case."""
        if name not in self._sizes:
            if name not in self.cases[0].numbers:
                raise NotInArraysError(f"{name} has no value")
            self._sizes[name] = whole(np.array([case.numbers[name] for case in self.cases]))
        return self._sizes[name]

    @cached_property
    def counts(self) -> dict[str, list[Any]]:
        """How many values each index of a role has, one a case."""
        found = [case.geometry.counts for case in self.cases]
        return {
            role: [np.array(column) for column in zip(*(counts[role] for counts in found), strict=True)]
            for role in ROLES
        }

    @cached_property
    def _extents(self) -> Mapping[str, list[Any]]:
        """How many entries each letter has along each of its axes, one a case."""
        setting, counts = self.setting, self.counts
        own = {
            letter: [counts[role][at] for at in places]
            for letter, (role, places) in operand_indices(setting).items()
        }
        around = zip(*([len(r.sources) for r in case.geometry.relations] for case in self.cases), strict=True)
        matrices = {
            letter: [count for role in roles for count in counts[role]]
            for letter, roles in setting.matrices.items()
        }
        return {
            **matrices,
            **own,
            setting.notation.output: counts["output"],
            setting.notation.loss: [],
            str(setting.padded.label): [np.array(sizes) for sizes in around],
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
        return known and name not in self.cases[0].numbers

    def is_drawn(self, letter: str) -> bool:
        """Whether a letter is an operand."""
        constant = letter == self.setting.notation.kernel and self._constant is not None
        return letter in operand_indices(self.setting) and not constant

    def drawn(self, letter: str) -> Any:
        """The random entries of an operand in all cases, and a 0 behind them."""
        if letter not in self._drawn:
            rng = np.random.default_rng([*letter.encode()])
            found = rng.integers(0, PRIME, int(self._starts(letter)[-1]))
            self._drawn[letter] = np.append(found, 0)
        return self._drawn[letter]

    def entries(self, letter: str, at: Lanes, numbers: Any, by: str) -> Value:
        """Entries by their numbers, -1 for 0, with their derivatives by the entry of each lane."""
        if self.is_drawn(letter):
            slope = (numbers == at.kept("entry")) & (numbers >= 0) if by == letter else None
            return self.drawn(letter)[numbers], None if slope is None else slope.astype(np.int64)
        value = self._table(letter, "").at(numbers)
        if not by:
            return value, None
        return value, self._table(letter, by).at(self._paired(numbers, by, at.kept("entry")))

    def _paired(self, numbers: Any, by: str, entries: Any) -> Any:
        """One number for an entry and the entry by which it is derived, or -1."""
        return np.where((numbers < 0) | (entries < 0), -1, numbers * self._starts(by)[-1] + entries)

    def _table(self, letter: str, by: str) -> Table:
        """The values of a letter that is no operand, or its derivatives."""
        if (letter, by) not in self._tables:
            keys, values = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
            for terms in self._terms(letter):
                numbers = np.broadcast_to(terms.number, np.shape(terms.entry))
                for left_out in [at for at, (name, _) in enumerate(terms.factors) if name == by] if by else [-1]:
                    rest = [f for at, f in enumerate(terms.factors) if at != left_out]
                    of = [self.drawn(name)[entries] for name, entries in rest]
                    values.append(reduce(lambda a, b: a * b % PRIME, of, numbers))
                    own = terms.factors[left_out][1] if by else None
                    keys.append(self._paired(terms.entry, by, own) if by else terms.entry)
            self._tables[letter, by] = Table.of(np.concatenate(keys), np.concatenate(values))
        return self._tables[letter, by]

    def _terms(self, letter: str) -> list[Terms]:
        """What the entries of a letter are sums of, by the layer's own relation in numbers."""
        n, setting = self.setting.notation, self.setting
        if letter == n.output:
            return [self._contracted(letter, ("output",), ("tap", "input")), *self._biased(letter, False)]
        if letter == n.loss:
            return [self._contracted(letter, (), ROLES), *self._biased(letter, True)]
        if letter == n.kernel and self._constant is not None:
            return [Terms(np.arange(len(self._constant)), (), self._constant)]
        if letter == str(setting.padded.label):
            return [self._padded()]
        roles = setting.matrices[letter]
        return [self._contracted(letter, roles, [role for role in ROLES if role not in roles])]

    def _contracted(self, letter: str, kept: Sequence[str], summed: Sequence[str]) -> Terms:
        """A contraction: the entries of some roles multiplied, for each triple of the relation."""
        case, columns = self._triples
        entry, _ = self.flat(letter, case, [column for role in kept for column in columns[role]])
        letters = {role: name for name, (role, _) in reversed(operand_indices(self.setting).items())}
        letters["output"] = self.setting.notation.upstream
        factors, number = [], np.ones(len(case), np.int64)
        for role in summed:
            name = letters[role]
            _, places = operand_indices(self.setting)[name]
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
        _, own = operand_indices(self.setting)[n.bias]
        bias, _ = self.flat(n.bias, case, [places[at] for at in own])
        outputs, _ = self.flat(n.upstream, case, places)
        if summed:
            return [Terms(case, ((n.upstream, outputs), (n.bias, bias)))]
        return [Terms(outputs, ((n.bias, bias),))]

    def _padded(self) -> Terms:
        """The input at each place of the padded one that it stands at."""
        letter = str(self.setting.padded.label)
        case, places = unravelled(self.shape(letter))
        found = []
        for at, (place, extent) in enumerate(zip(places, self.shape(letter), strict=True)):
            listed = (
                [-1 if j is None else j for j in model.geometry.relations[at].sources] for model in self.cases
            )
            sources = np.array([*chain(*listed)], np.int64)
            found.append(sources[(np.cumsum(extent) - extent)[case] + place])
        inside = np.all([source >= 0 for source in found], axis=0)
        entry, _ = self.flat(letter, case, places)
        inputs, _ = self.flat(self.setting.notation.input, case, found)
        return Terms(entry[inside], ((self.setting.notation.input, inputs[inside]),))

    @cached_property
    def _constant(self) -> Any:
        """The numbers of taps that all are given, modulo the prime; None where taps are operands."""
        kernel, found = self.setting.kernel, []
        extents = self._extents[self.setting.notation.kernel]
        for at, case in enumerate(self.cases):
            windows = [relation.places for relation in case.geometry.relations if relation.places]
            taps = int(np.prod(case.geometry.counts["tap"]))
            for own in product(*(range(extent[at]) for extent in extents)):
                share = kernel.share(windows, own, taps)
                if share is None:
                    return None
                found.append(share.numerator * pow(share.denominator, -1, PRIME) % PRIME)
        return np.array(found)

    @cached_property
    def _triples(self) -> tuple[Any, dict[str, list[Any]]]:
        """The case of each triple of the relation, and its indices by their role, role after role."""
        rows, counts = [], []
        for at in range(len(self.cases[0].geometry.relations)):
            met = [case.geometry.relations[at].met for case in self.cases]
            rows.append([[(o, *k, *j) for o, row in enumerate(one) for k, j in row] for one in met])
            counts.append(np.array([len(one) for one in rows[-1]]))
        case, picked = unravelled(counts)
        columns: dict[str, list[Any]] = {role: [] for role in ROLES}
        for at, (numbers, count) in enumerate(zip(picked, counts, strict=True)):
            widths = {role: len(self.cases[0].geometry.relations[at].counts[role]) for role in ROLES}
            every = np.array([*chain(*rows[at])], np.int64).reshape(-1, sum(widths.values()))
            chosen = iter(every[(np.cumsum(count) - count)[case] + numbers].T)
            for role in ("output", "tap", "input"):
                columns[role] += [next(chosen) for _ in range(widths[role])]
        return case, columns


class Places:
    """Lanes for all values of some kept indices in every case, or for some, evenly from the whole range."""

    def __init__(self, model: ArrayModel, kept: Sequence[Symbol], most: Callable[[NumericModel], int]) -> None:
        self.model, self.kept = model, kept
        base, cases = model.base, len(model.cases)
        first = Lanes(model, cases, {}, {"case": np.arange(cases), "lane": np.arange(cases)})
        lasts = [lane_number(model.setting.last(index))(first) for index in kept]
        counts = [first.array(last.number) + 1 for last in lasts]
        total = reduce(np.multiply, counts, np.ones(cases, np.int64))
        wanted = np.minimum(total, [most(case) for case in model.cases])
        case, number = counting(wanted)
        spread = number * (total - 1)[case] // np.maximum(wanted - 1, 1)[case]
        _, indices = unravelled(counts, (case, spread)) if kept else (case, [])
        named = {index.name: whole(i + base) for index, i in zip(kept, indices, strict=True)}
        self.lanes = Lanes(model, len(case), named, {"case": case, "lane": np.arange(len(case))})

    def values(self, evaluate: LaneValue) -> tuple[Any, Any]:
        """The values of an expression in these lanes, and the lanes that the exact evaluation must decide."""
        self.model.doubted = np.zeros(self.lanes.count, bool)
        values, _ = evaluate(self.lanes)
        return values, self.model.doubted

    def numbers(self, lane: int) -> tuple[NumericModel, dict[str, int]]:
        """The case of a lane, and its indices."""
        case = self.model.cases[self.lanes.kept("case")[lane]]
        return case, {i.name: int(self.lanes.named(i.name).number[lane]) for i in self.kept}
