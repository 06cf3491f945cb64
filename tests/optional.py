"""Libraries and programs that tests need: under CI they must be there, elsewhere a test may be skipped."""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path
from types import ModuleType

import pytest


def required(name: str, cure: str = "") -> ModuleType:
    """The module, or a skip that says what to install: by default an extra of its name."""
    if os.environ.get("CI"):
        return importlib.import_module(name)
    cure = cure or f"pip install 'symconv[{name}]' to compare with {name}"
    found: ModuleType = pytest.importorskip(name, reason=cure)
    return found


def required_file(path: Path, cure: str) -> None:
    """See that a file is there, or skip with what to install."""
    if not path.exists() and not os.environ.get("CI"):
        pytest.skip(cure)
    assert path.exists(), f"{path.name} is missing: {cure}"


def required_program(name: str) -> str:
    """Where a program is, or a skip that says what to install."""
    found = shutil.which(name)
    if found is None and not os.environ.get("CI"):
        pytest.skip(f"install {name} to judge what it reads")
    assert found is not None, f"{name} is missing"
    return found
