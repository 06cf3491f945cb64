"""What stands between the layers of a chain, or makes one of them: the parts that are no layers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from sympy import Expr

from symconv.errors import OptionError
from symconv.layers.layer import Layer
from symconv.pattern import Size
from symconv.printing.rich import as_printed

#: The sizes of a quantity along its indices.
Shape = tuple[Size, ...]


@dataclass(frozen=True)
class Flatten:
    """All entries of what comes before, row by row, as one vector.

    >>> import symconv as sc
    >>> net = sc.Chain(sc.Conv2d(4, 3, in_channels=1, out_channels=2), sc.Flatten(), sc.Dense(None, 3))
    >>> [stage.shape for stage in net.stages]
    [(2, 2, 2), (3,)]
    """

    _repr_html_ = as_printed


@dataclass(frozen=True, eq=False)
class Residual:
    """A chain whose input is added to its output: ``z = F(a) + a``, or ``F(a) + S(a)`` with a shortcut.

    Parameters
    ----------
    chain, shortcut : sc.Chain, or sequence of its parts
        The parts may leave out their sizes, as those of a chain.

    Examples
    --------
    >>> import symconv as sc
    >>> net = sc.Chain(sc.Conv1d(3, 1), sc.Residual([sc.Conv1d(None, 3, padding=1)]))
    >>> net.quantity("preactivation", layer=2)[0]
    a^(1)_0*w^(2)_1 + a^(1)_0 + a^(1)_1*w^(2)_2
    """

    chain: Any
    shortcut: Any = ()

    _repr_html_ = as_printed

    def __post_init__(self) -> None:
        for name, given in (("chain", self.chain), ("shortcut", self.shortcut)):
            if not hasattr(given, "parts") and not isinstance(given, list | tuple):
                sentence = "{option} of a residual chain is {given!r}: write a chain, or a list of its parts."
                raise OptionError(sentence, name, given)

    @property
    def parts(self) -> tuple[Any, ...]:
        """The parts of the chain."""
        return parts_of(self.chain)

    def __repr__(self) -> str:
        inside = ", ".join(map(repr, self.parts))
        beside = ", ".join(map(repr, parts_of(self.shortcut)))
        shortcut = f", shortcut=[{beside}]" if beside else ""
        return f"Residual([{inside}]{shortcut})"


class Fitted(ABC):
    """A part that is made a layer in a chain, where the shape that reaches it is known."""

    _repr_html_ = as_printed

    @abstractmethod
    def layer_on(self, shape: Shape, *, channels: bool) -> Layer:
        """The layer on an input of a shape, whose first entry may be the number of channels."""

    @abstractmethod
    def told_letters(self, stage: Any) -> dict[str, tuple[Expr, Expr]]:
        """An entry of the weights and of the biases of the layer, by its letter, and what it stands for."""


def parts_of(chain: Any) -> tuple[Any, ...]:
    """The parts of a chain, or of a sequence of them."""
    return tuple(getattr(chain, "parts", chain))
