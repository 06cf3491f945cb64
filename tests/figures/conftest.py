"""Documents with figures, compiled, and a browser that looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.latex_tools import compile_latex
from tests.notes.browser import Browser


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., str]:
    """The log of a document that must compile."""
    return lambda source: compile_latex(source, tmp_path)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = Browser()
    yield found
    found.close()
