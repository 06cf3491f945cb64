"""Solvers that answer a question: z3 decides it, cvc5 decides it again by another route."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from symconv.errors import MissingExtraError
from symconv.evidence.smt_questions import Question

#: How much work z3 may put into a question, in its own units: the same on every machine, unlike seconds.
WORK = 4_000_000

#: The solvers, by their modules, and the package that each is installed by.
PACKAGES = {"z3": "z3-solver", "cvc5": "cvc5"}

#: How long cvc5 may take over a question, in milliseconds.
PATIENCE = 20_000


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
    """The answer of z3, the same in every run, with more assertions if there are any.

    Raises
    ------
    MissingExtraError
        When z3-solver, of the extra ``prove``, is not installed.
    """
    z3 = _imported("z3")
    context = z3.Context()  # of its own, so that no earlier question has a say in the answer
    solver = z3.Solver(ctx=context)
    solver.set("random_seed", 0)
    solver.set("rlimit", work)
    solver.from_string("\n".join([question.script, *(f"(assert {assertion})" for assertion in more)]))
    verdict = str(solver.check())
    point: dict[str, int] = {}
    if verdict == "sat":
        model = solver.model()
        for name, variable in question.names:
            value = model.eval(z3.Int(variable.strip("|"), context), model_completion=True)
            point[name] = value.as_long()
    return Answer(verdict, point)


def cvc5_verdict(question: Question, *, milliseconds: int = PATIENCE) -> str:
    """The verdict of cvc5 on the same script: "unsat", "sat" or "unknown".

    Raises
    ------
    MissingExtraError
        When cvc5, of the extra ``prove``, is not installed.
    """
    cvc5 = _imported("cvc5")
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", str(milliseconds))
    solver.setLogic("QF_NIA")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, question.script, "question")
    symbols, said = parser.getSymbolManager(), ""
    while not (command := parser.nextCommand()).isNull():
        said = str(command.invoke(solver, symbols)).strip() or said
    return said if said in ("unsat", "sat") else "unknown"


def _imported(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        sentence = f"a proof by {module} needs {PACKAGES[module]}, which is not installed: "
        raise MissingExtraError(f"{sentence}pip install 'symconv[prove]'") from None
