"""Numbers for a worked example of a chain: those that it has, and small ones for its sizes and operands."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle, islice
from math import prod
from typing import Any

from sympy import Expr, Float, Integer, Rational, sympify

from symconv.errors import SymconvError
from symconv.network.evaluation import numeric, open_sizes
from symconv.network.values import ROLES
from symconv.network.worked import DIGITS, Arriving, Worked, taps_of_a_filter

#: A chain of more layers, or with more entries in a layer or weights in a kernel, is too large for numbers
#: that were chosen; and for numbers that were given.
MOST_CHOSEN, MOST_GIVEN = (4, 16, 36), (8, 64, 256)

#: What sizes are tried for letters, by what they are the size of; inputs grow until the layers fit.
_SIZES: Mapping[str, int] = {
    "kernel_size": 3, "stride": 2, "dilation": 1, "before": 1, "after": 1, "out_features": 2,
    "in_features": 4, "in_channels": 1, "out_channels": 2, "channels": 2, "groups": 1,
}  # fmt: skip
_INPUTS = (5, 4, 6, 7, 8, 9, 10, 11, 12)

_MIXED, _GENTLE = (1, 2, 0, -1, 3, 1, -2, 2), (1, 0, -1, 1, 1, -1, 0)
_WEIGHTS = (1, 0, -1, 2, 1, -1, -2)
_ARRIVING = (1, -2, 3, -1, 2, 1)


def example(chain: Any) -> Worked | None:
    """The chain on numbers, its own where it has some; nothing where it is too large."""
    made, letters = (chain, dict[str, int]()) if chain.values.numeric else _sized(chain)
    if made is None:
        return None
    values = made.values
    whole = values.complete and ("target" in values.given or values.loss_function.unknown)
    if not _small(values, MOST_GIVEN if values.complete else MOST_CHOSEN):
        return None
    best: tuple[int, Worked] | None = None
    for turn in range(1 if values.complete else len(_WEIGHTS)):
        try:
            found = _filled(values, turn, letters, not whole)
            found.require_comparisons()
            score = sum(map(_counts, (e for s in values.stages for e in found.shown("delta", s.number))))
        except (SymconvError, TypeError):  # an entry that is known by letter only is compared with another
            return None
        if best is None or score > best[0]:
            best = score, found
    return best[1] if best else None


def _small(values: Any, most: tuple[int, int, int]) -> bool:
    layers, entries, taps = most
    sizes = [values.stages[0].layer.pattern.count("input")]
    sizes += [stage.layer.pattern.count("output") for stage in values.stages]
    kernels = [stage.layer.pattern.count("tap") for stage in values.stages if stage.learned]
    return len(values.stages) <= layers and max(sizes) <= entries and max(kernels, default=0) <= taps


def _sized(chain: Any) -> tuple[Any, dict[str, int]]:
    """The chain with small numbers for its letters, and which these are."""
    names = open_sizes(chain)
    guessed: dict[str, int] = {}
    for stage in chain.stages:
        for name, size in stage.layer.spec.tied.geometry.items():
            symbol = sympify(size)
            if symbol.is_Symbol and symbol.name in names and name in _SIZES:
                guessed.setdefault(symbol.name, _SIZES[name])
    tried = [guessed, {name: min(2, size) for name, size in guessed.items()}]
    for taken in tried if len(chain.stages) < 3 else tried[::-1]:  # of many layers a picture is large
        for inputs in _INPUTS:
            letters = {name: taken.get(name, inputs) for name in names}
            try:
                made, _ = numeric(chain, letters)
            except SymconvError:
                continue
            if _small(made.values, MOST_CHOSEN):
                return made, letters
    return None, {}


def _filled(values: Any, turn: int, letters: Mapping[str, int], chosen: bool) -> Worked:
    """Values with numbers for all that has none."""
    given = {name: _precise(held) for name, held in values.given.items()}
    first = values.stages[0]
    plain = first.learned and (first.activation.unknown or first.activation.is_identity)
    count = first.layer.pattern.count("input")
    if "x" not in given:
        given["x"] = _numbers(range(1, 10) if plain and count <= 9 else _input(values), count)
    for letter, role in ROLES.items():
        held = dict(given.get(letter, {}))
        for number, stage in values.having(letter).items():
            size = prod(stage.layer.entries.shape(role))
            row = (1, 0, -1) if letter == "b" else _turned(_WEIGHTS, turn + 2 * number - 2)
            taps = taps_of_a_filter(stage)
            if plain and number == 1 and letter == "w" and count + taps <= 9:
                row = (*range(count + 1, count + taps + 1), *row)
            held.setdefault(number, _numbers(row[:size] if len(row) > size else row, size))
        given[letter] = held
    if values.loss_function.name == "cross_entropy" and "target" in given:  # floats add up to nearly 1
        given["target"] = tuple(t / sum(given["target"]) for t in given["target"])
    loss, outputs = values.loss_function, values.stages[-1].layer.pattern.count("output")
    if "target" not in given and not loss.unknown:
        given["target"] = _numbers((1, *(0,) * (outputs - 1)), outputs)
    if loss.unknown and not any(stage.activation.unknown for stage in values.stages):
        loss = Arriving(loss.name, loss.of_probabilities, tuple(_numbers(_ARRIVING, outputs)))
    return Worked(values.stages, values.shape, loss, values.notation, given, letters, chosen)


def _precise(held: Any) -> Any:
    """Entries whose floats have as many digits as the example is computed with."""
    if isinstance(held, Mapping):
        return {number: _precise(entries) for number, entries in held.items()}
    return tuple(Float(Rational(e), DIGITS) if isinstance(e, Float) else e for e in held)


def _counts(entry: Expr) -> bool:
    """Whether an entry is worth showing: neither 0 nor close to it."""
    return bool(abs(entry) > 0.001) if entry.is_number else True


def _input(values: Any) -> tuple[int, ...]:
    """Numbers in no order, small ones where a function soon changes little."""
    parts = [values.loss_function, *(stage.activation for stage in values.stages)]
    return _MIXED if all(part.rational or part.unknown for part in parts) else _GENTLE


def _turned(row: tuple[int, ...], by: int) -> tuple[int, ...]:
    at = by % len(row)
    return (*row[at:], *row[:at])


def _numbers(row: Any, count: int) -> tuple[Expr, ...]:
    return tuple(islice(cycle(map(Integer, row)), count))
