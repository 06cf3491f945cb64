"""What is shown of a layer: the quantities asked for, each with its reason and equation or closed form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symconv.errors import OptionError

if TYPE_CHECKING:
    from symconv.layers import Layer
    from symconv.printing.targets import Displayed

#: So many cells of a matrix, and terms of sums, are printed at the most.
MOST_CELLS = 10_000_000


@dataclass(frozen=True)
class Passage:
    """One quantity: a reason, what is displayed, and what is said after it."""

    name: str
    reason: str
    display: Displayed
    remarks: tuple[str, ...] = ()


def excerpt(
    layer: Layer, show: str | None = None, *, steps: bool = False, prove: bool = False,
    activation: str | None = None,
) -> list[Passage]:  # fmt: skip
    """The passages on a layer that the options ``show``, ``steps``, ``prove`` and ``activation`` ask for.

    With numbers for all sizes every entry is written out; with symbols, or with steps, the closed form
    stands for all entries.

    Raises
    ------
    OptionError
        When a quantity is none of the layer's, an option does nothing for what is shown, or what is
        printed without dots is too large.
    """
    closed = steps or not layer.spec.numeric
    if closed and activation is not None:
        sentence = "{option} needs explicit entries: give numbers for all sizes, and leave out {steps}."
        raise OptionError(sentence, "activation")
    if prove and not steps:
        raise OptionError("{option} proves the steps of a derivation: add {steps}.", "prove")
    every = layer.formula_names if closed else layer.equation_names
    names = _quantities(show, every, activation is not None)
    if steps and not names:
        cure = "leave it out, or name a quantity in {show}."
        raise OptionError(f"{{option}} has nothing to show: {cure}", "steps")
    if activation is not None and not {"activation", "filters"} & set(names):
        sentence = "{option} has no effect on what {show} names: add activation to {show}."
        raise OptionError(sentence, "activation", activation)
    if not closed:
        require_printable(layer, names)
    return [_shown(layer, name, closed, steps, prove, activation) for name in names]


def require_printable(layer: Layer, names: Iterable[str]) -> None:
    """Raise unless what is printed without dots has few enough terms and cells.

    Raises
    ------
    OptionError
        With what to write instead.
    """
    if layer.notation.max_rows is not None or not layer.spec.numeric:
        return
    from symconv.explicit.registry import cells

    for name in names:
        count = cells(name, layer.spec)
        if count > MOST_CELLS:
            sentence = f"{name} has {count} entries or terms, but at most {MOST_CELLS} can be printed: "
            raise OptionError(f"{sentence}leave out {{option}} 0, or use smaller sizes.", "max_rows")


def _shown(layer: Layer, name: Any, closed: bool, steps: bool, prove: bool, function: str | None) -> Passage:
    reason = layer.reasons[name]
    if not closed:
        return Passage(name, reason, layer.equation(name, function=function))
    if not steps:
        return Passage(name, reason, layer.formula(name))
    derivation = layer.derive(name)
    rules = (f"{rule}: {why}" for rule, why in derivation.reasons().items())
    evidence = derivation.settled() if prove else f"{derivation.steps[0].evidence}."
    compared = f"Both sides of each step were compared: {evidence}"
    return Passage(name, reason, derivation, (*rules, compared))


def _quantities(show: str | None, every: Sequence[str], activated: bool) -> list[str]:
    """The names that the text of ``show`` lists, or stands for."""
    if show is not None and show.strip() == "none":
        return []
    if show is None or show.strip() == "all":
        from symconv.explicit.registry import QUANTITIES

        wanted = [name for name in every if show is not None or QUANTITIES[name].main]
        return [name for name in wanted if activated or name != "activation"]
    names = [name.strip() for name in show.split(",")]
    for name in names:
        if name in ("all", "none"):
            raise OptionError("{option} names {given!r} and others: write it alone.", "show", name)
        if name == "grad_bias" and name not in every:
            sentence = "{option} names {given}, but this layer has no bias: {with_bias} or {b}."
            raise OptionError(sentence, "show", name)
        if name not in every:
            raise OptionError(
                "{option} names {given!r}, which is not a quantity: {cure}", "show", name, allowed=every
            )
        if names.count(name) > 1:
            sentence = f"{{option}} names {{given!r}} {names.count(name)} times: name each quantity once."
            raise OptionError(sentence, "show", name)
    return names
