"""Batch normalisation at numbers: what its letters stand for, and entries by the derived formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from sympy import Expr, Indexed, expand, sympify

from symconv.evidence.scalars import EvaluationError
from symconv.network.evaluation import Model, Numbers

#: What has an entry for each input; all else has one for each channel.
WHOLE = ("x", "xhat", "y", "delta")

#: What has an entry for each channel.
PER_CHANNEL = ("gamma", "beta", "mu", "sigma", "r", "mubar", "sigmabar", "rbar")


def letter_of(norm: Any, name: str) -> str:
    """How a sequence prints: in the letters of the notation where it has one."""
    n = norm.notation
    letters = {"x": n.input, "xhat": f"{n.input}hat", "y": n.output, "delta": n.upstream, "L": n.loss}
    return str(letters.get(name, name))


def plain_entry(entry: Any) -> Expr:
    """An entry; a number with its roots collected."""
    found = sympify(entry)
    return expand(found) if found.is_number else found


def shape_of(norm: Any, name: str) -> tuple[int, ...]:
    """The shape of a sequence; the loss has no index."""
    if name in WHOLE:
        return tuple(norm.shape)
    channels = norm.lengths[1] if isinstance(norm.lengths[1], int) else norm.shape[1]
    return () if name == "L" else (channels,)


def model_of(
    norm: Any, sizes: Numbers, held: Mapping[str, Sequence[Any]], momentum: Any,
    partial: Callable[[Model, Expr, Expr, Numbers], Any],
) -> Model:  # fmt: skip
    """What the letters stand for."""
    sequences = {letter_of(norm, k): (entries, shape_of(norm, k)) for k, entries in held.items()}
    if norm.momentum.is_Symbol:
        sequences[norm.momentum.name] = ([momentum], ())
    return Model(dict(sizes), int(norm.notation.base), sequences, partial, _unknown)


def _unknown(name: str, value: Any) -> Any:
    raise EvaluationError(f"{name} has no value")


def entries_of(
    norm: Any, name: str, mode: str, given: Mapping[str, Sequence[Any]], eps: Any, momentum: Any,
    power: Callable[[Any], Any],
) -> list[Any]:  # fmt: skip
    """The entries of a quantity by the derived formulas, on numbers or expressions of one kind.

    What is given, by letter, may be operands and quantities; what is not given is computed. ``power`` is the
    square root.
    """
    held = dict(given)
    letters = {letter_of(norm, k): k for k in (*WHOLE, *PER_CHANNEL)}

    def needed(letter: str) -> Sequence[Any]:
        if letter not in held:
            if letter in ("r", "rbar"):
                deviations = needed(letter.replace("r", "sigma", 1))
                held[letter] = [1 / power(s**2 + eps) for s in deviations]
            elif letter == "sigma":
                held[letter] = [power(v) for v in found("variance")]
            else:
                held[letter] = found({"mu": "mean", "xhat": "normalised"}[letter])
        return held[letter]

    def partial(model: Model, of: Expr, by: Expr, at: Numbers) -> Any:
        assert isinstance(by, Indexed)
        quantity = "grad_shift" if str(by.base.label) == "beta" else "grad_scale"
        if quantity not in held:
            held[quantity] = found(quantity)
        return held[quantity][model.place(by, shape_of(norm, "beta"), at)]

    def found(quantity: str) -> list[Any]:
        formula = norm.formula(quantity, mode=mode)
        labels = {str(entry.base.label) for entry in formula.rhs.atoms(Indexed)}
        sequences = {letters[label]: needed(letters[label]) for label in labels}
        model = model_of(norm, {}, sequences, momentum, partial)
        spans = [range(int(first), int(last) + 1) for _, first, last in formula.index]
        names = [index.name for index, *_ in formula.index]
        return [model.value(formula.rhs, dict(zip(names, at, strict=True))) for at in product(*spans)]

    return found(name)
