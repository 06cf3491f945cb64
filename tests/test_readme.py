"""The README's commands are the ones that CI runs, and print what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from symconv.cli.commands import main
from tests.latex_tools import IN_CI, missing_tools

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)


def test_the_first_command_prints_the_block_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = shlex.split(COMMANDS[0].split(".venv/bin/symconv ")[1])
    with pytest.raises(SystemExit):
        main(arguments)
    (shown,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    assert capsys.readouterr().out == shown


def test_ci_runs_the_second_command() -> None:
    assert COMMANDS[1] in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()


def test_the_tools_that_judge_latex_are_here() -> None:
    missing = missing_tools()
    if missing and not IN_CI:
        pytest.skip(f"LaTeX is judged in part only; install {' and '.join(missing)}")
    assert not missing
