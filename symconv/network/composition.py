"""Two convolutions as one: when it is so, the sizes, and the kernel, which is a transposed convolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sympy import ImmutableDenseNDimArray, Matrix, Symbol, expand, sympify

from symconv.derivation import Formula
from symconv.errors import MissingExtraError, OptionError
from symconv.layers.conv import Conv, ConvTranspose
from symconv.layers.description import options
from symconv.network.arrays import whole
from symconv.network.stages import Stage
from symconv.pattern import Spatial


@dataclass(frozen=True, eq=False)
class Composition:
    """Layers ``first`` and ``first + 1`` of a chain as one convolution, whose kernel is made of theirs.

    The strides multiply, and the kernel is ``v[k] = sum [d_1 k_1 + s_1 d_2 k_2 = k] w_1[k_1] w_2[k_2]``: for
    stride 1 the convolution of the two kernels. It is a transposed convolution of the second kernel with the
    first one, so its closed form is derived and proved as that.

    Attributes
    ----------
    layer : Conv
        The one layer, with dilation 1.
    reason : str
        Why the two layers are one.

    Examples
    --------
    >>> import symconv as sc
    >>> one = sc.Chain(sc.Conv1d("N", "K"), sc.Conv1d(None, 3, stride=2)).composition()
    >>> one.layer
    Conv1d('N', 'K + 2', stride=2)
    >>> print(one.kernel)
    v[k] = sum(l=max(0, k - 2)..min(k, K - 1)) w^(1)[l]*w^(2)[k - l]
       M = K + 2
           for 0 <= k <= M - 1
    """

    layer: Any
    reason: str
    _stages: tuple[Stage, Stage]
    _kernel: Any  # the transposed convolution

    @property
    def kernel(self) -> Formula:
        """The closed form of its kernel."""
        found: Formula = self._kernel.formula("output")
        return found

    @property
    def w(self) -> Any:
        """The entries of its kernel, in those of the two kernels."""
        return self._kernel.output

    def verify(self) -> bool:
        """Whether the product of the two matrices is the matrix of the one layer, entry by entry.

        Raises
        ------
        SymbolicSizeError
            If a size is a letter.
        """
        first, second = (stage.layer for stage in self._stages)
        wanted = second.matrix * first.matrix
        found = self.layer.at(w=self._nested()).matrix
        return bool((wanted - found).applyfunc(expand).is_zero_matrix)

    def _nested(self) -> Any:
        found = self.w
        if isinstance(found, Matrix):
            return list(found)
        return found.tolist() if isinstance(found, ImmutableDenseNDimArray) else [found]

    def prove(self) -> tuple[CompositionProof, ...]:
        """Prove, for all sizes and paddings, that the two layers and the one have the same terms.

        Along each axis, an output of the second layer, a tap of either layer and an input meet through the
        two layers exactly when they meet through the one. Strides and dilations must be numbers.

        Raises
        ------
        MissingExtraError
            If islpy is not installed; it belongs to the extra ``prove``.
        OptionError
            If a stride or dilation is a letter.
        """
        pairs = zip(*(stage.layer.axes for stage in self._stages), strict=True)
        return tuple(_proved(one, two) for one, two in pairs)


@dataclass(frozen=True)
class CompositionProof:
    """The decision along one axis, for its strides and dilations; true if the terms are the same."""

    holds: bool
    strides: tuple[int, int]
    dilations: tuple[int, int]

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        where = f"with strides {self.strides} and dilations {self.dilations}"
        return (
            f"two layers are one: {'proved' if self.holds else 'not proved'} for all sizes, {where}, by islpy"
        )


def composition(chain: Any, first: int = 1) -> Composition:
    """Layer ``first`` and the one after it as one convolution.

    Parameters
    ----------
    first : int
        The number of the first of the two layers.

    Raises
    ------
    OptionError
        If the two layers are no single convolution; the error says why.

    Examples
    --------
    >>> import symconv as sc
    >>> one = sc.Chain(sc.Conv1d(8, 2), sc.Conv1d(None, 2)).composition()
    >>> one.w.T
    Matrix([[w^(1)_0*w^(2)_0, w^(1)_0*w^(2)_1 + w^(1)_1*w^(2)_0, w^(1)_1*w^(2)_1]])
    >>> one.layer.matrix.shape, one.verify()
    ((6, 8), True)
    """
    one, two = chain.stage(first), chain.stage(first + 1) if first < len(chain) else None
    if two is None:
        raise OptionError(f"layer {first} is the last one: there is no layer to compose it with.")
    reason = _reason(one, two)
    axes = list(zip(one.layer.axes, two.layer.axes, strict=True))
    sizes = [_sizes(a, b) for a, b in axes]
    rank = len(axes)
    named = {name: _each([size[name] for size in sizes]) for name in sizes[0] if name != "padding"}
    pads = [size["padding"] for size in sizes]
    outer = {"padding": pads[0] if rank == 1 else pads, "flip": one.layer.spec.flip}
    told, later = options(one.layer.spec), options(two.layer.spec)
    if "in_channels" in told:
        outer |= {"in_channels": told["in_channels"], "out_channels": later["out_channels"]}
    inputs = _each([axis.geometry["input_size"] for axis in one.layer.axes])
    kind = type(one.layer)
    layer = kind(inputs, named["kernel_size"], stride=named["stride"], **outer)
    return Composition(layer, reason, (one, two), _kernel(chain, one, two, axes))


def _kernel(chain: Any, one: Stage, two: Stage, axes: Sequence[tuple[Spatial, Spatial]]) -> Any:
    """The transposed convolution that gives the kernel: of the second kernel, with the first."""
    told, later = options(one.layer.spec), options(two.layer.spec)
    apart = [_kernel_steps(a, b) for a, b in axes]
    steps = {"stride": _each([a for a, _ in apart]), "dilation": _each([b for _, b in apart])}
    if "in_channels" in told:
        steps |= {"in_channels": told["out_channels"], "out_channels": told["in_channels"]}
        steps |= {"batch": later["out_channels"]}
    letters = chain.notation.replace(
        input=two.layer.spec.written.kernel, kernel=one.layer.spec.written.kernel, output="v",
        output_index="k", tap_index="l", input_index="m", batch_index="o", output_channel_index="c",
        tap_channel_index="q", input_channel_index="r",
    )  # fmt: skip
    sizes = (_each([axis.geometry["kernel_size"] for axis in layer.axes]) for layer in (two.layer, one.layer))
    return _TRANSPOSED[len(axes)](*sizes, **steps, notation=letters)


def _transposed() -> Mapping[int, type[ConvTranspose]]:
    kinds = {kind.rank: kind for kind in ConvTranspose.__subclasses__()}
    return {rank: kind for rank, kind in kinds.items() if rank is not None}


_TRANSPOSED = _transposed()


def _reason(one: Stage, two: Stage) -> str:
    """Why two layers are one convolution, or an OptionError that says why they are not."""
    between = f"layers {one.number} and {two.number}"
    for stage in (one, two):
        if stage.part is not None:
            raise OptionError(
                f"{stage.told} is folded into a convolution by its own method: .fold(convolution)."
            )
        if not isinstance(stage.layer, Conv):
            raise OptionError(f"{between} are no single convolution: {stage.told} is no convolution.")
        if any(relation.geometry.get("groups", 1) != 1 for relation in stage.layer.pattern.relations):
            raise OptionError(f"{between} are no single convolution here: {stage.told} has groups.")
        if stage.layer.bias:
            raise OptionError(f"{between} are no single linear layer: {stage.told} has a bias.")
    if not one.activation.is_identity:
        raise OptionError(f"{between} are no single convolution: an activation stands between them.")
    if one.added or two.added or two.source != one.number or two.flattened:
        raise OptionError(f"{between} are no single convolution: something is added or flattened on the way.")
    if one.layer.spec.flip != two.layer.spec.flip:
        raise OptionError(f"{between} are no single convolution: one flips its kernel.")
    if {one.layer.spec.padding_mode, two.layer.spec.padding_mode} != {"zeros"}:
        raise OptionError(f"{between} are no single convolution: their padding is not made of zeros.")
    words = "The second layer has no padding, so it sees outputs of the first layer only."
    for a, b in zip(one.layer.axes, two.layer.axes, strict=True):
        if b.geometry["before"] == b.geometry["after"] == 0:
            continue
        reach = a.geometry["dilation"] * (a.geometry["kernel_size"] - 1)
        whole = [expand(sympify(a.geometry[side]) - reach).is_nonnegative for side in ("before", "after")]
        if a.geometry["stride"] != 1 or not all(whole):
            raise OptionError(
                f"{between} are no single convolution: the padding of {two.told} stands where outputs of "
                f"{one.told} would stand that are not 0. Leave it out, or pad the first layer fully."
            )
        words = "The first layer is padded fully, so beyond its outputs there are only zeros, as in padding."
    return words


def _sizes(a: Any, b: Any) -> dict[str, Any]:
    """The geometry of the one layer along an axis."""
    one, two = (axis.geometry for axis in (a, b))
    reaches = one["dilation"] * (one["kernel_size"] - 1), two["dilation"] * (two["kernel_size"] - 1)
    size = reaches[0] + one["stride"] * reaches[1] + 1
    pads = tuple(whole(expand(one[side] + one["stride"] * two[side])) for side in ("before", "after"))
    return {
        "kernel_size": whole(expand(size)),
        "stride": whole(one["stride"] * two["stride"]),
        "padding": pads,
    }


def _each(sizes: list[Any]) -> Any:
    return sizes[0] if len(sizes) == 1 else tuple(sizes)


#: Two layers along one axis, and the one layer: which output, taps and input meet.
_TWO = (
    "m = {s2}*o + {d2}*k2 - p2 and 0 <= m < M1 and j = {s1}*m + {d1}*k1 - p1 and 0 <= o < M2 and "
    "M2 = 1 + floor((M1 + p2 + q2 - {d2}*(K2 - 1) - 1)/{s2})"
)
_ONE = (
    "j = {stride}*o + {dilation}*k1 + {step}*k2 - ({before}) and 0 <= o < M and "
    "M = 1 + floor((N + ({before}) + ({after}) - ({size}))/{stride})"
)
_SIZES = (
    "N >= 1 and K1 >= 1 and K2 >= 1 and p1 >= 0 and q1 >= 0 and p2 >= 0 and q2 >= 0 and 0 <= k1 < K1 and "
    "0 <= k2 < K2 and 0 <= j < N and M1 = 1 + floor((N + p1 + q1 - {d1}*(K1 - 1) - 1)/{s1}) and M1 >= 1 and "
    "M1 + p2 + q2 - {d2}*(K2 - 1) >= 1"
)


def _as_one(steps: Mapping[str, Any]) -> dict[str, Any]:
    """What the one layer has, for letters in the place of all sizes and paddings, as it is made."""
    letters = {name: Symbol(name, integer=True) for name in ("N", "K1", "K2", "p1", "p2", "q1", "q2")}
    one, two = (
        SimpleNamespace(
            geometry={
                "kernel_size": letters[f"K{at}"], "stride": steps[f"s{at}"], "dilation": steps[f"d{at}"],
                "before": letters[f"p{at}"], "after": letters[f"q{at}"], "input_size": letters["N"],
            }
        )
        for at in (1, 2)
    )  # fmt: skip
    made, (step, dilation) = _sizes(one, two), _kernel_steps(one, two)
    before, after = made["padding"]
    found = {"size": made["kernel_size"], "stride": made["stride"], "before": before, "after": after}
    return {**found, "step": step, "dilation": dilation}


def _kernel_steps(one: Any, two: Any) -> tuple[Any, Any]:
    """How far apart taps of the second kernel lie in that of the one layer, and taps of the first."""
    return one.geometry["stride"] * two.geometry["dilation"], one.geometry["dilation"]


def _proved(a: Spatial, b: Spatial) -> CompositionProof:
    """Whether both sets are equal: with no second padding, or with a first layer that is padded fully."""
    try:
        import islpy as isl
    except ImportError:
        raise MissingExtraError("islpy is not installed: pip install 'symconv[prove]'") from None
    both = ((1, a), (2, b))
    steps = {f"{name[0]}{at}": axis.geometry[name] for at, axis in both for name in ("stride", "dilation")}
    for name, size in steps.items():
        if not isinstance(size, int):
            raise OptionError(
                f"the proof needs a number for every stride and dilation, but {name} is {size}."
            )
    steps |= _as_one(steps)
    padded = b.geometry["before"] != 0 or b.geometry["after"] != 0
    held = "p1 >= {d1}*(K1 - 1) and q1 >= {d1}*(K1 - 1)" if padded else "p2 = 0 and q2 = 0"

    def met(relation: str) -> Any:
        whole = f"{_SIZES} and {held} and {relation}".format(**steps)
        text = f"[N, K1, K2, p1, q1, p2, q2] -> {{ [o, k1, k2, j] : exists m, M1, M2, M : {whole} }}"
        return isl.Set(text)

    strides, dilations = ((int(steps[f"{letter}1"]), int(steps[f"{letter}2"])) for letter in "sd")
    return CompositionProof(bool(met(_TWO).is_equal(met(_ONE))), strides, dilations)
