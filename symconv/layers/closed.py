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
    """What a layer of any sizes, numbers or letters, answers in symbols; refused where it has values."""

    entries: Entries
    _made: dict[tuple[str, int], Derivation] = field(default_factory=dict)

    @property
    def spec(self) -> Specification:
        """What the layer is."""
        return self.entries.spec

    @cached_property
    def symbols(self) -> LayerSymbols:
        """Sizes, indices and sequences that formulas are written in."""
        return LayerSymbols(self.spec)

    def formula(self, name: str, *, axis: int = 0) -> Formula:
        """The closed form of a quantity, for numeric and for symbolic sizes.

        Parameters
        ----------
        name : str
            One of ``formula_names``.
        axis : int
            For "output_size" of a layer with several axes: which of them, from 0 on.

        Raises
        ------
        OptionError
            When the layer has no closed form of that name, or has values.
        NotationError
            When a size bears a letter that the notation uses for something else.

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
        """Judge somebody else's formula for a quantity, or somebody else's entries of it.

        Parameters
        ----------
        name : str
            As for :meth:`formula`. Of entries also any explicit quantity; one entry of it with its index as
            printed, as in "output[2]"; or a count: "zeros" and "weights" (different ones) of the matrix,
            "parameters", "multiplications", and "left_over", the places behind the last window.
        candidate : SymPy expression, function of arrays, or entries
            An expression in the indices and sizes of the formula and in the sequences, each by its
            name; entries outside a sequence are 0. A function takes some of ``x``, ``w``, ``delta``,
            ``b``, ``input_size``, ``kernel_size``, ``stride``, ``dilation``, ``padding``, ``before``,
            ``after``, ``flip``, ``output_size`` and the layer's symbols, by name, and gives an array.
            Entries are numbers, fractions, expressions or texts of these, in nested lists, an array or a
            matrix of the quantity's shape, or one text with commas between them. They are compared exactly;
            a float stands for the decimal number that it prints as, so 0.5 is 1/2 and 0.333 is not 1/3.
        **grid : range
            The numbers that a size takes, as for :meth:`symconv.derivation.Derivation.verify`.

        Returns
        -------
        Claim
            Proved, verified on so many cases, or refuted with the smallest sizes where it fails. Of entries:
            true exactly when all are equal, else refuted with the first that differs.

        Raises
        ------
        OptionError
            If the candidate uses an unknown name.
        EntriesError
            When entries have another shape than the quantity.

        Examples
        --------
        >>> import symconv as sc
        >>> layer = sc.Conv1d("N", "K", stride="s")
        >>> layer.claim("output", sc.parse("sum(k=0..K - 1) w[k]*x[s*i + k]"))
        output: proved for all K, N at (stride, dilation) (1, 1), (2, 1), (3, 1), and verified on 132 cases
        >>> layer.claim("output", sc.parse("sum(k=0..K - 1) w[k]*x[i + s*k]"))
        output: refuted; at K = 1, N = 3, s = 2, i = 1 it gives w[0]*x[1], right is w[0]*x[2]
        >>> sc.Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[5, 6, 7]).claim("output", [34, 52])
        output: refuted; output[0] is 38, not 34
        """
        if about_entries(name, candidate, valued=bool(self.entries.given)) and not grid:
            self.spec.tied.require_numbers()
            return judge_entries(self.spec, lambda: self.entries.values, name, candidate)
        formula = self.formula(name)
        return judge(self.symbols, formula, candidate, checked_grid("claim", self.symbols, grid))
