"""The user's face: a convolution layer, its symbols, its quantities, and what can be asked of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any

from sympy import Expr, Function, Matrix, SympifyError, sympify
from sympy.core.function import FunctionClass

from symconv import check
from symconv.derivation import SCRIPTS, Claim, Derivation, Formula, Setting, checked_grid, judge
from symconv.equations import REASONS, Equation, activation, equation
from symconv.errors import NotationError, OptionError, did_you_mean, reject_unknown
from symconv.notation import PRESETS, Notation
from symconv.pattern import Axis, Size
from symconv.pieces import Subject
from symconv.quantities import Quantities
from symconv.structure import Structure


class Conv1d(Quantities):
    """A 1-D convolution layer, symbolic: ``y[i] = b + sum_k w[k] x[s i + d k - p]``.

    Parameters
    ----------
    input_size, kernel_size : int
        N inputs and K taps, at least 1 each.
    stride, dilation : int
        s and d, at least 1 each.
    padding : int, pair (before, after), "valid", "same" or "full"
        Zeros put before and behind the input. "valid" is none, "full" is d (K - 1) on both sides;
        "same" keeps the size at stride 1 and, as in PyTorch, puts the odd zero behind.
    bias : bool
        Whether a bias b is added to every output.
    flip : bool
        False for cross-correlation, which networks call convolution; True for true convolution,
        where tap k meets input s i + d (K - 1 - k) - p.
    notation : Notation or name of a preset
        Letters, index base and limits for printing. No result depends on it.

    Raises
    ------
    GeometryError
        When a size is too small, or the kernel is wider than the padded input.
    OptionError
        When an option is misspelt or has a value of the wrong kind.

    Notes
    -----
    With the index pattern ``Pi[o, k, j] = [j = s o + d k - p]`` every quantity is a contraction of
    ``Pi`` with the operands of the roles that are summed over: see ``symconv.explicit.QUANTITIES``.

    Examples
    --------
    >>> layer = Conv1d(4, 3, padding="full", flip=True)
    >>> layer.at(x=[1, 2, 3, 4], w=[5, 6, 7]).output.T
    Matrix([[5, 16, 34, 52, 45, 28]])
    >>> print(layer.equation("grad_kernel"))
     dL/dw = X^T delta
    dL/dw0 = delta0*x0 + delta1*x1 + delta2*x2 + delta3*x3
    dL/dw1 = delta1*x0 + delta2*x1 + delta3*x2 + delta4*x3
    dL/dw2 = delta2*x0 + delta3*x1 + delta4*x2 + delta5*x3
    """

    def __init__(
        self,
        input_size: Any,
        kernel_size: Any,
        *,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        bias: bool = False,
        flip: bool = False,
        notation: Notation | str = Notation(),
        **unknown: Any,
    ) -> None:
        call = type(self).__name__
        reject_unknown(call, unknown, self._options())
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
        axis = Axis.make(
            input_size, kernel_size, stride=stride, dilation=dilation, padding=padding, flip=flip
        )
        super().__init__(axis, notation, bias)

    @classmethod
    def _options(cls) -> list[str]:
        parameters = inspect.signature(cls.__init__).parameters.values()
        return [p.name for p in parameters if p.kind is not p.VAR_KEYWORD and p.name != "self"]

    @property
    def _subject(self) -> Subject:
        return Subject(self.axis, self._symbols, self._values, self.notation)

    @property
    def output_size(self) -> Size:
        """``M = floor((N + p + p' - d (K - 1) - 1) / s) + 1``, Dumoulin and Visin's relationship 15."""
        return self.axis.output_size

    @property
    def structure(self) -> Structure:
        """Band, zeros and ties of ``T`` against a dense layer."""
        return Structure.of(self._symbols.incidence)

    def activation(self, function: str | Callable[[Expr], Expr] | None = None) -> Matrix:
        """A function of each output entry.

        Parameters
        ----------
        function : name, SymPy function, or function of one expression, optional
            A name stands for an unknown function; by default that of the notation.

        >>> Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[5, 6, 7]).activation("f").T
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

        >>> print(Conv1d(4, 3).equation("output"))
        y0 = w0*x0 + w1*x1 + w2*x2
        y1 = w0*x1 + w1*x2 + w2*x3
        """
        if not isinstance(name, str) or name not in REASONS:
            raise OptionError(f"{name!r} is no quantity: {did_you_mean(str(name), REASONS)}")
        if name == "activation":
            return activation(self._subject, self._function(function))
        if name not in self.equation_names:
            raise OptionError(f"{name}: this layer has no bias; build it with bias=True.")
        return equation(self._subject, name)

    @property
    def equation_names(self) -> list[str]:
        """The names that :meth:`equation` takes for this layer."""
        return [name for name in REASONS if name != "grad_bias" or self.bias]

    def latex(self, name: str = "output") -> str:
        """The LaTeX of a quantity's equation, without math delimiters."""
        return self.equation(name).latex()

    def formula(self, name: str) -> Formula:
        """The closed form of a quantity, for numeric and for symbolic sizes.

        Parameters
        ----------
        name : str
            "output_size", "output", "matrix", "windows", "grad_input", "grad_kernel", "grad_bias",
            "upstream_matrix" or "tying".

        Raises
        ------
        OptionError
            When the name is unknown, or is "grad_bias" on a layer without bias.
        NotationError
            When a size bears a letter that the notation uses for something else.

        >>> print(Conv1d("N", "K", padding="p").formula("grad_input"))
        dL/dx[j] = sum(k=max(0, j + p - M + 1)..min(K - 1, j + p)) delta[j + p - k]*w[k]
               M = N + 2*p - K + 1
                   for 0 <= j <= N - 1
        """
        return self.derive(name).result

    @property
    def formula_names(self) -> list[str]:
        """The names that :meth:`formula` and :meth:`derive` take for this layer."""
        return [name for name in SCRIPTS if name != "grad_bias" or self.bias]

    def derive(self, name: str) -> Derivation:
        """How the closed form of a quantity follows from its definition, each step checked.

        Parameters, errors and names are those of :meth:`formula`.

        >>> print(Conv1d("N", "K", padding="full", flip=True).derive("output"))
        y[i] = sum(k=0..K - 1) w[K - k - 1]*xpad[i + k]   (definition)
             = sum(k=0..K - 1) w[k]*xpad[i + K - k - 1]   (reversal)
             = sum(k=0..K - 1) [0 <= i - k <= N - 1]*w[k]*x[i - k]   (zero padding)
             = sum(k=max(0, i - N + 1)..min(i, K - 1)) w[k]*x[i - k]   (limits)
             = conv(x, w)[i]   (named operation)
        """
        return Derivation(self._setting, name)

    @property
    def _setting(self) -> Setting:
        if self._given:
            raise OptionError(
                "closed forms are in symbols, and this layer has values: ask the one without .at()."
            )
        return Setting(self.axis, self.notation, self.bias)

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

        >>> from symconv import parse
        >>> layer = Conv1d("N", "K", stride="s")
        >>> layer.claim("output", parse("sum(k=0..K - 1) w[k]*x[s*i + k]"))
        output: proved for all K, N at (stride, dilation) (1, 1), (2, 1), (3, 1), and verified on 55 cases
        >>> layer.claim("output", parse("sum(k=0..K - 1) w[k]*x[i + s*k]"))
        output: refuted; at K = 1, N = 3, s = 2, i = 1 it gives w[0]*x[1], right is w[0]*x[2]
        """
        setting = self._setting
        return judge(setting, self.formula(name), candidate, checked_grid("claim", setting, grid))

    def check(self, *, draws: int = 3, seed: int = 0, progress: check.Progress = nullcontext) -> check.Report:
        """Compare every quantity with independent references on exact integers.

        Parameters
        ----------
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

        >>> bool(Conv1d(4, 3, padding=1).check())
        True
        """
        return check.run(self.axis, self._symbols, self._values, draws=draws, seed=seed, progress=progress)

    def _settings(self) -> Mapping[str, Any]:
        axis = self.axis
        padding = axis.mode or (axis.before if axis.before == axis.after else (axis.before, axis.after))
        shown = {"stride": axis.stride, "padding": padding, "dilation": axis.dilation}
        shown |= {"bias": self.bias, "flip": axis.flip, "notation": self.notation}
        presets = {made: name for name, made in PRESETS.items()}
        shown["notation"] = presets.get(self.notation, self.notation)
        defaults = {name: p.default for name, p in inspect.signature(type(self).__init__).parameters.items()}
        defaults["notation"] = presets[Notation()]
        return {name: value for name, value in shown.items() if value != defaults[name]}

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self._settings().items())
        sizes = (s if isinstance(s, int) else str(s) for s in (self.axis.input_size, self.axis.kernel_size))
        call = f"{type(self).__name__}({', '.join(map(repr, sizes))}{options})"
        letters = {"input": "x", "tap": "w", "output": "delta", "bias": "b"}
        given = ", ".join(f"{letters[role]}={list(entries)}" for role, entries in self._given.items())
        return f"{call}.at({given})" if given else call

    def __str__(self) -> str:
        shown = self.equation("output") if self.axis.numeric else self.formula("output")
        return f"{self.description}\n{shown}"

    @property
    def description(self) -> str:
        """The geometry in one sentence."""
        axis = self.axis
        kind = "True convolution (kernel flipped)" if axis.flip else "Cross-correlation"
        inputs, taps, outputs = (
            f"{count} {word}{'' if count == 1 else 's'}"
            for count, word in (
                (axis.input_size, "input"),
                (axis.kernel_size, "tap"),
                (axis.output_size, "output"),
            )
        )
        return (
            f"{kind} of {inputs} with {taps}: stride {axis.stride}, dilation {axis.dilation}, "
            f"padding {axis.before} before and {axis.after} after{f', {outputs}' if axis.numeric else ''}."
        )

    def _repr_latex_(self) -> str:
        shown = self.equation("output") if self.axis.numeric else self.formula("output")
        return shown._repr_latex_()
