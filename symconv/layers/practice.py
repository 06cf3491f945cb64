"""A layer in use: exercises on it and on others of its kind, and the window in motion on numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from symconv.figures import Animation
from symconv.layers.conventions import remade
from symconv.layers.description import call
from symconv.layers.example import missing
from symconv.notes.exercises import Exercises, Subject, exercises
from symconv.notes.exercises.opening import opening
from symconv.notes.motion import animation
from symconv.notes.watched import require_watchable
from symconv.printing.names import ExerciseName


class Practice:
    """Exercises on a layer, and its animation."""

    def __init__(self, layer: Any) -> None:
        self._layer = layer

    def exercises(
        self, *, seed: int = 0, count: int = 8, kinds: Iterable[ExerciseName] | None = None
    ) -> Exercises:
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

    def animation(self) -> Animation:
        """The window in motion: it slides, products are added up, and each entry appears.

        Operands without values get small whole numbers, as in notes.

        Input channels stand as planes, each with its slice of the filter, and the output channels follow one
        after the other; if these are too many to be watched, only the first is shown. Channels of other
        groups are dim. Pooling treats all channels alike and shows the first; of a batch the first sample is
        shown. What is left out is said below the picture.

        Raises
        ------
        SymbolicSizeError
            If a size is a symbol.
        FigureError
            If the layer has more than two axes, or is too large to be watched.

        Examples
        --------
        >>> import symconv as sc
        >>> layer = sc.Conv1d(4, 3, padding="full", flip=True).at(x=[1, 2, 3, 4], w=[5, 6, 7])
        >>> print(layer.animation())
        A window of 3 weights slides over x = (1, 2, 3, 4). At each position the products are added up and
        give an output: y = (5, 16, 34, 52, 45, 28).
        >>> print(sc.Conv1d(3, 2, in_channels=2, out_channels=1).animation())
        A filter of 4 weights, 2 for each of 2 input channels, slides over x0 = (1, 2, 3); x1 = (4, 5, 6). At
        each position the products from all of these channels are added up and give an output: y0 = (37, 47).
        """
        require_watchable(self._layer.spec)
        return animation(self._layer.at(**missing(self._layer)))
