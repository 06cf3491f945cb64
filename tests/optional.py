"""Libraries that tests compare with: under CI they must be there, elsewhere their tests may be skipped."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest


def required(name: str) -> ModuleType:
    """The module, or a skip that says what to install."""
    if os.environ.get("CI"):
        return importlib.import_module(name)
    found: ModuleType = pytest.importorskip(
        name, reason=f"pip install 'symconv[{name}]' to compare with {name}"
    )
    return found
