"""Fixtures that all tests share."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from _pytest.doctest import DoctestItem
from hypothesis import HealthCheck, settings

from tests.latex_tools import Pool

if TYPE_CHECKING:
    from tests.notes.browser import Browser

settings.register_profile(
    "symconv", derandomize=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("symconv")

#: Libraries that examples show: what imports each, and how to install it.
SHOWN = {
    name: (re.compile(rf"^ *>>> (import|from) {name}\b", re.MULTILINE), f"pip install {what}")
    for name, what in (("torch", "'symconv[torch]'"), ("sklearn", "scikit-learn"))
}


#: Pages whose examples take long.
LONG = ("convolution.md", "digits.md", "layers.md", "mistakes.md", "networks.md", "notes.md", "sizes.md")


@pytest.fixture(scope="session")
def latex_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    pool = Pool()
    yield pool
    pool.check()
    if shutil.which("pdflatex"):
        pool.compile(tmp_path_factory.mktemp("latex"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium, started where the first test asks for it."""
    from tests.notes.browser import Browser

    found = Browser()
    yield found
    found.close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Notes first, so that of several processes one makes the documents that all of these tests read.

    Examples that show a library are skipped where it is missing, as tests that compare with it are. Pages
    whose examples take long are left to the exhaustive tier.
    """
    items.sort(key=lambda item: "notes" not in item.path.parts)
    for item in items:
        if isinstance(item, DoctestItem) and item.name in LONG:
            item.add_marker(pytest.mark.exhaustive)
    for library, (imported, cure) in SHOWN.items():
        if find_spec(library) is None and not os.environ.get("CI"):
            for item in items:
                if isinstance(item, DoctestItem) and imported.search(item.dtest.docstring or ""):
                    item.add_marker(pytest.mark.skip(reason=f"{cure} to run its examples"))


@pytest.fixture
def typeset(latex_pool: Pool) -> Callable[..., str]:
    """Hand a LaTeX string to KaTeX and pdflatex at the end of the session."""
    return latex_pool.add
