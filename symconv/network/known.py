"""How we know: formulas and the numbers of the example, both compared with loops on dual numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
from sympy import Expr, Float, Rational, diff
from sympy.core.function import AppliedUndef

from symconv.errors import OptionError, SymconvError
from symconv.network.activations import Activation, Z, exact
from symconv.network.arrays import like
from symconv.network.check import answer, function_of, in_sympy
from symconv.network.passes import Operands
from symconv.network.references import DIGITS, losses
from symconv.network.worked import Arriving, Worked, unknown_slopes
from symconv.printing.english import joined

#: What stands for an unknown function where numbers are compared.
_POLYNOMIAL = Z**2 / 4 + Z

#: Numbers that are no fractions agree to so many digits.
AGREED = 20


def known(chain: Any, worked: Worked | None) -> str:
    """What was compared, and how exactly it agrees."""
    report = chain.check(draws=1)
    if not report:
        raise SymconvError(f"the chain does not agree with its references:\n{report}")
    exactly = all(finding.largest_error == 0 for finding in report.findings)
    how = "exactly" if exactly else "to 50 digits"
    text = ""
    if worked:
        agree = "exactly" if compared(worked)[1] else f"to {AGREED} digits"
        text = "Every number of both passes was computed a second time by an independent program; "
        text += f"all agree {agree}. "
    text += f"{_derived(chain)}; all agree {how}."
    unknown = dict.fromkeys(s.activation.name for s in chain.stages if s.activation.unknown)
    return text + (f" In these checks a polynomial stood for {joined(list(unknown))}." if unknown else "")


def _derived(chain: Any) -> str:
    """That every closed form holds, step by step; an error if one does not."""
    for stage in chain.stages:
        for name in chain.names:
            try:
                chain.require(name, stage)
            except OptionError:
                continue
            if not (verified := chain.derive(name, layer=stage.number).verify()):
                raise SymconvError(str(verified))
    text = "Every formula was derived in steps, and each step was compared with an independent program at "
    return f"{text}random {'' if chain.values.numeric else 'sizes and '}numbers"


def compared(worked: Worked) -> tuple[int, bool]:
    """How many entries of an example agree with the reference, and whether exactly; an error if one does not.

    Letters in an entry stand for what the reference finds for them, and a polynomial for unknown functions.
    """
    stages = [
        replace(s, activation=Activation(lambda z: _POLYNOMIAL.xreplace({Z: z})))
        if s.activation.unknown
        else s
        for s in worked.stages
    ]
    rational = worked.loss_function.rational or worked.loss_function.unknown
    rational &= all(stage.activation.rational for stage in stages)
    rational &= not any(e.has(Float) for e in worked.shown("preactivation", 1))
    rational &= not any(e.has(Float) for s in worked.stages for e in worked.shown("grad_input", s.number))
    count = worked.stages[-1].layer.pattern.count("output")
    slopes = _slopes(worked, count)
    loss = worked.loss_function

    def linear(a: Sequence[Any], t: Sequence[Any]) -> Any:
        terms = [entry * slope for entry, slope in zip(a, _numbers(slopes, rational), strict=True)]
        return sum(terms[1:], terms[0])

    with mpmath.workdps(DIGITS):
        w, b = ({n: like(_numbers(e, rational), None) for n, e in worked.given[k].items()} for k in "wb")
        target = like(_numbers([] if loss.unknown else worked.target, rational), None)
        given = Operands(like(_numbers(worked.given["x"], rational), None), w, b, target)
        wanted = linear if loss.unknown else losses(loss.name, loss.of_probabilities)
        functions = {stage.number: function_of(stage.activation) for stage in stages}
        found = answer(stages, given, wanted, functions)
        put: dict[Any, Any] = dict(zip(unknown_slopes(loss, count), slopes, strict=True))
        pairs: list[tuple[str, Expr, Any]] = []
        for stage in worked.stages:
            n = stage.number
            expected = {"preactivation": found.z[n], "output": found.a[n], "delta": found.gradients["z", n]}
            for name, numbers in expected.items():
                put |= dict(zip(worked.symbols(name, n), map(in_sympy, numbers), strict=True))
            expected["grad_input"] = found.gradients["a", stage.source]
            expected |= {"grad_kernel": found.gradients["w", n]} if stage.learned else {}
            expected |= {"grad_bias": found.gradients["b", n]} if stage.layer.bias else {}
            for name, numbers in expected.items():
                told = f"{name} of layer {n}"
                pairs += [(told, e, w) for e, w in zip(worked.shown(name, n), numbers, strict=True)]
        pairs += [] if loss.unknown else [("the loss", worked.loss, found.loss)]
        for told, entry, number in pairs:
            if not _agree(_value(entry, put), in_sympy(number), rational):
                raise SymconvError(f"the example does not agree with its reference: {told} has {entry}.")
    return len(pairs), rational


def _value(entry: Expr, put: dict[Any, Any]) -> Expr:
    """An entry with numbers for its letters, and the polynomial for unknown functions."""
    slope = diff(_POLYNOMIAL, Z)
    found = entry.xreplace(put)
    for call in found.atoms(AppliedUndef):
        of = slope if call.func.__name__.endswith("'") else _POLYNOMIAL
        found = found.xreplace({call: of.xreplace({Z: call.args[0]})})
    return found


def _agree(one: Expr, other: Expr, rational: bool) -> bool:
    if rational:
        return bool(one == other)
    return bool(abs(Float(one, DIGITS) - other) <= Float(10, DIGITS) ** -AGREED * (1 + abs(other)))


def _numbers(entries: Sequence[Expr], rational: bool) -> list[Any]:
    """Entries as fractions, or as numbers of many digits."""
    if rational:
        return [Fraction(int(e.p), int(e.q)) for e in entries]
    exactly = [Rational(e) if isinstance(e, Float) else e for e in entries]
    return [mpmath.mpf(int(e.p)) / int(e.q) for e in exactly]


def _slopes(worked: Worked, count: int) -> list[Expr]:
    """What the loss sends back: what is given, and else numbers that stand for it."""
    if isinstance(worked.loss_function, Arriving):
        return list(worked.loss_function.numbers)
    return [exact(at % 5 - 2) for at in range(count)]
