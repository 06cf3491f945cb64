"""When the Hessian of a convolution is constant along its diagonals: decided for all sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import expand, sympify

from symconv.errors import MissingExtraError, OptionError
from symconv.pattern import Spatial

_NAMES = ("input_size", "kernel_size", "stride", "dilation", "before", "after")


@dataclass(frozen=True)
class ToeplitzProof:
    """Whether ``X^T X`` of a layer is Toeplitz; true if it is, for all sizes.

    Attributes
    ----------
    holds : bool
    where : str
        The stride and dilation, and the padding.
    counterexample : dict
        Sizes and taps at which two entries of one diagonal differ, if there are any.
    """

    holds: bool
    where: str
    counterexample: dict[str, int]

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        if self.holds:
            return f"X^T X is Toeplitz: proved for all sizes, with {self.where}, by islpy"
        point = ", ".join(f"{name} = {number}" for name, number in self.counterexample.items())
        return f"X^T X is not Toeplitz, with {self.where}: for {point} the next entry of the diagonal differs"


def hessian_is_toeplitz(chain: Any, layer: int | None = None) -> ToeplitzProof:
    """Whether ``X^T X``, the Hessian of half the squared error in the kernel of a layer, is Toeplitz.

    Entry (k, k') is the sum of ``x[j] x[j']`` over the outputs that see j through tap k and j' through k'.
    The matrix is Toeplitz if (k + 1, k' + 1) has the same pairs (j, j'): with full padding and stride 1 these
    are all pairs at one distance, so the matrix holds the autocorrelation of x.

    Raises
    ------
    OptionError
        If the layer is no convolution along one axis without channels, or its stride or dilation is a letter.
    MissingExtraError
        If islpy is not installed; it belongs to the extra ``prove``.

    Examples
    --------
    >>> import symconv as sc
    >>> print(sc.Chain(sc.Conv1d("N", "K", padding="full")).hessian_is_toeplitz())
    X^T X is Toeplitz: proved for all sizes, with stride 1, dilation 1, padding K - 1 and K - 1, by islpy
    >>> bool(sc.Chain(sc.Conv1d("N", "K")).hessian_is_toeplitz())
    False
    """
    stage = chain.stage(len(chain) if layer is None else layer)
    chain.require("grad_kernel", stage)
    spec = stage.layer.spec
    if len(spec.tied.relations) != 1 or spec.transposed or stage.matrix_is_kernel or spec.reads_input:
        raise OptionError(
            f"{stage.told} is no convolution along one axis without channels, padded with zeros."
        )
    return _decided(spec.axes[0])


def _decided(axis: Spatial) -> ToeplitzProof:
    try:
        import islpy as isl
    except ImportError:
        raise MissingExtraError("islpy is not installed: pip install 'symconv[prove]'") from None
    sizes = {name: sympify(size) for name, size in axis.geometry.items()}
    for name in ("stride", "dilation"):
        if not sizes[name].is_Integer:
            raise OptionError(f"the proof needs a number for the {name}, which is {sizes[name]}.")
    letters = sorted({symbol.name for size in sizes.values() for symbol in size.free_symbols})
    n, taps, s, d, p, q = (sizes[name] for name in _NAMES)
    known = " and ".join([*(f"{letter} >= 0" for letter in letters), *(f"{size} >= 1" for size in (n, taps))])
    last = expand(n + p + q - d * (taps - 1) - 1)

    def pairs(step: int) -> Any:
        shift = expand(d * step - p)
        meet = " and ".join(
            f"{j} = {s}*i + {d}*{k} + {shift} and 0 <= {j} <= {n - 1} and 0 <= {k} <= {taps - 2}"
            for j, k in (("j", "k"), ("m", "l"))
        )
        whole = f"exists i : {known} and 0 <= i and {s}*i <= {last} and {meet}"
        return isl.Set(f"[{', '.join(letters)}] -> {{ [k, l, j, m] : {whole} }}")

    one, other = pairs(0), pairs(1)
    where = f"stride {s}, dilation {d}, padding {sizes['before']} and {sizes['after']}"
    gap = one.subtract(other).union(other.subtract(one))
    return ToeplitzProof(bool(gap.is_empty()), where, {} if gap.is_empty() else _point(gap, letters))


def _point(gap: Any, letters: list[str]) -> dict[str, int]:
    """Small sizes and taps in a set."""
    import islpy as isl

    point, values = gap.sample_point(), {}
    for kind, names in ((isl.dim_type.param, letters), (isl.dim_type.set, ["k", "k'"])):
        for at, name in enumerate(names):
            values[name] = int(point.get_coordinate_val(kind, at).to_python())
    return values
