"""The closed forms of a layer: its symbols, and each derivation, made once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from symconv.derivation import SCRIPTS, Claim, Derivation, Formula, checked_grid, judge
from symconv.derivation.value_claims import about_entries, judge_entries
from symconv.errors import OptionError
from symconv.explicit.registry import QUANTITIES, derived
from symconv.index_sums.symbols import LayerSymbols
from symconv.layers.entries import Entries
from symconv.pattern import Specification


@dataclass(frozen=True, eq=False)
class ClosedForms:
    """The closed forms of a layer with numeric or symbolic sizes; a layer with values has none."""

    entries: Entries
    _made: dict[tuple[str, int], Derivation] = field(default_factory=dict)

    @property
    def spec(self) -> Specification:
        """What the layer is."""
        return self.entries.spec

    @cached_property
    def symbols(self) -> LayerSymbols:
        """The sizes, indices and sequences in formulas."""
        return LayerSymbols(self.spec)

    def formula(self, name: str, *, axis: int = 0) -> Formula:
        """The closed form of a quantity, for numeric and for symbolic sizes.

        Parameters
        ----------
        name : str
            One of ``formula_names``.
        axis : int
            The axis, counted from 0, whose "output_size" is asked for.

        Raises
        ------
        OptionError
            If the layer has no closed form of that name, or has values.
        NotationError
            If the name of a size is a letter that the notation uses for something else.

        Examples
        --------
        >>> import symconv as sc
        >>> print(sc.Conv1d("N", "K", padding="p").formula("grad_input"))
        dL/dx[j] = sum(k=max(0, j + p - M + 1)..min(K - 1, j + p)) delta[j + p - k]*w[k]
               M = N + 2*p - K + 1
                   for 0 <= j <= N - 1
        """
        return self.derive(name, axis=axis).result

    def derive(self, name: str, *, axis: int = 0) -> Derivation:
        """How the closed form of a quantity follows from its definition, each step checked.

        Parameters, errors and names are those of :meth:`formula`.

        Examples
        --------
        >>> import symconv as sc
        >>> print(sc.Conv1d("N", "K", padding="full", flip=True).derive("output"))
        y[i] = sum(k=0..K - 1) w[K - k - 1]*xpad[i + k]   (definition)
             = sum(k=0..K - 1) w[k]*xpad[i + K - k - 1]   (reversal)
             = sum(k=0..K - 1) [0 <= i - k <= N - 1]*w[k]*x[i - k]   (padding)
             = sum(k=max(0, i - N + 1)..min(i, K - 1)) w[k]*x[i - k]   (limits)
             = conv(x, w)[i]   (named operation)
               for 0 <= i <= M - 1
               with M = N + K - 1
        """
        if isinstance(axis, bool) or not isinstance(axis, int) or not 0 <= axis < len(self.spec.axes):
            raise OptionError(f"axis is {axis!r}: write a whole number from 0 to {len(self.spec.axes) - 1}.")
        if self.entries.given:
            sentence = "closed forms are symbolic, but this layer has values: use the layer before .at(...)."
            raise OptionError(sentence)
        names = derived(self.spec)
        if not isinstance(name, str) or name not in names:
            row = QUANTITIES.get(str(name))
            if row and row.biased and self.spec.kernel.name in row.derived:
                raise OptionError("{given} needs a bias, and this layer has none: {with_bias}.", given=name)
            here, allowed = (" for this layer", names) if row and row.derived else ("", SCRIPTS)
            raise OptionError(f"{{given!r}} has no derivation{here}: {{cure}}", given=name, allowed=allowed)
        if (name, axis) not in self._made:
            self._made[name, axis] = Derivation(self.symbols, name, axis)
        return self._made[name, axis]

    def claim(self, name: str, candidate: Any, /, **grid: Iterable[int]) -> Claim:
        """Judge a formula for a quantity, or numbers for its entries.

        Parameters
        ----------
        name : str
            A name as for :meth:`formula`. If numbers are judged, also any explicit quantity; one entry of it
            with its printed index, as in "output[2]"; or a count: "zeros", "weights" (distinct weights of
            the matrix), "parameters", "multiplications", or "left_over" (positions after the last window).
        candidate : SymPy expression, function of arrays, or entries
            An expression may use the indices and sizes of the formula, and the sequences by name; entries
            outside a sequence are 0. A function may take ``x``, ``w``, ``delta``, ``b``, ``input_size``,
            ``kernel_size``, ``stride``, ``dilation``, ``padding``, ``before``, ``after``, ``flip``,
            ``output_size`` and the layer's symbols as keyword arguments, and returns an array. Entries are
            numbers, fractions, expressions or text, in nested lists, an array or a matrix of the quantity's
            shape, or one text with commas. They are compared exactly; a float is read as the decimal that
            it prints as, so 0.5 equals 1/2, but 0.333 does not equal 1/3.
        **grid : range
            The numbers tried for a size, as for :meth:`symconv.derivation.Derivation.verify`.

        Returns
        -------
        Claim
            A formula is proved, verified on a number of cases, or refuted at the smallest sizes where it
            fails. Entries are correct, or refuted by the first that differs.

        Raises
        ------
        OptionError
            If the candidate uses an unknown name.
        EntriesError
            If the entries do not have the shape of the quantity.

        Examples
        --------
        >>> import symconv as sc
        >>> layer = sc.Conv1d("N", "K", stride="s")
        >>> layer.claim("output", sc.parse("sum(k=0..K - 1) w[k]*x[s*i + k]"))
        output: proved for all K, N, s, and verified on 132 cases
        >>> layer.claim("output", sc.parse("sum(k=0..K - 1) w[k]*x[i + s*k]"))
        output: refuted; for K = 1, N = 3, s = 2, i = 1 it gives w[0]*x[1] instead of w[0]*x[2]
        >>> sc.Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[5, 6, 7]).claim("output", [34, 52])
        output: refuted; output[0] is 38, not 34
        """
        if about_entries(name, candidate, valued=bool(self.entries.given)) and not grid:
            self.spec.tied.require_numbers()
            return judge_entries(self.spec, lambda: self.entries.values, name, candidate)
        formula = self.formula(name)
        return judge(self.symbols, formula, candidate, checked_grid("claim", self.symbols, grid))
