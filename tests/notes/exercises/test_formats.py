"""Sheets in every format: LaTeX that compiles, a question bank that Moodle reads, and the command line."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import symconv as sc
from symconv.cli.commands import run
from symconv.errors import OptionError
from symconv.notes import rendered
from symconv.notes.exercises.moodle import form_of
from symconv.notes.model import Display
from tests.notes.exercises.drawn import sheet
from tests.optional import required_program
from tests.tiers import exhaustive

OPENING = sc.Conv1d(4, 3, padding="full", flip=True)


@cache
def banks() -> list[Any]:
    return [OPENING.exercises(seed=3, count=12), *(sheet(seed) for seed in (1, 5, 12, 20))]


@pytest.mark.parametrize("at", range(5))
def test_a_question_bank_is_what_moodle_reads(at: int) -> None:
    made = banks()[at]
    root = ElementTree.fromstring(made.moodle())
    category, *questions = root.findall("question")
    assert category.get("type") == "category"
    assert len(questions) == len(made)
    for question, exercise in zip(questions, made, strict=True):
        kind = question.get("type")
        assert kind == form_of(exercise)
        fractions = [answer.get("fraction") for answer in question.findall("answer")]
        assert set(fractions) <= {"0", "100"}
        texts = [answer.findtext("text") or "" for answer in question.findall("answer")]
        assert all(texts)
        assert len(set(texts)) == len(texts)
        if kind == "multichoice":
            assert fractions.count("100") == 1
            assert question.findtext("single") == "true"
        if kind == "numerical":
            assert [t for t, f in zip(texts, fractions, strict=True) if f == "100"] == [
                str(exercise.answer.value)
            ]
            assert {answer.findtext("tolerance") for answer in question.findall("answer")} == {"0"}
        if kind == "shortanswer":
            assert all(
                exercise.judge(t)
                for t, f in zip(texts, fractions, strict=True)
                if f == "100" and " " not in t
            )
        asked, told = (
            question.findtext(f"{name}/text") or "" for name in ("questiontext", "generalfeedback")
        )
        assert "<p>" in asked
        assert told
        for text in (asked, told):
            assert text.count(r"\(") == text.count(r"\)")
            assert text.replace("\\\\[", "").count(r"\[") == text.count(r"\]")
            ElementTree.fromstring(f"<div>{text}</div>")


def test_the_question_bank_holds_markup_as_text() -> None:
    source = OPENING.exercises(seed=3, count=12).moodle()
    assert source.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<quiz>')
    assert "<![CDATA[<p>" in source
    assert "&amp;=" in source, "an ampersand of LaTeX is written as HTML writes it"


def test_solutions_are_there_where_they_are_asked_for() -> None:
    made = OPENING.exercises(seed=3, count=4)
    asked, solved = (
        made.files("s.txt", solutions=solutions)["s.txt"].decode() for solutions in (False, True)
    )
    assert "Solution" not in asked
    assert "Where it comes from" in solved
    assert solved.startswith(asked.rstrip())


def test_the_notebook_recomputes_what_it_shows() -> None:
    made = OPENING.exercises(seed=3, count=8)
    space: dict[str, Any] = {}
    exec(made.code, space)
    for block in made.document(solutions=True).blocks:
        if isinstance(block, Display):
            assert eval(block.code, space).latex() == block.item.latex()
    cells = json.loads(made.files("s.ipynb", solutions=True)["s.ipynb"])["cells"]
    assert cells[1]["source"] == made.code.splitlines(keepends=True)


def test_the_latex_of_sheets_is_taken_by_katex(typeset: Any) -> None:
    for made in banks():
        for block in made.document(solutions=True).blocks:
            if isinstance(block, Display):
                typeset(block.item.latex())
        for text in re.findall(r"\\\((.*?)\\\)", made.moodle()):
            typeset(text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))


@exhaustive
def test_many_sheets_compile_in_one_run_of_tex(tmp_path: Path) -> None:
    required_program("latexmk")
    bodies, head = [], ""
    for seed in range(30):
        source = sheet(seed).files("s.tex", solutions=True)["s.tex"].decode()
        head, _, rest = source.partition("\\begin{document}")
        bodies.append(rest.replace("\\end{document}", "\\clearpage"))
    whole = f"{head}\\begin{{document}}\n{''.join(bodies)}\n\\end{{document}}\n"
    (tmp_path / "all.tex").write_text(whole, encoding="utf-8")
    command = ["latexmk", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]
    wide = re.findall(
        r"Overfull \\hbox \(([\d.]+)pt too wide", (tmp_path / "all.log").read_text(errors="replace")
    )
    assert [points for points in wide if float(points) > 12] == []


def test_a_sheet_in_latex_numbers_no_heading_twice(tmp_path: Path) -> None:
    made = OPENING.exercises(seed=3, count=3)
    source = made.files("s.tex", solutions=True)["s.tex"].decode()
    assert "\\section*{Exercise 1}" in source
    assert "\\section{" not in source.partition("\\begin{document}")[2]
    assert "\\begin{equation}" not in source
    assert "\\subsection*{Solution 3}" in made.files("s.tex", solutions=True, fragment=True)["s.tex"].decode()


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("s.doc", {}, r"'s.doc' has no format"),
        ("s.xml", {"fragment": True}, r"fragment does not go with \.xml"),
        ("s.pdf", {"fragment": True}, r"fragment does not go with \.pdf"),
        ("s.tex", {"slides": True}, "save: unknown option 'slides'"),
        ("s.tex", {"solutions": 1}, "solutions is 1: write True or False"),
    ],
)
def test_a_format_that_there_is_not_is_refused(name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        OPENING.exercises(count=1).files(name, **options)


SIZES = ["--input-size", "4", "--kernel-size", "3", "--padding", "full", "--flip"]


def test_the_command_writes_what_the_layer_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("s.tex", "s.md", "s.xml"):
        call = ["exercises", *SIZES, "--seed", "3", "--count", "4", "-o", str(tmp_path / name)]
        assert run(call + (["--solutions"] if name != "s.xml" else [])) == 0
        made = OPENING.exercises(seed=3, count=4).files(name, solutions=name != "s.xml")
        assert (tmp_path / name).read_bytes() == made[name]
    assert run(["exercises", *SIZES, "--count", "1", "--kinds", "parameters"]) == 0
    assert "How many parameters does the layer learn?" in capsys.readouterr().out
    assert run(["exercises", *SIZES, "--count", "0"]) == 2
    assert "--count is 0: write a whole number" in capsys.readouterr().err
    assert run(["exercises", *SIZES, "--myst"]) == 2
    assert "--myst needs -o FILE" in capsys.readouterr().err


def test_a_sheet_says_what_its_letters_stand_for_and_which_indices_there_are() -> None:
    def told(layer: sc.layers.Layer) -> str:
        sheet = layer.exercises(seed=1, count=1, kinds=["output_size"])
        return rendered(sheet.document(solutions=True), "n.txt")["n.txt"].decode()

    text = told(sc.Conv1d(4, 3, padding="full", flip=True))
    assert "for 0 <= i <= 5" in text
    letters = "for N inputs, a kernel of K weights, p padded places on each side and stride s:"
    assert letters in text
    assert "p_1 padded places before and p_1' after the input" in told(
        sc.Conv2d(5, 3, padding=((1, 0), (1, 1)))
    )
    assert "p places cut off on each side and stride s:" in told(sc.ConvTranspose1d(4, 3, stride=2))
    # The last index would tell how many outputs there are.
    assert "for 0 <= i <= M - 1\n\nwhere M is the number of outputs." in told(sc.Conv1d("N", "K", stride=2))
