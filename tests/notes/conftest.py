"""What tests of notes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from symconv.cli.commands import main
from tests.notes.browser import Browser
from tests.notes.test_course import Run


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = Browser()
    yield found
    found.close()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def called(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main(["notes", *map(str, arguments)])
        out, err = capsys.readouterr()
        return int(str(stopped.value.code)), out, err

    return called
