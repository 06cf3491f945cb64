"""A layer's passes as algorithms: which are written for it, and their listings."""

from __future__ import annotations

from typing import ClassVar

from symconv.algorithms import Algorithm, Listing, algorithms_for, listing
from symconv.layers.quantities import Quantities


class Algorithmic(Quantities):
    """What a layer answers with loops instead of entries or closed forms."""

    #: Whether every tap is 1 over the number of taps.
    _average: ClassVar[bool] = False

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
            When no algorithm of that name is written for a layer of this kind.

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
        return listing(self._algorithms, name)

    @property
    def algorithm_names(self) -> list[str]:
        """The names that :meth:`algorithm` takes for this layer; none where no algorithm is written.

        >>> import symconv as sc
        >>> sc.MaxPool1d(4, 2).algorithm_names, sc.Conv3d(4, 2).algorithm_names
        (['output', 'grad_input'], [])
        """
        return list(self._algorithms)

    @property
    def _algorithms(self) -> dict[str, Algorithm]:
        return algorithms_for(self.pattern.relations, average=self._average, bias=self.bias)
