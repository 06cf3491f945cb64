"""A small layer of the same kind, on values that are easy to add up: what notes work out in figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, islice
from math import prod
from typing import Any

from sympy import sympify

from symconv.errors import SymconvError
from symconv.layers.description import defaults, options
from symconv.layers.entries import LETTERS
from symconv.pattern import Spatial, Specification
from symconv.pattern.reading import MODES

#: What is small enough: so many entries of the input and the output, so many products.
MOST_ENTRIES, MOST_PRODUCTS = 20, 64

#: So many outputs are enough to see a pattern, along one axis and along each of several.
OUTPUTS = (4, 2)

#: The longest input that is tried along an axis.
_LONGEST = 14

#: Upstream gradients, in turn: small, of both signs, none of them 0.
_UPSTREAM = (1, -2, 3, -1, 2, 1, -3, 2)

#: Inputs in no order.
_MIXED = (3, 1, 2, 5, 6, 4, 9, 7, 8)

#: The number of a size that is a letter.
_LETTERS = {"stride": 2, "dilation": 2, "output_padding": 0}

#: Sizes that are numbers are at most these in an example.
_MOST = {"stride": 2, "dilation": 2, "output_padding": 1}


def small(spec: Specification) -> bool:
    """Whether a layer can be told in figures as it is."""
    if not spec.numeric:
        return False
    inputs, outputs = (spec.tied.count(role) for role in ("input", "output"))
    return max(inputs, outputs) <= MOST_ENTRIES and len(spec.tied.incidence()) <= MOST_PRODUCTS


def example(layer: Any) -> Any:
    """The layer itself on values, those that it has and others for the rest; or a smaller one."""
    made = layer if small(layer.spec) else _smaller(layer)
    return made.at(**missing(made))


def missing(layer: Any) -> dict[str, Any]:
    """Values for the operands that have none, nested in their shapes."""
    found = {}
    for role, letter in LETTERS.items():
        wanted = letter in layer.spec.kernel.operands and role not in layer.entries.given
        if wanted and (role != "bias" or layer.spec.bias):
            shape = layer.entries.shape(role)
            found[letter] = layer.entries.nested(role, _values(role, shape, layer.spec))
    return found


def _values(role: str, shape: Sequence[int], spec: Specification) -> list[Any]:
    """Small whole numbers, neighbours different; those of a maximum in no order."""
    count = prod(shape)
    if role == "input":
        ordered = spec.kernel.shared and not spec.kernel.uniform
        if ordered and count > 9:
            size = prod(shape[-min(2, len(spec.axes)) :])  # planes, and channels, begin at different numbers
            turn = (3 - size) % 9
            return [(at + at // size * turn) % 9 + 1 for at in range(count)]
        return list(islice(range(1, count + 1) if ordered else cycle(_MIXED), count))
    if role == "output":
        return list(islice(cycle(_UPSTREAM), count))
    if role == "bias":
        return list(islice(cycle([1, 2, 3]), count))
    taps = spec.tied.single_filter().count("tap")
    inputs = spec.tied.count("input")
    # Weights stay apart from the inputs that they meet where both are few.
    first = inputs + 1 if inputs + taps <= 9 else 1
    each = [first + at for at in range(taps)] if taps <= 9 else list(islice(cycle(range(1, 6)), taps))
    filters = count // taps if taps else 1
    # Every other filter has them backwards, so that no output channel repeats the numbers of another.
    places = [(turn, -at - 1 if turn % 2 else at) for turn in range(filters) for at in range(taps)]
    return [each[(turn + at) % taps] for turn, at in places]


def _smaller(layer: Any) -> Any:
    """The smallest layer of the same kind and options that shows a pattern.

    Raises
    ------
    SymconvError
        When no small numbers make a possible layer.
    """
    spec, kind = layer.spec, type(layer)
    wanted = [_least(OUTPUTS[len(spec.axes) > 1], size) for size in spec.output_sizes]
    best: Any = None
    for given in _candidates(spec):
        told = {name: given[name] for name in defaults(kind) if name in given}
        try:
            made = kind(**told)
        except SymconvError:
            continue
        if not made.spec.numeric:
            continue
        if all(int(size) >= least for size, least in zip(made.spec.output_sizes, wanted, strict=True)):
            return made
        best = made
    if best is None:
        raise SymconvError(f"no small numbers make a layer such as this one: {layer.description}")
    return best


def _candidates(spec: Specification) -> Iterator[dict[str, Any]]:
    """The options of smaller layers: the kernel that is wanted, and then longer and longer inputs."""
    rank = len(spec.axes)

    def each(values: Iterable[Any]) -> Any:
        found = tuple(values)
        return found[0] if rank == 1 else found

    axes = spec.tied_axes
    taps = [_taps(spec, axis) for axis in axes]
    dilations = [_small(axis, "dilation") for axis in axes]
    told = {**options(spec), **_channels(spec), "notation": spec.notation, "kernel_size": each(taps)}
    for name in ("stride", "dilation", "output_padding"):
        if name in told:
            told[name] = each(_small(axis, name) for axis in axes)
    if not spec.kernel.learned and all(a.geometry["stride"] == a.geometry["kernel_size"] for a in axes):
        told["stride"] = each(taps)
    told["padding"] = each(
        _padding(spec, axis, k, d) for axis, k, d in zip(axes, taps, dilations, strict=True)
    )
    span = max(d * (k - 1) + 1 for d, k in zip(dilations, taps, strict=True))
    first = 2 if spec.transposed else max(span, 5 if rank == 1 and spec.kernel.learned else 3)
    for size in range(first, _LONGEST + 1):
        yield {**told, "input_size": each(_least(size, axis.geometry["input_size"]) for axis in axes)}


def _least(number: int, size: Any) -> int:
    """A number, or a size of the layer where that is a smaller one."""
    return min(number, size) if isinstance(size, int) else number


def _taps(spec: Specification, axis: Spatial) -> int:
    """So many taps along an axis: those of the layer where they are few, and fewer of several axes."""
    size, rank = axis.geometry["kernel_size"], len(spec.axes)
    plain = len(spec.tied.relations) == rank
    wide = rank == 2 and (plain or spec.transposed) and isinstance(size, int)
    most = 3 if rank == 1 or wide else 2
    return min(size, most) if isinstance(size, int) else most


def _small(axis: Spatial, name: str) -> int:
    """A stride, dilation or output padding; a stride beyond the kernel stays so, one letter is enough."""
    size, stride = axis.geometry.get(name, 0), axis.geometry["stride"]
    if not isinstance(size, int):
        return 1 if name == "dilation" and stride != 1 else _LETTERS[name]
    beyond = name == "stride" and isinstance(axis.geometry["kernel_size"], int)
    return min(size, 3 if beyond and size > axis.geometry["kernel_size"] else _MOST[name])


def _padding(spec: Specification, axis: Spatial, taps: int, dilation: int) -> Any:
    """A padding by its name, or numbers that fit the smaller kernel."""
    named = axis.options["padding"]
    if named in MODES:
        return named
    most = dilation * (taps - 1) if spec.kernel.learned else taps // 2
    sides = (axis.geometry[side] for side in ("before", "after"))
    return tuple(min(side if isinstance(side, int) else 1, most) for side in sides)


def _channels(spec: Specification) -> dict[str, int]:
    """Few channels of each kind: two, and two groups of them where there are groups."""
    found: dict[str, int] = {}
    for relation in spec.pattern.relations:
        told = {} if relation.spatial else relation.options
        if "groups" in told:
            groups = 1 if told["groups"] == 1 else 2
            for name in ("in_channels", "out_channels"):
                each = sympify(told[name]) / told["groups"]
                most = 1 if groups > 1 and len(spec.axes) > 1 else 2
                found[name] = groups * (min(int(each), most) if each.is_Integer else 3 - groups)
            found["groups"] = groups
        if "channels" in told:
            found["channels"] = min(told["channels"], 2) if isinstance(told["channels"], int) else 2
        if "batch" in told:
            found["batch"] = 1
    return found
