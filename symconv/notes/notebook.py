"""Notes as a Jupyter notebook whose code cells recompute what they show."""

from __future__ import annotations

from typing import Any

from symconv.errors import MissingExtraError
from symconv.notes.markdown import escaped, points, sentence, table
from symconv.notes.model import Algorithm, Display, Heading, Manuscript, Picture, Points, Prose, Table


def notebook(document: Manuscript) -> str:
    """The notebook as JSON, without outputs.

    Raises
    ------
    MissingExtraError
        When nbformat, of the extra ``notebook``, is not installed.
    """
    try:
        import nbformat
        from nbformat import v4
    except ImportError:
        raise MissingExtraError(
            "a notebook needs nbformat, which is not installed: pip install 'symconv[notebook]'"
        ) from None
    cells: list[tuple[bool, str]] = [(False, f"# {escaped(document.title)}"), (True, document.code)]
    for block in document.blocks:
        cells += _CELLS[type(block)](block)
    made = []
    for at, (code, text) in enumerate(cells):
        cell = (v4.new_code_cell if code else v4.new_markdown_cell)(text)
        cell["id"] = f"cell-{at}"
        made.append(cell)
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    whole = v4.new_notebook(cells=made, metadata={"kernelspec": kernel})
    nbformat.validate(whole)
    return str(nbformat.writes(whole)) + "\n"


_CELLS: dict[type, Any] = {
    Heading: lambda b: [(False, f"{'#' * (b.level + 1)} {sentence(b.words)}")],
    Prose: lambda b: [(False, sentence(b.words))],
    Display: lambda b: [(True, b.code)],
    Points: lambda b: [(False, points(b))],
    Table: lambda b: [(True, b.code)] if b.code else [(False, table(b))],
    Algorithm: lambda b: [(False, sentence(b.caption)), (True, b.code)],
    Picture: lambda b: [(True, b.code), (False, f"*{sentence(b.caption)}*")],
}
