"""A layer's closed forms: formulas, their derivations, and judgement on those of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from sympy import Expr

from symconv.derivation import SCRIPTS, Claim, Derivation, Formula, Setting, checked_grid, judge
from symconv.errors import OptionError, did_you_mean
from symconv.layers.noted import conditions, operands
from symconv.layers.presented import Presented
from symconv.notes import Maths, Operand


class Closed(Presented):
    """What a layer of any sizes, numbers or letters, answers in symbols."""

    def formula(self, name: str, *, axis: int = 0) -> Formula:
        """The closed form of a quantity, for numeric and for symbolic sizes.

        Parameters
        ----------
        name : str
            "output_size", "output", "matrix", "windows", "grad_input", "grad_kernel", "grad_bias",
            "upstream_matrix" or "tying".
        axis : int
            For "output_size" of a layer with several axes: which of them, from 0 on.

        Raises
        ------
        OptionError
            When the name is unknown, or is "grad_bias" on a layer without bias.
        NotationError
            When a size bears a letter that the notation uses for something else.

        >>> import symconv as sc
        >>> print(sc.Conv1d("N", "K", padding="p").formula("grad_input"))
        dL/dx[j] = sum(k=max(0, j + p - M + 1)..min(K - 1, j + p)) delta[j + p - k]*w[k]
               M = N + 2*p - K + 1
                   for 0 <= j <= N - 1
        """
        return self.derive(name, axis=axis).result

    @property
    def formula_names(self) -> list[str]:
        """The names that :meth:`formula` and :meth:`derive` take for this layer."""
        return [name for name in SCRIPTS if name != "grad_bias" or self.bias]

    def derive(self, name: str, *, axis: int = 0) -> Derivation:
        """How the closed form of a quantity follows from its definition, each step checked.

        Parameters, errors and names are those of :meth:`formula`.

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
        if isinstance(axis, bool) or not isinstance(axis, int) or not 0 <= axis < len(self.axes):
            raise OptionError(f"axis is {axis!r}: write a whole number from 0 to {len(self.axes) - 1}.")
        if self._given:
            raise OptionError(
                "closed forms are in symbols, and this layer has values: ask the one without .at()."
            )
        if (
            isinstance(name, str)
            and name in SCRIPTS
            and name != "grad_bias"
            and name not in self.formula_names
        ):
            raise OptionError(f"{name!r} has no derivation here: {did_you_mean(name, self.formula_names)}")
        if not isinstance(name, str):
            return Derivation(self._setting, name, axis)  # says what names there are
        if (name, axis) not in self._derivations:
            self._derivations[name, axis] = Derivation(self._setting, name, axis)
        return self._derivations[name, axis]

    @cached_property
    def _derivations(self) -> dict[tuple[str, int], Derivation]:
        """What was derived before, by quantity and axis."""
        return {}

    @cached_property
    def _setting(self) -> Setting:
        return Setting(self.pattern, self._written, self.bias)

    def claim(self, name: str, candidate: Expr | Callable[..., Any], /, **grid: Iterable[int]) -> Claim:
        """Judge somebody else's formula for a quantity.

        Parameters
        ----------
        name : str
            As for :meth:`formula`.
        candidate : SymPy expression, or function of arrays
            An expression in the indices and sizes of the formula and in the sequences, each by its
            name; entries outside a sequence are 0. A function takes some of ``x``, ``w``, ``delta``,
            ``b``, ``input_size``, ``kernel_size``, ``stride``, ``dilation``, ``padding``, ``before``,
            ``after``, ``flip``, ``output_size`` and the layer's symbols, by name, and gives an array.
        **grid : range
            The numbers that a size takes, as for :meth:`symconv.derivation.Derivation.verify`.

        Returns
        -------
        Claim
            Proved, verified on so many cases, or refuted with the smallest sizes where it fails.

        Raises
        ------
        OptionError
            When the candidate uses a name that means nothing here.

        >>> import symconv as sc
        >>> layer = sc.Conv1d("N", "K", stride="s")
        >>> layer.claim("output", sc.parse("sum(k=0..K - 1) w[k]*x[s*i + k]"))
        output: proved for all K, N at (stride, dilation) (1, 1), (2, 1), (3, 1), and verified on 132 cases
        >>> layer.claim("output", sc.parse("sum(k=0..K - 1) w[k]*x[i + s*k]"))
        output: refuted; at K = 1, N = 3, s = 2, i = 1 it gives w[0]*x[1], right is w[0]*x[2]
        """
        formula, setting = self.formula(name), self._setting
        return judge(setting, formula, candidate, checked_grid("claim", setting, grid))

    @property
    def operands(self) -> list[Operand]:
        """What each letter of an operand stands for, with its shape."""
        return operands(self._setting)

    @property
    def conditions(self) -> list[Maths]:
        """What the sizes must satisfy, where they are open."""
        return conditions(self._setting, self.formula("output"))
