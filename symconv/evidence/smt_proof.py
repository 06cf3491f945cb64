"""Whether two sides are equal for all sizes, strides and dilations: a solver decides it."""

from collections.abc import Sequence

from sympy import Expr, Symbol

from symconv.errors import SymconvError
from symconv.evidence.report import Gap
from symconv.evidence.smt_questions import Question, questions
from symconv.evidence.smt_solver import WORK, Answer, z3_answer
from symconv.index_sums.symbols import LayerSymbols


def asked(
    setting: LayerSymbols, sides: Sequence[Expr], kept: Sequence[Symbol], *, extended: bool = False
) -> list[Question]:
    """The questions whether two sides are equal, a letter of an output size being that size."""
    letters = {setting.m_letter(at): size for at, size in enumerate(setting.m)}
    return questions(setting, [side.xreplace(letters) for side in sides], kept, extended=extended)


def difference(
    setting: LayerSymbols, sides: Sequence[Expr], kept: Sequence[Symbol], *, extended: bool = False
) -> Gap | None:
    """Where two sides may differ, or why that is not decided; nothing where they are equal.

    With ``extended``, what the second side reads outside a sequence is 0.
    """
    try:
        every = asked(setting, sides, kept, extended=extended)
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
    """An answer at smaller numbers: their sum at most 8, 16 and so on, then between the last two."""
    low, high, most = 0, 8, sum(map(abs, answer.point.values()))
    found = answer
    while high < most and (nearer := _bounded(question, high)).verdict != "sat":
        low, high = high + 1, 2 * high
    if high < most:
        found = nearer
    else:
        high = most
    while low < high:
        middle = (low + high) // 2
        nearer = _bounded(question, middle)
        found, low, high = (nearer, low, middle) if nearer.verdict == "sat" else (found, middle + 1, high)
    return found


def _bounded(question: Question, most: int) -> Answer:
    """The answer where the sizes and indices, without their signs, add up to so much at the most."""
    sizes = " ".join(f"(ite (< {v} 0) (- {v}) {v})" for _, v in question.names)
    return z3_answer(question, work=WORK // 16, more=[f"(<= (+ 0 {sizes}) {most})"])
