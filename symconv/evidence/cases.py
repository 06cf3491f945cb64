"""A layer's sequences at numbers: what the letters of a derivation stand for, as polynomials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import islice, product
from math import prod
from random import Random
from typing import Any, TypeAlias

from sympy import Integer, Symbol

from symconv.errors import GeometryError
from symconv.evidence.enumeration import EnumeratedRelation, Geometry, enumerator
from symconv.evidence.polynomials import Poly, Sequences, added, atom, multiplied
from symconv.evidence.scalars import EvaluationError, Number, Numbers, compiled_condition, compiled_number
from symconv.index_sums.symbols import LayerSymbols, least
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


#: So many geometries of a layer with several indices are tried where no grid is given, or a wide one.
MOST_CASES, MOST_WIDE_CASES = 30, 300

#: How far the numbers of a wide grid reach, by how many symbols are open: the more, the less.
WIDTHS = {1: 24, 2: 12, 3: 8, 4: 7, 5: 6, 6: 5, 7: 3}

#: Those with more products of outputs and taps than this are left out there, if there are others.
MOST_PRODUCTS = 1000

#: A geometry with more products of a place and a tap than this is too large to be tried.
MOST_WORK = 2 * 10**6

#: So many input sizes are tried from one stride to the next; of more, those at both ends.
MOST_SIZES = 64

#: So many assignments are looked at one by one; of more, as many are drawn.
MOST_ASSIGNMENTS = 4000


#: Numbers for some symbols, in an order that a grid knows.
Assignment: TypeAlias = tuple[int, ...]


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
        width = WIDTHS.get(len(setting.symbols), min(WIDTHS.values())) if wide else 0
        self._width = width // 2 + 1 if setting.several else width
        self._last = [s for s in setting.symbols if s in inputs and s.name not in named]
        first = [s for s in setting.symbols if s not in self._last]
        self._spans = {s.name: _values(setting, s, named.get(s.name), self._width) for s in first}

    def __len__(self) -> int:
        return prod(map(len, self._spans.values()))

    def assignments(self) -> Iterator[Assignment]:
        """Every assignment, or as many as are looked at."""
        return _assignments(list(self._spans.values()), self.drawn)

    def models(self, assignments: Iterable[Assignment]) -> Iterator[NumericModel]:
        """The layer at assignments, wherever it is possible."""
        setting, geometry_at = self.setting, _enumerator(self.setting)
        numbers = {name: compiled_number(size) for name, size in setting.sizes.items()}
        conditions = [compiled_condition(condition) for condition in setting.spec.conditions]
        for whole in self._whole(assignments):
            geometry = geometry_at({name: number(whole) for name, number in numbers.items()})
            if geometry is not None and all(holds(whole) for holds in conditions):
                yield NumericModel(setting, whole, geometry)

    def _whole(self, assignments: Iterable[Assignment]) -> Iterator[dict[str, int]]:
        """Numbers for all symbols, for each assignment."""
        numbers = {name: compiled_number(size) for name, size in self.setting.sizes.items()}
        input_sizes = _input_sizes(self.setting, numbers, self._last, self._width)
        order = [s.name for s in self.setting.symbols]
        for values in assignments:
            assigned = dict(zip(self._spans, values, strict=True))
            for more in input_sizes(assigned):
                either = {**assigned, **more}
                yield {name: either[name] for name in order}

    def sizes(self) -> Iterator[Assignment]:
        """Numbers for all symbols, whether there is a layer at them or not."""
        whole = (m.sizes for m in self.geometries()) if self.drawn else self._whole(self.assignments())
        for numbers in whole:
            yield tuple(numbers.values())

    def geometries(self) -> Iterator[NumericModel]:
        """The layer at every assignment; at a few of them, none too large, where these are drawn."""
        models = self.models(self.assignments())
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


def _assignments(spans: Sequence[Sequence[int]], drawn: bool) -> Iterator[Assignment]:
    """All of them, or as many as are looked at, in an order that mixes small and large numbers."""
    rng = Random(0)
    if not drawn:
        yield from product(*spans)
    elif prod(map(len, spans)) <= MOST_ASSIGNMENTS:
        every = list(product(*spans))
        rest = every[1:]
        rng.shuffle(rest)
        yield from [*every[:1], *rest]
    else:
        yield from (tuple(map(rng.choice, spans)) for _ in range(MOST_ASSIGNMENTS))


def _enumerator(setting: LayerSymbols) -> Callable[[Mapping[str, Any]], Geometry | None]:
    """What gives the layer at numbers for its sizes, if it is possible."""
    pattern = setting.exact_spec.pattern
    relations = [
        (enumerator(relation), names)
        for relation, names in zip(pattern.relations, pattern.names, strict=True)
    ]
    spatial = [keys for keys in pattern.names if "kernel_size" in keys]

    def at(sizes: Mapping[str, Any]) -> Geometry | None:
        if any(size != int(size) for size in sizes.values()):
            return None
        work = 1
        for keys in spatial:
            places = (int(sizes[keys[name]]) for name in ("input_size", "before", "after"))
            work *= sum(places) * int(sizes[keys["kernel_size"]])
        if work > MOST_WORK:
            raise GeometryError(
                f"closed forms are tried on numbers, and {work:,} products of a position and a tap are too "
                "many: write a name such as 'N' for a size."
            )
        found: list[EnumeratedRelation] = []
        for enumerate_, names in relations:
            one = enumerate_({name: int(sizes[key]) for name, key in names.items()})
            if one is None:
                return None
            found.append(one)
        return Geometry(tuple(found))

    return at


def _input_sizes(
    setting: LayerSymbols, numbers: Mapping[str, Number], symbols: Sequence[Symbol], width: int
) -> Callable[[Numbers], Iterator[dict[str, int]]]:
    """What gives input sizes from the least that the kernel needs, over more than one stride."""
    pattern, most = setting.exact_spec.pattern, max(2 * width, 4 if setting.several else 7)
    read = [
        [
            {name: numbers[key] for name, key in names.items() if name != "input_size"}
            for relation, names in zip(pattern.relations, pattern.names, strict=True)
            if relation.geometry.get("input_size") == symbol
        ]
        for symbol in symbols
    ]

    def at(assigned: Numbers) -> Iterator[dict[str, int]]:
        spans = []
        for symbol, relations in zip(symbols, read, strict=True):
            lows, highs = [1], [most]
            for relation in relations:
                try:
                    known = {name: number(assigned) for name, number in relation.items()}
                    if not setting.spec.transposed:
                        reach = known["dilation"] * (known["kernel_size"] - 1)
                        lows.append(int(reach + 1 - known["before"] - known["after"]))
                    highs.append(max(lows) + int(known["stride"]) + 1)
                except EvaluationError:  # another size is made of the input size
                    highs.append(7)
            spans.append([n for n in _ends(max(lows), max(highs)) if _can_be(symbol, n)])
        for values in product(*spans):
            yield {s.name: n for s, n in zip(symbols, values, strict=True)}

    return at


def _ends(first: int, stop: int) -> Iterable[int]:
    """The numbers from the first on, or where they are many, some at both ends."""
    if stop - first <= MOST_SIZES:
        return range(first, stop)
    half = MOST_SIZES // 2
    return [*range(first, first + half), *range(stop - half, stop)]


def _values(setting: LayerSymbols, symbol: Symbol, wanted: Iterable[int] | None, width: int) -> list[int]:
    """The numbers that a symbol is given: those wanted, or a few that its assumptions allow, or as wide."""
    if wanted is not None:
        return list(wanted)
    names = {name.split()[0] for name, size in setting.sizes.items() if size == symbol}
    if "kernel_size" in names:
        span = range(1, max(width + 1, 4 if setting.several else 5))
    elif names and all(least(name) == 0 for name in names):
        span = range(max(width, 3 if setting.several or names != {"before", "after"} else 4))
    elif names & {"in_channels", "out_channels"}:
        span = range(1, 5)
    elif symbol.is_positive:
        span = range(1, max(width, 4))
    else:
        span = range(-3, max(width, 9))
    return [value for value in span if _can_be(symbol, value)]


@cache
def _can_be(symbol: Symbol, value: int) -> bool:
    """Whether a number has every property that is assumed of a symbol."""
    number, facts = Integer(value), symbol.assumptions0.items()
    return all(getattr(number, f"is_{name}", truth) in (truth, None) for name, truth in facts)
