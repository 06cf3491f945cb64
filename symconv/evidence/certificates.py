"""Certificates: one script in SMT-LIB 2 for each question that decides a step, for any solver to check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Any

from symconv.errors import OptionError, SymconvError
from symconv.evidence.report import Proof
from symconv.evidence.smt_proof import asked
from symconv.evidence.smt_questions import Question
from symconv.evidence.smt_solver import PACKAGES, verdict
from symconv.evidence.tasks import mapped
from symconv.index_sums.index_base import shift_index_base
from symconv.index_sums.nodes import UncheckedStep, sides
from symconv.index_sums.printers import text_for
from symconv.index_sums.symbols import LayerSymbols, kept_indices
from symconv.printing.english import counted
from symconv.printing.files import write_folder

#: The name of the list of all scripts.
INDEX = "index.txt"


@dataclass(frozen=True)
class CertifiedStep:
    """A step of a derivation, and the questions that decide it.

    Attributes
    ----------
    quantity : str
    number, count : int
        Which step it is, and of how many.
    rule : str
    equation : str
        Both sides as text.
    questions : tuple of Question
        None where both sides are the same sum of products, and where nothing can be decided.
    undecided : str
        Why nothing can be decided, if so.
    """

    quantity: str
    number: int
    count: int
    rule: str
    equation: str
    questions: tuple[Question, ...]
    undecided: str = ""

    @property
    def title(self) -> str:
        return f"{self.quantity}, step {self.number} of {self.count}, {self.rule}"

    def scripts(self, layer: str) -> dict[str, str]:
        """The text of each file, by its name."""
        found = {}
        for at, question in enumerate(self.questions, 1):
            said = [
                layer,
                f"{self.title}: {self.equation}",
                f"Statement: for all sizes of such a layer, {question.statement}.",
                "If the script is unsatisfiable (unsat), the statement holds. All indices count from 0.",
                *([] if question.decisive else [_STRONGER]),
            ]
            lines = [line for sentence in said for line in wrap(sentence, 96, break_on_hyphens=False)]
            header = "\n".join(f"; {line}" for line in lines)
            name = f"{self.quantity}-{self.number:02d}-{at}.smt2"
            found[name] = f"{header}\n(set-logic QF_NIA)\n{question.commented()}\n"
        return found


_STRONGER = (
    "The statement is more than the step needs: if the script is satisfiable, the step may hold nevertheless."
)


@dataclass(frozen=True)
class Certificate:
    """What has to be unsatisfiable for the steps of derivations to hold for all sizes of a layer.

    Attributes
    ----------
    layer : str
        The layer in words.
    steps : tuple of CertifiedStep

    Examples
    --------
    >>> import symconv as sc
    >>> certificate = sc.Conv1d("N", "K", stride="s").derive("output_size").certificate()
    >>> list(certificate.scripts)[:3]
    ['output_size-01-1.smt2', 'output_size-01-2.smt2', 'output_size-02-1.smt2']
    """

    layer: str
    steps: tuple[CertifiedStep, ...]

    @property
    def scripts(self) -> dict[str, str]:
        """The text of each script, by the name of its file."""
        return {name: text for step in self.steps for name, text in step.scripts(self.layer).items()}

    def __str__(self) -> str:
        """The list of all scripts, step by step."""
        lines = [
            self.layer,
            "Each file is a script in SMT-LIB 2. Where a solver says unsat, its statement holds.",
        ]
        for step in self.steps:
            note = f"not decided: {step.undecided}" if step.undecided else "both sides are the same products"
            lines += ["", step.title if step.questions else f"{step.title}: no script, {note}"]
            names = step.scripts(self.layer)
            lines += [f"  {n}: {q.statement}" for n, q in zip(names, step.questions, strict=True)]
        return "\n".join(lines) + "\n"

    __repr__ = __str__

    def __add__(self, other: Certificate) -> Certificate:
        """The steps of both, for the same layer."""
        if self.layer != other.layer:
            raise SymconvError("certificates of two different layers cannot be put together.")
        return Certificate(self.layer, self.steps + other.steps)

    def save(self, folder: str | Path) -> Path:
        """Write one file a question, and ``index.txt`` with the list of them, all or nothing.

        The folder may hold a former certificate, which is replaced, but nothing else.

        Raises
        ------
        SymconvError
            When the folder holds other files, or cannot be written.
        """
        files = {INDEX: str(self), **self.scripts}
        write_folder(Path(folder), {name: text.encode() for name, text in files.items()}, _own)
        return Path(folder)

    def check(
        self,
        solvers: Sequence[str] = ("z3", "cvc5"),
        *,
        progress: Callable[[Sequence[Any]], AbstractContextManager[Iterable[Any]]] = nullcontext,
        executor: Executor | None = None,
    ) -> Confirmation:
        """Ask each solver every question, from the text of its script.

        Parameters
        ----------
        solvers : sequence of "z3" and "cvc5"
        progress : callable, optional
            Makes a context manager of the list of scripts that gives them one by one, such as a bar.
        executor : concurrent.futures.Executor, optional
            Works on several scripts at once.

        Raises
        ------
        OptionError
            When a solver is unknown.
        MissingExtraError
            When a solver, of the extra ``prove``, is not installed.
        """
        for solver in solvers:
            if solver not in PACKAGES:
                raise OptionError("{option} names {given!r}: {cure}", "solvers", solver, allowed=PACKAGES)
        found, said = {}, mapped(partial(_verdicts, tuple(solvers)), self.scripts.values(), executor)
        with closing(said), progress(list(self.scripts.items())) as scripts:
            for name, _ in scripts:
                found[name] = next(said)
        return Confirmation(found, tuple(step.title for step in self.steps if step.undecided))


@dataclass(frozen=True)
class Confirmation:
    """What solvers say of each script: true if at least one says unsat and none says sat, of every script.

    Attributes
    ----------
    verdicts : mapping of str to mapping of str to str
        By the file and the solver: "unsat", "sat" or "unknown".
    undecided : tuple of str
        Steps that have no script, since nothing can be decided.
    """

    verdicts: Mapping[str, Mapping[str, str]]
    undecided: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        said = [set(each.values()) for each in self.verdicts.values()]
        return not self.undecided and all("unsat" in each and "sat" not in each for each in said)

    @property
    def agreed(self) -> int:
        """How many scripts all solvers call unsatisfiable."""
        return sum(set(each.values()) == {"unsat"} for each in self.verdicts.values())

    def __str__(self) -> str:
        lines = []
        for name, each in self.verdicts.items():
            said: dict[str, list[str]] = {}
            for solver, answer in each.items():
                said.setdefault(answer, []).append(solver)
            lines.append(f"{name}: {', '.join(f'{a} by {_both(s)}' for a, s in said.items())}")
        lines += [f"{title}: not decided" for title in self.undecided]
        solvers = _both(list(next(iter(self.verdicts.values()), {}))) or "no solver"
        return "\n".join(
            [*lines, f"{self.agreed} of {counted(len(self.verdicts), 'script')}: unsat by {solvers}"]
        )

    __repr__ = __str__


def _verdicts(solvers: Sequence[str], script: str) -> dict[str, str]:
    return {solver: verdict(solver, script) for solver in solvers}


def certified(setting: LayerSymbols, name: str, lines: Sequence[UncheckedStep]) -> Certificate:
    """The certificate of a derivation."""
    form, steps = text_for(setting), []
    for at, line in enumerate(lines):
        both = sides(lines, at)
        equation = " = ".join(form.expr(shift_index_base(side, setting, by=0)) for side in both)
        try:
            found, why = asked(setting, both, kept_indices(setting, line.left)), ""
        except SymconvError as error:
            found, why = [], str(error)
        steps.append(CertifiedStep(name, at + 1, len(lines), line.rule, equation, tuple(found), why))
    return Certificate(_described(setting), tuple(steps))


def confirmed(proof: Proof, certificate: Certificate, executor: Executor | None = None) -> Proof:
    """A proof that says which of its steps cvc5 proves too, or refutes."""
    said = certificate.check(["cvc5"], executor=executor).verdicts
    answers = {
        step.number: {said[name]["cvc5"] for name in step.scripts(certificate.layer)}
        for step in certificate.steps
        if not step.undecided
    }
    steps = []
    for step in proof.steps:
        answer = answers.get(step.number, {"unknown"})
        if step and "sat" in answer:
            steps.append(replace(step, difference=f"{step.engine} proves it, but cvc5 refutes it"))
        else:
            steps.append(replace(step, confirmed=bool(step) and answer <= {"unsat"}))
    return replace(proof, steps=tuple(steps))


def _described(setting: LayerSymbols) -> str:
    """A layer in one sentence: its kind and all its sizes."""
    spec = setting.spec
    sizes = [f"{name.replace('_', ' ')} {size}" for name, size in setting.sizes.items()]
    mode = [f"padding mode {spec.padding_mode}"] if spec.reads_input else []
    kind = spec.axes[0].kind if spec.kernel.learned else f"{spec.kernel.name} pooling".capitalize()
    return f"{kind}: {', '.join([*sizes, *mode])}."


def _both(names: Sequence[str]) -> str:
    return " and ".join(names)


def _own(name: str) -> bool:
    """Whether a file belongs to a certificate."""
    return name == INDEX or name.endswith(".smt2")
