"""A layer's sequences at numbers: what the letters of a derivation stand for, as polynomials."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial, reduce
from itertools import chain, count, islice, product, takewhile
from math import prod
from typing import Any, overload

import numpy as np
from sympy import Symbol

from symconv.evidence.array_relations import Columns, Shape, require_few, shapes_in
from symconv.evidence.enumeration import Geometry, enumerated, geometry_at
from symconv.evidence.lanes import Lanes, NotInArraysError, lane_number, lane_truth, whole
from symconv.evidence.polynomials import Poly, Sequences, added, atom, multiplied
from symconv.evidence.scalars import Numbers, compiled_condition, compiled_number
from symconv.evidence.spans import WIDTHS, Assignment, assignments, input_sizes, span
from symconv.evidence.tasks import parts
from symconv.index_sums.symbols import LayerSymbols
from symconv.pattern import ROLES


@dataclass(frozen=True)
class NumericModel:
    """A layer at numbers for its symbols."""

    setting: LayerSymbols
    sizes: Mapping[str, int]
    geometry: Geometry

    def places(self, kept: Sequence[Symbol]) -> Iterator[Numbers]:
        """All values of some indices, row-major, counted as the notation counts."""
        base, numbers = self.setting.notation.base, self.numbers
        lasts = [int(compiled_number(self.setting.last(index))(numbers)) for index in kept]
        for values in product(*(range(base, base + last + 1) for last in lasts)):
            yield {index.name: value for index, value in zip(kept, values, strict=True)}

    @cached_property
    def numbers(self) -> Numbers:
        """Numbers for the symbols of the layer and for the letters of its output sizes."""
        names = self.setting.m_names
        return {**dict(zip(names, self.geometry.counts["output"][-len(names) :], strict=True)), **self.sizes}

    def sequences(self) -> Sequences:
        """What every letter of the layer stands for."""
        setting, met, counts = self.setting, self.geometry.met, self.geometry.counts
        n, kernel, outputs = setting.notation, setting.kernel, setting.indices("output")
        given = operands(setting, counts)
        biased = [outputs.index(o) for o in setting.bias_indices(outputs)]
        window_places = [relation.places for relation in self.geometry.relations if relation.windows]

        def letter(*own: int) -> Poly:
            share = kernel.share(window_places, own, prod(counts["tap"]))
            return atom(n.kernel, *own) if share is None else {(): share}

        def tap(*k: int) -> Poly:
            return letter(*kernel.indices(setting.spec.tied, k))

        @cache
        def output(*i: int) -> Poly:
            terms = [multiplied([tap(*k), atom(n.input, *j)]) for k, j in met[i]]
            return added([*terms, atom(n.bias, *(i[at] for at in biased))] if setting.bias else terms)

        @cache
        def loss() -> Poly:
            return added([multiplied([atom(n.upstream, *i), output(*i)]) for i in met])

        def padded(*places: int) -> Poly:
            found = [r.sources[at] for r, at in zip(self.geometry.relations, places, strict=True)]
            inside = [j for j in found if j is not None]
            return atom(n.input, *inside) if len(inside) == len(found) else {}

        operand: dict[str, Callable[..., Poly]] = {
            "output": partial(atom, n.upstream),
            "tap": tap,
            "input": partial(atom, n.input),
        }

        def contracted(*roles: str) -> Callable[..., Poly]:
            """The entries of the quantity that keeps some roles: the others are summed over."""
            summed = [role for role in ROLES if role not in roles]

            def entry(*places: int) -> Poly:
                rest = iter(places)
                kept = {role: tuple(islice(rest, len(counts[role]))) for role in roles}
                rows = {kept["output"]: met[kept["output"]]} if "output" in kept else met
                triples = ({"output": i, "tap": k, "input": j} for i, row in rows.items() for k, j in row)
                found = (triple for triple in triples if kept.items() <= triple.items())
                return added([multiplied([operand[role](*one[role]) for role in summed]) for one in found])

            return entry

        padded_name = str(setting.padded.label)
        read: dict[str, Callable[..., Poly]] = {
            **{letter: contracted(*roles) for letter, roles in setting.matrices.items()},
            **given.read,
            n.kernel: letter,
            n.output: output,
            n.loss: loss,
            padded_name: padded,
        }
        around = tuple(len(relation.sources) for relation in self.geometry.relations)
        return Sequences(read, {**given.shapes, n.output: counts["output"], padded_name: around}, n.base)


def operands(setting: LayerSymbols, counts: Mapping[str, tuple[int, ...]]) -> Sequences:
    """The input, the kernel, the bias and the upstream gradient where each role has so many indices."""
    n = setting.notation
    shapes = {
        letter: tuple(counts[role][at] for at in places)
        for letter, (role, places) in operand_indices(setting).items()
    }
    return Sequences({letter: partial(atom, letter) for letter in shapes}, shapes, n.base)


def operand_indices(setting: LayerSymbols) -> dict[str, tuple[str, tuple[int, ...]]]:
    """For the letter of each operand its role, and which of the role's indices it has."""
    n, taps, outputs = setting.notation, setting.indices("tap"), setting.indices("output")
    own = setting.kernel.indices(setting.spec.tied, taps)
    biases = {n.bias: ("output", tuple(map(outputs.index, setting.bias_indices(outputs))))}
    return {
        n.input: ("input", tuple(range(len(setting.indices("input"))))),
        n.upstream: ("output", tuple(range(len(outputs)))),
        n.kernel: ("tap", tuple(map(taps.index, own))),
        **(biases if setting.bias else {}),
    }


class Cases(Sequence[NumericModel]):
    """A layer at many numbers, in columns; a case is made when it is asked for.

    ``sizes`` has the numbers of the layer's symbols, ``numbers`` those of all its sizes, ``shapes`` how large
    each of its relations is.
    """

    def __init__(
        self, setting: LayerSymbols, sizes: Columns, numbers: Columns, shapes: Sequence[Shape],
        made: Mapping[int, NumericModel] | None = None,
    ) -> None:  # fmt: skip
        self.setting, self.sizes, self.numbers, self.shapes = setting, sizes, numbers, shapes
        self._made = dict(made or {})
        columns = (column for s in shapes for role in ("output", "tap") for column in s.counts[role])
        self.work = reduce(np.multiply, columns)

    @classmethod
    def of(cls, setting: LayerSymbols, models: Sequence[NumericModel]) -> Cases:
        """Some cases, in columns."""
        if isinstance(models, Cases):
            return models
        first, sizes = models[0], [model.geometry.sizes for model in models]
        symbols = {name: np.array([model.sizes[name] for model in models]) for name in first.sizes}
        numbers = {name: np.array([one[name] for one in sizes]) for name in first.geometry.sizes}
        return cls(setting, symbols, numbers, shapes_in(setting, numbers), dict(enumerate(models)))

    @classmethod
    def at(cls, setting: LayerSymbols, names: Sequence[str], assignments: Sequence[Assignment]) -> Cases:
        """The layer at numbers for all of its symbols, by name, wherever it is possible.

        Raises
        ------
        NotInArraysError
            Where numbers are too large for arrays, or the layer has no sizes at some of them.
        """
        try:
            columns = np.array(assignments, np.int64).reshape(len(assignments), len(names)).T
        except OverflowError as error:
            raise NotInArraysError("a number is too large") from error
        symbols = dict(zip(names, columns, strict=True))
        named, every = {name: whole(column) for name, column in symbols.items()}, np.arange(len(assignments))
        lanes = Lanes(None, len(every), named, {"lane": every})
        found = {name: lane_number(size)(lanes) for name, size in setting.sizes.items()}
        possible = np.all([lanes.array(size.number % size.divisor == 0) for size in found.values()], axis=0)
        numbers = {name: lanes.array(size.number // size.divisor) for name, size in found.items()}
        require_few(setting, numbers)
        shapes = shapes_in(setting, numbers)
        holding = [lane_truth(condition)(lanes) for condition in setting.spec.conditions]
        if np.any(lanes.doubted):
            raise NotInArraysError("a size divides by 0")
        (which,) = np.nonzero(reduce(np.logical_and, [possible, *holding, *(s.possible for s in shapes)]))
        return cls(setting, symbols, numbers, shapes)._taken(which)

    def _taken(self, which: Any) -> Cases:
        sizes, numbers = ({n: c[which] for n, c in one.items()} for one in (self.sizes, self.numbers))
        return Cases(self.setting, sizes, numbers, [one.taken(which) for one in self.shapes])

    def __len__(self) -> int:
        return len(self.work)

    @overload
    def __getitem__(self, at: int) -> NumericModel: ...
    @overload
    def __getitem__(self, at: slice) -> Cases: ...
    def __getitem__(self, at: int | slice) -> NumericModel | Cases:
        if isinstance(at, slice):
            return self._taken(at)
        if at not in self._made:
            sizes, numbers = (
                dict(zip(columns, rows[at], strict=True))
                for columns, rows in zip((self.sizes, self.numbers), self._rows, strict=True)
            )
            relations = partial(enumerated, self.setting, numbers)
            geometry = Geometry(numbers, int(self.work[at]), relations)
            self._made[at] = NumericModel(self.setting, sizes, geometry)
        return self._made[at]

    @cached_property
    def _rows(self) -> list[list[tuple[int, ...]]]:
        """The sizes and the numbers of each case."""
        return [_rows(columns.values(), len(self)) for columns in (self.sizes, self.numbers)]


def _rows(columns: Collection[Any], count: int) -> list[tuple[int, ...]]:
    return [*zip(*(column.tolist() for column in columns), strict=True)] or [()] * count


#: So many geometries of a layer with several indices are tried where no grid is given, or a wide one.
MOST_CASES, MOST_WIDE_CASES = 30, 300

#: Those with more products of outputs and taps than this are left out there, if there are others.
MOST_PRODUCTS = 1000


class Grid:
    """The numbers that the symbols of a layer run over.

    A symbol that is not ``named`` runs over a few numbers from its least on; an input size, from the least
    that the kernel needs at the numbers of the others. These are the numbers of an assignment.
    """

    def __init__(
        self, setting: LayerSymbols, named: Mapping[str, Iterable[int]], *, wide: bool = False
    ) -> None:
        self.setting, inputs = setting, setting.of_axes("input_size")
        self._wide, self.drawn = wide, setting.several and not named
        symbols = setting.symbols
        width = WIDTHS.get(len(symbols), min(WIDTHS.values())) if wide else 0
        self._width = width // 2 + 1 if setting.several else width
        self._names = [s.name for s in symbols]
        self._last = [s for s in symbols if s in inputs and s.name not in named]
        first = [s for s in symbols if s not in self._last]
        self._spans = {s.name: span(setting, s, named.get(s.name), self._width) for s in first}

    def __len__(self) -> int:
        return prod(map(len, self._spans.values()))

    def assignments(self) -> Iterator[Assignment]:
        """Every assignment, or as many as are looked at."""
        return assignments(list(self._spans.values()), self.drawn)

    def models(self, assignments: Iterable[Assignment]) -> Iterable[NumericModel]:
        """The layer at assignments, wherever it is possible: in columns, unless there are none."""
        every = list(self._whole(assignments))
        try:
            return Cases.at(self.setting, self._names, every)
        except NotInArraysError:
            return self._one_by_one(every)

    def _one_by_one(self, assignments: Iterable[Assignment]) -> Iterator[NumericModel]:
        setting, at = self.setting, geometry_at(self.setting)
        numbers = {name: compiled_number(size) for name, size in setting.sizes.items()}
        conditions = [compiled_condition(condition) for condition in setting.spec.conditions]
        for values in assignments:
            symbols = dict(zip(self._names, values, strict=True))
            geometry = at({name: number(symbols) for name, number in numbers.items()})
            if geometry is not None and all(holds(symbols) for holds in conditions):
                yield NumericModel(setting, symbols, geometry)

    def _whole(self, assignments: Iterable[Assignment]) -> Iterator[Assignment]:
        """Numbers for all symbols, for each assignment."""
        numbers = {name: compiled_number(size) for name, size in self.setting.sizes.items()}
        sizes_at = input_sizes(self.setting, numbers, self._last, self._width)
        for values in assignments:
            assigned = dict(zip(self._spans, values, strict=True))
            for more in sizes_at(assigned):
                either = {**assigned, **more}
                yield tuple([either[name] for name in self._names])

    def sizes(self) -> Iterator[Assignment]:
        """Numbers for all symbols, whether there is a layer at them or not."""
        if self.drawn:
            yield from (tuple(model.sizes.values()) for model in self.geometries())
        else:
            yield from self._whole(self.assignments())

    def geometries(self) -> Iterator[NumericModel]:
        """The layer at every assignment; at a few of them, none too large, where these are drawn."""
        several = parts(self.assignments(), (2 ** min(at, 8) for at in count(4)))
        models = chain.from_iterable(map(self.models, takewhile(len, several)))
        if not self.drawn:
            yield from models
            return
        found, large, most = 0, None, MOST_WIDE_CASES if self._wide else MOST_CASES
        for model in models:
            if model.geometry.work > MOST_PRODUCTS:
                large = min(large or model, model, key=lambda model: model.geometry.work)
                continue
            yield model
            found += 1
            if found >= most:
                return
        if not found and large:
            yield large


def geometries(
    setting: LayerSymbols, grid: Mapping[str, Iterable[int]] | None = None, *, wide: bool = False
) -> Iterator[NumericModel]:
    """The layer at every assignment of its symbols from a grid that gives a possible geometry.

    Where there are several indices and no grid, cases are drawn. There are about ten times as many if they
    are ``wide``.
    """
    return Grid(setting, grid or {}, wide=wide).geometries()
