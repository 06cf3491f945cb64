"""Small documentation projects, built by Sphinx's own application."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

CONF = (
    'extensions = ["symconv.ext.sphinx", "myst_parser"]\n'
    'project = "project"\n'
    'latex_elements = {"fontpkg": r"\\usepackage{lmodern}"}\n'
)


@dataclass
class Project:
    """Sources in a folder and what was built of them."""

    folder: Path
    conf: str = CONF

    def write(self, pages: Mapping[str, str]) -> None:
        """Put sources into the folder, by their file names."""
        source = self.folder / "source"
        source.mkdir(exist_ok=True)
        for name, text in {"conf.py": self.conf, **pages}.items():
            (source / name).write_text(text, encoding="utf-8")

    def build(self, builder: str = "html", *, fresh: bool = False) -> tuple[list[str], list[str]]:
        """Each line of warnings, from the name of the file on, and the documents that were read."""
        source, warnings, read = self.folder / "source", StringIO(), list[str]()
        with patch_docutils(source), docutils_namespace():
            app = Sphinx(
                source, source, self.out(builder), self.folder / "doctrees", builder,
                status=None, warning=warnings, freshenv=fresh,
            )  # fmt: skip
            app.connect("source-read", lambda app, name, text: read.append(name))
            app.build()
        plain = re.sub(r"\x1b\[[\d;]*m", "", warnings.getvalue())
        return [line.removeprefix(f"{source}/") for line in plain.splitlines()], read

    def out(self, builder: str) -> Path:
        """The folder of a builder's files."""
        return self.folder / builder

    def text(self, builder: str, name: str) -> str:
        """One file that was built."""
        return (self.out(builder) / name).read_text(encoding="utf-8")


def directive(kind: str, **options: object) -> str:
    """The directive in reStructuredText; ``True`` is an option without a value."""
    lines = [f"   :{name.replace('_', '-')}:{'' if v is True else f' {v}'}\n" for name, v in options.items()]
    return f".. symconv:: {kind}\n{''.join(lines)}\n"


def fence(kind: str, **options: object) -> str:
    """The directive in MyST."""
    lines = [f":{name.replace('_', '-')}:{'' if v is True else f' {v}'}\n" for name, v in options.items()]
    return f"```{{symconv}} {kind}\n{''.join(lines)}```\n\n"
