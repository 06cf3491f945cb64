"""A sheet of exercises: drawn from a seed, shown as a document with or without solutions, and saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, Unpack, overload

from symconv.errors import OptionError, reject_unknown
from symconv.notes.document import Document
from symconv.notes.exercises.conventions import convention
from symconv.notes.exercises.costs import multiplications, parameters
from symconv.notes.exercises.exercise import Exercise, numbered
from symconv.notes.exercises.gradients import grad_input_entry, grad_kernel_entry
from symconv.notes.exercises.matrices import matrix_entry, matrix_weights, matrix_zeros
from symconv.notes.exercises.moodle import question_bank
from symconv.notes.exercises.pooled import pooling_gradient
from symconv.notes.exercises.practised import Subject
from symconv.notes.exercises.repeated import asked_once, shown_once
from symconv.notes.exercises.sizes import left_over, output_size
from symconv.notes.exercises.values import output_all, output_entry
from symconv.notes.files import FORMATS, GivenOptions, rendered, write
from symconv.notes.model import Block, Display, Heading, Points, Prose, Table, Words
from symconv.pattern import Pattern
from symconv.printing.names import ExerciseName

#: Every kind of question, in the order of a sheet.
KINDS: Mapping[str, Callable[[Subject, Random], Exercise | None]] = MappingProxyType(
    {
        "output_size": output_size,
        "left_over": left_over,
        "output_entry": output_entry,
        "output_all": output_all,
        "convention": convention,
        "matrix_entry": matrix_entry,
        "matrix_zeros": matrix_zeros,
        "matrix_weights": matrix_weights,
        "parameters": parameters,
        "multiplications": multiplications,
        "grad_input_entry": grad_input_entry,
        "grad_kernel_entry": grad_kernel_entry,
        "pooling_gradient": pooling_gradient,
    }
)

#: What a layer has to be for a kind that not every layer has.
NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "left_over": "one axis and a stride above 1",
        "convention": "one axis, stride 1 and learned weights",
        "matrix_entry": "one axis and learned weights",
        **dict.fromkeys(
            ("matrix_zeros", "matrix_weights", "parameters", "multiplications", "grad_input_entry",
             "grad_kernel_entry"), "learned weights"),
        "pooling_gradient": "a pooling layer",
    }
)  # fmt: skip

#: So often a kind is tried for a question that is not there yet.
ATTEMPTS = 12

#: What options of ``Document.save`` a sheet takes too.
_OPTIONS = ("fragment", "engine", "myst", "math", "mathjax", "katex")


@dataclass(frozen=True, repr=False)
class Exercises(Sequence[Exercise]):
    """A sheet of exercises, which can be saved; it is a sequence of :class:`Exercise`.

    Attributes
    ----------
    title : str
    opening : tuple of blocks
        The layer that the exercises are about.
    exercises : tuple of Exercise
    code : str
        The Python that makes the sheet.

    Examples
    --------
    >>> import symconv as sc
    >>> sheet = sc.Conv1d(4, 3, padding="full", flip=True).exercises(seed=3, count=2)
    >>> len(sheet), all(exercise.judge(exercise.answer) for exercise in sheet)
    (2, True)
    """

    title: str
    opening: tuple[Block, ...]
    exercises: tuple[Exercise, ...]
    code: str

    @overload
    def __getitem__(self, at: int) -> Exercise: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Exercise, ...]: ...

    def __getitem__(self, at: Any) -> Any:
        return self.exercises[at]

    def __len__(self) -> int:
        return len(self.exercises)

    def document(self, *, solutions: bool = False) -> Document:
        """The sheet as a document, with the solutions after the questions if ``solutions`` is true.

        Its headings bear numbers of their own, and its equations none.
        """
        blocks = list(numbered(self.opening, "layer", "sheet.opening"))
        asked, shown = dict[Pattern, int](), dict[Pattern, int]()
        for at, exercise in enumerate(self.exercises):
            blocks.append(Heading((f"Exercise {at + 1}",)))
            question = asked_once(exercise, at + 1, asked)
            blocks += numbered(question, f"exercise-{at + 1}", f"sheet[{at}].question")
            blocks += _options(exercise)
        if solutions:
            blocks.append(Heading(("Solutions",), apart=True))
            for at, exercise in enumerate(self.exercises):
                blocks.append(Heading((f"Solution {at + 1}",), 2))
                blocks += _solution(exercise, at, shown)
        return Document(self.title, tuple(blocks), self.code, numbered=False)

    def moodle(self) -> str:
        """The sheet as a question bank in Moodle XML."""
        return question_bank(self.title, self.opening, self.exercises)

    def save(
        self, path: str | os.PathLike[str], *, solutions: bool = False, **options: Unpack[GivenOptions]
    ) -> None:
        """Write the sheet; the suffix says the format.

        Parameters
        ----------
        path : str or path
            A name that ends in .tex, .pdf, .typ, .md, .html, .ipynb, .rst or .txt, or in .xml for Moodle.
        solutions : bool
            Whether the solutions follow the questions; a question bank always has them as feedback.
        fragment, engine, myst, math, mathjax, katex
            As for :meth:`symconv.Document.save`.

        Raises
        ------
        OptionError
            If the suffix or an option is unknown, or the option does not apply to the suffix.
        SymconvError
            If the file cannot be written, or nothing is installed that could set a .pdf.
        """
        target = Path(path)
        write(target.parent, self.files(target.name, solutions=solutions, **options))

    def files(
        self, name: str, *, solutions: bool = False, **options: Unpack[GivenOptions]
    ) -> dict[str, bytes]:
        """What :meth:`save` writes: files by name, the sheet first."""
        reject_unknown("save", options, ("solutions", *_OPTIONS))
        if not isinstance(solutions, bool):
            raise OptionError("{option} is {given!r}: write True or False.", "solutions", solutions)
        suffix = Path(name).suffix
        if suffix != ".xml":
            if suffix not in FORMATS:
                raise OptionError(
                    "{name!r} has no format: {cure}", name=name, given=suffix, allowed=(*FORMATS, ".xml")
                )
            return rendered(self.document(solutions=solutions), name, **options)
        for option in options:
            raise OptionError("{option} does not go with .xml.", option)
        return {Path(name).name: self.moodle().encode()}

    def _repr_markdown_(self) -> str:
        return self.document()._repr_markdown_()

    def __str__(self) -> str:
        return str(self.document())

    def __repr__(self) -> str:
        return f"<Exercises {self.title!r}: {len(self)}>"


def _options(exercise: Exercise) -> list[Block]:
    if not exercise.options:
        return []
    letters = "abcdefgh"
    return [Points(tuple(((f"({letters[at]})",), one.words) for at, one in enumerate(exercise.options)))]


def _solution(exercise: Exercise, at: int, shown: dict[Pattern, int]) -> Iterator[Block]:
    """The answer worked out, and the wrong ones with the mistake behind each, on one page in print."""
    solution = numbered(exercise.solution, f"solution-{at + 1}", f"sheet[{at}].solution")
    for number, block in enumerate(shown_once(list(solution), at + 1, shown)):
        yield replace(block, close=True) if number and not isinstance(block, Display) else block
    yield Prose(("Answer: ", *_letter(exercise), *exercise.answer.words, "."), close=True)
    if exercise.distractors:
        rows: list[tuple[Words, ...]] = [(one.words, one.reason) for one in exercise.distractors]
        yield Table((("Wrong answer",), ("Where it comes from",)), tuple(rows), close=True)


def _letter(exercise: Exercise) -> Words:
    """The letter of the right option."""
    if not exercise.options:
        return ()
    return (f"({'abcdefgh'[exercise.options.index(exercise.answer)]}) ",)


def exercises(
    subject: Subject,
    opening: Sequence[Block],
    seed: Any = 0,
    count: Any = 8,
    kinds: Iterable[ExerciseName] | None = None,
) -> Exercises:
    """Draw a sheet.

    Raises
    ------
    OptionError
        When the seed or the count is no whole number, a kind is unknown or has no question on this layer, or
        there are fewer different questions than were asked for.
    """
    for name, value, least in (("seed", seed, None), ("count", count, 1)):
        if isinstance(value, bool) or not isinstance(value, int) or (least is not None and value < least):
            cure = "write a whole number" + (" of at least 1." if least else ".")
            raise OptionError("{option} is {given!r}: " + cure, name, value)
    if isinstance(kinds, str) or not isinstance(kinds, Iterable | None):
        raise OptionError(
            "{option} is {given!r}: write a list of names, such as ['output_size'].", "kinds", kinds
        )
    wanted: list[str] = list(KINDS) if kinds is None else list(dict.fromkeys(kinds))
    for kind in wanted:
        if kind not in KINDS:
            raise OptionError(
                "there are no exercises of the kind {given!r}: {cure}", given=kind, allowed=KINDS
            )
    rng = Random(seed)
    found = _drawn(subject, rng, count, wanted, chosen=kinds is not None)
    lacking = [kind for kind in wanted if kind not in {one.kind for one in found}]
    if len(found) < count and kinds is not None and lacking and lacking[0] in NEEDS:
        sentence = f"there are no exercises of the kind {lacking[0]!r} for this layer: "
        raise OptionError(f"{sentence}they need {NEEDS[lacking[0]]}.")
    if len(found) < count:
        raise OptionError(
            f"{{option}} is {count}, but only {len(found)} different exercises were found for this layer: "
            "ask for fewer.", "count", count
        )  # fmt: skip
    code = [
        f"import symconv as sc\nlayer = {subject.code}",
        f"sheet = layer.exercises(seed={seed}, count={count}",
    ]
    code[-1] += ")" if kinds is None else f", kinds={wanted!r})"
    title = f"Exercises: {subject.layer.title[0].lower()}{subject.layer.title[1:]}"
    return Exercises(title, tuple(opening), tuple(found), "\n".join(code))


def _drawn(subject: Subject, rng: Random, count: int, wanted: list[str], *, chosen: bool) -> list[Exercise]:
    """Questions of all kinds in turn, each kind as often as the others while it has new ones.

    Where no kinds were chosen, the output size is always among them.
    """
    order = wanted[:]
    rng.shuffle(order)
    if not chosen:
        order.sort(key=lambda kind: kind != "output_size")
    kept: dict[str, Exercise] = {}
    first = True
    while order and len(kept) < count:
        for kind in order[:]:
            if len(kept) == count:
                break
            for _ in range(ATTEMPTS):
                made = KINDS[kind](subject, rng)
                if made is None and first and chosen:
                    continue
                text = str(made.question) if made else ""
                if made is not None and text not in kept:
                    kept[text] = made
                    break
            else:
                order.remove(kind)
        first = False
    places = list(KINDS)
    return sorted(kept.values(), key=lambda one: places.index(one.kind))


__all__ = ["KINDS", "Exercises", "exercises", "replace"]
