"""A layer as its exercises see it: what it is, what it computes, and the same with other options."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from symconv.layers.description import call, defaults, options
from symconv.layers.entries import LETTERS
from symconv.notes.exercises import Exercises, Subject, exercises
from symconv.notes.exercises.opening import opening


class Practice:
    """Exercises on a layer."""

    def __init__(self, layer: Any) -> None:
        self._layer = layer

    def exercises(self, *, seed: int = 0, count: int = 8, kinds: Iterable[str] | None = None) -> Exercises:
        """A sheet of exercises on the layer, with worked solutions; the same seed gives the same sheet.

        Values are small random whole numbers. If the layer is large or has symbolic sizes, questions on
        values are about a smaller layer of the same kind.

        Parameters
        ----------
        seed : int
            Seed of the random numbers.
        count : int
            Number of exercises.
        kinds : sequence of str, optional
            Any of "output_size", "left_over", "output_entry", "output_all", "convention", "matrix_entry",
            "matrix_zeros", "matrix_weights", "parameters", "multiplications", "grad_input_entry",
            "grad_kernel_entry" and "pooling_gradient"; by default all that apply to the layer.

        Raises
        ------
        OptionError
            If a kind is unknown, or there are fewer different exercises than ``count``.

        Examples
        --------
        >>> import symconv as sc
        >>> layer = sc.Conv1d(4, 3, padding="full", flip=True)
        >>> print(layer.exercises(seed=1, kinds=["output_entry"], count=1)[0])
        Let x = (1, -1, 3, -1) and w = (4, 1, -2). Compute y4. Answer: -7.
        """
        layer = self._layer.in_symbols()
        kind = type(layer)
        subject = Subject(layer, remade, f"sc.{call(kind, layer.spec)}")
        return exercises(subject, opening(subject), seed, count, kinds)


def remade(layer: Any, **changes: Any) -> Any:
    """A layer of the same class with other options, on the same values.

    Raises
    ------
    SymconvError
        When no layer has these options, or the values do not fit it.
    """
    kind = type(layer)
    told = {name: value for name, value in options(layer.spec).items() if name in defaults(kind)}
    unknown = {name for name in changes if name not in defaults(kind)}
    made = kind(**{**told, **{name: value for name, value in changes.items() if name not in unknown}})
    given = {LETTERS[r]: layer.entries.nested(r, entries) for r, entries in layer.entries.given.items()}
    return made.at(**given) if given else made
