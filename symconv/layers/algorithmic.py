"""A layer's passes as algorithms, and their listings."""

from __future__ import annotations

from typing import ClassVar

from symconv.algorithms import Listing, algorithms_for
from symconv.errors import OptionError, did_you_mean
from symconv.pattern import Pattern
from symconv.quantities import Quantities


class Algorithmic(Quantities):
    """What a layer answers with loops instead of entries or closed forms."""

    #: Whether every tap is 1 over the number of taps.
    _average: ClassVar[bool] = False
    #: Whether an output is the largest entry of its window.
    _selects: ClassVar[bool] = False

    @property
    def tied(self) -> Pattern:
        """The relation through taps that all outputs share: the layer's own, but for a maximum."""
        return self.pattern

    def algorithm(self, name: str = "output") -> Listing:
        """A quantity as the loops that compute it.

        Sizes may be symbols: the loops are the same for all. Their letters are symconv's own, and indices
        start at 0, whatever the notation.

        Parameters
        ----------
        name : str
            One of :attr:`algorithm_names`.

        Raises
        ------
        OptionError
            When the layer has no pass of that name.

        >>> import symconv as sc
        >>> print(sc.Conv1d("N", "K", stride="s").algorithm("output"))
        def correlation(x: Vector, w: Vector, b: Entry, s: int, d: int, p: int, q: int) -> Vector:
            N = len(x)
            K = len(w)
            M = (N + p + q - d * (K - 1) - 1) // s + 1
            y = zeros(M)
            for i in range(M):
                y[i] = b
                for k in range(K):
                    j = s * i + d * k - p
                    if 0 <= j < N:
                        y[i] += w[k] * x[j]
            return y
        """
        found = self._algorithms
        if not isinstance(name, str) or name not in found:
            raise OptionError(f"{name!r} has no algorithm here: {did_you_mean(str(name), found)}")
        return found[name]

    @property
    def algorithm_names(self) -> list[str]:
        """The names that :meth:`algorithm` takes for this layer.

        >>> import symconv as sc
        >>> sc.MaxPool1d(4, 2).algorithm_names, sc.Conv3d(4, 2).algorithm_names
        (['output', 'grad_input'], ['output', 'grad_input', 'grad_kernel'])
        """
        return list(self._algorithms)

    @property
    def _algorithms(self) -> dict[str, Listing]:
        kernel = {"average": self._average, "selects": self._selects}
        return algorithms_for(self.tied.relations, **kernel, bias=self.bias)
