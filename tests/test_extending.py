"""Each addition is made in a copy of the package as the page on extending says, and works there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.extending import page, probes
from tests.tiers import exhaustive

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
ADDITIONS = page.read(PAGE)

#: So many files of the package does an addition touch at the most.
MOST_FILES = 2

#: What is done without where all additions are made in one copy: importing these takes most of the time.
SLOW = "scipy torch jax"


def test_the_table_of_the_page_names_the_files_of_each_addition() -> None:
    table = dict(re.findall(r"^\| (an? [\w ]+) \| (`.*`) \|$", PAGE, re.MULTILINE))
    named = {name: set(re.findall(r"`([^`]+)`", files)) for name, files in table.items()}
    assert named == {name: addition.files for name, addition in ADDITIONS.items()}
    assert [name for name, files in named.items() if len(files) > MOST_FILES] == []


@pytest.mark.exhaustive
def test_all_additions_work_in_one_copy(tmp_path: Path) -> None:
    require_works(list(ADDITIONS.values()), tmp_path, SLOW)


@exhaustive
@pytest.mark.parametrize("name", ADDITIONS)
def test_each_addition_works_alone(name: str, tmp_path: Path) -> None:
    require_works([ADDITIONS[name]], tmp_path, "")


def require_works(additions: Sequence[page.Addition], folder: Path, left_out: str) -> None:
    """Make additions in a copy of the package; run there their tests, their calls and what they must do."""
    shutil.copytree(ROOT / "symconv", folder / "symconv")  # with what is compiled
    shutil.copy(probes.__file__, folder)
    calls = [call for addition in additions for call in addition.calls]
    (folder / "calls.json").write_text(json.dumps(calls), encoding="utf-8")
    for edit in (edit for addition in additions for edit in addition.edits):
        edit.make(folder)
    wanted = ["calls", *(addition.name.replace(" ", "_") for addition in additions)]
    tests = [file for addition in additions for file in addition.tests]
    call = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    call += ["-o", f"python_functions=test_* {' '.join(wanted)}", "probes.py", *tests]
    environment = {**os.environ, "PYTHONPATH": str(folder), "LEFT_OUT": left_out}
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert f"{len(wanted) + len(tests)} passed" in done.stdout
    assert changed(folder) == {file for addition in additions for file in addition.files}


def changed(folder: Path) -> set[str]:
    """The files of a copy of the package that are not as in the package."""

    def contents(root: Path) -> dict[str, bytes]:
        files = (path for path in (root / "symconv").rglob("*") if path.is_file())
        return {str(file.relative_to(root)): file.read_bytes() for file in files if file.suffix != ".pyc"}

    here, there = contents(ROOT), contents(folder)
    return {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)}
