"""Claims about entries: numbers that somebody proposes for a quantity, compared exactly with its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np
from sympy import Expr, Float, Integer, MatrixBase, NDimArray, Rational, S, Symbol, expand

from symconv.derivation.claims import Claim
from symconv.errors import EntriesError, OptionError
from symconv.evidence.report import Refutation
from symconv.explicit.entries import Explicit
from symconv.explicit.operands import read_entries
from symconv.explicit.registry import required
from symconv.explicit.structure import Structure
from symconv.index_sums.equation import WrittenEquation, parse
from symconv.pattern import Specification
from symconv.printing.english import counted

_ENTRY = re.compile(r"\s*(\w+)\s*\[([^\[\]]*)\]\s*")
_DECIMAL = re.compile(r"[-+]?([0-9]{1,100}|[0-9]{0,100}\.[0-9]{1,100}|[0-9]{1,100}\.)")

#: What is counted of a layer besides its outputs, by the name that a claim gives it.
COUNTS: Mapping[str, Callable[[Specification], int]] = MappingProxyType(
    {
        "zeros": lambda spec: prod(_structure(spec).shape) - _structure(spec).nonzeros,
        "weights": lambda spec: _structure(spec).parameters,
        "parameters": lambda spec: spec.tied.count("tap") + spec.bias * prod(map(int, spec.filters)),
        "multiplications": lambda spec: _structure(spec).edges,
        "left_over": lambda spec: left_over(spec),
    }
)


def _structure(spec: Specification) -> Structure:
    return Structure.of_layer(spec)


def left_over(spec: Specification) -> int:
    """How many positions of the padded input lie after the last window, on the one axis of a layer."""
    (axis,) = spec.tied_axes
    sizes = axis.geometry
    reach = sizes["dilation"] * (sizes["kernel_size"] - 1)
    room = sizes["input_size"] + sizes["before"] + sizes["after"] - reach - 1
    return int(room - (axis.extents["output"][0] - 1) * sizes["stride"])


@dataclass(frozen=True)
class WrongEntry(Refutation):
    """The first entry that differs, with both values."""

    place: str = ""

    def __str__(self) -> str:
        return f"{self.place} is {self.right}, not {self.claimed}"


@dataclass(frozen=True)
class WrongShape(Refutation):
    """Another number of entries than the quantity has, or another shape."""

    def __str__(self) -> str:
        return f"it has {self.right}, and the answer has {self.claimed}"


class ShapeError(EntriesError):
    """Entries in another shape than the quantity that they are claimed for; ``flat`` if both are lists."""


@dataclass(frozen=True, repr=False)
class ValueClaim(Claim):
    """The verdict on a claim about entries; true if and only if all of them are equal.

    ``verdict`` is "equal" or "refuted", and ``cases`` is the number of entries.

    >>> import symconv as sc
    >>> layer = sc.Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[5, 6, 7])
    >>> layer.claim("output", [38, 56]), layer.claim("output", [38, 65])
    (output: correct, 2 entries compared, output: refuted; output[1] is 56, not 65)
    """

    def __str__(self) -> str:
        if self.refutation:
            why = self.diagnosis if self.name != "output_size" else ""  # of entries it says what is right
            return f"{self.name}: refuted; {why or self.refutation}"
        return f"{self.name}: correct, {counted(self.cases, 'entry', 'entries')} compared"

    __repr__ = __str__


def right_entries(spec: Specification, made: Callable[[], Explicit], name: str) -> list[Expr]:
    """The entries of what is named, row-major."""
    return _right(spec, made, name)[0]


def misshapen(name: str, error: ShapeError, diagnosis: str) -> ValueClaim:
    """The verdict on entries of another length, or of another shape that another convention gives."""
    refutation = WrongShape({}, {}, error.data["claimed"], error.data["wanted"])
    return ValueClaim(name, "refuted", 0, refutation, diagnose=lambda: diagnosis)


def about_entries(name: Any, candidate: Any, *, valued: bool) -> bool:
    """Whether a claim is about entries, and not a formula or a function.

    It is where an entry or a count is named, where entries are given as a list, array or matrix, and on a
    layer with values also for a number or text.
    """
    if isinstance(name, str) and (name in COUNTS or _ENTRY.fullmatch(name)):
        return True
    if isinstance(candidate, Sequence | np.ndarray | MatrixBase | NDimArray):
        return valued or not isinstance(candidate, str)
    number = isinstance(candidate, int | float | Fraction | np.number)
    return valued and (number or (isinstance(candidate, Expr) and candidate.is_number))


def judge_entries(spec: Specification, made: Callable[[], Explicit], name: str, candidate: Any) -> ValueClaim:
    """Compare a candidate with the entries of a layer, each exactly; they are made where they are needed.

    One output size stands for those of all axes.

    Raises
    ------
    EntriesError
        When the candidate has another shape, or an entry is no number or expression.
    OptionError
        When the layer has no quantity, entry or count of that name.
    """
    right, shape, places = _right(spec, made, name)
    if (
        name == "output_size"
        and shape_of(candidate) == ()
        and not (isinstance(candidate, str) and "," in candidate)
    ):
        candidate = [candidate] * len(right)
    found = _read(made, name, candidate, shape)
    for place, claimed, wanted in zip(places, found, right, strict=True):
        if claimed != wanted and expand(claimed - wanted) != 0:
            refutation = WrongEntry({}, {}, str(claimed), str(wanted), place)
            return ValueClaim(name, "refuted", len(places), refutation)
    return ValueClaim(name, "equal", len(places))


def _right(
    spec: Specification, made: Callable[[], Explicit], name: str
) -> tuple[list[Expr], tuple[int, ...], list[str]]:
    """The entries of what is named, their shape, and what each is called."""
    if name in COUNTS:
        return [Integer(_count(spec, name))], (), [name]
    base, inside = spec.notation.base, _ENTRY.fullmatch(name)
    whole = inside[1] if inside else name
    if whole == "output_size":
        shape: tuple[int, ...] = (len(spec.axes),)
        entries: list[Expr] = [Integer(int(size)) for size in spec.output_sizes]
    else:
        row, values = required(whole, spec, explicit=True, besides=() if inside else COUNTS), made()
        shape = values.shape(whole) if row.is_matrix else values.axes(whole)
        held = values.entries(whole)
        entries = [held.get(cell, S.Zero) for cell in range(prod(shape))]
    if inside:
        at = _index(name, inside[2], shape, base)
        return [entries[at]], (), [name]
    if whole == "output_size" and len(shape) == len(entries) == 1:
        return entries, shape, [whole]
    indices = [", ".join(str(n + base) for n in index) for index in np.ndindex(*shape)]
    return entries, shape, [f"{whole}[{index}]" if shape else whole for index in indices]


def _count(spec: Specification, name: str) -> int:
    spec.tied.require_numbers()
    if name == "left_over" and len(spec.axes) != 1:
        raise OptionError("{given!r} is counted along one axis: use a layer with one axis.", given=name)
    return COUNTS[name](spec)


def _index(name: str, text: str, shape: tuple[int, ...], base: int) -> int:
    """The flat position of an index as it is printed."""
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"-?[0-9]{1,18}", part) for part in parts):
        raise OptionError(f"claim: {name}: write whole numbers as indices, as in output[{base}].")
    index = [int(part) - base for part in parts]
    ranges = " and ".join(f"{base} to {extent - 1 + base}" for extent in shape)
    if len(index) != len(shape) or any(not 0 <= at < n for at, n in zip(index, shape, strict=True)):
        many = "the index runs" if len(shape) == 1 else f"its {len(shape)} indices run"
        raise OptionError(f"claim: there is no {name}: {many} from {ranges}.")
    return int(np.ravel_multi_index(index, shape))


def _read(made: Callable[[], Explicit], name: str, candidate: Any, shape: tuple[int, ...]) -> list[Expr]:
    """The entries of a candidate in a shape, flattened row-major; decimals as the fractions they write."""
    if isinstance(candidate, str):
        flat = read_answer(candidate)
        _require_shape(name, (len(flat),), shape, (prod(shape),))
        candidate = np.reshape(np.array(flat, dtype=object), shape).tolist()
    else:
        candidate = _texts_read(candidate)
        if (given := shape_of(candidate)) is not None:
            if len(shape) == 1 and isinstance(candidate, MatrixBase):
                given = (max(given),) if min(given) == 1 else given
            _require_shape(name, given, shape)
    found = [_as_written(entry) for entry in read_entries("the answer", candidate, shape)]
    used = {symbol for entry in found for symbol in entry.free_symbols}
    operands = (*made().operands.values(), made().bias) if used else ()
    known = {symbol for operand in operands for entry in operand for symbol in entry.free_symbols}
    for symbol in sorted(used - known, key=str):
        sentence = "claim: unknown {given}: {cure}"
        raise OptionError(sentence, given=symbol, allowed=sorted(map(str, known)))
    return found


def shape_of(candidate: Any) -> tuple[int, ...] | None:
    """The shape of nested lists, an array or a matrix; None for what is ragged."""
    shape = getattr(candidate, "shape", None)
    if shape is None and isinstance(candidate, list | tuple):
        parts = {shape_of(part) for part in candidate}
        inner = parts.pop() if len(parts) == 1 else None if parts else (0,)
        return None if inner is None else (len(candidate), *inner)
    return tuple(map(int, shape or ()))


def _require_shape(name: str, given: tuple[int, ...], *wanted: tuple[int, ...]) -> None:
    if given in wanted:
        return
    claimed, right = f"the shape {given}", f"the shape {wanted[0]}"
    flat = len(given) == len(wanted[-1]) == 1
    if flat:
        right, claimed = (counted(prod(shape), "entry", "entries") for shape in (wanted[-1], given))
    sentence = "claim: {name} has {wanted}, and the answer has {claimed}."
    if wanted == ((),):
        sentence, right = "claim: {name} is {wanted}, and the answer has {claimed}.", "one number"
    raise ShapeError(sentence, name=name, wanted=right, claimed=claimed, flat=flat)


def read_answer(text: str) -> list[Any]:
    """Entries as text: numbers, fractions, decimals or symbols with commas or semicolons between them.

    >>> read_answer("(1, -2; 1/3, 0.5)")
    [Fraction(1, 1), Fraction(-2, 1), 1/3, Fraction(1, 2)]
    """
    parts = [part.strip() for part in re.split("[,;]", text.strip().strip("()[]"))]
    if not all(parts):
        raise EntriesError(f"claim: {text!r} leaves out an entry: write all of them, as in 5,16,34.")
    return [_entry(part) for part in parts]


def reads_as_entries(text: str) -> bool:
    """Whether text lists numbers, or has commas or semicolons between entries, and is no formula.

    >>> reads_as_entries("1, -2; 1/3"), reads_as_entries("a, 2"), reads_as_entries("min(a, b)*x[i, j]")
    (True, True, False)
    """
    number = re.compile(rf"{_DECIMAL.pattern}|[-+]?[0-9]{{1,100}}/[0-9]{{1,100}}")
    if all(number.fullmatch(part.strip()) for part in re.split("[,;]", text.strip().strip("()[]"))):
        return True
    bare, whole = text, ""
    while bare != whole:  # what stands in brackets goes, from the innermost on
        bare, whole = re.sub(r"[(\[{][^()\[\]{}]*[)\]}]", "", bare), bare
    return "," in bare or ";" in bare


def _texts_read(candidate: Any) -> Any:
    if isinstance(candidate, str):
        return _entry(candidate.strip())
    return [_texts_read(part) for part in candidate] if isinstance(candidate, list | tuple) else candidate


def _entry(text: str) -> Any:
    if _DECIMAL.fullmatch(text):
        return Fraction(text)
    found = parse(text)
    if isinstance(found, WrittenEquation):
        raise EntriesError(f"claim: an entry is a number or an expression, not an equation: {text}")
    return found.xreplace({s: Symbol(s.name) for s in found.free_symbols if isinstance(s, Symbol)})


def _as_written(entry: Expr) -> Expr:
    """With every float as the decimal number that writes it."""
    return entry.xreplace({number: Rational(repr(float(number))) for number in entry.atoms(Float)})
