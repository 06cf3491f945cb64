"""A layer's relations at many numbers at once, in arrays: how large they are, and what meets in them.

Each relation is enumerated as the plain loops enumerate it, place by place; no closed form of a size or of
an index is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from symconv.evidence.enumeration import MOST_WORK
from symconv.evidence.lanes import NotInArraysError, counting
from symconv.index_sums.symbols import LayerSymbols
from symconv.pattern import PADDING_MODES, ROLES, Relation

#: Numbers for the sizes of a relation, one a case.
Columns: TypeAlias = Mapping[str, Any]


class Shape(NamedTuple):
    """Where there is a relation, how many values the indices of each role have, and how many places."""

    possible: Any
    counts: Mapping[str, tuple[Any, ...]]
    around: Any

    def taken(self, which: Any) -> Shape:
        """That of some cases."""
        counts = {role: tuple(column[which] for column in own) for role, own in self.counts.items()}
        return Shape(self.possible[which], counts, self.around[which])


class Met(NamedTuple):
    """Triples that meet: the case of each, in order, and its indices by their role."""

    case: Any
    columns: Mapping[str, tuple[Any, ...]]

    def times(self, other: Met, cases: int) -> Met:
        """The product of two relations: in each case every triple of one with every triple of the other."""
        counts = np.bincount(other.case, minlength=cases)
        mine, number = counting(counts[self.case])
        case = self.case[mine]
        theirs = (np.cumsum(counts) - counts)[case] + number
        pairs = ((role, self.columns[role], other.columns[role]) for role in ROLES)
        return Met(case, {r: (*(c[mine] for c in a), *(c[theirs] for c in b)) for r, a, b in pairs})


#: Geometries with more places than this are not enumerated together.
MOST_TOGETHER = 2**22


def relations_in(setting: LayerSymbols, numbers: Mapping[str, Any]) -> list[tuple[Relation, dict[str, Any]]]:
    """Each relation of a layer with its own of the numbers for all sizes."""
    pattern = setting.exact_spec.pattern
    both = zip(pattern.relations, pattern.names, strict=True)
    return [(relation, {name: numbers[key] for name, key in names.items()}) for relation, names in both]


def shapes_in(setting: LayerSymbols, numbers: Columns) -> list[Shape]:
    return [shape(relation, own) for relation, own in relations_in(setting, numbers)]


def require_few(setting: LayerSymbols, numbers: Columns) -> None:
    """Raise where a case is too large to be tried, or all are too large to be enumerated together."""
    work, together = np.ones(1), 0.0
    for relation, own in relations_in(setting, numbers):
        if "kernel_size" in own:
            places = (own["input_size"] + own["before"] + own["after"]).astype(float)
            work = work * places * own["kernel_size"]
            beyond = own["stride"] if relation.options.get("ceil_mode") else 0
            together += (np.abs(places) + np.abs(beyond)).sum()
    if np.abs(work).max(initial=0) > MOST_WORK or together > MOST_TOGETHER:
        raise NotInArraysError("there are too many places")


def shape(relation: Relation, numbers: Columns) -> Shape:
    """How large a relation is in each case."""
    sizes, _, _ = _FORMS[relation.form]
    found = sizes(relation, **numbers)
    if relation.shared:
        return found
    return found._replace(counts={**found.counts, "tap": found.counts["output"] + found.counts["tap"]})


def met(relation: Relation, numbers: Columns, known: Shape) -> Met:
    """The triples of a relation in each case, where all are possible."""
    _, triples, _ = _FORMS[relation.form]
    case, output, tap, inputs = triples(relation, known, **numbers)
    return Met(case, {"output": output, "tap": tap if relation.shared else output + tap, "input": inputs})


def sources(relation: Relation, numbers: Columns, known: Shape) -> Any:
    """The input at each place of the padded one, or -1, case after case."""
    _, _, padded = _FORMS[relation.form]
    return padded(relation, known, **numbers)


def _unpadded(relation: Relation, known: Shape, **numbers: Any) -> Any:
    _, place = counting(known.around)
    return place


def _window(
    relation: Relation, *, input_size: Any, kernel_size: Any, stride: Any, dilation: Any, before: Any,
    after: Any,
) -> Shape:  # fmt: skip
    """A window begins at each multiple of the stride from which it ends within the padded input."""
    mode, ceiled = PADDING_MODES[relation.options["padding_mode"]], relation.options["ceil_mode"]
    possible = np.minimum.reduce([input_size, kernel_size, stride, dilation, before + 1, after + 1]) >= 1
    if mode.slack is not None:
        possible &= np.maximum(before, after) <= input_size - mode.slack
    beyond = stride - 1 if ceiled else np.zeros_like(stride)
    around = np.where(possible, before + input_size + after + beyond, 0)
    case, left = counting(around)
    fits = (left % stride[case] == 0) & (left + (dilation * (kernel_size - 1))[case] < around[case])
    if ceiled:
        fits &= (left < (before + input_size)[case]) | (beyond[case] == 0)
    outputs = np.bincount(case[fits], minlength=len(around))
    counts = {"output": (outputs,), "tap": (kernel_size,), "input": (input_size,)}
    return Shape(possible & (outputs > 0), counts, around)


def _window_padded(
    relation: Relation, known: Shape, *, input_size: Any, before: Any, after: Any, **_: Any
) -> Any:
    """Nothing around the input, or what NumPy pads it with, once for all cases that are padded alike."""
    case, place = counting(known.around)
    mode = PADDING_MODES[relation.options["padding_mode"]].numpy
    if mode == "constant":
        source = place - before[case]
        return np.where((source >= 0) & (source < input_size[case]), source, -1)
    columns = np.column_stack([input_size, before, after, known.around])
    alike, which = np.unique(columns, axis=0, return_inverse=True)
    padded = [_padded_by_numpy(mode, *row) for row in alike.tolist()]
    starts = np.cumsum([0, *map(len, padded)])[which.ravel()]
    return np.concatenate(padded)[starts[case] + place]


def _padded_by_numpy(mode: Any, input_size: int, before: int, after: int, around: int) -> Any:
    found = np.pad(np.arange(input_size), (before, after), mode=mode)
    return np.append(found, np.full(around - len(found), -1))


def _window_met(
    relation: Relation, known: Shape, *, kernel_size: Any, stride: Any, dilation: Any, **numbers: Any
) -> tuple[Any, ...]:
    """The kernel laid on the padded input, window after window."""
    padded = _window_padded(relation, known, **numbers)
    case, output = counting(known.counts["output"][0])
    window, at = counting(kernel_size[case])
    case, output = case[window], output[window]
    starts = np.cumsum(known.around) - known.around
    inputs = padded[(starts[case] + output * stride[case]) + at * dilation[case]]
    (inside,) = np.nonzero(inputs >= 0)
    tap = kernel_size[case] - 1 - at if relation.options["flip"] else at
    return case[inside], (output[inside],), (tap[inside],), (inputs[inside],)


def _spread(
    relation: Relation, *, input_size: Any, kernel_size: Any, stride: Any, dilation: Any, before: Any,
    after: Any, output_padding: Any,
) -> Shape:  # fmt: skip
    """Each input lays the kernel on the output, a stride further on; the padding is cut off."""
    least = [input_size, kernel_size, stride, dilation, before + 1, after + 1, output_padding + 1]
    possible = (np.minimum.reduce(least) >= 1) & (output_padding < np.maximum(stride, dilation))
    whole = (input_size - 1) * stride + dilation * (kernel_size - 1) + 1 + output_padding
    outputs = np.where(possible, np.maximum(whole - before - after, 0), 0)
    counts = {"output": (outputs,), "tap": (kernel_size,), "input": (input_size,)}
    return Shape(outputs > 0, counts, input_size)


def _spread_met(
    relation: Relation, known: Shape, *, input_size: Any, kernel_size: Any, stride: Any, dilation: Any,
    before: Any, **_: Any,
) -> tuple[Any, ...]:  # fmt: skip
    case, number = counting(input_size * kernel_size)
    inputs, at = np.divmod(number, kernel_size[case])
    output = inputs * stride[case] + at * dilation[case] - before[case]
    (kept,) = np.nonzero((output >= 0) & (output < known.counts["output"][0][case]))
    tap = kernel_size[case] - 1 - at if relation.options["flip"] else at
    return case[kept], (output[kept],), (tap[kept],), (inputs[kept],)


def _channels(relation: Relation, in_channels: Any, out_channels: Any, groups: Any) -> Shape:
    """Each group of output channels with each input channel of the group."""
    parts = np.maximum(groups, 1)
    possible = (np.minimum.reduce([in_channels, out_channels, groups]) >= 1) & (in_channels % parts == 0)
    possible &= out_channels % parts == 0
    ends = (in_channels, out_channels)
    first, last = ends if relation.dependent_role == "output" else ends[::-1]
    counts = {"output": (first,), "tap": (out_channels, in_channels // parts), "input": (last,)}
    return Shape(possible, counts, last)


def _channels_met(
    relation: Relation, known: Shape, in_channels: Any, out_channels: Any, groups: Any
) -> tuple[Any, ...]:
    _, inside = known.counts["tap"]
    case, number = counting(out_channels * inside)
    tap = outer, inner = np.divmod(number, inside[case])
    channel = outer // (out_channels // groups)[case] * inside[case] + inner
    ends = (channel,), (outer,)
    first, last = ends if relation.dependent_role == "output" else ends[::-1]
    return case, first, tap, last


def _dense(relation: Relation, *, input_size: Any, out_features: Any, **_: Any) -> Shape:
    """Channels in one group."""
    return _channels(relation, input_size, out_features, np.ones_like(input_size))


def _dense_met(
    relation: Relation, known: Shape, *, input_size: Any, out_features: Any, **_: Any
) -> tuple[Any, ...]:
    return _channels_met(relation, known, input_size, out_features, np.ones_like(input_size))


def _diagonal(relation: Relation, *, input_size: Any, **_: Any) -> Shape:
    """Each output with the input and the tap of the same number."""
    return Shape(input_size >= 1, dict.fromkeys(ROLES, (input_size,)), input_size)


def _diagonal_met(relation: Relation, known: Shape, **_: Any) -> tuple[Any, ...]:
    case, number = counting(known.around)
    return case, (number,), (number,), (number,)


def _samples(relation: Relation, **numbers: Any) -> Shape:
    """Each output with the input of the same number, through the one tap there is."""
    (count,) = numbers.values()
    return Shape(count >= 1, {"output": (count,), "tap": (), "input": (count,)}, count)


def _samples_met(relation: Relation, known: Shape, **_: Any) -> tuple[Any, ...]:
    case, number = counting(known.around)
    return case, (number,), (), (number,)


#: How large a relation is, its triples, and the inputs at its places, by what it relates.
_FORMS: Mapping[str, tuple[Callable[..., Shape], Callable[..., tuple[Any, ...]], Callable[..., Any]]] = {
    "window": (_window, _window_met, _window_padded),
    "spread": (_spread, _spread_met, _unpadded),
    "channels": (_channels, _channels_met, _unpadded),
    "diagonal": (_diagonal, _diagonal_met, _unpadded),
    "dense": (_dense, _dense_met, _unpadded),
    "samples": (_samples, _samples_met, _unpadded),
}
