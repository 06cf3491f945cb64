"""The magic: what a cell shows, what it refuses, and that it goes away again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output
from traitlets.config import Config

MAGIC = "symconv.ext.ipython"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch) -> Iterator[InteractiveShell]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.extension_manager.load_extension(MAGIC)
    yield shell
    shell.extension_manager.unload_extension(MAGIC)
    InteractiveShell.clear_instance()


def cell(shell: InteractiveShell, text: str) -> CapturedIO:
    """What a cell shows; it must end without an exception."""
    with capture_output() as captured:
        result = shell.run_cell(text)
    assert result.success
    assert result.result is None
    return captured


def test_a_derivation_is_shown_as_mathematics_and_as_text(shell) -> None:
    shown = cell(
        shell, "%%symconv derive -x 1,2,3,4 -w 5,6,7\n--padding full\n\n--flip --show 'output, matrix'\n"
    )
    assert (shown.stdout, shown.stderr) == ("", "")
    (output,) = shown.outputs
    assert output.data["text/markdown"].count("$$\n\\begin{aligned}\n") == 2
    assert "y &= [5, 16, 34, 52, 45, 28]" in output.data["text/markdown"]
    assert " y = [5, 16, 34, 52, 45, 28]\n" in output.data["text/plain"]


def test_a_line_does_as_well_and_a_format_is_printed(shell, tmp_path: Path) -> None:
    assert len(cell(shell, "%symconv derive --input-size N --kernel-size K --steps").outputs) == 1
    printed = cell(shell, "%symconv derive -x 1,2 -w 3 --format latex")
    assert printed.outputs == []
    assert printed.stdout.startswith("Cross-correlation")
    assert "\\begin{align*}" in printed.stdout
    written = cell(shell, "%symconv derive -x 1,2 -w 3 -o notes.tex")
    assert (written.outputs, written.stdout) == ([], "")
    assert "\\begin{align*}" in (tmp_path / "notes.tex").read_text(encoding="utf-8")


def test_the_other_commands_print(shell) -> None:
    claim = "%%symconv claim --input-size N --kernel-size K\noutput 'sum(k=0..K-1) w[k]*x[i + k]'"
    assert cell(shell, claim).stdout.startswith("output: proved for all K, N")
    assert "claim" in cell(shell, "%symconv --help").stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("%symconv derive -x 1,2", "symconv: --kernel-size is missing: give it, or give"),
        ("%symconv derive -x 1,2 -w 1 --strid 2", "symconv: No such option '--strid'. Did you mean"),
        ("%%symconv derive -x 1,2\n-w 1 --stride 0", "symconv: --stride is 0"),
        ("%symconv derive -x '1,2", "symconv: No closing quotation: close every quotation mark.\n"),
        ("%%symconv derive\nopen('ran', 'w')", "symconv: Got unexpected extra argument"),
        ("%symconv derive -x {open('ran','w')} -w 1", "symconv: Invalid value for '-x': '{open(ran'"),
        ("%symconv derive -x $entries -w 1", "symconv: Invalid value for '-x': '$entries' is not an entry"),
        ("%%symconv derive -x {entries}\n-w 1", "symconv: Invalid value for '-x': '{entries}' is not"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_one_line_and_nothing_is_evaluated(shell, tmp_path: Path, text, said) -> None:
    shell.user_ns["entries"] = "1,2"
    shown = cell(shell, text)
    assert (shown.stdout, shown.outputs) == ("", [])
    assert shown.stderr.startswith(said)
    assert shown.stderr.count("\n") == 1
    assert not (tmp_path / "ran").exists()


def test_loading_adds_the_magic_and_unloading_takes_it_away(shell) -> None:
    magics, names = shell.magics_manager.magics, set(shell.user_ns)
    assert "symconv" in magics["line"]
    assert "symconv" in magics["cell"]
    shell.extension_manager.unload_extension(MAGIC)
    assert "symconv" not in magics["line"]
    assert "symconv" not in magics["cell"]
    assert set(shell.user_ns) == names
