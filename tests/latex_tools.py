"""LaTeX put to the test: KaTeX in strict mode at once, pdflatex on everything together."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import dukpy

from tests.optional import required_program

ROOT = Path(__file__).resolve().parent.parent
KATEX = Path(os.environ.get("SYMCONV_KATEX", ROOT / ".cache/npm/node_modules/katex/dist/katex.min.js"))
IN_CI = bool(os.environ.get("CI"))

PREAMBLE = "\\documentclass{article}\n\\usepackage{amsmath,amssymb,xcolor}\n\\begin{document}\n"


class Katex:
    """KaTeX, run by an embedded JavaScript engine."""

    def __init__(self) -> None:
        self._engine = dukpy.JSInterpreter()
        self._engine.evaljs(KATEX.read_text(encoding="utf-8") + ";1")

    def check(self, tex: str) -> None:
        """Raise unless KaTeX takes the string in strict mode."""
        call = (
            "katex.renderToString(dukpy.tex, {displayMode: true, throwOnError: true, strict: 'error'}).length"
        )
        try:
            self._engine.evaljs(call, tex=tex)
        except dukpy.JSRuntimeError as error:
            raise AssertionError(f"KaTeX refuses {tex!r}: {str(error).splitlines()[0]}") from None


class Pool:
    """All strings that the tests typeset."""

    def __init__(self) -> None:
        self._katex = Katex() if KATEX.exists() else None
        self._strings: dict[str, bool] = {}

    def add(self, tex: str, *, fits: bool = False) -> str:
        """Check a string with KaTeX and keep it for pdflatex; ``fits`` forbids an overfull line too."""
        if self._katex is not None:
            self._katex.check(tex)
        self._strings[tex] = fits or self._strings.get(tex, False)
        return tex

    def compile(self, folder: Path) -> None:
        """Compile one document of all strings and look for overfull lines in those that must fit."""
        body = "".join(f"\n% string {n}\n\\[\n{tex}\n\\]\n" for n, tex in enumerate(self._strings))
        log = compile_latex(PREAMBLE + body + "\\end{document}\n", folder)
        lines = (PREAMBLE + body).split("\n")
        fitting, wide = list(self._strings.values()), []
        for found in re.finditer(
            r"Overfull \\hbox \(([\d.]+)pt too wide\) (?:detected )?at lines? (\d+)", log
        ):
            above = "\n".join(lines[: int(found.group(2))])
            number = int(re.findall(r"^% string (\d+)$", above, re.MULTILINE)[-1])
            if fitting[number]:
                wide.append(f"{found.group(1)}pt too wide: {list(self._strings)[number]}")
        assert not wide, "\n".join(wide)


def compile_latex(source: str, folder: Path) -> str:
    """The log of a pdflatex run that must succeed."""
    required_program("pdflatex")
    (folder / "all.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "all.tex"]
    environment = {**os.environ, "max_print_line": "1000"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    assert done.returncode == 0, "pdflatex: " + "\n".join(done.stdout.splitlines()[-30:])
    return done.stdout


def missing_tools() -> list[str]:
    """What is needed and not there."""
    missing = [] if KATEX.exists() else ["KaTeX (npm install --prefix .cache/npm katex@0.16)"]
    return missing if shutil.which("pdflatex") else [*missing, "pdflatex (TeX Live)"]
