"""The derivation of each quantity: which rules lead from its definition to its closed form."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from sympy import Expr, Integer, S, Symbol, expand

from symconv.derivation.rewriting import Script, bounds_of, relation_of
from symconv.derivation.rules import rule as rules
from symconv.derivation.rules.limits import Count, DropLimits, Limits, Recognise, Reverse, Shift, SplitPadding
from symconv.explicit.registry import QUANTITIES
from symconv.index_sums.nodes import (
    Bound,
    Convolution,
    Correlation,
    IndexSum,
    Partial,
    UncheckedStep,
    Upsampled,
    Within,
)
from symconv.index_sums.symbols import LayerSymbols
from symconv.pattern import ROLES

Indices: TypeAlias = tuple[Symbol, ...]


def defined_output(s: Script, outputs: Indices, used: Indices = ()) -> Indices:
    """The lines from the definition of an output to the sum over taps and inputs that meet it.

    The indices that are summed over bear primes where their letters are in use already; those of the input
    are returned.
    """
    setting = s.setting
    entry = setting.entry("output", *outputs)
    taps = setting.indices("tap", (*outputs, *used))
    inputs = setting.indices("input", (*outputs, *used, *taps))
    bias = setting.entry("bias", *setting.bias_indices(outputs)) if setting.bias else S.Zero
    index = {"output": outputs, "tap": taps, "input": inputs}
    window = setting.exact_spec.pattern.window(index)
    if window is None:
        words = "Each input adds a copy of the kernel, multiplied by that input, to the output."
        bounds, relation = bounds_of(setting, (*taps, *inputs)), relation_of(setting, outputs, taps, inputs)
        factors = (setting.entry("kernel", *taps), setting.entry("input", *inputs))
        s.start(entry, rules.Define(entry, IndexSum(bounds, relation, factors, bias), words))
        return inputs
    turned = [k for k in window.summed if k not in window.taps]
    factors = setting.entry("kernel", *window.taps), setting.padded[tuple(map(expand, window.places))]
    start = IndexSum(bounds_of(setting, window.summed), (), factors, bias)
    summed = setting.spec.phrases["mean"] or setting.kernel.summed
    words = f"The {'flipped ' if turned else ''}{setting.kernel.called} slides over the padded input in "
    words += f"steps of the stride, and each output is {summed}"
    words += f"{', plus the bias' if setting.bias else ''}."
    s.start(entry, rules.Define(entry, start, words))
    along = inputs[-len(setting.exact_spec.axes) :]  # the spatial indices are the last
    s.apply(*map(Reverse, turned), SplitPadding(along, _padding(setting)))
    return along


def _output(s: Script) -> None:
    outputs = s.setting.indices("output")
    inputs = defined_output(s, outputs)
    if not s.setting.spec.transposed:
        s.attempt(*map(rules.Sift, inputs))
    s.eliminate()
    _name(s, "output", outputs)


def _padding(setting: LayerSymbols) -> str:
    """What stands beside the input: see :class:`SplitPadding`."""
    if not any(setting.of_axes("before", "after")):
        return "none"
    return setting.kernel.beside or ("folded" if setting.spec.reads_input else "zeros")


def _name(s: Script, role: str, kept: Indices) -> None:
    """The named operation that the sum is, where it is one of two whole sequences.

    ``setting.steps()`` has the stride a, the dilation b, and c. By the other indices the dependent sequence
    is correlated with the kernel; by the dependent ones the other sequence, spread by a, is convolved with
    it. A flipped kernel, ``b < 0``, exchanges the two.
    """
    setting, steps = s.setting, s.setting.steps()
    if steps is None or len(kept) != len(steps):
        return
    called = {"input": "input", "upstream": "upstream gradient"}
    dependent, other = reversed(called) if setting.spec.transposed else called
    ones = [Integer(1)] * len(steps)
    stride, dilation = [a for a, _, _ in steps], [abs(b) for _, b, _ in steps]
    by_stride = " (upsampled by the stride)" if stride != ones else ""
    with_kernel = f" with the kernel{' (upsampled by the dilation)' if dilation != ones else ''}"
    kernel = Upsampled(setting.sequence("kernel"), *dilation)
    whole = Upsampled(setting.sequence(dependent), *ones)
    holes = Upsampled(setting.sequence(other), *stride)
    correlation, convolution = (Correlation, "the cross-correlation"), (Convolution, "the convolution")
    if any(b.is_negative for _, b, _ in steps):
        correlation, convolution = convolution, correlation
    if role == "tap":
        at = [expand(b * k + c) for (_, b, c), k in zip(steps, kept, strict=True)]
        (kind, name), sides = (Correlation, "the cross-correlation"), (whole, holes)
        words = f"of the {called[dependent]} with the {called[other]}{by_stride}"
    elif role == setting.spec.dependent_role:
        at = [expand(j - c) for (_, _, c), j in zip(steps, kept, strict=True)]
        (kind, name), sides = convolution, (holes, kernel)
        words = f"of the {called[other]}{by_stride}{with_kernel}: a transposed convolution"
    else:
        at = [expand(a * i + c) for (a, _, c), i in zip(steps, kept, strict=True)]
        (kind, name), sides = correlation, (whole, kernel)
        words = f"of the {called[dependent]}{with_kernel}{', in steps of the stride' if by_stride else ''}"
    s.attempt(Recognise(kind(*sides, *at), f"{name} {words}"))


def _differentiate(
    s: Script, outputs: Indices, kept: Indices, fresh: str = "", used: Indices = ()
) -> Indices:
    """From ``dy`` by an entry to the relation: the steps that every derivative by an operand shares.

    The indices that are still summed over are returned.
    """
    earlier = Script(s.setting)
    inputs = defined_output(earlier, outputs, (*kept, *used))
    s.apply(rules.InsertDefinition(earlier.terms), rules.Linearity(), rules.DerivativeOfEntry())
    if fresh:
        summed = [bound.index for bound in earlier.terms.bounds]
        s.apply(*(rules.Sift(index) for index in summed if (index in inputs) == (fresh == "input")))
    return tuple(bound.index for bound in s.terms.bounds)


def _chain(s: Script, by: Expr, kept: Indices, fresh: str = "") -> None:
    """``dL/d(by) = sum over outputs of delta dy/d(by)``, led to the relation."""
    setting = s.setting
    outputs = setting.indices("output", kept)
    words = (
        "The loss depends on the entry through every output, so its derivative is a sum over the outputs: "
    )
    words += "the upstream gradient, which is the derivative with respect to an output, times the derivative "
    words += "of that output."
    gradient = (setting.entry("upstream", *outputs),)
    inner = Partial(setting.entry("output", *outputs), by)
    s.start(Partial(setting.loss, by), rules.ChainRule(bounds_of(setting, outputs), gradient, inner, words))
    _differentiate(s, outputs, kept, fresh)
    s.eliminate()


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
    kept = setting.bias_indices(setting.indices("output"))
    _chain(s, setting.entry("bias", *kept), kept)


def _coefficient(
    s: Script, matrix: str, operand: str, roles: tuple[str, str], used: Indices | None = None
) -> Indices:
    """A matrix entry as the derivative of an output by an operand's entry.

    With indices in use already the lines end where the relation is left; those summed over are returned.
    """
    setting = s.setting
    outputs = setting.indices("output")
    kept = setting.indices(operand, outputs)
    field = {"input": "input", "tap": "kernel"}[operand]
    start = IndexSum((), (), (Partial(setting.entry("output", *outputs), setting.entry(field, *kept)),))
    held = f", {setting.kernel.linear_in}" if setting.kernel.linear_in else ""
    of, entry = {"input": ("", "an input"), "tap": (" of windows", "a weight")}[operand]
    words = f"The output is linear in the {field}{held}. An entry of the matrix{of} is a coefficient: the "
    words += f"derivative of an output with respect to {entry}."
    places = {"output": outputs, operand: kept}
    left = setting.entry(matrix, *(index for role in roles for index in places[role]))
    s.start(left, rules.Define(left, start, words))
    summed = _differentiate(s, outputs, kept, operand, used or ())
    if used is None:
        s.eliminate()
    return summed


def _by_relation(name: str, words: str) -> Callable[[Script], None]:
    """The script of a contraction: where output, tap and input meet, the operands that are not kept."""
    row, fields = QUANTITIES[name], {"output": "upstream", "tap": "kernel", "input": "input"}

    def script(s: Script) -> None:
        kept, index = (*row.rows, *row.columns), dict[str, Indices]()
        summed = [role for role in ROLES if role not in kept]
        for role in (*kept, *summed):
            index[role] = s.setting.indices(role, [i for places in index.values() for i in places])
        start = IndexSum(
            bounds_of(s.setting, [i for role in summed for i in index[role]]),
            relation_of(s.setting, *(index[role] for role in ROLES)),
            tuple(s.setting.entry(fields[role], *index[role]) for role in summed),
        )
        left = s.setting.entry(row.letter, *(i for role in kept for i in index[role]))
        s.start(left, rules.Define(left, start, words))
        s.eliminate()

    return script


def _tying(s: Script) -> None:
    setting = s.setting
    outputs = setting.indices("output")
    inputs = setting.indices("input", outputs)
    taps = setting.indices("tap", (*outputs, *inputs))
    earlier = Script(setting)
    fresh = _coefficient(earlier, "matrix", "input", ("output", "input"), taps)
    tap = setting.entry("kernel", *taps)
    tie = setting.entry("tying", *outputs, *inputs, *taps)
    cell = setting.entry("matrix", *outputs, *inputs)
    words = "Each entry of the matrix is linear in the weights. An entry of the ties is its derivative with "
    words += "respect to a weight, which says whether the entry of the matrix holds that weight."
    s.start(tie, rules.Define(tie, IndexSum((), (), (Partial(cell, tap),)), words))
    s.apply(
        rules.InsertDefinition(earlier.terms, "matrix"), rules.Linearity(), rules.DerivativeOfEntry(),
        *map(rules.Sift, fresh),
    )  # fmt: skip
    ties = s.terms
    dense = (setting.entry("upstream", *outputs), setting.entry("input", *inputs))
    words = (
        "The loss depends on a weight through every entry of the matrix, so its derivative is a sum over "
        "these entries. The gradient with respect to an entry is that of a dense layer: the entry of the "
        "outer product of upstream gradient and input."
    )
    bounds = bounds_of(setting, (*outputs, *inputs))
    s.start(Partial(setting.loss, tap), rules.ChainRule(bounds, dense, tie, words))
    s.apply(
        rules.Define(
            tie, ties, "Insert the ties: what remains is a sum over the entries that hold the weight."
        )
    )
    s.eliminate()
    _from_zero(s)


def _output_size(s: Script) -> None:
    setting = s.setting
    axes = setting.exact_spec.axes
    letter, axis = setting.m_letter(s.axis), axes[s.axis]
    place = setting.indices("output")[s.axis - len(axes)]  # the spatial indices are the last
    counts = [(expand(last), expand(value)) for last, value in axis.size_counts(place)]
    inside = tuple(Within(S.Zero, value, last) for last, value in counts)
    start = IndexSum((Bound(place, (S.Zero,), (counts[0][0],)),), inside, ())
    kernel = setting.kernel
    words = f"There is one output for each position of the {kernel.moved} at which its last {kernel.last} "
    words += "still lies on the padded input."
    if len(counts) > 1:
        words = "There is one output for each window that starts before the padding at the end and extends "
        words += "beyond the padded input by less than a stride."
    if setting.spec.transposed:
        cut = any(axis.geometry[side] != 0 for side in ("before", "after"))
        words = "The last tap of the last input reaches furthest"
        words += "; the padding is cropped" if cut else ""
        words += "; the output padding is added at the end" if axis.geometry["output_padding"] != 0 else ""
        words += ". There is one output for each position up to there."
    s.start(letter, rules.Define(letter, start, words))
    s.apply(*(Limits(place) for _ in counts))
    s.attempt(DropLimits())
    s.apply(Count())


#: The script of each quantity.
SCRIPTS: Mapping[str, Callable[[Script], object]] = MappingProxyType(
    {
        "output_size": _output_size,
        "output": _output,
        "matrix": lambda s: _coefficient(s, "matrix", "input", ("output", "input")),
        "windows": lambda s: _coefficient(s, "windows", "tap", s.setting.window_roles),
        "grad_input": _grad_input,
        "grad_kernel": _grad_kernel,
        "grad_bias": _grad_bias,
        "upstream_matrix": _by_relation(
            "upstream_matrix",
            "The gradient with respect to the input is linear in the kernel, and its coefficients are "
            "entries of the upstream gradient.",
        ),
        "tying": _tying,
    }
)


def written(setting: LayerSymbols, name: str, axis: int = 0) -> list[UncheckedStep]:
    """The lines of a quantity's derivation; the axis counts for an output size."""
    script = Script(setting, axis)
    SCRIPTS[name](script)
    return script.lines
