"""Notes as PDF: by whatever TeX is on the path, in a folder of its own, or by Typst, in this process."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from symconv.errors import MissingExtraError, OptionError, SymconvError

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


#: What can set a PDF; "auto" is TeX where it is installed, and Typst where only that is.
ENGINES = ("auto", "latex", "typst")

#: What is to be installed, for any PDF and for one that TeX alone can set.
_TEX = "install TeX Live with latexmk, or tectonic"
_TYPST = "pip install 'symconv[typst]'"


class TexError(SymconvError):
    """There is no TeX, or it refused a document."""


class TypstError(SymconvError):
    """Typst refused a document."""


def engine_for(asked: str, *, slides: bool = False) -> str:
    """What sets a PDF, "latex" or "typst".

    Raises
    ------
    TexError
        When nothing is installed that could.
    """
    if asked != "auto":
        return asked
    if slides or any(map(shutil.which, PROGRAMS)):
        return "latex"
    if find_spec("typst"):
        return "typst"
    raise TexError(
        f"a PDF needs latexmk or tectonic, or Typst, and none is there: {_TEX}, or run {_TYPST}; or write "
        ".tex, .typ, .html, .md or .ipynb instead."
    )


def pdf(latex: str, *, slides: bool = False) -> bytes:
    """The PDF of a whole document by TeX, the same bytes each time.

    Raises
    ------
    TexError
        When neither latexmk nor tectonic is on the path, or the document does not compile.
    """
    program = next((name for name in PROGRAMS if shutil.which(name)), None)
    if program is None:
        other = "slides are set by TeX alone" if slides else f"or run {_TYPST} and ask for engine 'typst'"
        raise TexError(
            f"a PDF by TeX needs latexmk or tectonic, and neither is on the path: {_TEX}; {other}; or write "
            ".tex, .html, .md or .ipynb instead."
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


def typst_pdf(source: str) -> bytes:
    """The PDF of a whole document by Typst, for people and screen readers, the same bytes each time.

    Raises
    ------
    MissingExtraError
        When Typst is not installed.
    OptionError
        When the fonts that Typst brings along lack a letter.
    TypstError
        When the document does not compile.
    """
    try:
        import typst
    except ImportError:
        raise MissingExtraError(f"a PDF by Typst needs the extra typst: {_TYPST}.") from None
    try:
        # The fonts are those that Typst brings along: on every machine the same.
        made = typst.compile(
            source.encode(), format="pdf", pdf_standards="ua-1", timestamp=0, ignore_system_fonts=True
        )
    except typst.TypstError as error:
        lacking = re.search(r'the text `"(.+?)"` could not be displayed', str(error))
        if lacking:
            raise OptionError(
                f"the document has {lacking[1]!r}, which the fonts of Typst lack: write Latin or Greek "
                "letters, or save as .html, .md, .ipynb, .rst or .txt."
            ) from None
        raise TypstError(f"typst refused the document: {error}") from None
    return bytes(made)
