"""LaTeX put to the test: everything together, by one run of KaTeX in strict mode and one of pdflatex."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.optional import required_program

ROOT = Path(__file__).resolve().parent.parent
KATEX = Path(os.environ.get("SYMCONV_KATEX", ROOT / ".cache/npm/node_modules/katex/dist/katex.min.js"))
IN_CI = bool(os.environ.get("CI"))

PREAMBLE = "\\documentclass{article}\n\\usepackage{amsmath,amssymb,xcolor}\n\\begin{document}\n"


#: Reads strings as JSON and answers with what KaTeX says of each that it refuses, by its place.
KATEX_CALL = """
const katex = require(process.argv[1]), refused = {};
JSON.parse(require("fs").readFileSync(0, "utf8")).forEach((tex, place) => {
  try { katex.renderToString(tex, {displayMode: true, throwOnError: true, strict: "error"}); }
  catch (error) { refused[place] = String(error.message); }
});
console.log(JSON.stringify(refused));
"""


def refused_by_katex(strings: list[str]) -> dict[int, str]:
    """What KaTeX says in strict mode of each string that it refuses, by its place in the list."""
    command = [required_program("node"), "-e", KATEX_CALL, str(KATEX.resolve())]
    done = subprocess.run(command, input=json.dumps(strings), capture_output=True, text=True, check=True)
    return {int(place): said for place, said in json.loads(done.stdout).items()}


@dataclass
class Wanted:
    """What is asked of a string: that it fits its line, and which test asks."""

    fits: bool
    test: str


class Pool:
    """All strings that the tests typeset, for one run of each program."""

    def __init__(self) -> None:
        self._strings: dict[str, Wanted] = {}

    def add(self, tex: str, *, fits: bool = False) -> str:
        """Keep a string for KaTeX and pdflatex; ``fits`` forbids an overfull line too."""
        test = os.environ.get("PYTEST_CURRENT_TEST", "").removesuffix(" (call)")
        wanted = self._strings.setdefault(tex, Wanted(fits, test))
        wanted.fits = wanted.fits or fits
        return tex

    def check(self) -> None:
        """Hand all strings to KaTeX, where it is installed."""
        if not katex_is_here():
            return
        refused = refused_by_katex(list(self._strings))
        wanted = list(self._strings.items())
        told = [f"{wanted[at][1].test}: {said}: {wanted[at][0]!r}" for at, said in refused.items()]
        assert not told, "KaTeX refuses\n" + "\n".join(told)

    def compile(self, folder: Path) -> None:
        """Compile one document of all strings and look for overfull lines in those that must fit."""
        body = "".join(f"\n% string {n}\n\\[\n{tex}\n\\]\n" for n, tex in enumerate(self._strings))
        log = compile_latex(PREAMBLE + body + "\\end{document}\n", folder)
        lines = (PREAMBLE + body).split("\n")
        wanted, wide = list(self._strings.items()), []
        for found in re.finditer(
            r"Overfull \\hbox \(([\d.]+)pt too wide\) (?:detected )?at lines? (\d+)", log
        ):
            above = "\n".join(lines[: int(found.group(2))])
            number = int(re.findall(r"^% string (\d+)$", above, re.MULTILINE)[-1])
            tex, asked = wanted[number]
            if asked.fits:
                wide.append(f"{asked.test}: {found.group(1)}pt too wide: {tex}")
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


def katex_is_here() -> bool:
    return KATEX.exists() and shutil.which("node") is not None


def missing_tools() -> list[str]:
    """What is needed and not there."""
    missing = [] if katex_is_here() else ["KaTeX (npm install --prefix .cache/npm katex@0.16)"]
    return missing if shutil.which("pdflatex") else [*missing, "pdflatex (TeX Live)"]
