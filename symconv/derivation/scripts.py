"""The derivation of each quantity: which rules lead from its definition to its closed form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from sympy import Expr, Integer, S, Symbol, expand

from symconv.derivation.elimination import eliminate
from symconv.derivation.rewriting import Script, bounds_of
from symconv.derivation.rules.limits import Count, DropLimits, Limits, Recognise, Reverse, Shift, SplitPadding
from symconv.derivation.rules.openings import ChainRule, Define
from symconv.derivation.rules.rule import DerivativeOfEntry, InsertDefinition, Linearity, Sift
from symconv.errors import OptionError
from symconv.index_sums.nodes import (
    Bound,
    Equal,
    IndexSum,
    Overlap,
    Partial,
    UncheckedStep,
    Upsampled,
    Within,
)
from symconv.index_sums.symbols import LayerSymbols

Indices: TypeAlias = tuple[Symbol, ...]


@dataclass(frozen=True)
class _Operand:
    """What a derivation calls an operand, and its notation's field."""

    field: str
    called: str


_INPUT, _UPSTREAM = _Operand("input", "input"), _Operand("upstream", "upstream gradient")


def defined_output(setting: LayerSymbols, outputs: Indices, used: Indices = ()) -> IndexSum:
    """``y = b + sum over taps and inputs that meet the output of w x``: the layer by its relation.

    The indices that are summed over bear primes where their letters are in use already.
    """
    taps = setting.indices("tap", (*outputs, *used))
    inputs = setting.indices("input", (*outputs, *used, *taps))
    relation = setting.equations({"output": outputs, "tap": taps, "input": inputs})
    return IndexSum(
        bounds=bounds_of(setting, (*taps, *inputs)),
        conditions=tuple(Equal(left, right) for left, right in relation),
        factors=(setting.entry("kernel", *taps), setting.entry("input", *inputs)),
        addend=_bias(setting, outputs),
    )


def _bias(setting: LayerSymbols, outputs: Indices) -> Expr:
    return setting.entry("bias", *setting.bias_indices(outputs)) if setting.bias else S.Zero


def _output(s: Script) -> None:
    setting = s.setting
    outputs = setting.indices("output")
    entry = setting.entry("output", *outputs)
    index = {"output": outputs, "tap": setting.indices("tap"), "input": setting.indices("input")}
    window = setting.window(index)
    if window is None:
        words = "Each input lays the kernel, times itself, on the output; where they overlap they add up."
        s.start(entry, Define(entry, defined_output(setting, outputs), words))
        eliminate(s)
    else:
        turned = [k for k in window.summed if k not in window.taps]
        slides = f"The {'flipped ' if turned else ''}{setting.kernel.called}"
        factors = setting.entry("kernel", *window.taps), setting.padded[tuple(map(expand, window.places))]
        start = IndexSum(bounds_of(setting, window.summed), (), factors, _bias(setting, outputs))
        words = f"{slides} is laid on the padded input, moved by the stride for each output."
        s.start(entry, Define(entry, start, words))
        s.apply(*map(Reverse, turned), SplitPadding(_padding(setting)))
        s.attempt(DropLimits())
        eliminate(s)
    _name(s, "output", outputs)


def _padding(setting: LayerSymbols) -> str:
    """What stands beside the input: see :class:`SplitPadding`."""
    if not any((*setting.of_axes("before"), *setting.of_axes("after"))):
        return "none"
    if setting.kernel.beside:
        return setting.kernel.beside
    return "folded" if setting.spec.reads_input else "zeros"


def _name(s: Script, role: str, kept: Indices) -> None:
    """The named operation that the sum is, where it is one of two whole sequences.

    With ``far = a near + b k + c``: by near indices the far sequence is correlated with the kernel, by far
    ones the near sequence, spread by a, is convolved with it; a flipped kernel, ``b < 0``, exchanges the two.
    """
    setting, steps = s.setting, s.setting.steps()
    if steps is None or len(kept) != len(steps):
        return
    far, near = (_INPUT, _UPSTREAM) if setting.spec.dependent_role == "input" else (_UPSTREAM, _INPUT)
    ones = [Integer(1)] * len(steps)
    stride, dilation = [a for a, _, _ in steps], [abs(b) for _, b, _ in steps]
    flip = any(b.is_negative for _, b, _ in steps)
    spread = {"stride": stride != ones, "dilation": dilation != ones}
    with_kernel = f" with the kernel{', spread by the dilation' if spread['dilation'] else ''}"
    with_spread = f", spread by the stride,{with_kernel}" if spread["stride"] else with_kernel
    kernel = Upsampled(setting.sequence("kernel"), *dilation)
    whole, holes = (
        Upsampled(setting.sequence(far.field), *ones),
        Upsampled(setting.sequence(near.field), *stride),
    )
    by_stride = ", spread by the stride" if spread["stride"] else ""
    kinds = ["*", "star"] if flip else ["star", "*"]
    words = {"star": "the cross-correlation", "*": "the convolution"}
    if role == "tap":
        at = [expand(b * k + c) for (_, b, c), k in zip(steps, kept, strict=True)]
        called = f"{words['star']} of the {far.called} with the {near.called}{by_stride}"
        s.attempt(Recognise(Overlap("star", whole, holes, *at), called))
    elif role == setting.spec.dependent_role:
        at = [expand(j - c) for (_, _, c), j in zip(steps, kept, strict=True)]
        called = f"{words[kinds[1]]} of the {near.called}{with_spread}: the transposed convolution"
        s.attempt(Recognise(Overlap(kinds[1], holes, kernel, *at), called))
    else:
        at = [expand(a * i + c) for (a, _, c), i in zip(steps, kept, strict=True)]
        read = ", read a stride apart" if spread["stride"] else ""
        called = f"{words[kinds[0]]} of the {far.called}{with_kernel}{read}"
        s.attempt(Recognise(Overlap(kinds[0], whole, kernel, *at), called))


def _differentiate(s: Script, outputs: Indices, kept: Indices, fresh: str = "") -> None:
    """From ``dy`` by an entry to the relation: the steps that every derivative by an operand shares."""
    setting = s.setting
    inner = defined_output(setting, outputs, kept)
    s.apply(InsertDefinition(inner), Linearity(), DerivativeOfEntry())
    if fresh:
        own = setting.indices("tap", (*outputs, *kept))
        taken = own if fresh == "tap" else setting.indices("input", (*outputs, *kept, *own))
        s.apply(*map(Sift, taken))


def _chain(s: Script, by: Expr, kept: Indices, fresh: str = "") -> None:
    """``dL/d(by) = sum over outputs of delta dy/d(by)``, led to the relation."""
    setting = s.setting
    outputs = setting.indices("output", kept)
    words = (
        "The loss depends on the entry through every output; the upstream gradient is its derivative by "
        "an output."
    )
    gradient = (setting.entry("upstream", *outputs),)
    inner = Partial(setting.entry("output", *outputs), by)
    s.start(Partial(setting.loss, by), ChainRule(bounds_of(setting, outputs), gradient, inner, words))
    _differentiate(s, outputs, kept, fresh)
    eliminate(s)


def _grad_input(s: Script) -> None:
    kept = s.setting.indices("input")
    _chain(s, s.setting.entry("input", *kept), kept, fresh="input")
    _name(s, "input", kept)


def _grad_kernel(s: Script) -> None:
    kept = s.setting.indices("tap")
    _chain(s, s.setting.entry("kernel", *kept), kept, fresh="tap")
    _from_zero(s)
    _name(s, "tap", kept)


def _from_zero(s: Script) -> None:
    """Indices with one limit on each side are counted from the first term."""
    for bound in s.terms.bounds:
        if bound.lowers != (0,) and len(bound.lowers) == len(bound.uppers) == 1:
            s.attempt(Shift(bound.index))


def _grad_bias(s: Script) -> None:
    setting = s.setting
    if not setting.bias:
        raise OptionError("{given}: this layer has no bias; {with_bias}.", given="grad_bias")
    kept = setting.bias_indices(setting.indices("output"))
    _chain(s, setting.entry("bias", *kept), kept)


def _coefficient(s: Script, matrix: str, operand: str, roles: tuple[str, str]) -> None:
    """A matrix entry as the derivative of an output by an operand's entry."""
    setting = s.setting
    outputs = setting.indices("output")
    kept = setting.indices(operand, outputs)
    field = {"input": "input", "tap": "kernel"}[operand]
    start = IndexSum((), (), (Partial(setting.entry("output", *outputs), setting.entry(field, *kept)),))
    held = f", {setting.kernel.linear_in}" if setting.kernel.linear_in else ""
    words = f"The output is linear in the {field}{held}: the matrix holds its coefficients."
    places = {"output": outputs, operand: kept}
    left = setting.entry(matrix, *(index for role in roles for index in places[role]))
    s.start(left, Define(left, start, words))
    _differentiate(s, outputs, kept, fresh=operand)
    eliminate(s)


def _matrix(s: Script) -> None:
    _coefficient(s, "matrix", "input", ("output", "input"))


def _windows(s: Script) -> None:
    _coefficient(s, "windows", "tap", s.setting.window_roles)


def _upstream_matrix(s: Script) -> None:
    setting = s.setting
    inputs = setting.indices("input")
    taps = setting.indices("tap", inputs)
    outputs = setting.indices("output", (*inputs, *taps))
    relation = setting.equations({"output": outputs, "tap": taps, "input": inputs})
    start = IndexSum(
        bounds_of(setting, outputs),
        tuple(Equal(left, right) for left, right in relation),
        (setting.entry("upstream", *outputs),),
    )
    words = (
        "The input gradient is linear in the kernel: each output sends its upstream gradient back along "
        "the relation."
    )
    left = setting.entry("upstream_matrix", *inputs, *taps)
    s.start(left, Define(left, start, words))
    eliminate(s)


def _tying(s: Script) -> None:
    setting = s.setting
    outputs = setting.indices("output")
    inputs = setting.indices("input", outputs)
    taps = setting.indices("tap", (*outputs, *inputs))
    fresh = setting.indices("tap", (*outputs, *inputs, *taps))
    relation = setting.equations({"output": outputs, "tap": fresh, "input": inputs})
    tap = setting.entry("kernel", *taps)
    inner = IndexSum(
        bounds_of(setting, fresh),
        tuple(Equal(left, right) for left, right in relation),
        (setting.entry("kernel", *fresh),),
    )
    tie = setting.entry("tying", *outputs, *inputs, *taps)
    cell = setting.entry("matrix", *outputs, *inputs)
    words = "The entries of the matrix are linear in the taps: which entry holds which tap."
    s.start(tie, Define(tie, IndexSum((), (), (Partial(cell, tap),)), words))
    s.apply(InsertDefinition(inner), Linearity(), DerivativeOfEntry(), *map(Sift, fresh))
    ties = s.terms
    dense = (setting.entry("upstream", *outputs), setting.entry("input", *inputs))
    words = (
        "As a dense layer the matrix has the outer product of upstream gradient and input as its gradient; "
        "each tap receives that of the entries that hold it, and the zeros, which hold none, send nothing."
    )
    bounds = bounds_of(setting, (*outputs, *inputs))
    s.start(Partial(setting.loss, tap), ChainRule(bounds, dense, tie, words))
    s.apply(Define(tie, ties, "The ties are put in: a sum over the entries that hold the tap remains."))
    eliminate(s)
    _from_zero(s)


def _output_size(s: Script) -> None:
    setting = s.setting
    letter, place = setting.m_letter(s.axis), setting.axis_index("output", s.axis)
    axis = setting.exact_axes[s.axis]
    counts = [(expand(last), expand(value)) for last, value in axis.size_counts(place)]
    start = IndexSum(
        (Bound(place, (S.Zero,), (counts[0][0],)),),
        tuple(Within(S.Zero, value, last) for last, value in counts),
        (),
    )
    kernel = setting.kernel
    words = f"An output stands at each place of the {kernel.moved} where its last {kernel.last} still lies "
    words += "on the padded input."
    if len(counts) > 1:
        words = "An output stands at each place of the window that begins before the padding behind the "
        words += "input and ends less than a stride beyond the padded input."
    if setting.spec.transposed:
        cut = any(axis.geometry[side] != 0 for side in ("before", "after"))
        words = "The last tap of the last input reaches furthest"
        words += "; the padding is taken off" if cut else ""
        words += "; the output padding is added" if axis.geometry["output_padding"] != 0 else ""
        words += ". Every place up to there is an output."
    s.start(letter, Define(letter, start, words))
    s.apply(*(Limits(place) for _ in counts))
    s.attempt(DropLimits())
    s.apply(Count())


#: The script of each quantity.
SCRIPTS: Mapping[str, Callable[[Script], None]] = MappingProxyType(
    {
        "output_size": _output_size,
        "output": _output,
        "matrix": _matrix,
        "windows": _windows,
        "grad_input": _grad_input,
        "grad_kernel": _grad_kernel,
        "grad_bias": _grad_bias,
        "upstream_matrix": _upstream_matrix,
        "tying": _tying,
    }
)


def written(setting: LayerSymbols, name: str, axis: int = 0) -> list[UncheckedStep]:
    """The lines of a quantity's derivation; the axis counts for an output size."""
    if not isinstance(name, str) or name not in SCRIPTS:
        raise OptionError("{given!r} has no derivation: {cure}", given=name, allowed=SCRIPTS)
    script = Script(setting, axis)
    SCRIPTS[name](script)
    return script.lines
