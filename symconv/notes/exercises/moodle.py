"""A sheet as Moodle XML: HTML with mathematics as ``\\( \\)``, and the worked solution as feedback.

Source: the Moodle documentation, *Moodle XML format*: numerical, multichoice and shortanswer questions.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from symconv.notes.exercises.exercise import Distractor, Exercise
from symconv.notes.model import Block, Display, Heading, Maths, Points, Prose, Table, Words, plain
from symconv.printing.targets import as_latex


def question_bank(title: str, opening: Sequence[Block], exercises: Sequence[Exercise]) -> str:
    """The whole file, in a category that bears the title of the sheet."""
    path = f"$course$/top/{title.replace('/', '//')}"
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    parts += ['<question type="category">', f"<category><text>{_text(path)}</text></category>", "</question>"]
    for at, exercise in enumerate(exercises):
        parts += _question(f"{at + 1:02} {exercise.kind.replace('_', ' ')}", opening, exercise)
    return "\n".join([*parts, "</quiz>"]) + "\n"


def form_of(exercise: Exercise) -> str:
    """The type of question that an exercise becomes."""
    if exercise.form == "choice":
        return "multichoice"
    if exercise.form == "number" and exercise.answer.value == int(exercise.answer.value):
        return "numerical"
    if exercise.form == "list" and _is_nested(exercise.answer.value):
        return "multichoice" if len(exercise.distractors) > 1 else "shortanswer"
    return "shortanswer"


def _is_nested(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], list)


def _question(name: str, opening: Sequence[Block], exercise: Exercise) -> Iterator[str]:
    form = form_of(exercise)
    asked = html([*opening, *exercise.question]) + _how(exercise, form)
    yield f'<question type="{form}">'
    yield f"<name><text>{_text(name)}</text></name>"
    yield f'<questiontext format="html"><text>{_cdata(asked)}</text></questiontext>'
    yield f'<generalfeedback format="html"><text>{_cdata(html(exercise.solution))}</text></generalfeedback>'
    yield "<defaultgrade>1</defaultgrade><penalty>0.3333333</penalty><hidden>0</hidden>"
    if form == "multichoice":
        yield "<single>true</single><shuffleanswers>true</shuffleanswers>"
        yield "<answernumbering>abc</answernumbering>"
        for option in exercise.options or (exercise.answer, *exercise.distractors):
            yield from _answer(_cdata(sentence(option.words)), option, form)
    else:
        if form == "shortanswer":
            yield "<usecase>0</usecase>"
        for option in (exercise.answer, *exercise.distractors):
            for text in dict.fromkeys(_writings(option.value)):
                yield from _answer(_text(text), option, form)
    yield "</question>"


def _answer(text: str, option: Any, form: str) -> Iterator[str]:
    wrong = isinstance(option, Distractor)
    shape = "html" if form == "multichoice" else "moodle_auto_format"
    yield f'<answer fraction="{0 if wrong else 100}" format="{shape}"><text>{text}</text>'
    if form == "numerical":
        yield "<tolerance>0</tolerance>"
    said = f"<p>{sentence(option.reason)}</p>" if wrong else ""
    yield f'<feedback format="html"><text>{_cdata(said)}</text></feedback></answer>'


def _how(exercise: Exercise, form: str) -> str:
    """How an answer is to be written, where that is not plain."""
    if form != "shortanswer":
        return ""
    if exercise.form == "list":
        return "\n<p>Write the entries in their order with commas between them, as in 1, -2, 3.</p>"
    return "\n<p>Write a fraction in lowest terms, as in -7/3.</p>"


def _writings(value: Any) -> list[str]:
    """The ways in which students write an answer that is to count."""
    if not isinstance(value, list):
        return [str(value)]
    flat = [entry for row in value for entry in row] if _is_nested(value) else value
    bare = [gap.join(map(str, flat)) for gap in (", ", ",", " ", "; ", ";")]
    return [*bare, *(f"{left}{text}{right}" for left, right in ("()", "[]") for text in bare[:2])]


def html(blocks: Iterable[Block]) -> str:
    """Blocks as HTML."""
    return "\n".join(map(_block, blocks))


def _block(block: Block) -> str:
    if isinstance(block, Prose):
        return f"<p>{sentence(block.words)}</p>"
    if isinstance(block, Display):
        return f"<p>\\[{escape(as_latex(block.item), quote=False)}\\]</p>"
    if isinstance(block, Heading):
        return f"<h4>{sentence(block.words)}</h4>"
    if isinstance(block, Points):
        rows = (f"<li>{sentence(about)}: {sentence(told)}</li>" for about, told in block.points)
        return f"<ul>{''.join(rows)}</ul>"
    if isinstance(block, Table):
        lines = [_cells(block.head, "th"), *(_cells(row, "td") for row in block.rows)]
        return f"<table><tbody>{''.join(lines)}</tbody></table>"
    raise TypeError(f"no HTML of a {type(block).__name__}")


def _cells(cells: Iterable[Words], tag: str) -> str:
    style = ' style="padding: 0.2em 1em 0.2em 0; text-align: left"'
    return f"<tr>{''.join(f'<{tag}{style}>{sentence(cell)}</{tag}>' for cell in cells)}</tr>"


def sentence(words: Words) -> str:
    r"""Words escaped, mathematics as MathJax finds it.

    >>> from symconv.notes.model import Maths
    >>> sentence(("a < b and ", Maths("x_{0}", "x0")))
    'a &lt; b and \\(x_{0}\\)'
    """
    return "".join(
        f"\\({escape(part.latex, quote=False)}\\)" if isinstance(part, Maths) else escape(plain((part,)))
        for part in words
    )


def _text(text: str) -> str:
    return escape(text, quote=False)


def _cdata(text: str) -> str:
    """Text that is no markup, whatever it holds."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"
