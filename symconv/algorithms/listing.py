"""A listing: one algorithm of a layer as source, as pseudocode in LaTeX, and as one expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from symconv.algorithms.source import source_of
from symconv.algorithms.table import Algorithm
from symconv.errors import OptionError, did_you_mean


@dataclass(frozen=True, repr=False)
class Listing:
    """An algorithm as a reader sees it; prints as its source, and as pseudocode in a notebook.

    Attributes
    ----------
    name : str
        The quantity that it computes.
    reason : str
        A sentence for the reader.
    function : function
        The algorithm itself, on nested lists.
    """

    name: str
    reason: str
    function: Callable[..., Any]

    @property
    def source(self) -> str:
        """The Python source of the function."""
        return source_of(self.function)

    def latex(self) -> str:
        """An ``algorithmic`` environment, for a document that loads the package algpseudocode."""
        from symconv.algorithms.typeset import algorithm_latex  # latexify only where it is asked for

        return algorithm_latex(self.function, "latex")

    def math(self) -> str:
        """One ``array`` for KaTeX, MathJax or LaTeX, without math delimiters."""
        from symconv.algorithms.typeset import algorithm_latex

        return algorithm_latex(self.function, "math")

    def text(self) -> str:
        """The source, without a newline at its end."""
        return self.source.rstrip("\n")

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.math()}$"


def listing(algorithms: Mapping[str, Algorithm], name: str) -> Listing:
    """The listing of one of a layer's algorithms.

    Raises
    ------
    OptionError
        When there is none of that name, or none at all.
    """
    if not algorithms:
        raise OptionError(
            "no algorithm is written for a layer of this kind: there are some for one and two axes with "
            "zeros as padding, with channels if the kernel is not flipped, and for one axis transposed or "
            "pooled."
        )
    if not isinstance(name, str) or name not in algorithms:
        raise OptionError(f"{name!r} has no algorithm here: {did_you_mean(str(name), algorithms)}")
    algorithm = algorithms[name]
    return Listing(name, algorithm.reason, algorithm.function)
