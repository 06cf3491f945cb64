"""What the symbols of a layer run over where nobody names numbers: a few of each, with all edges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from math import prod
from random import Random
from typing import TypeAlias

from sympy import Integer, Symbol

from symconv.evidence.scalars import EvaluationError, Number, Numbers
from symconv.index_sums.symbols import LayerSymbols, least

#: Numbers for some symbols, in an order that a grid knows.
Assignment: TypeAlias = tuple[int, ...]

#: How far the numbers of a wide grid reach, by how many symbols are open: the more, the less.
WIDTHS = {1: 24, 2: 12, 3: 8, 4: 7, 5: 6, 6: 5, 7: 3}

#: So many input sizes are tried from one stride to the next; of more, those at both ends.
MOST_SIZES = 64

#: So many assignments are looked at one by one; of more, as many are drawn.
MOST_ASSIGNMENTS = 4000


def assignments(spans: Sequence[Sequence[int]], drawn: bool) -> Iterator[Assignment]:
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


def input_sizes(
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


def span(setting: LayerSymbols, symbol: Symbol, wanted: Iterable[int] | None, width: int) -> list[int]:
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
