"""Claims about a layer: judged by its own relation, and named after the convention that they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Any

from symconv.derivation import Claim, checked_grid, judge
from symconv.derivation.value_claims import ShapeError, about_entries, judge_entries, misshapen
from symconv.layers.conventions import of_entries, of_formula


class Judgment:
    """What claims about a layer are judged by."""

    def __init__(self, layer: Any) -> None:
        self._layer = layer

    def claim(
        self, name: str, candidate: Any, /, *, executor: Executor | None = None, **grid: Iterable[int]
    ) -> Claim:
        """Judge a formula for a quantity, or numbers for its entries.

        Parameters
        ----------
        name : str
            A name as for :meth:`formula`. If numbers are judged, also any explicit quantity; one entry of it
            with its printed index, as in "output[2]"; or a count: "zeros", "weights" (distinct weights of
            the matrix), "parameters", "multiplications", or "left_over" (positions after the last window).
        candidate : text, SymPy expression, function of arrays, or entries
            Text is read by :func:`symconv.parse`, so it may be LaTeX and have a left side. An expression may
            use the indices and sizes of the formula, and the sequences by name; entries outside a sequence
            are 0. A function may take ``x``, ``w``, ``delta``, ``b``, ``input_size``,
            ``kernel_size``, ``stride``, ``dilation``, ``padding``, ``before``, ``after``, ``flip``,
            ``output_size`` and the layer's symbols as keyword arguments, and returns an array. Entries are
            numbers, fractions, expressions or text, in nested lists, an array or a matrix of the quantity's
            shape, or one text with commas. They are compared exactly; a float is read as the decimal that
            it prints as, so 0.5 equals 1/2, but 0.333 does not equal 1/3.
        executor : concurrent.futures.Executor, optional
            Tries a formula or a function on several parts of the grid at once; the verdict is the same.
        **grid : range
            The numbers tried for a size, as for :meth:`symconv.Derivation.verify`.

        Returns
        -------
        Claim
            A formula is proved, verified on a number of cases, or refuted at the smallest sizes where it
            fails. Entries are correct, or refuted by the first that differs. If another convention gives
            what was refuted, its ``diagnosis`` names it.

        Raises
        ------
        OptionError
            If the candidate uses an unknown name.
        EntriesError
            If the entries have a shape that the quantity has in no convention. A list of the wrong length
            is refuted.

        Examples
        --------
        >>> import symconv as sc
        >>> layer = sc.Conv1d("N", "K", stride="s")
        >>> layer.claim("output", "sum(k=0..K - 1) w[k]*x[s*i + k]")
        output: proved for all K, N, s, and verified on 644 cases at random entries
        >>> layer.claim("output", "sum(k=0..K - 1) w[k]*x[i + s*k]")
        output: refuted; for K = 1, N = 3, s = 2, i = 1 it gives w[0]*x[1] instead of w[0]*x[2]; on all 45
        cases tried it agrees with valid cross-correlation, stride 1, dilation s
        >>> sc.Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[5, 6, 7]).claim("output", [38, 65])
        output: refuted; output[1] is 56, not 65
        >>> sc.Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[5, 6, 7]).claim("output", "5,16,34,52,45,28")
        output: refuted; these are the entries of full convolution (kernel flipped); this layer (valid
        cross-correlation) gives 38, 56
        """
        layer = self._layer
        if about_entries(name, candidate, valued=bool(layer.entries.given)) and not grid:
            layer.spec.tied.require_numbers()
            return self._of_entries(name, candidate)
        closed, held = layer.closed, list(grid)
        numbers = checked_grid("claim", closed.symbols, grid)
        answer = judge(closed.symbols, closed.formula(name), candidate, numbers, executor)
        return (
            answer
            if answer or held
            else replace(answer, diagnose=partial(of_formula, layer, name, candidate))
        )

    def _of_entries(self, name: str, candidate: Any) -> Claim:
        layer = self._layer
        diagnose = partial(of_entries, layer, name, candidate)
        try:
            answer = judge_entries(layer.spec, lambda: layer.entries.values, name, candidate)
        except ShapeError as error:
            found = diagnose()
            if found or error.data["flat"]:
                return misshapen(name, error, found)
            raise
        return answer if answer else replace(answer, diagnose=diagnose)
