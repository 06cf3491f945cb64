"""How we know: what was computed again by what, how often, and which formulas are proved for which sizes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symconv.check import Finding
from symconv.errors import SymconvError
from symconv.evidence.report import Proof, per_axis
from symconv.notes.model import Block, Maths, Points, Prose, Table, Words
from symconv.notes.phrases import letter
from symconv.notes.source import Source, Sources
from symconv.printing.english import counted

#: References that need no library besides NumPy, so that notes are the same on every machine.
ALWAYS = ("loops", "windows", "numpy", "differences")

#: The formulas that the story shows.
_SHOWN = {
    "output": "the output",
    "grad_kernel": "the kernel's gradient",
    "grad_input": "the input's gradient",
}


def checks(sources: Sources) -> list[Block]:
    """The paragraph."""
    findings = compared(sources.example)
    where = "this layer" if sources.own else "the example"
    return [Prose((computed(findings, where),)), Prose(proved(sources), detail=True)]


def compared(source: Source) -> list[Finding]:
    """What the references say of a layer."""
    names = [name for name in ALWAYS if name in source.reference_names]
    return [finding for name in names for finding in source.check(reference=name).findings]


def _called(reference: str) -> str:
    """How a reference is called in a sentence."""
    if reference.startswith("numpy"):
        return "NumPy"
    return "plain loops" if reference == "loops" else reference


def computed(findings: Sequence[Finding], where: str) -> str:
    names = list(dict.fromkeys(_called(finding.reference) for finding in findings))
    count = sum(finding.cases for finding in findings)
    *most, last = names
    by = f"{', '.join(most)} and {last}" if most else last
    wrong = list(dict.fromkeys(f.quantity.replace("_", " ") for f in findings if not f))
    verdict = f"but {', '.join(wrong)} DIFFERS" if wrong else "all are equal"
    text = f"Each quantity of {where} was computed again by {by}: "
    return f"{text}{count:,} numbers were compared, and {verdict}."


def proved(sources: Sources) -> Words:
    """On how many geometries each step of the formulas was tried, and for which sizes they are proved."""
    cases: list[int] = []
    known: dict[Words, list[str]] = {}
    failed: list[str] = []
    names = [name for name in _SHOWN if name in sources.opened.formula_names]
    for name in names:
        made = sources.opened.derive(name)
        cases += [int(re.findall(r"\d+", step.evidence)[0]) for step in made.steps]
        try:
            proof = made.prove()
        except SymconvError:
            proof = None
        if proof:
            known.setdefault(_scope(proof), []).append(_SHOWN[name])
        else:
            failed.append(_SHOWN[name])
    told = "formula was" if len(names) == 1 else f"{len(names)} formulas were"
    text = f"The {told} derived step by step from the definition, and both sides of each step were compared "
    found: list[str | Maths] = [f"{text}exactly on at least {counted(min(cases), 'geometry', 'geometries')}."]
    for scope, which in known.items():
        whole = len(which) == len(names)
        who = (
            ("All steps are" if len(names) > 1 else "Each step is")
            if whole
            else f"Those of {_and(which)} are"
        )
        found += [f" {who} proved ", *scope, "."]
    if failed:
        found.append(f" No proof for all sizes was found for {_and(failed)}.")
    return tuple(found)


def _scope(proof: Proof) -> Words:
    """For which sizes a proof holds, in words.

    >>> import symconv as sc
    >>> _scope(sc.Conv1d("N", "K", stride="s").derive("output").prove())[-1]
    ', with stride 1, 2 and 3'
    """
    found: list[str | Maths] = ["for all " if proof.sizes else "for these sizes"]
    for at, name in enumerate(proof.sizes):
        last = at and at == len(proof.sizes) - 1
        found += [" and " if last else ", "] if at else []
        found.append(letter(name))
    steps = []
    for name in ("stride", "dilation"):
        numbers = list(dict.fromkeys(per_axis(getattr(step, name)) for step in proof.steps))
        if numbers != ["1"]:
            steps.append(f"{name} {_and(numbers)}")
    return (*found, f"{', with ' if steps else ''}{' and '.join(steps)}")


def _and(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def comparisons(sources: Sources) -> list[Block]:
    """Every quantity of the example with what it was compared with, a row each."""
    rows: dict[str, list[Finding]] = {}
    for finding in compared(sources.example):
        rows.setdefault(finding.quantity, []).append(finding)
    head: tuple[Words, ...] = (("quantity",), ("computed again by",), ("numbers",), ("result",))
    table: list[tuple[Words, ...]] = [
        (
            (name.replace("_", " "),),
            (", ".join(dict.fromkeys(_called(f.reference) for f in found)),),
            (f"{sum(f.cases for f in found):,}",),
            ("equal" if all(found) else "DIFFERS",),
        )
        for name, found in rows.items()
    ]
    what = "this layer" if sources.own else "the example"
    return [
        Prose((f"The quantities of {what}, computed again by independent code, exactly:",)),
        Table(head, tuple(table), "example.check()"),
    ]


def proofs(sources: Sources) -> list[Block]:
    """Of each derivation: on how many cases it was verified, and for which sizes it is proved."""
    found: dict[str, list[str]] = {}
    for name in derived(sources):
        found.setdefault(sources.opened.derive(name).settled(), []).append(name.replace("_", " "))
    points = tuple(((", ".join(names),), (settled,)) for settled, names in found.items())
    return [
        Prose(("Both sides of each step of these derivations were compared:",)),
        Points(points),
        *comparisons(sources),
    ]


def derived(sources: Sources) -> list[str]:
    """The quantities whose derivations the appendix has."""
    names = ("output", "matrix", "windows", "tying", "grad_input", "grad_kernel", "grad_bias")
    return [name for name in names if name in sources.opened.formula_names]
