"""Documents with figures, compiled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.latex_tools import compile_latex


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., str]:
    """The log of a document that must compile."""
    return lambda source: compile_latex(source, tmp_path)
