"""Solvers that answer a question: z3 decides it, cvc5 decides it again by another route."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from symconv.errors import MissingExtraError
from symconv.evidence.smt_questions import Question

#: How much work z3 may put into a question, in its own units: the same on every machine, unlike seconds.
WORK = 4_000_000

#: The solvers, by their modules, and the package that each is installed by.
PACKAGES = {"z3": "z3-solver", "cvc5": "cvc5"}

#: How much work cvc5 may put into a question, in units of its own, and for how many milliseconds at the most.
CVC5_WORK, PATIENCE = 2_000_000, 10_000


@dataclass(frozen=True)
class Answer:
    """What a solver says of a question.

    Attributes
    ----------
    verdict : "unsat", "sat" or "unknown"
        "unsat" means that the statement holds.
    point : mapping of str to int
        Sizes and kept indices at which it does not, for "sat".
    """

    verdict: str
    point: Mapping[str, int]


def z3_answer(question: Question, *, work: int = WORK, more: Sequence[str] = ()) -> Answer:
    """The answer of z3, the same in every run, with more assertions if there are any."""
    script = "\n".join([question.script, *(f"(assert {assertion})" for assertion in more)])
    solver = _z3_solver(script, work)
    verdict = str(solver.check())
    point: dict[str, int] = {}
    if verdict == "sat":
        z3, model = _imported("z3"), solver.model()
        for name, variable in question.names:
            value = model.eval(z3.Int(variable.strip("|"), solver.ctx), model_completion=True)
            point[name] = value.as_long()
    return Answer(verdict, point)


def verdict(solver: str, script: str) -> str:
    """What a solver of :data:`PACKAGES` says of a script: "unsat", "sat" or "unknown"."""
    return _VERDICTS[solver](script)


def _cvc5(script: str) -> str:
    cvc5 = _imported("cvc5")
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("rlimit-per", str(CVC5_WORK))
    solver.setOption("tlimit-per", str(PATIENCE))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "script")
    symbols, said = parser.getSymbolManager(), ""
    while not (command := parser.nextCommand()).isNull():
        said = str(command.invoke(solver, symbols)).strip() or said
    return said if said in ("unsat", "sat") else "unknown"


_VERDICTS: Mapping[str, Callable[[str], str]] = {
    "z3": lambda script: str(_z3_solver(script, WORK).check()),
    "cvc5": _cvc5,
}


def _z3_solver(script: str, work: int) -> Any:
    """z3 with a script, in a context of its own, so that no earlier question has a say in the answer."""
    z3 = _imported("z3")
    solver = z3.Solver(ctx=z3.Context())
    solver.set("random_seed", 0)
    solver.set("rlimit", work)
    solver.from_string(script)
    return solver


def _imported(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        sentence = f"a proof by {module} needs {PACKAGES[module]}, which is not installed: "
        raise MissingExtraError(f"{sentence}pip install 'symconv[prove]'") from None
