"""The user's face: a convolution layer, its symbols, its quantities, and what can be asked of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any, ClassVar

from sympy import Expr, Function, Matrix, SympifyError, sympify
from sympy.core.function import FunctionClass

from symconv import check
from symconv.derivation import SCRIPTS, Claim, Derivation, Formula, Setting, checked_grid, judge
from symconv.equations import REASONS, Equation, activation, equation
from symconv.errors import NotationError, OptionError, did_you_mean, reject_unknown
from symconv.layers.description import described, sentence
from symconv.notation import Notation
from symconv.pattern import Pattern, Relation, Size, Spatial
from symconv.pieces import Subject
from symconv.quantities import Quantities
from symconv.structure import Structure


class Layer(Quantities):
    """What every layer can be asked; those who make one call :meth:`_set`."""

    axes: tuple[Spatial, ...]

    def _set(self, pattern: Pattern, axes: tuple[Spatial, ...], notation: Notation | str, bias: bool) -> None:
        call = type(self).__name__
        if not isinstance(bias, bool):
            raise OptionError(
                f"{call}: bias is {bias!r}; write True or False, and give its value to .at(b=...)."
            )
        if not isinstance(notation, Notation):
            if not isinstance(notation, str):
                raise NotationError(
                    f"{call}: notation is {notation!r}; write a Notation or the name of a preset."
                )
            notation = Notation.preset(notation)
        self.axes = axes
        Quantities.__init__(self, pattern, notation, bias)

    def _reject(self, unknown: Mapping[str, Any]) -> None:
        reject_unknown(type(self).__name__, unknown, self.option_names())

    @classmethod
    def option_names(cls) -> list[str]:
        """The options that make a layer of this class."""
        parameters = inspect.signature(cls.__init__).parameters.values()
        return [p.name for p in parameters if p.kind is not p.VAR_KEYWORD and p.name != "self"]

    @property
    def _subject(self) -> Subject:
        return Subject(self.axes, self._symbols, self._values, self._written)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """The relations whose product the layer is: batch, channels, axes."""
        return self.pattern.relations

    @property
    def output_size(self) -> Size | tuple[Size, ...]:
        """``M`` of the one axis, or of each: see :class:`symconv.pattern.Axis`, or ``TransposedAxis``."""
        sizes = tuple(axis.extents["output"][0] for axis in self.axes)
        return sizes[0] if len(sizes) == 1 else sizes

    @property
    def structure(self) -> Structure:
        """Band, zeros and ties of ``T`` against a dense layer."""
        return Structure.of(self._symbols.incidence, self.relations)

    def activation(self, function: str | Callable[[Expr], Expr] | None = None) -> Matrix:
        """A function of each output entry.

        Parameters
        ----------
        function : name, SymPy function, or function of one expression, optional
            A name stands for an unknown function; by default that of the notation.

        >>> import symconv as sc
        >>> sc.Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[5, 6, 7]).activation("f").T
        Matrix([[f(38), f(56)]])
        """
        return self.output.applyfunc(self._function(function))

    def _function(self, function: str | Callable[[Expr], Expr] | None) -> Callable[[Expr], Expr]:
        given = self.notation.activation if function is None else function
        if isinstance(given, str):
            if not given.isidentifier() or not given.isascii():
                raise OptionError(
                    f"the activation is {given!r}: write a name such as 'f', or give a function."
                )
            given = Function(given)
        if isinstance(given, FunctionClass):
            made: Callable[[Expr], Expr] = given
            return made
        if not callable(given):
            raise OptionError(f"the activation is {given!r}: write a name such as 'f', or give a function.")

        def applied(entry: Expr) -> Expr:
            try:
                result = sympify(given(entry), strict=True)
            except (SympifyError, TypeError, AttributeError) as error:
                raise OptionError(
                    f"the activation {given!r} does not take SymPy expressions ({type(error).__name__}): "
                    "give a SymPy function, or a function of one expression."
                ) from None
            return result

        return applied

    def equation(self, name: str, *, function: str | Callable[[Expr], Expr] | None = None) -> Equation:
        """A quantity as an equation with the reason why it holds.

        Parameters
        ----------
        name : str
            "output_size", an explicit quantity, or "activation".
        function : optional
            For "activation": what :meth:`activation` takes.

        Raises
        ------
        OptionError
            When the name is unknown, or is "grad_bias" on a layer without bias.

        >>> import symconv as sc
        >>> print(sc.Conv1d(4, 3).equation("output"))
        y0 = w0*x0 + w1*x1 + w2*x2
        y1 = w0*x1 + w1*x2 + w2*x3
        """
        if name == "grad_bias" and "grad_bias" not in self.equation_names:
            raise OptionError(f"{name}: this layer has no bias; build it with bias=True.")
        if not isinstance(name, str) or name not in self.equation_names:
            raise OptionError(f"{name!r} is no quantity: {did_you_mean(str(name), self.equation_names)}")
        if name == "activation":
            return activation(self._subject, self._function(function))
        return self._equation(name)

    def _equation(self, name: str) -> Equation:
        return equation(self._subject, name)

    @property
    def equation_names(self) -> list[str]:
        """The names that :meth:`equation` takes for this layer."""
        return [name for name in REASONS if name != "grad_bias" or self.bias]

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why each equation of this layer holds."""
        return REASONS

    def latex(self, name: str = "output") -> str:
        """The LaTeX of a quantity's equation, without math delimiters."""
        return self.equation(name).latex()

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
        """
        if isinstance(axis, bool) or not isinstance(axis, int) or not 0 <= axis < len(self.axes):
            raise OptionError(f"axis is {axis!r}: write a whole number from 0 to {len(self.axes) - 1}.")
        if self._given:
            raise OptionError(
                "closed forms are in symbols, and this layer has values: ask the one without .at()."
            )
        if name in SCRIPTS and name != "grad_bias" and name not in self.formula_names:
            raise OptionError(f"{name!r} has no derivation here: {did_you_mean(name, self.formula_names)}")
        return Derivation(self._setting, name, axis)

    @property
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
        output: proved for all K, N at (stride, dilation) (1, 1), (2, 1), (3, 1), and verified on 55 cases
        >>> layer.claim("output", sc.parse("sum(k=0..K - 1) w[k]*x[i + s*k]"))
        output: refuted; at K = 1, N = 3, s = 2, i = 1 it gives w[0]*x[1], right is w[0]*x[2]
        """
        formula, setting = self.formula(name), self._setting
        return judge(setting, formula, candidate, checked_grid("claim", setting, grid))

    def check(
        self,
        *,
        reference: str | None = None,
        draws: int = 3,
        seed: int = 0,
        progress: check.Progress = nullcontext,
    ) -> check.Report:
        """Compare every quantity with independent references on exact integers.

        Parameters
        ----------
        reference : str, optional
            One of "loops", "windows", "numpy", "differences", "scipy", "torch" and "jax"; by default all
            that are installed.
        draws : int
            How many sets of random integers to try, at least 1.
        seed : int
            Of the random integers.
        progress : function, optional
            Takes the list of comparisons and gives a context manager that yields them one by one.

        Returns
        -------
        Report
            True exactly when all agree.

        Raises
        ------
        MissingExtraError
            When the reference asked for is not installed.

        >>> import symconv as sc
        >>> bool(sc.Conv1d(4, 3, padding=1).check())
        True
        """
        return check.run(**self._judged, reference=reference, draws=draws, seed=seed, progress=progress)

    @property
    def _judged(self) -> dict[str, Any]:
        """What :func:`symconv.check.run` judges."""
        named = {"symbols": self._symbols, "values": self._values}
        return {"pattern": self.pattern, "axes": self.axes, **named}

    @property
    def _told(self) -> dict[str, Any]:
        """The options that make the layer, as they print."""
        return described(self.pattern, self.axes, self.notation, self.bias)

    def __repr__(self) -> str:
        written = self._told
        defaults = {name: p.default for name, p in inspect.signature(type(self).__init__).parameters.items()}
        defaults["notation"] = "symconv"
        options = {name: v for name, v in written.items() if name in defaults and v != defaults[name]}
        options = {name: v for name, v in options.items() if name not in ("input_size", "kernel_size")}
        sizes = [repr(written[name]) for name in ("input_size", "kernel_size")]
        call = f"{type(self).__name__}({', '.join([*sizes, *(f'{n}={v!r}' for n, v in options.items())])})"
        letters = {"input": "x", "tap": "w", "output": "delta", "bias": "b"}
        given = ", ".join(f"{letters[role]}={list(entries)}" for role, entries in self._given.items())
        return f"{call}.at({given})" if given else call

    def __str__(self) -> str:
        shown = self.equation("output") if self.pattern.numeric else self.formula("output")
        return f"{self.description}\n{shown}"

    @property
    def description(self) -> str:
        """The geometry in one sentence."""
        return sentence(self.pattern, self.axes, self._opening)

    #: What a description begins with: the operation, and with how many taps it is done.
    _opening: ClassVar[str] = "{kind} of {inputs} with {taps}"

    def _repr_latex_(self) -> str:
        shown = self.equation("output") if self.pattern.numeric else self.formula("output")
        return shown._repr_latex_()
