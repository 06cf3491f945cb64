"""Documents with figures, compiled."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.latex_tools import IN_CI, compile_latex


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., str]:
    """The log of a document that must compile; without TeX a skip, under CI a failure."""
    if not IN_CI and shutil.which("pdflatex") is None:
        pytest.skip("install pdflatex (TeX Live) to compile figures")
    return lambda source: compile_latex(source, tmp_path)
