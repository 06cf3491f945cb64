"""Sphinx builds these pages; what is on them is computed by symconv's own directive."""

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
numfig = False
math_number_all = False

napoleon_google_docstring = False
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
