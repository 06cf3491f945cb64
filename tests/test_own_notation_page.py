"""The page on letters of one's own: its commands, its course and its directive do what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from symconv.cli.commands import run
from tests.ext.project import Project, directive, fence

PAGE = (Path(__file__).resolve().parent.parent / "docs/own-notation.md").read_text(encoding="utf-8")
(COMMANDS,) = re.findall(r"```sh\n(.*?)\n```", PAGE, re.DOTALL)
(COURSE,) = re.findall(r"````\{code-block\} toml\n:caption: course.toml\n\n(.*?)\n````", PAGE, re.DOTALL)


def test_the_commands_print_the_letters(tmp_path: Path, monkeypatch, capsys, typeset) -> None:
    monkeypatch.chdir(tmp_path)
    notes, derive = map(shlex.split, COMMANDS.splitlines())
    assert run(notes[1:]) == 0
    assert "z &= W a" in (tmp_path / "notes.tex").read_text(encoding="utf-8")
    assert run(derive[1:]) == 0
    out = capsys.readouterr().out
    assert "\\frac{\\partial E}{\\partial I_{1}} &= \\delta^{(l)}_{1} K_{1}" in out


@pytest.mark.exhaustive
def test_the_course_has_the_letters_in_every_document(tmp_path: Path) -> None:
    spec = tmp_path / "course.toml"
    spec.write_text(COURSE, encoding="utf-8")
    assert run(["notes", "--spec", str(spec)]) == 0
    first, second = ((tmp_path / f"week-{n}.txt").read_text(encoding="utf-8") for n in (1, 2))
    assert "z = W a" in first
    assert "z[i] = sum(k=1..K) theta[k]*a[2*i + k - 2]" in second
    assert run(["notes", "--spec", str(spec), "--check"]) == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            'notation = { inptu = "a" }',
            "course.toml, notes 1, notation: unknown key 'inptu': did you mean 'input'",
        ),
        ("notation = { input = 3 }", "the letter of input is 3: write it as text"),
        ("notation = 3", "notation is 3: write the name of a preset, or a [notation] table"),
        ('notation = { input = "a b" }', "input is 'a b': write a letter"),
        ('notation = { input = "a", output = "a" }', "'a' stands for the input and for the output"),
        ('notation = { preset = "goodfelow" }', "'goodfelow' is not one of"),
    ],
)
def test_wrong_tables_say_what_to_write(line: str, words: str, tmp_path: Path, capsys) -> None:
    spec = tmp_path / "course.toml"
    table = 'file = "a.txt"\ninput-size = 4\nkernel-size = 3\nsections = "size"\n'
    spec.write_text(f"[[notes]]\n{table}{line}\n", encoding="utf-8")
    assert run(["notes", "--spec", str(spec)]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.exhaustive
def test_a_document_adds_to_the_letters_of_its_course(tmp_path: Path) -> None:
    spec = tmp_path / "course.toml"
    table = 'file = "a.txt"\ninput-size = 4\nkernel-size = 3\nsections = "numbers"\nnotation = "goodfellow"\n'
    spec.write_text(f'[notation]\nloss = "E"\ninput = "q_in"\n[[notes]]\n{table}', encoding="utf-8")
    assert run(["notes", "--spec", str(spec)]) == 0
    assert "S[i] = sum(l=1..n) K[l]*q_in[i + l - 1]" in (tmp_path / "a.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("inptu=a", "there is no letter for 'inptu': did you mean 'input'"),
        ("input", "'input' is not NAME=LETTER: write it as in input=a"),
        ("input=a, input=b", "input is given two letters"),
        ("input=$", "input is '$': write a letter"),
        ("input=a, matrix=a", "the letter 'a' stands for the input and for the matrix of this layer"),
    ],
)
def test_wrong_letters_are_one_line_at_every_door(letters: str, words: str, tmp_path: Path, capsys) -> None:
    assert run(["derive", "--input-size", "4", "--kernel-size", "3", "--letter", letters]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    project = Project(tmp_path)
    project.write(
        {"index.rst": "Page\n====\n\n" + directive("conv1d", input_size=4, kernel_size=3, letter=letters)}
    )
    ((warning,), _) = project.build()
    assert words in warning


def test_the_directive_takes_letters(tmp_path: Path) -> None:
    options = {"input_size": 4, "kernel_size": 3, "letter": "input=a, matrix=W, output=z", "show": "matrix"}
    assert fence("conv1d", **options).strip() in re.sub(r"^    ", "", PAGE, flags=re.MULTILINE)
    project = Project(tmp_path)
    project.write({"index.md": "# Page\n\n" + fence("conv1d", **options)})
    assert project.build()[0] == []
    assert "z &amp;= W a" in project.text("html", "index.html")
    assert "[data-theme=dark] .math" in project.text("html", "index.html")
