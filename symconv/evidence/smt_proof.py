"""Whether two sides are equal for all sizes, strides and dilations: a solver decides it."""

from collections.abc import Sequence

from sympy import Expr, Symbol

from symconv.errors import SymconvError
from symconv.evidence.isl_sets import Reads
from symconv.evidence.report import Gap
from symconv.evidence.smt_questions import Question, questions
from symconv.evidence.smt_solver import WORK, Answer, z3_answer
from symconv.index_sums.symbols import LayerSymbols


def asked(
    setting: LayerSymbols,
    sides: Sequence[Expr],
    kept: Sequence[Symbol],
    read: Reads = (),
    *,
    extended: bool = False,
) -> list[Question]:
    """The questions whether two sides are equal, a letter of an output size being that size."""
    letters = {setting.m_letter(at): size for at, size in enumerate(setting.m)}
    read = [(around.at(letters), index.xreplace(letters)) for around, index in read]
    return questions(setting, [side.xreplace(letters) for side in sides], kept, read, extended=extended)


def difference(
    setting: LayerSymbols,
    sides: Sequence[Expr],
    kept: Sequence[Symbol],
    read: Reads = (),
    *,
    extended: bool = False,
) -> Gap | None:
    """Where two sides may differ, or why that is not decided; nothing where they are equal.

    With ``extended``, what the second side reads outside a sequence is 0; nothing in ``read`` may lie between
    two entries.
    """
    try:
        every = asked(setting, sides, kept, read, extended=extended)
    except SymconvError as error:
        return Gap(f"undecided, since {error}")
    left_open = ""
    for question in every:
        answer = z3_answer(question)
        if answer.verdict == "sat" and question.decisive:
            return Gap(point=dict(_least(question, answer).point))
        if answer.verdict != "unsat":
            left_open = f"z3 does not decide whether {question.statement}"
    return Gap(left_open) if left_open else None


def _least(question: Question, answer: Answer) -> Answer:
    """An answer at smaller numbers: their sum is bounded by 8, 16 and so on, and at last by bisection.

    It is given up, and the smallest answer so far kept, when the solver leaves a third bound undecided.
    """
    found, low, most, high, unknown = answer, 0, _total(answer), 8, 0
    while low < most and unknown < 3:
        bound = min(high, (low + most) // 2)
        nearer = _bounded(question, bound)
        if nearer.verdict == "sat":
            found, most = nearer, _total(nearer)
        else:
            low, high, unknown = bound + 1, 2 * high, unknown + (nearer.verdict != "unsat")
    return found


def _total(answer: Answer) -> int:
    return sum(map(abs, answer.point.values()))


def _bounded(question: Question, most: int) -> Answer:
    """The answer where the sizes and indices, without their signs, add up to so much at the most."""
    sizes = " ".join(f"(ite (< {v} 0) (- {v}) {v})" for _, v in question.names)
    return z3_answer(question, work=WORK // 4, more=[f"(<= (+ 0 {sizes}) {most})"])
