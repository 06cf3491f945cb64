"""What tests of notes share."""

from __future__ import annotations

from multiprocessing import get_all_start_methods, get_context

import pytest

from symconv.cli.commands import main
from tests.notes.test_course import Run


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Courses build in processes that have the package loaded, where the platform has these."""
    if "forkserver" in get_all_start_methods():
        server = get_context("forkserver")
        server.set_forkserver_preload(["symconv.cli", "symconv.layers", "symconv.notes", "latexify"])
        monkeypatch.setattr("symconv.cli.course.get_context", lambda method: server)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], warm: None) -> Run:
    def called(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main(["notes", *map(str, arguments)])
        out, err = capsys.readouterr()
        return int(str(stopped.value.code)), out, err

    return called
