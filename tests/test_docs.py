"""The documentation builds without a warning, and every page of it is reached from the first."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.tiers import exhaustive

DOCS = Path(__file__).resolve().parent.parent / "docs"


def built(source: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """The pages in ``html`` below a folder, where warnings are errors."""
    call = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    folders = ["-d", str(tmp_path / "trees"), str(source), str(tmp_path / "html")]
    return subprocess.run([*call, *folders], capture_output=True, text=True, check=False)


@exhaustive
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    done = built(DOCS, tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "html/index.html").read_text(encoding="utf-8")
    assert "[5, 16, 34, 52, 45, 28]" in page
    assert page.count("symconv-") >= 5, "windows, networks, bands and the gradient are pictures"
    assert "A &amp;= \\sigma(X W)" in page
    for file in (tmp_path / "html").glob("*.html"):
        assert "problematic" not in file.read_text(encoding="utf-8"), file.name


def test_every_page_is_in_the_table_of_contents() -> None:
    first = (DOCS / "index.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"```\{toctree\}\n:hidden:\n\n(.*?)\n```", first, re.DOTALL)
    assert sorted(listed.split()) == sorted(page.stem for page in DOCS.glob("*.md") if page.stem != "index")


def test_what_examples_give_is_computed_when_a_page_is_built(tmp_path: Path) -> None:
    source = tmp_path / "docs"
    source.mkdir()
    shutil.copy(DOCS / "conf.py", source)
    shutil.copytree(DOCS / "_static", source / "_static")
    (source / "index.md").write_text("# Page\n\n```python\n>>> 40 + 1\n42\n>>> 40 + 2\n42\n\n```\n")
    done = built(source, tmp_path)
    assert done.returncode == 1
    assert re.search(r"index.md:4: WARNING: '40 \+ 1\\n' gives '41\\n', and not '42\\n'", done.stderr)
    text = re.sub(r"<.*?>", "", (tmp_path / "html/index.html").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert "&gt;&gt;&gt; 40 + 1\n41\n&gt;&gt;&gt; 40 + 2\n42\n" in text
