"""The closed forms of a layer: its symbols, and each derivation, made once."""

from dataclasses import dataclass, field
from functools import cached_property

from symconv.derivation import SCRIPTS, Derivation, Formula
from symconv.errors import OptionError
from symconv.explicit.registry import QUANTITIES, derived
from symconv.index_sums.symbols import LayerSymbols
from symconv.layers.entries import Entries
from symconv.pattern import Specification
from symconv.printing.names import FormulaName


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

    def formula(self, name: FormulaName, *, axis: int = 0) -> Formula:
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

    def derive(self, name: FormulaName, *, axis: int = 0) -> Derivation:
        """How the closed form of a quantity follows from its definition, each step checked.

        Parameters, errors and names are those of :meth:`formula`.

        Examples
        --------
        >>> import symconv as sc
        >>> print(sc.Conv1d("N", "K", padding="full", flip=True).derive("output"))
        y[i] = sum(k=0..K - 1) w[K - k - 1]*xpad[i + k]   (definition)
             = sum(k=0..K - 1) w[k]*xpad[i + K - k - 1]   (reversal)
             = sum(k=0..K - 1) sum(j=0..N - 1) [j = i - k]*w[k]*x[j]   (padding)
             = sum(k=0..K - 1) [0 <= i - k <= N - 1]*w[k]*x[i - k]   (solving)
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
