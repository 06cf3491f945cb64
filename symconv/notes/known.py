"""How we know: what was computed again by what, how often, and which formulas are proved for which sizes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from sympy import Ge, Le, S, sympify
from sympy.logic.boolalg import Boolean

from symconv.check import Finding
from symconv.derivation import Derivation
from symconv.errors import SymconvError
from symconv.evidence.report import Proof, per_axis
from symconv.explicit.layout import Sheet
from symconv.index_sums.printers import of_formulas
from symconv.notes.kinds import over
from symconv.notes.model import Block, Maths, Points, Prose, Table, Words
from symconv.notes.phrases import enumerated, letter
from symconv.notes.pieces import Pen, derivative, generic
from symconv.notes.source import Source, Sources
from symconv.notes.worked import Worked
from symconv.pattern import PADDING_MODES
from symconv.printing.english import counted, joined

#: References that need no library besides NumPy, so that notes are the same on every machine.
ALWAYS = ("loops", "windows", "numpy", "differences")

#: What one of them is called in a report.
_DIFFERENCES = "central differences"

#: The formulas that the story shows.
_SHOWN = ("output", "grad_kernel", "grad_input")


def checks(sources: Sources) -> list[Block]:
    """The paragraph."""
    findings, pen = compared(sources.example), Pen(Worked(sources.example))
    where = "this layer" if sources.own else "the example"
    return [Prose(computed(pen, findings, where), brief=2), Prose(proved(sources), detail=True)]


def compared(source: Source) -> list[Finding]:
    """What the references say of a layer."""
    names = [name for name in ALWAYS if name in source.reference_names]
    return [finding for name in names for finding in source.check(reference=name).findings]


def _called(reference: str) -> str:
    """How a reference is called in a sentence."""
    if reference.startswith("numpy"):
        return "NumPy"
    return {"loops": "plain loops", _DIFFERENCES: "changes of one number"}.get(reference, reference)


def computed(pen: Pen, findings: Sequence[Finding], where: str) -> Words:
    """What was computed again, and how."""
    by = list(dict.fromkeys(_called(f.reference) for f in findings if f.reference != _DIFFERENCES))
    wrong = list(dict.fromkeys(named(f.quantity) for f in findings if not f))
    exact = all(f.largest_error == 0 for f in findings)
    verdict = (
        f", but {joined(wrong)} DIFFERS"
        if wrong
        else f"; all agree {'exactly' if exact else 'up to rounding'}"
    )
    seen = {finding.quantity for finding in findings}
    many = sum(name.startswith("grad_") for name in seen)
    gradients = "the gradient" if many == 1 else "both gradients" if many == 2 else "all gradients"
    called = {"output": "the output", "matrix": "the matrix", "grad_input": gradients}
    what = joined([told for name, told in called.items() if name in seen])
    text = f"{what[0].upper()}{what[1:]} of {where} were computed again by {joined(by)}"
    moved = {f.quantity for f in findings if f.reference == _DIFFERENCES}
    each = joined([noun for name, noun in _MOVED.items() if name in moved] or ["number"])
    if moved:
        each_one = f"the gradient{'s' * (many > 1)} also by changing each {each} in turn"
        these = "these gradients" if len(moved) > 1 else "this gradient"
        text += f"; {each_one} and measuring the change of {{sum}}, whose derivatives are {these}"
    return pen.say(f"{text}{verdict}.", sum=pen(partial(_weighted, pen)))


#: What is changed to compute a gradient.
_MOVED = {"grad_input": "input", "grad_kernel": "weight", "grad_bias": "bias"}


def _weighted(pen: Pen, s: Sheet) -> str:
    """The sum of the outputs, each times its upstream gradient."""
    form, n = s.form, pen.worked.spec.written
    index = form.places.join(form.letter(i.name) for i in pen.worked.source.closed.symbols.indices("output"))
    y = form.entry(form.letter(n.output), index)
    delta = s.loss_by(y) if n.upstream_style == "partial" else form.entry(form.letter(n.upstream), index)
    return f"{over(form, index)} {delta}{form.times}{y}"


def proved(sources: Sources) -> Words:
    """For which sizes each step of the formulas is proved, and on how many it was tried besides."""
    cases: list[int] = []
    known: dict[Words, list[str]] = {}
    failed: list[str] = []
    names = [name for name in _SHOWN if name in sources.opened.formula_names]
    for name in names:
        made = sources.opened.derive(name)
        cases.append(_cases(made))
        proof = _proof(made)
        if proof:
            known.setdefault(_scope(proof), []).append(name)
        else:
            failed.append(name)
    pen = Pen(Worked(sources.example))
    one = len(names) == 1
    found: list[str | Maths] = [
        f"The formula{'' if one else 's'} for ",
        *_of(pen, names),
        f" {'was' if one else 'were'} derived from the definition.",
    ]
    for scope, which in known.items():
        whom: Words = () if len(which) == len(names) else (" for ", *_of(pen, which))
        found += [" Each step", *whom, " was proved ", *scope, *asked(sources, pen), "."]
    if failed:
        whom = (" for ", *_of(pen, failed)) if known else ()
        found += [" No proof for all sizes was found", *whom, "."]
    text = " As a further check, both" if known else " Both"
    least = counted(min(cases), "choice of sizes", "choices of sizes")
    return (*found, f"{text} sides of each step were compared at random entries for at least {least}.")


def _cases(made: Derivation) -> int:
    """On how many choices of sizes each step was tried, at the least."""
    return min(int(re.findall(r"\d+", step.evidence)[0]) for step in made.steps)


def _proof(made: Derivation) -> Proof | None:
    """The proof for all sizes, if there is one."""
    try:
        return made.prove() or None
    except SymconvError:
        return None


def _of(pen: Pen, names: Sequence[str]) -> Words:
    """What formulas are for, as entries with letters for their indices."""
    made = {
        "output": generic(pen, "output"),
        "grad_kernel": derivative(pen, "tap"),
        "grad_input": derivative(pen, "input"),
    }
    return pen.listed([made[name] for name in names])


def _scope(proof: Proof) -> Words:
    """For which sizes a proof holds, in words.

    >>> import symconv as sc
    >>> _scope(sc.Conv1d("N", "K", stride=2).derive("output").prove())[-1]
    ', with stride 2'
    """
    sizes = enumerated([(letter(name),) for name in proof.sizes])
    found: Words = ("for all ", *sizes) if sizes else ("for the given sizes",)
    steps = []
    for name in ("stride", "dilation"):
        given = [getattr(step, name) for step in proof.steps]
        numbers = list(dict.fromkeys(map(per_axis, given))) if all(given) else ["1"]
        if numbers != ["1"]:
            steps.append(f"{name}{'s' * (len(numbers) > 1)} {joined(numbers)}")
    return (*found, f"{', with ' if steps else ''}{' and '.join(steps)}")


def asked(sources: Sources, pen: Pen) -> Words:
    """What the padding mode asks of the sizes, wherever a proof holds."""
    symbols = sources.opened.closed.symbols
    mode = symbols.spec.padding_mode
    slack = PADDING_MODES[mode].slack
    if slack is None:
        return ()
    found: list[Boolean] = []
    for axis in symbols.exact_spec.tied_axes:
        size = sympify(axis.geometry["input_size"])
        for side in (sympify(axis.geometry[name]) for name in ("before", "after")):
            found.append(Ge(size, side + slack) if side.is_Integer else Le(side, size - slack))
    told = [condition for condition in dict.fromkeys(found) if condition != S.true]

    def write(condition: Boolean, s: Sheet) -> str:
        return of_formulas(s.form, symbols).expr(condition)

    pieces = [pen(partial(write, condition)) for condition in told]
    return (" where ", *pen.listed(pieces), f", as {mode} padding requires") if told else ()


def comparisons(sources: Sources) -> list[Block]:
    """Every quantity of the example with what it was compared with, a row each."""
    rows: dict[str, list[Finding]] = {}
    for finding in compared(sources.example):
        rows.setdefault(finding.quantity, []).append(finding)
    head: tuple[Words, ...] = (("quantity",), ("recomputed by",), ("result",))
    table: list[tuple[Words, ...]] = []
    for name, found in rows.items():
        if name not in _UNSEEN or not all(found):
            names = (_called(f.reference).replace("changes of one number", _CHANGED) for f in found)
            result = "equal" if all(found) else "DIFFERS"
            table.append(((_TITLES.get(name, named(name)),), (", ".join(dict.fromkeys(names)),), (result,)))
    what = "this layer" if sources.own else "the example"
    by = {_called(f.reference) for found in rows.values() for f in found}
    told = "; ".join(how for name, how in _HOW.items() if name in by)
    text = f"The quantities of {what} were recomputed by independent programs: {told}."
    return [Prose((text,)), Table(head, tuple(table), "example.check()")]


#: What recomputes, and how, as far as notes use it.
_HOW = {
    "plain loops": "plain loops follow the definition entry by entry",
    "loops over windows": "loops over windows follow the definition entry by entry",
    "sliding windows": "sliding windows are cut out of padded arrays",
    "NumPy": "NumPy has a convolution of its own",
    "changes of one number": "derivatives are differences after one input or weight has been changed",
}

#: What stands in the table for the last of these; quantities that notes do not show.
_CHANGED, _UNSEEN = "changing one entry", ("upstream_matrix",)

#: What quantities are called where the formulas show more than their names.
_TITLES = {
    "output_size": "number of outputs", "windows": "matrix of windows",
    "dense_gradient": "gradient of a dense matrix", "masked_gradient": "gradient of a dense matrix, masked",
}  # fmt: skip


def proofs(sources: Sources) -> list[Block]:
    """Of each derivation: on how many cases it was verified, and for which sizes it is proved."""
    found: dict[Words, list[str]] = {}
    pen = Pen(Worked(sources.example))
    for name in derived(sources):
        made = sources.opened.derive(name)
        proof = _proof(made)
        scope: Words = ("; a proof for all sizes was not found",)
        if proof:
            scope = (", and each step was proved ", *_scope(proof), *asked(sources, pen))
        least = counted(_cases(made), "choice of sizes", "choices of sizes")
        found.setdefault((f"equal for at least {least}", *scope, "."), []).append(named(name))
    text = "Both sides of each step of the derivations{} were compared with random numbers for the entries"
    if len(found) == 1:
        ((settled, every),) = found.items()
        told = f"{text.format(f' of the {joined(every)}')}. They were "
        return [Prose((told, *settled)), *comparisons(sources)]
    points = tuple(((", ".join(names),), ("Both sides were ", *settled)) for settled, names in found.items())
    return [Prose((f"{text.format(' above')}:",)), Points(points), *comparisons(sources)]


def named(quantity: str) -> str:
    """A quantity in words.

    >>> named("grad_kernel"), named("tying")
    ('kernel gradient', 'ties')
    """
    _, gradient, operand = quantity.rpartition("grad_")
    return f"{operand} gradient" if gradient else {"tying": "ties"}.get(quantity, quantity.replace("_", " "))


def derived(sources: Sources) -> list[str]:
    """The quantities whose derivations the appendix has."""
    names = ("output", "matrix", "windows", "tying", "grad_input", "grad_kernel", "grad_bias")
    return [name for name in names if name in sources.opened.formula_names]
