"""Sphinx builds these pages; what is on them is computed then, by the directive and by the examples."""

from __future__ import annotations

from doctest import DocTestParser, DocTestRunner, Example
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

from symconv import __version__

project = "symconv"
author = "The symconv developers"
copyright = author
version = release = __version__

extensions = ["symconv.ext.sphinx", "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath"]
html_theme = "furo"
html_title = "symconv"
html_static_path = ["_static"]
html_css_files = ["page.css"]
numfig = False
math_number_all = False

napoleon_google_docstring = False
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"

logger = logging.getLogger(__name__)


class Examples(DocTestRunner):
    """Runs the examples of a page; what each of them gives stands in ``given``, by its number."""

    def __init__(self, page: str) -> None:
        super().__init__(verbose=False)
        self.page, self.given = page, dict[int, str]()

    def report_success(self, out: Any, test: Any, example: Example, got: str) -> None:
        self.given[example.lineno] = got

    def report_failure(self, out: Any, test: Any, example: Example, got: str) -> None:
        self.given[example.lineno] = got
        self.warn(example, f"gives {got!r}, and not {example.want!r}")

    def report_unexpected_exception(self, out: Any, test: Any, example: Example, exc_info: Any) -> None:
        self.warn(example, f"raises {exc_info[1]!r}")

    def warn(self, example: Example, what: str) -> None:
        logger.warning("%r %s", example.source, what, location=(self.page, example.lineno + 1))


def compute_examples(app: Sphinx, page: str, source: list[str]) -> None:
    """Put what the examples of a page give in the place of what is written below them."""
    test = DocTestParser().get_doctest(source[0], {}, page, app.env.doc2path(page), 0)
    runner = Examples(page)
    runner.run(test, clear_globs=False)
    lines = source[0].split("\n")
    for example in reversed(test.examples):
        if example.lineno in runner.given:
            first = example.lineno + example.source.count("\n")
            lines[first : first + example.want.count("\n")] = runner.given[example.lineno].splitlines()
    source[0] = "\n".join(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", compute_examples)
    return {"parallel_read_safe": True}
