"""Activations: what is applied to every entry of a layer's output, and its derivative."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import cached_property, lru_cache
from inspect import getclosurevars
from math import erf
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

import mpmath
import numpy as np
from sympy import (
    Expr,
    Function,
    Matrix,
    Piecewise,
    Rational,
    S,
    Symbol,
    SympifyError,
    diag,
    diff,
    exp,
    lambdify,
    log,
    pi,
    sqrt,
    sympify,
    tanh,
)  # fmt: skip
from sympy import erf as symbolic_erf

from symconv.errors import OptionError
from symconv.network.arrays import like
from symconv.printing.letters import WORDS
from symconv.printing.targets import target_of

#: The variable that the expression of an activation is written in.
Z = Symbol("z", real=True)

_SIGMOID = 1 / (1 + exp(-Z))
_GELU = (1 + symbolic_erf(Z / sqrt(2))) / 2

#: Each activation by its name: the letter that it prints as, the function, and its derivative where another
#: form than SymPy's is shown. At 0 the derivative of ReLU is 0, and that of leaky ReLU its slope on the
#: left, as in PyTorch.
KNOWN: Mapping[str, tuple[str, Expr, Expr | None]] = MappingProxyType(
    {
        "identity": ("id", Z, None),
        "sigmoid": ("sigma", _SIGMOID, _SIGMOID * (1 - _SIGMOID)),
        "tanh": ("tanh", tanh(Z), None),
        "relu": ("relu", Piecewise((Z, Z > 0), (0, True)), Piecewise((1, Z > 0), (0, True))),
        "leaky_relu": (
            "lrelu",
            Piecewise((Z, Z > 0), (Z / 100, True)),
            Piecewise((1, Z > 0), (Rational(1, 100), True)),
        ),
        "softplus": ("softplus", log(1 + exp(Z)), _SIGMOID),
        "gelu": ("gelu", Z * _GELU, _GELU + Z * exp(-(Z**2) / 2) / sqrt(2 * pi)),
    }
)  # fmt: skip

#: Functions of numbers that are better behaved than what the expression says.
_NUMPY: Mapping[str, Callable[[Any], Any]] = MappingProxyType({"softplus": lambda z: np.logaddexp(0, z)})


def misspelt(given: str, known: Iterable[str]) -> str | None:
    """The known name that one of at least three letters was meant to be, where it is almost that name.

    >>> known = ["relu", "leaky_relu", "mean_squared_error"]
    >>> [misspelt(name, known) for name in ("rleu", "LeakyReLU", "mse", "f", "phi", "swish")]
    ['relu', 'leaky_relu', 'mean_squared_error', None, None, None]
    """
    plain = {}
    for name in known:
        plain["".join(word[0] for word in name.split("_"))] = name
        plain[name.replace("_", "")] = name
    short = given.lower().replace("_", "")
    near = get_close_matches(short, plain, n=1, cutoff=0.75) if len(short) > 2 else []
    found = [name for name in near if len(name) > 3 or name == short]
    return plain[found[0]] if found and given not in plain.values() else None


@dataclass(frozen=True)
class Activation:
    """A function applied to the output of the layer before it in a chain.

    Parameters
    ----------
    function : str, sympy.Lambda, SymPy function, or Python function of one number
        A key of ``symconv.network.activations.KNOWN``, "softmax", or any other name, which stands for an
        unknown function with an unknown derivative; a name that is almost one of these is refused. A Python
        function is called with a symbol.

    Raises
    ------
    OptionError
        If it is no function, or a Python function does not take a symbol.

    Examples
    --------
    >>> Activation("sigmoid").slope
    (1 - 1/(1 + exp(-z)))/(1 + exp(-z))
    >>> Activation(lambda z: z**2).slope
    2*z
    >>> Activation("f").slope
    f'(z)
    """

    function: Any

    def __post_init__(self) -> None:
        given = self.function
        if isinstance(given, str):
            if given in WORDS or not given.isidentifier():
                sentence = "the activation is {given!r}: write a name, such as 'f'. Known are {known}."
                raise OptionError(sentence, given=given, known=", ".join([*KNOWN, "softmax"]))
            meant = misspelt(given, (*KNOWN, "softmax"))
            if meant is not None:
                sentence = "the activation is {given!r}: did you mean {meant!r}? An unknown function has "
                sentence += "another name, such as 'f'."
                raise OptionError(sentence, given=given, meant=meant)
        elif not callable(given):
            raise OptionError(f"the activation is {given!r}: write a name such as 'relu', or a function.")
        _ = self.expr

    @property
    def is_softmax(self) -> bool:
        """Whether every output depends on all entries."""
        return isinstance(self.function, str) and self.function == "softmax"

    @property
    def is_identity(self) -> bool:
        """Whether it changes nothing."""
        return bool(self.expr == Z)

    @property
    def unknown(self) -> bool:
        """Whether nothing is known of the function but its name."""
        return isinstance(self.function, str) and self.function not in KNOWN and not self.is_softmax

    @property
    def name(self) -> str:
        """What it is called."""
        if isinstance(self.function, str):
            return self.function
        found = getattr(self.function, "__name__", "")
        return found if found.isidentifier() and found != "_lambdifygenerated" else "f"

    @property
    def letter(self) -> str:
        """What it prints as."""
        return KNOWN[self.name][0] if self.name in KNOWN else self.name

    @cached_property
    def expr(self) -> Expr:
        """The function of ``z``; of softmax, the numerator."""
        if self.is_softmax:
            return exp(Z)
        if isinstance(self.function, str):
            return KNOWN[self.function][1] if self.function in KNOWN else Function(self.function)(Z)
        try:
            found = sympify(self.function(Z), strict=True)
        except (SympifyError, TypeError, AttributeError, ValueError) as error:
            sentence = (
                f"the activation {self.name!r} does not take a symbol ({type(error).__name__}): write its "
            )
            raise OptionError(f"{sentence}cases as a sympy.Piecewise, functions as those of SymPy.") from None
        if not isinstance(found, Expr) or found.free_symbols - {Z}:
            raise OptionError(
                f"the activation {self.name!r} gives {found}: it must be an expression in its argument."
            )
        return found

    @cached_property
    def slope(self) -> Expr:
        """The derivative, a function of ``z``."""
        if self.unknown:
            return Function(f"{self.name}'")(Z)
        if self.name in KNOWN and isinstance(self.function, str):
            written = KNOWN[self.name][2]
            if written is not None:
                return written
        return diff(self.expr, Z)

    @cached_property
    def rational(self) -> bool:
        """Whether rational numbers have rational values."""
        if self.unknown or self.is_softmax:
            return False
        return all(
            part.is_rational_function(Z)
            for expr in (self.expr, self.slope)
            for part in ([case for case, _ in expr.args] if isinstance(expr, Piecewise) else [expr])
        )

    def written(self, entry: Expr, *, primed: bool = False) -> Expr:
        """Its value or its derivative at an entry, by its letter."""
        if self.is_identity:
            return S.One if primed else entry
        return Function(self.letter + "'" * primed)(entry)

    def values(self, entries: Sequence[Any]) -> Any:
        """What it gives for entries: an array of floats, or exact numbers and expressions."""
        if not self.is_softmax:
            return values_at(self.expr, entries, _NUMPY.get(self.name))
        if isinstance(entries, np.ndarray) and entries.dtype != object:
            powers = np.exp(entries - entries.max())
            return powers / powers.sum()
        powers = values_at(self.expr, entries)
        return like([power / sum(powers) for power in powers], None)

    def backward(self, gradient: Any, entries: Sequence[Any], values: Sequence[Any]) -> Any:
        """The gradient with respect to the entries, for that with respect to the values."""
        if self.is_softmax:
            mean = sum(g * p for g, p in zip(gradient, values, strict=True))
            return like([p * (g - mean) for g, p in zip(gradient, values, strict=True)], values)
        if self.is_identity:
            return gradient
        return gradient * values_at(self.slope, entries)

    def jacobian(self, size: int) -> Matrix:
        """The derivative of each of ``size`` values with respect to each entry.

        That of softmax is ``diag(p) - p p^T`` in its values p; of any other activation it is diagonal, and
        its entries are ``f'(z)``.

        Examples
        --------
        >>> Activation("softmax").jacobian(2)
        Matrix([
        [-p0**2 + p0,      -p0*p1],
        [     -p0*p1, -p1**2 + p1]])
        >>> Activation("f").jacobian(2)
        Matrix([
        [f'(z0),      0],
        [     0, f'(z1)]])
        """
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise OptionError(f"size is {size!r}: write how many entries there are, at least 1.")
        if self.is_softmax:
            p = Matrix([Symbol(f"p{i}") for i in range(size)])
            return diag(*p) - p * p.T
        return diag(*(self.slope.xreplace({Z: Symbol(f"z{i}", real=True)}) for i in range(size)))

    @cached_property
    def source_latex(self) -> tuple[str, str] | None:
        """The argument and the value of a Python function as latexify writes its source.

        There is none where latexify cannot write it, or the source uses names that only SymPy resolves.
        """
        if not isinstance(self.function, FunctionType):
            return None
        from symconv.algorithms.typeset import function_latex  # latexify only where it is asked for

        used = getclosurevars(self.function)
        try:
            found = re.fullmatch(r".*?\((\w+)\) = (.*)", function_latex(self.function))
        except OptionError:
            return None
        plain = all(map(_of_sympy, (*used.nonlocals.values(), *used.globals.values())))
        return (found[1], found[2]) if found and plain and "Piecewise" not in found[2] else None

    def _repr_latex_(self) -> str:
        target = target_of("latex")
        name = target.function(self.letter)
        if self.is_softmax:
            return rf"$\displaystyle {name}(z)_i = e^{{z_i}} \big/ \sum_j e^{{z_j}}$"
        if self.unknown:
            return rf"$\displaystyle {name}(z),\quad {name}'(z)$"
        argument, shown = self.source_latex or ("z", target.expr(self.expr))
        slope = target.named({Z: argument}).expr(self.slope)
        return rf"$\displaystyle {name}({argument}) = {shown},\quad {name}'(z) = {slope}$"

    def __repr__(self) -> str:
        return f"Activation({repr(self.function) if isinstance(self.function, str) else self.name})"


def _of_sympy(value: Any) -> bool:
    return isinstance(value, ModuleType) or str(getattr(value, "__module__", "")).startswith("sympy")


IDENTITY = Activation("identity")


def values_at(expr: Expr, entries: Sequence[Any], better: Callable[[Any], Any] | None = None) -> Any:
    """An expression in z at each entry."""
    if isinstance(entries, np.ndarray) and entries.dtype != object:
        with np.errstate(over="ignore"):
            found = (better or _compiled(expr))(entries)
        return np.broadcast_to(np.asarray(found, dtype=float), entries.shape)
    return like([_value(expr, entry) for entry in entries], None)


_ERF = np.vectorize(erf, otypes=[float])


@lru_cache(maxsize=256)
def _compiled(expr: Expr, library: str = "numpy") -> Callable[[Any], Any]:
    made: Callable[[Any], Any] = lambdify(
        Z, expr, [{"erf": _ERF}, "numpy"] if library == "numpy" else library
    )
    return made


def _value(expr: Expr, entry: Any) -> Any:
    """The value at one entry, exact: rational for rational numbers, where it can be."""
    if expr == Z:
        return entry
    if isinstance(entry, mpmath.mpf):
        return mpmath.mpf(_compiled(expr, "mpmath")(entry))
    found = expr.xreplace({Z: exact(entry)})
    if isinstance(found, Piecewise) or found.has(Piecewise):
        found = found.doit()
    return Fraction(int(found.p), int(found.q)) if found.is_Rational else found


def exact(e: Any) -> Expr:
    """A number or an expression in SymPy."""
    return Rational(e.numerator, e.denominator) if isinstance(e, int | Fraction) else sympify(e)
