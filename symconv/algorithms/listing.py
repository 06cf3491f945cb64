"""A listing: one algorithm of a layer as source, as pseudocode in LaTeX, and as one expression."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from symconv.algorithms.letters import Names
from symconv.algorithms.source import source_of


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
    names : Names
        What it is written with, where that is not symconv's own.
    """

    name: str
    reason: str
    function: Callable[..., Any]
    names: Names = field(default_factory=Names, compare=False)

    @property
    def source(self) -> str:
        """The Python source of the function."""
        return source_of(self.function)

    def latex(self) -> str:
        r"""An ``algorithmic`` environment, for a document that loads the package algpseudocode.

        >>> import symconv as sc
        >>> print(sc.Conv1d(4, 3).algorithm().latex().splitlines()[1].strip())
        \Function{correlation}{$x, w, b, s, d, p, q$}
        """
        from symconv.algorithms.typeset import algorithm_latex  # latexify only where it is asked for

        return algorithm_latex(self.function, "latex", self.names.latex)

    def math(self) -> str:
        r"""One ``array`` for KaTeX, MathJax or LaTeX, without math delimiters.

        >>> import symconv as sc
        >>> sc.Conv1d(4, 3).algorithm().math()[:16]
        '\\begin{array}{l}'
        """
        from symconv.algorithms.typeset import algorithm_latex

        return algorithm_latex(self.function, "math", self.names.latex)

    def text(self) -> str:
        """The source, without a newline at its end."""
        return self.source.rstrip("\n")

    __str__ = __repr__ = text

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.math()}$"
