"""Batch normalisation: a layer with statistics of a batch in training, and of its own in inference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cached_property
from math import prod
from typing import Any, Self

from sympy import Expr, Rational, Symbol, SympifyError, sqrt, sympify

from symconv.check.report import Report
from symconv.errors import GeometryError, NotationError, OptionError
from symconv.explicit.entries import in_shape
from symconv.explicit.operands import read_entries
from symconv.index_sums.symbols import LayerSymbols
from symconv.layers.conv import Conv
from symconv.network.arrays import whole
from symconv.network.batchnorm_check import check as report
from symconv.network.batchnorm_inference import affine, fold, layer_on, told_letters
from symconv.network.batchnorm_notes import notes
from symconv.network.batchnorm_steps import NAMES, BatchNormDerivation, BatchNormFormula, Mode
from symconv.network.batchnorm_values import PER_CHANNEL, WHOLE, entries_of, letter_of, plain_entry, shape_of
from symconv.network.parts import Fitted
from symconv.pattern.given import Count, Sizes
from symconv.pattern.reading import read_size
from symconv.printing.letters import entry_names
from symconv.printing.names import PresetName
from symconv.printing.notation import Notation
from symconv.printing.options import options_checked

#: The letters of operands by the names that ``at`` takes.
OPERANDS = {
    "x": "x", "scale": "gamma", "shift": "beta", "delta": "delta", "running_mean": "mubar",
    "running_variance": "sigmabar",
}  # fmt: skip

_SHAPES = {"normalised": "x", "output": "x", "grad_input": "x"}


class BatchNorm(Fitted):
    r"""Batch normalisation of each channel, in training and in inference.

    In training the statistics are those of the batch: with ``M`` entries of channel c in all samples and at
    all positions, ``mu[c]`` is their mean and ``sigma[c]**2`` the mean of their squared deviations. Then
    ``xhat = (x - mu)/sqrt(sigma**2 + epsilon)`` and ``y = gamma*xhat + beta``. In inference the running
    statistics ``mubar`` and ``sigmabar**2`` take their place, so each channel is an affine map.

    In a chain it is in inference: a chain takes one sample, which has no statistics of a batch. There it
    needs no sizes.

    Parameters
    ----------
    features : int, symbol or name, optional
        C, the number of channels; of entries, if there are no positions.
    input_size : int, symbol or name, or sequence of them
        The sizes of a feature map; nothing for vectors.
    batch : int, symbol or name, optional
        m, the number of samples; the letter m by default.
    eps : number or name
        What is added to the variance; PyTorch has 1e-5.
    momentum : number or name
        How far the running statistics move: ``mubar' = (1 - alpha)*mubar + alpha*mu``, as in PyTorch, where
        it is 0.1. The running variance moves towards the unbiased variance, whose divisor is M - 1.
    notation : Notation or name of a preset

    Raises
    ------
    GeometryError, OptionError
        If a size is too small, or eps or momentum is no number or name.

    References
    ----------
    Ioffe and Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
    Shift, 2015, algorithms 1 and 2.

    Examples
    --------
    >>> import symconv as sc
    >>> norm = sc.BatchNorm("C", "S")
    >>> print(norm.formula("grad_input"))
    dL/dx[n, c, i] = (delta[n, c, i] - (xhat[n, c, i]*dL/dgamma[c]
                       + dL/dbeta[c])/(S*m))*gamma[c]*r[c]
                     for 0 <= n <= m - 1, 0 <= c <= C - 1, 0 <= i <= S - 1
                     with r[c] = 1/sqrt(epsilon + sigma[c]**2)
    >>> print(norm.formula("output", mode="inference"))
    y[n, c, i] = gamma[c]*rbar[c]*x[n, c, i] + beta[c] - gamma[c]*mubar[c]*rbar[c]
                 for 0 <= n <= m - 1, 0 <= c <= C - 1, 0 <= i <= S - 1
                 with rbar[c] = 1/sqrt(epsilon + sigmabar[c]**2)
    >>> valued = sc.BatchNorm(1, batch=3, eps=2).at(x=[[0], [0], [3]], scale=[4], delta=[[1], [0], [0]])
    >>> valued.quantity("output"), valued.quantity("grad_input")
    ([[beta0 - 2], [beta0 - 2], [beta0 + 4]], [[7/6], [-5/6], [-1/3]])
    """

    affine, fold = affine, options_checked(fold)
    layer_on, told_letters = layer_on, told_letters
    notes = options_checked(notes)

    #: The names that :meth:`quantity`, :meth:`formula` and :meth:`derive` take in each mode.
    names: Mapping[str, Sequence[str]] = NAMES

    @options_checked
    def __init__(
        self, features: Count | None = None, input_size: Sizes = (), *, batch: Count | None = None,
        eps: Any = "epsilon", momentum: Any = "alpha", notation: Notation | PresetName = Notation(),
    ) -> None:  # fmt: skip
        self.features, self.batch = features, batch
        self.input_size = input_size if isinstance(input_size, tuple | list) else (input_size,)
        self.notation = Notation.preset(notation) if isinstance(notation, str) else notation
        self.eps, self.momentum = _read("eps", eps), _read("momentum", momentum)
        self.given: dict[str, tuple[Expr, ...]] = {}
        if features is not None:
            own = {letter_of(self, name) for name in (*WHOLE, *PER_CHANNEL, "L")}
            own |= {symbol.name for number in (self.eps, self.momentum) for symbol in number.free_symbols}
            for symbol in {s for size in self.sizes for s in size.free_symbols if s.name in own}:
                sentence = "{given!r} names a size of the layer and also another quantity: rename the size."
                raise NotationError(sentence, given=symbol.name)
        elif self.input_size or batch is not None:
            raise OptionError("features is None, but input_size or batch is given: give features too.")

    @cached_property
    def symbols(self) -> LayerSymbols:
        """The letters of sizes and indices: those of a convolution with one tap for each channel."""
        if self.features is None:
            raise OptionError(f"{self!r} takes its sizes from a chain: by itself it needs features.")
        chosen = self.notation.chosen
        letters = {"output_channel_index": "c", "tap_channel_index": "q", "input_channel_index": "r"}
        free: dict[str, Any] = {k: v for k, v in letters.items() if k not in chosen}
        size: dict[str, Any] = dict.fromkeys(("in_channels", "out_channels", "groups"), self.features)
        read = [read_size("features", n, least=1) for n in (self.features, *self.input_size)]
        taken = {symbol.name for size in read for symbol in sympify(size).free_symbols}
        batch = next(m for m in "mB" if m not in taken) if self.batch is None else self.batch
        notation = self.notation.replace(**free)
        layer = Conv(tuple(self.input_size) or 1, 1, **size, batch=batch, notation=notation)
        return layer.closed.symbols

    @cached_property
    def sizes(self) -> tuple[Expr, ...]:
        """The batch, the channels and the positions along each axis."""
        extents = self.symbols.exact_spec.pattern.extents["output"]
        return tuple(map(sympify, extents[: 2 + len(self.input_size)]))

    @property
    def indices(self) -> tuple[Symbol, ...]:
        """The index of each of them."""
        return self.symbols.indices("output")[: 2 + len(self.input_size)]

    @property
    def lengths(self) -> tuple[Any, ...]:
        """The same, as whole numbers where they are such."""
        return tuple(map(whole, self.sizes))

    @property
    def shape(self) -> tuple[int, ...]:
        """The same, all of them numbers."""
        self.symbols.spec.tied.require_numbers()
        return self.lengths

    def resized(self, numbers: Mapping[str, int]) -> Self:
        """The same with numbers for letters in its sizes."""

        def put(size: Expr) -> Any:
            return whole(size.xreplace({s: sympify(numbers[s.name]) for s in size.free_symbols}))

        batch, features, *places = map(put, self.sizes)
        how = {"eps": self.eps, "momentum": self.momentum, "notation": self.notation}
        return type(self)(features, tuple(places), batch=batch, **how)

    @options_checked
    def at(
        self, *, x: Any = None, scale: Any = None, shift: Any = None, delta: Any = None,
        running_mean: Any = None, running_variance: Any = None,
    ) -> Self:  # fmt: skip
        """The same on values: numbers, fractions or SymPy expressions; exact ones stay exact.

        Parameters
        ----------
        x, delta : nested sequences or arrays, optional
            In the shape of the batch; delta is the gradient with respect to the output.
        scale, shift, running_mean, running_variance : sequences, optional
            One number for each channel.

        Raises
        ------
        EntriesError
            If a shape does not fit.
        """
        call = {
            "x": x, "scale": scale, "shift": shift, "delta": delta, "running_mean": running_mean,
            "running_variance": running_variance,
        }  # fmt: skip
        made = copy(self)
        made.given = dict(self.given)
        for name, value in call.items():
            if value is not None:
                made.given[OPERANDS[name]] = read_entries(name, value, shape_of(self, OPERANDS[name]))
        return made

    @options_checked
    def quantity(self, name: str, *, mode: Mode = "training") -> Any:
        """The entries of a quantity in its shape: numbers on values.

        Without a value for x they are in the letters of the quantities before: statistics and normalised
        entries have letters of their own.

        Parameters
        ----------
        name : str
            "normalised", "output", "grad_input", "grad_scale" or "grad_shift"; in training also "mean",
            "variance", "running_mean" and "running_variance".
        mode : str
            "training" or "inference".

        Examples
        --------
        >>> import symconv as sc
        >>> norm = sc.BatchNorm(1, 2, batch=1)
        >>> norm.quantity("mean"), norm.quantity("grad_shift")
        (Matrix([[x0_0_0/2 + x0_0_1/2]]), Matrix([[delta0_0_0 + delta0_0_1]]))
        >>> norm.at(x=[[[1, 4]]]).quantity("variance")
        Matrix([[9/4]])
        """
        self._require(name, mode)
        statistics = set() if "x" in self.given else {"mu", "sigma", "xhat"}
        given = self.lettered({*OPERANDS.values(), *statistics})
        if name == "running_variance" and prod(self.shape) == self.shape[1]:
            raise GeometryError("a channel with one entry has no unbiased variance: use a larger batch.")
        held = {k: v for k, v in given.items() if k != {"normalised": "xhat", "mean": "mu"}.get(name)}
        found = entries_of(self, name, mode, held, self.eps, self.momentum, sqrt)
        shape = shape_of(self, _SHAPES.get(name, "beta"))
        return in_shape([plain_entry(entry) for entry in found], shape)

    def lettered(self, letters: set[str]) -> dict[str, Sequence[Expr]]:
        """What is given, and letters for what is not; of the running variance, the root."""
        found: dict[str, Sequence[Expr]] = {}
        for letter in letters:
            if letter in self.given:
                values = self.given[letter]
                found[letter] = tuple(map(sqrt, values)) if letter == "sigmabar" else values
            else:
                names = entry_names(letter_of(self, letter), shape_of(self, letter), self.notation.base)
                found[letter] = tuple(map(Symbol, names))
        return found

    @options_checked
    def formula(self, name: str, *, mode: Mode = "training") -> BatchNormFormula:
        """The closed form of a quantity, for numeric and for symbolic sizes.

        Parameters are those of :meth:`quantity`.

        Raises
        ------
        OptionError
            If there is no quantity of that name in that mode.
        """
        return self.derive(name, mode=mode).result

    @options_checked
    def derive(self, name: str, *, mode: Mode = "training") -> BatchNormDerivation:
        """How a quantity follows from its definition, in named steps.

        Parameters and errors are those of :meth:`formula`.

        Examples
        --------
        >>> import symconv as sc
        >>> derivation = sc.BatchNorm("C").derive("grad_input")
        >>> [step.rule for step in derivation.steps][-4:], bool(derivation.verify())
        (['deviations', 'normalised', 'sifting', 'shared sums'], True)
        """
        self._require(name, mode)
        if (name, mode) not in self._derived:
            self._derived[name, mode] = BatchNormDerivation(self, name, mode)
        return self._derived[name, mode]

    @cached_property
    def _derived(self) -> dict[tuple[str, str], BatchNormDerivation]:
        return {}

    def _require(self, name: str, mode: str) -> None:
        if mode not in NAMES:
            raise OptionError("{option} is {given!r}: {cure}", "mode", mode, allowed=NAMES)
        if name in NAMES["training"] and name not in NAMES[mode]:
            raise OptionError(f"{name} is a quantity of training: in inference the statistics are given.")
        if name not in NAMES[mode]:
            sentence = "batch normalisation has no quantity {given!r}: {cure}"
            raise OptionError(sentence, given=name, allowed=NAMES[mode])

    @options_checked
    def check(self, *, draws: int = 2, seed: int = 0) -> Report:
        """Compare every quantity in both modes with plain loops on dual numbers, and with PyTorch.

        The numbers have 50 digits, those of PyTorch are floating-point ones. If a size is a letter, small
        numbers are put for it. PyTorch is left out where it is not installed.

        Examples
        --------
        >>> import symconv as sc
        >>> bool(sc.BatchNorm(2, batch=3).check())
        True
        """
        return report(self, NAMES, draws, seed)

    def __repr__(self) -> str:
        told = [] if self.features is None else [_repr(self.features)]
        if self.input_size:
            sizes = ", ".join(map(_repr, self.input_size))
            told.append(sizes if len(self.input_size) == 1 else f"({sizes})")
        told += [] if self.batch is None else [f"batch={_repr(self.batch)}"]
        usual = (("eps", "epsilon"), ("momentum", "alpha"))
        told += [f"{k}={_repr(getattr(self, k))}" for k, v in usual if str(getattr(self, k)) != v]
        return f"BatchNorm({', '.join(told)})"


def _repr(size: Any) -> str:
    return str(size) if isinstance(size, int) or getattr(size, "is_number", False) else repr(str(size))


def _read(name: str, given: Any) -> Expr:
    """A number, exact where it is written so, or a letter."""
    if isinstance(given, str) and given.isidentifier():
        return Symbol(given, positive=True)
    try:
        found = Rational(str(given)) if isinstance(given, int | float | str) else sympify(given, strict=True)
    except (TypeError, ValueError, SympifyError):
        found = None
    read = isinstance(found, Expr) and not isinstance(given, bool) and (found.is_number or found.is_Symbol)
    if not read or found.is_negative:
        sentence = "{option} is {given!r}: write a number that is not negative, or a name."
        raise OptionError(sentence, name, given)
    return found
