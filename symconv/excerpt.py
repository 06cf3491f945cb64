"""What is shown of a layer: the quantities asked for, each with its reason and equation or closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symconv.errors import OptionError, did_you_mean

if TYPE_CHECKING:
    from symconv.equations import Displayed
    from symconv.layers import Layer

#: What is shown where nothing is chosen, as far as the layer has it; an activation only by name.
MAIN = (
    "output_size", "output", "activation", "selection", "matrix", "windows", "grad_input", "grad_kernel",
    "grad_bias",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One quantity: a reason, what is displayed, and what is said after it."""

    name: str
    reason: str
    display: Displayed
    remarks: tuple[str, ...] = ()

    @property
    def blocks(self) -> list[str | Displayed]:
        """Prose and the display in turn."""
        return [self.reason, self.display, *self.remarks]


def excerpt(
    layer: Layer,
    show: str | None = None,
    *,
    steps: bool = False,
    prove: bool = False,
    activation: str | None = None,
) -> list[Part]:
    """The parts of a layer that the options ``show``, ``steps``, ``prove`` and ``activation`` ask for.

    With numbers for all sizes every entry is written out; with symbols, or with steps, the closed form
    stands for all entries.

    Raises
    ------
    OptionError
        When a quantity is none of the layer's, or an activation is asked of closed forms.
    """
    closed = steps or not layer.pattern.numeric
    if closed and activation:
        raise OptionError("--activation goes with explicit entries: give numbers, and no --steps.")
    if prove and not steps:
        raise OptionError("--prove goes with --steps: it is each step that is proved.")
    every = layer.formula_names if closed else layer.equation_names
    return [
        _part(layer, name, closed, steps, prove, activation)
        for name in _quantities(show, every, bool(activation))
    ]


def _part(layer: Layer, name: str, closed: bool, steps: bool, prove: bool, activation: str | None) -> Part:
    reason = layer.reasons[name]
    if not closed:
        return Part(name, reason, layer.equation(name, function=activation))
    if not steps:
        return Part(name, reason, layer.formula(name))
    derivation = layer.derive(name)
    rules = (f"{rule}: {why}" for rule, why in derivation.reasons().items())
    evidence = f"Both sides of each step were compared: {derivation.steps[0].evidence}."
    if prove:
        evidence = f"Both sides of each step were compared: {derivation.settled()}"
    return Part(name, reason, derivation, (*rules, evidence))


def _quantities(show: str | None, every: Sequence[str], activated: bool) -> list[str]:
    """The names that the text of ``--show`` lists, or stands for."""
    if show is None or show.strip() == "all":
        wanted = MAIN if show is None else every
        return [name for name in wanted if name in every and (activated or name != "activation")]
    names = [name.strip() for name in show.split(",")]
    for name in names:
        if name == "grad_bias" and name not in every:
            raise OptionError("--show has no grad_bias: this layer has no bias; add --bias or -b.")
        if name not in every:
            raise OptionError(f"--show has no quantity {name!r}: {did_you_mean(name, every)}")
    return names
