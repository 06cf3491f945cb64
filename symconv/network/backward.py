"""The convolution that carries the gradient back through a convolution: its padding at any stride."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import And, Eq, Expr, IndexedBase, Integer, Le, Mod, Mul, Sum, Symbol, expand, sympify

from symconv.errors import MissingExtraError, OptionError
from symconv.evidence.scalars import compiled_number
from symconv.index_sums.nodes import Partial
from symconv.layers.conv import Conv
from symconv.network.backprop import Line, Script
from symconv.network.derivations import ChainDerivation
from symconv.network.evaluation import Numbers
from symconv.network.stages import Stage
from symconv.printing.expressions import Iverson
from symconv.printing.letters import marked
from symconv.printing.target import MathsTarget


def backward_convolution(chain: Any, layer: int | None = None) -> BackwardConvolution:
    """The gradient with respect to the input of a convolution as a convolution itself, in steps.

    It is the cross-correlation of delta, with ``s - 1`` zeros between its entries, and the flipped kernel. It
    has stride 1, the dilation of the layer, and a padding that is derived: ``d (K - 1) - p`` before, and
    ``d (K - 1) - p' + (N + p + p' - d (K - 1) - 1) mod s`` after. A negative padding leaves entries out.

    Parameters
    ----------
    layer : int, optional
        Counted from 1; by default the last one.

    Raises
    ------
    OptionError
        If the layer is no convolution without groups whose padding is made of zeros, or its input is read
        by another layer too.

    Examples
    --------
    >>> import symconv as sc
    >>> back = sc.Chain(sc.Conv1d("N", "K", stride=2, padding="p")).backward_convolution()
    >>> back.padding
    (K - p - 1, K - p + Mod(-K + N, 2) - 1)
    >>> [step.rule for step in back.steps]
    ['chain rule', 'zeros between', 'flip']
    >>> bool(back.verify()), all(back.prove())
    (True, True)
    """
    stage = chain.stage(len(chain) if layer is None else layer)
    _require(chain, stage)
    return BackwardConvolution(chain, stage)


class BackwardConvolution(ChainDerivation):
    """The gradient of the input of a convolution as a convolution, each step checked.

    Attributes
    ----------
    padding : pair (before, after), or a tuple with one per axis
        What is put around delta with its zeros in between; entries are left out where it is negative.
    steps : tuple of Step
    """

    def __init__(self, chain: Any, stage: Stage) -> None:
        self.name, self.layer, self._chain, self._stage = "grad_input", stage.number, chain, stage
        script = Script(chain, stage)
        self._letter, self._setting = script.letter, script.own
        names = ("input_size", "kernel_size", "stride", "dilation", "before", "after")
        own = self._setting
        self._axes = [dict(zip(names, n, strict=True)) for n in zip(*map(own.of_axes, names), strict=True)]
        self._base, delta = Integer(script.base), stage.layer.spec.written.upstream
        self._spread = IndexedBase(marked(delta, "tilde"))
        self._lines = list(self._script(script))
        inputs = zip(script.own.indices("input"), script.own.extents["input"], strict=True)
        self.ranges = tuple((i, self._base, size - 1 + self._base) for i, size in inputs)

    @property
    def title(self) -> str:
        """What is derived."""
        return f"backward convolution of layer {self.layer}"

    @property
    def padding(self) -> Any:
        """Before and after, along each axis."""
        found = [_padding(axis) for axis in self._axes]
        return found[0] if len(found) == 1 else tuple(found)

    def _script(self, script: Script) -> Iterator[Line]:
        own, base, rank = self._setting, self._base, len(self._axes)
        kept, outputs, taps = (own.indices(role) for role in ("input", "output", "tap"))
        j, i, k = (indices[-rank:] for indices in (kept, outputs, taps))
        channel = outputs[:-rank]
        left = Partial(script.loss, script.a(self._stage.source, kept))
        flipped = [self._flipped(index, axis) for index, axis in zip(k, self._axes, strict=True)]
        true = self._stage.layer.spec.flip

        def weight(places: Any) -> Expr:
            return IndexedBase(own.notation.letter("kernel"))[(*channel, *kept[:-rank], *places)]

        def summed(term: Expr, *groups: Any) -> Expr:
            limits = [(index, base, sympify(own.last(index)) + base) for group in groups for index in group]
            return Sum(term, *reversed(limits))

        def places(index: Any, sign: int) -> list[Expr]:
            """The place in delta with its zeros, counted from 0."""
            before = [axis["before"] for axis in self._axes]
            if sign > 0:
                before = [p - axis["dilation"] * (axis["kernel_size"] - 1)
                          for p, axis in zip(before, self._axes, strict=True)]  # fmt: skip
            return [
                expand(a - base + sign * axis["dilation"] * (b - base) + p)
                for a, b, p, axis in zip(j, index, before, self._axes, strict=True)
            ]

        lasts = [axis["stride"] * (m - 1) for axis, m in zip(self._axes, own.m, strict=True)]

        def spread(index: Any, sign: int) -> Expr:
            found = places(index, sign)
            inside = (And(Le(0, i), Le(i, n), evaluate=False) for i, n in zip(found, lasts, strict=True))
            return Mul(*map(Iverson, inside)) * self._spread[(*channel, *(at + base for at in found))]

        met = Mul(*(
            Iverson(Eq(a - base, s["stride"] * (o - base) + s["dilation"] * (b - base) - s["before"]))
            for a, o, b, s in zip(j, i, k, self._axes, strict=True)
        ))  # fmt: skip
        delta = script.delta(self._stage, outputs)
        words = "Every output passes its delta to the inputs that it meets, times the weight between them."
        at_taps = weight(flipped if true else k)
        yield Line(left, summed(met * delta * at_taps, channel, i, k), "chain rule", words)
        words = "With s - 1 zeros between its entries, delta is 0 where an input and a tap meet no output."
        yield Line(left, summed(spread(k, -1) * at_taps, channel, k), "zeros between", words)
        words = (
            "Counting the taps from the last to the first turns j + p - d k into j + d k - (d (K - 1) - p): "
            "a cross-correlation with stride 1, dilation d and padding d (K - 1) - p before."
        )
        yield Line(left, summed(spread(k, 1) * weight(k if true else flipped), channel, k), "flip", words)

    def _flipped(self, index: Symbol, axis: dict[str, Expr]) -> Expr:
        return axis["kernel_size"] - 1 - index + 2 * self._base

    @property
    def definitions(self) -> dict[Symbol, Expr]:
        """What the letters of output sizes stand for."""
        return {**super().definitions, **self._setting.definitions}

    def below(self, form: MathsTarget, *exprs: Expr) -> list[str]:
        """Ranges, sizes, and delta with its zeros."""
        outputs = self._setting.indices("output")
        rank = len(self._axes)
        places = [axis["stride"] * (i - self._base) + self._base
                  for axis, i in zip(self._axes, outputs[-rank:], strict=True)]  # fmt: skip
        entry = form.expr(self._spread[(*outputs[:-rank], *places)])
        delta = form.expr(IndexedBase(self._stage.layer.spec.written.upstream)[outputs])
        zeros = form.prose("with ") + f"{entry} = {delta}" + form.prose(", and 0 elsewhere")
        return [*super().below(form, *exprs), zeros]

    def _models(self, seed: int) -> Iterator[tuple[Numbers, Any]]:
        delta, rank = self._stage.layer.spec.written.upstream, len(self._axes)
        for sizes, model in super()._models(seed):
            entries, shape = model.sequences[delta]
            steps = [int(compiled_number(axis["stride"])(sizes)) for axis in self._axes]
            wide = [s * (m - 1) + 1 for s, m in zip(steps, shape[-rank:], strict=True)]
            spread = np.zeros((*shape[:-rank], *wide), dtype=object)
            taken: Any = (..., *(slice(None, None, s) for s in steps))
            spread[taken] = np.array(entries, dtype=object).reshape(shape)
            model.sequences[str(self._spread.label)] = (list(spread.ravel()), spread.shape)
            yield sizes, model

    def prove(self, *, strides: Any = None, dilations: Any = None, engine: Any = None) -> Any:
        """Prove the padding for all sizes and paddings, a :class:`PaddingProof` along each axis.

        Both conditions, that of the layer and that of the convolution of delta with its zeros, hold for the
        same inputs, outputs and taps, and the latter has as many outputs as the layer has inputs.

        Parameters
        ----------
        strides, dilations : sequence of int, optional
            For these; by default those of the layer, and 1 to 3 for a letter.
        """
        try:
            import islpy as isl
        except ImportError:
            raise MissingExtraError("islpy is not installed: pip install 'symconv[prove]'") from None
        found = []
        for axis in self._axes:
            every = [
                [int(axis[name])] if axis[name].is_Integer else list(given or (1, 2, 3))
                for name, given in (("stride", strides), ("dilation", dilations))
            ]
            steps = [(s, d) for s in every[0] for d in every[1]]
            holds = all(isl.Set(_met(_FORWARD, *at)).is_equal(isl.Set(_met(_BACKWARD, *at))) for at in steps)
            found.append(PaddingProof(holds, tuple(steps)))
        return tuple(found)


@dataclass(frozen=True)
class PaddingProof:
    """The decision on the padding along one axis, for pairs of a stride and a dilation."""

    holds: bool
    steps: tuple[tuple[int, int], ...]

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        pairs = " or ".join(map(str, self.steps))
        verdict = "proved" if self.holds else "not proved"
        return f"padding: {verdict} for all N, K, p, p', with (stride, dilation) = {pairs}, by islpy"


#: Which input, output and tap meet in the layer, and in the convolution that goes back.
_FORWARD = "j = {s}*i + {d}*k - p and 0 <= j < N"
_BACKWARD = (
    "{s}*i = j + {d}*(K - 1 - k) - before and 0 <= {s}*i <= {s}*(M - 1) and "
    "before = {before} and after = {after} and 0 <= j < {s}*(M - 1) + 1 + before + after - {d}*(K - 1)"
)
_SIZES = (
    "N >= 1 and K >= 1 and p >= 0 and q >= 0 and 0 <= k < K and 0 <= i < M and "
    "M = 1 + floor((N + p + q - {d}*(K - 1) - 1)/{s})"
)


def _padding(axis: Mapping[str, Any]) -> tuple[Expr, Expr]:
    """What the convolution that goes back has before and after, along one axis."""
    reach = axis["dilation"] * (axis["kernel_size"] - 1)
    rest = axis["input_size"] + axis["before"] + axis["after"] - reach - 1
    return expand(reach - axis["before"]), reach - axis["after"] + Mod(expand(rest), axis["stride"])


def _met(relation: str, s: int, d: int) -> str:
    """A relation for letters in the place of all sizes and paddings, with the padding as it is given."""
    names = {"input_size": "N", "kernel_size": "K", "before": "p", "after": "q"}
    axis = {name: Symbol(letter, integer=True) for name, letter in names.items()}
    before, after = _padding({**axis, "stride": Integer(s), "dilation": Integer(d)})
    rests = {part: Symbol(f"rest{at}") for at, part in enumerate(sorted(after.atoms(Mod), key=str))}
    shown = str(expand(after.xreplace(rests)))
    for part, rest in rests.items():
        number, divisor = part.args
        shown = shown.replace(str(rest), f"(({number}) - {divisor}*floor(({number})/{divisor}))")
    whole = f"{_SIZES} and {relation}".format(s=s, d=d, before=expand(before), after=shown)
    return f"[N, K, p, q] -> {{ [i, k, j] : exists M, before, after : {whole} }}"


def _require(chain: Any, stage: Stage) -> None:
    layer, told = stage.layer, stage.told
    if not isinstance(layer, Conv) or layer.spec.padding_mode != "zeros":
        raise OptionError(f"layer {stage.number}, {told}, is no convolution whose padding is made of zeros.")
    if any(relation.geometry.get("groups", 1) != 1 for relation in layer.pattern.relations):
        raise OptionError(f"layer {stage.number}, {told}, has groups: take them one by one.")
    elsewhere = len(chain.values.readers(stage.source)) > 1 or stage.source in stage.added
    if elsewhere or stage.flattened:
        raise OptionError(
            f"the input of layer {stage.number}, {told}, is read elsewhere too, or is flattened."
        )
