"""Notes as PDF: LaTeX run in a folder of its own by whatever TeX is on the path."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from symconv.errors import SymconvError

#: The programs that can make a PDF, the first that is found is used, and how each is called.
PROGRAMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "latexmk": (
            "-pdf",
            "-interaction=nonstopmode",
            "-halt-on-error",
            "-file-line-error",
            "-no-shell-escape",
        ),
        "tectonic": ("--untrusted",),
    }
)


class TexError(SymconvError):
    """There is no TeX, or it refused a document."""


def pdf(latex: str) -> bytes:
    """The PDF of a whole document, the same bytes each time.

    Raises
    ------
    TexError
        When neither latexmk nor tectonic is on the path, or the document does not compile.
    """
    program = next((name for name in PROGRAMS if shutil.which(name)), None)
    if program is None:
        raise TexError(
            "a PDF needs latexmk or tectonic, and neither is on the path: install TeX Live with latexmk, or "
            "tectonic; or write .tex, .html, .md or .ipynb instead."
        )
    # Dates and identifiers would differ from one run to the next.
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1", "max_print_line": "1000"}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "notes.tex").write_text(latex, encoding="utf-8")
        try:
            done = subprocess.run(
                [program, *PROGRAMS[program], "notes.tex"],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise TexError(f"{program} is on the path but does not run: {error.strerror}.") from None
        made = Path(folder, "notes.pdf")
        if done.returncode or not made.exists():
            wrong = re.search(
                r"^(?:\./)?notes\.tex:\d+: .*$|^! .*$|^error: .*$", done.stdout + done.stderr, re.MULTILINE
            )
            raise TexError(f"{program} refused the document: {wrong[0] if wrong else 'it says no more.'}")
        return made.read_bytes()
