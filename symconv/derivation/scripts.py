"""The derivation of each quantity: which rules lead from its definition to its closed form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sympy import Expr, Indexed, Integer, S, expand

from symconv.derivation.language import Bound, Equal, IndexSum, Overlap, Partial, Spread, Within
from symconv.derivation.limits import Count, DropLimits, Limits, Recognise, Reverse, Shift, SplitPadding
from symconv.derivation.openings import ChainRule, Define
from symconv.derivation.rules import (
    DerivativeOfEntry,
    InsertDefinition,
    Linearity,
    Rule,
    RuleError,
    Sift,
    Solve,
)
from symconv.derivation.setting import Setting
from symconv.errors import OptionError, did_you_mean


@dataclass(frozen=True)
class Line:
    """One line of a derivation before it is checked: what stands left and right, and why."""

    left: Expr
    terms: IndexSum
    rule: str
    reason: str


class Script:
    """Lines as they come; each rule works on the line before."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.lines: list[Line] = []

    def start(self, left: Expr, rule: Rule) -> None:
        """A first line, with a left side of its own, which the rule is applied to."""
        self._add(left, rule, IndexSum((), (), (left,)))

    def _add(self, left: Expr, rule: Rule, terms: IndexSum) -> None:
        made = _settled(rule(terms, self.setting), self.setting)
        self.lines.append(Line(left, made, rule.name, rule.sentence()))

    def apply(self, *rules: Rule) -> None:
        """One line a rule."""
        for rule in rules:
            self._add(self.lines[-1].left, rule, self.lines[-1].terms)

    def attempt(self, rule: Rule) -> None:
        """A line only where the rule has something to do."""
        try:
            self.apply(rule)
        except RuleError:
            return

    @property
    def terms(self) -> IndexSum:
        return self.lines[-1].terms


def _settled(terms: IndexSum, setting: Setting) -> IndexSum:
    """With the bounds marked that never have an upper limit far below the lower one."""

    def never_empty(bound: Bound) -> bool:
        return all(setting.never_negative(u - low + 1) for u in bound.uppers for low in bound.lowers)

    return replace(terms, bounds=tuple(replace(b, never_empty=never_empty(b)) for b in terms.bounds))


def _if(setting: Setting, name: str, words: str) -> str:
    """Words about a stride or dilation that is not 1."""
    return "" if setting.sizes[name] == 1 else words


def _bound(setting: Setting, role: str, mark: str = "") -> Bound:
    span = setting.ranges[role]
    return Bound(setting.index(role, mark), (span.first,), (span.last,))


def _entry(setting: Setting, quantity: str, *roles: str) -> Indexed:
    return setting.sequence(quantity)[tuple(setting.index(role) for role in roles)]


def defined_output(setting: Setting, fresh: str = "") -> IndexSum:
    """``y_i = b + sum_k sum_j [j = a i + b k + c] w_k x_j``: the layer by its relation.

    The role named ``fresh`` is summed over an index of its own, since the bare one is kept.
    """
    marks = {role: "'" if role == fresh else "" for role in ("tap", "input")}
    k, j = (setting.index(role, mark) for role, mark in marks.items())
    return IndexSum(
        bounds=tuple(_bound(setting, role, mark) for role, mark in marks.items()),
        conditions=(Equal(j, setting.related(setting.index("output"), k)),),
        factors=(setting.sequence("kernel")[k], setting.sequence("input")[j]),
        addend=setting.bias_symbol if setting.bias else S.Zero,
    )


def _output(s: Script) -> None:
    setting = s.setting
    i, k = setting.index("output"), setting.index("tap")
    a, _, _ = setting.coefficients
    tap = setting.ranges["tap"].last - k if setting.axis.flip else k
    slides = "The flipped kernel" if setting.axis.flip else "The kernel"
    window = setting.padded[expand(a * i + setting.sizes["dilation"] * k)]
    addend = setting.bias_symbol if setting.bias else S.Zero
    start = IndexSum((_bound(setting, "tap"),), (), (setting.sequence("kernel")[tap], window), addend)
    words = f"{slides} is laid on the padded input, moved by the stride for each output."
    entry = _entry(setting, "output", "output")
    s.start(entry, Define(entry, start, words))
    if setting.axis.flip:
        s.apply(Reverse(k))
    s.apply(SplitPadding())
    s.attempt(DropLimits())
    s.attempt(Limits(k))
    s.attempt(DropLimits())
    kernel = Spread(setting.sequence("kernel"), setting.sizes["dilation"])
    whole = Spread(setting.sequence("input"), Integer(1))
    kind = "*" if setting.axis.flip else "star"
    called = "the convolution" if setting.axis.flip else "the cross-correlation"
    called += f" of the input with the kernel{_if(setting, 'dilation', ', spread by the dilation')}"
    called += _if(setting, "stride", ", read at every stride")
    s.apply(Recognise(Overlap(kind, whole, kernel, setting.related(i, Integer(0))), called))


def _differentiate(s: Script, fresh: str = "") -> None:
    """From ``dy_i`` by an entry to the relation: the steps that every derivative by an operand shares."""
    s.apply(InsertDefinition(defined_output(s.setting, fresh)), Linearity(), DerivativeOfEntry())
    if fresh:
        s.apply(Sift(s.setting.index(fresh, "'")))


def _chain(s: Script, by: Expr, fresh: str = "") -> None:
    """``dL/d(by) = sum_i delta_i dy_i/d(by)``, led to the relation."""
    setting = s.setting
    i = setting.index("output")
    words = (
        "The loss depends on the entry through every output; the upstream gradient is its derivative by "
        "an output."
    )
    gradient, inner = (setting.sequence("upstream")[i],), Partial(setting.sequence("output")[i], by)
    s.start(Partial(setting.loss, by), ChainRule((_bound(setting, "output"),), gradient, inner, words))
    _differentiate(s, fresh)


def _grad_input(s: Script) -> None:
    setting = s.setting
    i, j, k = (setting.index(role) for role in ("output", "input", "tap"))
    _chain(s, _entry(setting, "input", "input"), fresh="input")
    a, b, c = setting.coefficients
    # With stride 1 the output is fixed by the tap; else with dilation 1 the tap by the output.
    by_tap = a != 1 and abs(b) == 1
    gone, left = (k, i) if by_tap else (i, k)
    s.apply(Solve(gone))
    s.attempt(DropLimits())
    s.attempt(Limits(left))
    s.attempt(DropLimits())
    kernel = Spread(setting.sequence("kernel"), setting.sizes["dilation"])
    delta = Spread(setting.sequence("upstream"), setting.sizes["stride"])
    kind = "star" if setting.axis.flip else "*"
    called = "the cross-correlation" if setting.axis.flip else "the convolution"
    called += f" of the upstream gradient{_if(setting, 'stride', ', spread by the stride')}"
    called += (
        f" with the kernel{_if(setting, 'dilation', ', spread by the dilation')}: the transposed convolution"
    )
    s.apply(Recognise(Overlap(kind, delta, kernel, expand(j - c)), called))


def _grad_kernel(s: Script) -> None:
    setting = s.setting
    k = setting.index("tap")
    _chain(s, _entry(setting, "kernel", "tap"), fresh="tap")
    _gather(s)
    delta = Spread(setting.sequence("upstream"), setting.sizes["stride"])
    whole = Spread(setting.sequence("input"), Integer(1))
    called = "the cross-correlation of the input with the upstream gradient"
    called += _if(setting, "stride", ", spread by the stride")
    s.apply(Recognise(Overlap("star", whole, delta, setting.related(Integer(0), k)), called))


def _gather(s: Script) -> None:
    """The input index eliminated, its range put into limits of the output index."""
    setting = s.setting
    i = setting.index("output")
    s.apply(Solve(setting.index("input")))
    s.attempt(DropLimits())
    s.attempt(Limits(i))
    s.attempt(DropLimits())
    (bound,) = s.terms.bounds
    if bound.lowers != (0,) and len(bound.lowers) == len(bound.uppers) == 1:
        s.attempt(Shift(i))


def _grad_bias(s: Script) -> None:
    if not s.setting.bias:
        raise OptionError("grad_bias: this layer has no bias; build it with bias=True.")
    _chain(s, s.setting.bias_symbol)


def _coefficient(s: Script, matrix: str, by: tuple[str, str], keep: tuple[str, str]) -> None:
    """A matrix entry as the derivative of an output by an operand's entry."""
    setting = s.setting
    i = setting.index("output")
    entry = _entry(setting, *by)
    start = IndexSum((), (), (Partial(setting.sequence("output")[i], entry),))
    words = "The output is linear in the operand: the matrix holds its coefficients."
    left = _entry(setting, matrix, *keep)
    s.start(left, Define(left, start, words))
    _differentiate(s, fresh=by[1])


def _matrix(s: Script) -> None:
    _coefficient(s, "matrix", ("input", "input"), ("output", "input"))
    s.apply(Solve(s.setting.index("tap")))
    s.attempt(DropLimits())


def _windows(s: Script) -> None:
    _coefficient(s, "windows", ("kernel", "tap"), s.setting.window_roles)
    s.apply(Solve(s.setting.index("input")))
    s.attempt(DropLimits())


def _upstream_matrix(s: Script) -> None:
    setting = s.setting
    i, j, k = (setting.index(role) for role in ("output", "input", "tap"))
    start = IndexSum(
        (_bound(setting, "output"),),
        (Equal(j, setting.related(i, k)),),
        (setting.sequence("upstream")[i],),
    )
    words = (
        "The input gradient is linear in the kernel: each output sends its upstream gradient back along "
        "the relation."
    )
    left = _entry(setting, "upstream_matrix", "input", "tap")
    s.start(left, Define(left, start, words))
    s.apply(Solve(i))
    s.attempt(DropLimits())


def _tying(s: Script) -> None:
    setting = s.setting
    i, j, k = (setting.index(role) for role in ("output", "input", "tap"))
    fresh = setting.index("tap", "'")
    tap = setting.sequence("kernel")[k]
    inner = IndexSum(
        (_bound(setting, "tap", "'"),),
        (Equal(j, setting.related(i, fresh)),),
        (setting.sequence("kernel")[fresh],),
    )
    tie = setting.sequence("tying")[i, j, k]
    coefficient = IndexSum((), (), (Partial(setting.sequence("matrix")[i, j], tap),))
    words = "The entries of the matrix are linear in the taps: which entry holds which tap."
    s.start(tie, Define(tie, coefficient, words))
    s.apply(InsertDefinition(inner), Linearity(), DerivativeOfEntry(), Sift(fresh))
    ties = s.terms
    dense = (setting.sequence("upstream")[i], setting.sequence("input")[j])
    words = (
        "As a dense layer the matrix has the outer product of upstream gradient and input as its gradient; "
        "each tap receives that of the entries that hold it, and the zeros, which hold none, send nothing."
    )
    bounds = (_bound(setting, "output"), _bound(setting, "input"))
    s.start(Partial(setting.loss, tap), ChainRule(bounds, dense, tie, words))
    s.apply(Define(tie, ties, "The ties are put in: what remains is a sum along a diagonal of that product."))
    _gather(s)


def _output_size(s: Script) -> None:
    setting = s.setting
    i = setting.index("output")
    last = expand(setting.sizes["input_size"] + setting.sizes["before"] + setting.sizes["after"] - 1)
    fits = Within(Integer(0), expand(setting.sizes["stride"] * i + setting.reach), last)
    counted = IndexSum((Bound(i, (Integer(0),), (last,)),), (fits,), ())
    words = "An output stands wherever the last tap still lies on the padded input."
    s.start(setting.m_letter, Define(setting.m_letter, counted, words))
    s.apply(Limits(i))
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


def written(setting: Setting, name: str) -> list[Line]:
    """The lines of a quantity's derivation."""
    if name not in SCRIPTS:
        raise OptionError(f"{name!r} has no derivation: {did_you_mean(str(name), SCRIPTS)}")
    script = Script(setting)
    SCRIPTS[name](script)
    return script.lines
