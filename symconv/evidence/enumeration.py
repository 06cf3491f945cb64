"""A layer in numbers, by plain loops: which taps and inputs each output meets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, TypeAlias

import numpy as np

from symconv.errors import GeometryError
from symconv.index_sums.symbols import LayerSymbols
from symconv.pattern import PADDING_MODES, ROLES, Relation

#: What a layer is told to have a relation, by the names of its options.
Options: TypeAlias = Mapping[str, Any]

#: The indices of a tap and of an input.
Pair = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class EnumeratedRelation:
    """One relation in numbers: outputs, and for each of them the taps and inputs that it meets.

    ``sources`` is the padded input: for each place the input that stands there, or None. ``windows`` has the
    places of each output of an axis; ``held`` has those within the padded input, and within the input.
    """

    counts: Mapping[str, tuple[int, ...]]
    met: tuple[tuple[Pair, ...], ...]
    sources: tuple[int | None, ...]
    windows: tuple[range, ...] = ()
    held: tuple[range, ...] = ()

    @property
    def places(self) -> list[tuple[int, int]]:
        """For each output of an axis, how many places of its window lie in either."""
        padded, inputs = self.held
        return [(sum(at in padded for at in one), sum(at in inputs for at in one)) for one in self.windows]


@dataclass(frozen=True)
class Geometry:
    """The product of the relations of a layer at numbers for its sizes, enumerated when it is asked for.

    ``work`` is how many pairs of an output and a tap there are.
    """

    sizes: Mapping[str, int]
    work: int
    _enumerated: Callable[[], tuple[EnumeratedRelation, ...]] = field(repr=False, compare=False)

    @cached_property
    def relations(self) -> tuple[EnumeratedRelation, ...]:
        """Each relation, in numbers."""
        return self._enumerated()

    @cached_property
    def counts(self) -> dict[str, tuple[int, ...]]:
        """The shape of each role."""
        return {role: tuple(n for r in self.relations for n in r.counts[role]) for role in ROLES}

    @cached_property
    def met(self) -> dict[tuple[int, ...], list[Pair]]:
        """For each output, the (tap, input) pairs that it sums."""
        found = {}
        for outputs in product(*(range(len(relation.met)) for relation in self.relations)):
            pairs = product(*(relation.met[o] for relation, o in zip(self.relations, outputs, strict=True)))
            split = (zip(*pair, strict=True) for pair in pairs)
            found[outputs] = [(sum(taps, ()), sum(inputs, ())) for taps, inputs in split]
        return found


#: A geometry with more products of a place and a tap than this is too large to be tried.
MOST_WORK = 2 * 10**6


def geometry_at(setting: LayerSymbols) -> Callable[[Mapping[str, Any]], Geometry | None]:
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
        pairs = prod(n for relation in found for role in ("output", "tap") for n in relation.counts[role])
        return Geometry({name: int(size) for name, size in sizes.items()}, pairs, lambda: tuple(found))

    return at


def enumerated(setting: LayerSymbols, numbers: Mapping[str, int]) -> tuple[EnumeratedRelation, ...]:
    """The relations of a layer at numbers at which it is possible."""
    found = geometry_at(setting)(numbers)
    assert found is not None
    return found.relations


def enumerator(relation: Relation) -> Callable[[dict[str, int]], EnumeratedRelation | None]:
    """What gives a relation at numbers for its sizes, or None where no layer has them."""
    form, options = _FORMS[relation.form], relation.options

    def at(numbers: dict[str, int]) -> EnumeratedRelation | None:
        found = form(relation, options, **numbers)
        return found if relation.shared or found is None else _unshared(found)

    return at


def _samples(relation: Relation, options: Options, **numbers: int) -> EnumeratedRelation | None:
    """Each output with the input of the same number, through the one tap there is."""
    (count,) = numbers.values()
    if count < 1:
        return None
    counts: dict[str, tuple[int, ...]] = {"output": (count,), "tap": (), "input": (count,)}
    return EnumeratedRelation(counts, tuple((((), (n,)),) for n in range(count)), tuple(range(count)))


def _diagonal(count: int) -> EnumeratedRelation | None:
    """Each output with the input and the tap of the same number."""
    if count < 1:
        return None
    met = tuple((((n,), (n,)),) for n in range(count))
    return EnumeratedRelation(dict.fromkeys(ROLES, (count,)), met, tuple(range(count)))


def _unshared(relation: EnumeratedRelation) -> EnumeratedRelation:
    """Each tap once for every output."""
    counts = {**relation.counts, "tap": relation.counts["output"] + relation.counts["tap"]}
    outputs = product(*map(range, counts["output"]))
    rows = zip(outputs, relation.met, strict=True)
    met = tuple(tuple(((*o, *k), j) for k, j in row) for o, row in rows)
    return replace(relation, counts=counts, met=met)


def _channels(
    relation: Relation, options: Options, in_channels: int, out_channels: int, groups: int
) -> EnumeratedRelation | None:
    """Each group of output channels with each input channel of the group."""
    if min(in_channels, out_channels, groups) < 1 or in_channels % groups or out_channels % groups:
        return None
    exchanged = relation.dependent_role == "output"
    inside, outside = in_channels // groups, out_channels // groups
    met: list[list[Pair]] = [[] for _ in range(in_channels if exchanged else out_channels)]
    for o, c in product(range(out_channels), range(inside)):
        channel = o // outside * inside + c
        met[channel if exchanged else o].append(((o, c), (o if exchanged else channel,)))
    ends = (in_channels, out_channels) if exchanged else (out_channels, in_channels)
    counts = {"output": ends[:1], "tap": (out_channels, inside), "input": ends[1:]}
    return EnumeratedRelation(counts, tuple(map(tuple, met)), tuple(range(ends[1])))


def _window(
    relation: Relation, options: Options, *, input_size: int, kernel_size: int, stride: int, dilation: int,
    before: int, after: int,
) -> EnumeratedRelation | None:  # fmt: skip
    """The kernel laid on the padded input, place after place."""
    if min(input_size, kernel_size, stride, dilation) < 1 or min(before, after) < 0:
        return None
    mode = PADDING_MODES[options["padding_mode"]]
    if mode.slack is not None and max(before, after) > input_size - mode.slack:
        return None
    if before == after == 0 or mode.numpy == "constant":
        padded = [*[None] * before, *range(input_size), *[None] * after]
    else:
        padded = np.pad(range(input_size), (before, after), mode=mode.numpy).tolist()
    whole, beyond = len(padded), 0
    if options["ceil_mode"]:
        beyond = stride - 1  # less than a stride, and no window that begins behind the input
        padded += [None] * beyond
    taps = range(kernel_size)[:: -1 if options["flip"] else 1]
    met: list[tuple[Pair, ...]] = []
    windows: list[range] = []
    left, reach = 0, dilation * (kernel_size - 1)
    while left + reach < len(padded) and (not beyond or left < before + input_size):
        windows.append(range(left, left + reach + 1, dilation))
        seen = zip(taps, padded[left : left + reach + 1 : dilation], strict=True)
        met.append(tuple([((tap,), (j,)) for tap, j in seen if j is not None]))
        left += stride
    if not met:
        return None
    counts = {"output": (len(met),), "tap": (kernel_size,), "input": (input_size,)}
    held = range(whole), range(before, before + input_size)
    return EnumeratedRelation(counts, tuple(met), tuple(padded), tuple(windows), held)


def _transposed(
    relation: Relation, options: Options, *, input_size: int, kernel_size: int, stride: int, dilation: int,
    before: int, after: int, output_padding: int,
) -> EnumeratedRelation | None:  # fmt: skip
    """Each input lays the kernel on the output, a stride further on; the padding is cut off."""
    if min(input_size, kernel_size, stride, dilation) < 1 or min(before, after, output_padding) < 0:
        return None
    whole = (input_size - 1) * stride + dilation * (kernel_size - 1) + 1 + output_padding
    outputs = range(whole)[before : max(before, whole - after)]
    if not outputs or output_padding >= max(stride, dilation):
        return None
    met: dict[int, list[Pair]] = {place: [] for place in outputs}
    for j in range(input_size):
        for at, tap in enumerate(range(kernel_size)[:: -1 if options["flip"] else 1]):
            place = j * stride + at * dilation
            if place in met:
                met[place].append(((tap,), (j,)))
    counts = {"output": (len(outputs),), "tap": (kernel_size,), "input": (input_size,)}
    return EnumeratedRelation(counts, tuple(map(tuple, met.values())), tuple(range(input_size)))


#: How the outputs of a relation meet its inputs, by what it relates.
_FORMS: Mapping[str, Callable[..., EnumeratedRelation | None]] = {
    "window": _window,
    "spread": _transposed,
    "channels": _channels,
    "diagonal": lambda r, o, *, input_size, **_: _diagonal(input_size),
    "dense": lambda r, o, *, input_size, out_features, **_: _channels(r, o, input_size, out_features, 1),
    "samples": _samples,
}
