"""One exercise: a question, the right answer, wrong ones with the mistake behind each, and its solution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from symconv.derivation import Claim
from symconv.derivation.value_claims import read_answer, shape_of
from symconv.errors import OptionError, SymconvError
from symconv.notes.document import Document
from symconv.notes.exercises.practised import Practised
from symconv.notes.exercises.written import paragraphs
from symconv.notes.markdown import sentence
from symconv.notes.model import Block, Display, Words, plain
from symconv.pattern import Pattern

#: So many wrong answers are kept at the most.
MOST_WRONG = 5

#: What says no more than that an answer is wrong: it is told only of what no mistake gives.
REMARKS = ("zero", "other weight")

#: Judges an answer: true exactly when it is right.
Judge = Callable[[Any], Claim]


@dataclass(frozen=True)
class Answer:
    """An answer, with its value and how it is written."""

    value: Any
    words: Words

    def __str__(self) -> str:
        return plain(self.words)


@dataclass(frozen=True)
class Distractor(Answer):
    """A wrong answer, the names of all mistakes that give it, and these mistakes in a sentence."""

    mistakes: tuple[str, ...]
    reason: Words

    @property
    def mistake(self) -> str:
        """The first of the mistakes."""
        return self.mistakes[0]


def _either(reasons: Sequence[Words]) -> Words:
    """Sentences as one, with "or" between them."""
    signs = set(",:;").intersection("".join(map(plain, reasons)))
    gap = "; or " if signs or len(reasons) > 2 else ", or "
    told = reasons[0]
    for first, *rest in reasons[1:]:
        *said, end = told
        inside = first[0].lower() + first[1:] if isinstance(first, str) else first
        told = (*said, str(end).removesuffix("."), gap, inside, *rest)
    return told


@dataclass(frozen=True)
class MatrixAsked:
    """That a question introduces the matrix ``of`` a pattern.

    ``again`` asks it of a matrix that the exercise of a number has introduced.
    """

    of: Pattern
    again: Callable[[int], Words]


@dataclass(frozen=True, repr=False)
class Exercise:
    """A question about a layer.

    Attributes
    ----------
    kind : str
        The kind, as in :meth:`symconv.Conv.exercises`.
    form : "number", "list" or "choice"
        The form of the answer: a number, the entries of a vector or matrix, or one of the options.
    question : tuple of blocks
        The question; for blocks see ``symconv.notes.model``.
    asked : words
        What stands in front of the answer on a sheet, such as the letter of an output.
    answer : Answer
        The right answer.
    distractors : tuple of Distractor
        Wrong answers, all different; a claim refutes each.
    options : tuple of Answer
        For a choice, the right answer and the wrong ones, shuffled.
    solution : tuple of blocks
        The worked solution.

    Examples
    --------
    >>> import symconv as sc
    >>> sc.Conv1d(4, 3, padding="full", flip=True).exercises(kinds=["output_entry"], count=1)[0]
    <Exercise 'output_entry': 8>
    """

    kind: str
    form: str
    question: tuple[Block, ...]
    asked: Words
    answer: Answer
    distractors: tuple[Distractor, ...]
    options: tuple[Answer, ...]
    solution: tuple[Block, ...]
    _judge: Judge = field(compare=False)
    matrix: MatrixAsked | None = field(default=None, compare=False)

    def judge(self, answer: Any) -> Claim:
        """Judge an answer by a claim, which is refuted if the answer is wrong.

        Parameters
        ----------
        answer : number, nested lists, array, matrix, text, or Answer
            In text, entries are separated by commas; an option of a choice is given by its text.

        Raises
        ------
        SymconvError
            If the answer cannot be read, or is not one of the options.

        Examples
        --------
        >>> import symconv as sc
        >>> exercise = sc.Conv1d(5, 3, stride=2).exercises(kinds=["output_size"], count=1)[0]
        >>> bool(exercise.judge(exercise.answer)), bool(exercise.judge(99))
        (True, False)
        """
        known = {str(option): option for option in (self.answer, *self.distractors)}
        if isinstance(answer, str) and answer.strip() in known:
            answer = known[answer.strip()]
        return self._judge(answer.value if isinstance(answer, Answer) else answer)

    def _repr_markdown_(self) -> str:
        shown = Document(f"Exercise: {self.kind.replace('_', ' ')}", self.question, "")
        return f"{shown._repr_markdown_()}\n**Answer:** {sentence(self.answer.words)}\n"

    def __str__(self) -> str:
        asked = " ".join(plain(b.words) for b in self.question if hasattr(b, "words"))
        return f"{asked} Answer: {self.answer}."

    def __repr__(self) -> str:
        return f"<Exercise {self.kind!r}: {self.answer}>"


@dataclass(frozen=True)
class Draft:
    """An exercise before its wrong answers are sorted out.

    ``wrong`` has the name of a mistake, the sentence on it, and a function that makes it; what cannot be
    made, or gives the right answer after all, is dropped; mistakes with the same answer are told together.
    """

    kind: str
    question: Sequence[Block]
    asked: Words
    value: Any
    wrong: Iterable[tuple[str, str | Words, Callable[[], Any]]]
    solution: Sequence[Block]
    written: Callable[[Any], Words]
    judge: Judge
    form: str = "number"
    matrix: MatrixAsked | None = None

    def made(self, rng: Random) -> Exercise | None:
        """The exercise; None where a choice has fewer than three options."""
        answer = Answer(self.value, self.written(self.value))
        kept: dict[str, Answer] = {}
        causes: dict[str, dict[str, Words]] = {}
        for mistake, reason, make in self.wrong:
            found = _attempted(make)
            if found is None:
                continue
            given = Answer(found, self.written(found))
            text = str(given)
            if text not in kept and text != str(answer) and len(kept) < MOST_WRONG and not self.judge(found):
                kept[text], causes[text] = given, {}
            if text in kept and not (causes[text] and mistake in REMARKS):
                causes[text].setdefault(mistake, (reason,) if isinstance(reason, str) else reason)
        wrong = tuple(
            Distractor(one.value, one.words, tuple(why), _either(tuple(why.values())))
            for one, why in zip(kept.values(), causes.values(), strict=True)
        )
        options = [answer, *wrong] if self.form == "choice" else []
        if 0 < len(options) < 3:
            return None
        rng.shuffle(options)
        return Exercise(
            self.kind, self.form, tuple(paragraphs(self.question)), self.asked, answer, wrong, tuple(options),
            tuple(self.solution), self.judge, self.matrix,
        )  # fmt: skip


def _attempted(make: Callable[[], Any]) -> Any:
    """What a mistake gives; None where the layer does not allow it."""
    try:
        return make()
    except (SymconvError, IndexError):
        return None


@dataclass(frozen=True)
class Entries:
    """Judges entries of a quantity by a claim of the layer on values.

    Another number of outputs than there are is a claim on the output size, which is refuted.
    """

    layer: Practised
    name: str

    def __call__(self, answer: Any) -> Claim:
        given = read_answer(answer) if isinstance(answer, str) and self.name == "output" else answer
        if self.name == "output" and (shape := shape_of(given)) is not None:
            wanted = self.layer.spec.output_sizes
            if len(shape) == len(wanted) and shape != tuple(wanted):
                return self.layer.claim("output_size", shape)
        if self.name == "output_size" and self.layer.spec.numeric and shape_of(answer) == ():
            answer = [answer] * len(self.layer.spec.axes)
        return self.layer.claim(self.name, answer)


@dataclass(frozen=True)
class Choices:
    """Judges which of several layers gave an answer: the one that is chosen must have these outputs."""

    layers: Mapping[str, Practised]
    shown: Any

    def __call__(self, answer: Any) -> Claim:
        if not isinstance(answer, str) or answer not in self.layers:
            raise OptionError("there is no option {given!r}: {cure}", given=answer, allowed=self.layers)
        return Entries(self.layers[answer], "output")(self.shown)


def numbered(blocks: Iterable[Block], name: str, code: str) -> Iterator[Block]:
    """Blocks with a label for each display, and the Python that gives it."""
    for at, block in enumerate(blocks):
        if isinstance(block, Display):
            yield replace(block, label=f"{name}-{at}", code=f"{code}[{at}].item")
        else:
            yield block
