"""The shells of documents: what stands around the body, one template a format."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def shell(name: str) -> Template:
    """A template; HTML escapes what is put in, TeX and Typst have delimiters that they do not use."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    tex = name.endswith((".tex", ".typ"))
    made = Environment(
        loader=PackageLoader("symconv.notes", "shells"),
        autoescape=not tex,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    if tex:
        made = made.overlay(
            variable_start_string="<<",
            variable_end_string=">>",
            block_start_string="<%",
            block_end_string="%>",
            comment_start_string="<#",
            comment_end_string="#>",
        )
    return made.get_template(name)
