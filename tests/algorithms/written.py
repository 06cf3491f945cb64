"""Functions written to a file and imported, and LaTeX without what only sets sizes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType


def plain(latex: str) -> str:
    """Brackets without the commands that set their size."""
    opened = latex.replace(r"\mathopen{}\left( ", "(").replace(r"\mathopen{}\left(", "(")
    return opened.replace(r" \mathclose{}\right)", ")").replace(r"\mathclose{}\right)", ")")


def imported(source: str, folder: Path) -> ModuleType:
    """A module of a source, as a user would import it."""
    path = folder / "written.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"written_{folder.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
