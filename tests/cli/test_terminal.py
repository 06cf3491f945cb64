"""The command line on a terminal and in a pipe: formats, streams, progress, colour, help and completion."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import ShellComplete

import symconv as sc
from symconv.cli import terminal
from symconv.cli.command import HEADING
from symconv.cli.commands import cli
from symconv.derivation.value_claims import COUNTS
from symconv.notes.compose import DEPTHS, SECTIONS
from symconv.notes.exercises.sheet import KINDS
from tests.cli.test_cli import OPENING, SIZES, run

OPEN = ["--input-size", "N", "--kernel-size", "K"]
RIGHT = "sum(k=0..K-1) w[k]*x[i+k]"

#: The escape sequence that colours begin with.
ESCAPE = "\x1b["


def on_terminal(*arguments: str, **environment: str) -> tuple[int, str]:
    """The exit code of a command whose output and errors go to a terminal, and what stands there."""
    master, slave = pty.openpty()
    told = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    done = subprocess.Popen(
        [sys.executable, "-m", "symconv", *arguments], stdout=slave, stderr=slave, stdin=subprocess.DEVNULL,
        env={**told, "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(slave)
    written = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        written += part
    os.close(master)
    return done.wait(), written.decode().replace("\r\n", "\n")


def test_a_terminal_gets_text_and_a_pipe_latex(capsys: pytest.CaptureFixture[str]) -> None:
    _, latex, _ = run(capsys, "derive", *SIZES, "--show", "output")
    assert "\\begin{align*}" in latex
    code, shown = on_terminal("derive", *SIZES, "--show", "output")
    assert code == 0
    assert shown == run(capsys, "derive", *SIZES, "--show", "output", "--format", "text")[1]
    _, shown = on_terminal("derive", *SIZES, "--show", "output", "--format", "latex")
    assert shown == latex


def test_a_file_gets_latex_and_a_dash_is_standard_output(capsys, tmp_path: Path) -> None:
    file = tmp_path / "a.tex"
    run(capsys, "derive", *SIZES, "-o", str(file))
    code, out, _ = run(capsys, "derive", *SIZES, "-o", "-")
    assert (code, out) == (0, file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("form", ["txt", "tex", "html", "ipynb"])
def test_notes_go_to_standard_output(capsys, tmp_path: Path, monkeypatch: Any, form: str) -> None:
    monkeypatch.chdir(tmp_path)
    call = ["notes", *OPENING, "--sections", "numbers", "-o"]
    code, out, err = run(capsys, *call, "-", *([] if form == "txt" else ["--format", form]))
    assert (code, err, list(tmp_path.iterdir())) == (0, "", [])
    run(capsys, *call, f"notes.{form}")
    assert out == (tmp_path / f"notes.{form}").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["txt", "md", "xml"])
def test_exercises_go_to_standard_output(capsys, tmp_path: Path, form: str) -> None:
    call = ["exercises", *SIZES, "--count", "2", "--solutions"]
    code, out, err = run(capsys, *call, "--format", form)
    assert (code, err) == (0, "")
    assert run(capsys, *call, "-o", "-", "--format", form)[1] == out
    run(capsys, *call, "-o", str(tmp_path / f"sheet.{form}"))
    assert out == (tmp_path / f"sheet.{form}").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (["notes", *OPENING, "-o", "-", "--format", "md"], "the pictures of .md are files beside it"),
        (["notes", *OPENING, "-o", "a.md", "--format", "md"], "--format says what -o - prints"),
        (["notes", *OPENING, "-o", "-", "--slides"], "--slides does not go with .txt"),
        (["exercises", *SIZES, "-o", "a.md", "--format", "xml"], "--format says what -o - prints"),
        (["prove", *OPEN, "output", "-o", "-"], "-o needs the name of a folder"),
        (["claim", *OPEN, "output", "-"], "standard input holds no formula"),
    ],
)
def test_what_cannot_be_printed_is_refused(capsys, monkeypatch, call: list[str], words: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(" \n"))
    code, out, err = run(capsys, *call)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


@pytest.mark.parametrize(
    ("call", "formula", "code"),
    [
        ([*OPEN, "output"], f"{RIGHT}\n", 0),
        ([*OPEN, "output"], f"-({RIGHT})", 1),
        ([*OPENING, "output"], "38, 56\n", 0),
        ([*OPEN, "output"], "\\sum_{k=0}^{K-1} w_k x_{i+k}\n", 0),
    ],
)
def test_a_claim_is_read_from_standard_input(
    capsys, monkeypatch, call: list[str], formula: str, code: int
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(formula))
    found = run(capsys, "claim", *call, "-")
    assert found[0] == code
    assert found[1:] == run(capsys, "claim", *call[:-1], "--", call[-1], formula.strip())[1:]


def test_what_takes_long_is_told_on_a_terminal_and_goes_again(capsys, monkeypatch) -> None:
    monkeypatch.setattr(terminal, "PATIENCE", 0.05)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with terminal.waiting("counting"):
        time.sleep(0.3)
    err = capsys.readouterr().err
    assert re.fullmatch(r"(\rcounting: \d s)+\r {13}\r", err)
    with terminal.waiting("counting"):
        pass
    assert capsys.readouterr().err == ""


class Late:
    """An event that comes after one wait, however quick the work is."""

    def __init__(self) -> None:
        self.waits = 0

    def wait(self, pause: float) -> bool:
        self.waits += 1
        return self.waits > 1

    def set(self) -> None:
        pass


@pytest.mark.parametrize(
    "call",
    [
        ["derive", *SIZES],
        ["claim", *OPEN, "output", RIGHT],
        ["check", *SIZES, "--draws", "1"],
        ["prove", *OPEN, "output_size"],
        ["notes", *OPENING, "--sections", "numbers", "-o", "-"],
        ["exercises", *SIZES, "--count", "2"],
        ["figure", "band", *SIZES, "-o", "-"],
    ],
    ids=lambda call: call[0],
)
def test_every_command_is_seen_to_work_and_not_when_quiet_or_piped(
    capsys, monkeypatch, call: list[str]
) -> None:
    monkeypatch.setattr(terminal, "Event", Late)
    monkeypatch.setenv("TERM", "xterm")
    code, out, err = run(capsys, *call)
    assert (code, err) == (0, ""), "a pipe gets none of it"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert run(capsys, *call)[2] != ""
    assert run(capsys, *call, "--quiet") == (0, out, "")


def test_quiet_leaves_out_closing_remarks(capsys, tmp_path: Path) -> None:
    call = ["prove", *OPEN, "output_size", "-o"]
    _, out, _ = run(capsys, *call, str(tmp_path / "one"))
    _, quiet, _ = run(capsys, *call, str(tmp_path / "two"), "-q")
    assert out == f"{quiet}{out.splitlines()[-1]}\n"
    assert out.splitlines()[-1].endswith(f"written to {tmp_path / 'one'}")
    spec = tmp_path / "course.toml"
    spec.write_text(
        '[[exercises]]\nfile = "sheet.txt"\ninput-size = 4\nkernel-size = 3\ncount = 1\n', "utf-8"
    )
    assert run(capsys, "notes", "--spec", str(spec), "--quiet") == (0, "", "")
    assert (tmp_path / "sheet.txt").exists()
    spec.write_text(spec.read_text("utf-8") + "quiet = true\n", "utf-8")
    assert "quiet" in run(capsys, "notes", "--spec", str(spec))[2], "it is no option of a document"


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_errors_have_colour_on_a_terminal_that_wants_it(environment: dict[str, str], coloured: bool) -> None:
    code, shown = on_terminal("derive", **environment)
    assert code == 2
    assert (ESCAPE in shown) == coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert plain == "symconv: --input-size is missing: give it, or give the entries with -x.\n"


@pytest.mark.parametrize("name", list(cli.commands))
def test_help_has_options_in_groups_and_ends_with_examples(capsys, name: str) -> None:
    code, out, _ = run(capsys, name, "--help")
    assert code == 0
    parts = dict(re.findall(r"^(?:  )?(\w+):\n(.*?)(?=\n\n|\Z)", out, re.DOTALL | re.MULTILINE))
    groups = ["Options"] if name == "net" else ["Values", "Layer", "Notation"]  # a file holds a network
    assert list(parts)[-len(groups) - 2 :] == [*groups, "General", "Examples"]
    assert re.findall(r"--[a-z]+", parts["General"]) == ["--quiet", "--help"]
    for option, heading in HEADING.items():
        flag = f"--{str(option).replace('_', '-')} "
        assert all(
            flag not in part or title == heading for title, part in parts.items() if title != "Examples"
        )
    lines = parts["Examples"].splitlines()
    assert lines
    assert all(line.lstrip().startswith(f"symconv {name} ") for line in lines)


def test_the_help_of_all_ends_with_examples(capsys) -> None:
    _, out, _ = run(capsys, "--help")
    assert out.rstrip().splitlines()[-1].lstrip().startswith("symconv notes ")


def completed(*words: str) -> list[str]:
    """What the shell offers for the last of these words."""
    complete = ShellComplete(cli, {}, "symconv", "_SYMCONV_COMPLETE")
    return [item.value for item in complete.get_completions(list(words[:-1]), words[-1])]


def test_a_pdf_goes_into_a_pipe_but_not_on_a_terminal(capsysbinary, monkeypatch) -> None:
    terminal.print_files({"a.pdf": b"%PDF \xff"})
    assert capsysbinary.readouterr().out == b"%PDF \xff"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with pytest.raises(click.UsageError, match=r"a terminal cannot show a \.pdf: give -o FILE"):
        terminal.print_files({"a.pdf": b"%PDF"})
    assert capsysbinary.readouterr().out == b""


@pytest.mark.parametrize("drawn", [["network"], ["--animate"]], ids=lambda drawn: drawn[0])
def test_a_figure_goes_to_standard_output_as_svg(capsys, tmp_path: Path, drawn: list[str]) -> None:
    call = ["figure", *drawn, *SIZES, "-o"]
    code, out, err = run(capsys, *call, "-")
    assert (code, err) == (0, "")
    run(capsys, *call, str(tmp_path / "a.svg"))
    assert out == (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_names_are_completed() -> None:
    assert completed("derive", "--show", "grad_k") == ["grad_kernel"]
    assert completed("derive", "--show", "output,mat") == ["output,matrix"]
    assert completed("derive", "--show", "output,outp") == ["output,output_size"]
    assert {*completed("claim", *OPEN, "")} == {*sc.Conv1d("N", "K", bias=True).formula_names, *COUNTS}
    assert {*completed("prove", "")} == {*sc.Conv1d("N", "K", bias=True).formula_names}
    assert completed("notes", "--sections", "") == list(SECTIONS)
    assert completed("figure", "") == sc.Conv1d.figure_names
    assert completed("notes", "--depth", "") == list(DEPTHS)
    assert completed("exercises", "--kinds", "") == list(KINDS)
    assert completed("derive", "--notation", "good") == ["goodfellow", "goodfellow-channels"]
    every = {*completed("derive", "--show", "")}
    layers = (sc.Conv1d(4, 3, bias=True), sc.MaxPool1d(4, 2), sc.Conv2d(4, 3), sc.Conv1d("N", "K"))
    assert {name for layer in layers for name in (*layer.equation_names, *layer.formula_names)} <= every


def test_the_shell_is_answered() -> None:
    told = {
        **os.environ,
        "_SYMCONV_COMPLETE": "bash_complete",
        "COMP_WORDS": "symconv pro",
        "COMP_CWORD": "1",
    }
    call = [sys.executable, "-m", "symconv"]
    done = subprocess.run(call, capture_output=True, text=True, env=told, check=False)
    assert (done.stdout, done.stderr) == ("plain,prove\n", "")
