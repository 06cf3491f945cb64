"""Fixtures that all tests share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.latex_tools import Pool

settings.register_profile(
    "symconv", derandomize=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("symconv")


@pytest.fixture(scope="session")
def latex_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    pool = Pool()
    yield pool
    if shutil.which("pdflatex"):
        pool.compile(tmp_path_factory.mktemp("latex"))


@pytest.fixture
def typeset(latex_pool: Pool) -> Callable[..., str]:
    """Hand a LaTeX string to KaTeX now and to pdflatex at the end of the session."""
    return latex_pool.add
