"""The documentation builds without a warning, and every page of it is reached from the first."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    call = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-b",
        "html",
        "-d",
        str(tmp_path / "trees"),
    ]
    done = subprocess.run(
        [*call, str(DOCS), str(tmp_path / "html")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "html/index.html").read_text(encoding="utf-8")
    assert "[5, 16, 34, 52, 45, 28]" in page
    assert page.count("symconv-") >= 2, "the network and the band are pictures"
    for built in (tmp_path / "html").glob("*.html"):
        assert "problematic" not in built.read_text(encoding="utf-8"), built.name


def test_every_page_is_in_the_table_of_contents() -> None:
    first = (DOCS / "index.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"```\{toctree\}\n:hidden:\n\n(.*?)\n```", first, re.DOTALL)
    assert sorted(listed.split()) == sorted(page.stem for page in DOCS.glob("*.md") if page.stem != "index")
