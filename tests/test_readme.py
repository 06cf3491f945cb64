"""The front door: the README's commands are those of CI and print what it says; what is cited is true."""

from __future__ import annotations

import re
import shlex
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

import symconv
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


def test_the_picture_is_at_the_top_and_lies_in_the_repository() -> None:
    (picture,) = re.findall(r"^# symconv\n\n!\[.+\]\((.+)\)$", README, re.MULTILINE)
    assert (ROOT / picture).read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_to_files(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not link.startswith("https://") and not (ROOT / link).exists()] == []


def test_what_is_cited_is_this_version() -> None:
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    entry = re.findall(r"```bibtex\n(.*?)```", README, re.DOTALL)[0]
    assert f"version: {symconv.__version__}\n" in cited
    assert f"version = {{{symconv.__version__}}}" in entry
    assert re.findall(r'title: "(.*)"', cited) == re.findall(r"title = \{(.*?)\}", entry)
    assert "license: BSD-3-Clause\n" in cited
    assert len(entry.splitlines()) == 3


def test_contributors_run_what_ci_runs() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    commands = "\n".join(re.findall(r"```sh\n(.*?)\n```", text, re.DOTALL)).splitlines()
    assert len(commands) == 5
    assert set(commands) <= set((ROOT / ".ci/run").read_text(encoding="utf-8").splitlines())


def test_python_is_bounded_by_latexify_as_the_documentation_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert "<3.14" in metadata("latexify-py")["Requires-Python"]
    for page in ("README.md", "docs/index.md"):
        words = " ".join((ROOT / page).read_text(encoding="utf-8").split())
        assert "latexify-py, which typesets algorithms, does not support 3.14 yet" in words
    assert "urls" not in project
