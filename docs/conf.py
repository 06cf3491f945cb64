"""Sphinx builds these pages; what is on them is computed then: equations, pictures, examples and tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import symconv
from symconv import __version__
from symconv.layers import Layer

sys.path.insert(0, str(Path(__file__).parent))

import computed

project = "symconv"
author = "The symconv developers"
copyright = author
version = release = __version__

extensions = ["symconv.ext.sphinx", "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath", "deflist"]
html_theme = "furo"
html_title = "symconv"
html_static_path = ["_static"]
html_css_files = ["page.css"]
html_js_files = ["page.js"]
numfig = False
math_number_all = False

napoleon_google_docstring = False
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"

logger = logging.getLogger(__name__)


class Computed(SphinxDirective):
    """A table of :data:`computed.TABLES`, by its name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes(computed.TABLES[self.arguments[0]]())


def compute(app: Sphinx, page: str, source: list[str]) -> None:
    """Put what the examples and commands of a page give in the place of what is written below them."""
    for compute_again in (computed.with_examples, computed.with_commands):
        source[0], complaints = compute_again(source[0])
        for line, complaint in complaints:
            logger.warning("%s", complaint, location=(page, line))
    # An example ends with an empty line, which a page need not show.
    source[0] = source[0].replace("\n\n```\n", "\n```\n")


def only_what_is_called(
    app: Sphinx, what: str, name: str, item: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str, None] | None:
    """No signature for classes of which layers make the objects."""
    made = what == "class" and not issubclass(item, Layer | symconv.Notation | symconv.Iverson)
    return ("", None) if made else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("computed", Computed)
    app.connect("autodoc-process-signature", only_what_is_called)
    app.connect("source-read", compute)
    return {"parallel_read_safe": True}
