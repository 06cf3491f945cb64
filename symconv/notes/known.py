"""How we know: what was computed again by what, how often, and which formulas are proved for which sizes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from symconv.check import Finding
from symconv.derivation import Derivation
from symconv.errors import SymconvError
from symconv.evidence.report import Proof, per_axis
from symconv.explicit.layout import Sheet
from symconv.notes.kinds import over
from symconv.notes.model import Block, Maths, Points, Prose, Table, Words
from symconv.notes.pieces import Pen, derivative, generic
from symconv.notes.settings import built_in, held, listed
from symconv.notes.source import Source, Sources
from symconv.notes.worked import Worked
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
    programs = "independent programs" if len(by) > 1 else "an independent program"
    text = f"{what[0].upper()}{what[1:]} of {where} were computed again by {programs}"
    moved = {f.quantity for f in findings if f.reference == _DIFFERENCES}
    each = joined([noun for name, noun in _MOVED.items() if name in moved] or ["number"])
    if moved:
        these = "these gradients" if many > 1 else "this gradient"
        text += (
            f", and the gradient{'s' * (many > 1)} also by changing each {each} in turn and measuring the "
        )
        text += f"change of {{sum}}, whose derivatives are {these}"
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
    """For which sizes each step of the formulas is proved; else on how many it was tried."""
    cases: list[int] = []
    known: dict[Words, list[str]] = {}
    failed: list[str] = []
    pen = Pen(Worked(sources.example))
    names = [name for name in _SHOWN if name in sources.opened.formula_names]
    for name in names:
        made = sources.opened.derive(name)
        cases.append(_cases(made))
        proof = _proof(made)
        if proof:
            known.setdefault(_scope(sources, pen, proof), []).append(name)
        else:
            failed.append(name)
    one = len(names) == 1
    found: list[str | Maths] = [
        f"The formula{'' if one else 's'} for ",
        *_of(pen, names),
        f" {'was' if one else 'were'} derived from the definition.",
    ]
    for scope, which in known.items():
        whom: Words = () if len(which) == len(names) else (" for ", *_of(pen, which))
        found += [" Each step", *whom, " was proved ", *scope, "."]
    if failed:
        whom = (" for ", *_of(pen, failed)) if known else ()
        found += [" No proof for all sizes was found", *whom, "."]
        least = counted(min(cases), "choice", "choices")
        found += [f" Each step was checked with random numbers for at least {least} of the sizes."]
    return tuple(found)


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


def _scope(sources: Sources, pen: Pen, proof: Proof) -> Words:
    """For which sizes and settings a proof holds, in words."""
    found: Words = ("for all ", *held(sources, pen, proof.sizes)) if proof.sizes else ("for the given sizes",)
    settings = built_in(sources.opened.spec, whole=True)
    for name in ("stride", "dilation"):
        open_ = not all(isinstance(axis.geometry[name], int) for axis in sources.opened.spec.tied_axes)
        given = [getattr(step, name) for step in proof.steps]
        if open_ and all(given):
            numbers = list(dict.fromkeys(map(per_axis, given)))
            settings.append(f"{name}{'s' * (len(numbers) > 1)} {joined(numbers)}")
    return (*found, f", with {listed(settings)}" if settings else "")


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
            scope = (", and each step was proved ", *_scope(sources, pen, proof))
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
